/* What waits to be written: rows made ready on the loop thread, so that the
 * writer only binds them. Each kind begins with its `row`. Store-private. */
#ifndef INFUSIOND_STORE_ROWS_H
#define INFUSIOND_STORE_ROWS_H

#include "daemon/clinical/account.h"
#include "daemon/clinical/event.h"
#include "daemon/store/projection.h"

enum row_kind { ROW_EVENT, ROW_READING, ROW_PATIENT, ROW_ACCOUNT, ROW_LOG_IN };

struct row {
	struct row *next;
	enum row_kind kind;
	uint64_t ticket;
	uint64_t queued_ns;
	size_t bytes; /* of memory */
};

struct event_row {
	struct row row;
	struct event event; /* without its session and alarm: they are in the body, and in the columns below */
	int64_t alarm_id;
	char *body;
	bool has_session, has_alarm;
	struct session_columns session;
	struct alarm_columns alarm;
};

struct reading_row {
	struct row row;
	struct instant at;
	char bed[NAME_CAP], device[NAME_CAP];
	int64_t session_id;
	struct reading reading;
	struct instant measured_at; /* UNKNOWN: NULL */
	const char *cuff;           /* "", "new", "age-unknown", "failed" */
	char cuff_key[CUFF_KEY_CAP];
};

struct patient_row {
	struct row row;
	char subject[SUBJECT_CAP];
	char pseudonym[NAME_CAP * 2];
	struct instant at;
};

struct account_row {
	struct row row;
	bool removed; /* only the name says something then */
	struct account account;
};

struct log_in_row {
	struct row row;
	bool removed; /* only the token says something then */
	struct log_in log_in;
};

/* Without memory for one row there is none for an alarm either: these end the program, and the watchdog begins anew. */
struct row *row_of_event(const struct event *event);
struct row *row_of_reading(const struct reading_row *like, const struct reading *reading);
struct row *row_of_patient(const char *subject, const char *pseudonym, struct instant at);
struct row *row_of_account(const struct account *account, bool removed);
struct row *row_of_log_in(const struct log_in *log_in, bool removed);
void row_free(struct row *row);

/* Rows in order. */
struct row_list {
	struct row *first, *last;
	size_t count;
};

void row_list_put(struct row_list *list, struct row *row);
struct row *row_list_take(struct row_list *list); /* NULL: empty */

/* Puts the readings of one reply behind the list; its cuff result too when `with_cuff` and it is no re-read one. */
void rows_of_observation(const char *bed, int64_t session_id, const char *device, const struct observation *observation,
    bool with_cuff, struct row_list *list);

/* Moves all of `from` behind `list`. */
void row_list_join(struct row_list *list, struct row_list *from);
void row_list_free(struct row_list *list);

#endif
