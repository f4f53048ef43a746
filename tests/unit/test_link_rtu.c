/* The serial link over a pty: what it asks, what it takes for an answer and what it says of anything else. Times are only ever
 * bounded from below. */
#include <check.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/file.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "rtu_fixture.h"
#include "suite_run.h"

static const uint8_t request[] = { 7, 3, 0, 0x10, 0, 2 };
static const uint8_t right[] = { 7, 3, 4, 0x12, 0x34, 0x56, 0x78 };

static struct rtu_asked
ask(struct link *link)
{
	return rtu_ask(link, request, sizeof(request));
}

static void
ask_well(struct link *link)
{
	rtu_ask_well(link, request, sizeof(request), right, sizeof(right));
}

START_TEST(an_answer_comes_without_its_checksum)
{
	static const struct rtu_deed deeds[] = { RTU_ANSWER(right, true) };
	struct link *link = rtu_link(115200, false);

	rtu_begin(deeds, 1);
	ask_well(link);
	rtu_end();
	ck_assert_mem_eq(rtu_unit.requests[0], request, sizeof(request));
	ck_assert_uint_eq(rtu_unit.requests[0][6] | rtu_unit.requests[0][7] << 8, rtu_checksum(request, sizeof(request)));
	link_destroy(link);
}
END_TEST

/* One row: what comes instead of the answer, and what is said of it. The next answer is a good one, and is taken. */
static const uint8_t other_unit[] = { 8, 3, 4, 0, 0, 0, 0 };
static const uint8_t nobody[] = { 0, 3, 4, 0, 0, 0, 0 };
static const uint8_t other_damaged[] = { 8, 3, 4, 0, 0, 0, 0, 0xAB, 0xCD };
static const uint8_t damaged[] = { 7, 3, 4, 0x12, 0x34, 0x56, 0x79, 0xAB, 0xCD };
static const uint8_t cut[] = { 7, 3, 4, 0x12 };
static const uint8_t noise[] = { 0xF8, 0x00, 0xC3, 0xFF, 0x81, 0x7E, 0x00, 0xF0 };
static const uint8_t long_count[] = { 7, 3, 200, 0x12, 0x34, 0x56, 0x78, 0x11, 0x22 };
static const struct spoiled {
	const char *name;
	struct rtu_deed deed;
	enum line_result result;
	const char *reason;
} spoiled[] = {
	{ "mute", { .answer = NULL }, LINE_TIMEOUT, "does not answer within 1000 ms" },
	{ "other unit", RTU_ANSWER(other_unit, true), LINE_BROKEN,
	    "unit 8 answers instead of 7: is a unit number given twice, or is there a second master?" },
	{ "unit 0", RTU_ANSWER(nobody, true), LINE_BROKEN,
	    "unit 0 answers instead of 7: is a unit number given twice, or is there a second master?" },
	{ "other unit, damaged", RTU_ANSWER(other_damaged, false), LINE_BROKEN,
	    "what comes is no Modbus frame: compare baud, parity and stop bits with the monitor's" },
	{ "damaged", RTU_ANSWER(damaged, false), LINE_BROKEN,
	    "the answer's checksum is wrong: noise, a wrong parity, or two units answering at once" },
	{ "cut", RTU_ANSWER(cut, false), LINE_BROKEN, "the answer is cut short" },
	{ "noise", RTU_ANSWER(noise, false), LINE_BROKEN,
	    "what comes is no Modbus frame: compare baud, parity and stop bits with the monitor's" },
	{ "count damaged", RTU_ANSWER(long_count, false), LINE_BROKEN, "the answer is cut short" },
	{ "echo", { .answer = NULL }, LINE_BROKEN,
	    "the adapter gives back what is sent: switch its echo off, or set local_echo" },
};

START_TEST(what_is_no_answer_is_said_and_the_next_one_taken)
{
	const struct spoiled *row = &spoiled[_i];
	struct rtu_deed deeds[] = { row->deed, RTU_ANSWER(right, true) };
	struct link *link = rtu_link(115200, false);
	struct rtu_asked asked;

	if (strcmp(row->name, "echo") == 0)
		deeds[0] = (struct rtu_deed)RTU_ANSWER(request, true);
	rtu_begin(deeds, 2);
	asked = ask(link);
	ck_assert_msg(asked.result == row->result, "%s: %s", row->name, asked.reason);
	ck_assert_msg(strcmp(asked.reason, row->reason) == 0, "%s: %s", row->name, asked.reason);
	ck_assert_uint_eq(asked.length, 0);
	ask_well(link);
	rtu_end();
	link_destroy(link);
}
END_TEST

