/* The generic Modbus driver: when it asks, what it asks, and what it makes of answers. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "drivers/modbus_map.h"
#include "drivers_fixture.h"
#include "suite_run.h"

static const struct driver *
modbus(void)
{
	return driver_find("modbus");
}

START_TEST(the_table_of_drivers)
{
	ck_assert_ptr_eq(driver_find("modbus"), &modbus_map_driver);
	ck_assert_ptr_eq(driver_table()[0], &modbus_map_driver);
	ck_assert_ptr_null(driver_find("modbu"));
	modbus()->close(NULL);
}
END_TEST

START_TEST(a_request_is_unit_and_pdu)
{
	static const uint8_t expected[] = { BENCH_UNIT, 3, 0, AT_UPTIME, 0, 4 };
	struct profile profile = wide_profile();
	struct driver_next next;
	struct bench bench;

	bench_open(&bench, &profile, "");
	next = bench_ask(&bench, 0.3);
	ck_assert(next.has_request);
	ck_assert_uint_eq(next.request.length, sizeof(expected));
	ck_assert_mem_eq(next.request.bytes, expected, sizeof(expected));
	bench_close(&bench);
}
END_TEST

START_TEST(rounds_are_due_on_the_common_tick)
{
	struct profile profile = made_profile(PROOF_COUNTER);
	struct bench bench;

	bench_open(&bench, &profile, "");
	ck_assert_int_eq(bench_asked_for(&bench, 0.3), 0); /* at once */
	ck_assert(bench_serve(&bench, 0.3).valid);
	ck_assert_int_eq(bench_asked_for(&bench, 0.4), -1);
	ck_assert_int_eq(bench_ask(&bench, 0.4).again.ms, bench_at(1).ms);
	ck_assert_int_eq(bench_asked_for(&bench, 0.999), -1);
	ck_assert_int_eq(bench_asked_for(&bench, 1), 0);
	ck_assert(bench_serve(&bench, 1.4).valid);
	ck_assert_int_eq(bench_ask(&bench, 1.4).again.ms, bench_at(2).ms);
	/* A round that took longer than the cadence lets ticks go by, and none is made up for. */
	ck_assert(bench_serve(&bench, 5.2).valid);
	ck_assert_int_eq(bench_ask(&bench, 5.2).again.ms, bench_at(6).ms);
	bench_close(&bench);
}
END_TEST

START_TEST(one_request_at_a_time_and_an_observation_for_each)
{
	struct profile profile = wide_profile();
	struct driver_result result;
	struct bench bench;

	bench_open(&bench, &profile, "");
	bench_register(&bench, AT_RATE, 72);
	bench_register(&bench, AT_SPO2, 97);
	bench_register(&bench, AT_STATUS, 1);
	bench.image->input[200] = 14;
	bench_cuff(&bench, 120, 90, 75);
	ck_assert_int_eq(bench_asked_for(&bench, 0), AT_UPTIME);
	ck_assert_int_eq(bench_asked_for(&bench, 0), AT_UPTIME); /* asking changes nothing */
	result = bench_serve(&bench, 0);
	ck_assert(result.valid && result.has_observation);
	ck_assert_uint_eq(result.observation.reading_count, 0);
	ck_assert_int_eq(result.observation.cuff.proof, CUFF_NONE);
	ck_assert_int_eq(bench_asked_for(&bench, 0), AT_RATE);
	result = bench_serve(&bench, 0.1);
	ck_assert_uint_eq(result.observation.reading_count, 2);
	ck_assert_int_eq(result.observation.at.ms, bench_at(0.1).ms);
	ck_assert_int_eq(result.observation.readings[0].vital, VITAL_RATE);
	ck_assert_int_eq(number_of(&result.observation.readings[0]), 72);
	ck_assert_int_eq(number_of(&result.observation.readings[1]), 97);
	ck_assert_int_eq(number_of(&result.observation.cuff.systolic), 120);
	ck_assert_int_eq(bench_asked_for(&bench, 0.1), 200);
	result = bench_serve(&bench, 0.2);
	ck_assert_uint_eq(result.observation.reading_count, 1);
	ck_assert_int_eq(number_of(&result.observation.readings[0]), 14);
	ck_assert_int_eq(bench_asked_for(&bench, 0.2), -1);
	bench_close(&bench);
}
END_TEST

