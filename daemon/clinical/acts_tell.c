/* What is the same for every act: whether it is allowed, and how it is told. */
#include "daemon/clinical/acts.h"

#include <stdio.h>

struct outcome
acts_check(const struct watch *watch, const struct act *act)
{
	if (!role_may(act->who.role, act->kind))
		return outcome_fail("%s is not for %s", act_kind_name(act->kind), role_words(act->who.role));
	return phase_allows(watch->session.phase, act->kind);
}

void
acts_tell(struct watch *watch, const struct act *act, enum event_type type, const char *subject, const char *old_value,
    const char *new_value, const char *text)
{
	struct event event = { .type = type, .who = act->who };

	snprintf(event.act_id, sizeof(event.act_id), "%s", act->act_id);
	snprintf(event.reason, sizeof(event.reason), "%s", act->reason);
	snprintf(event.subject, sizeof(event.subject), "%s", subject);
	snprintf(event.old_value, sizeof(event.old_value), "%s", old_value);
	snprintf(event.new_value, sizeof(event.new_value), "%s", new_value);
	snprintf(event.text, sizeof(event.text), "%s", text);
	if (watch->session.id != 0)
		event.session = &watch->session;
	watch_emit(watch, &event);
}
