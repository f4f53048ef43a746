/* Names, extents and what a profile gives. Its check is in profile_check.c. */
#include "drivers/profile.h"

#include <string.h>

static const struct type {
	const char *name;
	uint8_t words;
	bool counts, is_float, is_bcd;
} types[TYPE_COUNT] = {
	[TYPE_U16] = { "u16", 1, true, false, false },
	[TYPE_S16] = { "s16", 1, false, false, false },
	[TYPE_U32] = { "u32", 2, true, false, false },
	[TYPE_S32] = { "s32", 2, false, false, false },
	[TYPE_F32] = { "f32", 2, false, true, false },
	[TYPE_BCD16] = { "bcd16", 1, true, false, true },
	[TYPE_BCD32] = { "bcd32", 2, true, false, true },
	[TYPE_U64] = { "u64", 4, true, false, false },
	[TYPE_F64] = { "f64", 4, false, true, false },
	[TYPE_BIT] = { "bit", 1, false, false, false },
};

uint16_t
field_words(const struct field *field)
{
	return function_is_bits(field->function) ? 1 : types[field->type].words;
}

unsigned
field_width(const struct field *field)
{
	if (field->type == TYPE_BIT || function_is_bits(field->function))
		return 1;
	return field->bit_count > 0 ? field->bit_count : 16u * types[field->type].words;
}

int64_t
field_modulus(const struct field *field)
{
	unsigned width = field_width(field);
	int64_t modulus = 1;

	if (!type_is_bcd(field->type))
		return INT64_C(1) << (width < 62 ? width : 62);
	for (unsigned digit = 0; digit < width / 4; digit++)
		modulus *= 10;
	return modulus;
}

bool
field_counts(const struct field *field)
{
	return types[field->type].counts;
}

bool
type_is_float(enum value_type type)
{
	return types[type].is_float;
}

bool
type_is_bcd(enum value_type type)
{
	return types[type].is_bcd;
}

bool
function_is_bits(uint8_t function)
{
	return function == READ_COILS || function == READ_DISCRETE;
}

const char *
value_type_name(enum value_type type)
{
	return types[type].name;
}

const char *
word_order_name(enum word_order order)
{
	static const char *const names[ORDER_COUNT] = { "ABCD", "CDAB", "BADC", "DCBA" };

	return names[order];
}

const char *
proof_kind_name(enum proof_kind kind)
{
	static const char *const names[PROOF_COUNT] = { "none", "counter", "time", "age", "flag" };

	return names[kind];
}

const char *
identity_part_name(enum identity_part part)
{
	static const char *const names[IDENTITY_PARTS] = { "manufacturer", "model", "serial", "firmware" };

	return names[part];
}

bool
proof_has_field(enum proof_kind kind)
{
	return kind == PROOF_COUNTER || kind == PROOF_TIME || kind == PROOF_AGE;
}

void
profile_gives(const struct profile *profile, bool ret_gives[VITAL_COUNT][SOURCE_COUNT])
{
	const struct profile_value *const cuff[] = {
		&profile->cuff.systolic, &profile->cuff.mean, &profile->cuff.diastolic, &profile->cuff.pulse,
	};

	memset(ret_gives, 0, sizeof(bool) * VITAL_COUNT * SOURCE_COUNT);
	for (size_t i = 0; i < profile->value_count; i++)
		ret_gives[profile->values[i].vital][profile->values[i].source] = true;
	for (size_t i = 0; profile->cuff.present && i < sizeof(cuff) / sizeof(cuff[0]); i++)
		if (cuff[i]->present)
			ret_gives[cuff[i]->vital][SOURCE_CUFF] = true;
}

void
span_cover(struct span *span, const struct field *field)
{
	uint32_t end = (uint32_t)field->address + field_words(field);

	if (span->high == 0)
		*span = (struct span){ field->function, field->address, end };
	if (field->function != span->function)
		return;
	if (field->address < span->low)
		span->low = field->address;
	if (end > span->high)
		span->high = end;
}