/* The rate's register lies in the other's read by chance; what vouches for it does not. */
START_TEST(a_value_is_judged_with_what_vouches_for_it)
{
	struct profile profile = made_profile(PROOF_NONE);
	struct driver_result result;
	struct bench bench;

	profile.cuff.present = false;
	profile.max_registers = 12;
	profile.values[0].field.address = 5;
	profile.values[0].statuses[0].word.address = 0;
	profile.values[1].field.address = 4;
	profile.values[1].statuses[0].word.address = 15;
	bench_open(&bench, &profile, "");
	bench_register(&bench, 5, 72);
	bench_register(&bench, 0, 1);
	bench_register(&bench, 4, 97);
	bench_register(&bench, 15, 1);
	result = bench_serve(&bench, 0);
	ck_assert_uint_eq(result.observation.reading_count, 1);
	ck_assert_int_eq(number_of(&result.observation.readings[0]), 72);
	result = bench_serve(&bench, 0);
	ck_assert_uint_eq(result.observation.reading_count, 1);
	ck_assert_int_eq(number_of(&result.observation.readings[0]), 97);
	bench_close(&bench);
}
END_TEST

START_TEST(measuring_and_the_clock_go_on_between_replies)
{
	struct profile profile = wide_profile();
	struct driver_result result;
	struct bench bench;

	bench_open(&bench, &profile, "");
	bench_measuring(&bench, true);
	bench_register_32(&bench, AT_CLOCK, bench_unix_s(500));
	bench_serve(&bench, 0);
	bench_serve(&bench, 0);
	result = bench_serve(&bench, 0); /* the read of the breathing rate alone */
	ck_assert(result.observation.measuring);
	ck_assert_int_eq(result.observation.clock_off_ms, 500000);
	bench_register_32(&bench, AT_CLOCK, bench_unix_s(2));
	result = bench_serve(&bench, 1);
	ck_assert_int_eq(result.observation.clock_off_ms, 0); /* a second is nothing */
	bench_close(&bench);
}
END_TEST

static const struct {
	uint8_t code;
	const char *words;
} exceptions[] = {
	{ 1, "exception 1: illegal function" },
	{ 2, "exception 2: illegal register address" },
	{ 3, "exception 3: illegal value" },
	{ 4, "exception 4: device failure" },
	{ 8, "exception 8: memory parity error" },
	{ 0, "exception 0: unknown exception" },
	{ 7, "exception 7: unknown exception" },
	{ 255, "exception 255: unknown exception" },
};

START_TEST(exceptions_have_words)
{
	const uint8_t bytes[] = { BENCH_UNIT, 0x83, exceptions[_i].code };
	struct profile profile = wide_profile();
	struct driver_result result;
	struct bench bench;

	bench_open(&bench, &profile, "");
	result = bench_answer(&bench, 0, bytes, sizeof(bytes));
	ck_assert(!result.valid && !result.has_observation);
	ck_assert_int_eq(result.answer, ANSWER_REFUSED);
	ck_assert_str_eq(result.reason, exceptions[_i].words);
	ck_assert_int_eq(bench_asked_for(&bench, 0), AT_RATE); /* it answers: the round goes on */
	bench_close(&bench);
}
END_TEST

static const struct {
	uint8_t bytes[16];
	size_t length;
	const char *reason;
} broken[] = {
	{ { 0 }, 0, "the answer is cut short" },
	{ { BENCH_UNIT }, 1, "the answer is cut short" },
	{ { BENCH_UNIT, 3 }, 2, "the answer is cut short" },
	{ { BENCH_UNIT, 0x83 }, 2, "the answer is cut short" },
	{ { 18, 3, 8, 1, 2, 3, 4, 5, 6, 7, 8 }, 11, "answers for unit 18 instead of 17" },
	{ { BENCH_UNIT, 4, 8, 1, 2, 3, 4, 5, 6, 7, 8 }, 11, "answers function 4 instead of 3" },
	{ { BENCH_UNIT, 0x84, 2 }, 3, "answers function 132 instead of 3" },
	{ { BENCH_UNIT, 0x83, 2, 0 }, 4, "answers function 131 instead of 3" },
	{ { BENCH_UNIT, 3, 6, 1, 2, 3, 4, 5, 6 }, 9, "answers 6 bytes of registers (says 6) instead of 8" },
	{ { BENCH_UNIT, 3, 8, 1, 2, 3, 4, 5, 6, 7 }, 10, "answers 7 bytes of registers (says 8) instead of 8" },
	{ { BENCH_UNIT, 3, 8, 1, 2, 3, 4, 5, 6, 7, 8, 9 }, 12, "answers 9 bytes of registers (says 8) instead of 8" },
	{ { BENCH_UNIT, 3, 7, 1, 2, 3, 4, 5, 6, 7, 8 }, 11, "answers 8 bytes of registers (says 7) instead of 8" },
};

