/* A line's thread and queues over a link of the test's own, which does what the test says when the test says so. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/line/line.h"
#include "daemon/line/link.h"
#include "daemon/line/patience.h"
#include "suite_run.h"

enum { PATIENCE_S = 20 };

/* The gate that the fake link waits at. One at a time, so it can be the program's own. */
static struct gate {
	uv_mutex_t mutex;
	uv_cond_t changed;
	int waiting, passes; /* exchanges at the gate; and how many of them may pass, INT32_MAX: all */
	enum line_result result;
	int spoiled; /* so many exchanges come to a broken answer, whatever the result */
	int exchanges;
	int destroyed;
} gate;

struct link {
	int nothing;
};

/* What the host's clock says, and how much later it is after each exchange, while no other time goes by: as after a sleep. */
static _Atomic int64_t boot_ms, slept_ms;

int64_t
patience_boot_ms(void)
{
	return boot_ms;
}

struct link *
link_create(const struct wire *wire, struct duration response_timeout)
{
	(void)wire;
	(void)response_timeout;
	return calloc(1, sizeof(struct link));
}

void
link_destroy(struct link *link)
{
	free(link);
	uv_mutex_lock(&gate.mutex);
	gate.destroyed++;
	uv_cond_broadcast(&gate.changed);
	uv_mutex_unlock(&gate.mutex);
}

struct duration
link_longest(const struct wire *wire, struct duration response_timeout)
{
	(void)wire;
	return response_timeout;
}

void
link_interrupt(struct link *link)
{
	(void)link;
}

/* Answers with the request itself. */
enum line_result
link_exchange(struct link *link, const uint8_t *request, size_t length, uint8_t *reply, size_t cap, size_t *ret_length,
    char *reason, size_t reason_cap)
{
	enum line_result result;

	(void)link;
	(void)cap;
	uv_mutex_lock(&gate.mutex);
	gate.waiting++;
	uv_cond_broadcast(&gate.changed);
	while (gate.passes == 0)
		uv_cond_wait(&gate.changed, &gate.mutex);
	if (gate.passes != INT32_MAX)
		gate.passes--;
	gate.waiting--;
	result = gate.spoiled > 0 ? LINE_BROKEN : gate.result;
	gate.spoiled -= gate.spoiled > 0;
	gate.exchanges++;
	boot_ms += slept_ms;
	slept_ms = 0;
	uv_mutex_unlock(&gate.mutex);
	memcpy(reply, request, length);
	*ret_length = length;
	snprintf(reason, reason_cap, "%s", result == LINE_REPLY ? "" : "as the test says");
	return result;
}

static void
let_pass(int passes)
{
	uv_mutex_lock(&gate.mutex);
	gate.passes = passes;
	uv_cond_broadcast(&gate.changed);
	uv_mutex_unlock(&gate.mutex);
}

static bool
wait_for_count(const int *count, int wanted)
{
	uint64_t until = uv_hrtime() + PATIENCE_S * UINT64_C(1000000000);
	bool reached;

	uv_mutex_lock(&gate.mutex);
	while (*count < wanted && uv_hrtime() < until)
		uv_cond_timedwait(&gate.changed, &gate.mutex, until - uv_hrtime());
	reached = *count >= wanted;
	uv_mutex_unlock(&gate.mutex);
	return reached;
}

/* What the loop got. */
struct taken {
	int count;
	uint64_t tags[256];
	enum line_result results[256];
};

static void
take(void *ctx, const struct line_reply *reply)
{
	struct taken *taken = ctx;

	taken->tags[taken->count] = reply->tag;
	taken->results[taken->count] = reply->result;
	if (reply->result == LINE_REPLY) {
		ck_assert_uint_eq(reply->reply_length, reply->request_length);
		ck_assert_mem_eq(reply->reply, reply->request, reply->request_length);
	}
	taken->count++;
}

struct bench {
	uv_loop_t loop;
	struct line_hub *hub;
	struct line *lines[4];
	struct taken taken;
};

static struct bench bench;

static const struct line_config config = { .name = "bay", .wire = { .host = "192.0.2.1", .port = 502 }, .response_timeout = { 500 },
	.backoff_first = { 500 }, .backoff_most = { 8000 } };

static void
set_up(void)
{
	memset(&bench, 0, sizeof(bench));
	memset(&gate, 0, sizeof(gate));
	boot_ms = slept_ms = 0;
	uv_mutex_init(&gate.mutex);
	uv_cond_init(&gate.changed);
	uv_loop_init(&bench.loop);
	ck_assert(line_hub_create(&bench.loop, take, &bench.taken, &bench.hub).ok);
	ck_assert(line_create(bench.hub, &config, &bench.lines[0]).ok);
}

static void
tear_down(void)
{
	let_pass(INT32_MAX);
	line_hub_stop(bench.hub);
	for (int i = 0; i < 4; i++)
		line_destroy(bench.lines[i]);
	line_hub_destroy(bench.hub);
	uv_run(&bench.loop, UV_RUN_DEFAULT);
	ck_assert_int_eq(uv_loop_close(&bench.loop), 0);
}

