/* Polls a profile's registers on the common tick and decodes each reply as one
 * observation. Rounds are due at multiples of the cadence, so that devices of
 * one cadence are due together (design, "Polls are due on a common tick"). */
#include "drivers/modbus_map.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "drivers/aside.h"
#include "drivers/command.h"
#include "drivers/pdu.h"
#include "drivers/proof.h"

enum { CLOCK_RESOLUTION_MS = 2000, BITS_CADENCES = 2 };

/* Coils or discrete inputs of a reply, which vouch for what comes later in the round. */
struct bits {
	struct words words;
	struct instant at; /* UNKNOWN: nothing that still counts */
};

struct modbus_map {
	const struct profile *profile;
	uint8_t unit;
	bool may_start_cuff;
	struct duration cadence;
	struct plan plan;
	size_t next_read;     /* of the round */
	struct instant due;   /* when it is */
	bool missed_last[PLAN_READS]; /* by read: the last try brought nothing */
	unsigned laters;      /* in a row: the device was busy */
	struct bits bits[PLAN_BIT_READS];
	struct proof proof;
	struct aside aside;
};

static struct outcome
map_open(const struct profile *profile, const struct driver_options *options, void **ret_instance)
{
	struct modbus_map *map = calloc(1, sizeof(*map));

	if (map == NULL)
		return outcome_fail("out of memory for a monitor");
	map->profile = profile;
	map->unit = options->unit;
	map->may_start_cuff = options->may_start_cuff;
	map->cadence = options->cadence.ms > 0 ? options->cadence : profile->cadence;
	map->due = INSTANT_UNKNOWN;
	for (size_t i = 0; i < PLAN_BIT_READS; i++)
		map->bits[i].at = INSTANT_UNKNOWN;
	plan_make(profile, &map->plan);
	aside_init(&map->aside, profile, map->unit);
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
	bool is_due = now.ms >= map->due.ms;

	*ret_next = (struct driver_next){ .again = map->due };
	if (aside_next(&map->aside, now, is_due)) {
		ret_next->has_request = true;
		ret_next->request = map->aside.request;
	} else if (is_due) {
		ret_next->has_request = true;
		pdu_read(map->unit, read->function, read->address, read->count, &ret_next->request);
	}
}

/* The bits of a read of functions 1 and 2; NULL of another one. */
static struct bits *
bits_of_read(struct modbus_map *map, size_t index)
{
	size_t slot = 0;

	if (!function_is_bits(map->plan.reads[index].function))
		return NULL;
	for (size_t i = 0; i < index; i++)
		slot += function_is_bits(map->plan.reads[i].function);
	return slot < PLAN_BIT_READS ? &map->bits[slot] : NULL;
}

static void
forget_bits(struct modbus_map *map, size_t read)
{
	struct bits *bits = bits_of_read(map, read);

	if (bits != NULL)
		bits->at = INSTANT_UNKNOWN;
}

/* What vouches for values is of the same round. */
static void
move_to(struct modbus_map *map, size_t read)
{
	map->next_read = read;
	for (size_t i = 0; read == 0 && i < PLAN_BIT_READS; i++)
		map->bits[i].at = INSTANT_UNKNOWN;
}

/* After the last read of a round the next one waits for its tick. */
static void
advance(struct modbus_map *map, struct instant now)
{
	map->laters = 0;
	move_to(map, (map->next_read + 1) % map->plan.count);
	map->due = map->next_read == 0 ? next_tick(map, now) : now;
}

/* A device in trouble is asked once per tick. The round begins anew, so that the device's clock and uptime are again the
 * first to be known; but a read that brings nothing time after time must not keep the others from their turn. */
static void
bear_miss(struct modbus_map *map, struct instant now)
{
	bool again = map->missed_last[map->next_read];

	proof_missed(&map->proof);
	forget_bits(map, map->next_read);
	map->laters = 0;
	map->missed_last[map->next_read] = true;
	move_to(map, again ? (map->next_read + 1) % map->plan.count : 0);
	map->due = next_tick(map, now);
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
		struct span span = span_of_reply(profile, &profile->values[i]);

		if (words_hold_span(words, &span))
			observation->readings[observation->reading_count++] = decode_value(words, &profile->values[i]);
	}
}

static bool
holds_cuff(const struct profile *profile, const struct words *words)
{
	struct span span = span_of_cuff_reply(profile);

	return profile->cuff.present && words_hold_span(words, &span);
}

static bool
holds_number(const struct words *words, bool has_field, const struct field *field)
{
	return has_field && words_hold(words, field) && decode_is_number(words, field);
}

/* Bits of earlier replies go along with this one, unless a miss has made them old. */
static void
take_along(struct modbus_map *map, struct instant at, struct words *words)
{
	for (size_t i = 0; i < PLAN_BIT_READS; i++) {
		struct bits *bits = &map->bits[i];

		if (!instant_is_known(bits->at) || instant_since(at, bits->at).ms > BITS_CADENCES * map->cadence.ms)
			continue;
		bits->words.along = words->along;
		words->along = &bits->words;
	}
}

