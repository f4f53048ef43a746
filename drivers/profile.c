/* Names, extents and what a profile gives. Its check is in profile_check.c. */
#include "drivers/profile.h"

#include <string.h>

uint16_t
field_words(const struct field *field)
{
	return field->type == TYPE_U32 || field->type == TYPE_S32 || field->type == TYPE_F32 ? 2 : 1;
}

const char *
value_type_name(enum value_type type)
{
	static const char *const names[TYPE_COUNT] = { "u16", "s16", "u32", "s32", "f32", "bit" };

	return names[type];
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
