#include "daemon/sim/monitor.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static int64_t
counter_modulus(const struct profile *profile)
{
	return field_words(&profile->cuff.proof_field) == 2 ? INT64_C(4294967296) : 65536;
}

bool
sim_monitor_init(struct sim_monitor *monitor, const struct profile *profile, uint64_t seed, struct instant now)
{
	struct patient_traits traits;

	*monitor = (struct sim_monitor){
		.profile = profile,
		.image = image_create(profile),
		.start = now,
		.now = { now.ms / 1000 * 1000 },
		.cuff_interval = duration_min(5),
		.cuff_next = instant_add(now, duration_s(10)),
		.cuff_ends = INSTANT_NEVER,
		.cuff_at = INSTANT_UNKNOWN,
		.counter = 1 + (int64_t)(seed % 1000),
		.booted = now,
		.climb_since = INSTANT_UNKNOWN,
	};
	traits = patient_draw(seed);
	patient_init(&monitor->patient, &traits, seed, monitor->now);
	return monitor->image != NULL;
}

void
sim_monitor_finish(struct sim_monitor *monitor)
{
	image_destroy(monitor->image);
	free(monitor->recording);
}

static void
log_line(struct sim_monitor *monitor, struct instant at, const char *what)
{
	char time[INSTANT_TEXT_CAP];

	if (monitor->log == NULL)
		return;
	instant_to_iso(at, time);
	fprintf(monitor->log, "%s,%s\n", time, what);
	fflush(monitor->log);
}

static struct reading
good(enum vital vital, enum source source, double value)
{
	return (struct reading){ .vital = vital, .source = source, .quality = QUALITY_GOOD, .milli = (int32_t)lround(value * 1000) };
}

static void
put_vital(struct sim_monitor *monitor, enum vital vital, double value)
{
	for (size_t i = 0; i < monitor->profile->value_count; i++) {
		const struct profile_value *mapped = &monitor->profile->values[i];
		struct reading reading = { .vital = vital, .quality = QUALITY_INVALID };

		if (mapped->vital != vital)
			continue;
		if (!isnan(value) && !monitor->sensor_off)
			reading = good(vital, mapped->source, value);
		image_put(monitor->image, mapped, &reading);
	}
}

static void
complete_cuff(struct sim_monitor *monitor, struct instant at, double systolic, double mean, double diastolic, double pulse)
{
	char text[128];

	monitor->counter = (monitor->counter + 1) % counter_modulus(monitor->profile);
	monitor->cuff_at = at;
	if (isnan(systolic)) {
		struct reading none = { .quality = QUALITY_INVALID };

		monitor->cuff = (struct cuff){ .systolic = none, .mean = none, .diastolic = none, .pulse = none };
		image_put_failure(monitor->image, 2);
		snprintf(text, sizeof(text), "cuff-failed,%" PRId64, monitor->counter);
	} else {
		monitor->cuff = (struct cuff){
			.systolic = good(VITAL_SYSTOLIC, SOURCE_CUFF, systolic),
			.mean = good(VITAL_MEAN, SOURCE_CUFF, mean),
			.diastolic = good(VITAL_DIASTOLIC, SOURCE_CUFF, diastolic),
			.pulse = good(VITAL_CUFF_PULSE, SOURCE_CUFF, pulse),
		};
		image_put_failure(monitor->image, 0);
		snprintf(text, sizeof(text), "cuff,%" PRId64 ",%.0f,%.0f,%.0f", monitor->counter, systolic, mean, diastolic);
	}
	image_put_cuff(monitor->image, &monitor->cuff);
	image_put_counter(monitor->image, monitor->profile->cuff.proof == PROOF_TIME ? at.ms / 1000 : monitor->counter);
	log_line(monitor, at, text);
}

static double
climb_at(const struct sim_monitor *monitor, struct instant at)
{
	if (!instant_is_known(monitor->climb_since) || at.ms < monitor->climb_since.ms)
		return 0;
	return monitor->climb_per_min * (double)(at.ms - monitor->climb_since.ms) / 60000;
}

static void
end_cuff(struct sim_monitor *monitor, struct instant at)
{
	struct vitals_now vitals = patient_vitals(&monitor->patient, at);
	double climb = climb_at(monitor, at);

	monitor->cuff_ends = INSTANT_NEVER;
	if (monitor->cuff_fails)
		complete_cuff(monitor, at, NAN, NAN, NAN, NAN);
	else if (monitor->has_next_cuff)
		complete_cuff(monitor, at, monitor->next_systolic, monitor->next_mean, monitor->next_diastolic, vitals.rate);
	else
		complete_cuff(monitor, at, vitals.systolic + climb, vitals.mean + climb * 0.7, vitals.diastolic + climb * 0.55, vitals.rate);
	monitor->has_next_cuff = false;
}

