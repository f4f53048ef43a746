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

/* R25: a round that begins later than its own cadence says that the line cannot keep its plan. */
static void
note_lateness(struct parts *parts, struct bed_device *device, struct instant now)
{
	bool late = instant_is_known(device->due) &&
	            own_state_is_late(instant_since(now, device->due), device->settings->cadence);
	const struct bed_device *worst;

	if (late)
		parts->polls_late++;
	if (late == device->late)
		return;
	device->late = late;
	/* The line is overloaded until the last of its monitors is in time again. */
	worst = late_monitor(parts, device->line);
	own_state_line_pace(parts->station, now, line_name(device->line), worst != NULL ? worst->settings->name : NULL,
	    worst != NULL ? worst->settings->cadence : device->settings->cadence);
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
			note_lateness(parts, device, now);
			ask(parts, i, j, now);
		}
}

static void
tell_other_beds(struct parts *parts, size_t from, const char *device, struct instant now)
{
	for (size_t i = 0; i < parts->bed_count; i++)
		if (i != from)
			watch_answered_elsewhere(parts->beds[i].watch, device, now);
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
	commanding_advance(parts, now);
	if (!device->asked)
		ask(parts, bed_index, device_index, now);
	web_changed(parts->web, bed_index);
	waking_set(parts);
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
