/* The way out of what happens: to the record, and to whoever looks. */
#include <stdio.h>

#include "daemon/base/log.h"
#include "daemon/parts.h"

/* Every event of beds, station and the daemon itself comes through here. */
void
telling_take(void *ctx, const struct event *event)
{
	struct parts *parts = ctx;

	parts->appended = store_append_event(parts->store, event);
	snprintf(parts->last_text, sizeof(parts->last_text), "%s", event->text);
	if (event->type == EVENT_DISCHARGED) {
		char head[STORE_HEAD_CAP];

		store_head(parts->store, head);
		log_line(LOG_LEVEL_NOTICE, "session %lld at %s ended; keep this head of the record elsewhere: %s",
		    (long long)event->session_id, event->bed, head);
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
