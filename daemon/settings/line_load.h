/* How much of a serial wire's time its plan takes, predicted from the lengths of
 * its frames and its speed. A TCP line is not predicted: its load is 0. */
#ifndef INFUSIOND_SETTINGS_LINE_LOAD_H
#define INFUSIOND_SETTINGS_LINE_LOAD_H

#include "daemon/settings/settings.h"

enum {
	LINE_LOAD_FULL = 1000,
	LINE_LOAD_HIGH = 800,
	LINE_LOAD_TURNAROUND_MS = 5 /* how long a unit is assumed to think: manuals of gateways name 2 to 10 ms */
};

struct line_load {
	int32_t permille;          /* of the wire's time, every monitor on it polled at its cadence */
	struct duration worst_age; /* of a value when it is read: the longest cadence and one round of every other unit */
};

void line_load_predict(const struct settings *settings, size_t line, struct line_load *ret_load);

/* One round of a map on a wire, in microseconds. 0 over TCP. */
int64_t line_load_profile_us(const struct profile *profile, const struct wire *wire);

/* One round of one monitor: all its reads, the silences before them, and the unit's turnaround. 0 over TCP. */
struct duration line_load_round(const struct settings *settings, size_t monitor);

#endif
