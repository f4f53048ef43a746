/* Any bytes at all from the wire, to the line's own decoders: Modbus TCP and RTU with libmodbus beneath them, over a pair of sockets
 * and on a time of the test's own (what waits here, waits for the peer's next step). The first byte picks the wire; then come
 * exchanges, each a request's number and the peer's steps. Whatever was said, a peer that answers rightly is understood again. */
#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "daemon/line/link.h"
#include "daemon/line/modbus_wire.h"
#include "daemon/line/patience.h"
#include "daemon/line/tcp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int __wrap_modbus_wire_open(struct modbus_wire *wire);

enum { NS_PER_MS = 1000000, HEADER = 6, FRAME_MOST = 600, EXCHANGES_MOST = 12, RECOVERY_MOST = 3, UNIT = 7, TIMEOUT_MS = 50 };

enum step { STEP_BYTES, STEP_FRAME, STEP_FOREIGN_FRAME, STEP_RIGHT, STEP_ECHO, STEP_TIME, STEP_HANG_UP, STEP_END, STEP_COUNT };

/* The other end of the wire, and what the time is. One at a time: the link's own waiting comes here without an argument. */
static struct peer {
	const uint8_t *at, *end;
	bool serial, echoes, behaves; /* behaves: answers rightly, and takes nothing from the input */
	bool answered;                /* the request under way, by a peer that behaves */
	int theirs, ours;
	uint8_t request[FRAME_MOST];
	size_t request_length;
	int64_t now_ns;
} peer;

static uint8_t
next(void)
{
	return peer.at < peer.end ? *peer.at++ : 0;
}

static void
send_bytes(const uint8_t *bytes, size_t length)
{
	if (peer.theirs >= 0 && length > 0)
		(void)!send(peer.theirs, bytes, length, MSG_NOSIGNAL | MSG_DONTWAIT);
}

static void
put_checksum(uint8_t *frame, size_t length)
{
	uint16_t sum = 0xFFFF;

	for (size_t i = 0; i < length; i++) {
		sum ^= frame[i];
		for (int bit = 0; bit < 8; bit++)
			sum = (uint16_t)((sum & 1) != 0 ? sum >> 1 ^ 0xA001 : sum >> 1);
	}
	frame[length] = (uint8_t)sum;
	frame[length + 1] = (uint8_t)(sum >> 8);
}

/* Unit and PDU in a frame that is right, but for its number or unit being off by so much. */
static void
send_frame(const uint8_t *body, size_t length, uint8_t off)
{
	uint8_t frame[FRAME_MOST];
	size_t header = peer.serial ? 0 : HEADER;

	memcpy(frame + header, body, length);
	if (peer.serial) {
		frame[0] = (uint8_t)(frame[0] + off);
		put_checksum(frame, length);
		send_bytes(frame, length + 2);
		return;
	}
	memcpy(frame, peer.request, 4);
	frame[1] = (uint8_t)(frame[1] - off);
	frame[4] = (uint8_t)(length >> 8);
	frame[5] = (uint8_t)length;
	send_bytes(frame, header + length);
}

/* The answer to a read of registers, which the last request may be. */
static size_t
put_right(uint8_t body[static FRAME_MOST])
{
	const uint8_t *asked = peer.request + (peer.serial ? 0 : HEADER);
	size_t count = asked[5] % 126;

	body[0] = asked[0];
	body[1] = asked[1];
	body[2] = (uint8_t)(count * 2);
	memset(body + 3, 0x5A, count * 2);
	return 3 + count * 2;
}

static void
hear(void)
{
	uint8_t bytes[FRAME_MOST];
	ssize_t got = peer.theirs >= 0 ? recv(peer.theirs, bytes, sizeof(bytes), MSG_DONTWAIT) : 0;

	if (got < 4)
		return;
	memcpy(peer.request, bytes, (size_t)got);
	peer.request_length = (size_t)got;
	peer.answered = false;
	if (peer.serial && peer.echoes && peer.behaves)
		send_bytes(bytes, (size_t)got);
}

static void
hang_up(void)
{
	if (peer.theirs >= 0)
		close(peer.theirs);
	peer.theirs = -1;
}

