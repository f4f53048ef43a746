/* config/monitors/NAME.yaml to a struct profile; the driver's own profile_check
 * says what is wrong with its meaning. */
#include "daemon/settings/yaml_file.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct raw_status {
	char *register_, *mask, *expect, *otherwise;
};

struct raw_value {
	char *vital, *source, *register_, *function, *type, *order, *scale, *offset, *low, *high;
	char **no_value;
	unsigned no_value_count;
	struct raw_status *status;
	unsigned status_count;
};

struct raw_failure {
	char *code, *words;
};

struct raw_cuff {
	struct raw_value *systolic, *mean, *diastolic, *pulse;
	char *proof, *proof_register, *proof_type, *age_register, *age_none, *failure_register;
	struct raw_status *measuring;
	struct raw_failure *failures;
	unsigned failures_count;
};

struct raw_profile {
	char *name, *title, *note, *function, *order, *cadence_ms, *max_registers, *max_gap, *clock_register, *uptime_register;
	struct raw_value *values;
	unsigned values_count;
	struct raw_cuff *cuff;
};

#define OPTIONAL(type, member) CYAML_FIELD_STRING_PTR(#member, CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct type, member, 0, 256)
#define NEEDED(type, member) CYAML_FIELD_STRING_PTR(#member, CYAML_FLAG_POINTER, struct type, member, 1, 256)
#define REGISTER(type) CYAML_FIELD_STRING_PTR("register", CYAML_FLAG_POINTER, struct type, register_, 1, 32)

static const cyaml_schema_value_t text_entry = { CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char *, 1, 64) };

static const cyaml_schema_field_t status_fields[] = {
	REGISTER(raw_status), NEEDED(raw_status, mask), NEEDED(raw_status, expect), OPTIONAL(raw_status, otherwise), CYAML_FIELD_END,
};

static const cyaml_schema_value_t status_entry = { CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct raw_status, status_fields) };

static const cyaml_schema_field_t value_fields[] = {
	OPTIONAL(raw_value, vital),
	OPTIONAL(raw_value, source),
	REGISTER(raw_value),
	OPTIONAL(raw_value, function),
	OPTIONAL(raw_value, type),
	OPTIONAL(raw_value, order),
	OPTIONAL(raw_value, scale),
	OPTIONAL(raw_value, offset),
	OPTIONAL(raw_value, low),
	OPTIONAL(raw_value, high),
	CYAML_FIELD_SEQUENCE_COUNT("no_value", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct raw_value, no_value, no_value_count,
	    &text_entry, 0, PROFILE_CODES),
	CYAML_FIELD_SEQUENCE_COUNT("status", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct raw_value, status, status_count,
	    &status_entry, 0, PROFILE_STATUSES),
	CYAML_FIELD_END,
};

static const cyaml_schema_value_t value_entry = { CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct raw_value, value_fields) };

static const cyaml_schema_field_t failure_fields[] = {
	NEEDED(raw_failure, code), NEEDED(raw_failure, words), CYAML_FIELD_END,
};

static const cyaml_schema_value_t failure_entry = { CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct raw_failure, failure_fields) };

#define VALUE(member) CYAML_FIELD_MAPPING_PTR(#member, CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct raw_cuff, member, value_fields)

static const cyaml_schema_field_t cuff_fields[] = {
	VALUE(systolic),
	VALUE(mean),
	VALUE(diastolic),
	VALUE(pulse),
	NEEDED(raw_cuff, proof),
	OPTIONAL(raw_cuff, proof_register),
	OPTIONAL(raw_cuff, proof_type),
	OPTIONAL(raw_cuff, age_register),
	OPTIONAL(raw_cuff, age_none),
	OPTIONAL(raw_cuff, failure_register),
	CYAML_FIELD_MAPPING_PTR("measuring", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct raw_cuff, measuring, status_fields),
	CYAML_FIELD_SEQUENCE_COUNT("failures", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct raw_cuff, failures, failures_count,
	    &failure_entry, 0, PROFILE_FAILURES),
	CYAML_FIELD_END,
};

static const cyaml_schema_field_t profile_fields[] = {
	NEEDED(raw_profile, name),
	OPTIONAL(raw_profile, title),
	OPTIONAL(raw_profile, note),
	OPTIONAL(raw_profile, function),
	OPTIONAL(raw_profile, order),
	OPTIONAL(raw_profile, cadence_ms),
	OPTIONAL(raw_profile, max_registers),
	OPTIONAL(raw_profile, max_gap),
	OPTIONAL(raw_profile, clock_register),
	OPTIONAL(raw_profile, uptime_register),
	CYAML_FIELD_SEQUENCE_COUNT("values", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct raw_profile, values, values_count,
	    &value_entry, 0, PROFILE_VALUES),
	CYAML_FIELD_MAPPING_PTR("cuff", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct raw_profile, cuff, cuff_fields),
	CYAML_FIELD_END,
};

