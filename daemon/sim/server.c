/* The listening side: doors that open, refuse or leave waiting. What is said on
 * a connection is in connection.c. */
#include "daemon/sim/server.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon/sim/connection.h"

enum { BACKLOG = 64, FILLERS = 2 };

static void
free_handle(uv_handle_t *handle)
{
	free(handle);
}

static void
close_door(struct sim_port *port)
{
	if (port->listener != NULL)
		uv_close((uv_handle_t *)port->listener, free_handle);
	port->listener = NULL;
	if (port->deaf >= 0)
		close(port->deaf);
	port->deaf = -1;
	for (int i = 0; i < FILLERS; i++) {
		if (port->fillers[i] >= 0)
			close(port->fillers[i]);
		port->fillers[i] = -1;
	}
}

static void
accept_one(uv_stream_t *listener, int status)
{
	struct sim_port *port = listener->data;

	if (status != 0)
		return;
	port->world.advance(port->world.ctx);
	/* What was done to the world may have closed this very door. */
	if (port->listener == (uv_tcp_t *)listener)
		connection_accept(port, listener);
}

/* The address with the port number that the first listening got. */
static int
address_of(const struct sim_port *port, struct sockaddr_storage *ret_address)
{
	int failed = uv_ip4_addr(port->host, port->number, (struct sockaddr_in *)ret_address);

	return failed == 0 ? 0 : uv_ip6_addr(port->host, port->number, (struct sockaddr_in6 *)ret_address);
}

static void
note_number(struct sim_port *port)
{
	struct sockaddr_storage bound;
	int length = sizeof(bound);

	if (uv_tcp_getsockname(port->listener, (struct sockaddr *)&bound, &length) != 0)
		return;
	/* Both families have it at the same place. */
	port->number = ntohs(((struct sockaddr_in *)&bound)->sin_port);
}

static int
open_door(struct sim_port *port)
{
	struct sockaddr_storage address;
	int failed = address_of(port, &address);

	if (failed != 0)
		return failed;
	port->listener = malloc(sizeof(*port->listener));
	if (port->listener == NULL)
		return UV_ENOMEM;
	uv_tcp_init(port->loop, port->listener);
	port->listener->data = port;
	failed = uv_tcp_bind(port->listener, (const struct sockaddr *)&address, 0);
	if (failed == 0)
		failed = uv_listen((uv_stream_t *)port->listener, BACKLOG, accept_one);
	if (failed != 0) {
		close_door(port);
		return failed;
	}
	note_number(port);
	return 0;
}

static socklen_t
length_of(const struct sockaddr_storage *address)
{
	return address->ss_family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);
}

/* A socket that listens with no room, and its room taken by connections of our own: whoever knocks waits. */
static int
stop_accepting(struct sim_port *port)
{
	struct sockaddr_storage address;
	const int on = 1;

	if (address_of(port, &address) != 0)
		return -EINVAL;
	port->deaf = socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (port->deaf < 0 || setsockopt(port->deaf, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0 ||
	    bind(port->deaf, (const struct sockaddr *)&address, length_of(&address)) != 0 || listen(port->deaf, 0) != 0)
		return -errno;
	for (int i = 0; i < FILLERS; i++) {
		port->fillers[i] = socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
		if (port->fillers[i] < 0 ||
		    (connect(port->fillers[i], (const struct sockaddr *)&address, length_of(&address)) != 0 && errno != EINPROGRESS))
			return -errno;
	}
	return 0;
}

/* Drops all connections by reset. */
static void
drop_all(struct sim_wire *wire)
{
	struct sim_port *port = (struct sim_port *)wire;

	for (struct connection *connection = port->connections, *next; connection != NULL; connection = next) {
		next = connection->next;
		connection_reset(connection);
	}
}

static struct outcome
set_door(struct sim_wire *wire, enum sim_door door)
{
	struct sim_port *port = (struct sim_port *)wire;
	int failed = 0;

	if (port->door == door)
		return outcome_ok();
	port->door = door;
	drop_all(wire);
	if (door == DOOR_REFUSES && port->stays_open && port->listener != NULL)
		return outcome_ok();
	if (door == DOOR_OPEN && port->listener != NULL)
		return outcome_ok();
	close_door(port);
	if (door == DOOR_NEVER_ACCEPTS)
		failed = stop_accepting(port);
	else if (door == DOOR_OPEN || port->stays_open)
		failed = open_door(port);
	return failed == 0 ? outcome_ok() : outcome_fail("%s:%u: %s", port->host, port->number, uv_strerror(failed));
}

/* A connection that was reset is made anew by whoever wants one. */
static void
refresh_nothing(struct sim_wire *wire)
{
	(void)wire;
}

static const struct sim_wire_table tcp_table = { WIRE_TCP, set_door, drop_all, refresh_nothing };

struct outcome
sim_port_create(uv_loop_t *loop, const char *host, uint16_t number, bool stays_open, const struct sim_world *world,
    struct sim_port **ret_port)
{
	struct sim_port *port = calloc(1, sizeof(*port));
	int failed;

	if (port == NULL)
		return outcome_fail("out of memory");
	port->wire.table = &tcp_table;
	port->loop = loop;
	snprintf(port->host, sizeof(port->host), "%s", host);
	port->number = number;
	port->stays_open = stays_open;
	port->world = *world;
	port->deaf = port->fillers[0] = port->fillers[1] = -1;
	failed = open_door(port);
	if (failed != 0) {
		free(port);
		return outcome_fail("%s:%u cannot be listened on: %s", host, number, uv_strerror(failed));
	}
	*ret_port = port;
	return outcome_ok();
}

void
sim_port_destroy(struct sim_port *port)
{
	if (port == NULL)
		return;
	close_door(port);
	drop_all(&port->wire);
	port->ending = true;
	if (port->connection_count == 0)
		free(port);
}

struct sim_wire *
sim_port_wire(struct sim_port *port)
{
	return &port->wire;
}

const char *
sim_port_host(const struct sim_port *port)
{
	return port->host;
}

uint16_t
sim_port_number(const struct sim_port *port)
{
	return port->number;
}
