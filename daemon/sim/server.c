#include "daemon/sim/server.h"

#include <stdlib.h>
#include <string.h>

enum { HEADER = 7, INPUT = 512, REPLY = 300 };

struct connection {
	uv_tcp_t socket;
	struct sim_server *server;
	struct connection *next;
	uint8_t input[INPUT];
	size_t input_length;
};

/* A reply on its way: whole, later, or byte by byte. */
struct sending {
	uv_timer_t timer;
	uv_write_t write;
	struct connection *connection;
	uint8_t bytes[REPLY];
	size_t length, sent;
	bool dribbles;
};

static const struct {
	const char *name;
	enum wire_fault fault;
} fault_names[] = {
	{ "mute", FAULT_MUTE }, { "refuse", FAULT_REFUSE }, { "exception", FAULT_EXCEPTION }, { "truncated", FAULT_TRUNCATED },
	{ "garbage", FAULT_GARBAGE }, { "wrong-transaction", FAULT_WRONG_TRANSACTION }, { "wrong-unit", FAULT_WRONG_UNIT },
	{ "slow", FAULT_SLOW }, { "dribble", FAULT_DRIBBLE }, { "reset", FAULT_RESET },
};

static struct outcome listen_again(struct sim_server *server);

static void
connection_closed(uv_handle_t *handle)
{
	free(handle->data);
}

static void
drop(struct connection *connection)
{
	struct connection **at = &connection->server->connections;

	if (uv_is_closing((uv_handle_t *)&connection->socket))
		return;
	while (*at != connection)
		at = &(*at)->next;
	*at = connection->next;
	uv_close((uv_handle_t *)&connection->socket, connection_closed);
}

static bool
is_open(struct sim_server *server, const struct connection *connection)
{
	for (const struct connection *c = server->connections; c != NULL; c = c->next)
		if (c == connection)
			return true;
	return false;
}

static void
sending_closed(uv_handle_t *handle)
{
	free(handle->data);
}

static void
write_now(struct connection *connection, const uint8_t *bytes, size_t length)
{
	uv_buf_t buffer = uv_buf_init((char *)bytes, (unsigned)length);

	/* A reply fits the socket's buffer; what does not is the client's own fault in a simulator. */
	uv_try_write((uv_stream_t *)&connection->socket, &buffer, 1);
}

static void
send_later(uv_timer_t *timer)
{
	struct sending *sending = timer->data;
	struct sim_server *server = timer->loop->data;
	size_t length = sending->dribbles ? 1 : sending->length - sending->sent;

	if (is_open(server, sending->connection))
		write_now(sending->connection, sending->bytes + sending->sent, length);
	else
		sending->sent = sending->length;
	sending->sent += length;
	if (sending->sent >= sending->length)
		uv_close((uv_handle_t *)timer, sending_closed);
}

static void
send_slowly(struct connection *connection, const uint8_t *bytes, size_t length, bool dribbles, int ms)
{
	struct sending *sending = calloc(1, sizeof(*sending));

	if (sending == NULL)
		return;
	sending->connection = connection;
	sending->dribbles = dribbles;
	sending->length = length;
	memcpy(sending->bytes, bytes, length);
	uv_timer_init(connection->server->loop, &sending->timer);
	sending->timer.data = sending;
	uv_timer_start(&sending->timer, send_later, (uint64_t)ms, dribbles ? (uint64_t)ms : 0);
}

static enum wire_fault
present_fault(struct sim_server *server)
{
	if (server->fault_until_ms != 0 && uv_now(server->loop) >= server->fault_until_ms) {
		server->fault = FAULT_NONE;
		server->fault_until_ms = 0;
		listen_again(server);
	}
	return server->fault;
}

/* Header and PDU of the right answer, which a fault then spoils. */
static size_t
make_reply(struct sim_server *server, const uint8_t *request, size_t length, uint8_t reply[REPLY])
{
	size_t pdu;

	sim_monitor_update(&server->monitor, server->now(server->ctx));
	pdu = sim_monitor_serve(&server->monitor, request + HEADER, length - HEADER, reply + HEADER);
	if (server->fault == FAULT_EXCEPTION) {
		reply[HEADER] = request[HEADER] | 0x80;
		reply[HEADER + 1] = (uint8_t)server->argument;
		pdu = 2;
	}
	memcpy(reply, request, 2);
	reply[2] = reply[3] = 0;
	reply[4] = (uint8_t)((pdu + 1) >> 8);
	reply[5] = (uint8_t)(pdu + 1);
	reply[6] = request[6];
	return HEADER + pdu;
}

static void
answer(struct connection *connection, const uint8_t *request, size_t length)
{
	struct sim_server *server = connection->server;
	enum wire_fault fault = present_fault(server);
	uint8_t reply[REPLY];
	size_t size;

	if (fault == FAULT_MUTE || request[6] != server->unit)
		return;
	size = make_reply(server, request, length, reply);
	if (fault == FAULT_WRONG_TRANSACTION)
		reply[1] ^= 0x55;
	if (fault == FAULT_WRONG_UNIT)
		reply[6]++;
	if (fault == FAULT_TRUNCATED)
		size -= 3;
	if (fault == FAULT_GARBAGE)
		for (size_t i = 0; i < size; i++)
			reply[i] = (uint8_t)(i * 37 + 11);
	if (fault == FAULT_SLOW || fault == FAULT_DRIBBLE)
		send_slowly(connection, reply, size, fault == FAULT_DRIBBLE, server->argument);
	else
		write_now(connection, reply, size);
}

