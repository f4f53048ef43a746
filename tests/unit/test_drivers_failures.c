/* R2, R22: attempts that gave no pressure are told, once, and what is under way is not judged. */
#include <check.h>
#include <stdlib.h>

#include "drivers_fixture.h"
#include "suite_run.h"

static void
open_counter(struct bench *bench, uint16_t counter, bool has_age)
{
	struct profile profile = made_profile(PROOF_COUNTER);

	profile.cuff.has_age = has_age;
	bench_open(bench, &profile, "");
	bench_counted(bench, counter, 120);
	bench_register(bench, AT_AGE, 7200);
}

START_TEST(failed_cuffs_are_told_once)
{
	struct bench bench;

	open_counter(&bench, 7, false);
	bench_poll(&bench, 0);
	bench_counted(&bench, 8, 0);
	bench_register(&bench, AT_FAILURE, 2);
	assert_failed(bench_poll(&bench, 1), "movement");
	ck_assert_int_eq(bench.seen.cuff.measured_at.ms, bench_at(1).ms);
	assert_cuff(bench_poll(&bench, 2), CUFF_NONE, -1);
	bench_counted(&bench, 9, 0);
	bench_register(&bench, AT_FAILURE, 2);
	assert_failed(bench_poll(&bench, 3), "movement");
	bench_counted(&bench, 10, 0);
	bench_register(&bench, AT_FAILURE, 77);
	assert_failed(bench_poll(&bench, 4), "the device gives no reason that is known");
	bench_counted(&bench, 11, 0);
	assert_failed(bench_poll(&bench, 5), "no pressure came of it");
	bench_counted(&bench, 12, 131);
	assert_new(bench_poll(&bench, 6), 131, 6);
	bench_close(&bench);
}
END_TEST

/* The device neither counts a failure nor takes the old pressures away. */
START_TEST(failure_beside_an_old_result)
{
	struct bench bench;
	struct cuff cuff;

	open_counter(&bench, 7, false);
	bench_poll(&bench, 0);
	bench_counted(&bench, 8, 130);
	bench_poll(&bench, 1);
	bench_register(&bench, AT_FAILURE, 1);
	cuff = bench_poll(&bench, 2);
	assert_failed(cuff, "weak or no signal");
	ck_assert_str_eq(cuff.key, "");
	assert_cuff(bench_poll(&bench, 3), CUFF_REREAD, 130);
	bench_close(&bench);
}
END_TEST

START_TEST(no_register_for_failures)
{
	struct profile profile = made_profile(PROOF_COUNTER);
	struct bench bench;

	profile.cuff.has_failure = false;
	bench_open(&bench, &profile, "");
	bench_counted(&bench, 7, 120);
	bench_register(&bench, AT_FAILURE, 1); /* something else's */
	bench_poll(&bench, 0);
	bench_counted(&bench, 8, 130);
	bench_register(&bench, AT_FAILURE, 1);
	assert_new(bench_poll(&bench, 1), 130, 1);
	bench_counted(&bench, 9, 0);
	assert_failed(bench_poll(&bench, 2), "no pressure came of it");
	bench_close(&bench);
}
END_TEST

/* It counts it, and leaves the old pressures: they are no new measurement. */
START_TEST(counted_failure_beside_an_old_result)
{
	struct bench bench;

	open_counter(&bench, 7, false);
	bench_poll(&bench, 0);
	bench_register(&bench, AT_PROOF, 8);
	bench_register(&bench, AT_FAILURE, 1);
	assert_failed(bench_poll(&bench, 1), "weak or no signal");
	bench_close(&bench);
}
END_TEST

START_TEST(failure_found_at_connect_is_nothing_new)
{
	struct bench bench;

	open_counter(&bench, 7, true);
	bench_counted(&bench, 7, 0);
	bench_register(&bench, AT_FAILURE, 1);
	assert_cuff(bench_poll(&bench, 0), CUFF_NONE, -1);
	assert_cuff(bench_poll(&bench, 1), CUFF_NONE, -1);
	/* But after a restart the key shows that it came meanwhile. */
	bench_register(&bench, AT_AGE, 60);
	bench_reopen(&bench, "6");
	assert_failed(bench_poll(&bench, 2), "weak or no signal");
	bench_close(&bench);
}
END_TEST

/* Some devices count when a cuff begins, and take the pressures away. */
START_TEST(what_is_under_way_is_not_judged)
{
	struct bench bench;

	open_counter(&bench, 7, false);
	bench_poll(&bench, 0);
	bench_measuring(&bench, true);
	bench_counted(&bench, 8, 0);
	assert_cuff(bench_poll(&bench, 1), CUFF_NONE, -1);
	ck_assert(bench.seen.measuring);
	bench_measuring(&bench, false);
	bench_counted(&bench, 8, 130);
	assert_new(bench_poll(&bench, 2), 130, 2);
	ck_assert(!bench.seen.measuring);
	/* The code of the last attempt and the pressures before it stay while the next goes on. */
	bench_register(&bench, AT_FAILURE, 1);
	assert_failed(bench_poll(&bench, 3), "weak or no signal");
	bench_measuring(&bench, true);
	bench_register(&bench, AT_PROOF, 9);
	assert_cuff(bench_poll(&bench, 4), CUFF_REREAD, 130);
	bench_measuring(&bench, false);
	bench_counted(&bench, 9, 140);
	assert_new(bench_poll(&bench, 5), 140, 5);
	bench_close(&bench);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("drivers: failures");
	TCase *tcase = tcase_create("failures");

	suite_add_tcase(suite, tcase);
	tcase_set_timeout(tcase, 120);
	tcase_add_test(tcase, failed_cuffs_are_told_once);
	tcase_add_test(tcase, failure_beside_an_old_result);
	tcase_add_test(tcase, no_register_for_failures);
	tcase_add_test(tcase, counted_failure_beside_an_old_result);
	tcase_add_test(tcase, failure_found_at_connect_is_nothing_new);
	tcase_add_test(tcase, what_is_under_way_is_not_judged);
	return suite_run(suite);
}
