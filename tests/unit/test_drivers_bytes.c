/* Any bytes are legal answers, and the simulated monitor answers any request. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "drivers/simulated/random.h"
#include "drivers_fixture.h"
#include "suite_run.h"

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
		struct driver_next next = bench_ask(&bench, seconds);
		struct driver_result result;
		uint8_t *exact;
		size_t length;

		while (!next.has_request)
			next = bench_ask(&bench, seconds += (double)(1 + below(&state, 90)));
		if (below(&state, 20) == 0) {
			driver_find("modbus")->missed(bench.instance, bench_at(seconds), MISS_BROKEN);
			continue;
		}
		length = random_reply(&state, &next, bytes);
		/* A block of exactly that length, so that a byte read past it is seen. */
		exact = malloc(length > 0 ? length : 1);
		memcpy(exact, bytes, length);
		result = bench_answer(&bench, seconds, exact, length);
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

/* The rest of a cuff is shown in the registers that the profile names, and nowhere else. */
START_TEST(the_simulated_monitor_shows_its_proof)
{
	struct profile profile = made_profile((enum proof_kind)_i);
	struct register_image *image;
	bool wide = _i == PROOF_TIME, is_age = _i == PROOF_AGE, is_counter = _i == PROOF_COUNTER;

	profile.cuff.has_age = is_counter;
	profile.cuff.has_age_none = is_age;
	profile.cuff.age_none = 9999;
	image = image_create(&profile);
	ck_assert_uint_eq(image->holding[AT_PROOF], is_age ? 9999 : 0);
	ck_assert_uint_eq(image->holding[AT_AGE], is_counter ? 65535 : 0);
	ck_assert_uint_eq(image->holding[AT_STATUS] & 2, 0);
	image_put_counter(image, 42);
	ck_assert_uint_eq(image->holding[wide ? AT_PROOF_LOW : AT_PROOF], is_counter || wide ? 42 : is_age ? 9999 : 0);
	image_put_age(image, 0);
	ck_assert_uint_eq(image->holding[AT_PROOF], is_counter ? 42 : 0);
	ck_assert_uint_eq(image->holding[AT_AGE], 0);
	image_put_age(image, 70000);
	ck_assert_uint_eq(image->holding[is_age ? AT_PROOF : AT_AGE], is_age || is_counter ? 65535 : 0);
	image_put_measuring(image, true);
	ck_assert_uint_eq(image->holding[AT_STATUS] & 2, 2);
	image_put_failure(image, 2);
	ck_assert_uint_eq(image->holding[AT_FAILURE], 2);
	image_put_clock(image, 1);
	image_put_uptime(image, 1);
	for (int i = AT_FAILURE + 1; i < MADE_END; i++)
		ck_assert_uint_eq(image->holding[i], 0);
	image_destroy(image);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("drivers: bytes");
	TCase *tcase = tcase_create("bytes");

	suite_add_tcase(suite, tcase);
	tcase_set_timeout(tcase, 120);
	tcase_add_loop_test(tcase, any_bytes_are_legal, 0, PROOF_COUNT);
	tcase_add_loop_test(tcase, the_simulated_monitor_refuses, 0, sizeof(requests) / sizeof(requests[0]));
	tcase_add_loop_test(tcase, the_simulated_monitor_shows_its_proof, 0, PROOF_COUNT);
	return suite_run(suite);
}
