/* The reads that cover a profile: as few as the greatest length and the gaps
 * allow; what belongs to one measurement is never split. Pure. */
#ifndef INFUSIOND_DRIVERS_PLAN_H
#define INFUSIOND_DRIVERS_PLAN_H

#include "drivers/profile.h"

enum { PLAN_READS = PROFILE_VALUES + 3 /* cuff, clock, uptime */ };

struct plan_read {
	uint8_t function;
	uint16_t address, count;
};

struct plan {
	struct plan_read reads[PLAN_READS];
	size_t count;
};

/* Bytes of values in the answer to a read. */
uint16_t plan_read_bytes(const struct plan_read *read);

/* The reads of one round, in order, those with the device's clock or uptime first. The same
 * for the same profile. Of an unchecked profile a read may be longer than max_registers. */
void plan_make(const struct profile *profile, struct plan *ret_plan);

#endif
