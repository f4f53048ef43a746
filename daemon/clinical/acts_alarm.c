/* Answers to alarms (R26, R28, R29, R31), limits at the bedside (R38), and a
 * pressure taken by hand (R22). */
#include "daemon/clinical/acts.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static struct alarm *
find_alarm(struct watch *watch, int64_t id, struct alarm_slot **ret_slot)
{
	*ret_slot = NULL;
	for (size_t i = 0; i < SLOT_COUNT; i++)
		if (watch->slots[i].used && watch->slots[i].alarm.id == id) {
			*ret_slot = &watch->slots[i];
			return &watch->slots[i].alarm;
		}
	for (size_t i = 0; i < watch->parked_count; i++)
		if (watch->parked[i].id == id)
			return &watch->parked[i];
	return NULL;
}

static void
drop_answered_parked(struct watch *watch)
{
	size_t kept = 0;

	for (size_t i = 0; i < watch->parked_count; i++)
		if (watch->parked[i].state != ALARM_OVER)
			watch->parked[kept++] = watch->parked[i];
	watch->parked_count = kept;
}

/* Every promise of a recheck is answered, on record at once: a restart must not bring one back. */
static void
answer_promises(struct watch *watch)
{
	if (!instant_is_known(watch->session.recheck_due))
		return;
	watch->session.recheck_due = INSTANT_UNKNOWN;
	watch_tell(watch, EVENT_NOTE, "recheck", "no recheck is promised any more");
}

/* Conditions that ask for nothing but an acknowledgement end by it. */
static void
release_answered(struct watch *watch, struct alarm_slot *slot)
{
	static const enum condition_kind answered[] = { CONDITION_UNWATCHED, CONDITION_RECHECK };

	for (size_t i = 0; slot != NULL && i < sizeof(answered) / sizeof(answered[0]); i++) {
		const struct condition_id id = { .kind = answered[i] };

		if (!slot_release(slot, &id))
			continue;
		slot->alarm.settled = slot->holding_count == 0;
		if (id.kind == CONDITION_RECHECK)
			answer_promises(watch);
	}
}

struct outcome
act_acknowledge(struct watch *watch, const struct act *act)
{
	struct alarm_slot *slot;
	struct alarm *alarm = find_alarm(watch, act->alarm, &slot);
	struct alarm_world world = watch_world(watch);
	struct outcome done;

	if (alarm == NULL)
		return outcome_fail("there is no alarm %" PRId64 " at this bed", act->alarm);
	done = alarm_acknowledge(alarm, &world, act);
	if (!done.ok)
		return done;
	drop_answered_parked(watch);
	release_answered(watch, slot);
	if (act->recheck.ms > 0) {
		char when[INSTANT_TEXT_CAP];

		struct instant due = instant_add(watch->now, act->recheck);

		/* An earlier promise is not put off by a later one. */
		watch->session.recheck_due = instant_is_known(watch->session.recheck_due)
		    ? instant_earlier(watch->session.recheck_due, due)
		    : due;
		watch->session.recheck_since = watch->now;
		instant_to_clock(watch->session.recheck_due, watch->utc_offset_min, when);
		acts_tell(watch, act, EVENT_NOTE, "recheck", "", when, "a recheck was promised");
	}
	return outcome_ok();
}

static bool
is_unanswered_high(const struct alarm_slot *slot)
{
	return slot->used && slot->alarm.state == ALARM_ACTIVE && !slot->alarm.acknowledged &&
	       slot->alarm.priority == PRIORITY_HIGH;
}

static struct outcome
check_pause(const struct watch *watch, struct duration length)
{
	const struct timing *timing = &watch->regimen->timing;

	if (length.ms <= 0 || length.ms > timing->audio_pause.ms)
		return outcome_fail("a pause of sound lasts at most %" PRId64 " s", timing->audio_pause.ms / 1000);
	for (size_t i = 0; i < SLOT_COUNT; i++)
		if (is_unanswered_high(&watch->slots[i]) &&
		    watch->slots[i].alarm.audio_pauses >= timing->audio_pauses)
			return outcome_fail("the sound of this high alarm was paused %d times already: acknowledge it",
			    timing->audio_pauses);
	return outcome_ok();
}

