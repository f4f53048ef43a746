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

/* The registers of a field as one number, its most significant word first. */
static uint64_t
gather(const struct field *field, const uint16_t *at)
{
	uint16_t count = field_words(field);
	uint64_t bits = 0;

	for (uint16_t i = 0; i < count; i++) {
		uint16_t word = at[swaps_words(field->order) ? count - 1 - i : i];

		bits = bits << 16 | (swaps_bytes(field->order) ? swap_bytes(word) : word);
	}
	return bits;
}

static void
scatter(const struct field *field, uint64_t bits, uint16_t *at)
{
	uint16_t count = field_words(field);

	for (uint16_t i = 0; i < count; i++, bits >>= 16) {
		uint16_t word = (uint16_t)bits;

		at[swaps_words(field->order) ? i : count - 1 - i] = swaps_bytes(field->order) ? swap_bytes(word) : word;
	}
}

/* As many ones as the number has bits. */
static uint64_t
mask_of(const struct field *field)
{
	return UINT64_MAX >> (64 - field_width(field));
}

static unsigned
lowest_bit(const struct field *field)
{
	return field->type == TYPE_BIT ? field->bit : field->bit_count > 0 ? field->low_bit : 0;
}

/* The number's own bits, at the lower end. */
static uint64_t
bits_of(const struct words *words, const struct field *field)
{
	unsigned offset = field->address - words->address;

	if (function_is_bits(words->function))
		return words->at[offset / 16] >> offset % 16 & 1;
	return gather(field, &words->at[offset]) >> lowest_bit(field) & mask_of(field);
}

static int64_t
signed_of(uint64_t bits, unsigned width)
{
	int64_t sign = INT64_C(1) << (width - 1);

	return ((int64_t)bits ^ sign) - sign;
}

static int64_t
digits_of(uint64_t bits, unsigned width)
{
	int64_t number = 0;

	for (unsigned at = width / 4; at > 0; at--)
		number = number * 10 + (int64_t)(bits >> (at * 4 - 4) & 15);
	return number;
}

static uint64_t
bcd_of(int64_t number, unsigned width)
{
	uint64_t bits = 0;

	for (unsigned at = 0; at < width / 4; at++, number /= 10)
		bits |= (uint64_t)(number % 10) << (at * 4);
	return bits;
}

int64_t
decode_raw(const struct words *words, const struct field *field)
{
	uint64_t bits = bits_of(words, field);

	if (type_is_bcd(field->type))
		return digits_of(bits, field_width(field));
	if (field->type == TYPE_S16 || field->type == TYPE_S32)
		return signed_of(bits, field_width(field));
	return (int64_t)bits;
}

bool
decode_is_number(const struct words *words, const struct field *field)
{
	uint64_t bits = bits_of(words, field);

	if (field->type == TYPE_U64)
		return bits < (uint64_t)field_modulus(field);
	for (unsigned at = 0; type_is_bcd(field->type) && at < field_width(field); at += 4)
		if ((bits >> at & 15) > 9)
			return false;
	return true;
}

static double
float_of_bits(enum value_type type, int64_t raw)
{
	uint32_t bits = (uint32_t)raw;
	float single;
	double value;

	if (type == TYPE_F64) {
		memcpy(&value, &raw, sizeof(value));
		return value;
	}
	memcpy(&single, &bits, sizeof(single));
	return single;
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
	bool is_float = type_is_float(value->field.type);
	double number = is_float ? round(float_of_bits(value->field.type, raw) * (double)value->scale_micro / 1000) : 0;
	int64_t milli;

	/* A 64-bit count that its scale would take beyond 63 bits is no vital sign. */
	if (!is_float && (raw > INT64_MAX / PROFILE_SCALE_MOST || raw < INT64_MIN / PROFILE_SCALE_MOST))
		return false;

	/* Beyond 10^15 nothing is a vital sign, and below it the double is exact; NaN fails every comparison. */
	if (!(number > -1e15 && number < 1e15))
		return false;
	milli = is_float ? (int64_t)number : scaled_milli(raw, value->scale_micro);
	milli += value->offset_milli;
	if (milli < INT32_MIN + 1 || milli > INT32_MAX)
		return false;
	*ret_milli = (int32_t)milli;
	return true;
}

