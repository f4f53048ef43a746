/* A Modbus TCP server that can misbehave. A port is one listening address with
 * one unit or several behind it, as behind a gateway. Loop thread. */
#ifndef INFUSIOND_SIM_SERVER_H
#define INFUSIOND_SIM_SERVER_H

#include <uv.h>

#include "daemon/sim/wire.h"

struct sim_port;

/* Listens on an address of this host, 0 being any port. With `stays_open` a port that refuses still accepts, and resets at once:
 * for virtual time, where nothing would come to say that refusing is over. */
struct outcome sim_port_create(uv_loop_t *loop, const char *host, uint16_t port, bool stays_open,
    const struct sim_world *world, struct sim_port **ret_port);

/* Closes everything; the memory goes when the loop has closed the handles. NULL is fine. */
void sim_port_destroy(struct sim_port *port);

/* For units to hang on. */
struct sim_wire *sim_port_wire(struct sim_port *port);

const char *sim_port_host(const struct sim_port *port);
uint16_t sim_port_number(const struct sim_port *port);

#endif
