/* Rules that the scenario language cannot say: what an act is told and refused with, what stands on record, what a clock comes
 * to. Each test is named by its rule and written from it. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/clinical/dose.h"
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

static void
assert_refused(int seconds, struct act act, const char *why)
{
	struct outcome done = ward_try(&ward, seconds, act);

	ck_assert(!done.ok);
	ck_assert_str_eq(done.why, why);
}

static int64_t
infused_minutes(int seconds)
{
	return session_infusing(watch_session(ward.watch), ward_at(seconds)).ms / 60000;
}

/* Whatever a driver may have forgotten: one key is one measurement, also after a pressure by hand. No cuff is done in less than
 * 20 s, so that the same key later than that is a counter that began anew. */
START_TEST(r02_a_key_is_counted_once)
{
	ward_start(&ward);
	ward_cuff(&ward, 10, 118, 88, 74, "7");
	ward_cuff(&ward, 20, 118, 88, 74, "7");
	ck_assert_uint_eq(watch_session(ward.watch)->cuff_count, 1);
	ward_do(&ward, 25, (struct act){ .kind = ACT_MANUAL, .systolic_milli = 120000, .diastolic_milli = 75000,
	    .mean_milli = ALARM_NO_VALUE, .measured_at = ward_at(25) });
	ward_cuff(&ward, 29, 118, 88, 74, "7");
	ck_assert_uint_eq(watch_session(ward.watch)->cuff_count, 2);
	ward_cuff(&ward, 29, 118, 88, 74, "8");
	ck_assert_uint_eq(watch_session(ward.watch)->cuff_count, 3);
	ward_cuff(&ward, 49, 118, 88, 74, "8");
	ck_assert_uint_eq(watch_session(ward.watch)->cuff_count, 4);
}
END_TEST

/* What the driver is opened with after a restart: the key of the monitor's last cuff, whatever came by hand since. */
START_TEST(r02_the_last_key_is_kept_with_the_session)
{
	static struct ward again;
	struct event event = { .type = EVENT_NOTE };

	ward_start(&ward);
	ward_cuff(&ward, 10, 118, 88, 74, "65535");
	ward_do(&ward, 15, (struct act){ .kind = ACT_MANUAL, .systolic_milli = 120000, .diastolic_milli = 75000,
	    .mean_milli = ALARM_NO_VALUE, .measured_at = ward_at(15) });
	ward_open(&again);
	event.session = &ward.session;
	event.session_id = ward.session.id;
	watch_fold(again.watch, &event);
	watch_resume(again.watch, ward_at(20), ward_at(25));
	ck_assert_str_eq(watch_last_cuff_key(again.watch, "m1"), "65535");
	ck_assert_int_eq(watch_last_cuff_at(again.watch, "m1").ms, ward_at(10).ms);
	ward_cuff(&again, 29, 118, 88, 74, "65535");
	ck_assert_uint_eq(watch_session(again.watch)->cuff_count, 2);
	ward_close(&again);
}
END_TEST

static size_t
told_of_systolic(enum event_type type)
{
	size_t count = 0;

	for (size_t i = 0; i < ward.told_count; i++)
		count += ward.told[i].type == type && strcmp(ward.told[i].subject, "systolic") == 0;
	return count;
}

/* The record's coverage is made of these: a pressure that is too old when it comes has covered nothing. */
START_TEST(r05_a_cuff_that_comes_too_late_is_never_told_as_watched)
{
	struct observation late = { .at = ward_at(540), .cuff = ward_new_cuff(540, 118, 88, 74, "1") };

	ward_start(&ward);
	ward_replies(&ward, 1, 539, 78, 98);
	ck_assert_uint_eq(told_of_systolic(EVENT_VITAL_UNKNOWN), 1);
	late.cuff.measured_at = ward_at(60);
	watch_reply(ward.watch, "m1", &late);
	ck_assert_uint_eq(watch_session(ward.watch)->cuff_count, 1);
	ck_assert_uint_eq(told_of_systolic(EVENT_VITAL_KNOWN), 0);
	ward_cuff(&ward, 541, 118, 88, 74, "2");
	ck_assert_uint_eq(told_of_systolic(EVENT_VITAL_KNOWN), 1);
	ck_assert_uint_eq(told_of_systolic(EVENT_VITAL_UNKNOWN), 1);
}
END_TEST

