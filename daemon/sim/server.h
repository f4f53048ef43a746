/* A Modbus TCP server that can misbehave. A port is one listening address with
 * one unit or several behind it, as behind a gateway; a unit is a simulated
 * monitor with what is wrong with its answers. Loop thread. */
#ifndef INFUSIOND_SIM_SERVER_H
#define INFUSIOND_SIM_SERVER_H

#include <uv.h>

#include "daemon/base/reading.h"
#include "daemon/sim/monitor.h"

/* What is wrong with the answers of a unit; all of it together, if wanted. Delays are the host's own milliseconds. */
struct sim_faults {
	bool mute, truncated, garbage, wrong_transaction, wrong_unit, reset;
	uint8_t exception; /* 0: none */
	int slow_ms, dribble_ms;
};

struct sim_unit {
	char name[NAME_CAP];
	uint8_t number;
	struct sim_monitor *monitor;
	struct sim_faults faults;
	struct sim_port *port;
	struct sim_unit *next; /* on the same port */
};

/* Called before anything is answered or accepted, so that the world is up to date. */
struct sim_world {
	void (*advance)(void *ctx);
	void *ctx;
};

/* Listens on an address of this host, 0 being any port. With `stays_open` a port that refuses still accepts, and resets at once:
 * for virtual time, where nothing would come to say that refusing is over. */
struct outcome sim_port_create(uv_loop_t *loop, const char *host, uint16_t port, bool stays_open,
    const struct sim_world *world, struct sim_port **ret_port);

/* Closes everything; the memory goes when the loop has closed the handles. NULL is fine. */
void sim_port_destroy(struct sim_port *port);

/* The unit outlives the port's sockets; false when its number is taken there. */
bool sim_port_add(struct sim_port *port, struct sim_unit *unit);

const char *sim_port_host(const struct sim_port *port);
uint16_t sim_port_number(const struct sim_port *port);

/* Drops all connections by reset. */
void sim_port_reset(struct sim_port *port);

enum sim_door { DOOR_OPEN, DOOR_REFUSES, DOOR_NEVER_ACCEPTS /* leaves who knocks waiting */ };
struct outcome sim_port_set_door(struct sim_port *port, enum sim_door door);

#endif
