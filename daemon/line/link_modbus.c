/* libmodbus takes whole frames off the socket and knows their form. What it
 * leaves open is done here: connecting within a deadline; the header, since
 * modbus_send_raw_request of 3.1.6 leaves the transaction at 0, with which a
 * late answer could not be told from the right one; and one deadline for all of
 * an answer, so that libmodbus is asked only when a whole frame has come. */
#include "daemon/line/link_modbus.h"

#include <errno.h>
#include <modbus.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon/line/tcp.h"

enum {
	HEADER = 6,            /* MBAP up to the unit: transaction, protocol, length */
	LENGTH_LEAST = 3,      /* unit, function and a byte: an exception */
	LENGTH_MOST = 254,     /* unit and a PDU of 253, Modbus over TCP 3.1.3 */
	TIMEOUTS_IN_A_ROW = 3, /* then the connection is taken to be half open */
	LEFTOVER_READS = 16,   /* more that nobody asked for is no leftover but a flood */
	READ_TIMEOUT_US = 20000 /* for a frame that is already there */
};

static const char no_frame[] = "answers something that is no Modbus frame";
static const char closed[] = "the monitor closed the connection";
static const char closing[] = "the line is being closed";

struct link {
	modbus_t *modbus;
	char host[256];
	uint16_t port;
	bool connected;
	int timeouts; /* in a row: so many answers may still come */
	uint16_t transaction;
	struct tcp_patience patience; /* of the exchange under way; its interrupt is an eventfd of ours */
};

/* Where a sentence for people goes. */
struct sentence {
	char *text;
	size_t cap;
};

struct link *
link_create(const char *host, uint16_t port, int response_timeout_ms)
{
	struct link *link = calloc(1, sizeof(*link));

	if (link == NULL)
		return NULL;
	link->patience.interrupt = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	/* The address is never used: the socket is opened by tcp_connect. */
	link->modbus = modbus_new_tcp("127.0.0.1", 502);
	if (link->modbus == NULL || link->patience.interrupt < 0) {
		link_destroy(link);
		return NULL;
	}
	snprintf(link->host, sizeof(link->host), "%s", host);
	link->port = port;
	link->patience.within_ms = response_timeout_ms;
	modbus_set_error_recovery(link->modbus, MODBUS_ERROR_RECOVERY_NONE);
	modbus_set_response_timeout(link->modbus, 0, READ_TIMEOUT_US);
	/* Off: the default begins anew at every chunk. */
	modbus_set_byte_timeout(link->modbus, 0, 0);
	return link;
}

static void
disconnect(struct link *link)
{
	if (link->connected)
		modbus_close(link->modbus);
	link->connected = false;
	link->timeouts = 0;
}

void
link_destroy(struct link *link)
{
	if (link == NULL)
		return;
	disconnect(link);
	if (link->modbus != NULL)
		modbus_free(link->modbus);
	if (link->patience.interrupt >= 0)
		close(link->patience.interrupt);
	free(link);
}

void
link_interrupt(struct link *link)
{
	const uint64_t one = 1;
	ssize_t written = write(link->patience.interrupt, &one, sizeof(one));

	/* It fails only when it is full of earlier interrupts. */
	(void)written;
}

static bool
connect_link(struct link *link, const struct sentence *reason)
{
	int descriptor = tcp_connect(link->host, link->port, &link->patience, reason->text, reason->cap);

	if (descriptor < 0)
		return false;
	modbus_set_socket(link->modbus, descriptor);
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
		ssize_t got = recv(modbus_get_socket(link->modbus), leftovers, sizeof(leftovers), MSG_DONTWAIT);

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
	uint8_t frame[HEADER + LENGTH_MOST];

	link->transaction++;
	frame[0] = (uint8_t)(link->transaction >> 8);
	frame[1] = (uint8_t)link->transaction;
	frame[2] = frame[3] = 0;
	frame[4] = (uint8_t)(length >> 8);
	frame[5] = (uint8_t)length;
	memcpy(frame + HEADER, request, length);
	/* A request fits any socket buffer; what does not go out at once says that the peer has stopped reading. */
	return send(modbus_get_socket(link->modbus), frame, HEADER + length, MSG_NOSIGNAL | MSG_DONTWAIT) ==
	       (ssize_t)(HEADER + length);
}

static enum line_result
lose(struct link *link, const struct sentence *reason, const char *why)
{
	snprintf(reason->text, reason->cap, "%s", why);
	disconnect(link);
	return LINE_NO_LINK;
}

/* A stream that is out of step stays so: the next request begins with a connection of its own. */
static enum line_result
break_off(struct link *link, const struct sentence *reason, const char *why)
{
	if (why != NULL)
		snprintf(reason->text, reason->cap, "%s", why);
	disconnect(link);
	return LINE_BROKEN;
}

