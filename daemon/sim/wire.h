/* What simulated monitors hang on, whatever carries their bytes: a TCP port
 * (server.h) or a serial line (serial.h), each beginning with a struct sim_wire.
 * A unit is a monitor on a wire with what is wrong with its answers; what is
 * wrong with all of a wire is the wire's. Loop thread. */
#ifndef INFUSIOND_SIM_WIRE_H
#define INFUSIOND_SIM_WIRE_H

#include "daemon/base/outcome.h"
#include "daemon/base/reading.h"
#include "daemon/sim/line_noise.h"
#include "daemon/sim/monitor.h"

/* What is wrong with the answers of a unit; all of it together, if wanted. Delays are the host's own milliseconds. */
struct sim_faults {
	bool mute, truncated, garbage, wrong_transaction, wrong_unit, reset;
	int exception; /* 0: none */
	int slow_ms, dribble_ms;
	int answers_for; /* the number of a unit that it answers for beside its own; 0: none */
};

struct sim_unit {
	char name[NAME_CAP];
	uint8_t number;
	struct sim_monitor *monitor;
	struct sim_faults faults;
	struct sim_wire *wire;
	struct sim_unit *next; /* on the same wire */
};

/* Called before anything is answered or accepted, so that the world is up to date. */
struct sim_world {
	void (*advance)(void *ctx);
	void *ctx;
};

/* A port of TCP refuses by a reset; a serial one by being gone: the adapter is not plugged in. */
enum sim_door { DOOR_OPEN, DOOR_REFUSES, DOOR_NEVER_ACCEPTS /* leaves who knocks waiting; TCP only */ };

enum { WIRE_TCP = 1, WIRE_SERIAL = 2, WIRE_ANY = WIRE_TCP | WIRE_SERIAL };

struct sim_wire_table {
	int kind;
	struct outcome (*set_door)(struct sim_wire *wire, enum sim_door door);
	/* What was under way ends: a unit has lost its power. */
	void (*drop)(struct sim_wire *wire);
	/* A fault of the wire, or one that had torn it, was changed. */
	void (*refresh)(struct sim_wire *wire);
};

struct sim_wire {
	const struct sim_wire_table *table;
	struct sim_unit *units;
	struct line_faults *line; /* of a serial one; NULL: a port of TCP */
};

/* The unit outlives the wire; false when its number is taken there. */
bool sim_wire_add(struct sim_wire *wire, struct sim_unit *unit);

/* NULL: none of that number. */
struct sim_unit *sim_wire_find(const struct sim_wire *wire, uint8_t number);

#endif
