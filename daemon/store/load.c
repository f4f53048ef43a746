/* What a start reads back: on a connection of its own, before anything is
 * appended (R32, R38). */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/clinical/event_json.h"
#include "daemon/store/file.h"
#include "daemon/store/store.h"

static void
copy_text(sqlite3_stmt *row, int column, char *text, size_t cap)
{
	const char *value = (const char *)sqlite3_column_text(row, column);

	snprintf(text, cap, "%s", value != NULL ? value : "");
}

struct loaded {
	struct event event;
	struct session session;
	struct alarm alarm;
};

static struct outcome
load_row(sqlite3_stmt *row, struct loaded *loaded)
{
	bool has_session, has_alarm;
	struct outcome read;
	const char *body = (const char *)sqlite3_column_text(row, 4);

	memset(&loaded->event, 0, sizeof(loaded->event));
	loaded->event.at.ms = sqlite3_column_int64(row, 1);
	copy_text(row, 2, loaded->event.bed, sizeof(loaded->event.bed));
	loaded->event.session_id = sqlite3_column_int64(row, 3);
	read = event_body_from_text(body != NULL ? body : "", &loaded->session, &has_session, &loaded->alarm, &has_alarm);
	if (!read.ok)
		return outcome_within(read, "event %" PRId64, (int64_t)sqlite3_column_int64(row, 0));
	loaded->event.session = has_session ? &loaded->session : NULL;
	loaded->event.alarm = has_alarm ? &loaded->alarm : NULL;
	return read;
}

/* The last session of each open one, then the last state of each of its alarms: what a fold over all of them comes to. */
static const char open_events[] =
	"SELECT e.seq, e.at_ms, e.bed, e.session_id, e.body FROM event e JOIN session s ON s.id = e.session_id "
	"WHERE s.phase <> 'discharged' AND e.body <> '' ORDER BY e.seq";

static struct outcome
load_open(sqlite3 *db, void (*take)(void *ctx, const struct event *event), void *ctx)
{
	sqlite3_stmt *row = NULL;
	struct loaded *loaded = calloc(1, sizeof(*loaded));
	struct outcome done = file_prepare(db, open_events, &row);

	if (loaded == NULL)
		done = outcome_fail("out of memory for what is on record");
	while (done.ok && sqlite3_step(row) == SQLITE_ROW) {
		done = load_row(row, loaded);
		if (done.ok)
			take(ctx, &loaded->event);
	}
	sqlite3_finalize(row);
	free(loaded);
	return done;
}

static int64_t
last_clock_offset(sqlite3 *db)
{
	return file_integer(db,
	    "SELECT CAST(new_value AS INTEGER) FROM event WHERE type = 'clock_stepped' ORDER BY seq DESC LIMIT 1", 0);
}

struct outcome
store_load(struct store *store, struct store_past *ret_past, void (*take)(void *ctx, const struct event *event), void *ctx)
{
	sqlite3 *db;
	struct outcome done = file_open_for_reading(store_path(store), &db);
	int64_t last_ms;

	if (!done.ok)
		return done;
	last_ms = file_integer(db,
	    "SELECT max(coalesce((SELECT at_ms FROM event ORDER BY seq DESC LIMIT 1), 0), "
	    "coalesce((SELECT at_ms FROM reading ORDER BY id DESC LIMIT 1), 0))",
	    0);
	ret_past->any = last_ms != 0;
	ret_past->last = ret_past->any ? (struct instant){ last_ms } : INSTANT_UNKNOWN;
	ret_past->clock_offset_ms = last_clock_offset(db);
	done = outcome_within(load_open(db, take, ctx), "%s", store_path(store));
	sqlite3_close(db);
	return done;
}

struct outcome
store_load_configuration(struct store *store, void (*take)(void *ctx, const char *key, const char *value), void *ctx)
{
	static const char sql[] = "SELECT subject, new_value FROM event e WHERE type = 'configuration' AND seq = "
				  "(SELECT max(seq) FROM event WHERE type = 'configuration' AND subject = e.subject)";
	sqlite3_stmt *row = NULL;
	sqlite3 *db;
	struct outcome done = file_open_for_reading(store_path(store), &db);

	if (!done.ok)
		return done;
	done = file_prepare(db, sql, &row);
	while (done.ok && sqlite3_step(row) == SQLITE_ROW)
		take(ctx, (const char *)sqlite3_column_text(row, 0), (const char *)sqlite3_column_text(row, 1));
	sqlite3_finalize(row);
	sqlite3_close(db);
	return done;
}

bool
store_find_act(struct store *store, const char *act_id, char *text, size_t cap)
{
	sqlite3_stmt *row = NULL;
	sqlite3 *db;
	bool found = false;

	if (act_id[0] == '\0' || !file_open_for_reading(store_path(store), &db).ok)
		return false;
	if (file_prepare(db, "SELECT text FROM event WHERE act_id = ?1 ORDER BY seq LIMIT 1", &row).ok) {
		sqlite3_bind_text(row, 1, act_id, -1, SQLITE_STATIC);
		found = sqlite3_step(row) == SQLITE_ROW;
		if (found)
			copy_text(row, 0, text, cap);
	}
	sqlite3_finalize(row);
	sqlite3_close(db);
	return found;
}
