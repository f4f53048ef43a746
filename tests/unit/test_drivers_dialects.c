/* Numbers as gateways write them: decimal digits, parts of a register, 64 bits, texts, and bits of coils and discrete inputs;
 * and what the simulator writes of them is what the driver reads. */
#include <check.h>
#include <math.h>
#include <string.h>

#include "drivers/decode.h"
#include "drivers/simulated/random.h"
#include "drivers_fixture.h"
#include "suite_run.h"

static struct profile_value
value_of(enum value_type type, enum word_order order, uint8_t low_bit, uint8_t bit_count)
{
	return (struct profile_value){
		.present = true,
		.vital = VITAL_RATE,
		.field = { .function = 3, .address = 100, .type = type, .order = order, .low_bit = low_bit, .bit_count = bit_count },
		.scale_micro = 1000000,
	};
}

/* By hand: each word as it stands in the frame. */
static const struct {
	enum value_type type;
	enum word_order order;
	uint8_t low_bit, bit_count;
	uint16_t words[4];
	int64_t raw;
} numbers[] = {
	{ TYPE_BCD16, ORDER_ABCD, 0, 0, { 0x0120 }, 120 },
	{ TYPE_BCD16, ORDER_DCBA, 0, 0, { 0x2001 }, 120 },
	{ TYPE_BCD16, ORDER_ABCD, 0, 0, { 0x9999 }, 9999 },
	{ TYPE_BCD16, ORDER_ABCD, 4, 8, { 0xF98F }, 98 },
	{ TYPE_BCD32, ORDER_ABCD, 0, 0, { 0x0012, 0x3456 }, 123456 },
	{ TYPE_BCD32, ORDER_CDAB, 0, 0, { 0x3456, 0x0012 }, 123456 },
	{ TYPE_BCD32, ORDER_BADC, 0, 0, { 0x1200, 0x5634 }, 123456 },
	{ TYPE_BCD32, ORDER_DCBA, 0, 0, { 0x5634, 0x1200 }, 123456 },
	{ TYPE_U16, ORDER_ABCD, 8, 8, { 0x48C8 }, 0x48 },
	{ TYPE_U16, ORDER_ABCD, 0, 8, { 0x48C8 }, 0xC8 },
	{ TYPE_U16, ORDER_BADC, 0, 8, { 0x48C8 }, 0x48 },
	{ TYPE_S16, ORDER_ABCD, 0, 8, { 0x48C8 }, -56 },
	{ TYPE_S16, ORDER_ABCD, 8, 8, { 0xC848 }, -56 },
	{ TYPE_U16, ORDER_ABCD, 4, 8, { 0xA61F }, 0x61 },
	{ TYPE_U16, ORDER_ABCD, 15, 1, { 0x8000 }, 1 },
	{ TYPE_S16, ORDER_ABCD, 15, 1, { 0x8000 }, -1 },
	{ TYPE_S32, ORDER_ABCD, 20, 12, { 0xFFE0, 0x1234 }, -2 },
	{ TYPE_U32, ORDER_CDAB, 12, 8, { 0x5678, 0x1234 }, 0x45 },
	{ TYPE_U32, ORDER_ABCD, 0, 32, { 0xFFFF, 0xFFFF }, 4294967295 },
	{ TYPE_U64, ORDER_ABCD, 0, 0, { 0x0001, 0x0203, 0x0405, 0x0607 }, INT64_C(0x0001020304050607) },
	{ TYPE_U64, ORDER_CDAB, 0, 0, { 0x0607, 0x0405, 0x0203, 0x0001 }, INT64_C(0x0001020304050607) },
	{ TYPE_U64, ORDER_BADC, 0, 0, { 0x0100, 0x0302, 0x0504, 0x0706 }, INT64_C(0x0001020304050607) },
	{ TYPE_U64, ORDER_DCBA, 0, 0, { 0x0706, 0x0504, 0x0302, 0x0100 }, INT64_C(0x0001020304050607) },
	{ TYPE_U64, ORDER_ABCD, 0, 0, { 0x3FFF, 0xFFFF, 0xFFFF, 0xFFFF }, INT64_C(0x3FFFFFFFFFFFFFFF) },
};

START_TEST(a_number_of_every_kind)
{
	const struct profile_value value = value_of(numbers[_i].type, numbers[_i].order, numbers[_i].low_bit, numbers[_i].bit_count);
	struct words words = { .function = 3, .address = 99, .count = 5 };
	uint16_t back[4];

	memcpy(&words.at[1], numbers[_i].words, sizeof(numbers[_i].words));
	memcpy(back, numbers[_i].words, sizeof(back));
	ck_assert(decode_is_number(&words, &value.field));
	ck_assert_int_eq(decode_raw(&words, &value.field), numbers[_i].raw);
	encode_raw(&value.field, 0, back);
	encode_raw(&value.field, numbers[_i].raw, back);
	ck_assert_mem_eq(back, numbers[_i].words, field_words(&value.field) * sizeof(back[0]));
}
END_TEST

