/* R2, R3 with a counter: wraps, reboots, outages and restarts, through the whole driver. */
#include <check.h>
#include <stdlib.h>

#include "drivers_fixture.h"
#include "suite_run.h"

/* A monitor with the result of somebody before, two hours old if it says so. */
static void
open_counter(struct bench *bench, uint16_t counter, bool has_age, bool has_uptime)
{
	struct profile profile = made_profile(PROOF_COUNTER);

	profile.cuff.has_age = has_age;
	profile.has_uptime = has_uptime;
	bench_open(bench, &profile, "");
	bench_counted(bench, counter, 120);
	bench_register(bench, AT_AGE, 7200);
	bench_register_32(bench, AT_UPTIME, 90000);
}

START_TEST(two_equal_cuffs_are_two)
{
	struct bench bench;
	struct cuff first, second;

	open_counter(&bench, 7, false, false);
	assert_cuff(bench_poll(&bench, 0), CUFF_AGE_UNKNOWN, 120);
	assert_cuff(bench_poll(&bench, 1), CUFF_AGE_UNKNOWN, 120);
	bench_counted(&bench, 8, 130);
	first = bench_poll(&bench, 2);
	assert_new(first, 130, 2);
	ck_assert_str_eq(first.key, "8");
	assert_cuff(bench_poll(&bench, 3), CUFF_REREAD, 130);
	bench_counted(&bench, 9, 130);
	second = bench_poll(&bench, 4);
	assert_new(second, 130, 4);
	ck_assert_str_eq(second.key, "9");
	ck_assert_int_eq(number_of(&second.mean), 100);
	ck_assert_int_eq(number_of(&second.diastolic), 85);
	ck_assert_int_eq(number_of(&second.pulse), 70);
	bench_close(&bench);
}
END_TEST

START_TEST(counter_wraps)
{
	struct bench bench;

	open_counter(&bench, 65535, false, false);
	bench_poll(&bench, 0);
	bench_counted(&bench, 0, 130);
	assert_new(bench_poll(&bench, 1), 130, 1);
	ck_assert(!bench.rebooted);
	bench_close(&bench);
}
END_TEST

START_TEST(counter_wraps_during_missed_polls)
{
	struct bench bench;

	open_counter(&bench, 65535, false, false);
	bench_poll(&bench, 0);
	for (int i = 1; i < 20; i++)
		bench_miss(&bench, i);
	bench_counted(&bench, 0, 130);
	assert_new(bench_poll(&bench, 20), 130, 20);
	ck_assert(!bench.rebooted);
	bench_close(&bench);
}
END_TEST

/* From 65530 to 4 would be ten cuffs, for which ten seconds have no room. */
START_TEST(no_wrap_without_the_time_for_it)
{
	struct bench bench;

	open_counter(&bench, 65530, false, false);
	bench_poll(&bench, 0);
	bench_miss(&bench, 5);
	bench_counted(&bench, 4, 130);
	assert_cuff(bench_poll(&bench, 10), CUFF_AGE_UNKNOWN, 130);
	ck_assert(bench.rebooted);
	bench_close(&bench);
}
END_TEST

START_TEST(counter_wraps_where_the_profile_says)
{
	struct profile profile = made_profile(PROOF_COUNTER);
	struct bench bench;

	profile.cuff.counter_modulus = 100;
	bench_open(&bench, &profile, "");
	bench_counted(&bench, 99, 120);
	bench_poll(&bench, 0);
	bench_miss(&bench, 1);
	bench_counted(&bench, 0, 130);
	assert_new(bench_poll(&bench, 2), 130, 2);
	ck_assert(!bench.rebooted);
	bench_close(&bench);
}
END_TEST

START_TEST(counter_of_32_bits)
{
	struct profile profile = made_profile(PROOF_COUNTER);
	struct bench bench;

	profile.cuff.proof_field.type = TYPE_U32;
	bench_open(&bench, &profile, "");
	bench_cuff(&bench, 120, 90, 75);
	bench_register_32(&bench, AT_PROOF, 4294967295);
	bench_poll(&bench, 0);
	bench_miss(&bench, 1);
	bench_register_32(&bench, AT_PROOF, 0);
	assert_new(bench_poll(&bench, 2), 120, 2);
	bench_close(&bench);
}
END_TEST

