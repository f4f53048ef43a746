/* Options of serial lines. */
#include <stdlib.h>
#include <string.h>

#include "daemon/sim/option_table.h"
#include "daemon/sim/pty.h"

enum { TURNAROUND_MOST_MS = 10000 };

struct outcome
option_take_serial(struct sim_options *options, struct monitor_options *monitor, const char *text)
{
	(void)options;
	if (text[0] == '\0')
		return outcome_fail("a path is wanted");
	monitor->serial = text;
	return outcome_ok();
}

struct outcome
option_take_baud(struct sim_options *options, struct monitor_options *monitor, const char *text)
{
	long baud;
	struct outcome taken = option_integer(text, 1, INT32_MAX, &baud);

	(void)options;
	if (!taken.ok || !pty_baud_is_known((int)baud))
		return outcome_fail("'%.60s' is no speed of a serial port, as in 9600, 19200 or 115200", text);
	monitor->baud = (int)baud;
	return outcome_ok();
}

struct outcome
option_take_parity(struct sim_options *options, struct monitor_options *monitor, const char *text)
{
	(void)options;
	monitor->has_parity = strcmp(text, "even") == 0 || strcmp(text, "odd") == 0;
	if (!monitor->has_parity && strcmp(text, "none") != 0)
		return outcome_fail("'%.60s' is neither none, even nor odd", text);
	return outcome_ok();
}

struct outcome
option_take_stop_bits(struct sim_options *options, struct monitor_options *monitor, const char *text)
{
	long bits;
	struct outcome taken = option_integer(text, 1, 2, &bits);

	(void)options;
	if (taken.ok)
		monitor->stop_bits = (int)bits;
	return taken;
}

struct outcome
option_take_turnaround(struct sim_options *options, struct monitor_options *monitor, const char *text)
{
	char *end;
	double ms = strtod(text, &end);

	(void)options;
	if (end == text || *end != '\0' || !(ms >= 0) || ms > TURNAROUND_MOST_MS)
		return outcome_fail("'%.60s' is no number of milliseconds from 0 to %d", text, TURNAROUND_MOST_MS);
	monitor->turnaround_ms = ms;
	return outcome_ok();
}

struct outcome
option_take_strict(struct sim_options *options, struct monitor_options *monitor, const char *text)
{
	(void)options;
	(void)text;
	monitor->strict = true;
	return outcome_ok();
}

struct outcome
option_take_unpaced(struct sim_options *options, struct monitor_options *monitor, const char *text)
{
	(void)options;
	(void)text;
	monitor->unpaced = true;
	return outcome_ok();
}