/* 123456.0 is 40FE 2400 0000 0000 (IEEE 754). */
START_TEST(doubles_in_every_order)
{
	static const struct {
		enum word_order order;
		uint16_t words[4];
	} doubles[] = {
		{ ORDER_ABCD, { 0x40FE, 0x2400, 0, 0 } },
		{ ORDER_CDAB, { 0, 0, 0x2400, 0x40FE } },
		{ ORDER_BADC, { 0xFE40, 0x0024, 0, 0 } },
		{ ORDER_DCBA, { 0, 0, 0x0024, 0xFE40 } },
	};
	struct profile_value value = value_of(TYPE_F64, doubles[_i].order, 0, 0);
	struct words words = { .function = 3, .address = 100, .count = 4 };
	uint16_t back[4] = { 0 };

	memcpy(words.at, doubles[_i].words, sizeof(doubles[_i].words));
	ck_assert_int_eq(decode_value(&words, &value).milli, 123456000);
	encode_raw(&value.field, encode_milli(&value, 123456000), back);
	ck_assert_mem_eq(back, doubles[_i].words, sizeof(back));
	value.error_codes[value.error_code_count++] = 123456;
	ck_assert_int_eq(decode_value(&words, &value).doubt, DOUBT_ERROR_CODE);
}
END_TEST

static const struct {
	enum value_type type;
	uint8_t bit_count;
	uint16_t words[4];
} nothings[] = {
	{ TYPE_BCD16, 0, { 0x012A } },
	{ TYPE_BCD16, 0, { 0xFFFF } },
	{ TYPE_BCD16, 0, { 0xA000 } },
	{ TYPE_BCD16, 8, { 0x12B0 } },
	{ TYPE_BCD32, 0, { 0x1234, 0x567F } },
	{ TYPE_BCD32, 0, { 0xC000, 0x0000 } },
	{ TYPE_U64, 0, { 0x4000, 0, 0, 0 } },
	{ TYPE_U64, 0, { 0xFFFF, 0xFFFF, 0xFFFF, 0xFFFF } },
	{ TYPE_U64, 0, { 0, 0x1000, 0, 0 } }, /* a number, and no vital sign */
	{ TYPE_F64, 0, { 0x7FF8, 0, 0, 0 } },
	{ TYPE_F64, 0, { 0xFFF0, 0, 0, 0 } },
	{ TYPE_F64, 0, { 0x7FEF, 0xFFFF, 0xFFFF, 0xFFFF } },
};

START_TEST(what_has_no_number_has_no_value)
{
	const struct profile_value value = value_of(nothings[_i].type, ORDER_ABCD, 0, nothings[_i].bit_count);
	struct words words = { .function = 3, .address = 100, .count = 4 };
	struct reading reading;

	memcpy(words.at, nothings[_i].words, sizeof(nothings[_i].words));
	reading = decode_value(&words, &value);
	ck_assert_int_eq(reading.quality, QUALITY_INVALID);
	ck_assert_int_eq(reading.doubt, DOUBT_ERROR_CODE);
	ck_assert_int_eq(reading.milli, 0);
}
END_TEST

/* A code of decimal digits is a number as far as the digits go, else the register's bits; of a part it is as wide as that. */
static const struct {
	enum value_type type;
	uint8_t low_bit, bit_count;
	uint16_t word;
	int64_t code;
	bool is_code;
} codes[] = {
	{ TYPE_BCD16, 0, 0, 0x9999, 9999, true },
	{ TYPE_BCD16, 0, 0, 0x9999, 0x9999, true },
	{ TYPE_BCD16, 0, 0, 0x1234, 0x1234, false }, /* 4660 is four digits: the number */
	{ TYPE_BCD16, 0, 0, 0x4660, 0x1234, true },
	{ TYPE_BCD16, 0, 0, 0x0120, 9999, false },
	{ TYPE_U16, 4, 8, 0xAFFA, 255, true },
	{ TYPE_U16, 4, 8, 0xAFEA, 255, false },
	{ TYPE_S16, 0, 8, 0x12FF, -1, true },
	{ TYPE_S16, 0, 8, 0x12FF, 255, true },
	{ TYPE_S16, 0, 8, 0xFF12, -1, false },
};