static const cyaml_schema_value_t profile_schema = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct raw_profile, profile_fields)
};

struct reader {
	struct yaml_file *file;
	uint8_t function;      /* the profile's default */
	enum word_order order;
};

static void
at_key(char path[96], const char *base, const char *key)
{
	snprintf(path, 96, "%s%s%s", base, base[0] != '\0' && key[0] != '\0' ? "." : "", key);
}

/* A whole number, decimal or 0x, within bounds. */
static bool
take_whole(struct reader *reader, const char *base, const char *key, const char *text, int64_t low, int64_t high, int64_t *ret)
{
	char path[96], *end;
	int64_t value;

	if (text == NULL)
		return false;
	at_key(path, base, key);
	value = strtoll(text, &end, 0);
	if (end == text || *end != '\0') {
		yaml_complain(reader->file, path, "'%.40s' is no whole number", text);
		return false;
	}
	if (value < low || value > high) {
		yaml_complain(reader->file, path, "%s lies outside %" PRId64 " to %" PRId64, text, low, high);
		return false;
	}
	*ret = value;
	return true;
}

/* One of a list of names; tells with the nearest. */
static bool
take_name(struct reader *reader, const char *base, const char *key, const char *text, const char *(*name_of)(int index),
    int count, int *ret_index)
{
	char path[96];
	const char *names[32];

	if (text == NULL)
		return false;
	for (int i = 0; i < count; i++) {
		names[i] = name_of(i);
		if (strcmp(names[i], text) == 0) {
			*ret_index = i;
			return true;
		}
	}
	at_key(path, base, key);
	yaml_complain(reader->file, path, "'%.40s' is not known%s", text, suggest(text, names, (size_t)count).text);
	return false;
}

static const char *
type_at(int index)
{
	return value_type_name((enum value_type)index);
}

static const char *
order_at(int index)
{
	return word_order_name((enum word_order)index);
}

static const char *
proof_at(int index)
{
	return proof_kind_name((enum proof_kind)index);
}

static const char *
vital_at(int index)
{
	return vital_info((enum vital)index)->name;
}

static const char *
source_at(int index)
{
	return source_name((enum source)index);
}

static const char *
otherwise_at(int index)
{
	static const char *const names[] = { "not-vouched", "sensor-off", "verify" };

	return names[index];
}

/* "12" or "12.3", the bit 3 of register 12. */
static void
take_field(struct reader *reader, const char *base, const char *key, const char *address, const char *function,
    const char *type, const char *order, struct field *field)
{
	int64_t number;
	int index;

	*field = (struct field){ .function = reader->function, .order = reader->order };
	if (take_whole(reader, base, key, address, 0, 65535, &number))
		field->address = (uint16_t)number;
	if (take_whole(reader, base, "function", function, 1, 127, &number))
		field->function = (uint8_t)number;
	if (take_name(reader, base, "type", type, type_at, TYPE_COUNT, &index))
		field->type = (enum value_type)index;
	if (take_name(reader, base, "order", order, order_at, ORDER_COUNT, &index))
		field->order = (enum word_order)index;
}

static void
take_status(struct reader *reader, const char *base, const struct raw_status *raw, uint8_t function, struct status *status)
{
	static const enum doubt doubts[] = { DOUBT_NOT_VOUCHED, DOUBT_SENSOR_OFF, DOUBT_DEVICE_SAYS };
	int64_t number;
	int index = 0;

	take_field(reader, base, "register", raw->register_, NULL, NULL, NULL, &status->word);
	status->word.function = function;
	if (take_whole(reader, base, "mask", raw->mask, 0, 65535, &number))
		status->mask = (uint16_t)number;
	if (take_whole(reader, base, "expect", raw->expect, 0, 65535, &number))
		status->expect = (uint16_t)number;
	take_name(reader, base, "otherwise", raw->otherwise, otherwise_at, 3, &index);
	status->otherwise = doubts[index];
}

