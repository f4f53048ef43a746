/* What people read (R37, and the words that other rules ask for). Every sentence was written from the rules. */
#include <check.h>
#include <stdlib.h>

#include "tests/unit/rules_fixture.h"
#include "suite_run.h"

static struct ward ward;

static void
set_up(void)
{
	ward_open(&ward);
}

static void
tear_down(void)
{
	ward_close(&ward);
}

/* The rule's own example: systolic 184 under 180, baseline 128; 56 of 128 are 43.75 %. The other rules that hold follow in
 * the order of vital, side, tier (R16). */
START_TEST(r37_value_limit_tier_baseline_and_percent)
{
	ward_start_drug(&ward);
	ward_cuff(&ward, 780, 184, 110, 85, "3");
	ck_assert_str_eq(ward_sentence(&ward, "pressure"),
	    "Systolic 184, limit 180 (critical high); baseline 128, +44 %; measured at 09:13; systolic.high.advisory; "
	    "systolic.high.advisory.relative; systolic.high.critical.relative; systolic.rising");
}
END_TEST

/* +20 % of 128 is 153.6: the limit in force, to the last digit; 26 of 128 are 20.3 %. */
START_TEST(r37_a_limit_from_the_baseline)
{
	ward_start_drug(&ward);
	ward_cuff(&ward, 960, 154, 110, 85, "3");
	ck_assert_str_eq(ward_sentence(&ward, "pressure"),
	    "Systolic 154, limit 153.6 (advisory high, from the baseline); baseline 128, +20 %; measured at 09:16");
}
END_TEST

START_TEST(r37_below_the_baseline)
{
	ward_start_drug(&ward);
	ward_cuff(&ward, 960, 90, 75, 60, "3");
	ck_assert_str_eq(ward_sentence(&ward, "pressure"),
	    "Systolic 90, limit 90 (advisory low); baseline 128, -30 %; measured at 09:16; systolic.low.advisory.relative");
}
END_TEST

/* Eleven rules of one cuff (R16) are more than a sentence holds: whole names, and how many are left. */
START_TEST(r16_what_there_is_no_room_for_is_counted)
{
	ward_start_drug(&ward);
	ward_cuff(&ward, 780, 184, 137, 112, "3");
	ck_assert_uint_eq(ward_alarm(&ward, "pressure")->condition_count, 11);
	ck_assert_str_eq(ward_sentence(&ward, "pressure"),
	    "Systolic 184, limit 180 (critical high); baseline 128, +44 %; measured at 09:13; systolic.high.advisory; "
	    "systolic.high.advisory.relative; systolic.high.critical.relative; diastolic.high.advisory; "
	    "diastolic.high.advisory.relative; diastolic.high.critical; diastolic.high.critical.relative; and 3 more");
}
END_TEST

/* Before the drug there is no baseline to compare with. */
START_TEST(r37_without_a_baseline)
{
	ward_start(&ward);
	ward_replies(&ward, 0, 60, 78, 98);
	ward_cuff(&ward, 61, 150, 128, 85, "1");
	ck_assert_str_eq(ward_sentence(&ward, "pressure"), "Mean pressure 128, limit 120 (advisory high); measured at 09:01");
	ward_replies(&ward, 62, 72, 48, 98);
	ck_assert_str_eq(ward_sentence(&ward, "rate"), "Rate 48, limit 50 (advisory low); measured at 09:01");
}
END_TEST

/* The limit of this patient, not the clinic's. */
START_TEST(r37_the_limit_in_force)
{
	ward_start(&ward);
	ward_do(&ward, 1, (struct act){ .kind = ACT_LIMIT, .vital = VITAL_SYSTOLIC, .side = SIDE_HIGH, .tier = TIER_ADVISORY,
	    .milli = 150000, .reason = "after a stroke" });
	ward_cuff(&ward, 2, 152, 110, 85, "1");
	ck_assert_str_eq(ward_sentence(&ward, "pressure"), "Systolic 152, limit 150 (advisory high); measured at 09:00");
}
END_TEST

/* 110.4 beyond 110, and a limit of 110.4 that 110 is not at: the digits that tell them apart are said. */
START_TEST(r09_the_sentence_is_never_rounded_to_equality)
{
	struct reading rate = { .vital = VITAL_RATE, .source = SOURCE_PLETH, .quality = QUALITY_GOOD, .milli = 110400 };

	ward_start(&ward);
	for (int seconds = 1; seconds <= 11; seconds++)
		ward_read(&ward, seconds, rate);
	ck_assert_str_eq(ward_sentence(&ward, "rate"), "Rate 110.4, limit 110 (advisory high); measured at 09:00");
}
END_TEST

