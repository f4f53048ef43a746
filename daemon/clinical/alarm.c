#include "daemon/clinical/alarm_life.h"

#include <stdio.h>
#include <string.h>

enum { RETURNS_KEPT = 4 };

struct condition *
slot_find(struct alarm_slot *slot, const struct condition_id *id)
{
	for (size_t i = 0; i < slot->holding_count; i++)
		if (condition_id_equal(&slot->holding[i].id, id))
			return &slot->holding[i];
	return NULL;
}

void
slot_hold(struct alarm_slot *slot, const struct condition *condition)
{
	struct condition *held = slot_find(slot, &condition->id);

	if (held != NULL) {
		held->value_milli = condition->value_milli;
		held->limit_milli = condition->limit_milli;
		held->measured_at = condition->measured_at;
		held->at_the_end = condition->at_the_end;
		held->signal_lost = condition->signal_lost;
		if (condition->priority > held->priority)
			held->priority = condition->priority;
	} else if (slot->holding_count < ALARM_CONDITIONS) {
		slot->holding[slot->holding_count++] = *condition;
	}
}

void
slot_note_pending(struct alarm_slot *slot, const struct condition *pending)
{
	for (size_t i = 0; i < slot->holding_count; i++) {
		struct condition *held = &slot->holding[i];

		if (held->id.vital != pending->id.vital || held->id.side != pending->id.side)
			continue;
		held->value_milli = pending->value_milli;
		held->measured_at = pending->measured_at;
	}
}

bool
slot_release(struct alarm_slot *slot, const struct condition_id *id)
{
	struct condition *held = slot_find(slot, id);
	size_t index;

	if (held == NULL)
		return false;
	index = (size_t)(held - slot->holding);
	memmove(held, held + 1, sizeof(*held) * (slot->holding_count - index - 1));
	slot->holding_count--;
	return true;
}

static enum priority
highest(const struct condition *conditions, size_t count)
{
	enum priority priority = PRIORITY_NONE;

	for (size_t i = 0; i < count; i++)
		if (conditions[i].priority > priority)
			priority = conditions[i].priority;
	return priority;
}

enum priority
slot_priority(const struct alarm_slot *slot)
{
	return highest(slot->holding, slot->holding_count);
}

/* Only limits and trends have a value and a direction. */
static bool
has_value(const struct condition *condition)
{
	return condition->id.kind == CONDITION_LIMIT || condition->id.kind == CONDITION_TREND;
}

static bool
is_beyond(enum side side, int32_t milli, int32_t reference_milli, int32_t by_milli)
{
	return side == SIDE_HIGH ? milli >= reference_milli + by_milli : milli <= reference_milli - by_milli;
}

/* R28: the value lies a step beyond a reference of its vital and side; no reference, no step. */
static bool
is_a_step_beyond(const struct condition *condition, int32_t references[VITAL_COUNT][SIDE_COUNT])
{
	int32_t reference = references[condition->id.vital][condition->id.side];

	return has_value(condition) && reference != ALARM_NO_VALUE &&
	       is_beyond(condition->id.side, condition->value_milli, reference,
		   vital_info(condition->id.vital)->step_milli);
}

/* R32: each gap asks for an answer of its own, whatever was acknowledged before. */
static bool
is_new_gap(const struct alarm *alarm, const struct condition *condition)
{
	if (condition->id.kind != CONDITION_UNWATCHED)
		return false;
	for (size_t i = 0; i < alarm->condition_count; i++)
		if (condition_id_equal(&alarm->conditions[i].id, &condition->id))
			return alarm->conditions[i].since.ms != condition->since.ms;
	return true;
}

static unsigned
sides_of(const struct condition *conditions, size_t count)
{
	unsigned sides = 0;

	for (size_t i = 0; i < count; i++)
		if (has_value(&conditions[i]))
			sides |= 1u << conditions[i].id.side;
	return sides;
}

static unsigned
sides_with_values(int32_t values[VITAL_COUNT][SIDE_COUNT])
{
	unsigned sides = 0;

	for (int vital = 0; vital < VITAL_COUNT; vital++)
		for (int side = 0; side < SIDE_COUNT; side++)
			if (values[vital][side] != ALARM_NO_VALUE)
				sides |= 1u << side;
	return sides;
}

static void
forget_values(int32_t values[VITAL_COUNT][SIDE_COUNT])
{
	for (int vital = 0; vital < VITAL_COUNT; vital++)
		for (int side = 0; side < SIDE_COUNT; side++)
			values[vital][side] = ALARM_NO_VALUE;
}

