/* The command line of infusion-sim: one monitor, or several, each begun by
 * --monitor. */
#ifndef INFUSIOND_SIM_OPTIONS_H
#define INFUSIOND_SIM_OPTIONS_H

#include "daemon/base/outcome.h"
#include "daemon/base/reading.h"
#include "daemon/sim/people.h"
#include "daemon/sim/world.h"

struct monitor_options {
	char name[NAME_CAP];
	const char *profile, *recording, *log; /* paths; NULL: none */
	char host[64];
	uint16_t port;
	bool beside; /* at the address of the monitor before it */
	uint8_t unit;
	uint64_t seed;
	const struct sim_person *person;
	int cuff_interval_s; /* -1: not said */
	int dose_at_s;       /* -1: never */
	bool same_arm;
};

struct sim_options {
	struct monitor_options monitors[WORLD_UNITS];
	size_t monitor_count;
	const char *control, *script, *clock; /* paths; NULL: none */
	double speed;
	bool help;
};

/* Paths point into argv. What stands before the first --monitor holds for all of them. A failure is one sentence. */
struct outcome sim_options_read(int argc, char **argv, struct sim_options *ret_options);

void sim_options_print_help(FILE *out);

#endif