struct outcome
act_pause_audio(struct watch *watch, const struct act *act)
{
	struct duration length = act->audio_pause.ms != 0 ? act->audio_pause : watch->regimen->timing.audio_pause;
	struct outcome checked = check_pause(watch, length);
	struct alarm_world world = watch_world(watch);
	char until[INSTANT_TEXT_CAP], text[64];

	if (!checked.ok)
		return checked;
	watch->audio_paused_until = instant_add(watch->now, length);
	watch->audio_cover_count = 0;
	for (size_t i = 0; i < SLOT_COUNT; i++) {
		struct alarm *alarm = &watch->slots[i].alarm;

		if (!watch->slots[i].used || alarm->state != ALARM_ACTIVE)
			continue;
		if (is_unanswered_high(&watch->slots[i])) {
			alarm->audio_pauses++;
			/* On record with the alarm, since a restart must not begin the count again. */
			alarm_say(&world, alarm, ALARM_UPDATE, act);
		}
		watch->audio_covers[watch->audio_cover_count].alarm = alarm->id;
		watch->audio_covers[watch->audio_cover_count].returns = alarm->returns;
		watch->audio_covers[watch->audio_cover_count++].worse_revision = alarm->worse_revision;
	}
	instant_to_iso(watch->audio_paused_until, until);
	snprintf(text, sizeof(text), "sound paused for %" PRId64 " s", length.ms / 1000);
	acts_tell(watch, act, EVENT_AUDIO_PAUSED, "", "", until, text);
	return outcome_ok();
}

struct outcome
act_resume_audio(struct watch *watch, const struct act *act)
{
	if (!instant_is_known(watch->audio_paused_until))
		return outcome_fail("the sound is not paused");
	watch->audio_paused_until = INSTANT_UNKNOWN;
	watch->audio_cover_count = 0;
	acts_tell(watch, act, EVENT_AUDIO_RESUMED, "", "", "", "the pause of sound was ended");
	return outcome_ok();
}

static struct outcome
check_off(const struct watch *watch, const struct alarm_slot *slot, const struct act *act)
{
	char name[64];

	condition_id_to_text(&act->condition, name);
	if (act->reason[0] == '\0')
		return outcome_fail("turning an alarm off needs a reason");
	if (slot == NULL || slot->group.kind != ALARM_GROUP_TECHNICAL)
		return outcome_fail("only a technical alarm of a monitor can be turned off");
	if (slot_find((struct alarm_slot *)slot, &act->condition) == NULL)
		return outcome_fail("%s does not hold there", name);
	if (!technical_turn_off_allowed(watch, (size_t)(slot - watch->slots), &act->condition))
		return outcome_fail("%s is the last source of a required vital sign and cannot be turned off", name);
	if (watch->session.off_count == SESSION_OFFS)
		return outcome_fail("too many alarms are turned off at this bed");
	return outcome_ok();
}

struct outcome
act_alarm_off(struct watch *watch, const struct act *act)
{
	struct alarm_slot *slot;
	struct alarm *alarm = find_alarm(watch, act->alarm, &slot);
	struct outcome checked;
	struct alarm_off *off;
	char name[64];

	if (alarm == NULL || alarm->state != ALARM_ACTIVE)
		return outcome_fail("there is no active alarm %" PRId64 " at this bed", act->alarm);
	checked = check_off(watch, slot, act);
	if (!checked.ok)
		return checked;
	off = &watch->session.offs[watch->session.off_count++];
	snprintf(off->device, sizeof(off->device), "%s", slot->group.device);
	off->id = act->condition;
	slot_release(slot, &act->condition);
	condition_id_to_text(&act->condition, name);
	acts_tell(watch, act, EVENT_ALARM_OFF, name, "on", "off", "a technical alarm was turned off until it works again");
	return outcome_ok();
}

