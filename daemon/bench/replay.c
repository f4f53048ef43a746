/* Captured traffic through the driver, as if the wire spoke again: what came of
 * every reply, at any speed. */
#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "daemon/bench/bench.h"
#include "daemon/line/replay.h"
#include "drivers/pdu.h"

struct player {
	FILE *out;
	const struct driver *driver;
	void *instance;
	uint64_t exchanges, matched, misses, observations;
};

static void
print_readings(FILE *out, const struct observation *observation)
{
	for (size_t i = 0; i < observation->reading_count; i++) {
		const struct reading *reading = &observation->readings[i];
		char number[24] = "--";

		if (quality_has_value(reading->quality))
			milli_to_text(reading->milli, number, sizeof(number));
		fprintf(out, " %s=%s", vital_info(reading->vital)->name, number);
		if (reading->quality != QUALITY_GOOD)
			fprintf(out, " (%s%s%s)", quality_name(reading->quality), reading->doubt != DOUBT_NONE ? ": " : "",
			    doubt_text(reading->doubt));
	}
}

static void
print_cuff(FILE *out, const struct cuff *cuff)
{
	static const char *const proofs[] = { [CUFF_NONE] = "", [CUFF_NEW] = "NEW CUFF", [CUFF_REREAD] = "",
		[CUFF_AGE_UNKNOWN] = "cuff of unknown age", [CUFF_FAILED] = "CUFF FAILED" };
	char systolic[24], diastolic[24];

	if (proofs[cuff->proof][0] == '\0')
		return;
	milli_to_text(cuff->systolic.milli, systolic, sizeof(systolic));
	milli_to_text(cuff->diastolic.milli, diastolic, sizeof(diastolic));
	fprintf(out, " %s", proofs[cuff->proof]);
	if (cuff->proof != CUFF_FAILED)
		fprintf(out, " %s/%s", systolic, diastolic);
	fprintf(out, " %s%s", cuff->failure, cuff->key);
}

static void
print_result(FILE *out, struct instant at, const struct driver_result *result)
{
	char when[INSTANT_TEXT_CAP];

	instant_to_iso(at, when);
	fprintf(out, "%s", when);
	if (result->reason[0] != '\0')
		fprintf(out, " %s: %s", answer_name(result->answer), result->reason);
	if (result->has_observation) {
		print_readings(out, &result->observation);
		print_cuff(out, &result->observation.cuff);
		fprintf(out, "%s%s", result->observation.measuring ? " measuring" : "", result->observation.rebooted ? " REBOOTED" : "");
	}
	fputc('\n', out);
}

/* The driver is asked at the instant of the answer, and its wish held against what was asked then. */
static void
take(struct player *player, struct instant at, const struct line_reply *reply)
{
	struct driver_result result;
	struct driver_next next;

	memset(&result, 0, sizeof(result));
	player->exchanges++;
	player->driver->next(player->instance, at, &next);
	if (!next.has_request || next.request.length != reply->request_length ||
	    memcmp(next.request.bytes, reply->request, reply->request_length) != 0)
		return;
	player->matched++;
	if (reply->result != LINE_REPLY) {
		char when[INSTANT_TEXT_CAP];

		player->misses++;
		instant_to_iso(at, when);
		fprintf(player->out, "%s %s: %s\n", when, line_result_name(reply->result), reply->reason);
		player->driver->missed(player->instance, at, reply->result == LINE_NO_LINK ? MISS_NO_LINK : MISS_TIMEOUT);
		return;
	}
	player->driver->accept(player->instance, at, reply->reply, reply->reply_length, &result);
	player->observations += result.has_observation;
	print_result(player->out, at, &result);
}

static void
pace(struct instant before, struct instant at, double speed)
{
	int64_t wait_ms = instant_is_known(before) && speed > 0 ? (int64_t)((double)instant_since(at, before).ms / speed) : 0;
	const struct timespec pause = { wait_ms / 1000, wait_ms % 1000 * 1000000 };

	if (wait_ms > 0)
		nanosleep(&pause, NULL);
}

static struct outcome
play(struct player *player, struct replay *replay, const struct bench_target *target, const char *line, double speed)
{
	struct instant before = INSTANT_UNKNOWN, at;
	const struct line_reply *reply;
	struct outcome read;

	for (;;) {
		read = replay_next(replay, &at, &reply);
		if (!read.ok || reply == NULL)
			return read;
		if (reply->request_length == 0 || reply->request[0] != target->unit ||
		    (line != NULL && strcmp(reply->line, line) != 0))
			continue;
		pace(before, at, speed);
		before = at;
		take(player, at, reply);
	}
}

int
bench_replay(FILE *out, const struct bench_target *target, const char *capture, const char *line, double speed)
{
	const struct driver_options options = { .unit = target->unit, .cadence = target->cadence, .clock_off = duration_min(2),
		.last_cuff_key = "", .last_cuff_at = INSTANT_UNKNOWN };
	struct player player = { .out = out, .driver = driver_find("modbus") };
	struct replay *replay = NULL;
	struct outcome done = replay_open(capture, &replay);

	if (done.ok)
		done = player.driver->open(&target->profile, &options, &player.instance);
	if (done.ok)
		done = outcome_within(play(&player, replay, target, line, speed), "%s", capture);
	if (done.ok)
		fprintf(out, "%" PRIu64 " exchanges of unit %u, %" PRIu64 " of them as this map asks; %" PRIu64 " observations, %" PRIu64
		    " without an answer\n", player.exchanges, target->unit, player.matched, player.observations, player.misses);
	else
		fprintf(stderr, "infusionctl: %s\n", done.why);
	if (done.ok && player.matched == 0)
		fputs("nothing fits: is it this map, this unit, this line?\n", out);
	player.driver->close(player.instance);
	replay_close(replay);
	if (!done.ok)
		return BENCH_WRONG;
	return player.matched > 0 ? BENCH_GOOD : BENCH_BAD;
}
