#include "daemon/sim/connection.h"

#include <stdlib.h>
#include <string.h>

#include "daemon/sim/reply.h"

enum { HEADER = 6, LENGTH_LEAST = 2, LENGTH_MOST = 254, GATEWAY_TARGET = 0x0b };

/* An answer on its way: whole after a while, or byte by byte. */
struct answer {
	uv_timer_t timer;
	struct connection *connection;
	uint8_t bytes[REPLY_CAP];
	size_t length, sent;
	bool dribbles;
};

/* The connection goes when its socket is closed and no answer is under way; with the last one an ending port. */
static void
release(struct connection *connection)
{
	struct sim_port *port = connection->port;

	if (!connection->closed || connection->answers_under_way > 0)
		return;
	free(connection);
	if (--port->connection_count == 0 && port->ending)
		free(port);
}

static void
socket_closed(uv_handle_t *handle)
{
	struct connection *connection = handle->data;

	connection->closed = true;
	release(connection);
}

static void
leave(struct connection *connection)
{
	struct connection **at = &connection->port->connections;

	while (*at != NULL && *at != connection)
		at = &(*at)->next;
	if (*at != NULL)
		*at = connection->next;
	connection->closing = true;
}

static void
hang_up(struct connection *connection)
{
	if (connection->closing)
		return;
	leave(connection);
	uv_close((uv_handle_t *)&connection->socket, socket_closed);
}

void
connection_reset(struct connection *connection)
{
	if (connection->closing)
		return;
	leave(connection);
	if (uv_tcp_close_reset(&connection->socket, socket_closed) != 0)
		uv_close((uv_handle_t *)&connection->socket, socket_closed);
}

/* An answer fits any socket buffer; who does not read loses the connection. */
static void
send_bytes(struct connection *connection, const uint8_t *bytes, size_t length)
{
	uv_buf_t buffer = uv_buf_init((char *)(uintptr_t)bytes, (unsigned)length);

	if (uv_try_write((uv_stream_t *)&connection->socket, &buffer, 1) != (int)length)
		hang_up(connection);
}

static void
answer_closed(uv_handle_t *handle)
{
	struct answer *answer = handle->data;
	struct connection *connection = answer->connection;

	free(answer);
	connection->answers_under_way--;
	release(connection);
}

static void
send_more(uv_timer_t *timer)
{
	struct answer *answer = timer->data;
	size_t length = answer->dribbles ? 1 : answer->length;

	if (!answer->connection->closing) {
		send_bytes(answer->connection, answer->bytes + answer->sent, length);
		answer->sent += length;
	}
	if (answer->connection->closing || answer->sent == answer->length)
		uv_close((uv_handle_t *)timer, answer_closed);
}

static void
send_later(struct connection *connection, const struct sim_reply *reply)
{
	struct answer *answer = malloc(sizeof(*answer));

	if (answer == NULL)
		return;
	answer->connection = connection;
	answer->length = reply->length;
	answer->sent = 0;
	answer->dribbles = reply->gap_ms > 0;
	memcpy(answer->bytes, reply->bytes, reply->length);
	connection->answers_under_way++;
	uv_timer_init(connection->socket.loop, &answer->timer);
	answer->timer.data = answer;
	uv_timer_start(&answer->timer, send_more, (uint64_t)reply->delay_ms,
	    (uint64_t)(answer->dribbles ? reply->gap_ms : reply->delay_ms));
}

/* An answer's frame begins with the transaction and the protocol of its request. */
static size_t
put_frame(const void *request, uint8_t unit, const uint8_t *pdu, size_t length, bool other_transaction,
    uint8_t frame[static REPLY_CAP])
{
	memcpy(frame, request, 4);
	frame[1] += other_transaction;
	frame[4] = (uint8_t)((length + 1) >> 8);
	frame[5] = (uint8_t)(length + 1);
	frame[HEADER] = unit;
	memcpy(frame + HEADER + 1, pdu, length);
	return HEADER + 1 + length;
}

