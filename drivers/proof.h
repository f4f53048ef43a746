/* R2 to R4: is a cuff result a new measurement, and when was it made? The
 * state lives with the driver instance; only the last counted key comes from
 * outside, across restarts. Pure. */
#ifndef INFUSIOND_DRIVERS_PROOF_H
#define INFUSIOND_DRIVERS_PROOF_H

#include "drivers/decode.h"
#include "drivers/driver.h"

struct proof {
	const struct profile *profile;
	struct duration cadence, clock_off;
	char last_key[CUFF_KEY_CAP];   /* of the last proved measurement; empty: none known */
	struct instant last_at;        /* when the one was measured that was counted before the start; UNKNOWN: none */
	char device_key[CUFF_KEY_CAP]; /* the present result's; empty: the device has nothing */
	bool seen;                     /* a reply has been judged since the start or the device's last reboot */
	bool rebooted;                 /* and that was a reboot: what is found may be from before it */
	bool missed;                   /* polls were missed since the last reply */
	struct instant answered;       /* the last reply that was judged; UNKNOWN: none */
	bool unproven;                 /* the present result is of unknown age (R3) */
	struct instant measured_at;    /* of the present result; UNKNOWN when unproven or counted before the start */
	int64_t raw;                   /* counter, time: the present one */
	struct instant implied;        /* age: where the present result's age puts it now; it drifts with the device's clock */
	int32_t values[3];             /* the present pressures; INT32_MIN: none yet */
	bool measuring;                /* the device says that a cuff is going on */
	int64_t failure;               /* the present failure code */
	bool has_uptime;
	int64_t uptime_s;
	struct instant uptime_at;      /* when it was read */
	bool uptime_due;               /* not read since polls were missed */
	size_t withheld;               /* replies that waited for it since a cuff did not have to */
	bool has_clock;                /* the device's clock was read */
	int64_t clock_off_ms;          /* R4: device's clock minus ours, as far as it is known */
};

/* `options` as in struct driver_options; the profile has been checked and outlives the proof. */
void proof_init(struct proof *proof, const struct profile *profile, const struct driver_options *options);

/* Polls brought nothing: what is found next may be from a rebooted device. */
void proof_missed(struct proof *proof);

/* R2: true when the uptime fell, or is far behind what it would be by now: the device was seen to have restarted. Before the
 * cuff of that reply is judged. */
bool proof_take_uptime(struct proof *proof, int64_t uptime_s, struct instant at);

/* R4: the device's clock, Unix seconds. Before the cuff of that reply is judged. */
void proof_take_clock(struct proof *proof, int64_t clock_s, struct instant at);

/* False when polls were missed and the uptime, which may tell of a reboot, was not read since: the cuff is to wait for it.
 * An uptime that cannot be had is not waited for for ever. Asked once per reply with a cuff. */
bool proof_is_ready(struct proof *proof);

/* Judges the cuff of one reply that holds all of it; what cannot be read of it is as if it had not come. `ret_rebooted` is set when the device was seen to have restarted, and
 * else left as it is. */
struct cuff proof_judge(struct proof *proof, const struct words *words, struct instant at, bool *ret_rebooted);

#endif
