/* Polls a profile's registers on the common tick and decodes each reply as one
 * observation. Rounds are due at multiples of the cadence, so that devices of
 * one cadence are due together (design, "Polls are due on a common tick"). */
#include "drivers/modbus_map.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "drivers/plan.h"
#include "drivers/proof.h"

enum {
	REASON_CAP = sizeof(((struct driver_result *)0)->reason),
	CLOCK_RESOLUTION_MS = 2000
};

struct modbus_map {
	const struct profile *profile;
	uint8_t unit;
	struct duration cadence;
	struct plan plan;
	size_t next_read;     /* of the round */
	struct instant due;   /* when it is */
	bool missed_last[PLAN_READS]; /* by read: the last try brought nothing */
	struct proof proof;
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
	map->due = INSTANT_UNKNOWN;
	plan_make(profile, &map->plan);
	assert(map->plan.count > 0 && map->cadence.ms > 0); /* profile_check */
	proof_init(&map->proof, profile, options);
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

	*ret_next = (struct driver_next){ .again = map->due };
	if (now.ms < map->due.ms)
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
	map->due = map->next_read == 0 ? next_tick(map, now) : now;
}

/* A device in trouble is asked once per tick. The round begins anew, so that the device's clock and uptime are again the
 * first to be known; but a read that brings nothing time after time must not keep the others from their turn. */
static void
bear_miss(struct modbus_map *map, struct instant now)
{
	bool again = map->missed_last[map->next_read];

	proof_missed(&map->proof);
	map->missed_last[map->next_read] = true;
	map->next_read = again ? (map->next_read + 1) % map->plan.count : 0;
	map->due = next_tick(map, now);
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

enum answer { ANSWER_WORDS, ANSWER_EXCEPTION, ANSWER_BROKEN };

/* Takes a reply apart against what was asked; the reason when it brings no words. */
static enum answer
parse(const struct modbus_map *map, const uint8_t *bytes, size_t length, struct words *ret_words, char reason[static REASON_CAP])
{
	const struct plan_read *asked = &map->plan.reads[map->next_read];

	if (length < 3) {
		snprintf(reason, REASON_CAP, "the answer is cut short");
		return ANSWER_BROKEN;
	}
	if (bytes[0] != map->unit) {
		snprintf(reason, REASON_CAP, "answers for unit %u instead of %u", bytes[0], map->unit);
		return ANSWER_BROKEN;
	}
	if (bytes[1] == (asked->function | 0x80) && length == 3) {
		snprintf(reason, REASON_CAP, "exception %u: %s", bytes[2], modbus_exception_text(bytes[2]));
		return ANSWER_EXCEPTION;
	}
	if (bytes[1] != asked->function) {
		snprintf(reason, REASON_CAP, "answers function %u instead of %u", bytes[1], asked->function);
		return ANSWER_BROKEN;
	}
	if (bytes[2] != asked->count * 2 || length != 3 + (size_t)asked->count * 2) {
		snprintf(reason, REASON_CAP, "answers %zu bytes of registers (says %u) instead of %u", length - 3, bytes[2],
		    asked->count * 2);
		return ANSWER_BROKEN;
	}
	*ret_words = (struct words){ asked->function, asked->address, asked->count, { 0 } };
	for (size_t i = 0; i < asked->count; i++)
		ret_words->at[i] = (uint16_t)(bytes[3 + 2 * i] << 8 | bytes[4 + 2 * i]);
	return ANSWER_WORDS;
}

/* R4: what is within the resolution of both clocks is no error. */
static int64_t
clock_off_ms(const struct proof *proof)
{
	return llabs(proof->clock_off_ms) < CLOCK_RESOLUTION_MS ? 0 : proof->clock_off_ms;
}

/* A register may by chance stand in the read of another value; only a read that holds all of it speaks for it. */
static void
observe_streams(const struct profile *profile, const struct words *words, struct observation *observation)
{
	for (size_t i = 0; i < profile->value_count; i++) {
		struct span span = span_of_value(&profile->values[i]);

		if (words_hold_span(words, &span))
			observation->readings[observation->reading_count++] = decode_value(words, &profile->values[i]);
	}
}

static bool
holds_cuff(const struct profile *profile, const struct words *words)
{
	struct span span = span_of_cuff(profile);

	return profile->cuff.present && words_hold_span(words, &span);
}

static void
observe(struct modbus_map *map, const struct words *words, struct instant at, struct observation *observation)
{
	const struct profile *profile = map->profile;
	struct proof *proof = &map->proof;

	*observation = (struct observation){ .at = at, .cuff.measured_at = INSTANT_UNKNOWN };
	if (profile->has_uptime && words_hold(words, &profile->uptime))
		observation->rebooted = proof_take_uptime(proof, decode_raw(words, &profile->uptime), at);
	if (profile->has_clock && words_hold(words, &profile->clock))
		proof_take_clock(proof, decode_raw(words, &profile->clock), at);
	observe_streams(profile, words, observation);
	if (holds_cuff(profile, words) && proof_is_ready(proof))
		observation->cuff = proof_judge(proof, words, at, &observation->rebooted);
	/* What another reply said goes on until that one is asked again. */
	observation->measuring = proof->measuring;
	observation->clock_off_ms = clock_off_ms(proof);
}

static void
map_accept(void *instance, struct instant at, const uint8_t *bytes, size_t length, struct driver_result *ret_result)
{
	struct modbus_map *map = instance;
	struct words words;

	memset(ret_result, 0, sizeof(*ret_result));
	switch (parse(map, bytes, length, &words, ret_result->reason)) {
	case ANSWER_WORDS:
		ret_result->valid = true;
		ret_result->has_observation = true;
		observe(map, &words, at, &ret_result->observation);
		map->missed_last[map->next_read] = false;
		advance(map, at);
		break;
	case ANSWER_EXCEPTION:
		/* It answers: the other reads of the round go on. A gateway says so of a monitor that does not. */
		proof_missed(&map->proof);
		advance(map, at);
		break;
	case ANSWER_BROKEN:
		bear_miss(map, at);
		break;
	}
}

static void
map_missed(void *instance, struct instant at, enum miss miss)
{
	(void)miss; /* all of them brought nothing */
	bear_miss(instance, at);
}

const struct driver modbus_map_driver = {
	.name = "modbus",
	.open = map_open,
	.next = map_next,
	.accept = map_accept,
	.missed = map_missed,
	.close = map_close,
};
