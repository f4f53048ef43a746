#include "daemon/sim/commands.h"

#include <stdlib.h>
#include <string.h>

#include "daemon/base/nearest.h"
#include "daemon/sim/command_table.h"

enum { COMMANDS_MOST = 64 };

struct outcome
command_number(const char *word, long low, long high, long *ret_number)
{
	char *end;
	long number = strtol(word, &end, 10);

	if (end == word || *end != '\0' || number < low || number > high)
		return outcome_fail("'%.40s' is no number from %ld to %ld", word, low, high);
	*ret_number = number;
	return outcome_ok();
}

struct outcome
command_argument(const struct arguments *arguments, int index, long low, long high, long usual, long *ret_number)
{
	*ret_number = usual;
	return index < arguments->count ? command_number(arguments->words[index], low, high, ret_number) : outcome_ok();
}

static struct outcome run_clear(const struct command *command, struct sim_unit *unit, const struct arguments *arguments);

static const struct command own_commands[] = {
	{ "clear", "[COMMAND]", "takes back one of these, or all that can be", 0, 1, run_clear, NULL, NULL, WIRE_ANY, 0, 0, 0, 0 },
	{ NULL },
};

/* The nth command of all; NULL past the last. */
static const struct command *
command_at(size_t at)
{
	static const struct command *const tables[] = { wire_commands, line_commands, monitor_commands, own_commands };

	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
		for (const struct command *command = tables[i]; command->name != NULL; command++)
			if (at-- == 0)
				return command;
	return NULL;
}

static const struct command *
find(const char *name)
{
	const struct command *command;

	for (size_t i = 0; (command = command_at(i)) != NULL; i++)
		if (strcmp(command->name, name) == 0)
			break;
	return command;
}

static struct outcome
unknown(const char *name)
{
	const char *names[COMMANDS_MOST];
	const struct command *command;
	char hint[NEAREST_TEXT_CAP];
	size_t count = 0;

	for (size_t i = 0; count < COMMANDS_MOST && (command = command_at(i)) != NULL; i++)
		names[count++] = command->name;
	nearest_to_text(name, names, count, hint);
	return outcome_fail("'%.40s' is no command%s", name, hint);
}

static struct outcome
run_clear(const struct command *own, struct sim_unit *unit, const struct arguments *arguments)
{
	const struct command *only = arguments->count > 0 ? find(arguments->words[0]) : NULL, *command;

	(void)own;
	if (arguments->count > 0 && only == NULL)
		return unknown(arguments->words[0]);
	if (only != NULL && only->clear == NULL)
		return outcome_fail("'%s' cannot be taken back", only->name);
	for (size_t i = 0; (command = command_at(i)) != NULL; i++)
		if (command->clear != NULL && (only == NULL || only == command))
			command->clear(command, unit);
	if (only == NULL)
		sim_monitor_clear(unit->monitor);
	return outcome_ok();
}

/* Cuts a text into a command's name and its arguments, in place. */
static char *
take_apart(char *text, struct arguments *ret_arguments)
{
	char *name = strsep(&text, " "), *word;

	ret_arguments->count = 0;
	while ((word = strsep(&text, " ")) != NULL && ret_arguments->count < WORDS_MOST)
		if (word[0] != '\0')
			ret_arguments->words[ret_arguments->count++] = word;
	return name;
}

struct outcome
sim_command_run(struct sim_unit *unit, const char *text, const char **ret_undo)
{
	struct arguments arguments;
	char copy[256], *name;
	const struct command *command;

	if (snprintf(copy, sizeof(copy), "%s", text) >= (int)sizeof(copy))
		return outcome_fail("it is too long for a command");
	name = take_apart(copy, &arguments);
	command = find(name);
	if (command == NULL)
		return unknown(name);
	if (arguments.count < command->least || arguments.count > command->most)
		return outcome_fail("it is '%s%s%s'", command->name, command->usage[0] != '\0' ? " " : "", command->usage);
	if ((command->wires & unit->wire->table->kind) == 0)
		return outcome_fail("'%s' is nothing that %s can do", command->name,
		    unit->wire->table->kind == WIRE_TCP ? "a TCP port" : "a serial line");
	if (ret_undo != NULL && command->undo == NULL)
		return outcome_fail("'%s' cannot be done for some seconds only", command->name);
	if (ret_undo != NULL)
		*ret_undo = command->undo;
	return command->run(command, unit, &arguments);
}

void
sim_commands_print(FILE *out)
{
	const struct command *command;

	for (size_t i = 0; (command = command_at(i)) != NULL; i++) {
		char usage[64];

		snprintf(usage, sizeof(usage), "%s %s", command->name, command->usage);
		fprintf(out, "  %-34s %s\n", usage, command->what);
	}
}
