#include "daemon/line/line.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/line/link_modbus.h"

/* The longest that a request may take before its thread counts as hung: two timeouts and some scheduling. */
enum { HUNG_AFTER_MS = 2 * LINE_TIMEOUT_MOST_MS + 1000 };

struct job {
	uint64_t tag;
	uint8_t request[LINE_FRAME_CAP];
	size_t length;
};

struct answer {
	struct job job;
	enum line_result result;
	uint8_t reply[LINE_FRAME_CAP];
	size_t reply_length;
	int64_t round_trip_us;
	char reason[160];
};

struct line {
	struct line_hub *hub;
	struct line *next;
	struct line_config config;
	struct line_state state;
	struct line_counts counts;
	struct link *link;
	uv_thread_t thread;

	uv_mutex_t mutex; /* guards what follows */
	uv_cond_t work;
	struct job jobs[LINE_QUEUE];
	size_t job_first, job_count;
	struct answer answers[LINE_QUEUE];
	size_t answer_first, answer_count;
	size_t under_way;      /* taken by the thread, not yet answered */
	uint64_t begun_ns;     /* of the one under way; 0: none */
	bool stopping;
	struct instant asked;  /* loop's time of the latest submit, for the state machine */
};

struct line_hub {
	uv_async_t wake;
	void (*take)(void *ctx, const struct line_reply *reply);
	void *ctx;
	struct line *lines;
	size_t count;
};

static bool
take_job(struct line *line, struct job *job)
{
	bool taken = false;

	uv_mutex_lock(&line->mutex);
	while (!line->stopping && line->job_count == 0)
		uv_cond_wait(&line->work, &line->mutex);
	if (!line->stopping) {
		*job = line->jobs[line->job_first];
		line->job_first = (line->job_first + 1) % LINE_QUEUE;
		line->job_count--;
		line->under_way++;
		line->begun_ns = uv_hrtime();
		taken = true;
	}
	uv_mutex_unlock(&line->mutex);
	return taken;
}

/* There is always room: what is queued, under way and answered together is at most LINE_QUEUE (line_submit). */
static void
put_answer(struct line *line, const struct answer *answer)
{
	uv_mutex_lock(&line->mutex);
	line->answers[(line->answer_first + line->answer_count) % LINE_QUEUE] = *answer;
	line->answer_count++;
	line->under_way--;
	line->begun_ns = 0;
	uv_mutex_unlock(&line->mutex);
	uv_async_send(&line->hub->wake);
}

static void
run_line(void *arg)
{
	struct line *line = arg;
	struct answer answer;

	memset(&answer, 0, sizeof(answer));
	while (take_job(line, &answer.job)) {
		uint64_t begun = uv_hrtime();

		answer.reply_length = 0;
		answer.result = link_exchange(line->link, answer.job.request, answer.job.length, answer.reply,
		    sizeof(answer.reply), &answer.reply_length, answer.reason, sizeof(answer.reason));
		answer.round_trip_us = (int64_t)((uv_hrtime() - begun) / 1000);
		put_answer(line, &answer);
	}
}

static bool
next_answer(struct line *line, struct answer *ret_answer)
{
	bool found;

	uv_mutex_lock(&line->mutex);
	found = line->answer_count > 0;
	if (found) {
		*ret_answer = line->answers[line->answer_first];
		line->answer_first = (line->answer_first + 1) % LINE_QUEUE;
		line->answer_count--;
	}
	uv_mutex_unlock(&line->mutex);
	return found;
}

static void
count(struct line_counts *counts, const struct answer *answer)
{
	counts->by_result[answer->result]++;
	if (answer->result != LINE_REPLY)
		return;
	counts->replies++;
	counts->round_trip_us_sum += answer->round_trip_us;
	if (answer->round_trip_us > counts->round_trip_us_most)
		counts->round_trip_us_most = answer->round_trip_us;
}

static void
deliver(struct line *line, const struct answer *answer)
{
	const struct line_reply reply = {
		.line = line->config.name,
		.tag = answer->job.tag,
		.result = answer->result,
		.request = answer->job.request,
		.request_length = answer->job.length,
		.reply = answer->reply,
		.reply_length = answer->reply_length,
		.round_trip_us = answer->round_trip_us,
		.reason = answer->reason,
	};

	count(&line->counts, answer);
	line_state_take(&line->state, line->asked, answer->result, answer->reason, line->config.backoff_first,
	    line->config.backoff_most);
	line->hub->take(line->hub->ctx, &reply);
}

/* Wake-ups coalesce, so every line is drained. */
static void
drain(uv_async_t *wake)
{
	struct line_hub *hub = wake->data;
	struct answer answer;

	for (struct line *line = hub->lines; line != NULL; line = line->next)
		while (next_answer(line, &answer))
			deliver(line, &answer);
}