static const struct instant now = { 1000000 };

static enum line_submitted
submit(uint64_t tag)
{
	const uint8_t request[] = { (uint8_t)tag, 3, 0, 0, 0, 1 };

	return line_submit(bench.lines[0], now, tag, request, sizeof(request));
}

static void
timer_due(uv_timer_t *timer)
{
	(void)timer;
}

/* Runs the loop until so many replies have come. */
static void
take_replies(int wanted)
{
	uint64_t until = uv_hrtime() + PATIENCE_S * UINT64_C(1000000000);
	uv_timer_t timer;

	uv_timer_init(&bench.loop, &timer);
	uv_timer_start(&timer, timer_due, 10, 10);
	while (bench.taken.count < wanted && uv_hrtime() < until)
		uv_run(&bench.loop, UV_RUN_ONCE);
	uv_close((uv_handle_t *)&timer, NULL);
	uv_run(&bench.loop, UV_RUN_NOWAIT);
	ck_assert_int_eq(bench.taken.count, wanted);
}

START_TEST(replies_come_in_order)
{
	let_pass(INT32_MAX);
	for (uint64_t i = 0; i < 50; i++)
		ck_assert_int_eq(submit(i), LINE_SUBMITTED);
	take_replies(50);
	for (int i = 0; i < 50; i++) {
		ck_assert_uint_eq(bench.taken.tags[i], (uint64_t)i);
		ck_assert_int_eq(bench.taken.results[i], LINE_REPLY);
	}
	ck_assert_int_eq(line_state(bench.lines[0])->state, LINK_UP);
	ck_assert_uint_eq(line_counts(bench.lines[0])->replies, 50);
}
END_TEST

/* Requested, under way and answered together are bounded: nothing is dropped, and no answer lacks room. */
START_TEST(a_full_queue_says_so)
{
	for (uint64_t i = 0; i < LINE_QUEUE; i++)
		ck_assert_int_eq(submit(i), LINE_SUBMITTED);
	ck_assert_int_eq(submit(99), LINE_FULL);
	ck_assert(wait_for_count(&gate.waiting, 1));
	ck_assert_int_eq(submit(99), LINE_FULL);
	let_pass(INT32_MAX);
	take_replies(LINE_QUEUE);
	ck_assert_int_eq(submit(99), LINE_SUBMITTED);
	take_replies(LINE_QUEUE + 1);
	ck_assert_uint_eq(bench.taken.tags[LINE_QUEUE], 99);
}
END_TEST

/* Those behind one that found no link are refused with it, and the backoff counts one failure. */
START_TEST(no_link_refuses_what_waits)
{
	const struct line_state *state = line_state(bench.lines[0]);

	gate.result = LINE_NO_LINK;
	for (uint64_t i = 0; i < 8; i++)
		ck_assert_int_eq(submit(i), LINE_SUBMITTED);
	let_pass(1);
	take_replies(8);
	for (int i = 0; i < 8; i++)
		ck_assert_int_eq(bench.taken.results[i], LINE_NO_LINK);
	ck_assert_int_eq(state->state, LINK_DOWN);
	ck_assert_int_eq(state->failures, 1);
	ck_assert_str_eq(state->reason, "as the test says");
	ck_assert_int_eq(state->since.ms, now.ms);
	ck_assert_int_eq(submit(9), LINE_WAITING);
}
END_TEST

/* An exchange of at most 500 ms may be taken 2000 ms later. The host sleeps while it is under way, or while the loop has not yet
 * looked; just as long as may be, and a moment longer. */
static const struct sleep {
	int64_t on_the_wire_ms, in_the_queue_ms;
	enum line_result result;
} sleeps[] = {
	{ 2500, 0, LINE_REPLY }, { 2501, 0, LINE_TIMEOUT }, { 0, 2500, LINE_REPLY }, { 0, 2501, LINE_TIMEOUT },
	{ 1500, 1001, LINE_TIMEOUT },
};

START_TEST(what_was_answered_before_the_host_slept_is_no_answer)
{
	slept_ms = sleeps[_i].on_the_wire_ms;
	submit(1);
	let_pass(1);
	ck_assert(wait_for_count(&gate.exchanges, 1));
	/* The second waits at the gate once the first is in the queue. */
	submit(2);
	ck_assert(wait_for_count(&gate.waiting, 1));
	boot_ms += sleeps[_i].in_the_queue_ms;
	take_replies(1);
	ck_assert_int_eq(bench.taken.results[0], sleeps[_i].result);
}
END_TEST

/* Where it is asked again it is asked again; that a command was done is as true later. */
START_TEST(what_came_too_late_is_asked_again_unless_it_is_a_command)
{
	const uint8_t request[] = { 1, 6, 0, 0, 0, 1 };
	struct line_config patient = config;

	patient.retries = 1;
	line_destroy(bench.lines[0]);
	ck_assert(line_create(bench.hub, &patient, &bench.lines[0]).ok);
	let_pass(INT32_MAX);
	slept_ms = 3600000;
	submit(1);
	take_replies(1);
	ck_assert_int_eq(bench.taken.results[0], LINE_REPLY);
	ck_assert_int_eq(gate.exchanges, 2);
	slept_ms = 3600000;
	ck_assert_int_eq(line_submit_once(bench.lines[0], now, 2, request, sizeof(request)), LINE_SUBMITTED);
	take_replies(2);
	ck_assert_int_eq(bench.taken.results[1], LINE_REPLY);
	ck_assert_int_eq(gate.exchanges, 3);
}
END_TEST

