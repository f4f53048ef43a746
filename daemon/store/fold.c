/* The projections out of stored events: rebuilding and comparing. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/clinical/event_json.h"
#include "daemon/store/file.h"
#include "daemon/store/projection.h"

enum latest_kind { LATEST_SESSION, LATEST_ALARM, SIGNATURE /* each of them, by its own event */ };

/* In an alarm's JSON "session" is a number, and a quote inside of a text is escaped: so this is a session's snapshot. */
static const char session_mark[] = "\"session\":{";

struct outcome
fold_init(struct fold *fold, sqlite3 *db)
{
	struct outcome done;

	fold->db = db;
	done = file_run(db, "PRAGMA temp_store = MEMORY; DROP TABLE IF EXISTS temp.latest; CREATE TEMP TABLE latest "
			    "(kind INTEGER, id INTEGER, seq INTEGER, PRIMARY KEY (kind, id)) WITHOUT ROWID");
	if (done.ok)
		done = file_prepare(db, "INSERT OR REPLACE INTO temp.latest VALUES (?1, ?2, ?3)", &fold->note);
	return done;
}

void
fold_finish(struct fold *fold)
{
	sqlite3_finalize(fold->note);
	fold->note = NULL;
}

static struct outcome
note(struct fold *fold, enum latest_kind kind, int64_t id, int64_t seq)
{
	sqlite3_bind_int64(fold->note, 1, kind);
	sqlite3_bind_int64(fold->note, 2, id);
	sqlite3_bind_int64(fold->note, 3, seq);
	return file_step(fold->note);
}

struct outcome
fold_note(struct fold *fold, int64_t seq, const char *type, int64_t session_id, int64_t alarm_id, const char *body)
{
	struct outcome done = outcome_ok();

	if (strcmp(type, "signed") == 0)
		done = note(fold, SIGNATURE, seq, seq);
	if (done.ok && alarm_id != 0)
		done = note(fold, LATEST_ALARM, alarm_id, seq);
	if (done.ok && session_id != 0 && strstr(body, session_mark) != NULL)
		done = note(fold, LATEST_SESSION, session_id, seq);
	return done;
}

struct snapshot {
	struct session session;
	struct alarm alarm;
};

static struct outcome
put_latest(struct projector *projector, sqlite3_stmt *row, struct snapshot *snapshot)
{
	int64_t seq = sqlite3_column_int64(row, 1);
	const char *bed = (const char *)sqlite3_column_text(row, 2), *body = (const char *)sqlite3_column_text(row, 3);
	bool has_session, has_alarm;
	struct outcome done =
	    event_body_from_text(body, &snapshot->session, &has_session, &snapshot->alarm, &has_alarm);
	struct session_columns session;
	struct alarm_columns alarm;

	if (done.ok && sqlite3_column_int64(row, 0) == LATEST_SESSION && has_session) {
		session_columns_of(&snapshot->session, &session);
		done = projector_put_session(projector, seq, &session);
	} else if (done.ok && has_alarm) {
		alarm_columns_of(&snapshot->alarm, bed, &alarm);
		done = projector_put_alarm(projector, seq, &alarm);
	}
	return outcome_within(done, "event %" PRId64, seq);
}

static struct outcome
fill_signatures(struct fold *fold, const char *table)
{
	char sql[256];

	snprintf(sql, sizeof(sql), "INSERT INTO %s SELECT e.seq, e.session_id, e.at_ms, e.who, e.role, e.reason "
				   "FROM temp.latest l JOIN main.event e ON e.seq = l.seq WHERE l.kind = %d", table, SIGNATURE);
	return file_run(fold->db, sql);
}

struct outcome
fold_fill(struct fold *fold, const char *session_table, const char *alarm_table, const char *signature_table)
{
	struct projector projector = { NULL, NULL };
	struct snapshot *snapshot = calloc(1, sizeof(*snapshot));
	sqlite3_stmt *row = NULL;
	struct outcome done = projector_init(&projector, fold->db, session_table, alarm_table);
	int stepped = SQLITE_DONE;

	if (snapshot == NULL)
		done = outcome_fail("out of memory for the record");
	if (done.ok)
		done = file_prepare(fold->db,
		    "SELECT l.kind, e.seq, e.bed, e.body FROM temp.latest l JOIN main.event e ON e.seq = l.seq WHERE l.kind IN (0, 1)",
		    &row);
	while (done.ok && (stepped = sqlite3_step(row)) == SQLITE_ROW)
		done = put_latest(&projector, row, snapshot);
	if (done.ok && stepped != SQLITE_DONE)
		done = outcome_fail("%s", sqlite3_errmsg(fold->db));
	sqlite3_finalize(row);
	projector_finish(&projector);
	free(snapshot);
	return done.ok ? fill_signatures(fold, signature_table) : done;
}

