/* What every part of a watch asks of it: the session and its rules, devices and
 * slots, limits in force; how it is emptied, and how its events leave. */
#include "daemon/clinical/watch_state.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

bool
watch_in_session(const struct watch *watch)
{
	return watch->session.id != 0 && phase_is_watched(watch->session.phase);
}

const struct phase_rules *
watch_phase_rules(const struct watch *watch)
{
	assert(watch_in_session(watch));
	return &watch->regimen->phases[watch->session.phase];
}

const struct regimen *
watch_find_regimen(const struct watch *watch, const char *name)
{
	if (name[0] == '\0' && watch->regimen_count > 0)
		return watch->regimens[0];
	for (size_t i = 0; i < watch->regimen_count; i++)
		if (strcmp(watch->regimens[i]->name, name) == 0)
			return watch->regimens[i];
	return NULL;
}

int
watch_device_index(const struct watch *watch, const char *name)
{
	for (size_t i = 0; i < watch->device_count; i++)
		if (strcmp(watch->devices[i].device.name, name) == 0)
			return (int)i;
	return -1;
}

bool
watch_device_answers(const struct watch *watch, size_t device)
{
	enum { SILENT_MS = 5000 };
	const struct device_track *track = &watch->devices[device];
	int64_t allowed_ms = track->device.cadence.ms * 5 / 2;

	allowed_ms = allowed_ms > SILENT_MS ? allowed_ms : SILENT_MS;
	return track->answered_ever && instant_since(watch->now, track->answered).ms < allowed_ms;
}

bool
watch_device_gives(const struct watch_device *device, enum vital vital)
{
	for (int source = 0; source < SOURCE_COUNT; source++)
		if (device->gives[vital][source])
			return true;
	return false;
}

int
watch_source_of(const struct watch *watch, enum vital vital)
{
	for (size_t i = 0; i < watch->device_count; i++)
		if (watch_device_gives(&watch->devices[i].device, vital))
			return (int)i;
	return -1;
}

struct alarm_slot *
watch_slot_of_vital(struct watch *watch, enum vital vital)
{
	static const enum slot_index slots[] = {
		[GROUP_PRESSURE] = SLOT_PRESSURE,
		[GROUP_RATE] = SLOT_RATE,
		[GROUP_OXYGEN] = SLOT_OXYGEN,
		[GROUP_BREATHING] = SLOT_BREATHING,
	};
	enum vital_group group = vital_info(vital)->group;

	return group == GROUP_NONE ? NULL : &watch->slots[slots[group]];
}

void
watch_reset_slots(struct watch *watch)
{
	static const enum alarm_group_kind kinds[] = {
		ALARM_GROUP_PRESSURE, ALARM_GROUP_RATE, ALARM_GROUP_OXYGEN, ALARM_GROUP_BREATHING,
	};

	memset(watch->slots, 0, sizeof(watch->slots));
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		watch->slots[i].group.kind = kinds[i];
	for (size_t i = 0; i < WATCH_DEVICES; i++) {
		struct alarm_group *group = &watch->slots[SLOT_TECHNICAL + i].group;

		group->kind = ALARM_GROUP_TECHNICAL;
		snprintf(group->device, sizeof(group->device), "%s", watch->devices[i].device.name);
	}
	watch->slots[SLOT_BED].group.kind = ALARM_GROUP_BED;
	watch->slots[SLOT_DOSE].group.kind = ALARM_GROUP_DOSE;
	watch->parked_count = 0;
}

void
watch_clear_session(struct watch *watch)
{
	watch->session = (struct session){
		.started = INSTANT_UNKNOWN,
		.phase_since = INSTANT_UNKNOWN,
		.dosing_since = INSTANT_UNKNOWN,
		.ended = INSTANT_UNKNOWN,
		.here_since = INSTANT_UNKNOWN,
		.recheck_due = INSTANT_UNKNOWN,
		.recheck_since = INSTANT_UNKNOWN,
		.before_since = INSTANT_UNKNOWN,
		.clock = { .started = INSTANT_UNKNOWN, .running_since = INSTANT_UNKNOWN, .first_until = INSTANT_UNKNOWN },
	};
	watch->regimen = NULL;
	watch->audio_paused_until = INSTANT_UNKNOWN;
	watch->audio_cover_count = 0;
	watch_reset_slots(watch);
}

void
watch_forget_cuff_start(struct watch *watch, struct instant last)
{
	watch->starter = (struct cuff_starter){ .since = INSTANT_UNKNOWN, .last = last, .repeat_due = INSTANT_UNKNOWN };
}

/* Nothing is known and nothing pending: a session starts, the program is back, or the session came from another bed. */
void
watch_begin_watching(struct watch *watch, struct instant since)
{
	struct run none = {
		.outside_first = INSTANT_UNKNOWN,
		.outside_last = INSTANT_UNKNOWN,
		.inside_first = INSTANT_UNKNOWN,
	};
	struct run *runs = &watch->runs[0][0][0][0];

	watch->watching_since = since;
	memset(watch->vitals, 0, sizeof(watch->vitals));
	for (size_t i = 0; i < sizeof(watch->runs) / sizeof(*runs); i++)
		runs[i] = none;
	watch->spo2_fall = none;
	watch_forget_cuff_start(watch, INSTANT_UNKNOWN);
	for (size_t i = 0; i < watch->device_count; i++)
		watch->devices[i].date_doubted = false;
	watch->rate_history.count = 0;
	watch->spo2_history.count = 0;
	watch->audio_paused_until = INSTANT_UNKNOWN;
	watch->audio_cover_count = 0;
}

void
watch_emit(struct watch *watch, struct event *event)
{
	event->at = watch->now;
	event->session_id = watch->session.id;
	snprintf(event->bed, sizeof(event->bed), "%s", watch->bed);
	watch->sink.take(watch->sink.ctx, event);
}

void
watch_tell(struct watch *watch, enum event_type type, const char *subject, const char *format, ...)
{
	struct event event = { .type = type };
	va_list args;

	snprintf(event.subject, sizeof(event.subject), "%s", subject);
	va_start(args, format);
	vsnprintf(event.text, sizeof(event.text), format, args);
	va_end(args);
	event.session = &watch->session;
	watch_emit(watch, &event);
}

struct limit
watch_limit_in_force(const struct watch *watch, enum vital vital, enum side side, enum tier tier, bool relative)
{
	const struct session *session = &watch->session;

	if (!relative)
		return session->limits.at[vital][side][tier];
	if (!session->relative_in_force || !session->baseline[vital].set)
		return (struct limit){ .set = false };
	return relative_limit(watch->regimen->relative.at[vital][side][tier], side, session->baseline[vital].milli);
}
