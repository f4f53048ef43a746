/* What a bed's frame says, from a real watch: session, vitals, alarms, what is
 * not watched. */
#include <check.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/web/frame.h"
#include "suite_run.h"

static const struct instant start = { 1767258000000 }; /* 2026-01-01T09:00:00Z */

/* What was written, parsed by another hand. */
static json_t *
parsed(struct json_out *out)
{
	json_error_t error;
	json_t *value = json_loads(json_out_text_of(out), JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);

	ck_assert_msg(value != NULL, "%s in %s", error.text, json_out_text_of(out));
	return value;
}

/* One bed with one monitor, as far as a frame needs it. */
struct ward {
	struct regimen regimen;
	const struct regimen *regimens[1];
	struct watch *watch;
	int64_t last_id;
};

static int64_t
next_id(void *ctx)
{
	return ++((struct ward *)ctx)->last_id;
}

static void
pass_over(void *ctx, const struct event *event)
{
	(void)ctx;
	(void)event;
}

static void
open_ward(struct ward *ward)
{
	struct watch_device device = { .name = "m1", .label = "Monitor 1", .cadence = { 1000 } };
	struct event_sink sink = { pass_over, NULL };

	*ward = (struct ward){ .last_id = 100 };
	regimen_defaults(&ward->regimen);
	ward->regimens[0] = &ward->regimen;
	device.gives[VITAL_SPO2][SOURCE_PLETH] = device.gives[VITAL_RATE][SOURCE_PLETH] = true;
	device.gives[VITAL_SYSTOLIC][SOURCE_CUFF] = device.gives[VITAL_DIASTOLIC][SOURCE_CUFF] = true;
	ward->watch = watch_create("bed1", &device, 1, ward->regimens, 1, next_id, ward, sink, start);
}

static void
begin_session(struct ward *ward, struct instant at)
{
	struct act act = { .kind = ACT_START, .who = { "nurse", ROLE_NURSE }, .weight_g = 70000, .weight_milli_lb = 154324 };

	snprintf(act.regimen, sizeof(act.regimen), "%s", ward->regimen.name);
	ck_assert(watch_act(ward->watch, at, &act).ok);
}

static json_t *
frame_at(const struct ward *ward, struct instant now)
{
	struct web_bed bed = { .name = "bed1", .label = "Chair 1", .watch = ward->watch, .patient = "T-0001" };
	struct web_station station = { .now = now, .utc_offset_min = 60, .store_trouble = "" };
	struct json_out out;
	json_t *frame;

	bed.links[0] = (struct web_link){ "up", "", start };
	json_out_init(&out, 16);
	frame_bed(&out, NULL, &bed, &station);
	frame = parsed(&out);
	json_out_finish(&out);
	return frame;
}

static const char *
text_at(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text != NULL ? text : "";
}

static const json_t *
vital_of(const json_t *frame, enum vital vital)
{
	return json_array_get(json_object_get(frame, "vitals"), (size_t)vital);
}

static void
reply(struct ward *ward, struct instant at, int32_t spo2, int32_t systolic)
{
	struct observation observation = { .at = at, .reading_count = 1 };

	observation.readings[0] =
	    (struct reading){ .vital = VITAL_SPO2, .source = SOURCE_PLETH, .quality = QUALITY_GOOD, .milli = spo2 };
	if (systolic != 0) {
		observation.cuff.proof = CUFF_NEW;
		observation.cuff.measured_at = at;
		snprintf(observation.cuff.key, sizeof(observation.cuff.key), "%lld", (long long)at.ms);
		observation.cuff.systolic = (struct reading){ .vital = VITAL_SYSTOLIC, .source = SOURCE_CUFF,
			.quality = QUALITY_GOOD, .milli = systolic };
		observation.cuff.diastolic = (struct reading){ .vital = VITAL_DIASTOLIC, .source = SOURCE_CUFF,
			.quality = QUALITY_GOOD, .milli = 76000 };
	}
	watch_reply(ward->watch, "m1", &observation);
}

