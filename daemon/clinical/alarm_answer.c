/* How people answer an alarm: acknowledging (R28), which resets a latch (R27), and
 * closing at discharge. */
#include "daemon/clinical/alarm_life.h"

#include <stdio.h>

static struct outcome
refuse_worse(const struct alarm *alarm, int32_t seen_revision)
{
	const struct alarm_seen *now = &alarm->seen[ALARM_SEEN - 1];
	char now_text[16], seen_text[16];

	for (int i = ALARM_SEEN - 1; i >= 0; i--) {
		if (alarm->seen[i].revision == 0 || alarm->seen[i].revision > seen_revision)
			continue;
		milli_to_text(now->value_milli, now_text, sizeof(now_text));
		milli_to_text(alarm->seen[i].value_milli, seen_text, sizeof(seen_text));
		return outcome_fail("it has become worse: %s is now %s, you saw %s", vital_info(now->vital)->name, now_text,
		    seen_text);
	}
	return outcome_fail("it has become worse since your screen showed it: %s", alarm->sentence);
}

static struct outcome
check_revision(const struct alarm *alarm, int32_t seen_revision)
{
	if (alarm->state == ALARM_OVER)
		return outcome_fail("that alarm is over");
	if (seen_revision > alarm->revision || seen_revision < 1)
		return outcome_fail("that alarm has no revision %d, it is at %d", seen_revision, alarm->revision);
	if (seen_revision < alarm->worse_revision)
		return refuse_worse(alarm, seen_revision);
	return outcome_ok();
}

static void
note_answer(struct alarm *alarm, struct instant now, const struct act *act)
{
	alarm->acknowledged_at = now;
	snprintf(alarm->acknowledged_by, sizeof(alarm->acknowledged_by), "%s", act->who.name);
	snprintf(alarm->acknowledge_note, sizeof(alarm->acknowledge_note), "%s", act->reason);
	alarm->peak_unanswered = alarm->state == ALARM_ACTIVE ? alarm->priority : PRIORITY_NONE;
	alarm->audio_pauses = 0;
	alarm->revision++;
}

struct outcome
alarm_acknowledge(struct alarm *alarm, const struct alarm_world *world, const struct act *act)
{
	struct outcome checked = check_revision(alarm, act->revision);

	if (!checked.ok)
		return checked;
	note_answer(alarm, world->now, act);
	if (alarm->state == ALARM_LATCHED) {
		alarm->state = ALARM_OVER;
		alarm_say(world, alarm, ALARM_RESET, act);
		return outcome_ok();
	}
	alarm->acknowledged = true;
	alarm->reminded = world->now;
	alarm_note_heard(alarm, false);
	alarm_say(world, alarm, ALARM_ACKNOWLEDGE, act);
	return outcome_ok();
}

void
alarm_close(struct alarm *alarm, const struct alarm_world *world, const struct act *act)
{
	if (alarm->state == ALARM_OVER)
		return;
	if (alarm->state == ALARM_ACTIVE)
		alarm->ended = world->now;
	alarm->state = ALARM_OVER;
	alarm->condition_count = 0;
	alarm->revision++;
	alarm_say(world, alarm, ALARM_CLOSE, act);
}
