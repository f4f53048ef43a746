/* Modbus RTU on a serial port. libmodbus opens the port, makes the checksum and
 * takes frames; the wire's own rules are kept here: silence before every request
 * (libmodbus leaves none, and a strict unit then hears one merged frame), waited
 * for by an absolute sleep; what nobody asked for is read away before anything is
 * asked; and a port that has gone is let go, to be opened anew by its name. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/select.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "daemon/line/link_inside.h"

enum {
	CHECKSUM = 2,
	QUIET_MOST_MS = 300,   /* a wire that is not silent for so long is somebody else's */
	NS_PER_S = 1000000000,
	NS_PER_MS = 1000000
};

static const char port_has_gone[] = "the port has gone: is the adapter plugged in?";

struct rtu_link {
	struct link link;
	int64_t busy_until_ns; /* when the last character, ours or another's, was over */
	struct rtu_late late;
};

static struct modbus_wire *
create_wire(const struct wire *wire)
{
	return modbus_wire_create_rtu(wire->device, &wire->form, wire->rs485);
}

static void
disconnect(struct link *link)
{
	if (!link->connected)
		return;
	/* It would outlive us where somebody else holds the port open too. */
	ioctl(modbus_wire_descriptor(link->modbus), TIOCNXCL);
	modbus_wire_close(link->modbus);
	link->connected = false;
}

/* Two programs on one port eat each other's answers: both locks, since not every program asks for the first. */
static int
claim(int descriptor)
{
	if (descriptor >= FD_SETSIZE)
		return EMFILE;
	if (!isatty(descriptor))
		return ENOTTY;
	if (flock(descriptor, LOCK_EX | LOCK_NB) != 0)
		return errno;
	ioctl(descriptor, TIOCEXCL);
	return 0;
}

/* libmodbus takes its time over what is no terminal, and says EINVAL of it: look first. */
static int
look_at(const char *device)
{
	int descriptor = open(device, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	int cause = 0;

	if (descriptor < 0)
		return errno;
	if (!isatty(descriptor))
		cause = ENOTTY;
	else if (flock(descriptor, LOCK_EX | LOCK_NB) != 0)
		cause = errno;
	close(descriptor);
	return cause;
}

static bool
connect_link(struct link *link, const struct sentence *reason)
{
	struct rtu_link *rtu = (struct rtu_link *)link;
	int cause = look_at(link->wire.device);

	if (cause == 0)
		cause = modbus_wire_open(link->modbus);
	if (cause == 0) {
		cause = claim(modbus_wire_descriptor(link->modbus));
		if (cause != 0)
			modbus_wire_close(link->modbus);
	}
	if (cause != 0) {
		rtu_explain_port(&link->wire, cause, reason);
		return false;
	}
	link->connected = true;
	rtu->late = (struct rtu_late){ 0 };
	rtu->busy_until_ns = patience_now_ns();
	return true;
}

static void
sleep_until(int64_t until_ns)
{
	const struct timespec until = { until_ns / NS_PER_S, until_ns % NS_PER_S };

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) == EINTR)
		continue;
}

/* Reads away what is there; the number of bytes, or -1 when the port has gone. A port in libmodbus' form reads 0 bytes
 * both when there are none and when it has gone: only poll tells. */
static int
drain(int descriptor)
{
	struct pollfd looking = { .fd = descriptor, .events = POLLIN };
	uint8_t bytes[RTU_FRAME_MOST];
	int all = 0;

	while (all < RTU_FRAME_MOST * 16) {
		ssize_t got;

		if (poll(&looking, 1, 0) < 0 && errno == EINTR)
			continue;
		if ((looking.revents & (POLLHUP | POLLERR | POLLNVAL)) != 0)
			return -1;
		if ((looking.revents & POLLIN) == 0)
			break;
		got = read(descriptor, bytes, sizeof(bytes));
		if (got < 0 && errno != EINTR && errno != EAGAIN)
			return -1;
		all += got > 0 ? (int)got : 0;
	}
	return all;
}

/* Lets the wire be silent for 3.5 characters, which begin anew with every byte that nobody asked for, the rest of an answer
 * that was broken off among them. LINE_REPLY: it is silent. */
