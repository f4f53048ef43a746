/* libmodbus behind one door: whole frames off a socket or a serial port. The
 * only file behind this header includes it. Blocking, for one line's thread;
 * error recovery is off, since reconnecting and trying again are the line's. */
#ifndef INFUSIOND_LINE_MODBUS_WIRE_H
#define INFUSIOND_LINE_MODBUS_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/base/serial.h"

enum { MODBUS_WIRE_FRAME_CAP = 260 }; /* the longest of libmodbus: Modbus TCP */

struct modbus_wire;

/* No I/O yet. NULL when out of memory. */
struct modbus_wire *modbus_wire_create_tcp(void);
struct modbus_wire *modbus_wire_create_rtu(const char *device, const struct serial_form *form, enum rs485 rs485);
void modbus_wire_destroy(struct modbus_wire *wire); /* closes; NULL is fine */

/* TCP: takes a connected socket over. */
void modbus_wire_use(struct modbus_wire *wire, int descriptor);

/* RTU: opens the port and sets its form; 0, or what it failed of as an errno. */
int modbus_wire_open(struct modbus_wire *wire);

void modbus_wire_close(struct modbus_wire *wire);
int modbus_wire_descriptor(const struct modbus_wire *wire);

/* RTU: unit + PDU out, with its checksum. False when the port does not take it. */
bool modbus_wire_send(struct modbus_wire *wire, const uint8_t *request, size_t length);

enum modbus_wire_result {
	MODBUS_WIRE_FRAME,
	MODBUS_WIRE_TIMED_OUT,    /* not all of a frame within the time */
	MODBUS_WIRE_BAD_CHECKSUM,
	MODBUS_WIRE_OTHER_UNIT,   /* RTU: a frame of another unit; frame[0] says of which */
	MODBUS_WIRE_NO_FRAME,     /* longer than any, or of no known form */
	MODBUS_WIRE_GONE          /* the port or the peer */
};

/* A whole frame, all of it within `within_us`; header and checksum are in it. `unit`: whose answer is asked for (RTU). */
enum modbus_wire_result modbus_wire_receive(struct modbus_wire *wire, uint8_t unit, int64_t within_us,
    uint8_t frame[static MODBUS_WIRE_FRAME_CAP], size_t *ret_length);

#endif
