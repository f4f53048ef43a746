/* All simulated monitors of one process and their common time: advances them,
 * does what the script has due, takes commands. Loop thread. */
#ifndef INFUSIOND_SIM_WORLD_H
#define INFUSIOND_SIM_WORLD_H

#include "daemon/sim/clock.h"
#include "daemon/sim/script.h"
#include "daemon/sim/wire.h"

enum { WORLD_UNITS = 64, ANSWER_CAP = 512 };

struct world {
	struct sim_clock clock;
	struct sim_script script;
	struct sim_unit units[WORLD_UNITS];
	size_t unit_count;
	struct instant now; /* what is being done is done at this instant, which a leap of the clock may have left behind */
	void (*complain)(const char *command, const char *why); /* of what was due and could not be done; NULL: nobody listens */
};

/* Brings everything up to the clock's present: seconds lived and commands that are due, in the order of their time. A `world` as
 * void for struct sim_world. */
void world_advance(void *world);

/* "[NAME] COMMAND [for SECONDS]" at world->now: on the monitor of that name, or on all. "drop-for SECONDS" is "refuse for SECONDS".
 * A failure is one sentence. */
struct outcome world_command(struct world *world, const char *text);

/* The answer to a line of text, newline included: "ok" or "error: SENTENCE". */
void world_answer(struct world *world, const char *text, char answer[static ANSWER_CAP]);

#endif
