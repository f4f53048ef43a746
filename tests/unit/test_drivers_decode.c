/* Registers to numbers: every type and order, scales, codes and statuses that must never become a number (R1), the ends of
 * a device's range (R6); and what the simulator writes is what the driver reads. */
#include <check.h>
#include <math.h>
#include <stdlib.h>

#include "drivers/decode.h"
#include "drivers/simulated/random.h"
#include "drivers_fixture.h"
#include "suite_run.h"

static struct words
words_of(uint16_t first, uint16_t second)
{
	return (struct words){ .function = 3, .address = 100, .count = 3, .at = { first, second } };
}

static struct profile_value
value_of_type(enum value_type type, enum word_order order)
{
	return (struct profile_value){
		.present = true,
		.vital = VITAL_RATE,
		.field = { .function = 3, .address = 100, .type = type, .order = order },
		.scale_micro = 1000000,
	};
}

/* 123456.00 as published for the four orders (facts, protocols 1), and one whole number in each type and order. */
static const struct {
	enum value_type type;
	enum word_order order;
	uint16_t first, second;
	int64_t milli;
} vectors[] = {
	{ TYPE_F32, ORDER_ABCD, 0x47F1, 0x2000, 123456000 },
	{ TYPE_F32, ORDER_CDAB, 0x2000, 0x47F1, 123456000 },
	{ TYPE_F32, ORDER_BADC, 0xF147, 0x0020, 123456000 },
	{ TYPE_F32, ORDER_DCBA, 0x0020, 0xF147, 123456000 },
	{ TYPE_U32, ORDER_ABCD, 0x0001, 0xE240, 123456000 },
	{ TYPE_U32, ORDER_CDAB, 0xE240, 0x0001, 123456000 },
	{ TYPE_U32, ORDER_BADC, 0x0100, 0x40E2, 123456000 },
	{ TYPE_U32, ORDER_DCBA, 0x40E2, 0x0100, 123456000 },
	{ TYPE_S32, ORDER_ABCD, 0xFFFE, 0x1DC0, -123456000 },
	{ TYPE_S32, ORDER_CDAB, 0x1DC0, 0xFFFE, -123456000 },
	{ TYPE_S32, ORDER_BADC, 0xFEFF, 0xC01D, -123456000 },
	{ TYPE_S32, ORDER_DCBA, 0xC01D, 0xFEFF, -123456000 },
	{ TYPE_U16, ORDER_ABCD, 0xFF38, 0, 65336000 },
	{ TYPE_U16, ORDER_CDAB, 0xFF38, 0, 65336000 },
	{ TYPE_U16, ORDER_BADC, 0x38FF, 0, 65336000 },
	{ TYPE_U16, ORDER_DCBA, 0x38FF, 0, 65336000 },
	{ TYPE_S16, ORDER_ABCD, 0xFF38, 0, -200000 },
	{ TYPE_S16, ORDER_DCBA, 0x38FF, 0, -200000 },
};

START_TEST(every_type_in_every_order)
{
	const struct profile_value value = value_of_type(vectors[_i].type, vectors[_i].order);
	const struct words words = words_of(vectors[_i].first, vectors[_i].second);
	uint16_t back[2] = { 0, 0 };
	int32_t milli;

	ck_assert(decode_milli(&value, decode_raw(&words, &value.field), &milli));
	ck_assert_int_eq(milli, vectors[_i].milli);
	encode_raw(&value.field, encode_milli(&value, milli), back);
	ck_assert_uint_eq(back[0], vectors[_i].first);
	ck_assert_uint_eq(back[1], vectors[_i].second);
}
END_TEST

