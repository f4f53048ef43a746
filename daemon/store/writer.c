#include "daemon/store/writer.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/store/chain.h"
#include "daemon/store/file.h"

enum statement { BEGIN, COMMIT, ROLLBACK, PUT_EVENT, PUT_READING, PUT_HEAD, PUT_PATIENT, PUT_ACCOUNT,
	REMOVE_ACCOUNT, REMOVE_LOG_INS, PUT_LOG_IN, REMOVE_LOG_IN, PUT_SIGNATURE, STATEMENT_COUNT };

static const char *const statements[STATEMENT_COUNT] = {
	[BEGIN] = "BEGIN IMMEDIATE",
	[COMMIT] = "COMMIT",
	[ROLLBACK] = "ROLLBACK",
	[PUT_EVENT] = "INSERT INTO event (" EVENT_COLUMNS ", prev_hash, hash) "
		      "VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14,?15,?16,?17,?18)",
	[PUT_READING] = "INSERT INTO reading (" READING_COLUMNS ", mark) "
			"VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14,?15)",
	[PUT_HEAD] = "UPDATE chain_head SET seq = ?1, hash = ?2, reading_id = ?3",
	[PUT_PATIENT] = "INSERT OR REPLACE INTO patient VALUES (?1,?2,?3)",
	[PUT_ACCOUNT] = "INSERT OR REPLACE INTO account VALUES (?1,?2,?3,?4,?5,?6)",
	[REMOVE_ACCOUNT] = "DELETE FROM account WHERE name = ?1",
	[REMOVE_LOG_INS] = "DELETE FROM log_in WHERE account = ?1",
	[PUT_LOG_IN] = "INSERT OR REPLACE INTO log_in VALUES (?1,?2,?3,?4)",
	[PUT_SIGNATURE] = "INSERT INTO signature VALUES (?1,?2,?3,?4,?5,?6)",
	[REMOVE_LOG_IN] = "DELETE FROM log_in WHERE token = ?1",
};

/* Where the record ends. */
struct tip {
	int64_t seq, reading_id;
	unsigned char hash[CHAIN_HASH];
};

struct writer {
	sqlite3 *db;
	sqlite3_stmt *statements[STATEMENT_COUNT];
	struct projector projector;
	struct tip committed;
	struct tip next; /* within the transaction */
};

static struct outcome
load_head(struct writer *writer)
{
	sqlite3_stmt *row = NULL;
	bool found = false;
	struct outcome done = file_prepare(writer->db, "SELECT seq, hash, reading_id FROM chain_head", &row);

	if (done.ok)
		done = file_next(row, &found);
	if (found && sqlite3_column_bytes(row, 1) == CHAIN_HASH) {
		writer->committed.seq = sqlite3_column_int64(row, 0);
		memcpy(writer->committed.hash, sqlite3_column_blob(row, 1), CHAIN_HASH);
		writer->committed.reading_id = sqlite3_column_int64(row, 2);
	} else if (done.ok) {
		done = outcome_fail("the head of the chain is missing: restore a backup, or move it away to begin a new record");
	}
	sqlite3_finalize(row);
	return done;
}

/* A record that is longer or shorter than its head says was changed by others; appending to it must still be possible,
 * so the new rows follow the last that there is, and verify names the place where it was changed. */
static struct outcome
step_over_strangers(struct writer *writer)
{
	struct tip *tip = &writer->committed;
	int64_t last_seq = 0, last_reading = 0;
	struct outcome done = file_integer(writer->db, "SELECT max(seq) FROM event", &last_seq);

	if (done.ok)
		done = file_integer(writer->db, "SELECT max(id) FROM reading", &last_reading);
	if (last_seq > tip->seq)
		tip->seq = last_seq;
	if (last_reading > tip->reading_id)
		tip->reading_id = last_reading;
	return done;
}

