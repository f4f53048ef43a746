#include "daemon/store/store.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/clinical/event_json.h"
#include "daemon/store/file.h"
#include "daemon/store/rows.h"

enum { GROUP_MS = 100, RETRY_MS = 1000 };

struct store {
	char path[512];
	sqlite3 *db; /* the writer thread's, once it runs */
	struct row_writer *writer;
	struct store_callbacks callbacks;
	uv_async_t wake;
	uv_thread_t thread;
	int64_t last_id;
	store_ticket last_ticket;   /* loop thread */
	store_ticket told;          /* loop thread: last committed ticket handed on */
	bool told_trouble;

	uv_mutex_t mutex; /* guards what follows */
	uv_cond_t work;
	struct row *first, **end;
	size_t readings_queued;
	bool urgent, stopping;
	store_ticket committed;
	uint64_t oldest_ns; /* of what is queued or being written; 0: nothing */
	uint64_t dropped;
	char trouble[256]; /* why the last try failed; empty: it did not */
	int64_t head_seq;
	unsigned char head_hash[32];
};

static void
tell(uv_async_t *wake)
{
	struct store *store = wake->data;
	char trouble[256];
	store_ticket committed;

	uv_mutex_lock(&store->mutex);
	committed = store->committed;
	snprintf(trouble, sizeof(trouble), "%s", store->trouble);
	uv_mutex_unlock(&store->mutex);
	if (committed > store->told) {
		store->told = committed;
		store->callbacks.committed(store->callbacks.ctx, committed);
	}
	if (trouble[0] != '\0' || store->told_trouble) {
		store->told_trouble = trouble[0] != '\0';
		store->callbacks.trouble(store->callbacks.ctx, trouble[0] != '\0' ? trouble : NULL);
	}
}

/* Waits for something to write; NULL when stopping with nothing left. */
static struct row *
take_rows(struct store *store, bool after_failure)
{
	struct row *rows;

	uv_mutex_lock(&store->mutex);
	while (store->first == NULL && !store->stopping)
		uv_cond_wait(&store->work, &store->mutex);
	/* Events go at once; readings wait a moment for company. */
	if (after_failure && !store->stopping)
		uv_cond_timedwait(&store->work, &store->mutex, (uint64_t)RETRY_MS * 1000000);
	else if (!store->urgent && !store->stopping)
		uv_cond_timedwait(&store->work, &store->mutex, (uint64_t)GROUP_MS * 1000000);
	rows = store->first;
	store->first = NULL;
	store->end = &store->first;
	store->urgent = false;
	uv_mutex_unlock(&store->mutex);
	return rows;
}

static struct instant
newest_of(const struct row *rows)
{
	struct instant newest = INSTANT_UNKNOWN;

	for (; rows != NULL; rows = rows->next)
		if (rows->kind == ROW_READING)
			newest = instant_later(newest, rows->of.reading.at);
	return newest;
}

static void
note_committed(struct store *store, struct row *rows)
{
	store_ticket ticket = 0;
	size_t readings = 0;

	while (rows != NULL) {
		struct row *next = rows->next;

		ticket = rows->ticket;
		readings += rows->kind == ROW_READING;
		row_free(rows);
		rows = next;
	}
	uv_mutex_lock(&store->mutex);
	store->committed = ticket;
	store->readings_queued -= readings;
	store->trouble[0] = '\0';
	store->oldest_ns = store->first != NULL ? store->first->queued_ns : 0;
	row_writer_head(store->writer, &store->head_seq, store->head_hash);
	uv_mutex_unlock(&store->mutex);
}

/* Puts the rows back in front of what came meanwhile. */
static void
note_failed(struct store *store, struct row *rows, const char *why)
{
	struct row *last = rows;

	while (last->next != NULL)
		last = last->next;
	uv_mutex_lock(&store->mutex);
	last->next = store->first;
	if (store->first == NULL)
		store->end = &last->next;
	store->first = rows;
	snprintf(store->trouble, sizeof(store->trouble), "%s", why);
	uv_mutex_unlock(&store->mutex);
}

