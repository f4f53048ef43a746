#include "daemon/line/modbus_wire.h"

#include <errno.h>
#include <modbus.h>
#include <stdlib.h>
#include <string.h>

struct modbus_wire {
	modbus_t *modbus;
	bool open, serial;
	enum rs485 rs485;
};

static struct modbus_wire *
wrap(modbus_t *modbus)
{
	struct modbus_wire *wire = calloc(1, sizeof(*wire));

	if (wire == NULL || modbus == NULL) {
		free(wire);
		if (modbus != NULL)
			modbus_free(modbus);
		return NULL;
	}
	wire->modbus = modbus;
	modbus_set_error_recovery(modbus, MODBUS_ERROR_RECOVERY_NONE);
	/* Off: the default begins anew at every chunk. */
	modbus_set_byte_timeout(modbus, 0, 0);
	return wire;
}

struct modbus_wire *
modbus_wire_create_tcp(void)
{
	/* The address is never used: the socket is given to it. */
	return wrap(modbus_new_tcp("127.0.0.1", 502));
}

struct modbus_wire *
modbus_wire_create_rtu(const char *device, const struct serial_form *form, enum rs485 rs485)
{
	static const char letters[PARITY_COUNT] = { 'N', 'E', 'O' };
	struct modbus_wire *wire =
	    wrap(modbus_new_rtu(device, form->baud, letters[form->parity], 8, form->stop_bits));

	if (wire == NULL)
		return NULL;
	wire->serial = true;
	wire->rs485 = rs485;
	return wire;
}

void
modbus_wire_close(struct modbus_wire *wire)
{
	if (wire->open)
		modbus_close(wire->modbus);
	wire->open = false;
}

void
modbus_wire_destroy(struct modbus_wire *wire)
{
	if (wire == NULL)
		return;
	modbus_wire_close(wire);
	modbus_free(wire->modbus);
	free(wire);
}

void
modbus_wire_use(struct modbus_wire *wire, int descriptor)
{
	modbus_set_socket(wire->modbus, descriptor);
	wire->open = true;
}

static int
set_rs485(struct modbus_wire *wire)
{
	switch (wire->rs485) {
	case RS485_KERNEL:
		return modbus_rtu_set_serial_mode(wire->modbus, MODBUS_RTU_RS485);
	case RS485_RTS_HIGH:
		return modbus_rtu_set_rts(wire->modbus, MODBUS_RTU_RTS_UP);
	case RS485_RTS_LOW:
		return modbus_rtu_set_rts(wire->modbus, MODBUS_RTU_RTS_DOWN);
	default:
		return 0;
	}
}

int
modbus_wire_open(struct modbus_wire *wire)
{
	int cause;

	if (modbus_connect(wire->modbus) != 0)
		return errno != 0 ? errno : EIO;
	wire->open = true;
	if (set_rs485(wire) == 0)
		return 0;
	cause = errno;
	modbus_wire_close(wire);
	return cause;
}

int
modbus_wire_descriptor(const struct modbus_wire *wire)
{
	return modbus_get_socket(wire->modbus);
}

bool
modbus_wire_send(struct modbus_wire *wire, const uint8_t *request, size_t length)
{
	return modbus_send_raw_request(wire->modbus, request, (int)length) > 0;
}

static enum modbus_wire_result
result_of(int cause)
{
	switch (cause) {
	case ETIMEDOUT:
		return MODBUS_WIRE_TIMED_OUT;
	case EMBBADCRC:
		return MODBUS_WIRE_BAD_CHECKSUM;
	case EMBBADDATA:
	case EMBMDATA:
		return MODBUS_WIRE_NO_FRAME;
	default:
		return MODBUS_WIRE_GONE;
	}
}

enum modbus_wire_result
modbus_wire_receive(struct modbus_wire *wire, uint8_t unit, int64_t within_us,
    uint8_t frame[static MODBUS_WIRE_FRAME_CAP], size_t *ret_length)
{
	enum { US_PER_S = 1000000 };
	int length;

	*ret_length = 0;
	/* A frame is filled from its start: what stands there of a failed one is of use to explain it. */
	memset(frame, 0, MODBUS_WIRE_FRAME_CAP);
	/* Over TCP the library looks at no unit, and takes not every number for one. */
	if (wire->serial)
		modbus_set_slave(wire->modbus, unit);
	modbus_set_response_timeout(wire->modbus, (uint32_t)(within_us / US_PER_S), (uint32_t)(within_us % US_PER_S));
	length = modbus_receive_confirmation(wire->modbus, frame);
	if (length < 0)
		return result_of(errno);
	if (length == 0)
		return MODBUS_WIRE_OTHER_UNIT;
	*ret_length = (size_t)length;
	return MODBUS_WIRE_FRAME;
}