struct outcome
writer_create(sqlite3 *db, struct writer **ret_writer)
{
	struct writer *writer = calloc(1, sizeof(*writer));
	struct outcome done = outcome_ok();

	if (writer == NULL)
		return outcome_fail("out of memory for the record");
	writer->db = db;
	for (int i = 0; done.ok && i < STATEMENT_COUNT; i++)
		done = file_prepare(db, statements[i], &writer->statements[i]);
	if (done.ok)
		done = projector_init(&writer->projector, db, "main.session", "main.alarm");
	if (done.ok)
		done = load_head(writer);
	if (done.ok)
		done = step_over_strangers(writer);
	if (!done.ok) {
		writer_destroy(writer);
		return done;
	}
	*ret_writer = writer;
	return done;
}

void
writer_destroy(struct writer *writer)
{
	if (writer == NULL)
		return;
	for (int i = 0; i < STATEMENT_COUNT; i++)
		sqlite3_finalize(writer->statements[i]);
	projector_finish(&writer->projector);
	free(writer);
}

void
writer_head(const struct writer *writer, int64_t *ret_seq, unsigned char ret_hash[static 32])
{
	*ret_seq = writer->committed.seq;
	memcpy(ret_hash, writer->committed.hash, CHAIN_HASH);
}

/* Binds a column and adds it to the sum in one go, so that what is hashed is what is stored. */
struct hashing_binder {
	sqlite3_stmt *statement;
	struct chain_sum *sum;
	int column;
};

static void
bind_integer(struct hashing_binder *binder, int64_t value)
{
	sqlite3_bind_int64(binder->statement, ++binder->column, value);
	chain_add_integer(binder->sum, value);
}

static void
bind_text(struct hashing_binder *binder, const char *text)
{
	sqlite3_bind_text(binder->statement, ++binder->column, text, -1, SQLITE_STATIC);
	chain_add_text(binder->sum, text);
}

static void
bind_null_or(struct hashing_binder *binder, bool has, int64_t value)
{
	if (has) {
		bind_integer(binder, value);
		return;
	}
	sqlite3_bind_null(binder->statement, ++binder->column);
	chain_add_null(binder->sum);
}

/* The last step of a link: previous hash and own. */
static struct outcome
link_event(struct writer *writer, struct hashing_binder *binder)
{
	unsigned char hash[CHAIN_HASH];
	struct outcome done;

	chain_end(binder->sum, hash);
	sqlite3_bind_blob(binder->statement, ++binder->column, writer->next.hash, CHAIN_HASH, SQLITE_STATIC);
	sqlite3_bind_blob(binder->statement, ++binder->column, hash, CHAIN_HASH, SQLITE_STATIC);
	done = file_step(binder->statement);
	memcpy(writer->next.hash, hash, CHAIN_HASH);
	return done;
}

static struct outcome
put_event(struct writer *writer, const struct event *event, int64_t alarm_id, const char *body)
{
	struct chain_sum sum;
	struct hashing_binder binder = { writer->statements[PUT_EVENT], &sum, 0 };

	chain_begin(&sum);
	chain_add_bytes(&sum, writer->next.hash, CHAIN_HASH);
	bind_integer(&binder, ++writer->next.seq);
	bind_integer(&binder, event->at.ms);
	bind_text(&binder, event_type_name(event->type));
	bind_text(&binder, event->bed);
	bind_integer(&binder, event->session_id);
	bind_integer(&binder, alarm_id);
	bind_text(&binder, event->who.name);
	bind_text(&binder, event->who.name[0] != '\0' ? role_name(event->who.role) : "");
	bind_text(&binder, event->act_id);
	bind_text(&binder, event->reason);
	bind_text(&binder, event->text);
	bind_text(&binder, event->subject);
	bind_text(&binder, event->old_value);
	bind_text(&binder, event->new_value);
	bind_text(&binder, event->type == EVENT_ALARM ? alarm_change_name(event->change) : "");
	bind_text(&binder, body);
	return link_event(writer, &binder);
}

static const char *
pinned_name(enum pinned pinned)
{
	static const char *const names[] = { [PINNED_NOT] = "", [PINNED_LOW] = "low", [PINNED_HIGH] = "high" };

	return names[pinned];
}

