#include "daemon/bed.h"

#include <stdio.h>
#include <string.h>

#include "daemon/base/log.h"

static void
describe_device(const struct settings *settings, const struct monitor_settings *monitor, struct watch_device *device)
{
	*device = (struct watch_device){ .cadence = monitor->cadence };
	snprintf(device->name, sizeof(device->name), "%s", monitor->name);
	snprintf(device->label, sizeof(device->label), "%s", monitor->label);
	profile_gives(&settings->profiles[monitor->profile], device->gives);
	device->may_start_cuff = monitor->start_cuff && settings->profiles[monitor->profile].cuff.start.present;
	device->cuff_start_rest = settings->profiles[monitor->profile].cuff.start_pause;
}

struct outcome
bed_create(struct bed *bed, const struct settings *settings, size_t index, struct store *store,
    const struct regimen *const *regimens, int64_t (*next_id)(void *ctx), void *id_ctx, struct event_sink sink,
    struct instant now)
{
	struct watch_device devices[SESSION_DEVICES];

	*bed = (struct bed){ .settings = &settings->beds[index], .store = store,
		.clock_off = settings->regimens[0].timing.clock_off };
	for (size_t i = 0; i < bed->settings->monitor_count; i++)
		describe_device(settings, &settings->monitors[bed->settings->monitors[i]], &devices[i]);
	bed->watch = watch_create(bed->settings->name, devices, bed->settings->monitor_count, regimens, settings->regimen_count,
	    next_id, id_ctx, sink, now);
	if (bed->watch == NULL)
		return outcome_fail("bed %s: out of memory", bed->settings->name);
	watch_set_zone(bed->watch, zone_offset_min(&settings->zone, now));
	return outcome_ok();
}

static struct outcome
open_device(struct bed *bed, const struct settings *settings, const struct monitor_settings *monitor, struct line *line,
    struct bed_device *device)
{
	const struct driver_options options = {
		.unit = monitor->unit,
		.cadence = monitor->cadence,
		.clock_off = bed->clock_off,
		.last_cuff_key = watch_last_cuff_key(bed->watch, monitor->name),
		.last_cuff_at = watch_last_cuff_at(bed->watch, monitor->name),
		.may_start_cuff = monitor->start_cuff,
	};

	*device = (struct bed_device){
		.settings = monitor,
		.driver = driver_find("modbus"),
		.line = line,
		.due = INSTANT_UNKNOWN,
		.round_due = INSTANT_UNKNOWN,
	};
	return device->driver->open(&settings->profiles[monitor->profile], &options, &device->instance);
}

struct outcome
bed_open_devices(struct bed *bed, const struct settings *settings, struct line *const *lines)
{
	struct outcome opened = outcome_ok();

	for (size_t i = 0; opened.ok && i < bed->settings->monitor_count; i++) {
		const struct monitor_settings *monitor = &settings->monitors[bed->settings->monitors[i]];

		opened = outcome_within(open_device(bed, settings, monitor, lines[monitor->line], &bed->devices[i]), "monitor %s",
		    monitor->name);
		if (opened.ok)
			bed->device_count++;
	}
	return opened;
}

static size_t
describe_all(const struct settings *settings, size_t index, struct watch_device devices[static SESSION_DEVICES])
{
	const struct bed_settings *bed = &settings->beds[index];

	for (size_t i = 0; i < bed->monitor_count; i++)
		describe_device(settings, &settings->monitors[bed->monitors[i]], &devices[i]);
	return bed->monitor_count;
}

struct outcome
bed_may_change(struct bed *bed, const struct settings *now, size_t index, struct instant at)
{
	struct watch_device devices[SESSION_DEVICES];
	size_t count = describe_all(now, index, devices);

	return watch_may_set_devices(bed->watch, at, devices, count);
}

/* The device that goes on: the same monitor, read by the same map on the same line. */
static struct bed_device *
find_same(struct bed *bed, const struct settings *before, const struct settings *now, const struct monitor_settings *wanted,
    const struct line *line)
{
	for (size_t i = 0; i < bed->device_count; i++) {
		const struct monitor_settings *was = bed->devices[i].settings;

		if (bed->devices[i].instance != NULL && bed->devices[i].line == line && strcmp(was->name, wanted->name) == 0 &&
		    was->unit == wanted->unit && was->cadence.ms == wanted->cadence.ms && was->start_cuff == wanted->start_cuff &&
		    memcmp(&before->profiles[was->profile], &now->profiles[wanted->profile], sizeof(struct profile)) == 0)
			return &bed->devices[i];
	}
	return NULL;
}

struct outcome
bed_change_devices(struct bed *bed, const struct settings *before, const struct settings *now, size_t index,
    struct line *const *lines, struct instant at, size_t *kept, size_t *opened)
{
	struct watch_device described[SESSION_DEVICES];
	struct bed_device devices[SESSION_DEVICES];
	size_t count = describe_all(now, index, described), made = 0;
	struct outcome done = outcome_ok();