static struct outcome
check_limit(const struct watch *watch, const struct act *act, const struct limits *changed)
{
	struct outcome order = limits_check_order(changed, act->vital);
	struct outcome ceiling = limits_check_ceiling(&watch->regimen->ceiling, &watch->regimen->limits, act->vital,
	    act->side, act->tier, act->milli);

	if (act->reason[0] == '\0')
		return outcome_fail("a change of a limit needs its reason");
	return order.ok ? ceiling : order;
}

struct outcome
act_limit(struct watch *watch, const struct act *act)
{
	struct limits changed = watch->session.limits;
	struct limit *limit = &changed.at[act->vital][act->side][act->tier];
	char key[64], before[64] = "none", after[64];
	struct outcome checked;

	if (limit->set)
		milli_to_text(limit->milli, before, sizeof(before));
	*limit = (struct limit){ .set = true, .milli = act->milli };
	checked = check_limit(watch, act, &changed);
	if (!checked.ok)
		return checked;
	milli_to_text(act->milli, after, sizeof(after));
	limit_key_to_text(act->vital, act->side, act->tier, key);
	watch->session.limits = changed;
	judge_limit_change(watch, act->vital, act->side, act->tier);
	acts_tell(watch, act, EVENT_LIMIT_CHANGED, key, before, after, "a limit was changed for this patient");
	return outcome_ok();
}

static bool
is_out_of_range(enum vital vital, int32_t milli)
{
	return milli < vital_info(vital)->plausible_low_milli || milli > vital_info(vital)->plausible_high_milli;
}

static struct outcome
check_manual(const struct watch *watch, const struct act *act, struct instant measured_at)
{
	bool with_mean = act->mean_milli != ALARM_NO_VALUE;

	if (is_out_of_range(VITAL_SYSTOLIC, act->systolic_milli) || is_out_of_range(VITAL_DIASTOLIC, act->diastolic_milli) ||
	    (with_mean && is_out_of_range(VITAL_MEAN, act->mean_milli)))
		return outcome_fail("that is not a pressure that can be measured: look at the numbers again");
	if (act->systolic_milli <= act->diastolic_milli ||
	    (with_mean && (act->mean_milli >= act->systolic_milli || act->mean_milli <= act->diastolic_milli)))
		return outcome_fail("systolic must be above mean, and mean above diastolic");
	if (instant_before(watch->now, measured_at) || instant_before(measured_at, watch->session.started))
		return outcome_fail("a pressure can be entered from the start of the session until now");
	return outcome_ok();
}

static bool
differs_by_more(int32_t a, int32_t b, int32_t by)
{
	int64_t apart = (int64_t)a - b;

	return a != ALARM_NO_VALUE && b != ALARM_NO_VALUE && (apart > by || apart < -by);
}

/* R7 holds for a hand as for a cuff. */
static enum quality
manual_quality(const struct watch *watch, const struct act *act)
{
	const struct cuff_record *last = session_latest_cuff(&watch->session);
	const struct timing *timing = &watch->regimen->timing;

	if (last != NULL &&
	    (differs_by_more(act->systolic_milli, last->systolic_milli, timing->jump_systolic_milli) ||
		differs_by_more(act->mean_milli, last->mean_milli, timing->jump_mean_milli)))
		return QUALITY_VERIFY;
	return QUALITY_GOOD;
}

struct outcome
act_manual(struct watch *watch, const struct act *act)
{
	struct instant measured_at = instant_is_known(act->measured_at) ? act->measured_at : watch->now;
	struct outcome checked = check_manual(watch, act, measured_at);
	struct cuff_record record = {
		.measured_at = measured_at,
		.phase = watch->session.phase,
		.quality = manual_quality(watch, act),
		.manual = true,
		.systolic_milli = act->systolic_milli,
		.diastolic_milli = act->diastolic_milli,
		.mean_milli = act->mean_milli,
		.pulse_milli = ALARM_NO_VALUE,
	};

	if (!checked.ok)
		return checked;
	cuff_count(watch, &record, act);
	return outcome_ok();
}
