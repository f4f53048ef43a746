/* What a profile's numbers must mean together (profile.h, profile_check). Each
 * problem is told with the path of its key; adding a check is adding a row
 * where there is a table. */
#include "drivers/profile_checker.h"

#include <stdarg.h>
#include <stdio.h>

void
complain(struct checker *checker, const char *path, const char *key, const char *format, ...)
{
	char whole[128], sentence[PROFILE_TEXT_CAP];
	va_list arguments;

	snprintf(whole, sizeof(whole), "%s%s%s", path, path[0] != '\0' && key[0] != '\0' ? "." : "", key);
	va_start(arguments, format);
	vsnprintf(sentence, sizeof(sentence), format, arguments);
	va_end(arguments);
	checker->tell(checker->ctx, whole, sentence);
	checker->count++;
}

static void
check_bits(struct checker *checker, const char *path, const struct field *field)
{
	if (type_is_float(field->type) || field->type == TYPE_U64 || field->type == TYPE_BIT)
		complain(checker, path, "bits", "a %s has no part that is a number of its own", value_type_name(field->type));
	else if (field->low_bit + field->bit_count > 16 * field_words(field))
		complain(checker, path, "bits", "a %s has bits 0 to %d", value_type_name(field->type), 16 * field_words(field) - 1);
	else if (type_is_bcd(field->type) && field->bit_count % 4 != 0)
		complain(checker, path, "bits", "a digit of a %s has four bits", value_type_name(field->type));
}

void
check_field(struct checker *checker, const char *path, const struct field *field)
{
	if (field->function != READ_HOLDING && field->function != READ_INPUT)
		complain(checker, path, "function", "must be 3 (holding registers) or 4 (input registers)");
	if ((uint32_t)field->address + field_words(field) > 65536)
		complain(checker, path, "address", "the value reaches past register 65535");
	if (field->type == TYPE_BIT && field->bit > 15)
		complain(checker, path, "bit", "a register has bits 0 to 15");
	if (field->bit_count > 0)
		check_bits(checker, path, field);
}

/* A whole number of seconds. */
static void
check_seconds(struct checker *checker, const char *path, const struct field *field)
{
	check_field(checker, path, field);
	if (!field_counts(field) || field->type == TYPE_U64)
		complain(checker, path, "type", "must be u16, u32, bcd16 or bcd32");
}

static void
check_counter(struct checker *checker, const char *path, const struct field *field)
{
	check_field(checker, path, field);
	if (!field_counts(field))
		complain(checker, path, "type", "must be u16, u32, u64, bcd16 or bcd32");
}

/* Of registers, it is read with its value; coils and discrete inputs have a reply of their own. */
static void
check_status(struct checker *checker, const char *path, const struct status *status, uint8_t function)
{
	bool is_bit = function_is_bits(status->word.function);

	if (!is_bit)
		check_field(checker, path, &status->word);
	if (is_bit && (status->word.type != TYPE_BIT || status->mask != 1))
		complain(checker, path, "function", "coils (1) and discrete inputs (2) are single bits: give 'expect' alone");
	if (!is_bit && status->word.type != TYPE_U16)
		complain(checker, path, "type", "a status is a word of 16 bits");
	if (status->mask == 0)
		complain(checker, path, "mask", "an empty mask says nothing");
	if ((status->expect & ~status->mask) != 0)
		complain(checker, path, "expect", "has bits outside the mask, so it can never be met");
	if (!is_bit && status->word.function != function)
		complain(checker, path, "function", "must be the value's own, so that one reply holds both");
}

/* A code is given as a number or as bits; what is neither never comes, and would let the device's "no value" pass. */
static void
check_codes(struct checker *checker, const char *path, const struct profile_value *value)
{
	unsigned width = field_width(&value->field);
	int64_t low = type_is_bcd(value->field.type) ? 0 : -(INT64_C(1) << (width < 62 ? width - 1 : 61));
	int64_t high = (INT64_C(1) << (width < 62 ? width : 62)) - 1;

	for (size_t i = 0; i < value->error_code_count; i++) {
		int64_t code = value->error_codes[i];
		char key[32];

		snprintf(key, sizeof(key), "no_value[%zu]", i);
		if (code < low || code > high)
			complain(checker, path, key, "does not fit into %s%s, so it never comes",
			    value->field.bit_count > 0 ? "these bits of a " : "", value_type_name(value->field.type));
	}
}

