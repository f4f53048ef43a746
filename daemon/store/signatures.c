/* What a signature must know of a session that has ended: asked by the loop,
 * on its own connection, and of what is queued. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "daemon/store/file.h"
#include "daemon/store/inside.h"

struct outcome
store_find_session(struct store *store, int64_t session, bool *ret_found, enum phase *ret_phase, char bed[static NAME_CAP])
{
	sqlite3_stmt *row = NULL;
	struct outcome done = file_prepare(store_reader(store), "SELECT phase, bed FROM session WHERE id = ?1", &row);

	*ret_found = false;
	sqlite3_bind_int64(row, 1, session);
	if (done.ok)
		done = file_next(row, ret_found);
	if (*ret_found && !phase_from_name(file_text(row, 0), ret_phase))
		done = outcome_fail("session %" PRId64 ": its phase cannot be read", session);
	if (*ret_found)
		snprintf(bed, NAME_CAP, "%s", file_text(row, 1));
	sqlite3_finalize(row);
	return done;
}

/* What makes an event a person's signature under a session. */
struct signature_key {
	int64_t session;
	const char *who;
};

static bool
is_signature(const struct event *event, const void *wanted)
{
	const struct signature_key *key = wanted;

	return event->type == EVENT_SIGNED && event->session_id == key->session && strcmp(event->who.name, key->who) == 0;
}

static struct outcome
find_stored(struct store *store, const struct signature_key *key, bool *ret_found)
{
	sqlite3_stmt *row = NULL;
	struct outcome done =
	    file_prepare(store_reader(store), "SELECT 1 FROM signature WHERE session_id = ?1 AND who = ?2", &row);

	sqlite3_bind_int64(row, 1, key->session);
	sqlite3_bind_text(row, 2, key->who, -1, SQLITE_STATIC);
	if (done.ok)
		done = file_next(row, ret_found);
	sqlite3_finalize(row);
	return done;
}

struct outcome
store_find_signature(struct store *store, int64_t session, const char *who, bool *ret_found)
{
	const struct signature_key key = { session, who };

	/* Queued first: what leaves the queue in between is on disk by then. */
	*ret_found = store_find_queued(store, is_signature, &key);
	return *ret_found ? outcome_ok() : find_stored(store, &key, ret_found);
}