/* What a gateway says for a unit that it does not have. */
static void
refuse_unit(struct connection *connection, const uint8_t *frame)
{
	const uint8_t pdu[] = { frame[HEADER + 1] | 0x80, GATEWAY_TARGET };
	uint8_t refusal[REPLY_CAP];

	send_bytes(connection, refusal, put_frame(frame, frame[HEADER], pdu, sizeof(pdu), false, refusal));
}

/* Of two that answer for one number, the gateway hears the one that has it. */
static const struct sim_unit *
find_unit(const struct sim_port *port, uint8_t number)
{
	const struct sim_unit *unit = sim_wire_find(&port->wire, number);

	for (struct sim_unit *other = port->wire.units; unit == NULL && other != NULL; other = other->next)
		if (other->faults.answers_for == number && number != 0)
			unit = other;
	return unit;
}

static void
answer_frame(struct connection *connection, const uint8_t *frame, size_t length)
{
	const struct sim_request request = { frame[HEADER], frame + HEADER + 1, length - HEADER - 1 };
	const struct sim_framing framing = { put_frame, frame };
	const struct sim_unit *unit;
	struct sim_reply reply;

	connection->port->world.advance(connection->port->world.ctx);
	if (connection->closing)
		return;
	unit = find_unit(connection->port, request.unit);
	if (unit == NULL) {
		refuse_unit(connection, frame);
		return;
	}
	sim_reply_make(unit, &request, &framing, &reply);
	sim_reply_note(unit, &request, &reply);
	if (reply.kind == REPLY_RESET)
		connection_reset(connection);
	else if (reply.kind == REPLY_FRAME && reply.delay_ms > 0)
		send_later(connection, &reply);
	else if (reply.kind == REPLY_FRAME)
		send_bytes(connection, reply.bytes, reply.length);
}

/* Answers every whole frame; false when what came is no Modbus. */
static bool
work_off_input(struct connection *connection)
{
	size_t used = 0;

	while (!connection->closing && connection->input_length - used >= HEADER) {
		const uint8_t *frame = connection->input + used;
		size_t length = (size_t)(frame[4] << 8 | frame[5]);

		if (frame[2] != 0 || frame[3] != 0 || length < LENGTH_LEAST || length > LENGTH_MOST)
			return false;
		if (connection->input_length - used < HEADER + length)
			break;
		answer_frame(connection, frame, HEADER + length);
		used += HEADER + length;
	}
	memmove(connection->input, connection->input + used, connection->input_length - used);
	connection->input_length -= used;
	return true;
}

static void
give_buffer(uv_handle_t *handle, size_t wanted, uv_buf_t *buffer)
{
	struct connection *connection = handle->data;

	(void)wanted;
	*buffer = uv_buf_init((char *)connection->input + connection->input_length,
	    (unsigned)(sizeof(connection->input) - connection->input_length));
}

static void
take_input(uv_stream_t *stream, ssize_t length, const uv_buf_t *buffer)
{
	struct connection *connection = stream->data;

	(void)buffer;
	if (length < 0) {
		hang_up(connection);
		return;
	}
	connection->input_length += (size_t)length;
	if (!work_off_input(connection))
		hang_up(connection);
}

void
connection_accept(struct sim_port *port, uv_stream_t *listener)
{
	struct connection *connection = calloc(1, sizeof(*connection));

	if (connection == NULL)
		return;
	connection->port = port;
	port->connection_count++;
	uv_tcp_init(port->loop, &connection->socket);
	connection->socket.data = connection;
	connection->next = port->connections;
	port->connections = connection;
	if (uv_accept(listener, (uv_stream_t *)&connection->socket) != 0) {
		hang_up(connection);
		return;
	}
	if (port->door == DOOR_REFUSES) {
		connection_reset(connection);
		return;
	}
	uv_tcp_nodelay(&connection->socket, 1);
	uv_read_start((uv_stream_t *)&connection->socket, give_buffer, take_input);
}