	memset(devices, 0, sizeof(devices));
	for (; done.ok && made < count; made++) {
		const struct monitor_settings *monitor = &now->monitors[now->beds[index].monitors[made]];
		struct bed_device *same = find_same(bed, before, now, monitor, lines[monitor->line]);

		if (same == NULL) {
			done = outcome_within(open_device(bed, now, monitor, lines[monitor->line], &devices[made]), "monitor %s",
			    monitor->name);
			*opened += done.ok;
			continue;
		}
		devices[made] = *same;
		devices[made].settings = monitor;
		same->instance = NULL; /* It has gone over. */
		(*kept)++;
	}
	for (size_t i = 0; i < bed->device_count; i++) {
		/* Its answer finds nobody any more. */
		if (bed->devices[i].instance != NULL && bed->devices[i].commanding)
			watch_cuff_commanded(bed->watch, at, CUFF_COMMAND_UNKNOWN, "the wiring was changed before it answered");
		bed->devices[i].driver->close(bed->devices[i].instance);
	}
	/* One that could not be opened leaves its bed without it, and R19 says so; there is no going back half-way. */
	bed->device_count = done.ok ? count : made - 1;
	memcpy(bed->devices, devices, sizeof(devices));
	bed->settings = &now->beds[index];
	watch_set_devices(bed->watch, at, described, count);
	return done;
}

void
bed_destroy(struct bed *bed)
{
	for (size_t i = 0; i < bed->device_count; i++)
		bed->devices[i].driver->close(bed->devices[i].instance);
	watch_destroy(bed->watch);
	bed->watch = NULL;
	bed->device_count = 0;
}

static bool
same_result(const struct cuff *a, const struct cuff *b)
{
	return a->proof == b->proof && strcmp(a->key, b->key) == 0 && a->systolic.milli == b->systolic.milli &&
	       a->mean.milli == b->mean.milli && a->diastolic.milli == b->diastolic.milli;
}

/* A new cuff and a failed one are recorded; one of unknown age once, until something else is found. */
static bool
is_worth_recording(struct bed_device *device, const struct cuff *cuff)
{
	bool again = cuff->proof == CUFF_AGE_UNKNOWN && same_result(cuff, &device->last_unproven);

	if (cuff->proof != CUFF_NONE)
		device->last_unproven = *cuff;
	return !again;
}

static void
observe(struct bed *bed, struct bed_device *device, const struct observation *observation)
{
	/* The readings are queued before the events that they cause, and so committed with them (Promise 4). */
	store_append_observation(bed->store, bed->settings->name, watch_session(bed->watch)->id, device->settings->name,
	    observation, is_worth_recording(device, &observation->cuff));
	watch_reply(bed->watch, device->settings->name, observation);
}

void
bed_miss(struct bed *bed, size_t device_index, struct instant now, enum miss miss, const char *reason)
{
	struct bed_device *device = &bed->devices[device_index];

	if (!device->driver->missed(device->instance, now, miss))
		return;
	device->misses++;
	watch_missed(bed->watch, device->settings->name, now, reason);
}

static enum miss
miss_of(enum line_result result)
{
	static const enum miss misses[] = {
		[LINE_REPLY] = MISS_BROKEN,
		[LINE_TIMEOUT] = MISS_TIMEOUT,
		[LINE_BROKEN] = MISS_BROKEN,
		[LINE_NO_LINK] = MISS_NO_LINK,
	};

	return misses[result];
}

static const char *
or_nothing(const char *text)
{
	return text[0] != '\0' ? text : "-";
}

/* Once after each connection: what stands behind the address is not always what stood there before. */
static void
tell_identity(const struct bed_device *device, const struct identity *identity)
{
	log_line(LOG_LEVEL_INFO, "monitor %s: manufacturer %s, model %s, serial %s, firmware %s", device->settings->name,
	    or_nothing(identity->manufacturer), or_nothing(identity->model), or_nothing(identity->serial),
	    or_nothing(identity->firmware));
}

void
bed_take(struct bed *bed, size_t device_index, struct instant now, const struct line_reply *reply)
{
	struct bed_device *device = &bed->devices[device_index];
	struct driver_result result;

	if (reply->result != LINE_REPLY) {
		bed_miss(bed, device_index, now, miss_of(reply->result), reply->reason);
		return;
	}
	device->driver->accept(device->instance, now, reply->reply, reply->reply_length, &result);
	if (result.has_identity)
		tell_identity(device, &result.identity);
	if (!result.valid && answer_is_harmless(result.answer))
		return;
	if (!result.valid) {
		device->misses++;
		watch_missed(bed->watch, device->settings->name, now, result.reason);
		return;
	}
	device->valid++;
	if (result.has_observation)
		observe(bed, device, &result.observation);
}
