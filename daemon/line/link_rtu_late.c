/* What may still be answered on a serial wire. RTU numbers nothing, so that a late answer would pass for that of any other question to
 * the same unit that brings as many bytes: until it has come, or its time is over, the unit is asked nothing else. */
#include <string.h>

#include "daemon/line/link_inside.h"

static bool
is_same_request(const struct rtu_late *late, const struct exchange *exchange)
{
	return late->length == exchange->length && memcmp(late->request, exchange->request, late->length) == 0;
}

void
rtu_late_note(struct rtu_late *late, const struct exchange *exchange, int64_t until_ms)
{
	memcpy(late->request, exchange->request, exchange->length);
	late->length = exchange->length;
	late->until_ms = until_ms;
}

bool
rtu_late_let_pass(struct rtu_late *late, const struct exchange *exchange, struct patience patience)
{
	if (late->length == 0 || late->request[0] != exchange->request[0] || is_same_request(late, exchange))
		return true;
	patience.deadline_ms = late->until_ms;
	late->length = 0;
	return patience_wait(-1, 0, &patience, NULL) != WAITED_INTERRUPTED;
}

void
rtu_late_note_answered(struct rtu_late *late, const struct exchange *exchange, int64_t until_ms)
{
	if (late->length == 0 || !is_same_request(late, exchange))
		return;
	if (patience_now_ms() < late->until_ms)
		late->until_ms = until_ms;
	else
		late->length = 0;
}

bool
rtu_late_take(struct rtu_late *late, const uint8_t *frame)
{
	if (late->length == 0 || frame[0] != late->request[0] || !rtu_frame_is_whole(frame))
		return false;
	late->length = 0;
	return true;
}
