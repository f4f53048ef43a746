/* What waits to be written: rows made ready on the loop thread, so that the
 * writer only binds them. Store-private. */
#ifndef INFUSIOND_STORE_ROWS_H
#define INFUSIOND_STORE_ROWS_H

#include <sqlite3.h>

#include "daemon/base/outcome.h"
#include "daemon/clinical/event.h"

enum row_kind { ROW_EVENT, ROW_READING, ROW_PATIENT };

struct reading_row {
	struct instant at;
	char bed[NAME_CAP], device[NAME_CAP];
	int64_t session_id;
	struct reading reading;
	struct instant measured_at; /* UNKNOWN: NULL */
	const char *cuff;           /* "", "new", "age-unknown", "failed" */
	char cuff_key[CUFF_KEY_CAP];
};

struct row {
	struct row *next;
	enum row_kind kind;
	uint64_t ticket;
	uint64_t queued_ns;
	union {
		struct reading_row reading;
		struct {
			struct event event; /* its session and alarm pointers are into here */
			struct session session;
			struct alarm alarm;
			char *body;
		} event;
		struct {
			char subject[SUBJECT_CAP];
			char pseudonym[NAME_CAP * 2];
			struct instant at;
		} patient;
	} of;
};

void row_free(struct row *row);

/* The prepared statements of a writer's connection. */
struct row_writer;
struct outcome row_writer_create(sqlite3 *db, struct row_writer **ret_writer);
void row_writer_destroy(struct row_writer *writer); /* NULL is fine */

/* Writes a list as one transaction: readings, their seal, events with their projections, the head. All or nothing. */
struct outcome row_writer_commit(struct row_writer *writer, struct row *rows, struct instant sealed_at);

/* The head of what is committed. */
void row_writer_head(const struct row_writer *writer, int64_t *ret_seq, unsigned char ret_hash[32]);

#endif
