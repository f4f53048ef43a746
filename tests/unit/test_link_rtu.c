/* The serial link over a pty: a scripted unit at the master's end, with a checksum of its own making. What a pty
 * cannot show (parity, pacing) is not tested here; times are only ever bounded from below. */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <pty.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "daemon/line/link.h"
#include "suite_run.h"

enum { FRAME_CAP = 300, PATIENCE_MS = 10000, TIMEOUT_MS = 1000 };

/* What the unit does with the next request. */
struct deed {
	const uint8_t *answer; /* as it goes out; NULL: nothing */
	size_t length;
	bool with_checksum;
	bool hang_up; /* closes its end instead of answering */
	const uint8_t *then; /* and this, with its checksum, so much later; NULL: nothing */
	size_t then_length;
	int then_ms;
};

static struct unit {
	int master, slave; /* the slave is held open: a master without one reads as hung up */
	char link_path[64], slave_path[64];
	const struct deed *deeds;
	size_t deed_count, request_count;
	uint8_t requests[8][FRAME_CAP];
	size_t request_lengths[8];
	int64_t request_ns[8], answer_ns[8]; /* when a request's first byte was seen, when its answer went out */
	pthread_t thread;
} unit;

static int64_t
now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* Modbus over serial line V1.02, 6.2.2, bit by bit. */
static uint16_t
checksum(const uint8_t *bytes, size_t length)
{
	uint16_t crc = 0xFFFF;

	for (size_t i = 0; i < length; i++) {
		crc ^= bytes[i];
		for (int bit = 0; bit < 8; bit++)
			crc = (crc & 1) != 0 ? (uint16_t)(crc >> 1 ^ 0xA001) : (uint16_t)(crc >> 1);
	}
	return crc;
}

static bool
read_request(size_t at)
{
	struct pollfd waiting = { .fd = unit.master, .events = POLLIN };

	/* All requests here are reads: 8 bytes with their checksum. */
	while (unit.request_lengths[at] < 8) {
		ssize_t got;

		if (poll(&waiting, 1, PATIENCE_MS) <= 0)
			return false;
		if (unit.request_lengths[at] == 0)
			unit.request_ns[at] = now_ns();
		got = read(unit.master, unit.requests[at] + unit.request_lengths[at], 8 - unit.request_lengths[at]);
		if (got <= 0)
			return false;
		unit.request_lengths[at] += (size_t)got;
	}
	return true;
}

static void
send_frame(const uint8_t *bytes, size_t length, bool with_checksum)
{
	uint8_t frame[FRAME_CAP];

	memcpy(frame, bytes, length);
	if (with_checksum) {
		uint16_t crc = checksum(frame, length);

		frame[length++] = (uint8_t)crc;
		frame[length++] = (uint8_t)(crc >> 8);
	}
	ck_assert_int_eq(write(unit.master, frame, length), (ssize_t)length);
}

static void
answer(const struct deed *deed, size_t at)
{
	const struct timespec pause = { deed->then_ms / 1000, deed->then_ms % 1000 * 1000000L };

	unit.answer_ns[at] = now_ns();
	send_frame(deed->answer, deed->length, deed->with_checksum);
	if (deed->then == NULL)
		return;
	nanosleep(&pause, NULL);
	send_frame(deed->then, deed->then_length, true);
}

static void *
be_unit(void *arg)
{
	(void)arg;
	for (size_t i = 0; i < unit.deed_count; i++) {
		if (!read_request(i))
			return NULL;
		unit.request_count++;
		if (unit.deeds[i].hang_up) {
			close(unit.master);
			unit.master = -1;
			return NULL;
		}
		if (unit.deeds[i].answer != NULL)
			answer(&unit.deeds[i], i);
	}
	return NULL;
}

static void
plug_in(void)
{
	struct termios raw;

	ck_assert_int_eq(openpty(&unit.master, &unit.slave, NULL, NULL, NULL), 0);
	tcgetattr(unit.slave, &raw);
	cfmakeraw(&raw);
	tcsetattr(unit.slave, TCSANOW, &raw);
	ck_assert_int_eq(ttyname_r(unit.slave, unit.slave_path, sizeof(unit.slave_path)), 0);
	unlink(unit.link_path);
	ck_assert_int_eq(symlink(unit.slave_path, unit.link_path), 0);
}

