/* The table of infusion-sim's options. Private to options.c. */
#ifndef INFUSIOND_SIM_OPTION_TABLE_H
#define INFUSIOND_SIM_OPTION_TABLE_H

#include "daemon/sim/options.h"

/* One option: takes its text for the monitor that is being described. A failure is one sentence. */
struct taker {
	const char *name, *usage, *what;
	struct outcome (*take)(struct sim_options *options, struct monitor_options *monitor, const char *text);
	bool begins_monitor; /* it begins another one, whose name it gives */
};

extern const struct taker takers[];
extern const int taker_count;

enum { TAKERS_MOST = 48 };

struct outcome option_integer(const char *text, long low, long high, long *ret_number);

/* Of serial lines. */
struct outcome option_take_serial(struct sim_options *options, struct monitor_options *monitor, const char *text);
struct outcome option_take_baud(struct sim_options *options, struct monitor_options *monitor, const char *text);
struct outcome option_take_parity(struct sim_options *options, struct monitor_options *monitor, const char *text);
struct outcome option_take_stop_bits(struct sim_options *options, struct monitor_options *monitor, const char *text);
struct outcome option_take_turnaround(struct sim_options *options, struct monitor_options *monitor, const char *text);
struct outcome option_take_strict(struct sim_options *options, struct monitor_options *monitor, const char *text);
struct outcome option_take_unpaced(struct sim_options *options, struct monitor_options *monitor, const char *text);

#endif
