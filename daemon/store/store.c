/* The loop's side of the record, and the writer thread. What the loop appends
 * gathers in `pending` and goes over to the writer's queue when the loop comes
 * round: so the steps of one callback stay together. */
#include "daemon/store/store.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/store/file.h"
#include "daemon/store/inside.h"
#include "daemon/store/writer.h"

/* More sessions and alarms than are ever shown before the disk has one of them. */
enum { TROUBLE_CAP = 256, IDS_IN_FLIGHT = 1000 };

static const uint64_t group_ns = UINT64_C(100000000), retry_ns = UINT64_C(1000000000);

struct store {
	/* The loop thread's. */
	sqlite3 *reader;
	struct store_callbacks callbacks;
	uv_async_t wake;
	struct row_list pending;
	int64_t last_id;
	store_ticket last_ticket;
	store_ticket told; /* the last committed ticket handed on */
	uint64_t told_failures;
	bool told_trouble;

	/* The writer thread's, once it runs. */
	struct store_file file;
	struct writer *writer;
	uv_thread_t thread;

	uv_mutex_t mutex; /* guards what follows */
	uv_cond_t work, done;
	struct queue queue;
	const struct batch *writing; /* what the writer holds; NULL: nothing */
	bool stopping;
	store_ticket committed;
	uint64_t failures;         /* tries that failed, ever */
	char trouble[TROUBLE_CAP]; /* why the last try failed; empty: it did not */
	int64_t head_seq;
	unsigned char head_hash[32];
};

/* Waits until something is to be written now: an event at once, readings 100 ms after the first of them, anything a
 * second after a failure. False: stopping, and nothing is left. Called with the mutex held. */
static bool
wait_for_work(struct store *store, bool after_failure)
{
	uint64_t due_ns;

	while (queue_is_empty(&store->queue) && !store->stopping)
		uv_cond_wait(&store->work, &store->mutex);
	due_ns = after_failure ? uv_hrtime() + retry_ns : queue_oldest_ns(&store->queue) + group_ns;
	while (!store->stopping && (after_failure || !store->queue.urgent)) {
		uint64_t now_ns = uv_hrtime();

		if (now_ns >= due_ns)
			break;
		uv_cond_timedwait(&store->work, &store->mutex, due_ns - now_ns);
	}
	return !queue_is_empty(&store->queue);
}

static bool
take_batch(struct store *store, bool after_failure, struct batch *batch)
{
	bool any;

	uv_mutex_lock(&store->mutex);
	any = wait_for_work(store, after_failure);
	if (any) {
		queue_take(&store->queue, batch);
		store->writing = batch;
	}
	uv_mutex_unlock(&store->mutex);
	return any;
}

static void
note_committed(struct store *store, struct batch *batch)
{
	size_t bytes = batch_bytes(batch);

	uv_mutex_lock(&store->mutex);
	store->writing = NULL;
	store->committed = batch->newest_ticket;
	store->trouble[0] = '\0';
	queue_release(&store->queue, bytes);
	writer_head(store->writer, &store->head_seq, store->head_hash);
	uv_cond_broadcast(&store->done);
	uv_mutex_unlock(&store->mutex);
	batch_free(batch);
}

/* True when the writer shall try again. */
static bool
note_failed(struct store *store, struct batch *batch, const char *why)
{
	bool again;

	uv_mutex_lock(&store->mutex);
	store->writing = NULL;
	queue_put_back(&store->queue, batch);
	store->failures++;
	snprintf(store->trouble, sizeof(store->trouble), "%s", why);
	/* At the end a disk that stays full is tried once more, not for ever. */
	again = !store->stopping;
	uv_mutex_unlock(&store->mutex);
	return again;
}

static void
run_writer(void *arg)
{
	struct store *store = arg;
	struct batch batch;
	bool failed = false;

	while (take_batch(store, failed, &batch)) {
		struct outcome done = store_file_check_place(&store->file);

		if (done.ok)
			done = writer_commit(store->writer, &batch);
		failed = !done.ok;
		if (done.ok)
			note_committed(store, &batch);
		else if (!note_failed(store, &batch, done.why))
			return;
		uv_async_send(&store->wake);
	}
}

/* Hands what was appended to the writer. */
static void
publish(struct store *store)
{
	struct row *row;

	if (store->pending.first == NULL)
		return;
	uv_mutex_lock(&store->mutex);
	while ((row = row_list_take(&store->pending)) != NULL)
		queue_put(&store->queue, row);
	uv_cond_signal(&store->work);
	uv_mutex_unlock(&store->mutex);
}