static const struct {
	enum value_type type;
	int64_t raw, scale_micro;
	int32_t offset_milli;
	bool fits;
	int32_t milli;
} scaled[] = {
	{ TYPE_U16, 366, 100000, 0, true, 36600 },            /* tenths */
	{ TYPE_U16, 986, 55556, -17778, true, 37000 },        /* tenths of a degree Fahrenheit: 98.6 is 37 */
	{ TYPE_U16, 16, 7500617, 0, true, 120010 },           /* kPa, rounded once */
	{ TYPE_U16, 1, 500, 0, true, 1 },                     /* half a thousandth away from 0 */
	{ TYPE_S16, -1, 500, 0, true, -1 },
	{ TYPE_U16, 1, 499, 0, true, 0 },
	{ TYPE_U16, 20, -1000000, 100000, true, 80000 },      /* counts down */
	{ TYPE_U32, 4294967295, 1000000, 0, false, 0 },       /* beyond every vital sign */
	{ TYPE_U32, 4294967295, PROFILE_SCALE_MOST, 0, false, 0 },
	{ TYPE_S32, INT32_MIN, PROFILE_SCALE_MOST, 0, false, 0 },
	{ TYPE_U32, 4294967295, 1, 0, true, 4294967 },
};

START_TEST(scale_and_offset_are_exact)
{
	struct profile_value value = value_of_type(scaled[_i].type, ORDER_ABCD);
	int32_t milli = 77;

	value.scale_micro = scaled[_i].scale_micro;
	value.offset_milli = scaled[_i].offset_milli;
	ck_assert_int_eq(decode_milli(&value, scaled[_i].raw, &milli), scaled[_i].fits);
	ck_assert_int_eq(milli, scaled[_i].fits ? scaled[_i].milli : 77);
}
END_TEST

START_TEST(floats_round_to_the_nearest_thousandth)
{
	struct profile_value value = value_of_type(TYPE_F32, ORDER_ABCD);
	int32_t milli;

	ck_assert(decode_milli(&value, encode_float(36.6), &milli));
	ck_assert_int_eq(milli, 36600);
	ck_assert(decode_milli(&value, encode_float(-0.0004), &milli));
	ck_assert_int_eq(milli, 0);
	value.scale_micro = 7500617;
	ck_assert(decode_milli(&value, encode_float(16), &milli));
	ck_assert_int_eq(milli, 120010);
}
END_TEST

START_TEST(what_is_no_number_is_no_value)
{
	static const uint32_t bits[] = { 0x7FC00000, 0xFFC00000, 0x7F800001, 0x7F800000, 0xFF800000, 0x7F7FFFFF, 0xFF7FFFFF };
	const struct profile_value value = value_of_type(TYPE_F32, ORDER_ABCD);
	const struct words words = words_of((uint16_t)(bits[_i] >> 16), (uint16_t)bits[_i]);
	struct reading reading = decode_value(&words, &value);

	ck_assert_int_eq(reading.quality, QUALITY_INVALID);
	ck_assert_int_eq(reading.doubt, DOUBT_ERROR_CODE);
	ck_assert_int_eq(reading.milli, 0);
}
END_TEST

/* A manual names a code as a number or as bits. */
static const struct {
	enum value_type type;
	uint16_t first, second;
	int64_t code;
	bool is_code;
} codes[] = {
	{ TYPE_U16, 0xFFFF, 0, 0xFFFF, true },
	{ TYPE_U16, 0xFFFF, 0, -1, true },
	{ TYPE_U16, 0, 0, 0, true },
	{ TYPE_U16, 72, 0, 0xFFFF, false },
	{ TYPE_S16, 0x8000, 0, 0x8000, true },
	{ TYPE_S16, 0x8000, 0, -32768, true },
	{ TYPE_S16, 0x7FFF, 0, 0x7FFF, true },
	{ TYPE_U32, 0x0000, 0xFFFF, 0xFFFF, true },
	{ TYPE_U32, 0x0001, 0xFFFF, 0xFFFF, false },
	{ TYPE_S32, 0xFFFF, 0xFFFF, -1, true },
	{ TYPE_S32, 0xFFFF, 0xFFFF, 0xFFFFFFFF, true },
	{ TYPE_F32, 0xBF80, 0x0000, -1, true },       /* -1.0 */
	{ TYPE_F32, 0x461C, 0x3C00, 9999, true },     /* 9999.0 */
	{ TYPE_F32, 0x461C, 0x3C00, 0x461C3C00, true },
	{ TYPE_F32, 0x4290, 0x0000, 9999, false },    /* 72.0 */
};

