/* The command line of infusion-sim: one monitor, or several, each begun by
 * --monitor, or as many as --units says. */
#ifndef INFUSIOND_SIM_OPTIONS_H
#define INFUSIOND_SIM_OPTIONS_H

#include "daemon/base/outcome.h"
#include "daemon/base/reading.h"
#include "daemon/sim/people.h"
#include "daemon/sim/world.h"

enum { FAULTS_MOST = 16, OPTION_TEXTS_CAP = 16384 };

struct monitor_options {
	char name[NAME_CAP];
	const char *profile, *recording, *log; /* paths; NULL: none */
	char host[64];
	uint16_t port;
	const char *serial; /* the path of a serial line's port; NULL: TCP at host and port */
	int baud, stop_bits;
	bool has_parity, strict, unpaced;
	double turnaround_ms;
	bool beside; /* at the address of the monitor before it */
	uint8_t unit;
	uint8_t units[WORLD_UNITS]; /* as they were asked for; one monitor each has been made of them */
	size_t unit_count;          /* 0: not said */
	uint64_t seed;
	const struct sim_person *person;
	int cuff_interval_s; /* -1: not said */
	int dose_at_s;       /* -1: never */
	bool same_arm;
	const char *faults[FAULTS_MOST]; /* commands, done at the start */
	size_t fault_count;
};

struct sim_options {
	struct monitor_options monitors[WORLD_UNITS];
	size_t monitor_count;
	const char *control, *script, *clock; /* paths; NULL: none */
	double speed;
	bool help;
	char texts[OPTION_TEXTS_CAP]; /* what had to be cut out of argv */
	size_t texts_length;
};

/* Paths point into argv, or into *ret_options, which is not to be moved. What stands before the first --monitor holds for all of
 * them. A failure is one sentence. */
struct outcome sim_options_read(int argc, char **argv, struct sim_options *ret_options);

/* Makes of each monitor that was described with several units as many monitors, beside one another. Part of sim_options_read. */
struct outcome sim_options_spread(struct sim_options *options);

void sim_options_print_help(FILE *out);

#endif
