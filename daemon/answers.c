/* Answers to acts wait until everything that the act appended is on disk
 * (Promise 4). The same act may come twice, since an answer can be lost or a
 * page reloaded: acts carry an id, and a repeat is answered as the first was. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/parts.h"

static const char not_yet_on_record[] = "the sound is paused; not yet on record";

/* R29: with the store failing a pause of sound is accepted all the same, and says so. */
static bool
is_answered_at_once(const struct parts *parts, const struct web_act *asked)
{
	return asked->act.kind == ACT_PAUSE_AUDIO && parts->store_trouble[0] != '\0';
}

static void
answer(struct parts *parts, const struct pending_act *pending, const char *text)
{
	const struct web_done done = {
		.session = pending->done.session,
		.alarm = pending->done.alarm,
		.bed = pending->done.bed,
		.text = text,
		.repeated = pending->repeated,
		.changes = pending->changes,
		.change_count = pending->change_count,
	};

	web_answer_done(parts->web, pending->ticket, &done);
}

static void
free_pending(struct pending_act *pending)
{
	free(pending->changes);
	free(pending);
}

/* Behind another answer, or behind all when `behind` is NULL. */
static void
queue_answer(struct parts *parts, struct pending_act *pending, struct pending_act *behind)
{
	struct pending_act **at = behind != NULL ? &behind->next : parts->acts_end;

	pending->next = *at;
	*at = pending;
	if (pending->next == NULL)
		parts->acts_end = &pending->next;
	clock_hold(parts->clock);
}

/* What the act came to, as the record will say it. A discharged session is no longer at its bed. */
static void
note_done(struct parts *parts, const struct web_act *asked, const struct bed *bed, struct store_act *done)
{
	int64_t at_bed = bed != NULL ? watch_session(bed->watch)->id : 0;

	*done = (struct store_act){ .session = asked->session != 0 ? asked->session : at_bed, .alarm = asked->act.alarm };
	snprintf(done->who, sizeof(done->who), "%s", asked->act.who.name);
	snprintf(done->bed, sizeof(done->bed), "%s", bed != NULL ? bed->settings->name : "");
	snprintf(done->subject, sizeof(done->subject), "%s", asked->account);
	snprintf(done->text, sizeof(done->text), "%s", parts->last_text);
}

static void
remember(struct parts *parts, const struct web_act *asked)
{
	struct recent_act *recent = &parts->recent[parts->next_recent];

	if (asked->act.act_id[0] == '\0')
		return;
	parts->next_recent = (parts->next_recent + 1) % RECENT_ACTS;
	snprintf(recent->act_id, sizeof(recent->act_id), "%s", asked->act.act_id);
	memcpy(recent->content, asked->content, sizeof(recent->content));
}

/* Of an act long ago, or before the start, it is not known any more: then its id stands for it. */
static bool
is_same_content(const struct parts *parts, const struct web_act *asked)
{
	for (size_t i = 0; i < RECENT_ACTS; i++)
		if (strcmp(parts->recent[i].act_id, asked->act.act_id) == 0)
			return memcmp(parts->recent[i].content, asked->content, sizeof(asked->content)) == 0;
	return true;
}

/* An answer to an act that was done; NULL, and that was said, when there is no memory for it. */
static struct pending_act *
create_pending(struct parts *parts, const struct web_act *asked, const struct bed *bed, web_ticket ticket)
{
	struct pending_act *pending = calloc(1, sizeof(*pending));

	if (pending == NULL) {
		web_refuse(parts->web, ticket, 503, "out of memory for the answer; the act was done");
		return NULL;
	}
	pending->until = parts->appended;
	pending->ticket = ticket;
	snprintf(pending->act_id, sizeof(pending->act_id), "%s", asked->act.act_id);
	remember(parts, asked);
	note_done(parts, asked, bed, &pending->done);
	return pending;
}

void
answers_wait(struct parts *parts, const struct web_act *asked, const struct bed *bed, web_ticket ticket)
{
	struct pending_act *pending = create_pending(parts, asked, bed, ticket);

	if (pending == NULL)
		return;
	if (is_answered_at_once(parts, asked)) {
		answer(parts, pending, not_yet_on_record);
		free_pending(pending);
		return;
	}
	queue_answer(parts, pending, NULL);
}

void
answers_wait_reload(struct parts *parts, const struct web_act *asked, struct reload_report *report, web_ticket ticket)
{
	struct pending_act *pending = create_pending(parts, asked, NULL, ticket);

	if (pending == NULL)
		return;
	pending->changes = report->changes;
	pending->change_count = report->change_count;
	report->changes = NULL;
	queue_answer(parts, pending, NULL);
}

