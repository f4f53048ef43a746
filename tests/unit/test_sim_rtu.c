/* The simulator's serial wire without a wire: frames, what units hear and when, what the master hears and when, noise. Time is
 * an argument everywhere. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/sim/line_noise.h"
#include "daemon/sim/rtu_ear.h"
#include "daemon/sim/rtu_mouth.h"
#include "suite_run.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

enum { MS = 1000000, START = 7 * MS };

/* A read of ten holding registers of unit 1, and of unit 2, as every Modbus tester prints them. */
static const uint8_t request_1[] = { 0x01, 0x03, 0x00, 0x00, 0x00, 0x0A, 0xC5, 0xCD };
static const uint8_t request_2[] = { 0x02, 0x03, 0x00, 0x00, 0x00, 0x0A, 0xC5, 0xFE };

/* At 9600 baud a character of 10 bits is 1.0416 ms, T3.5 3.6458 ms. */
static const int64_t character_ns = 1041666, silence_ns = 3645831;

static const struct {
	int baud, bits;
	bool paced;
	int64_t character_ns, silence_ns;
} timings[] = {
	{ 9600, 10, true, 1041666, 3645831 },
	{ 9600, 11, true, 1145833, 4010415 },
	{ 19200, 10, true, 520833, 1822915 },
	{ 38400, 10, true, 260416, 1750000 },
	{ 115200, 10, true, 86805, 1750000 },
	{ 9600, 10, false, 0, 1750000 },
};

START_TEST(characters_take_their_time)
{
	struct rtu_timing timing = rtu_timing(timings[_i].baud, timings[_i].bits, timings[_i].paced);

	ck_assert_int_eq(timing.character_ns, timings[_i].character_ns);
	ck_assert_int_eq(timing.silence_ns, timings[_i].silence_ns);
}
END_TEST

START_TEST(frames_have_their_checksum)
{
	uint8_t frame[RTU_FRAME_CAP], wrong[sizeof(request_1)];

	ck_assert_uint_eq(rtu_frame_put(1, request_1 + 1, 5, frame), sizeof(request_1));
	ck_assert_mem_eq(frame, request_1, sizeof(request_1));
	ck_assert(rtu_frame_is_right(request_1, sizeof(request_1)));
	ck_assert(rtu_frame_is_right(request_2, sizeof(request_2)));
	/* Any single bit of it. */
	for (size_t bit = 0; bit < sizeof(wrong) * 8; bit++) {
		memcpy(wrong, request_1, sizeof(wrong));
		wrong[bit / 8] ^= (uint8_t)(1u << bit % 8);
		ck_assert(!rtu_frame_is_right(wrong, sizeof(wrong)));
	}
	for (size_t length = 0; length < sizeof(request_1); length++)
		ck_assert(!rtu_frame_is_right(request_1, length));
	/* Nothing but a checksum: 0xFFFF of no bytes. */
	ck_assert(!rtu_frame_is_right((const uint8_t *)"\xff\xff", 2));
}
END_TEST

/* The ear */

static struct rtu_ear ear;
static struct rtu_heard_frame frame;

static void
open_ear(bool strict)
{
	struct rtu_timing timing = rtu_timing(9600, 10, true);

	rtu_ear_init(&ear, &timing, strict);
}

static void
hear_as(int64_t at_ns, const uint8_t *bytes, size_t count, bool busy, bool foreign)
{
	int16_t characters[600];

	for (size_t i = 0; i < count; i++)
		characters[i] = bytes[i];
	rtu_ear_hear(&ear, at_ns, characters, count, busy, foreign);
}

static void
hear(int64_t at_ns, const uint8_t *bytes, size_t count)
{
	hear_as(at_ns, bytes, count, false, false);
}

/* A request is one when T3.5 has passed after its last character's time, not after its bytes were there. */
START_TEST(request_ends_by_silence)
{
	const int64_t end = START + 8 * character_ns;

	open_ear(true);
	ck_assert_int_eq(rtu_ear_due(&ear), RTU_NEVER);
	ck_assert(!rtu_ear_take(&ear, START, &frame));
	hear(START, request_1, sizeof(request_1));
	ck_assert_int_eq(rtu_ear_due(&ear), end + silence_ns);
	ck_assert(!rtu_ear_take(&ear, end + silence_ns - 1, &frame));
	ck_assert(rtu_ear_take(&ear, end + silence_ns, &frame));
	ck_assert_int_eq(frame.what, RTU_REQUEST);
	ck_assert_int_eq(frame.end_ns, end);
	ck_assert_uint_eq(frame.length, sizeof(request_1));
	ck_assert_mem_eq(frame.bytes, request_1, sizeof(request_1));
	ck_assert(!frame.early);
	ck_assert(!rtu_ear_take(&ear, end + 100 * silence_ns, &frame));
	ck_assert_int_eq(rtu_ear_due(&ear), RTU_NEVER);
}
END_TEST

