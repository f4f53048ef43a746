#include "daemon/sim/doors.h"

#include <string.h>

#include "daemon/sim/serial.h"
#include "daemon/sim/server.h"

/* A wire begins what carries it. */
static struct sim_port *
port_of(const struct sim_wire *wire)
{
	return wire->table->kind == WIRE_TCP ? (struct sim_port *)(uintptr_t)wire : NULL;
}

static struct sim_line *
line_of(const struct sim_wire *wire)
{
	return wire->table->kind == WIRE_SERIAL ? (struct sim_line *)(uintptr_t)wire : NULL;
}

static bool
is_at(const struct sim_wire *wire, const struct monitor_options *options)
{
	const struct sim_port *port = port_of(wire);
	const struct sim_line *line = line_of(wire);

	if (options->serial != NULL)
		return line != NULL && strcmp(sim_line_options(line)->path, options->serial) == 0;
	return port != NULL && options->port != 0 && sim_port_number(port) == options->port &&
	       strcmp(sim_port_host(port), options->host) == 0;
}

static struct sim_wire *
find_wire(const struct doors *doors, const struct monitor_options *options, struct sim_wire *before)
{
	if (options->beside)
		return before;
	for (size_t i = 0; i < doors->count; i++)
		if (is_at(doors->wires[i], options))
			return doors->wires[i];
	return NULL;
}

static struct serial_options
line_options(const struct doors *doors, const struct monitor_options *options)
{
	return (struct serial_options){
		.path = options->serial,
		.baud = options->baud,
		.bits = 9 + options->has_parity + options->stop_bits,
		.turnaround_ms = options->turnaround_ms,
		.strict = options->strict,
		.unpaced = options->unpaced || doors->virtual_time,
		.seed = options->seed,
	};
}

static struct outcome
open_line(struct doors *doors, const struct monitor_options *options, struct sim_wire **ret_wire)
{
	const struct serial_options wanted = line_options(doors, options);
	struct sim_line *line;
	struct outcome opened = sim_line_create(doors->loop, &wanted, &doors->world, &line);

	if (opened.ok)
		*ret_wire = sim_line_wire(line);
	return opened;
}

static struct outcome
open_port(struct doors *doors, const struct monitor_options *options, struct sim_wire **ret_wire)
{
	struct sim_port *port;
	struct outcome opened = sim_port_create(doors->loop, options->host, options->port, doors->virtual_time, &doors->world, &port);

	if (opened.ok)
		*ret_wire = sim_port_wire(port);
	return opened;
}

struct outcome
doors_open(struct doors *doors, const struct monitor_options *options, struct sim_wire *before, struct sim_wire **ret_wire)
{
	struct sim_wire *wire = find_wire(doors, options, before);
	struct outcome opened = outcome_ok();

	if (wire == NULL) {
		opened = options->serial != NULL ? open_line(doors, options, &wire) : open_port(doors, options, &wire);
		if (opened.ok)
			doors->wires[doors->count++] = wire;
	}
	if (opened.ok)
		*ret_wire = wire;
	return opened;
}

void
doors_close(struct doors *doors, FILE *out)
{
	for (size_t i = 0; i < doors->count; i++) {
		struct sim_line *line = line_of(doors->wires[i]);

		if (line != NULL && out != NULL)
			sim_line_print_counts(line, out);
		sim_line_destroy(line);
		sim_port_destroy(port_of(doors->wires[i]));
	}
	doors->count = 0;
}

void
door_to_text(const struct sim_wire *wire, char text[static DOOR_TEXT_CAP])
{
	const struct sim_line *line = line_of(wire);

	if (line != NULL)
		snprintf(text, DOOR_TEXT_CAP, "%s", sim_line_options(line)->path);
	else
		snprintf(text, DOOR_TEXT_CAP, "%s:%u", sim_port_host(port_of(wire)), sim_port_number(port_of(wire)));
}
