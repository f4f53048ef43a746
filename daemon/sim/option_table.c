#include "daemon/sim/option_table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/nearest.h"
#include "daemon/sim/serial.h"

enum { SPEED_MOST = 10000 };

struct outcome
option_integer(const char *text, long low, long high, long *ret_number)
{
	char *end;

	errno = 0;
	*ret_number = strtol(text, &end, 10);
	if (errno != 0 || end == text || *end != '\0' || *ret_number < low || *ret_number > high)
		return outcome_fail("'%.60s' is no number from %ld to %ld", text, low, high);
	return outcome_ok();
}

static struct outcome
take_profile(struct sim_options *options, struct monitor_options *monitor, const char *text)
{
	(void)options;
	monitor->profile = text;
	return outcome_ok();
}

/* HOST:PORT, with a colon in HOST for IPv6 in brackets or not. */
static struct outcome
take_listen(struct sim_options *options, struct monitor_options *monitor, const char *text)
{
	const char *colon = strrchr(text, ':'), *host = text;
	size_t length = colon != NULL ? (size_t)(colon - text) : 0;
	long port;

	(void)options;
	if (length >= 2 && host[0] == '[' && host[length - 1] == ']') {
		host++;
		length -= 2;
	}
	if (length == 0 || length >= sizeof(monitor->host) || !option_integer(colon + 1, 0, 65535, &port).ok)
		return outcome_fail("'%.60s' is no ADDRESS:PORT, as in 127.0.0.1:1502", text);
	snprintf(monitor->host, sizeof(monitor->host), "%.*s", (int)length, host);
	monitor->port = (uint16_t)port;
	monitor->serial = NULL;
	return outcome_ok();
}

static struct outcome
take_beside(struct sim_options *options, struct monitor_options *monitor, const char *text)
{
	(void)text;
	if (options->monitor_count < 2)
		return outcome_fail("there is no monitor before this one");
	monitor->beside = true;
	return outcome_ok();
}

static struct outcome
take_units(struct sim_options *options, struct monitor_options *monitor, const char *text)
{
	const char *rest = text;

	(void)options;
	monitor->unit_count = 0;
	for (;;) {
		char *end;
		unsigned long unit = strtoul(rest, &end, 10);

		if (end == rest || (*end != ',' && *end != '\0') || unit < 1 || unit > SERIAL_UNIT_MOST)
			return outcome_fail("'%.60s' is no list of units from 1 to %d, as in 1,2,3", text, SERIAL_UNIT_MOST);
		if (monitor->unit_count == WORLD_UNITS)
			return outcome_fail("at most %d monitors", WORLD_UNITS);
		monitor->units[monitor->unit_count++] = (uint8_t)unit;
		if (*end == '\0')
			return outcome_ok();
		rest = end + 1;
	}
}

static struct outcome
take_fault(struct sim_options *options, struct monitor_options *monitor, const char *text)
{
	(void)options;
	if (monitor->fault_count == FAULTS_MOST)
		return outcome_fail("at most %d of them for a monitor", FAULTS_MOST);
	monitor->faults[monitor->fault_count++] = text;
	return outcome_ok();
}

static struct outcome
take_unit(struct sim_options *options, struct monitor_options *monitor, const char *text)
{
	long unit;
	struct outcome taken = option_integer(text, 0, 255, &unit);

	(void)options;
	if (taken.ok) {
		monitor->unit_count = 1;
		monitor->units[0] = (uint8_t)unit;
	}
	return taken;
}

static struct outcome
take_seed(struct sim_options *options, struct monitor_options *monitor, const char *text)
{
	long seed;
	struct outcome taken = option_integer(text, 0, INT32_MAX, &seed);

	(void)options;
	if (taken.ok)
		monitor->seed = (uint64_t)seed;
	return taken;
}

static struct outcome
take_patient(struct sim_options *options, struct monitor_options *monitor, const char *text)
{
	const char *names[16];
	size_t count = 0;
	char hint[NEAREST_TEXT_CAP];

	(void)options;
	monitor->person = sim_person_find(text);
	if (monitor->person != NULL)
		return outcome_ok();
	for (const struct sim_person *person = sim_people(); person->name != NULL; person++)
		names[count++] = person->name;
	nearest_to_text(text, names, count, hint);
	return outcome_fail("'%.60s' is no kind of patient%s", text, hint);
}

static struct outcome
take_recording(struct sim_options *options, struct monitor_options *monitor, const char *text)
{
	(void)options;
	monitor->recording = text;
	return outcome_ok();
}

static struct outcome
take_cuff_interval(struct sim_options *options, struct monitor_options *monitor, const char *text)
{
	long seconds;
	struct outcome taken = option_integer(text, 0, 86400, &seconds);

	(void)options;
	if (taken.ok && seconds > 0 && seconds < 30)
		return outcome_fail("a cuff takes longer than %ld s: at least 30, or 0 for none", seconds);
	if (taken.ok)
		monitor->cuff_interval_s = (int)seconds;
	return taken;
}

