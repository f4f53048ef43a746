#include "daemon/web/listen.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BACKLOG = 256, NOT_FOR_OTHERS = 0117, ACCEPTS_A_TURN = 16 };

static struct outcome
take_lock(const char *path, int *ret_fd)
{
	char lock[sizeof(struct sockaddr_un) + 8];
	int fd;

	snprintf(lock, sizeof(lock), "%s.lock", path);
	fd = open(lock, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return outcome_fail("the lock file %s cannot be opened: %s%s", lock, strerror(errno),
		    errno == ENOENT ? ": make the folder of the socket first" : "");
	if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
		int error = errno;

		close(fd);
		if (error == EWOULDBLOCK)
			return outcome_fail("another infusiond already serves %s", path);
		return outcome_fail("the lock file %s cannot be locked: %s", lock, strerror(error));
	}
	*ret_fd = fd;
	return outcome_ok();
}

/* With the lock held a socket that is still there belongs to nobody; anything else is not ours to remove. */
static struct outcome
remove_left_socket(const char *path)
{
	struct stat found;

	if (lstat(path, &found) != 0)
		return errno == ENOENT ? outcome_ok() : outcome_fail("%s cannot be looked at: %s", path, strerror(errno));
	if (!S_ISSOCK(found.st_mode))
		return outcome_fail("%s is there and is no socket", path);
	if (unlink(path) != 0)
		return outcome_fail("the old socket %s cannot be removed: %s", path, strerror(errno));
	return outcome_ok();
}

static struct outcome
bind_and_listen(int fd, const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	mode_t before;
	int bound, error;

	memcpy(address.sun_path, path, strlen(path) + 1);
	before = umask(NOT_FOR_OTHERS);
	bound = bind(fd, (struct sockaddr *)&address, sizeof(address));
	error = errno;
	umask(before);
	if (bound != 0)
		return outcome_fail("the socket %s cannot be made: %s", path, strerror(error));
	if (listen(fd, BACKLOG) == 0)
		return outcome_ok();
	error = errno;
	unlink(path);
	return outcome_fail("the socket %s cannot be listened on: %s", path, strerror(error));
}

static struct outcome
open_socket(const char *path, int *ret_fd)
{
	struct outcome done = remove_left_socket(path);
	int fd;

	if (!done.ok)
		return done;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return outcome_fail("no socket can be made for %s: %s", path, strerror(errno));
	done = bind_and_listen(fd, path);
	if (done.ok)
		*ret_fd = fd;
	else
		close(fd);
	return done;
}

static struct outcome
bind_address(int fd, const struct address *address)
{
	const int on = 1;

	/* Connections of an instance that has just ended must not keep the address; one that listens does. */
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (address->at.ss_family == AF_INET6 && setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on)) != 0)
		return outcome_fail("%s cannot be kept from IPv4: %s", address->text, strerror(errno));
	if (bind(fd, (const struct sockaddr *)&address->at, address->length) != 0 || listen(fd, BACKLOG) != 0)
		return outcome_fail("%s cannot be listened on: %s", address->text, strerror(errno));
	return outcome_ok();
}

/* What is left in the backlog is there at the next turn: others have work too. */
static void
on_readable(uv_poll_t *poll, int status, int events)
{
	struct listener *listener = poll->data;

	(void)events;
	for (int i = 0; status == 0 && i < ACCEPTS_A_TURN; i++) {
		int fd = accept4(listener->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
		const int on = 1;

		if (fd < 0)
			return;
		/* A frame is sent when it is there; waiting for more would only make it older. */
		if (listener->path[0] == '\0')
			setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
		listener->accepted(listener, fd);
		if (listener->fd < 0)
			return;
	}
}

struct outcome
listener_open_unix(struct listener *listener, const char *path)
{
	struct outcome done;

	*listener = (struct listener){ .fd = -1, .lock_fd = -1 };
	if (strlen(path) >= sizeof(listener->path))
		return outcome_fail("the socket's path is longer than the %zu bytes that the system takes: %s",
		    sizeof(listener->path) - 1, path);
	snprintf(listener->path, sizeof(listener->path), "%s", path);
	done = take_lock(path, &listener->lock_fd);
	if (!done.ok)
		return done;
	done = open_socket(path, &listener->fd);
	if (!done.ok) {
		close(listener->lock_fd);
		listener->lock_fd = -1;
	}
	return done;
}

struct outcome
listener_open_tcp(struct listener *listener, const struct address *address)
{
	struct outcome done;
	int fd;

	*listener = (struct listener){ .fd = -1, .lock_fd = -1 };
	fd = socket(address->at.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return outcome_fail("no socket can be made for %s: %s", address->text, strerror(errno));
	done = bind_address(fd, address);
	if (done.ok)
		listener->fd = fd;
	else
		close(fd);
	return done;
}

void
listener_start(struct listener *listener, uv_loop_t *loop, void (*accepted)(struct listener *listener, int fd), void *ctx)
{
	listener->accepted = accepted;
	listener->ctx = ctx;
	listener->poll.data = listener;
	listener->started = true;
	/* They fail only for a descriptor that cannot be polled, or for a closing handle. */
	uv_poll_init(loop, &listener->poll, listener->fd);
	uv_poll_start(&listener->poll, UV_READABLE, on_readable);
}

void
listener_close(struct listener *listener)
{
	if (listener->fd < 0)
		return;
	if (listener->started) {
		uv_poll_stop(&listener->poll);
		uv_close((uv_handle_t *)&listener->poll, NULL);
	}
	close(listener->fd);
	if (listener->path[0] != '\0')
		unlink(listener->path);
	/* The lock file stays: removing it would let two instances lock two files of one name. */
	if (listener->lock_fd >= 0)
		close(listener->lock_fd);
	listener->fd = listener->lock_fd = -1;
}