/* In pieces: the second half queues behind the first while that is on the wire, and is late by its own time after it. */
START_TEST(pieces_are_one_frame_until_the_silence)
{
	open_ear(true);
	hear(START, request_1, 4);
	hear(START + character_ns, request_1 + 4, 4);
	ck_assert_int_eq(rtu_ear_due(&ear), START + 8 * character_ns + silence_ns);
	ck_assert(rtu_ear_take(&ear, rtu_ear_due(&ear), &frame));
	ck_assert_int_eq(frame.what, RTU_REQUEST);

	open_ear(true);
	hear(START, request_1, 4);
	hear(START + 4 * character_ns + silence_ns - 1, request_1 + 4, 4);
	ck_assert_int_eq(rtu_ear_due(&ear), START + 8 * character_ns + 2 * silence_ns - 1);
	ck_assert(rtu_ear_take(&ear, rtu_ear_due(&ear), &frame));
	ck_assert_int_eq(frame.what, RTU_REQUEST);
}
END_TEST

START_TEST(two_requests_in_a_row_are_none)
{
	open_ear(_i != 0);
	hear(START, request_1, sizeof(request_1));
	hear(START + 8 * character_ns + silence_ns - 1, request_2, sizeof(request_2));
	ck_assert(rtu_ear_take(&ear, rtu_ear_due(&ear), &frame));
	ck_assert_int_eq(frame.what, RTU_DAMAGED);
	ck_assert_uint_eq(frame.length, 16);
	ck_assert(!rtu_ear_take(&ear, INT64_MAX - 1, &frame));
}
END_TEST

/* After an answer: a nanosecond decides. A strict line loses what is early, another counts it. */
START_TEST(t35_after_an_answer_decides)
{
	const bool strict = _i != 0;

	open_ear(strict);
	rtu_ear_note_other(&ear, START);
	hear(START + silence_ns - 1, request_1, sizeof(request_1));
	ck_assert(rtu_ear_take(&ear, rtu_ear_due(&ear), &frame));
	ck_assert(frame.early);
	ck_assert_int_eq(frame.gap_ns, silence_ns - 1);
	ck_assert_int_eq(frame.what, strict ? RTU_MERGED : RTU_REQUEST);

	rtu_ear_note_other(&ear, START + 100 * MS);
	hear(START + 100 * MS + silence_ns, request_1, sizeof(request_1));
	ck_assert(rtu_ear_take(&ear, rtu_ear_due(&ear), &frame));
	ck_assert(!frame.early);
	ck_assert_int_eq(frame.what, RTU_REQUEST);
}
END_TEST

/* What was lost keeps the wire busy too: the next request waits for its end. */
START_TEST(t35_after_a_lost_request_decides)
{
	open_ear(true);
	rtu_ear_note_other(&ear, START);
	hear(START + 1, request_1, sizeof(request_1));
	hear(START + 1 + 8 * character_ns + silence_ns - 1, request_2, sizeof(request_2));
	ck_assert(rtu_ear_take(&ear, rtu_ear_due(&ear), &frame));
	ck_assert_int_eq(frame.what, RTU_MERGED);
	hear(frame.end_ns + silence_ns, request_2, sizeof(request_2));
	ck_assert(rtu_ear_take(&ear, rtu_ear_due(&ear), &frame));
	ck_assert_int_eq(frame.what, RTU_REQUEST);
}
END_TEST

START_TEST(two_talking_at_a_time_are_lost)
{
	open_ear(false);
	hear_as(START, request_1, sizeof(request_1), true, false);
	ck_assert(rtu_ear_take(&ear, rtu_ear_due(&ear), &frame));
	ck_assert_int_eq(frame.what, RTU_COLLIDED);
	/* A unit that begins too soon: within the silence behind the request. */
	hear(START + 100 * MS, request_1, sizeof(request_1));
	rtu_ear_note_other(&ear, START + 100 * MS + 8 * character_ns + silence_ns / 2);
	ck_assert(rtu_ear_take(&ear, rtu_ear_due(&ear), &frame));
	ck_assert_int_eq(frame.what, RTU_COLLIDED);
	hear(START + 200 * MS, request_1, sizeof(request_1));
	ck_assert(rtu_ear_take(&ear, rtu_ear_due(&ear), &frame));
	ck_assert_int_eq(frame.what, RTU_REQUEST);
}
END_TEST

