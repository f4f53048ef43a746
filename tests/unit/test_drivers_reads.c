/* What must be read alone, at once or not at all; and bits of coils and discrete inputs, which vouch for values of another
 * reply of the same round. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "drivers/decode.h"
#include "drivers/plan.h"
#include "drivers/simulated/random.h"
#include "drivers_fixture.h"
#include "suite_run.h"

enum { BIT_SENSOR = 3, BIT_MEASURING = 9 };

static struct status
bit_status(uint8_t function, uint16_t address, enum doubt otherwise)
{
	return (struct status){ { .function = function, .address = address, .type = TYPE_BIT }, 1, 1, otherwise };
}

/* The made profile, with a discrete input for the sensor and a coil for the cuff that goes on. */
static struct profile
bit_profile(enum proof_kind proof)
{
	struct profile profile = made_profile(proof);

	for (size_t i = 0; i < profile.value_count; i++)
		profile.values[i].statuses[0] = bit_status(READ_DISCRETE, BIT_SENSOR, DOUBT_SENSOR_OFF);
	profile.cuff.measuring = bit_status(READ_COILS, BIT_MEASURING, DOUBT_NONE);
	return profile;
}

static int
function_asked(struct bench *bench, double seconds)
{
	struct driver_next next = bench_ask(bench, seconds);

	return next.has_request ? next.request.bytes[1] : -1;
}

static void
refuse(struct bench *bench, double seconds)
{
	const uint8_t reply[] = { BENCH_UNIT, (uint8_t)(function_asked(bench, seconds) | 0x80), 2 };
	struct driver_result result;

	driver_find("modbus")->accept(bench->instance, bench_at(seconds), reply, sizeof(reply), &result);
	ck_assert(!result.valid);
}

static void
assert_reads(const struct profile *profile, const char *expected)
{
	char text[400] = "";
	struct plan plan;

	plan_make(profile, &plan);
	for (size_t i = 0; i < plan.count; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%u:%u+%u", i > 0 ? " " : "", plan.reads[i].function,
		    plan.reads[i].address, plan.reads[i].count);
	ck_assert_str_eq(text, expected);
}

START_TEST(what_cannot_be_read_parts_the_reads)
{
	struct profile profile = made_profile(PROOF_COUNTER);

	profile.max_gap = 20;
	profile.has_clock = true;
	assert_reads(&profile, "3:0+24");
	profile.unreadable[profile.unreadable_count++] = (struct unreadable){ READ_INPUT, 11, 21 };
	assert_reads(&profile, "3:0+24");
	profile.unreadable[profile.unreadable_count++] = (struct unreadable){ READ_HOLDING, 24, 30 };
	assert_reads(&profile, "3:0+24");
	profile.unreadable[profile.unreadable_count++] = (struct unreadable){ READ_HOLDING, 15, 15 };
	assert_reads(&profile, "3:22+2 3:0+11");
	profile.unreadable[2] = (struct unreadable){ READ_HOLDING, 11, 21 };
	assert_reads(&profile, "3:22+2 3:0+11");
}
END_TEST

START_TEST(a_block_comes_at_once)
{
	struct profile profile = made_profile(PROOF_COUNTER);

	profile.max_gap = 0;
	for (size_t i = 0; i < 2; i++) {
		profile.values[i].status_count = 0;
		profile.values[i].field.address = (uint16_t)(40 + 20 * i);
	}
	assert_reads(&profile, "3:2+9 3:40+1 3:60+1");
	profile.block_count = 1;
	profile.values[0].block = profile.values[1].block = 1;
	assert_reads(&profile, "3:2+9 3:40+21");
	profile.cuff.block = 1;
	assert_reads(&profile, "3:2+59");
	profile.cuff.block = 0;
	profile.values[1].alone = true;
	profile.max_gap = 50;
	assert_reads(&profile, "3:2+9 3:40+21");
}
END_TEST

