/* R2 to R4 with dates and ages: clocks that are wrong, jitter, drift, outages, restarts and reboots, through the whole
 * driver. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "drivers_fixture.h"
#include "suite_run.h"

static void
dated(struct bench *bench, int64_t made, int64_t clock, int systolic)
{
	bench_cuff(bench, systolic, systolic - 30, systolic - 45);
	bench_register_32(bench, AT_PROOF, made);
	bench_register_32(bench, AT_CLOCK, clock);
}

static void
open_dated(struct bench *bench, bool has_clock)
{
	struct profile profile = made_profile(PROOF_TIME);

	profile.has_clock = has_clock;
	bench_open(bench, &profile, "");
}

START_TEST(dates_are_differences_to_the_devices_clock)
{
	struct bench bench;
	struct cuff cuff;

	open_dated(&bench, true);
	/* 100 s ahead of ours: within what is borne. */
	dated(&bench, bench_unix_s(40), bench_unix_s(100), 120);
	cuff = bench_poll(&bench, 0);
	assert_new(cuff, 120, -60);
	ck_assert(!cuff.clock_doubted);
	ck_assert_int_eq(bench.seen.clock_off_ms, 100000);
	dated(&bench, bench_unix_s(40), bench_unix_s(101), 120);
	assert_cuff(bench_poll(&bench, 1), CUFF_REREAD, 120);
	dated(&bench, bench_unix_s(90), bench_unix_s(102), 120);
	assert_new(bench_poll(&bench, 2), 120, -10); /* equal to the one before */
	bench_close(&bench);
}
END_TEST

START_TEST(wrong_clock_is_marked_and_first_seen_counts)
{
	struct bench bench;
	struct cuff cuff;

	open_dated(&bench, true);
	dated(&bench, bench_unix_s(-7000), bench_unix_s(-3600), 120);
	assert_cuff(bench_poll(&bench, 0), CUFF_AGE_UNKNOWN, 120);
	ck_assert_int_eq(bench.seen.clock_off_ms, -3600000);
	dated(&bench, bench_unix_s(-3620), bench_unix_s(-3599), 130);
	cuff = bench_poll(&bench, 1);
	assert_new(cuff, 130, 1);
	ck_assert(cuff.clock_doubted);
	/* After a long gap nothing says when. */
	bench_miss(&bench, 2);
	dated(&bench, bench_unix_s(-3000), bench_unix_s(-2900), 140);
	assert_cuff(bench_poll(&bench, 700), CUFF_AGE_UNKNOWN, 140);
	bench_close(&bench);
}
END_TEST

START_TEST(two_minutes_off_are_borne_and_a_second_more_is_not)
{
	struct bench bench;

	open_dated(&bench, true);
	dated(&bench, bench_unix_s(110), bench_unix_s(120), 120);
	bench_poll(&bench, 0);
	dated(&bench, bench_unix_s(116), bench_unix_s(121), 130);
	assert_new(bench_poll(&bench, 1), 130, -4);
	ck_assert(!bench.seen.cuff.clock_doubted);
	dated(&bench, bench_unix_s(118), bench_unix_s(123), 140);
	assert_new(bench_poll(&bench, 2), 140, 2);
	ck_assert(bench.seen.cuff.clock_doubted);
	bench_close(&bench);
}
END_TEST

START_TEST(measured_in_the_future_is_first_seen)
{
	struct bench bench;

	open_dated(&bench, true);
	dated(&bench, bench_unix_s(-50), bench_unix_s(0), 120);
	assert_new(bench_poll(&bench, 0), 120, -50);
	dated(&bench, bench_unix_s(30), bench_unix_s(1), 130);
	assert_new(bench_poll(&bench, 1), 130, 1);
	ck_assert(bench.seen.cuff.clock_doubted);
	/* Back: the clock was set, or somebody looks through old results. */
	dated(&bench, bench_unix_s(-40), bench_unix_s(2), 140);
	assert_new(bench_poll(&bench, 2), 140, 2);
	ck_assert(bench.seen.cuff.clock_doubted);
	bench_close(&bench);
}
END_TEST

