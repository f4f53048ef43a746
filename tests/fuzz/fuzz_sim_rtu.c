/* Any traffic at all on the simulator's serial wire: the first byte picks the line, then come events of a kind, a pause in
 * tenths of a millisecond and what belongs to them. What is heard as a request is asked of a monitor's registers. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/sim/rtu_ear.h"
#include "daemon/sim/rtu_mouth.h"
#include "tests/unit/drivers_fixture.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { PAUSE_NS = 100000, SAID_MOST = 64 };

struct bytes {
	const uint8_t *at, *end;
};

struct wire {
	struct rtu_ear ear;
	struct rtu_mouth mouth;
	struct register_image *image;
	int64_t now_ns;
};

static uint8_t
next(struct bytes *bytes)
{
	return bytes->at < bytes->end ? *bytes->at++ : 0;
}

static size_t
next_characters(struct bytes *bytes, int16_t characters[static SAID_MOST])
{
	size_t count = next(bytes) % SAID_MOST;

	for (size_t i = 0; i < count; i++)
		characters[i] = next(bytes);
	if (count > 2 && next(bytes) % 8 == 0)
		characters[count / 2] = CHARACTER_LOST;
	return count;
}

static void
hear(struct wire *wire, struct bytes *bytes, uint8_t how)
{
	int16_t characters[SAID_MOST];
	size_t count = next_characters(bytes, characters);

	rtu_ear_hear(&wire->ear, wire->now_ns, characters, count, rtu_mouth_is_talking(&wire->mouth, wire->now_ns), (how & 0x80) != 0);
}

/* One with a right checksum. */
static void
hear_request(struct wire *wire, struct bytes *bytes)
{
	uint8_t pdu[SAID_MOST], frame[SAID_MOST + 3];
	int16_t characters[sizeof(frame)];
	size_t length = 1 + next(bytes) % (SAID_MOST - 1), count;

	for (size_t i = 0; i < length; i++)
		pdu[i] = next(bytes);
	count = rtu_frame_put(next(bytes), pdu, length, frame);
	for (size_t i = 0; i < count; i++)
		characters[i] = frame[i];
	rtu_ear_hear(&wire->ear, wire->now_ns, characters, count, false, false);
}

static void
say(struct wire *wire, struct bytes *bytes, uint8_t how)
{
	int16_t characters[SAID_MOST];
	struct rtu_speech speech = { characters, next_characters(bytes, characters), wire->now_ns + next(bytes) * PAUSE_NS,
		wire->ear.timing.character_ns, (how & 0x40) != 0 ? next(bytes) * PAUSE_NS : 0, (how & 0x80) != 0 };
	int64_t over_ns = -1;

	if (rtu_mouth_say(&wire->mouth, &speech, &over_ns))
		assert(over_ns >= speech.from_ns + (int64_t)speech.count * speech.character_ns);
	assert(wire->mouth.count <= MOUTH_MOST);
	for (size_t i = 1; i < wire->mouth.count; i++)
		assert(wire->mouth.queue[i - 1].over_ns <= wire->mouth.queue[i].over_ns);
}

static void
speak(struct wire *wire)
{
	uint8_t out[7];
	bool spoke;
	int64_t due_ns = rtu_mouth_due(&wire->mouth);
	size_t count = rtu_mouth_take(&wire->mouth, wire->now_ns, out, sizeof(out), &spoke);

	assert(count > 0 || due_ns > wire->now_ns);
	if (spoke)
		rtu_ear_note_other(&wire->ear, wire->now_ns);
}

static void
ask(const struct wire *wire, const struct rtu_heard_frame *frame)
{
	uint8_t reply[IMAGE_REPLY_CAP];
	size_t length;

	assert(rtu_frame_is_right(frame->bytes, frame->length));
	assert(!frame->early || !wire->ear.strict);
	length = image_serve(wire->image, frame->bytes + 1, frame->length - 3, reply);
	assert(length >= 2 && length <= sizeof(reply) && (reply[0] & 0x7f) == (frame->bytes[1] & 0x7f));
}

static void
take(struct wire *wire)
{
	struct rtu_heard_frame frame;
	int64_t due_ns = rtu_ear_due(&wire->ear);

	if (!rtu_ear_take(&wire->ear, wire->now_ns, &frame)) {
		assert(due_ns > wire->now_ns);
		return;
	}
	assert(frame.end_ns + wire->ear.timing.silence_ns <= wire->now_ns && frame.length <= RTU_FRAME_CAP);
	assert(frame.early == (frame.gap_ns < wire->ear.timing.silence_ns));
	assert(rtu_ear_due(&wire->ear) == RTU_NEVER);
	if (frame.what == RTU_REQUEST)
		ask(wire, &frame);
}

static void
happen(struct wire *wire, struct bytes *bytes)
{
	uint8_t what = next(bytes);

	wire->now_ns += next(bytes) * PAUSE_NS;
	speak(wire);
	take(wire);
	switch (what % 5) {
	case 0:
		hear(wire, bytes, what);
		break;
	case 1:
		hear_request(wire, bytes);
		break;
	case 2:
		say(wire, bytes, what);
		break;
	case 3:
		wire->now_ns += 100 * PAUSE_NS;
		break;
	default:
		rtu_ear_forget(&wire->ear);
		rtu_mouth_forget(&wire->mouth);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const int bauds[] = { 9600, 19200, 115200 };
	static struct profile profile;
	static struct wire wire; /* large, and filled anew each time but for the registers */
	struct bytes bytes = { data, data + size };
	uint8_t line = next(&bytes);
	struct rtu_timing timing = rtu_timing(bauds[line % 3], 10 + (line & 4) / 4, (line & 8) == 0);

	if (wire.image == NULL) {
		profile = made_profile(PROOF_COUNTER);
		wire.image = image_create(&profile);
	}
	rtu_ear_init(&wire.ear, &timing, (line & 16) != 0);
	rtu_mouth_forget(&wire.mouth);
	wire.now_ns = 0;
	while (bytes.at < bytes.end)
		happen(&wire, &bytes);
	return 0;
}
