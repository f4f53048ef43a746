/* What is read back from the file: what a start needs to know, before anything
 * is appended (R32, R38), from the events themselves, not from the projections;
 * and single rows, of an act or a patient. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/clinical/event_json.h"
#include "daemon/store/file.h"
#include "daemon/store/inside.h"

/* One reading of the record. */
struct loader {
	sqlite3 *db;
	struct store_past *past;
	void (*take)(void *ctx, const struct event *event);
	void *ctx;
	struct session session; /* of the snapshot at hand */
	struct alarm alarm;
	char bed[NAME_CAP];     /* where the open session at hand is */
};

static const char open_sessions[] =
	"SELECT session_id FROM event WHERE type IN ('session_started', 'discharged') GROUP BY session_id "
	"HAVING sum(type = 'discharged') = 0 ORDER BY session_id";
static const char session_snapshots[] =
	"SELECT seq, at_ms, bed, session_id, body FROM event WHERE session_id = ?1 AND instr(body, '\"session\":{') > 0 "
	"ORDER BY seq DESC";
static const char alarms_of_session[] =
	"SELECT alarm_id FROM event WHERE session_id = ?1 AND alarm_id <> 0 GROUP BY alarm_id ORDER BY max(seq)";
static const char alarm_snapshots[] =
	"SELECT seq, at_ms, bed, session_id, body FROM event WHERE alarm_id = ?1 AND alarm_id <> 0 ORDER BY seq DESC";
static const char alarms_of_program[] = "SELECT id FROM alarm WHERE session_id = ?1 AND state <> 'over' ORDER BY last_seq";

static void
note_trouble(struct loader *loader, const char *why)
{
	if (loader->past->trouble[0] == '\0')
		snprintf(loader->past->trouble, sizeof(loader->past->trouble), "%s", why);
}

/* Reads the snapshot that a row carries; false, with the reason noted, when it cannot be. */
static bool
read_snapshot(struct loader *loader, sqlite3_stmt *row, bool of_session, struct event *ret_event)
{
	bool has_session, has_alarm;
	struct outcome read =
	    event_body_from_text(file_text(row, 4), &loader->session, &has_session, &loader->alarm, &has_alarm);

	if (read.ok && !(of_session ? has_session : has_alarm))
		read = outcome_fail("it lacks the state that it is to carry");
	if (!read.ok) {
		read = outcome_within(read, "event %" PRId64 " was passed over", (int64_t)sqlite3_column_int64(row, 0));
		note_trouble(loader, read.why);
		return false;
	}
	*ret_event = (struct event){ .at = { sqlite3_column_int64(row, 1) }, .session_id = sqlite3_column_int64(row, 3) };
	snprintf(ret_event->bed, sizeof(ret_event->bed), "%s", file_text(row, 2));
	if (of_session)
		ret_event->session = &loader->session;
	else
		ret_event->alarm = &loader->alarm;
	return true;
}

/* The newest snapshot of one session or alarm that can be read. */
static bool
newest_snapshot(struct loader *loader, const char *sql, int64_t id, bool of_session, struct event *ret_event)
{
	sqlite3_stmt *row = NULL;
	struct outcome done = file_prepare(loader->db, sql, &row);
	int stepped = SQLITE_DONE;
	bool found = false;

	sqlite3_bind_int64(row, 1, id);
	while (done.ok && !found && (stepped = sqlite3_step(row)) == SQLITE_ROW)
		found = read_snapshot(loader, row, of_session, ret_event);
	if (!done.ok || (!found && stepped != SQLITE_DONE))
		note_trouble(loader, sqlite3_errmsg(loader->db));
	sqlite3_finalize(row);
	return found;
}

/* Calls `each` for the ids that a query gives. */
static void
for_each_id(struct loader *loader, const char *sql, int64_t parameter, void (*each)(struct loader *loader, int64_t id))
{
	sqlite3_stmt *row = NULL;
	struct outcome done = file_prepare(loader->db, sql, &row);
	int stepped = SQLITE_DONE;

	sqlite3_bind_int64(row, 1, parameter);
	while (done.ok && (stepped = sqlite3_step(row)) == SQLITE_ROW)
		each(loader, sqlite3_column_int64(row, 0));
	if (!done.ok || stepped != SQLITE_DONE)
		note_trouble(loader, sqlite3_errmsg(loader->db));
	sqlite3_finalize(row);
}

static void
load_alarm(struct loader *loader, int64_t id)
{
	struct event event;

	if (!newest_snapshot(loader, alarm_snapshots, id, false, &event))
		return;
	if (loader->bed[0] != '\0')
		snprintf(event.bed, sizeof(event.bed), "%s", loader->bed);
	loader->take(loader->ctx, &event);
}

