/* config/monitors/NAME.yaml to a struct profile. What its numbers mean together
 * is for the driver's own profile_check to judge. */
#include "daemon/settings/profile_reader.h"

#include <stdlib.h>
#include <string.h>

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

/* A cuff's values stand in its own section, and a person's are never read from registers. */
static const enum source streamed[] = { SOURCE_ECG, SOURCE_PLETH, SOURCE_IMPEDANCE, SOURCE_PROBE };

static const char *
streamed_at(int index)
{
	return source_name(streamed[index]);
}

/* What a status that is not as expected makes of its value. */
static const struct otherwise {
	const char *name;
	enum doubt doubt;
} otherwises[] = {
	{ "not-vouched", DOUBT_NOT_VOUCHED },
	{ "sensor-off", DOUBT_SENSOR_OFF },
	{ "verify", DOUBT_DEVICE_SAYS },
};

static const char *
otherwise_at(int index)
{
	return otherwises[index].name;
}

static void
take_bit_number(struct reader *reader, const char *base, const struct raw_status *raw, struct status *status)
{
	int64_t number;

	status->word.type = TYPE_BIT;
	status->mask = status->expect = 1;
	if (raw->bit != NULL || raw->mask != NULL)
		yaml_complain(reader->file, base, "a coil or discrete input is a bit already: give 'expect' alone, or nothing");
	else if (raw->expect != NULL && take_whole(reader->file, path_of(base, "expect").text, raw->expect, 0, 1, &number))
		status->expect = (uint16_t)number;
}

/* "bit: 3" says the same as mask 0x0008 and expect 0x0008. */
static void
take_mask(struct reader *reader, const char *base, const struct raw_status *raw, struct status *status)
{
	struct yaml_file *file = reader->file;
	int64_t number;

	if ((raw->bit != NULL) == (raw->mask != NULL) || (raw->mask != NULL) != (raw->expect != NULL))
		yaml_complain(file, base, "give either 'bit', or 'mask' and 'expect'");
	if (raw->bit != NULL && take_whole(file, path_of(base, "bit").text, raw->bit, 0, 15, &number))
		status->mask = status->expect = (uint16_t)(1u << number);
	if (raw->mask != NULL && take_whole(file, path_of(base, "mask").text, raw->mask, 0, 65535, &number))
		status->mask = (uint16_t)number;
	if (raw->expect != NULL &&
	    take_whole(file, path_of(base, "expect").text, raw->expect, 0, 65535, &number))
		status->expect = (uint16_t)number;
}

static void
take_status(struct reader *reader, const char *base, const struct raw_status *raw, uint8_t function,
    struct status *status)
{
	struct yaml_file *file = reader->file;
	bool is_given;
	int index = 0;

	status->word = reader->usual;
	status->word.function = function;
	is_given = take_function(reader, base, raw->function, &status->word.function);
	take_address(reader, path_of(base, "register").text, raw->address, is_given, &status->word.function,
	    &status->word.address);
	if (function_is_bits(status->word.function))
		take_bit_number(reader, base, raw, status);
	else
		take_mask(reader, base, raw, status);
	if (raw->otherwise != NULL)
		take_choice(file, path_of(base, "otherwise").text, "word for it", raw->otherwise,
		    otherwise_at, COUNT_OF(otherwises), &index);
	status->otherwise = otherwises[index].doubt;
}

/* The number of a block; what is not known yet is a new one. */
static void
take_block(struct reader *reader, const char *base, const char *text, uint8_t *ret_block)
{
	const struct scalar row = { "", 0, 0, NAME_CAP, SCALAR_NAME, 0, 0 };
	struct profile *profile = reader->profile;
	char name[NAME_CAP] = "";

	if (text == NULL)
		return;
	scalars_take(reader->file, path_of(base, "block").text, &text, &row, 1, name);
	for (size_t i = 0; i < profile->block_count; i++)
		if (strcmp(profile->blocks[i], name) == 0)
			*ret_block = (uint8_t)(i + 1);
	if (*ret_block != 0)
		return;
	if (profile->block_count == PROFILE_BLOCKS) {
		yaml_complain(reader->file, path_of(base, "block").text, "there are %d blocks already, which is the most", PROFILE_BLOCKS);
		return;
	}
	memcpy(profile->blocks[profile->block_count++], name, sizeof(name));
	*ret_block = (uint8_t)profile->block_count;
}

