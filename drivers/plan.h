/* The reads that cover a profile: as few as the greatest length and the gaps
 * allow; what belongs to one measurement is never split. Pure. */
#ifndef INFUSIOND_DRIVERS_PLAN_H
#define INFUSIOND_DRIVERS_PLAN_H

#include "drivers/profile.h"

enum { PLAN_READS = PROFILE_VALUES + 4 };

struct plan_read {
	uint8_t function;
	uint16_t address, count;
};

struct plan {
	struct plan_read reads[PLAN_READS];
	size_t count;
};

/* A checked profile's reads, by function and address. */
void plan_make(const struct profile *profile, struct plan *ret_plan);

#endif
