/* R2 to R4: is a cuff result a new measurement, and when was it made? The
 * state lives with the driver instance; only the last counted key comes from
 * outside, across restarts. Pure. */
#ifndef INFUSIOND_DRIVERS_PROOF_H
#define INFUSIOND_DRIVERS_PROOF_H

#include "drivers/decode.h"
#include "drivers/driver.h"

struct proof {
	struct duration cadence, clock_off;
	char last_key[CUFF_KEY_CAP]; /* of the last counted measurement; empty: none known */
	bool seen;                   /* a reply has been judged since the last start or reboot */
	bool unproven;               /* the present result is of unknown age (R3) */
	int64_t counter;             /* counter, time: the present raw value */
	struct instant measured_at;  /* of the present result; UNKNOWN when unproven */
	int32_t values[3];           /* none: the present pressures */
	bool measuring;
	bool was_measured;           /* flag: seen to go on */
	int64_t failure;             /* the present failure code */
	int64_t uptime;
	bool has_uptime;
	struct instant answered;     /* the last reply that was judged */
	bool missed;                 /* polls were missed since */
	char device_key[CUFF_KEY_CAP]; /* the present result's key */
};

/* `last_key` as in struct driver_options. */
void proof_init(struct proof *proof, const struct driver_options *options);

/* Polls brought nothing: what is found next may be from a rebooted device. */
void proof_missed(struct proof *proof);

/* R2: uptime fell. True when the device was seen to have restarted. */
bool proof_uptime(struct proof *proof, int64_t uptime_s);

/* Judges the cuff of one reply; `clock_s` is the device's own time in Unix seconds, when it has one. */
struct cuff proof_judge(struct proof *proof, const struct profile_cuff *cuff, const struct words *words,
    struct instant at, const int64_t *clock_s, bool *ret_measuring, bool *ret_rebooted);

#endif