static void
set_up(void)
{
	memset(&unit, 0, sizeof(unit));
	snprintf(unit.link_path, sizeof(unit.link_path), "/tmp/test-link-rtu-%d", (int)getpid());
	plug_in();
}

static void
tear_down(void)
{
	if (unit.master >= 0)
		close(unit.master);
	close(unit.slave);
	unlink(unit.link_path);
}

static void
begin(const struct deed *deeds, size_t count)
{
	unit.deeds = deeds;
	unit.deed_count = count;
	ck_assert_int_eq(pthread_create(&unit.thread, NULL, be_unit, NULL), 0);
}

static struct link *
make_link(int32_t baud, bool local_echo)
{
	struct wire wire = { .kind = WIRE_MODBUS_RTU, .form = { baud, PARITY_NONE, 1 }, .local_echo = local_echo };
	struct link *link;

	snprintf(wire.device, sizeof(wire.device), "%s", unit.link_path);
	link = link_create(&wire, duration_ms(TIMEOUT_MS));
	ck_assert_ptr_nonnull(link);
	return link;
}

/* What asking came to. */
struct asked {
	enum line_result result;
	uint8_t reply[FRAME_CAP];
	size_t length;
	char reason[160];
};

static const uint8_t request[] = { 7, 3, 0, 0x10, 0, 2 };
static const uint8_t right[] = { 7, 3, 4, 0x12, 0x34, 0x56, 0x78 };

static struct asked
ask_for(struct link *link, const uint8_t *bytes, size_t length)
{
	struct asked asked;

	memset(&asked, 0, sizeof(asked));
	asked.result = link_exchange(link, bytes, length, asked.reply, sizeof(asked.reply), &asked.length, asked.reason,
	    sizeof(asked.reason));
	return asked;
}

static struct asked
ask(struct link *link)
{
	return ask_for(link, request, sizeof(request));
}

static void
check_right(const struct asked *asked)
{
	ck_assert_str_eq(asked->reason, "");
	ck_assert_int_eq(asked->result, LINE_REPLY);
	ck_assert_uint_eq(asked->length, sizeof(right));
	ck_assert_mem_eq(asked->reply, right, sizeof(right));
}

#define ANSWER(bytes, sum) { .answer = (bytes), .length = sizeof(bytes), .with_checksum = (sum) }

START_TEST(an_answer_comes_without_its_checksum)
{
	static const struct deed deeds[] = { ANSWER(right, true) };
	struct link *link = make_link(115200, false);
	struct asked asked;

	begin(deeds, 1);
	asked = ask(link);
	check_right(&asked);
	pthread_join(unit.thread, NULL);
	ck_assert_mem_eq(unit.requests[0], request, sizeof(request));
	ck_assert_uint_eq(unit.requests[0][6] | unit.requests[0][7] << 8, checksum(request, sizeof(request)));
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
	struct deed deed;
	enum line_result result;
	const char *reason;
} spoiled[] = {
	{ "mute", { .answer = NULL }, LINE_TIMEOUT, "does not answer within 1000 ms" },
	{ "other unit", ANSWER(other_unit, true), LINE_BROKEN, 
	    "unit 8 answers instead of 7: is a unit number given twice, or is there a second master?" },
	{ "unit 0", ANSWER(nobody, true), LINE_BROKEN,
	    "unit 0 answers instead of 7: is a unit number given twice, or is there a second master?" },
	{ "other unit, damaged", ANSWER(other_damaged, false), LINE_BROKEN,
	    "what comes is no Modbus frame: compare baud, parity and stop bits with the monitor's" },
	{ "damaged", ANSWER(damaged, false), LINE_BROKEN,
	    "the answer's checksum is wrong: noise, a wrong parity, or two units answering at once" },
	{ "cut", ANSWER(cut, false), LINE_BROKEN, "the answer is cut short" },
	{ "noise", ANSWER(noise, false), LINE_BROKEN,
	    "what comes is no Modbus frame: compare baud, parity and stop bits with the monitor's" },
	{ "count damaged", ANSWER(long_count, false), LINE_BROKEN, "the answer is cut short" },
	{ "echo", { .answer = NULL }, LINE_BROKEN,
	    "the adapter gives back what is sent: switch its echo off, or set local_echo" },
};

