/* The generic Modbus driver: when it asks, what it asks, and any bytes for an answer. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "drivers/modbus_map.h"
#include "drivers/simulated/random.h"
#include "drivers_fixture.h"

static const struct driver *
modbus(void)
{
	return driver_find("modbus");
}

/* Three reads: the clocks, the streams and cuff, and a breathing rate far away. */
static struct profile
wide_profile(void)
{
	struct profile profile = made_profile(PROOF_COUNTER);

	profile.has_uptime = profile.has_clock = true;
	profile.values[2] = profile.values[0];
	profile.values[2].vital = VITAL_BREATHING;
	profile.values[2].source = SOURCE_IMPEDANCE;
	profile.values[2].field.address = 200;
	profile.values[2].field.function = 4;
	profile.values[2].status_count = 0;
	profile.value_count = 3;
	return profile;
}

static struct driver_next
ask(struct bench *bench, double seconds)
{
	struct driver_next next;

	modbus()->next(bench->instance, bench_at(seconds), &next);
	return next;
}

/* Which register the request that is due begins with; -1: none is due. */
static int
asked_for(struct bench *bench, double seconds)
{
	struct driver_next next = ask(bench, seconds);

	return next.has_request ? next.request.bytes[2] << 8 | next.request.bytes[3] : -1;
}

static struct driver_result
answer(struct bench *bench, double seconds, const uint8_t *bytes, size_t length)
{
	struct driver_result result;

	modbus()->accept(bench->instance, bench_at(seconds), bytes, length, &result);
	return result;
}

/* The right answer to what is due. */
static struct driver_result
serve(struct bench *bench, double seconds)
{
	struct driver_next next = ask(bench, seconds);
	uint8_t reply[1 + IMAGE_REPLY_CAP] = { BENCH_UNIT };
	size_t length = 1 + image_serve(bench->image, next.request.bytes + 1, next.request.length - 1, reply + 1);

	return answer(bench, seconds, reply, length);
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
	next = ask(&bench, 0.3);
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
	ck_assert_int_eq(asked_for(&bench, 0.3), 0); /* at once */
	ck_assert(serve(&bench, 0.3).valid);
	ck_assert_int_eq(asked_for(&bench, 0.4), -1);
	ck_assert_int_eq(ask(&bench, 0.4).again.ms, bench_at(1).ms);
	ck_assert_int_eq(asked_for(&bench, 0.999), -1);
	ck_assert_int_eq(asked_for(&bench, 1), 0);
	ck_assert(serve(&bench, 1.4).valid);
	ck_assert_int_eq(ask(&bench, 1.4).again.ms, bench_at(2).ms);
	/* A round that took longer than the cadence lets ticks go by, and none is made up for. */
	ck_assert(serve(&bench, 5.2).valid);
	ck_assert_int_eq(ask(&bench, 5.2).again.ms, bench_at(6).ms);
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
	ck_assert_int_eq(asked_for(&bench, 0), AT_UPTIME);
	ck_assert_int_eq(asked_for(&bench, 0), AT_UPTIME); /* asking changes nothing */
	result = serve(&bench, 0);
	ck_assert(result.valid && result.has_observation);
	ck_assert_uint_eq(result.observation.reading_count, 0);
	ck_assert_int_eq(result.observation.cuff.proof, CUFF_NONE);
	ck_assert_int_eq(asked_for(&bench, 0), AT_RATE);
	result = serve(&bench, 0.1);
	ck_assert_uint_eq(result.observation.reading_count, 2);
	ck_assert_int_eq(result.observation.at.ms, bench_at(0.1).ms);
	ck_assert_int_eq(result.observation.readings[0].vital, VITAL_RATE);
	ck_assert_int_eq(number_of(&result.observation.readings[0]), 72);
	ck_assert_int_eq(number_of(&result.observation.readings[1]), 97);
	ck_assert_int_eq(number_of(&result.observation.cuff.systolic), 120);
	ck_assert_int_eq(asked_for(&bench, 0.1), 200);
	result = serve(&bench, 0.2);
	ck_assert_uint_eq(result.observation.reading_count, 1);
	ck_assert_int_eq(number_of(&result.observation.readings[0]), 14);
	ck_assert_int_eq(asked_for(&bench, 0.2), -1);
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
	result = serve(&bench, 0);
	ck_assert_uint_eq(result.observation.reading_count, 1);
	ck_assert_int_eq(number_of(&result.observation.readings[0]), 72);
	result = serve(&bench, 0);
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
	serve(&bench, 0);
	serve(&bench, 0);
	result = serve(&bench, 0); /* the read of the breathing rate alone */
	ck_assert(result.observation.measuring);
	ck_assert_int_eq(result.observation.clock_off_ms, 500000);
	bench_register_32(&bench, AT_CLOCK, bench_unix_s(2));
	result = serve(&bench, 1);
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
	{ 5, "exception 5: acknowledged, will take longer" },
	{ 6, "exception 6: busy" },
	{ 10, "exception 10: the gateway has no path to the monitor" },
	{ 11, "exception 11: the monitor behind the gateway does not answer" },
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
	result = answer(&bench, 0, bytes, sizeof(bytes));
	ck_assert(!result.valid && !result.has_observation);
	ck_assert_str_eq(result.reason, exceptions[_i].words);
	ck_assert_int_eq(asked_for(&bench, 0), AT_RATE); /* it answers: the round goes on */
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
	result = answer(&bench, 0.2, broken[_i].bytes, broken[_i].length);
	ck_assert(!result.valid && !result.has_observation);
	ck_assert_str_eq(result.reason, broken[_i].reason);
	ck_assert_int_eq(asked_for(&bench, 0.2), -1); /* in trouble it is asked once per tick */
	ck_assert_int_eq(asked_for(&bench, 1), AT_UPTIME);
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
		if (asked_for(&bench, tenth / 10.0) < 0)
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
		int address = asked_for(&bench, tenth / 10.0);

		for (int i = 0; i < 3; i++)
			served[i] += address == addresses[i];
		if (address == addresses[_i])
			modbus()->missed(bench.instance, bench_at(tenth / 10.0), MISS_TIMEOUT);
		else if (address >= 0)
			serve(&bench, tenth / 10.0);
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
		ck_assert_int_eq(asked_for(&bench, second), AT_UPTIME);
		answer(&bench, second, refusal, sizeof(refusal));
		ck_assert_int_eq(asked_for(&bench, second), AT_RATE);
		served += serve(&bench, second).valid;
		served += serve(&bench, second).valid;
		ck_assert_int_eq(asked_for(&bench, second), -1);
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
		if (asked_for(&bench, second) == AT_UPTIME) {
			modbus()->missed(bench.instance, bench_at(second), MISS_TIMEOUT);
			continue;
		}
		result = serve(&bench, second);
		if (result.observation.reading_count == 2) {
			judged += result.observation.cuff.proof != CUFF_NONE;
			ck_assert_int_eq(result.observation.cuff.proof != CUFF_NONE, second > 8);
		}
		serve(&bench, second);
	}
	ck_assert_uint_gt(judged, 5);
	/* Once it was read, the next outage is waited out again. */
	while (asked_for(&bench, 50) != AT_UPTIME)
		serve(&bench, 50 - 0.5);
	serve(&bench, 50);
	modbus()->missed(bench.instance, bench_at(50), MISS_TIMEOUT);
	modbus()->missed(bench.instance, bench_at(51), MISS_TIMEOUT);
	modbus()->missed(bench.instance, bench_at(52), MISS_TIMEOUT);
	while (asked_for(&bench, 60) == AT_UPTIME)
		modbus()->missed(bench.instance, bench_at(59), MISS_TIMEOUT);
	ck_assert_int_eq(serve(&bench, 60).observation.cuff.proof, CUFF_NONE);
	bench_close(&bench);
}
END_TEST

