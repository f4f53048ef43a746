/* Nobody is watching (R19 to R22): devices that do not answer, required vitals
 * that are lost, cuffs that are overdue; and the priority that this has (R20, R21). */
#include "daemon/clinical/watch_state.h"

#include <stdio.h>
#include <string.h>

static struct alarm_slot *
device_slot(struct watch *watch, size_t device)
{
	return &watch->slots[SLOT_TECHNICAL + device];
}

static bool
off_matches(const struct watch *watch, const struct alarm_off *off, size_t slot, const struct condition_id *id)
{
	return strcmp(off->device, watch->slots[slot].group.device) == 0 && condition_id_equal(&off->id, id);
}

bool
technical_is_off(const struct watch *watch, size_t slot, const struct condition_id *id)
{
	for (size_t i = 0; i < watch->session.off_count; i++)
		if (off_matches(watch, &watch->session.offs[i], slot, id))
			return true;
	return false;
}

/* On record at once: a restart must not take it for turned off. */
static void
forget_off(struct watch *watch, size_t index)
{
	struct session *session = &watch->session;
	struct alarm_off off = session->offs[index];

	session->off_count--;
	memmove(&session->offs[index], &session->offs[index + 1], sizeof(off) * (session->off_count - index));
	watch_tell(watch, EVENT_ALARM_OFF, off.device, "a technical alarm is on again");
}

void
technical_forget_off(struct watch *watch, size_t slot, const struct condition_id *id)
{
	for (size_t i = watch->session.off_count; i > 0; i--)
		if (off_matches(watch, &watch->session.offs[i - 1], slot, id))
			forget_off(watch, i - 1);
}

void
technical_forget_offs(struct watch *watch, const struct condition_id *id)
{
	for (size_t i = watch->session.off_count; i > 0; i--)
		if (condition_id_equal(&watch->session.offs[i - 1].id, id))
			forget_off(watch, i - 1);
}

/* The condition exists no more: it works again. */
static void
works_again(struct watch *watch, size_t slot, const struct condition_id *id)
{
	slot_release(&watch->slots[slot], id);
	technical_forget_off(watch, slot, id);
}

/* R20: no valid answer for so long. */
static struct instant
silent_at(const struct watch *watch, size_t device)
{
	const struct device_track *track = &watch->devices[device];
	const struct timing *timing = &watch->regimen->timing;
	int64_t scaled = track->device.cadence.ms * timing->silent_cadence_pct / 100;
	struct instant start = instant_later(watch->watching_since, track->since);

	if (track->answered_ever)
		start = instant_later(start, track->answered);
	return instant_add(start, duration_ms(scaled > timing->silent.ms ? scaled : timing->silent.ms));
}

/* R22 has one clock: a session that has moved while it was overdue is overdue once, and what was turned off stays off. */
static bool
is_overdue_elsewhere(const struct watch *watch, size_t slot)
{
	const struct condition_id overdue = { .kind = CONDITION_OVERDUE };

	for (size_t i = 0; i < watch->session.off_count; i++)
		if (condition_id_equal(&watch->session.offs[i].id, &overdue))
			return true;
	for (size_t other = SLOT_TECHNICAL; other < SLOT_BED; other++)
		if (other != slot && slot_find((struct alarm_slot *)&watch->slots[other], &overdue) != NULL)
			return true;
	return false;
}

static bool
is_pending(const struct watch *watch, size_t slot, const struct condition_id *id)
{
	if (id->kind == CONDITION_OVERDUE && is_overdue_elsewhere(watch, slot))
		return false;
	return slot_find((struct alarm_slot *)&watch->slots[slot], id) == NULL && !technical_is_off(watch, slot, id);
}

/* A technical condition that time alone raises: where, which, and when. */
struct due {
	size_t slot;
	struct condition_id id;
	struct instant at;
};

/* The condition for a required vital: lost, overdue or without a source. */
static struct due
vital_due(const struct watch *watch, enum vital vital)
{
	int device = watch_source_of(watch, vital);
	bool sparse = vital_info(vital)->sparse;
	struct due due = { .slot = SLOT_BED, .id = { .kind = CONDITION_NO_SOURCE, .vital = vital } };

	if (device >= 0) {
		due.slot = SLOT_TECHNICAL + (size_t)device;
		due.id = (struct condition_id){ .kind = sparse ? CONDITION_OVERDUE : CONDITION_LOST,
			.vital = sparse ? (enum vital)0 : vital };
	}
	if (device < 0 && (!sparse || session_latest_cuff_of(&watch->session, vital) == NULL))
		due.at = instant_add(watch->watching_since, watch->regimen->timing.technical);
	else
		due.at = sparse ? stale_at(watch, vital)
				: instant_add(vital_clock_start(watch, vital), technical_after(watch, vital));
	return due;
}

