#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/sim/monitor_inside.h"

struct sim_monitor *
sim_monitor_create(const struct sim_config *config, struct instant now, struct sim_truth *truth)
{
	struct sim_monitor *monitor = calloc(1, sizeof(*monitor));
	struct patient_traits traits = sim_person_traits(config->person, config->seed);

	if (monitor == NULL)
		return NULL;
	monitor->image = image_create(config->profile);
	if (monitor->image == NULL) {
		free(monitor);
		return NULL;
	}
	monitor->config = *config;
	monitor->truth = truth;
	monitor->start.ms = now.ms / 1000 * 1000;
	monitor->second.ms = monitor->start.ms - 1000;
	monitor->now = now;
	monitor->on_at = monitor->start;
	monitor->ramp.since = INSTANT_UNKNOWN;
	patient_init(&monitor->patient, &traits, config->seed, monitor->start);
	sim_cuffs_init(&monitor->cuffs, monitor->image, truth, config->cuff_interval, 1 + (int64_t)(config->seed % 1000), now);
	monitor->cuffs.power_on = monitor->on_at;
	sim_monitor_advance(monitor, now);
	return monitor;
}

void
sim_monitor_destroy(struct sim_monitor *monitor)
{
	if (monitor == NULL)
		return;
	image_destroy(monitor->image);
	free(monitor);
}

static double
ramp_at(const struct ramp *ramp, struct instant at)
{
	double passed_s;

	if (!instant_is_known(ramp->since))
		return ramp->base;
	passed_s = (double)instant_since(at, ramp->since).ms / 1000;
	return ramp->base + ramp->mmhg * (passed_s < ramp->seconds ? passed_s / ramp->seconds : 1);
}

/* The patient's vitals of this second. The mean moves by seven and the diastolic by five and a half tenths of the systolic. */
static void
live_patient(struct sim_monitor *monitor, struct instant at)
{
	struct vitals_now vitals;
	double ramp = ramp_at(&monitor->ramp, at);

	patient_advance(&monitor->patient, at);
	vitals = patient_vitals(&monitor->patient, at);
	monitor->own[VITAL_SYSTOLIC] = (vitals.systolic + (int)lround(ramp)) * 1000;
	monitor->own[VITAL_MEAN] = (vitals.mean + (int)lround(ramp * 0.7)) * 1000;
	monitor->own[VITAL_DIASTOLIC] = (vitals.diastolic + (int)lround(ramp * 0.55)) * 1000;
	monitor->own[VITAL_CUFF_PULSE] = monitor->own[VITAL_RATE] = vitals.rate * 1000;
	monitor->own[VITAL_SPO2] = vitals.spo2 * 1000;
	monitor->own[VITAL_BREATHING] = vitals.breathing * 1000;
	monitor->own[VITAL_TEMPERATURE] = 36600;
}

static bool
has_pressure(const struct recorded *row)
{
	return row->milli[VITAL_SYSTOLIC] != RECORDING_NONE || row->milli[VITAL_MEAN] != RECORDING_NONE ||
	       row->milli[VITAL_DIASTOLIC] != RECORDING_NONE;
}

static struct cuff_numbers
numbers_of(const int32_t milli[VITAL_COUNT])
{
	return (struct cuff_numbers){ milli[VITAL_SYSTOLIC], milli[VITAL_MEAN], milli[VITAL_DIASTOLIC], milli[VITAL_CUFF_PULSE] };
}

/* A row's continuous values are there for one poll, so that whoever polls at the profile's cadence sees them once. A cuff stays,
 * as cuffs do, and its proof says when it was made. */
