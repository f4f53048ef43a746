/* R2, R3 with a measuring flag, and with no proof at all, through the whole driver. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "drivers_fixture.h"
#include "suite_run.h"

static void
open_flagged(struct bench *bench, enum proof_kind proof)
{
	const struct profile profile = made_profile(proof);

	bench_open(bench, &profile, "");
	bench_cuff(bench, 120, 90, 75);
}

START_TEST(flag_seen_on_and_off_is_new)
{
	struct bench bench;

	open_flagged(&bench, PROOF_FLAG);
	assert_cuff(bench_poll(&bench, 0), CUFF_AGE_UNKNOWN, 120);
	bench_measuring(&bench, true);
	assert_cuff(bench_poll(&bench, 1), CUFF_AGE_UNKNOWN, 120);
	ck_assert(bench.seen.measuring);
	bench_measuring(&bench, false);
	assert_new(bench_poll(&bench, 31), 120, 31); /* equal to the one before */
	assert_cuff(bench_poll(&bench, 32), CUFF_REREAD, 120);
	bench_measuring(&bench, true);
	assert_cuff(bench_poll(&bench, 33), CUFF_REREAD, 120);
	bench_measuring(&bench, false);
	bench_cuff(&bench, 0, 0, 0);
	assert_failed(bench_poll(&bench, 63), "no pressure came of it");
	bench_close(&bench);
}
END_TEST

START_TEST(flag_that_was_on_at_connect)
{
	struct bench bench;

	open_flagged(&bench, PROOF_FLAG);
	bench_measuring(&bench, true);
	assert_cuff(bench_poll(&bench, 0), CUFF_AGE_UNKNOWN, 120);
	bench_measuring(&bench, false);
	bench_cuff(&bench, 130, 100, 85);
	assert_new(bench_poll(&bench, 10), 130, 10);
	bench_close(&bench);
}
END_TEST

START_TEST(flag_that_nobody_saw)
{
	struct bench bench;

	open_flagged(&bench, PROOF_FLAG);
	bench_measuring(&bench, true);
	bench_poll(&bench, 0);
	bench_measuring(&bench, false);
	assert_new(bench_poll(&bench, 30), 120, 30);
	for (int i = 31; i < 80; i++)
		bench_miss(&bench, i);
	bench_cuff(&bench, 150, 120, 100); /* made while the monitor was silent */
	assert_cuff(bench_poll(&bench, 80), CUFF_AGE_UNKNOWN, 150);
	assert_cuff(bench_poll(&bench, 81), CUFF_AGE_UNKNOWN, 150);
	/* On before the outage, off after it: new if it was short. */
	bench_measuring(&bench, true);
	bench_poll(&bench, 82);
	bench_miss(&bench, 83);
	bench_measuring(&bench, false);
	assert_new(bench_poll(&bench, 120), 150, 120);
	bench_measuring(&bench, true);
	bench_poll(&bench, 121);
	bench_miss(&bench, 122);
	bench_measuring(&bench, false);
	assert_cuff(bench_poll(&bench, 300), CUFF_AGE_UNKNOWN, 150);
	bench_close(&bench);
}
END_TEST

/* The flag goes off, and only the code says that nothing came of it: told once, the old pressures are no new ones. */
START_TEST(flag_with_a_failure)
{
	struct bench bench;

	open_flagged(&bench, PROOF_FLAG);
	bench_poll(&bench, 0);
	bench_measuring(&bench, true);
	bench_poll(&bench, 1);
	bench_register(&bench, AT_FAILURE, 1);
	assert_cuff(bench_poll(&bench, 2), CUFF_AGE_UNKNOWN, 120);
	bench_measuring(&bench, false);
	assert_failed(bench_poll(&bench, 3), "weak or no signal");
	assert_cuff(bench_poll(&bench, 4), CUFF_REREAD, 120);
	bench_measuring(&bench, true);
	bench_poll(&bench, 5);
	bench_measuring(&bench, false);
	assert_failed(bench_poll(&bench, 35), "weak or no signal"); /* the same code again */
	bench_close(&bench);
}
END_TEST

START_TEST(no_proof_but_other_numbers)
{
	struct bench bench;

	open_flagged(&bench, PROOF_NONE);
	assert_cuff(bench_poll(&bench, 0), CUFF_AGE_UNKNOWN, 120);
	assert_cuff(bench_poll(&bench, 1), CUFF_AGE_UNKNOWN, 120);
	bench_cuff(&bench, 121, 90, 75);
	assert_new(bench_poll(&bench, 2), 121, 2);
	assert_cuff(bench_poll(&bench, 3), CUFF_REREAD, 121);
	/* Taken away and back: the same numbers are no other ones, and nor is one that is missing for a while. */
	bench_cuff(&bench, 0, 0, 0);
	assert_cuff(bench_poll(&bench, 4), CUFF_NONE, -1);
	bench_cuff(&bench, 121, 0, 75);
	assert_cuff(bench_poll(&bench, 5), CUFF_REREAD, 121);
	bench_cuff(&bench, 121, 90, 75);
	assert_cuff(bench_poll(&bench, 6), CUFF_REREAD, 121);
	bench_cuff(&bench, 121, 91, 75);
	assert_new(bench_poll(&bench, 7), 121, 7);
	bench_miss(&bench, 8);
	bench_cuff(&bench, 140, 100, 80);
	assert_cuff(bench_poll(&bench, 500), CUFF_AGE_UNKNOWN, 140);
	bench_close(&bench);
}
END_TEST

