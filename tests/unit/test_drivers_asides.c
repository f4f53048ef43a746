/* What is asked beside polling, and what is no answer to a poll: a busy device, a gateway's own exceptions, waking up, and the
 * device's identity. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "drivers/modbus_map.h"
#include "drivers_fixture.h"
#include "suite_run.h"

static const struct driver *
modbus(void)
{
	return &modbus_map_driver;
}

static struct driver_result
except(struct bench *bench, double seconds, uint8_t code)
{
	const uint8_t bytes[] = { BENCH_UNIT, (uint8_t)(bench_ask(bench, seconds).request.bytes[1] | 0x80), code };

	return bench_answer(bench, seconds, bytes, sizeof(bytes));
}

static const struct {
	uint8_t code;
	const char *reason, *at_last;
} laters[] = {
	{ 5, "exception 5: acknowledged, will take longer", "exception 5: acknowledged, will take longer, 6 times in a row" },
	{ 6, "exception 6: busy", "exception 6: busy, 6 times in a row" },
};

/* Asked again in a moment, the same read; after so many times it is a refusal like any other, and the round goes on. */
START_TEST(a_busy_device_is_asked_again)
{
	struct profile profile = wide_profile();
	struct driver_result result;
	struct bench bench;
	double now = 0.1;

	bench_open(&bench, &profile, "");
	for (int i = 0; i < MODBUS_LATER_MOST; i++) {
		ck_assert_int_eq(bench_asked_for(&bench, now), AT_UPTIME);
		result = except(&bench, now, laters[_i].code);
		ck_assert(!result.valid && !result.has_observation);
		ck_assert_int_eq(result.answer, ANSWER_LATER);
		ck_assert(answer_is_harmless(result.answer));
		ck_assert_str_eq(result.reason, laters[_i].reason);
		ck_assert_int_eq(bench_asked_for(&bench, now + 0.199), -1);
		ck_assert_int_eq(bench_ask(&bench, now).again.ms, bench_at(now + 0.2).ms);
		now += 0.2;
	}
	result = except(&bench, now, laters[_i].code);
	ck_assert(!result.valid);
	ck_assert_int_eq(result.answer, ANSWER_REFUSED);
	ck_assert(!answer_is_harmless(result.answer));
	ck_assert_str_eq(result.reason, laters[_i].at_last);
	ck_assert_int_eq(bench_asked_for(&bench, now), AT_RATE);
	bench_close(&bench);
}
END_TEST

START_TEST(a_good_answer_ends_the_count_of_busy_ones)
{
	struct profile profile = wide_profile();
	struct bench bench;

	bench_open(&bench, &profile, "");
	for (int second = 0; second < 20; second++) {
		ck_assert_int_eq(except(&bench, second, 6).answer, ANSWER_LATER);
		ck_assert_int_eq(except(&bench, second + 0.2, 6).answer, ANSWER_LATER);
		ck_assert(bench_serve(&bench, second + 0.4).valid);
		ck_assert(bench_serve(&bench, second + 0.4).valid);
		ck_assert(bench_serve(&bench, second + 0.4).valid);
		ck_assert_int_eq(bench_asked_for(&bench, second + 0.4), -1);
	}
	/* And so does a miss. */
	for (int i = 0; i < MODBUS_LATER_MOST; i++)
		except(&bench, 20 + i * 0.2, 6);
	ck_assert(modbus()->missed(bench.instance, bench_at(21.5), MISS_TIMEOUT));
	ck_assert_int_eq(except(&bench, 22, 6).answer, ANSWER_LATER);
	bench_close(&bench);
}
END_TEST

static const struct {
	uint8_t code;
	const char *reason;
} gateways[] = {
	{ 10, "exception 10: it is the gateway that has no path to the monitor" },
	{ 11, "exception 11: the gateway answers, and the monitor behind it does not" },
};

/* Its gateway waited in vain for as long as it does: it is asked once per tick, as a monitor that is mute. */
START_TEST(a_gateway_speaks_for_itself)
{
	struct profile profile = wide_profile();
	struct driver_result result;
	struct bench bench;

	bench_open(&bench, &profile, "");
	bench_serve(&bench, 0.1);
	result = except(&bench, 0.1, gateways[_i].code);
	ck_assert(!result.valid);
	ck_assert_int_eq(result.answer, ANSWER_GATEWAY);
	ck_assert(!answer_is_harmless(result.answer));
	ck_assert_str_eq(result.reason, gateways[_i].reason);
	ck_assert_int_eq(bench_asked_for(&bench, 0.9), -1);
	ck_assert_int_eq(bench_asked_for(&bench, 1), AT_UPTIME);
	bench_close(&bench);
}
END_TEST

START_TEST(answers_have_names)
{
	ck_assert_str_eq(answer_name(ANSWER_VALUES), "values");
	ck_assert_str_eq(answer_name(ANSWER_LATER), "later");
	ck_assert_str_eq(answer_name(ANSWER_GATEWAY), "gateway");
	ck_assert_str_eq(answer_name(ANSWER_BROKEN), "broken");
}
END_TEST

