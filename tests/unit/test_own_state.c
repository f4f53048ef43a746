/* The program's own state (R25) and a clock that is not known to be right (R32), as alarms of the station. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/clinical/own_state.h"
#include "daemon/clinical/regimen.h"
#include "suite_run.h"

static struct {
	struct regimen regimen;
	struct station *station;
	int64_t last_id;
	enum alarm_change change; /* of the last event */
	size_t told;
} program;

static int64_t
next_id(void *ctx)
{
	return ++*(int64_t *)ctx;
}

static void
take(void *ctx, const struct event *event)
{
	(void)ctx;
	program.change = event->change;
	program.told++;
}

static void
set_up(void)
{
	memset(&program, 0, sizeof(program));
	regimen_defaults(&program.regimen);
	program.station =
	    station_create(&program.regimen.timing, next_id, &program.last_id, (struct event_sink){ take, NULL });
}

static void
tear_down(void)
{
	station_destroy(program.station);
}

static struct instant
after(int64_t ms)
{
	return (struct instant){ 1767258000000 + ms };
}

/* The one open alarm, or the test fails. */
static const struct alarm *
only_alarm(void)
{
	ck_assert_uint_eq(station_alarm_count(program.station), 1);
	return station_alarm_at(program.station, 0);
}

static void
assert_alarm(const char *part, enum priority priority, const char *sentence)
{
	ck_assert_str_eq(only_alarm()->group.device, part);
	ck_assert_int_eq(only_alarm()->priority, priority);
	ck_assert_str_eq(only_alarm()->sentence, sentence);
}

static void
assert_quiet(void)
{
	ck_assert_uint_eq(station_alarm_count(program.station), 0);
}

START_TEST(r25_a_store_that_fails_is_high_until_it_writes)
{
	own_state_store(program.station, after(0), "", duration_ms(0));
	assert_quiet();
	own_state_store(program.station, after(1000), "No space left on device", duration_ms(10));
	assert_alarm("store", PRIORITY_HIGH, "the record cannot be written: alarms go on, the record does not");
	own_state_store(program.station, after(2000), "No space left on device", duration_ms(1010));
	ck_assert_uint_eq(program.told, 1);
	own_state_store(program.station, after(3000), "", duration_ms(0));
	assert_quiet();
	ck_assert_int_eq(program.change, ALARM_END);
}
END_TEST

START_TEST(r25_a_store_may_be_behind_for_two_seconds)
{
	own_state_store(program.station, after(0), "", duration_ms(2000));
	assert_quiet();
	own_state_store(program.station, after(1000), "", duration_ms(2001));
	assert_alarm("store", PRIORITY_HIGH, "the record cannot be written: alarms go on, the record does not");
	own_state_store(program.station, after(2000), "", duration_ms(1999));
	assert_quiet();
}
END_TEST

START_TEST(r25_a_line_that_hangs_is_high)
{
	own_state_line_hung(program.station, after(0), "bay", false);
	assert_quiet();
	own_state_line_hung(program.station, after(1000), "bay", true);
	assert_alarm("bay", PRIORITY_HIGH, "line bay hangs: none of its monitors is read");
	/* Another line that answers is no answer of this one. */
	own_state_line_hung(program.station, after(1500), "hall", false);
	ck_assert_uint_eq(station_alarm_count(program.station), 1);
	own_state_line_hung(program.station, after(2000), "bay", false);
	assert_quiet();
}
END_TEST

START_TEST(r25_a_line_behind_its_plan_is_low)
{
	ck_assert(!own_state_is_late(duration_ms(1000), duration_ms(1000)));
	ck_assert(own_state_is_late(duration_ms(1001), duration_ms(1000)));
	own_state_line_pace(program.station, after(0), "bay", "m3", duration_ms(1000));
	assert_alarm("bay", PRIORITY_LOW, "line bay is overloaded: monitor m3 is polled later than every 1000 ms");
	own_state_line_pace(program.station, after(1000), "bay", NULL, duration_ms(1000));
	assert_quiet();
}
END_TEST

START_TEST(r25_hanging_and_overloaded_is_one_alarm_of_its_line)
{
	own_state_line_pace(program.station, after(0), "bay", "m3", duration_ms(1000));
	own_state_line_hung(program.station, after(1000), "bay", true);
	assert_alarm("bay", PRIORITY_HIGH, "line bay hangs: none of its monitors is read");
	own_state_line_hung(program.station, after(2000), "bay", false);
	assert_alarm("bay", PRIORITY_LOW, "line bay is overloaded: monitor m3 is polled later than every 1000 ms");
}
END_TEST

START_TEST(r25_nothing_is_said_of_a_line_that_was_taken_out)
{
	own_state_line_hung(program.station, after(0), "bay", true);
	own_state_line_pace(program.station, after(0), "bay", "m3", duration_ms(1000));
	own_state_line_gone(program.station, after(1000), "bay");
	assert_quiet();
}
END_TEST

START_TEST(r25_a_clock_that_steps_asks_to_be_confirmed)
{
	ck_assert(!own_state_clock_moved(program.station, after(0), 499));
	ck_assert(!own_state_clock_moved(program.station, after(0), -499));
	assert_quiet();
	ck_assert(own_state_clock_moved(program.station, after(1000), -3600000));
	assert_alarm("clock", PRIORITY_LOW, "the host's clock stepped: confirm that it is right");
	/* That it goes on from there proves nothing. */
	ck_assert(!own_state_clock_moved(program.station, after(2000), 0));
	ck_assert_uint_eq(station_alarm_count(program.station), 1);
	own_state_clock_confirmed(program.station, after(3000));
	assert_quiet();
}
END_TEST