/* R28: a direction that has left an alarm is another one when it joins again, whatever it was heard at before. */
static void
forget_sides_left(struct alarm *alarm)
{
	unsigned sides = sides_of(alarm->conditions, alarm->condition_count);

	for (int vital = 0; vital < VITAL_COUNT; vital++)
		for (int side = 0; side < SIDE_COUNT; side++)
			if ((sides & 1u << side) == 0)
				alarm->heard_milli[vital][side] = ALARM_NO_VALUE;
}

/* Takes over the worst of what holds; true when one became worse. */
static bool
note_worst(struct alarm *alarm)
{
	bool moved = false;

	for (size_t i = 0; i < alarm->condition_count; i++) {
		const struct condition *condition = &alarm->conditions[i];
		int32_t *worst = &alarm->worst_milli[condition->id.vital][condition->id.side];

		if (!has_value(condition))
			continue;
		if (*worst == ALARM_NO_VALUE || is_beyond(condition->id.side, condition->value_milli, *worst, 1)) {
			*worst = condition->value_milli;
			moved = true;
		}
	}
	return moved;
}

/* Of several conditions of one vital and side the last value is the one that was measured last: a tier that the value
 * has come back from keeps the older one. */
static bool
is_newest(const struct condition *conditions, size_t count, const struct condition *condition)
{
	for (size_t i = 0; i < count; i++)
		if (has_value(&conditions[i]) && conditions[i].id.vital == condition->id.vital &&
		    conditions[i].id.side == condition->id.side &&
		    instant_before(condition->measured_at, conditions[i].measured_at))
			return false;
	return true;
}

/* "As it stands": the values that a sounding or an acknowledgement covers. */
void
alarm_note_heard(struct alarm *alarm, bool only_missing)
{
	for (size_t i = 0; i < alarm->condition_count; i++) {
		const struct condition *condition = &alarm->conditions[i];
		int32_t *heard = &alarm->heard_milli[condition->id.vital][condition->id.side];

		if (has_value(condition) && is_newest(alarm->conditions, alarm->condition_count, condition) &&
		    (!only_missing || *heard == ALARM_NO_VALUE))
			*heard = condition->value_milli;
	}
}

static const struct condition *
leading_condition(const struct alarm *alarm)
{
	const struct condition *lead = NULL;

	for (size_t i = 0; i < alarm->condition_count; i++)
		if (lead == NULL || alarm->conditions[i].priority > lead->priority)
			lead = &alarm->conditions[i];
	return lead;
}

/* What a screen at this revision shows, for the sentence of a refused acknowledgement. */
static void
note_seen(struct alarm *alarm)
{
	const struct condition *lead = leading_condition(alarm);

	if (lead == NULL || !has_value(lead))
		return;
	memmove(&alarm->seen[0], &alarm->seen[1], sizeof(alarm->seen[0]) * (ALARM_SEEN - 1));
	alarm->seen[ALARM_SEEN - 1] = (struct alarm_seen){
		.revision = alarm->revision,
		.vital = lead->id.vital,
		.value_milli = lead->value_milli,
	};
}

static void
take_holding(struct alarm *alarm, const struct alarm_slot *slot)
{
	memcpy(alarm->conditions, slot->holding, sizeof(slot->holding[0]) * slot->holding_count);
	alarm->condition_count = slot->holding_count;
	alarm->priority = slot_priority(slot);
	if (alarm->priority > alarm->peak)
		alarm->peak = alarm->priority;
	if (alarm->priority > alarm->peak_unanswered)
		alarm->peak_unanswered = alarm->priority;
}

/* R31 counts from when the alarm was last at least medium without a break. */
static void
note_medium(struct alarm *alarm, struct instant now)
{
	if (alarm->priority < PRIORITY_MEDIUM)
		alarm->medium_since = INSTANT_UNKNOWN;
	else if (!instant_is_known(alarm->medium_since))
		alarm->medium_since = now;
}

void
alarm_say(const struct alarm_world *world, struct alarm *alarm, enum alarm_change change, const struct act *act)
{
	world->describe(world->ctx, alarm, world->now);
	world->emit(world->ctx, change, alarm, act);
}

/* It sounds from now on, and every clock of an unanswered alarm starts anew. */
static void
sound_anew(struct alarm *alarm, struct instant now)
{
	alarm->sounded = now;
	alarm->escalated = false;
}

/* An onset after an end counts for R30 as long as that end lies within its ten minutes. */
static void
remember_return(struct alarm *alarm)
{
	memmove(&alarm->returned[0], &alarm->returned[1], sizeof(alarm->returned[0]) * (RETURNS_KEPT - 1));
	alarm->returned[RETURNS_KEPT - 1] = alarm->ended;
	alarm->returns++;
}

