/* What may still be answered on a serial wire. RTU numbers nothing, so that a late answer would pass for that of any other question to
 * the same unit that brings as many bytes: until it has come, or its time is over, the unit is asked nothing else. */
#include <string.h>

#include "daemon/line/link_inside.h"

/* NULL: its unit has answered all that it was asked. */
static struct late_request *
find_unit(struct rtu_late *late, uint8_t unit)
{
	for (size_t i = 0; i < RTU_LATE_MOST; i++)
		if (late->of[i].length > 0 && late->of[i].request[0] == unit)
			return &late->of[i];
	return NULL;
}

static bool
is_same_request(const struct late_request *late, const struct exchange *exchange)
{
	return late->length == exchange->length && memcmp(late->request, exchange->request, late->length) == 0;
}

/* An empty place, or that of which the time is over first. */
static struct late_request *
find_place(struct rtu_late *late)
{
	struct late_request *place = &late->of[0];

	for (size_t i = 0; i < RTU_LATE_MOST && place->length > 0; i++)
		if (late->of[i].length == 0 || late->of[i].until_ms < place->until_ms)
			place = &late->of[i];
	return place;
}

void
rtu_late_note(struct rtu_late *late, const struct exchange *exchange, int64_t until_ms)
{
	struct late_request *of_unit = find_unit(late, exchange->request[0]);

	if (of_unit == NULL)
		of_unit = find_place(late);
	memcpy(of_unit->request, exchange->request, exchange->length);
	of_unit->length = exchange->length;
	of_unit->until_ms = until_ms;
}

bool
rtu_late_let_pass(struct rtu_late *late, const struct exchange *exchange, struct patience patience)
{
	struct late_request *of_unit = find_unit(late, exchange->request[0]);

	if (of_unit == NULL || is_same_request(of_unit, exchange))
		return true;
	patience.deadline_ms = of_unit->until_ms;
	of_unit->length = 0;
	return patience_wait(-1, 0, &patience, NULL) != WAITED_INTERRUPTED;
}

void
rtu_late_note_answered(struct rtu_late *late, const struct exchange *exchange, int64_t until_ms)
{
	struct late_request *of_unit = find_unit(late, exchange->request[0]);

	if (of_unit == NULL || !is_same_request(of_unit, exchange))
		return;
	if (patience_now_ms() < of_unit->until_ms)
		of_unit->until_ms = until_ms;
	else
		of_unit->length = 0;
}

bool
rtu_late_take(struct rtu_late *late, const uint8_t *frame)
{
	struct late_request *of_unit = find_unit(late, frame[0]);

	if (of_unit == NULL || !rtu_frame_is_whole(frame))
		return false;
	of_unit->length = 0;
	return true;
}