static void
live_recording(struct sim_monitor *monitor, struct instant at)
{
	const struct recording *recording = monitor->config.recording;
	int64_t offset_ms = at.ms - monitor->start.ms;
	int64_t hold_ms = monitor->config.profile->cadence.ms > 1000 ? monitor->config.profile->cadence.ms : 1000;

	for (int i = 0; i < VITAL_COUNT; i++)
		monitor->own[i] = CUFF_NOTHING;
	while (monitor->next_row < recording->count && recording->rows[monitor->next_row].at.ms <= offset_ms) {
		const struct recorded *row = &recording->rows[monitor->next_row++];

		if (has_pressure(row) && at.ms >= monitor->on_at.ms) {
			struct cuff_numbers numbers = numbers_of(row->milli);

			sim_cuffs_end(&monitor->cuffs, at, &numbers);
		}
	}
	for (size_t i = monitor->next_row; i > 0 && recording->rows[i - 1].at.ms > offset_ms - hold_ms; i--)
		for (int vital = 0; vital < VITAL_COUNT; vital++)
			if (monitor->own[vital] == CUFF_NOTHING && !vital_info((enum vital)vital)->sparse)
				monitor->own[vital] = recording->rows[i - 1].milli[vital];
}

/* What one source says of a vital now. */
static struct reading
reading_now(const struct sim_monitor *monitor, enum vital vital, enum source source)
{
	const struct setting *setting = &monitor->settings[vital][source];
	bool taken_away = monitor->off[source] ||
	                  (monitor->config.same_arm && source == SOURCE_PLETH && sim_cuffs_measuring(&monitor->cuffs));
	int32_t milli = setting->quality == QUALITY_ABSENT ? monitor->own[vital] : setting->milli;

	if (taken_away || setting->quality == QUALITY_INVALID || milli == CUFF_NOTHING)
		return (struct reading){ .vital = vital, .source = source, .quality = QUALITY_INVALID,
			.doubt = taken_away ? DOUBT_SENSOR_OFF : DOUBT_ERROR_CODE };
	return (struct reading){ .vital = vital, .source = source, .quality = QUALITY_GOOD, .milli = milli };
}

static struct cuff_numbers
cuff_now(const struct sim_monitor *monitor)
{
	int32_t milli[VITAL_COUNT];

	for (int vital = 0; vital < VITAL_COUNT; vital++) {
		struct reading reading = reading_now(monitor, (enum vital)vital, SOURCE_CUFF);

		milli[vital] = quality_has_value(reading.quality) ? reading.milli : CUFF_NOTHING;
	}
	return numbers_of(milli);
}

static void
show_values(struct sim_monitor *monitor)
{
	const struct profile *profile = monitor->config.profile;

	for (size_t i = 0; i < profile->value_count; i++) {
		monitor->shown[i] = reading_now(monitor, profile->values[i].vital, profile->values[i].source);
		image_put(monitor->image, &profile->values[i], &monitor->shown[i]);
	}
}

static void
live_second(struct sim_monitor *monitor, struct instant at)
{
	struct cuff_numbers numbers;

	if (monitor->config.recording != NULL)
		live_recording(monitor, at);
	else
		live_patient(monitor, at);
	if (at.ms < monitor->on_at.ms)
		return;
	numbers = cuff_now(monitor);
	sim_cuffs_advance(&monitor->cuffs, at, &numbers);
}

void
monitor_show(struct sim_monitor *monitor)
{
	show_values(monitor);
	sim_cuffs_show(&monitor->cuffs, monitor->now);
	image_put_clock(monitor->image, monitor->now.ms / 1000 + monitor->clock_off_s);
	image_put_uptime(monitor->image, instant_since(monitor->now, monitor->on_at).ms / 1000);
}

void
sim_monitor_advance(struct sim_monitor *monitor, struct instant now)
{
	while (monitor->second.ms + 1000 <= now.ms) {
		monitor->second.ms += 1000;
		live_second(monitor, monitor->second);
	}
	monitor->now = now;
	monitor_show(monitor);
}

const struct profile *
sim_monitor_profile(const struct sim_monitor *monitor)
{
	return monitor->config.profile;
}

bool
sim_monitor_is_on(const struct sim_monitor *monitor)
{
	return monitor->now.ms >= monitor->on_at.ms;
}

