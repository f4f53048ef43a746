#include "daemon/sim/rtu_mouth.h"

#include <string.h>

/* Where a character would be put; in the order of when they are over. */
static size_t
place_of(const struct rtu_mouth *mouth, int64_t over_ns)
{
	size_t place = mouth->count;

	while (place > 0 && mouth->queue[place - 1].over_ns > over_ns)
		place--;
	return place;
}

/* Another's that is over at nearly the same time: within half a character, or NULL. */
static struct spoken *
find_other(struct rtu_mouth *mouth, size_t place, int64_t over_ns, int64_t character_ns)
{
	for (size_t i = place > 0 ? place - 1 : 0; i < mouth->count && i <= place; i++) {
		struct spoken *other = &mouth->queue[i];
		int64_t apart_ns = other->over_ns > over_ns ? other->over_ns - over_ns : over_ns - other->over_ns;

		if (!other->echo && apart_ns < character_ns / 2)
			return other;
	}
	return NULL;
}

static void
put(struct rtu_mouth *mouth, const struct spoken *spoken)
{
	size_t place = place_of(mouth, spoken->over_ns);
	struct spoken *other = spoken->echo ? NULL : find_other(mouth, place, spoken->over_ns, spoken->over_ns - spoken->from_ns);

	if (other != NULL) {
		other->byte &= spoken->byte;
		return;
	}
	memmove(&mouth->queue[place + 1], &mouth->queue[place], (mouth->count - place) * sizeof(*mouth->queue));
	mouth->queue[place] = *spoken;
	mouth->count++;
}

bool
rtu_mouth_say(struct rtu_mouth *mouth, const struct rtu_speech *speech, int64_t *ret_over_ns)
{
	int64_t at_ns = speech->from_ns;

	if (speech->count > MOUTH_MOST - mouth->count)
		return false;
	for (size_t i = 0; i < speech->count; i++) {
		struct spoken spoken = { at_ns, at_ns + speech->character_ns, (uint8_t)speech->characters[i], speech->echo };

		if (speech->characters[i] != CHARACTER_LOST)
			put(mouth, &spoken);
		at_ns = spoken.over_ns + (i + 1 < speech->count ? speech->gap_ns : 0);
	}
	*ret_over_ns = at_ns;
	return true;
}

int64_t
rtu_mouth_due(const struct rtu_mouth *mouth)
{
	size_t last = 0;

	if (mouth->count == 0)
		return RTU_NEVER;
	while (last + 1 < mouth->count && mouth->queue[last + 1].over_ns - mouth->queue[0].over_ns <= MOUTH_CHUNK_NS)
		last++;
	return mouth->queue[last].over_ns;
}

size_t
rtu_mouth_take(struct rtu_mouth *mouth, int64_t now_ns, uint8_t *bytes, size_t cap, bool *ret_spoke)
{
	size_t taken = 0;

	*ret_spoke = false;
	while (taken < mouth->count && taken < cap && mouth->queue[taken].over_ns <= now_ns) {
		bytes[taken] = mouth->queue[taken].byte;
		*ret_spoke |= !mouth->queue[taken].echo;
		taken++;
	}
	mouth->count -= taken;
	memmove(mouth->queue, mouth->queue + taken, mouth->count * sizeof(*mouth->queue));
	return taken;
}

bool
rtu_mouth_is_talking(const struct rtu_mouth *mouth, int64_t now_ns)
{
	for (size_t i = 0; i < mouth->count; i++)
		if (!mouth->queue[i].echo && mouth->queue[i].from_ns <= now_ns)
			return true;
	return false;
}

void
rtu_mouth_forget(struct rtu_mouth *mouth)
{
	mouth->count = 0;
}
