/* Where a wire is and what it is made of: as the configuration says it, and as
 * a line opens it. A plain value. */
#ifndef INFUSIOND_BASE_WIRE_H
#define INFUSIOND_BASE_WIRE_H

#include "daemon/base/serial.h"

enum wire_kind { WIRE_MODBUS_TCP, WIRE_MODBUS_RTU, WIRE_KIND_COUNT };

enum { WIRE_TEXT_CAP = 256 };

struct wire {
	enum wire_kind kind;
	char host[WIRE_TEXT_CAP]; /* TCP: name or address */
	uint16_t port;
	char device[WIRE_TEXT_CAP]; /* RTU: the serial port's path, best one of /dev/serial/by-id */
	struct serial_form form;
	enum rs485 rs485;
	bool local_echo; /* the adapter gives back what is sent */
};

#endif