START_TEST(codes_of_digits_and_parts)
{
	struct profile_value value = value_of(codes[_i].type, ORDER_ABCD, codes[_i].low_bit, codes[_i].bit_count);
	const struct words words = { .function = 3, .address = 100, .count = 1, .at = { codes[_i].word } };

	value.error_codes[value.error_code_count++] = codes[_i].code;
	ck_assert_int_eq(decode_value(&words, &value).quality, codes[_i].is_code ? QUALITY_INVALID : QUALITY_GOOD);
}
END_TEST

START_TEST(what_does_not_fit_is_cut_to_the_part)
{
	const struct profile_value part = value_of(TYPE_U16, ORDER_ABCD, 4, 8), sign = value_of(TYPE_S16, ORDER_ABCD, 0, 8);
	const struct profile_value digits = value_of(TYPE_BCD16, ORDER_ABCD, 0, 0);

	ck_assert_int_eq(encode_milli(&part, 300000), 255);
	ck_assert_int_eq(encode_milli(&sign, 300000), 127);
	ck_assert_int_eq(encode_milli(&sign, -300000), -128);
	ck_assert_int_eq(encode_milli(&digits, 10000000), 9999);
	ck_assert_int_eq(encode_milli(&digits, -1000), 0);
}
END_TEST

static const struct {
	const char *in; /* two characters a word */
	size_t bytes;
	enum word_order order;
	const char *out;
} texts[] = {
	{ "ACME", 4, ORDER_ABCD, "ACME" },
	{ "CAEM", 4, ORDER_BADC, "ACME" },
	{ "ACME", 3, ORDER_ABCD, "ACM" },
	{ "  AC ME  ", 9, ORDER_ABCD, "AC ME" },
	{ "AC\0XYZ", 6, ORDER_ABCD, "AC" },
	{ "\0", 2, ORDER_ABCD, "" },
	{ "    ", 4, ORDER_ABCD, "" },
	{ "A\x07\x80\xff", 4, ORDER_ABCD, "A???" },
	{ "~\x7f", 2, ORDER_ABCD, "~?" },
};

START_TEST(texts_are_read)
{
	const struct field field = { .function = 3, .address = 7, .type = TYPE_U16, .order = texts[_i].order };
	struct words words = { .function = 3, .address = 5, .count = 20 };
	char text[IDENTITY_CAP];

	for (size_t i = 0; i < (texts[_i].bytes + 1) / 2; i++)
		words.at[2 + i] = (uint16_t)((uint8_t)texts[_i].in[2 * i] << 8 | (uint8_t)texts[_i].in[2 * i + 1]);
	decode_text(&words, &field, texts[_i].bytes, text, sizeof(text));
	ck_assert_str_eq(text, texts[_i].out);
}
END_TEST

START_TEST(a_text_ends_at_its_capacity)
{
	const struct field field = { .function = 3, .address = 0, .type = TYPE_U16 };
	struct words words = { .function = 3, .count = 4 };
	char text[5];

	encode_text(&field, "ABCDEFG", 8, words.at);
	decode_text(&words, &field, 8, text, sizeof(text));
	ck_assert_str_eq(text, "ABCD");
	encode_text(&field, "A", 3, words.at);
	ck_assert_uint_eq(words.at[0], 0x4100);
	ck_assert_uint_eq(words.at[1], 0);
	ck_assert_uint_eq(words.at[2], 0x4546); /* what is no part of it stays */
}
END_TEST

/* Bits come along with the reply that holds the value, and count from their own address. */
START_TEST(bits_vouch_from_beside)
{
	struct profile_value value = value_of(TYPE_U16, ORDER_ABCD, 0, 0);
	struct words bits = { .function = READ_DISCRETE, .address = 30, .count = 20 };
	struct words others = { .function = READ_COILS, .address = 30, .count = 20, .along = &bits };
	struct words words = { .function = 3, .address = 100, .count = 1, .at = { 72 } };

	value.statuses[value.status_count++] =
	    (struct status){ { .function = READ_DISCRETE, .address = 47, .type = TYPE_BIT }, 1, 1, DOUBT_SENSOR_OFF };
	ck_assert(!words_tell(&words, &value.statuses[0]));
	ck_assert_int_eq(decode_value(&words, &value).doubt, DOUBT_NOT_VOUCHED);
	words.along = &others;
	ck_assert(words_tell(&words, &value.statuses[0]));
	ck_assert_int_eq(decode_value(&words, &value).doubt, DOUBT_SENSOR_OFF);
	bits.at[1] = 1 << 1; /* the 18th bit: 30 + 17 */
	ck_assert_int_eq(decode_value(&words, &value).quality, QUALITY_GOOD);
	bits.count = 17;
	ck_assert(!words_tell(&words, &value.statuses[0]));
	bits.count = 20;
	value.statuses[0].expect = 0;
	ck_assert_int_eq(decode_value(&words, &value).quality, QUALITY_INVALID);
}
END_TEST

