/* A session as an anaesthesia chart draws it, made from the record on the
 * query's own connection: series of values, cuffs, limits in force, phases,
 * acts, alarms, gaps. Times are milliseconds from the session's start.
 * schema/openapi.yaml has the shape (Chart). Store-private; in any thread. */
#ifndef INFUSIOND_STORE_CHART_H
#define INFUSIOND_STORE_CHART_H

#include <jansson.h>
#include <sqlite3.h>

#include "daemon/base/instant.h"
#include "daemon/base/outcome.h"

/* A series has at most so many points: beyond, the step is made longer. */
enum { CHART_STEP_S = 10, CHART_POINTS_MOST = 4000 };

/* What its parts share. */
struct chart {
	sqlite3 *db;
	int64_t session;
	struct instant start, end; /* end: of what is on record, while the session is open */
	bool open;
	int64_t step_ms;
	json_t *root;
};

/* The whole chart; step_s 0: CHART_STEP_S. New reference. */
struct outcome chart_to_json(sqlite3 *db, int64_t session, int64_t step_s, json_t **ret_json);

/* chart_series.c: values that come as a stream, a point for each step: [t, lowest, highest, last], and nulls once where a
 * stretch begins in which nothing usable was read. */
struct outcome chart_put_series(struct chart *chart);

/* chart_states.c: what the events' snapshots say of cuffs, limits and phases. */
struct outcome chart_put_states(struct chart *chart);

/* chart.c: milliseconds from the start, null when unknown; thousandths as a number, null for ALARM_NO_VALUE. New
 * references. */
json_t *chart_time(const struct chart *chart, struct instant at);
json_t *chart_milli(int64_t milli);

#endif
