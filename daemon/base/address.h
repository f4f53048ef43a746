/* An address and port to listen on, as people write it: "127.0.0.1:8080" or
 * "[::1]:8080". Host names are none: what is listened on must not depend on
 * what a resolver says that day. Plain values; any thread. */
#ifndef INFUSIOND_BASE_ADDRESS_H
#define INFUSIOND_BASE_ADDRESS_H

#include <sys/socket.h>

#include "daemon/base/outcome.h"

enum { ADDRESS_TEXT_CAP = 56 };

struct address {
	char text[ADDRESS_TEXT_CAP]; /* in one spelling: "[::1]:8080" */
	struct sockaddr_storage at;
	socklen_t length;
};

/* Port 1 to 65535. The sentence says what is wrong with the text. */
struct outcome address_from_text(const char *text, struct address *ret_address);

/* Only this host can reach it: 127.0.0.0/8 and ::1. */
bool address_is_loopback(const struct address *address);

/* The same for what a socket says of its peer or of itself; a UNIX socket's is none. */
bool address_is_loopback_at(const struct sockaddr *at);

#endif