store_ticket
store_append_row(struct store *store, struct row *row)
{
	row->ticket = ++store->last_ticket;
	row->queued_ns = uv_hrtime();
	if (store->pending.first == NULL)
		uv_async_send(&store->wake);
	row_list_put(&store->pending, row);
	return row->ticket;
}

static struct queue_gap
take_gap(struct store *store)
{
	struct queue_gap gap = store->queue.gap;

	store->queue.gap = (struct queue_gap){ .from = INSTANT_UNKNOWN, .to = INSTANT_UNKNOWN };
	return gap;
}

/* What had to be dropped is part of the record too. */
static void
record_gap(struct store *store, const struct queue_gap *gap)
{
	struct event event = { .type = EVENT_RECORD_GAP, .at = gap->to };

	if (gap->readings + gap->events == 0)
		return;
	snprintf(event.text, sizeof(event.text),
	    "the disk took nothing for so long that %" PRIu64 " readings and %" PRIu64 " entries of the program were dropped",
	    gap->readings, gap->events);
	instant_to_iso(gap->from, event.old_value);
	instant_to_iso(gap->to, event.new_value);
	store_append_row(store, row_of_event(&event));
}

static void
tell_trouble(struct store *store, const char *trouble, uint64_t failures)
{
	bool is_new = failures != store->told_failures;

	store->told_failures = failures;
	if (trouble[0] != '\0' ? !is_new : !store->told_trouble)
		return;
	store->told_trouble = trouble[0] != '\0';
	store->callbacks.trouble(store->callbacks.ctx, store->told_trouble ? trouble : NULL);
}

static void
tell(struct store *store)
{
	struct queue_gap gap = { 0 };
	char trouble[TROUBLE_CAP];
	store_ticket committed;
	uint64_t failures;

	uv_mutex_lock(&store->mutex);
	committed = store->committed;
	failures = store->failures;
	memcpy(trouble, store->trouble, sizeof(trouble));
	if (trouble[0] == '\0' && committed > store->told)
		gap = take_gap(store);
	uv_mutex_unlock(&store->mutex);
	record_gap(store, &gap);
	if (committed > store->told) {
		store->told = committed;
		store->callbacks.committed(store->callbacks.ctx, committed);
	}
	tell_trouble(store, trouble, failures);
}

static void
on_wake(uv_async_t *wake)
{
	struct store *store = wake->data;

	publish(store);
	tell(store);
}

static void
free_store(uv_handle_t *handle)
{
	struct store *store = handle->data;

	uv_cond_destroy(&store->work);
	uv_cond_destroy(&store->done);
	uv_mutex_destroy(&store->mutex);
	free(store);
}

static void
close_connections(struct store *store)
{
	writer_destroy(store->writer);
	sqlite3_close(store->reader);
	store_file_close(&store->file);
}

/* How often the program has ended without being stopped since an id was first used: its own run and every later one, less
 * those that were stopped. */
static struct outcome
count_unclean_ends(sqlite3 *db, int64_t id, int64_t *ret_count)
{
	static const char starts_sql[] =
		"SELECT count(*) FROM event WHERE type = 'program_started' AND coalesce(session_id, 0) = 0 AND seq > %" PRId64;
	static const char stops_sql[] = "SELECT count(*) FROM event WHERE type = 'program_stopped' AND seq > %" PRId64;
	static const char first_sql[] = "SELECT min(seq) FROM event WHERE session_id = %" PRId64 " OR alarm_id = %" PRId64;
	char sql[160];
	int64_t first = 0, starts = 0, stops = 0;
	struct outcome done = outcome_ok();

	if (id > 0) {
		snprintf(sql, sizeof(sql), first_sql, id, id);
		done = file_integer(db, sql, &first);
	}
	snprintf(sql, sizeof(sql), starts_sql, first);
	if (done.ok)
		done = file_integer(db, sql, &starts);
	starts += id > 0;
	snprintf(sql, sizeof(sql), stops_sql, first);
	if (done.ok)
		done = file_integer(db, sql, &stops);
	*ret_count = starts > stops ? starts - stops : 0;
	return done;
}

/* An alarm is shown before it is on disk. One that was lost with its reading when the program ended without being stopped has
 * an id that somebody may still have on a screen: it must not come to stand for another alarm. Each such end leaves its own
 * ids out, so that two of them with no new id on disk in between do not begin at the same one. */
