/* The states of a link and its backoff in virtual time, captured traffic written and read back, and hostile captures. */
#include <check.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "daemon/line/capture.h"
#include "daemon/line/link.h"
#include "daemon/line/replay.h"
#include "daemon/line/tcp.h"
#include "suite_run.h"

static const struct duration first = { 500 }, most = { 8000 };

static struct instant
at(int64_t ms)
{
	return (struct instant){ 1000000 + ms };
}

/* States */

START_TEST(state_follows_results)
{
	struct line_state state;

	line_state_init(&state, at(0), 1);
	ck_assert_int_eq(state.state, LINK_IDLE);
	ck_assert(line_state_may_try(&state, at(0)));
	line_state_ask(&state, at(10));
	ck_assert_int_eq(state.state, LINK_CONNECTING);
	ck_assert_int_eq(state.since.ms, at(10).ms);
	ck_assert(line_state_take(&state, at(10), LINE_REPLY, "", first, most));
	ck_assert_int_eq(state.state, LINK_UP);
	ck_assert_str_eq(state.reason, "");
	ck_assert(!line_state_take(&state, at(1010), LINE_REPLY, "", first, most));
	ck_assert_int_eq(state.since.ms, at(10).ms);
	ck_assert(line_state_take(&state, at(2010), LINE_TIMEOUT, "does not answer within 500 ms", first, most));
	ck_assert_int_eq(state.state, LINK_FAILING);
	ck_assert_int_eq(state.since.ms, at(2010).ms);
	ck_assert_str_eq(state.reason, "does not answer within 500 ms");
	/* Another reason, the same state: since when it has been failing stays. */
	ck_assert(!line_state_take(&state, at(3010), LINE_BROKEN, "answers for unit 3 instead of 2", first, most));
	ck_assert_int_eq(state.since.ms, at(2010).ms);
	ck_assert_str_eq(state.reason, "answers for unit 3 instead of 2");
	ck_assert(line_state_may_try(&state, at(3010)));
	ck_assert(line_state_take(&state, at(4010), LINE_NO_LINK, "connection refused", first, most));
	ck_assert_int_eq(state.state, LINK_DOWN);
	ck_assert(!line_state_may_try(&state, at(4010)));
	line_state_ask(&state, at(9000));
	ck_assert_int_eq(state.state, LINK_DOWN);
	ck_assert_int_eq(state.since.ms, at(4010).ms);
	ck_assert(line_state_take(&state, at(9000), LINE_REPLY, "", first, most));
	ck_assert_int_eq(state.state, LINK_UP);
}
END_TEST

/* The nth wait lies in three quarters to all of first * 2^n, at most `most`. */
START_TEST(backoff_doubles_to_its_cap)
{
	static const int64_t waits[] = { 500, 1000, 2000, 4000, 8000, 8000, 8000 };
	struct line_state state;
	int64_t now = 0;

	line_state_init(&state, at(0), 42);
	for (size_t i = 0; i < sizeof(waits) / sizeof(waits[0]); i++) {
		int64_t wait;

		line_state_take(&state, at(now), LINE_NO_LINK, "connection refused", first, most);
		wait = state.retry_at.ms - at(now).ms;
		ck_assert_int_le(wait, waits[i]);
		ck_assert_int_ge(wait, waits[i] * 3 / 4);
		ck_assert(!line_state_may_try(&state, at(now + wait - 1)));
		ck_assert(line_state_may_try(&state, at(now + wait)));
		now += wait;
	}
	/* Anything that came over a connection begins anew. */
	line_state_take(&state, at(now), LINE_TIMEOUT, "", first, most);
	line_state_take(&state, at(now), LINE_NO_LINK, "connection refused", first, most);
	ck_assert_int_le(state.retry_at.ms - at(now).ms, 500);
}
END_TEST

