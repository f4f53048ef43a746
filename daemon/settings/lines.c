/* The `lines` of infusiond.yaml: what a wire is made of, by its kind, and what
 * no single key can show about wires. */
#include "daemon/settings/lines.h"

#include <string.h>
#include <sys/stat.h>

#include "daemon/settings/line_load.h"

static const cyaml_schema_field_t line_fields[] = {
	LINE_ROWS(SCALAR_FIELD)
#define TEXT(member)                                                                                                    \
	CYAML_FIELD_STRING_PTR(#member, CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct raw_line, member, 0, YAML_LONGEST_TEXT)
	    TEXT(kind), TEXT(parity), TEXT(rs485), TEXT(baud),
#undef TEXT
	CYAML_FIELD_END,
};

const cyaml_schema_value_t line_schema = { CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct raw_line, line_fields) };

static const struct scalar line_rows[] = { LINE_ROWS(SCALAR_ROW) };

/* Keys that one kind of wire has and the other has not. */
static const struct own_key {
	const char *key;
	size_t raw_offset;
	enum wire_kind kind;
	bool needed;
} own_keys[] = {
	{ "host", offsetof(struct raw_line, host), WIRE_MODBUS_TCP, true },
	{ "port", offsetof(struct raw_line, port), WIRE_MODBUS_TCP, false },
	{ "device", offsetof(struct raw_line, device), WIRE_MODBUS_RTU, true },
	{ "baud", offsetof(struct raw_line, baud), WIRE_MODBUS_RTU, true },
	{ "parity", offsetof(struct raw_line, parity), WIRE_MODBUS_RTU, false },
	{ "stop_bits", offsetof(struct raw_line, stop_bits), WIRE_MODBUS_RTU, false },
	{ "rs485", offsetof(struct raw_line, rs485), WIRE_MODBUS_RTU, false },
	{ "local_echo", offsetof(struct raw_line, echo), WIRE_MODBUS_RTU, false },
};

static void
check_own_keys(struct yaml_file *file, const char *base, const struct raw_line *raw, enum wire_kind kind)
{
	for (size_t i = 0; i < COUNT_OF(own_keys); i++) {
		const char *text = *(char *const *)(const void *)((const char *)raw + own_keys[i].raw_offset);

		if (own_keys[i].kind == kind && own_keys[i].needed && text == NULL)
			yaml_complain(file, base, "a %s line needs its '%s'", wire_kind_name(kind), own_keys[i].key);
		if (own_keys[i].kind != kind && text != NULL)
			yaml_complain(file, path_of(base, own_keys[i].key).text, "'%s' is for a %s line, and this is a %s line",
			    own_keys[i].key, wire_kind_name(own_keys[i].kind), wire_kind_name(kind));
	}
}

static const char *
kind_at(int index)
{
	return wire_kind_name((enum wire_kind)index);
}

static const char *
parity_at(int index)
{
	return parity_name((enum parity)index);
}

static const char *
rs485_at(int index)
{
	return rs485_name((enum rs485)index);
}

static int
choose(struct yaml_file *file, const char *path, const char *what, const char *text, const char *(*name_of)(int index),
    int count, int otherwise)
{
	int chosen = otherwise;

	if (text != NULL)
		take_choice(file, path, what, text, name_of, count, &chosen);
	return chosen;
}

static void
take_baud(struct yaml_file *file, const char *path, const char *text, int32_t *baud)
{
	int64_t number;

	if (text == NULL || !take_whole(file, path, text, serial_baud_at(0), 4000000, &number))
		return;
	if (serial_baud_is_known((int32_t)number))
		*baud = (int32_t)number;
	else
		yaml_complain(file, path, "%d is no speed of a serial port: 9600, 19200, 38400, 57600 and 115200 are usual",
		    (int)number);
}

void
line_take(struct yaml_file *file, const char *base, const struct raw_line *raw, struct line_settings *line)
{
	struct wire *wire = &line->wire;

	*line = (struct line_settings){
		.wire = { .port = 502, .form = { 9600, PARITY_NONE, 1 } },
		.response_timeout = duration_ms(500),
		.backoff_first = duration_ms(500),
		.backoff_most = duration_ms(8000),
	};
	wire->kind = (enum wire_kind)choose(file, path_of(base, "kind").text, "kind of line", raw->kind, kind_at,
	    WIRE_KIND_COUNT, WIRE_MODBUS_TCP);
	line->retries = wire->kind == WIRE_MODBUS_RTU;
	scalars_take(file, base, raw, line_rows, COUNT_OF(line_rows), line);
	wire->form.parity = (enum parity)choose(file, path_of(base, "parity").text, "parity", raw->parity, parity_at,
	    PARITY_COUNT, PARITY_NONE);
	wire->rs485 = (enum rs485)choose(file, path_of(base, "rs485").text, "way of switching an RS-485 transmitter",
	    raw->rs485, rs485_at, RS485_COUNT, RS485_ADAPTER);
	take_baud(file, path_of(base, "baud").text, raw->baud, &wire->form.baud);
	check_own_keys(file, base, raw, wire->kind);
}

