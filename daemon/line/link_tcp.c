/* Modbus TCP. libmodbus takes whole frames off the socket and knows their form. What
 * it leaves open is done here: connecting within a deadline; the header, since
 * modbus_send_raw_request of 3.1.6 leaves the transaction at 0, with which a
 * late answer could not be told from the right one; and one deadline for all of
 * an answer, so that libmodbus is asked only when a whole frame has come. */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include "daemon/line/link_inside.h"
#include "daemon/line/tcp.h"

enum {
	HEADER = 6,            /* MBAP up to the unit: transaction, protocol, length */
	LENGTH_LEAST = 3,      /* unit, function and a byte: an exception */
	TIMEOUTS_IN_A_ROW = 3, /* then the connection is taken to be half open */
	LEFTOVER_READS = 16,   /* more that nobody asked for is no leftover but a flood */
	READ_TIMEOUT_US = 20000 /* for a frame that is already there */
};

static const char no_frame[] = "answers something that is no Modbus frame";
static const char closed[] = "the monitor closed the connection";

struct tcp_link {
	struct link link;
	int timeouts; /* in a row: so many answers may still come */
	uint16_t transaction;
};

static struct modbus_wire *
create_wire(const struct wire *wire)
{
	(void)wire;
	return modbus_wire_create_tcp();
}

static void
disconnect(struct link *link)
{
	if (link->connected)
		modbus_wire_close(link->modbus);
	link->connected = false;
	((struct tcp_link *)link)->timeouts = 0;
}

static bool
connect_link(struct link *link, const struct sentence *reason)
{
	int descriptor = tcp_connect(link->wire.host, link->wire.port, &link->patience, reason->text, reason->cap);

	if (descriptor < 0)
		return false;
	modbus_wire_use(link->modbus, descriptor);
	link->connected = true;
	return true;
}

/* Leftovers of an answer that came too late would poison the next one. A connection that has ended meanwhile, as some
 * monitors end idle ones, or that floods is given up. */
static void
drop_leftovers(struct link *link)
{
	uint8_t leftovers[1024];

	for (int i = 0; i < LEFTOVER_READS; i++) {
		ssize_t got = recv(modbus_wire_descriptor(link->modbus), leftovers, sizeof(leftovers), MSG_DONTWAIT);

		if (got < 0 && errno == EAGAIN)
			return;
		if (got <= 0)
			break;
	}
	disconnect(link);
}

static bool
send_request(struct link *link, const uint8_t *request, size_t length)
{
	uint8_t frame[HEADER + LINK_REQUEST_MOST];
	uint16_t transaction = ++((struct tcp_link *)link)->transaction;

	frame[0] = (uint8_t)(transaction >> 8);
	frame[1] = (uint8_t)transaction;
	frame[2] = frame[3] = 0;
	frame[4] = (uint8_t)(length >> 8);
	frame[5] = (uint8_t)length;
	memcpy(frame + HEADER, request, length);
	/* A request fits any socket buffer; what does not go out at once says that the peer has stopped reading. */
	return send(modbus_wire_descriptor(link->modbus), frame, HEADER + length, MSG_NOSIGNAL | MSG_DONTWAIT) ==
	       (ssize_t)(HEADER + length);
}

/* A stream that is out of step stays so: the next request begins with a connection of its own. */
static enum line_result
break_off(struct link *link, const struct exchange *exchange, const char *why)
{
	if (why != NULL)
		sentence_say(&exchange->reason, "%s", why);
	disconnect(link);
	return LINE_BROKEN;
}

static enum line_result
time_out(struct link *link, const struct exchange *exchange, int got, int wanted)
{
	const struct sentence *reason = &exchange->reason;
	const int within_ms = link->patience.within_ms;

	if (reason->text[0] != '\0')
		return break_off(link, exchange, NULL);
	if (got >= HEADER)
		sentence_say(reason, "the answer is cut short: %d of %d bytes within %d ms", got, wanted, within_ms);
	else if (got > 0)
		sentence_say(reason, "the answer is cut short: %d bytes within %d ms", got, within_ms);
	if (got > 0)
		return break_off(link, exchange, NULL);
	sentence_say(reason, "does not answer within %d ms", within_ms);
	if (++((struct tcp_link *)link)->timeouts >= TIMEOUTS_IN_A_ROW)
		disconnect(link);
	return LINE_TIMEOUT;
}

static int
bytes_wanted(const uint8_t *frame, int got)
{
	return got < HEADER ? HEADER : HEADER + (frame[4] << 8 | frame[5]);
}