/* What a moment's noise spoils is asked again at once, as often as the line is set to; a link that is not there is not. */
START_TEST(a_spoiled_answer_is_asked_for_again)
{
	struct line_config patient = config;

	patient.retries = 2;
	line_destroy(bench.lines[0]);
	ck_assert(line_create(bench.hub, &patient, &bench.lines[0]).ok);
	let_pass(INT32_MAX);
	gate.spoiled = 2;
	submit(1);
	take_replies(1);
	ck_assert_int_eq(bench.taken.results[0], LINE_REPLY);
	ck_assert_int_eq(gate.exchanges, 3);
	gate.spoiled = 3;
	submit(2);
	take_replies(2);
	ck_assert_int_eq(bench.taken.results[1], LINE_BROKEN);
	ck_assert_int_eq(gate.exchanges, 6);
	ck_assert_uint_eq(line_counts(bench.lines[0])->retried, 2);
	gate.result = LINE_NO_LINK;
	submit(3);
	take_replies(3);
	ck_assert_int_eq(gate.exchanges, 7);
}
END_TEST

/* R25; and another line of the same hub goes on. */
START_TEST(a_hung_thread_is_told)
{
	uint64_t began_ns = uv_hrtime();

	ck_assert(!line_is_hung(bench.lines[0]));
	submit(1);
	ck_assert(wait_for_count(&gate.waiting, 1));
	ck_assert(!line_is_hung(bench.lines[0]));
	while (!line_is_hung(bench.lines[0]) && uv_hrtime() - began_ns < PATIENCE_S * UINT64_C(1000000000))
		uv_sleep(10);
	ck_assert(line_is_hung(bench.lines[0]));
	ck_assert_uint_ge(uv_hrtime() - began_ns, UINT64_C(2900000000));
	let_pass(1);
	take_replies(1);
	ck_assert(!line_is_hung(bench.lines[0]));
}
END_TEST

/* Stopping does not wait for ever: the thread is left behind, and clears up after itself when it comes back. */
START_TEST(hung_threads_do_not_hold_up_the_stop)
{
	uint64_t began_ns;

	for (int i = 1; i < 4; i++)
		ck_assert(line_create(bench.hub, &config, &bench.lines[i]).ok);
	for (int i = 0; i < 4; i++)
		ck_assert_int_eq(line_submit(bench.lines[i], now, 1, (const uint8_t *)"\1\3\0\0\0\1", 6), LINE_SUBMITTED);
	ck_assert(wait_for_count(&gate.waiting, 4));
	began_ns = uv_hrtime();
	line_hub_stop(bench.hub);
	for (int i = 0; i < 4; i++) {
		line_destroy(bench.lines[i]);
		bench.lines[i] = NULL;
	}
	/* Two seconds in all; one after the other it would be eight. */
	ck_assert_uint_lt(uv_hrtime() - began_ns, UINT64_C(6000000000));
	ck_assert_int_eq(gate.destroyed, 0);
	let_pass(INT32_MAX);
	ck_assert(wait_for_count(&gate.destroyed, 4));
	ck_assert_int_eq(bench.taken.count, 0);
}
END_TEST

START_TEST(lines_are_capped)
{
	struct line *lines[LINE_MOST];
	struct line *more;
	struct outcome created;

	for (int i = 1; i < LINE_MOST; i++)
		ck_assert(line_create(bench.hub, &config, &lines[i]).ok);
	created = line_create(bench.hub, &config, &more);
	ck_assert_str_eq(created.why, "line bay: there can be at most 64 lines");
	for (int i = 1; i < LINE_MOST; i++)
		line_destroy(lines[i]);
	ck_assert(line_create(bench.hub, &config, &bench.lines[1]).ok);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("line thread");
	TCase *thread = tcase_create("thread");

	tcase_add_checked_fixture(thread, set_up, tear_down);
	tcase_set_timeout(thread, 60);
	tcase_add_test(thread, replies_come_in_order);
	tcase_add_test(thread, a_full_queue_says_so);
	tcase_add_test(thread, no_link_refuses_what_waits);
	tcase_add_test(thread, a_spoiled_answer_is_asked_for_again);
	tcase_add_loop_test(thread, what_was_answered_before_the_host_slept_is_no_answer, 0, sizeof(sleeps) / sizeof(sleeps[0]));
	tcase_add_test(thread, what_came_too_late_is_asked_again_unless_it_is_a_command);
	tcase_add_test(thread, a_hung_thread_is_told);
	tcase_add_test(thread, hung_threads_do_not_hold_up_the_stop);
	tcase_add_test(thread, lines_are_capped);
	suite_add_tcase(suite, thread);
	return suite_run(suite);
}
