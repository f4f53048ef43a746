/* Commands to a device's cuff between two polls: sent once, whatever the line's
 * retries, and what became of each is told to the watch that asked. */
#include "daemon/parts.h"

#include <string.h>

static struct bed_device *
find_device(struct bed *bed, const char *name)
{
	for (size_t i = 0; i < bed->device_count; i++)
		if (strcmp(bed->devices[i].settings->name, name) == 0)
			return &bed->devices[i];
	return NULL;
}

static void
refuse(struct bed *bed, struct instant now, const char *reason)
{
	watch_cuff_command_sent(bed->watch);
	watch_cuff_commanded(bed->watch, now, CUFF_COMMAND_REFUSED, reason);
}

static void
send_command(struct parts *parts, struct bed *bed, struct bed_device *device, bool cancel, struct instant now)
{
	enum driver_command command = cancel ? COMMAND_CANCEL_CUFF : COMMAND_START_CUFF;
	struct wire_bytes request;
	struct outcome made;

	if (device->driver->command == NULL) {
		refuse(bed, now, "its driver knows no command");
		return;
	}
	made = device->driver->command(device->instance, command, &request);
	if (!made.ok) {
		refuse(bed, now, made.why);
		return;
	}
	if (line_submit_once(device->line, now, ++parts->last_tag, request.bytes, request.length) != LINE_SUBMITTED) {
		refuse(bed, now, line_state(device->line)->reason);
		return;
	}
	device->tag = parts->last_tag;
	device->asked = device->commanding = true;
	device->cancelling = cancel;
	watch_cuff_command_sent(bed->watch);
	clock_hold(parts->clock);
}

void
commanding_advance_bed(struct parts *parts, struct bed *bed, struct instant now)
{
	struct cuff_command command;
	struct bed_device *device;

	if (!watch_wants_cuff_command(bed->watch, &command))
		return;
	device = find_device(bed, command.device);
	if (device == NULL)
		refuse(bed, now, "the monitor is no longer at this bed");
	else if (!device->asked)
		send_command(parts, bed, device, command.cancel, now);
	/* Else its poll comes first; the answer to that brings us back. */
}

void
commanding_advance(struct parts *parts, struct instant now)
{
	for (size_t i = 0; i < parts->bed_count; i++)
		commanding_advance_bed(parts, &parts->beds[i], now);
}

void
commanding_take(struct bed *bed, struct bed_device *device, struct instant now, const struct line_reply *reply)
{
	static const enum cuff_commanded meanings[] = {
		[COMMANDED_DONE] = CUFF_COMMAND_DONE,
		[COMMANDED_REFUSED] = CUFF_COMMAND_REFUSED,
		[COMMANDED_UNKNOWN] = CUFF_COMMAND_UNKNOWN,
	};
	enum driver_command command = device->cancelling ? COMMAND_CANCEL_CUFF : COMMAND_START_CUFF;
	struct driver_commanded commanded;

	device->commanding = false;
	if (reply->result != LINE_REPLY) {
		watch_cuff_commanded(bed->watch, now, CUFF_COMMAND_UNKNOWN, reply->reason);
		return;
	}
	device->driver->commanded(device->instance, command, reply->reply, reply->reply_length, &commanded);
	watch_cuff_commanded(bed->watch, now, meanings[commanded.commanded], commanded.reason);
}
