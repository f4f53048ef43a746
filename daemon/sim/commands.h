/* What can be done to a simulated monitor by a line of text: the table of
 * commands. Loop thread. */
#ifndef INFUSIOND_SIM_COMMANDS_H
#define INFUSIOND_SIM_COMMANDS_H

#include <stdio.h>

#include "daemon/sim/wire.h"

/* Runs a command ("slow 800", "set rate 130") on one unit, at its monitor's present. With `ret_undo`, only one that can be taken
 * back, and *ret_undo is the command that does so. A failure is one sentence, and nothing was done. */
struct outcome sim_command_run(struct sim_unit *unit, const char *text, const char **ret_undo);

/* One line for each command: its name with arguments, and what it does. */
void sim_commands_print(FILE *out);

#endif
