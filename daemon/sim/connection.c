#include "daemon/sim/connection.h"

#include <stdlib.h>
#include <string.h>

enum { HEADER = 6, LENGTH_LEAST = 2, LENGTH_MOST = 254, FRAME_CAP = HEADER + LENGTH_MOST, GATEWAY_TARGET = 0x0b };

/* An answer on its way: whole after a while, or byte by byte. */
struct answer {
	uv_timer_t timer;
	struct connection *connection;
	uint8_t bytes[FRAME_CAP];
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
send_later(struct connection *connection, const struct sim_faults *faults, const uint8_t *bytes, size_t length)
{
	struct answer *answer = malloc(sizeof(*answer));
	uint64_t gap_ms = (uint64_t)(faults->dribble_ms > 0 ? faults->dribble_ms : faults->slow_ms);

	if (answer == NULL)
		return;
	answer->connection = connection;
	answer->length = length;
	answer->sent = 0;
	answer->dribbles = faults->dribble_ms > 0;
	memcpy(answer->bytes, bytes, length);
	connection->answers_under_way++;
	uv_timer_init(connection->socket.loop, &answer->timer);
	answer->timer.data = answer;
	uv_timer_start(&answer->timer, send_more, (uint64_t)(faults->slow_ms > 0 ? faults->slow_ms : faults->dribble_ms), gap_ms);
}

static void
put_length(uint8_t *frame, size_t length)
{
	frame[4] = (uint8_t)(length >> 8);
	frame[5] = (uint8_t)length;
}

/* Makes a right answer as wrong as wanted; returns its length. */
static size_t
spoil(const struct sim_faults *faults, uint8_t frame[FRAME_CAP], size_t length)
{
	static const uint8_t garbage[] = "\xff\x00garbage, no Modbus\n";

	if (faults->exception != 0) {
		frame[HEADER + 1] |= 0x80;
		frame[HEADER + 2] = faults->exception;
		length = HEADER + 3;
		put_length(frame, 3);
	}
	if (faults->wrong_transaction)
		frame[1]++;
	if (faults->wrong_unit)
		frame[HEADER]++;
	if (faults->garbage) {
		length = sizeof(garbage) - 1;
		memcpy(frame, garbage, length);
	}
	return faults->truncated ? length / 2 : length;
}

static void
give_answer(struct connection *connection, const struct sim_faults *faults, uint8_t frame[FRAME_CAP], size_t length)
{
	length = spoil(faults, frame, length);
	if (faults->slow_ms > 0 || faults->dribble_ms > 0)
		send_later(connection, faults, frame, length);
	else
		send_bytes(connection, frame, length);
}

/* The values will arrive as they are. */
static bool
is_right(const struct sim_faults *faults)
{
	return !faults->truncated && !faults->garbage && !faults->wrong_transaction && !faults->wrong_unit &&
	       faults->exception == 0;
}

static const struct sim_unit *
find_unit(const struct sim_port *port, uint8_t number)
{
	for (const struct sim_unit *unit = port->units; unit != NULL; unit = unit->next)
		if (unit->number == number)
			return unit;
	return NULL;
}

/* What a gateway says for a unit that it does not have. */
static size_t
refuse_unit(const uint8_t *pdu, uint8_t *reply)
{
	reply[0] = pdu[0] | 0x80;
	reply[1] = GATEWAY_TARGET;
	return 2;
}

static void
answer_frame(struct connection *connection, const uint8_t *frame, size_t length)
{
	static const struct sim_faults none = { .mute = false };
	const struct sim_unit *unit;
	const struct sim_faults *faults;
	uint8_t reply[HEADER + 1 + IMAGE_REPLY_CAP];
	const uint8_t *pdu = frame + HEADER + 1;
	size_t pdu_length = length - HEADER - 1;

	connection->port->world.advance(connection->port->world.ctx);
	unit = find_unit(connection->port, frame[HEADER]);
	faults = unit != NULL ? &unit->faults : &none;
	if (connection->closing || (unit != NULL && (faults->mute || !sim_monitor_is_on(unit->monitor))))
		return;
	if (faults->reset) {
		connection_reset(connection);
		return;
	}
	memcpy(reply, frame, HEADER + 1);
	length = unit != NULL ? sim_monitor_serve(unit->monitor, pdu, pdu_length, reply + HEADER + 1)
			      : refuse_unit(pdu, reply + HEADER + 1);
	put_length(reply, length + 1);
	if (unit != NULL && is_right(faults))
		sim_monitor_note_served(unit->monitor, pdu, pdu_length);
	give_answer(connection, faults, reply, HEADER + 1 + length);
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
