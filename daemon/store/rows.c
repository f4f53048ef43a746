/* One transaction of the record. */
#include "daemon/store/rows.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/store/chain.h"
#include "daemon/store/file.h"

enum statement {
	BEGIN, COMMIT, ROLLBACK, PUT_EVENT, PUT_READING, PUT_HEAD, PUT_SESSION, PUT_ALARM, PUT_PATIENT, STATEMENT_COUNT
};

static const char *const statements[STATEMENT_COUNT] = {
	[BEGIN] = "BEGIN IMMEDIATE",
	[COMMIT] = "COMMIT",
	[ROLLBACK] = "ROLLBACK",
	[PUT_EVENT] = "INSERT INTO event (" EVENT_COLUMNS ", prev_hash, hash) "
		      "VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14,?15,?16,?17)",
	[PUT_READING] = "INSERT INTO reading (" READING_COLUMN_LIST ") VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13)",
	[PUT_HEAD] = "UPDATE chain_head SET seq = ?1, hash = ?2, reading_id = ?3",
	[PUT_SESSION] = "INSERT OR REPLACE INTO session VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11)",
	[PUT_ALARM] = "INSERT OR REPLACE INTO alarm VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14)",
	[PUT_PATIENT] = "INSERT OR REPLACE INTO patient VALUES (?1,?2,?3)",
};

struct row_writer {
	sqlite3 *db;
	sqlite3_stmt *statements[STATEMENT_COUNT];
	int64_t seq, reading_id;          /* committed */
	unsigned char hash[CHAIN_HASH];
	int64_t next_seq, next_reading_id; /* within the transaction */
	unsigned char next_hash[CHAIN_HASH];
};

void
row_free(struct row *row)
{
	if (row->kind == ROW_EVENT)
		free(row->of.event.body);
	free(row);
}

static struct outcome
load_head(struct row_writer *writer)
{
	sqlite3_stmt *statement = NULL;
	struct outcome done = file_prepare(writer->db, "SELECT seq, hash, reading_id FROM chain_head", &statement);

	if (done.ok && sqlite3_step(statement) == SQLITE_ROW && sqlite3_column_bytes(statement, 1) == CHAIN_HASH) {
		writer->seq = sqlite3_column_int64(statement, 0);
		memcpy(writer->hash, sqlite3_column_blob(statement, 1), CHAIN_HASH);
		writer->reading_id = sqlite3_column_int64(statement, 2);
	} else if (done.ok) {
		done = outcome_fail("the head of the chain is missing: the record has been tampered with or damaged");
	}
	sqlite3_finalize(statement);
	return done;
}

struct outcome
row_writer_create(sqlite3 *db, struct row_writer **ret_writer)
{
	struct row_writer *writer = calloc(1, sizeof(*writer));
	struct outcome done = outcome_ok();

	if (writer == NULL)
		return outcome_fail("out of memory for the record");
	writer->db = db;
	for (int i = 0; done.ok && i < STATEMENT_COUNT; i++)
		done = file_prepare(db, statements[i], &writer->statements[i]);
	if (done.ok)
		done = load_head(writer);
	if (!done.ok) {
		row_writer_destroy(writer);
		return done;
	}
	*ret_writer = writer;
	return done;
}

void
row_writer_destroy(struct row_writer *writer)
{
	if (writer == NULL)
		return;
	for (int i = 0; i < STATEMENT_COUNT; i++)
		sqlite3_finalize(writer->statements[i]);
	free(writer);
}

void
row_writer_head(const struct row_writer *writer, int64_t *ret_seq, unsigned char ret_hash[32])
{
	*ret_seq = writer->seq;
	memcpy(ret_hash, writer->hash, CHAIN_HASH);
}

static struct outcome
step(struct row_writer *writer, enum statement which)
{
	sqlite3_stmt *statement = writer->statements[which];
	int result = sqlite3_step(statement);

	sqlite3_reset(statement);
	sqlite3_clear_bindings(statement);
	if (result != SQLITE_DONE)
		return outcome_fail("%s", sqlite3_errmsg(writer->db));
	return outcome_ok();
}

/* Binds a column and adds it to the sum in one go, so that what is hashed is what is stored. */
struct binder {
	sqlite3_stmt *statement;
	struct chain_sum *sum;
	int column;
};

static void
bind_integer(struct binder *binder, int64_t value)
{
	sqlite3_bind_int64(binder->statement, ++binder->column, value);
	chain_add_integer(binder->sum, value);
}

static void
bind_text(struct binder *binder, const char *text)
{
	sqlite3_bind_text(binder->statement, ++binder->column, text, -1, SQLITE_STATIC);
	chain_add_text(binder->sum, text);
}