/* Sixteen lines that lose their gateway together do not come back in step. */
START_TEST(jitter_differs_by_line)
{
	int64_t waits[16];
	int same = 0;

	for (size_t i = 0; i < 16; i++) {
		struct line_state state;

		line_state_init(&state, at(0), i + 1);
		for (int failure = 0; failure < 5; failure++)
			line_state_take(&state, at(0), LINE_NO_LINK, "", first, most);
		waits[i] = state.retry_at.ms;
		for (size_t j = 0; j < i; j++)
			same += waits[j] == waits[i];
	}
	ck_assert_int_le(same, 2);
}
END_TEST

START_TEST(names_are_whole)
{
	static const char *const results[] = { "reply", "timeout", "broken", "no-link" };
	static const char *const states[] = { "idle", "connecting", "up", "failing", "down" };

	for (int i = 0; i < LINE_RESULT_COUNT; i++)
		ck_assert_str_eq(line_result_name((enum line_result)i), results[i]);
	for (int i = 0; i < LINK_STATE_COUNT; i++)
		ck_assert_str_eq(link_state_name((enum link_state)i), states[i]);
}
END_TEST

/* Capture and replay */

static char folder[] = "/tmp/infusiond-line.XXXXXX";
static char path[64], old_path[64];

static void
make_folder(void)
{
	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/traffic", folder);
	snprintf(old_path, sizeof(old_path), "%s.1", path);
}

static void
remove_folder(void)
{
	unlink(path);
	unlink(old_path);
	rmdir(folder);
	strcpy(folder, "/tmp/infusiond-line.XXXXXX");
}

static struct line_reply
make_reply(int i, uint8_t request[6], uint8_t answer[LINE_FRAME_CAP])
{
	static const char *const reasons[] = { "", "does not answer within 500 ms", "answers for unit 3 instead of 2",
		"connection refused (by the gateway)" };
	enum line_result result = (enum line_result)(i % LINE_RESULT_COUNT);

	for (int j = 0; j < 6; j++)
		request[j] = (uint8_t)(i + j);
	for (int j = 0; j < LINE_FRAME_CAP; j++)
		answer[j] = (uint8_t)(i * 7 + j);
	return (struct line_reply){
		.line = i % 2 ? "bay" : "gateway-2",
		.result = result,
		.request = request,
		.request_length = 6,
		.reply = answer,
		.reply_length = result == LINE_REPLY ? (size_t)(1 + i % LINE_FRAME_CAP) : 0,
		.round_trip_us = i * 1001,
		.reason = reasons[result],
	};
}

static void
add_exchanges(struct capture *capture, int from, int to)
{
	uint8_t request[6], answer[LINE_FRAME_CAP];

	for (int i = from; i < to; i++) {
		struct line_reply reply = make_reply(i, request, answer);

		capture_add(capture, at(i * 250), &reply);
	}
}

/* Reads exchanges `from` to `to` back and compares each. */
static void
expect_exchanges(const char *file, int from, int to)
{
	uint8_t request[6], answer[LINE_FRAME_CAP];
	const struct line_reply *read;
	struct replay *replay;
	struct instant when;

	ck_assert(replay_open(file, &replay).ok);
	for (int i = from; i < to; i++) {
		struct line_reply wrote = make_reply(i, request, answer);
		struct outcome next = replay_next(replay, &when, &read);

		ck_assert_msg(next.ok, "%s", next.why);
		ck_assert_ptr_nonnull(read);
		ck_assert_int_eq(when.ms, at(i * 250).ms);
		ck_assert_str_eq(read->line, wrote.line);
		ck_assert_int_eq(read->result, wrote.result);
		ck_assert_mem_eq(read->request, request, 6);
		ck_assert_uint_eq(read->request_length, 6);
		ck_assert_uint_eq(read->reply_length, wrote.reply_length);
		ck_assert_mem_eq(read->reply, answer, wrote.reply_length);
		ck_assert_int_eq(read->round_trip_us, wrote.round_trip_us);
		ck_assert_str_eq(read->reason, wrote.reason);
	}
	ck_assert(replay_next(replay, &when, &read).ok);
	ck_assert_ptr_null(read);
	replay_close(replay);
}

