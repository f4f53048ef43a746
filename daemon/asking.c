/* Questions to the record, which are answered off the loop: a few at a time, the
 * others in their order: no more than there are connections. Checking a long
 * record takes minutes, and whoever logs in meanwhile needs a thread of the same
 * pool for the password. */
#include "daemon/parts.h"

#include <stdio.h>
#include <stdlib.h>

#include "daemon/report/csv.h"
#include "daemon/store/query.h"

/* libuv's pool has four threads. */
enum { AT_ONCE = 3 };

struct question {
	struct question *next;
	struct parts *parts;
	web_ticket ticket;
	struct query query;
};

static void
answer(const struct question *question, const struct query_answer *found)
{
	static const int statuses[] = {
		[QUERY_OK] = 200, [QUERY_NOT_FOUND] = 404, [QUERY_WRONG] = 422, [QUERY_FAILED] = 503,
	};
	struct web *web = question->parts->web;

	if (found->status == QUERY_OK)
		web_answer_text(web, question->ticket, found->content_type, found->text, found->length);
	else
		web_refuse(web, question->ticket, statuses[found->status], found->text);
}

static void ask_waiting(struct parts *parts);

static void
answered(void *ctx, const struct query_answer *found)
{
	struct question *question = ctx;
	struct parts *parts = question->parts;

	parts->questions.under_way--;
	if (!parts->stopping) {
		answer(question, found);
		ask_waiting(parts);
	}
	free(question);
}

static void
ask(struct parts *parts, struct question *question)
{
	struct outcome run = query_run(&parts->loop, store_path(parts->store), &question->query, answered, question);

	if (run.ok) {
		parts->questions.under_way++;
		return;
	}
	web_refuse(parts->web, question->ticket, 503, run.why);
	free(question);
}

static struct question *
take_first(struct questions *questions)
{
	struct question *first = questions->first;

	questions->first = first->next;
	if (questions->first == NULL)
		questions->last = NULL;
	return first;
}

static void
ask_waiting(struct parts *parts)
{
	struct questions *questions = &parts->questions;

	while (questions->first != NULL && questions->under_way < AT_ONCE)
		ask(parts, take_first(questions));
}

static void
put_last(struct questions *questions, struct question *question)
{
	if (questions->last != NULL)
		questions->last->next = question;
	else
		questions->first = question;
	questions->last = question;
}

static struct query
query_of(const struct web_query *asked)
{
	static const enum query_kind kinds[] = {
		[WEB_QUERY_SESSIONS] = QUERY_SESSIONS, [WEB_QUERY_SESSION] = QUERY_SESSION, [WEB_QUERY_EVENTS] = QUERY_EVENTS,
		[WEB_QUERY_ALARMS] = QUERY_ALARMS, [WEB_QUERY_READINGS] = QUERY_READINGS, [WEB_QUERY_COVERAGE] = QUERY_COVERAGE,
		[WEB_QUERY_EXPORT_CSV] = QUERY_EXPORT, [WEB_QUERY_VERIFY] = QUERY_VERIFY,
		[WEB_QUERY_CHART] = QUERY_CHART,
	};
	struct query query = {
		.kind = kinds[asked->kind],
		.session = asked->session,
		.limit = asked->limit,
		.offset = asked->offset,
		.step_s = asked->step_s,
		.from = asked->from,
		.to = asked->to,
		.write_report = csv_write_session,
	};

	snprintf(query.bed, sizeof(query.bed), "%s", asked->bed);
	snprintf(query.patient, sizeof(query.patient), "%s", asked->patient);
	snprintf(query.regimen, sizeof(query.regimen), "%s", asked->regimen);
	snprintf(query.state, sizeof(query.state), "%s", asked->state);
	snprintf(query.head, sizeof(query.head), "%s", asked->head);
	snprintf(query.alarm, sizeof(query.alarm), "%s", asked->alarm);
	snprintf(query.vital, sizeof(query.vital), "%s", asked->vital);
	snprintf(query.gap, sizeof(query.gap), "%s", asked->gap);
	snprintf(query.unsigned_, sizeof(query.unsigned_), "%s", asked->unsigned_);
	snprintf(query.text, sizeof(query.text), "%s", asked->text);
	return query;
}

void
asking_take(void *ctx, const struct web_query *asked, web_ticket ticket)
{
	struct parts *parts = ctx;
	struct question *question = calloc(1, sizeof(*question));

	if (question == NULL) {
		web_refuse(parts->web, ticket, 503, "out of memory for a question to the record");
		return;
	}
	*question = (struct question){ .parts = parts, .ticket = ticket, .query = query_of(asked) };
	put_last(&parts->questions, question);
	ask_waiting(parts);
}

void
asking_drop_waiting(struct parts *parts)
{
	while (parts->questions.first != NULL)
		free(take_first(&parts->questions));
}