START_TEST(a_code_never_becomes_a_number)
{
	struct profile_value value = value_of_type(codes[_i].type, ORDER_ABCD);
	const struct words words = words_of(codes[_i].first, codes[_i].second);
	struct reading reading;

	value.error_codes[0] = 12345;
	value.error_codes[1] = codes[_i].code;
	value.error_code_count = 2;
	reading = decode_value(&words, &value);
	ck_assert_int_eq(reading.quality, codes[_i].is_code ? QUALITY_INVALID : QUALITY_GOOD);
	ck_assert_int_eq(reading.doubt, codes[_i].is_code ? DOUBT_ERROR_CODE : DOUBT_NONE);
	ck_assert(codes[_i].is_code ? reading.milli == 0 : reading.milli != 0);
}
END_TEST

/* Bits 0 not vouched, 1 sensor off, 2 questionable: set is fine. */
static const struct {
	uint16_t word;
	enum quality quality;
	enum doubt doubt;
} statuses[] = {
	{ 7, QUALITY_GOOD, DOUBT_NONE },
	{ 0xFFFF, QUALITY_GOOD, DOUBT_NONE },
	{ 3, QUALITY_VERIFY, DOUBT_DEVICE_SAYS },
	{ 6, QUALITY_INVALID, DOUBT_NOT_VOUCHED },
	{ 5, QUALITY_INVALID, DOUBT_SENSOR_OFF },
	{ 1, QUALITY_INVALID, DOUBT_SENSOR_OFF },
	{ 2, QUALITY_INVALID, DOUBT_NOT_VOUCHED },
	{ 0, QUALITY_INVALID, DOUBT_NOT_VOUCHED },
};

static struct profile_value
vouched_value(enum word_order order)
{
	static const enum doubt otherwise[] = { DOUBT_DEVICE_SAYS, DOUBT_NOT_VOUCHED, DOUBT_SENSOR_OFF };
	static const uint16_t masks[] = { 4, 1, 2 };
	struct profile_value value = value_of_type(TYPE_U16, order);

	for (size_t i = 0; i < 3; i++)
		value.statuses[value.status_count++] = (struct status){
			{ .function = 3, .address = 102, .type = TYPE_U16, .order = order }, masks[i], masks[i], otherwise[i],
		};
	return value;
}

START_TEST(the_worst_that_the_status_says_counts)
{
	const struct profile_value value = vouched_value(ORDER_ABCD);
	struct words words = words_of(72, 0);
	struct reading reading;

	words.at[2] = statuses[_i].word;
	reading = decode_value(&words, &value);
	ck_assert_int_eq(reading.quality, statuses[_i].quality);
	ck_assert_int_eq(reading.doubt, statuses[_i].doubt);
	ck_assert_int_eq(reading.milli, quality_has_value(reading.quality) ? 72000 : 0);
}
END_TEST

START_TEST(a_status_in_swapped_bytes_and_one_that_is_not_there)
{
	const struct profile_value value = vouched_value(ORDER_BADC);
	struct words words = words_of(0x4800, 0);

	words.at[2] = 0x0700;
	ck_assert_int_eq(decode_value(&words, &value).quality, QUALITY_GOOD);
	words.count = 2;
	ck_assert_int_eq(decode_value(&words, &value).quality, QUALITY_INVALID);
}
END_TEST