START_TEST(a_bed_without_a_session_says_so)
{
	struct ward ward;
	json_t *frame;

	open_ward(&ward);
	reply(&ward, instant_add(start, duration_s(1)), 97000, 0);
	frame = frame_at(&ward, instant_add(start, duration_s(3)));
	ck_assert_str_eq(text_at(frame, "banner"), "NO SESSION: LIMITS OFF");
	ck_assert(json_is_false(json_object_get(frame, "watched")));
	ck_assert(json_is_null(json_object_get(frame, "session")));
	ck_assert_str_eq(text_at(vital_of(frame, VITAL_SPO2), "text"), "97");
	ck_assert_int_eq(json_integer_value(json_object_get(vital_of(frame, VITAL_SPO2), "age_ms")), 2000);
	ck_assert_uint_eq(json_array_size(json_object_get(vital_of(frame, VITAL_SPO2), "limits")), 0);
	ck_assert_uint_eq(json_array_size(json_object_get(frame, "allowed")), 1);
	json_decref(frame);
	watch_destroy(ward.watch);
}
END_TEST

START_TEST(a_session_shows_its_arithmetic_and_clocks)
{
	struct ward ward;
	struct act dose = { .kind = ACT_DOSE, .who = { "prescriber", ROLE_PRESCRIBER }, .override = true, .reason = "test" };
	struct instant at = instant_add(start, duration_s(10));
	const json_t *session, *plan, *clock;
	json_t *frame;

	open_ward(&ward);
	begin_session(&ward, start);
	reply(&ward, at, 97000, 121000);
	ck_assert(watch_act(ward.watch, at, &dose).ok);
	at = instant_add(at, duration_min(8));
	watch_advance(ward.watch, at);
	frame = frame_at(&ward, at);
	session = json_object_get(frame, "session");
	plan = json_object_get(session, "plan");
	clock = json_object_get(session, "dose_clock");
	ck_assert_str_eq(text_at(session, "phase"), "infusion");
	ck_assert_str_eq(text_at(session, "patient"), "T-0001");
	ck_assert(json_number_value(json_object_get(plan, "dose_mg")) == 35.0);
	ck_assert(json_number_value(json_object_get(plan, "rate_mg_h")) == 52.5);
	ck_assert(json_number_value(json_object_get(plan, "rate_ml_h")) == 150.0);
	ck_assert(json_number_value(json_object_get(plan, "concentration_mg_ml")) == 0.35);
	ck_assert(json_number_value(json_object_get(plan, "dose_mg_per_kg")) == 0.5);
	ck_assert(json_number_value(json_object_get(clock, "infused_mg")) == 7.0);
	ck_assert_int_eq(json_integer_value(json_object_get(clock, "left_ms")), 32 * 60000);
	ck_assert_str_eq(text_at(clock, "infused_label"), "calculated from the clock");
	ck_assert(json_array_size(json_object_get(session, "checks")) > 0);
	json_decref(frame);
	watch_destroy(ward.watch);
}
END_TEST

START_TEST(a_silent_monitor_is_said_in_words)
{
	struct ward ward;
	struct instant at = start;
	const json_t *line;
	json_t *frame;

	open_ward(&ward);
	begin_session(&ward, start);
	reply(&ward, instant_add(start, duration_s(1)), 97000, 121000);
	for (int i = 0; i < 20; i++) {
		at = instant_add(start, duration_s(2 + i));
		watch_missed(ward.watch, "m1", at, "monitor does not answer within 400 ms");
	}
	frame = frame_at(&ward, at);
	line = json_array_get(json_object_get(frame, "not_watching"), 0);
	ck_assert_str_eq(text_at(line, "line"), "NOT WATCHING m1 at bed1 since 10:00: monitor does not answer within 400 ms");
	ck_assert_int_ge(json_array_size(json_object_get(frame, "not_watching")), 2);
	ck_assert_str_eq(text_at(vital_of(frame, VITAL_SPO2), "show"), "grey");
	ck_assert_str_eq(text_at(vital_of(frame, VITAL_SYSTOLIC), "show"), "value");
	ck_assert_str_eq(text_at(frame, "worst"), "medium");
	json_decref(frame);
	watch_destroy(ward.watch);
}
END_TEST

