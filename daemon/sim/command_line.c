/* Commands that are done to a serial line, for all units on it. */
#include <stdlib.h>
#include <string.h>

#include "daemon/sim/command_table.h"

static struct outcome
changed(struct sim_unit *unit)
{
	unit->wire->table->refresh(unit->wire);
	return outcome_ok();
}

/* Which of some names the nth argument is; the first, when it was left out. */
static struct outcome
take_name(const struct arguments *arguments, int index, const char *(*name_of)(int), int count, int *ret_which)
{
	char all[64] = "";
	int which = 0;

	while (index < arguments->count && which < count && strcmp(arguments->words[index], name_of(which)) != 0) {
		snprintf(all + strlen(all), sizeof(all) - strlen(all), "%s%s", which > 0 ? ", " : "", name_of(which));
		which++;
	}
	if (which == count)
		return outcome_fail("'%.40s' is none of %s", arguments->words[index], all);
	*ret_which = which;
	return outcome_ok();
}

static const char *
damage_name(int damage)
{
	return line_damage_name((enum line_damage)damage);
}

static struct outcome
run_noise(const struct command *command, struct sim_unit *unit, const struct arguments *arguments)
{
	char *end;
	double rate = strtod(arguments->words[0], &end);
	int damage = 0;
	struct outcome taken = take_name(arguments, 1, damage_name, DAMAGE_COUNT, &damage);

	(void)command;
	if (end == arguments->words[0] || *end != '\0' || !(rate > 0) || !(rate <= 1))
		return outcome_fail("'%.40s' is no share above 0 and up to 1, as in 0.001", arguments->words[0]);
	if (!taken.ok)
		return taken;
	unit->wire->line->noise = rate;
	unit->wire->line->damage = (enum line_damage)damage;
	return changed(unit);
}

static void
clear_noise(const struct command *command, struct sim_unit *unit)
{
	(void)command;
	if (unit->wire->line != NULL)
		unit->wire->line->noise = 0;
}

/* Of those that do not fit. */
static const char *
misfit_name(int look)
{
	return parity_look_name((enum parity_look)(look + 1));
}

static struct outcome
run_wrong_parity(const struct command *command, struct sim_unit *unit, const struct arguments *arguments)
{
	int look = 0;
	struct outcome taken = take_name(arguments, 0, misfit_name, PARITY_LOOK_COUNT - 1, &look);

	(void)command;
	if (!taken.ok)
		return taken;
	unit->wire->line->parity = (enum parity_look)(look + 1);
	return changed(unit);
}

static void
clear_wrong_parity(const struct command *command, struct sim_unit *unit)
{
	(void)command;
	if (unit->wire->line != NULL)
		unit->wire->line->parity = PARITY_FITS;
}

static struct outcome
run_echo(const struct command *command, struct sim_unit *unit, const struct arguments *arguments)
{
	(void)command;
	(void)arguments;
	unit->wire->line->echo = true;
	return changed(unit);
}

static void
clear_echo(const struct command *command, struct sim_unit *unit)
{
	(void)command;
	if (unit->wire->line != NULL)
		unit->wire->line->echo = false;
}

static struct outcome
run_speed_garbage(const struct command *command, struct sim_unit *unit, const struct arguments *arguments)
{
	(void)command;
	(void)arguments;
	unit->wire->line->speed_garbage = true;
	return changed(unit);
}

static void
clear_speed_garbage(const struct command *command, struct sim_unit *unit)
{
	(void)command;
	if (unit->wire->line != NULL)
		unit->wire->line->speed_garbage = false;
}

static struct outcome
run_second_master(const struct command *command, struct sim_unit *unit, const struct arguments *arguments)
{
	long period_ms;
	struct outcome taken = command_argument(arguments, 0, command->low, command->high, command->usual, &period_ms);

	if (!taken.ok)
		return taken;
	unit->wire->line->second_master_ms = (int)period_ms;
	return changed(unit);
}

static void
clear_second_master(const struct command *command, struct sim_unit *unit)
{
	(void)command;
	if (unit->wire->line == NULL)
		return;
	unit->wire->line->second_master_ms = 0;
	unit->wire->table->refresh(unit->wire);
}

#define LINE(name, usage, least, most, run, clear, low, high, usual, what)                                               \
	{ name, usage, what, least, most, run, clear, "clear " name, WIRE_SERIAL, 0, low, high, usual }

const struct command line_commands[] = {
	LINE("noise", "SHARE [any|flips|losses]", 1, 2, run_noise, clear_noise, 0, 0, 0,
	    "of so many characters one is damaged (0.001), both ways"),
	LINE("wrong-parity", "[nuls|high-bits]", 0, 1, run_wrong_parity, clear_wrong_parity, 0, 0, 0,
	    "answers look as from units of another parity"),
	LINE("echo", "", 0, 0, run_echo, clear_echo, 0, 0, 0, "the adapter gives back what is sent"),
	LINE("second-master", "[MS]", 0, 1, run_second_master, clear_second_master, 10, 60000, 1000,
	    "another master asks the units, every so many real milliseconds (1000)"),
	LINE("speed-garbage", "", 0, 0, run_speed_garbage, clear_speed_garbage, 0, 0, 0,
	    "asked at another speed than the line's, it answers garbage and not nothing"),
	{ NULL },
};