/* The i-th thing that may fall due: devices first, then required vitals; false past the end. */
static bool
due_at_index(const struct watch *watch, size_t index, struct due *ret_due)
{
	size_t vital;

	if (index < watch->device_count) {
		*ret_due = (struct due){ SLOT_TECHNICAL + index, { .kind = CONDITION_SILENT }, silent_at(watch, index) };
		return true;
	}
	vital = index - watch->device_count;
	if (vital >= VITAL_COUNT)
		return false;
	/* Systolic stands for the cuff (R22); its sisters come with it. */
	if (!watch_phase_rules(watch)->required[vital] ||
	    (vital_info((enum vital)vital)->sparse && vital != VITAL_SYSTOLIC))
		*ret_due = (struct due){ .at = INSTANT_NEVER };
	else
		*ret_due = vital_due(watch, (enum vital)vital);
	return true;
}

static bool
is_lost_kind(enum condition_kind kind)
{
	return kind == CONDITION_SILENT || kind == CONDITION_LOST || kind == CONDITION_NO_SOURCE;
}

/* R21: SpO2 and pulse go while the cuff of the same arm is up. */
static bool
is_excused(const struct watch *watch, size_t slot, const struct condition *condition, struct instant up_to)
{
	const struct device_track *track;

	if (condition->id.kind != CONDITION_LOST || slot < SLOT_TECHNICAL || slot >= SLOT_BED ||
	    (condition->id.vital != VITAL_SPO2 && condition->id.vital != VITAL_RATE))
		return false;
	track = &watch->devices[slot - SLOT_TECHNICAL];
	return track->measuring && condition->since.ms >= track->measuring_since.ms &&
	       instant_since(up_to, track->measuring_since).ms < watch->regimen->timing.cuff_on_arm.ms;
}

static enum priority
physiological_priority(const struct watch *watch)
{
	enum priority priority = PRIORITY_NONE;

	for (size_t i = SLOT_PRESSURE; i <= SLOT_BREATHING; i++)
		if (slot_priority(&watch->slots[i]) > priority)
			priority = slot_priority(&watch->slots[i]);
	return priority;
}

static struct instant
lost_high_at(const struct watch *watch, const struct condition *condition)
{
	if (!phase_is_dosing(watch->session.phase))
		return INSTANT_NEVER;
	return instant_add(instant_later(condition->since, watch->session.dosing_since), watch->regimen->timing.lost_high);
}

static enum priority
lost_priority(const struct watch *watch, size_t slot, const struct condition *condition, struct instant up_to)
{
	enum priority patient = physiological_priority(watch);
	enum priority own = PRIORITY_MEDIUM;

	if (is_excused(watch, slot, condition, up_to))
		return PRIORITY_LOW;
	if (up_to.ms >= lost_high_at(watch, condition).ms)
		own = PRIORITY_HIGH;
	return own > patient ? own : patient;
}

void
technical_priorities(struct watch *watch, struct instant up_to)
{
	for (size_t slot = SLOT_TECHNICAL; slot <= SLOT_BED; slot++)
		for (size_t i = 0; i < watch->slots[slot].holding_count; i++) {
			struct condition *condition = &watch->slots[slot].holding[i];
			enum priority priority;

			if (!is_lost_kind(condition->id.kind))
				continue;
			priority = lost_priority(watch, slot, condition, up_to);
			if (priority > condition->priority)
				condition->priority = priority; /* Never lowered while it lasts. */
		}
}

/* When R20 or R21 alone raise the priority of something that holds. */
static struct instant
priority_deadline(const struct watch *watch)
{
	struct instant next = INSTANT_NEVER;

	for (size_t slot = SLOT_TECHNICAL; slot <= SLOT_BED; slot++)
		for (size_t i = 0; i < watch->slots[slot].holding_count; i++) {
			const struct condition *condition = &watch->slots[slot].holding[i];

			if (!is_lost_kind(condition->id.kind) || condition->priority == PRIORITY_HIGH)
				continue;
			/* Only what R21 excuses is low. */
			if (condition->priority == PRIORITY_LOW)
				next = instant_earlier(next,
				    instant_add(watch->devices[slot - SLOT_TECHNICAL].measuring_since,
					watch->regimen->timing.cuff_on_arm));
			else
				next = instant_earlier(next, lost_high_at(watch, condition));
		}
	return next;
}

struct instant
technical_deadline(const struct watch *watch)
{
	struct instant next = priority_deadline(watch);
	struct due due;

	for (size_t i = 0; due_at_index(watch, i, &due); i++)
		if (instant_before(due.at, next) && is_pending(watch, due.slot, &due.id))
			next = due.at;
	return next;
}