void
sim_monitor_dose(struct sim_monitor *monitor, struct duration planned)
{
	const struct sim_person *person = monitor->config.person;

	patient_dose(&monitor->patient, monitor->now, planned);
	if (person->climb_s > 0)
		sim_monitor_ramp(monitor, person->climb_mmhg, duration_ms((int64_t)(person->climb_s * 1000)));
}

void
sim_monitor_pump(struct sim_monitor *monitor, bool runs)
{
	patient_pump(&monitor->patient, monitor->now, runs);
}

void
sim_monitor_start_cuff(struct sim_monitor *monitor)
{
	sim_cuffs_begin(&monitor->cuffs, monitor->now, duration_s(CUFF_TAKES_S));
	monitor_show(monitor);
}

void
sim_monitor_finish_cuff(struct sim_monitor *monitor, int systolic, int mean, int diastolic)
{
	const struct cuff_numbers numbers = { systolic * 1000, mean * 1000, diastolic * 1000, monitor->own[VITAL_RATE] };

	if (monitor->config.profile->cuff.proof == PROOF_FLAG) {
		sim_cuffs_begin(&monitor->cuffs, monitor->now, duration_s(CUFF_FLAG_S));
		monitor->cuffs.has_exact = true;
		monitor->cuffs.exact = numbers;
	} else {
		sim_cuffs_end(&monitor->cuffs, monitor->now, &numbers);
	}
	monitor_show(monitor);
}

void
sim_monitor_set_interval(struct sim_monitor *monitor, struct duration interval)
{
	sim_cuffs_set_interval(&monitor->cuffs, interval, monitor->now);
}

void
sim_monitor_fail_cuff(struct sim_monitor *monitor, int64_t code)
{
	monitor->cuffs.fails = true;
	monitor->cuffs.failure = code;
}

void
sim_monitor_wrap_counter(struct sim_monitor *monitor)
{
	monitor->cuffs.wraps = true;
}

void
sim_monitor_set(struct sim_monitor *monitor, enum vital vital, enum source source, enum quality quality, int32_t milli)
{
	for (int i = 0; i < SOURCE_COUNT; i++)
		if (source == SOURCE_COUNT || i == (int)source)
			monitor->settings[vital][i] = (struct setting){ quality, milli };
	monitor_show(monitor);
}

void
sim_monitor_set_sensor(struct sim_monitor *monitor, enum source source, bool off)
{
	monitor->off[source] = off;
	monitor_show(monitor);
}

void
sim_monitor_ramp(struct sim_monitor *monitor, double mmhg, struct duration over)
{
	monitor->ramp = (struct ramp){
		.base = ramp_at(&monitor->ramp, monitor->now),
		.mmhg = mmhg,
		.seconds = (double)over.ms / 1000,
		.since = monitor->now,
	};
}

void
sim_monitor_set_clock_off(struct sim_monitor *monitor, int64_t seconds)
{
	monitor->clock_off_s = monitor->cuffs.clock_off_s = seconds;
	monitor_show(monitor);
}

void
sim_monitor_reboot(struct sim_monitor *monitor, struct duration takes)
{
	char back[INSTANT_TEXT_CAP + 8] = "back at ";

	monitor->on_at = instant_add(monitor->now, takes);
	sim_cuffs_forget(&monitor->cuffs);
	monitor->cuffs.power_on = monitor->on_at;
	instant_to_iso(monitor->on_at, back + strlen(back));
	sim_monitor_note(monitor, "reboot", back);
	monitor_show(monitor);
}

void
sim_monitor_clear(struct sim_monitor *monitor)
{
	memset(monitor->settings, 0, sizeof(monitor->settings));
	memset(monitor->off, 0, sizeof(monitor->off));
	monitor->cuffs.fails = monitor->cuffs.wraps = false;
	sim_monitor_set_clock_off(monitor, 0);
}

void
sim_monitor_note(struct sim_monitor *monitor, const char *what, const char *text)
{
	sim_truth_note(monitor->truth, monitor->now, what, text);
}
