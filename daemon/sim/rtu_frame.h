/* Frames of Modbus RTU and their times, of the simulator's own making and not
 * libmodbus': two who read the same page of the standard check each other. Pure.
 *
 * Times are nanoseconds of one monotonic clock. */
#ifndef INFUSIOND_SIM_RTU_FRAME_H
#define INFUSIOND_SIM_RTU_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* An instant that does not come; one that never was. */
#define RTU_NEVER INT64_MAX
#define RTU_LONG_AGO (INT64_MIN / 2)

/* Modbus over serial line V1.02, 2.5.1: unit, PDU of 1 to 253 bytes, checksum. */
enum { RTU_FRAME_LEAST = 4, RTU_FRAME_CAP = 256 };

/* A character on the wire: a byte, or CHARACTER_LOST when nobody can make it out. It takes its time all the same. */
enum { CHARACTER_LOST = -1 };

struct rtu_timing {
	int64_t character_ns;  /* how long one is on the wire; 0: no time at all, where the wire is not paced */
	int64_t silence_ns;    /* T3.5: so long a silence parts two frames */
	int64_t turnaround_ns; /* between the silence after a request and the first character of its answer */
};

/* `bits` are those of a character with start, parity and stop bits: 10 for 8N1, 11 with parity or two stop bits. Up to 19200 baud
 * T3.5 is 3.5 such characters, above 1.75 ms (2.5.1.1). Unpaced: characters take no time, and T3.5 is 1.75 ms. */
struct rtu_timing rtu_timing(int baud, int bits, bool paced);

/* CRC-16 of 2.5.1.2: polynomial 0xA001 (reflected), from 0xFFFF on. Its low byte goes first. */
uint16_t rtu_checksum(const uint8_t *bytes, size_t length);

/* Puts unit, PDU and checksum together; returns the length. `frame` has room for length + 3. */
size_t rtu_frame_put(uint8_t unit, const uint8_t *pdu, size_t length, uint8_t *frame);

/* It is long enough, not too long, and its checksum is right. */
bool rtu_frame_is_right(const uint8_t *frame, size_t length);

#endif