/* Both values of a block are of one reply, and so judged in one step. */
START_TEST(a_block_is_observed_as_a_whole)
{
	struct profile profile = made_profile(PROOF_COUNTER);
	struct driver_result result;
	struct bench bench;

	profile.max_gap = 0;
	profile.values[0].status_count = profile.values[1].status_count = 0;
	profile.values[0].field.address = 30;
	profile.values[1].field.address = 40;
	profile.block_count = 1;
	profile.values[0].block = profile.values[1].block = 1;
	bench_open(&bench, &profile, "");
	bench_register(&bench, 30, 71);
	bench_register(&bench, 40, 97);
	ck_assert_uint_eq(bench_serve(&bench, 0).observation.reading_count, 0); /* the cuff's */
	result = bench_serve(&bench, 0);
	ck_assert_uint_eq(result.observation.reading_count, 2);
	ck_assert_int_eq(number_of(&result.observation.readings[0]), 71);
	ck_assert_int_eq(number_of(&result.observation.readings[1]), 97);
	bench_close(&bench);
}
END_TEST

START_TEST(bits_are_read_between_the_clocks_and_the_values)
{
	struct profile profile = bit_profile(PROOF_COUNTER);

	profile.has_uptime = true;
	assert_reads(&profile, "3:20+2 1:9+1 2:3+1 3:0+11");
	profile.values[1].statuses[0].word.address = 30;
	profile.max_gap = 25;
	assert_reads(&profile, "3:0+22 1:9+1 2:3+1 2:30+1");
	profile.max_gap = 26;
	assert_reads(&profile, "3:0+22 1:9+1 2:3+28");
	profile.max_bits = 27;
	assert_reads(&profile, "3:0+22 1:9+1 2:3+1 2:30+1");
}
END_TEST

START_TEST(bits_vouch_in_their_round)
{
	struct profile profile = bit_profile(PROOF_COUNTER);
	struct driver_result result;
	struct bench bench;

	bench_open(&bench, &profile, "");
	bench_register(&bench, AT_RATE, 72);
	bench_register(&bench, AT_SPO2, 97);
	bench.image->discrete[BIT_SENSOR] = 1;
	ck_assert_int_eq(function_asked(&bench, 0), 1);
	ck_assert_uint_eq(bench_serve(&bench, 0).observation.reading_count, 0);
	ck_assert_int_eq(function_asked(&bench, 0), 2);
	bench_serve(&bench, 0);
	result = bench_serve(&bench, 0);
	ck_assert_uint_eq(result.observation.reading_count, 2);
	ck_assert_int_eq(number_of(&result.observation.readings[0]), 72);
	bench.image->discrete[BIT_SENSOR] = 0;
	bench_serve(&bench, 1);
	bench_serve(&bench, 1);
	result = bench_serve(&bench, 1);
	ck_assert_int_eq(result.observation.readings[0].doubt, DOUBT_SENSOR_OFF);
	ck_assert_int_eq(number_of(&result.observation.readings[0]), -1);
	/* Bits that the device refuses vouch for nothing, and what they said a round ago counts no more. */
	bench.image->discrete[BIT_SENSOR] = 1;
	bench_serve(&bench, 2);
	refuse(&bench, 2);
	result = bench_serve(&bench, 2);
	ck_assert_int_eq(result.observation.readings[0].quality, QUALITY_INVALID);
	ck_assert_int_eq(result.observation.readings[0].doubt, DOUBT_NOT_VOUCHED);
	/* A value that comes two cadences after its bits. */
	bench_serve(&bench, 3);
	bench_serve(&bench, 3);
	result = bench_serve(&bench, 5);
	ck_assert_int_eq(number_of(&result.observation.readings[0]), 72);
	bench_serve(&bench, 6);
	bench_serve(&bench, 6);
	result = bench_serve(&bench, 8.1);
	ck_assert_int_eq(result.observation.readings[0].doubt, DOUBT_NOT_VOUCHED);
	bench_close(&bench);
}
END_TEST

/* The flag that proves a cuff stands in a coil. A round in which it is not read is no end of the cuff. */
START_TEST(a_flag_that_is_not_read_ends_nothing)
{
	struct profile profile = bit_profile(PROOF_FLAG);
	struct bench bench;

	bench_open(&bench, &profile, "");
	bench_cuff(&bench, 120, 90, 75);
	assert_cuff(bench_poll(&bench, 0), CUFF_AGE_UNKNOWN, 120);
	bench_measuring(&bench, true);
	ck_assert_uint_eq(bench.image->coils[BIT_MEASURING], 1);
	bench_poll(&bench, 1);
	ck_assert(bench.seen.measuring);
	refuse(&bench, 2);
	bench_serve(&bench, 2);
	ck_assert_int_eq(bench_serve(&bench, 2).observation.cuff.proof, CUFF_NONE);
	bench_poll(&bench, 3);
	bench_cuff(&bench, 130, 95, 80);
	bench_measuring(&bench, false);
	assert_new(bench_poll(&bench, 4), 130, 4);
	bench_close(&bench);
}
END_TEST

