/* Cuffs that are started from here: off by default, one at a time, a rest after each, never sent twice; the repeat of R13. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "suite_run.h"
#include "tests/unit/rules_fixture.h"

static struct ward ward;
static int keys;

static void
open_ward(bool permitted)
{
	struct watch_device device = ward_monitor("m1");

	device.may_start_cuff = permitted;
	device.cuff_start_rest = duration_s(40);
	ward_open_with(&ward, &device);
}

static void
set_up(void)
{
	open_ward(true);
}

static void
tear_down(void)
{
	ward_close(&ward);
}

static struct instant
after(int seconds)
{
	return ward_at(seconds);
}

/* What every event of a cuff that is started said, "value;". */
static const char *
said(void)
{
	static char text[512];
	size_t length = 0;

	text[0] = '\0';
	for (size_t i = 0; i < ward.told_count; i++)
		if (ward.told[i].type == EVENT_CUFF_STARTED)
			length += (size_t)snprintf(text + length, sizeof(text) - length, "%s;", ward.told[i].new_value);
	return text;
}

static struct outcome
do_act(enum act_kind kind, int seconds)
{
	return ward_try(&ward, seconds, (struct act){ .kind = kind });
}

/* A reply with good samples; systolic 0: without a cuff. */
static void
reply(int seconds, int systolic, bool measuring)
{
	struct observation observation = ward_observation(seconds, 80, 97);
	char key[CUFF_KEY_CAP];

	observation.measuring = measuring;
	if (systolic != 0) {
		snprintf(key, sizeof(key), "%d", ++keys);
		observation.cuff = ward_new_cuff(seconds, systolic, 0, 70, key);
	}
	watch_reply(ward.watch, "m1", &observation);
}

/* The command that waits: 's' start, 'c' cancel, '-' none; it is sent. */
static char
sent(void)
{
	struct cuff_command command;

	if (!watch_wants_cuff_command(ward.watch, &command))
		return '-';
	ck_assert_str_eq(command.device, "m1");
	watch_cuff_command_sent(ward.watch);
	return command.cancel ? 'c' : 's';
}

START_TEST(it_is_off_until_the_engineer_permits_it)
{
	struct outcome refused;

	ward_close(&ward);
	open_ward(false);
	refused = do_act(ACT_CUFF_START, 1);
	ck_assert_str_eq(refused.why, "no monitor of bed1 may have its cuff started from here: the engineer permits it");
	ck_assert(!watch_allows(ward.watch, ACT_CUFF_START));
	reply(2, 190, false);
	watch_advance(ward.watch, after(300));
	ck_assert_int_eq(sent(), '-');
	ck_assert_str_eq(said(), "");
}
END_TEST

START_TEST(one_is_started_once)
{
	ck_assert(watch_allows(ward.watch, ACT_CUFF_START));
	ck_assert(do_act(ACT_CUFF_START, 1).ok);
	ck_assert_int_eq(sent(), 's');
	ck_assert_int_eq(sent(), '-');
	watch_cuff_commanded(ward.watch, after(2), CUFF_COMMAND_DONE, "");
	ck_assert_str_eq(said(), "asked;started;");
	ck_assert_str_eq(do_act(ACT_CUFF_START, 3).why, "a cuff is going on at bed1 already");
}
END_TEST

START_TEST(none_is_started_while_the_device_measures)
{
	reply(1, 0, true);
	ck_assert_str_eq(do_act(ACT_CUFF_START, 2).why, "a cuff is going on at bed1 already");
}
END_TEST

/* The regimen's 30 s and the device's 40 s: the longer counts, from the result and from a start. */
START_TEST(the_arm_rests_after_a_cuff)
{
	reply(10, 120, false);
	ck_assert_str_eq(do_act(ACT_CUFF_START, 20).why, "the arm rests after a cuff: the next one can be started in 30 s");
	ck_assert(!do_act(ACT_CUFF_START, 49).ok);
	ck_assert(do_act(ACT_CUFF_START, 50).ok);
}
END_TEST

START_TEST(what_may_have_been_started_counts_as_started)
{
	ck_assert(do_act(ACT_CUFF_START, 1).ok);
	ck_assert_int_eq(sent(), 's');
	watch_cuff_commanded(ward.watch, after(2), CUFF_COMMAND_UNKNOWN, "does not answer within 500 ms");
	ck_assert_str_eq(said(), "asked;unknown;");
	ck_assert(!do_act(ACT_CUFF_START, 30).ok);
	/* After 90 s without a result it is over (R21's time), and the rest of 40 s is too. */
	ck_assert(do_act(ACT_CUFF_START, 93).ok);
}
END_TEST

