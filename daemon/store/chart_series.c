/* Streams of values, folded into steps as they come from the index: never more
 * than one row and the points in memory. */
#include "daemon/store/chart.h"

#include <string.h>

#include "daemon/base/reading.h"
#include "daemon/store/file.h"

static const char values_sql[] =
	"SELECT source, at_ms, milli, quality IN ('good', 'verify') AND milli IS NOT NULL FROM reading "
	"WHERE session_id = ?1 AND vital = ?2 ORDER BY at_ms, id";

/* One source of one vital. */
struct series {
	json_t *points;      /* NULL: nothing was read from it */
	int64_t step;        /* at which it stands */
	bool usable;         /* something usable was read in this step */
	bool broken;         /* the last point is one of nulls */
	bool any;            /* a usable value was read at all */
	int64_t low, high, last; /* thousandths */
};

static void
put_break(const struct chart *chart, struct series *series, int64_t step)
{
	if (series->broken || step * chart->step_ms > chart->end.ms - chart->start.ms)
		return;
	series->broken = true;
	json_array_append_new(series->points, json_pack("[I, n, n, n]", (json_int_t)(step * chart->step_ms)));
}

/* Ends the step at which the series stands. */
static void
end_step(const struct chart *chart, struct series *series)
{
	if (!series->usable) {
		put_break(chart, series, series->step);
		return;
	}
	json_array_append_new(series->points, json_pack("[I, o, o, o]", (json_int_t)(series->step * chart->step_ms),
	    chart_milli(series->low), chart_milli(series->high), chart_milli(series->last)));
	series->broken = false;
	series->usable = false;
}

static void
go_to_step(const struct chart *chart, struct series *series, int64_t step)
{
	if (series->points == NULL) {
		series->points = json_array();
		series->step = step;
		if (step > 0)
			put_break(chart, series, 0);
		return;
	}
	if (step == series->step)
		return;
	end_step(chart, series);
	if (step > series->step + 1)
		put_break(chart, series, series->step + 1);
	series->step = step;
}

static void
take_value(struct series *series, int64_t milli)
{
	series->low = series->usable && series->low < milli ? series->low : milli;
	series->high = series->usable && series->high > milli ? series->high : milli;
	series->last = milli;
	series->usable = series->any = true;
}

static void
take_row(const struct chart *chart, struct series all[SOURCE_COUNT], sqlite3_stmt *row)
{
	int64_t at_ms = sqlite3_column_int64(row, 1) - chart->start.ms;
	enum source source;

	if (!source_from_name(file_text(row, 0), &source) || at_ms < 0)
		return;
	go_to_step(chart, &all[source], at_ms / chart->step_ms);
	if (sqlite3_column_int(row, 3) != 0)
		take_value(&all[source], sqlite3_column_int64(row, 2));
}

/* A source that never gave anything usable is no line. */
static void
put_series(struct chart *chart, json_t *list, enum vital vital, struct series all[SOURCE_COUNT])
{
	for (int source = 0; source < SOURCE_COUNT; source++) {
		struct series *series = &all[source];

		if (series->points != NULL) {
			end_step(chart, series);
			put_break(chart, series, series->step + 1);
		}
		if (!series->any) {
			json_decref(series->points);
			continue;
		}
		json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:o}", "vital", vital_info(vital)->name, "source",
		    source_name((enum source)source), "unit", vital_info(vital)->unit, "points", series->points));
	}
}

static struct outcome
read_vital(struct chart *chart, json_t *list, enum vital vital)
{
	struct series all[SOURCE_COUNT] = { { NULL } };
	sqlite3_stmt *row = NULL;
	struct outcome done = file_prepare(chart->db, values_sql, &row);
	int stepped = SQLITE_DONE;

	sqlite3_bind_int64(row, 1, chart->session);
	sqlite3_bind_text(row, 2, vital_info(vital)->name, -1, SQLITE_STATIC);
	while (done.ok && (stepped = sqlite3_step(row)) == SQLITE_ROW)
		take_row(chart, all, row);
	if (done.ok && stepped != SQLITE_DONE)
		done = outcome_fail("%s", sqlite3_errmsg(chart->db));
	sqlite3_finalize(row);
	put_series(chart, list, vital, all);
	return done;
}

struct outcome
chart_put_series(struct chart *chart)
{
	json_t *list = json_array();
	struct outcome done = outcome_ok();

	json_object_set_new(chart->root, "series", list);
	for (int vital = 0; done.ok && vital < VITAL_COUNT; vital++)
		if (!vital_info((enum vital)vital)->sparse)
			done = read_vital(chart, list, (enum vital)vital);
	return done;
}
