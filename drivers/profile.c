#include "drivers/profile.h"

#include <stdio.h>
#include <string.h>

uint16_t
field_words(const struct field *field)
{
	return field->type == TYPE_U32 || field->type == TYPE_S32 || field->type == TYPE_F32 ? 2 : 1;
}

const char *
value_type_name(enum value_type type)
{
	static const char *const names[] = { "u16", "s16", "u32", "s32", "f32", "bit" };

	return names[type];
}

const char *
word_order_name(enum word_order order)
{
	static const char *const names[] = { "ABCD", "CDAB", "BADC", "DCBA" };

	return names[order];
}

const char *
proof_kind_name(enum proof_kind kind)
{
	static const char *const names[] = { "none", "counter", "time", "age", "flag" };

	return names[kind];
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

/* Where problems go, with the path so far. */
struct checker {
	const struct profile *profile;
	void (*tell)(void *ctx, const char *path, const char *sentence);
	void *ctx;
	size_t count;
};

static void complain(struct checker *checker, const char *path, const char *key, const char *sentence);

static void
complain(struct checker *checker, const char *path, const char *key, const char *sentence)
{
	char whole[128];

	snprintf(whole, sizeof(whole), "%s%s%s", path, path[0] != '\0' && key[0] != '\0' ? "." : "", key);
	checker->tell(checker->ctx, whole, sentence);
	checker->count++;
}

static void
check_field(struct checker *checker, const char *path, const struct field *field)
{
	if (field->function != 3 && field->function != 4)
		complain(checker, path, "function", "must be 3 (holding registers) or 4 (input registers)");
	if ((uint32_t)field->address + field_words(field) > 65536)
		complain(checker, path, "address", "the value reaches past register 65535");
	if (field->type == TYPE_BIT && field->bit > 15)
		complain(checker, path, "bit", "a register has bits 0 to 15");
}

static void
check_statuses(struct checker *checker, const char *path, const struct profile_value *value)
{
	for (size_t i = 0; i < value->status_count; i++) {
		const struct status *status = &value->statuses[i];
		char at[96];

		snprintf(at, sizeof(at), "%s.status[%zu]", path, i);
		check_field(checker, at, &status->word);
		if (status->mask == 0)
			complain(checker, at, "mask", "an empty mask says nothing");
		if ((status->expect & ~status->mask) != 0)
			complain(checker, at, "expect", "has bits outside the mask, so it can never be met");
		if (status->word.function != value->field.function)
			complain(checker, at, "function", "must be the value's own, so that one reply holds both");
	}
}

static void
check_value(struct checker *checker, const char *path, const struct profile_value *value)
{
	check_field(checker, path, &value->field);
	if (value->field.type == TYPE_BIT)
		complain(checker, path, "type", "a vital sign is a number, not a bit");
	if (value->scale_micro == 0)
		complain(checker, path, "scale", "must not be 0");
	if (value->range_low.set && value->range_high.set && value->range_low.milli >= value->range_high.milli)
		complain(checker, path, "range", "its low end must lie below its high end");
	check_statuses(checker, path, value);
}

static void
check_values(struct checker *checker)
{
	const struct profile *profile = checker->profile;

	for (size_t i = 0; i < profile->value_count; i++) {
		char path[48];

		snprintf(path, sizeof(path), "values[%zu]", i);
		check_value(checker, path, &profile->values[i]);
		if (vital_info(profile->values[i].vital)->sparse)
			complain(checker, path, "vital", "a cuff's value belongs into the section cuff");
		for (size_t j = 0; j < i; j++)
			if (profile->values[j].vital == profile->values[i].vital &&
			    profile->values[j].source == profile->values[i].source)
				complain(checker, path, "vital", "this vital sign of this source is mapped twice");
	}
}

/* The registers that one read must cover. */
static void
stretch(const struct field *field, uint32_t *low, uint32_t *high)
{
	uint32_t end = (uint32_t)field->address + field_words(field);

	if (field->address < *low)
		*low = field->address;
	if (end > *high)
		*high = end;
}

static void
check_one_read(struct checker *checker)
{
	const struct profile_cuff *cuff = &checker->profile->cuff;
	const struct profile_value *const values[] = { &cuff->systolic, &cuff->mean, &cuff->diastolic, &cuff->pulse };
	uint32_t low = 65536, high = 0;

	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		if (!values[i]->present)
			continue;
		stretch(&values[i]->field, &low, &high);
		if (values[i]->field.function != cuff->systolic.field.function)
			complain(checker, "cuff", "function", "all values of a cuff must be read by one function");
	}
	if (cuff->proof != PROOF_NONE && cuff->proof != PROOF_FLAG) {
		stretch(&cuff->proof_field, &low, &high);
		if (cuff->proof_field.function != cuff->systolic.field.function)
			complain(checker, "cuff.proof", "function", "must be the pressures' own, so that one reply holds both");
	}
	if (high > low && high - low > checker->profile->max_registers)
		complain(checker, "cuff", "",
		    "systolic, mean, diastolic and what proves them new must fit into one read (max_registers), so that they come "
		    "from one measurement");
}

static void
check_cuff(struct checker *checker)
{
	const struct profile_cuff *cuff = &checker->profile->cuff;

	if (!cuff->present)
		return;
	if (!cuff->systolic.present)
		complain(checker, "cuff", "systolic", "a cuff needs its systolic pressure");
	else
		check_value(checker, "cuff.systolic", &cuff->systolic);
	if (cuff->mean.present)
		check_value(checker, "cuff.mean", &cuff->mean);
	if (cuff->diastolic.present)
		check_value(checker, "cuff.diastolic", &cuff->diastolic);
	if (cuff->pulse.present)
		check_value(checker, "cuff.pulse", &cuff->pulse);
	if (cuff->proof != PROOF_NONE && cuff->proof != PROOF_FLAG)
		check_field(checker, "cuff.proof", &cuff->proof_field);
	if (cuff->proof == PROOF_FLAG && !cuff->has_measuring)
		complain(checker, "cuff", "measuring", "the proof 'flag' needs the flag that says a cuff is going on");
	if (cuff->has_age)
		check_field(checker, "cuff.age", &cuff->age_field);
	if (cuff->has_measuring && cuff->measuring.mask == 0)
		complain(checker, "cuff.measuring", "mask", "an empty mask says nothing");
	check_one_read(checker);
}

size_t
profile_check(const struct profile *profile, void (*tell)(void *ctx, const char *path, const char *sentence), void *ctx)
{
	struct checker checker = { profile, tell, ctx, 0 };

	if (profile->name[0] == '\0')
		complain(&checker, "", "name", "a profile needs a name");
	if (profile->cadence.ms < 100 || profile->cadence.ms > 60000)
		complain(&checker, "", "cadence_ms", "must lie between 100 and 60000");
	if (profile->max_registers < 1 || profile->max_registers > MODBUS_READ_MOST)
		complain(&checker, "", "max_registers", "must lie between 1 and 125");
	if (profile->value_count == 0 && !profile->cuff.present)
		complain(&checker, "", "values", "a profile without values reads nothing");
	check_values(&checker);
	check_cuff(&checker);
	if (profile->has_clock)
		check_field(&checker, "clock", &profile->clock);
	if (profile->has_uptime)
		check_field(&checker, "uptime", &profile->uptime);
	return checker.count;
}
