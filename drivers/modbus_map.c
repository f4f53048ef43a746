/* Polls a profile's registers on the common tick and decodes each reply as one
 * observation. Rounds are due at multiples of the cadence, so that devices of
 * one cadence are due together (design, "Polls are due on a common tick"). */
#include "drivers/modbus_map.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "drivers/plan.h"
#include "drivers/proof.h"

struct modbus_map {
	const struct profile *profile;
	uint8_t unit;
	struct duration cadence;
	struct plan plan;
	size_t next_read;          /* of the round */
	struct instant round_due;  /* UNKNOWN: at once */
	struct proof proof;
	bool has_clock;
	int64_t clock_s, clock_off_ms;
};

static struct outcome
map_open(const struct profile *profile, const struct driver_options *options, void **ret_instance)
{
	struct modbus_map *map = calloc(1, sizeof(*map));

	if (map == NULL)
		return outcome_fail("out of memory for a monitor");
	map->profile = profile;
	map->unit = options->unit;
	map->cadence = options->cadence.ms > 0 ? options->cadence : profile->cadence;
	map->round_due = INSTANT_UNKNOWN;
	plan_make(profile, &map->plan);
	proof_init(&map->proof, options);
	map->proof.cadence = map->cadence;
	*ret_instance = map;
	return outcome_ok();
}

static void
map_close(void *instance)
{
	free(instance);
}

static struct instant
next_tick(const struct modbus_map *map, struct instant now)
{
	return (struct instant){ (now.ms / map->cadence.ms + 1) * map->cadence.ms };
}

static void
map_next(void *instance, struct instant now, struct driver_next *ret_next)
{
	struct modbus_map *map = instance;
	const struct plan_read *read = &map->plan.reads[map->next_read];
	uint8_t *bytes = ret_next->request.bytes;

	*ret_next = (struct driver_next){ .again = map->round_due };
	if (instant_is_known(map->round_due) && map->next_read == 0 && now.ms < map->round_due.ms)
		return;
	ret_next->has_request = true;
	bytes[0] = map->unit;
	bytes[1] = read->function;
	bytes[2] = (uint8_t)(read->address >> 8);
	bytes[3] = (uint8_t)read->address;
	bytes[4] = (uint8_t)(read->count >> 8);
	bytes[5] = (uint8_t)read->count;
	ret_next->request.length = 6;
}

/* After the last read of a round the next one waits for its tick. */
static void
advance(struct modbus_map *map, struct instant now)
{
	map->next_read = (map->next_read + 1) % map->plan.count;
	if (map->next_read == 0)
		map->round_due = next_tick(map, now);
}

const char *
modbus_exception_text(uint8_t code)
{
	static const char *const texts[] = {
		[1] = "illegal function",
		[2] = "illegal register address",
		[3] = "illegal value",
		[4] = "device failure",
		[5] = "acknowledged, will take longer",
		[6] = "busy",
		[8] = "memory parity error",
		[10] = "the gateway has no path to the monitor",
		[11] = "the monitor behind the gateway does not answer",
	};

	if (code < sizeof(texts) / sizeof(texts[0]) && texts[code] != NULL)
		return texts[code];
	return "unknown exception";
}

/* Takes a reply apart against what was asked; false with a reason. */
static bool
parse(const struct modbus_map *map, const uint8_t *bytes, size_t length, struct words *ret_words, char reason[96])
{
	const struct plan_read *asked = &map->plan.reads[map->next_read];

	if (length < 3 || bytes[0] != map->unit) {
		snprintf(reason, 96, length < 3 ? "the answer is cut short" : "answers for unit %u instead of %u", bytes[0],
		    map->unit);
		return false;
	}
	if (bytes[1] == (asked->function | 0x80)) {
		snprintf(reason, 96, "exception %u: %s", bytes[2], modbus_exception_text(bytes[2]));
		return false;
	}
	if (bytes[1] != asked->function) {
		snprintf(reason, 96, "answers function %u instead of %u", bytes[1], asked->function);
		return false;
	}
	if (bytes[2] != asked->count * 2 || length != 3 + (size_t)asked->count * 2) {
		snprintf(reason, 96, "answers %u bytes of registers instead of %u", bytes[2], asked->count * 2);
		return false;
	}
	*ret_words = (struct words){ asked->function, asked->address, asked->count, { 0 } };
	for (size_t i = 0; i < asked->count; i++)
		ret_words->at[i] = (uint16_t)(bytes[3 + 2 * i] << 8 | bytes[4 + 2 * i]);
	return true;
}

/* R4: differences only; the timeline itself is ours. */
static void
read_clock(struct modbus_map *map, const struct words *words, struct instant at)
{
	if (!map->profile->has_clock || !words_hold(words, &map->profile->clock))
		return;
	map->has_clock = true;
	map->clock_s = decode_raw(words, &map->profile->clock);
	map->clock_off_ms = map->clock_s * 1000 - at.ms;
	/* A second of the device's own resolution is no error. */
	if (map->clock_off_ms > -1000 && map->clock_off_ms < 1000)
		map->clock_off_ms = 0;
}

static bool
holds_cuff(const struct profile *profile, const struct words *words)
{
	return profile->cuff.present && words_hold(words, &profile->cuff.systolic.field);
}

static void
observe(struct modbus_map *map, const struct words *words, struct instant at, struct observation *observation)
{
	const struct profile *profile = map->profile;

	*observation = (struct observation){ .at = at, .cuff.measured_at = INSTANT_UNKNOWN };
	if (profile->has_uptime && words_hold(words, &profile->uptime))
		observation->rebooted = proof_uptime(&map->proof, decode_raw(words, &profile->uptime));
	read_clock(map, words, at);
	observation->clock_off_ms = map->clock_off_ms;
	for (size_t i = 0; i < profile->value_count && observation->reading_count < OBSERVATION_READINGS; i++)
		if (words_hold(words, &profile->values[i].field))
			observation->readings[observation->reading_count++] = decode_value(words, &profile->values[i]);
	if (holds_cuff(profile, words))
		observation->cuff = proof_judge(&map->proof, &profile->cuff, words, at, map->has_clock ? &map->clock_s : NULL,
		    &observation->measuring, &observation->rebooted);
	else
		observation->measuring = map->proof.measuring;
	map->proof.measuring = observation->measuring;
}

static void
map_accept(void *instance, struct instant at, const uint8_t *bytes, size_t length, struct driver_result *ret_result)
{
	struct modbus_map *map = instance;
	struct words words;

	memset(ret_result, 0, sizeof(*ret_result));
	if (!parse(map, bytes, length, &words, ret_result->reason)) {
		/* The rest of the round waits for the next tick: a device in trouble is not asked more often. */
		map->next_read = 0;
		map->round_due = next_tick(map, at);
		return;
	}
	ret_result->valid = true;
	ret_result->has_observation = true;
	observe(map, &words, at, &ret_result->observation);
	advance(map, at);
}

static void
map_missed(void *instance, struct instant at, enum miss miss)
{
	struct modbus_map *map = instance;

	(void)miss;
	proof_missed(&map->proof);
	map->next_read = 0;
	map->round_due = next_tick(map, at);
}

const struct driver modbus_map_driver = {
	.name = "modbus",
	.open = map_open,
	.next = map_next,
	.accept = map_accept,
	.missed = map_missed,
	.close = map_close,
};