/* What cannot be read of a cuff is as if it had not come: neither a new one nor a failed one. */
START_TEST(a_proof_without_digits_says_nothing)
{
	struct profile profile = made_profile(PROOF_COUNTER);
	struct bench bench;

	profile.cuff.proof_field.type = TYPE_BCD16;
	bench_open(&bench, &profile, "");
	bench_cuff(&bench, 120, 90, 75);
	bench_register(&bench, AT_PROOF, 0x0199);
	bench_poll(&bench, 0);
	bench_register(&bench, AT_PROOF, 0x01FF);
	bench_cuff(&bench, 0, 0, 0);
	ck_assert_int_eq(bench_poll(&bench, 1).proof, CUFF_NONE);
	bench_register(&bench, AT_PROOF, 0x0200);
	bench_cuff(&bench, 130, 95, 80);
	assert_new(bench_poll(&bench, 2), 130, 2);
	bench_register(&bench, AT_PROOF, 0x9999);
	bench_poll(&bench, 3);
	/* Its digits end where they end: 0000 comes after 9999. */
	bench_register(&bench, AT_PROOF, 0x0000);
	bench_miss(&bench, 4);
	assert_new(bench_poll(&bench, 5), 130, 5);
	ck_assert(!bench.rebooted);
	bench_close(&bench);
}
END_TEST

/* Between the uptime and the cuff one read fails in every round, or the device is busy: cuffs are judged all the same. */
START_TEST(a_read_that_fails_between_costs_no_cuff)
{
	struct profile profile = made_profile(PROOF_COUNTER);
	struct driver_result result;
	struct bench bench;
	size_t found = 0;

	profile.has_uptime = true;
	profile.values[0].statuses[0] = bit_status(READ_DISCRETE, BIT_SENSOR, DOUBT_SENSOR_OFF);
	bench_open(&bench, &profile, "");
	bench_cuff(&bench, 120, 90, 75);
	for (int second = 0; second < 400; second++) {
		double now = second;

		bench_register_32(&bench, AT_UPTIME, 90000 + second);
		bench_register(&bench, AT_PROOF, (uint16_t)(1 + second / 60));
		for (int function = function_asked(&bench, now); function >= 0; function = function_asked(&bench, now)) {
			uint8_t busy[] = { BENCH_UNIT, (uint8_t)(function | 0x80), (uint8_t)(_i == 0 ? 2 : 6) };

			if (function != READ_DISCRETE) {
				found += bench_serve(&bench, now).observation.cuff.proof == CUFF_NEW;
			} else if (_i == 1) {
				driver_find("modbus")->missed(bench.instance, bench_at(now), MISS_TIMEOUT);
			} else if (_i == 0 || now < second + 0.3) {
				driver_find("modbus")->accept(bench.instance, bench_at(now), busy, sizeof(busy), &result);
				now += _i == 0 ? 0 : 0.2;
			} else {
				bench_serve(&bench, now);
			}
		}
	}
	ck_assert_uint_eq(found, 6);
	bench_close(&bench);
}
END_TEST

START_TEST(a_counter_of_64_bits)
{
	struct profile profile = made_profile(PROOF_COUNTER);
	struct cuff cuff;
	struct bench bench;

	profile.cuff.proof_field = (struct field){ .function = 3, .address = 30, .type = TYPE_U64 };
	bench_open(&bench, &profile, "1311768467463790320");
	bench_cuff(&bench, 120, 90, 75);
	encode_raw(&profile.cuff.proof_field, INT64_C(0x123456789ABCDEF0), &bench.image->holding[30]);
	assert_cuff(bench_poll(&bench, 0), CUFF_REREAD, 120);
	encode_raw(&profile.cuff.proof_field, INT64_C(0x123456789ABCDEF1), &bench.image->holding[30]);
	cuff = bench_poll(&bench, 1);
	assert_new(cuff, 120, 1);
	ck_assert_str_eq(cuff.key, "1311768467463790321");
	bench_close(&bench);
}
END_TEST

static uint16_t
pick(uint64_t *state, int low, int high)
{
	return (uint16_t)(low + (int)(random_bits(state) % (uint64_t)(high - low + 1)));
}

