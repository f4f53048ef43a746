/* What pages ask of the record, answered off the loop on a connection of its
 * own. Answers are JSON or CSV text, ready to be sent. Called on the loop. */
#ifndef INFUSIOND_STORE_QUERY_H
#define INFUSIOND_STORE_QUERY_H

#include <uv.h>

#include "daemon/base/outcome.h"
#include "daemon/base/reading.h"

enum query_kind {
	QUERY_SESSIONS, /* newest first; filters below */
	QUERY_SESSION,
	QUERY_EVENTS,   /* of a session */
	QUERY_ALARMS,   /* of a session */
	QUERY_READINGS, /* of a session */
	QUERY_EXPORT,   /* CSV of a session */
	QUERY_VERIFY,   /* of the whole record */
	QUERY_KIND_COUNT
};

struct query {
	enum query_kind kind;
	int64_t session;
	char bed[NAME_CAP], patient[NAME_CAP * 2], regimen[NAME_CAP], state[16]; /* empty: any; state: open, ended */
	struct instant from, to;         /* UNKNOWN: open; by start of the session, or the reading's time */
	int64_t limit, offset;           /* limit 0: 200 */
	char head[96];                   /* verify: a kept head */
};

enum query_status { QUERY_OK, QUERY_NOT_FOUND, QUERY_WRONG, QUERY_FAILED };

/* The answer; text is valid during the callback. */
struct query_answer {
	enum query_status status;
	const char *content_type;
	const char *text;    /* the answer, or one sentence why there is none */
	size_t length;
};

/* Runs it; `done` is called on the loop. Every query that was started is answered, also while stopping. */
struct outcome query_run(uv_loop_t *loop, const char *path, const struct query *query,
    void (*done)(void *ctx, const struct query_answer *answer), void *ctx);

/* The same, at once, for programs that have the file at hand. The caller frees the text. */
enum query_status query_now(const char *path, const struct query *query, const char **ret_content_type, char **ret_text,
    size_t *ret_length);

#endif
