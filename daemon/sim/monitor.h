/* One simulated monitor: a patient or a recording behind a profile's registers,
 * its cuff, and what can be wrong with the monitor itself. It lives second by
 * second, asked or not; time is an argument, and nothing is sent or read here
 * but its log of the truth. One thread owns a monitor. */
#ifndef INFUSIOND_SIM_MONITOR_H
#define INFUSIOND_SIM_MONITOR_H

#include "daemon/sim/people.h"
#include "daemon/sim/recording.h"
#include "daemon/sim/truth.h"
#include "drivers/simulated/registers.h"

struct sim_config {
	const struct profile *profile;     /* outlives the monitor */
	uint64_t seed;
	const struct sim_person *person;
	const struct recording *recording; /* NULL: a patient; outlives the monitor */
	struct duration cuff_interval;     /* 0: only on command */
	bool same_arm;                     /* R21: a cuff takes the oximeter's pulse away while it goes on */
};

struct sim_monitor;

/* Starts life at `now`. The truth outlives the monitor. NULL: out of memory. */
struct sim_monitor *sim_monitor_create(const struct sim_config *config, struct instant now, struct sim_truth *truth);
void sim_monitor_destroy(struct sim_monitor *monitor); /* NULL is fine */

/* Lives until `now`, which is its present from then on. */
void sim_monitor_advance(struct sim_monitor *monitor, struct instant now);

/* It has power and is past its start: else it answers nothing. */
bool sim_monitor_is_on(const struct sim_monitor *monitor);

/* Answers a PDU; returns the reply's length. sim_monitor_note_served puts the values of such a request into the log. */
size_t sim_monitor_serve(const struct sim_monitor *monitor, const uint8_t *request, size_t length,
    uint8_t reply[static IMAGE_REPLY_CAP]);
void sim_monitor_note_served(struct sim_monitor *monitor, const uint8_t *request, size_t length);

/* Does what a PDU writes, if that is one of the profile's commands: starts a cuff or takes one back. */
void sim_monitor_obey(struct sim_monitor *monitor, const uint8_t *request, size_t length);

/* As it was created with. */
const struct profile *sim_monitor_profile(const struct sim_monitor *monitor);

/* What can be done to it at its present. */
void sim_monitor_dose(struct sim_monitor *monitor, struct duration planned);
void sim_monitor_pump(struct sim_monitor *monitor, bool runs); /* pauses the infusion, or lets it go on */
void sim_monitor_start_cuff(struct sim_monitor *monitor);
/* A cuff with these values (mmHg) that ends at once, or after CUFF_FLAG_S where only the flag of a cuff going on proves one. */
void sim_monitor_finish_cuff(struct sim_monitor *monitor, int systolic, int mean, int diastolic);
void sim_monitor_set_interval(struct sim_monitor *monitor, struct duration interval);
/* The next cuff fails, with a code of the profile (0: its first). */
void sim_monitor_fail_cuff(struct sim_monitor *monitor, int64_t code);
/* The next cuff's counter is the greatest, the one after it 0. */
void sim_monitor_wrap_counter(struct sim_monitor *monitor);
/* A vital, or only what one source says of it (SOURCE_COUNT: all), stands still at a value; QUALITY_INVALID: has none;
 * QUALITY_ABSENT: is the patient's own again. A pressure holds for the cuffs to come. */
void sim_monitor_set(struct sim_monitor *monitor, enum vital vital, enum source source, enum quality quality, int32_t milli);
/* A sensor is off, or on again. */
void sim_monitor_set_sensor(struct sim_monitor *monitor, enum source source, bool off);
/* The systolic pressure goes `mmhg` up (or down) over `over`, and stays; the others go along. */
void sim_monitor_ramp(struct sim_monitor *monitor, double mmhg, struct duration over);
void sim_monitor_set_clock_off(struct sim_monitor *monitor, int64_t seconds);
/* Loses power and memory, and answers again after `takes`. */
void sim_monitor_reboot(struct sim_monitor *monitor, struct duration takes);
/* Takes back what was set: vitals, sensors, clock, what the next cuff was to be. */
void sim_monitor_clear(struct sim_monitor *monitor);
void sim_monitor_note(struct sim_monitor *monitor, const char *what, const char *text);

#endif
