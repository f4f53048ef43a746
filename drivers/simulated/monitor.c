#include "drivers/simulated/monitor_state.h"

#include <stdlib.h>

void
monitor_tell(struct simulated_monitor *monitor, const struct simulated_event *event)
{
	if (monitor->options.tell != NULL)
		monitor->options.tell(monitor->options.ctx, event);
}

int64_t
monitor_clock_s(const struct simulated_monitor *monitor, struct instant at)
{
	return instant_add(at, monitor->clock_off).ms / 1000;
}

static void
come_up(struct simulated_monitor *monitor, struct instant at)
{
	const struct simulated_event up = { .kind = SIMULATED_REBOOTED, .at = at, .counter = monitor->counter };

	monitor->down_until = INSTANT_NEVER;
	monitor->booted = at;
	cycle_resume(monitor, at);
	monitor_tell(monitor, &up);
}

static struct instant
earliest(const struct simulated_monitor *monitor)
{
	return instant_earlier(monitor->down_until, instant_earlier(monitor->cuff_due, monitor->cuff_done));
}

void
simulated_advance(struct simulated_monitor *monitor, struct instant now)
{
	while (earliest(monitor).ms <= now.ms) {
		struct instant at = earliest(monitor);

		patient_advance(&monitor->patient, at);
		monitor->now = at;
		if (at.ms == monitor->cuff_done.ms)
			cycle_end(monitor, at);
		else if (at.ms == monitor->down_until.ms)
			come_up(monitor, at);
		else
			cycle_meet_due(monitor, at);
	}
	patient_advance(&monitor->patient, now);
	monitor->now = now;
}

struct instant
simulated_next(const struct simulated_monitor *monitor)
{
	return earliest(monitor);
}

struct outcome
simulated_create(const struct profile *profile, const struct simulated_options *options,
    struct simulated_monitor **ret_monitor)
{
	struct simulated_monitor *monitor = calloc(1, sizeof(*monitor));

	if (monitor == NULL || (monitor->image = image_create(profile)) == NULL) {
		free(monitor);
		return outcome_fail("out of memory for a simulated monitor");
	}
	monitor->profile = profile;
	monitor->options = *options;
	monitor->now = monitor->booted = options->start;
	monitor->down_until = INSTANT_NEVER;
	monitor->counter = options->counter;
	monitor->clock_off = options->clock_off;
	monitor->next_failure = NO_FAILURE;
	patient_init(&monitor->patient, &options->traits, options->seed, options->start);
	cycle_init(monitor);
	*ret_monitor = monitor;
	return outcome_ok();
}

void
simulated_destroy(struct simulated_monitor *monitor)
{
	if (monitor == NULL)
		return;
	image_destroy(monitor->image);
	free(monitor);
}

/* What a stream shows now. */
static int32_t
stream_now(const struct simulated_monitor *monitor, enum vital vital, const struct vitals_now *vitals)
{
	const struct recording *recording = monitor->options.recording;
	const struct recording_row *row;

	if (recording != NULL) {
		row = recording_at(recording, instant_since(monitor->now, monitor->options.start));
		return row != NULL ? row->milli[vital] : SIMULATED_NO_VALUE;
	}
	switch (vital) {
	case VITAL_RATE:
		return vitals->rate * 1000;
	case VITAL_SPO2:
		return vitals->spo2 * 1000;
	case VITAL_BREATHING:
		return vitals->breathing * 1000;
	default:
		return SIMULATED_NO_VALUE;
	}
}

static struct reading
reading_of(int32_t milli, enum doubt doubt)
{
	if (doubt != DOUBT_NONE || milli == SIMULATED_NO_VALUE)
		return (struct reading){ .quality = QUALITY_INVALID, .doubt = doubt != DOUBT_NONE ? doubt : DOUBT_ERROR_CODE };
	return (struct reading){ .quality = QUALITY_GOOD, .milli = milli };
}

static void
put_streams(struct simulated_monitor *monitor)
{
	enum doubt doubt = monitor->sensor_off ? DOUBT_SENSOR_OFF : DOUBT_NONE;
	struct vitals_now vitals = patient_vitals(&monitor->patient, monitor->now);

	for (size_t i = 0; i < monitor->profile->value_count; i++) {
		const struct profile_value *value = &monitor->profile->values[i];
		struct reading reading = reading_of(stream_now(monitor, value->vital, &vitals), doubt);

		image_put(monitor->image, value, &reading);
	}
}

static void
put_cuff(struct simulated_monitor *monitor)
{
	const struct simulated_event *result = &monitor->result;
	enum doubt doubt = monitor->has_result ? DOUBT_NONE : DOUBT_ERROR_CODE;
	const struct cuff cuff = {
		.systolic = reading_of(result->systolic_milli, doubt),
		.mean = reading_of(result->mean_milli, doubt),
		.diastolic = reading_of(result->diastolic_milli, doubt),
		.pulse = reading_of(result->pulse_milli, doubt),
	};

	image_put_cuff(monitor->image, &cuff);
	image_put_counter(monitor->image, monitor->counter);
	image_put_time(monitor->image, monitor->stamp_s);
	image_put_age(monitor->image, monitor->attempted ? instant_since(monitor->now, result->at).ms / 1000 : -1);
	image_put_measuring(monitor->image, monitor_is_measuring(monitor));
	image_put_failure(monitor->image, monitor->attempted && result->kind == SIMULATED_CUFF_FAILED ? result->failure : 0);
}

size_t
simulated_serve(struct simulated_monitor *monitor, struct instant now, const uint8_t *request, size_t length,
    uint8_t reply[static SIMULATED_REPLY_CAP])
{
	simulated_advance(monitor, now);
	if (monitor_is_down(monitor))
		return 0;
	image_vouch(monitor->image);
	put_streams(monitor);
	put_cuff(monitor);
	image_put_clock(monitor->image, monitor_clock_s(monitor, now));
	image_put_uptime(monitor->image, instant_since(now, monitor->booted).ms / 1000);
	return image_serve(monitor->image, request, length, reply);
}

void
simulated_dose(struct simulated_monitor *monitor, struct instant now, struct duration planned)
{
	simulated_advance(monitor, now);
	patient_dose(&monitor->patient, now, planned);
}

void
simulated_pump(struct simulated_monitor *monitor, struct instant now, bool runs)
{
	simulated_advance(monitor, now);
	patient_pump(&monitor->patient, now, runs);
}

void
simulated_cuff(struct simulated_monitor *monitor, struct instant now)
{
	simulated_advance(monitor, now);
	if (monitor->options.recording == NULL && !monitor_is_measuring(monitor) && !monitor_is_down(monitor))
		cycle_begin(monitor, now);
}

const char *
simulated_event_name(enum simulated_event_kind kind)
{
	static const char *const names[SIMULATED_EVENT_COUNT] = { "cuff-begun", "cuff-measured", "cuff-failed", "rebooted" };

	return names[kind];
}
