/* Serial answers that come too late. RTU numbers nothing: each must pass for nothing else than what it is, whatever is asked in the
 * meantime. */
#include <check.h>
#include <time.h>

#include "rtu_fixture.h"
#include "suite_run.h"

static const uint8_t request[] = { 7, 3, 0, 0x10, 0, 2 };
static const uint8_t right[] = { 7, 3, 4, 0x12, 0x34, 0x56, 0x78 };

/* As long an answer, of the same unit and of another. */
static const uint8_t next_request[] = { 7, 3, 0, 0x20, 0, 2 };
static const uint8_t next_answer[] = { 7, 3, 4, 1, 2, 3, 4 };
static const uint8_t neighbour_request[] = { 8, 3, 0, 0x20, 0, 2 };
static const uint8_t neighbour_answer[] = { 8, 3, 4, 1, 2, 3, 4 };

static const uint8_t neighbour_damaged[] = { 8, 3, 4, 0, 0, 0, 0, 0xAB, 0xCD };

static int64_t
now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* Noise may begin as the unit does. */
static const uint8_t noise_of_the_unit[] = { 7, 0x44, 0x10, 0xAB, 0xCD }, noise_of_a_byte[] = { 7 };

/* An echo and the answer behind it. */
static size_t
put_echoed(uint8_t *frames, const uint8_t asked[static sizeof(request)], const uint8_t answer[static sizeof(right)])
{
	size_t length = rtu_put_frame(frames, asked, sizeof(request));

	return length + rtu_put_frame(frames + length, answer, sizeof(right));
}

/* On a wire without an echo, and on one with it. */
START_TEST(a_late_answer_is_not_taken_for_the_next)
{
	const bool local_echo = _i == 1;
	uint8_t late[RTU_FRAME_CAP], next[RTU_FRAME_CAP];
	size_t late_length = put_echoed(late, request, right), next_length = put_echoed(next, next_request, next_answer);
	const size_t begin = local_echo ? 0 : sizeof(request) + 2;
	const struct rtu_deed deeds[] = { { .answer = NULL }, { .answer = next + begin, .length = next_length - begin } };
	struct link *link = rtu_link(115200, local_echo);
	const int64_t began_ns = now_ns();

	rtu_begin(deeds, 2);
	ck_assert_int_eq(rtu_ask(link, request, sizeof(request)).result, LINE_TIMEOUT);
	/* It comes within another timeout: before the next question is asked. */
	rtu_say(late + begin, late_length - begin, false);
	rtu_ask_well(link, next_request, sizeof(next_request), next_answer, sizeof(next_answer));
	rtu_end();
	ck_assert_int_ge(rtu_unit.request_ns[1] - began_ns, (int64_t)(2 * RTU_TIMEOUT_MS - 1) * 1000000);
	link_destroy(link);
}
END_TEST

/* The wire is the neighbour's in between, and noise ends its turn at once: both are still waited for. */
START_TEST(what_is_late_is_known_of_every_unit)
{
	static const struct rtu_deed deeds[] = {
		{ .answer = NULL }, RTU_ANSWER(noise_of_the_unit, false), RTU_ANSWER(next_answer, true),
	};
	struct link *link = rtu_link(115200, false);
	const int64_t began_ns = now_ns();

	rtu_begin(deeds, 3);
	ck_assert_int_eq(rtu_ask(link, request, sizeof(request)).result, LINE_TIMEOUT);
	ck_assert_int_eq(rtu_ask(link, neighbour_request, sizeof(neighbour_request)).result, LINE_BROKEN);
	rtu_say(right, sizeof(right), true);
	rtu_ask_well(link, next_request, sizeof(next_request), next_answer, sizeof(next_answer));
	rtu_end();
	ck_assert_int_ge(rtu_unit.request_ns[2] - began_ns, (int64_t)(2 * RTU_TIMEOUT_MS - 1) * 1000000);
	link_destroy(link);
}
END_TEST

/* Asked twice, it answers twice. The second answer comes as late as the first one did, or when the first one would have; noise
 * that stood in the place of the first one lets it be asked at once. */
