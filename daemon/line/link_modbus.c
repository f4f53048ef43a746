/* libmodbus keeps the socket, its timeouts and the receiving of whole frames.
 * The header is written here: modbus_send_raw_request of 3.1.6 leaves the
 * transaction at 0, with which a late answer could not be told from the right one. */
#include "daemon/line/link_modbus.h"

#include <errno.h>
#include <fcntl.h>
#include <modbus.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
	HEADER = 6,              /* MBAP up to the unit: transaction, protocol, length */
	TIMEOUTS_IN_A_ROW = 3,   /* then the connection is taken to be half open */
	DESCRIPTOR_MOST = 1023   /* select's FD_SETSIZE is 1024: beyond it glibc aborts */
};

struct link {
	modbus_t *modbus;
	bool connected;
	int timeout_ms;
	int timeouts;
	uint16_t transaction;
	atomic_int descriptor; /* for link_interrupt; -1 when closed */
};

struct link *
link_create(const char *host, uint16_t port, int response_timeout_ms)
{
	struct link *link = calloc(1, sizeof(*link));
	char service[8];

	if (link == NULL)
		return NULL;
	snprintf(service, sizeof(service), "%u", port);
	link->modbus = modbus_new_tcp_pi(host, service);
	if (link->modbus == NULL) {
		free(link);
		return NULL;
	}
	link->timeout_ms = response_timeout_ms;
	atomic_init(&link->descriptor, -1);
	modbus_set_error_recovery(link->modbus, MODBUS_ERROR_RECOVERY_NONE);
	modbus_set_response_timeout(link->modbus, (uint32_t)response_timeout_ms / 1000,
	    (uint32_t)response_timeout_ms % 1000 * 1000);
	/* Off: the default begins anew at every chunk, so a dribbling monitor could hold the wire for minutes. */
	modbus_set_byte_timeout(link->modbus, 0, 0);
	return link;
}

static void
disconnect(struct link *link)
{
	atomic_store(&link->descriptor, -1);
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
	modbus_free(link->modbus);
	free(link);
}

void
link_interrupt(struct link *link)
{
	int descriptor = atomic_load(&link->descriptor);

	if (descriptor >= 0)
		shutdown(descriptor, SHUT_RDWR);
}

static int64_t
now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static bool
connect_link(struct link *link, char *reason, size_t cap)
{
	int descriptor, on = 1;

	errno = 0;
	if (modbus_connect(link->modbus) != 0) {
		int cause = errno;

		if (cause == ETIMEDOUT || cause == EINPROGRESS || cause == 0)
			snprintf(reason, cap, "does not accept a connection within %d ms", link->timeout_ms);
		else
			snprintf(reason, cap, "%s", cause == ECONNREFUSED ? "connection refused" : modbus_strerror(cause));
		return false;
	}
	descriptor = modbus_get_socket(link->modbus);
	link->connected = true;
	if (descriptor > DESCRIPTOR_MOST) {
		snprintf(reason, cap, "too many files are open for another line");
		disconnect(link);
		return false;
	}
	fcntl(descriptor, F_SETFD, FD_CLOEXEC);
	setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	atomic_store(&link->descriptor, descriptor);
	return true;
}

static bool
send_all(int descriptor, const uint8_t *bytes, size_t length)
{
	/* A request fits any socket buffer; what does not go out at once says that the peer has stopped reading. */
	return send(descriptor, bytes, length, MSG_NOSIGNAL | MSG_DONTWAIT) == (ssize_t)length;
}

static bool
send_request(struct link *link, const uint8_t *request, size_t length)
{
	uint8_t frame[HEADER + 264];

	if (length > sizeof(frame) - HEADER)
		return false;
	link->transaction++;
	frame[0] = (uint8_t)(link->transaction >> 8);
	frame[1] = (uint8_t)link->transaction;
	frame[2] = frame[3] = 0;
	frame[4] = (uint8_t)(length >> 8);
	frame[5] = (uint8_t)length;
	memcpy(frame + HEADER, request, length);
	return send_all(modbus_get_socket(link->modbus), frame, HEADER + length);
}

/* A frame that is an answer in form, and which. */
static bool
is_frame(const uint8_t *frame, int length)
{
	return length >= HEADER + 3 && frame[2] == 0 && frame[3] == 0 && (frame[4] << 8 | frame[5]) == length - HEADER;
}

