#include "rtu_fixture.h"

#include <check.h>
#include <errno.h>
#include <poll.h>
#include <pty.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

enum { PATIENCE_MS = 10000, REQUEST_LENGTH = 8 /* of a read, with its checksum */ };

struct rtu_unit rtu_unit;

static int64_t
now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* Modbus over serial line V1.02, 6.2.2, bit by bit. */
uint16_t
rtu_checksum(const uint8_t *bytes, size_t length)
{
	uint16_t crc = 0xFFFF;

	for (size_t i = 0; i < length; i++) {
		crc ^= bytes[i];
		for (int bit = 0; bit < 8; bit++)
			crc = (crc & 1) != 0 ? (uint16_t)(crc >> 1 ^ 0xA001) : (uint16_t)(crc >> 1);
	}
	return crc;
}

size_t
rtu_put_frame(uint8_t *frame, const uint8_t *bytes, size_t length)
{
	uint16_t crc = rtu_checksum(bytes, length);

	memcpy(frame, bytes, length);
	frame[length] = (uint8_t)crc;
	frame[length + 1] = (uint8_t)(crc >> 8);
	return length + 2;
}

static bool
read_request(size_t at)
{
	struct pollfd waiting = { .fd = rtu_unit.master, .events = POLLIN };
	size_t *length = &rtu_unit.request_lengths[at];

	while (*length < REQUEST_LENGTH) {
		int ready = poll(&waiting, 1, PATIENCE_MS);
		ssize_t got;

		if (ready < 0 && errno == EINTR)
			continue;
		if (ready <= 0)
			return false;
		if (*length == 0)
			rtu_unit.request_ns[at] = now_ns();
		got = read(rtu_unit.master, rtu_unit.requests[at] + *length, REQUEST_LENGTH - *length);
		if (got <= 0)
			return false;
		*length += (size_t)got;
	}
	return true;
}

void
rtu_say(const uint8_t *bytes, size_t length, bool with_checksum)
{
	uint8_t frame[RTU_FRAME_CAP];
	ssize_t said;

	if (with_checksum) {
		length = rtu_put_frame(frame, bytes, length);
		bytes = frame;
	}
	do
		said = write(rtu_unit.master, bytes, length);
	while (said < 0 && errno == EINTR);
	ck_assert_int_eq(said, (ssize_t)length);
}

static void
answer(const struct rtu_deed *deed, size_t at)
{
	struct timespec pause = { deed->then_ms / 1000, deed->then_ms % 1000 * 1000000L };

	rtu_unit.answer_ns[at] = now_ns();
	rtu_say(deed->answer, deed->length, deed->with_checksum);
	if (deed->then == NULL)
		return;
	while (nanosleep(&pause, &pause) != 0 && errno == EINTR)
		continue;
	rtu_say(deed->then, deed->then_length, true);
}

static void *
be_unit(void *arg)
{
	(void)arg;
	for (size_t i = 0; i < rtu_unit.deed_count; i++) {
		if (!read_request(i))
			return NULL;
		rtu_unit.request_count++;
		if (rtu_unit.deeds[i].hang_up) {
			close(rtu_unit.master);
			rtu_unit.master = -1;
			return NULL;
		}
		if (rtu_unit.deeds[i].answer != NULL)
			answer(&rtu_unit.deeds[i], i);
	}
	return NULL;
}

void
rtu_begin(const struct rtu_deed *deeds, size_t count)
{
	ck_assert_uint_le(count, RTU_DEEDS_MOST);
	memset(rtu_unit.request_lengths, 0, sizeof(rtu_unit.request_lengths));
	rtu_unit.request_count = 0;
	rtu_unit.deeds = deeds;
	rtu_unit.deed_count = count;
	ck_assert_int_eq(pthread_create(&rtu_unit.thread, NULL, be_unit, NULL), 0);
}

void
rtu_end(void)
{
	pthread_join(rtu_unit.thread, NULL);
}

void
rtu_plug_in(void)
{
	struct termios raw;

	ck_assert_int_eq(openpty(&rtu_unit.master, &rtu_unit.slave, NULL, NULL, NULL), 0);
	tcgetattr(rtu_unit.slave, &raw);
	cfmakeraw(&raw);
	tcsetattr(rtu_unit.slave, TCSANOW, &raw);
	ck_assert_int_eq(ttyname_r(rtu_unit.slave, rtu_unit.slave_path, sizeof(rtu_unit.slave_path)), 0);
	unlink(rtu_unit.link_path);
	ck_assert_int_eq(symlink(rtu_unit.slave_path, rtu_unit.link_path), 0);
}

void
rtu_set_up(void)
{
	memset(&rtu_unit, 0, sizeof(rtu_unit));
	snprintf(rtu_unit.link_path, sizeof(rtu_unit.link_path), "/tmp/test-link-rtu-%d", (int)getpid());
	rtu_plug_in();
}

void
rtu_tear_down(void)
{
	if (rtu_unit.master >= 0)
		close(rtu_unit.master);
	close(rtu_unit.slave);
	unlink(rtu_unit.link_path);
}

struct link *
rtu_link(int32_t baud, bool local_echo)
{
	struct wire wire = { .kind = WIRE_MODBUS_RTU, .form = { baud, PARITY_NONE, 1 }, .local_echo = local_echo };
	struct link *link;

	snprintf(wire.device, sizeof(wire.device), "%s", rtu_unit.link_path);
	link = link_create(&wire, duration_ms(RTU_TIMEOUT_MS));
	ck_assert_ptr_nonnull(link);
	return link;
}

struct rtu_asked
rtu_ask(struct link *link, const uint8_t *request, size_t length)
{
	struct rtu_asked asked;

	memset(&asked, 0, sizeof(asked));
	asked.result = link_exchange(link, request, length, asked.reply, sizeof(asked.reply), &asked.length, asked.reason,
	    sizeof(asked.reason));
	return asked;
}

void
rtu_ask_well(struct link *link, const uint8_t *request, size_t length, const uint8_t *right, size_t right_length)
{
	struct rtu_asked asked = rtu_ask(link, request, length);

	ck_assert_str_eq(asked.reason, "");
	ck_assert_int_eq(asked.result, LINE_REPLY);
	ck_assert_uint_eq(asked.length, right_length);
	ck_assert_mem_eq(asked.reply, right, right_length);
}
