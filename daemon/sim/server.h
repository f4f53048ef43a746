/* A Modbus TCP server that can misbehave: one simulated monitor behind one
 * listening socket. Loop thread. */
#ifndef INFUSIOND_SIM_SERVER_H
#define INFUSIOND_SIM_SERVER_H

#include <uv.h>

#include "daemon/sim/monitor.h"

enum wire_fault {
	FAULT_NONE, FAULT_MUTE, FAULT_REFUSE, FAULT_EXCEPTION, FAULT_TRUNCATED, FAULT_GARBAGE, FAULT_WRONG_TRANSACTION,
	FAULT_WRONG_UNIT, FAULT_SLOW, FAULT_DRIBBLE, FAULT_RESET, FAULT_COUNT
};

struct sim_server {
	uv_loop_t *loop;
	uv_tcp_t listener;
	bool listening;
	char host[64];
	int port;          /* bound; stays the same when a refusal ends */
	uint8_t unit;
	enum wire_fault fault;
	int argument;      /* exception code; ms of slow and dribble */
	uint64_t fault_until_ms; /* uv_now; 0: until cleared */
	struct sim_monitor monitor;
	struct instant (*now)(void *ctx);
	void *ctx;
	struct connection *connections;
};

/* Listens on host:port (0: any). */
struct outcome sim_server_start(struct sim_server *server);

/* A command: one about the monitor, or a wire fault by name with its number ("mute", "exception 4", "slow 800",
 * "drop-for 20", "clear"). A failure is one sentence. */
struct outcome sim_server_command(struct sim_server *server, const char *command);

void sim_server_stop(struct sim_server *server);

#endif