static const struct words *
holder_of(const struct words *words, const struct field *field)
{
	while (words != NULL && !words_hold(words, field))
		words = words->along;
	return words;
}

bool
words_tell(const struct words *words, const struct status *status)
{
	return holder_of(words, &status->word) != NULL;
}

bool
decode_status(const struct words *words, const struct status *status)
{
	const struct words *holder = holder_of(words, &status->word);

	return holder != NULL && ((uint64_t)decode_raw(holder, &status->word) & status->mask) == status->expect;
}

/* As a number or as the field's bits (profile.h). What BCD cannot count is meant as bits. */
static bool
is_code(const struct field *field, int64_t raw, int64_t code)
{
	if (type_is_float(field->type) && float_of_bits(field->type, raw) == (double)code)
		return true;
	if (type_is_bcd(field->type))
		return code < field_modulus(field) ? raw == code : bcd_of(raw, field_width(field)) == (uint64_t)code;
	return ((uint64_t)raw & mask_of(field)) == ((uint64_t)code & mask_of(field));
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
		const struct status *status = &value->statuses[i];
		enum quality quality = status->otherwise == DOUBT_DEVICE_SAYS ? QUALITY_VERIFY : QUALITY_INVALID;

		if (decode_status(words, status) || quality >= reading->quality)
			continue;
		reading->quality = quality;
		/* What was not read has not said that the sensor is off. */
		reading->doubt = words_tell(words, status) || quality == QUALITY_VERIFY ? status->otherwise : DOUBT_NOT_VOUCHED;
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
	if (!decode_is_number(words, &value->field) || is_error_code(value, raw) ||
	    !decode_milli(value, raw, &reading.milli)) {
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
decode_text(const struct words *words, const struct field *field, size_t bytes, char *text, size_t cap)
{
	const uint16_t *at = &words->at[field->address - words->address];
	size_t length = 0, kept = 0;

	for (size_t i = 0; i < bytes && length + 1 < cap; i++) {
		bool upper = (i % 2 == 0) != swaps_bytes(field->order);
		char c = (char)(upper ? at[i / 2] >> 8 : at[i / 2] & 0xff);

		if (c == '\0')
			break;
		if (length == 0 && c == ' ')
			continue;
		text[length++] = c >= ' ' && c <= '~' ? c : '?';
		kept = c != ' ' ? length : kept;
	}
	text[kept] = '\0';
}

void
encode_text(const struct field *field, const char *text, size_t bytes, uint16_t *words)
{
	size_t length = strlen(text);

	for (size_t i = 0; i < bytes; i += 2) {
		uint8_t first = i < length ? (uint8_t)text[i] : 0, second = i + 1 < length ? (uint8_t)text[i + 1] : 0;
		uint16_t word = (uint16_t)(first << 8 | (i + 1 < bytes ? second : 0));

		words[i / 2] = swaps_bytes(field->order) ? swap_bytes(word) : word;
	}
}

void
encode_raw(const struct field *field, int64_t raw, uint16_t *words)
{
	uint64_t mask = mask_of(field), bits = (uint64_t)raw & mask, all = gather(field, words);

	if (type_is_bcd(field->type) && raw >= 0 && raw < field_modulus(field))
		bits = bcd_of(raw, field_width(field));
	all = (all & ~(mask << lowest_bit(field))) | bits << lowest_bit(field);
	scatter(field, all, words);
}

static int64_t
within_field(const struct field *field, double counts)
{
	bool is_signed = field->type == TYPE_S16 || field->type == TYPE_S32;
	double low = is_signed ? -(double)(INT64_C(1) << (field_width(field) - 1)) : 0;
	double high = is_signed ? -low - 1 : (double)(field_modulus(field) - 1);

	if (counts < low)
		counts = low;
	return (int64_t)round(counts > high ? high : counts);
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
encode_double(double number)
{
	int64_t bits;

	memcpy(&bits, &number, sizeof(bits));
	return bits;
}

int64_t
encode_milli(const struct profile_value *value, int32_t milli)
{
	double counts = ((double)milli - value->offset_milli) * 1000 / (double)value->scale_micro;

	if (value->field.type == TYPE_F64)
		return encode_double(counts);
	return value->field.type == TYPE_F32 ? encode_float(counts) : within_field(&value->field, counts);
}