START_TEST(a_refused_one_leaves_the_way_open)
{
	ck_assert(do_act(ACT_CUFF_START, 1).ok);
	ck_assert_int_eq(sent(), 's');
	watch_cuff_commanded(ward.watch, after(2), CUFF_COMMAND_REFUSED, "exception 4: device failure");
	ck_assert_str_eq(said(), "asked;refused;");
	ck_assert(do_act(ACT_CUFF_START, 3).ok);
}
END_TEST

START_TEST(what_the_wire_does_not_take_is_not_sent_later)
{
	ck_assert(do_act(ACT_CUFF_START, 1).ok);
	watch_advance(ward.watch, after(12));
	ck_assert_int_eq(sent(), '-');
	ck_assert_str_eq(said(), "asked;not sent;");
}
END_TEST

START_TEST(what_nobody_answers_counts_as_started)
{
	ck_assert(do_act(ACT_CUFF_START, 1).ok);
	ck_assert_int_eq(sent(), 's');
	watch_advance(ward.watch, after(12));
	ck_assert_str_eq(said(), "asked;unknown;");
	ck_assert(!do_act(ACT_CUFF_START, 50).ok);
	ck_assert(do_act(ACT_CUFF_START, 52).ok);
}
END_TEST

static struct watch_device
permitted(const char *name)
{
	struct watch_device device = ward_monitor(name);

	device.may_start_cuff = true;
	device.cuff_start_rest = duration_s(40);
	return device;
}

/* Another monitor in its place is another cuff, perhaps on another arm: what was asked of the one is not asked of the other. */
START_TEST(one_that_is_asked_of_a_monitor_goes_with_it)
{
	const struct watch_device m2 = permitted("m2");

	ck_assert(do_act(ACT_CUFF_START, 1).ok);
	ck_assert(watch_set_devices(ward.watch, after(2), &m2, 1).ok);
	ck_assert_int_eq(sent(), '-');
	ck_assert_str_eq(said(), "asked;not sent;");
	ck_assert(do_act(ACT_CUFF_START, 3).ok);
}
END_TEST

START_TEST(one_that_was_sent_to_a_monitor_that_goes_spares_the_arm)
{
	const struct watch_device m2 = permitted("m2");

	ck_assert(do_act(ACT_CUFF_START, 1).ok);
	ck_assert_int_eq(sent(), 's');
	if (_i > 0)
		watch_cuff_commanded(ward.watch, after(1), CUFF_COMMAND_DONE, "");
	ck_assert(watch_set_devices(ward.watch, after(2), &m2, 1).ok);
	ck_assert_str_eq(said(), _i > 0 ? "asked;started;" : "asked;unknown;");
	ck_assert(!do_act(ACT_CUFF_START, 41).ok);
	ck_assert(do_act(ACT_CUFF_START, 42).ok);
}
END_TEST

START_TEST(a_monitor_that_stays_keeps_its_cuff_in_another_place)
{
	const struct watch_device both[] = { permitted("m2"), permitted("m1") };

	ck_assert(do_act(ACT_CUFF_START, 1).ok);
	ck_assert(watch_set_devices(ward.watch, after(2), both, 2).ok);
	ck_assert_int_eq(sent(), 's'); /* to m1 */
	watch_cuff_commanded(ward.watch, after(3), CUFF_COMMAND_DONE, "");
	ck_assert_str_eq(said(), "asked;started;");
	ck_assert(!do_act(ACT_CUFF_START, 4).ok);
}
END_TEST

START_TEST(one_that_goes_on_is_cancelled)
{
	ck_assert_str_eq(do_act(ACT_CUFF_CANCEL, 1).why, "no cuff is going on at bed1");
	ck_assert(do_act(ACT_CUFF_START, 1).ok);
	ck_assert_int_eq(sent(), 's');
	watch_cuff_commanded(ward.watch, after(2), CUFF_COMMAND_DONE, "");
	ck_assert(do_act(ACT_CUFF_CANCEL, 10).ok);
	ck_assert_int_eq(sent(), 'c');
	watch_cuff_commanded(ward.watch, after(11), CUFF_COMMAND_DONE, "");
	ck_assert_str_eq(said(), "asked;started;cancel asked;cancelled;");
	/* The arm was squeezed: it rests all the same. */
	ck_assert(!do_act(ACT_CUFF_START, 20).ok);
	ck_assert(do_act(ACT_CUFF_START, 52).ok);
}
END_TEST

START_TEST(one_not_yet_sent_is_taken_back)
{
	ck_assert(do_act(ACT_CUFF_START, 1).ok);
	ck_assert(do_act(ACT_CUFF_CANCEL, 2).ok);
	ck_assert_int_eq(sent(), '-');
	ck_assert_str_eq(said(), "asked;cancelled;");
}
END_TEST