START_TEST(wrap_somewhere_else_is_new_between_two_polls)
{
	struct bench bench;

	open_counter(&bench, 255, false, false);
	bench_poll(&bench, 0);
	bench_counted(&bench, 0, 130);
	assert_new(bench_poll(&bench, 1), 130, 1);
	ck_assert(!bench.rebooted);
	/* A poll that was missed long before is of no account. */
	bench_counted(&bench, 255, 140);
	bench_miss(&bench, 2);
	bench_poll(&bench, 3);
	bench_counted(&bench, 0, 150);
	assert_new(bench_poll(&bench, 4), 150, 4);
	ck_assert(!bench.rebooted);
	bench_close(&bench);
}
END_TEST

START_TEST(fall_after_missed_polls_is_a_reboot)
{
	struct bench bench;

	open_counter(&bench, 37, false, false);
	bench_poll(&bench, 0);
	bench_counted(&bench, 38, 130);
	assert_new(bench_poll(&bench, 1), 130, 1);
	bench_miss(&bench, 2);
	bench_counted(&bench, 1, 140);
	assert_cuff(bench_poll(&bench, 3), CUFF_AGE_UNKNOWN, 140);
	ck_assert(bench.rebooted);
	assert_cuff(bench_poll(&bench, 4), CUFF_AGE_UNKNOWN, 140);
	ck_assert(!bench.rebooted);
	bench_counted(&bench, 2, 150);
	assert_new(bench_poll(&bench, 5), 150, 5);
	bench_close(&bench);
}
END_TEST

START_TEST(reset_without_a_result_is_no_failed_cuff)
{
	struct bench bench;

	open_counter(&bench, 37, false, false);
	bench_poll(&bench, 0);
	bench_counted(&bench, 0, 0);
	assert_cuff(bench_poll(&bench, 1), CUFF_NONE, -1);
	ck_assert(bench.rebooted);
	bench_counted(&bench, 1, 150);
	assert_new(bench_poll(&bench, 2), 150, 2);
	bench_close(&bench);
}
END_TEST

/* The counter was kept through the reboot, and went on: only the uptime tells. */
START_TEST(uptime_tells_a_reboot_that_the_counter_hides)
{
	struct bench bench;

	open_counter(&bench, 37, false, true);
	bench_poll(&bench, 0);
	bench_counted(&bench, 38, 130);
	bench_register_32(&bench, AT_UPTIME, 90001);
	assert_new(bench_poll(&bench, 1), 130, 1);
	bench_register_32(&bench, AT_UPTIME, 5);
	bench_counted(&bench, 39, 140);
	assert_cuff(bench_poll(&bench, 2), CUFF_AGE_UNKNOWN, 140);
	ck_assert(bench.rebooted);
	bench_register_32(&bench, AT_UPTIME, 6);
	assert_cuff(bench_poll(&bench, 3), CUFF_AGE_UNKNOWN, 140);
	ck_assert(!bench.rebooted);
	bench_close(&bench);
}
END_TEST

/* Long enough ago that it is higher than before, but lower than it would be. */
START_TEST(uptime_that_lags_is_a_reboot_too)
{
	struct bench bench;

	open_counter(&bench, 37, false, true);
	bench_register_32(&bench, AT_UPTIME, 100);
	bench_poll(&bench, 0);
	bench_miss(&bench, 1);
	bench_register_32(&bench, AT_UPTIME, 800);
	bench_poll(&bench, 900);
	ck_assert(bench.rebooted);
	bench_register_32(&bench, AT_UPTIME, 800); /* stands still for a while */
	bench_poll(&bench, 950);
	ck_assert(!bench.rebooted);
	bench_close(&bench);
}
END_TEST

START_TEST(uptime_of_16_bits_wraps)
{
	struct profile profile = made_profile(PROOF_COUNTER);
	struct bench bench;

	profile.has_uptime = true;
	profile.uptime.type = TYPE_U16;
	bench_open(&bench, &profile, "");
	bench_counted(&bench, 1, 120);
	bench_register(&bench, AT_UPTIME, 65535);
	bench_poll(&bench, 0);
	bench_register(&bench, AT_UPTIME, 0);
	bench_poll(&bench, 1);
	ck_assert(!bench.rebooted);
	bench_register(&bench, AT_UPTIME, 30);
	bench_poll(&bench, 31);
	ck_assert(!bench.rebooted);
	bench_register(&bench, AT_UPTIME, 2);
	bench_poll(&bench, 40);
	ck_assert(bench.rebooted);
	bench_close(&bench);
}
END_TEST