/* "0.1" to 100000 millionths: six decimals, exactly. */
static bool
take_scale(struct reader *reader, const char *base, const char *text, int64_t *ret_micro)
{
	const char *dot = strchr(text, '.');
	char path[96], whole[64];
	int64_t micro;
	char *end;

	snprintf(whole, sizeof(whole), "%.*s%.*s%.*s", dot != NULL ? (int)(dot - text) : (int)strlen(text), text,
	    dot != NULL ? (int)strlen(dot + 1) : 0, dot != NULL ? dot + 1 : "",
	    dot != NULL && strlen(dot + 1) <= 6 ? (int)(6 - strlen(dot + 1)) : 6, "000000");
	micro = strtoll(whole, &end, 10);
	if (*end != '\0' || (dot != NULL && strlen(dot + 1) > 6) || micro == 0 || llabs(micro) > INT64_C(1000000000)) {
		at_key(path, base, "scale");
		yaml_complain(reader->file, path, "'%.40s' is no factor of at most six decimals between -1000 and 1000", text);
		return false;
	}
	*ret_micro = micro;
	return true;
}

static void
take_end(struct reader *reader, const char *base, const char *key, const char *text, struct limit_pair *end)
{
	char path[96];

	at_key(path, base, key);
	if (text != NULL)
		end->set = yaml_milli(reader->file, path, text, -1000000, 1000000, &end->milli);
}

static void
take_value(struct reader *reader, const char *base, const struct raw_value *raw, struct profile_value *value)
{
	char path[96];

	value->present = true;
	value->scale_micro = 1000000;
	take_field(reader, base, "register", raw->register_, raw->function, raw->type, raw->order, &value->field);
	if (raw->scale != NULL)
		take_scale(reader, base, raw->scale, &value->scale_micro);
	at_key(path, base, "offset");
	if (raw->offset != NULL)
		yaml_milli(reader->file, path, raw->offset, -1000000, 1000000, &value->offset_milli);
	take_end(reader, base, "low", raw->low, &value->range_low);
	take_end(reader, base, "high", raw->high, &value->range_high);
	for (unsigned i = 0; i < raw->no_value_count; i++) {
		snprintf(path, sizeof(path), "no_value[%u]", i);
		if (take_whole(reader, base, path, raw->no_value[i], INT32_MIN, UINT32_MAX, &value->error_codes[value->error_code_count]))
			value->error_code_count++;
	}
	for (unsigned i = 0; i < raw->status_count; i++) {
		snprintf(path, sizeof(path), "%.60s%sstatus[%u]", base, base[0] != '\0' ? "." : "", i);
		take_status(reader, path, &raw->status[i], value->field.function, &value->statuses[value->status_count++]);
	}
}

static void
take_values(struct reader *reader, const struct raw_profile *raw, struct profile *profile)
{
	for (unsigned i = 0; i < raw->values_count; i++) {
		struct profile_value *value = &profile->values[profile->value_count];
		char base[32], path[96];
		int vital, source = SOURCE_PLETH;

		snprintf(base, sizeof(base), "values[%u]", i);
		take_value(reader, base, &raw->values[i], value);
		if (raw->values[i].vital == NULL) {
			at_key(path, base, "vital");
			yaml_complain(reader->file, path, "a value needs its vital sign");
			continue;
		}
		if (!take_name(reader, base, "vital", raw->values[i].vital, vital_at, VITAL_COUNT, &vital))
			continue;
		take_name(reader, base, "source", raw->values[i].source, source_at, SOURCE_COUNT, &source);
		value->vital = (enum vital)vital;
		value->source = (enum source)source;
		profile->value_count++;
	}
}

static void
take_cuff_value(struct reader *reader, const char *name, const struct raw_value *raw, enum vital vital,
    struct profile_value *value)
{
	char base[32];

	snprintf(base, sizeof(base), "cuff.%s", name);
	value->vital = vital;
	value->source = SOURCE_CUFF;
	if (raw != NULL)
		take_value(reader, base, raw, value);
}

static void
take_failures(struct reader *reader, const struct raw_cuff *raw, struct profile_cuff *cuff)
{
	for (unsigned i = 0; i < raw->failures_count; i++) {
		struct failure_code *failure = &cuff->failures[cuff->failure_count];
		char base[32];

		snprintf(base, sizeof(base), "cuff.failures[%u]", i);
		if (!take_whole(reader, base, "code", raw->failures[i].code, INT32_MIN, UINT32_MAX, &failure->code))
			continue;
		snprintf(failure->words, sizeof(failure->words), "%s", raw->failures[i].words);
		cuff->failure_count++;
	}
}