static bool
do_step(enum step step)
{
	uint8_t body[FRAME_MOST] = { UNIT };
	size_t length;

	switch (step) {
	case STEP_BYTES:
	case STEP_FRAME:
	case STEP_FOREIGN_FRAME:
		length = next();
		for (size_t i = 0; i < length; i++)
			body[i] = next();
		if (step == STEP_BYTES)
			send_bytes(body, length);
		else
			send_frame(body, length > 2 ? length : 2, step == STEP_FRAME ? 0 : next());
		return true;
	case STEP_RIGHT:
		send_frame(body, put_right(body), 0);
		return true;
	case STEP_ECHO:
		send_bytes(peer.request, peer.request_length);
		return true;
	case STEP_TIME:
		peer.now_ns += (int64_t)next() * NS_PER_MS / 4;
		return true;
	case STEP_HANG_UP:
		hang_up();
		return true;
	default:
		return false;
	}
}

/* False: nothing more is to come for this request. */
static bool
act(void)
{
	uint8_t body[FRAME_MOST];

	hear();
	peer.now_ns += NS_PER_MS / 10;
	if (!peer.behaves)
		return peer.at < peer.end && do_step((enum step)(next() % STEP_COUNT));
	if (peer.answered || peer.request_length == 0)
		return false;
	peer.answered = true;
	send_frame(body, put_right(body), 0);
	return true;
}

/* What the link asks of the world. */

static int
connect_pair(void)
{
	int pair[2];

	hang_up();
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
		abort();
	peer.ours = pair[0];
	peer.theirs = pair[1];
	return pair[0];
}

int
tcp_connect(const char *host, uint16_t port, const struct patience *patience, char *reason, size_t cap)
{
	(void)host, (void)port, (void)patience, (void)reason, (void)cap;
	return connect_pair();
}

int
__wrap_modbus_wire_open(struct modbus_wire *wire)
{
	modbus_wire_use(wire, connect_pair());
	return 0;
}

int
isatty(int descriptor)
{
	(void)descriptor;
	return 1;
}

/* The device's lock is the file's, which every run of this target on the machine shares: whoever else held it just then would refuse us
 * the port, and what an input comes to would hang on the neighbours. */
int
flock(int descriptor, int operation)
{
	(void)descriptor, (void)operation;
	return 0;
}

int64_t
patience_now_ms(void)
{
	return peer.now_ns / NS_PER_MS;
}

int64_t
patience_now_ns(void)
{
	return peer.now_ns;
}

int
clock_nanosleep(clockid_t clock, int flags, const struct timespec *until, struct timespec *left)
{
	int64_t until_ns = (int64_t)until->tv_sec * 1000 * NS_PER_MS + until->tv_nsec;

	(void)clock, (void)flags, (void)left;
	if (until_ns > peer.now_ns)
		peer.now_ns = until_ns;
	return 0;
}

void
patience_pause(const struct patience *patience)
{
	(void)patience;
	act();
	peer.now_ns += NS_PER_MS;
}

/* What there is of poll's `events` now; a signal is no answer, the fuzzer has a timer of its own. */
static short
look(int descriptor, short events)
{
	struct pollfd looking = { .fd = descriptor, .events = events };

	while (poll(&looking, 1, 0) < 0 && errno == EINTR)
		continue;
	return looking.revents;
}

enum waited
patience_wait(int descriptor, short events, const struct patience *patience, short *ret_events)
{
	while (patience_now_ms() < patience->deadline_ms) {
		short found = descriptor >= 0 ? look(descriptor, events) : 0;

		if (found != 0) {
			if (ret_events != NULL)
				*ret_events = found;
			return WAITED_READY;
		}
		if (descriptor < 0 || !act())
			peer.now_ns = patience->deadline_ms * NS_PER_MS;
	}
	return WAITED_TIMED_OUT;
}

