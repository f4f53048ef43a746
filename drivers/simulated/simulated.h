/* A monitor that is not there: the registers of a profile, behind them the
 * response model of a patient (patient.h) or a recording (recording.h), cuff
 * cycles that take their time, and the faults that a monitor itself has. Faults
 * of the wire are the server's.
 *
 * Pure: time is an argument and never goes back, whatever happens has its own
 * instant, and nothing depends on how often the monitor is asked. One thread
 * owns a monitor. */
#ifndef INFUSIOND_DRIVERS_SIMULATED_SIMULATED_H
#define INFUSIOND_DRIVERS_SIMULATED_SIMULATED_H

#include "drivers/profile.h"
#include "drivers/simulated/patient.h"
#include "drivers/simulated/recording.h"

enum {
	SIMULATED_INFLATION_MS = 30000, /* a cuff takes about half a minute, the measuring flag being on */
	SIMULATED_REPLY_CAP = 260
};

enum simulated_event_kind {
	SIMULATED_CUFF_BEGUN,
	SIMULATED_CUFF_MEASURED,
	SIMULATED_CUFF_FAILED,
	SIMULATED_REBOOTED, /* it answers again */
	SIMULATED_EVENT_COUNT
};

/* What the monitor did: the truth that a record is held against. */
struct simulated_event {
	enum simulated_event_kind kind;
	struct instant at;  /* a cuff's: when it was done */
	int64_t counter;    /* of finished attempts, as the device counts: the failed one included */
	int64_t failure;    /* CUFF_FAILED: the profile's code */
	int32_t systolic_milli, mean_milli, diastolic_milli, pulse_milli; /* CUFF_MEASURED; SIMULATED_NO_VALUE: none */
};

#define SIMULATED_NO_VALUE RECORDING_NO_VALUE

/* What can happen to a monitor; `amount` of simulated_fault in brackets. */
enum simulated_fault {
	SIMULATED_SENSOR_OFF,   /* no value of any stream (1 off, 0 on again) */
	SIMULATED_CUFF_FAILURE, /* the next cuff gives no pressure (the code of the reason, 0: the profile's first) */
	SIMULATED_CUFF_SAME,    /* the next cuff gives the numbers of the last one */
	SIMULATED_REBOOT,       /* for so many ms no answer; counter and uptime begin anew, the result is lost */
	SIMULATED_REBOOT_KEEPS, /* the same, and the result is shown again as if nothing had been */
	SIMULATED_COUNTER_WRAP, /* the next cuff is the counter's last, the one after it counts 0 */
	SIMULATED_CLOCK_OFF,    /* the device's clock is off by so many ms */
	SIMULATED_FAULT_COUNT
};

struct simulated_options {
	uint64_t seed;                 /* of the noise */
	struct instant start;          /* when it was switched on */
	struct patient_traits traits;  /* the patient: patient_draw(seed), or chosen */
	const struct recording *recording; /* NULL: the model; outlives the monitor. Offsets count from `start`. */
	struct duration cuff_first;    /* the first cuff begins so long after `start` ... */
	struct duration cuff_interval; /* ... and others so often; 0: none but those asked for. Of no use with a recording. */
	int64_t counter;               /* to begin with */
	struct duration clock_off;     /* to begin with */
	void (*tell)(void *ctx, const struct simulated_event *event); /* NULL: nobody listens. In order of `at`. */
	void *ctx;
};

struct simulated_monitor;

/* A monitor of a checked profile, which must outlive it. Fails only without memory. */
struct outcome simulated_create(const struct profile *profile, const struct simulated_options *options,
    struct simulated_monitor **ret_monitor);
void simulated_destroy(struct simulated_monitor *monitor); /* NULL is fine */

/* Lets time pass: cuffs begin and end, each told at its own instant. */
void simulated_advance(struct simulated_monitor *monitor, struct instant now);

/* When something will happen by itself: INSTANT_NEVER when nothing will. */
struct instant simulated_next(const struct simulated_monitor *monitor);

/* Answers a PDU (function code first, no unit) at `now`, with an exception where it is wrong; returns the reply's length,
 * 0 while the monitor is down. */
size_t simulated_serve(struct simulated_monitor *monitor, struct instant now, const uint8_t *request, size_t length,
    uint8_t reply[static SIMULATED_REPLY_CAP]);

/* The patient gets 0.5 mg/kg over `planned`; the pump stops for a while, goes on, and stops early by never going on. */
void simulated_dose(struct simulated_monitor *monitor, struct instant now, struct duration planned);
void simulated_pump(struct simulated_monitor *monitor, struct instant now, bool runs);

/* Somebody presses the cuff's button; nothing happens while a cuff is going on, or with a recording. */
void simulated_cuff(struct simulated_monitor *monitor, struct instant now);

void simulated_fault(struct simulated_monitor *monitor, struct instant now, enum simulated_fault fault, int64_t amount);

/* "sensor-off", "cuff-failure", ...; and back. */
const char *simulated_fault_name(enum simulated_fault fault);
bool simulated_fault_from_name(const char *name, enum simulated_fault *ret_fault);
const char *simulated_event_name(enum simulated_event_kind kind); /* "cuff-begun", "cuff-measured", ... */

#endif