/* Without the clock itself a date is only a key, but between two polls it tells how wrong it is. */
START_TEST(date_without_a_clock_proves_no_time)
{
	struct bench bench;

	open_dated(&bench, false);
	dated(&bench, bench_unix_s(0), 0, 120);
	assert_cuff(bench_poll(&bench, 0), CUFF_AGE_UNKNOWN, 120);
	dated(&bench, bench_unix_s(-30), 0, 120);
	assert_new(bench_poll(&bench, 1), 120, 1);
	ck_assert(bench.seen.cuff.clock_doubted); /* it went back */
	dated(&bench, bench_unix_s(-25), 0, 120);
	assert_new(bench_poll(&bench, 2), 120, 2);
	ck_assert(!bench.seen.cuff.clock_doubted);
	dated(&bench, bench_unix_s(123), 0, 120);
	assert_new(bench_poll(&bench, 3), 120, 3);
	ck_assert(!bench.seen.cuff.clock_doubted); /* two minutes are borne */
	dated(&bench, bench_unix_s(10800), 0, 130);
	assert_new(bench_poll(&bench, 4), 130, 4);
	ck_assert(bench.seen.cuff.clock_doubted);
	ck_assert_int_eq(bench.seen.clock_off_ms, 10796000);
	assert_cuff(bench_poll(&bench, 5), CUFF_REREAD, 130);
	ck_assert_int_eq(bench.seen.clock_off_ms, 10796000);
	bench_close(&bench);
}
END_TEST

START_TEST(dates_survive_a_restart)
{
	struct bench bench;
	struct cuff cuff;

	open_dated(&bench, true);
	dated(&bench, 0, bench_unix_s(0), 120);
	assert_cuff(bench_poll(&bench, 0), CUFF_NONE, 120); /* never measured: what is shown is none */
	dated(&bench, bench_unix_s(10), bench_unix_s(10), 120);
	cuff = bench_poll(&bench, 10);
	assert_new(cuff, 120, 10);
	bench_reopen(&bench, cuff.key);
	dated(&bench, bench_unix_s(10), bench_unix_s(300), 120);
	assert_cuff(bench_poll(&bench, 300), CUFF_REREAD, 120);
	bench_reopen(&bench, "t1");
	dated(&bench, bench_unix_s(10), bench_unix_s(301), 120);
	assert_new(bench_poll(&bench, 301), 120, 10);
	bench_close(&bench);
}
END_TEST

/* A date is one for ever: the same result after a reboot is the same. */
START_TEST(dates_survive_a_reboot)
{
	struct profile profile = made_profile(PROOF_TIME);
	struct bench bench;

	profile.has_clock = profile.has_uptime = true;
	bench_open(&bench, &profile, "");
	dated(&bench, bench_unix_s(-5), bench_unix_s(0), 120);
	bench_register_32(&bench, AT_UPTIME, 500);
	assert_new(bench_poll(&bench, 0), 120, -5);
	bench_register_32(&bench, AT_UPTIME, 2);
	dated(&bench, bench_unix_s(-5), bench_unix_s(1), 120);
	assert_cuff(bench_poll(&bench, 1), CUFF_REREAD, 120);
	ck_assert(bench.rebooted);
	bench_close(&bench);
}
END_TEST

START_TEST(time_since_power_on)
{
	struct profile profile = made_profile(PROOF_TIME);
	struct bench bench;

	profile.cuff.time_base = TIME_SINCE_BOOT;
	profile.has_uptime = true;
	bench_open(&bench, &profile, "");
	bench_cuff(&bench, 120, 90, 75);
	bench_register_32(&bench, AT_PROOF, 400);
	bench_register_32(&bench, AT_UPTIME, 500);
	assert_new(bench_poll(&bench, 0), 120, -100);
	bench_register_32(&bench, AT_UPTIME, 501);
	assert_cuff(bench_poll(&bench, 1), CUFF_REREAD, 120);
	bench_register_32(&bench, AT_PROOF, 501);
	bench_register_32(&bench, AT_UPTIME, 502);
	assert_new(bench_poll(&bench, 2), 120, 1);
	bench_register_32(&bench, AT_PROOF, 530);
	bench_register_32(&bench, AT_UPTIME, 530);
	assert_new(bench_poll(&bench, 30), 120, 30);
	/* Restarted, with the old result and its old time. */
	bench_register_32(&bench, AT_UPTIME, 3);
	assert_cuff(bench_poll(&bench, 42), CUFF_AGE_UNKNOWN, 120);
	ck_assert(bench.rebooted);
	/* No cuff is done ten seconds after the power-on. */
	bench_register_32(&bench, AT_PROOF, 10);
	bench_register_32(&bench, AT_UPTIME, 43);
	bench_cuff(&bench, 121, 90, 75);
	assert_cuff(bench_poll(&bench, 82), CUFF_AGE_UNKNOWN, 121);
	bench_register_32(&bench, AT_PROOF, 60);
	bench_register_32(&bench, AT_UPTIME, 83);
	assert_new(bench_poll(&bench, 122), 121, 99);
	bench_close(&bench);
}
END_TEST