START_TEST(r11_the_record_says_whether_there_is_a_baseline)
{
	static struct ward with;

	ward_start(&ward);
	ward_cuff(&ward, 10, 118, 88, 74, "1");
	ward_do(&ward, 20, (struct act){ .kind = ACT_DOSE, .override = true, .reason = "second cuff not tolerated",
	    .who = { "prescriber", ROLE_PRESCRIBER } });
	ck_assert_str_eq(ward_told(&ward, EVENT_BASELINE_SET)->text,
	    "no baseline of the pressure: its relative limits not in force");
	ck_assert_str_eq(ward_told(&ward, EVENT_BASELINE_SET)->reason, "second cuff not tolerated");
	ward_open(&with);
	ward_start_drug(&with);
	ck_assert_str_eq(ward_told(&with, EVENT_BASELINE_SET)->text, "baseline 128/80: relative limits in force");
	ward_close(&with);
}
END_TEST

START_TEST(r23_a_pause_infuses_nothing)
{
	ward_start_drug(&ward);
	ward_do(&ward, 1200, (struct act){ .kind = ACT_PAUSE });
	ck_assert_int_eq(infused_minutes(1500), 10);
	ward_do(&ward, 1500, (struct act){ .kind = ACT_RESUME });
	ck_assert_int_eq(infused_minutes(1800), 15);
	/* 35 mg over 40 min. */
	ck_assert_int_eq(infused_ug(35000, duration_min(40), session_infusing(watch_session(ward.watch), ward_at(1800))), 13125);
	/* Never more than was planned, however long nobody stops it. */
	ck_assert_int_eq(infused_minutes(9000), 40);
}
END_TEST

START_TEST(r26_limits_and_offs_need_a_reason)
{
	const struct act limit = { .kind = ACT_LIMIT, .vital = VITAL_RATE, .side = SIDE_HIGH, .tier = TIER_ADVISORY,
		.milli = 120000 };
	struct act off = { .kind = ACT_ALARM_OFF, .condition = { .kind = CONDITION_OVERDUE } };

	ward_start(&ward);
	assert_refused(1, limit, "a change of a limit needs its reason");
	ward_replies(&ward, 2, 460, 78, 98);
	off.alarm = ward_alarm(&ward, "technical:m1")->id;
	assert_refused(461, off, "turning an alarm off needs a reason");
	off.who = (struct actor){ "viewer", ROLE_VIEWER };
	assert_refused(462, off, "off is not for a viewer");
}
END_TEST

/* "now 185, you saw 165" */
START_TEST(r28_a_refusal_says_both_values)
{
	struct act ack = { .kind = ACT_ACKNOWLEDGE };

	ward_start(&ward);
	ward_cuff(&ward, 1, 165, 110, 88, "1");
	ack.alarm = ward_alarm(&ward, "pressure")->id;
	ck_assert_int_eq(ward_alarm(&ward, "pressure")->revision, 1);
	ward_cuff(&ward, 2, 168, 110, 88, "2");
	ward_cuff(&ward, 3, 172, 110, 88, "3");
	/* Of what holds the worst is said: the mean is at its advisory limit only. */
	ward_cuff(&ward, 4, 185, 122, 88, "4");
	ack.revision = 1;
	assert_refused(5, ack, "it has become worse: systolic is now 185, you saw 165");
	ack.revision = 2;
	assert_refused(6, ack, "it has become worse: systolic is now 185, you saw 168");
	ack.revision = 3;
	assert_refused(7, ack, "it has become worse: systolic is now 185, you saw 172");
	ack.revision = 5;
	assert_refused(8, ack, "that alarm has no revision 5, it is at 4");
	ck_assert(!ward_alarm(&ward, "pressure")->acknowledged);
	ack.revision = 4;
	ward_do(&ward, 9, ack);
	ck_assert_str_eq(ward_alarm(&ward, "pressure")->acknowledged_by, "nurse");
}
END_TEST

/* What has no value is said in words: silent for 30 s of the drug it is high. */
START_TEST(r28_a_refusal_without_values)
{
	struct act ack = { .kind = ACT_ACKNOWLEDGE, .revision = 1 };

	ward_start_drug(&ward);
	watch_advance(ward.watch, ward_at(640));
	ack.alarm = ward_alarm(&ward, "technical:m1")->id;
	assert_refused(640, ack,
	    "it has become worse since your screen showed it: NOT WATCHING m1 at bed1 since 09:10: monitor does not answer; last rate "
	    "78, spo2 98; lost.rate; lost.spo2");
}
END_TEST