static void
assert_sane(const struct driver_result *result)
{
	const struct observation *observation = &result->observation;

	ck_assert(result->valid == (result->reason[0] == '\0'));
	if (!result->has_observation)
		return;
	ck_assert(result->valid);
	ck_assert_uint_le(observation->reading_count, OBSERVATION_READINGS);
	for (size_t i = 0; i < observation->reading_count; i++)
		if (!quality_has_value(observation->readings[i].quality))
			ck_assert_int_eq(observation->readings[i].milli, 0);
	if (observation->cuff.proof == CUFF_NEW)
		ck_assert(instant_is_known(observation->cuff.measured_at) && observation->cuff.key[0] != '\0');
	if (observation->cuff.proof == CUFF_AGE_UNKNOWN)
		ck_assert(!instant_is_known(observation->cuff.measured_at));
}

static uint64_t
below(uint64_t *state, uint64_t end)
{
	return random_bits(state) % end;
}

/* Random registers in a right frame, a right frame with some bytes changed, cut or lengthened, or noise. */
static size_t
random_reply(uint64_t *state, const struct driver_next *next, uint8_t bytes[WIRE_BYTES])
{
	size_t count = (size_t)(next->request.bytes[4] << 8 | next->request.bytes[5]);
	size_t length = 3 + count * 2;
	uint64_t kind = below(state, 8);

	for (size_t i = 0; i < WIRE_BYTES; i++)
		bytes[i] = (uint8_t)(below(state, 4) == 0 ? random_bits(state) : below(state, 3) * 0x7f);
	if (kind == 0)
		return (size_t)below(state, WIRE_BYTES + 1);
	bytes[0] = next->request.bytes[0];
	bytes[1] = next->request.bytes[1];
	bytes[2] = (uint8_t)(count * 2);
	if (kind == 1)
		bytes[below(state, length)] = (uint8_t)random_bits(state);
	if (kind == 2)
		length = (size_t)below(state, length + 8);
	return length;
}