static void
check_value(struct checker *checker, const char *path, const struct profile_value *value)
{
	struct span span = span_of_value(value);

	check_field(checker, path, &value->field);
	if (value->field.type == TYPE_BIT)
		complain(checker, path, "type", "a vital sign is a number, not a bit");
	if (value->scale_micro == 0)
		complain(checker, path, "scale", "must not be 0");
	if (value->scale_micro > PROFILE_SCALE_MOST || value->scale_micro < -PROFILE_SCALE_MOST)
		complain(checker, path, "scale", "must lie between -2000 and 2000");
	if (value->range_low.set && value->range_high.set && value->range_low.milli >= value->range_high.milli)
		complain(checker, path, "range", "its low end must lie below its high end");
	check_codes(checker, path, value);
	for (size_t i = 0; i < value->status_count; i++) {
		char at[96];

		snprintf(at, sizeof(at), "%s.status[%zu]", path, i);
		check_status(checker, at, &value->statuses[i], value->field.function);
	}
	if (value->status_count > 0 && span.high - span.low > checker->profile->max_registers)
		complain(checker, path, "status",
		    "the value and what vouches for it span %u registers, and must come in one read of at most %u (max_registers)",
		    span.high - span.low, checker->profile->max_registers);
}

/* A stream's row in the vocabulary and its place beside the others. */
static void
check_stream(struct checker *checker, const char *path, size_t index)
{
	const struct profile_value *value = &checker->profile->values[index];

	if (vital_info(value->vital)->sparse)
		complain(checker, path, "vital", "a cuff's value belongs into the section cuff");
	else if (value->source == SOURCE_CUFF || value->source == SOURCE_MANUAL)
		complain(checker, path, "source", "a stream does not come from '%s'", source_name(value->source));
	for (size_t j = 0; j < index; j++)
		if (checker->profile->values[j].vital == value->vital && checker->profile->values[j].source == value->source)
			complain(checker, path, "vital", "this vital sign of this source is mapped twice");
}

static void
check_values(struct checker *checker)
{
	for (size_t i = 0; i < checker->profile->value_count; i++) {
		char path[48];

		snprintf(path, sizeof(path), "values[%zu]", i);
		check_value(checker, path, &checker->profile->values[i]);
		check_stream(checker, path, i);
	}
}

/* A number of the map, by the path of its section. */
struct placed {
	char path[48];
	const struct field *field;
};

enum { PLACED_MOST = PROFILE_VALUES + 4 };

static size_t
place_values(const struct profile *profile, struct placed placed[PLACED_MOST])
{
	const struct profile_cuff *cuff = &profile->cuff;
	const struct {
		const char *path;
		const struct profile_value *value;
	} pressures[] = {
		{ "cuff.systolic", &cuff->systolic },
		{ "cuff.mean", &cuff->mean },
		{ "cuff.diastolic", &cuff->diastolic },
		{ "cuff.pulse", &cuff->pulse },
	};
	size_t count = 0;

	for (size_t i = 0; i < profile->value_count; i++) {
		snprintf(placed[count].path, sizeof(placed[count].path), "values[%zu]", i);
		placed[count++].field = &profile->values[i].field;
	}
	for (size_t i = 0; cuff->present && i < sizeof(pressures) / sizeof(pressures[0]); i++) {
		if (!pressures[i].value->present)
			continue;
		snprintf(placed[count].path, sizeof(placed[count].path), "%s", pressures[i].path);
		placed[count++].field = &pressures[i].value->field;
	}
	return count;
}

/* Two packed fields of one register have bits of their own. */
static bool
are_apart(const struct field *a, const struct field *b)
{
	return a->bit_count > 0 && b->bit_count > 0 && a->address == b->address && field_words(a) == field_words(b) &&
	       (a->low_bit >= b->low_bit + b->bit_count || b->low_bit >= a->low_bit + a->bit_count);
}

static bool
overlap(const struct field *a, const struct field *b)
{
	return a->function == b->function && a->address < (uint32_t)b->address + field_words(b) &&
	       b->address < (uint32_t)a->address + field_words(a) && !are_apart(a, b);
}

/* Two numbers in one register: a slip of the map, most often a 32-bit value counted as one register. */
static void
check_overlaps(struct checker *checker)
{
	struct placed placed[PLACED_MOST];
	size_t count = place_values(checker->profile, placed);

	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; j < i; j++)
			if (overlap(placed[i].field, placed[j].field))
				complain(checker, placed[i].path, "address", "stands in the registers of %s", placed[j].path);
}