/* Works whole frames off the input; a length that cannot be drops the connection. */
static void
take_frames(struct connection *connection)
{
	while (connection->input_length >= 6) {
		size_t length = 6 + (size_t)(connection->input[4] << 8 | connection->input[5]);
		uint8_t frame[INPUT];

		if (length < HEADER + 1 || length > INPUT) {
			drop(connection);
			return;
		}
		if (connection->input_length < length)
			return;
		memcpy(frame, connection->input, length);
		connection->input_length -= length;
		memmove(connection->input, connection->input + length, connection->input_length);
		if (connection->server->fault == FAULT_RESET) {
			struct connection **at = &connection->server->connections;

			while (*at != connection)
				at = &(*at)->next;
			*at = connection->next;
			uv_tcp_close_reset(&connection->socket, connection_closed);
			return;
		}
		answer(connection, frame, length);
	}
}

static void
give_buffer(uv_handle_t *handle, size_t wanted, uv_buf_t *buffer)
{
	struct connection *connection = handle->data;

	(void)wanted;
	*buffer = uv_buf_init((char *)connection->input + connection->input_length,
	    (unsigned)(INPUT - connection->input_length));
}

static void
take_input(uv_stream_t *stream, ssize_t length, const uv_buf_t *buffer)
{
	struct connection *connection = stream->data;

	(void)buffer;
	if (length < 0) {
		drop(connection);
		return;
	}
	connection->input_length += (size_t)length;
	take_frames(connection);
}

static void
accept_one(uv_stream_t *listener, int status)
{
	struct sim_server *server = listener->data;
	struct connection *connection = calloc(1, sizeof(*connection));

	if (status != 0 || connection == NULL) {
		free(connection);
		return;
	}
	connection->server = server;
	uv_tcp_init(server->loop, &connection->socket);
	connection->socket.data = connection;
	connection->next = server->connections;
	server->connections = connection;
	if (uv_accept(listener, (uv_stream_t *)&connection->socket) != 0) {
		drop(connection);
		return;
	}
	uv_tcp_nodelay(&connection->socket, 1);
	uv_read_start((uv_stream_t *)&connection->socket, give_buffer, take_input);
}

static void
note_port(struct sim_server *server)
{
	struct sockaddr_in bound;
	int length = sizeof(bound);

	uv_tcp_getsockname(&server->listener, (struct sockaddr *)&bound, &length);
	server->port = ntohs(bound.sin_port);
}

struct outcome
sim_server_start(struct sim_server *server)
{
	struct sockaddr_in address;
	int failed = uv_ip4_addr(server->host, server->port, &address);

	uv_tcp_init(server->loop, &server->listener);
	server->listener.data = server;
	if (failed == 0)
		failed = uv_tcp_bind(&server->listener, (const struct sockaddr *)&address, 0);
	if (failed == 0)
		failed = uv_listen((uv_stream_t *)&server->listener, 16, accept_one);
	if (failed != 0)
		return outcome_fail("%s:%d: %s", server->host, server->port, uv_strerror(failed));
	server->listening = true;
	note_port(server);
	return outcome_ok();
}

static struct outcome
listen_again(struct sim_server *server)
{
	if (server->listening || uv_is_closing((uv_handle_t *)&server->listener))
		return outcome_ok();
	return sim_server_start(server);
}

static void
listener_closed(uv_handle_t *handle)
{
	struct sim_server *server = handle->data;

	/* The handle may be used anew: a refusal ends by listening again. */
	handle->type = UV_UNKNOWN_HANDLE;
	server->listening = false;
}

static void
refuse(struct sim_server *server)
{
	if (server->listening) {
		server->listening = false;
		uv_close((uv_handle_t *)&server->listener, listener_closed);
	}
	while (server->connections != NULL)
		drop(server->connections);
}

static bool
find_fault(const char *command, enum wire_fault *ret_fault, int *ret_argument)
{
	char name[32];
	int argument = 0;

	if (sscanf(command, "%31s %d", name, &argument) < 1)
		return false;
	for (size_t i = 0; i < sizeof(fault_names) / sizeof(fault_names[0]); i++)
		if (strcmp(fault_names[i].name, name) == 0) {
			*ret_fault = fault_names[i].fault;
			*ret_argument = argument;
			return true;
		}
	return false;
}

static struct outcome
set_fault(struct sim_server *server, enum wire_fault fault, int argument, uint64_t for_ms)
{
	server->fault = fault;
	server->argument = argument != 0 ? argument : fault == FAULT_EXCEPTION ? 4 : 50;
	server->fault_until_ms = for_ms != 0 ? uv_now(server->loop) + for_ms : 0;
	if (fault == FAULT_REFUSE)
		refuse(server);
	return outcome_ok();
}

struct outcome
sim_server_command(struct sim_server *server, const char *command)
{
	enum wire_fault fault;
	int argument, seconds;

	sim_monitor_update(&server->monitor, server->now(server->ctx));
	if (find_fault(command, &fault, &argument))
		return set_fault(server, fault, argument, 0);
	if (sscanf(command, "drop-for %d", &seconds) == 1 && seconds > 0)
		return set_fault(server, FAULT_MUTE, 0, (uint64_t)seconds * 1000);
	if (!sim_monitor_command(&server->monitor, command, server->now(server->ctx)))
		return outcome_fail("'%.60s' is no command of this simulator", command);
	if (strcmp(command, "clear") == 0) {
		set_fault(server, FAULT_NONE, 0, 0);
		return listen_again(server);
	}
	return outcome_ok();
}

void
sim_server_stop(struct sim_server *server)
{
	refuse(server);
	sim_monitor_finish(&server->monitor);
}