START_TEST(a_mask_of_many_bits_must_match_as_a_whole)
{
	struct profile_value value = value_of_type(TYPE_U16, ORDER_ABCD);
	struct words words = words_of(72, 0);

	value.statuses[0] = (struct status){ { .function = 3, .address = 102, .type = TYPE_U16 }, 0x0F00, 0x0500, DOUBT_NOT_VOUCHED };
	value.status_count = 1;
	words.at[2] = 0xA5BC;
	ck_assert_int_eq(decode_value(&words, &value).quality, QUALITY_GOOD);
	words.at[2] = 0xA7BC;
	ck_assert_int_eq(decode_value(&words, &value).quality, QUALITY_INVALID);
	words.at[2] = 0xA4BC;
	ck_assert_int_eq(decode_value(&words, &value).quality, QUALITY_INVALID);
}
END_TEST

START_TEST(the_ends_of_the_range_are_pinned)
{
	struct profile_value value = value_of_type(TYPE_U16, ORDER_ABCD);
	static const struct {
		uint16_t word;
		enum pinned pinned;
	} ends[] = { { 19, PINNED_LOW }, { 20, PINNED_LOW }, { 21, PINNED_NOT }, { 299, PINNED_NOT }, { 300, PINNED_HIGH } };
	const struct words words = words_of(ends[_i].word, 0);

	ck_assert_int_eq(decode_value(&words, &value).pinned, PINNED_NOT);
	value.range_low.set = value.range_high.set = true;
	value.range_low.milli = 20000;
	value.range_high.milli = 300000;
	ck_assert_int_eq(decode_value(&words, &value).pinned, ends[_i].pinned);
	ck_assert_int_eq(decode_value(&words, &value).quality, QUALITY_GOOD);
}
END_TEST

START_TEST(a_field_is_held_whole_or_not)
{
	const struct words words = { .function = 3, .address = 65534, .count = 2 };
	const struct field last = { .function = 3, .address = 65535, .type = TYPE_U16 };
	const struct field wide = { .function = 3, .address = 65534, .type = TYPE_U32 };
	const struct field beyond = { .function = 3, .address = 65535, .type = TYPE_F32 };
	const struct field before = { .function = 3, .address = 65533, .type = TYPE_U32 };
	const struct field other = { .function = 4, .address = 65534, .type = TYPE_U16 };

	ck_assert(words_hold(&words, &last));
	ck_assert(words_hold(&words, &wide));
	ck_assert(!words_hold(&words, &beyond));
	ck_assert(!words_hold(&words, &before));
	ck_assert(!words_hold(&words, &other));
}
END_TEST

static int64_t
pick(uint64_t *state, int64_t low, int64_t high)
{
	return low + (int64_t)(random_bits(state) % (uint64_t)(high - low + 1));
}

/* A value of any kind, with codes and statuses of its own, and a reading that it can say. */
static struct profile_value
random_value(uint64_t *state)
{
	static const int64_t scales[] = { 1000000, 100000, 10000, 500000, -1000000 };
	struct profile_value value = vouched_value((enum word_order)pick(state, 0, ORDER_COUNT - 1));

	value.field.type = (enum value_type)pick(state, TYPE_U16, TYPE_F32);
	value.scale_micro = scales[pick(state, 0, 4)];
	value.offset_milli = value.scale_micro < 0 ? 300000 : (int32_t)(pick(state, 0, 1) * 1000 * pick(state, -3, 3));
	value.error_codes[0] = value.field.type == TYPE_S16 || value.field.type == TYPE_S32 ? -9999 : 9999;
	value.error_code_count = (size_t)pick(state, 0, 1);
	value.status_count = (size_t)pick(state, value.error_code_count > 0 || value.field.type == TYPE_F32 ? 0 : 3, 3);
	return value;
}

