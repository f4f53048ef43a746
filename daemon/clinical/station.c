#include "daemon/clinical/station.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/clinical/alarm_life.h"

struct part {
	struct alarm_slot slot;
	char sentences[CONDITION_KIND_COUNT][SENTENCE_CAP]; /* as each was last raised */
};

struct station {
	const struct timing *timing;
	int64_t (*next_id)(void *ctx);
	void *id_ctx;
	struct event_sink sink;
	struct instant now;
	struct part parts[STATION_PARTS];
	size_t part_count;
};

struct station *
station_create(const struct timing *timing, int64_t (*next_id)(void *ctx), void *id_ctx, struct event_sink sink)
{
	struct station *station = calloc(1, sizeof(*station));

	if (station == NULL)
		return NULL;
	station->timing = timing;
	station->next_id = next_id;
	station->id_ctx = id_ctx;
	station->sink = sink;
	return station;
}

void
station_destroy(struct station *station)
{
	free(station);
}

static bool
is_well(const struct part *part)
{
	return part->slot.holding_count == 0 && (!part->slot.used || part->slot.alarm.state == ALARM_OVER);
}

/* A part for a new name; NULL only when something is wrong with every one. */
static struct part *
free_part(struct station *station)
{
	struct part *longest = NULL;

	if (station->part_count < STATION_PARTS)
		return &station->parts[station->part_count++];
	for (size_t i = 0; i < STATION_PARTS; i++) {
		struct part *part = &station->parts[i];

		if (is_well(part) && (longest == NULL || instant_before(part->slot.alarm.ended, longest->slot.alarm.ended)))
			longest = part;
	}
	return longest;
}

static struct part *
find_part(struct station *station, const char *name)
{
	for (size_t i = 0; i < station->part_count; i++)
		if (strcmp(station->parts[i].slot.group.device, name) == 0)
			return &station->parts[i];
	return NULL;
}

static struct part *
take_part(struct station *station, const char *name)
{
	struct part *part = find_part(station, name);

	if (part != NULL)
		return part;
	part = free_part(station);
	if (part == NULL)
		return NULL;
	*part = (struct part){ .slot.group.kind = ALARM_GROUP_STATION };
	snprintf(part->slot.group.device, NAME_CAP, "%s", name);
	return part;
}

/* The sentence of the worst condition that holds (R37); what is over keeps its last one. */
static void
describe(void *ctx, struct alarm *alarm, struct instant now)
{
	const struct part *part = find_part(ctx, alarm->group.device);
	const struct condition *worst = &alarm->conditions[0];

	(void)now;
	if (part == NULL || alarm->condition_count == 0)
		return;
	for (size_t i = 1; i < alarm->condition_count; i++)
		if (alarm->conditions[i].priority > worst->priority)
			worst = &alarm->conditions[i];
	snprintf(alarm->sentence, sizeof(alarm->sentence), "%s", part->sentences[worst->id.kind]);
}

static void
emit(void *ctx, enum alarm_change change, const struct alarm *alarm, const struct act *act)
{
	struct station *station = ctx;
	struct event event = { .type = EVENT_ALARM, .change = change, .alarm = alarm, .at = station->now };

	snprintf(event.text, sizeof(event.text), "%s", alarm->sentence);
	alarm_group_to_text(&alarm->group, event.subject);
	if (act != NULL) {
		event.who = act->who;
		snprintf(event.act_id, sizeof(event.act_id), "%s", act->act_id);
		snprintf(event.reason, sizeof(event.reason), "%s", act->reason);
	}
	station->sink.take(station->sink.ctx, &event);
}

/* A program's alarm never latches, so nothing is ever displaced. */
static void
park(void *ctx, const struct alarm *alarm)
{
	(void)ctx;
	(void)alarm;
}

static struct alarm_world
world_at(struct station *station, struct instant now)
{
	station->now = now;
	return (struct alarm_world){
		.now = now,
		.timing = station->timing,
		.dosing_since = INSTANT_UNKNOWN,
		.next_id = station->next_id,
		.id_ctx = station->id_ctx,
		.describe = describe,
		.emit = emit,
		.park = park,
		.ctx = station,
	};
}

void
station_raise(struct station *station, struct instant now, const char *part_name, enum condition_kind kind,
    enum priority priority, const char *sentence)
{
	struct part *part = take_part(station, part_name);
	const struct condition condition = { .id = { .kind = kind }, .priority = priority, .since = now };
	struct alarm_world world = world_at(station, now);

	if (part == NULL)
		return;
	snprintf(part->sentences[kind], sizeof(part->sentences[kind]), "%s", sentence);
	slot_hold(&part->slot, &condition);
	alarm_settle(&part->slot, &world);
}

void
station_clear(struct station *station, struct instant now, const char *part_name, enum condition_kind kind)
{
	struct part *part = find_part(station, part_name);
	const struct condition_id id = { .kind = kind };
	struct alarm_world world = world_at(station, now);

	if (part != NULL && slot_release(&part->slot, &id))
		alarm_settle(&part->slot, &world);
}

struct instant
station_next(const struct station *station)
{
	struct alarm_world world = { .timing = station->timing, .dosing_since = INSTANT_UNKNOWN };
	struct instant next = INSTANT_NEVER;

	for (size_t i = 0; i < station->part_count; i++)
		next = instant_earlier(next, alarm_deadline(&station->parts[i].slot, &world));
	return next;
}

void
station_advance(struct station *station, struct instant now)
{
	struct alarm_world world = world_at(station, now);

	for (size_t i = 0; i < station->part_count; i++)
		alarm_time(&station->parts[i].slot, &world);
}

struct outcome
station_acknowledge(struct station *station, struct instant now, const struct act *act)
{
	struct alarm_world world = world_at(station, now);

	if (!role_may(act->who.role, act->kind))
		return outcome_fail("%s is not for %s", act_kind_name(act->kind), role_words(act->who.role));
	for (size_t i = 0; i < station->part_count; i++)
		if (station->parts[i].slot.used && station->parts[i].slot.alarm.id == act->alarm)
			return alarm_acknowledge(&station->parts[i].slot.alarm, &world, act);
	return outcome_fail("there is no alarm %" PRId64, act->alarm);
}

static const struct alarm *
open_alarm(const struct part *part)
{
	return part->slot.used && part->slot.alarm.state == ALARM_ACTIVE ? &part->slot.alarm : NULL;
}

size_t
station_alarm_count(const struct station *station)
{
	size_t count = 0;

	for (size_t i = 0; i < station->part_count; i++)
		count += open_alarm(&station->parts[i]) != NULL;
	return count;
}

const struct alarm *
station_alarm_at(const struct station *station, size_t index)
{
	for (size_t i = 0; i < station->part_count; i++) {
		const struct alarm *alarm = open_alarm(&station->parts[i]);

		if (alarm != NULL && index-- == 0)
			return alarm;
	}
	return NULL;
}