static enum line_result
time_out(struct link *link, const struct sentence *reason, int got, int wanted)
{
	if (reason->text[0] != '\0')
		return break_off(link, reason, NULL);
	if (got >= HEADER)
		snprintf(reason->text, reason->cap, "the answer is cut short: %d of %d bytes within %d ms", got, wanted,
		    link->patience.within_ms);
	else if (got > 0)
		snprintf(reason->text, reason->cap, "the answer is cut short: %d bytes within %d ms", got,
		    link->patience.within_ms);
	if (got > 0)
		return break_off(link, reason, NULL);
	snprintf(reason->text, reason->cap, "does not answer within %d ms", link->patience.within_ms);
	if (++link->timeouts >= TIMEOUTS_IN_A_ROW)
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

	return frame[2] == 0 && frame[3] == 0 && length >= LENGTH_LEAST && length <= LENGTH_MOST;
}

/* Waits, without taking anything off the socket, for a whole frame: LINE_REPLY when it is there. What has come by
 * the deadline is looked at once more. */
static enum line_result
await_frame(struct link *link, const struct sentence *reason)
{
	int descriptor = modbus_get_socket(link->modbus);
	enum tcp_waited waited = TCP_READY;
	short events = 0;

	for (;;) {
		uint8_t frame[HEADER + LENGTH_MOST];
		int got = (int)recv(descriptor, frame, sizeof(frame), MSG_PEEK | MSG_DONTWAIT);
		int wanted = bytes_wanted(frame, got);

		if (got == 0 || (got < 0 && errno != EAGAIN))
			return lose(link, reason, closed);
		if (got >= HEADER && !is_header(frame))
			return break_off(link, reason, no_frame);
		if (got > HEADER && got >= wanted)
			return LINE_REPLY;
		if (waited == TCP_TIMED_OUT)
			return time_out(link, reason, got, wanted);
		if ((events & (POLLRDHUP | POLLHUP | POLLERR)) != 0)
			return lose(link, reason, closed);
		/* What is there already would wake the wait at once, and SO_RCVLOWAT does not help on a full window. */
		if (got > 0)
			tcp_pause(&link->patience);
		waited = tcp_wait(descriptor, POLLIN | POLLRDHUP, &link->patience, &events);
		if (waited == TCP_INTERRUPTED)
			return lose(link, reason, closing);
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
is_late(const struct link *link, uint16_t transaction)
{
	uint16_t ago = (uint16_t)(link->transaction - transaction);

	return ago >= 1 && ago <= link->timeouts;
}

/* LINE_REPLY with its length; or, with length 0, that another frame is to be waited for. */
static enum line_result
take_frame(struct link *link, uint8_t unit, uint8_t *reply, size_t cap, size_t *ret_length, const struct sentence *reason)
{
	uint8_t frame[MODBUS_MAX_ADU_LENGTH];
	uint16_t transaction;
	int length;

	*ret_length = 0;
	length = modbus_receive_confirmation(link->modbus, frame);
	if (length <= HEADER || !is_whole(frame, length) || (size_t)(length - HEADER) > cap)
		return break_off(link, reason, no_frame);
	transaction = (uint16_t)(frame[0] << 8 | frame[1]);
	if (transaction != link->transaction) {
		if (!is_late(link, transaction))
			snprintf(reason->text, reason->cap, "answers with transaction %u instead of %u", transaction,
			    link->transaction);
		return LINE_REPLY;
	}
	if (frame[HEADER] != unit) {
		snprintf(reason->text, reason->cap, "answers for unit %u instead of %u", frame[HEADER], unit);
		return break_off(link, reason, NULL);
	}
	memcpy(reply, frame + HEADER, (size_t)(length - HEADER));
	*ret_length = (size_t)(length - HEADER);
	return LINE_REPLY;
}

enum line_result
link_exchange(struct link *link, const uint8_t *request, size_t length, uint8_t *reply, size_t cap, size_t *ret_length,
    char *reason_text, size_t reason_cap)
{
	const struct sentence reason = { reason_text, reason_cap };
	enum line_result result = LINE_REPLY;

	reason.text[0] = '\0';
	*ret_length = 0;
	link->patience.deadline_ms = tcp_now_ms() + link->patience.within_ms;
	if (length > LENGTH_MOST)
		return break_off(link, &reason, "the request is longer than a Modbus frame");
	if (link->connected)
		drop_leftovers(link);
	if (!link->connected && !connect_link(link, &reason))
		return LINE_NO_LINK;
	if (!send_request(link, request, length))
		return lose(link, &reason, closed);
	while (result == LINE_REPLY && *ret_length == 0) {
		result = await_frame(link, &reason);
		if (result == LINE_REPLY)
			result = take_frame(link, request[0], reply, cap, ret_length, &reason);
		if (result == LINE_REPLY && *ret_length == 0 && tcp_now_ms() >= link->patience.deadline_ms)
			return time_out(link, &reason, 0, 0);
	}
	if (result == LINE_REPLY) {
		link->timeouts = 0;
		reason.text[0] = '\0';
	}
	return result;
}
