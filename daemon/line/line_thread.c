/* The thread's side of a line: takes a job, has the link exchange it, puts the
 * answer, wakes the loop. Nothing here understands what is moved. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/line/line_inside.h"
#include "daemon/line/patience.h"

/* The oldest job, if there is one; with the mutex held. */
static bool
begin_job(struct line *line, struct job *job)
{
	if (line->stopping || line->job_count == 0)
		return false;
	*job = line->jobs[line->job_first];
	line->job_first = (line->job_first + 1) % LINE_QUEUE;
	line->job_count--;
	line->under_way++;
	line->begun_ns = uv_hrtime();
	return true;
}

static bool
wait_for_job(struct line *line, struct job *job)
{
	bool begun;

	uv_mutex_lock(&line->mutex);
	while (!line->stopping && line->job_count == 0)
		uv_cond_wait(&line->work, &line->mutex);
	begun = begin_job(line, job);
	uv_mutex_unlock(&line->mutex);
	return begun;
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
	if (!line->stopping)
		uv_async_send(&line->hub->wake);
	uv_mutex_unlock(&line->mutex);
}

void
line_refuse_old(const struct line_config *config, struct answer *answer)
{
	int64_t age_ms = patience_boot_ms() - answer->begun_ms;

	if (answer->result != LINE_REPLY || answer->job.once ||
	    age_ms <= link_longest(&config->wire, config->response_timeout).ms + LINE_LATE_MOST_MS)
		return;
	answer->result = LINE_TIMEOUT;
	answer->reply_length = 0;
	snprintf(answer->reason, sizeof(answer->reason),
	    "the host was kept from its work: what was asked %" PRId64 " ms ago is too old", age_ms);
}

static void
try_once(struct line *line, struct answer *answer)
{
	uint64_t begun_ns = uv_hrtime();

	answer->tries++;
	answer->begun_ms = patience_boot_ms();
	answer->result = link_exchange(line->link, answer->job.request, answer->job.length, answer->reply,
	    sizeof(answer->reply), &answer->reply_length, answer->reason, sizeof(answer->reason));
	answer->round_trip_us = (int64_t)((uv_hrtime() - begun_ns) / 1000);
	line_refuse_old(&line->config, answer);
}

/* What a moment's noise spoils is asked again at once; a link that is not there waits for its backoff. */
static void
work_off(struct line *line, struct answer *answer)
{
	answer->refused_along = false;
	answer->tries = 0;
	do
		try_once(line, answer);
	while ((answer->result == LINE_TIMEOUT || answer->result == LINE_BROKEN) && !answer->job.once &&
	    answer->tries <= line->config.retries);
	put_answer(line, answer);
}

/* The other units behind an address that is not there need not find that out one timeout after the other. */
static void
refuse_queued(struct line *line, struct answer *answer)
{
	bool begun;

	answer->refused_along = true;
	answer->tries = 0;
	answer->round_trip_us = 0;
	do {
		uv_mutex_lock(&line->mutex);
		begun = begin_job(line, &answer->job);
		uv_mutex_unlock(&line->mutex);
		if (begun)
			put_answer(line, answer);
	} while (begun);
}

void
line_free(struct line *line)
{
	link_destroy(line->link);
	uv_cond_destroy(&line->work);
	uv_cond_destroy(&line->end);
	uv_mutex_destroy(&line->mutex);
	free(line);
}

void
line_thread_run(void *arg)
{
	struct line *line = arg;
	struct answer answer;
	bool abandoned;

	memset(&answer, 0, sizeof(answer));
	while (wait_for_job(line, &answer.job)) {
		work_off(line, &answer);
		if (answer.result == LINE_NO_LINK)
			refuse_queued(line, &answer);
	}
	uv_mutex_lock(&line->mutex);
	line->ended = true;
	abandoned = line->abandoned;
	uv_cond_signal(&line->end);
	uv_mutex_unlock(&line->mutex);
	if (abandoned)
		line_free(line);
}