static struct outcome
put_reading(struct writer *writer, const struct reading_row *row, struct chain_sum *batch_sum)
{
	unsigned char hash[CHAIN_HASH];
	struct chain_sum sum;
	struct hashing_binder binder = { writer->statements[PUT_READING], &sum, 0 };

	chain_begin(&sum);
	bind_integer(&binder, ++writer->next.reading_id);
	bind_integer(&binder, row->at.ms);
	bind_text(&binder, row->bed);
	bind_integer(&binder, row->session_id);
	bind_text(&binder, row->device);
	bind_text(&binder, vital_info(row->reading.vital)->name);
	bind_text(&binder, source_name(row->reading.source));
	bind_text(&binder, quality_name(row->reading.quality));
	bind_text(&binder, doubt_text(row->reading.doubt));
	bind_text(&binder, pinned_name(row->reading.pinned));
	bind_null_or(&binder, quality_has_value(row->reading.quality), row->reading.milli);
	bind_null_or(&binder, instant_is_known(row->measured_at), row->measured_at.ms);
	bind_text(&binder, row->cuff);
	bind_text(&binder, row->cuff_key);
	chain_end(&sum, hash);
	chain_add_bytes(batch_sum, hash, CHAIN_HASH);
	sqlite3_bind_int64(binder.statement, ++binder.column, chain_mark(hash));
	return file_step(binder.statement);
}

/* Readings are sealed into the chain by an event that holds the sum over the batch's rows. */
static struct outcome
seal(struct writer *writer, int64_t first, int64_t count, struct chain_sum *batch_sum, struct instant at)
{
	unsigned char hash[CHAIN_HASH];
	char hex[CHAIN_HASH * 2 + 1], body[256];
	const struct event event = { .type = EVENT_READINGS, .at = at };

	chain_end(batch_sum, hash);
	sodium_bin2hex(hex, sizeof(hex), hash, sizeof(hash));
	snprintf(body, sizeof(body), "{\"count\":%" PRId64 ",\"first\":%" PRId64 ",\"hash\":\"%s\",\"last\":%" PRId64 "}", count,
	    first, hex, first + count - 1);
	return put_event(writer, &event, 0, body);
}

static struct outcome
put_readings(struct writer *writer, const struct row_list *readings)
{
	struct instant newest = INSTANT_UNKNOWN;
	struct chain_sum batch_sum;
	int64_t first = writer->next.reading_id + 1, count = 0;
	struct outcome done = outcome_ok();

	chain_begin(&batch_sum);
	for (const struct row *row = readings->first; done.ok && row != NULL; row = row->next) {
		const struct reading_row *reading = (const struct reading_row *)row;

		newest = instant_later(newest, reading->at);
		done = put_reading(writer, reading, &batch_sum);
		count++;
	}
	if (done.ok && count > 0)
		done = seal(writer, first, count, &batch_sum, newest);
	return done;
}

/* A signature is a projection of its event alone. */
static struct outcome
put_signature(struct writer *writer, const struct event *event)
{
	sqlite3_stmt *statement = writer->statements[PUT_SIGNATURE];

	sqlite3_bind_int64(statement, 1, writer->next.seq);
	sqlite3_bind_int64(statement, 2, event->session_id);
	sqlite3_bind_int64(statement, 3, event->at.ms);
	sqlite3_bind_text(statement, 4, event->who.name, -1, SQLITE_STATIC);
	sqlite3_bind_text(statement, 5, event->who.name[0] != '\0' ? role_name(event->who.role) : "", -1, SQLITE_STATIC);
	sqlite3_bind_text(statement, 6, event->reason, -1, SQLITE_STATIC);
	return file_step(statement);
}

static struct outcome
put_event_row(struct writer *writer, const struct event_row *row)
{
	struct outcome done = put_event(writer, &row->event, row->alarm_id, row->body);

	if (done.ok && row->has_session)
		done = projector_put_session(&writer->projector, writer->next.seq, &row->session);
	if (done.ok && row->has_alarm)
		done = projector_put_alarm(&writer->projector, writer->next.seq, &row->alarm);
	if (done.ok && row->event.type == EVENT_SIGNED)
		done = put_signature(writer, &row->event);
	return done;
}

static struct outcome
put_patient(struct writer *writer, const struct patient_row *row)
{
	sqlite3_stmt *statement = writer->statements[PUT_PATIENT];

	sqlite3_bind_text(statement, 1, row->subject, -1, SQLITE_STATIC);
	sqlite3_bind_text(statement, 2, row->pseudonym, -1, SQLITE_STATIC);
	sqlite3_bind_int64(statement, 3, row->at.ms);
	return file_step(statement);
}

