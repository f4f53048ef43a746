/* Serial trouble in one sentence each: what it is, and what to look at. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "daemon/line/link_inside.h"

enum { CHECKSUM = 2 };

/* Why a port does not open, and what to do about it. */
void
rtu_explain_port(const struct wire *wire, int cause, const struct sentence *reason)
{
	char text[128];

	switch (cause) {
	case ENOENT:
	case ENODEV:
	case ENXIO:
		sentence_say(reason, "%.100s is not there: plug the adapter in, or look for its name in /dev/serial/by-id",
		    wire->device);
		return;
	case EACCES:
	case EPERM:
		sentence_say(reason, "no permission for %.70s: add the user who runs this program to the port's group (dialout)",
		    wire->device);
		return;
	case EBUSY:
	case EWOULDBLOCK:
		sentence_say(reason, "%.80s is in use by another program: end it (infusiond too holds the ports of its lines)",
		    wire->device);
		return;
	case ENOTTY:
		sentence_say(reason, "%.100s is no serial port: the adapter's name is in /dev/serial/by-id", wire->device);
		return;
	case EINVAL:
		sentence_say(reason, "%.80s does not take %d baud, parity %s, %d stop bit(s)", wire->device, (int)wire->form.baud,
		    parity_name(wire->form.parity), wire->form.stop_bits);
		return;
	case EMFILE:
		sentence_say(reason, "the program has too many files open for another port");
		return;
	default:
		sentence_say(reason, "%.80s cannot be opened: %s", wire->device, strerror_r(cause, text, sizeof(text)));
	}
}

static bool
is_echo(const struct exchange *exchange, const uint8_t *frame)
{
	enum { ENOUGH = 4 }; /* unit, function, address: an answer has its count of bytes in the third */

	return exchange->length >= ENOUGH && memcmp(frame, exchange->request, ENOUGH) == 0;
}

/* The bytes that libmodbus takes for an answer of this beginning, the checksum included. */
static size_t
frame_length(const uint8_t *frame)
{
	enum { EXCEPTION = 5, WRITTEN = 8, AROUND = 5, COUNT_AT = 2 };

	switch (frame[1]) {
	case 1:
	case 2:
	case 3:
	case 4:
	case 17:
	case 23:
		return AROUND + frame[COUNT_AT];
	case 5:
	case 6:
	case 15:
	case 16:
		return WRITTEN;
	case 22:
		return WRITTEN + 2;
	default:
		return EXCEPTION;
	}
}

/* libmodbus looks at the unit first, and at the checksum only of what is for us (Modbus over serial line V1.02, 6.2.2). */
bool
rtu_frame_is_whole(const uint8_t *frame)
{
	size_t length = frame_length(frame);
	uint16_t sum = 0xFFFF;

	for (size_t i = 0; i < length - CHECKSUM; i++) {
		sum ^= frame[i];
		for (int bit = 0; bit < 8; bit++)
			sum = (uint16_t)((sum & 1) != 0 ? (sum >> 1) ^ 0xA001 : sum >> 1);
	}
	return frame[length - 2] == (sum & 0xFF) && frame[length - 1] == sum >> 8;
}

void
rtu_explain_frame(bool local_echo, const struct exchange *exchange, enum modbus_wire_result result, const uint8_t *frame)
{
	const struct sentence *reason = &exchange->reason;
	uint8_t unit = exchange->request[0];

	if (!local_echo && is_echo(exchange, frame))
		sentence_say(reason, "the adapter gives back what is sent: switch its echo off, or set local_echo");
	else if (result == MODBUS_WIRE_OTHER_UNIT && rtu_frame_is_whole(frame))
		sentence_say(reason, "unit %u answers instead of %u: is a unit number given twice, or is there a second master?", frame[0],
		    unit);
	else if (result == MODBUS_WIRE_BAD_CHECKSUM && frame[0] == unit)
		sentence_say(reason, "the answer's checksum is wrong: noise, a wrong parity, or two units answering at once");
	else if (result == MODBUS_WIRE_TIMED_OUT && frame[0] == unit)
		sentence_say(reason, "the answer is cut short");
	else
		sentence_say(reason, "what comes is no Modbus frame: compare baud, parity and stop bits with the monitor's");
}
