#include "daemon/sim/rtu_frame.h"

#include <string.h>

enum { NS_PER_S = 1000000000, SILENCE_FIXED_NS = 1750000, SILENCE_FIXED_ABOVE = 19200, CHECKSUM = 2 };

struct rtu_timing
rtu_timing(int baud, int bits, bool paced)
{
	int64_t character_ns = (int64_t)bits * NS_PER_S / baud;

	if (!paced)
		return (struct rtu_timing){ 0, SILENCE_FIXED_NS, 0 };
	return (struct rtu_timing){ character_ns, baud > SILENCE_FIXED_ABOVE ? SILENCE_FIXED_NS : character_ns * 7 / 2, 0 };
}

uint16_t
rtu_checksum(const uint8_t *bytes, size_t length)
{
	uint16_t sum = 0xFFFF;

	for (size_t i = 0; i < length; i++) {
		sum ^= bytes[i];
		for (int bit = 0; bit < 8; bit++)
			sum = (uint16_t)((sum & 1) != 0 ? (sum >> 1) ^ 0xA001 : sum >> 1);
	}
	return sum;
}

size_t
rtu_frame_put(uint8_t unit, const uint8_t *pdu, size_t length, uint8_t *frame)
{
	uint16_t sum;

	frame[0] = unit;
	memcpy(frame + 1, pdu, length);
	sum = rtu_checksum(frame, 1 + length);
	frame[1 + length] = (uint8_t)sum;
	frame[2 + length] = (uint8_t)(sum >> 8);
	return 1 + length + CHECKSUM;
}

bool
rtu_frame_is_right(const uint8_t *frame, size_t length)
{
	uint16_t sum;

	if (length < RTU_FRAME_LEAST || length > RTU_FRAME_CAP)
		return false;
	sum = rtu_checksum(frame, length - CHECKSUM);
	return frame[length - 2] == (uint8_t)sum && frame[length - 1] == sum >> 8;
}