START_TEST(r25_a_clock_that_is_not_synchronised_is_said_until_it_is)
{
	own_state_clock_synchronised(program.station, after(0), false);
	assert_alarm("time", PRIORITY_LOW, "the host's clock is not synchronised");
	/* A nurse's word is not what it waits for. */
	own_state_clock_confirmed(program.station, after(1000));
	ck_assert_uint_eq(station_alarm_count(program.station), 1);
	own_state_clock_synchronised(program.station, after(2000), true);
	assert_quiet();
}
END_TEST

START_TEST(r25_nothing_of_it_is_hidden_by_another)
{
	own_state_store(program.station, after(0), "No space left on device", duration_ms(0));
	own_state_line_hung(program.station, after(0), "bay", true);
	own_state_clock_moved(program.station, after(0), 1000);
	own_state_clock_synchronised(program.station, after(0), false);
	ck_assert_uint_eq(station_alarm_count(program.station), 4);
}
END_TEST

/* R31: unanswered for 120 s it goes on to others, as a bed's alarm does. */
/* As many lines as a configuration may have, and those that reloads have brought and taken out again. */
START_TEST(r25_no_number_of_lines_hides_the_record)
{
	char line[NAME_CAP];

	for (int i = 0; i < 64; i++) {
		snprintf(line, sizeof(line), "line%d", i);
		own_state_line_hung(program.station, after(0), line, true);
	}
	ck_assert_uint_eq(station_alarm_count(program.station), 64);
	own_state_store(program.station, after(1000), "No space left on device", duration_ms(0));
	own_state_clock_moved(program.station, after(1000), 60000);
	own_state_clock_synchronised(program.station, after(1000), false);
	ck_assert_uint_eq(station_alarm_count(program.station), 67);
}
END_TEST

START_TEST(r25_lines_that_came_and_went_hide_nothing)
{
	char line[NAME_CAP];

	for (int i = 0; i < 500; i++) {
		snprintf(line, sizeof(line), "line%d", i);
		own_state_line_hung(program.station, after(i), line, true);
		assert_alarm(line, PRIORITY_HIGH, station_alarm_at(program.station, 0)->sentence);
		own_state_line_hung(program.station, after(i), line, false);
		assert_quiet();
	}
	own_state_store(program.station, after(1000), "No space left on device", duration_ms(0));
	assert_alarm("store", PRIORITY_HIGH, "the record cannot be written: alarms go on, the record does not");
}
END_TEST

START_TEST(r31_a_failing_store_that_nobody_answers_goes_on_to_others)
{
	own_state_store(program.station, after(0), "No space left on device", duration_ms(0));
	station_advance(program.station, after(119999));
	ck_assert_int_eq(program.change, ALARM_START);
	station_advance(program.station, after(120000));
	ck_assert_int_eq(program.change, ALARM_ESCALATE);
}
END_TEST

START_TEST(r32_a_clock_behind_the_record_is_medium_until_confirmed)
{
	own_state_clock_behind(program.station, after(0));
	assert_alarm("clock", PRIORITY_MEDIUM, "the host's clock is behind the record: times may be wrong, confirm the time");
	own_state_clock_moved(program.station, after(1000), 0);
	ck_assert_uint_eq(station_alarm_count(program.station), 1);
	own_state_clock_confirmed(program.station, after(60000));
	assert_quiet();
}
END_TEST

/* R26: a restart is no confirmation. */
START_TEST(r32_a_restart_confirms_no_clock)
{
	own_state_clock_unconfirmed(program.station, after(0), "store");
	assert_quiet();
	own_state_clock_unconfirmed(program.station, after(0), "clock");
	assert_alarm("clock", PRIORITY_MEDIUM, "the host's clock was not confirmed before the restart: confirm the time");
	own_state_clock_confirmed(program.station, after(1000));
	assert_quiet();
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("own_state");
	TCase *tests = tcase_create("all");

	tcase_set_timeout(tests, 60);
	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, r25_a_store_that_fails_is_high_until_it_writes);
	tcase_add_test(tests, r25_a_store_may_be_behind_for_two_seconds);
	tcase_add_test(tests, r25_a_line_that_hangs_is_high);
	tcase_add_test(tests, r25_a_line_behind_its_plan_is_low);
	tcase_add_test(tests, r25_hanging_and_overloaded_is_one_alarm_of_its_line);
	tcase_add_test(tests, r25_nothing_is_said_of_a_line_that_was_taken_out);
	tcase_add_test(tests, r25_a_clock_that_steps_asks_to_be_confirmed);
	tcase_add_test(tests, r25_a_clock_that_is_not_synchronised_is_said_until_it_is);
	tcase_add_test(tests, r25_nothing_of_it_is_hidden_by_another);
	tcase_add_test(tests, r25_no_number_of_lines_hides_the_record);
	tcase_add_test(tests, r25_lines_that_came_and_went_hide_nothing);
	tcase_add_test(tests, r31_a_failing_store_that_nobody_answers_goes_on_to_others);
	tcase_add_test(tests, r32_a_clock_behind_the_record_is_medium_until_confirmed);
	tcase_add_test(tests, r32_a_restart_confirms_no_clock);
	suite_add_tcase(suite, tests);
	return suite_run(suite);
}
