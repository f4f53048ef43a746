/* A profile as libcyaml loads it: all texts. Private to profile_schema.c and
 * profile_file.c. */
#ifndef INFUSIOND_SETTINGS_PROFILE_RAW_H
#define INFUSIOND_SETTINGS_PROFILE_RAW_H

#include "daemon/settings/profile_file.h"

#define VALUE_ROWS(X)                                                                                                  \
	X(raw_value, profile_value, scale, "scale", SCALAR_OPTIONAL, SCALAR_MICRO, scale_micro, -1000, 1000)           \
	X(raw_value, profile_value, offset, "offset", SCALAR_OPTIONAL, SCALAR_MILLI, offset_milli, -1000, 1000)        \
	X(raw_value, profile_value, low, "low", SCALAR_OPTIONAL, SCALAR_MILLI, range_low.milli, -1000, 1000)           \
	X(raw_value, profile_value, high, "high", SCALAR_OPTIONAL, SCALAR_MILLI, range_high.milli, -1000, 1000)

/* Of a streamed value only: a pressure is read with its cuff. */
#define STREAM_ROWS(X) X(raw_value, profile_value, alone, "alone", SCALAR_OPTIONAL, SCALAR_BOOL, alone, 0, 0)

/* A command's own keys stand beside these. */
#define WAKE_UP_ROWS(X)                                                                                                \
	X(raw_wake_up, wake_up, silence_s, "silence_s", SCALAR_OPTIONAL, SCALAR_SECONDS, silence, 1, 3600)             \
	X(raw_wake_up, wake_up, pause_ms, "pause_ms", SCALAR_OPTIONAL, SCALAR_MS, pause, 0, 5000)

/* Of the cuff, numbers only. */
#define CUFF_ROWS(X)                                                                                                   \
	X(raw_cuff, profile_cuff, counter_modulus, "counter_modulus", SCALAR_OPTIONAL, SCALAR_I64, counter_modulus, 2, INT32_MAX) \
	X(raw_cuff, profile_cuff, alone, "alone", SCALAR_OPTIONAL, SCALAR_BOOL, alone, 0, 0)                           \
	X(raw_cuff, profile_cuff, start_pause_s, "start_pause_s", SCALAR_OPTIONAL, SCALAR_SECONDS, start_pause, 30, 3600)

#define FAILURE_ROWS(X)                                                                                                \
	X(raw_failure, failure_code, code, "code", SCALAR_NEEDED, SCALAR_I64, code, INT32_MIN, INT32_MAX)              \
	X(raw_failure, failure_code, words, "words", SCALAR_NEEDED, SCALAR_TEXT, words, 0, 0)

#define PROFILE_ROWS(X)                                                                                                \
	X(raw_profile, profile, name, "name", SCALAR_NEEDED, SCALAR_NAME, name, 0, 0)                                  \
	X(raw_profile, profile, title, "title", SCALAR_OPTIONAL, SCALAR_TEXT, title, 0, 0)                             \
	X(raw_profile, profile, note, "note", SCALAR_OPTIONAL, SCALAR_TEXT, note, 0, 0)                                \
	X(raw_profile, profile, cadence_ms, "cadence_ms", SCALAR_OPTIONAL, SCALAR_MS, cadence, 100, 60000)             \
	X(raw_profile, profile, max_registers, "max_registers", SCALAR_OPTIONAL, SCALAR_U16, max_registers, 1, MODBUS_READ_MOST) \
	X(raw_profile, profile, max_bits, "max_bits", SCALAR_OPTIONAL, SCALAR_U16, max_bits, 1, MODBUS_READ_BITS_MOST) \
	X(raw_profile, profile, max_gap, "max_gap", SCALAR_OPTIONAL, SCALAR_U16, max_gap, 0, MODBUS_READ_MOST)

struct raw_status {
	char *address, *function, *bit, *mask, *expect, *otherwise;
};

struct raw_value {
	VALUE_ROWS(SCALAR_MEMBER)
	STREAM_ROWS(SCALAR_MEMBER)
	char *vital, *source, *address, *function, *type, *bits, *order, *block;
	char **no_value;
	unsigned no_value_count;
	struct raw_status *status;
	unsigned status_count;
};

struct raw_failure {
	FAILURE_ROWS(SCALAR_MEMBER)
};

struct raw_command {
	char *address, *function, *value, *read_register, *count;
	char **values;
	unsigned values_count;
};

struct raw_wake_up {
	WAKE_UP_ROWS(SCALAR_MEMBER)
	struct raw_command command;
};

struct raw_text {
	char *address, *function, *type, *order, *length;
};

struct raw_identity {
	struct raw_text *manufacturer, *model, *serial, *firmware;
};

struct raw_unreadable {
	char *from, *to, *function;
};

struct raw_cuff {
	CUFF_ROWS(SCALAR_MEMBER)
	struct raw_value *systolic, *mean, *diastolic, *pulse;
	char *proof, *proof_register, *proof_type, *proof_bits, *time_base, *age_register, *age_type, *age_none, *failure_register,
	    *failure_type, *failure_bits, *block;
	struct raw_status *measuring;
	struct raw_failure *failures;
	unsigned failures_count;
	struct raw_command *start, *cancel;
};

struct raw_profile {
	PROFILE_ROWS(SCALAR_MEMBER)
	char *function, *order, *addresses, *registers_from, *clock_register, *uptime_register, *uptime_type;
	struct raw_unreadable *unreadable;
	unsigned unreadable_count;
	struct raw_value *values;
	unsigned values_count;
	struct raw_cuff *cuff;
	struct raw_identity *identity;
	struct raw_wake_up *wake_up;
};

/* Rows into struct profile_value, failure_code, profile_cuff, wake_up and profile. */
extern const struct scalar_table profile_value_keys, profile_stream_keys, profile_failure_keys, profile_cuff_keys, profile_wake_up_keys, profile_keys;

#endif