START_TEST(outage_across_a_cuff)
{
	struct bench bench;

	open_counter(&bench, 7, false, false);
	bench_poll(&bench, 0);
	for (int i = 1; i < 60; i++)
		bench_miss(&bench, i);
	bench_counted(&bench, 8, 130);
	assert_new(bench_poll(&bench, 60), 130, 60);
	for (int i = 61; i < 121; i++)
		bench_miss(&bench, i);
	bench_counted(&bench, 9, 140);
	/* Too long for "first seen" to be about when it was made. */
	assert_cuff(bench_poll(&bench, 121), CUFF_AGE_UNKNOWN, 140);
	bench_counted(&bench, 10, 150);
	assert_new(bench_poll(&bench, 122), 150, 122);
	bench_close(&bench);
}
END_TEST

START_TEST(outage_with_an_age_beside_the_counter)
{
	struct bench bench;

	open_counter(&bench, 7, true, false);
	/* The first result found: the age proves when it was made. */
	assert_new(bench_poll(&bench, 0), 120, -7200);
	for (int i = 1; i < 600; i += 10)
		bench_miss(&bench, i);
	bench_counted(&bench, 8, 130);
	bench_register(&bench, AT_AGE, 400);
	assert_new(bench_poll(&bench, 600), 130, 200);
	/* It may be shown some seconds after it was made. */
	bench_counted(&bench, 11, 135);
	bench_register(&bench, AT_AGE, 5);
	assert_new(bench_poll(&bench, 601), 135, 596);
	/* An age that was not set back, or has run out, is not believed. */
	bench_counted(&bench, 12, 140);
	bench_register(&bench, AT_AGE, 401);
	assert_new(bench_poll(&bench, 602), 140, 602);
	bench_counted(&bench, 13, 150);
	bench_register(&bench, AT_AGE, 65535);
	assert_new(bench_poll(&bench, 603), 150, 603);
	bench_close(&bench);
}
END_TEST

START_TEST(restart_of_the_daemon_knows_the_last_key)
{
	struct bench bench;

	open_counter(&bench, 7, false, false);
	bench_reopen(&bench, "7");
	assert_cuff(bench_poll(&bench, 0), CUFF_REREAD, 120);
	bench_counted(&bench, 8, 130);
	assert_new(bench_poll(&bench, 1), 130, 1);
	bench_reopen(&bench, "7");
	assert_cuff(bench_poll(&bench, 2), CUFF_AGE_UNKNOWN, 130);
	bench_close(&bench);
	open_counter(&bench, 8, true, false);
	bench_register(&bench, AT_AGE, 30);
	bench_reopen(&bench, "7");
	assert_new(bench_poll(&bench, 100), 120, 70);
	/* A counter behind the last key is another device's, or began anew: its age may be, too. */
	bench_reopen(&bench, "9");
	assert_cuff(bench_poll(&bench, 101), CUFF_AGE_UNKNOWN, 120);
	bench_reopen(&bench, "65535");
	assert_new(bench_poll(&bench, 102), 120, 72);
	bench_close(&bench);
}
END_TEST

/* Counter 7 was counted at 0 s; the daemon is back at 1000 s and finds a counter, an age and an uptime. */
static void
assert_found_after_restart(int counter, int age_s, int uptime_s, enum cuff_proof proof)
{
	struct bench bench;

	open_counter(&bench, counter, true, uptime_s > 0);
	bench_register(&bench, AT_AGE, (uint16_t)age_s);
	if (uptime_s > 0)
		bench_register_32(&bench, AT_UPTIME, (uint32_t)uptime_s);
	bench.last_cuff_at = bench_at(0);
	bench_reopen(&bench, "7");
	assert_cuff(bench_poll(&bench, 1000), proof, 120);
	bench_close(&bench);
}