static void
take_value(struct reader *reader, const char *base, const struct raw_value *raw, struct profile_value *value)
{
	const struct raw_field field = { raw->address, raw->function, raw->type, raw->bits, raw->order };

	value->present = true;
	value->scale_micro = 1000000;
	take_field(reader, base, &field, &value->field);
	scalars_take(reader->file, base, raw, profile_value_keys.rows, profile_value_keys.count, value);
	value->range_low.set = raw->low != NULL;
	value->range_high.set = raw->high != NULL;
	for (unsigned i = 0; i < raw->no_value_count; i++)
		if (take_whole(reader->file, path_of_entry(path_of(base, "no_value").text, i).text,
			raw->no_value[i], INT32_MIN, UINT32_MAX,
			&value->error_codes[value->error_code_count]))
			value->error_code_count++;
	for (unsigned i = 0; i < raw->status_count; i++)
		take_status(reader, path_of_entry(path_of(base, "status").text, i).text, &raw->status[i],
		    value->field.function, &value->statuses[value->status_count++]);
}

/* Where a vital usually comes from. */
static enum source
usual_source(enum vital vital)
{
	switch (vital) {
	case VITAL_BREATHING:
		return SOURCE_IMPEDANCE;
	case VITAL_TEMPERATURE:
		return SOURCE_PROBE;
	default:
		return SOURCE_PLETH;
	}
}

static void
take_values(struct reader *reader, const struct raw_profile *raw, struct profile *profile)
{
	for (unsigned i = 0; i < raw->values_count; i++) {
		struct profile_value *value = &profile->values[profile->value_count++];
		struct scalar_path base = path_of_entry("values", i);
		int vital = VITAL_RATE, source;

		take_value(reader, base.text, &raw->values[i], value);
		scalars_take(reader->file, base.text, &raw->values[i], profile_stream_keys.rows, profile_stream_keys.count, value);
		take_block(reader, base.text, raw->values[i].block, &value->block);
		take_choice(reader->file, path_of(base.text, "vital").text, "vital sign",
		    raw->values[i].vital, vital_name_at, VITAL_COUNT, &vital);
		value->vital = (enum vital)vital;
		value->source = usual_source(value->vital);
		if (raw->values[i].source != NULL &&
		    take_choice(reader->file, path_of(base.text, "source").text, "source of a stream",
			raw->values[i].source, streamed_at, COUNT_OF(streamed), &source))
			value->source = streamed[source];
	}
}

static void
take_pressure(struct reader *reader, const char *base, const struct raw_value *raw, enum vital vital,
    struct profile_value *value)
{
	value->vital = vital;
	value->source = SOURCE_CUFF;
	if (raw != NULL)
		take_value(reader, base, raw, value);
}

static void
take_failures(struct reader *reader, const struct raw_cuff *raw, struct profile_cuff *cuff)
{
	for (unsigned i = 0; i < raw->failures_count; i++) {
		struct scalar_path base = path_of_entry("cuff.failures", i);

		scalars_take(reader->file, base.text, &raw->failures[i], profile_failure_keys.rows,
		    profile_failure_keys.count, &cuff->failures[cuff->failure_count++]);
	}
	if (raw->failures_count > 0 && !cuff->has_failure)
		yaml_complain(
		    reader->file, "cuff.failures", "codes are of no use without 'failure_register'");
}

static const char *
time_base_at(int index)
{
	static const char *const names[] = { [TIME_UNIX] = "unix", [TIME_SINCE_BOOT] = "power-on" };

	return names[index];
}

static void
take_time_base(struct reader *reader, const struct raw_cuff *raw, struct profile_cuff *cuff)
{
	int base;

	if (raw->time_base == NULL)
		return;
	if (take_choice(reader->file, "cuff.time_base", "beginning of a time", raw->time_base, time_base_at, 2, &base))
		cuff->time_base = (enum time_base)base;
	if (cuff->proof != PROOF_TIME)
		yaml_complain(reader->file, "cuff.time_base", "is of use with the proof 'time' only");
}