START_TEST(r29_a_pause_counts_down_and_is_on_record)
{
	ward_start(&ward);
	ward_do(&ward, 10, (struct act){ .kind = ACT_PAUSE_AUDIO });
	ck_assert_int_eq(instant_since(watch_audio_paused_until(ward.watch), ward_at(10)).ms, 120000);
	ck_assert_str_eq(ward_told(&ward, EVENT_AUDIO_PAUSED)->who.name, "nurse");
	ck_assert_str_eq(ward_told(&ward, EVENT_AUDIO_PAUSED)->new_value, "2026-01-01T09:02:10.000Z");
	assert_refused(20, (struct act){ .kind = ACT_PAUSE_AUDIO, .audio_pause = duration_ms(120001) },
	    "a pause of sound lasts at most 120 s");
	ward_replies(&ward, 21, 132, 78, 98);
	ck_assert(!instant_is_known(watch_audio_paused_until(ward.watch)));
	ck_assert_str_eq(ward_told(&ward, EVENT_AUDIO_RESUMED)->text, "the pause of sound is over");
}
END_TEST

/* Every obstacle by its words, all in one sentence; the checklist must be gone through before any of them counts. */
START_TEST(r33_every_obstacle_to_discharge_is_said)
{
	struct act discharge = { .kind = ACT_DISCHARGE };

	ward_start_drug(&ward);
	ward_cuff(&ward, 601, 165, 110, 88, "3");
	ward_do(&ward, 602, (struct act){ .kind = ACT_STOP, .abort = true, .reason = "nausea" });
	assert_refused(603, discharge, "discharge comes after the checklist: answer it first");
	ward_do(&ward, 604, (struct act){ .kind = ACT_CHECKLIST, .checklist_done = 0xff });
	assert_refused(620, discharge,
	    "not yet: an alarm is open, a required vital sign is not known, the checklist is not complete, recovery has not lasted "
	    "its minimum; discharge over it needs an override with a reason");
	discharge.override = true;
	assert_refused(621, discharge,
	    "discharge over this needs a reason: an alarm is open, a required vital sign is not known, the checklist is not "
	    "complete, recovery has not lasted its minimum");
	ck_assert_int_eq(watch_session(ward.watch)->phase, PHASE_RECOVERY);
}
END_TEST

START_TEST(r33_an_incomplete_checklist_needs_a_reason)
{
	struct act discharge = { .kind = ACT_DISCHARGE };

	ward.regimen.phases[PHASE_RECOVERY].minimum = duration_min(1);
	ward_start_drug(&ward);
	ward_do(&ward, 601, (struct act){ .kind = ACT_STOP, .abort = true, .reason = "nausea" });
	ward_do(&ward, 602, (struct act){ .kind = ACT_CHECKLIST, .checklist_done = 0xff });
	ward_cuff(&ward, 603, 128, 96, 80, "3");
	ward_replies(&ward, 604, 670, 78, 98);
	assert_refused(670, discharge, "not yet: the checklist is not complete; discharge over it needs an override with a reason");
	discharge.override = true;
	snprintf(discharge.reason, sizeof(discharge.reason), "escort is on the way");
	ward_do(&ward, 671, discharge);
	ck_assert_str_eq(ward_told(&ward, EVENT_DISCHARGED)->reason, "escort is on the way");
	ck_assert_str_eq(ward_told(&ward, EVENT_DISCHARGED)->text, "the checklist is not complete");
	ck_assert_str_eq(ward_told(&ward, EVENT_DISCHARGED)->who.name, "nurse");
}
END_TEST

START_TEST(r34_the_live_value_must_be_the_monitors_own)
{
	struct act begin = { .kind = ACT_START, .weight_g = 70000, .weight_milli_lb = 154324, .confirm_live = true,
		.live_vital = VITAL_RATE, .live_milli = 78000 };

	assert_refused(0, begin, "no live rate is read from this bed's monitor to confirm");
	ward_reply(&ward, 1, 92, 98);
	assert_refused(2, begin, "the monitor shows rate 78 and this bed reads 92: is it the right monitor?");
	/* What was read ten seconds ago is not live. */
	ward_reply(&ward, 3, 78, 98);
	assert_refused(13, begin, "no live rate is read from this bed's monitor to confirm");
	ward_reply(&ward, 14, 78, 98);
	ward_do(&ward, 15, begin);
}
END_TEST

START_TEST(r34_a_start_says_weight_in_both_units_dose_volume_and_rate)
{
	assert_refused(0, (struct act){ .kind = ACT_START, .weight_g = 70000, .weight_milli_lb = 70000 },
	    "the weight in kg and in lb are not the same weight");
	ward_start(&ward);
	ck_assert_str_eq(ward_told(&ward, EVENT_SESSION_STARTED)->text,
	    "70 kg (154.324 lb), 35 mg in 100 mL over 40 min at 150 mL/h");
}
END_TEST

