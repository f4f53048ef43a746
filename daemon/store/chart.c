#include "daemon/store/chart.h"

#include <string.h>

#include "daemon/clinical/alarm.h"
#include "daemon/store/coverage.h"
#include "daemon/store/file.h"

static const char session_sql[] =
	"SELECT started_at_ms, ended_at_ms, max(coalesce((SELECT at_ms FROM reading ORDER BY id DESC LIMIT 1), 0), "
	"(SELECT at_ms FROM event WHERE session_id = ?1 ORDER BY seq DESC LIMIT 1)) FROM session WHERE id = ?1";

/* What persons did, alarms that they answered among it. */
static const char acts_sql[] =
	"SELECT at_ms, type, change, text, who, role, reason, alarm_id FROM event WHERE session_id = ?1 AND who <> '' "
	"ORDER BY seq";

static const char failed_sql[] = "SELECT at_ms FROM event WHERE session_id = ?1 AND type = 'cuff_failed' ORDER BY seq";

static const char alarms_sql[] =
	"SELECT started_at_ms, ended_at_ms, acknowledged_at_ms, id, alarm_group, priority, peak, state, sentence, "
	"acknowledged_by FROM alarm WHERE session_id = ?1 ORDER BY started_at_ms, id";

json_t *
chart_time(const struct chart *chart, struct instant at)
{
	return instant_is_known(at) ? json_integer(at.ms - chart->start.ms) : json_null();
}

json_t *
chart_milli(int64_t milli)
{
	if (milli == ALARM_NO_VALUE)
		return json_null();
	return milli % 1000 == 0 ? json_integer(milli / 1000) : json_real((double)milli / 1000);
}

static struct instant
instant_of(sqlite3_stmt *row, int column)
{
	if (sqlite3_column_type(row, column) != SQLITE_INTEGER)
		return INSTANT_UNKNOWN;
	return (struct instant){ sqlite3_column_int64(row, column) };
}

/* Calls `put` for each row of a statement of the session. */
static struct outcome
for_each(struct chart *chart, const char *sql, json_t *list,
    void (*put)(const struct chart *chart, sqlite3_stmt *row, json_t *list))
{
	sqlite3_stmt *row = NULL;
	struct outcome done = file_prepare(chart->db, sql, &row);
	int stepped = SQLITE_DONE;

	sqlite3_bind_int64(row, 1, chart->session);
	while (done.ok && (stepped = sqlite3_step(row)) == SQLITE_ROW)
		put(chart, row, list);
	if (done.ok && stepped != SQLITE_DONE)
		done = outcome_fail("%s", sqlite3_errmsg(chart->db));
	sqlite3_finalize(row);
	return done;
}

static void
put_act(const struct chart *chart, sqlite3_stmt *row, json_t *list)
{
	int64_t alarm = sqlite3_column_int64(row, 7);

	json_array_append_new(list, json_pack("{s:o, s:s, s:s, s:s, s:s, s:s, s:s, s:o}", "t_ms",
	    chart_time(chart, instant_of(row, 0)), "type", file_text(row, 1), "change", file_text(row, 2), "text",
	    file_text(row, 3), "who", file_text(row, 4), "role", file_text(row, 5), "reason", file_text(row, 6), "alarm",
	    alarm != 0 ? json_integer(alarm) : json_null()));
}

static void
put_failed(const struct chart *chart, sqlite3_stmt *row, json_t *list)
{
	json_array_append_new(list, chart_time(chart, instant_of(row, 0)));
}

static void
put_alarm(const struct chart *chart, sqlite3_stmt *row, json_t *list)
{
	json_array_append_new(list, json_pack("{s:o, s:o, s:o, s:I, s:s, s:s, s:s, s:s, s:s, s:s}", "from_ms",
	    chart_time(chart, instant_of(row, 0)), "to_ms", chart_time(chart, instant_of(row, 1)), "acknowledged_ms",
	    chart_time(chart, instant_of(row, 2)), "id", (json_int_t)sqlite3_column_int64(row, 3), "group",
	    file_text(row, 4), "priority", file_text(row, 5), "peak", file_text(row, 6), "state", file_text(row, 7),
	    "sentence", file_text(row, 8), "acknowledged_by", file_text(row, 9)));
}

