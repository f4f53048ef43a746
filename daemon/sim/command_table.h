/* The table of the simulator's commands: what a row is made of, and the three
 * parts of the table, by what they are done to. Private to the commands. */
#ifndef INFUSIOND_SIM_COMMAND_TABLE_H
#define INFUSIOND_SIM_COMMAND_TABLE_H

#include "daemon/sim/wire.h"

enum { WORDS_MOST = 6 };

/* What follows a command's name. */
struct arguments {
	char *words[WORDS_MOST];
	int count;
};

/* `run` fails with one sentence, and then has done nothing. */
struct command {
	const char *name, *usage, *what;
	int least, most; /* arguments */
	struct outcome (*run)(const struct command *command, struct sim_unit *unit, const struct arguments *arguments);
	void (*clear)(const struct command *command, struct sim_unit *unit); /* NULL: lasts anyway */
	const char *undo;
	int wires;            /* WIRE_: what it can be done on */
	size_t fault;         /* where in struct sim_faults; for faults that are a number or a flag */
	int low, high, usual; /* of the number of such a fault */
};

/* What is done to the monitor itself; to its answers and to the wire that it hangs on; and to that wire when it is a serial line.
 * Each ends with a row without a name. `clear` is called whatever the wire is. */
extern const struct command monitor_commands[];
extern const struct command wire_commands[];
extern const struct command line_commands[];

struct outcome command_number(const char *word, long low, long high, long *ret_number);

/* The nth argument, or `usual` when it was left out. */
struct outcome command_argument(const struct arguments *arguments, int index, long low, long high, long usual, long *ret_number);

#endif
