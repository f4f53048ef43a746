#include "daemon/sim/reply.h"

#include <string.h>

/* Makes a right answer's frame as wrong as wanted; returns its length. */
static size_t
spoil(const struct sim_faults *faults, uint8_t frame[static REPLY_CAP], size_t length)
{
	static const uint8_t garbage[] = "\xff\x00garbage, no Modbus\n";

	if (faults->garbage) {
		length = sizeof(garbage) - 1;
		memcpy(frame, garbage, length);
	}
	return faults->truncated ? length / 2 : length;
}

/* The values will arrive as they are. */
static bool
is_right(const struct sim_faults *faults)
{
	return !faults->truncated && !faults->garbage && !faults->wrong_transaction && !faults->wrong_unit && !faults->reset &&
	       faults->exception == 0;
}

/* The PDU of the answer: the monitor's own, or the exception that is wanted of it. */
static size_t
answer(const struct sim_unit *unit, const struct sim_request *request, uint8_t pdu[static IMAGE_REPLY_CAP])
{
	size_t length;

	if (unit->faults.exception != 0) {
		pdu[0] = request->pdu[0] | 0x80;
		pdu[1] = (uint8_t)unit->faults.exception;
		return 2;
	}
	length = sim_monitor_serve(unit->monitor, request->pdu, request->length, pdu);
	sim_monitor_obey(unit->monitor, request->pdu, request->length);
	return length;
}

void
sim_reply_make(const struct sim_unit *unit, const struct sim_request *request, const struct sim_framing *framing,
    struct sim_reply *reply)
{
	const struct sim_faults *faults = &unit->faults;
	uint8_t pdu[IMAGE_REPLY_CAP];
	size_t length;

	*reply = (struct sim_reply){ .kind = REPLY_NONE };
	if (faults->mute || !sim_monitor_is_on(unit->monitor))
		return;
	length = answer(unit, request, pdu);
	reply->kind = faults->reset ? REPLY_RESET : REPLY_FRAME;
	length = framing->frame(framing->ctx, (uint8_t)(request->unit + faults->wrong_unit), pdu, length, faults->wrong_transaction,
	    reply->bytes);
	reply->length = spoil(faults, reply->bytes, length);
	reply->right = is_right(faults);
	reply->gap_ms = faults->dribble_ms;
	reply->delay_ms = faults->slow_ms > 0 ? faults->slow_ms : faults->dribble_ms;
}

void
sim_reply_note(const struct sim_unit *unit, const struct sim_request *request, const struct sim_reply *reply)
{
	if (reply->right)
		sim_monitor_note_served(unit->monitor, request->pdu, request->length);
}
