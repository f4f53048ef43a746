#include "daemon/store/query.h"

#include <assert.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/store/chart.h"
#include "daemon/store/coverage.h"
#include "daemon/store/file.h"
#include "daemon/store/verify.h"

#define ISO(column) "strftime('%Y-%m-%dT%H:%M:%fZ', " column " / 1000.0, 'unixepoch')"

/* Parameters of every statement: 1 session, 2 bed, 3 patient, 4 regimen, 5 state, 6 from, 7 to, 8 limit, 9 offset,
 * 10 alarm, 11 vital, 12 gap, 13 unsigned, 14 text. */
#define SESSION_OBJECT                                                                                                 \
	"json_object('id', s.id, 'patient', coalesce(p.pseudonym, ''), 'bed', s.bed, 'regimen', s.regimen, 'phase', "   \
	"s.phase, 'started', " ISO("s.started_at_ms") ", 'dose_started', " ISO("s.dose_started_at_ms") ", 'ended', "    \
	ISO("s.ended_at_ms") ", 'weight_kg', s.weight_g / 1000.0, 'dose_mg', s.dose_ug / 1000.0, 'aborted', "           \
	"json(iif(s.aborted, 'true', 'false')), 'alarms', (SELECT count(*) FROM alarm a WHERE a.session_id = s.id), "   \
	"'high_alarms', (SELECT count(*) FROM alarm a WHERE a.session_id = s.id AND a.peak = 'high'), 'gaps', "         \
	"(SELECT count(*) FROM event e WHERE e.session_id = s.id AND e.type IN ('vital_unknown', 'program_started')), " \
	"'signed_by', (SELECT group_concat(who, ', ') FROM (SELECT who FROM signature WHERE session_id = s.id ORDER "   \
	"BY seq)), 'signed_at', (SELECT " ISO("min(at_ms)") " FROM signature WHERE session_id = s.id))"

#define IN_TEXT(column) "instr(lower(" column "), lower(?14)) > 0"

/* Which sessions are meant: what is not asked for holds for all. What lies in other tables is looked for there once, and not
 * for each session. */
#define SESSIONS_MEANT                                                                                                 \
	"SELECT s.id, s.started_at_ms FROM session s "                                                                  \
	"WHERE (?2 = '' OR s.bed = ?2) AND (?4 = '' OR s.regimen = ?4) "                                                \
	"AND (?3 = '' OR s.subject IN (SELECT subject FROM patient WHERE pseudonym = ?3)) "                             \
	"AND (?5 = '' OR (?5 = 'open') = (s.phase <> 'discharged')) "                                                   \
	"AND (?6 IS NULL OR s.started_at_ms >= ?6) AND (?7 IS NULL OR s.started_at_ms < ?7) "                           \
	"AND (?10 = '' OR s.id IN (SELECT session_id FROM alarm WHERE alarm_group = ?10 OR peak = ?10 "                 \
	"OR (?10 = 'low' AND peak <> 'none') OR (?10 = 'medium' AND peak = 'high'))) "                                  \
	"AND (?12 = '' OR (?12 = 'yes') = (s.id IN (SELECT session_id FROM event INDEXED BY event_gap "                 \
	"WHERE type IN ('vital_unknown', 'program_started')))) "                                                        \
	"AND (?13 = '' OR (?13 = 'no') = (s.id IN (SELECT session_id FROM signature))) "                                \
	"AND (?13 <> 'yes' OR s.phase = 'discharged') "                                                                 \
	"AND (?14 = '' OR s.id = ?14 OR " IN_TEXT("s.bed") " OR " IN_TEXT("s.regimen")                                  \
	" OR s.subject IN (SELECT subject FROM patient WHERE " IN_TEXT("pseudonym") "))"