static enum line_result
await_silence(struct link *link, const struct exchange *exchange)
{
	struct rtu_link *rtu = (struct rtu_link *)link;
	const int64_t silence_ns = serial_silence_ns(link->wire.form.baud);
	const int64_t give_up_ns = patience_now_ns() + (int64_t)QUIET_MOST_MS * NS_PER_MS;
	int strangers = 0;

	for (int times = 1;; times++) {
		int got;

		sleep_until(rtu->busy_until_ns + silence_ns);
		got = drain(modbus_wire_descriptor(link->modbus));
		if (got < 0)
			return link_lose(link, exchange, port_has_gone);
		if (got == 0)
			return LINE_REPLY;
		strangers += got;
		rtu->busy_until_ns = patience_now_ns();
		/* A host that is busy may sleep past all of it: what was there once must come again. */
		if (times == 1 || rtu->busy_until_ns < give_up_ns)
			continue;
		sentence_say(&exchange->reason,
		    "the wire is not silent: %d bytes that nobody asked for; is there a second master on it?", strangers);
		return LINE_BROKEN;
	}
}

static enum line_result
time_out(struct link *link, const struct exchange *exchange)
{
	rtu_late_note(&((struct rtu_link *)link)->late, exchange, link->patience.deadline_ms + link->patience.within_ms);
	sentence_say(&exchange->reason, "does not answer within %d ms", link->patience.within_ms);
	return LINE_TIMEOUT;
}

static bool
send_request(struct link *link, const struct exchange *exchange)
{
	struct rtu_link *rtu = (struct rtu_link *)link;
	int64_t begun_ns = patience_now_ns();

	if (!modbus_wire_send(link->modbus, exchange->request, exchange->length))
		return false;
	rtu->busy_until_ns =
	    begun_ns + (int64_t)(exchange->length + CHECKSUM) * serial_character_ns(&link->wire.form);
	return true;
}

static enum line_result
break_off(const struct exchange *exchange, const char *why)
{
	sentence_say(&exchange->reason, "%s", why);
	return LINE_BROKEN;
}

static enum line_result
await_bytes(struct link *link, const struct exchange *exchange)
{
	short events = 0;

	switch (patience_wait(modbus_wire_descriptor(link->modbus), POLLIN, &link->patience, &events)) {
	case WAITED_TIMED_OUT:
		return time_out(link, exchange);
	case WAITED_INTERRUPTED:
		return link_lose(link, exchange, link_is_closing);
	case WAITED_READY:
		break;
	}
	if ((events & (POLLHUP | POLLERR | POLLNVAL)) != 0)
		return link_lose(link, exchange, port_has_gone);
	return LINE_REPLY;
}

/* A half-duplex adapter gives back what was sent; it is read away, byte by byte as it comes. What was kept back of an exchange
 * before this one looks like it, and its answer would follow: it must be the same. LINE_REPLY: it was. */
static enum line_result
take_echo(struct link *link, const struct exchange *exchange)
{
	struct rtu_link *rtu = (struct rtu_link *)link;
	const size_t wanted = exchange->length + CHECKSUM;
	uint8_t echo[RTU_FRAME_MOST];

	for (size_t length = 0; length < wanted;) {
		enum line_result result = await_bytes(link, exchange);
		ssize_t got;

		if (result == LINE_TIMEOUT)
			sentence_say(&exchange->reason,
			    "what was sent did not come back: the adapter has no echo, take local_echo out");
		if (result != LINE_REPLY)
			return result;
		got = read(modbus_wire_descriptor(link->modbus), echo + length, wanted - length);
		if (got < 0 && errno != EINTR && errno != EAGAIN)
			return link_lose(link, exchange, port_has_gone);
		length += got > 0 ? (size_t)got : 0;
	}
	if (memcmp(echo, exchange->request, exchange->length) == 0)
		return LINE_REPLY;
	rtu->busy_until_ns = patience_now_ns();
	rtu_late_note(&rtu->late, exchange, link->patience.deadline_ms);
	return break_off(exchange, "what came back is not what was sent: noise, or is there a second master?");
}

/* The bytes of the answer that a request may bring (Modbus application protocol 6), so that a damaged count holds the wire no
 * longer than it must. */