static int
returns_within(const struct alarm *alarm, struct instant now, struct duration window)
{
	int count = 0;

	for (int i = 0; i < RETURNS_KEPT; i++)
		if (instant_is_known(alarm->returned[i]) && instant_since(now, alarm->returned[i]).ms <= window.ms)
			count++;
	return count;
}

/* R30: priority, direction and values are all no worse than they ever were. */
static bool
is_no_worse(const struct alarm_slot *slot, struct alarm *before)
{
	unsigned sides = sides_of(slot->holding, slot->holding_count);

	if (slot_priority(slot) > before->peak || (sides & ~sides_with_values(before->worst_milli)) != 0)
		return false;
	for (size_t i = 0; i < slot->holding_count; i++)
		if (is_a_step_beyond(&slot->holding[i], before->worst_milli))
			return false;
	return true;
}

/* R30: is this onset the alarm that ended, back again? Needs remember_return first. */
static bool
is_return(const struct alarm_slot *slot, struct alarm *before, const struct alarm_world *world)
{
	const struct timing *timing = world->timing;
	int64_t gone_ms = instant_since(world->now, before->ended).ms;

	if (before->settled || !is_no_worse(slot, before))
		return false;
	return gone_ms <= timing->return_any.ms ||
	       (before->acknowledged && gone_ms <= timing->return_acknowledged.ms) ||
	       returns_within(before, world->now, timing->return_acknowledged) >= timing->return_standing;
}

/* An acknowledged alarm that comes back above what it ended at, in a direction that it did not end in, or a step beyond
 * what was acknowledged. */
static bool
outgrew_acknowledgement(const struct alarm_slot *slot, struct alarm *alarm)
{
	unsigned sides = sides_of(slot->holding, slot->holding_count);

	if (slot_priority(slot) > alarm->priority || (sides & ~sides_with_values(alarm->heard_milli)) != 0)
		return true;
	for (size_t i = 0; i < slot->holding_count; i++)
		if (is_new_gap(alarm, &slot->holding[i]) || is_a_step_beyond(&slot->holding[i], alarm->heard_milli))
			return true;
	return false;
}

static void
come_back(struct alarm_slot *slot, const struct alarm_world *world)
{
	struct alarm *alarm = &slot->alarm;
	bool resounds = alarm->acknowledged && outgrew_acknowledgement(slot, alarm);

	alarm->state = ALARM_ACTIVE;
	alarm->ended = INSTANT_UNKNOWN;
	alarm->revision++;
	if (resounds)
		alarm->worse_revision = alarm->revision;
	alarm->standing = returns_within(alarm, world->now, world->timing->return_acknowledged) >=
	                  world->timing->return_standing;
	take_holding(alarm, slot);
	note_worst(alarm);
	if (resounds)
		alarm->acknowledged = false;
	alarm->medium_since = INSTANT_UNKNOWN;
	note_medium(alarm, world->now);
	alarm_note_heard(alarm, alarm->acknowledged);
	forget_sides_left(alarm);
	note_seen(alarm);
	alarm->reminded = world->now;
	if (!alarm->acknowledged)
		sound_anew(alarm, world->now);
	alarm_say(world, alarm, ALARM_RETURN, NULL);
	if (resounds)
		alarm_say(world, alarm, ALARM_RESOUND, NULL);
}

static void
start_new(struct alarm_slot *slot, const struct alarm_world *world)
{
	struct alarm *alarm = &slot->alarm;
	struct alarm before = slot->alarm;

	*alarm = (struct alarm){
		.id = world->next_id(world->id_ctx),
		.session = world->session,
		.group = slot->group,
		.state = ALARM_ACTIVE,
		.revision = 1,
		.worse_revision = 1,
		.started = world->now,
		.ended = INSTANT_UNKNOWN,
		.acknowledged_at = INSTANT_UNKNOWN,
		.reminded = world->now,
		.medium_since = INSTANT_UNKNOWN,
	};
	for (int i = 0; i < RETURNS_KEPT; i++)
		alarm->returned[i] = slot->used ? before.returned[i] : INSTANT_UNKNOWN;
	slot->used = true;
	forget_values(alarm->worst_milli);
	forget_values(alarm->heard_milli);
	take_holding(alarm, slot);
	note_medium(alarm, world->now);
	note_worst(alarm);
	alarm_note_heard(alarm, false);
	note_seen(alarm);
	sound_anew(alarm, world->now);
	alarm_say(world, alarm, ALARM_START, NULL);
}

static void
begin(struct alarm_slot *slot, const struct alarm_world *world)
{
	if (slot->used) {
		remember_return(&slot->alarm);
		if (is_return(slot, &slot->alarm, world)) {
			come_back(slot, world);
			return;
		}
		if (slot->alarm.state == ALARM_LATCHED)
			world->park(world->ctx, &slot->alarm);
	}
	start_new(slot, world);
}