/* The first id for which the two tables of one kind do not hold the same row; 0: there is none. */
static struct outcome
compare_table(sqlite3 *db, const char *table, const char *id, char *ret_finding, size_t cap)
{
	char sql[512];
	sqlite3_stmt *row = NULL;
	bool found = false;
	struct outcome done;

	snprintf(sql, sizeof(sql),
	    "SELECT %s FROM (SELECT * FROM main.%s EXCEPT SELECT * FROM temp.again_%s) UNION "
	    "SELECT %s FROM (SELECT * FROM temp.again_%s EXCEPT SELECT * FROM main.%s) ORDER BY 1 LIMIT 1",
	    id, table, table, id, table, table);
	done = file_prepare(db, sql, &row);
	if (done.ok)
		done = file_next(row, &found);
	if (found)
		snprintf(ret_finding, cap, "%s %" PRId64 ": its row in the table '%s' is not what the events say", table,
		    (int64_t)sqlite3_column_int64(row, 0), table);
	sqlite3_finalize(row);
	return done;
}

struct outcome
fold_compare(struct fold *fold, char *ret_finding, size_t cap)
{
	struct outcome done = file_run(fold->db,
	    "DROP TABLE IF EXISTS temp.again_session; CREATE TEMP TABLE again_session AS SELECT * FROM main.session WHERE 0;"
	    "DROP TABLE IF EXISTS temp.again_alarm; CREATE TEMP TABLE again_alarm AS SELECT * FROM main.alarm WHERE 0;"
	    "DROP TABLE IF EXISTS temp.again_signature;"
	    "CREATE TEMP TABLE again_signature AS SELECT * FROM main.signature WHERE 0");

	ret_finding[0] = '\0';
	if (done.ok)
		done = fold_fill(fold, "temp.again_session", "temp.again_alarm", "temp.again_signature");
	if (done.ok)
		done = compare_table(fold->db, "session", "id", ret_finding, cap);
	if (done.ok && ret_finding[0] == '\0')
		done = compare_table(fold->db, "alarm", "id", ret_finding, cap);
	if (done.ok && ret_finding[0] == '\0')
		done = compare_table(fold->db, "signature", "seq", ret_finding, cap);
	return done;
}

static struct outcome
note_all(struct fold *fold)
{
	sqlite3_stmt *row = NULL;
	struct outcome done = file_prepare(fold->db, "SELECT seq, type, session_id, alarm_id, body FROM event ORDER BY seq", &row);
	int stepped = SQLITE_DONE;

	while (done.ok && (stepped = sqlite3_step(row)) == SQLITE_ROW)
		done = fold_note(fold, sqlite3_column_int64(row, 0), file_text(row, 1), sqlite3_column_int64(row, 2),
		    sqlite3_column_int64(row, 3), file_text(row, 4));
	if (done.ok && stepped != SQLITE_DONE)
		done = outcome_fail("%s", sqlite3_errmsg(fold->db));
	sqlite3_finalize(row);
	return done;
}

static struct outcome
rebuild(sqlite3 *db)
{
	struct fold fold = { 0 };
	struct outcome done = fold_init(&fold, db);

	if (done.ok)
		done = note_all(&fold);
	if (done.ok)
		done = file_run(db, "BEGIN IMMEDIATE; DELETE FROM session; DELETE FROM alarm; DELETE FROM signature");
	if (done.ok)
		done = fold_fill(&fold, "main.session", "main.alarm", "main.signature");
	if (done.ok)
		done = file_run(db, "COMMIT");
	fold_finish(&fold);
	return done;
}

struct outcome
store_rebuild_projections(const char *path)
{
	struct store_file file;
	struct outcome done = store_file_open(path, &file);

	if (!done.ok)
		return done;
	done = outcome_within(rebuild(file.db), "%s", path);
	store_file_close(&file);
	return done;
}
