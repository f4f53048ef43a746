/* The monitors of a bed change while it is watched (R26): what is known of those
 * that stay goes on, one that is added counts from now, and one that is taken
 * out ends nothing: its alarm stays until it is turned off or it answers again. */
#include "daemon/clinical/watch_state.h"

#include <stdio.h>
#include <string.h>

/* The technical slot of a device by its name, of those there were; NULL when nothing is kept of it. */
static const struct alarm_slot *
slot_named(const struct watch *watch, const char *name)
{
	for (size_t i = 0; i < WATCH_DEVICES; i++) {
		const struct alarm_slot *slot = &watch->slots[SLOT_TECHNICAL + i];

		if (slot->used && strcmp(slot->group.device, name) == 0)
			return slot;
	}
	return NULL;
}

static int
index_named(const struct watch_device *devices, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(devices[i].name, name) == 0)
			return (int)i;
	return -1;
}

static struct alarm_slot
empty_slot(const char *device)
{
	struct alarm_slot slot = { .group = { .kind = ALARM_GROUP_TECHNICAL } };

	snprintf(slot.group.device, sizeof(slot.group.device), "%s", device);
	return slot;
}

/* Slots of the new devices in their order, then those of devices that have gone and whose alarm still stands. */
static struct outcome
place_slots(const struct watch *watch, const struct watch_device *devices, size_t count,
    struct alarm_slot ret_slots[WATCH_DEVICES])
{
	size_t placed = count;

	for (size_t i = 0; i < count; i++) {
		const struct alarm_slot *kept = slot_named(watch, devices[i].name);

		ret_slots[i] = kept != NULL ? *kept : empty_slot(devices[i].name);
	}
	for (size_t i = 0; i < WATCH_DEVICES; i++) {
		const struct alarm_slot *slot = &watch->slots[SLOT_TECHNICAL + i];

		if (!slot->used || slot->alarm.state != ALARM_ACTIVE || index_named(devices, count, slot->group.device) >= 0)
			continue;
		if (placed == WATCH_DEVICES)
			return outcome_fail("the alarm of %s stands at %s, and there is no room for it beside the new monitors: "
			    "turn it off first", slot->group.device, watch->bed);
		ret_slots[placed++] = *slot;
	}
	for (; placed < WATCH_DEVICES; placed++)
		ret_slots[placed] = empty_slot("");
	return outcome_ok();
}

/* What is known of a monitor by its place follows it to its new one, or forgets it. */
static void
follow_devices(struct watch *watch, const struct watch_device *devices, size_t count)
{
	cuff_start_follow(watch, index_named(devices, count, watch->devices[watch->starter.device].device.name));
	for (int vital = 0; vital < VITAL_COUNT; vital++) {
		int *device = &watch->vitals[vital].usable_device;

		if (watch->vitals[vital].usable_seen && *device >= 0)
			*device = index_named(devices, count, watch->devices[*device].device.name);
	}
}

static void
place_devices(struct watch *watch, const struct watch_device *devices, size_t count)
{
	struct device_track tracks[WATCH_DEVICES];

	memset(tracks, 0, sizeof(tracks));
	for (size_t i = 0; i < count; i++) {
		int before = watch_device_index(watch, devices[i].name);

		if (before >= 0)
			tracks[i] = watch->devices[before];
		else
			tracks[i].since = watch->now;
		tracks[i].device = devices[i];
	}
	memcpy(watch->devices, tracks, sizeof(tracks));
	watch->device_count = count;
}

/* The session's own list, on record at once: a restart must know them. */
static void
tell_session(struct watch *watch)
{
	char names[WATCH_DEVICES * NAME_CAP] = "none";
	size_t length = 0;

	watch->session.device_count = watch->device_count;
	for (size_t i = 0; i < watch->device_count; i++) {
		snprintf(watch->session.devices[i], NAME_CAP, "%s", watch->devices[i].device.name);
		length += (size_t)snprintf(names + length, sizeof(names) - length, "%s%s", i > 0 ? ", " : "",
		    watch->devices[i].device.name);
	}
	watch_tell(watch, EVENT_CONFIGURATION, "monitors", "the monitors of this bed are now: %s", names);
}

struct outcome
watch_may_set_devices(struct watch *watch, struct instant now, const struct watch_device *devices, size_t count)
{
	struct alarm_slot slots[WATCH_DEVICES];

	watch_open_step(watch, now);
	return place_slots(watch, devices, count, slots);
}

struct outcome
watch_set_devices(struct watch *watch, struct instant now, const struct watch_device *devices, size_t count)
{
	struct alarm_slot slots[WATCH_DEVICES];
	struct outcome placed;

	watch_open_step(watch, now);
	placed = place_slots(watch, devices, count, slots);
	if (!placed.ok)
		return placed;
	follow_devices(watch, devices, count);
	memcpy(&watch->slots[SLOT_TECHNICAL], slots, sizeof(slots));
	place_devices(watch, devices, count);
	if (!watch_in_session(watch))
		return outcome_ok();
	tell_session(watch);
	watch_settle(watch);
	return outcome_ok();
}
