/* The daemon's own listener on a UNIX socket. libwebsockets' would unlink the
 * path before binding, so that a second instance steals the first one's, and
 * says nothing when it listens on nothing (platform facts). Loop thread. */
#ifndef INFUSIOND_WEB_LISTEN_H
#define INFUSIOND_WEB_LISTEN_H

#include <sys/un.h>
#include <uv.h>

#include "daemon/base/outcome.h"

struct listener {
	uv_poll_t poll;
	int fd, lock_fd; /* -1: closed */
	bool started;
	char path[sizeof(((struct sockaddr_un *)0)->sun_path)];
	void (*accepted)(void *ctx, int fd); /* takes the descriptor */
	void *ctx;
};

/* Locks "PATH.lock", removes a socket that a dead instance left, binds with mode 0660 and listens. Nothing is left
 * behind by a failure. */
struct outcome listener_open(struct listener *listener, const char *path);

/* Hands every connection to `accepted` from now on. */
void listener_start(struct listener *listener, uv_loop_t *loop, void (*accepted)(void *ctx, int fd), void *ctx);

/* Stops, removes the socket, gives the lock back. Once started, the listener's memory is the loop's until it has run
 * once more. */
void listener_close(struct listener *listener);

#endif