static void
aged(struct bench *bench, uint16_t age, int systolic)
{
	bench_cuff(bench, systolic, systolic > 0 ? systolic - 30 : 0, systolic > 0 ? systolic - 45 : 0);
	bench_register(bench, AT_PROOF, age);
}

static void
open_aged(struct bench *bench, bool has_uptime)
{
	struct profile profile = made_profile(PROOF_AGE);

	profile.cuff.has_age_none = true;
	profile.cuff.age_none = 9999;
	profile.has_uptime = has_uptime;
	bench_open(bench, &profile, "");
	bench_register_32(bench, AT_UPTIME, 90000);
}

START_TEST(age_that_falls_is_new)
{
	struct bench bench;

	open_aged(&bench, false);
	aged(&bench, 9999, 0);
	assert_cuff(bench_poll(&bench, 0), CUFF_NONE, -1);
	aged(&bench, 0, 120);
	assert_new(bench_poll(&bench, 1), 120, 1);
	aged(&bench, 9999, 120); /* too old to have an age, and still shown */
	assert_cuff(bench_poll(&bench, 2), CUFF_NONE, 120);
	aged(&bench, 299, 120);
	assert_cuff(bench_poll(&bench, 300), CUFF_REREAD, 120);
	aged(&bench, 1, 120);
	assert_new(bench_poll(&bench, 301), 120, 300); /* equal to the one before */
	bench_close(&bench);
}
END_TEST

START_TEST(age_jitters_and_stays_one)
{
	struct bench bench;
	size_t made = 0;

	open_aged(&bench, false);
	for (int second = 0; second < 3600; second++) {
		/* The gateway hands the age on up to a second late, and we ask up to half a second late. */
		aged(&bench, (uint16_t)(second + 30 - second % 2), 120);
		made += bench_poll(&bench, second + (second * 7 % 10) / 20.0).proof == CUFF_NEW;
	}
	ck_assert_uint_eq(made, 1);
	bench_close(&bench);
}
END_TEST

/* A device whose seconds are 0.2 % longer than ours, 86 s in half a day, with a new cuff every 9000 of them. */
START_TEST(age_drifts_and_stays_one)
{
	struct bench bench;
	size_t made = 0;

	open_aged(&bench, false);
	for (int second = 0; second < 43200; second++) {
		aged(&bench, (uint16_t)((int)(second / 1.002) % 9000), 120);
		made += bench_poll(&bench, second).proof == CUFF_NEW;
	}
	ck_assert_uint_eq(made, 5);
	bench_close(&bench);
}
END_TEST

START_TEST(age_after_an_outage)
{
	struct bench bench;

	open_aged(&bench, false);
	aged(&bench, 40, 120);
	assert_new(bench_poll(&bench, 0), 120, -40);
	for (int i = 1; i < 200; i += 10)
		bench_miss(&bench, i);
	aged(&bench, 40, 120);
	assert_new(bench_poll(&bench, 200), 120, 160); /* the same age again, of another cuff */
	for (int i = 201; i < 400; i += 10)
		bench_miss(&bench, i);
	aged(&bench, 240, 120);
	assert_cuff(bench_poll(&bench, 400), CUFF_REREAD, 120);
	bench_close(&bench);
}
END_TEST

START_TEST(age_that_stands_at_its_end_proves_nothing)
{
	struct bench bench;

	open_aged(&bench, false);
	aged(&bench, 65535, 120);
	assert_cuff(bench_poll(&bench, 0), CUFF_AGE_UNKNOWN, 120);
	bench_miss(&bench, 1);
	assert_cuff(bench_poll(&bench, 500), CUFF_AGE_UNKNOWN, 120);
	aged(&bench, 2, 130);
	assert_new(bench_poll(&bench, 501), 130, 499);
	aged(&bench, 65535, 130);
	assert_cuff(bench_poll(&bench, 502), CUFF_REREAD, 130);
	bench_close(&bench);
}
END_TEST

