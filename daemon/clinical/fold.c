/* From events back to a watched bed (R32), and from one bed to another (R34):
 * the session and the last state of each alarm are taken as they were; what
 * was volatile begins anew. */
#include "daemon/clinical/acts.h"

#include <stdio.h>
#include <string.h>

static struct alarm_slot *
slot_of_group(struct watch *watch, const struct alarm_group *group)
{
	for (size_t i = 0; i < SLOT_COUNT; i++)
		if (alarm_group_equal(&watch->slots[i].group, group))
			return &watch->slots[i];
	return NULL;
}

static void
put_parked(struct watch *watch, const struct alarm *alarm)
{
	for (size_t i = 0; i < watch->parked_count; i++)
		if (watch->parked[i].id == alarm->id) {
			watch->parked[i] = *alarm;
			return;
		}
	if (watch->parked_count < PARKED_CAP)
		watch->parked[watch->parked_count++] = *alarm;
}

static void
drop_parked(struct watch *watch, int64_t id)
{
	for (size_t i = 0; i < watch->parked_count; i++)
		if (watch->parked[i].id == id) {
			watch->parked[i] = watch->parked[--watch->parked_count];
			return;
		}
}

/* A device's alarm whose device is no longer configured stays, as the first free technical slot's:
 * R26, a device taken out ends nothing. */
static struct alarm_slot *
slot_for_orphan(struct watch *watch, const struct alarm_group *group)
{
	for (size_t i = watch->device_count; i < WATCH_DEVICES; i++) {
		struct alarm_slot *slot = &watch->slots[SLOT_TECHNICAL + i];

		if (slot->used)
			continue;
		slot->group = *group;
		return slot;
	}
	return NULL;
}

/* False when it stands and there is no place for it. */
static bool
fold_alarm(struct watch *watch, const struct alarm *alarm)
{
	struct alarm_slot *slot = slot_of_group(watch, &alarm->group);

	if (slot == NULL && alarm->state != ALARM_OVER)
		slot = slot_for_orphan(watch, &alarm->group);
	if (slot == NULL)
		return alarm->state == ALARM_OVER;
	if (slot->used && slot->alarm.id > alarm->id) {
		/* An older alarm of the group: it matters only while it is latched. */
		if (alarm->state == ALARM_LATCHED)
			put_parked(watch, alarm);
		else
			drop_parked(watch, alarm->id);
		return true;
	}
	if (slot->used && slot->alarm.id != alarm->id && slot->alarm.state == ALARM_LATCHED)
		put_parked(watch, &slot->alarm);
	drop_parked(watch, alarm->id);
	slot->used = true;
	slot->alarm = *alarm;
	slot->holding_count = alarm->condition_count;
	memcpy(slot->holding, alarm->conditions, sizeof(alarm->conditions[0]) * alarm->condition_count);
	return true;
}

static void
fold_session(struct watch *watch, const struct session *session)
{
	const struct regimen *regimen = watch_find_regimen(watch, session->regimen);

	if (session->phase == PHASE_DISCHARGED) {
		watch_clear_session(watch);
		return;
	}
	if (watch->session.id != session->id)
		watch_clear_session(watch);
	/* A session whose regimen file has gone is still watched, by the first there is: watching goes before all. */
	watch->regimen = regimen != NULL ? regimen : watch->regimens[0];
	watch->session = *session;
	snprintf(watch->session.bed, sizeof(watch->session.bed), "%s", watch->bed);
}

bool
watch_fold(struct watch *watch, const struct event *event)
{
	if (event->session != NULL)
		fold_session(watch, event->session);
	if (event->alarm != NULL && event->alarm->session == watch->session.id && watch->session.id != 0)
		return fold_alarm(watch, event->alarm);
	return true;
}

static void
tell_gap(struct watch *watch, struct instant stopped, struct instant now)
{
	struct event event = { .type = EVENT_PROGRAM_STARTED, .session = &watch->session };

	sentence_gap(watch, stopped, now, event.text, sizeof(event.text));
	instant_to_iso(stopped, event.old_value);
	instant_to_iso(now, event.new_value);
	watch_emit(watch, &event);
}

/* A gap that nobody has answered yet is not forgotten for the next one: the alarm tells of both. */
static void
hold_unwatched(struct watch *watch, struct instant stopped, struct instant now)
{
	struct condition unwatched = {
		.id = { .kind = CONDITION_UNWATCHED },
		.priority = PRIORITY_MEDIUM,
		.since = now,
		.value_milli = 1,
		.measured_at = stopped,
	};
	struct alarm_slot *slot = &watch->slots[SLOT_BED];
	const struct condition *before = slot_find(slot, &unwatched.id);

	if (before != NULL) {
		unwatched.priority = before->priority;
		unwatched.value_milli = before->value_milli + 1;
		unwatched.measured_at = before->measured_at;
		slot_release(slot, &unwatched.id);
	}
	slot_hold(slot, &unwatched);
}