/* R13: one good cuff raises; a repeat is asked of the device, as soon as the arm has rested, and once. */
START_TEST(an_alarm_of_one_cuff_asks_for_a_repeat)
{
	for (int i = 1; i < 10; i++)
		reply(i, 0, false);
	reply(10, 190, false);
	ck_assert_int_eq(sent(), '-');
	for (int i = 11; i < 50; i++)
		reply(i, 0, false);
	ck_assert_int_eq(sent(), '-');
	reply(50, 0, false);
	watch_advance(ward.watch, after(51));
	ck_assert_int_eq(sent(), 's');
	watch_cuff_commanded(ward.watch, after(51), CUFF_COMMAND_DONE, "");
	reply(80, 191, false);
	watch_advance(ward.watch, after(400));
	ck_assert_int_eq(sent(), '-');
	ck_assert_str_eq(said(), "asked;started;");
}
END_TEST

START_TEST(a_cuff_started_at_the_device_is_the_repeat)
{
	reply(10, 190, false);
	for (int i = 11; i <= 55; i++)
		reply(i, 0, i > 40);
	watch_advance(ward.watch, after(56));
	ck_assert_int_eq(sent(), '-');
}
END_TEST

START_TEST(a_normal_cuff_asks_for_none)
{
	reply(10, 120, false);
	watch_advance(ward.watch, after(300));
	ck_assert_int_eq(sent(), '-');
}
END_TEST

/* R21: while we started one, loss of the oximeter is low and not lifted. */
START_TEST(a_cuff_that_we_started_excuses_the_oximeter)
{
	const struct alarm *alarm;

	for (int i = 1; i <= 10; i++)
		reply(i, 0, false);
	ck_assert(do_act(ACT_CUFF_START, 10).ok);
	ck_assert_int_eq(sent(), 's');
	watch_cuff_commanded(ward.watch, after(11), CUFF_COMMAND_DONE, "");
	for (int i = 12; i < 40; i++) {
		struct observation empty = { .at = after(i), .cuff.measured_at = INSTANT_UNKNOWN };

		watch_reply(ward.watch, "m1", &empty);
	}
	ck_assert_uint_eq(watch_alarm_count(ward.watch), 1);
	alarm = watch_alarm_at(ward.watch, 0);
	ck_assert_int_eq(alarm->group.kind, ALARM_GROUP_TECHNICAL);
	ck_assert_int_eq(alarm->priority, PRIORITY_LOW);
}
END_TEST

/* R32: nothing is under way after a restart, and the arm is spared. */
START_TEST(a_restart_forgets_what_was_under_way)
{
	ck_assert(do_act(ACT_CUFF_START, 1).ok);
	watch_resume(ward.watch, after(2), after(60));
	ck_assert_int_eq(sent(), '-');
	ck_assert(!do_act(ACT_CUFF_START, 61).ok);
	ck_assert(do_act(ACT_CUFF_START, 100).ok);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("cuff_start");
	TCase *tests = tcase_create("all");

	tcase_set_timeout(tests, 60);
	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, it_is_off_until_the_engineer_permits_it);
	tcase_add_test(tests, one_is_started_once);
	tcase_add_test(tests, none_is_started_while_the_device_measures);
	tcase_add_test(tests, the_arm_rests_after_a_cuff);
	tcase_add_test(tests, what_may_have_been_started_counts_as_started);
	tcase_add_test(tests, a_refused_one_leaves_the_way_open);
	tcase_add_test(tests, what_the_wire_does_not_take_is_not_sent_later);
	tcase_add_test(tests, what_nobody_answers_counts_as_started);
	tcase_add_test(tests, one_that_is_asked_of_a_monitor_goes_with_it);
	tcase_add_loop_test(tests, one_that_was_sent_to_a_monitor_that_goes_spares_the_arm, 0, 2);
	tcase_add_test(tests, a_monitor_that_stays_keeps_its_cuff_in_another_place);
	tcase_add_test(tests, one_that_goes_on_is_cancelled);
	tcase_add_test(tests, one_not_yet_sent_is_taken_back);
	tcase_add_test(tests, an_alarm_of_one_cuff_asks_for_a_repeat);
	tcase_add_test(tests, a_cuff_started_at_the_device_is_the_repeat);
	tcase_add_test(tests, a_normal_cuff_asks_for_none);
	tcase_add_test(tests, a_cuff_that_we_started_excuses_the_oximeter);
	tcase_add_test(tests, a_restart_forgets_what_was_under_way);
	suite_add_tcase(suite, tests);
	return suite_run(suite);
}