static void
end(struct alarm_slot *slot, const struct alarm_world *world)
{
	struct alarm *alarm = &slot->alarm;
	bool latches = alarm_group_is_physiological(alarm->group.kind) && alarm->peak_unanswered == PRIORITY_HIGH;

	alarm->state = latches ? ALARM_LATCHED : ALARM_OVER;
	alarm->ended = world->now;
	alarm->condition_count = 0;
	alarm->revision++;
	alarm_say(world, alarm, latches ? ALARM_LATCH : ALARM_END, NULL);
}

/* What a step changed in an active alarm. */
struct difference {
	bool joined, left, other_side, stepped, value_moved;
	enum priority before, after;
};

static bool
is_among(const struct condition *conditions, size_t count, const struct condition *wanted)
{
	for (size_t i = 0; i < count; i++)
		if (condition_id_equal(&conditions[i].id, &wanted->id))
			return true;
	return false;
}

static bool
value_moved(const struct alarm *alarm, const struct condition *now)
{
	for (size_t i = 0; i < alarm->condition_count; i++)
		if (condition_id_equal(&alarm->conditions[i].id, &now->id))
			return has_value(now) && alarm->conditions[i].value_milli != now->value_milli;
	return false;
}

static struct difference
compare(const struct alarm_slot *slot, struct alarm *alarm)
{
	struct difference d = { .before = alarm->priority, .after = slot_priority(slot) };
	unsigned sides_before = sides_of(alarm->conditions, alarm->condition_count);
	unsigned sides_after = sides_of(slot->holding, slot->holding_count);

	for (size_t i = 0; i < slot->holding_count; i++) {
		const struct condition *condition = &slot->holding[i];

		d.joined |= !is_among(alarm->conditions, alarm->condition_count, condition);
		d.stepped |= is_new_gap(alarm, condition);
		d.stepped |= is_newest(slot->holding, slot->holding_count, condition) &&
		             is_a_step_beyond(condition, alarm->heard_milli);
		d.value_moved |= value_moved(alarm, condition);
	}
	for (size_t i = 0; i < alarm->condition_count; i++)
		d.left |= !is_among(slot->holding, slot->holding_count, &alarm->conditions[i]);
	d.other_side = sides_before != 0 && (sides_after & ~sides_before) != 0;
	return d;
}

static enum alarm_change
verb_of(const struct difference *d)
{
	if (d->after > d->before)
		return ALARM_RAISE;
	if (d->after < d->before)
		return ALARM_LOWER;
	if (d->joined)
		return ALARM_JOIN;
	return d->left ? ALARM_LEAVE : ALARM_UPDATE;
}

/* Promise 3: worse always breaks through. */
static void
break_through(struct alarm *alarm, const struct alarm_world *world, const struct difference *d)
{
	bool was_acknowledged = alarm->acknowledged;

	alarm->worse_revision = alarm->revision;
	alarm->acknowledged = false;
	if (was_acknowledged)
		alarm->audio_pauses = 0;
	/* An alarm that already sounds keeps its clock: getting worse must not put off R31's escalation. */
	if (was_acknowledged || d->after > d->before)
		sound_anew(alarm, world->now);
	alarm_note_heard(alarm, false);
}

static void
change(struct alarm_slot *slot, const struct alarm_world *world)
{
	struct alarm *alarm = &slot->alarm;
	struct difference d = compare(slot, alarm);
	bool worse = d.after > d.before || d.other_side || d.stepped;
	bool was_acknowledged = alarm->acknowledged;
	bool worst_moved;

	take_holding(alarm, slot);
	note_medium(alarm, world->now);
	worst_moved = note_worst(alarm);
	alarm_note_heard(alarm, true);
	forget_sides_left(alarm);
	if (!d.joined && !d.left && d.after == d.before && !worst_moved && !worse &&
	    !(d.value_moved && alarm->group.kind == ALARM_GROUP_PRESSURE))
		return;
	alarm->revision++;
	note_seen(alarm);
	if (worse)
		break_through(alarm, world, &d);
	alarm_say(world, alarm, verb_of(&d), NULL);
	if (worse && was_acknowledged)
		alarm_say(world, alarm, ALARM_RESOUND, NULL);
}

void
alarm_settle(struct alarm_slot *slot, const struct alarm_world *world)
{
	bool active = slot->used && slot->alarm.state == ALARM_ACTIVE;

	if (slot->holding_count == 0) {
		if (active)
			end(slot, world);
	} else if (active) {
		change(slot, world);
	} else {
		begin(slot, world);
	}
}
