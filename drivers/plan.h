/* The reads that cover a profile: as few as the greatest length, the gaps and
 * what may not be read allow; what belongs to one measurement is never split.
 * Pure. */
#ifndef INFUSIOND_DRIVERS_PLAN_H
#define INFUSIOND_DRIVERS_PLAN_H

#include "drivers/profile.h"

enum {
	PLAN_BIT_READS = 8, /* of functions 1 and 2; profile_check */
	/* Each value and the cuff, each of their statuses that is a bit, the clock and the uptime. */
	PLAN_READS = (PROFILE_VALUES + 4) * (1 + PROFILE_STATUSES) + 4
};

struct plan_read {
	uint8_t function;
	uint16_t address, count; /* registers, or bits of the functions 1 and 2 */
};

struct plan {
	struct plan_read reads[PLAN_READS];
	size_t count;
};

/* Bytes of values in the answer to a read: two of a register, eight bits in one. */
uint16_t plan_read_bytes(const struct plan_read *read);

/* The reads of one round, in order: those with the device's clock or uptime first, then bits that vouch for values, so that
 * both are known when the values come. The same for the same profile. Of an unchecked profile a read may be longer than
 * max_registers. */
void plan_make(const struct profile *profile, struct plan *ret_plan);

/* The reads of the device's identity. */
void plan_make_identity(const struct profile *profile, struct plan *ret_plan);

/* The longest read of a function. */
uint32_t plan_longest(const struct profile *profile, uint8_t function);

/* The first register from `low` to before `high` that a read of others may not touch: it cannot be read, or is read alone.
 * `high` when there is none. */
uint32_t plan_barred(const struct profile *profile, uint8_t function, uint32_t low, uint32_t high);

/* The first one that cannot be read at all. */
uint32_t plan_unreadable(const struct profile *profile, uint8_t function, uint32_t low, uint32_t high);

#endif
