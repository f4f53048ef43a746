/* A serial wire's form and its times: what the line waits by, what --check
 * predicts by. Plain values; any thread. */
#ifndef INFUSIOND_BASE_SERIAL_H
#define INFUSIOND_BASE_SERIAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum parity { PARITY_NONE, PARITY_EVEN, PARITY_ODD, PARITY_COUNT };

/* How the transmitter of an RS-485 pair is switched on: by the adapter itself, by the kernel's driver
 * (TIOCSRS485), or by RTS, high or low while sending. */
enum rs485 { RS485_ADAPTER, RS485_KERNEL, RS485_RTS_HIGH, RS485_RTS_LOW, RS485_COUNT };

struct serial_form {
	int32_t baud;
	enum parity parity;
	uint8_t stop_bits; /* 1 or 2; data bits are 8, as RTU needs them */
};

/* Bytes of the frames around a PDU: unit before it, checksum behind it. */
enum { RTU_OVERHEAD = 3, RTU_FRAME_MOST = 256 };

/* Whether Linux and libmodbus know the speed: 1200, 2400, ... 921600. `at` 0 is the lowest; 0 past the end. */
int32_t serial_baud_at(size_t at);
bool serial_baud_is_known(int32_t baud);

/* How long a character is on the wire: a start bit, 8 data bits, parity, stop bits. */
int64_t serial_character_ns(const struct serial_form *form);

/* The silence before a frame: 3.5 characters of 11 bits; 1.75 ms above 19200 baud (Modbus over serial line V1.02, 2.5.1.1). */
int64_t serial_silence_ns(int32_t baud);

const char *parity_name(enum parity parity); /* "none", "even", "odd" */
const char *rs485_name(enum rs485 rs485);    /* "adapter", "kernel", "rts-high", "rts-low" */

#endif