START_TEST(any_bytes_are_legal)
{
	struct profile profile = wide_profile();
	uint64_t state = 0xabcdef + (uint64_t)_i;
	struct bench bench;
	size_t valid = 0;
	double seconds = 0;

	profile.cuff.proof = (enum proof_kind)_i;
	profile.cuff.proof_field.type = _i == PROOF_TIME ? TYPE_U32 : TYPE_U16;
	profile.cuff.has_age = _i == PROOF_COUNTER;
	bench_open(&bench, &profile, "7");
	for (int i = 0; i < 25000; i++) {
		uint8_t bytes[WIRE_BYTES];
		struct driver_next next = ask(&bench, seconds);
		struct driver_result result;
		uint8_t *exact;
		size_t length;

		while (!next.has_request)
			next = ask(&bench, seconds += (double)(1 + below(&state, 90)));
		if (below(&state, 20) == 0) {
			modbus()->missed(bench.instance, bench_at(seconds), MISS_BROKEN);
			continue;
		}
		length = random_reply(&state, &next, bytes);
		/* A block of exactly that length, so that a byte read past it is seen. */
		exact = malloc(length > 0 ? length : 1);
		memcpy(exact, bytes, length);
		result = answer(&bench, seconds, exact, length);
		free(exact);
		assert_sane(&result);
		valid += result.valid;
	}
	ck_assert_uint_gt(valid, 10000);
	bench_close(&bench);
}
END_TEST

/* The simulated side: what is not in the profile does not exist. */
static const struct {
	uint8_t request[6];
	size_t length;
	uint8_t code; /* 0: served */
} requests[] = {
	{ { 3, 0, 0, 0, MADE_END }, 5, 0 },
	{ { 3, 0, AT_CLOCK, 0, 2 }, 5, 0 },
	{ { 3, 0, 0, 0, MADE_END + 1 }, 5, 2 },
	{ { 4, 0, 200, 0, 1 }, 5, 0 },
	{ { 4, 0, 199, 0, 1 }, 5, 2 },
	{ { 4, 0, 200, 0, 2 }, 5, 2 },
	{ { 3, 0, 0, 0, 0 }, 5, 3 },
	{ { 3, 0, 0, 0, 126 }, 5, 3 },
	{ { 3, 0xff, 0xff, 0, 2 }, 5, 2 },
	{ { 3, 0, 0, 0 }, 4, 3 },
	{ { 3, 0, 0, 0, 1, 0 }, 6, 3 },
	{ { 1, 0, 0, 0, 1 }, 5, 1 },
	{ { 0x83 }, 1, 1 },
	{ { 0 }, 0, 1 },
};

START_TEST(the_simulated_monitor_refuses)
{
	struct profile profile = wide_profile();
	struct register_image *image = image_create(&profile);
	uint8_t reply[IMAGE_REPLY_CAP];
	size_t length = image_serve(image, requests[_i].request, requests[_i].length, reply);

	if (requests[_i].code == 0) {
		ck_assert_uint_eq(length, 2u + 2u * requests[_i].request[4]);
		ck_assert_uint_eq(reply[0], requests[_i].request[0]);
	} else {
		ck_assert_uint_eq(length, 2);
		ck_assert_uint_eq(reply[0], requests[_i].request[0] | 0x80);
		ck_assert_uint_eq(reply[1], requests[_i].code);
	}
	image_destroy(image);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		the_table_of_drivers, a_request_is_unit_and_pdu, rounds_are_due_on_the_common_tick,
		one_request_at_a_time_and_an_observation_for_each, a_value_is_judged_with_what_vouches_for_it,
		measuring_and_the_clock_go_on_between_replies, a_dead_monitor_is_asked_once_per_tick,
		a_read_that_is_refused_costs_the_others_nothing, a_cuff_waits_for_the_uptime,
	};
	Suite *suite = suite_create("drivers: modbus");
	TCase *tcase = tcase_create("modbus");
	SRunner *runner = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, tcase);
	tcase_set_timeout(tcase, 120);
	for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++)
		tcase_add_test(tcase, tests[i]);
	tcase_add_loop_test(tcase, exceptions_have_words, 0, sizeof(exceptions) / sizeof(exceptions[0]));
	tcase_add_loop_test(tcase, broken_answers_are_none, 0, sizeof(broken) / sizeof(broken[0]));
	tcase_add_loop_test(tcase, one_dead_read_does_not_starve_the_others, 0, 3);
	tcase_add_loop_test(tcase, any_bytes_are_legal, 0, PROOF_COUNT);
	tcase_add_loop_test(tcase, the_simulated_monitor_refuses, 0, sizeof(requests) / sizeof(requests[0]));
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
