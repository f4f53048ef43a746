#include "daemon/clinical/event_json.h"

#include <stdlib.h>
#include <string.h>

char *
event_body_to_text(const struct event *event)
{
	json_t *body;
	char *text;

	if (event->session == NULL && event->alarm == NULL)
		return strdup("");
	body = json_object();
	if (event->session != NULL)
		json_object_set_new(body, "session", session_to_json(event->session));
	if (event->alarm != NULL)
		json_object_set_new(body, "alarm", alarm_to_json(event->alarm));
	text = json_dumps(body, JSON_COMPACT | JSON_SORT_KEYS);
	json_decref(body);
	return text;
}

static struct outcome
parse_body(const char *text, json_t **ret_body)
{
	json_error_t error;
	json_t *body = json_loads(text, JSON_REJECT_DUPLICATES, &error);

	if (body == NULL)
		return outcome_fail("this is no JSON: %s at byte %d", error.text, error.position);
	if (!json_is_object(body)) {
		json_decref(body);
		return outcome_fail("this is no state of a session or an alarm");
	}
	*ret_body = body;
	return outcome_ok();
}

struct outcome
event_body_from_text(const char *text, struct session *ret_session, bool *ret_has_session, struct alarm *ret_alarm,
    bool *ret_has_alarm)
{
	const json_t *session = NULL, *alarm = NULL;
	struct outcome read = outcome_ok();
	json_t *body = NULL;

	if (text[0] != '\0')
		read = parse_body(text, &body);
	session = json_object_get(body, "session");
	alarm = json_object_get(body, "alarm");
	if (read.ok && session != NULL)
		read = session_from_json(session, ret_session);
	if (read.ok && alarm != NULL)
		read = alarm_from_json(alarm, ret_alarm);
	if (read.ok) {
		*ret_has_session = session != NULL;
		*ret_has_alarm = alarm != NULL;
	}
	json_decref(body);
	return read;
}
