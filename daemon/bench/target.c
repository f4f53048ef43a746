/* What the command line puts on the bench: a map and a wire, or a monitor of the
 * clinic's own configuration. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/bench/bench.h"
#include "daemon/settings/settings.h"

static bool
complain(const char *what, const char *given, const char *wanted)
{
	fprintf(stderr, "infusionctl: %s '%s' is wrong: %s\n", what, given, wanted);
	return false;
}

static bool
take_number(const char *what, const char *text, long low, long high, const char *wanted, long *ret_number)
{
	char *end;
	long number;

	if (text == NULL)
		return true;
	errno = 0;
	number = strtol(text, &end, 10);
	if (errno != 0 || *text == '\0' || *end != '\0' || number < low || number > high)
		return complain(what, text, wanted);
	*ret_number = number;
	return true;
}

static bool
take_host(const char *text, struct wire *wire)
{
	const char *colon = strrchr(text, ':'), *end = colon;
	long port = 502;

	/* "[::1]:502", "192.0.2.1:502"; an address of version 6 without brackets has no port. */
	if (colon != NULL && text[0] != '[' && strchr(text, ':') != colon)
		colon = NULL;
	if (colon != NULL && text[0] == '[' && colon[-1] != ']')
		colon = NULL;
	if (colon != NULL && !take_number("the port of", colon + 1, 1, 65535, "it is 1 to 65535", &port))
		return false;
	end = colon != NULL ? colon : text + strlen(text);
	if (text[0] == '[' && end > text + 1 && end[-1] == ']') {
		text++;
		end--;
	}
	if (end == text || (size_t)(end - text) >= sizeof(wire->host))
		return complain("host", text, "it is a name or address, and may have a port behind a colon");
	wire->kind = WIRE_MODBUS_TCP;
	snprintf(wire->host, sizeof(wire->host), "%.*s", (int)(end - text), text);
	wire->port = (uint16_t)port;
	return true;
}

static bool
take_serial(const struct bench_words *words, struct wire *wire)
{
	long baud = 0, stop_bits = 1;

	wire->kind = WIRE_MODBUS_RTU;
	if (words->baud == NULL) {
		fprintf(stderr, "infusionctl: a serial port needs its --baud\n");
		return false;
	}
	if (!take_number("speed", words->baud, 1, 4000000, "9600, 19200, 38400, 57600 and 115200 are usual", &baud) ||
	    !take_number("number of stop bits", words->stop_bits, 1, 2, "it is 1 or 2", &stop_bits))
		return false;
	if (!serial_baud_is_known((int32_t)baud))
		return complain("speed", words->baud, "9600, 19200, 38400, 57600 and 115200 are usual");
	wire->form = (struct serial_form){ (int32_t)baud, PARITY_NONE, (uint8_t)stop_bits };
	for (int parity = 0; words->parity != NULL && parity <= PARITY_COUNT; parity++) {
		if (parity == PARITY_COUNT)
			return complain("parity", words->parity, "it is none, even or odd");
		if (strcmp(words->parity, parity_name((enum parity)parity)) != 0)
			continue;
		wire->form.parity = (enum parity)parity;
		break;
	}
	snprintf(wire->device, sizeof(wire->device), "%s", words->device != NULL ? words->device : "");
	return true;
}

static bool
take_wire(const struct bench_words *words, struct bench_target *target)
{
	long unit = target->unit, timeout_ms = target->response_timeout.ms;

	if (words->host != NULL && words->device != NULL) {
		fprintf(stderr, "infusionctl: give either --host or --device\n");
		return false;
	}
	if (words->host != NULL && !take_host(words->host, &target->wire))
		return false;
	if (words->host == NULL && (words->device != NULL || words->baud != NULL) && !take_serial(words, &target->wire))
		return false;
	target->has_wire |= words->host != NULL || words->device != NULL || words->baud != NULL;
	if (!take_number("unit", words->unit, 0, 255, "it is 0 to 255", &unit) ||
	    !take_number("timeout", words->timeout_ms, 10, 1000, "it is 10 to 1000 ms", &timeout_ms))
		return false;
	target->unit = (uint8_t)unit;
	target->response_timeout = duration_ms(timeout_ms);
	return true;
}

/* A monitor of infusiond.yaml, with its map and its line. */
static bool
take_configured(const struct bench_words *words, struct problems *problems, struct bench_target *target)
{
	struct settings *settings = NULL;
	bool found = false;

	if (!settings_load(words->config, problems, &settings))
		return false;
	for (size_t i = 0; i < settings->monitor_count; i++) {
		const struct monitor_settings *monitor = &settings->monitors[i];
		const struct line_settings *line = &settings->lines[monitor->line];

		if (strcmp(monitor->name, words->what) != 0)
			continue;
		target->profile = settings->profiles[monitor->profile];
		target->wire = line->wire;
		target->has_wire = found = true;
		target->unit = monitor->unit;
		target->cadence = monitor->cadence;
		target->response_timeout = line->response_timeout;
		memcpy(target->line, line->name, sizeof(target->line));
	}
	if (!found)
		fprintf(stderr, "infusionctl: %s has no monitor '%s'\n", words->config, words->what);
	settings_free(settings);
	return found;
}

bool
bench_take_target(const struct bench_words *words, struct bench_target *ret_target)
{
	struct problems *problems = problems_create();
	bool good;

	if (problems == NULL) {
		fprintf(stderr, "infusionctl: out of memory\n");
		return false;
	}
	*ret_target = (struct bench_target){ .unit = 1, .response_timeout = duration_ms(500), .line = "bench" };
	if (words->config != NULL) {
		good = take_configured(words, problems, ret_target);
	} else {
		good = profile_load_file(words->what, problems, &ret_target->profile);
		if (!good && access(words->what, F_OK) != 0)
			fprintf(stderr, "infusionctl: '%s' is no file; a monitor's name needs the --config FILE that it stands in\n", words->what);
		ret_target->cadence = ret_target->profile.cadence;
	}
	problems_print(problems, stderr);
	problems_destroy(problems);
	return good && take_wire(words, ret_target);
}
