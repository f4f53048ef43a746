/* What a signature must know of a session that has ended: asked by the loop,
 * on its own connection, and of what is queued. */
#include <stdio.h>
#include <string.h>

#include "daemon/store/file.h"
#include "daemon/store/inside.h"

bool
store_find_session(struct store *store, int64_t session, enum phase *ret_phase, char bed[static NAME_CAP])
{
	sqlite3_stmt *row = NULL;
	bool found = false;

	if (file_prepare(store_reader(store), "SELECT phase, bed FROM session WHERE id = ?1", &row).ok) {
		sqlite3_bind_int64(row, 1, session);
		found = sqlite3_step(row) == SQLITE_ROW && phase_from_name(file_text(row, 0), ret_phase);
		if (found)
			snprintf(bed, NAME_CAP, "%s", file_text(row, 1));
	}
	sqlite3_finalize(row);
	return found;
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

static bool
is_stored(struct store *store, const struct signature_key *key)
{
	sqlite3_stmt *row = NULL;
	bool found = false;

	if (file_prepare(store_reader(store), "SELECT 1 FROM signature WHERE session_id = ?1 AND who = ?2", &row).ok) {
		sqlite3_bind_int64(row, 1, key->session);
		sqlite3_bind_text(row, 2, key->who, -1, SQLITE_STATIC);
		found = sqlite3_step(row) == SQLITE_ROW;
	}
	sqlite3_finalize(row);
	return found;
}

bool
store_has_signed(struct store *store, int64_t session, const char *who)
{
	const struct signature_key key = { session, who };

	/* Queued first: what leaves the queue in between is on disk by then. */
	return store_find_queued(store, is_signature, &key) || is_stored(store, &key);
}