static struct outcome
remove_account(struct writer *writer, const char *name)
{
	struct outcome done;

	sqlite3_bind_text(writer->statements[REMOVE_LOG_INS], 1, name, -1, SQLITE_STATIC);
	done = file_step(writer->statements[REMOVE_LOG_INS]);
	if (!done.ok)
		return done;
	sqlite3_bind_text(writer->statements[REMOVE_ACCOUNT], 1, name, -1, SQLITE_STATIC);
	return file_step(writer->statements[REMOVE_ACCOUNT]);
}

static struct outcome
put_account(struct writer *writer, const struct account_row *row)
{
	const struct account *account = &row->account;
	sqlite3_stmt *statement = writer->statements[PUT_ACCOUNT];

	if (row->removed)
		return remove_account(writer, account->name);
	sqlite3_bind_text(statement, 1, account->name, -1, SQLITE_STATIC);
	sqlite3_bind_text(statement, 2, role_name(account->role), -1, SQLITE_STATIC);
	sqlite3_bind_text(statement, 3, account->hash, -1, SQLITE_STATIC);
	sqlite3_bind_int(statement, 4, account->must_change);
	sqlite3_bind_int(statement, 5, account->disabled);
	sqlite3_bind_int64(statement, 6, account->made.ms);
	return file_step(statement);
}

static struct outcome
put_log_in(struct writer *writer, const struct log_in_row *row)
{
	const struct log_in *log_in = &row->log_in;
	sqlite3_stmt *statement = writer->statements[row->removed ? REMOVE_LOG_IN : PUT_LOG_IN];

	sqlite3_bind_blob(statement, 1, log_in->token, TOKEN_HASH, SQLITE_STATIC);
	if (!row->removed) {
		sqlite3_bind_text(statement, 2, log_in->account, -1, SQLITE_STATIC);
		sqlite3_bind_int64(statement, 3, log_in->made.ms);
		sqlite3_bind_int64(statement, 4, log_in->used.ms);
	}
	return file_step(statement);
}

static struct outcome
put_other(struct writer *writer, const struct row *row)
{
	switch (row->kind) {
	case ROW_EVENT:
		return put_event_row(writer, (const struct event_row *)row);
	case ROW_PATIENT:
		return put_patient(writer, (const struct patient_row *)row);
	case ROW_ACCOUNT:
		return put_account(writer, (const struct account_row *)row);
	case ROW_LOG_IN:
		return put_log_in(writer, (const struct log_in_row *)row);
	case ROW_READING:
		break;
	}
	return outcome_fail("a reading lies among what is none");
}

static struct outcome
put_others(struct writer *writer, const struct row_list *others)
{
	struct outcome done = outcome_ok();

	for (const struct row *row = others->first; done.ok && row != NULL; row = row->next)
		done = put_other(writer, row);
	return done;
}

static struct outcome
put_head(struct writer *writer)
{
	sqlite3_stmt *statement = writer->statements[PUT_HEAD];

	sqlite3_bind_int64(statement, 1, writer->next.seq);
	sqlite3_bind_blob(statement, 2, writer->next.hash, CHAIN_HASH, SQLITE_STATIC);
	sqlite3_bind_int64(statement, 3, writer->next.reading_id);
	return file_step(statement);
}

struct outcome
writer_commit(struct writer *writer, const struct batch *batch)
{
	struct outcome done = file_step(writer->statements[BEGIN]);

	if (!done.ok)
		return done;
	writer->next = writer->committed;
	done = put_readings(writer, &batch->readings);
	if (done.ok)
		done = put_others(writer, &batch->others);
	if (done.ok)
		done = put_head(writer);
	if (done.ok)
		done = file_step(writer->statements[COMMIT]);
	if (!done.ok) {
		/* SQLite may have rolled back by itself; then this one fails, and that is fine. */
		file_step(writer->statements[ROLLBACK]);
		return done;
	}
	writer->committed = writer->next;
	return done;
}