START_TEST(what_is_no_answer_is_said_and_the_next_one_taken)
{
	const struct spoiled *row = &spoiled[_i];
	struct deed deeds[] = { row->deed, ANSWER(right, true) };
	struct link *link = make_link(115200, false);
	struct asked asked;

	if (strcmp(row->name, "echo") == 0)
		deeds[0] = (struct deed)ANSWER(request, true);
	begin(deeds, 2);
	asked = ask(link);
	ck_assert_msg(asked.result == row->result, "%s: %s", row->name, asked.reason);
	ck_assert_msg(strcmp(asked.reason, row->reason) == 0, "%s: %s", row->name, asked.reason);
	ck_assert_uint_eq(asked.length, 0);
	asked = ask(link);
	check_right(&asked);
	pthread_join(unit.thread, NULL);
	link_destroy(link);
}
END_TEST

START_TEST(a_local_echo_is_read_away)
{
	uint8_t echo_and_answer[8 + sizeof(right) + 2];
	struct deed deeds[] = { { .answer = echo_and_answer, .length = sizeof(echo_and_answer) } };
	uint16_t sum = checksum(request, sizeof(request)), answer_sum = checksum(right, sizeof(right));
	struct link *link = make_link(115200, true);
	struct asked asked;

	memcpy(echo_and_answer, request, 6);
	echo_and_answer[6] = (uint8_t)sum;
	echo_and_answer[7] = (uint8_t)(sum >> 8);
	memcpy(echo_and_answer + 8, right, sizeof(right));
	echo_and_answer[8 + sizeof(right)] = (uint8_t)answer_sum;
	echo_and_answer[9 + sizeof(right)] = (uint8_t)(answer_sum >> 8);
	begin(deeds, 1);
	asked = ask(link);
	check_right(&asked);
	pthread_join(unit.thread, NULL);
	link_destroy(link);
}
END_TEST

START_TEST(an_echo_that_is_missing_is_said)
{
	static const struct deed deeds[] = { { .answer = NULL } };
	struct link *link = make_link(115200, true);
	struct asked asked;

	begin(deeds, 1);
	asked = ask(link);
	ck_assert_int_eq(asked.result, LINE_TIMEOUT);
	ck_assert_str_eq(asked.reason, "what was sent did not come back: the adapter has no echo, take local_echo out");
	pthread_join(unit.thread, NULL);
	link_destroy(link);
}
END_TEST

/* At 1200 baud the silence is 32.1 ms, and a request of 8 characters is on the wire for 66.7 ms: the next one begins no
 * earlier than a silence after the last answer. */
START_TEST(every_request_is_preceded_by_silence)
{
	enum { ROUNDS = 4, SILENCE_NS = 32083333 };
	struct deed deeds[ROUNDS];
	struct link *link = make_link(1200, false);

	for (int i = 0; i < ROUNDS; i++)
		deeds[i] = (struct deed)ANSWER(right, true);
	begin(deeds, ROUNDS);
	for (int i = 0; i < ROUNDS; i++) {
		struct asked asked = ask(link);

		check_right(&asked);
	}
	pthread_join(unit.thread, NULL);
	ck_assert_uint_eq(unit.request_count, ROUNDS);
	for (int i = 1; i < ROUNDS; i++)
		ck_assert_int_ge(unit.request_ns[i] - unit.answer_ns[i - 1], SILENCE_NS);
	link_destroy(link);
}
END_TEST

START_TEST(what_nobody_asked_for_is_read_away)
{
	static const struct deed deeds[] = { ANSWER(right, true), ANSWER(right, true) };
	struct link *link = make_link(115200, false);
	struct asked asked;

	begin(deeds, 2);
	asked = ask(link);
	check_right(&asked);
	ck_assert_int_eq(write(unit.master, noise, sizeof(noise)), sizeof(noise));
	asked = ask(link);
	check_right(&asked);
	pthread_join(unit.thread, NULL);
	link_destroy(link);
}
END_TEST

