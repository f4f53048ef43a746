/* Cuff results: which count (R2, R3), what they meet and judge, and manual
 * pressures, which count alike (R22). */
#include "daemon/clinical/watch_state.h"

#include <stdio.h>
#include <string.h>

static const enum vital cuff_vitals[] = { VITAL_SYSTOLIC, VITAL_MEAN, VITAL_DIASTOLIC, VITAL_CUFF_PULSE };

enum { CUFF_VITALS = sizeof(cuff_vitals) / sizeof(cuff_vitals[0]) };

static const struct reading *
cuff_reading(const struct cuff *cuff, enum vital vital)
{
	switch (vital) {
	case VITAL_SYSTOLIC:
		return &cuff->systolic;
	case VITAL_MEAN:
		return &cuff->mean;
	case VITAL_DIASTOLIC:
		return &cuff->diastolic;
	default:
		return &cuff->pulse;
	}
}

static int32_t
value_or_none(const struct reading *reading)
{
	return quality_has_value(reading->quality) ? reading->milli : ALARM_NO_VALUE;
}

static bool
has_pressure(const struct cuff *cuff)
{
	return quality_has_value(cuff->systolic.quality) || quality_has_value(cuff->mean.quality) ||
	       quality_has_value(cuff->diastolic.quality);
}

static enum quality
cuff_quality(const struct cuff *cuff)
{
	for (size_t i = 0; i < CUFF_VITALS; i++)
		if (cuff_vitals[i] != VITAL_CUFF_PULSE &&
		    cuff_reading(cuff, cuff_vitals[i])->quality == QUALITY_VERIFY)
			return QUALITY_VERIFY;
	return QUALITY_GOOD;
}

static struct cuff_record
record_of(const struct watch *watch, size_t device, const struct cuff *cuff)
{
	struct cuff_record record = {
		.measured_at = cuff->measured_at,
		.phase = watch->session.phase,
		.quality = cuff_quality(cuff),
		.systolic_milli = value_or_none(&cuff->systolic),
		.diastolic_milli = value_or_none(&cuff->diastolic),
		.mean_milli = value_or_none(&cuff->mean),
		.pulse_milli = value_or_none(&cuff->pulse),
		.systolic_pinned = cuff->systolic.pinned,
		.diastolic_pinned = cuff->diastolic.pinned,
		.mean_pinned = cuff->mean.pinned,
	};

	snprintf(record.key, sizeof(record.key), "%s", cuff->key);
	snprintf(record.device, sizeof(record.device), "%s", watch->devices[device].device.name);
	return record;
}

/* Of this value a later measurement is known already: this one is neither shown nor what clocks and limits go by. */
static bool
is_superseded(const struct watch *watch, enum vital vital, struct instant measured_at)
{
	const struct cuff_record *latest = session_latest_cuff_of(&watch->session, vital);

	return latest != NULL && instant_before(measured_at, latest->measured_at);
}

/* What a page shows of the pressure, counted or not. */
static void
show(struct watch *watch, const struct cuff *cuff, struct instant at, bool age_unknown)
{
	for (size_t i = 0; i < CUFF_VITALS; i++) {
		struct vital_track *track = &watch->vitals[cuff_vitals[i]];
		const struct reading *reading = cuff_reading(cuff, cuff_vitals[i]);

		if (reading->quality == QUALITY_ABSENT || is_superseded(watch, cuff_vitals[i], at))
			continue;
		track->seen = true;
		track->latest = *reading;
		track->latest.vital = cuff_vitals[i];
		track->latest_at = at;
		track->age_unknown = age_unknown;
	}
}

static void
track_counted(struct watch *watch, enum vital vital, int32_t milli, const struct cuff_record *cuff)
{
	struct vital_track *track = &watch->vitals[vital];

	if (milli == ALARM_NO_VALUE || is_superseded(watch, vital, cuff->measured_at))
		return;
	track->usable_seen = true;
	track->usable = (struct reading){
		.vital = vital,
		.source = cuff->manual ? SOURCE_MANUAL : SOURCE_CUFF,
		.quality = cuff->quality,
		.milli = milli,
	};
	track->seen = true;
	track->latest = track->usable;
	track->latest_at = cuff->measured_at;
	track->usable_at = cuff->measured_at;
	track->usable_device = cuff->manual ? -1 : watch_device_index(watch, cuff->device);
	track->age_unknown = false;
	track->lowest_milli = track->highest_milli = milli;
	track->all_good = cuff->quality == QUALITY_GOOD;
	freshness_take_cuff(watch, vital);
}

