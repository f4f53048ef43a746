/* A plain libmodbus loop over a serial port, for tests of what a wire does to its masters:
 *
 *   rtu_loop PORT BAUD UNIT,UNIT... COUNT|SECONDSs REGISTERS WAIT|NOWAIT TIMEOUT_MS
 *
 * Reads that many holding registers from 0 on of one unit after the other, COUNT times in all or for some seconds ("10s"); WAIT lets T3.5 pass from when
 * the last character could be over, by an absolute sleep. Prints "answered=N failed=N us=N median_us=N",
 * the whole time of it and the median of a cycle. */
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <modbus.h>

#include "cycles.h"

enum { NS_PER_S = 1000000000, UNITS_MOST = 32, REQUEST_LENGTH = 8 };

struct loop {
	modbus_t *modbus;
	int baud, units[UNITS_MOST], unit_count, count, registers;
	bool waits;
	int64_t end_ns;  /* of one that asks for some seconds; else 0 */
	int64_t over_ns; /* when the last character on the wire was over */
	int answered, failed;
	struct cycles cycles;
};

static int64_t
now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * NS_PER_S + now.tv_nsec;
}

static void
sleep_until(int64_t until_ns)
{
	const struct timespec until = { until_ns / NS_PER_S, until_ns % NS_PER_S };

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) == EINTR)
		continue;
}

/* 3.5 characters of 10 bits, 1.75 ms above 19200 baud. */
static int64_t
silence_ns(int baud)
{
	return baud > 19200 ? 1750000 : INT64_C(35) * NS_PER_S / baud;
}

static void
read_once(struct loop *loop, int unit)
{
	uint16_t registers[MODBUS_MAX_READ_REGISTERS];
	int64_t begun_ns;

	if (loop->waits)
		sleep_until(loop->over_ns + silence_ns(loop->baud));
	modbus_set_slave(loop->modbus, unit);
	begun_ns = now_ns();
	if (modbus_read_registers(loop->modbus, 0, loop->registers, registers) == loop->registers)
		loop->answered++;
	else
		loop->failed++;
	loop->over_ns = now_ns();
	cycles_note(&loop->cycles, loop->over_ns);
	/* A request without an answer was on the wire all the same. */
	begun_ns += (int64_t)REQUEST_LENGTH * 10 * NS_PER_S / loop->baud;
	if (loop->over_ns < begun_ns)
		loop->over_ns = begun_ns;
}

static void
read_length(struct loop *loop, const char *text)
{
	char *end;
	long number = strtol(text, &end, 10);

	if (*end == 's')
		loop->end_ns = now_ns() + number * NS_PER_S;
	else
		loop->count = (int)number;
}

static bool
goes_on(const struct loop *loop, int i)
{
	return loop->end_ns != 0 ? now_ns() < loop->end_ns : i < loop->count;
}

static bool
read_units(struct loop *loop, const char *text)
{
	char *end;

	do {
		loop->units[loop->unit_count++] = (int)strtol(text, &end, 10);
		text = end + 1;
	} while (*end == ',' && loop->unit_count < UNITS_MOST);
	return *end == '\0';
}

int
main(int argc, char **argv)
{
	static struct loop loop;
	int64_t begun_ns;

	if (argc != 8 || !read_units(&loop, argv[3])) {
		fprintf(stderr, "usage: rtu_loop PORT BAUD UNIT,UNIT... COUNT|SECONDSs REGISTERS WAIT|NOWAIT TIMEOUT_MS\n");
		return 2;
	}
	loop.baud = atoi(argv[2]);
	loop.registers = atoi(argv[5]);
	loop.waits = strcmp(argv[6], "WAIT") == 0;
	loop.modbus = modbus_new_rtu(argv[1], loop.baud, 'N', 8, 1);
	if (loop.modbus == NULL || modbus_connect(loop.modbus) != 0) {
		fprintf(stderr, "rtu_loop: %s: %s\n", argv[1], modbus_strerror(errno));
		return 1;
	}
	modbus_set_response_timeout(loop.modbus, 0, (uint32_t)atoi(argv[7]) * 1000);
	begun_ns = now_ns();
	read_length(&loop, argv[4]);
	for (int i = 0; goes_on(&loop, i); i++)
		read_once(&loop, loop.units[i % loop.unit_count]);
	printf("answered=%d failed=%d us=%" PRId64 " median_us=%" PRId64 "\n", loop.answered, loop.failed,
	    (now_ns() - begun_ns) / 1000, cycles_median_us(&loop.cycles));
	modbus_close(loop.modbus);
	modbus_free(loop.modbus);
	return 0;
}