/* RTU numbers nothing: a late answer must not pass for that of another question to the same unit. */
START_TEST(a_late_answer_is_not_taken_for_the_next)
{
	static const uint8_t other_request[] = { 7, 3, 0, 0x20, 0, 2 };
	static const uint8_t other_answer[] = { 7, 3, 4, 1, 2, 3, 4 };
	static const struct deed deeds[] = { { .answer = NULL }, ANSWER(other_answer, true) };
	struct link *link = make_link(115200, false);
	uint16_t sum = checksum(right, sizeof(right));
	const uint8_t tail[] = { (uint8_t)sum, (uint8_t)(sum >> 8) };
	const int64_t began_ns = now_ns();
	struct asked asked;

	begin(deeds, 2);
	asked = ask(link);
	ck_assert_int_eq(asked.result, LINE_TIMEOUT);
	/* It comes within another timeout: before the next question is asked. */
	ck_assert_int_eq(write(unit.master, right, sizeof(right)), sizeof(right));
	ck_assert_int_eq(write(unit.master, tail, sizeof(tail)), sizeof(tail));
	asked = ask_for(link, other_request, sizeof(other_request));
	ck_assert_int_eq(asked.result, LINE_REPLY);
	ck_assert_mem_eq(asked.reply, other_answer, sizeof(other_answer));
	pthread_join(unit.thread, NULL);
	ck_assert_int_ge(unit.request_ns[1] - began_ns, (int64_t)(2 * TIMEOUT_MS - 1) * 1000000);
	link_destroy(link);
}
END_TEST

/* Asked twice, it answers twice: the second answer is as late as the first was. */
START_TEST(the_second_answer_to_what_was_asked_twice_is_not_taken_either)
{
	static const uint8_t other_request[] = { 7, 3, 0, 0x20, 0, 2 };
	static const uint8_t other_answer[] = { 7, 3, 4, 1, 2, 3, 4 };
	static const struct deed deeds[] = {
		{ .answer = NULL },
		{ .answer = right, .length = sizeof(right), .with_checksum = true, .then = right, .then_length = sizeof(right),
		    .then_ms = TIMEOUT_MS * 6 / 5 },
		ANSWER(other_answer, true),
	};
	struct link *link = make_link(115200, false);
	struct asked asked;

	begin(deeds, 3);
	asked = ask(link);
	ck_assert_int_eq(asked.result, LINE_TIMEOUT);
	asked = ask(link);
	check_right(&asked);
	asked = ask_for(link, other_request, sizeof(other_request));
	ck_assert_int_eq(asked.result, LINE_REPLY);
	ck_assert_mem_eq(asked.reply, other_answer, sizeof(other_answer));
	pthread_join(unit.thread, NULL);
	link_destroy(link);
}
END_TEST

/* A moment's noise stood in the place of the answer, so it was asked again: two answers come. */
START_TEST(an_answer_after_noise_is_not_taken_for_the_next)
{
	static const uint8_t other_request[] = { 7, 3, 0, 0x20, 0, 2 };
	static const uint8_t other_answer[] = { 7, 3, 4, 1, 2, 3, 4 };
	static const struct deed deeds[] = {
		ANSWER(other_damaged, false),
		{ .answer = right, .length = sizeof(right), .with_checksum = true, .then = right, .then_length = sizeof(right),
		    .then_ms = TIMEOUT_MS / 4 },
		ANSWER(other_answer, true),
	};
	struct link *link = make_link(115200, false);
	struct asked asked;

	begin(deeds, 3);
	asked = ask(link);
	ck_assert_int_eq(asked.result, LINE_BROKEN);
	asked = ask(link);
	check_right(&asked);
	asked = ask_for(link, other_request, sizeof(other_request));
	ck_assert_int_eq(asked.result, LINE_REPLY);
	ck_assert_mem_eq(asked.reply, other_answer, sizeof(other_answer));
	pthread_join(unit.thread, NULL);
	link_destroy(link);
}
END_TEST

