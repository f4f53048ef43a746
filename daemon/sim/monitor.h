/* One simulated monitor: a patient or a recording behind a profile's registers,
 * cuffs that begin and end, and what can be wrong with the monitor itself. It
 * lives second by second, asked or not; time is an argument and nothing is sent
 * or read here, but its log of the truth is written. */
#ifndef INFUSIOND_SIM_MONITOR_H
#define INFUSIOND_SIM_MONITOR_H

#include "daemon/sim/people.h"
#include "daemon/sim/recording.h"
#include "daemon/sim/truth.h"
#include "drivers/simulated/patient.h"
#include "drivers/simulated/registers.h"

enum { CUFF_TAKES_S = 25, CUFF_FLAG_S = 3, BOOT_TAKES_S = 10 };

struct sim_config {
	const struct profile *profile;
	uint64_t seed;
	struct recording recording;       /* count 0: none; the monitor frees it */
	struct duration cuff_interval;    /* 0: only on command */
	bool same_arm;                    /* R21: a cuff takes the oximeter's pulse away while it goes on */
};

struct sim_monitor;



/* Starts life at `now`, with the first cuff 10 s later if there is an interval. The truth's file stays the caller's. A failure
 * (no memory) leaves the recording with the caller. */
struct outcome sim_monitor_create(const struct sim_config *config, struct instant now, struct sim_truth *truth,
    struct sim_monitor **ret_monitor);
void sim_monitor_destroy(struct sim_monitor *monitor); /* NULL is fine */

/* Lives until `now`. */
void sim_monitor_advance(struct sim_monitor *monitor, struct instant now);

/* It has power and is past its start: else it answers nothing. */
bool sim_monitor_is_on(const struct sim_monitor *monitor);

/* Answers a PDU as of the last advance, and logs the values served. */
size_t sim_monitor_serve(struct sim_monitor *monitor, const uint8_t *request, size_t length, uint8_t reply[260]);

/* What can be done to it; each at the last advance's instant. */
void sim_monitor_dose(struct sim_monitor *monitor, struct duration planned);
void sim_monitor_stop_dose(struct sim_monitor *monitor);
void sim_monitor_start_cuff(struct sim_monitor *monitor);
/* A cuff that ends at once with these values; after CUFF_FLAG_S where only the flag of a cuff going on proves one. */
void sim_monitor_finish_cuff(struct sim_monitor *monitor, int systolic, int mean, int diastolic);
void sim_monitor_set_interval(struct sim_monitor *monitor, struct duration interval);
/* The next cuff fails, with a code of the profile (0: its first). */
void sim_monitor_fail_cuff(struct sim_monitor *monitor, int64_t code);
/* The next cuff's counter is the greatest, the one after it 0. */
void sim_monitor_wrap_counter(struct sim_monitor *monitor);
/* The patient's vital, or only what one source says of it (SOURCE_COUNT: all), stands still at a value; QUALITY_INVALID: has none;
 * QUALITY_ABSENT: is the patient's own again. */
void sim_monitor_set(struct sim_monitor *monitor, enum vital vital, enum source source, enum quality quality, int32_t milli);
/* The systolic pressure goes `mmhg` up (or down) over `over`, and stays; the others along with it. */
void sim_monitor_ramp(struct sim_monitor *monitor, double mmhg, struct duration over);
void sim_monitor_set_clock_off(struct sim_monitor *monitor, int64_t seconds);
void sim_monitor_reboot(struct sim_monitor *monitor, struct duration takes);
/* Whatever was set above is as it was at first, but for a dose, a cuff's result and its interval. */
void sim_monitor_clear(struct sim_monitor *monitor);

#endif
