/* What a simulated monitor is made of: for monitor.c, which lives its seconds,
 * and monitor_wire.c, which answers for it. */
#ifndef INFUSIOND_SIM_MONITOR_INSIDE_H
#define INFUSIOND_SIM_MONITOR_INSIDE_H

#include "daemon/sim/cuffs.h"
#include "daemon/sim/monitor.h"

/* What a person wants shown in the place of the patient's own; QUALITY_ABSENT: nothing. */
struct setting {
	enum quality quality;
	int32_t milli;
};

/* A change of the systolic pressure that goes on, from `base` on at `since`. */
struct ramp {
	double base, mmhg, seconds;
	struct instant since; /* UNKNOWN: none */
};

struct sim_monitor {
	struct sim_config config;
	struct register_image *image;
	struct sim_truth *truth;
	struct patient patient;
	struct sim_cuffs cuffs;
	struct instant start; /* a whole second */
	struct instant now;
	struct instant second; /* lived up to here */
	struct instant on_at;  /* it answers from here on */
	size_t next_row;       /* of the recording */
	int32_t own[VITAL_COUNT]; /* the patient's or the recording's; CUFF_NOTHING: none */
	struct reading shown[PROFILE_VALUES];
	struct setting settings[VITAL_COUNT][SOURCE_COUNT];
	bool off[SOURCE_COUNT];
	struct ramp ramp;
	int64_t clock_off_s;
};

/* Puts its present into the registers. */
void monitor_show(struct sim_monitor *monitor);

#endif
