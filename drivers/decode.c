#include "drivers/decode.h"

#include <math.h>
#include <string.h>

bool
words_hold(const struct words *words, const struct field *field)
{
	return words->function == field->function && field->address >= words->address &&
	       (uint32_t)field->address + field_words(field) <= (uint32_t)words->address + words->count;
}

bool
words_hold_span(const struct words *words, const struct span *span)
{
	return words->function == span->function && span->low >= words->address &&
	       span->high <= (uint32_t)words->address + words->count;
}

static uint16_t
swap_bytes(uint16_t word)
{
	return (uint16_t)(word << 8 | word >> 8);
}

static bool
swaps_bytes(enum word_order order)
{
	return order == ORDER_BADC || order == ORDER_DCBA;
}

static bool
swaps_words(enum word_order order)
{
	return order == ORDER_CDAB || order == ORDER_DCBA;
}

int64_t
decode_raw(const struct words *words, const struct field *field)
{
	const uint16_t *at = &words->at[field->address - words->address];
	uint16_t first = at[0], second;
	uint32_t both;

	if (swaps_bytes(field->order))
		first = swap_bytes(first);
	switch (field->type) {
	case TYPE_U16:
		return first;
	case TYPE_S16:
		return (int16_t)first;
	case TYPE_BIT:
		return first >> field->bit & 1;
	default:
		break;
	}
	second = swaps_bytes(field->order) ? swap_bytes(at[1]) : at[1];
	both = swaps_words(field->order) ? (uint32_t)second << 16 | first : (uint32_t)first << 16 | second;
	return field->type == TYPE_S32 ? (int32_t)both : (int64_t)both;
}

static double
float_of_bits(int64_t raw)
{
	uint32_t bits = (uint32_t)raw;
	float value;

	memcpy(&value, &bits, sizeof(value));
	return value;
}

/* The product of a 32-bit count and a scale of at most PROFILE_SCALE_MOST fits 63 bits. */
static int64_t
scaled_milli(int64_t raw, int64_t scale_micro)
{
	int64_t product = raw * scale_micro;

	return (product + (product < 0 ? -500 : 500)) / 1000;
}

bool
decode_milli(const struct profile_value *value, int64_t raw, int32_t *ret_milli)
{
	double number = value->field.type == TYPE_F32 ? round(float_of_bits(raw) * (double)value->scale_micro / 1000) : 0;
	int64_t milli;

	/* Beyond 10^15 nothing is a vital sign, and below it the double is exact; NaN fails every comparison. */
	if (!(number > -1e15 && number < 1e15))
		return false;
	milli = value->field.type == TYPE_F32 ? (int64_t)number : scaled_milli(raw, value->scale_micro);
	milli += value->offset_milli;
	if (milli < INT32_MIN + 1 || milli > INT32_MAX)
		return false;
	*ret_milli = (int32_t)milli;
	return true;
}

bool
decode_status(const struct words *words, const struct status *status)
{
	return words_hold(words, &status->word) &&
	       ((uint64_t)decode_raw(words, &status->word) & status->mask) == status->expect;
}

/* As a number or as the register's bits (profile.h). */
static bool
is_code(const struct field *field, int64_t raw, int64_t code)
{
	uint64_t bits = field_words(field) == 2 ? UINT32_MAX : UINT16_MAX;

	if (field->type == TYPE_F32 && float_of_bits(raw) == (double)code)
		return true;
	return ((uint64_t)raw & bits) == ((uint64_t)code & bits);
}

static bool
is_error_code(const struct profile_value *value, int64_t raw)
{
	for (size_t i = 0; i < value->error_code_count; i++)
		if (is_code(&value->field, raw, value->error_codes[i]))
			return true;
	return false;
}

/* The worst that the device's own status says of a value. */
static void
apply_statuses(const struct words *words, const struct profile_value *value, struct reading *reading)
{
	for (size_t i = 0; i < value->status_count; i++) {
		enum doubt otherwise = value->statuses[i].otherwise;
		enum quality quality = otherwise == DOUBT_DEVICE_SAYS ? QUALITY_VERIFY : QUALITY_INVALID;

		if (decode_status(words, &value->statuses[i]) || quality >= reading->quality)
			continue;
		reading->quality = quality;
		reading->doubt = otherwise;
	}
}

struct reading
decode_value(const struct words *words, const struct profile_value *value)
{
	struct reading reading = { .vital = value->vital, .source = value->source, .quality = QUALITY_GOOD };
	int64_t raw = decode_raw(words, &value->field);

	apply_statuses(words, value, &reading);
	if (reading.quality == QUALITY_INVALID)
		return reading;
	if (is_error_code(value, raw) || !decode_milli(value, raw, &reading.milli)) {
		reading.quality = QUALITY_INVALID;
		reading.doubt = DOUBT_ERROR_CODE;
		return reading;
	}
	if (value->range_low.set && reading.milli <= value->range_low.milli)
		reading.pinned = PINNED_LOW;
	else if (value->range_high.set && reading.milli >= value->range_high.milli)
		reading.pinned = PINNED_HIGH;
	return reading;
}

void
encode_raw(const struct field *field, int64_t raw, uint16_t ret_words[2])
{
	uint32_t bits = (uint32_t)raw;
	uint16_t high = (uint16_t)(bits >> 16), low = (uint16_t)bits;

	if (field_words(field) == 1) {
		ret_words[0] = swaps_bytes(field->order) ? swap_bytes(low) : low;
		return;
	}
	if (swaps_bytes(field->order)) {
		high = swap_bytes(high);
		low = swap_bytes(low);
	}
	ret_words[0] = swaps_words(field->order) ? low : high;
	ret_words[1] = swaps_words(field->order) ? high : low;
}

static int64_t
within_type(enum value_type type, double counts)
{
	static const struct {
		double low, high;
	} types[TYPE_COUNT] = {
		[TYPE_U16] = { 0, UINT16_MAX },
		[TYPE_S16] = { INT16_MIN, INT16_MAX },
		[TYPE_U32] = { 0, UINT32_MAX },
		[TYPE_S32] = { INT32_MIN, INT32_MAX },
		[TYPE_BIT] = { 0, 1 },
	};

	if (counts < types[type].low)
		counts = types[type].low;
	return (int64_t)round(counts > types[type].high ? types[type].high : counts);
}

int64_t
encode_float(double number)
{
	float single = (float)number;
	uint32_t bits;

	memcpy(&bits, &single, sizeof(bits));
	return bits;
}

int64_t
encode_milli(const struct profile_value *value, int32_t milli)
{
	double counts = ((double)milli - value->offset_milli) * 1000 / (double)value->scale_micro;

	return value->field.type == TYPE_F32 ? encode_float(counts) : within_type(value->field.type, counts);
}