START_TEST(r18_the_trend)
{
	ward_start(&ward);
	ward_cuff(&ward, 60, 110, 84, 70, "1");
	ward_cuff(&ward, 240, 131, 96, 78, "2");
	ck_assert_str_eq(ward_sentence(&ward, "pressure"),
	    "Systolic 131, rising by more than the trend rule allows (to 130); measured at 09:04");
	/* Ten minutes after the 110 the lowest is another one. */
	ward_cuff(&ward, 300, 118, 88, 74, "3");
	ward_cuff(&ward, 720, 142, 104, 84, "4");
	ck_assert_str_eq(ward_sentence(&ward, "pressure"),
	    "Systolic 142, rising by more than the trend rule allows (to 138); measured at 09:12");
}
END_TEST

START_TEST(r06_the_end_of_what_can_be_measured)
{
	const struct reading rate = { .vital = VITAL_RATE, .source = SOURCE_PLETH, .quality = QUALITY_GOOD, .milli = 29000 };

	ward_start(&ward);
	for (int seconds = 1; seconds <= 11; seconds++)
		ward_read(&ward, seconds, rate);
	ck_assert_str_eq(ward_sentence(&ward, "rate"),
	    "Rate reads 29, at the end of what can be measured: look at the patient; measured at 09:00; rate.low.advisory");
}
END_TEST

/* 84 from 60 s to 68 s; ten seconds later the value is stale. */
/* A monitor that cannot measure beyond 105; what it does measure later is said as a rate like any other. */
START_TEST(r06_the_end_of_the_devices_range)
{
	const struct reading rate = { .vital = VITAL_RATE, .source = SOURCE_PLETH, .quality = QUALITY_GOOD, .milli = 105000,
		.pinned = PINNED_HIGH };

	ward_start(&ward);
	for (int seconds = 1; seconds <= 11; seconds++)
		ward_read(&ward, seconds, rate);
	ck_assert_str_eq(ward_sentence(&ward, "rate"),
	    "Rate reads 105, at the end of what can be measured: look at the patient; measured at 09:00; rate.high.advisory");
	ward_reply(&ward, 12, 135, 98);
	ck_assert_str_eq(ward_sentence(&ward, "rate"),
	    "Rate 135, limit 130 (critical high); measured at 09:00; rate.high.advisory");
}
END_TEST

START_TEST(r14_what_was_pending_when_the_signal_was_lost)
{
	ward_start(&ward);
	ward_replies(&ward, 0, 59, 78, 98);
	ward_replies(&ward, 60, 68, 78, 84);
	ward_replies(&ward, 69, 79, 78, 0);
	ck_assert_str_eq(ward_sentence(&ward, "oxygen"),
	    "SpO2 was 84 % for 8 s (limit 88), then the signal was lost; measured at 09:01; spo2.low.advisory; spo2.falling");
	/* And back with 83 it is an oxygen like any other. */
	ward_replies(&ward, 80, 81, 78, 83);
	ck_assert_str_eq(ward_sentence(&ward, "oxygen"),
	    "SpO2 83, limit 88 (critical low); measured at 09:01; spo2.low.advisory; spo2.falling");
}
END_TEST

/* Two seconds of 84 are no oxygen alarm; the technical one says the value. */
START_TEST(r14_the_last_value_stands_in_the_technical_alarm)
{
	ward_start(&ward);
	ward_replies(&ward, 0, 59, 78, 98);
	ward_replies(&ward, 60, 62, 78, 84);
	ward_replies(&ward, 63, 80, 78, 0);
	ck_assert_str_eq(ward_sentence(&ward, "technical:m1"), "NOT WATCHING spo2 at bed1 since 09:01: no value; last value 84");
}
END_TEST

START_TEST(r14_the_last_values_of_a_silent_monitor)
{
	ward_start(&ward);
	ward_replies(&ward, 0, 59, 78, 98);
	ward_replies(&ward, 60, 62, 79, 84);
	watch_missed(ward.watch, "m1", ward_at(63), "monitor does not answer within 500 ms");
	watch_advance(ward.watch, ward_at(70));
	ck_assert_str_eq(ward_sentence(&ward, "technical:m1"),
	    "NOT WATCHING m1 at bed1 since 09:01: monitor does not answer within 500 ms; last rate 79, spo2 84");
}
END_TEST

START_TEST(r19_not_watching_says_what_where_since_when_and_why)
{
	const struct reading off = { .vital = VITAL_SPO2, .source = SOURCE_PLETH, .quality = QUALITY_INVALID,
		.doubt = DOUBT_SENSOR_OFF };

	ward_start(&ward);
	ward_replies(&ward, 0, 840, 78, 98);
	ck_assert_str_eq(ward_sentence(&ward, "technical:m1"),
	    "NOT WATCHING pressure at bed1 since 09:00: no new cuff measurement, one is due every 5 min");
	ward_cuff(&ward, 841, 118, 88, 74, "1");
	for (int seconds = 842; seconds <= 860; seconds++) {
		ward_reply(&ward, seconds, 78, 0);
		ward_read(&ward, seconds, off);
	}
	/* The last oxygen was read at 09:14:00. */
	ck_assert_str_eq(ward_sentence(&ward, "technical:m1"), "NOT WATCHING spo2 at bed1 since 09:14: sensor off; last value 98");
}
END_TEST

