/* A simulated monitor inside; private to drivers/simulated. */
#ifndef INFUSIOND_DRIVERS_SIMULATED_MONITOR_STATE_H
#define INFUSIOND_DRIVERS_SIMULATED_MONITOR_STATE_H

#include "drivers/simulated/registers.h"
#include "drivers/simulated/simulated.h"

enum { NO_FAILURE = -1 };

struct simulated_monitor {
	const struct profile *profile;
	struct simulated_options options;
	struct register_image *image;
	struct patient patient;
	struct instant now;
	struct instant booted;     /* uptime counts from here */
	struct instant down_until; /* NEVER: it is up */

	struct instant cuff_due;   /* the next one begins; NEVER: none will */
	struct instant cuff_done;  /* the one that is going on ends; NEVER: none is */
	size_t row;                /* of the recording: the next or present cuff's */
	struct simulated_event result; /* of the last attempt */
	bool has_result;           /* it gave a pressure that is shown */
	bool attempted;            /* since the last boot */
	int64_t stamp_s;           /* the device's time of it */
	int64_t counter;

	bool sensor_off, next_same, next_wraps;
	int64_t next_failure;      /* NO_FAILURE: it will work */
	struct duration clock_off;
};

static inline bool
monitor_is_down(const struct simulated_monitor *monitor)
{
	return monitor->down_until.ms != INSTANT_NEVER.ms;
}

static inline bool
monitor_is_measuring(const struct simulated_monitor *monitor)
{
	return monitor->cuff_done.ms != INSTANT_NEVER.ms;
}

void monitor_tell(struct simulated_monitor *monitor, const struct simulated_event *event);

/* Seconds of the device's own clock. */
int64_t monitor_clock_s(const struct simulated_monitor *monitor, struct instant at);

/* Cuffs (cycle.c): the first is planned; one begins because it is due; the one that is going on ends; after a reboot they
 * go on; whatever is going on is lost. */
void cycle_init(struct simulated_monitor *monitor);
void cycle_begin(struct simulated_monitor *monitor, struct instant at);
void cycle_meet_due(struct simulated_monitor *monitor, struct instant at);
void cycle_end(struct simulated_monitor *monitor, struct instant at);
void cycle_break(struct simulated_monitor *monitor);
void cycle_resume(struct simulated_monitor *monitor, struct instant at);

#endif