START_TEST(capture_is_read_back)
{
	struct capture *capture;

	ck_assert(capture_open(path, &capture).ok);
	add_exchanges(capture, 0, 300);
	capture_flush(capture);
	add_exchanges(capture, 300, 400);
	capture_close(capture);
	/* Going on with the file of an earlier run. */
	ck_assert(capture_open(path, &capture).ok);
	add_exchanges(capture, 400, 500);
	ck_assert_uint_eq(capture_lost(capture), 0);
	capture_close(capture);
	expect_exchanges(path, 0, 500);
}
END_TEST

/* What a person would read in the file. */
START_TEST(capture_text_is_readable)
{
	const uint8_t request[] = { 1, 3, 0, 0, 0, 1 }, answer[] = { 1, 3, 2, 0, 0x78 };
	struct line_reply reply = { .line = "bay", .result = LINE_REPLY, .request = request, .request_length = 6,
		.reply = answer, .reply_length = 5, .round_trip_us = 312, .reason = "" };
	const struct instant when = { INT64_C(1767346200250) };
	char text[CAPTURE_LINE_CAP];

	ck_assert_uint_eq(capture_to_text(when, &reply, text), strlen(text));
	ck_assert_str_eq(text, "2026-01-02T09:30:00.250Z bay 01 03 00 00 00 01 > 01 03 02 00 78 (312 us)\n");
	reply.result = LINE_TIMEOUT;
	reply.reason = "does not answer within 500 ms";
	reply.round_trip_us = 500210;
	capture_to_text(when, &reply, text);
	ck_assert_str_eq(text,
	    "2026-01-02T09:30:00.250Z bay 01 03 00 00 00 01 ! timeout: does not answer within 500 ms (500210 us)\n");
}
END_TEST

/* A longest exchange fits a line. */
START_TEST(longest_exchange_fits)
{
	uint8_t bytes[LINE_FRAME_CAP];
	char name[NAME_CAP], reason[160], text[CAPTURE_LINE_CAP];
	struct line_reply reply = { .line = name, .result = LINE_REPLY, .request = bytes, .request_length = LINE_FRAME_CAP,
		.reply = bytes, .reply_length = LINE_FRAME_CAP, .round_trip_us = INT64_MAX, .reason = reason };

	memset(bytes, 0xff, sizeof(bytes));
	memset(name, 'n', sizeof(name) - 1);
	memset(reason, 'r', sizeof(reason) - 1);
	name[sizeof(name) - 1] = reason[sizeof(reason) - 1] = '\0';
	ck_assert_uint_lt(capture_to_text(at(0), &reply, text), sizeof(text));
	reply.result = LINE_BROKEN;
	ck_assert_uint_lt(capture_to_text(at(0), &reply, text), sizeof(text));
	ck_assert_int_eq(text[strlen(text) - 1], '\n');
}
END_TEST

static void
write_file(const char *name, const char *bytes, size_t length)
{
	FILE *file = fopen(name, "w");

	ck_assert_ptr_nonnull(file);
	ck_assert_uint_eq(fwrite(bytes, 1, length, file), length);
	fclose(file);
}

/* kill -9 in the middle of a write: the torn line goes, the rest stays. */
START_TEST(torn_line_is_cut)
{
	struct capture *capture;
	FILE *file;

	ck_assert(capture_open(path, &capture).ok);
	add_exchanges(capture, 0, 3);
	capture_close(capture);
	file = fopen(path, "a");
	fputs("2026-01-02T09:30:00.250Z bay 01 03 0", file);
	fclose(file);
	ck_assert(capture_open(path, &capture).ok);
	add_exchanges(capture, 3, 6);
	capture_close(capture);
	expect_exchanges(path, 0, 6);
}
END_TEST

START_TEST(other_files_are_left_alone)
{
	static const char other[] = "this is somebody's diary, and longer than a header\n";
	char found[sizeof(other)] = "";
	struct capture *capture;
	struct outcome opened;
	FILE *file;

	write_file(path, other, sizeof(other) - 1);
	opened = capture_open(path, &capture);
	ck_assert(!opened.ok);
	ck_assert_ptr_nonnull(strstr(opened.why, "no capture of this program's"));
	file = fopen(path, "r");
	ck_assert_uint_eq(fread(found, 1, sizeof(found) - 1, file), sizeof(other) - 1);
	fclose(file);
	ck_assert_str_eq(found, other);
	opened = capture_open("/no/such/folder/traffic", &capture);
	ck_assert_str_eq(opened.why, "/no/such/folder/traffic: traffic cannot be captured there: No such file or directory");
}
END_TEST