static void
observe(struct modbus_map *map, const struct words *words, struct instant at, struct observation *observation)
{
	const struct profile *profile = map->profile;
	struct proof *proof = &map->proof;

	*observation = (struct observation){ .at = at, .cuff.measured_at = INSTANT_UNKNOWN };
	if (holds_number(words, profile->has_uptime, &profile->uptime))
		observation->rebooted = proof_take_uptime(proof, decode_raw(words, &profile->uptime), at);
	if (holds_number(words, profile->has_clock, &profile->clock))
		proof_take_clock(proof, decode_raw(words, &profile->clock), at);
	observe_streams(profile, words, observation);
	if (holds_cuff(profile, words) && proof_is_ready(proof))
		observation->cuff = proof_judge(proof, words, at, &observation->rebooted);
	if (observation->rebooted)
		aside_reidentify(&map->aside);
	/* What another reply said goes on until that one is asked again. */
	observation->measuring = proof->measuring;
	observation->clock_off_ms = clock_off_ms(proof);
}

static void
take_words(struct modbus_map *map, struct words *words, struct instant at, struct driver_result *result)
{
	struct bits *bits = bits_of_read(map, map->next_read);

	if (bits != NULL)
		*bits = (struct bits){ *words, at };
	else
		take_along(map, at, words);
	aside_heard(&map->aside, at);
	result->answer = ANSWER_VALUES;
	result->valid = true;
	result->has_observation = true;
	observe(map, words, at, &result->observation);
	map->missed_last[map->next_read] = false;
	advance(map, at);
	if (map->next_read == 0)
		aside_round(&map->aside);
}

/* What the device says of itself when it does not give what was asked. */
static void
take_exception(struct modbus_map *map, uint8_t code, struct instant at, struct driver_result *result)
{
	size_t length = strlen(result->reason);

	/* Who is busy is there, and has not restarted within a moment. */
	if (!pdu_exception_is_later(code))
		proof_missed(&map->proof);
	if (pdu_exception_is_later(code) && map->laters < MODBUS_LATER_MOST) {
		map->laters++;
		map->due = instant_add(at, duration_ms(MODBUS_LATER_PAUSE_MS));
		result->answer = ANSWER_LATER;
	} else if (pdu_exception_is_gateway(code)) {
		/* The gateway has waited for the monitor for its own time, and would for every read of the round. */
		bear_miss(map, at);
		result->answer = ANSWER_GATEWAY;
	} else {
		if (pdu_exception_is_later(code))
			snprintf(result->reason + length, sizeof(result->reason) - length, ", %u times in a row", map->laters + 1);
		/* It answers: the other reads of the round go on. */
		forget_bits(map, map->next_read);
		advance(map, at);
		result->answer = ANSWER_REFUSED;
	}
}

static void
accept_read(struct modbus_map *map, struct instant at, const uint8_t *bytes, size_t length, struct driver_result *result)
{
	const struct plan_read *read = &map->plan.reads[map->next_read];
	struct wire_bytes request;
	struct words words;
	uint8_t exception;

	pdu_read(map->unit, read->function, read->address, read->count, &request);
	switch (pdu_take(request.bytes, request.length, bytes, length, &words, &exception, result->reason)) {
	case PDU_GOOD:
		take_words(map, &words, at, result);
		break;
	case PDU_EXCEPTION:
		take_exception(map, exception, at, result);
		break;
	case PDU_BROKEN:
		bear_miss(map, at);
		result->answer = ANSWER_BROKEN;
		break;
	}
}

static void
end_aside(struct modbus_map *map, struct instant at, const uint8_t *bytes, size_t length, struct driver_result *ret_result)
{
	struct duration pause = aside_end(&map->aside, at, bytes, length, ret_result);

	if (pause.ms > 0)
		map->due = instant_later(map->due, instant_add(at, pause));
}

static void
map_accept(void *instance, struct instant at, const uint8_t *bytes, size_t length, struct driver_result *ret_result)
{
	struct modbus_map *map = instance;

	memset(ret_result, 0, sizeof(*ret_result));
	if (map->aside.asked == ASIDE_NONE)
		accept_read(map, at, bytes, length, ret_result);
	else
		end_aside(map, at, bytes, length, ret_result);
}

/* A wire without a link says nothing of the device: then even what is asked beside polling was a poll missed. */
static bool
map_missed(void *instance, struct instant at, enum miss miss)
{
	struct modbus_map *map = instance;
	struct driver_result result;

	if (miss == MISS_NO_LINK) {
		aside_reconnect(&map->aside);
	} else if (map->aside.asked != ASIDE_NONE) {
		end_aside(map, at, NULL, 0, &result);
		return false;
	}
	bear_miss(map, at);
	return true;
}

static struct outcome
map_command(const void *instance, enum driver_command command, struct wire_bytes *ret_request)
{
	const struct modbus_map *map = instance;

	return command_make(map->profile, map->unit, map->may_start_cuff, command, ret_request);
}

static void
map_commanded(const void *instance, enum driver_command command, const uint8_t *bytes, size_t length,
    struct driver_commanded *ret_commanded)
{
	const struct modbus_map *map = instance;

	command_judge(map->profile, map->unit, command, bytes, length, ret_commanded);
}

const struct driver modbus_map_driver = {
	.name = "modbus",
	.open = map_open,
	.next = map_next,
	.accept = map_accept,
	.missed = map_missed,
	.close = map_close,
	.command = map_command,
	.commanded = map_commanded,
};