static struct outcome
take_same_arm(struct sim_options *options, struct monitor_options *monitor, const char *text)
{
	(void)options;
	(void)text;
	monitor->same_arm = true;
	return outcome_ok();
}

static struct outcome
take_dose_at(struct sim_options *options, struct monitor_options *monitor, const char *text)
{
	long seconds;
	struct outcome taken = option_integer(text, 0, 1000000, &seconds);

	(void)options;
	if (taken.ok)
		monitor->dose_at_s = (int)seconds;
	return taken;
}

static struct outcome
take_log(struct sim_options *options, struct monitor_options *monitor, const char *text)
{
	(void)options;
	monitor->log = text;
	return outcome_ok();
}

static struct outcome
take_script(struct sim_options *options, struct monitor_options *monitor, const char *text)
{
	(void)monitor;
	options->script = text;
	return outcome_ok();
}

static struct outcome
take_control(struct sim_options *options, struct monitor_options *monitor, const char *text)
{
	(void)monitor;
	options->control = text;
	return outcome_ok();
}

static struct outcome
take_speed(struct sim_options *options, struct monitor_options *monitor, const char *text)
{
	char *end;

	(void)monitor;
	options->speed = strtod(text, &end);
	if (end == text || *end != '\0' || !(options->speed > 0) || options->speed > SPEED_MOST)
		return outcome_fail("'%.60s' is no speed above 0 and up to %d", text, SPEED_MOST);
	return outcome_ok();
}

static struct outcome
take_clock(struct sim_options *options, struct monitor_options *monitor, const char *text)
{
	(void)monitor;
	options->clock = text;
	return outcome_ok();
}

/* Begins another monitor; made by sim_options_read, which knows what holds for all. */
static struct outcome
take_monitor(struct sim_options *options, struct monitor_options *monitor, const char *text)
{
	(void)monitor;
	if (text[0] == '\0' || strlen(text) >= NAME_CAP || text[strcspn(text, " \t,")] != '\0')
		return outcome_fail("'%.60s' is no name of up to %d letters without a space", text, NAME_CAP - 1);
	for (size_t i = 0; i < options->monitor_count; i++)
		if (strcmp(options->monitors[i].name, text) == 0)
			return outcome_fail("there is a monitor '%s' already", text);
	if (options->monitor_count == WORLD_UNITS)
		return outcome_fail("at most %d monitors", WORLD_UNITS);
	return outcome_ok();
}

const struct taker takers[] = {
	{ "monitor", "NAME", "begins another monitor; what stands before the first holds for all", take_monitor, true },
	{ "profile", "FILE[,FILE...]", "the monitor's register map (config/monitors/*.yaml); one for each unit", take_profile },
	{ "listen", "ADDRESS:PORT", "Modbus TCP: where to listen (127.0.0.1:0; port 0: any, which is printed)", take_listen },
	{ "serial", "PATH", "Modbus RTU: a serial port of this name, a link to a pty", option_take_serial },
	{ "baud", "N", "its speed (9600); at any other the units are mute", option_take_baud },
	{ "parity", "KIND", "none, even or odd, for the time of a character only: a pty has no parity (none)", option_take_parity },
	{ "stop-bits", "N", "1 or 2, for the time of a character only (1)", option_take_stop_bits },
	{ "turnaround", "MS", "how long a unit thinks, after the silence behind a request (0)", option_take_turnaround },
	{ "strict-t35", "", "a request less than 3.5 characters after the last frame is lost, not only counted", option_take_strict },
	{ "unpaced", "", "characters take no time; so it is with --clock, too", option_take_unpaced },
	{ "beside", "", "at the address, or on the serial line, of the monitor before it", take_beside },
	{ "unit", "N", "Modbus unit (1)", take_unit },
	{ "units", "N,N...", "so many monitors beside one another, named NAME-N, with seeds from --seed on", take_units },
	{ "patient", "KIND", "default, calm, climbing, hypertensive or slow", take_patient },
	{ "seed", "N", "which patient, and which noise (1)", take_seed },
	{ "recording", "CSV[,CSV...]", "a recording in the place of a patient; one for each unit", take_recording },
	{ "cuff-interval", "SECONDS", "a cuff every so often (300; with a recording, or 0: only on command)", take_cuff_interval },
	{ "same-arm", "", "a cuff takes the oximeter's pulse away while it goes on", take_same_arm },
	{ "dose-at", "SECONDS", "the patient's infusion begins so long after the start", take_dose_at },
	{ "fault", "COMMAND", "a command that is done at the start, as 'noise 0.001'; may be repeated", take_fault },
	{ "log", "FILE[,FILE...]", "what was really there, as CSV; one for each unit, or %u in its name stands for the unit",
	    take_log },
	{ "script", "FILE", "lines of SECONDS COMMAND, done so long after the start", take_script },
	{ "control", "SOCKET", "takes commands on a UNIX socket, or with '-' on standard input", take_control },
	{ "speed", "N", "time runs N times as fast", take_speed },
	{ "clock", "FILE", "time is read from a test's clock file", take_clock },
};

const int taker_count = sizeof(takers) / sizeof(takers[0]);
