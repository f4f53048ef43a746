/* What pages ask of the record, answered off the loop on a connection of its
 * own. Answers are JSON or a report's text, ready to be sent. Called on the loop. */
#ifndef INFUSIOND_STORE_QUERY_H
#define INFUSIOND_STORE_QUERY_H

#include <sqlite3.h>
#include <stdio.h>
#include <uv.h>

#include "daemon/base/outcome.h"
#include "daemon/base/reading.h"

enum query_kind {
	QUERY_SESSIONS, /* newest first; filters below */
	QUERY_SESSION,
	QUERY_EVENTS,   /* of a session */
	QUERY_ALARMS,   /* of a session */
	QUERY_READINGS, /* of a session; `from`, `to`, `vital` */
	QUERY_EXPORT,   /* a report on a session, made by `write_report` */
	QUERY_VERIFY,   /* of the whole record */
	QUERY_COVERAGE, /* of a session: when each vital was not watched, and when nobody watched, and why */
	QUERY_CHART,    /* of a session: what a trend is drawn from; `step_s` */
	QUERY_KIND_COUNT
};

/* Writes a session's report from an open connection; `chain` is one sentence on what verify found. In a worker thread. */
typedef struct outcome query_report(sqlite3 *db, int64_t session, const char *chain, FILE *out);

struct query {
	enum query_kind kind;
	int64_t session;
	char bed[NAME_CAP], patient[NAME_CAP * 2], regimen[NAME_CAP], state[16]; /* empty: any; state: open, ended */
	struct instant from, to;         /* UNKNOWN: open; by start of the session, or the reading's time */
	int64_t limit, offset;           /* limit 0: the kind's most (200 sessions, 20000 readings, 10000 others) */
	char head[96];                   /* verify: a kept head */
	char gap[8];                     /* "yes": sessions in which something was not watched; "no": the others */
	char unsigned_[8];               /* "yes": ended and signed by nobody; "no": signed */
	char text[64];                   /* in the id, patient, bed or regimen of a session, whatever the case */
	char alarm[64];                  /* sessions with an alarm of this priority or above, or of this group */
	char vital[NAME_CAP];            /* readings */
	int64_t step_s;                  /* chart; 0: 10 s */
	query_report *write_report;      /* export: never NULL */
	const char *report_type;         /* export: its content type, a constant; NULL: CSV */
};

/* WRONG: the question itself is (a head that is none); FAILED: the record cannot be read. */
enum query_status { QUERY_OK, QUERY_NOT_FOUND, QUERY_WRONG, QUERY_FAILED };

/* The answer; text is valid during the callback. */
struct query_answer {
	enum query_status status;
	const char *content_type;
	const char *text;    /* the answer, or one sentence why there is none */
	size_t length;
};

/* Runs it in the loop's pool; `done` is called on the loop. Every query that was started is answered, also while
 * stopping. Nothing is started when it fails. */
struct outcome query_run(uv_loop_t *loop, const char *path, const struct query *query,
    void (*done)(void *ctx, const struct query_answer *answer), void *ctx);

/* The same, at once, in any thread. The caller frees the text, which is NULL only when out of memory. */
enum query_status query_now(const char *path, const struct query *query, const char **ret_content_type, char **ret_text,
    size_t *ret_length);

#endif