static void
begin_cuff(struct sim_monitor *monitor, struct instant at)
{
	monitor->cuff_ends = instant_add(at, duration_s(CUFF_TAKES_S));
	monitor->cuff_next = monitor->cuff_interval.ms > 0 ? instant_add(at, monitor->cuff_interval) : INSTANT_NEVER;
}

/* A recording's values are there at their instants, for the second that they are stamped with, and never between. */
static void
play_recording(struct sim_monitor *monitor, struct instant at)
{
	int64_t offset_ms = at.ms - monitor->start.ms / 1000 * 1000;

	put_vital(monitor, VITAL_RATE, NAN);
	put_vital(monitor, VITAL_SPO2, NAN);
	put_vital(monitor, VITAL_BREATHING, NAN);
	while (monitor->recorded_next < monitor->recorded_count &&
	       monitor->recording[monitor->recorded_next].at_ms <= offset_ms) {
		const struct recorded *row = &monitor->recording[monitor->recorded_next++];

		put_vital(monitor, VITAL_RATE, row->rate);
		put_vital(monitor, VITAL_SPO2, row->spo2);
		put_vital(monitor, VITAL_BREATHING, row->breathing);
		if (!isnan(row->systolic))
			complete_cuff(monitor, at, row->systolic, row->mean, row->diastolic, row->rate);
	}
}

static void
live_second(struct sim_monitor *monitor, struct instant at)
{
	struct vitals_now vitals;

	patient_advance(&monitor->patient, at);
	vitals = patient_vitals(&monitor->patient, at);
	put_vital(monitor, VITAL_RATE, monitor->set_rate > 0 ? monitor->set_rate : vitals.rate);
	put_vital(monitor, VITAL_SPO2, monitor->set_spo2 > 0 ? monitor->set_spo2 : vitals.spo2);
	put_vital(monitor, VITAL_BREATHING, vitals.breathing);
	if (at.ms >= monitor->cuff_ends.ms)
		end_cuff(monitor, at);
	if (at.ms >= monitor->cuff_next.ms && monitor->cuff_ends.ms == INT64_MAX)
		begin_cuff(monitor, at);
}

void
sim_monitor_update(struct sim_monitor *monitor, struct instant now)
{
	while (monitor->now.ms + 1000 <= now.ms) {
		monitor->now.ms += 1000;
		if (monitor->recording != NULL)
			play_recording(monitor, monitor->now);
		else
			live_second(monitor, monitor->now);
	}
	image_put_measuring(monitor->image, monitor->cuff_ends.ms != INT64_MAX);
	image_put_age(monitor->image, instant_is_known(monitor->cuff_at) ? (now.ms - monitor->cuff_at.ms) / 1000 : -1);
	image_put_clock(monitor->image, now.ms / 1000 + monitor->clock_off_s);
	image_put_uptime(monitor->image, (now.ms - monitor->booted.ms) / 1000 & 0xffff);
}

size_t
sim_monitor_serve(struct sim_monitor *monitor, const uint8_t *request, size_t length, uint8_t reply[260])
{
	return image_serve(monitor->image, request, length, reply);
}

static void
reboot(struct sim_monitor *monitor, struct instant now)
{
	struct reading none = { .quality = QUALITY_INVALID };

	monitor->booted = now;
	monitor->counter = 0;
	monitor->cuff_ends = INSTANT_NEVER;
	monitor->cuff = (struct cuff){ .systolic = none, .mean = none, .diastolic = none, .pulse = none };
	monitor->cuff_at = INSTANT_UNKNOWN;
	image_put_cuff(monitor->image, &monitor->cuff);
	image_put_counter(monitor->image, 0);
	log_line(monitor, now, "reboot");
}

