/* The daemon's own listeners: a UNIX socket, and addresses for browsers.
 * libwebsockets' would listen on all addresses where one was asked for, unlink
 * a UNIX path before binding, so that a second instance steals the first one's,
 * and say nothing when it listens on nothing (platform facts). Loop thread. */
#ifndef INFUSIOND_WEB_LISTEN_H
#define INFUSIOND_WEB_LISTEN_H

#include <sys/un.h>
#include <uv.h>

#include "daemon/base/address.h"

struct listener {
	uv_poll_t poll;
	int fd, lock_fd; /* -1: closed; TCP has no lock */
	bool started;
	char path[sizeof(((struct sockaddr_un *)0)->sun_path)]; /* "": TCP */
	void (*accepted)(struct listener *listener, int fd); /* takes the descriptor */
	void *ctx;
};

/* Locks "PATH.lock", removes a socket that a dead instance left, binds with mode 0660 and listens. Nothing is left
 * behind by a failure. */
struct outcome listener_open_unix(struct listener *listener, const char *path);

/* Binds one address, and an IPv6 one without IPv4 behind it, and listens. Whoever has the address keeps it: the failure
 * names it and the system's reason. */
struct outcome listener_open_tcp(struct listener *listener, const struct address *address);

/* Hands every connection to `accepted` from now on. */
void listener_start(struct listener *listener, uv_loop_t *loop, void (*accepted)(struct listener *listener, int fd),
    void *ctx);

/* Stops, removes the socket, gives the lock back. Once started, the listener's memory is the loop's until it has run
 * once more. Nothing happens to one that is closed. */
void listener_close(struct listener *listener);

#endif