static void
run_writer(void *arg)
{
	struct store *store = arg;
	bool failed = false;
	int last_tries = 0;

	for (;;) {
		struct row *rows = take_rows(store, failed);
		struct outcome done;

		if (rows == NULL) {
			if (store->stopping)
				return;
			continue;
		}
		done = row_writer_commit(store->writer, rows, newest_of(rows));
		failed = !done.ok;
		if (done.ok)
			note_committed(store, rows);
		else
			note_failed(store, rows, done.why);
		uv_async_send(&store->wake);
		/* At the end a disk that stays full is tried once more, not for ever. */
		if (failed && store->stopping && ++last_tries > 1)
			return;
	}
}

static void
free_store(uv_handle_t *handle)
{
	struct store *store = handle->data;

	uv_cond_destroy(&store->work);
	uv_mutex_destroy(&store->mutex);
	free(store);
}

static struct outcome
start_thread(uv_loop_t *loop, struct store *store)
{
	uv_mutex_init(&store->mutex);
	uv_cond_init(&store->work);
	if (uv_async_init(loop, &store->wake, tell) != 0)
		return outcome_fail("%s: the record cannot wake the loop", store->path);
	store->wake.data = store;
	if (uv_thread_create(&store->thread, run_writer, store) != 0)
		return outcome_fail("%s: the record's thread cannot be started", store->path);
	return outcome_ok();
}

struct outcome
store_open(uv_loop_t *loop, const char *path, const struct store_callbacks *callbacks, struct store **ret_store)
{
	struct store *store = calloc(1, sizeof(*store));
	struct outcome done;

	if (store == NULL || sodium_init() < 0) {
		free(store);
		return outcome_fail("%s: out of memory for the record", path);
	}
	snprintf(store->path, sizeof(store->path), "%s", path);
	store->callbacks = *callbacks;
	store->end = &store->first;
	done = file_open_for_writing(path, &store->db);
	if (done.ok)
		done = outcome_within(row_writer_create(store->db, &store->writer), "%s", path);
	if (done.ok) {
		store->last_id = file_integer(store->db,
		    "SELECT max(coalesce((SELECT max(id) FROM session), 0), coalesce((SELECT max(id) FROM alarm), 0))", 0);
		row_writer_head(store->writer, &store->head_seq, store->head_hash);
		done = start_thread(loop, store);
	}
	if (!done.ok) {
		row_writer_destroy(store->writer);
		sqlite3_close(store->db);
		free(store);
		return done;
	}
	*ret_store = store;
	return done;
}

void
store_close(struct store *store)
{
	if (store == NULL)
		return;
	uv_mutex_lock(&store->mutex);
	store->stopping = true;
	uv_cond_signal(&store->work);
	uv_mutex_unlock(&store->mutex);
	uv_thread_join(&store->thread);
	tell(&store->wake);
	while (store->first != NULL) {
		struct row *next = store->first->next;

		row_free(store->first);
		store->first = next;
	}
	row_writer_destroy(store->writer);
	sqlite3_close(store->db);
	uv_close((uv_handle_t *)&store->wake, free_store);
}

static store_ticket
append(struct store *store, struct row *row, bool urgent)
{
	bool drop;

	row->ticket = ++store->last_ticket;
	row->queued_ns = uv_hrtime();
	uv_mutex_lock(&store->mutex);
	drop = row->kind == ROW_READING && store->readings_queued >= STORE_READINGS_MOST;
	if (drop) {
		store->dropped++;
	} else {
		store->readings_queued += row->kind == ROW_READING;
		*store->end = row;
		store->end = &row->next;
		if (store->oldest_ns == 0)
			store->oldest_ns = row->queued_ns;
		store->urgent |= urgent;
		uv_cond_signal(&store->work);
	}
	uv_mutex_unlock(&store->mutex);
	if (drop)
		row_free(row);
	return store->last_ticket;
}

static struct row *
new_row(enum row_kind kind)
{
	struct row *row = calloc(1, sizeof(*row));

	if (row == NULL)
		abort(); /* Without memory for one row there is none for an alarm either: the watchdog's matter. */
	row->kind = kind;
	return row;
}

store_ticket
store_append_event(struct store *store, const struct event *event)
{
	struct row *row = new_row(ROW_EVENT);

	row->of.event.event = *event;
	row->of.event.body = event_body_to_text(event);
	if (row->of.event.body == NULL)
		abort();
	if (event->session != NULL) {
		row->of.event.session = *event->session;
		row->of.event.event.session = &row->of.event.session;
	}
	if (event->alarm != NULL) {
		row->of.event.alarm = *event->alarm;
		row->of.event.event.alarm = &row->of.event.alarm;
	}
	return append(store, row, true);
}

