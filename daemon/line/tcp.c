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
#include <unistd.h>

/* No errno is negative: what connecting can fail of besides. */
enum { FAILED_INTERRUPTED = -1, FAILED_DESCRIPTOR = -2 };

/* 0 when connected, else what it failed of. */
static int
finish_connecting(int descriptor, const struct patience *patience)
{
	int cause = 0;
	socklen_t size = sizeof(cause);

	switch (patience_wait(descriptor, POLLOUT, patience, NULL)) {
	case WAITED_INTERRUPTED:
		return FAILED_INTERRUPTED;
	case WAITED_TIMED_OUT:
		return ETIMEDOUT;
	case WAITED_READY:
		break;
	}
	return getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &cause, &size) == 0 ? cause : errno;
}

static int
connect_to(const struct addrinfo *to, const struct patience *patience, int *ret_cause)
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
tcp_connect(const char *host, uint16_t port, const struct patience *patience, char *reason, size_t cap)
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