struct outcome
line_hub_create(uv_loop_t *loop, void (*take)(void *ctx, const struct line_reply *reply), void *ctx,
    struct line_hub **ret_hub)
{
	struct line_hub *hub = calloc(1, sizeof(*hub));

	if (hub == NULL)
		return outcome_fail("out of memory for the lines");
	hub->take = take;
	hub->ctx = ctx;
	if (uv_async_init(loop, &hub->wake, drain) != 0) {
		free(hub);
		return outcome_fail("the lines cannot wake the loop");
	}
	hub->wake.data = hub;
	*ret_hub = hub;
	return outcome_ok();
}

static void
free_hub(uv_handle_t *handle)
{
	free(handle->data);
}

void
line_hub_destroy(struct line_hub *hub)
{
	if (hub != NULL)
		uv_close((uv_handle_t *)&hub->wake, free_hub);
}

static uint64_t
seed_of(const char *name)
{
	uint64_t hash = UINT64_C(1469598103934665603); /* FNV-1a */

	for (; *name != '\0'; name++)
		hash = (hash ^ (uint8_t)*name) * UINT64_C(1099511628211);
	return hash;
}

struct outcome
line_create(struct line_hub *hub, const struct line_config *config, struct line **ret_line)
{
	struct line *line;

	if (hub->count == LINE_MOST)
		return outcome_fail("line %s: there can be at most %d lines", config->name, LINE_MOST);
	line = calloc(1, sizeof(*line));
	if (line == NULL)
		return outcome_fail("line %s: out of memory", config->name);
	line->hub = hub;
	line->config = *config;
	line->asked = INSTANT_UNKNOWN;
	line_state_init(&line->state, INSTANT_UNKNOWN, seed_of(config->name));
	line->link = link_create(config->host, config->port, (int)config->response_timeout.ms);
	if (line->link == NULL) {
		free(line);
		return outcome_fail("line %s: '%s' is no host that can be reached", config->name, config->host);
	}
	uv_mutex_init(&line->mutex);
	uv_cond_init(&line->work);
	if (uv_thread_create(&line->thread, run_line, line) != 0) {
		link_destroy(line->link);
		uv_cond_destroy(&line->work);
		uv_mutex_destroy(&line->mutex);
		free(line);
		return outcome_fail("line %s: its thread cannot be started", config->name);
	}
	line->next = hub->lines;
	hub->lines = line;
	hub->count++;
	*ret_line = line;
	return outcome_ok();
}

static void
unlink_line(struct line *line)
{
	struct line **at = &line->hub->lines;

	while (*at != line)
		at = &(*at)->next;
	*at = line->next;
	line->hub->count--;
}

void
line_destroy(struct line *line)
{
	if (line == NULL)
		return;
	uv_mutex_lock(&line->mutex);
	line->stopping = true;
	uv_cond_signal(&line->work);
	uv_mutex_unlock(&line->mutex);
	link_interrupt(line->link);
	uv_thread_join(&line->thread);
	unlink_line(line);
	link_destroy(line->link);
	uv_cond_destroy(&line->work);
	uv_mutex_destroy(&line->mutex);
	free(line);
}

enum line_submitted
line_submit(struct line *line, struct instant now, uint64_t tag, const uint8_t *request, size_t length)
{
	struct job *job;
	bool full;

	line->asked = now;
	if (!line_state_may_try(&line->state, now))
		return LINE_WAITING;
	uv_mutex_lock(&line->mutex);
	full = line->job_count + line->under_way + line->answer_count >= LINE_QUEUE || length > LINE_FRAME_CAP;
	if (!full) {
		job = &line->jobs[(line->job_first + line->job_count++) % LINE_QUEUE];
		job->tag = tag;
		job->length = length;
		memcpy(job->request, request, length);
		uv_cond_signal(&line->work);
	}
	uv_mutex_unlock(&line->mutex);
	return full ? LINE_FULL : LINE_SUBMITTED;
}

const struct line_state *
line_state(const struct line *line)
{
	return &line->state;
}

const char *
line_name(const struct line *line)
{
	return line->config.name;
}

bool
line_is_hung(const struct line *line)
{
	struct line *owned = (struct line *)line; /* The mutex is no part of what the caller may not change. */
	uint64_t begun_ns;

	uv_mutex_lock(&owned->mutex);
	begun_ns = owned->begun_ns;
	uv_mutex_unlock(&owned->mutex);
	return begun_ns != 0 && (uv_hrtime() - begun_ns) / 1000000 > HUNG_AFTER_MS;
}

const struct line_counts *
line_counts(const struct line *line)
{
	return &line->counts;
}