struct gap_list {
	const struct chart *chart;
	json_t *list;
};

static void
put_gap(void *ctx, const struct coverage_gap *gap)
{
	struct gap_list *gaps = ctx;

	json_array_append_new(gaps->list, json_pack("{s:o, s:o, s:o, s:o}", "vital",
	    gap->nobody ? json_null() : json_string(vital_info(gap->vital)->name), "from_ms",
	    chart_time(gaps->chart, gap->from), "to_ms", chart_time(gaps->chart, gap->to), "why",
	    gap->why[0] != '\0' ? json_string(gap->why) : json_null()));
}

/* Where the chart begins and ends, and the step that gives no more points than are of use. */
static struct outcome
measure(struct chart *chart, int64_t step_s)
{
	sqlite3_stmt *row = NULL;
	struct outcome done = file_prepare(chart->db, session_sql, &row);
	int64_t longest_ms;

	sqlite3_bind_int64(row, 1, chart->session);
	if (done.ok && sqlite3_step(row) != SQLITE_ROW)
		done = outcome_fail("there is no such session");
	if (done.ok) {
		chart->start = instant_of(row, 0);
		chart->open = !instant_is_known(instant_of(row, 1));
		chart->end = instant_later(instant_of(row, chart->open ? 2 : 1), chart->start);
	}
	sqlite3_finalize(row);
	if (!done.ok)
		return done;
	longest_ms = chart->end.ms - chart->start.ms;
	chart->step_ms = (step_s > 0 ? step_s : CHART_STEP_S) * 1000;
	if (longest_ms / chart->step_ms >= CHART_POINTS_MOST)
		chart->step_ms = (longest_ms / CHART_POINTS_MOST / 1000 + 1) * 1000;
	return done;
}

static void
put_head(struct chart *chart)
{
	char text[INSTANT_TEXT_CAP];

	instant_to_iso(chart->start, text);
	json_object_set_new(chart->root, "session", json_integer(chart->session));
	json_object_set_new(chart->root, "started", json_string(text));
	instant_to_iso(chart->end, text);
	json_object_set_new(chart->root, "ended", chart->open ? json_null() : json_string(text));
	json_object_set_new(chart->root, "until_ms", chart_time(chart, chart->end));
	json_object_set_new(chart->root, "step_s", json_integer(chart->step_ms / 1000));
}

static struct outcome
put_lists(struct chart *chart)
{
	static const struct {
		const char *key, *sql;
		void (*put)(const struct chart *chart, sqlite3_stmt *row, json_t *list);
	} lists[] = { { "acts", acts_sql, put_act }, { "failed_cuffs", failed_sql, put_failed }, { "alarms", alarms_sql, put_alarm } };
	struct outcome done = outcome_ok();

	for (size_t i = 0; done.ok && i < sizeof(lists) / sizeof(lists[0]); i++) {
		json_t *list = json_array();

		json_object_set_new(chart->root, lists[i].key, list);
		done = for_each(chart, lists[i].sql, list, lists[i].put);
	}
	return done;
}

static struct outcome
put_gaps(struct chart *chart)
{
	struct gap_list gaps = { chart, json_array() };

	json_object_set_new(chart->root, "gaps", gaps.list);
	return coverage_read(chart->db, chart->session, put_gap, &gaps);
}

struct outcome
chart_to_json(sqlite3 *db, int64_t session, int64_t step_s, json_t **ret_json)
{
	struct chart chart = { .db = db, .session = session };
	struct outcome done = measure(&chart, step_s);

	if (!done.ok)
		return done;
	chart.root = json_object();
	put_head(&chart);
	done = chart_put_series(&chart);
	if (done.ok)
		done = chart_put_states(&chart);
	if (done.ok)
		done = put_lists(&chart);
	if (done.ok)
		done = put_gaps(&chart);
	if (done.ok)
		*ret_json = chart.root;
	else
		json_decref(chart.root);
	return done;
}