/* All that belongs to one measurement is read at once: systolic and diastolic can't come from different cuffs. */
static void
check_one_read(struct checker *checker)
{
	const struct profile_cuff *cuff = &checker->profile->cuff;
	const struct {
		bool present;
		const struct field *field;
		const char *path, *sentence;
	} parts[] = {
		{ cuff->mean.present, &cuff->mean.field, "cuff", "all values of a cuff must be read by one function" },
		{ cuff->diastolic.present, &cuff->diastolic.field, "cuff", "all values of a cuff must be read by one function" },
		{ cuff->pulse.present, &cuff->pulse.field, "cuff", "all values of a cuff must be read by one function" },
		{ proof_has_field(cuff->proof), &cuff->proof_field, "cuff.proof",
		    "must be the pressures' own, so that one reply holds both" },
		{ cuff->has_age, &cuff->age_field, "cuff.age", "must be the pressures' own, so that one reply holds both" },
		{ cuff->has_failure, &cuff->failure_field, "cuff.failure", "must be the pressures' own, so that one reply holds both" },
	};
	struct span span = span_of_cuff(checker->profile);

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		if (parts[i].present && parts[i].field->function != cuff->systolic.field.function)
			complain(checker, parts[i].path, "function", "%s", parts[i].sentence);
	if (span.high - span.low > checker->profile->max_registers)
		complain(checker, "cuff", "",
		    "systolic, mean, diastolic and what proves them new must fit into one read (max_registers), so that they come "
		    "from one measurement");
}

static void
check_failures(struct checker *checker)
{
	const struct profile_cuff *cuff = &checker->profile->cuff;

	check_field(checker, "cuff.failure", &cuff->failure_field);
	if (type_is_float(cuff->failure_field.type) || cuff->failure_field.type == TYPE_U64 || cuff->failure_field.type == TYPE_BIT)
		complain(checker, "cuff.failure", "type", "a code is a whole number");
	for (size_t i = 0; i < cuff->failure_count; i++) {
		char path[48];

		snprintf(path, sizeof(path), "cuff.failures[%zu]", i);
		if (cuff->failures[i].code == 0)
			complain(checker, path, "code", "0 means that the cuff gave a pressure");
		for (size_t j = 0; j < i; j++)
			if (cuff->failures[j].code == cuff->failures[i].code)
				complain(checker, path, "code", "has its words already");
	}
}

/* R2: what proves a new measurement. */
static void
check_proof(struct checker *checker)
{
	const struct profile *profile = checker->profile;
	const struct profile_cuff *cuff = &profile->cuff;
	int64_t modulus = field_modulus(&cuff->proof_field);

	if (cuff->proof == PROOF_COUNTER)
		check_counter(checker, "cuff.proof", &cuff->proof_field);
	else if (proof_has_field(cuff->proof))
		check_seconds(checker, "cuff.proof", &cuff->proof_field);
	if (cuff->proof == PROOF_TIME && cuff->proof_field.type == TYPE_U16)
		complain(checker, "cuff.proof", "type", "a time in seconds needs u32");
	if (cuff->proof == PROOF_FLAG && !cuff->has_measuring)
		complain(checker, "cuff", "measuring", "the proof 'flag' needs the flag that says a cuff is going on");
	if (cuff->counter_modulus != 0 && cuff->proof != PROOF_COUNTER)
		complain(checker, "cuff", "counter_modulus", "is of use with the proof 'counter' only");
	else if (cuff->counter_modulus != 0 && (cuff->counter_modulus < 2 || cuff->counter_modulus > modulus))
		complain(checker, "cuff", "counter_modulus", "must be at least 2 and fit the counter's type");
	if (cuff->has_age_none && (cuff->age_none < 0 || cuff->age_none >= modulus))
		complain(checker, "cuff", "age_none", "does not fit the age's type, so it never comes");
	if (cuff->proof == PROOF_TIME && cuff->time_base == TIME_SINCE_BOOT &&
	    (!profile->has_uptime || profile->uptime.function != cuff->systolic.field.function))
		complain(checker, "cuff", "proof", "a time since power-on needs the uptime, read by the same function");
	if (cuff->has_age && cuff->proof != PROOF_COUNTER)
		complain(checker, "cuff", "age", "is of use with the proof 'counter'; alone it is the proof 'age'");
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
	check_proof(checker);
	if (cuff->has_age)
		check_seconds(checker, "cuff.age", &cuff->age_field);
	if (cuff->has_measuring)
		check_status(checker, "cuff.measuring", &cuff->measuring, cuff->systolic.field.function);
	if (cuff->has_failure)
		check_failures(checker);
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
	check_overlaps(&checker);
	if (profile->has_clock) {
		check_field(&checker, "clock", &profile->clock);
		if (profile->clock.type != TYPE_U32)
			complain(&checker, "clock", "type", "a time in seconds needs u32");
	}
	if (profile->has_uptime)
		check_seconds(&checker, "uptime", &profile->uptime);
	check_reads(&checker);
	check_asides(&checker);
	return checker.count;
}