void
lines_check(struct yaml_file *file, const struct settings *settings)
{
	for (size_t i = 0; i < settings->line_count; i++) {
		const struct line_settings *line = &settings->lines[i];

		if (line->backoff_most.ms < line->backoff_first.ms)
			yaml_complain(file, path_of_entry_key("lines", i, "backoff_most_ms").text,
			    "must not lie below backoff_first_ms");
		if (line->wire.host[strcspn(line->wire.host, " /")] != '\0')
			yaml_complain(file, path_of_entry_key("lines", i, "host").text, "'%.60s' is no host name or address",
			    line->wire.host);
	}
}

/* Broadcast gets no answer; above 247 lies what the standard keeps (Modbus over serial line V1.02, 2.2). */
void
lines_check_serial_units(struct yaml_file *file, const struct settings *settings)
{
	enum { UNIT_FIRST = 1, UNIT_LAST = 247 };

	for (size_t i = 0; i < settings->monitor_count; i++) {
		const struct monitor_settings *monitor = &settings->monitors[i];

		if (monitor->line == SIZE_MAX || settings->lines[monitor->line].wire.kind != WIRE_MODBUS_RTU)
			continue;
		if (monitor->unit < UNIT_FIRST || monitor->unit > UNIT_LAST)
			yaml_complain(file, path_of_entry_key("monitors", i, "unit").text,
			    "a unit on a serial line is 1 to 247, and %d gets no answer", monitor->unit);
	}
}

void
lines_check_load(struct yaml_file *file, const struct settings *settings)
{
	for (size_t i = 0; i < settings->line_count; i++) {
		struct line_load load;

		line_load_predict(settings, i, &load);
		if (load.permille > LINE_LOAD_FULL)
			yaml_complain(file, path_of_entry_key("lines", i, "baud").text,
			    "the polls of line '%s' need %d.%d %% of its time at %d baud: raise the speed, or the cadence of its "
			    "monitors", settings->lines[i].name, load.permille / 10, load.permille % 10,
			    (int)settings->lines[i].wire.form.baud);
		else if (load.permille > LINE_LOAD_HIGH)
			yaml_warn(file, path_of_entry_key("lines", i, "baud").text,
			    "the polls of line '%s' take %d.%d %% of its time: a value may be %d ms old when it is read, and a "
			    "repeated request delays the next ones", settings->lines[i].name, load.permille / 10,
			    load.permille % 10, (int)load.worst_age.ms);
	}
}

void
lines_warn_device(struct yaml_file *file, const struct settings *settings)
{
	static const char by_id[] = "/dev/serial/by-id/";
	static const char *const unstable[] = { "/dev/ttyUSB", "/dev/ttyACM" };

	for (size_t i = 0; i < settings->line_count; i++) {
		const struct wire *wire = &settings->lines[i].wire;

		for (size_t k = 0; k < COUNT_OF(unstable); k++)
			if (wire->kind == WIRE_MODBUS_RTU && strncmp(wire->device, unstable[k], strlen(unstable[k])) == 0)
				yaml_warn(file, path_of_entry_key("lines", i, "device").text,
				    "%.60s may be another adapter after the next plugging: take its name in %s", wire->device, by_id);
	}
}

static bool
is_same_address(const struct wire *one, const struct wire *other)
{
	if (one->kind != other->kind)
		return false;
	if (one->kind == WIRE_MODBUS_RTU)
		return strcmp(one->device, other->device) == 0;
	return strcmp(one->host, other->host) == 0 && one->port == other->port;
}

void
lines_warn_same_address(struct yaml_file *file, const struct settings *settings)
{
	for (size_t i = 0; i < settings->line_count; i++)
		for (size_t j = 0; j < i; j++) {
			const struct wire *wire = &settings->lines[i].wire;
			const bool serial = wire->kind == WIRE_MODBUS_RTU;

			if (!is_same_address(wire, &settings->lines[j].wire))
				continue;
			if (serial)
				yaml_complain(file, path_of_entry_key("lines", i, "device").text,
				    "is the port of line '%s' too: units on one wire belong on one line", settings->lines[j].name);
			else
				yaml_warn(file, path_of_entry_key("lines", i, "host").text,
				    "is the address of line '%s' too: units behind one address belong on one line",
				    settings->lines[j].name);
		}
}
