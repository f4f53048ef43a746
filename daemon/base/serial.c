#include "daemon/base/serial.h"

static const int32_t bauds[] = { 1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200, 230400, 460800, 921600 };

enum { BAUDS = sizeof(bauds) / sizeof(bauds[0]), NS_PER_S = 1000000000, SILENCE_FIXED_NS = 1750000, SILENCE_FIXED_ABOVE = 19200 };

int32_t
serial_baud_at(size_t at)
{
	return at < BAUDS ? bauds[at] : 0;
}

bool
serial_baud_is_known(int32_t baud)
{
	for (size_t i = 0; i < BAUDS; i++)
		if (bauds[i] == baud)
			return true;
	return false;
}

int64_t
serial_character_ns(const struct serial_form *form)
{
	int64_t bits = 1 + 8 + (form->parity != PARITY_NONE) + form->stop_bits;

	return bits * NS_PER_S / form->baud;
}

int64_t
serial_silence_ns(int32_t baud)
{
	/* 3.5 x 11 bits, in half bits. */
	return baud > SILENCE_FIXED_ABOVE ? SILENCE_FIXED_NS : INT64_C(77) * NS_PER_S / (2 * (int64_t)baud);
}

const char *
parity_name(enum parity parity)
{
	static const char *const names[PARITY_COUNT] = { "none", "even", "odd" };

	return names[parity];
}

const char *
rs485_name(enum rs485 rs485)
{
	static const char *const names[RS485_COUNT] = { "adapter", "kernel", "rts-high", "rts-low" };

	return names[rs485];
}