enum { WAKE_AT = 500 };

static struct profile
sleepy_profile(void)
{
	struct profile profile = made_profile(PROOF_COUNTER);

	profile.wake_up.command = (struct profile_command){
		.present = true, .function = 6, .address = WAKE_AT, .values = { 0x1234 }, .value_count = 1,
	};
	profile.wake_up.silence = duration_s(10);
	profile.wake_up.pause = duration_ms(300);
	return profile;
}

START_TEST(a_device_is_woken_after_connecting)
{
	static const uint8_t wake_up[] = { BENCH_UNIT, 6, WAKE_AT >> 8, WAKE_AT & 0xff, 0x12, 0x34 };
	struct profile profile = sleepy_profile();
	struct driver_result result;
	struct driver_next next;
	struct bench bench;

	bench_open(&bench, &profile, "");
	next = bench_ask(&bench, 0.1);
	ck_assert_uint_eq(next.request.length, sizeof(wake_up));
	ck_assert_mem_eq(next.request.bytes, wake_up, sizeof(wake_up));
	result = bench_serve(&bench, 0.1);
	ck_assert(result.valid && !result.has_observation);
	ck_assert_int_eq(result.answer, ANSWER_ASIDE);
	ck_assert_int_eq(bench_asked_for(&bench, 0.399), -1);
	ck_assert_int_eq(bench_asked_for(&bench, 0.4), AT_RATE);
	for (int second = 1; second < 30; second++) {
		ck_assert_int_eq(bench_asked_for(&bench, second), AT_RATE);
		bench_serve(&bench, second);
	}
	bench_close(&bench);
}
END_TEST

/* Refused, garbled or not answered: it was tried, and nobody is told. The poll that follows shows what is the matter. */
START_TEST(a_wake_up_that_fails_is_no_miss)
{
	static const uint8_t garbled[] = { BENCH_UNIT, 6, 0, 0, 0, 0 };
	struct profile profile = sleepy_profile();
	struct driver_result result = { .valid = false };
	struct bench bench;

	bench_open(&bench, &profile, "");
	ck_assert_int_eq(bench_asked_for(&bench, 0), WAKE_AT);
	switch (_i) {
	case 0:
		result = except(&bench, 0, 2);
		break;
	case 1:
		result = bench_answer(&bench, 0, garbled, sizeof(garbled));
		break;
	case 2:
		result = bench_answer(&bench, 0, garbled, 0);
		break;
	default:
		ck_assert(!modbus()->missed(bench.instance, bench_at(0), _i == 3 ? MISS_TIMEOUT : MISS_BROKEN));
		break;
	}
	ck_assert(!result.valid && answer_is_harmless(ANSWER_ASIDE));
	ck_assert(_i > 2 || result.answer == ANSWER_ASIDE);
	ck_assert_int_eq(bench_asked_for(&bench, 0.3), AT_RATE);
	ck_assert(modbus()->missed(bench.instance, bench_at(0.3), MISS_TIMEOUT));
	ck_assert_int_eq(bench_asked_for(&bench, 1), AT_RATE);
	bench_close(&bench);
}
END_TEST

/* Without a link there is nobody to wake: that is a miss, and after it the wake-up is due. */
START_TEST(a_wire_without_a_link_is_a_miss)
{
	struct profile profile = sleepy_profile();
	struct bench bench;

	bench_open(&bench, &profile, "");
	for (int second = 0; second < 3; second++) {
		ck_assert_int_eq(bench_asked_for(&bench, second), WAKE_AT);
		ck_assert(modbus()->missed(bench.instance, bench_at(second), MISS_NO_LINK));
		ck_assert_int_eq(bench_asked_for(&bench, second + 0.5), -1);
	}
	bench_serve(&bench, 3);
	bench_serve(&bench, 4);
	ck_assert_int_eq(bench_asked_for(&bench, 5), AT_RATE);
	modbus()->missed(bench.instance, bench_at(5), MISS_NO_LINK);
	ck_assert_int_eq(bench_asked_for(&bench, 6), WAKE_AT);
	bench_close(&bench);
}
END_TEST

START_TEST(a_silent_device_is_woken_again)
{
	struct profile profile = sleepy_profile();
	size_t woken = 0, polled = 0;
	struct bench bench;

	bench_open(&bench, &profile, "");
	bench_serve(&bench, 0);
	bench_serve(&bench, 1);
	for (int tenth = 11; tenth < 611; tenth++) {
		int address = bench_asked_for(&bench, tenth / 10.0);

		woken += address == WAKE_AT;
		polled += address == AT_RATE;
		if (address >= 0)
			modbus()->missed(bench.instance, bench_at(tenth / 10.0), MISS_TIMEOUT);
	}
	ck_assert_uint_eq(woken, 6); /* once in ten seconds */
	ck_assert_uint_ge(polled, 58);
	bench_close(&bench);
}
END_TEST

