#include "daemon/sim/wire.h"

#include <stddef.h>

struct sim_unit *
sim_wire_find(const struct sim_wire *wire, uint8_t number)
{
	for (struct sim_unit *unit = wire->units; unit != NULL; unit = unit->next)
		if (unit->number == number)
			return unit;
	return NULL;
}

bool
sim_wire_add(struct sim_wire *wire, struct sim_unit *unit)
{
	if (sim_wire_find(wire, unit->number) != NULL)
		return false;
	unit->wire = wire;
	unit->next = wire->units;
	wire->units = unit;
	return true;
}