void
technical_time(struct watch *watch)
{
	struct due due;

	for (size_t i = 0; due_at_index(watch, i, &due); i++) {
		struct condition condition = { .id = due.id, .since = watch->now, .priority = PRIORITY_MEDIUM };

		if (watch->now.ms < due.at.ms || !is_pending(watch, due.slot, &due.id))
			continue;
		if (is_lost_kind(due.id.kind))
			condition.priority = lost_priority(watch, due.slot, &condition, watch->now);
		condition.measured_at = watch->vitals[due.id.vital].usable_at;
		condition.value_milli = watch->vitals[due.id.vital].usable.milli;
		slot_hold(&watch->slots[due.slot], &condition);
	}
}

static bool
has_good(const struct observation *observation, enum vital vital)
{
	for (size_t i = 0; i < observation->reading_count; i++)
		if (observation->readings[i].vital == vital && observation->readings[i].quality == QUALITY_GOOD)
			return true;
	return false;
}

/* R4. */
static void
judge_clock(struct watch *watch, size_t device, const struct observation *observation)
{
	const struct condition clock = {
		.id = { .kind = CONDITION_CLOCK },
		.priority = PRIORITY_LOW,
		.since = watch->now,
	};
	int64_t off_ms = observation->clock_off_ms < 0 ? -observation->clock_off_ms : observation->clock_off_ms;
	struct device_track *track = &watch->devices[device];

	/* A reply without a new cuff proves nothing about dates. */
	if (observation->cuff.proof == CUFF_NEW)
		track->date_doubted = observation->cuff.clock_doubted;
	if (off_ms <= watch->regimen->timing.clock_off.ms && !track->date_doubted)
		works_again(watch, SLOT_TECHNICAL + device, &clock.id);
	else if (!technical_is_off(watch, SLOT_TECHNICAL + device, &clock.id))
		slot_hold(device_slot(watch, device), &clock);
}

void
technical_answered(struct watch *watch, size_t device, const struct observation *observation)
{
	const struct condition_id silent = { .kind = CONDITION_SILENT };

	works_again(watch, SLOT_TECHNICAL + device, &silent);
	for (int vital = 0; vital < VITAL_COUNT; vital++) {
		const struct condition_id lost = { .kind = CONDITION_LOST, .vital = (enum vital)vital };
		const struct condition_id no_source = { .kind = CONDITION_NO_SOURCE, .vital = (enum vital)vital };

		if (!has_good(observation, (enum vital)vital))
			continue;
		for (size_t i = 0; i < WATCH_DEVICES; i++)
			works_again(watch, SLOT_TECHNICAL + i, &lost);
		slot_release(&watch->slots[SLOT_BED], &no_source);
	}
	judge_clock(watch, device, observation);
}

void
technical_new_phase(struct watch *watch)
{
	const struct condition_id overdue = { .kind = CONDITION_OVERDUE };

	technical_forget_offs(watch, &overdue);
}

/* Another device gives the vital now: it answers, and a streamed one has come since `device` answered last. */
static bool
is_given_by_another(const struct watch *watch, size_t device, enum vital vital)
{
	const struct vital_track *track = &watch->vitals[vital];
	struct condition_id silent = { .kind = CONDITION_SILENT };

	if (!vital_info(vital)->sparse)
		return track->usable_seen && !track->stale && track->usable_at.ms > watch->devices[device].answered.ms;
	for (size_t i = 0; i < watch->device_count; i++)
		if (i != device && watch_device_gives(&watch->devices[i].device, vital) &&
		    is_pending(watch, SLOT_TECHNICAL + i, &silent))
			return true;
	return false;
}

/* R26: whether nobody would watch the vital, nor say so, once the condition of that device is off. */
static bool
is_last_source(const struct watch *watch, size_t device, const struct condition_id *id, enum vital vital)
{
	/* A monitor of the bed that the session has left: the new bed's have clocks of their own. */
	if (device >= watch->device_count)
		return (id->kind == CONDITION_SILENT || id->vital == vital) && watch_source_of(watch, vital) < 0;
	/* A vital is lost when none gives it. */
	if (id->kind == CONDITION_LOST)
		return id->vital == vital;
	return watch_device_gives(&watch->devices[device].device, vital) && !is_given_by_another(watch, device, vital);
}

/* R26 c: never for the last source of a required vital. */
bool
technical_turn_off_allowed(const struct watch *watch, size_t slot, const struct condition_id *id)
{
	size_t device = slot - SLOT_TECHNICAL;

	if (slot < SLOT_TECHNICAL || slot >= SLOT_BED)
		return false;
	if (!is_lost_kind(id->kind))
		return true;
	for (int vital = 0; vital < VITAL_COUNT; vital++)
		if (watch_phase_rules(watch)->required[vital] && is_last_source(watch, device, id, (enum vital)vital))
			return false;
	return true;
}
