/* The loop's side of a line: requests in, answers out, the link's state. The two
 * queues are bounded together, so that there is always room for an answer. */
#include "daemon/line/line.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/line/line_inside.h"

enum { HUNG_TIMES = 3, HUNG_LEAST_MS = 3000 };

/* How long destroying waits for the thread, from when it was asked to stop. */
static const uint64_t patience_ns = UINT64_C(1000000000);

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
	counts->retried += answer->tries > 1;
	if (answer->result != LINE_REPLY)
		return;
	line_counts_add(counts, answer->round_trip_us);
}

static void
deliver(struct line *line, struct answer *answer)
{
	struct line_reply reply;

	line_refuse_old(&line->config, answer);
	reply = (struct line_reply){
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
	if (!answer->refused_along)
		line_state_take(&line->state, answer->job.asked, answer->result, answer->reason, line->config.backoff_first,
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
	if (hub->taken != NULL)
		hub->taken(hub->ctx);
}

void
line_hub_on_taken(struct line_hub *hub, void (*taken)(void *ctx))
{
	hub->taken = taken;
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
	line_state_init(&line->state, INSTANT_UNKNOWN, seed_of(config->name));
	line->link = link_create(&config->wire, config->response_timeout);
	if (line->link == NULL) {
		free(line);
		return outcome_fail("line %s: out of memory or descriptors", config->name);
	}
	uv_mutex_init(&line->mutex);
	uv_cond_init(&line->work);
	uv_cond_init(&line->end);
	if (uv_thread_create(&line->thread, line_thread_run, line) != 0) {
		line_free(line);
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

static void
stop(struct line *line)
{
	uv_mutex_lock(&line->mutex);
	if (!line->stopping)
		line->stopped_ns = uv_hrtime();
	line->stopping = true;
	uv_cond_signal(&line->work);
	uv_mutex_unlock(&line->mutex);
	link_interrupt(line->link);
}

void
line_hub_stop(struct line_hub *hub)
{
	for (struct line *line = hub->lines; line != NULL; line = line->next)
		stop(line);
}

/* True when the thread has ended by then; else it is on its own from now on. */
static bool
wait_for_end(struct line *line, uint64_t deadline_ns)
{
	bool ended;

	uv_mutex_lock(&line->mutex);
	while (!line->ended) {
		uint64_t now_ns = uv_hrtime();

		if (now_ns >= deadline_ns || uv_cond_timedwait(&line->end, &line->mutex, deadline_ns - now_ns) != 0)
			break;
	}
	ended = line->ended;
	line->abandoned = !ended;
	uv_mutex_unlock(&line->mutex);
	return ended;
}

static void
end_line(struct line *line, uint64_t patience)
{
	pthread_t thread = line->thread;

	unlink_line(line);
	stop(line);
	if (wait_for_end(line, line->stopped_ns + patience)) {
		pthread_join(thread, NULL);
		line_free(line);
	} else {
		pthread_detach(thread);
	}
}

void
line_destroy(struct line *line)
{
	if (line != NULL)
		end_line(line, patience_ns);
}

void
line_abandon(struct line *line)
{
	end_line(line, 0);
}

static enum line_submitted
submit(struct line *line, struct instant now, const struct job *wanted)
{
	bool full;

	if (!line_state_may_try(&line->state, now))
		return LINE_WAITING;
	uv_mutex_lock(&line->mutex);
	full = line->job_count + line->under_way + line->answer_count >= LINE_QUEUE;
	if (!full) {
		line->jobs[(line->job_first + line->job_count++) % LINE_QUEUE] = *wanted;
		uv_cond_signal(&line->work);
	}
	uv_mutex_unlock(&line->mutex);
	if (!full)
		line_state_ask(&line->state, now);
	return full ? LINE_FULL : LINE_SUBMITTED;
}

static struct job
make_job(struct instant now, uint64_t tag, const uint8_t *request, size_t length, bool once)
{
	struct job job = { .tag = tag, .asked = now, .length = length, .once = once };

	assert(length <= LINE_FRAME_CAP);
	memcpy(job.request, request, length);
	return job;
}

enum line_submitted
line_submit(struct line *line, struct instant now, uint64_t tag, const uint8_t *request, size_t length)
{
	const struct job job = make_job(now, tag, request, length, false);

	return submit(line, now, &job);
}

enum line_submitted
line_submit_once(struct line *line, struct instant now, uint64_t tag, const uint8_t *request, size_t length)
{
	const struct job job = make_job(now, tag, request, length, true);

	return submit(line, now, &job);
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

static int64_t
hung_after_ms(const struct line_config *config)
{
	int64_t longest_ms = link_longest(&config->wire, config->response_timeout).ms * (1 + config->retries);

	return longest_ms * HUNG_TIMES > HUNG_LEAST_MS ? longest_ms * HUNG_TIMES : HUNG_LEAST_MS;
}

bool
line_is_hung(const struct line *line)
{
	struct line *owned = (struct line *)line; /* The mutex is no part of what the caller may not change. */
	uint64_t begun_ns;

	uv_mutex_lock(&owned->mutex);
	begun_ns = owned->begun_ns;
	uv_mutex_unlock(&owned->mutex);
	return begun_ns != 0 && (int64_t)((uv_hrtime() - begun_ns) / 1000000) > hung_after_ms(&line->config);
}

const struct line_counts *
line_counts(const struct line *line)
{
	return &line->counts;
}
