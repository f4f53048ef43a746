#include "daemon/base/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PORT_DIGITS = 5, PORT_MOST = 65535, LOOPBACK_NET = 127 };

static bool
port_from_text(const char *text, in_port_t *ret_port)
{
	size_t digits = strspn(text, "0123456789");
	long port;

	if (digits == 0 || digits > PORT_DIGITS || text[digits] != '\0')
		return false;
	port = strtol(text, NULL, 10);
	if (port < 1 || port > PORT_MOST)
		return false;
	*ret_port = (in_port_t)port;
	return true;
}

static struct outcome
wrong(const char *text)
{
	return outcome_fail("'%.60s' is no address and port, such as 127.0.0.1:8080 or [::1]:8080", text);
}

static bool
host_from_text(const char *host, bool bracketed, in_port_t port, struct address *address)
{
	struct sockaddr_in v4 = { .sin_family = AF_INET, .sin_port = htons(port) };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6, .sin6_port = htons(port) };
	char spelt[INET6_ADDRSTRLEN];

	if (bracketed && inet_pton(AF_INET6, host, &v6.sin6_addr) == 1) {
		memcpy(&address->at, &v6, sizeof(v6));
		address->length = sizeof(v6);
		inet_ntop(AF_INET6, &v6.sin6_addr, spelt, sizeof(spelt));
		snprintf(address->text, sizeof(address->text), "[%s]:%u", spelt, (unsigned)port);
		return true;
	}
	if (!bracketed && inet_pton(AF_INET, host, &v4.sin_addr) == 1) {
		memcpy(&address->at, &v4, sizeof(v4));
		address->length = sizeof(v4);
		inet_ntop(AF_INET, &v4.sin_addr, spelt, sizeof(spelt));
		snprintf(address->text, sizeof(address->text), "%s:%u", spelt, (unsigned)port);
		return true;
	}
	return false;
}

struct outcome
address_from_text(const char *text, struct address *ret_address)
{
	const char *colon = strrchr(text, ':');
	bool bracketed = text[0] == '[';
	struct address address = { .length = 0 };
	char host[INET6_ADDRSTRLEN];
	in_port_t port;
	size_t length;

	if (colon == NULL || (bracketed && (colon == text || colon[-1] != ']')))
		return wrong(text);
	length = (size_t)(colon - text) - (bracketed ? 2 : 0);
	if (length == 0 || length >= sizeof(host))
		return wrong(text);
	memcpy(host, text + bracketed, length);
	host[length] = '\0';
	if (!port_from_text(colon + 1, &port))
		return outcome_fail("'%.60s' must end in a port from 1 to %d", text, PORT_MOST);
	if (!host_from_text(host, bracketed, port, &address))
		return wrong(text);
	*ret_address = address;
	return outcome_ok();
}

bool
address_is_loopback_at(const struct sockaddr *at)
{
	if (at->sa_family == AF_INET)
		return ntohl(((const struct sockaddr_in *)(const void *)at)->sin_addr.s_addr) >> 24 == LOOPBACK_NET;
	return at->sa_family == AF_INET6 &&
	       IN6_IS_ADDR_LOOPBACK(&((const struct sockaddr_in6 *)(const void *)at)->sin6_addr);
}

bool
address_is_loopback(const struct address *address)
{
	return address_is_loopback_at((const struct sockaddr *)&address->at);
}
