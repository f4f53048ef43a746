/* What a page may ask of a watch: everything that the rules decide, so that no
 * page decides anything. */
#include "daemon/clinical/acts.h"

#include <string.h>

const char *
watch_bed(const struct watch *watch)
{
	return watch->bed;
}

const struct session *
watch_session(const struct watch *watch)
{
	return &watch->session;
}

const struct regimen *
watch_regimen(const struct watch *watch)
{
	return watch->regimen;
}

/* R5 for the display: of continuous vitals by seconds, of cuffs by the interval in force. */
static enum vital_state
state_in_session(const struct watch *watch, enum vital vital, struct instant now)
{
	const struct timing *timing = &watch->regimen->timing;
	int64_t age_ms = instant_since(now, vital_clock_start(watch, vital)).ms;
	int64_t interval_ms = watch_phase_rules(watch)->cuff_interval.ms;

	if (vital_info(vital)->sparse && age_ms >= interval_ms * timing->cuff_off_pct / 100)
		return VITAL_OFF;
	/* Of a pressure, too, until the next one: the start of a phase begins its clock anew, and makes nothing fresh. */
	if (watch->vitals[vital].stale)
		return VITAL_STALE;
	if (!vital_info(vital)->sparse)
		return age_ms >= timing->ageing.ms ? VITAL_AGEING : VITAL_FRESH;
	if (age_ms >= interval_ms * timing->cuff_stale_pct / 100)
		return VITAL_STALE;
	return age_ms >= interval_ms * timing->cuff_ageing_pct / 100 ? VITAL_AGEING : VITAL_FRESH;
}

/* Without a session the defaults of the rules still say what is too old to look live. */
enum { CUFF_STALE_MS = 900000 };

static enum vital_state
state_without_session(const struct watch *watch, enum vital vital, struct instant now)
{
	int64_t age_ms = instant_since(now, watch->vitals[vital].latest_at).ms;

	return age_ms >= (vital_info(vital)->sparse ? CUFF_STALE_MS : STREAM_STALE_MS) ? VITAL_STALE : VITAL_FRESH;
}

struct vital_view
watch_vital(const struct watch *watch, enum vital vital, struct instant now)
{
	const struct vital_track *track = &watch->vitals[vital];
	int device = track->usable_seen && track->usable_device >= 0 ? track->usable_device : watch_source_of(watch, vital);
	struct vital_view view = {
		.state = VITAL_UNKNOWN,
		.quality = track->seen ? track->latest.quality : QUALITY_ABSENT,
		.doubt = track->seen ? track->latest.doubt : DOUBT_NONE,
		.source = track->usable_seen ? track->usable.source : track->latest.source,
		.measured_at = INSTANT_UNKNOWN,
		.age_unknown = track->age_unknown,
		.device = device >= 0 ? watch->devices[device].device.name : "",
	};

	if (watch_in_session(watch))
		view.required = watch_phase_rules(watch)->required[vital];
	if (track->age_unknown && quality_has_value(track->latest.quality)) {
		view.has_value = true;
		view.milli = track->latest.milli;
		return view;
	}
	if (track->usable_seen) {
		view.has_value = true;
		view.milli = track->usable.milli;
		view.measured_at = track->usable_at;
		view.state = watch_in_session(watch) ? state_in_session(watch, vital, now)
						     : state_without_session(watch, vital, now);
	} else if (track->seen && quality_has_value(track->latest.quality)) {
		view.has_value = true;
		view.milli = track->latest.milli;
		view.measured_at = track->latest_at;
		view.state = VITAL_STALE;
	}
	return view;
}

size_t
watch_device_count(const struct watch *watch)
{
	return watch->device_count;
}

struct device_view
watch_device_at(const struct watch *watch, size_t index)
{
	const struct device_track *track = &watch->devices[index];

	return (struct device_view){
		.device = &track->device,
		.answers = watch_device_answers(watch, index),
		.measuring = track->measuring,
		.answered = track->answered_ever ? track->answered : INSTANT_UNKNOWN,
		.reason = track->reason,
	};
}

/* The open alarms in page order: worst first, then the longest standing. */
static bool
comes_before(const struct alarm *a, const struct alarm *b)
{
	if (a->state != b->state)
		return a->state == ALARM_ACTIVE;
	if (a->priority != b->priority)
		return a->priority > b->priority;
	if (a->started.ms != b->started.ms)
		return a->started.ms < b->started.ms;
	return a->id < b->id;
}

