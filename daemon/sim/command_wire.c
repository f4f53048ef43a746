/* Commands that are done to a unit's answers and to the wire that it hangs on. */
#include <stddef.h>

#include "daemon/sim/command_table.h"

static struct outcome
run_flag(const struct command *command, struct sim_unit *unit, const struct arguments *arguments)
{
	(void)arguments;
	*(bool *)((char *)&unit->faults + command->fault) = true;
	return outcome_ok();
}

static void
clear_flag(const struct command *command, struct sim_unit *unit)
{
	*(bool *)((char *)&unit->faults + command->fault) = false;
}

static struct outcome
run_number(const struct command *command, struct sim_unit *unit, const struct arguments *arguments)
{
	long number;
	struct outcome taken = command_argument(arguments, 0, command->low, command->high, command->usual, &number);

	if (taken.ok)
		*(int *)((char *)&unit->faults + command->fault) = (int)number;
	return taken;
}

static void
clear_number(const struct command *command, struct sim_unit *unit)
{
	*(int *)((char *)&unit->faults + command->fault) = 0;
}

static struct outcome
run_refuse(const struct command *command, struct sim_unit *unit, const struct arguments *arguments)
{
	(void)command;
	(void)arguments;
	return unit->wire->table->set_door(unit->wire, DOOR_REFUSES);
}

static struct outcome
run_never_accept(const struct command *command, struct sim_unit *unit, const struct arguments *arguments)
{
	(void)command;
	(void)arguments;
	return unit->wire->table->set_door(unit->wire, DOOR_NEVER_ACCEPTS);
}

static void
clear_door(const struct command *command, struct sim_unit *unit)
{
	(void)command;
	/* That it cannot be opened again shows by nobody coming in. */
	(void)unit->wire->table->set_door(unit->wire, DOOR_OPEN);
}

static void
clear_reset(const struct command *command, struct sim_unit *unit)
{
	clear_flag(command, unit);
	unit->wire->table->refresh(unit->wire);
}

#define FAULT(name, usage, least, most, run, clear, wires, member, low, high, usual, what)                                \
	{ name, usage, what, least, most, run, clear, "clear " name, wires, offsetof(struct sim_faults, member), low, high, usual }
#define FLAG(name, wires, member, what) FAULT(name, "", 0, 0, run_flag, clear_flag, wires, member, 0, 0, 0, what)
#define NUMBER(name, usage, least, member, low, high, usual, what)                                                       \
	FAULT(name, usage, least, 1, run_number, clear_number, WIRE_ANY, member, low, high, usual, what)
#define DOOR(name, run, wires, what) { name, "", what, 0, 0, run, clear_door, "clear " name, wires, 0, 0, 0, 0 }

const struct command wire_commands[] = {
	FLAG("mute", WIRE_ANY, mute, "takes requests and answers nothing"),
	DOOR("refuse", run_refuse, WIRE_ANY, "drops connections and refuses new ones, for all of its port; an adapter is pulled"),
	DOOR("never-accept", run_never_accept, WIRE_TCP, "leaves who connects waiting, for all of its port"),
	NUMBER("exception", "[CODE]", 0, exception, 1, 255, 4, "answers with a Modbus exception (4, device failure)"),
	FLAG("truncated", WIRE_ANY, truncated, "sends the first half of each answer"),
	FLAG("garbage", WIRE_ANY, garbage, "answers with what is no Modbus"),
	FLAG("wrong-transaction", WIRE_TCP, wrong_transaction, "answers another transaction than asked"),
	FLAG("wrong-unit", WIRE_ANY, wrong_unit, "answers for another unit than asked"),
	NUMBER("answers-for", "UNIT", 1, answers_for, 1, 247, 0, "answers what that unit is asked, too: a number given twice"),
	NUMBER("slow", "[MS]", 0, slow_ms, 1, 60000, 800, "answers after some real milliseconds (800)"),
	NUMBER("dribble", "[MS]", 0, dribble_ms, 1, 60000, 50, "answers a byte every so many real milliseconds (50)"),
	FAULT("reset", "", 0, 0, run_flag, clear_reset, WIRE_ANY, reset, 0, 0, 0,
	    "resets the connection at each request; an adapter is pulled in the middle of an answer"),
	{ NULL },
};
