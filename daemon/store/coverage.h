/* A session's coverage out of its events: when which vital sign was not
 * watched, when nobody watched, and why. Store-private; in any thread. */
#ifndef INFUSIOND_STORE_COVERAGE_H
#define INFUSIOND_STORE_COVERAGE_H

#include <jansson.h>
#include <sqlite3.h>

#include "daemon/clinical/event.h"

/* A stretch without watching. */
struct coverage_gap {
	bool nobody;            /* the program did not run; else one vital was not known */
	enum vital vital;
	struct instant from, to; /* to: UNKNOWN while it goes on */
	char why[REASON_CAP];   /* empty: the record does not say */
};

/* Calls `take` for every gap in the order in which they ended; those that go on come last. */
struct outcome coverage_read(sqlite3 *db, int64_t session, void (*take)(void *ctx, const struct coverage_gap *gap),
    void *ctx);

/* {"not_watched": {"spo2": [{"from", "to", "why"}], ...}, "nobody_watched": [...]}; new reference. */
struct outcome coverage_to_json(sqlite3 *db, int64_t session, json_t **ret_json);

#endif
