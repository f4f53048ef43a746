#include "daemon/line/tcp.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* No errno is negative: what connecting can fail of besides. */
enum { FAILED_INTERRUPTED = -1, FAILED_DESCRIPTOR = -2 };

int64_t
tcp_now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

enum tcp_waited
tcp_wait(int descriptor, short events, const struct tcp_patience *patience, short *ret_events)
{
	struct pollfd waiting[] = {
		{ .fd = descriptor, .events = events },
		{ .fd = patience->interrupt, .events = POLLIN },
	};

	for (;;) {
		int64_t left_ms = patience->deadline_ms - tcp_now_ms();
		int ready;

		/* Whoever floods is always ready: the deadline comes first. */
		if (left_ms <= 0)
			return TCP_TIMED_OUT;
		ready = poll(waiting, 2, (int)left_ms);
		if (ready < 0 && errno == EINTR)
			continue;
		if (waiting[1].revents != 0)
			return TCP_INTERRUPTED;
		if (ready <= 0)
			return TCP_TIMED_OUT;
		if (ret_events != NULL)
			*ret_events = waiting[0].revents;
		return TCP_READY;
	}
}

void
tcp_pause(const struct tcp_patience *patience)
{
	struct pollfd waiting = { .fd = patience->interrupt, .events = POLLIN };

	poll(&waiting, 1, 1);
}

/* 0 when connected, else what it failed of. */
static int
finish_connecting(int descriptor, const struct tcp_patience *patience)
{
	int cause = 0;
	socklen_t size = sizeof(cause);

	switch (tcp_wait(descriptor, POLLOUT, patience, NULL)) {
	case TCP_INTERRUPTED:
		return FAILED_INTERRUPTED;
	case TCP_TIMED_OUT:
		return ETIMEDOUT;
	case TCP_READY:
		break;
	}
	return getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &cause, &size) == 0 ? cause : errno;
}

static int
connect_to(const struct addrinfo *to, const struct tcp_patience *patience, int *ret_cause)
{
	int descriptor = socket(to->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int on = 1;

	if (descriptor < 0) {
		*ret_cause = errno;
		return -1;
	}
	if (descriptor >= FD_SETSIZE) {
		*ret_cause = FAILED_DESCRIPTOR;
	} else if (connect(descriptor, to->ai_addr, to->ai_addrlen) == 0) {
		*ret_cause = 0;
	} else {
		*ret_cause = errno == EINPROGRESS ? finish_connecting(descriptor, patience) : errno;
	}
	if (*ret_cause == 0) {
		setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
		return descriptor;
	}
	close(descriptor);
	return -1;
}

static void
explain(int cause, int within_ms, char *reason, size_t cap)
{
	static const struct {
		int cause;
		const char *sentence;
	} known[] = {
		{ FAILED_INTERRUPTED, "the line is being closed" },
		{ FAILED_DESCRIPTOR, "the program has too many files open for another connection" },
		{ EMFILE, "the program has too many files open for another connection" },
		{ ECONNREFUSED, "connection refused" },
		{ ECONNRESET, "the connection was reset while it was being made" },
		{ EHOSTUNREACH, "its host cannot be reached" },
		{ ENETUNREACH, "its network cannot be reached" },
	};
	char text[128];

	if (cause == ETIMEDOUT) {
		snprintf(reason, cap, "does not accept a connection within %d ms", within_ms);
		return;
	}
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (known[i].cause == cause) {
			snprintf(reason, cap, "%s", known[i].sentence);
			return;
		}
	}
	snprintf(reason, cap, "cannot be connected to: %s", strerror_r(cause, text, sizeof(text)));
}

int
tcp_connect(const char *host, uint16_t port, const struct tcp_patience *patience, char *reason, size_t cap)
{
	const struct addrinfo wanted = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV };
	struct addrinfo *addresses;
	char service[8];
	int failed, cause = 0, descriptor = -1;

	snprintf(service, sizeof(service), "%u", port);
	failed = getaddrinfo(host, service, &wanted, &addresses);
	if (failed != 0) {
		snprintf(reason, cap, "its host '%.60s' is not known: %s", host, gai_strerror(failed));
		return -1;
	}
	for (const struct addrinfo *to = addresses; to != NULL && descriptor < 0; to = to->ai_next)
		descriptor = connect_to(to, patience, &cause);
	freeaddrinfo(addresses);
	if (descriptor < 0)
		explain(cause, patience->within_ms, reason, cap);
	return descriptor;
}