static void
track_cuff(struct watch *watch, const struct cuff_record *cuff)
{
	track_counted(watch, VITAL_SYSTOLIC, cuff->systolic_milli, cuff);
	track_counted(watch, VITAL_MEAN, cuff->mean_milli, cuff);
	track_counted(watch, VITAL_DIASTOLIC, cuff->diastolic_milli, cuff);
	track_counted(watch, VITAL_CUFF_PULSE, cuff->pulse_milli, cuff);
}

/* Whichever device it stands with, and whichever it was turned off for. */
static void
end_everywhere(struct watch *watch, enum condition_kind kind)
{
	const struct condition_id id = { .kind = kind };

	for (size_t device = 0; device < WATCH_DEVICES; device++)
		slot_release(&watch->slots[SLOT_TECHNICAL + device], &id);
	technical_forget_offs(watch, &id);
}

/* R19, R22: by this cuff the pressure is watched: it gives the systolic, no later one is known, and it is not too old. */
static bool
is_pressure_watched_by(const struct watch *watch, const struct cuff_record *cuff)
{
	return cuff->systolic_milli != ALARM_NO_VALUE &&
	       !is_superseded(watch, VITAL_SYSTOLIC, cuff->measured_at) &&
	       instant_before(watch->now, stale_at(watch, VITAL_SYSTOLIC));
}

/* What a new cuff with values puts an end to: each asks for a measurement since, and an older one that comes late is none. */
static void
end_cuff_conditions(struct watch *watch, const struct cuff_record *cuff)
{
	struct session *session = &watch->session;
	const struct condition_id failed = { .kind = CONDITION_CUFF_FAILED };
	const struct condition_id no_source = { .kind = CONDITION_NO_SOURCE, .vital = VITAL_SYSTOLIC };
	const struct condition_id recheck = { .kind = CONDITION_RECHECK };
	int source = cuff->manual ? -1 : watch_device_index(watch, cuff->device);

	if (source >= 0) {
		slot_release(&watch->slots[SLOT_TECHNICAL + source], &failed);
		technical_forget_off(watch, SLOT_TECHNICAL + (size_t)source, &failed);
	}
	if (!instant_before(cuff->measured_at, session_latest_cuff(session)->measured_at))
		end_everywhere(watch, CONDITION_AGE_UNKNOWN);
	if (is_pressure_watched_by(watch, cuff)) {
		end_everywhere(watch, CONDITION_OVERDUE);
		slot_release(&watch->slots[SLOT_BED], &no_source);
	}
	if (!instant_before(cuff->measured_at, session->recheck_since)) {
		slot_release(&watch->slots[SLOT_DOSE], &recheck);
		session->recheck_due = INSTANT_UNKNOWN;
	}
}

static void
describe_cuff(const struct cuff_record *cuff, char *text, size_t cap)
{
	char systolic[16] = "-", mean[16] = "-", diastolic[16] = "-";

	if (cuff->systolic_milli != ALARM_NO_VALUE)
		milli_to_text(cuff->systolic_milli, systolic, sizeof(systolic));
	if (cuff->mean_milli != ALARM_NO_VALUE)
		milli_to_text(cuff->mean_milli, mean, sizeof(mean));
	if (cuff->diastolic_milli != ALARM_NO_VALUE)
		milli_to_text(cuff->diastolic_milli, diastolic, sizeof(diastolic));
	snprintf(text, cap, "%s/%s mean %s", systolic, diastolic, mean);
}

void
cuff_count(struct watch *watch, const struct cuff_record *cuff, const struct act *act)
{
	struct event event = { .type = EVENT_CUFF_MEASURED };

	session_add_cuff(&watch->session, cuff);
	track_cuff(watch, cuff);
	end_cuff_conditions(watch, cuff);
	schedule_cuff(watch, cuff);
	judge_cuff(watch, cuff);
	describe_cuff(cuff, event.text, sizeof(event.text));
	snprintf(event.subject, sizeof(event.subject), "%s", cuff->manual ? "manual" : cuff->device);
	snprintf(event.new_value, sizeof(event.new_value), "%s", cuff->key);
	if (act != NULL) {
		event.who = act->who;
		snprintf(event.act_id, sizeof(event.act_id), "%s", act->act_id);
		snprintf(event.reason, sizeof(event.reason), "%s", act->reason);
	}
	event.session = &watch->session;
	watch_emit(watch, &event);
}

