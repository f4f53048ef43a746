/* One client's connection: frames in, answers out, right or as wrong as wanted.
 * Private to the simulator's server. Loop thread. */
#ifndef INFUSIOND_SIM_CONNECTION_H
#define INFUSIOND_SIM_CONNECTION_H

#include "daemon/sim/server.h"

struct sim_port {
	struct sim_wire wire; /* first: what units know */
	uv_loop_t *loop;
	char host[64];
	uint16_t number;
	bool stays_open, ending;
	enum sim_door door;
	uv_tcp_t *listener; /* NULL: closed */
	int deaf, fillers[2]; /* DOOR_NEVER_ACCEPTS; -1: none */
	struct sim_world world;
	struct connection *connections; /* those not closing */
	size_t connection_count;        /* those whose memory still lives; the last one frees an ending port */
};

struct connection {
	uv_tcp_t socket;
	struct sim_port *port;
	struct connection *next;
	bool closing;
	int answers_under_way; /* delayed ones keep the memory */
	bool closed;
	uint8_t input[1024];
	size_t input_length;
};

/* Takes one that knocks; resets it at once behind a door that refuses. */
void connection_accept(struct sim_port *port, uv_stream_t *listener);

/* Ends it by a reset. */
void connection_reset(struct connection *connection);

#endif
