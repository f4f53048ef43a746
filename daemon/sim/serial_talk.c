/* What is said on a serial line: the units' answers, right, wrong, damaged or at
 * the same time; the echo of an adapter; another master; and what was counted. */
#include <inttypes.h>
#include <string.h>

#include "daemon/sim/reply.h"
#include "daemon/sim/serial_inside.h"
#include "drivers/simulated/random.h"

enum { BROADCAST = 0, OUTSIDE_PDU = 3, NOTE_CAP = 96 };

static size_t
put_frame(const void *ctx, uint8_t unit, const uint8_t *pdu, size_t length, bool other_transaction,
    uint8_t frame[static REPLY_CAP])
{
	(void)ctx;
	(void)other_transaction;
	return rtu_frame_put(unit, pdu, length, frame);
}

static const struct sim_framing framing = { put_frame, NULL };

/* An answer begins when the silence after its request has shown that it was whole, and the unit has thought. */
static int64_t
answer_from(const struct sim_line *line, int64_t request_end_ns, int delay_ms)
{
	return request_end_ns + line->ear.timing.silence_ns + line->ear.timing.turnaround_ns + (int64_t)delay_ms * NS_PER_MS;
}

/* Passes what is said through the wire's faults; returns how many characters come out otherwise than they went in. */
static size_t
pass_wire(struct sim_line *line, const uint8_t *bytes, size_t count, int16_t *characters)
{
	size_t damaged = line_noise_pass(&line->noise, &line->faults, bytes, count, characters);

	return damaged + line_parity_pass(line->faults.parity, characters, count);
}

/* A unit's answer gets its times. When the adapter is to be pulled in the middle of it, it is said up to there. */
static void
say_answer(struct sim_line *line, const struct sim_unit *unit, const struct sim_request *request, const struct sim_reply *reply,
    int64_t request_end_ns)
{
	int16_t characters[REPLY_CAP];
	struct rtu_speech speech = {
		.characters = characters,
		.count = reply->kind == REPLY_RESET ? reply->length / 2 : reply->length,
		.from_ns = answer_from(line, request_end_ns, reply->delay_ms),
		.character_ns = line->ear.timing.character_ns,
		.gap_ns = (int64_t)reply->gap_ms * NS_PER_MS,
	};
	size_t damaged = pass_wire(line, reply->bytes, speech.count, characters);
	int64_t over_ns;

	if (!rtu_mouth_say(&line->mouth, &speech, &over_ns))
		return;
	line->counts.answered++;
	if (damaged == 0)
		sim_reply_note(unit, request, reply);
	if (reply->kind == REPLY_RESET && over_ns < line->tear_ns)
		line->tear_ns = over_ns;
}

static bool
is_meant(const struct sim_unit *unit, uint8_t number)
{
	return number == BROADCAST || unit->number == number || unit->faults.answers_for == number;
}

/* Of units that were given one number twice all answer, at the same time. */
static void
ask_units(struct sim_line *line, const struct sim_request *request, int64_t request_end_ns)
{
	for (struct sim_unit *unit = line->wire.units; unit != NULL; unit = unit->next) {
		struct sim_reply reply;

		if (!is_meant(unit, request->unit))
			continue;
		sim_reply_make(unit, request, &framing, &reply);
		if (reply.kind != REPLY_NONE && request->unit != BROADCAST)
			say_answer(line, unit, request, &reply, request_end_ns);
	}
}

/* What was wrong with a frame goes into the log of the unit that it names, else of the first on the line. */
static void
note(const struct sim_line *line, const struct rtu_heard_frame *frame, const char *what, const char *text)
{
	const struct sim_unit *unit = frame->length > 0 ? sim_wire_find(&line->wire, frame->bytes[0]) : NULL;

	if (unit == NULL)
		unit = line->wire.units;
	if (unit != NULL)
		sim_monitor_note(unit->monitor, what, text);
}

static void
note_early(struct sim_line *line, const struct rtu_heard_frame *frame)
{
	char text[NOTE_CAP];

	line->counts.early++;
	snprintf(text, sizeof(text), "gap_us=%" PRId64 " needed_us=%" PRId64 " %s", frame->gap_ns / 1000,
	    line->ear.timing.silence_ns / 1000, line->options.strict ? "lost" : "taken");
	note(line, frame, "t35_violation", text);
}