START_TEST(what_is_no_frame_is_told_apart)
{
	uint8_t long_one[600];
	int16_t lost[] = { 0x01, 0x03, 0x00, CHARACTER_LOST, 0x00, 0x0A, 0xC5, 0xCD };

	open_ear(true);
	hear_as(START, request_1, sizeof(request_1), false, true);
	ck_assert(rtu_ear_take(&ear, rtu_ear_due(&ear), &frame));
	ck_assert_int_eq(frame.what, RTU_FOREIGN);
	/* A lost character takes its time all the same. */
	rtu_ear_hear(&ear, START + 100 * MS, lost, COUNT(lost), false, false);
	ck_assert_int_eq(rtu_ear_due(&ear), START + 100 * MS + 8 * character_ns + silence_ns);
	ck_assert(rtu_ear_take(&ear, rtu_ear_due(&ear), &frame));
	ck_assert_int_eq(frame.what, RTU_DAMAGED);
	/* Right up to the 256th byte, but longer. */
	memset(long_one, 0, sizeof(long_one));
	ck_assert_uint_eq(rtu_frame_put(1, long_one + 1, 253, long_one), RTU_FRAME_CAP);
	hear(START + 1000 * MS, long_one, sizeof(long_one));
	ck_assert(rtu_ear_take(&ear, rtu_ear_due(&ear), &frame));
	ck_assert_int_eq(frame.what, RTU_DAMAGED);
	ck_assert_uint_eq(frame.length, RTU_FRAME_CAP);
	hear(START + 2000 * MS, long_one, RTU_FRAME_CAP);
	ck_assert(rtu_ear_take(&ear, rtu_ear_due(&ear), &frame));
	ck_assert_int_eq(frame.what, RTU_REQUEST);
}
END_TEST

START_TEST(who_has_gone_leaves_no_half_frame)
{
	open_ear(true);
	hear(START, request_1, 3);
	rtu_ear_forget(&ear);
	ck_assert_int_eq(rtu_ear_due(&ear), RTU_NEVER);
	hear(START + 100 * MS, request_1, sizeof(request_1));
	ck_assert(rtu_ear_take(&ear, rtu_ear_due(&ear), &frame));
	ck_assert_int_eq(frame.what, RTU_REQUEST);
}
END_TEST

/* The mouth */

static struct rtu_mouth mouth;

static int64_t
say(const char *text, int64_t from_ns, int64_t each_ns, int64_t gap_ns, bool echo)
{
	int16_t characters[64];
	struct rtu_speech speech = { characters, strlen(text), from_ns, each_ns, gap_ns, echo };
	int64_t over_ns;

	for (size_t i = 0; i < speech.count; i++)
		characters[i] = text[i] == '?' ? CHARACTER_LOST : text[i];
	ck_assert(rtu_mouth_say(&mouth, &speech, &over_ns));
	return over_ns;
}

/* What comes out at an instant. */
static void
expect_out(int64_t at_ns, const char *text, bool spoke)
{
	uint8_t bytes[64];
	bool got_spoke;
	size_t count = rtu_mouth_take(&mouth, at_ns, bytes, sizeof(bytes), &got_spoke);

	ck_assert_uint_eq(count, strlen(text));
	ck_assert_mem_eq(bytes, text, count);
	ck_assert_int_eq(got_spoke, spoke);
}

static void
empty_mouth(void)
{
	rtu_mouth_forget(&mouth);
}

/* A byte is there when its character is over, and never before. */
START_TEST(bytes_come_at_their_time)
{
	int64_t over_ns = say("abc", START, character_ns, 0, false);

	ck_assert_int_eq(over_ns, START + 3 * character_ns);
	ck_assert(!rtu_mouth_is_talking(&mouth, START - 1));
	ck_assert(rtu_mouth_is_talking(&mouth, START));
	ck_assert_int_eq(rtu_mouth_due(&mouth), START + character_ns);
	expect_out(START + character_ns - 1, "", false);
	expect_out(START + character_ns, "a", true);
	expect_out(over_ns - 1, "b", true);
	ck_assert(rtu_mouth_is_talking(&mouth, over_ns - 1));
	ck_assert_int_eq(rtu_mouth_due(&mouth), over_ns);
	expect_out(over_ns, "c", true);
	ck_assert(!rtu_mouth_is_talking(&mouth, over_ns));
	ck_assert_int_eq(rtu_mouth_due(&mouth), RTU_NEVER);
}
END_TEST