static int64_t
pick(uint64_t *state, int64_t low, int64_t high)
{
	return low + (int64_t)(random_bits(state) % (uint64_t)(high - low + 1));
}

static struct profile_value
random_value(uint64_t *state)
{
	static const enum value_type types[] = { TYPE_BCD16, TYPE_BCD32, TYPE_U64, TYPE_F64, TYPE_U16, TYPE_U32 };
	struct profile_value value = value_of(types[pick(state, 0, 5)], (enum word_order)pick(state, 0, ORDER_COUNT - 1), 0, 0);

	if (value.field.type == TYPE_U16 || value.field.type == TYPE_U32) {
		value.field.bit_count = (uint8_t)pick(state, 9, 16);
		value.field.low_bit = (uint8_t)pick(state, 0, 16 * field_words(&value.field) - value.field.bit_count);
		value.error_codes[value.error_code_count++] = (1 << value.field.bit_count) - 1;
	}
	value.statuses[0] = (struct status){ { .function = (uint8_t)pick(state, 1, 2), .address = (uint16_t)pick(state, 0, 70),
		.type = TYPE_BIT }, 1, (uint16_t)pick(state, 0, 1), DOUBT_SENSOR_OFF };
	value.status_count = (size_t)pick(state, 0, 1);
	return value;
}

/* Any reading, through registers that are not this value's own. */
START_TEST(what_is_encoded_is_decoded)
{
	struct profile profile = made_profile(PROOF_NONE);
	uint64_t state = 5;

	profile.cuff.present = false;
	profile.value_count = 1;
	for (int i = 0; i < 1500; i++) {
		struct register_image *image;
		struct words words = { .function = 3, .address = 100, .count = 4 }, bits = { .address = 0, .count = 80 };
		struct reading reading = { .quality = QUALITY_GOOD, .milli = (int32_t)pick(&state, 10, 290) * 1000 };
		uint16_t before;

		profile.values[0] = random_value(&state);
		if (pick(&state, 0, 3) == 0)
			reading = (struct reading){ .quality = QUALITY_INVALID,
				.doubt = profile.values[0].status_count > 0 ? DOUBT_SENSOR_OFF : DOUBT_ERROR_CODE };
		image = image_create(&profile);
		image->holding[100] = before = (uint16_t)random_bits(&state);
		image_put(image, &profile.values[0], &reading);
		memcpy(words.at, &image->holding[100], 4 * sizeof(words.at[0]));
		bits.function = profile.values[0].statuses[0].word.function;
		for (int k = 0; k < 80; k++)
			bits.at[k / 16] |= (uint16_t)((bits.function == READ_COILS ? image->coils : image->discrete)[k] << k % 16);
		words.along = &bits;
		ck_assert_int_eq(decode_value(&words, &profile.values[0]).quality, reading.quality);
		ck_assert_int_eq(decode_value(&words, &profile.values[0]).doubt, reading.doubt);
		ck_assert_int_eq(decode_value(&words, &profile.values[0]).milli, reading.milli);
		if (profile.values[0].field.type == TYPE_U16 && profile.values[0].field.order == ORDER_ABCD) {
			uint16_t mine = (uint16_t)(((1u << profile.values[0].field.bit_count) - 1) << profile.values[0].field.low_bit);

			ck_assert_uint_eq(image->holding[100] & ~mine & 0xFFFF, before & ~mine & 0xFFFF);
		}
		image_destroy(image);
	}
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("drivers: dialects");
	TCase *tcase = tcase_create("dialects");

	suite_add_tcase(suite, tcase);
	tcase_set_timeout(tcase, 60);
	tcase_add_loop_test(tcase, a_number_of_every_kind, 0, sizeof(numbers) / sizeof(numbers[0]));
	tcase_add_loop_test(tcase, doubles_in_every_order, 0, ORDER_COUNT);
	tcase_add_loop_test(tcase, what_has_no_number_has_no_value, 0, sizeof(nothings) / sizeof(nothings[0]));
	tcase_add_loop_test(tcase, codes_of_digits_and_parts, 0, sizeof(codes) / sizeof(codes[0]));
	tcase_add_test(tcase, what_does_not_fit_is_cut_to_the_part);
	tcase_add_loop_test(tcase, texts_are_read, 0, sizeof(texts) / sizeof(texts[0]));
	tcase_add_test(tcase, a_text_ends_at_its_capacity);
	tcase_add_test(tcase, bits_vouch_from_beside);
	tcase_add_test(tcase, what_is_encoded_is_decoded);
	return suite_run(suite);
}