/* The known price of having no proof. */
START_TEST(no_proof_and_equal_numbers_are_one)
{
	struct bench bench;

	open_flagged(&bench, PROOF_NONE);
	bench_poll(&bench, 0);
	bench_cuff(&bench, 130, 100, 85);
	assert_new(bench_poll(&bench, 1), 130, 1);
	bench_cuff(&bench, 130, 100, 85);
	assert_cuff(bench_poll(&bench, 600), CUFF_REREAD, 130);
	bench_close(&bench);
}
END_TEST

START_TEST(first_result_of_a_monitor_that_had_none)
{
	struct bench bench;

	open_flagged(&bench, PROOF_NONE);
	bench_cuff(&bench, 0, 0, 0);
	assert_cuff(bench_poll(&bench, 0), CUFF_NONE, -1);
	bench_cuff(&bench, 130, 100, 85);
	assert_new(bench_poll(&bench, 1), 130, 1);
	bench_close(&bench);
}
END_TEST

START_TEST(no_proof_and_a_failure)
{
	struct bench bench;

	open_flagged(&bench, PROOF_NONE);
	bench_poll(&bench, 0);
	bench_register(&bench, AT_FAILURE, 2);
	assert_failed(bench_poll(&bench, 1), "movement");
	assert_cuff(bench_poll(&bench, 2), CUFF_AGE_UNKNOWN, 120);
	bench_close(&bench);
}
END_TEST

/* On before the device restarted and off after it: nothing was seen to end. */
START_TEST(flag_across_a_reboot)
{
	struct profile profile = made_profile(PROOF_FLAG);
	struct bench bench;

	profile.has_uptime = true;
	bench_open(&bench, &profile, "");
	bench_cuff(&bench, 120, 90, 75);
	bench_register_32(&bench, AT_UPTIME, 500);
	bench_measuring(&bench, true);
	bench_poll(&bench, 0);
	bench_register_32(&bench, AT_UPTIME, 1);
	bench_measuring(&bench, false);
	assert_cuff(bench_poll(&bench, 1), CUFF_AGE_UNKNOWN, 120);
	ck_assert(bench.rebooted);
	bench_close(&bench);
}
END_TEST

/* It had nothing when it came up: the same numbers again are another measurement. */
START_TEST(no_proof_after_a_reboot)
{
	struct profile profile = made_profile(PROOF_NONE);
	struct bench bench;

	profile.has_uptime = true;
	bench_open(&bench, &profile, "");
	bench_cuff(&bench, 120, 90, 75);
	bench_register_32(&bench, AT_UPTIME, 500);
	bench_poll(&bench, 0);
	bench_register_32(&bench, AT_UPTIME, 1);
	bench_cuff(&bench, 0, 0, 0);
	assert_cuff(bench_poll(&bench, 1), CUFF_NONE, -1);
	bench_register_32(&bench, AT_UPTIME, 40);
	bench_cuff(&bench, 120, 90, 75);
	assert_new(bench_poll(&bench, 40), 120, 40);
	bench_close(&bench);
}
END_TEST

START_TEST(restart_without_proof_knows_nothing)
{
	struct bench bench;
	char key[CUFF_KEY_CAP];

	open_flagged(&bench, PROOF_NONE);
	bench_poll(&bench, 0);
	bench_cuff(&bench, 130, 100, 85);
	strcpy(key, bench_poll(&bench, 1).key);
	ck_assert_str_ne(key, "");
	bench_reopen(&bench, key);
	assert_cuff(bench_poll(&bench, 2), CUFF_AGE_UNKNOWN, 130);
	bench_close(&bench);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		flag_seen_on_and_off_is_new, flag_that_was_on_at_connect, flag_that_nobody_saw, flag_with_a_failure,
		no_proof_but_other_numbers, no_proof_and_equal_numbers_are_one, first_result_of_a_monitor_that_had_none,
		no_proof_and_a_failure, flag_across_a_reboot, no_proof_after_a_reboot, restart_without_proof_knows_nothing,
	};

	return suite_run_tests("drivers: flag", 60, tests, sizeof(tests) / sizeof(tests[0]));
}
