/* The state that an event carries, as JSON and back: by name, never by enum
 * number, so that a stored record outlives any renumbering. Pure; any thread. */
#ifndef INFUSIOND_CLINICAL_EVENT_JSON_H
#define INFUSIOND_CLINICAL_EVENT_JSON_H

#include <jansson.h>

#include "daemon/base/outcome.h"
#include "daemon/clinical/event.h"

/* {"session": {...}, "alarm": {...}}, either left out where the event has none; "" when both. Keys sorted, compact.
 * The caller frees it. NULL only when out of memory. */
char *event_body_to_text(const struct event *event);

/* Reads a body. What is missing keeps the value of an empty session or alarm, keys that are not known are passed
 * over (a newer writer's); what does not fit is one sentence, and then what was returned is not to be used. */
struct outcome event_body_from_text(const char *text, struct session *ret_session, bool *ret_has_session,
    struct alarm *ret_alarm, bool *ret_has_alarm);

/* The parts, for the API's frames too. New references. */
json_t *session_to_json(const struct session *session);
json_t *alarm_to_json(const struct alarm *alarm);
struct outcome session_from_json(const json_t *object, struct session *ret_session);
struct outcome alarm_from_json(const json_t *object, struct alarm *ret_alarm);

#endif