static void
bind_null_or(struct binder *binder, bool has, int64_t value)
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
link_event(struct row_writer *writer, struct binder *binder)
{
	unsigned char hash[CHAIN_HASH];
	struct outcome done;

	chain_end(binder->sum, hash);
	sqlite3_bind_blob(binder->statement, ++binder->column, writer->next_hash, CHAIN_HASH, SQLITE_TRANSIENT);
	sqlite3_bind_blob(binder->statement, ++binder->column, hash, CHAIN_HASH, SQLITE_TRANSIENT);
	done = step(writer, PUT_EVENT);
	memcpy(writer->next_hash, hash, CHAIN_HASH);
	return done;
}

static void
begin_event(struct row_writer *writer, struct binder *binder, struct chain_sum *sum)
{
	chain_begin(sum);
	chain_add_bytes(sum, writer->next_hash, CHAIN_HASH);
	*binder = (struct binder){ writer->statements[PUT_EVENT], sum, 0 };
	bind_integer(binder, ++writer->next_seq);
}

static struct outcome
put_event(struct row_writer *writer, const struct event *event, const char *body)
{
	struct chain_sum sum;
	struct binder binder;

	begin_event(writer, &binder, &sum);
	bind_integer(&binder, event->at.ms);
	bind_text(&binder, event_type_name(event->type));
	bind_text(&binder, event->bed);
	bind_integer(&binder, event->session_id);
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

static struct outcome
put_reading(struct row_writer *writer, const struct reading_row *row, struct chain_sum *batch)
{
	struct binder binder = { writer->statements[PUT_READING], batch, 0 };

	bind_integer(&binder, ++writer->next_reading_id);
	bind_integer(&binder, row->at.ms);
	bind_text(&binder, row->bed);
	bind_integer(&binder, row->session_id);
	bind_text(&binder, row->device);
	bind_text(&binder, vital_info(row->reading.vital)->name);
	bind_text(&binder, source_name(row->reading.source));
	bind_text(&binder, quality_name(row->reading.quality));
	bind_text(&binder, doubt_text(row->reading.doubt));
	bind_null_or(&binder, quality_has_value(row->reading.quality), row->reading.milli);
	bind_null_or(&binder, instant_is_known(row->measured_at), row->measured_at.ms);
	bind_text(&binder, row->cuff);
	bind_text(&binder, row->cuff_key);
	return step(writer, PUT_READING);
}

/* Readings are sealed into the chain by an event that holds the sum over the batch's rows. */
static struct outcome
seal(struct row_writer *writer, int64_t first, int64_t count, struct chain_sum *batch, struct instant at)
{
	unsigned char hash[CHAIN_HASH];
	char hex[CHAIN_HASH * 2 + 1], body[256];
	struct event event = { .type = EVENT_READINGS, .at = at };

	chain_end(batch, hash);
	sodium_bin2hex(hex, sizeof(hex), hash, sizeof(hash));
	snprintf(body, sizeof(body), "{\"count\":%" PRId64 ",\"first\":%" PRId64 ",\"hash\":\"%s\"}", count, first, hex);
	return put_event(writer, &event, body);
}

static struct outcome
put_readings(struct row_writer *writer, const struct row *rows, struct instant sealed_at)
{
	struct chain_sum batch;
	int64_t first = writer->next_reading_id + 1, count = 0;
	struct outcome done = outcome_ok();

	chain_begin(&batch);
	for (const struct row *row = rows; done.ok && row != NULL; row = row->next) {
		if (row->kind != ROW_READING)
			continue;
		done = put_reading(writer, &row->of.reading, &batch);
		count++;
	}
	if (done.ok && count > 0)
		done = seal(writer, first, count, &batch, sealed_at);
	return done;
}

static void
bind_instant(sqlite3_stmt *statement, int column, struct instant at)
{
	if (instant_is_known(at))
		sqlite3_bind_int64(statement, column, at.ms);
	else
		sqlite3_bind_null(statement, column);
}

static struct outcome
project_session(struct row_writer *writer, const struct session *session)
{
	sqlite3_stmt *statement = writer->statements[PUT_SESSION];

	sqlite3_bind_int64(statement, 1, session->id);
	sqlite3_bind_text(statement, 2, session->subject, -1, SQLITE_STATIC);
	sqlite3_bind_text(statement, 3, session->bed, -1, SQLITE_STATIC);
	sqlite3_bind_text(statement, 4, session->regimen, -1, SQLITE_STATIC);
	sqlite3_bind_text(statement, 5, phase_name(session->phase), -1, SQLITE_STATIC);
	bind_instant(statement, 6, session->started);
	bind_instant(statement, 7, session->clock.started);
	bind_instant(statement, 8, session->ended);
	sqlite3_bind_int64(statement, 9, session->plan.weight_g);
	sqlite3_bind_int64(statement, 10, session->plan.dose_ug);
	sqlite3_bind_int64(statement, 11, session->aborted);
	return step(writer, PUT_SESSION);
}

static struct outcome
project_alarm(struct row_writer *writer, const struct alarm *alarm, const char *bed)
{
	sqlite3_stmt *statement = writer->statements[PUT_ALARM];
	char group[64];

	alarm_group_to_text(&alarm->group, group);
	sqlite3_bind_int64(statement, 1, alarm->id);
	sqlite3_bind_int64(statement, 2, alarm->session);
	sqlite3_bind_text(statement, 3, bed, -1, SQLITE_STATIC);
	sqlite3_bind_text(statement, 4, group, -1, SQLITE_STATIC);
	sqlite3_bind_text(statement, 5, alarm_state_name(alarm->state), -1, SQLITE_STATIC);
	sqlite3_bind_text(statement, 6, priority_name(alarm->priority), -1, SQLITE_STATIC);
	sqlite3_bind_text(statement, 7, priority_name(alarm->peak), -1, SQLITE_STATIC);
	sqlite3_bind_int64(statement, 8, alarm->revision);
	bind_instant(statement, 9, alarm->started);
	bind_instant(statement, 10, alarm->ended);
	bind_instant(statement, 11, alarm->acknowledged_at);
	sqlite3_bind_text(statement, 12, alarm->acknowledged_by, -1, SQLITE_STATIC);
	sqlite3_bind_text(statement, 13, alarm->acknowledge_note, -1, SQLITE_STATIC);
	sqlite3_bind_text(statement, 14, alarm->sentence, -1, SQLITE_STATIC);
	return step(writer, PUT_ALARM);
}

static struct outcome
put_event_row(struct row_writer *writer, const struct row *row)
{
	const struct event *event = &row->of.event.event;
	struct outcome done = put_event(writer, event, row->of.event.body);

	if (done.ok && event->session != NULL)
		done = project_session(writer, event->session);
	if (done.ok && event->alarm != NULL)
		done = project_alarm(writer, event->alarm, event->bed);
	return done;
}

static struct outcome
put_patient(struct row_writer *writer, const struct row *row)
{
	sqlite3_stmt *statement = writer->statements[PUT_PATIENT];

	sqlite3_bind_text(statement, 1, row->of.patient.subject, -1, SQLITE_STATIC);
	sqlite3_bind_text(statement, 2, row->of.patient.pseudonym, -1, SQLITE_STATIC);
	sqlite3_bind_int64(statement, 3, row->of.patient.at.ms);
	return step(writer, PUT_PATIENT);
}

static struct outcome
put_others(struct row_writer *writer, const struct row *rows)
{
	struct outcome done = outcome_ok();

	for (const struct row *row = rows; done.ok && row != NULL; row = row->next) {
		if (row->kind == ROW_EVENT)
			done = put_event_row(writer, row);
		else if (row->kind == ROW_PATIENT)
			done = put_patient(writer, row);
	}
	return done;
}

static struct outcome
put_head(struct row_writer *writer)
{
	sqlite3_stmt *statement = writer->statements[PUT_HEAD];

	sqlite3_bind_int64(statement, 1, writer->next_seq);
	sqlite3_bind_blob(statement, 2, writer->next_hash, CHAIN_HASH, SQLITE_STATIC);
	sqlite3_bind_int64(statement, 3, writer->next_reading_id);
	return step(writer, PUT_HEAD);
}

struct outcome
row_writer_commit(struct row_writer *writer, struct row *rows, struct instant sealed_at)
{
	struct outcome done = step(writer, BEGIN);

	if (!done.ok)
		return done;
	writer->next_seq = writer->seq;
	writer->next_reading_id = writer->reading_id;
	memcpy(writer->next_hash, writer->hash, CHAIN_HASH);
	done = put_readings(writer, rows, sealed_at);
	if (done.ok)
		done = put_others(writer, rows);
	if (done.ok)
		done = put_head(writer);
	if (done.ok)
		done = step(writer, COMMIT);
	if (!done.ok) {
		step(writer, ROLLBACK);
		return done;
	}
	writer->seq = writer->next_seq;
	writer->reading_id = writer->next_reading_id;
	memcpy(writer->hash, writer->next_hash, CHAIN_HASH);
	return done;
}