void
watch_resume(struct watch *watch, struct instant stopped_watching, struct instant now)
{
	watch->now = now;
	watch->input_at_now = false;
	watch_begin_watching(watch, now);
	if (!watch_in_session(watch))
		return;
	/* Whether a cuff went on while nobody watched is not known: the arm is spared. */
	watch_forget_cuff_start(watch, now);
	if (watch->session.phase == PHASE_INFUSION)
		watch->session.clock.unverified = true;
	tell_gap(watch, stopped_watching, now);
	hold_unwatched(watch, stopped_watching, now);
	/* What fell due while nobody watched is for the time of this instant, after its replies. */
	watch->timed_to = stopped_watching;
	watch_settle(watch);
}

/* R26: a move ends nothing, so what stands of the old monitors needs a place at the new bed. */
static size_t
standing_technical(const struct watch *watch)
{
	size_t count = 0;

	for (size_t i = SLOT_TECHNICAL; i < SLOT_BED; i++)
		count += watch->slots[i].holding_count > 0;
	return count;
}

static struct outcome
check_move(const struct watch *from, const struct watch *to, const struct act *act)
{
	struct outcome allowed = phase_allows(from->session.phase, ACT_MOVE);

	if (!role_may(act->who.role, ACT_MOVE))
		return outcome_fail("%s is not for %s", act_kind_name(ACT_MOVE), role_words(act->who.role));
	if (!allowed.ok)
		return allowed;
	if (to->session.id != 0)
		return outcome_fail("%s already has a session: a monitor serves one session", to->bed);
	if (standing_technical(from) > WATCH_DEVICES - to->device_count)
		return outcome_fail("%s has no place for the technical alarms that stand at %s: answer or mend them first", to->bed,
		    from->bed);
	if (watch_find_regimen(to, from->session.regimen) == NULL)
		return outcome_fail("%s does not know the regimen %s", to->bed, from->session.regimen);
	return outcome_ok();
}

/* R26: a moved session ends nothing, so what was wrong with the old bed's devices goes along, too. */
static void
carry_alarms(struct watch *from, struct watch *to)
{
	for (size_t i = 0; i < SLOT_COUNT; i++) {
		struct alarm_slot *slot = &to->slots[i];

		if (i >= SLOT_TECHNICAL && i < SLOT_BED) {
			if (from->slots[i].holding_count == 0)
				continue;
			slot = slot_for_orphan(to, &from->slots[i].group);
		}
		if (slot != NULL)
			*slot = from->slots[i];
	}
	memcpy(to->parked, from->parked, sizeof(to->parked));
	to->parked_count = from->parked_count;
}

/* R14: with the old monitor out of sight every stream's vital is unknown. */
static void
lose_streams(struct watch *from)
{
	for (int vital = 0; vital < VITAL_COUNT; vital++)
		judge_vital_stale(from, (enum vital)vital);
	watch_settle(from);
}

/* What was turned off of the old bed's monitors stays with them; the clock of the cuffs is the session's (R22). */
static void
keep_offs(struct session *session)
{
	size_t kept = 0;

	for (size_t i = 0; i < session->off_count; i++)
		if (session->offs[i].id.kind == CONDITION_OVERDUE)
			session->offs[kept++] = session->offs[i];
	session->off_count = kept;
}

bool
watch_answered_elsewhere(struct watch *watch, const char *device, struct instant at)
{
	const struct condition_id silent = { .kind = CONDITION_SILENT };

	if (!watch_in_session(watch))
		return false;
	/* Asked of every other bed at every answer; seldom does anything hold there. */
	for (size_t i = SLOT_TECHNICAL; i < SLOT_BED; i++)
		if (slot_find(&watch->slots[i], &silent) != NULL && strcmp(watch->slots[i].group.device, device) == 0 &&
		    watch_device_index(watch, device) < 0) {
			watch_open_step(watch, at);
			slot_release(&watch->slots[i], &silent);
			watch_settle(watch);
			return true;
		}
	return false;
}

struct outcome
watch_move(struct watch *from, struct watch *to, struct instant now, const struct act *act)
{
	struct outcome checked;
	char text[SENTENCE_CAP];

	watch_open_step(from, now);
	watch_open_step(to, now);
	checked = check_move(from, to, act);
	if (!checked.ok)
		return checked;
	lose_streams(from);
	watch_clear_session(to);
	to->regimen = watch_find_regimen(to, from->session.regimen);
	to->session = from->session;
	snprintf(to->session.bed, sizeof(to->session.bed), "%s", to->bed);
	to->session.here_since = now;
	keep_offs(&to->session);
	to->session.device_count = to->device_count;
	for (size_t i = 0; i < to->device_count; i++)
		snprintf(to->session.devices[i], NAME_CAP, "%s", to->devices[i].device.name);
	carry_alarms(from, to);
	watch_clear_session(from);
	watch_begin_watching(to, now);
	to->rate_history = from->rate_history;
	to->spo2_history = from->spo2_history;
	snprintf(text, sizeof(text), "the session moved from %s to %s", from->bed, to->bed);
	acts_tell(to, act, EVENT_MOVED, "bed", from->bed, to->bed, text);
	watch_settle(to);
	return outcome_ok();
}