/* Daemon and monitor were switched off together, and the monitor has counted as far again. */
START_TEST(same_counter_of_a_device_that_was_rebooted_meanwhile)
{
	assert_found_after_restart(7, 100, 500, CUFF_NEW);
	assert_found_after_restart(7, 1000, 5000, CUFF_REREAD);
	/* An uptime that ran past its end, an age that drifted: one alone proves nothing. */
	assert_found_after_restart(7, 1000, 500, CUFF_REREAD);
	assert_found_after_restart(7, 100, 5000, CUFF_REREAD);
	/* So old is the device itself. */
	assert_found_after_restart(7, 490, 500, CUFF_AGE_UNKNOWN);
	/* Without an uptime the age says that it is another one, but may count from the power-on. */
	assert_found_after_restart(7, 100, 0, CUFF_AGE_UNKNOWN);
	assert_found_after_restart(7, 950, 0, CUFF_REREAD);
	/* A counter that fell: with an uptime the age is believed. */
	assert_found_after_restart(5, 100, 500, CUFF_NEW);
	assert_found_after_restart(5, 100, 0, CUFF_AGE_UNKNOWN);
}
END_TEST

START_TEST(age_after_a_reboot_is_believed_of_what_was_made_since)
{
	struct bench bench;

	open_counter(&bench, 37, true, true);
	bench_poll(&bench, 0);
	bench_miss(&bench, 1);
	/* Shown again as if it were 40 s old: so old is the device itself. */
	bench_counted(&bench, 0, 140);
	bench_register(&bench, AT_AGE, 40);
	bench_register_32(&bench, AT_UPTIME, 40);
	assert_cuff(bench_poll(&bench, 100), CUFF_AGE_UNKNOWN, 140);
	ck_assert(bench.rebooted);
	bench_close(&bench);
	open_counter(&bench, 37, true, true);
	bench_poll(&bench, 0);
	bench_miss(&bench, 1);
	bench_counted(&bench, 1, 140);
	bench_register(&bench, AT_AGE, 40);
	bench_register_32(&bench, AT_UPTIME, 90);
	assert_new(bench_poll(&bench, 100), 140, 60);
	bench_close(&bench);
}
END_TEST

/* A reboot without an uptime: nothing says what the age counts from. */
START_TEST(age_after_a_reboot_without_uptime)
{
	struct bench bench;

	open_counter(&bench, 37, true, false);
	bench_poll(&bench, 0);
	bench_miss(&bench, 1);
	bench_counted(&bench, 1, 140);
	bench_register(&bench, AT_AGE, 40);
	assert_cuff(bench_poll(&bench, 100), CUFF_AGE_UNKNOWN, 140);
	bench_counted(&bench, 2, 150);
	bench_register(&bench, AT_AGE, 0);
	assert_new(bench_poll(&bench, 101), 150, 101);
	bench_close(&bench);
}
END_TEST

START_TEST(hostile_keys_are_no_keys)
{
	static const char *const keys[] = { "7x", "a", "a1x", "t", "99999999999999999999", "-1", " 7", "0x7", "8", "6" };
	struct bench bench;

	open_counter(&bench, 7, false, false);
	bench_reopen(&bench, keys[_i]);
	assert_cuff(bench_poll(&bench, 0), CUFF_AGE_UNKNOWN, 120);
	bench_close(&bench);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		two_equal_cuffs_are_two, counter_wraps, counter_wraps_during_missed_polls, no_wrap_without_the_time_for_it,
		counter_wraps_where_the_profile_says, counter_of_32_bits, wrap_somewhere_else_is_new_between_two_polls,
		fall_after_missed_polls_is_a_reboot, reset_without_a_result_is_no_failed_cuff,
		uptime_tells_a_reboot_that_the_counter_hides, uptime_that_lags_is_a_reboot_too, uptime_of_16_bits_wraps,
		outage_across_a_cuff, outage_with_an_age_beside_the_counter, restart_of_the_daemon_knows_the_last_key,
		same_counter_of_a_device_that_was_rebooted_meanwhile,
		age_after_a_reboot_is_believed_of_what_was_made_since, age_after_a_reboot_without_uptime,
	};
	Suite *suite = suite_create("drivers: counter");
	TCase *tcase = tcase_create("counter");

	suite_add_tcase(suite, tcase);
	tcase_set_timeout(tcase, 60);
	suite_add_tests(tcase, tests, sizeof(tests) / sizeof(tests[0]));
	tcase_add_loop_test(tcase, hostile_keys_are_no_keys, 0, 10);
	return suite_run(suite);
}
