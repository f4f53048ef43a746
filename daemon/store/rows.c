#include "daemon/store/rows.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/utf8.h"
#include "daemon/clinical/event_json.h"

static void *
new_row(enum row_kind kind, size_t size)
{
	struct row *row = calloc(1, size);

	if (row == NULL)
		abort();
	row->kind = kind;
	row->bytes = size;
	return row;
}

static void
mend_texts(struct event *event)
{
	char *const texts[] = { event->bed, event->who.name, event->act_id, event->reason, event->text, event->subject,
		event->old_value, event->new_value };

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		utf8_mend(texts[i]);
}

struct row *
row_of_event(const struct event *event)
{
	struct event_row *row = new_row(ROW_EVENT, sizeof(*row));
	struct event *own = &row->event;

	*own = *event;
	mend_texts(own);
	/* The session of a bed without one is no state. */
	if (own->session != NULL && own->session->id == 0)
		own->session = NULL;
	row->body = event_body_to_text(own);
	if (row->body == NULL)
		abort();
	row->row.bytes += strlen(row->body);
	if (own->session != NULL) {
		assert(own->session->id == own->session_id);
		row->has_session = true;
		session_columns_of(own->session, &row->session);
	}
	if (own->alarm != NULL) {
		row->has_alarm = true;
		row->alarm_id = own->alarm->id;
		alarm_columns_of(own->alarm, own->bed, &row->alarm);
	}
	own->session = NULL;
	own->alarm = NULL;
	return &row->row;
}

struct row *
row_of_reading(const struct reading_row *like, const struct reading *reading)
{
	struct reading_row *row = new_row(ROW_READING, sizeof(*row));
	const struct row head = row->row;

	*row = *like;
	row->row = head;
	row->reading = *reading;
	utf8_mend(row->bed);
	utf8_mend(row->device);
	utf8_mend(row->cuff_key);
	return &row->row;
}

struct row *
row_of_patient(const char *subject, const char *pseudonym, struct instant at)
{
	struct patient_row *row = new_row(ROW_PATIENT, sizeof(*row));

	snprintf(row->subject, sizeof(row->subject), "%s", subject);
	snprintf(row->pseudonym, sizeof(row->pseudonym), "%s", pseudonym);
	utf8_mend(row->subject);
	utf8_mend(row->pseudonym);
	row->at = at;
	return &row->row;
}

struct row *
row_of_account(const struct account *account, bool removed)
{
	struct account_row *row = new_row(ROW_ACCOUNT, sizeof(*row));

	row->account = *account;
	row->removed = removed;
	utf8_mend(row->account.name);
	return &row->row;
}

struct row *
row_of_log_in(const struct log_in *log_in, bool removed)
{
	struct log_in_row *row = new_row(ROW_LOG_IN, sizeof(*row));

	row->log_in = *log_in;
	row->removed = removed;
	utf8_mend(row->log_in.account);
	return &row->row;
}

void
row_free(struct row *row)
{
	if (row->kind == ROW_EVENT)
		free(((struct event_row *)row)->body);
	if (row->kind == ROW_ACCOUNT)
		explicit_bzero(((struct account_row *)row)->account.hash, PASSWORD_HASH_CAP);
	free(row);
}

void
row_list_put(struct row_list *list, struct row *row)
{
	row->next = NULL;
	if (list->last != NULL)
		list->last->next = row;
	else
		list->first = row;
	list->last = row;
	list->count++;
}

struct row *
row_list_take(struct row_list *list)
{
	struct row *row = list->first;

	if (row == NULL)
		return NULL;
	list->first = row->next;
	if (list->first == NULL)
		list->last = NULL;
	list->count--;
	return row;
}

static void
put_cuff(struct reading_row *like, const struct cuff *cuff, struct row_list *list)
{
	static const char *const words[] = {
		[CUFF_NONE] = "", [CUFF_NEW] = "new", [CUFF_REREAD] = "", [CUFF_AGE_UNKNOWN] = "age-unknown",
		[CUFF_FAILED] = "failed",
	};
	static const enum vital vitals[] = { VITAL_SYSTOLIC, VITAL_MEAN, VITAL_DIASTOLIC, VITAL_CUFF_PULSE };
	const struct reading *const readings[] = { &cuff->systolic, &cuff->mean, &cuff->diastolic, &cuff->pulse };

	like->measured_at = cuff->measured_at;
	like->cuff = words[cuff->proof];
	snprintf(like->cuff_key, sizeof(like->cuff_key), "%s", cuff->key);
	for (size_t i = 0; i < sizeof(readings) / sizeof(readings[0]); i++) {
		struct reading reading = *readings[i];

		reading.vital = vitals[i];
		/* A cuff that failed is a row too. */
		if (reading.quality != QUALITY_ABSENT || (i == 0 && cuff->proof == CUFF_FAILED))
			row_list_put(list, row_of_reading(like, &reading));
	}
}

void
rows_of_observation(const char *bed, int64_t session_id, const char *device, const struct observation *observation,
    bool with_cuff, struct row_list *list)
{
	const enum cuff_proof proof = observation->cuff.proof;
	struct reading_row like = { .at = observation->at, .session_id = session_id, .cuff = "" };

	snprintf(like.bed, sizeof(like.bed), "%s", bed);
	snprintf(like.device, sizeof(like.device), "%s", device);
	like.measured_at = observation->at;
	for (size_t i = 0; i < observation->reading_count; i++)
		row_list_put(list, row_of_reading(&like, &observation->readings[i]));
	if (with_cuff && proof != CUFF_NONE && proof != CUFF_REREAD)
		put_cuff(&like, &observation->cuff, list);
}

void
row_list_join(struct row_list *list, struct row_list *from)
{
	if (from->first == NULL)
		return;
	if (list->last != NULL)
		list->last->next = from->first;
	else
		list->first = from->first;
	list->last = from->last;
	list->count += from->count;
	*from = (struct row_list){ 0 };
}

void
row_list_free(struct row_list *list)
{
	for (struct row *row = row_list_take(list); row != NULL; row = row_list_take(list))
		row_free(row);
}
