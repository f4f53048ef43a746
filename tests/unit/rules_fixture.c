#include "tests/unit/rules_fixture.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

static const struct instant start = { 1767258000000 }; /* 2026-01-01T09:00:00Z */

static int64_t
next_id(void *ctx)
{
	return ++((struct ward *)ctx)->last_id;
}

static void
take(void *ctx, const struct event *event)
{
	struct ward *ward = ctx;

	ck_assert_uint_lt(ward->told_count, TOLD_MOST);
	ward->told[ward->told_count] = *event;
	ward->told[ward->told_count].session = NULL;
	ward->told[ward->told_count++].alarm = NULL;
	if (event->session != NULL)
		ward->session = *event->session;
}

struct watch_device
ward_monitor(const char *name)
{
	struct watch_device device = { .cadence = { 1000 } };

	snprintf(device.name, sizeof(device.name), "%s", name);
	device.gives[VITAL_SPO2][SOURCE_PLETH] = device.gives[VITAL_RATE][SOURCE_PLETH] = true;
	device.gives[VITAL_SYSTOLIC][SOURCE_CUFF] = device.gives[VITAL_DIASTOLIC][SOURCE_CUFF] = true;
	device.gives[VITAL_MEAN][SOURCE_CUFF] = true;
	return device;
}

static struct watch *
open_bed(struct ward *ward, const char *bed, const struct watch_device *device)
{
	return watch_create(bed, device, 1, ward->regimens, 1, next_id, ward, (struct event_sink){ take, ward }, start);
}

static void
open_ward(struct ward *ward)
{
	memset(ward, 0, sizeof(*ward));
	regimen_defaults(&ward->regimen);
	ward->regimens[0] = &ward->regimen;
}

void
ward_open(struct ward *ward)
{
	const struct watch_device m1 = ward_monitor("m1"), m2 = ward_monitor("m2");

	open_ward(ward);
	ward->watch = open_bed(ward, "bed1", &m1);
	ward->other = open_bed(ward, "bed2", &m2);
}

void
ward_open_with(struct ward *ward, const struct watch_device *device)
{
	struct act begin = { .kind = ACT_START, .weight_g = 70000, .weight_milli_lb = 154324 };

	open_ward(ward);
	ward->watch = open_bed(ward, "bed1", device);
	snprintf(begin.regimen, sizeof(begin.regimen), "%s", ward->regimen.name);
	ward_do(ward, 0, begin);
}

void
ward_close(struct ward *ward)
{
	watch_destroy(ward->watch);
	watch_destroy(ward->other);
}

struct instant
ward_at(int seconds)
{
	return instant_add(start, duration_s(seconds));
}

struct observation
ward_observation(int seconds, int rate, int spo2)
{
	const struct reading readings[] = {
		{ .vital = VITAL_RATE,
		    .source = SOURCE_PLETH,
		    .quality = QUALITY_GOOD,
		    .milli = rate * 1000 },
		{ .vital = VITAL_SPO2,
		    .source = SOURCE_PLETH,
		    .quality = QUALITY_GOOD,
		    .milli = spo2 * 1000 },
	};
	struct observation observation = { .at = ward_at(seconds), .cuff.measured_at = INSTANT_UNKNOWN };

	for (size_t i = 0; i < 2; i++)
		if (readings[i].milli != 0)
			observation.readings[observation.reading_count++] = readings[i];
	return observation;
}

void
ward_reply(struct ward *ward, int seconds, int rate, int spo2)
{
	const struct observation observation = ward_observation(seconds, rate, spo2);

	watch_reply(ward->watch, "m1", &observation);
}

void
ward_read(struct ward *ward, int seconds, struct reading reading)
{
	const struct observation observation = {
		.at = ward_at(seconds),
		.readings = { reading },
		.reading_count = 1,
		.cuff.measured_at = INSTANT_UNKNOWN,
	};

	watch_reply(ward->watch, "m1", &observation);
}

void
ward_replies(struct ward *ward, int from, int to, int rate, int spo2)
{
	for (int seconds = from; seconds <= to; seconds++)
		ward_reply(ward, seconds, rate, spo2);
}

static struct reading
cuff_reading(enum vital vital, int units)
{
	return (struct reading){
		.vital = vital,
		.source = SOURCE_CUFF,
		.quality = units != 0 ? QUALITY_GOOD : QUALITY_ABSENT,
		.milli = units * 1000,
	};
}

struct cuff
ward_new_cuff(int seconds, int systolic, int mean, int diastolic, const char *key)
{
	struct cuff cuff = {
		.proof = CUFF_NEW,
		.measured_at = ward_at(seconds),
		.systolic = cuff_reading(VITAL_SYSTOLIC, systolic),
		.mean = cuff_reading(VITAL_MEAN, mean),
		.diastolic = cuff_reading(VITAL_DIASTOLIC, diastolic),
	};

	snprintf(cuff.key, sizeof(cuff.key), "%s", key);
	return cuff;
}

void
ward_cuff(struct ward *ward, int seconds, int systolic, int mean, int diastolic, const char *key)
{
	const struct observation observation = {
		.at = ward_at(seconds), .cuff = ward_new_cuff(seconds, systolic, mean, diastolic, key),
	};

	watch_reply(ward->watch, "m1", &observation);
}

struct outcome
ward_try(struct ward *ward, int seconds, struct act act)
{
	if (act.who.name[0] == '\0')
		act.who = (struct actor){ "nurse", ROLE_NURSE };
	if (act.kind != ACT_MANUAL)
		act.measured_at = INSTANT_UNKNOWN;
	return watch_act(ward->watch, ward_at(seconds), &act);
}

void
ward_do(struct ward *ward, int seconds, struct act act)
{
	struct outcome done = ward_try(ward, seconds, act);

	ck_assert_msg(done.ok, "%s", done.why);
}

void
ward_start(struct ward *ward)
{
	ward_do(ward, 0, (struct act){ .kind = ACT_START, .weight_g = 70000, .weight_milli_lb = 154324 });
}

void
ward_start_drug(struct ward *ward)
{
	ward_start(ward);
	ward_replies(ward, 0, 59, 78, 98);
	ward_cuff(ward, 60, 128, 96, 80, "1");
	ward_replies(ward, 60, 239, 78, 98);
	ward_cuff(ward, 240, 128, 96, 80, "2");
	ward_replies(ward, 240, 600, 78, 98);
	ward_do(ward, 600, (struct act){ .kind = ACT_DOSE });
}

const struct alarm *
ward_alarm(struct ward *ward, const char *group)
{
	for (size_t i = 0; i < watch_alarm_count(ward->watch); i++) {
		const struct alarm *alarm = watch_alarm_at(ward->watch, i);
		char text[64];

		alarm_group_to_text(&alarm->group, text);
		if (strcmp(text, group) == 0)
			return alarm;
	}
	ck_abort_msg("there is no alarm of %s", group);
	return NULL;
}

const char *
ward_sentence(struct ward *ward, const char *group)
{
	return ward_alarm(ward, group)->sentence;
}

const struct event *
ward_told(const struct ward *ward, enum event_type type)
{
	for (size_t i = ward->told_count; i > 0; i--)
		if (ward->told[i - 1].type == type)
			return &ward->told[i - 1];
	return NULL;
}