static void
take_proof(struct reader *reader, const struct raw_cuff *raw, struct profile_cuff *cuff)
{
	uint8_t function = cuff->systolic.field.function;
	int proof = PROOF_NONE;

	take_name(reader, "cuff", "proof", raw->proof, proof_at, PROOF_COUNT, &proof);
	cuff->proof = (enum proof_kind)proof;
	if (cuff->proof != PROOF_NONE && cuff->proof != PROOF_FLAG && raw->proof_register == NULL)
		yaml_complain(reader->file, "cuff.proof", "the proof '%s' needs its proof_register", raw->proof);
	take_field(reader, "cuff", "proof_register", raw->proof_register, NULL, NULL, NULL, &cuff->proof_field);
	if (take_name(reader, "cuff", "proof_type", raw->proof_type, type_at, TYPE_COUNT, &proof))
		cuff->proof_field.type = (enum value_type)proof;
	cuff->proof_field.function = function;
	cuff->has_age = raw->age_register != NULL;
	take_field(reader, "cuff", "age_register", raw->age_register, NULL, NULL, NULL, &cuff->age_field);
	cuff->age_field.function = function;
	cuff->has_age_none = take_whole(reader, "cuff", "age_none", raw->age_none, 0, UINT32_MAX, &cuff->age_none);
	cuff->has_failure = raw->failure_register != NULL;
	take_field(reader, "cuff", "failure_register", raw->failure_register, NULL, NULL, NULL, &cuff->failure_field);
	cuff->failure_field.function = function;
	cuff->has_measuring = raw->measuring != NULL;
	if (cuff->has_measuring)
		take_status(reader, "cuff.measuring", raw->measuring, function, &cuff->measuring);
	take_failures(reader, raw, cuff);
}

static void
take_cuff(struct reader *reader, const struct raw_cuff *raw, struct profile_cuff *cuff)
{
	cuff->present = raw != NULL;
	if (raw == NULL)
		return;
	take_cuff_value(reader, "systolic", raw->systolic, VITAL_SYSTOLIC, &cuff->systolic);
	take_cuff_value(reader, "mean", raw->mean, VITAL_MEAN, &cuff->mean);
	take_cuff_value(reader, "diastolic", raw->diastolic, VITAL_DIASTOLIC, &cuff->diastolic);
	take_cuff_value(reader, "pulse", raw->pulse, VITAL_CUFF_PULSE, &cuff->pulse);
	take_proof(reader, raw, cuff);
	if (cuff->proof == PROOF_NONE)
		yaml_warn(reader->file, "cuff.proof",
		    "nothing proves a new cuff: two equal results in a row count as one, and a result found at connect is of unknown age");
}

static void
take_profile(struct yaml_file *file, const struct raw_profile *raw, struct profile *profile)
{
	struct reader reader = { .file = file, .function = 3 };
	int64_t number;
	int order;

	memset(profile, 0, sizeof(*profile));
	profile->cadence = duration_s(1);
	profile->max_registers = MODBUS_READ_MOST;
	profile->max_gap = 8;
	if (strlen(raw->name) >= sizeof(profile->name))
		yaml_complain(file, "name", "is longer than %d characters", NAME_CAP - 1);
	snprintf(profile->name, sizeof(profile->name), "%s", raw->name);
	snprintf(profile->title, sizeof(profile->title), "%s", raw->title != NULL ? raw->title : raw->name);
	snprintf(profile->note, sizeof(profile->note), "%s", raw->note != NULL ? raw->note : "");
	if (take_whole(&reader, "", "function", raw->function, 1, 127, &number))
		reader.function = (uint8_t)number;
	if (take_name(&reader, "", "order", raw->order, order_at, ORDER_COUNT, &order))
		reader.order = (enum word_order)order;
	if (take_whole(&reader, "", "cadence_ms", raw->cadence_ms, 1, 3600000, &number))
		profile->cadence = duration_ms(number);
	if (take_whole(&reader, "", "max_registers", raw->max_registers, 0, 65535, &number))
		profile->max_registers = (uint16_t)number;
	if (take_whole(&reader, "", "max_gap", raw->max_gap, 0, 125, &number))
		profile->max_gap = (uint16_t)number;
	take_values(&reader, raw, profile);
	take_cuff(&reader, raw->cuff, &profile->cuff);
	profile->has_clock = raw->clock_register != NULL;
	take_field(&reader, "", "clock_register", raw->clock_register, NULL, "u32", NULL, &profile->clock);
	profile->has_uptime = raw->uptime_register != NULL;
	take_field(&reader, "", "uptime_register", raw->uptime_register, NULL, "u32", NULL, &profile->uptime);
}

static void
tell_check(void *ctx, const char *path, const char *sentence)
{
	yaml_complain(ctx, path, "%s", sentence);
}

bool
profile_load_file(const char *path, struct problems *problems, struct profile *ret_profile)
{
	size_t before = problems_errors(problems);
	struct yaml_file file;

	if (yaml_open(&file, path, &profile_schema, problems)) {
		take_profile(&file, file.data, ret_profile);
		if (problems_errors(problems) == before)
			profile_check(ret_profile, tell_check, &file);
	}
	yaml_close(&file);
	return problems_errors(problems) == before;
}
