/* The record on disk: one SQLite file, one writer thread, everything appended
 * in the order given. Readings are committed in groups at most 100 ms apart,
 * events at once together with all that was appended before them. What one
 * callback of the loop appends is never torn apart: an alarm and the reading
 * that caused it are one transaction (Promise 4).
 *
 * All functions are called on the loop thread; the writer thread touches only
 * its queue and its connection. What cannot be written is kept and tried again
 * every second. Beyond STORE_QUEUE_MOST bytes the oldest readings are dropped,
 * then the program's own oldest events, never a person's act; what was dropped
 * is counted and put on record (EVENT_RECORD_GAP) once the disk takes it.
 *
 * Promises 4, 5 and 7 of the design; schema/README.md describes the tables. */
#ifndef INFUSIOND_STORE_STORE_H
#define INFUSIOND_STORE_STORE_H

#include <uv.h>

#include "daemon/base/outcome.h"
#include "daemon/clinical/event.h"

/* 64 MiB: about an hour of sixteen beds without a disk. */
enum { STORE_HEAD_CAP = 96, STORE_QUEUE_MOST = 64 * 1024 * 1024, STORE_PSEUDONYM_CAP = NAME_CAP * 2 };

struct store;

/* Counts up at every append; what has a ticket up to the committed one is on disk. */
typedef uint64_t store_ticket;

struct store_callbacks {
	/* On the loop: everything up to `ticket` is on disk. */
	void (*committed)(void *ctx, store_ticket ticket);
	/* On the loop: writing fails, with the reason, at every try; or works again (reason NULL), once. */
	void (*trouble)(void *ctx, const char *reason);
	void *ctx;
};

/* Opens the file, or makes it if there is none, and brings its schema up to date. Refused with one sentence: a file of
 * another program, a newer, damaged, emptied or half-missing one, and one that another infusiond has open. */
struct outcome store_open(uv_loop_t *loop, const char *path, const struct store_callbacks *callbacks,
    struct store **ret_store);

/* Writes what is queued, stops the thread and calls back a last time. The memory goes when the loop has closed the
 * handle. Fails when something could not be written: it is lost, the sentence says what. NULL is fine. */
struct outcome store_close(struct store *store);

/* The event is copied, its session and alarm too. */
store_ticket store_append_event(struct store *store, const struct event *event);

/* The readings of one reply; its cuff result too when `with_cuff` and it is no re-read one. */
store_ticket store_append_observation(struct store *store, const char *bed, int64_t session_id, const char *device,
    const struct observation *observation, bool with_cuff);

/* Identity, outside the chain: what a session's subject is called ("T-0001"). */
store_ticket store_put_patient(struct store *store, const char *subject, const char *pseudonym, struct instant at);

store_ticket store_committed(const struct store *store);

/* Waits until a ticket is on disk, for as long as that at most; false when it is not. It holds the loop up: for the start only. */
bool store_wait(struct store *store, store_ticket ticket, struct duration at_most);

/* How long the oldest uncommitted item has waited (R25), by the host's monotonic clock. */
struct duration store_lag(const struct store *store);

/* Readings and events dropped since the start because the disk could not take them. */
uint64_t store_dropped(const struct store *store);

/* The committed head of the chain, "SEQ:HEX", to be kept elsewhere. */
void store_head(struct store *store, char text[static STORE_HEAD_CAP]);

/* An id for a session or an alarm that the file has never held, and that was never shown: every end without a stop leaves a
 * thousand out, as long as the event that the program started is on disk before anything is shown (store_wait). */
int64_t store_next_id(struct store *store);

/* What a start needs to know, read from the file before anything is appended. */
struct store_past {
	bool any;                     /* the file holds a record */
	struct instant last;          /* the last instant on record, readings counted: when watching stopped */
	int64_t clock_offset_ms;      /* the last clock step on record */
	char trouble[OUTCOME_WHY_CAP]; /* what could not be read and was passed over; empty: nothing */
};

/* Calls `take` with what a fold over all events comes to (R32): for every open session its last snapshot, then the last
 * snapshot of each of its alarms in the order in which they last changed, all with the bed at which the session is now;
 * then the program's own alarms (session 0) that were open when it stopped. Of an event that is damaged the one before
 * it is taken. */
struct outcome store_load(struct store *store, struct store_past *ret_past,
    void (*take)(void *ctx, const struct event *event), void *ctx);

/* The last recorded configuration, key by key (R38). */
struct outcome store_load_configuration(struct store *store,
    void (*take)(void *ctx, const char *key, const char *value), void *ctx);

/* What an act came to, by its first event. */
struct store_act {
	char who[NAME_CAP];
	char bed[NAME_CAP];
	int64_t session, alarm; /* 0: none */
	char subject[64];
	char text[SENTENCE_CAP];
};

/* Whether an act of this id was appended, on disk or not yet. Fails when the disk does not say: then nobody knows. These four
 * are the loop's own looks at the disk, by an index, and wait FILE_PATIENCE_OF_LOOP_MS at most for whoever holds the file. */
struct outcome store_find_act(struct store *store, const char *act_id, bool *ret_found, struct store_act *ret_act);

/* What a session's subject is called; false, and the text untouched, when it has no name on disk. */
bool store_find_patient(struct store *store, const char *subject, char ret_pseudonym[static STORE_PSEUDONYM_CAP]);

/* The phase and the bed of a session, if there is one, as the disk has it. */
struct outcome store_find_session(struct store *store, int64_t session, bool *ret_found, enum phase *ret_phase,
    char bed[static NAME_CAP]);

/* Whether this person has signed the session, on disk or not yet. */
struct outcome store_find_signature(struct store *store, int64_t session, const char *who, bool *ret_found);

const char *store_path(const struct store *store);

#endif