START_TEST(age_of_an_older_result_is_not_new)
{
	struct bench bench;

	open_aged(&bench, false);
	aged(&bench, 5, 120);
	assert_new(bench_poll(&bench, 0), 120, -5);
	aged(&bench, 900, 150); /* somebody looks through old results */
	assert_cuff(bench_poll(&bench, 1), CUFF_REREAD, 150);
	aged(&bench, 7, 120);
	assert_cuff(bench_poll(&bench, 2), CUFF_REREAD, 120);
	bench_close(&bench);
}
END_TEST

START_TEST(age_key_survives_a_restart)
{
	struct bench bench;
	char key[CUFF_KEY_CAP];

	open_aged(&bench, false);
	aged(&bench, 5, 120);
	strcpy(key, bench_poll(&bench, 0.9).key);
	bench_reopen(&bench, key);
	aged(&bench, 99, 120);
	assert_cuff(bench_poll(&bench, 95.2), CUFF_REREAD, 120);
	ck_assert_str_eq(bench.seen.cuff.key, key);
	bench_reopen(&bench, key);
	aged(&bench, 20, 120);
	assert_new(bench_poll(&bench, 96), 120, 76);
	bench_close(&bench);
}
END_TEST

START_TEST(age_after_a_reboot)
{
	struct bench bench;

	open_aged(&bench, true);
	aged(&bench, 5, 120);
	assert_new(bench_poll(&bench, 0), 120, -5);
	bench_miss(&bench, 1);
	bench_register_32(&bench, AT_UPTIME, 10);
	aged(&bench, 10, 120);
	assert_cuff(bench_poll(&bench, 60), CUFF_AGE_UNKNOWN, 120);
	bench_register_32(&bench, AT_UPTIME, 70);
	aged(&bench, 70, 120);
	assert_cuff(bench_poll(&bench, 120), CUFF_AGE_UNKNOWN, 120);
	bench_register_32(&bench, AT_UPTIME, 71);
	aged(&bench, 0, 130);
	assert_new(bench_poll(&bench, 121), 130, 121);
	bench_close(&bench);
}
END_TEST

START_TEST(failure_with_an_age)
{
	struct bench bench;

	open_aged(&bench, false);
	aged(&bench, 100, 120);
	bench_poll(&bench, 0);
	aged(&bench, 0, 0);
	bench_register(&bench, AT_FAILURE, 1);
	assert_failed(bench_poll(&bench, 1), "weak or no signal");
	aged(&bench, 1, 0);
	assert_cuff(bench_poll(&bench, 2), CUFF_NONE, -1);
	aged(&bench, 0, 0);
	assert_failed(bench_poll(&bench, 60), "weak or no signal");
	aged(&bench, 0, 130);
	bench_register(&bench, AT_FAILURE, 0);
	assert_new(bench_poll(&bench, 120), 130, 120);
	bench_close(&bench);
}
END_TEST

START_TEST(hostile_keys_are_no_instants)
{
	static const char *const keys[] = { "7x", "a", "a1x", "a-5", "a99999999999999999999", "a-9223372036854775808", "a 1", "t1" };
	struct bench bench;

	open_aged(&bench, false);
	aged(&bench, 5, 120);
	bench_reopen(&bench, keys[_i]);
	assert_new(bench_poll(&bench, 0), 120, -5);
	bench_close(&bench);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		dates_are_differences_to_the_devices_clock, wrong_clock_is_marked_and_first_seen_counts,
		two_minutes_off_are_borne_and_a_second_more_is_not, measured_in_the_future_is_first_seen,
		date_without_a_clock_proves_no_time, dates_survive_a_restart, dates_survive_a_reboot, time_since_power_on,
		age_that_falls_is_new, age_jitters_and_stays_one, age_drifts_and_stays_one, age_after_an_outage,
		age_that_stands_at_its_end_proves_nothing, age_of_an_older_result_is_not_new, age_key_survives_a_restart,
		age_after_a_reboot, failure_with_an_age,
	};
	Suite *suite = suite_create("drivers: dates");
	TCase *tcase = tcase_create("dates");

	suite_add_tcase(suite, tcase);
	tcase_set_timeout(tcase, 60);
	suite_add_tests(tcase, tests, sizeof(tests) / sizeof(tests[0]));
	tcase_add_loop_test(tcase, hostile_keys_are_no_instants, 0, 8);
	return suite_run(suite);
}