START_TEST(r34_a_monitor_serves_one_session)
{
	struct act begin = { .kind = ACT_START, .who = { "nurse", ROLE_NURSE }, .weight_g = 80000 };
	struct act move = { .kind = ACT_MOVE, .who = { "nurse", ROLE_NURSE }, .bed = "bed2" };
	struct outcome moved;

	ward_start(&ward);
	ck_assert(watch_act(ward.other, ward_at(1), &begin).ok);
	moved = watch_move(ward.watch, ward.other, ward_at(2), &move);
	ck_assert(!moved.ok);
	ck_assert_str_eq(moved.why, "bed2 already has a session: a monitor serves one session");
	ck_assert_int_ne(watch_session(ward.watch)->id, watch_session(ward.other)->id);
	ck_assert_int_eq(watch_session(ward.other)->plan.weight_g, 80000);
}
END_TEST

START_TEST(r35_a_correction_needs_its_reason_and_keeps_the_old)
{
	struct act correct = { .kind = ACT_CORRECT, .correction = CORRECT_DOSE_START, .corrected_to = ward_at(480) };
	const struct event *told;

	ward_start_drug(&ward);
	assert_refused(700, correct, "a correction needs its reason");
	snprintf(correct.reason, sizeof(correct.reason), "pump really started 09:08");
	ward_do(&ward, 701, correct);
	told = ward_told(&ward, EVENT_CORRECTED);
	ck_assert_str_eq(told->subject, "dose-start");
	ck_assert_str_eq(told->old_value, "2026-01-01T09:10:00.000Z");
	ck_assert_str_eq(told->new_value, "2026-01-01T09:08:00.000Z");
	ck_assert_str_eq(told->who.name, "nurse");
	ck_assert_str_eq(told->reason, "pump really started 09:08");
	ck_assert_int_eq(infused_minutes(780), 5);
	/* What was said at 09:10 stays: it is an entry of its own. */
	ck_assert_int_eq(ward_told(&ward, EVENT_DOSE_STARTED)->at.ms, ward_at(600).ms);
}
END_TEST

START_TEST(r35_pause_and_stop_are_mended)
{
	struct act correct = { .kind = ACT_CORRECT, .correction = CORRECT_PAUSE, .corrected_to = ward_at(1080),
		.reason = "clamp was closed earlier" };

	ward_start_drug(&ward);
	ward_do(&ward, 1200, (struct act){ .kind = ACT_PAUSE });
	ward_do(&ward, 1210, correct);
	ck_assert_int_eq(infused_minutes(1300), 8);
	/* R23's ten minutes count from the pause as it really was. */
	ck_assert_int_eq(watch_session(ward.watch)->phase_since.ms, ward_at(1080).ms);
	ward_do(&ward, 1320, (struct act){ .kind = ACT_RESUME });
	ward_do(&ward, 1440, (struct act){ .kind = ACT_STOP, .abort = true, .reason = "nausea" });
	correct.correction = CORRECT_STOP;
	correct.corrected_to = ward_at(1380);
	ward_do(&ward, 1450, correct);
	ck_assert_int_eq(infused_minutes(3000), 9);
	ck_assert_str_eq(ward_told(&ward, EVENT_CORRECTED)->subject, "stop");
	/* Later than now, and before the stretch that it ended began. */
	correct.corrected_to = ward_at(1500);
	assert_refused(1460, correct, "the corrected time does not lie between what came before it and what came after");
	correct.correction = CORRECT_PAUSE;
	assert_refused(1470, correct, "only the latest pause can be corrected, and the session is in recovery");
}
END_TEST

START_TEST(r35_the_resumption_is_mended)
{
	const struct act correct = { .kind = ACT_CORRECT, .correction = CORRECT_RESUME, .corrected_to = ward_at(1260),
		.reason = "pump was started a minute earlier" };

	ward_start_drug(&ward);
	ward_do(&ward, 1200, (struct act){ .kind = ACT_PAUSE });
	ward_do(&ward, 1320, (struct act){ .kind = ACT_RESUME });
	ward_do(&ward, 1330, correct);
	ck_assert_int_eq(infused_minutes(1380), 12);
	ck_assert_int_eq(watch_session(ward.watch)->phase_since.ms, ward_at(1260).ms);
}
END_TEST