/* The neighbour's answer comes late, into another unit's time. */
START_TEST(a_late_answer_of_another_unit_spoils_nothing)
{
	static const uint8_t other_request[] = { 8, 3, 0, 0x20, 0, 2 };
	static const uint8_t other_answer[] = { 8, 3, 4, 1, 2, 3, 4 };
	static const struct deed deeds[] = {
		{ .answer = NULL },
		{ .answer = right, .length = sizeof(right), .with_checksum = true, .then = other_answer,
		    .then_length = sizeof(other_answer), .then_ms = 50 },
	};
	struct link *link = make_link(115200, false);
	struct asked asked;

	begin(deeds, 2);
	asked = ask(link);
	ck_assert_int_eq(asked.result, LINE_TIMEOUT);
	asked = ask_for(link, other_request, sizeof(other_request));
	ck_assert_str_eq(asked.reason, "");
	ck_assert_int_eq(asked.result, LINE_REPLY);
	ck_assert_mem_eq(asked.reply, other_answer, sizeof(other_answer));
	pthread_join(unit.thread, NULL);
	link_destroy(link);
}
END_TEST

START_TEST(an_adapter_that_was_pulled_is_taken_up_again)
{
	static const struct deed pulled[] = { ANSWER(right, true), { .hang_up = true } };
	static const struct deed back[] = { ANSWER(right, true) };
	struct link *link = make_link(115200, false);
	struct asked asked;

	begin(pulled, 2);
	asked = ask(link);
	check_right(&asked);
	asked = ask(link);
	ck_assert_int_eq(asked.result, LINE_NO_LINK);
	ck_assert_str_eq(asked.reason, "the port has gone: is the adapter plugged in?");
	pthread_join(unit.thread, NULL);
	unlink(unit.link_path);
	asked = ask(link);
	ck_assert_int_eq(asked.result, LINE_NO_LINK);
	ck_assert_ptr_nonnull(strstr(asked.reason, "is not there: plug the adapter in"));
	memset(unit.request_lengths, 0, sizeof(unit.request_lengths));
	unit.request_count = 0;
	close(unit.slave);
	plug_in();
	begin(back, 1);
	asked = ask(link);
	check_right(&asked);
	pthread_join(unit.thread, NULL);
	link_destroy(link);
}
END_TEST

START_TEST(a_port_in_use_is_left_alone)
{
	struct link *link = make_link(115200, false);
	int other = open(unit.slave_path, O_RDWR | O_NOCTTY);
	struct asked asked;

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
	struct link *link = make_link(115200, false);
	struct asked asked;

	unlink(unit.link_path);
	ck_assert_int_eq(symlink("/dev/null", unit.link_path), 0);
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

		if (write(unit.master, noise, sizeof(noise)) < 0)
			return NULL;
		nanosleep(&pause, NULL);
	}
	return NULL;
}

START_TEST(a_wire_that_is_never_silent_is_said)
{
	struct link *link = make_link(1200, false);
	bool stop = false;
	struct asked asked;
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

	tcase_add_checked_fixture(link, set_up, tear_down);
	tcase_set_timeout(link, 60);
	tcase_add_test(link, an_answer_comes_without_its_checksum);
	tcase_add_loop_test(link, what_is_no_answer_is_said_and_the_next_one_taken, 0, sizeof(spoiled) / sizeof(spoiled[0]));
	tcase_add_test(link, a_local_echo_is_read_away);
	tcase_add_test(link, an_echo_that_is_missing_is_said);
	tcase_add_test(link, every_request_is_preceded_by_silence);
	tcase_add_test(link, what_nobody_asked_for_is_read_away);
	tcase_add_test(link, a_late_answer_is_not_taken_for_the_next);
	tcase_add_test(link, the_second_answer_to_what_was_asked_twice_is_not_taken_either);
	tcase_add_test(link, an_answer_after_noise_is_not_taken_for_the_next);
	tcase_add_test(link, a_late_answer_of_another_unit_spoils_nothing);
	tcase_add_test(link, an_adapter_that_was_pulled_is_taken_up_again);
	tcase_add_test(link, a_port_in_use_is_left_alone);
	tcase_add_test(link, what_is_no_port_is_said);
	tcase_add_test(link, a_wire_that_is_never_silent_is_said);
	tcase_add_test(link, times_of_a_wire);
	suite_add_tcase(suite, link);
	return suite_run(suite);
}