static const struct twice {
	const char *name;
	struct rtu_deed first;
	enum line_result result; /* of the first */
	int then_ms;             /* from the first answer to the second */
} twices[] = {
	{ "after a silence", { .answer = NULL }, LINE_TIMEOUT, RTU_TIMEOUT_MS * 6 / 5 },
	{ "after noise", RTU_ANSWER(neighbour_damaged, false), LINE_BROKEN, RTU_TIMEOUT_MS / 4 },
	{ "after noise that begins as the unit does", RTU_ANSWER(noise_of_the_unit, false), LINE_BROKEN, RTU_TIMEOUT_MS / 4 },
	{ "after a byte that is the unit's number", RTU_ANSWER(noise_of_a_byte, false), LINE_BROKEN, RTU_TIMEOUT_MS / 4 },
};

START_TEST(the_second_answer_to_what_was_asked_twice_is_not_taken_either)
{
	const struct twice *row = &twices[_i];
	const struct rtu_deed deeds[] = {
		row->first,
		{ .answer = right, .length = sizeof(right), .with_checksum = true, .then = right, .then_length = sizeof(right),
		    .then_ms = row->then_ms },
		RTU_ANSWER(next_answer, true),
	};
	struct link *link = rtu_link(115200, false);

	rtu_begin(deeds, 3);
	ck_assert_msg(rtu_ask(link, request, sizeof(request)).result == row->result, "%s", row->name);
	rtu_ask_well(link, request, sizeof(request), right, sizeof(right));
	rtu_ask_well(link, next_request, sizeof(next_request), next_answer, sizeof(next_answer));
	rtu_end();
	link_destroy(link);
}
END_TEST

/* An echo and the answer behind it may have been kept back together, by a hub or by a host that is busy. */
START_TEST(a_late_echo_is_not_taken_for_that_of_the_next)
{
	uint8_t echo_and_answer[RTU_FRAME_CAP];
	struct rtu_deed deeds[] = { { .answer = NULL }, { .answer = echo_and_answer } };
	struct link *link = rtu_link(115200, true);
	struct rtu_asked asked;

	deeds[1].length = put_echoed(echo_and_answer, request, right);
	rtu_begin(deeds, 2);
	ck_assert_int_eq(rtu_ask(link, request, sizeof(request)).result, LINE_TIMEOUT);
	asked = rtu_ask(link, next_request, sizeof(next_request));
	ck_assert_str_eq(asked.reason, "what came back is not what was sent: noise, or is there a second master?");
	ck_assert_int_eq(asked.result, LINE_BROKEN);
	rtu_end();
	link_destroy(link);
}
END_TEST

/* The neighbour's answer comes late, into another unit's time. */
START_TEST(a_late_answer_of_another_unit_spoils_nothing)
{
	static const struct rtu_deed deeds[] = {
		{ .answer = NULL },
		{ .answer = right, .length = sizeof(right), .with_checksum = true, .then = neighbour_answer,
		    .then_length = sizeof(neighbour_answer), .then_ms = 50 },
	};
	struct link *link = rtu_link(115200, false);

	rtu_begin(deeds, 2);
	ck_assert_int_eq(rtu_ask(link, request, sizeof(request)).result, LINE_TIMEOUT);
	rtu_ask_well(link, neighbour_request, sizeof(neighbour_request), neighbour_answer, sizeof(neighbour_answer));
	rtu_end();
	link_destroy(link);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("link_rtu_late");
	TCase *late = tcase_create("late");

	tcase_add_checked_fixture(late, rtu_set_up, rtu_tear_down);
	tcase_set_timeout(late, 60);
	tcase_add_loop_test(late, a_late_answer_is_not_taken_for_the_next, 0, 2);
	tcase_add_test(late, what_is_late_is_known_of_every_unit);
	tcase_add_test(late, a_late_echo_is_not_taken_for_that_of_the_next);
	tcase_add_loop_test(late, the_second_answer_to_what_was_asked_twice_is_not_taken_either, 0,
	    sizeof(twices) / sizeof(twices[0]));
	tcase_add_test(late, a_late_answer_of_another_unit_spoils_nothing);
	suite_add_tcase(suite, late);
	return suite_run(suite);
}