START_TEST(an_alarm_says_what_it_allows)
{
	struct ward ward;
	struct act ack = { .kind = ACT_ACKNOWLEDGE, .who = { "nurse", ROLE_NURSE }, .reason = "cuff repeated" };
	struct instant at = instant_add(start, duration_s(1));
	const json_t *alarm;
	json_t *frame;

	open_ward(&ward);
	begin_session(&ward, start);
	reply(&ward, at, 97000, 184000);
	frame = frame_at(&ward, at);
	alarm = json_array_get(json_object_get(frame, "alarms"), 0);
	ck_assert_str_eq(text_at(alarm, "priority"), "high");
	ck_assert(json_is_true(json_object_get(alarm, "sounds")));
	ck_assert_str_eq(json_string_value(json_array_get(json_object_get(alarm, "allowed"), 0)), "acknowledge");
	ck_assert_uint_eq(json_array_size(json_object_get(alarm, "allowed")), 1);
	ck_assert_str_eq(text_at(frame, "sounds"), "high");
	ack.alarm = json_integer_value(json_object_get(alarm, "id"));
	ack.revision = (int32_t)json_integer_value(json_object_get(alarm, "revision"));
	json_decref(frame);
	at = instant_add(at, duration_s(2));
	ck_assert(watch_act(ward.watch, at, &ack).ok);
	frame = frame_at(&ward, at);
	alarm = json_array_get(json_object_get(frame, "alarms"), 0);
	ck_assert_str_eq(text_at(alarm, "acknowledged_by"), "nurse");
	ck_assert_str_eq(text_at(alarm, "doing"), "cuff repeated");
	ck_assert_uint_eq(json_array_size(json_object_get(alarm, "allowed")), 0);
	ck_assert_str_eq(text_at(frame, "sounds"), "none");
	ck_assert_str_eq(text_at(frame, "worst"), "high");
	json_decref(frame);
	watch_destroy(ward.watch);
}
END_TEST

START_TEST(only_what_may_be_turned_off_says_so)
{
	static const struct {
		const char *condition;
		bool may;
	} wanted[] = { { "silent", false }, { "lost.rate", false }, { "lost.spo2", false }, { "age-unknown", true } };
	struct observation old = { .at = instant_add(start, duration_s(1)), .reading_count = 0 };
	struct ward ward;
	const json_t *alarm = NULL, *conditions;
	json_t *frame;
	size_t seen = 0;

	open_ward(&ward);
	begin_session(&ward, start);
	/* A result of unknown age beyond a limit asks for a repeat (R3); then the only monitor goes silent. */
	old.cuff.proof = CUFF_AGE_UNKNOWN;
	old.cuff.systolic = (struct reading){ .vital = VITAL_SYSTOLIC, .source = SOURCE_CUFF, .quality = QUALITY_GOOD,
		.milli = 190000 };
	watch_reply(ward.watch, "m1", &old);
	watch_advance(ward.watch, instant_add(start, duration_s(20)));
	frame = frame_at(&ward, instant_add(start, duration_s(20)));
	for (size_t i = 0; i < json_array_size(json_object_get(frame, "alarms")); i++) {
		alarm = json_array_get(json_object_get(frame, "alarms"), i);
		if (strcmp(text_at(alarm, "group"), "technical:m1") == 0)
			break;
	}
	conditions = json_object_get(alarm, "conditions");
	for (size_t i = 0; i < json_array_size(conditions); i++)
		for (size_t w = 0; w < sizeof(wanted) / sizeof(wanted[0]); w++)
			if (strcmp(text_at(json_array_get(conditions, i), "condition"), wanted[w].condition) == 0) {
				ck_assert_msg(json_is_true(json_object_get(json_array_get(conditions, i), "may_turn_off")) ==
				    wanted[w].may, "%s", wanted[w].condition);
				seen++;
			}
	ck_assert_uint_eq(seen, sizeof(wanted) / sizeof(wanted[0]));
	ck_assert_uint_eq(json_array_size(json_object_get(alarm, "allowed")), 2);
	json_decref(frame);
	watch_destroy(ward.watch);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("web_frames");
	TCase *tests = tcase_create("all");

	tcase_set_timeout(tests, 60);
	tcase_add_test(tests, a_bed_without_a_session_says_so);
	tcase_add_test(tests, a_session_shows_its_arithmetic_and_clocks);
	tcase_add_test(tests, a_silent_monitor_is_said_in_words);
	tcase_add_test(tests, an_alarm_says_what_it_allows);
	tcase_add_test(tests, only_what_may_be_turned_off_says_so);
	suite_add_tcase(suite, tests);
	return suite_run(suite);
}
