/* What time the simulator believes it is: the host's, run faster if wanted, or
 * a test's own out of a clock file that others advance. */
#ifndef INFUSIOND_SIM_CLOCK_H
#define INFUSIOND_SIM_CLOCK_H

#include "daemon/base/clock_file.h"
#include "daemon/base/instant.h"
#include "daemon/base/outcome.h"

struct sim_clock {
	const struct clock_file *file; /* NULL: the host's clock */
	int64_t began_host_ms;         /* monotonic */
	struct instant start;          /* when the simulator started */
	double speed;
};

/* `clock_path` NULL: the host's time, `speed` times as fast. The mapping stays until the process ends. */
struct outcome sim_clock_init(struct sim_clock *clock, const char *clock_path, double speed);

struct instant sim_clock_now(const struct sim_clock *clock);

/* Time comes out of a clock file: no timer of the host's says anything about it. */
bool sim_clock_is_virtual(const struct sim_clock *clock);

#endif
