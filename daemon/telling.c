/* The way out of what happens: to the record, and to whoever looks. */
#include <stdio.h>
#include <string.h>

#include "daemon/base/log.h"
#include "daemon/parts.h"

/* The head that is kept must hold the end itself, which is not on disk yet. */
static void
note_end(struct parts *parts, const struct event *event)
{
	for (size_t i = 0; i < parts->bed_count; i++)
		if (strcmp(parts->beds[i].settings->name, event->bed) == 0) {
			parts->beds[i].ended_session = event->session_id;
			parts->beds[i].ended_ticket = parts->appended;
		}
}

/* Every event of beds, station and the daemon itself comes through here. */
void
telling_take(void *ctx, const struct event *event)
{
	struct parts *parts = ctx;

	parts->appended = store_append_event(parts->store, event);
	/* What an act brings along, such as a check that is met by it or an alarm, is nobody's. */
	if (event->who.name[0] != '\0' || parts->last_text[0] == '\0')
		snprintf(parts->last_text, sizeof(parts->last_text), "%s", event->text);
	if (event->type == EVENT_DISCHARGED)
		note_end(parts, event);
}

void
telling_committed(struct parts *parts, store_ticket ticket)
{
	char head[STORE_HEAD_CAP];

	for (size_t i = 0; i < parts->bed_count; i++) {
		struct bed *bed = &parts->beds[i];

		if (bed->ended_session == 0 || bed->ended_ticket > ticket)
			continue;
		store_head(parts->store, head);
		log_line(LOG_LEVEL_NOTICE, "session %lld at %s ended; keep this head of the record elsewhere: %s",
		    (long long)bed->ended_session, bed->settings->name, head);
		bed->ended_session = 0;
	}
}

void
telling_emit(struct parts *parts, struct event *event)
{
	event->at = clock_now(parts->clock);
	telling_take(parts, event);
}

void
telling_beds_changed(struct parts *parts)
{
	for (size_t i = 0; i < parts->bed_count; i++)
		web_changed(parts->web, i);
}
