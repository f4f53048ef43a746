/* One bed, step by step (R24, R36): a reply, an act or time comes in, the
 * parts judge, the slots settle into alarms, events leave. */
#include "daemon/clinical/acts.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct watch *
watch_create(const char *bed, const struct watch_device *devices, size_t device_count,
    const struct regimen *const *regimens, size_t regimen_count, int64_t (*next_id)(void *ctx), void *id_ctx,
    struct event_sink sink, struct instant now)
{
	struct watch *watch = calloc(1, sizeof(*watch));

	assert(device_count <= WATCH_DEVICES);
	if (watch == NULL)
		return NULL;
	snprintf(watch->bed, sizeof(watch->bed), "%s", bed);
	for (size_t i = 0; i < device_count; i++)
		watch->devices[i].device = devices[i];
	watch->device_count = device_count;
	watch->regimens = regimens;
	watch->regimen_count = regimen_count;
	watch->next_id = next_id;
	watch->id_ctx = id_ctx;
	watch->sink = sink;
	watch->now = now;
	watch->timed_to = INSTANT_NEVER;
	watch_clear_session(watch);
	watch_begin_watching(watch, now);
	return watch;
}

void
watch_destroy(struct watch *watch)
{
	free(watch);
}

void
watch_set_zone(struct watch *watch, int utc_offset_min)
{
	watch->utc_offset_min = utc_offset_min;
}

void
watch_settle_up_to(struct watch *watch, struct instant up_to)
{
	struct alarm_world world = watch_world(watch);

	technical_priorities(watch, up_to);
	for (size_t i = 0; i < SLOT_COUNT; i++)
		alarm_settle(&watch->slots[i], &world);
}

/* A reply comes before the time of its instant, and before an act that time has passed already (R36). */
void
watch_settle(struct watch *watch)
{
	watch_settle_up_to(watch, instant_earlier(instant_add(watch->now, duration_ms(-1)), watch->timed_to));
}

static struct instant
next_deadline(const struct watch *watch)
{
	struct alarm_world world;
	struct instant next;

	if (!watch_in_session(watch))
		return INSTANT_NEVER;
	/* The world is only read here; its callbacks are not called. */
	world = watch_world((struct watch *)watch);
	next = instant_earlier(freshness_deadline(watch), technical_deadline(watch));
	next = instant_earlier(next, schedule_deadline(watch));
	next = instant_earlier(next, cuff_start_deadline(watch));
	if (instant_is_known(watch->audio_paused_until))
		next = instant_earlier(next, watch->audio_paused_until);
	for (size_t i = 0; i < SLOT_COUNT; i++)
		next = instant_earlier(next, alarm_deadline(&watch->slots[i], &world));
	return next;
}

static void
end_audio_pause(struct watch *watch)
{
	if (!instant_is_known(watch->audio_paused_until) || watch->now.ms < watch->audio_paused_until.ms)
		return;
	watch->audio_paused_until = INSTANT_UNKNOWN;
	watch->audio_cover_count = 0;
	watch_tell(watch, EVENT_AUDIO_RESUMED, "", "the pause of sound is over");
}

static void
time_step(struct watch *watch)
{
	struct alarm_world world;

	freshness_time(watch);
	schedule_time(watch);
	cuff_start_time(watch);
	technical_time(watch);
	world = watch_world(watch);
	for (size_t i = 0; i < SLOT_COUNT; i++)
		alarm_rise(&watch->slots[i], &world);
	watch_settle_up_to(watch, watch->now);
	for (size_t i = 0; i < SLOT_COUNT; i++)
		alarm_time(&watch->slots[i], &world);
	end_audio_pause(watch);
}

/* Everything that falls due before `until` (at it, too, when inclusive), each at its own instant. */
static void
let_time_pass(struct watch *watch, struct instant until, bool inclusive)
{
	if (inclusive || instant_before(watch->now, until))
		watch->timed_to = INSTANT_NEVER;
	for (;;) {
		struct instant next = instant_later(next_deadline(watch), watch->now);

		if (inclusive ? next.ms > until.ms : next.ms >= until.ms)
			break;
		watch->now = next;
		time_step(watch);
	}
}

/* Opens a step at `at`: time first passes up to it. A reply comes before the time of its instant; an act, and a second
 * input of the same instant, after it (R36). */
