/* What time alone does to an alarm (R31): escalation, the rise of a technical one,
 * reminders. */
#include "daemon/clinical/alarm_life.h"

/* R31 treats what concerns the bed as a whole like a device's alarm. */
static bool
is_technical(enum alarm_group_kind kind)
{
	return kind == ALARM_GROUP_TECHNICAL || kind == ALARM_GROUP_BED;
}

static struct instant
escalation_due(const struct alarm *alarm, const struct alarm_world *world)
{
	if (alarm->acknowledged || alarm->priority != PRIORITY_HIGH || alarm->escalated)
		return INSTANT_NEVER;
	return instant_add(alarm->sounded, world->timing->unanswered);
}

static struct instant
technical_rise_due(const struct alarm *alarm, const struct alarm_world *world)
{
	if (alarm->acknowledged || alarm->priority != PRIORITY_MEDIUM || !is_technical(alarm->group.kind) ||
	    !instant_is_known(world->dosing_since))
		return INSTANT_NEVER;
	return instant_add(instant_later(alarm->medium_since, world->dosing_since), world->timing->unanswered);
}

/* Every so often from the acknowledgement on; what fell while the alarm was away is skipped. */
static struct instant
reminder_due(const struct alarm *alarm, const struct alarm_world *world)
{
	int64_t every_ms = world->timing->remind.ms;
	int64_t passed_ms = instant_since(instant_later(alarm->reminded, alarm->acknowledged_at), alarm->acknowledged_at).ms;

	if (!alarm->acknowledged)
		return INSTANT_NEVER;
	return instant_add(alarm->acknowledged_at, duration_ms((passed_ms / every_ms + 1) * every_ms));
}

struct instant
alarm_deadline(const struct alarm_slot *slot, const struct alarm_world *world)
{
	const struct alarm *alarm = &slot->alarm;

	if (!slot->used || alarm->state != ALARM_ACTIVE)
		return INSTANT_NEVER;
	return instant_earlier(instant_earlier(escalation_due(alarm, world), technical_rise_due(alarm, world)),
	    reminder_due(alarm, world));
}

void
alarm_rise(struct alarm_slot *slot, const struct alarm_world *world)
{
	if (!slot->used || slot->alarm.state != ALARM_ACTIVE || technical_rise_due(&slot->alarm, world).ms > world->now.ms)
		return;
	for (size_t i = 0; i < slot->holding_count; i++)
		if (slot->holding[i].priority == PRIORITY_MEDIUM)
			slot->holding[i].priority = PRIORITY_HIGH;
}

void
alarm_time(struct alarm_slot *slot, const struct alarm_world *world)
{
	struct alarm *alarm = &slot->alarm;

	if (!slot->used || alarm->state != ALARM_ACTIVE)
		return;
	if (escalation_due(alarm, world).ms <= world->now.ms) {
		alarm->escalated = true;
		alarm_say(world, alarm, ALARM_ESCALATE, NULL);
	}
	if (reminder_due(alarm, world).ms <= world->now.ms) {
		alarm->reminded = world->now;
		alarm_say(world, alarm, ALARM_REMIND, NULL);
	}
}