static void
answer_garbage(struct sim_line *line, const struct rtu_heard_frame *frame)
{
	int16_t characters[REPLY_CAP];
	const struct rtu_speech speech = { characters, frame->length, answer_from(line, frame->end_ns, 0),
		line->ear.timing.character_ns, 0, false };
	int64_t over_ns;

	for (size_t i = 0; i < speech.count; i++)
		characters[i] = (int16_t)(random_bits(&line->noise.state) & 0xff);
	rtu_mouth_say(&line->mouth, &speech, &over_ns);
}

void
line_take_frame(struct sim_line *line, const struct rtu_heard_frame *frame)
{
	static const char *const why[] = { [RTU_DAMAGED] = "damaged", [RTU_MERGED] = "merged", [RTU_COLLIDED] = "collided",
		[RTU_FOREIGN] = "speed" };
	const struct sim_request request = { frame->bytes[0], frame->bytes + 1, frame->length - OUTSIDE_PDU };

	line->world.advance(line->world.ctx);
	/* What was done to the world may have pulled the adapter. */
	if (line->master < 0)
		return;
	if (frame->early && frame->what != RTU_COLLIDED && frame->what != RTU_FOREIGN)
		note_early(line, frame);
	if (frame->what == RTU_REQUEST) {
		line->counts.requests++;
		ask_units(line, &request, frame->end_ns);
		return;
	}
	line->counts.lost[frame->what]++;
	note(line, frame, "lost", why[frame->what]);
	if (frame->what == RTU_FOREIGN && line->faults.speed_garbage)
		answer_garbage(line, frame);
}

void
line_echo(struct sim_line *line, const int16_t *characters, size_t count, int64_t from_ns)
{
	const struct rtu_speech speech = { characters, count, from_ns, line->ear.timing.character_ns, 0, true };
	int64_t over_ns;

	rtu_mouth_say(&line->mouth, &speech, &over_ns);
}

/* A read of the first value that the unit has; the length of its PDU. */
static size_t
put_strange_request(const struct sim_unit *unit, uint8_t pdu[static 5])
{
	const struct field *field = &sim_monitor_profile(unit->monitor)->values[0].field;

	pdu[0] = field->function;
	pdu[1] = (uint8_t)(field->address >> 8);
	pdu[2] = (uint8_t)field->address;
	pdu[3] = 0;
	pdu[4] = (uint8_t)field_words(field);
	return 5;
}

void
line_let_stranger_talk(struct sim_line *line, int64_t now_ns)
{
	uint8_t pdu[5], frame[OUTSIDE_PDU + sizeof(pdu)];
	int16_t characters[sizeof(frame)];
	struct rtu_speech speech = { characters, 0, now_ns, line->ear.timing.character_ns, 0, false };
	struct sim_request request;
	int64_t over_ns;

	line->world.advance(line->world.ctx);
	if (line->master < 0 || line->wire.units == NULL)
		return;
	request = (struct sim_request){ line->wire.units->number, pdu, put_strange_request(line->wire.units, pdu) };
	speech.count = rtu_frame_put(request.unit, pdu, request.length, frame);
	line_noise_pass(&line->noise, &line->faults, frame, speech.count, characters);
	if (rtu_mouth_say(&line->mouth, &speech, &over_ns))
		ask_units(line, &request, over_ns);
}

void
sim_line_print_counts(const struct sim_line *line, FILE *out)
{
	const struct line_counts *counts = &line->counts;

	fprintf(out, "line %s requests=%" PRIu64 " answered=%" PRIu64 " t35_violations=%" PRIu64 " merged=%" PRIu64
	    " collided=%" PRIu64 " damaged=%" PRIu64 " wrong_speed=%" PRIu64 " flipped=%" PRIu64 " dropped=%" PRIu64
	    " pulled=%" PRIu64 "\n", line->options.path, counts->requests, counts->answered, counts->early,
	    counts->lost[RTU_MERGED], counts->lost[RTU_COLLIDED], counts->lost[RTU_DAMAGED], counts->lost[RTU_FOREIGN],
	    line->noise.flipped, line->noise.lost, counts->pulled);
}