static void
open_step(struct watch *watch, struct instant at, bool after_time)
{
	if (at.ms < watch->now.ms)
		at = watch->now; /* Clocks below do not go back; a late reply counts as of now. */
	let_time_pass(watch, at, after_time || (at.ms == watch->now.ms && watch->input_at_now));
	watch->now = at;
	watch->input_at_now = true;
}

void
watch_open_step(struct watch *watch, struct instant at)
{
	open_step(watch, at, true);
}

void
watch_advance(struct watch *watch, struct instant now)
{
	if (now.ms <= watch->now.ms)
		return;
	let_time_pass(watch, now, false);
	watch->now = now;
	watch->input_at_now = false;
}

struct instant
watch_next(const struct watch *watch)
{
	return next_deadline(watch);
}

/* What all sources say at one instant. Of two devices the quicker one sets the pace of freshness. */
static void
note_usable(struct vital_track *track, const struct reading *reading, struct duration cadence, struct instant at)
{
	bool first = !track->usable_seen || track->usable_at.ms != at.ms;

	if (first || cadence.ms < track->cadence.ms)
		track->cadence = cadence;
	if (first || reading->milli < track->lowest_milli)
		track->lowest_milli = reading->milli;
	if (first || reading->milli > track->highest_milli)
		track->highest_milli = reading->milli;
	track->all_good = (first || track->all_good) && reading->quality == QUALITY_GOOD;
}

static void
note_readings(struct watch *watch, int device, const struct observation *observation)
{
	for (size_t i = 0; i < observation->reading_count; i++) {
		const struct reading *reading = &observation->readings[i];
		struct vital_track *track = &watch->vitals[reading->vital];
		bool usable_now = track->seen && track->latest_at.ms == observation->at.ms &&
		                  quality_has_value(track->latest.quality);

		/* Of several sources in one reply the first usable one is shown. */
		if (!usable_now) {
			track->seen = true;
			track->latest = *reading;
			track->latest_at = observation->at;
		}
		if (quality_has_value(reading->quality))
			note_usable(track, reading, watch->devices[device].device.cadence, observation->at);
		if (!quality_has_value(reading->quality) || usable_now)
			continue;
		track->usable_seen = true;
		track->usable = *reading;
		track->usable_at = observation->at;
		track->usable_device = device;
		track->age_unknown = false;
		track->stale = false;
		if (watch_in_session(watch))
			freshness_note_known(watch, reading->vital);
	}
}

static void
note_answer(struct watch *watch, size_t device, const struct observation *observation)
{
	struct device_track *track = &watch->devices[device];
	bool measuring;

	track->answered_ever = true;
	track->answered = watch->now;
	track->reason[0] = '\0';
	/* R21: as the device says, or because we started it. */
	measuring = observation->measuring || (watch_in_session(watch) && cuff_start_is_going(watch, device));
	if (measuring && !track->measuring)
		track->measuring_since = watch->now;
	track->measuring = measuring;
}

void
watch_reply(struct watch *watch, const char *device, const struct observation *observation)
{
	int index = watch_device_index(watch, device);
	struct observation judged = *observation;

	assert(index >= 0);
	open_step(watch, observation->at, false);
	judged.at = watch->now;
	note_answer(watch, (size_t)index, &judged);
	quality_judge(watch, &judged);
	note_readings(watch, index, &judged);
	if (watch_in_session(watch)) {
		technical_answered(watch, (size_t)index, &judged);
		judge_continuous(watch, &judged);
	}
	cuff_take(watch, (size_t)index, &judged);
	if (watch_in_session(watch))
		watch_settle(watch);
}

void
watch_missed(struct watch *watch, const char *device, struct instant at, const char *reason)
{
	int index = watch_device_index(watch, device);

	assert(index >= 0);
	/* Nothing was said, so another reply of this instant still comes before its time (R36). */
	watch_advance(watch, at);
	snprintf(watch->devices[index].reason, sizeof(watch->devices[index].reason), "%s", reason);
}

void
watch_cuff_commanded(struct watch *watch, struct instant at, enum cuff_commanded commanded, const char *reason)
{
	watch_open_step(watch, at);
	if (cuff_start_commanded(watch, commanded, reason))
		watch_settle(watch);
}

struct outcome
watch_act(struct watch *watch, struct instant now, const struct act *act)
{
	struct outcome done;

	watch_open_step(watch, now);
	watch->act = act;
	done = acts_do(watch, act);
	if (done.ok && watch_in_session(watch))
		watch_settle(watch);
	watch->act = NULL;
	return done;
}