START_TEST(r35_a_stop_out_of_a_pause_ends_no_infusing)
{
	const struct act correct = { .kind = ACT_CORRECT, .correction = CORRECT_STOP, .corrected_to = ward_at(1260),
		.reason = "stopped a minute earlier" };

	ward_start_drug(&ward);
	ward_do(&ward, 1200, (struct act){ .kind = ACT_PAUSE });
	ward_do(&ward, 1320, (struct act){ .kind = ACT_STOP, .abort = true, .reason = "nausea" });
	ward_do(&ward, 1330, correct);
	ck_assert_int_eq(infused_minutes(1380), 10);
	ck_assert_int_eq(watch_session(ward.watch)->phase_since.ms, ward_at(1260).ms);
}
END_TEST

/* Ten minutes of pause are over at the instant at which somebody acts: what is due then has happened. */
START_TEST(r36_time_comes_before_an_act_of_its_instant)
{
	ward_start_drug(&ward);
	ward_do(&ward, 700, (struct act){ .kind = ACT_PAUSE });
	ward_replies(&ward, 701, 1299, 78, 98);
	ward.told_count = 0;
	ward_do(&ward, 1300, (struct act){ .kind = ACT_NOTE, .reason = "on the way" });
	ck_assert_str_eq(ward.told[0].subject, "dose");
	ck_assert_int_eq(ward.told[ward.told_count - 1].type, EVENT_NOTE);
	ck_assert_str_eq(ward_sentence(&ward, "dose"), "the infusion has been paused for long: resume or stop it");
}
END_TEST

START_TEST(r38_the_ceiling_is_said)
{
	struct act limit = { .kind = ACT_LIMIT, .vital = VITAL_SYSTOLIC, .side = SIDE_HIGH, .tier = TIER_CRITICAL,
		.milli = 201000, .reason = "always high" };

	ward_start(&ward);
	assert_refused(1, limit, "systolic high limit 201 lies beyond the clinic's ceiling of 200");
	limit.milli = 200000;
	ward_do(&ward, 2, limit);
	ck_assert_str_eq(ward_told(&ward, EVENT_LIMIT_CHANGED)->subject, "systolic.high.critical");
	ck_assert_str_eq(ward_told(&ward, EVENT_LIMIT_CHANGED)->old_value, "180");
	ck_assert_str_eq(ward_told(&ward, EVENT_LIMIT_CHANGED)->new_value, "200");
	ck_assert_str_eq(ward_told(&ward, EVENT_LIMIT_CHANGED)->reason, "always high");
	/* Where the clinic has set no ceiling nothing may be laxer than its standing limit. */
	ward.regimen.ceiling.at[VITAL_RATE][SIDE_HIGH][TIER_CRITICAL].set = false;
	limit.vital = VITAL_RATE;
	limit.milli = 131000;
	assert_refused(3, limit, "rate high limit 131 lies beyond the standing limit (the clinic has set no ceiling) of 130");
	limit.milli = 129000;
	ward_do(&ward, 4, limit);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("rules");
	TCase *tests = tcase_create("all");

	tcase_set_timeout(tests, 60);
	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, r02_a_key_is_counted_once);
	tcase_add_test(tests, r02_the_last_key_is_kept_with_the_session);
	tcase_add_test(tests, r05_a_cuff_that_comes_too_late_is_never_told_as_watched);
	tcase_add_test(tests, r11_the_record_says_whether_there_is_a_baseline);
	tcase_add_test(tests, r23_a_pause_infuses_nothing);
	tcase_add_test(tests, r26_limits_and_offs_need_a_reason);
	tcase_add_test(tests, r28_a_refusal_says_both_values);
	tcase_add_test(tests, r28_a_refusal_without_values);
	tcase_add_test(tests, r29_a_pause_counts_down_and_is_on_record);
	tcase_add_test(tests, r33_every_obstacle_to_discharge_is_said);
	tcase_add_test(tests, r33_an_incomplete_checklist_needs_a_reason);
	tcase_add_test(tests, r34_the_live_value_must_be_the_monitors_own);
	tcase_add_test(tests, r34_a_start_says_weight_in_both_units_dose_volume_and_rate);
	tcase_add_test(tests, r34_a_monitor_serves_one_session);
	tcase_add_test(tests, r35_a_correction_needs_its_reason_and_keeps_the_old);
	tcase_add_test(tests, r35_pause_and_stop_are_mended);
	tcase_add_test(tests, r35_the_resumption_is_mended);
	tcase_add_test(tests, r35_a_stop_out_of_a_pause_ends_no_infusing);
	tcase_add_test(tests, r36_time_comes_before_an_act_of_its_instant);
	tcase_add_test(tests, r38_the_ceiling_is_said);
	suite_add_tcase(suite, tests);
	return suite_run(suite);
}