START_TEST(broken_answers_are_none)
{
	struct profile profile = wide_profile();
	struct driver_result result;
	struct bench bench;

	bench_open(&bench, &profile, "");
	result = bench_answer(&bench, 0.2, broken[_i].bytes, broken[_i].length);
	ck_assert(!result.valid && !result.has_observation);
	ck_assert_int_eq(result.answer, ANSWER_BROKEN);
	ck_assert_str_eq(result.reason, broken[_i].reason);
	ck_assert_int_eq(bench_asked_for(&bench, 0.2), -1); /* in trouble it is asked once per tick */
	ck_assert_int_eq(bench_asked_for(&bench, 1), AT_UPTIME);
	bench_close(&bench);
}
END_TEST

/* A miss long ago is forgotten: after another one the round begins anew, with the clocks. */
START_TEST(after_a_miss_the_clocks_come_first)
{
	struct profile profile = wide_profile();
	struct bench bench;

	bench_open(&bench, &profile, "");
	for (int second = 0; second < 4; second += 2) {
		bench_serve(&bench, second);
		modbus()->missed(bench.instance, bench_at(second), MISS_TIMEOUT);
		ck_assert_int_eq(bench_asked_for(&bench, second + 1), AT_UPTIME);
		bench_serve(&bench, second + 1);
		bench_serve(&bench, second + 1);
		bench_serve(&bench, second + 1);
	}
	bench_close(&bench);
}
END_TEST

/* A gateway answers for a monitor that does not: what comes back may have restarted. */
START_TEST(an_exception_may_hide_a_reboot)
{
	static const uint8_t no_path[] = { BENCH_UNIT, 0x83, 11 };
	struct profile profile = made_profile(PROOF_COUNTER);
	struct bench bench;

	bench_open(&bench, &profile, "");
	bench_cuff(&bench, 120, 90, 75);
	bench_register(&bench, AT_PROOF, 37);
	bench_poll(&bench, 0);
	bench_ask(&bench, 1);
	bench_answer(&bench, 1, no_path, sizeof(no_path));
	bench_register(&bench, AT_PROOF, 1);
	assert_cuff(bench_poll(&bench, 2), CUFF_AGE_UNKNOWN, 120);
	ck_assert(bench.rebooted);
	bench_close(&bench);
}
END_TEST

START_TEST(a_dead_monitor_is_asked_once_per_tick)
{
	struct profile profile = wide_profile();
	struct bench bench;
	size_t requests = 0;

	bench_open(&bench, &profile, "");
	for (int tenth = 0; tenth < 600; tenth++) {
		if (bench_asked_for(&bench, tenth / 10.0) < 0)
			continue;
		requests++;
		modbus()->missed(bench.instance, bench_at(tenth / 10.0), MISS_TIMEOUT);
	}
	ck_assert_uint_eq(requests, 60);
	bench_close(&bench);
}
END_TEST

/* Nothing comes back from one of the reads, ever: the others are read all the same. */
START_TEST(one_dead_read_does_not_starve_the_others)
{
	static const int addresses[] = { AT_UPTIME, AT_RATE, 200 };
	struct profile profile = wide_profile();
	size_t served[3] = { 0 };
	struct bench bench;

	bench_open(&bench, &profile, "");
	for (int tenth = 0; tenth < 600; tenth++) {
		int address = bench_asked_for(&bench, tenth / 10.0);

		for (int i = 0; i < 3; i++)
			served[i] += address == addresses[i];
		if (address == addresses[_i])
			modbus()->missed(bench.instance, bench_at(tenth / 10.0), MISS_TIMEOUT);
		else if (address >= 0)
			bench_serve(&bench, tenth / 10.0);
	}
	for (int i = 0; i < 3; i++)
		ck_assert_uint_ge(served[i], 15); /* at least every fourth second */
	bench_close(&bench);
}
END_TEST

