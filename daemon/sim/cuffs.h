/* The cuff of a simulated monitor: when one begins and ends, what came of it,
 * and how the profile's proof shows it. Time is an argument. */
#ifndef INFUSIOND_SIM_CUFFS_H
#define INFUSIOND_SIM_CUFFS_H

#include "daemon/sim/truth.h"
#include "drivers/simulated/registers.h"

enum { CUFF_TAKES_S = 25, CUFF_FLAG_S = 3, CUFF_FIRST_S = 10 };

/* Pressures and pulse in thousandths, CUFF_NOTHING where there is none. */
#define CUFF_NOTHING INT32_MIN

struct cuff_numbers {
	int32_t systolic, mean, diastolic, pulse;
};

struct sim_cuffs {
	struct register_image *image;
	struct sim_truth *truth;
	struct duration interval;     /* 0: only on command */
	struct instant next;          /* the next one begins; NEVER */
	struct instant ends;          /* the one going on ends; NEVER: none is */
	struct instant measured_at;   /* of the result shown; UNKNOWN: none */
	int64_t counter;              /* of attempts ended */
	int64_t clock_off_s;          /* the device's clock minus ours */
	struct instant power_on;      /* what a time since power-on counts from */
	bool wraps, fails;            /* the next one */
	int64_t failure;              /* its code; 0: the profile's first */
	bool has_exact;               /* the next one gives exactly these */
	struct cuff_numbers exact;
};

/* The first begins CUFF_FIRST_S after `now`. */
void sim_cuffs_init(struct sim_cuffs *cuffs, struct register_image *image, struct sim_truth *truth, struct duration interval,
    int64_t counter, struct instant now);

void sim_cuffs_set_interval(struct sim_cuffs *cuffs, struct duration interval, struct instant now);
void sim_cuffs_begin(struct sim_cuffs *cuffs, struct instant at, struct duration takes);

/* The one going on ends without a result and is no attempt; what was measured before stays. */
void sim_cuffs_cancel(struct sim_cuffs *cuffs);

/* One ends here and now. */
void sim_cuffs_end(struct sim_cuffs *cuffs, struct instant at, const struct cuff_numbers *numbers);

/* Ends and begins what is due by `at`; `numbers` is what the patient would give. */
void sim_cuffs_advance(struct sim_cuffs *cuffs, struct instant at, const struct cuff_numbers *numbers);

bool sim_cuffs_measuring(const struct sim_cuffs *cuffs);

/* Puts what changes with time alone into the registers. */
void sim_cuffs_show(const struct sim_cuffs *cuffs, struct instant now);

/* The monitor has lost its memory. */
void sim_cuffs_forget(struct sim_cuffs *cuffs);

#endif