static struct outcome
find_last_id(sqlite3 *db, int64_t *ret_last)
{
	int64_t session = 0, alarm = 0, last, ends = 0;
	struct outcome done = file_integer(db, "SELECT max(session_id) FROM event", &session);

	if (done.ok)
		done = file_integer(db, "SELECT max(alarm_id) FROM event WHERE alarm_id <> 0", &alarm);
	last = session > alarm ? session : alarm;
	if (done.ok)
		done = count_unclean_ends(db, last, &ends);
	*ret_last = last + ends * IDS_IN_FLIGHT;
	return done;
}

static struct outcome
open_connections(struct store *store, const char *path)
{
	struct outcome done = store_file_open(path, &store->file);

	if (done.ok)
		done = outcome_within(writer_create(store->file.db, &store->writer), "%s", path);
	if (done.ok)
		done = file_open_for_reading(path, FILE_PATIENCE_OF_LOOP_MS, &store->reader);
	if (done.ok)
		done = outcome_within(find_last_id(store->reader, &store->last_id), "%s", path);
	if (done.ok)
		writer_head(store->writer, &store->head_seq, store->head_hash);
	return done;
}

/* Of what is made here, all of it is left or none; wake.data is set once the loop knows of the store. */
static struct outcome
start_thread(uv_loop_t *loop, struct store *store)
{
	struct outcome failed = outcome_fail("out of memory for the record");

	if (uv_mutex_init(&store->mutex) != 0)
		return failed;
	if (uv_cond_init(&store->work) != 0)
		goto no_work;
	if (uv_cond_init(&store->done) != 0)
		goto no_done;
	failed = outcome_fail("the record cannot wake the loop");
	if (uv_async_init(loop, &store->wake, on_wake) != 0)
		goto no_wake;
	store->wake.data = store;
	/* From here on closing the handle destroys them. */
	if (uv_thread_create(&store->thread, run_writer, store) != 0)
		return outcome_fail("the record's thread cannot be started");
	return outcome_ok();
no_wake:
	uv_cond_destroy(&store->done);
no_done:
	uv_cond_destroy(&store->work);
no_work:
	uv_mutex_destroy(&store->mutex);
	return failed;
}

static void
abandon(struct store *store)
{
	close_connections(store);
	if (store->wake.data != NULL)
		uv_close((uv_handle_t *)&store->wake, free_store);
	else
		free(store);
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
	store->file.lock_fd = -1;
	store->callbacks = *callbacks;
	queue_init(&store->queue, STORE_QUEUE_MOST);
	done = open_connections(store, path);
	if (done.ok)
		done = outcome_within(start_thread(loop, store), "%s", path);
	if (done.ok)
		*ret_store = store;
	else
		abandon(store);
	return done;
}

static struct outcome
count_lost(const struct store *store)
{
	const struct queue *queue = &store->queue;

	if (queue_is_empty(queue))
		return outcome_ok();
	return outcome_fail("%s: %zu readings and %zu events could not be written and are lost: %s", store->file.path,
	    queue->readings.count, queue->others.count, store->trouble);
}

struct outcome
store_close(struct store *store)
{
	struct queue_gap gap;
	struct outcome done;

	if (store == NULL)
		return outcome_ok();
	uv_mutex_lock(&store->mutex);
	gap = take_gap(store);
	uv_mutex_unlock(&store->mutex);
	record_gap(store, &gap);
	publish(store);
	uv_mutex_lock(&store->mutex);
	store->stopping = true;
	uv_cond_signal(&store->work);
	uv_mutex_unlock(&store->mutex);
	uv_thread_join(&store->thread);
	done = count_lost(store);
	tell(store);
	row_list_free(&store->pending);
	queue_finish(&store->queue);
	close_connections(store);
	uv_close((uv_handle_t *)&store->wake, free_store);
	return done;
}

store_ticket
store_append_event(struct store *store, const struct event *event)
{
	return store_append_row(store, row_of_event(event));
}

store_ticket
store_append_observation(struct store *store, const char *bed, int64_t session_id, const char *device,
    const struct observation *observation, bool with_cuff)
{
	struct row_list rows = { 0 };
	struct row *row;

	rows_of_observation(bed, session_id, device, observation, with_cuff, &rows);
	while ((row = row_list_take(&rows)) != NULL)
		store_append_row(store, row);
	return store->last_ticket;
}