static void
cover_value(struct span *span, const struct profile_value *value)
{
	if (!value->present)
		return;
	span_cover(span, &value->field);
	for (size_t i = 0; i < value->status_count; i++)
		span_cover(span, &value->statuses[i].word);
}

struct span
span_of_value(const struct profile_value *value)
{
	struct span span = { 0 };

	cover_value(&span, value);
	return span;
}

struct span
span_of_cuff(const struct profile *profile)
{
	const struct profile_cuff *cuff = &profile->cuff;
	struct span span = { 0 };

	cover_value(&span, &cuff->systolic);
	cover_value(&span, &cuff->mean);
	cover_value(&span, &cuff->diastolic);
	cover_value(&span, &cuff->pulse);
	if (proof_has_field(cuff->proof))
		span_cover(&span, &cuff->proof_field);
	if (cuff->proof == PROOF_TIME && cuff->time_base == TIME_SINCE_BOOT)
		span_cover(&span, &profile->uptime);
	if (cuff->has_age)
		span_cover(&span, &cuff->age_field);
	if (cuff->has_measuring)
		span_cover(&span, &cuff->measuring.word);
	if (cuff->has_failure)
		span_cover(&span, &cuff->failure_field);
	return span;
}

static void
cover_span(struct span *span, struct span other)
{
	if (span->high == 0)
		*span = other;
	if (other.high == 0 || other.function != span->function)
		return;
	span->low = other.low < span->low ? other.low : span->low;
	span->high = other.high > span->high ? other.high : span->high;
}

struct span
span_of_block(const struct profile *profile, uint8_t block)
{
	struct span span = { 0 };

	if (profile->cuff.present && profile->cuff.block == block)
		cover_span(&span, span_of_cuff(profile));
	for (size_t i = 0; i < profile->value_count; i++)
		if (profile->values[i].block == block)
			cover_span(&span, span_of_value(&profile->values[i]));
	return span;
}

size_t
profile_cuff_fields(const struct profile_cuff *cuff, const struct field *ret_fields[CUFF_FIELDS])
{
	const struct {
		bool present;
		const struct field *field;
	} parts[CUFF_FIELDS] = {
		{ cuff->systolic.present, &cuff->systolic.field },
		{ cuff->mean.present, &cuff->mean.field },
		{ cuff->diastolic.present, &cuff->diastolic.field },
		{ cuff->pulse.present, &cuff->pulse.field },
		{ proof_has_field(cuff->proof), &cuff->proof_field },
		{ cuff->has_age, &cuff->age_field },
		{ cuff->has_failure, &cuff->failure_field },
	};
	size_t count = 0;

	for (size_t i = 0; i < CUFF_FIELDS; i++)
		if (parts[i].present)
			ret_fields[count++] = parts[i].field;
	return count;
}

bool
profile_reads_alone(const struct profile *profile, bool alone, uint8_t block)
{
	if (block == 0)
		return alone;
	alone |= profile->cuff.present && profile->cuff.block == block && profile->cuff.alone;
	for (size_t i = 0; i < profile->value_count; i++)
		alone |= profile->values[i].block == block && profile->values[i].alone;
	return alone;
}

struct span
span_of_reply(const struct profile *profile, const struct profile_value *value)
{
	return value->block != 0 ? span_of_block(profile, value->block) : span_of_value(value);
}

struct span
span_of_cuff_reply(const struct profile *profile)
{
	return profile->cuff.block != 0 ? span_of_block(profile, profile->cuff.block) : span_of_cuff(profile);
}

struct span
span_of_identity(const struct identity_text *text)
{
	struct span span = { 0 };

	span_cover(&span, &text->field);
	if (text->bytes > 0)
		span.high = span.low + (text->bytes + 1u) / 2;
	return span;
}