static const char sessions_sql[] =
	"WITH meant AS MATERIALIZED (" SESSIONS_MEANT "), "
	"shown AS MATERIALIZED (SELECT id FROM meant ORDER BY started_at_ms DESC, id DESC LIMIT ?8 OFFSET ?9) "
	"SELECT json_object('total', (SELECT count(*) FROM meant), 'sessions', json_group_array(json(o))) "
	"FROM (SELECT " SESSION_OBJECT " AS o FROM shown JOIN session s ON s.id = shown.id "
	"LEFT JOIN patient p ON p.subject = s.subject ORDER BY s.started_at_ms DESC, s.id DESC)";

static const char session_sql[] =
	"SELECT " SESSION_OBJECT " FROM session s LEFT JOIN patient p ON p.subject = s.subject WHERE s.id = ?1";

static const char events_sql[] =
	"SELECT json_object('events', json_group_array(json(o))) FROM (SELECT json_object('event', seq, 'at', " ISO("at_ms")
	", 'type', type, 'change', change, 'who', who, 'role', role, 'subject', subject, 'old', old_value, 'new', new_value, "
	"'reason', reason, 'text', text) AS o FROM event WHERE session_id = ?1 ORDER BY seq LIMIT ?8 OFFSET ?9)";

static const char alarms_sql[] =
	"SELECT json_object('alarms', json_group_array(json(o))) FROM (SELECT json_object('id', id, 'group', alarm_group, "
	"'state', state, 'priority', priority, 'peak', peak, 'revision', revision, 'started', " ISO("started_at_ms")
	", 'ended', " ISO("ended_at_ms") ", 'acknowledged', " ISO("acknowledged_at_ms")
	", 'acknowledged_by', acknowledged_by, 'note', note, 'sentence', sentence) AS o "
	"FROM alarm WHERE session_id = ?1 ORDER BY started_at_ms, id LIMIT ?8 OFFSET ?9)";

static const char readings_sql[] =
	"SELECT json_object('readings', json_group_array(json(o))) FROM (SELECT json_object('reading', id, 'polled', "
	ISO("at_ms") ", 'measured', " ISO("measured_at_ms") ", 'device', device, 'vital', vital, 'source', source, "
	"'quality', quality, 'doubt', doubt, 'value', milli / 1000.0, 'cuff', cuff) AS o FROM reading WHERE session_id = ?1 "
	"AND (?6 IS NULL OR at_ms >= ?6) AND (?7 IS NULL OR at_ms < ?7) AND (?11 = '' OR vital = ?11) "
	"ORDER BY at_ms, id LIMIT ?8 OFFSET ?9)";

static const char exists_sql[] = "SELECT 1 FROM session WHERE id = ?1";

static const struct {
	const char *sql;
	bool of_session;
	int64_t limit;
} queries[QUERY_KIND_COUNT] = {
	[QUERY_SESSIONS] = { sessions_sql, false, 200 },
	[QUERY_SESSION] = { session_sql, true, 1 },
	[QUERY_EVENTS] = { events_sql, true, 10000 },
	[QUERY_ALARMS] = { alarms_sql, true, 10000 },
	[QUERY_READINGS] = { readings_sql, true, 20000 },
	[QUERY_EXPORT] = { NULL, true, 0 },
	[QUERY_VERIFY] = { NULL, false, 0 },
	[QUERY_COVERAGE] = { NULL, true, 0 },
	[QUERY_CHART] = { NULL, true, 0 },
};

static void
bind_instant(sqlite3_stmt *statement, int column, struct instant at)
{
	if (instant_is_known(at))
		sqlite3_bind_int64(statement, column, at.ms);
}