static uint16_t
transaction_of(const uint8_t *frame)
{
	return (uint16_t)(frame[0] << 8 | frame[1]);
}

static enum line_result
lose(struct link *link, char *reason, size_t cap, const char *why)
{
	snprintf(reason, cap, "%s", why);
	disconnect(link);
	return LINE_NO_LINK;
}

static enum line_result
break_off(struct link *link, char *reason, size_t cap, const char *why)
{
	if (why != reason)
		snprintf(reason, cap, "%s", why);
	/* A stream that is out of step stays so: the next request begins with a connection of its own. */
	disconnect(link);
	return LINE_BROKEN;
}

static enum line_result
time_out(struct link *link, char *reason, size_t cap)
{
	snprintf(reason, cap, "does not answer within %d ms", link->timeout_ms);
	if (++link->timeouts >= TIMEOUTS_IN_A_ROW)
		disconnect(link);
	return LINE_TIMEOUT;
}

static enum line_result
receive_failed(struct link *link, int cause, char *reason, size_t cap)
{
	if (cause == ETIMEDOUT)
		return time_out(link, reason, cap);
	if (cause == ECONNRESET || cause == EPIPE || cause == EBADF || cause == ENOTCONN)
		return lose(link, reason, cap, "the monitor closed the connection");
	return break_off(link, reason, cap, "answers something that is no Modbus frame");
}

/* Late answers to requests that timed out are read away until the right one or the deadline comes. */
static enum line_result
receive_reply(struct link *link, const uint8_t *request, uint8_t *reply, size_t cap, size_t *ret_length, char *reason,
    size_t reason_cap)
{
	uint8_t frame[MODBUS_MAX_ADU_LENGTH];
	int64_t deadline = now_ms() + link->timeout_ms;

	for (;;) {
		int64_t left_ms = deadline - now_ms();
		int length;

		if (left_ms <= 0)
			return reason[0] != '\0' ? break_off(link, reason, reason_cap, reason) : time_out(link, reason, reason_cap);
		modbus_set_response_timeout(link->modbus, (uint32_t)left_ms / 1000, (uint32_t)left_ms % 1000 * 1000);
		errno = 0;
		length = modbus_receive_confirmation(link->modbus, frame);
		if (length <= 0) {
			if (reason[0] != '\0' && errno == ETIMEDOUT)
				return break_off(link, reason, reason_cap, reason);
			return receive_failed(link, errno, reason, reason_cap);
		}
		if (!is_frame(frame, length))
			return break_off(link, reason, reason_cap, "answers something that is no Modbus frame");
		if (transaction_of(frame) != link->transaction) {
			snprintf(reason, reason_cap, "answers with transaction %u instead of %u", transaction_of(frame),
			    link->transaction);
			continue;
		}
		if (frame[HEADER] != request[0]) {
			snprintf(reason, reason_cap, "answers for unit %u instead of %u", frame[HEADER], request[0]);
			return break_off(link, reason, reason_cap, reason);
		}
		if ((size_t)(length - HEADER) > cap)
			return break_off(link, reason, reason_cap, "answers more than a frame holds");
		memcpy(reply, frame + HEADER, (size_t)(length - HEADER));
		*ret_length = (size_t)(length - HEADER);
		link->timeouts = 0;
		reason[0] = '\0';
		return LINE_REPLY;
	}
}

enum line_result
link_exchange(struct link *link, const uint8_t *request, size_t length, uint8_t *reply, size_t cap, size_t *ret_length,
    char *reason, size_t reason_cap)
{
	reason[0] = '\0';
	modbus_set_response_timeout(link->modbus, (uint32_t)link->timeout_ms / 1000, (uint32_t)link->timeout_ms % 1000 * 1000);
	if (!link->connected && !connect_link(link, reason, reason_cap))
		return LINE_NO_LINK;
	/* Leftovers of an answer that came too late would poison the next one. */
	modbus_flush(link->modbus);
	if (!send_request(link, request, length))
		return lose(link, reason, reason_cap, "the monitor closed the connection");
	return receive_reply(link, request, reply, cap, ret_length, reason, reason_cap);
}