static void
append_reading(struct store *store, const struct reading_row *like, const struct reading *reading)
{
	struct row *row = new_row(ROW_READING);

	row->of.reading = *like;
	row->of.reading.reading = *reading;
	append(store, row, false);
}

static void
append_cuff(struct store *store, struct reading_row *like, const struct cuff *cuff)
{
	static const char *const words[] = {
		[CUFF_NONE] = "", [CUFF_NEW] = "new", [CUFF_REREAD] = "", [CUFF_AGE_UNKNOWN] = "age-unknown",
		[CUFF_FAILED] = "failed",
	};
	const struct reading *const readings[] = { &cuff->systolic, &cuff->mean, &cuff->diastolic, &cuff->pulse };
	static const enum vital vitals[] = { VITAL_SYSTOLIC, VITAL_MEAN, VITAL_DIASTOLIC, VITAL_CUFF_PULSE };

	like->measured_at = cuff->measured_at;
	like->cuff = words[cuff->proof];
	snprintf(like->cuff_key, sizeof(like->cuff_key), "%s", cuff->key);
	for (size_t i = 0; i < sizeof(readings) / sizeof(readings[0]); i++) {
		struct reading reading = *readings[i];

		reading.vital = vitals[i];
		if (reading.quality != QUALITY_ABSENT || (i == 0 && cuff->proof == CUFF_FAILED))
			append_reading(store, like, &reading);
	}
}

store_ticket
store_append_observation(struct store *store, const char *bed, int64_t session_id, const char *device,
    const struct observation *observation, bool with_cuff)
{
	struct reading_row like = { .at = observation->at, .session_id = session_id, .cuff = "" };

	snprintf(like.bed, sizeof(like.bed), "%s", bed);
	snprintf(like.device, sizeof(like.device), "%s", device);
	like.measured_at = observation->at;
	for (size_t i = 0; i < observation->reading_count; i++)
		append_reading(store, &like, &observation->readings[i]);
	if (with_cuff && observation->cuff.proof != CUFF_NONE && observation->cuff.proof != CUFF_REREAD)
		append_cuff(store, &like, &observation->cuff);
	return store->last_ticket;
}

store_ticket
store_put_patient(struct store *store, const char *subject, const char *pseudonym, struct instant at)
{
	struct row *row = new_row(ROW_PATIENT);

	snprintf(row->of.patient.subject, sizeof(row->of.patient.subject), "%s", subject);
	snprintf(row->of.patient.pseudonym, sizeof(row->of.patient.pseudonym), "%s", pseudonym);
	row->of.patient.at = at;
	return append(store, row, true);
}

store_ticket
store_committed(const struct store *store)
{
	return store->told;
}

struct duration
store_lag(const struct store *store)
{
	struct store *owned = (struct store *)store; /* The mutex is no part of what the caller may not change. */
	uint64_t oldest_ns;

	uv_mutex_lock(&owned->mutex);
	oldest_ns = owned->oldest_ns;
	uv_mutex_unlock(&owned->mutex);
	return duration_ms(oldest_ns == 0 ? 0 : (int64_t)((uv_hrtime() - oldest_ns) / 1000000));
}

uint64_t
store_dropped(const struct store *store)
{
	struct store *owned = (struct store *)store;
	uint64_t dropped;

	uv_mutex_lock(&owned->mutex);
	dropped = owned->dropped;
	uv_mutex_unlock(&owned->mutex);
	return dropped;
}

void
store_head(struct store *store, char text[static STORE_HEAD_CAP])
{
	char hex[65];

	uv_mutex_lock(&store->mutex);
	sodium_bin2hex(hex, sizeof(hex), store->head_hash, sizeof(store->head_hash));
	snprintf(text, STORE_HEAD_CAP, "%lld:%s", (long long)store->head_seq, hex);
	uv_mutex_unlock(&store->mutex);
}

int64_t
store_next_id(struct store *store)
{
	return ++store->last_id;
}

const char *
store_path(const struct store *store)
{
	return store->path;
}
