/* A line as both its sides see it; private to line.c and line_thread.c. */
#ifndef INFUSIOND_LINE_LINE_INSIDE_H
#define INFUSIOND_LINE_LINE_INSIDE_H

#include "daemon/line/line.h"
#include "daemon/line/link.h"

struct job {
	uint64_t tag;
	struct instant asked;
	uint8_t request[LINE_FRAME_CAP];
	size_t length;
	bool once; /* not to be sent again */
};

struct answer {
	struct job job;
	enum line_result result;
	bool refused_along; /* with the one before it: says nothing about the link */
	uint8_t reply[LINE_FRAME_CAP];
	size_t reply_length;
	int64_t round_trip_us; /* of the last try */
	int64_t begun_ms;      /* when that was, by patience_boot_ms */
	int tries;
	char reason[160];
};

struct line {
	/* The loop's own. */
	struct line *next;
	struct line_state state;
	struct line_counts counts;
	uv_thread_t thread;
	uint64_t stopped_ns; /* when it was asked to stop */

	/* Constant while the thread lives. */
	struct line_hub *hub;
	struct line_config config;

	struct link *link; /* the thread's own, but for link_interrupt */

	uv_mutex_t mutex; /* guards what follows */
	uv_cond_t work, end;
	struct job jobs[LINE_QUEUE];
	size_t job_first, job_count;
	struct answer answers[LINE_QUEUE];
	size_t answer_first, answer_count;
	size_t under_way;      /* taken by the thread, not yet answered */
	uint64_t begun_ns;     /* of the one under way; 0: none */
	bool stopping;  /* the hub may be gone: it is not woken any more */
	bool ended;     /* the thread is past everything but its own return */
	bool abandoned; /* nobody joins the thread: it frees the line */
};

struct line_hub {
	uv_async_t wake;
	void (*take)(void *ctx, const struct line_reply *reply);
	void (*taken)(void *ctx); /* NULL: nobody asked */
	void *ctx;
	struct line *lines;
	size_t count;
};

/* The thread, with the line as its argument. */
void line_thread_run(void *line);

/* A reply is taken for what the monitor says now. One that is much older than an exchange can be, since the host slept or was kept
 * from its work while it waited in a socket or in the queue, becomes a timeout. What is sent only once stays as it is: that it was
 * done is no less true later. Either thread; the configuration is constant. */
void line_refuse_old(const struct line_config *config, struct answer *answer);

/* What nobody else uses any more. */
void line_free(struct line *line);

#endif
