/* What may stand in a profile: libcyaml's schema and the rows of single values,
 * made of the same tables. */
#include "daemon/settings/profile_raw.h"

static const struct scalar value_rows[] = { VALUE_ROWS(SCALAR_ROW) };
static const struct scalar stream_rows[] = { STREAM_ROWS(SCALAR_ROW) };
static const struct scalar failure_rows[] = { FAILURE_ROWS(SCALAR_ROW) };
static const struct scalar cuff_rows[] = { CUFF_ROWS(SCALAR_ROW) };
static const struct scalar wake_up_rows[] = { WAKE_UP_ROWS(SCALAR_ROW) };
static const struct scalar profile_rows[] = { PROFILE_ROWS(SCALAR_ROW) };

#define OPTIONAL_POINTER CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL
#define KEY(raw, key, member, flags)                                                                                   \
	CYAML_FIELD_STRING_PTR(key, CYAML_FLAG_POINTER | (flags), struct raw, member, 0, YAML_LONGEST_TEXT)
#define OPTIONAL(raw, member) KEY(raw, #member, member, SCALAR_OPTIONAL)
#define LIST(raw, member, entry, most) CYAML_FIELD_SEQUENCE(#member, OPTIONAL_POINTER, struct raw, member, &entry, 0, most)

static const cyaml_schema_value_t text_entry = { CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char *, 0, YAML_LONGEST_TEXT) };

static const cyaml_schema_field_t status_fields[] = {
	KEY(raw_status, "register", address, SCALAR_NEEDED),
	OPTIONAL(raw_status, function),
	OPTIONAL(raw_status, bit),
	OPTIONAL(raw_status, mask),
	OPTIONAL(raw_status, expect),
	OPTIONAL(raw_status, otherwise),
	CYAML_FIELD_END,
};

/* A cuff that is going on has no "otherwise". */
static const cyaml_schema_field_t measuring_fields[] = {
	KEY(raw_status, "register", address, SCALAR_NEEDED),
	OPTIONAL(raw_status, function),
	OPTIONAL(raw_status, bit),
	OPTIONAL(raw_status, mask),
	OPTIONAL(raw_status, expect),
	CYAML_FIELD_END,
};

static const cyaml_schema_value_t status_entry = { CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct raw_status, status_fields) };

#define WHERE_FIELDS                                                                                                   \
	KEY(raw_value, "register", address, SCALAR_NEEDED),                                                            \
	    OPTIONAL(raw_value, function),                                                                             \
	    OPTIONAL(raw_value, type),                                                                                 \
	    OPTIONAL(raw_value, bits),                                                                                 \
	    OPTIONAL(raw_value, order),                                                                                \
	    LIST(raw_value, no_value, text_entry, PROFILE_CODES),                                                      \
	    LIST(raw_value, status, status_entry, PROFILE_STATUSES)

static const cyaml_schema_field_t value_fields[] = {
	KEY(raw_value, "vital", vital, SCALAR_NEEDED),
	OPTIONAL(raw_value, source),
	OPTIONAL(raw_value, block),
	VALUE_ROWS(SCALAR_FIELD)
	STREAM_ROWS(SCALAR_FIELD)
	WHERE_FIELDS,
	CYAML_FIELD_END,
};

/* What a pressure is, and its source, is known from where it stands. */
static const cyaml_schema_field_t pressure_fields[] = { VALUE_ROWS(SCALAR_FIELD) WHERE_FIELDS, CYAML_FIELD_END };

static const cyaml_schema_field_t failure_fields[] = { FAILURE_ROWS(SCALAR_FIELD) CYAML_FIELD_END };
static const cyaml_schema_value_t failure_entry = { CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct raw_failure, failure_fields) };
static const cyaml_schema_value_t value_entry = { CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct raw_value, value_fields) };

#define COMMAND_FIELDS(raw, in)                                                                                        \
	KEY(raw, "function", in function, SCALAR_NEEDED),                                                              \
	    KEY(raw, "register", in address, SCALAR_NEEDED),                                                           \
	    KEY(raw, "value", in value, SCALAR_OPTIONAL),                                                              \
	    CYAML_FIELD_SEQUENCE("values", OPTIONAL_POINTER, struct raw, in values, &text_entry, 0, COMMAND_WORDS),   \
	    KEY(raw, "read_register", in read_register, SCALAR_OPTIONAL),                                              \
	    KEY(raw, "count", in count, SCALAR_OPTIONAL)

static const cyaml_schema_field_t command_fields[] = { COMMAND_FIELDS(raw_command, ), CYAML_FIELD_END };
static const cyaml_schema_field_t wake_up_fields[] = {
	COMMAND_FIELDS(raw_wake_up, command.),
	WAKE_UP_ROWS(SCALAR_FIELD)
	CYAML_FIELD_END,
};

static const cyaml_schema_field_t text_fields[] = {
	KEY(raw_text, "register", address, SCALAR_NEEDED),
	OPTIONAL(raw_text, function),
	OPTIONAL(raw_text, type),
	OPTIONAL(raw_text, order),
	OPTIONAL(raw_text, length),
	CYAML_FIELD_END,
};