/* Statements use only some of the parameters; binding one that is not there does nothing. */
static void
bind_query(sqlite3_stmt *statement, const struct query *query)
{
	int64_t most = queries[query->kind].limit;
	int64_t limit = query->limit > 0 && query->limit < most ? query->limit : most;

	sqlite3_bind_int64(statement, 1, query->session);
	sqlite3_bind_text(statement, 2, query->bed, -1, SQLITE_STATIC);
	sqlite3_bind_text(statement, 3, query->patient, -1, SQLITE_STATIC);
	sqlite3_bind_text(statement, 4, query->regimen, -1, SQLITE_STATIC);
	sqlite3_bind_text(statement, 5, query->state, -1, SQLITE_STATIC);
	bind_instant(statement, 6, query->from);
	bind_instant(statement, 7, query->to);
	sqlite3_bind_int64(statement, 8, limit);
	sqlite3_bind_int64(statement, 9, query->offset);
	sqlite3_bind_text(statement, 10, query->alarm, -1, SQLITE_STATIC);
	sqlite3_bind_text(statement, 11, query->vital, -1, SQLITE_STATIC);
	sqlite3_bind_text(statement, 12, query->gap, -1, SQLITE_STATIC);
	sqlite3_bind_text(statement, 13, query->unsigned_, -1, SQLITE_STATIC);
	sqlite3_bind_text(statement, 14, query->text, -1, SQLITE_STATIC);
}

static enum query_status
fail(char **ret_text, enum query_status status, const char *why)
{
	*ret_text = strdup(why);
	return status;
}

static struct outcome
find_session(sqlite3 *db, int64_t session, bool *ret_found)
{
	sqlite3_stmt *row = NULL;
	struct outcome done = file_prepare(db, exists_sql, &row);

	sqlite3_bind_int64(row, 1, session);
	if (done.ok)
		done = file_next(row, ret_found);
	sqlite3_finalize(row);
	return done;
}

static enum query_status
run_json(sqlite3 *db, const struct query *query, char **ret_text)
{
	sqlite3_stmt *statement = NULL;
	struct outcome done = file_prepare(db, queries[query->kind].sql, &statement);
	enum query_status status = QUERY_OK;

	if (!done.ok)
		return fail(ret_text, QUERY_FAILED, done.why);
	bind_query(statement, query);
	if (sqlite3_step(statement) == SQLITE_ROW)
		*ret_text = strdup(file_text(statement, 0));
	else
		status = fail(ret_text, QUERY_FAILED, sqlite3_errmsg(db));
	sqlite3_finalize(statement);
	return status;
}

static enum query_status
dump(json_t *json, char **ret_text)
{
	*ret_text = json_dumps(json, JSON_COMPACT | JSON_REAL_PRECISION(12));
	json_decref(json);
	return QUERY_OK;
}

static enum query_status
run_coverage(sqlite3 *db, const struct query *query, char **ret_text)
{
	json_t *coverage;
	struct outcome done = coverage_to_json(db, query->session, &coverage);

	return done.ok ? dump(coverage, ret_text) : fail(ret_text, QUERY_FAILED, done.why);
}

static enum query_status
run_chart(sqlite3 *db, const struct query *query, char **ret_text)
{
	json_t *chart;
	struct outcome done = chart_to_json(db, query->session, query->step_s, &chart);

	return done.ok ? dump(chart, ret_text) : fail(ret_text, QUERY_FAILED, done.why);
}

static enum query_status
run_export(sqlite3 *db, const struct query *query, char **ret_text, size_t *ret_length)
{
	struct verify_report report;
	struct outcome done = verify_session(db, query->session, &report);
	char chain[OUTCOME_WHY_CAP];
	FILE *out;

	if (!done.ok || !report.sound)
		snprintf(chain, sizeof(chain), "NOT SOUND: %s", done.ok ? report.finding : done.why);
	else
		snprintf(chain, sizeof(chain), "sound up to %s: %s", report.head, report.finding);
	out = open_memstream(ret_text, ret_length);
	if (out == NULL)
		return fail(ret_text, QUERY_FAILED, "out of memory for the export");
	done = query->write_report(db, query->session, chain, out);
	if (fclose(out) != 0 && done.ok)
		done = outcome_fail("out of memory for the export");
	if (done.ok)
		return QUERY_OK;
	free(*ret_text);
	*ret_length = 0;
	return fail(ret_text, QUERY_FAILED, done.why);
}

