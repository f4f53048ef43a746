/* The wires of one simulator: opens what a monitor's options ask for, once for
 * all monitors that ask for the same. Loop thread. */
#ifndef INFUSIOND_SIM_DOORS_H
#define INFUSIOND_SIM_DOORS_H

#include <stdio.h>

#include <uv.h>

#include "daemon/sim/options.h"

struct doors {
	uv_loop_t *loop;
	bool virtual_time; /* ports stay open, lines are unpaced */
	struct sim_world world;
	struct sim_wire *wires[WORLD_UNITS];
	size_t count;
};

/* The wire for a monitor: a new one, that of another with the same address, or `before` when it is to be beside that. A wire is as
 * the first monitor on it describes it. */
struct outcome doors_open(struct doors *doors, const struct monitor_options *options, struct sim_wire *before,
    struct sim_wire **ret_wire);

/* Closes all; the memory goes when the loop has closed the handles. What was counted on serial lines is printed, unless `out` is
 * NULL. */
void doors_close(struct doors *doors, FILE *out);

enum { DOOR_TEXT_CAP = 256 };

/* ADDRESS:PORT, or the path of a serial line. */
void door_to_text(const struct sim_wire *wire, char text[static DOOR_TEXT_CAP]);

#endif
