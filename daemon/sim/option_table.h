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

#endif
