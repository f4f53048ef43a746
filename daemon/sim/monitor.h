/* One simulated monitor: a patient or a recording behind a profile's
 * registers, cuff cycles, the faults of a monitor itself, and a log of what was
 * really there. Time is an argument; nothing is read or sent here but the log. */
#ifndef INFUSIOND_SIM_MONITOR_H
#define INFUSIOND_SIM_MONITOR_H

#include <stdio.h>

#include "drivers/simulated/patient.h"
#include "drivers/simulated/registers.h"

enum { SIM_RECORDING_ROWS = 20000, CUFF_TAKES_S = 25 };

/* One row of a recording; NAN: not given at that instant. */
struct recorded {
	int64_t at_ms; /* from the start */
	double rate, spo2, breathing, systolic, mean, diastolic;
};

struct sim_monitor {
	const struct profile *profile;
	struct register_image *image;
	struct patient patient;
	struct instant start, now;      /* whole seconds are worked off one by one */
	struct duration cuff_interval;  /* 0: only on command */
	struct instant cuff_next;       /* the next cuff begins */
	struct instant cuff_ends;       /* NEVER: none is going on */
	struct instant cuff_at;         /* the present result; UNKNOWN: none */
	struct cuff cuff;
	int64_t counter;
	struct instant booted;
	double climb_per_min;           /* demo: pressure that climbs, mmHg per minute from climb_since */
	struct instant climb_since;
	bool sensor_off, cuff_fails;
	int64_t clock_off_s;
	int set_rate, set_spo2;         /* > 0: instead of the patient's */
	bool has_next_cuff;             /* the next cuff gives exactly these */
	int next_systolic, next_mean, next_diastolic;
	struct recorded *recording;
	size_t recorded_count, recorded_next;
	FILE *log;                      /* NULL: none */
};

/* False when out of memory. */
bool sim_monitor_init(struct sim_monitor *monitor, const struct profile *profile, uint64_t seed, struct instant now);
void sim_monitor_finish(struct sim_monitor *monitor);

/* Reads a recording (CSV with a header of t_s and any of HR, SpO2, RR, NBPs, NBPm, NBPd). */
struct outcome sim_monitor_read_recording(struct sim_monitor *monitor, const char *path);

/* Brings the registers up to `now`. */
void sim_monitor_update(struct sim_monitor *monitor, struct instant now);

/* Answers a PDU at the last update's instant, and logs it. */
size_t sim_monitor_serve(struct sim_monitor *monitor, const uint8_t *request, size_t length, uint8_t reply[260]);

/* A command about the monitor or its patient: "cuff 150 110 80", "cuff-now", "set rate 130", "dose", "stop", "climb 8",
 * "sensor-off", "cuff-failure", "reboot", "counter-wrap", "clock-off 300", "clear". False: not one of these. */
bool sim_monitor_command(struct sim_monitor *monitor, const char *command, struct instant now);

#endif