/* At 115200 baud eleven characters go in a millisecond: one look for all of them, and one at the very end. */
START_TEST(fast_bytes_come_in_chunks)
{
	const int64_t each_ns = 86805;
	int64_t over_ns = say("aaaaabbbbbccccc", START, each_ns, 0, false);

	ck_assert_int_eq(rtu_mouth_due(&mouth), START + 12 * each_ns);
	expect_out(START + 12 * each_ns, "aaaaabbbbbcc", true);
	ck_assert_int_eq(rtu_mouth_due(&mouth), over_ns);
	expect_out(over_ns, "ccc", true);
}
END_TEST

START_TEST(dribbling_leaves_the_wire_free_between)
{
	int64_t over_ns = say("ab", START, character_ns, 50 * MS, false);

	ck_assert_int_eq(over_ns, START + 2 * character_ns + 50 * MS);
	expect_out(START + character_ns, "a", true);
	ck_assert(!rtu_mouth_is_talking(&mouth, START + 20 * MS));
	expect_out(over_ns - 1, "", false);
	expect_out(over_ns, "b", true);
}
END_TEST

START_TEST(lost_characters_take_their_time)
{
	ck_assert_int_eq(say("a?c", START, character_ns, 0, false), START + 3 * character_ns);
	expect_out(START + 2 * character_ns, "a", true);
	expect_out(START + 3 * character_ns, "c", true);
}
END_TEST

/* Two at a time: neither comes through ('a' is 0x61, 'b' 0x62), and the longer one's rest does. */
START_TEST(two_speakers_spoil_each_other)
{
	say("aaa", START, character_ns, 0, false);
	say("bbbbb", START + character_ns / 4, character_ns, 0, false);
	expect_out(START + 10 * character_ns, "```bb", true);
	/* One after the other they do not. */
	say("aaa", START, character_ns, 0, false);
	say("bb", START + 3 * character_ns, character_ns, 0, false);
	expect_out(START + 10 * character_ns, "aaabb", true);
	/* Nor where characters take no time. */
	say("aaa", START, 0, 0, false);
	say("bb", START, 0, 0, false);
	expect_out(START, "aaabb", true);
}
END_TEST

START_TEST(an_echo_is_nobodys_speech)
{
	say("ab", START, character_ns, 0, true);
	ck_assert(!rtu_mouth_is_talking(&mouth, START));
	expect_out(START + 2 * character_ns, "ab", false);
	say("ab", START, character_ns, 0, true);
	say("c", START + 2 * character_ns, character_ns, 0, false);
	expect_out(START + 3 * character_ns, "abc", true);
}
END_TEST

START_TEST(a_full_mouth_says_nothing_more)
{
	static int16_t characters[MOUTH_MOST];
	struct rtu_speech speech = { characters, MOUTH_MOST - 1, START, character_ns, 0, false };
	int64_t over_ns = -1;
	uint8_t byte;
	bool spoke;

	ck_assert(rtu_mouth_say(&mouth, &speech, &over_ns));
	speech.count = 2;
	over_ns = -1;
	ck_assert(!rtu_mouth_say(&mouth, &speech, &over_ns));
	ck_assert_int_eq(over_ns, -1);
	ck_assert_uint_eq(rtu_mouth_take(&mouth, START + character_ns, &byte, 1, &spoke), 1);
	ck_assert(rtu_mouth_say(&mouth, &speech, &over_ns));
}
END_TEST

/* The wire's faults */

enum { MANY = 100000 };

static size_t
pass_many(uint64_t seed, const struct line_faults *faults, struct line_noise *noise, int16_t *characters)
{
	static uint8_t bytes[MANY];

	*noise = (struct line_noise){ .state = seed };
	memset(bytes, 0x5a, sizeof(bytes));
	return line_noise_pass(noise, faults, bytes, MANY, characters);
}

/* One in a thousand of a hundred thousand: 100, give or take four deviations of ten. */
START_TEST(noise_keeps_its_share)
{
	static int16_t first[MANY], second[MANY];
	struct line_faults faults = { .noise = 0.001 };
	struct line_noise noise;
	size_t damaged = pass_many(7, &faults, &noise, first), changed = 0;

	ck_assert_uint_ge(damaged, 60);
	ck_assert_uint_le(damaged, 140);
	for (size_t i = 0; i < MANY; i++)
		changed += first[i] != 0x5a;
	ck_assert_uint_eq(changed, damaged);
	ck_assert_uint_eq(noise.flipped + noise.lost, damaged);
	ck_assert(noise.flipped > 20 && noise.lost > 20);
	pass_many(7, &faults, &noise, second);
	ck_assert_mem_eq(first, second, sizeof(first));
	pass_many(8, &faults, &noise, second);
	ck_assert(memcmp(first, second, sizeof(first)) != 0);
}
END_TEST