/* R2: what proves a new measurement. */
static void
take_proof(struct reader *reader, const struct raw_cuff *raw, struct profile_cuff *cuff)
{
	uint8_t function = cuff->systolic.field.function;
	int proof = PROOF_NONE;
	bool given = take_register(
	    reader, "cuff", "proof_register", raw->proof_register, function, &cuff->proof_field);
	bool known = take_choice(reader->file, "cuff.proof", "proof of a new measurement", raw->proof,
	    proof_at, PROOF_COUNT, &proof);
	bool wanted;

	cuff->proof = (enum proof_kind)proof;
	wanted = cuff->proof != PROOF_NONE && cuff->proof != PROOF_FLAG;
	if (known && wanted && !given)
		yaml_complain(
		    reader->file, "cuff.proof", "the proof '%s' needs its 'proof_register'", raw->proof);
	if (known && !wanted && given)
		yaml_complain(
		    reader->file, "cuff.proof_register", "the proof '%s' has no register", proof_at(proof));
	if (cuff->proof == PROOF_TIME)
		cuff->proof_field.type = TYPE_U32;
	take_type(reader, "cuff", "proof_type", raw->proof_type, &cuff->proof_field);
	take_bits(reader, "cuff", "proof_bits", raw->proof_bits, &cuff->proof_field);
	take_time_base(reader, raw, cuff);
	if (raw->age_none != NULL)
		cuff->has_age_none =
		    take_whole(reader->file, "cuff.age_none", raw->age_none, 0, UINT32_MAX, &cuff->age_none);
	if (known && raw->age_none != NULL && cuff->proof != PROOF_AGE)
		yaml_complain(reader->file, "cuff.age_none", "is of use with the proof 'age' only");
}

static void
take_cuff(struct reader *reader, const struct raw_cuff *raw, struct profile_cuff *cuff)
{
	uint8_t function;

	cuff->present = true;
	cuff->start_pause = duration_s(120);
	scalars_take(reader->file, "cuff", raw, profile_cuff_keys.rows, profile_cuff_keys.count, cuff);
	take_block(reader, "cuff", raw->block, &cuff->block);
	take_pressure(reader, "cuff.systolic", raw->systolic, VITAL_SYSTOLIC, &cuff->systolic);
	take_pressure(reader, "cuff.mean", raw->mean, VITAL_MEAN, &cuff->mean);
	take_pressure(reader, "cuff.diastolic", raw->diastolic, VITAL_DIASTOLIC, &cuff->diastolic);
	take_pressure(reader, "cuff.pulse", raw->pulse, VITAL_CUFF_PULSE, &cuff->pulse);
	take_proof(reader, raw, cuff);
	function = cuff->systolic.field.function;
	cuff->has_age =
	    take_register(reader, "cuff", "age_register", raw->age_register, function, &cuff->age_field);
	take_type(reader, "cuff", "age_type", raw->age_type, &cuff->age_field);
	cuff->has_failure = take_register(
	    reader, "cuff", "failure_register", raw->failure_register, function, &cuff->failure_field);
	take_type(reader, "cuff", "failure_type", raw->failure_type, &cuff->failure_field);
	take_bits(reader, "cuff", "failure_bits", raw->failure_bits, &cuff->failure_field);
	cuff->has_measuring = raw->measuring != NULL;
	if (cuff->has_measuring)
		take_status(reader, "cuff.measuring", raw->measuring, function, &cuff->measuring);
	take_failures(reader, raw, cuff);
	if (raw->start != NULL)
		take_command(reader, "cuff.start", raw->start, &cuff->start);
	if (raw->cancel != NULL)
		take_command(reader, "cuff.cancel", raw->cancel, &cuff->cancel);
	if (raw->start_pause_s != NULL && raw->start == NULL)
		yaml_complain(reader->file, "cuff.start_pause_s", "is of use beside 'start' only");
}

static const char *
addresses_at(int index)
{
	static const char *const names[] = { "pdu", "vendor" };

	return names[index];
}