static bool
is_header(const uint8_t *frame)
{
	int length = frame[4] << 8 | frame[5];

	return frame[2] == 0 && frame[3] == 0 && length >= LENGTH_LEAST && length <= LINK_REQUEST_MOST;
}

/* Waits, without taking anything off the socket, for a whole frame: LINE_REPLY when it is there. What has come by
 * the deadline is looked at once more. */
static enum line_result
await_frame(struct link *link, const struct exchange *exchange)
{
	int descriptor = modbus_wire_descriptor(link->modbus);
	enum waited waited = WAITED_READY;
	short events = 0;

	for (;;) {
		uint8_t frame[HEADER + LINK_REQUEST_MOST];
		int got = (int)recv(descriptor, frame, sizeof(frame), MSG_PEEK | MSG_DONTWAIT);
		int wanted = bytes_wanted(frame, got);

		if (got == 0 || (got < 0 && errno != EAGAIN))
			return link_lose(link, exchange, closed);
		if (got >= HEADER && !is_header(frame))
			return break_off(link, exchange, no_frame);
		if (got > HEADER && got >= wanted)
			return LINE_REPLY;
		if (waited == WAITED_TIMED_OUT)
			return time_out(link, exchange, got, wanted);
		if ((events & (POLLRDHUP | POLLHUP | POLLERR)) != 0)
			return link_lose(link, exchange, closed);
		/* What is there already would wake the wait at once, and SO_RCVLOWAT does not help on a full window. */
		if (got > 0)
			patience_pause(&link->patience);
		waited = patience_wait(descriptor, POLLIN | POLLRDHUP, &link->patience, &events);
		if (waited == WAITED_INTERRUPTED)
			return link_lose(link, exchange, link_is_closing);
	}
}

/* Its length by libmodbus, from the function, must be that of its header. */
static bool
is_whole(const uint8_t *frame, int length)
{
	return length == HEADER + (frame[4] << 8 | frame[5]);
}

/* Of a request that timed out on this connection: read away, and nothing to complain of. */
static bool
is_late(const struct tcp_link *tcp, uint16_t transaction)
{
	uint16_t ago = (uint16_t)(tcp->transaction - transaction);

	return ago >= 1 && ago <= tcp->timeouts;
}

/* LINE_REPLY with its length; or, with length 0, that another frame is to be waited for. */
static enum line_result
take_frame(struct link *link, const struct exchange *exchange)
{
	const struct tcp_link *tcp = (const struct tcp_link *)link;
	uint8_t frame[MODBUS_WIRE_FRAME_CAP], unit = exchange->request[0];
	uint16_t transaction;
	size_t length;

	if (modbus_wire_receive(link->modbus, unit, READ_TIMEOUT_US, frame, &length) != MODBUS_WIRE_FRAME ||
	    length <= HEADER || !is_whole(frame, (int)length) || length - HEADER > exchange->cap)
		return break_off(link, exchange, no_frame);
	transaction = (uint16_t)(frame[0] << 8 | frame[1]);
	if (transaction != tcp->transaction) {
		if (!is_late(tcp, transaction))
			sentence_say(&exchange->reason, "answers with transaction %u instead of %u", transaction,
			    tcp->transaction);
		return LINE_REPLY;
	}
	if (frame[HEADER] != unit) {
		sentence_say(&exchange->reason, "answers for unit %u instead of %u", frame[HEADER], unit);
		return break_off(link, exchange, NULL);
	}
	memcpy(exchange->reply, frame + HEADER, length - HEADER);
	*exchange->ret_length = length - HEADER;
	return LINE_REPLY;
}

static enum line_result
exchange_tcp(struct link *link, const struct exchange *exchange)
{
	enum line_result result = LINE_REPLY;

	link->patience.deadline_ms = patience_now_ms() + link->patience.within_ms;
	if (link->connected)
		drop_leftovers(link);
	if (!link->connected && !connect_link(link, &exchange->reason))
		return LINE_NO_LINK;
	if (!send_request(link, exchange->request, exchange->length))
		return link_lose(link, exchange, closed);
	while (result == LINE_REPLY && *exchange->ret_length == 0) {
		result = await_frame(link, exchange);
		if (result == LINE_REPLY)
			result = take_frame(link, exchange);
		if (result == LINE_REPLY && *exchange->ret_length == 0 && patience_now_ms() >= link->patience.deadline_ms)
			return time_out(link, exchange, 0, 0);
	}
	if (result == LINE_REPLY)
		((struct tcp_link *)link)->timeouts = 0;
	return result;
}

const struct link_table link_tcp = { sizeof(struct tcp_link), create_wire, exchange_tcp, disconnect };