/* libmodbus waits by it, and as Linux does it takes off what was waited. */
int
select(int count, fd_set *readable, fd_set *writable, fd_set *strange, struct timeval *timeout)
{
	int64_t end_ns = peer.now_ns + (int64_t)timeout->tv_sec * 1000 * NS_PER_MS + (int64_t)timeout->tv_usec * 1000, left_us;
	bool ready;

	(void)count, (void)writable, (void)strange;
	assert(FD_ISSET(peer.ours, readable));
	do {
		ready = look(peer.ours, POLLIN) != 0;
	} while (!ready && peer.now_ns < end_ns && act());
	left_us = ready && peer.now_ns < end_ns ? (end_ns - peer.now_ns) / 1000 : 0;
	*timeout = (struct timeval){ left_us / 1000000, left_us % 1000000 };
	return ready;
}

/* What is asked. */

static size_t
put_request(uint8_t number, uint8_t request[static FRAME_MOST])
{
	static const uint8_t requests[][12] = {
		{ 6, UNIT, 3, 0, 0, 0, 12 }, { 6, UNIT, 4, 1, 0, 0, 125 }, { 6, UNIT, 1, 0, 3, 0, 19 }, { 6, UNIT, 6, 0, 9, 0x12, 0x34 },
		{ 10, UNIT, 23, 0, 0, 0, 4, 0, 0, 0, 0 }, { 9, UNIT, 16, 0, 1, 0, 1, 2, 7, 8 }, { 2, UNIT, 17 }, { 6, UNIT + 1, 3, 0, 0, 0, 2 },
	};
	const uint8_t *row = requests[number % 8];

	memcpy(request, row + 1, row[0]);
	return row[0];
}

static enum line_result
ask(struct link *link, const uint8_t *request, size_t length, uint8_t reply[static FRAME_MOST], size_t *ret_length)
{
	char reason[160] = "";
	enum line_result result = link_exchange(link, request, length, reply, 264, ret_length, reason, sizeof(reason));

	assert(memchr(reason, '\0', sizeof(reason)) != NULL);
	assert((result == LINE_REPLY) == (reason[0] == '\0'));
	if (result == LINE_REPLY)
		assert(*ret_length >= 2 && *ret_length <= 254 && reply[0] == request[0]);
	else
		assert(*ret_length == 0);
	return result;
}

/* What is left on the wire may spoil one request more, and what it may still be answered late another. */
static void
recover(struct link *link)
{
	static const uint8_t request[] = { UNIT, 3, 0, 7, 0, 9 };
	uint8_t reply[FRAME_MOST];
	enum line_result result = LINE_BROKEN;
	size_t length = 0;

	peer.behaves = true;
	for (int i = 0; i < RECOVERY_MOST && result != LINE_REPLY; i++) {
		peer.request_length = 0;
		result = ask(link, request, sizeof(request), reply, &length);
	}
	assert(result == LINE_REPLY && length == 3 + 18 && reply[1] == 3 && reply[2] == 18);
	for (size_t i = 3; i < length; i++)
		assert(reply[i] == 0x5A || peer.serial);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct wire wire = { .kind = WIRE_MODBUS_TCP, .host = "peer", .port = 502, .device = "/dev/null", .form = { 115200, PARITY_NONE, 1 } };
	uint8_t request[FRAME_MOST], reply[FRAME_MOST];
	struct link *link;

	peer = (struct peer){ .at = data, .end = data + size, .theirs = -1, .ours = -1, .now_ns = INT64_C(5000000000) };
	peer.serial = (next() & 1) != 0;
	peer.echoes = wire.local_echo = peer.serial && size > 0 && (data[0] & 2) != 0;
	wire.kind = peer.serial ? WIRE_MODBUS_RTU : WIRE_MODBUS_TCP;
	link = link_create(&wire, duration_ms(TIMEOUT_MS));
	if (link == NULL)
		abort();
	for (int i = 0; i < EXCHANGES_MOST && peer.at < peer.end; i++) {
		size_t length, asked = put_request(next(), request);
		int64_t begun_ns = peer.now_ns;

		peer.request_length = 0;
		ask(link, request, asked, reply, &length);
		/* A step of time may be up to 64 ms long, and so may the last one of every wait; a silence is waited for up to 300 ms. */
		assert(peer.now_ns - begun_ns < (TIMEOUT_MS + 300 + 8 * 64) * (int64_t)NS_PER_MS + 300 * (int64_t)NS_PER_MS);
	}
	recover(link);
	link_destroy(link);
	hang_up();
	return 0;
}