/* How the file writes its registers; before any is read. */
static void
take_usual(struct reader *reader, const struct raw_profile *raw)
{
	int index;

	take_function(reader, "", raw->function, &reader->usual.function);
	if (raw->order != NULL &&
	    take_choice(reader->file, "order", "order of bytes", raw->order, order_at, ORDER_COUNT, &index))
		reader->usual.order = (enum word_order)index;
	if (raw->addresses != NULL &&
	    take_choice(reader->file, "addresses", "way to write addresses", raw->addresses, addresses_at, 2, &index))
		reader->addresses = index == 0 ? ADDRESSES_PDU : ADDRESSES_VENDOR;
	if (raw->registers_from != NULL)
		take_whole(reader->file, "registers_from", raw->registers_from, 0, 1, &reader->registers_from);
	if (raw->registers_from != NULL && reader->addresses == ADDRESSES_VENDOR)
		yaml_complain(reader->file, "registers_from", "numbers as vendors print them count from 1 by themselves");
}

static void
take_clocks(struct reader *reader, const struct raw_profile *raw, struct profile *profile)
{
	uint8_t function = reader->usual.function;

	profile->has_clock = take_register(reader, "", "clock_register", raw->clock_register, function, &profile->clock);
	profile->clock.type = TYPE_U32;
	profile->has_uptime = take_register(reader, "", "uptime_register", raw->uptime_register, function, &profile->uptime);
	profile->uptime.type = TYPE_U32;
	take_type(reader, "", "uptime_type", raw->uptime_type, &profile->uptime);
}

static void
take_profile(struct yaml_file *file, const struct raw_profile *raw, struct profile *profile)
{
	struct reader reader = { .file = file, .usual = { .function = READ_HOLDING, .type = TYPE_U16 }, .profile = profile };

	*profile =
	    (struct profile){ .cadence = duration_s(1), .max_registers = MODBUS_READ_MOST, .max_gap = 8 };
	scalars_take(file, "", raw, profile_keys.rows, profile_keys.count, profile);
	if (raw->title == NULL)
		snprintf(profile->title, sizeof(profile->title), "%s", profile->name);
	take_usual(&reader, raw);
	take_unreadable(&reader, raw, profile);
	take_values(&reader, raw, profile);
	if (raw->cuff != NULL)
		take_cuff(&reader, raw->cuff, &profile->cuff);
	take_clocks(&reader, raw, profile);
	if (raw->identity != NULL)
		take_identity(&reader, raw->identity, profile);
	if (raw->wake_up != NULL)
		take_wake_up(&reader, raw->wake_up, &profile->wake_up);
}

/* profile_check speaks of members; people know the keys. */
static const struct renamed {
	const char *member, *key;
} renamed[] = {
	{ "cuff.proof.", "cuff.proof_register" },
	{ "cuff.age.", "cuff.age_register" },
	{ "cuff.failure.", "cuff.failure_register" },
	{ "clock.", "clock_register" },
	{ "uptime.", "uptime_register" },
};

static void
tell_check(void *ctx, const char *path, const char *sentence)
{
	const char *last = strrchr(path, '.');
	struct scalar_path told;

	snprintf(told.text, sizeof(told.text), "%s", path);
	if (last != NULL && strcmp(last, ".address") == 0)
		snprintf(told.text, sizeof(told.text), "%.*s.register", (int)(last - path), path);
	if (last != NULL && strcmp(last, ".range") == 0)
		snprintf(told.text, sizeof(told.text), "%.*s.low", (int)(last - path), path);
	for (size_t i = 0; i < COUNT_OF(renamed); i++)
		if (strncmp(path, renamed[i].member, strlen(renamed[i].member)) == 0)
			snprintf(told.text, sizeof(told.text), "%s", renamed[i].key);
	yaml_complain(ctx, told.text, "%s", sentence);
}

bool
profile_load_file(const char *path, struct problems *problems, struct profile *ret_profile)
{
	struct yaml_file file;

	memset(ret_profile, 0, sizeof(*ret_profile));
	if (yaml_open(&file, path, &profile_schema, problems)) {
		take_profile(&file, file.data, ret_profile);
		if (yaml_is_good(&file))
			profile_check(ret_profile, tell_check, &file);
	}
	yaml_close(&file);
	return yaml_is_good(&file);
}