/* No cuff is done faster: what one key puts so far apart are two measurements, of a counter that began anew. */
enum { FASTEST_CUFF_MS = 20000 };

/* R2: the key says that it was counted before. */
static bool
was_counted(const struct watch *watch, const struct cuff_record *record)
{
	for (size_t i = watch->session.cuff_count; i > 0; i--) {
		const struct cuff_record *earlier = &watch->session.cuffs[i - 1];

		if (earlier->manual || strcmp(earlier->device, record->device) != 0)
			continue;
		return record->key[0] != '\0' && strcmp(earlier->key, record->key) == 0 &&
		       instant_since(record->measured_at, earlier->measured_at).ms < FASTEST_CUFF_MS;
	}
	return false;
}

/* R3: beyond a limit, a result of unknown age asks for a repeat. */
static void
ask_for_repeat(struct watch *watch, size_t device, const struct cuff *cuff)
{
	const struct condition repeat = {
		.id = { .kind = CONDITION_AGE_UNKNOWN },
		.priority = PRIORITY_LOW,
		.since = watch->now,
	};

	if (technical_is_off(watch, SLOT_TECHNICAL + device, &repeat.id))
		return;
	for (size_t i = 0; i < CUFF_VITALS; i++) {
		const struct reading *reading = cuff_reading(cuff, cuff_vitals[i]);

		if (quality_has_value(reading->quality) && cuff_vitals[i] != VITAL_CUFF_PULSE &&
		    judge_is_beyond_any_limit(watch, cuff_vitals[i], reading->milli)) {
			slot_hold(&watch->slots[SLOT_TECHNICAL + device], &repeat);
			cuff_start_repeat(watch);
			return;
		}
	}
}

static void
take_failure(struct watch *watch, size_t device, const struct cuff *cuff)
{
	const struct condition failed = {
		.id = { .kind = CONDITION_CUFF_FAILED },
		.priority = PRIORITY_LOW,
		.since = watch->now,
	};
	struct event event = { .type = EVENT_CUFF_FAILED };

	snprintf(watch->devices[device].cuff_failure, sizeof(watch->devices[device].cuff_failure), "%s", cuff->failure);
	snprintf(event.text, sizeof(event.text), "cuff failed: %s", cuff->failure);
	snprintf(event.subject, sizeof(event.subject), "%s", watch->devices[device].device.name);
	watch_emit(watch, &event);
	/* Each failed attempt is a condition of its own: what was turned off was the one before. */
	technical_forget_off(watch, SLOT_TECHNICAL + device, &failed.id);
	slot_hold(&watch->slots[SLOT_TECHNICAL + device], &failed);
}

static void
take_new(struct watch *watch, size_t device, const struct observation *observation)
{
	const struct cuff *cuff = &observation->cuff;
	struct cuff_record record = record_of(watch, device, cuff);

	/* R24, R34: made before the session, or before it came to this bed, it may be another patient's. */
	if (!watch_in_session(watch) || instant_before(cuff->measured_at, watch->session.here_since) ||
	    was_counted(watch, &record)) {
		show(watch, cuff, cuff->measured_at, false);
		return;
	}
	if (!has_pressure(cuff)) {
		take_failure(watch, device, cuff);
		return;
	}
	show(watch, cuff, cuff->measured_at, false);
	cuff_count(watch, &record, NULL);
}

void
cuff_take(struct watch *watch, size_t device, const struct observation *observation)
{
	const struct cuff *cuff = &observation->cuff;

	if (cuff->proof == CUFF_NEW || cuff->proof == CUFF_FAILED)
		cuff_start_result(watch, device);
	switch (cuff->proof) {
	case CUFF_NEW:
		take_new(watch, device, observation);
		break;
	case CUFF_AGE_UNKNOWN:
		show(watch, cuff, observation->at, true);
		if (watch_in_session(watch))
			ask_for_repeat(watch, device, cuff);
		break;
	case CUFF_FAILED:
		if (watch_in_session(watch))
			take_failure(watch, device, cuff);
		break;
	case CUFF_REREAD:
		/* Promise 2: a re-read confirms nothing. What stood on the monitor before the session is shown grey. */
		if (!watch->vitals[VITAL_SYSTOLIC].seen)
			show(watch, cuff, instant_is_known(cuff->measured_at) ? cuff->measured_at : observation->at,
			    !instant_is_known(cuff->measured_at));
		break;
	case CUFF_NONE:
		break;
	}
}
