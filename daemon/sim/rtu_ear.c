#include "daemon/sim/rtu_ear.h"

#include <string.h>

void
rtu_ear_init(struct rtu_ear *ear, const struct rtu_timing *timing, bool strict)
{
	*ear = (struct rtu_ear){ .timing = *timing, .strict = strict, .end_ns = RTU_LONG_AGO, .other_ns = RTU_LONG_AGO };
}

static int64_t
later(int64_t one, int64_t other)
{
	return one > other ? one : other;
}

static void
begin_frame(struct rtu_ear *ear, int64_t at_ns)
{
	ear->gap_ns = at_ns - later(ear->end_ns, ear->other_ns);
	ear->early = ear->gap_ns < ear->timing.silence_ns;
	ear->collided = ear->foreign = false;
	ear->length = 0;
}

void
rtu_ear_hear(struct rtu_ear *ear, int64_t at_ns, const int16_t *characters, size_t count, bool busy, bool foreign)
{
	if (count == 0)
		return;
	if (ear->characters == 0)
		begin_frame(ear, at_ns);
	ear->collided |= busy;
	ear->foreign |= foreign;
	for (size_t i = 0; i < count; i++)
		if (characters[i] != CHARACTER_LOST && ear->length < sizeof(ear->bytes))
			ear->bytes[ear->length++] = (uint8_t)characters[i];
	ear->characters += count;
	ear->end_ns = later(at_ns, ear->end_ns) + (int64_t)count * ear->timing.character_ns;
}

void
rtu_ear_note_other(struct rtu_ear *ear, int64_t at_ns)
{
	ear->other_ns = later(ear->other_ns, at_ns);
	if (ear->characters > 0)
		ear->collided = true;
}

int64_t
rtu_ear_due(const struct rtu_ear *ear)
{
	return ear->characters > 0 ? ear->end_ns + ear->timing.silence_ns : RTU_NEVER;
}

static enum rtu_heard
judge(const struct rtu_ear *ear)
{
	if (ear->foreign)
		return RTU_FOREIGN;
	if (ear->collided)
		return RTU_COLLIDED;
	if (ear->early && ear->strict)
		return RTU_MERGED;
	/* Characters beyond the longest frame were not kept. */
	return ear->characters <= RTU_FRAME_CAP && rtu_frame_is_right(ear->bytes, ear->length) ? RTU_REQUEST : RTU_DAMAGED;
}

bool
rtu_ear_take(struct rtu_ear *ear, int64_t now_ns, struct rtu_heard_frame *frame)
{
	if (ear->characters == 0 || now_ns < rtu_ear_due(ear))
		return false;
	*frame = (struct rtu_heard_frame){
		.what = judge(ear),
		.length = ear->length,
		.end_ns = ear->end_ns,
		.gap_ns = ear->gap_ns,
		.early = ear->early,
	};
	memcpy(frame->bytes, ear->bytes, ear->length);
	rtu_ear_forget(ear);
	return true;
}

void
rtu_ear_forget(struct rtu_ear *ear)
{
	ear->characters = ear->length = 0;
}
