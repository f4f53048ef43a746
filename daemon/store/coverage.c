#include "daemon/store/coverage.h"

#include <stdio.h>
#include <string.h>

#include "daemon/store/file.h"

static const char events_sql[] =
	"SELECT type, subject, at_ms, old_value, new_value, reason FROM event WHERE session_id = ?1 AND type IN "
	"('session_started', 'vital_unknown', 'vital_known', 'program_started', 'discharged') ORDER BY seq";

/* Whether the program was stopped by somebody at the beginning of a gap: its last word stands there. */
static const char stopped_sql[] = "SELECT 1 FROM event WHERE session_id = 0 AND type = 'program_stopped' "
				  "AND at_ms BETWEEN ?1 AND ?2 LIMIT 1";

/* The session's events as they go by. */
struct reader {
	sqlite3 *db;
	struct coverage_gap open[VITAL_COUNT]; /* from UNKNOWN: the vital is watched */
	void (*take)(void *ctx, const struct coverage_gap *gap);
	void *ctx;
};

static void
end_gap(struct reader *reader, int vital, struct instant at)
{
	struct coverage_gap *gap = &reader->open[vital];

	if (!instant_is_known(gap->from))
		return;
	gap->to = at;
	reader->take(reader->ctx, gap);
	gap->from = INSTANT_UNKNOWN;
}

static void
begin_gap(struct reader *reader, enum vital vital, struct instant at, const char *why)
{
	struct coverage_gap *gap = &reader->open[vital];

	if (instant_is_known(gap->from))
		return;
	*gap = (struct coverage_gap){ .vital = vital, .from = at };
	snprintf(gap->why, sizeof(gap->why), "%s", why);
}

static struct outcome
find_stop(sqlite3 *db, struct instant from, struct instant to, bool *ret_found)
{
	sqlite3_stmt *row = NULL;
	struct outcome done = file_prepare(db, stopped_sql, &row);

	sqlite3_bind_int64(row, 1, from.ms);
	sqlite3_bind_int64(row, 2, to.ms);
	if (done.ok)
		done = file_next(row, ret_found);
	sqlite3_finalize(row);
	return done;
}

static struct outcome
take_restart(struct reader *reader, sqlite3_stmt *row)
{
	struct coverage_gap gap = { .nobody = true };
	bool stopped = false;
	struct outcome done;

	if (!instant_from_iso(file_text(row, 3), &gap.from) || !instant_from_iso(file_text(row, 4), &gap.to))
		return outcome_ok();
	done = find_stop(reader->db, gap.from, gap.to, &stopped);
	if (!done.ok)
		return done;
	snprintf(gap.why, sizeof(gap.why), "%s",
	    stopped ? "the program was stopped" : "the program ended without being stopped, or its computer did");
	reader->take(reader->ctx, &gap);
	return done;
}

static struct outcome
take_event(struct reader *reader, sqlite3_stmt *row)
{
	const char *type = file_text(row, 0);
	const struct instant at = { sqlite3_column_int64(row, 2) };
	enum vital vital;

	if (strcmp(type, "vital_unknown") == 0 && vital_from_name(file_text(row, 1), &vital))
		begin_gap(reader, vital, at, file_text(row, 5));
	else if (strcmp(type, "vital_known") == 0 && vital_from_name(file_text(row, 1), &vital))
		end_gap(reader, (int)vital, at);
	else if (strcmp(type, "program_started") == 0)
		return take_restart(reader, row);
	else if (strcmp(type, "discharged") == 0)
		for (int i = 0; i < VITAL_COUNT; i++)
			end_gap(reader, i, at);
	return outcome_ok();
}

struct outcome
coverage_read(sqlite3 *db, int64_t session, void (*take)(void *ctx, const struct coverage_gap *gap), void *ctx)
{
	struct reader reader = { .db = db, .take = take, .ctx = ctx };
	sqlite3_stmt *row = NULL;
	struct outcome done = file_prepare(db, events_sql, &row);
	int stepped = SQLITE_DONE;

	for (int i = 0; i < VITAL_COUNT; i++)
		reader.open[i].from = INSTANT_UNKNOWN;
	sqlite3_bind_int64(row, 1, session);
	while (done.ok && (stepped = sqlite3_step(row)) == SQLITE_ROW)
		done = take_event(&reader, row);
	if (done.ok && stepped != SQLITE_DONE)
		done = outcome_fail("%s", sqlite3_errmsg(db));
	sqlite3_finalize(row);
	for (int i = 0; done.ok && i < VITAL_COUNT; i++)
		end_gap(&reader, i, INSTANT_UNKNOWN);
	return done;
}

struct lists {
	json_t *vitals, *nobody;
};

/* "2026-01-02T09:30:00.250Z", or null. */
static json_t *
time_json(struct instant at)
{
	char text[INSTANT_TEXT_CAP];

	if (!instant_is_known(at))
		return json_null();
	instant_to_iso(at, text);
	return json_string(text);
}

static void
put_gap(void *ctx, const struct coverage_gap *gap)
{
	struct lists *lists = ctx;
	json_t *list = gap->nobody ? lists->nobody : json_object_get(lists->vitals, vital_info(gap->vital)->name);
	json_t *stretch = json_object();

	json_object_set_new(stretch, "from", time_json(gap->from));
	json_object_set_new(stretch, "to", time_json(gap->to));
	json_object_set_new(stretch, "why", gap->why[0] != '\0' ? json_string(gap->why) : json_null());
	json_array_append_new(list, stretch);
}

struct outcome
coverage_to_json(sqlite3 *db, int64_t session, json_t **ret_json)
{
	struct lists lists = { json_object(), json_array() };
	struct outcome done;

	for (int i = 0; i < VITAL_COUNT; i++)
		json_object_set_new(lists.vitals, vital_info((enum vital)i)->name, json_array());
	done = coverage_read(db, session, put_gap, &lists);
	if (done.ok)
		*ret_json = json_pack("{s:o, s:o}", "not_watched", lists.vitals, "nobody_watched", lists.nobody);
	else {
		json_decref(lists.vitals);
		json_decref(lists.nobody);
	}
	return done;
}
