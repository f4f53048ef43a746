/* What alarms see of their watch: its instant, its timing, and the way out for
 * their events. */
#include "daemon/clinical/watch_state.h"

#include <stdio.h>
#include <string.h>

static void
emit_alarm(void *ctx, enum alarm_change change, const struct alarm *alarm, const struct act *act)
{
	struct watch *watch = ctx;
	struct event event = { .type = EVENT_ALARM, .change = change, .alarm = alarm };

	/* R13: one good cuff raises, and a repeat is asked for. */
	if (alarm->group.kind == ALARM_GROUP_PRESSURE && act == NULL &&
	    (change == ALARM_START || change == ALARM_RAISE || change == ALARM_RETURN))
		cuff_start_repeat(watch);
	snprintf(event.text, sizeof(event.text), "%s", alarm->sentence);
	alarm_group_to_text(&alarm->group, event.subject);
	if (act != NULL) {
		event.who = act->who;
		snprintf(event.act_id, sizeof(event.act_id), "%s", act->act_id);
		snprintf(event.reason, sizeof(event.reason), "%s", act->reason);
	}
	watch_emit(watch, &event);
}

static void
park_alarm(void *ctx, const struct alarm *alarm)
{
	struct watch *watch = ctx;

	if (watch->parked_count == PARKED_CAP) {
		memmove(&watch->parked[0], &watch->parked[1], sizeof(watch->parked[0]) * (PARKED_CAP - 1));
		watch->parked_count--;
	}
	watch->parked[watch->parked_count++] = *alarm;
}

struct alarm_world
watch_world(struct watch *watch)
{
	return (struct alarm_world){
		.now = watch->now,
		.session = watch->session.id,
		.timing = &watch->regimen->timing,
		.dosing_since = phase_is_dosing(watch->session.phase) ? watch->session.dosing_since : INSTANT_UNKNOWN,
		.next_id = watch->next_id,
		.id_ctx = watch->id_ctx,
		.describe = sentence_describe,
		.emit = emit_alarm,
		.park = park_alarm,
		.ctx = watch,
	};
}