store_ticket
store_put_patient(struct store *store, const char *subject, const char *pseudonym, struct instant at)
{
	return store_append_row(store, row_of_patient(subject, pseudonym, at));
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
	oldest_ns = queue_oldest_ns(&owned->queue);
	uv_mutex_unlock(&owned->mutex);
	if (oldest_ns == 0 && owned->pending.first != NULL)
		oldest_ns = owned->pending.first->queued_ns;
	return duration_ms(oldest_ns == 0 ? 0 : (int64_t)((uv_hrtime() - oldest_ns) / 1000000));
}

uint64_t
store_dropped(const struct store *store)
{
	struct store *owned = (struct store *)store;
	uint64_t dropped;

	uv_mutex_lock(&owned->mutex);
	dropped = owned->queue.dropped;
	uv_mutex_unlock(&owned->mutex);
	return dropped;
}

bool
store_wait(struct store *store, store_ticket ticket, struct duration at_most)
{
	uint64_t until_ns = uv_hrtime() + (uint64_t)at_most.ms * 1000000, now_ns;
	bool on_disk;

	publish(store); /* The loop, which would do it, is not turning. */
	uv_mutex_lock(&store->mutex);
	while (store->committed < ticket && (now_ns = uv_hrtime()) < until_ns)
		uv_cond_timedwait(&store->done, &store->mutex, until_ns - now_ns);
	on_disk = store->committed >= ticket;
	uv_mutex_unlock(&store->mutex);
	return on_disk;
}

void
store_head(struct store *store, char text[static STORE_HEAD_CAP])
{
	char hex[65];

	uv_mutex_lock(&store->mutex);
	sodium_bin2hex(hex, sizeof(hex), store->head_hash, sizeof(store->head_hash));
	snprintf(text, STORE_HEAD_CAP, "%" PRId64 ":%s", store->head_seq, hex);
	uv_mutex_unlock(&store->mutex);
}

int64_t
store_next_id(struct store *store)
{
	return ++store->last_id;
}

/* Called with the mutex held. */
static const struct event_row *
find_queued(const struct store *store, bool (*fits)(const struct event *event, const void *wanted), const void *wanted)
{
	const struct event_row *row = NULL;

	if (store->writing != NULL)
		row = queue_find_event(&store->writing->others, fits, wanted);
	if (row == NULL)
		row = queue_find_event(&store->queue.others, fits, wanted);
	return row != NULL ? row : queue_find_event(&store->pending, fits, wanted);
}

bool
store_find_queued(struct store *store, bool (*fits)(const struct event *event, const void *wanted), const void *wanted)
{
	bool found;

	uv_mutex_lock(&store->mutex);
	found = find_queued(store, fits, wanted) != NULL;
	uv_mutex_unlock(&store->mutex);
	return found;
}

static bool
is_of_act(const struct event *event, const void *wanted)
{
	return strcmp(event->act_id, wanted) == 0;
}

/* Called with the mutex held. */
static bool
find_queued_act(const struct store *store, const char *act_id, struct store_act *ret_act)
{
	const struct event_row *row = find_queued(store, is_of_act, act_id);

	if (row == NULL)
		return false;
	*ret_act = (struct store_act){ .session = row->event.session_id, .alarm = row->alarm_id };
	snprintf(ret_act->who, sizeof(ret_act->who), "%s", row->event.who.name);
	snprintf(ret_act->bed, sizeof(ret_act->bed), "%s", row->event.bed);
	snprintf(ret_act->subject, sizeof(ret_act->subject), "%s", row->event.subject);
	snprintf(ret_act->text, sizeof(ret_act->text), "%s", row->event.text);
	return true;
}

struct outcome
store_find_act(struct store *store, const char *act_id, bool *ret_found, struct store_act *ret_act)
{
	*ret_found = false;
	if (act_id[0] == '\0')
		return outcome_ok();
	/* Queued first: what leaves the queue in between is on disk by then. */
	uv_mutex_lock(&store->mutex);
	*ret_found = find_queued_act(store, act_id, ret_act);
	uv_mutex_unlock(&store->mutex);
	return *ret_found ? outcome_ok() : load_act(store->reader, act_id, ret_found, ret_act);
}

const char *
store_path(const struct store *store)
{
	return store->file.path;
}

sqlite3 *
store_reader(struct store *store)
{
	return store->reader;
}
