/* A simulated monitor's cuffs: when they begin and end, and what comes of them. */
#include "drivers/simulated/monitor_state.h"

/* Between two recorded cuffs that are close together the flag is off for so long, so that each is seen to go on and off. */
enum { FLAG_OFF_MS = 2000 };

static struct instant
row_at(const struct simulated_monitor *monitor, size_t row)
{
	return instant_add(monitor->options.start, monitor->options.recording->rows[row].offset);
}

/* The next recorded cuff from `from` on: it begins half a minute before it is done, or `gap` after the one before. */
static void
schedule_row(struct simulated_monitor *monitor, struct instant from, struct duration gap)
{
	const struct recording *recording = monitor->options.recording;

	monitor->cuff_due = INSTANT_NEVER;
	while (monitor->row < recording->count &&
	       (!recording_has_cuff(&recording->rows[monitor->row]) || row_at(monitor, monitor->row).ms < from.ms))
		monitor->row++;
	if (monitor->row < recording->count) {
		struct instant done = row_at(monitor, monitor->row);

		monitor->cuff_due =
		    instant_later(instant_add(from, gap), instant_add(done, duration_ms(-SIMULATED_INFLATION_MS)));
		monitor->cuff_due = instant_earlier(monitor->cuff_due, done);
	}
}

void
cycle_init(struct simulated_monitor *monitor)
{
	monitor->cuff_due = monitor->cuff_done = INSTANT_NEVER;
	if (monitor->options.recording != NULL)
		schedule_row(monitor, monitor->options.start, duration_ms(0));
	else if (monitor->options.cuff_interval.ms > 0)
		monitor->cuff_due = instant_add(monitor->options.start, monitor->options.cuff_first);
}

void
cycle_begin(struct simulated_monitor *monitor, struct instant at)
{
	const struct simulated_event begun = { .kind = SIMULATED_CUFF_BEGUN, .at = at, .counter = monitor->counter };

	if (monitor->options.recording != NULL) {
		monitor->cuff_done = row_at(monitor, monitor->row);
		monitor->cuff_due = INSTANT_NEVER;
	} else {
		monitor->cuff_done = instant_add(at, duration_ms(SIMULATED_INFLATION_MS));
	}
	monitor_tell(monitor, &begun);
}

static int64_t
modulus(const struct simulated_monitor *monitor)
{
	const struct profile_cuff *cuff = &monitor->profile->cuff;

	if (cuff->counter_modulus > 0)
		return cuff->counter_modulus;
	return field_words(&cuff->proof_field) == 2 ? INT64_C(4294967296) : 65536;
}

static void
count(struct simulated_monitor *monitor)
{
	monitor->counter = monitor->next_wraps ? modulus(monitor) - 1 : (monitor->counter + 1) % modulus(monitor);
	monitor->next_wraps = false;
}

static void
measure(struct simulated_monitor *monitor, struct instant at, struct simulated_event *result)
{
	const struct recording *recording = monitor->options.recording;
	struct vitals_now vitals = patient_vitals(&monitor->patient, at);

	if (recording != NULL) {
		const int32_t *milli = recording->rows[monitor->row].milli;

		result->systolic_milli = milli[VITAL_SYSTOLIC];
		result->mean_milli = milli[VITAL_MEAN];
		result->diastolic_milli = milli[VITAL_DIASTOLIC];
		result->pulse_milli = milli[VITAL_CUFF_PULSE];
		return;
	}
	result->systolic_milli = vitals.systolic * 1000;
	result->mean_milli = vitals.mean * 1000;
	result->diastolic_milli = vitals.diastolic * 1000;
	result->pulse_milli = vitals.rate * 1000;
}

void
cycle_end(struct simulated_monitor *monitor, struct instant at)
{
	struct simulated_event result = monitor->result;

	result.at = at;
	result.kind = monitor->next_failure == NO_FAILURE ? SIMULATED_CUFF_MEASURED : SIMULATED_CUFF_FAILED;
	result.failure = monitor->next_failure == NO_FAILURE ? 0 : monitor->next_failure;
	count(monitor);
	result.counter = monitor->counter;
	if (result.kind == SIMULATED_CUFF_MEASURED && !(monitor->next_same && monitor->has_result))
		measure(monitor, at, &result);
	monitor->next_failure = NO_FAILURE;
	monitor->next_same = false;
	monitor->result = result;
	monitor->has_result = result.kind == SIMULATED_CUFF_MEASURED;
	monitor->attempted = true;
	monitor->stamp_s = monitor->profile->cuff.time_base == TIME_UNIX ? monitor_clock_s(monitor, at)
									 : instant_since(at, monitor->booted).ms / 1000;
	monitor->cuff_done = INSTANT_NEVER;
	if (monitor->options.recording != NULL) {
		monitor->row++;
		schedule_row(monitor, at, duration_ms(FLAG_OFF_MS));
	}
	monitor_tell(monitor, &result);
}

void
cycle_meet_due(struct simulated_monitor *monitor, struct instant at)
{
	if (monitor->options.recording != NULL) {
		cycle_begin(monitor, at);
		return;
	}
	monitor->cuff_due = monitor->options.cuff_interval.ms > 0 ? instant_add(at, monitor->options.cuff_interval) : INSTANT_NEVER;
	if (!monitor_is_measuring(monitor) && !monitor_is_down(monitor))
		cycle_begin(monitor, at);
}

void
cycle_break(struct simulated_monitor *monitor)
{
	monitor->cuff_done = INSTANT_NEVER;
	if (monitor->options.recording != NULL)
		monitor->cuff_due = INSTANT_NEVER;
}

void
cycle_resume(struct simulated_monitor *monitor, struct instant at)
{
	if (monitor->options.recording != NULL)
		schedule_row(monitor, at, duration_ms(0));
}