static struct reading
random_reading(uint64_t *state, const struct profile_value *value)
{
	static const enum doubt offs[] = { DOUBT_SENSOR_OFF, DOUBT_NOT_VOUCHED };
	struct reading reading = { .vital = VITAL_RATE, .quality = QUALITY_GOOD, .milli = (int32_t)pick(state, 10, 290) * 1000 };
	bool has_code = value->error_code_count > 0 || value->field.type == TYPE_F32;

	if (value->status_count > 0 && pick(state, 0, 3) == 0) {
		reading.quality = QUALITY_VERIFY;
		reading.doubt = DOUBT_DEVICE_SAYS;
	} else if (value->status_count == 3 && pick(state, 0, 3) == 0) {
		reading = (struct reading){ .vital = VITAL_RATE, .quality = QUALITY_INVALID, .doubt = offs[pick(state, 0, 1)] };
	} else if (has_code && pick(state, 0, 3) == 0) {
		reading = (struct reading){ .vital = VITAL_RATE, .quality = QUALITY_INVALID, .doubt = DOUBT_ERROR_CODE };
	}
	return reading;
}

START_TEST(what_is_encoded_is_decoded)
{
	struct profile profile = made_profile(PROOF_NONE);
	uint64_t state = 7;

	profile.cuff.present = false;
	profile.value_count = 1;
	for (int i = 0; i < 2000; i++) {
		struct register_image *image;
		struct words words = { .function = 3, .address = 100, .count = 3 };

		profile.values[0] = random_value(&state);
		image = image_create(&profile);
		for (int j = 0; j < 20; j++) {
			struct reading reading = random_reading(&state, &profile.values[0]), read;

			/* A status that is not mentioned keeps what it said of the value before: say that all is well first. */
			image_put(image, &profile.values[0], &(struct reading){ .quality = QUALITY_GOOD, .milli = 72000 });
			image_put(image, &profile.values[0], &reading);
			for (int k = 0; k < 3; k++)
				words.at[k] = image->holding[100 + k];
			read = decode_value(&words, &profile.values[0]);
			ck_assert_int_eq(read.quality, reading.quality);
			ck_assert_int_eq(read.doubt, reading.doubt);
			ck_assert_int_eq(read.milli, reading.milli);
		}
		image_destroy(image);
	}
}
END_TEST

START_TEST(what_does_not_fit_is_cut_to_the_type)
{
	const struct profile_value narrow = value_of_type(TYPE_U16, ORDER_ABCD), low = value_of_type(TYPE_S16, ORDER_ABCD);

	ck_assert_int_eq(encode_milli(&narrow, -5000), 0);
	ck_assert_int_eq(encode_milli(&narrow, 70000000), 65535);
	ck_assert_int_eq(encode_milli(&low, -40000000), -32768);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("drivers: decode");
	TCase *tcase = tcase_create("decode");

	suite_add_tcase(suite, tcase);
	tcase_set_timeout(tcase, 60);
	tcase_add_loop_test(tcase, every_type_in_every_order, 0, sizeof(vectors) / sizeof(vectors[0]));
	tcase_add_loop_test(tcase, scale_and_offset_are_exact, 0, sizeof(scaled) / sizeof(scaled[0]));
	tcase_add_test(tcase, floats_round_to_the_nearest_thousandth);
	tcase_add_loop_test(tcase, what_is_no_number_is_no_value, 0, 7);
	tcase_add_loop_test(tcase, a_code_never_becomes_a_number, 0, sizeof(codes) / sizeof(codes[0]));
	tcase_add_loop_test(tcase, the_worst_that_the_status_says_counts, 0, sizeof(statuses) / sizeof(statuses[0]));
	tcase_add_test(tcase, a_status_in_swapped_bytes_and_one_that_is_not_there);
	tcase_add_test(tcase, a_mask_of_many_bits_must_match_as_a_whole);
	tcase_add_loop_test(tcase, the_ends_of_the_range_are_pinned, 0, 5);
	tcase_add_test(tcase, a_field_is_held_whole_or_not);
	tcase_add_test(tcase, what_is_encoded_is_decoded);
	tcase_add_test(tcase, what_does_not_fit_is_cut_to_the_type);
	return suite_run(suite);
}