/* Ended at 20, 95 and 170 s, each more than a minute before the next; the third onset after an end is one standing alarm. */
START_TEST(r22_a_failed_cuff_says_the_devices_reason)
{
	const struct observation failed = {
		.at = ward_at(2), .cuff = { .proof = CUFF_FAILED, .measured_at = ward_at(2), .key = "5", .failure = "weak signal" },
	};

	ward_start(&ward);
	ward_reply(&ward, 1, 78, 98);
	watch_reply(ward.watch, "m1", &failed);
	ck_assert_str_eq(ward_sentence(&ward, "technical:m1"), "the cuff measurement failed (weak signal): repeat it");
	ck_assert_int_eq(ward_alarm(&ward, "technical:m1")->priority, PRIORITY_LOW);
}
END_TEST

START_TEST(r30_a_standing_alarm_says_since_when)
{
	ward_start(&ward);
	for (int round = 0; round < 4; round++) {
		ward_replies(&ward, round * 75, round * 75 + 14, 112, 98);
		ward_replies(&ward, round * 75 + 15, round * 75 + 74, 90, 98);
	}
	/* Over again, and kept with its sentence: the third alarm began at 160 s. */
	ward_replies(&ward, 300, 311, 112, 98);
	ck_assert(ward_alarm(&ward, "rate")->standing);
	ck_assert_str_eq(ward_sentence(&ward, "rate"),
	    "On and off since 09:02: Rate 112, limit 110 (advisory high); measured at 09:05");
}
END_TEST

static void
assert_unwatched(int from, int to, const char *told, const char *sentence)
{
	static struct ward again;
	struct event event = { .type = EVENT_NOTE };

	ward_start(&ward);
	ward_replies(&ward, 0, 60, 78, 98);
	ward_open(&again);
	event.session = &ward.session;
	event.session_id = ward.session.id;
	watch_fold(again.watch, &event);
	watch_resume(again.watch, ward_at(from), ward_at(to));
	ck_assert_str_eq(ward_told(&again, EVENT_PROGRAM_STARTED)->text, told);
	ck_assert_str_eq(ward_sentence(&again, "bed"), sentence);
	ck_assert_int_eq(ward_alarm(&again, "bed")->priority, PRIORITY_MEDIUM);
	ward_close(&again);
}

START_TEST(r32_nobody_watched_from_to)
{
	assert_unwatched(720, 900, "nobody watched from 09:12 to 09:15",
	    "nobody watched from 09:12 to 09:15: look at the patient");
}
END_TEST

START_TEST(r32_nobody_watched_within_a_minute)
{
	assert_unwatched(900, 912, "nobody watched for 12 s at 09:15", "nobody watched for 12 s at 09:15: look at the patient");
}
END_TEST

/* R26: what is over keeps the sentence that it had. */
START_TEST(r37_the_sentence_is_kept_with_the_alarm)
{
	ward_start(&ward);
	ward_replies(&ward, 0, 59, 78, 98);
	ward_cuff(&ward, 60, 165, 110, 88, "1");
	ward_replies(&ward, 60, 119, 78, 98);
	ward_cuff(&ward, 120, 150, 105, 84, "2");
	ck_assert_str_eq(ward_told(&ward, EVENT_ALARM)->text, "Systolic 165, limit 160 (advisory high); measured at 09:01");
	ck_assert_int_eq(ward_told(&ward, EVENT_ALARM)->change, ALARM_END);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("sentences");
	TCase *tests = tcase_create("all");

	tcase_set_timeout(tests, 60);
	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, r37_value_limit_tier_baseline_and_percent);
	tcase_add_test(tests, r37_a_limit_from_the_baseline);
	tcase_add_test(tests, r37_below_the_baseline);
	tcase_add_test(tests, r37_without_a_baseline);
	tcase_add_test(tests, r37_the_limit_in_force);
	tcase_add_test(tests, r37_the_sentence_is_kept_with_the_alarm);
	tcase_add_test(tests, r06_the_end_of_what_can_be_measured);
	tcase_add_test(tests, r06_the_end_of_the_devices_range);
	tcase_add_test(tests, r09_the_sentence_is_never_rounded_to_equality);
	tcase_add_test(tests, r14_what_was_pending_when_the_signal_was_lost);
	tcase_add_test(tests, r14_the_last_value_stands_in_the_technical_alarm);
	tcase_add_test(tests, r14_the_last_values_of_a_silent_monitor);
	tcase_add_test(tests, r18_the_trend);
	tcase_add_test(tests, r19_not_watching_says_what_where_since_when_and_why);
	tcase_add_test(tests, r16_what_there_is_no_room_for_is_counted);
	tcase_add_test(tests, r22_a_failed_cuff_says_the_devices_reason);
	tcase_add_test(tests, r30_a_standing_alarm_says_since_when);
	tcase_add_test(tests, r32_nobody_watched_from_to);
	tcase_add_test(tests, r32_nobody_watched_within_a_minute);
	suite_add_tcase(suite, tests);
	return suite_run(suite);
}
