/* Polls are due on a common tick: what is due is asked in one go, and a line
 * works its queue off on its own thread. A device is asked one thing at a time. */
#include "daemon/parts.h"

#include <stdio.h>

/* A monitor of the line that is polled too late; NULL when all are in time. */
static const struct bed_device *
late_monitor(const struct parts *parts, const struct line *line)
{
	for (size_t i = 0; i < parts->bed_count; i++)
		for (size_t j = 0; j < parts->beds[i].device_count; j++)
			if (parts->beds[i].devices[j].line == line && parts->beds[i].devices[j].late)
				return &parts->beds[i].devices[j];
	return NULL;
}

void
polling_note_pace(struct parts *parts, const struct line *line, struct instant now)
{
	const struct bed_device *late = late_monitor(parts, line);

	own_state_line_pace(parts->station, now, line_name(line), late != NULL ? late->settings->name : NULL,
	    late != NULL ? late->settings->cadence : duration_ms(0));
}

/* R25: a round that ends when the next one should have begun already says that the line cannot keep its plan. One may have
 * met with a retry. */
static void
end_round(struct parts *parts, struct bed_device *device, struct instant now)
{
	enum { LATE_ROUNDS = 2 };
	bool late = instant_is_known(device->round_due) &&
	            own_state_is_late(instant_since(now, device->round_due), device->settings->cadence);
	bool was_late = device->late;

	parts->polls_late += late;
	device->round_due = INSTANT_UNKNOWN;
	device->late_rounds = late ? device->late_rounds + 1 : 0;
	device->late = device->late_rounds >= LATE_ROUNDS;
	/* The line is overloaded until the last of its monitors is in time again. */
	if (device->late != was_late)
		polling_note_pace(parts, device->line, now);
}

static void
begin_round(struct bed_device *device, struct instant now)
{
	if (!instant_is_known(device->round_due))
		device->round_due = instant_is_known(device->due) ? device->due : now;
}

static void
ask(struct parts *parts, size_t bed_index, size_t device_index, struct instant now)
{
	struct bed *bed = &parts->beds[bed_index];
	struct bed_device *device = &bed->devices[device_index];
	struct driver_next next;

	device->driver->next(device->instance, now, &next);
	device->due = next.again;
	if (!next.has_request)
		return;
	switch (line_submit(device->line, now, ++parts->last_tag, next.request.bytes, next.request.length)) {
	case LINE_SUBMITTED:
		device->tag = parts->last_tag;
		device->asked = true;
		clock_hold(parts->clock);
		return;
	case LINE_WAITING:
		bed_miss(bed, device_index, now, MISS_NO_LINK, line_state(device->line)->reason);
		break;
	case LINE_FULL:
		bed_miss(bed, device_index, now, MISS_TIMEOUT, "the line is overloaded");
		break;
	}
	device->round_due = INSTANT_UNKNOWN;
	device->driver->next(device->instance, now, &next);
	device->due = next.again;
}

static bool
is_due(const struct bed_device *device, struct instant now)
{
	return !device->asked && (!instant_is_known(device->due) || now.ms >= device->due.ms);
}

void
polling_advance(struct parts *parts, struct instant now)
{
	for (size_t i = 0; i < parts->bed_count; i++)
		for (size_t j = 0; j < parts->beds[i].device_count; j++) {
			struct bed_device *device = &parts->beds[i].devices[j];

			if (!is_due(device, now))
				continue;
			begin_round(device, now);
			ask(parts, i, j, now);
		}
}

/* A bed has changed by an answer, its own or that of a monitor which its session has left. */
static void
note_answered(struct parts *parts, size_t bed, struct instant now)
{
	parts->beds[bed].answered = true;
	commanding_advance_bed(parts, &parts->beds[bed], now);
	web_changed(parts->web, bed);
}

static void
tell_other_beds(struct parts *parts, size_t from, const char *device, struct instant now)
{
	for (size_t i = 0; i < parts->bed_count; i++)
		if (i != from && watch_answered_elsewhere(parts->beds[i].watch, device, now))
			note_answered(parts, i, now);
}

/* Who asked; false when nobody waits any more, after a reload. */
static bool
find_asker(const struct parts *parts, uint64_t tag, size_t *ret_bed, size_t *ret_device)
{
	for (size_t i = 0; i < parts->bed_count; i++)
		for (size_t j = 0; j < parts->beds[i].device_count; j++)
			if (parts->beds[i].devices[j].asked && parts->beds[i].devices[j].tag == tag) {
				*ret_bed = i;
				*ret_device = j;
				return true;
			}
	return false;
}

void
polling_take(void *ctx, const struct line_reply *reply)
{
	struct parts *parts = ctx;
	struct instant now = clock_now(parts->clock);
	size_t bed_index, device_index;
	struct bed_device *device;
	struct bed *bed;

	clock_release(parts->clock);
	if (parts->stopping)
		return;
	if (parts->capture != NULL)
		capture_add(parts->capture, now, reply);
	if (!find_asker(parts, reply->tag, &bed_index, &device_index))
		return;
	bed = &parts->beds[bed_index];
	device = &bed->devices[device_index];
	device->asked = false;
	if (device->commanding)
		commanding_take(bed, device, now, reply);
	else
		bed_take(bed, device_index, now, reply);
	if (reply->result == LINE_REPLY)
		tell_other_beds(parts, bed_index, device->settings->name, now);
	/* A command goes before the rest of a round, which follows at once. */
	note_answered(parts, bed_index, now);
	if (!device->asked)
		ask(parts, bed_index, device_index, now);
	/* Who does not answer at all is late by its own fault, and has an alarm of its own. */
	if (!device->asked && reply->result == LINE_REPLY)
		end_round(parts, device, now);
	else if (!device->asked)
		device->round_due = INSTANT_UNKNOWN;
}

void
polling_taken(void *ctx)
{
	waking_set_for_answers(ctx);
}

struct outcome
polling_create_line(struct parts *parts, const struct line_settings *settings, struct line **ret_line)
{
	struct line_config config = {
		.wire = settings->wire,
		.retries = settings->retries,
		.response_timeout = settings->response_timeout,
		.backoff_first = settings->backoff_first,
		.backoff_most = settings->backoff_most,
	};

	snprintf(config.name, sizeof(config.name), "%s", settings->name);
	return line_create(parts->hub, &config, ret_line);
}