START_TEST(noise_is_of_the_wanted_kind)
{
	static int16_t characters[MANY];
	struct line_faults faults = { .noise = 1, .damage = DAMAGE_FLIPS };
	struct line_noise noise;

	ck_assert_uint_eq(pass_many(1, &faults, &noise, characters), MANY);
	for (size_t i = 0; i < MANY; i++)
		ck_assert(characters[i] >= 0 && characters[i] <= 0xff && characters[i] != 0x5a);
	faults.damage = DAMAGE_LOSSES;
	ck_assert_uint_eq(pass_many(1, &faults, &noise, characters), MANY);
	for (size_t i = 0; i < MANY; i++)
		ck_assert_int_eq(characters[i], CHARACTER_LOST);
	faults.noise = 0;
	ck_assert_uint_eq(pass_many(1, &faults, &noise, characters), 0);
}
END_TEST

static const struct {
	enum parity_look look;
	int16_t in, out;
} looks[] = {
	{ PARITY_FITS, 0x03, 0x03 },
	{ PARITY_NULS, 0x01, 0x01 },      /* parity bit 1: reads as a stop bit */
	{ PARITY_NULS, 0x03, 0x00 },      /* parity bit 0: broken */
	{ PARITY_NULS, 0xff, 0x00 },
	{ PARITY_NULS, 0xfe, 0xfe },
	{ PARITY_HIGH_BITS, 0x01, 0x81 }, /* 0x01 with an even parity */
	{ PARITY_HIGH_BITS, 0x03, 0x03 },
	{ PARITY_HIGH_BITS, 0x83, 0x03 }, /* the eighth data bit is not sent */
	{ PARITY_HIGH_BITS, CHARACTER_LOST, CHARACTER_LOST },
};

START_TEST(wrong_parity_has_its_looks)
{
	int16_t character = looks[_i].in;

	ck_assert_uint_eq(line_parity_pass(looks[_i].look, &character, 1), looks[_i].in != looks[_i].out);
	ck_assert_int_eq(character, looks[_i].out);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("sim rtu");
	TCase *frames = tcase_create("frames"), *ears = tcase_create("ear"), *mouths = tcase_create("mouth"),
	      *faults = tcase_create("faults");
	TCase *const all[] = { frames, ears, mouths, faults };

	for (size_t i = 0; i < COUNT(all); i++)
		tcase_set_timeout(all[i], 60);
	tcase_add_loop_test(frames, characters_take_their_time, 0, COUNT(timings));
	tcase_add_test(frames, frames_have_their_checksum);
	suite_add_tcase(suite, frames);
	tcase_add_test(ears, request_ends_by_silence);
	tcase_add_test(ears, pieces_are_one_frame_until_the_silence);
	tcase_add_loop_test(ears, two_requests_in_a_row_are_none, 0, 2);
	tcase_add_loop_test(ears, t35_after_an_answer_decides, 0, 2);
	tcase_add_test(ears, t35_after_a_lost_request_decides);
	tcase_add_test(ears, two_talking_at_a_time_are_lost);
	tcase_add_test(ears, what_is_no_frame_is_told_apart);
	tcase_add_test(ears, who_has_gone_leaves_no_half_frame);
	suite_add_tcase(suite, ears);
	tcase_add_checked_fixture(mouths, empty_mouth, NULL);
	tcase_add_test(mouths, bytes_come_at_their_time);
	tcase_add_test(mouths, fast_bytes_come_in_chunks);
	tcase_add_test(mouths, dribbling_leaves_the_wire_free_between);
	tcase_add_test(mouths, lost_characters_take_their_time);
	tcase_add_test(mouths, two_speakers_spoil_each_other);
	tcase_add_test(mouths, an_echo_is_nobodys_speech);
	tcase_add_test(mouths, a_full_mouth_says_nothing_more);
	suite_add_tcase(suite, mouths);
	tcase_add_test(faults, noise_keeps_its_share);
	tcase_add_test(faults, noise_is_of_the_wanted_kind);
	tcase_add_loop_test(faults, wrong_parity_has_its_looks, 0, COUNT(looks));
	suite_add_tcase(suite, faults);
	return suite_run(suite);
}