/* A full file steps aside; nothing is lost between the two. */
START_TEST(capture_file_is_bounded)
{
	struct capture *capture;
	FILE *file;

	ck_assert(capture_open_sized(path, 4000, &capture).ok);
	add_exchanges(capture, 1, 9);
	capture_close(capture);
	file = fopen(path, "r");
	fseek(file, 0, SEEK_END);
	ck_assert_int_le(ftell(file), 4000);
	fclose(file);
	ck_assert(capture_open_sized(path, 4000, &capture).ok);
	add_exchanges(capture, 9, 60);
	capture_close(capture);
	expect_exchanges(old_path, 1, 9);
}
END_TEST

static void
limit_files(rlim_t bytes)
{
	const struct rlimit limit = { bytes, RLIM_INFINITY };

	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

/* The disk is full: what cannot be written is counted, and said in its place as soon as there is room. */
START_TEST(what_is_lost_is_counted)
{
	struct capture *capture;
	char line[CAPTURE_LINE_CAP];
	int remarks = 0, lines = 0;
	FILE *file;

	signal(SIGXFSZ, SIG_IGN);
	ck_assert(capture_open(path, &capture).ok);
	limit_files(1000);
	add_exchanges(capture, 0, 40);
	capture_flush(capture);
	for (int i = 0; i < 5000 && capture_lost(capture) == 0; i++)
		usleep(1000);
	ck_assert_uint_eq(capture_lost(capture), 40);
	limit_files(RLIM_INFINITY);
	add_exchanges(capture, 40, 50);
	capture_close(capture);
	file = fopen(path, "r");
	while (fgets(line, sizeof(line), file) != NULL) {
		remarks += strcmp(line, "# 40 exchanges are missing here\n") == 0;
		lines++;
	}
	fclose(file);
	ck_assert_int_eq(remarks, 1);
	ck_assert_int_eq(lines, 12);
	expect_exchanges(path, 40, 50);
}
END_TEST

/* What is wrong with a file is said with its line. */
static const struct {
	const char *text, *why;
} hostile[] = {
	{ "", "line 1: not 'infusiond capture 1': this is no capture" },
	{ "infusiond capture 2\n", "line 1: not 'infusiond capture 1': this is no capture" },
	{ "infusiond capture 1", "line 1: cut off" },
	{ "infusiond capture 1\n\n", "line 2: no round trip, as in '(312 us)', at the end" },
	{ "infusiond capture 1\n# remark\nnow bay 01 > 02 (1 us)\n", "line 3: 'now' is no time, as in 2026-01-02T09:30:00.250Z" },
	{ "infusiond capture 1\n2026-01-02T09:30:00.250Z (1 us)\n",
	    "line 2: no line's name, of at most 31 letters, after the time" },
	{ "infusiond capture 1\n2026-01-02T09:30:00.250Z nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn 01 > 01 (1 us)\n",
	    "line 2: no line's name, of at most 31 letters, after the time" },
	{ "infusiond capture 1\n2026-01-02T09:30:00.250Z bay > 01 (1 us)\n",
	    "line 2: no byte of a request after the line's name" },
	{ "infusiond capture 1\n2026-01-02T09:30:00.250Z bay 01 0g > 01 (1 us)\n",
	    "line 2: '0g' after the request, where '>' or '!' should be" },
	{ "infusiond capture 1\n2026-01-02T09:30:00.250Z bay 01 03 (1 us)\n",
	    "line 2: '' after the request, where '>' or '!' should be" },
	{ "infusiond capture 1\n2026-01-02T09:30:00.250Z bay 01 > (1 us)\n", "line 2: no byte of a reply after '>'" },
	{ "infusiond capture 1\n2026-01-02T09:30:00.250Z bay 01 > 01 x (1 us)\n", "line 2: 'x' is no byte of the reply" },
	{ "infusiond capture 1\n2026-01-02T09:30:00.250Z bay 01 ! sleepy: zzz (1 us)\n",
	    "line 2: 'sleepy: zzz' is neither a timeout, nor broken, nor no-link, with its reason after a colon" },
	{ "infusiond capture 1\n2026-01-02T09:30:00.250Z bay 01 > 01\n", "line 2: no round trip, as in '(312 us)', at the end" },
	{ "infusiond capture 1\n2026-01-02T09:30:00.250Z bay 01 > 01 (1 s)\n",
	    "line 2: '(1 s)' is no round trip, as in '(312 us)'" },
	{ "infusiond capture 1\n2026-01-02T09:30:00.250Z bay 01 > 01 (99999999999999999999 us)\n",
	    "line 2: '(99999999999999999999 us)' is no round trip, as in '(312 us)'" },
	{ "infusiond capture 1\n2026-01-02T09:30:00.250Z bay 01 > 01 (1 us)\n2026-01-02T09:30:00.249Z bay 01 > 01 (1 us)\n",
	    "line 3: its time is before that of the exchange before it" },
	{ "infusiond capture 1\n2026-01-02T09:30:00.250Z bay 01 > 01 (1 us)", "line 2: cut off" },
};

static struct outcome
replay_all(const char *file)
{
	const struct line_reply *reply = NULL;
	struct replay *replay;
	struct instant when;
	struct outcome read = replay_open(file, &replay);

	if (!read.ok)
		return read;
	do
		read = replay_next(replay, &when, &reply);
	while (read.ok && reply != NULL);
	replay_close(replay);
	return read;
}

START_TEST(hostile_captures_end_in_a_sentence)
{
	struct outcome read;
	const char *why;

	write_file(path, hostile[_i].text, strlen(hostile[_i].text));
	read = replay_all(path);
	ck_assert(!read.ok);
	/* The header's failure comes with the path. */
	why = strncmp(read.why, path, strlen(path)) == 0 ? read.why + strlen(path) + 2 : read.why;
	ck_assert_str_eq(why, hostile[_i].why);
}
END_TEST

START_TEST(bytes_that_are_no_text)
{
	static const char zero[] = "infusiond capture 1\n2026-01-02T09:30:00.250Z bay\0 01 > 01 (1 us)\n";
	char longest[4096];
	struct outcome read;

	write_file(path, zero, sizeof(zero) - 1);
	read = replay_all(path);
	ck_assert_str_eq(read.why, "line 2: holds a byte of 0");
	memset(longest, 'a', sizeof(longest));
	memcpy(longest, "infusiond capture 1\n", 20);
	write_file(path, longest, sizeof(longest));
	ck_assert_str_eq(replay_all(path).why, "line 2: longer than an exchange can be");
	ck_assert_str_eq(replay_all("/no/such/file").why, "/no/such/file: cannot be read: No such file or directory");
}
END_TEST

/* Whatever single byte is damaged, reading ends: in a sentence or in an exchange. */
START_TEST(damaged_captures_end)
{
	char text[2048] = "infusiond capture 1\n# remark\n", damaged[2048];
	uint8_t request[6], answer[LINE_FRAME_CAP];
	uint64_t random = 7;
	size_t length = strlen(text);

	for (int i = 1; i < 5; i++) {
		struct line_reply reply = make_reply(i, request, answer);

		length += capture_to_text(at(i), &reply, text + length);
	}
	for (int turn = 0; turn < 1000; turn++) {
		memcpy(damaged, text, length);
		for (int i = 0; i <= turn % 3; i++) {
			random = random * UINT64_C(6364136223846793005) + 1442695040888963407u;
			damaged[(random >> 33) % length] = (char)(random >> 13);
		}
		write_file(path, damaged, length - (turn % 5 == 0 ? (random >> 40) % length : 0));
		replay_all(path);
	}
}
END_TEST

/* Round trips */

/* Classes are an eighth of an octave wide: a percentile is at most 12.5 % above what it stands for, and never below. */
START_TEST(percentiles_are_near_and_never_below)
{
	struct line_counts counts;

	memset(&counts, 0, sizeof(counts));
	ck_assert_int_eq(line_counts_percentile_us(&counts, 500), 0);
	for (int64_t us = 1; us <= 10000; us++)
		line_counts_add(&counts, us);
	for (int permille = 1; permille <= 1000; permille++) {
		int64_t exact = 10 * permille, told = line_counts_percentile_us(&counts, permille);

		ck_assert_int_ge(told, exact);
		ck_assert_int_le(told, exact + exact / 8);
	}
	ck_assert_int_eq(line_counts_percentile_us(&counts, 1000), 10000);
	line_counts_add(&counts, INT64_C(3600000000));
	ck_assert_int_eq(counts.round_trip_us_most, INT64_C(3600000000));
	ck_assert_uint_eq(counts.replies, 10001);
}
END_TEST

/* Sockets */

START_TEST(descriptors_beyond_select_are_refused)
{
	const struct rlimit many = { 2048, 2048 };
	const struct wire wire = { .host = "127.0.0.1", .port = 1 };
	struct link *link = link_create(&wire, duration_ms(200));
	uint8_t request[] = { 1, 3, 0, 0, 0, 1 }, answer[LINE_FRAME_CAP];
	char reason[160];
	size_t length;
	int opened = 0;

	ck_assert_ptr_nonnull(link);
	if (setrlimit(RLIMIT_NOFILE, &many) != 0)
		return;
	while (opened < 1024)
		opened = open("/dev/null", O_RDONLY | O_CLOEXEC);
	ck_assert_int_eq(link_exchange(link, request, sizeof(request), answer, sizeof(answer), &length, reason, sizeof(reason)),
	    LINE_NO_LINK);
	ck_assert_str_eq(reason, "the program has too many files open for another connection");
	link_destroy(link);
}
END_TEST

START_TEST(requests_that_are_too_long_are_refused)
{
	const struct wire wire = { .host = "127.0.0.1", .port = 1 };
	struct link *link = link_create(&wire, duration_ms(200));
	uint8_t request[LINE_FRAME_CAP] = { 1, 3 }, answer[LINE_FRAME_CAP];
	char reason[160];
	size_t length;

	ck_assert_int_eq(link_exchange(link, request, sizeof(request), answer, sizeof(answer), &length, reason, sizeof(reason)),
	    LINE_BROKEN);
	ck_assert_str_eq(reason, "the request is longer than a Modbus frame");
	link_destroy(link);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("line");
	TCase *state = tcase_create("state"), *capture = tcase_create("capture"), *link = tcase_create("link");

	tcase_set_timeout(state, 60);
	tcase_set_timeout(link, 60);
	tcase_add_test(state, state_follows_results);
	tcase_add_test(state, backoff_doubles_to_its_cap);
	tcase_add_test(state, jitter_differs_by_line);
	tcase_add_test(state, names_are_whole);
	tcase_add_test(state, percentiles_are_near_and_never_below);
	suite_add_tcase(suite, state);
	tcase_add_checked_fixture(capture, make_folder, remove_folder);
	tcase_set_timeout(capture, 60);
	tcase_add_test(capture, capture_is_read_back);
	tcase_add_test(capture, capture_text_is_readable);
	tcase_add_test(capture, longest_exchange_fits);
	tcase_add_test(capture, torn_line_is_cut);
	tcase_add_test(capture, other_files_are_left_alone);
	tcase_add_test(capture, capture_file_is_bounded);
	tcase_add_test(capture, what_is_lost_is_counted);
	tcase_add_loop_test(capture, hostile_captures_end_in_a_sentence, 0, sizeof(hostile) / sizeof(hostile[0]));
	tcase_add_test(capture, bytes_that_are_no_text);
	tcase_add_test(capture, damaged_captures_end);
	suite_add_tcase(suite, capture);
	tcase_add_test(link, descriptors_beyond_select_are_refused);
	tcase_add_test(link, requests_that_are_too_long_are_refused);
	suite_add_tcase(suite, link);
	return suite_run(suite);
}