static void
random_stream(uint64_t *state, struct profile *profile, size_t index)
{
	static const enum source sources[] = { SOURCE_ECG, SOURCE_PLETH, SOURCE_IMPEDANCE, SOURCE_PROBE };
	struct profile_value *value = &profile->values[index];

	*value = profile->values[0];
	value->vital = index < 4 ? VITAL_RATE : index < 8 ? VITAL_SPO2 : VITAL_BREATHING;
	value->source = sources[index % 4];
	value->field.function = (uint8_t)pick(state, 3, 4);
	value->field.address = pick(state, 30, 120);
	value->field.type = pick(state, 0, 1) ? TYPE_U32 : TYPE_U16;
	value->alone = pick(state, 0, 5) == 0;
	value->block = (uint8_t)(pick(state, 0, 3) == 0 ? pick(state, 1, 2) : 0);
	value->status_count = pick(state, 0, 1);
	if (pick(state, 0, 1))
		value->statuses[0] = bit_status((uint8_t)pick(state, 1, 2), pick(state, 0, 60), DOUBT_SENSOR_OFF);
	else
		value->statuses[0].word =
		    (struct field){ .function = value->field.function, .address = pick(state, 30, 120), .type = TYPE_U16 };
}

static struct profile
random_profile(uint64_t *state)
{
	struct profile profile = made_profile(PROOF_COUNTER);

	profile.max_registers = pick(state, 11, 40);
	profile.max_bits = pick(state, 1, 40);
	profile.max_gap = pick(state, 0, 10);
	profile.cuff.alone = pick(state, 0, 1);
	profile.block_count = 2;
	profile.value_count = pick(state, 1, 6);
	for (size_t i = profile.value_count; i > 0; i--)
		random_stream(state, &profile, i - 1);
	for (; profile.unreadable_count < 4; profile.unreadable_count++) {
		uint16_t from = pick(state, 30, 120);

		profile.unreadable[profile.unreadable_count] =
		    (struct unreadable){ (uint8_t)pick(state, 1, 4), from, (uint16_t)(from + pick(state, 0, 3)) };
	}
	return profile;
}

static void
hear_nothing(void *ctx, const char *path, const char *sentence)
{
	(void)ctx;
	(void)path;
	(void)sentence;
}

/* A monitor that refuses whatever its profile does not allow: nothing is refused, and every value comes once a round. */
START_TEST(a_plan_keeps_to_the_rules_of_its_device)
{
	uint64_t state = 17;
	int possible = 0;

	for (int i = 0; i < 60000 && possible < 400; i++) {
		struct profile profile = random_profile(&state);
		size_t readings = 0, requests = 0;
		struct bench bench;

		if (profile_check(&profile, hear_nothing, NULL) != 0)
			continue;
		possible++;
		bench_open(&bench, &profile, "");
		for (size_t k = 0; k < profile.value_count; k++)
			image_put(bench.image, &profile.values[k], &(struct reading){ .quality = QUALITY_GOOD, .milli = 72000 });
		for (; bench_ask(&bench, 0).has_request; requests++) {
			struct driver_result result = bench_serve(&bench, 0);

			ck_assert_msg(result.valid, "%s", result.reason);
			readings += result.observation.reading_count;
			for (size_t k = 0; k < result.observation.reading_count; k++)
				ck_assert_int_ne(result.observation.readings[k].doubt, DOUBT_NOT_VOUCHED);
		}
		ck_assert_uint_ge(readings, profile.value_count);
		bench_close(&bench);
	}
	ck_assert_int_ge(possible, 200);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		what_cannot_be_read_parts_the_reads, a_block_comes_at_once, a_block_is_observed_as_a_whole,
		bits_are_read_between_the_clocks_and_the_values, bits_vouch_in_their_round, a_flag_that_is_not_read_ends_nothing,
		a_proof_without_digits_says_nothing, a_counter_of_64_bits, a_plan_keeps_to_the_rules_of_its_device,
	};
	Suite *suite = suite_create("drivers: reads");
	TCase *tcase = tcase_create("reads");

	suite_add_tcase(suite, tcase);
	tcase_set_timeout(tcase, 120);
	suite_add_tests(tcase, tests, sizeof(tests) / sizeof(tests[0]));
	tcase_add_loop_test(tcase, a_read_that_fails_between_costs_no_cuff, 0, 3);
	return suite_run(suite);
}