static int64_t
answer_most(const struct exchange *exchange)
{
	enum { FIXED = 8, AROUND = 5, COUNT_AT = 4 };
	const uint8_t *request = exchange->request;
	int64_t count = exchange->length > COUNT_AT + 1 ? request[COUNT_AT] << 8 | request[COUNT_AT + 1] : 0;

	switch (exchange->length > 1 ? request[1] : 0) {
	case 1:
	case 2:
		return AROUND + (count + 7) / 8;
	case 3:
	case 4:
	case 23:
		return AROUND + count * 2;
	case 5:
	case 6:
	case 15:
	case 16:
		return FIXED;
	default:
		return RTU_FRAME_MOST;
	}
}

/* Noise may begin with the unit's number, and the answer is still to come. What begins with its function too is the answer, damaged or
 * cut: holding the wire for another one would cost the other units their turn. */
static bool
is_begun_answer(const struct exchange *exchange, const uint8_t *frame)
{
	enum { EXCEPTION = 0x80 };

	return frame[0] == exchange->request[0] && exchange->length > 1 && (frame[1] & ~EXCEPTION) == exchange->request[1];
}

/* LINE_REPLY with its length; or, with length 0, that the answer is still to be waited for. */
static enum line_result
take_answer(struct link *link, const struct exchange *exchange)
{
	struct rtu_link *rtu = (struct rtu_link *)link;
	int64_t longest_us = answer_most(exchange) * serial_character_ns(&link->wire.form) / 1000 + RTU_SLACK_MS * 1000;
	uint8_t frame[MODBUS_WIRE_FRAME_CAP];
	enum modbus_wire_result result;
	size_t length;

	result = modbus_wire_receive(link->modbus, exchange->request[0], longest_us, frame, &length);
	rtu->busy_until_ns = patience_now_ns();
	/* libmodbus lets an answer of unit 0 through, which is everybody and answers nothing. */
	if (result == MODBUS_WIRE_FRAME && frame[0] != exchange->request[0])
		result = MODBUS_WIRE_OTHER_UNIT;
	if (result == MODBUS_WIRE_OTHER_UNIT && rtu_late_take(&rtu->late, frame))
		return LINE_REPLY;
	if (result == MODBUS_WIRE_GONE)
		return link_lose(link, exchange, port_has_gone);
	if (result != MODBUS_WIRE_FRAME) {
		if (!is_begun_answer(exchange, frame))
			rtu_late_note(&rtu->late, exchange, link->patience.deadline_ms);
		rtu_explain_frame(link->wire.local_echo, exchange, result, frame);
		return LINE_BROKEN;
	}
	if (length <= CHECKSUM || length - CHECKSUM > exchange->cap)
		return break_off(exchange, "answers something that is no Modbus frame");
	memcpy(exchange->reply, frame, length - CHECKSUM);
	*exchange->ret_length = length - CHECKSUM;
	rtu_late_note_answered(&rtu->late, exchange, link->patience.deadline_ms + link->patience.within_ms);
	return LINE_REPLY;
}

static enum line_result
exchange_rtu(struct link *link, const struct exchange *exchange)
{
	struct rtu_link *rtu = (struct rtu_link *)link;
	enum line_result result;

	if (!link->connected && !connect_link(link, &exchange->reason))
		return LINE_NO_LINK;
	if (!rtu_late_let_pass(&rtu->late, exchange, link->patience))
		return link_lose(link, exchange, link_is_closing);
	result = await_silence(link, exchange);
	if (result != LINE_REPLY)
		return result;
	if (!send_request(link, exchange))
		return link_lose(link, exchange, port_has_gone);
	/* The answer's time begins when the request is over. */
	link->patience.deadline_ms = (rtu->busy_until_ns + NS_PER_MS - 1) / NS_PER_MS + link->patience.within_ms;
	if (link->wire.local_echo)
		result = take_echo(link, exchange);
	while (result == LINE_REPLY && *exchange->ret_length == 0) {
		result = await_bytes(link, exchange);
		if (result == LINE_REPLY)
			result = take_answer(link, exchange);
	}
	return result;
}

const struct link_table link_rtu = { sizeof(struct rtu_link), create_wire, exchange_rtu, disconnect };
