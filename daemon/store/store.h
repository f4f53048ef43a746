/* The record on disk: one SQLite file, one writer thread, everything appended
 * in the order given. Readings are committed in groups at most 100 ms apart,
 * events at once together with the readings before them, so that an alarm and
 * the reading that caused it are one transaction (Promise 4).
 *
 * All functions are called on the loop thread; the writer thread touches only
 * its queue and its connection. What cannot be written is kept and tried again:
 * events as long as memory lasts, readings up to a bound, and what is dropped is counted. */
#ifndef INFUSIOND_STORE_STORE_H
#define INFUSIOND_STORE_STORE_H

#include <uv.h>

#include "daemon/base/outcome.h"
#include "daemon/clinical/event.h"

enum { STORE_HEAD_CAP = 96, STORE_READINGS_MOST = 200000 };

struct store;

/* Counts up at every append; what has a ticket up to the committed one is on disk. */
typedef uint64_t store_ticket;

struct store_callbacks {
	/* On the loop: everything up to `ticket` is on disk. */
	void (*committed)(void *ctx, store_ticket ticket);
	/* On the loop: writing fails, with the reason; or works again (reason NULL). */
	void (*trouble)(void *ctx, const char *reason);
	void *ctx;
};

/* Opens or makes the file, brings its schema up to date, checks that it is ours, sound and not newer. */
struct outcome store_open(uv_loop_t *loop, const char *path, const struct store_callbacks *callbacks,
    struct store **ret_store);

/* Writes what is queued, stops the thread. The memory goes when the loop has closed the handle. NULL is fine. */
void store_close(struct store *store);

store_ticket store_append_event(struct store *store, const struct event *event);

/* The readings of one reply. Cuff results that were read again are not stored again. */
store_ticket store_append_observation(struct store *store, const char *bed, int64_t session_id, const char *device,
    const struct observation *observation, bool with_cuff);

/* Identity, outside the chain. */
store_ticket store_put_patient(struct store *store, const char *subject, const char *pseudonym, struct instant at);

store_ticket store_committed(const struct store *store);

/* How long the oldest uncommitted item has waited (R25), by the host's monotonic clock. */
struct duration store_lag(const struct store *store);

/* Readings dropped since the start because the disk could not take them. */
uint64_t store_dropped(const struct store *store);

/* The committed head of the chain, "SEQ:HEX", to be kept elsewhere. */
void store_head(struct store *store, char text[static STORE_HEAD_CAP]);

/* An id for a session or an alarm that the file has never held. */
int64_t store_next_id(struct store *store);

/* What a start needs to know, read from the file before anything is appended. */
struct store_past {
	bool any;                     /* the file holds a record */
	struct instant last;          /* the last instant on record: when watching stopped */
	int64_t clock_offset_ms;      /* the last clock step on record */
};

/* Calls `take` for the events of every open session that carry state, in order; `bed` in each. */
struct outcome store_load(struct store *store, struct store_past *ret_past,
    void (*take)(void *ctx, const struct event *event), void *ctx);

/* The last recorded configuration, key by key (R38). */
struct outcome store_load_configuration(struct store *store,
    void (*take)(void *ctx, const char *key, const char *value), void *ctx);

/* Whether an act of this id is on record: its first event's text, and true. */
bool store_find_act(struct store *store, const char *act_id, char *text, size_t cap);

const char *store_path(const struct store *store);

#endif