START_TEST(a_read_that_is_refused_costs_the_others_nothing)
{
	static const uint8_t refusal[] = { BENCH_UNIT, 0x83, 2 };
	struct profile profile = wide_profile();
	size_t served = 0;
	struct bench bench;

	bench_open(&bench, &profile, "");
	for (int second = 0; second < 60; second++) {
		ck_assert_int_eq(bench_asked_for(&bench, second), AT_UPTIME);
		bench_answer(&bench, second, refusal, sizeof(refusal));
		ck_assert_int_eq(bench_asked_for(&bench, second), AT_RATE);
		served += bench_serve(&bench, second).valid;
		served += bench_serve(&bench, second).valid;
		ck_assert_int_eq(bench_asked_for(&bench, second), -1);
	}
	ck_assert_uint_eq(served, 120);
	bench_close(&bench);
}
END_TEST

/* After missed polls the cuff waits for the uptime, which may tell of a reboot; but not for ever. */
START_TEST(a_cuff_waits_for_the_uptime)
{
	struct profile profile = wide_profile();
	struct driver_result result;
	struct bench bench;
	size_t judged = 0;

	bench_open(&bench, &profile, "");
	bench_cuff(&bench, 120, 90, 75);
	bench_poll(&bench, 0);
	for (int second = 1; second < 40; second++) {
		if (bench_asked_for(&bench, second) == AT_UPTIME) {
			modbus()->missed(bench.instance, bench_at(second), MISS_TIMEOUT);
			continue;
		}
		result = bench_serve(&bench, second);
		if (result.observation.reading_count == 2) {
			judged += result.observation.cuff.proof != CUFF_NONE;
			ck_assert_int_eq(result.observation.cuff.proof != CUFF_NONE, second > 8);
		}
		bench_serve(&bench, second);
	}
	ck_assert_uint_gt(judged, 5);
	/* Once a cuff was read after it, the next outage is waited out again. */
	while (bench_asked_for(&bench, 50) != AT_UPTIME)
		bench_serve(&bench, 50 - 0.5);
	bench_serve(&bench, 50);
	ck_assert_int_eq(bench_serve(&bench, 50).observation.cuff.proof, CUFF_AGE_UNKNOWN);
	modbus()->missed(bench.instance, bench_at(50), MISS_TIMEOUT);
	modbus()->missed(bench.instance, bench_at(51), MISS_TIMEOUT);
	modbus()->missed(bench.instance, bench_at(52), MISS_TIMEOUT);
	while (bench_asked_for(&bench, 60) == AT_UPTIME)
		modbus()->missed(bench.instance, bench_at(59), MISS_TIMEOUT);
	ck_assert_int_eq(bench_serve(&bench, 60).observation.cuff.proof, CUFF_NONE);
	bench_close(&bench);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		the_table_of_drivers, a_request_is_unit_and_pdu, rounds_are_due_on_the_common_tick,
		one_request_at_a_time_and_an_observation_for_each, a_value_is_judged_with_what_vouches_for_it,
		measuring_and_the_clock_go_on_between_replies, after_a_miss_the_clocks_come_first,
		an_exception_may_hide_a_reboot, a_dead_monitor_is_asked_once_per_tick,
		a_read_that_is_refused_costs_the_others_nothing, a_cuff_waits_for_the_uptime,
	};
	Suite *suite = suite_create("drivers: modbus");
	TCase *tcase = tcase_create("modbus");

	suite_add_tcase(suite, tcase);
	tcase_set_timeout(tcase, 120);
	suite_add_tests(tcase, tests, sizeof(tests) / sizeof(tests[0]));
	tcase_add_loop_test(tcase, exceptions_have_words, 0, sizeof(exceptions) / sizeof(exceptions[0]));
	tcase_add_loop_test(tcase, broken_answers_are_none, 0, sizeof(broken) / sizeof(broken[0]));
	tcase_add_loop_test(tcase, one_dead_read_does_not_starve_the_others, 0, 3);
	return suite_run(suite);
}