static void
load_session(struct loader *loader, int64_t id)
{
	struct event event;

	if (!newest_snapshot(loader, session_snapshots, id, true, &event))
		return;
	if (loader->session.phase == PHASE_DISCHARGED)
		return;
	snprintf(loader->bed, sizeof(loader->bed), "%s", loader->session.bed);
	snprintf(event.bed, sizeof(event.bed), "%s", loader->bed);
	loader->take(loader->ctx, &event);
	for_each_id(loader, alarms_of_session, id, load_alarm);
	loader->bed[0] = '\0';
}

static void
read_integer(struct loader *loader, const char *sql, int64_t *value)
{
	struct outcome done = file_integer(loader->db, sql, value);

	if (!done.ok)
		note_trouble(loader, done.why);
}

static void
load_past(struct loader *loader, struct store_past *past)
{
	struct instant last_event = INSTANT_UNKNOWN, last_reading = INSTANT_UNKNOWN;

	read_integer(loader, "SELECT at_ms FROM event ORDER BY seq DESC LIMIT 1", &last_event.ms);
	read_integer(loader, "SELECT at_ms FROM reading ORDER BY id DESC LIMIT 1", &last_reading.ms);
	past->last = instant_later(last_event, last_reading);
	past->any = instant_is_known(past->last);
	read_integer(loader, "SELECT CAST(new_value AS INTEGER) FROM event WHERE type = 'clock_stepped' ORDER BY seq DESC LIMIT 1",
	    &past->clock_offset_ms);
}

struct outcome
store_load(struct store *store, struct store_past *ret_past, void (*take)(void *ctx, const struct event *event), void *ctx)
{
	struct store_past past = { .last = INSTANT_UNKNOWN };
	struct loader *loader = calloc(1, sizeof(*loader));

	if (loader == NULL)
		return outcome_fail("%s: out of memory for what is on record", store_path(store));
	loader->db = store_reader(store);
	loader->past = &past;
	loader->take = take;
	loader->ctx = ctx;
	load_past(loader, &past);
	for_each_id(loader, open_sessions, 0, load_session);
	for_each_id(loader, alarms_of_program, 0, load_alarm);
	free(loader);
	*ret_past = past;
	return outcome_ok();
}

struct outcome
store_load_configuration(struct store *store, void (*take)(void *ctx, const char *key, const char *value), void *ctx)
{
	static const char sql[] = "SELECT subject, new_value FROM event e WHERE type = 'configuration' AND seq = "
				  "(SELECT max(seq) FROM event WHERE type = 'configuration' AND subject = e.subject)";
	sqlite3 *db = store_reader(store);
	sqlite3_stmt *row = NULL;
	struct outcome done = file_prepare(db, sql, &row);
	int stepped = SQLITE_DONE;

	while (done.ok && (stepped = sqlite3_step(row)) == SQLITE_ROW)
		take(ctx, file_text(row, 0), file_text(row, 1));
	if (done.ok && stepped != SQLITE_DONE)
		done = outcome_fail("%s", sqlite3_errmsg(db));
	sqlite3_finalize(row);
	return outcome_within(done, "%s", store_path(store));
}

struct outcome
load_act(sqlite3 *db, const char *act_id, bool *ret_found, struct store_act *ret_act)
{
	static const char sql[] = "SELECT who, bed, session_id, alarm_id, text, subject FROM event WHERE act_id = ?1 AND act_id <> '' "
				  "ORDER BY seq LIMIT 1";
	sqlite3_stmt *row = NULL;
	struct outcome done = file_prepare(db, sql, &row);

	*ret_found = false;
	sqlite3_bind_text(row, 1, act_id, -1, SQLITE_STATIC);
	if (done.ok)
		done = file_next(row, ret_found);
	if (*ret_found) {
		*ret_act = (struct store_act){ .session = sqlite3_column_int64(row, 2), .alarm = sqlite3_column_int64(row, 3) };
		snprintf(ret_act->who, sizeof(ret_act->who), "%s", file_text(row, 0));
		snprintf(ret_act->bed, sizeof(ret_act->bed), "%s", file_text(row, 1));
		snprintf(ret_act->text, sizeof(ret_act->text), "%s", file_text(row, 4));
		snprintf(ret_act->subject, sizeof(ret_act->subject), "%s", file_text(row, 5));
	}
	sqlite3_finalize(row);
	return done;
}

bool
store_find_patient(struct store *store, const char *subject, char ret_pseudonym[static STORE_PSEUDONYM_CAP])
{
	sqlite3_stmt *row = NULL;
	bool found = false;

	if (file_prepare(store_reader(store), "SELECT pseudonym FROM patient WHERE subject = ?1", &row).ok) {
		sqlite3_bind_text(row, 1, subject, -1, SQLITE_STATIC);
		found = sqlite3_step(row) == SQLITE_ROW;
	}
	if (found)
		snprintf(ret_pseudonym, STORE_PSEUDONYM_CAP, "%s", file_text(row, 0));
	sqlite3_finalize(row);
	return found;
}