START_TEST(a_local_echo_is_read_away)
{
	uint8_t echo_and_answer[RTU_FRAME_CAP];
	struct rtu_deed deeds[] = { { .answer = echo_and_answer } };
	struct link *link = rtu_link(115200, true);

	deeds[0].length = rtu_put_frame(echo_and_answer, request, sizeof(request));
	deeds[0].length += rtu_put_frame(echo_and_answer + deeds[0].length, right, sizeof(right));
	rtu_begin(deeds, 1);
	ask_well(link);
	rtu_end();
	link_destroy(link);
}
END_TEST

START_TEST(an_echo_that_is_missing_is_said)
{
	static const struct rtu_deed deeds[] = { { .answer = NULL } };
	struct link *link = rtu_link(115200, true);
	struct rtu_asked asked;

	rtu_begin(deeds, 1);
	asked = ask(link);
	ck_assert_int_eq(asked.result, LINE_TIMEOUT);
	ck_assert_str_eq(asked.reason, "what was sent did not come back: the adapter has no echo, take local_echo out");
	rtu_end();
	link_destroy(link);
}
END_TEST

/* At 1200 baud the silence is 32.1 ms, and a request of 8 characters is on the wire for 66.7 ms: the next one begins no
 * earlier than a silence after the last answer. */
START_TEST(every_request_is_preceded_by_silence)
{
	enum { ROUNDS = 4, SILENCE_NS = 32083333 };
	struct rtu_deed deeds[ROUNDS];
	struct link *link = rtu_link(1200, false);

	for (int i = 0; i < ROUNDS; i++)
		deeds[i] = (struct rtu_deed)RTU_ANSWER(right, true);
	rtu_begin(deeds, ROUNDS);
	for (int i = 0; i < ROUNDS; i++)
		ask_well(link);
	rtu_end();
	ck_assert_uint_eq(rtu_unit.request_count, ROUNDS);
	for (int i = 1; i < ROUNDS; i++)
		ck_assert_int_ge(rtu_unit.request_ns[i] - rtu_unit.answer_ns[i - 1], SILENCE_NS);
	link_destroy(link);
}
END_TEST

START_TEST(what_nobody_asked_for_is_read_away)
{
	static const struct rtu_deed deeds[] = { RTU_ANSWER(right, true), RTU_ANSWER(right, true) };
	struct link *link = rtu_link(115200, false);

	rtu_begin(deeds, 2);
	ask_well(link);
	rtu_say(noise, sizeof(noise), false);
	ask_well(link);
	rtu_end();
	link_destroy(link);
}
END_TEST

/* Keeps the thread from its work for longer than the link bears a wire that is not silent. */
static void
stall(int number)
{
	const struct timespec pause = { 0, 400000000 };

	(void)number;
	nanosleep(&pause, NULL);
}

START_TEST(a_host_that_stalls_is_no_second_master)
{
	static const struct rtu_deed deeds[] = { RTU_ANSWER(right, true), RTU_ANSWER(right, true) };
	const struct sigaction stalling = { .sa_handler = stall };
	const struct itimerval soon = { .it_value = { 0, 10000 } };
	struct link *link = rtu_link(1200, false);

	rtu_begin(deeds, 2);
	ask_well(link);
	ck_assert_int_eq(sigaction(SIGALRM, &stalling, NULL), 0);
	rtu_say(noise, sizeof(noise), false);
	/* In the 32 ms of silence before the request. */
	ck_assert_int_eq(setitimer(ITIMER_REAL, &soon, NULL), 0);
	ask_well(link);
	rtu_end();
	link_destroy(link);
}
END_TEST

START_TEST(an_adapter_that_was_pulled_is_taken_up_again)
{
	static const struct rtu_deed pulled[] = { RTU_ANSWER(right, true), { .hang_up = true } };
	static const struct rtu_deed back[] = { RTU_ANSWER(right, true) };
	struct link *link = rtu_link(115200, false);
	struct rtu_asked asked;

	rtu_begin(pulled, 2);
	ask_well(link);
	asked = ask(link);
	ck_assert_int_eq(asked.result, LINE_NO_LINK);
	ck_assert_str_eq(asked.reason, "the port has gone: is the adapter plugged in?");
	rtu_end();
	unlink(rtu_unit.link_path);
	asked = ask(link);
	ck_assert_int_eq(asked.result, LINE_NO_LINK);
	ck_assert_ptr_nonnull(strstr(asked.reason, "is not there: plug the adapter in"));
	close(rtu_unit.slave);
	rtu_plug_in();
	rtu_begin(back, 1);
	ask_well(link);
	rtu_end();
	link_destroy(link);
}
END_TEST

/* And is not told that it has no echo. */
START_TEST(an_adapter_with_an_echo_may_be_pulled_too)
{
	static const struct rtu_deed deeds[] = { { .hang_up = true } };
	struct link *link = rtu_link(115200, true);
	struct rtu_asked asked;

	rtu_begin(deeds, 1);
	asked = ask(link);
	ck_assert_str_eq(asked.reason, "the port has gone: is the adapter plugged in?");
	ck_assert_int_eq(asked.result, LINE_NO_LINK);
	rtu_end();
	link_destroy(link);
}
END_TEST

