#include "drivers/decode.h"

#include <math.h>
#include <string.h>

bool
words_hold(const struct words *words, const struct field *field)
{
	return words->function == field->function && field->address >= words->address &&
	       (uint32_t)field->address + field_words(field) <= (uint32_t)words->address + words->count;
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

bool
decode_milli(const struct profile_value *value, int64_t raw, int32_t *ret_milli)
{
	double milli;

	if (value->field.type == TYPE_F32) {
		milli = float_of_bits(raw) * (double)value->scale_micro / 1000;
	} else {
		/* |raw| < 2^32 and a scale below 2^31 millionths: the product fits 63 bits. */
		int64_t product = raw * value->scale_micro;
		int64_t half = product < 0 ? -500 : 500;

		milli = (double)((product + half) / 1000);
	}
	milli = nearbyint(milli) + value->offset_milli;
	if (!isfinite(milli) || milli < -2e9 || milli > 2e9)
		return false;
	*ret_milli = (int32_t)milli;
	return true;
}

bool
decode_status(const struct words *words, const struct status *status)
{
	return ((uint64_t)decode_raw(words, &status->word) & status->mask) == status->expect;
}

static bool
is_error_code(const struct profile_value *value, int64_t raw)
{
	for (size_t i = 0; i < value->error_code_count; i++)
		if (value->error_codes[i] == raw)
			return true;
	return false;
}

/* The worst that the device's own status says of a value. */
static void
apply_statuses(const struct words *words, const struct profile_value *value, struct reading *reading)
{
	for (size_t i = 0; i < value->status_count; i++) {
		const struct status *status = &value->statuses[i];

		if (!words_hold(words, &status->word) || decode_status(words, status))
			continue;
		if (status->otherwise == DOUBT_DEVICE_SAYS) {
			if (reading->quality == QUALITY_GOOD)
				reading->quality = QUALITY_VERIFY;
		} else {
			reading->quality = QUALITY_INVALID;
		}
		reading->doubt = status->otherwise;
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

int64_t
encode_milli(const struct profile_value *value, int32_t milli)
{
	double counts = ((double)milli - value->offset_milli) * 1000 / (double)value->scale_micro;
	float single;
	uint32_t bits;

	if (value->field.type != TYPE_F32)
		return (int64_t)nearbyint(counts);
	single = (float)counts;
	memcpy(&bits, &single, sizeof(bits));
	return bits;
}
