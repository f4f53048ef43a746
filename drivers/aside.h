/* What the Modbus driver asks beside polling: a request that wakes the device
 * up, and its identity. Nothing of it is a miss of the monitor when it fails.
 * Lives within a driver's instance; pure. */
#ifndef INFUSIOND_DRIVERS_ASIDE_H
#define INFUSIOND_DRIVERS_ASIDE_H

#include "drivers/driver.h"
#include "drivers/plan.h"

enum aside_kind { ASIDE_NONE, ASIDE_WAKE_UP, ASIDE_IDENTITY };

struct aside {
	const struct profile *profile;
	uint8_t unit;
	enum aside_kind asked;    /* what the request under way is for */
	struct wire_bytes request;
	bool wake_up_due;
	struct instant heard;     /* the later of the last valid answer and the last wake-up; UNKNOWN: none */
	struct plan identity_plan;
	bool identity_due;        /* to be read after the next whole round */
	bool identifying;         /* and now it is */
	size_t next_identity;
	struct identity identity;
};

/* The profile has been checked and outlives it. Both are due. */
void aside_init(struct aside *aside, const struct profile *profile, uint8_t unit);

/* The link was lost, or the device restarted: both are due, or the identity alone. */
void aside_reconnect(struct aside *aside);
void aside_reidentify(struct aside *aside);

/* A valid answer came; a whole round of polls did. */
void aside_heard(struct aside *aside, struct instant at);
void aside_round(struct aside *aside);

/* Makes the request that is due; false, and nothing under way, when none is. `poll_is_due`: a wake-up is for a poll. */
bool aside_next(struct aside *aside, struct instant now, bool poll_is_due);

/* Its reply, or (bytes NULL) that none came; nothing is under way then. Returns how long polling is to wait. */
struct duration aside_end(struct aside *aside, struct instant at, const uint8_t *bytes, size_t length,
    struct driver_result *ret_result);

#endif