static size_t
collect_open(const struct watch *watch, const struct alarm *open[SLOT_COUNT + PARKED_CAP])
{
	size_t count = 0;

	for (size_t i = 0; i < SLOT_COUNT; i++)
		if (watch->slots[i].used && watch->slots[i].alarm.state != ALARM_OVER)
			open[count++] = &watch->slots[i].alarm;
	for (size_t i = 0; i < watch->parked_count; i++)
		if (watch->parked[i].state != ALARM_OVER)
			open[count++] = &watch->parked[i];
	for (size_t i = 1; i < count; i++)
		for (size_t j = i; j > 0 && comes_before(open[j], open[j - 1]); j--) {
			const struct alarm *other = open[j];

			open[j] = open[j - 1];
			open[j - 1] = other;
		}
	return count;
}

size_t
watch_alarm_count(const struct watch *watch)
{
	const struct alarm *open[SLOT_COUNT + PARKED_CAP];

	return collect_open(watch, open);
}

const struct alarm *
watch_alarm_at(const struct watch *watch, size_t index)
{
	const struct alarm *open[SLOT_COUNT + PARKED_CAP];
	size_t count = collect_open(watch, open);

	return index < count ? open[index] : NULL;
}

static bool
pause_covers(const struct watch *watch, const struct alarm *alarm)
{
	for (size_t i = 0; i < watch->audio_cover_count; i++)
		if (watch->audio_covers[i].alarm == alarm->id)
			return watch->audio_covers[i].worse_revision == alarm->worse_revision &&
			       watch->audio_covers[i].returns == alarm->returns;
	/* R29: something new of medium or high priority is not covered; a new low one waits. */
	return alarm->priority == PRIORITY_LOW;
}

bool
watch_alarm_sounds(const struct watch *watch, const struct alarm *alarm)
{
	if (alarm->state != ALARM_ACTIVE || alarm->acknowledged)
		return false;
	return !instant_is_known(watch->audio_paused_until) || !pause_covers(watch, alarm);
}

struct instant
watch_audio_paused_until(const struct watch *watch)
{
	return watch->audio_paused_until;
}

struct limit
watch_limit(const struct watch *watch, enum vital vital, enum side side, enum tier tier, bool relative)
{
	if (!watch_in_session(watch))
		return (struct limit){ .set = false };
	return watch_limit_in_force(watch, vital, side, tier, relative);
}

struct instant
watch_cuff_due(const struct watch *watch)
{
	if (!watch_in_session(watch))
		return INSTANT_NEVER;
	for (size_t i = 0; i < watch->session.check_count; i++)
		if (watch->session.checks[i].state == CHECK_DUE)
			return watch->session.checks[i].due;
	return schedule_next_check(watch);
}

static const struct cuff_record *
last_cuff_of(const struct watch *watch, const char *device)
{
	for (size_t i = watch->session.cuff_count; i > 0; i--) {
		const struct cuff_record *cuff = &watch->session.cuffs[i - 1];

		if (!cuff->manual && strcmp(cuff->device, device) == 0)
			return cuff;
	}
	return NULL;
}

const char *
watch_last_cuff_key(const struct watch *watch, const char *device)
{
	const struct cuff_record *cuff = last_cuff_of(watch, device);

	return cuff != NULL ? cuff->key : "";
}

struct instant
watch_last_cuff_at(const struct watch *watch, const char *device)
{
	const struct cuff_record *cuff = last_cuff_of(watch, device);

	return cuff != NULL ? cuff->measured_at : INSTANT_UNKNOWN;
}

bool
watch_allows(const struct watch *watch, enum act_kind kind)
{
	if ((kind == ACT_CUFF_START || kind == ACT_CUFF_CANCEL) && !cuff_start_possible(watch))
		return false;
	return phase_has_way(watch->session.phase, kind);
}

bool
watch_may_turn_off(const struct watch *watch, const struct alarm *alarm, const struct condition_id *id)
{
	for (size_t slot = 0; slot < SLOT_COUNT; slot++)
		if (watch->slots[slot].used && watch->slots[slot].alarm.id == alarm->id)
			return alarm->state == ALARM_ACTIVE && watch_allows(watch, ACT_ALARM_OFF) &&
			       technical_turn_off_allowed(watch, slot, id);
	return false;
}