enum { MAKER_AT = 300, MODEL_AT = 310, SERIAL_AT = 400 };

static struct profile
named_profile(void)
{
	struct profile profile = made_profile(PROOF_COUNTER);

	profile.identity[IDENTITY_MANUFACTURER] =
	    (struct identity_text){ true, { .function = 3, .address = MAKER_AT, .type = TYPE_U16 }, 12 };
	profile.identity[IDENTITY_MODEL] =
	    (struct identity_text){ true, { .function = 3, .address = MODEL_AT, .type = TYPE_U16, .order = ORDER_BADC }, 12 };
	profile.identity[IDENTITY_SERIAL] = (struct identity_text){ true, { .function = 4, .address = SERIAL_AT, .type = TYPE_U32 }, 0 };
	return profile;
}

static void
put_names(struct bench *bench)
{
	image_put_identity(bench->image, IDENTITY_MANUFACTURER, "Maker Ltd");
	image_put_identity(bench->image, IDENTITY_MODEL, "Gateway 5");
	image_put_identity(bench->image, IDENTITY_SERIAL, "4000000001");
}

START_TEST(the_device_says_once_who_it_is)
{
	struct profile profile = named_profile();
	struct driver_result result;
	struct bench bench;

	bench_open(&bench, &profile, "");
	put_names(&bench);
	ck_assert_int_eq(bench_asked_for(&bench, 0), AT_RATE); /* the patient first */
	bench_serve(&bench, 0);
	ck_assert_int_eq(bench_asked_for(&bench, 0), MAKER_AT);
	result = bench_serve(&bench, 0);
	ck_assert(result.valid && !result.has_observation && !result.has_identity);
	ck_assert_int_eq(result.answer, ANSWER_ASIDE);
	ck_assert_int_eq(bench_asked_for(&bench, 0), SERIAL_AT);
	result = bench_serve(&bench, 0);
	ck_assert(result.has_identity);
	ck_assert_str_eq(result.identity.manufacturer, "Maker Ltd");
	ck_assert_str_eq(result.identity.model, "Gateway 5");
	ck_assert_str_eq(result.identity.serial, "4000000001");
	ck_assert_str_eq(result.identity.firmware, "");
	for (int second = 1; second < 5; second++) {
		ck_assert_int_eq(bench_asked_for(&bench, second), AT_RATE);
		bench_serve(&bench, second);
		ck_assert_int_eq(bench_asked_for(&bench, second), -1);
	}
	/* Another one may stand behind the address after the link was lost. */
	modbus()->missed(bench.instance, bench_at(5), MISS_NO_LINK);
	bench_serve(&bench, 6);
	ck_assert_int_eq(bench_asked_for(&bench, 6), MAKER_AT);
	bench_close(&bench);
}
END_TEST

/* What it does not say stays empty, and is no miss. */
START_TEST(an_identity_that_fails_is_no_miss)
{
	struct profile profile = named_profile();
	struct driver_result result;
	struct bench bench;

	bench_open(&bench, &profile, "");
	put_names(&bench);
	bench_serve(&bench, 0);
	ck_assert_int_eq(bench_asked_for(&bench, 0), MAKER_AT);
	if (_i == 0)
		ck_assert_int_eq(except(&bench, 0, 2).answer, ANSWER_ASIDE);
	else
		ck_assert(!modbus()->missed(bench.instance, bench_at(0), MISS_TIMEOUT));
	result = bench_serve(&bench, 0);
	ck_assert(result.has_identity);
	ck_assert_str_eq(result.identity.manufacturer, "");
	ck_assert_str_eq(result.identity.serial, "4000000001");
	ck_assert_int_eq(bench_asked_for(&bench, 0), -1);
	ck_assert_int_eq(bench_asked_for(&bench, 1), AT_RATE);
	bench_close(&bench);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		a_good_answer_ends_the_count_of_busy_ones, answers_have_names, a_device_is_woken_after_connecting,
		a_wire_without_a_link_is_a_miss, a_silent_device_is_woken_again, the_device_says_once_who_it_is,
	};
	Suite *suite = suite_create("drivers: asides");
	TCase *tcase = tcase_create("asides");

	suite_add_tcase(suite, tcase);
	tcase_set_timeout(tcase, 60);
	suite_add_tests(tcase, tests, sizeof(tests) / sizeof(tests[0]));
	tcase_add_loop_test(tcase, a_busy_device_is_asked_again, 0, 2);
	tcase_add_loop_test(tcase, a_gateway_speaks_for_itself, 0, 2);
	tcase_add_loop_test(tcase, a_wake_up_that_fails_is_no_miss, 0, 5);
	tcase_add_loop_test(tcase, an_identity_that_fails_is_no_miss, 0, 2);
	return suite_run(suite);
}