static const cyaml_schema_field_t identity_fields[] = {
	CYAML_FIELD_MAPPING_PTR("manufacturer", OPTIONAL_POINTER, struct raw_identity, manufacturer, text_fields),
	CYAML_FIELD_MAPPING_PTR("model", OPTIONAL_POINTER, struct raw_identity, model, text_fields),
	CYAML_FIELD_MAPPING_PTR("serial", OPTIONAL_POINTER, struct raw_identity, serial, text_fields),
	CYAML_FIELD_MAPPING_PTR("firmware", OPTIONAL_POINTER, struct raw_identity, firmware, text_fields),
	CYAML_FIELD_END,
};

static const cyaml_schema_field_t unreadable_fields[] = {
	KEY(raw_unreadable, "from", from, SCALAR_NEEDED),
	OPTIONAL(raw_unreadable, to),
	OPTIONAL(raw_unreadable, function),
	CYAML_FIELD_END,
};
static const cyaml_schema_value_t unreadable_entry = { CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct raw_unreadable, unreadable_fields) };

static const cyaml_schema_field_t cuff_fields[] = {
	CYAML_FIELD_MAPPING_PTR("systolic", CYAML_FLAG_POINTER, struct raw_cuff, systolic, pressure_fields),
	CYAML_FIELD_MAPPING_PTR("mean", OPTIONAL_POINTER, struct raw_cuff, mean, pressure_fields),
	CYAML_FIELD_MAPPING_PTR("diastolic", OPTIONAL_POINTER, struct raw_cuff, diastolic, pressure_fields),
	CYAML_FIELD_MAPPING_PTR("pulse", OPTIONAL_POINTER, struct raw_cuff, pulse, pressure_fields),
	KEY(raw_cuff, "proof", proof, SCALAR_NEEDED),
	OPTIONAL(raw_cuff, proof_register),
	OPTIONAL(raw_cuff, proof_type),
	OPTIONAL(raw_cuff, proof_bits),
	OPTIONAL(raw_cuff, time_base),
	OPTIONAL(raw_cuff, age_register),
	OPTIONAL(raw_cuff, age_type),
	OPTIONAL(raw_cuff, age_none),
	OPTIONAL(raw_cuff, block),
	CUFF_ROWS(SCALAR_FIELD)
	CYAML_FIELD_MAPPING_PTR("measuring", OPTIONAL_POINTER, struct raw_cuff, measuring, measuring_fields),
	OPTIONAL(raw_cuff, failure_register),
	OPTIONAL(raw_cuff, failure_type),
	OPTIONAL(raw_cuff, failure_bits),
	LIST(raw_cuff, failures, failure_entry, PROFILE_FAILURES),
	CYAML_FIELD_MAPPING_PTR("start", OPTIONAL_POINTER, struct raw_cuff, start, command_fields),
	CYAML_FIELD_MAPPING_PTR("cancel", OPTIONAL_POINTER, struct raw_cuff, cancel, command_fields),
	CYAML_FIELD_END,
};

static const cyaml_schema_field_t profile_fields[] = {
	PROFILE_ROWS(SCALAR_FIELD)
	OPTIONAL(raw_profile, function),
	OPTIONAL(raw_profile, order),
	OPTIONAL(raw_profile, addresses),
	OPTIONAL(raw_profile, registers_from),
	LIST(raw_profile, unreadable, unreadable_entry, PROFILE_UNREADABLE),
	LIST(raw_profile, values, value_entry, PROFILE_VALUES),
	CYAML_FIELD_MAPPING_PTR("cuff", OPTIONAL_POINTER, struct raw_profile, cuff, cuff_fields),
	OPTIONAL(raw_profile, clock_register),
	OPTIONAL(raw_profile, uptime_register),
	OPTIONAL(raw_profile, uptime_type),
	CYAML_FIELD_MAPPING_PTR("identity", OPTIONAL_POINTER, struct raw_profile, identity, identity_fields),
	CYAML_FIELD_MAPPING_PTR("wake_up", OPTIONAL_POINTER, struct raw_profile, wake_up, wake_up_fields),
	CYAML_FIELD_END,
};

const cyaml_schema_value_t profile_schema = { CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct raw_profile, profile_fields) };

const struct scalar_table profile_value_keys = { value_rows, COUNT_OF(value_rows) };
const struct scalar_table profile_stream_keys = { stream_rows, COUNT_OF(stream_rows) };
const struct scalar_table profile_failure_keys = { failure_rows, COUNT_OF(failure_rows) };
const struct scalar_table profile_cuff_keys = { cuff_rows, COUNT_OF(cuff_rows) };
const struct scalar_table profile_wake_up_keys = { wake_up_rows, COUNT_OF(wake_up_rows) };
const struct scalar_table profile_keys = { profile_rows, COUNT_OF(profile_rows) };