static enum query_status
run_verify(const char *path, const struct query *query, char **ret_text)
{
	struct verify_report report;
	struct outcome done = store_verify(path, query->head[0] != '\0' ? query->head : NULL, NULL, NULL, &report);
	json_t *body;

	if (!done.ok)
		return fail(ret_text, query->head[0] != '\0' ? QUERY_WRONG : QUERY_FAILED, done.why);
	body = json_pack("{s:b, s:s, s:I, s:I, s:s}", "sound", report.sound, "finding", report.finding, "events",
	    (json_int_t)report.events, "readings", (json_int_t)report.readings, "head", report.head);
	return dump(body, ret_text);
}

static enum query_status
run_on(sqlite3 *db, const struct query *query, char **ret_text, size_t *ret_length)
{
	bool found = true;
	struct outcome done = outcome_ok();

	if (queries[query->kind].of_session)
		done = find_session(db, query->session, &found);
	if (!done.ok)
		return fail(ret_text, QUERY_FAILED, done.why);
	if (!found)
		return fail(ret_text, QUERY_NOT_FOUND, "there is no such session");
	if (query->kind == QUERY_EXPORT)
		return run_export(db, query, ret_text, ret_length);
	if (query->kind == QUERY_CHART)
		return run_chart(db, query, ret_text);
	if (query->kind == QUERY_COVERAGE)
		return run_coverage(db, query, ret_text);
	return run_json(db, query, ret_text);
}

static const char *
content_type_of(const struct query *query)
{
	if (query->kind != QUERY_EXPORT)
		return "application/json";
	return query->report_type != NULL ? query->report_type : "text/csv; charset=utf-8";
}

enum query_status
query_now(const char *path, const struct query *query, const char **ret_content_type, char **ret_text, size_t *ret_length)
{
	enum query_status status;
	struct outcome opened;
	sqlite3 *db;

	assert(query->kind != QUERY_EXPORT || query->write_report != NULL);
	*ret_content_type = content_type_of(query);
	*ret_text = NULL;
	*ret_length = 0;
	if (query->kind == QUERY_VERIFY) {
		status = run_verify(path, query, ret_text);
	} else {
		opened = file_open_for_reading(path, FILE_PATIENCE_MS, &db);
		if (!opened.ok)
			return fail(ret_text, QUERY_FAILED, opened.why);
		status = run_on(db, query, ret_text, ret_length);
		sqlite3_close(db);
	}
	if (*ret_length == 0 && *ret_text != NULL)
		*ret_length = strlen(*ret_text);
	return status;
}

struct query_work {
	uv_work_t work;
	char path[STORE_PATH_CAP];
	struct query query;
	enum query_status status;
	const char *content_type;
	char *text;
	size_t length;
	void (*done)(void *ctx, const struct query_answer *answer);
	void *ctx;
};

static void
work_off_loop(uv_work_t *work)
{
	struct query_work *q = work->data;

	q->status = query_now(q->path, &q->query, &q->content_type, &q->text, &q->length);
}

static void
work_done(uv_work_t *work, int cancelled)
{
	static const char none[] = "the question to the record was given up";
	struct query_work *q = work->data;
	const bool answered = cancelled == 0 && q->text != NULL;
	const struct query_answer answer = {
		.status = answered ? q->status : QUERY_FAILED,
		.content_type = q->content_type,
		.text = answered ? q->text : none,
		.length = answered ? q->length : sizeof(none) - 1,
	};

	q->done(q->ctx, &answer);
	free(q->text);
	free(q);
}

struct outcome
query_run(uv_loop_t *loop, const char *path, const struct query *query,
    void (*done)(void *ctx, const struct query_answer *answer), void *ctx)
{
	struct query_work *q;

	assert(query->kind != QUERY_EXPORT || query->write_report != NULL);
	q = calloc(1, sizeof(*q));
	if (q == NULL)
		return outcome_fail("out of memory for a question to the record");
	snprintf(q->path, sizeof(q->path), "%s", path);
	q->query = *query;
	q->done = done;
	q->ctx = ctx;
	q->content_type = content_type_of(query);
	q->work.data = q;
	if (uv_queue_work(loop, &q->work, work_off_loop, work_done) != 0) {
		free(q);
		return outcome_fail("the question to the record cannot be queued");
	}
	return outcome_ok();
}
