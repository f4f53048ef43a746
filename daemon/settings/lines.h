/* The `lines` of infusiond.yaml while they are read. Private to daemon/settings. */
#ifndef INFUSIOND_SETTINGS_LINES_H
#define INFUSIOND_SETTINGS_LINES_H

#include "daemon/settings/scalar.h"

#define LINE_ROWS(X)                                                                                                   \
	X(raw_line, line_settings, name, "name", SCALAR_NEEDED, SCALAR_NAME, name, 0, 0)                               \
	X(raw_line, line_settings, host, "host", SCALAR_OPTIONAL, SCALAR_TEXT, wire.host, 0, 0)                        \
	X(raw_line, line_settings, port, "port", SCALAR_OPTIONAL, SCALAR_U16, wire.port, 1, 65535)                     \
	X(raw_line, line_settings, device, "device", SCALAR_OPTIONAL, SCALAR_PATH, wire.device, 0, 0)                  \
	X(raw_line, line_settings, stop_bits, "stop_bits", SCALAR_OPTIONAL, SCALAR_U8, wire.form.stop_bits, 1, 2)      \
	X(raw_line, line_settings, echo, "local_echo", SCALAR_OPTIONAL, SCALAR_BOOL, wire.local_echo, 0, 0)            \
	X(raw_line, line_settings, retries, "retries", SCALAR_OPTIONAL, SCALAR_WHOLE, retries, 0, 3)                   \
	X(raw_line, line_settings, timeout, "response_timeout_ms", SCALAR_OPTIONAL, SCALAR_MS, response_timeout, 10,   \
	    1000)                                                                                                      \
	X(raw_line, line_settings, first, "backoff_first_ms", SCALAR_OPTIONAL, SCALAR_MS, backoff_first, 10, 60000)    \
	X(raw_line, line_settings, most, "backoff_most_ms", SCALAR_OPTIONAL, SCALAR_MS, backoff_most, 10, 300000)

struct raw_line {
	LINE_ROWS(SCALAR_MEMBER)
	char *kind, *parity, *rs485, *baud;
};

extern const cyaml_schema_value_t line_schema;

void line_take(struct yaml_file *file, const char *base, const struct raw_line *raw, struct line_settings *line);

/* Checks of clinic_check.c's table. */
void lines_check(struct yaml_file *file, const struct settings *settings);
void lines_check_serial_units(struct yaml_file *file, const struct settings *settings);
void lines_check_load(struct yaml_file *file, const struct settings *settings);
void lines_warn_device(struct yaml_file *file, const struct settings *settings);
void lines_warn_same_address(struct yaml_file *file, const struct settings *settings);

#endif