bool
sim_monitor_command(struct sim_monitor *monitor, const char *command, struct instant now)
{
	int a, b, c;
	long number;
	double rise;

	if (sscanf(command, "cuff %d %d %d", &a, &b, &c) == 3) {
		monitor->has_next_cuff = true;
		monitor->next_systolic = a;
		monitor->next_mean = b;
		monitor->next_diastolic = c;
		begin_cuff(monitor, monitor->now);
	} else if (strcmp(command, "cuff-now") == 0) {
		begin_cuff(monitor, monitor->now);
	} else if (sscanf(command, "set rate %d", &a) == 1) {
		monitor->set_rate = a;
	} else if (sscanf(command, "set spo2 %d", &a) == 1) {
		monitor->set_spo2 = a;
	} else if (strcmp(command, "dose") == 0) {
		patient_dose(&monitor->patient, monitor->now, duration_min(40));
	} else if (strcmp(command, "stop") == 0) {
		patient_pump(&monitor->patient, monitor->now, false);
	} else if (sscanf(command, "climb %lf", &rise) == 1) {
		monitor->climb_per_min = rise;
		monitor->climb_since = now;
	} else if (sscanf(command, "cuff-interval %d", &a) == 1 && a >= 30) {
		monitor->cuff_interval = duration_s(a);
		monitor->cuff_next = instant_add(monitor->now, duration_s(1));
	} else if (strcmp(command, "sensor-off") == 0) {
		monitor->sensor_off = true;
	} else if (strcmp(command, "cuff-failure") == 0) {
		monitor->cuff_fails = true;
	} else if (strcmp(command, "reboot") == 0) {
		reboot(monitor, now);
	} else if (strcmp(command, "counter-wrap") == 0) {
		monitor->counter = counter_modulus(monitor->profile) - 1;
		image_put_counter(monitor->image, monitor->counter);
	} else if (sscanf(command, "clock-off %ld", &number) == 1) {
		monitor->clock_off_s = number;
	} else if (strcmp(command, "clear") == 0) {
		monitor->sensor_off = monitor->cuff_fails = false;
		monitor->set_rate = monitor->set_spo2 = 0;
		monitor->clock_off_s = 0;
	} else {
		return false;
	}
	return true;
}

/* Which column of the file holds which value. */
struct columns {
	int t, rate, spo2, breathing, systolic, mean, diastolic;
};

static void
read_header(char *line, struct columns *columns)
{
	static const struct {
		const char *name;
		size_t offset;
	} names[] = {
		{ "t_s", offsetof(struct columns, t) },          { "HR", offsetof(struct columns, rate) },
		{ "SpO2", offsetof(struct columns, spo2) },      { "RR", offsetof(struct columns, breathing) },
		{ "NBPs", offsetof(struct columns, systolic) },  { "NBPm", offsetof(struct columns, mean) },
		{ "NBPd", offsetof(struct columns, diastolic) },
	};
	int column = 0;

	memset(columns, 0xff, sizeof(*columns));
	for (char *word = strsep(&line, ","); word != NULL; word = strsep(&line, ","), column++)
		for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
			if (strcmp(word, names[i].name) == 0)
				*(int *)((char *)columns + names[i].offset) = column;
}

static double
number_or_nan(const char *word)
{
	char *end;
	double value = strtod(word, &end);

	return end == word || *end != '\0' ? NAN : value;
}

static void
read_row(char *line, const struct columns *columns, struct recorded *row)
{
	double values[32];
	int count = 0;

	for (char *word = strsep(&line, ","); word != NULL && count < 32; word = strsep(&line, ","))
		values[count++] = number_or_nan(word);
#define COLUMN(name) (columns->name >= 0 && columns->name < count ? values[columns->name] : NAN)
	*row = (struct recorded){ .at_ms = (int64_t)llround(COLUMN(t) * 1000), .rate = COLUMN(rate), .spo2 = COLUMN(spo2),
		.breathing = COLUMN(breathing), .systolic = COLUMN(systolic), .mean = COLUMN(mean), .diastolic = COLUMN(diastolic) };
#undef COLUMN
}

struct outcome
sim_monitor_read_recording(struct sim_monitor *monitor, const char *path)
{
	FILE *file = fopen(path, "re");
	struct columns columns;
	char line[1024];

	if (file == NULL)
		return outcome_fail("%s: the recording cannot be read", path);
	monitor->recording = calloc(SIM_RECORDING_ROWS, sizeof(*monitor->recording));
	for (int number = 1; monitor->recording != NULL && fgets(line, sizeof(line), file) != NULL; number++) {
		line[strcspn(line, "\r\n")] = '\0';
		if (number == 1) {
			read_header(line, &columns);
			continue;
		}
		if (columns.t < 0 || monitor->recorded_count == SIM_RECORDING_ROWS)
			break;
		read_row(line, &columns, &monitor->recording[monitor->recorded_count++]);
	}
	fclose(file);
	if (monitor->recorded_count == 0)
		return outcome_fail("%s: a recording needs a header with t_s and at least one row", path);
	return outcome_ok();
}
