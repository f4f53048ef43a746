/* Commands that are due at an instant: those of a script file, and the ends of
 * what was to last for some seconds only. */
#ifndef INFUSIOND_SIM_SCRIPT_H
#define INFUSIOND_SIM_SCRIPT_H

#include "daemon/base/instant.h"
#include "daemon/base/outcome.h"

enum { SCRIPT_MOST = 4096, COMMAND_CAP = 200 };

struct sim_script {
	struct scripted {
		struct instant at;
		char command[COMMAND_CAP];
	} *due; /* by time; of one time by when they were added */
	size_t count, room;
};

void sim_script_free(struct sim_script *script);

struct outcome sim_script_add(struct sim_script *script, struct instant at, const char *command);

/* Adds a file's lines "SECONDS COMMAND", counted from `start`; '#' begins a remark. A failure names the line. The commands
 * themselves are looked at when they are due. */
struct outcome sim_script_load(struct sim_script *script, const char *path, struct instant start);

/* When the next is due; NEVER. */
struct instant sim_script_next(const struct sim_script *script);

/* Takes the first one out; there must be one. */
void sim_script_take(struct sim_script *script, char command[static COMMAND_CAP]);

#endif
