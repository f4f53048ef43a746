/* The kinds of proof (R2), one judge each; private to proof.c. */
#ifndef INFUSIOND_DRIVERS_PROOF_KINDS_H
#define INFUSIOND_DRIVERS_PROOF_KINDS_H

#include "drivers/proof.h"

/* What a reply says about the cuff, and what its judge finds. */
struct found {
	struct instant at;
	bool has_result;
	int32_t values[3];  /* systolic, mean, diastolic; INT32_MIN: none */
	int64_t raw;        /* counter or time */
	bool has_age;
	int64_t age_s;      /* of the proof `age`, of a time since power-on, or beside a counter */
	bool measuring;
	bool failing;       /* the failure code is not 0 */
	bool rebooted;      /* found by the judge */
	bool clock_doubted; /* R4, found by the judge */
};

/* Is it new, and when was it made? Moves the proof's state to the present result. */
enum cuff_proof proof_judge_kind(struct proof *proof, struct found *found);

/* The device forgot: what it shows now is found anew (R3). */
void proof_forget(struct proof *proof);

#endif