/* Whoever takes an id that stands for something else must not believe that their own act was done. Not every act's first
 * entry names an alarm, and that of an act on a bed may name one of several. */
static bool
is_same_act(const struct web_act *asked, const struct store_act *done)
{
	if (strcmp(asked->act.who.name, done->who) != 0)
		return false;
	switch (asked->target) {
	case WEB_TARGET_BED:
		return strcmp(asked->bed, done->bed) == 0;
	case WEB_TARGET_SESSION:
		return asked->session == done->session;
	case WEB_TARGET_ACCOUNT:
	case WEB_TARGET_CONFIGURATION:
		return strcmp(asked->account, done->subject) == 0;
	case WEB_TARGET_ALARM:
		return done->alarm == 0 || asked->alarm == done->alarm;
	}
	return false;
}

/* The repeat waits beside the first, and is answered as it is. */
static void
wait_beside(struct parts *parts, struct pending_act *first, web_ticket ticket)
{
	struct pending_act *repeat = malloc(sizeof(*repeat));

	if (repeat == NULL) {
		web_refuse(parts->web, ticket, 503, "out of memory for the answer; the act is being done");
		return;
	}
	*repeat = *first;
	repeat->ticket = ticket;
	repeat->repeated = true;
	repeat->changes = NULL;
	queue_answer(parts, repeat, first);
}

/* It was done as it was first sent: nobody must take the other values for done. */
static void
refuse_changed(struct parts *parts, const struct store_act *done, web_ticket ticket)
{
	char sentence[OUTCOME_WHY_CAP];

	snprintf(sentence, sizeof(sentence), "act_id: it was done already, and not with these values: %s", done->text);
	web_refuse(parts->web, ticket, 409, sentence);
}

static void
answer_again(struct parts *parts, const struct web_act *asked, const struct store_act *done, web_ticket ticket)
{
	const struct web_done again = {
		.session = done->session,
		.alarm = asked->act.alarm,
		.bed = done->bed,
		.text = is_answered_at_once(parts, asked) ? not_yet_on_record : done->text,
		.repeated = true,
	};

	web_answer_done(parts->web, ticket, &again);
}

/* Sound may be paused twice with no harm, and is never refused for the disk's sake (R29). */
static bool
refuse_unknown(struct parts *parts, const struct web_act *asked, const char *why, web_ticket ticket)
{
	char sentence[OUTCOME_WHY_CAP];

	if (asked->act.kind == ACT_PAUSE_AUDIO)
		return false;
	snprintf(sentence, sizeof(sentence),
	    "nothing was done: the record cannot tell whether this was done before (%.200s); try again", why);
	web_refuse(parts->web, ticket, 503, sentence);
	return true;
}

bool
answers_repeat(struct parts *parts, const struct web_act *asked, web_ticket ticket)
{
	struct pending_act *first = parts->acts;
	struct store_act kept;
	bool is_kept = false;
	struct outcome found = outcome_ok();

	if (asked->act.act_id[0] == '\0')
		return false;
	while (first != NULL && strcmp(first->act_id, asked->act.act_id) != 0)
		first = first->next;
	if (first == NULL)
		found = store_find_act(parts->store, asked->act.act_id, &is_kept, &kept);
	if (!found.ok)
		return refuse_unknown(parts, asked, found.why, ticket);
	if (first == NULL && !is_kept)
		return false;
	if (!is_same_act(asked, first != NULL ? &first->done : &kept))
		web_refuse(parts->web, ticket, 409, "act_id: this id was used for another act");
	else if (!is_same_content(parts, asked))
		refuse_changed(parts, first != NULL ? &first->done : &kept, ticket);
	else if (first != NULL)
		wait_beside(parts, first, ticket);
	else
		answer_again(parts, asked, &kept, ticket);
	return true;
}

void
answers_committed(struct parts *parts, store_ticket ticket)
{
	while (parts->acts != NULL && parts->acts->until <= ticket) {
		struct pending_act *done = parts->acts;

		parts->acts = done->next;
		if (parts->acts == NULL)
			parts->acts_end = &parts->acts;
		if (!parts->stopping) {
			answer(parts, done, done->done.text);
			clock_release(parts->clock);
		}
		free_pending(done);
	}
}

void
answers_drop_all(struct parts *parts)
{
	while (parts->acts != NULL) {
		struct pending_act *next = parts->acts->next;

		free_pending(parts->acts);
		parts->acts = next;
	}
	parts->acts_end = &parts->acts;
}
