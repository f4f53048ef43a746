/* How old what we know is (R5), and when a required vital becomes known or
 * unknown (R19) for the record's gaps. */
#include "daemon/clinical/watch_state.h"

#include <stdio.h>

/* Of several devices the one that gave the last usable sample says how old it may be. Before there is one, the
 * quickest: what never comes is told soonest so. */
static struct duration
cadence_of(const struct watch *watch, enum vital vital)
{
	struct duration shortest = duration_ms(0);
	bool found = false;

	if (watch->vitals[vital].usable_seen)
		return watch->vitals[vital].cadence;
	for (size_t i = 0; i < watch->device_count; i++) {
		const struct watch_device *device = &watch->devices[i].device;

		if (!watch_device_gives(device, vital) || (found && device->cadence.ms >= shortest.ms))
			continue;
		shortest = device->cadence;
		found = true;
	}
	return shortest;
}

static struct duration
longer(struct duration fixed, int32_t percent, struct duration cadence)
{
	int64_t scaled = cadence.ms * percent / 100;

	return scaled > fixed.ms ? duration_ms(scaled) : fixed;
}

static struct duration
of_interval(const struct watch *watch, int32_t percent)
{
	return duration_ms(watch_phase_rules(watch)->cuff_interval.ms * percent / 100);
}

struct duration
stale_after(const struct watch *watch, enum vital vital)
{
	const struct timing *timing = &watch->regimen->timing;

	if (vital_info(vital)->sparse)
		return of_interval(watch, timing->cuff_stale_pct);
	return longer(timing->stale, timing->stale_cadence_pct, cadence_of(watch, vital));
}

struct duration
technical_after(const struct watch *watch, enum vital vital)
{
	const struct timing *timing = &watch->regimen->timing;

	return longer(timing->technical, timing->technical_cadence_pct, cadence_of(watch, vital));
}

struct instant
cuff_clock_start(const struct watch *watch, enum vital vital)
{
	const struct cuff_record *last = session_latest_cuff_of(&watch->session, vital);
	struct instant start = watch->session.phase_since;

	return last != NULL ? instant_later(last->measured_at, start) : start;
}

struct instant
vital_clock_start(const struct watch *watch, enum vital vital)
{
	const struct vital_track *track = &watch->vitals[vital];
	struct instant start = watch->watching_since;
	int device;

	if (vital_info(vital)->sparse)
		return cuff_clock_start(watch, vital);
	device = watch_source_of(watch, vital);
	if (device >= 0)
		start = instant_later(start, watch->devices[device].since);
	return track->usable_seen ? instant_later(track->usable_at, start) : start;
}

struct instant
stale_at(const struct watch *watch, enum vital vital)
{
	return instant_add(vital_clock_start(watch, vital), stale_after(watch, vital));
}

struct instant
freshness_deadline(const struct watch *watch)
{
	struct instant next = INSTANT_NEVER;

	for (int vital = 0; vital < VITAL_COUNT; vital++)
		if (!watch->vitals[vital].stale)
			next = instant_earlier(next, stale_at(watch, (enum vital)vital));
	return next;
}

/* Why a vital is not known now, for people; a constant or the watch's own. */
static const char *
why_unknown(const struct watch *watch, enum vital vital)
{
	const struct vital_track *track = &watch->vitals[vital];
	int device = watch_source_of(watch, vital);

	if (device < 0)
		return "no monitor of this bed gives it";
	if (!watch_device_answers(watch, (size_t)device))
		return watch->devices[device].reason[0] != '\0' ? watch->devices[device].reason : "monitor does not answer";
	if (vital_info(vital)->sparse)
		return "no new cuff measurement";
	return track->seen && track->latest.doubt != DOUBT_NONE ? doubt_text(track->latest.doubt) : "no value";
}

/* Told when it changes, and once where it was never read since watching began. */
static void
tell_known(struct watch *watch, enum vital vital, bool known)
{
	struct vital_track *track = &watch->vitals[vital];
	const char *why = known ? "" : why_unknown(watch, vital);
	struct event event = { .type = known ? EVENT_VITAL_KNOWN : EVENT_VITAL_UNKNOWN };

	if ((track->told && track->known == known) || !watch_phase_rules(watch)->required[vital])
		return;
	track->told = true;
	track->known = known;
	snprintf(event.subject, sizeof(event.subject), "%s", vital_info(vital)->name);
	snprintf(event.reason, sizeof(event.reason), "%s", why);
	snprintf(event.text, sizeof(event.text), "%s is %s", vital_info(vital)->label, known ? "watched" : "not watched");
	watch_emit(watch, &event);
}

void
freshness_take_cuff(struct watch *watch, enum vital vital)
{
	struct vital_track *track = &watch->vitals[vital];

	track->stale = watch->now.ms >= stale_at(watch, vital).ms;
	if (!track->stale)
		tell_known(watch, vital, true);
}

void
freshness_note_known(struct watch *watch, enum vital vital)
{
	tell_known(watch, vital, true);
}

void
freshness_time(struct watch *watch)
{
	for (int vital = 0; vital < VITAL_COUNT; vital++) {
		struct vital_track *track = &watch->vitals[vital];

		if (track->stale || watch->now.ms < stale_at(watch, (enum vital)vital).ms)
			continue;
		track->stale = true;
		judge_vital_stale(watch, (enum vital)vital);
		tell_known(watch, (enum vital)vital, false);
	}
}

bool
watch_vital_is_live(const struct watch *watch, enum vital vital, struct instant now)
{
	const struct vital_track *track = &watch->vitals[vital];

	return track->usable_seen && !vital_info(vital)->sparse && quality_has_value(track->latest.quality) &&
	       instant_since(now, track->usable_at).ms < STREAM_STALE_MS;
}