/* What waits for its echo gives up as what waits for its answer does. */
START_TEST(a_link_that_is_closed_waits_for_no_echo)
{
	static const struct rtu_deed deeds[] = { { .answer = NULL } };
	struct link *link = rtu_link(115200, true);
	struct rtu_asked asked;

	link_interrupt(link);
	rtu_begin(deeds, 1);
	asked = ask(link);
	ck_assert_str_eq(asked.reason, "the line is being closed");
	ck_assert_int_eq(asked.result, LINE_NO_LINK);
	rtu_end();
	link_destroy(link);
}
END_TEST

START_TEST(a_port_in_use_is_left_alone)
{
	struct link *link = rtu_link(115200, false);
	int other = open(rtu_unit.slave_path, O_RDWR | O_NOCTTY);
	struct rtu_asked asked;

	ck_assert_int_eq(flock(other, LOCK_EX), 0);
	asked = ask(link);
	ck_assert_int_eq(asked.result, LINE_NO_LINK);
	ck_assert_ptr_nonnull(strstr(asked.reason, "is in use by another program: end it"));
	close(other);
	link_destroy(link);
}
END_TEST

START_TEST(what_is_no_port_is_said)
{
	struct link *link = rtu_link(115200, false);
	struct rtu_asked asked;

	unlink(rtu_unit.link_path);
	ck_assert_int_eq(symlink("/dev/null", rtu_unit.link_path), 0);
	asked = ask(link);
	ck_assert_int_eq(asked.result, LINE_NO_LINK);
	ck_assert_ptr_nonnull(strstr(asked.reason, "is no serial port"));
	link_destroy(link);
}
END_TEST

/* Whoever talks all the time leaves no silence to ask in. */
static void *
talk(void *stop)
{
	while (!__atomic_load_n((bool *)stop, __ATOMIC_ACQUIRE)) {
		const struct timespec pause = { 0, 5000000 };

		if (write(rtu_unit.master, noise, sizeof(noise)) < 0)
			return NULL;
		nanosleep(&pause, NULL);
	}
	return NULL;
}

/* At 300 baud the silence is 128 ms long: far longer than a busy host keeps the talker off. */
START_TEST(a_wire_that_is_never_silent_is_said)
{
	struct link *link = rtu_link(300, false);
	bool stop = false;
	struct rtu_asked asked;
	pthread_t talker;

	ck_assert_int_eq(pthread_create(&talker, NULL, talk, &stop), 0);
	asked = ask(link);
	__atomic_store_n(&stop, true, __ATOMIC_RELEASE);
	pthread_join(talker, NULL);
	ck_assert_int_eq(asked.result, LINE_BROKEN);
	ck_assert_ptr_nonnull(strstr(asked.reason, "is there a second master on it?"));
	link_destroy(link);
}
END_TEST

START_TEST(times_of_a_wire)
{
	const struct serial_form plain = { 9600, PARITY_NONE, 1 }, even = { 19200, PARITY_EVEN, 1 };

	ck_assert_int_eq(serial_character_ns(&plain), 1041666);
	ck_assert_int_eq(serial_character_ns(&even), 572916);
	ck_assert_int_eq(serial_silence_ns(9600), 4010416);
	ck_assert_int_eq(serial_silence_ns(19200), 2005208);
	ck_assert_int_eq(serial_silence_ns(38400), 1750000);
	ck_assert(serial_baud_is_known(57600));
	ck_assert(!serial_baud_is_known(9601));
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("link_rtu");
	TCase *link = tcase_create("link");

	tcase_add_checked_fixture(link, rtu_set_up, rtu_tear_down);
	tcase_set_timeout(link, 60);
	tcase_add_test(link, an_answer_comes_without_its_checksum);
	tcase_add_loop_test(link, what_is_no_answer_is_said_and_the_next_one_taken, 0, sizeof(spoiled) / sizeof(spoiled[0]));
	tcase_add_test(link, a_local_echo_is_read_away);
	tcase_add_test(link, an_echo_that_is_missing_is_said);
	tcase_add_test(link, every_request_is_preceded_by_silence);
	tcase_add_test(link, what_nobody_asked_for_is_read_away);
	tcase_add_test(link, a_host_that_stalls_is_no_second_master);
	tcase_add_test(link, an_adapter_that_was_pulled_is_taken_up_again);
	tcase_add_test(link, an_adapter_with_an_echo_may_be_pulled_too);
	tcase_add_test(link, a_link_that_is_closed_waits_for_no_echo);
	tcase_add_test(link, a_port_in_use_is_left_alone);
	tcase_add_test(link, what_is_no_port_is_said);
	tcase_add_test(link, a_wire_that_is_never_silent_is_said);
	tcase_add_test(link, times_of_a_wire);
	suite_add_tcase(suite, link);
	return suite_run(suite);
}
