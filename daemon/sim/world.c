#include "daemon/sim/world.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/sim/commands.h"

static void
live_until(struct world *world, struct instant at)
{
	world->now = at;
	for (size_t i = 0; i < world->unit_count; i++)
		sim_monitor_advance(world->units[i].monitor, at);
}

void
world_advance(void *ctx)
{
	struct world *world = ctx;
	struct instant now = sim_clock_now(&world->clock);

	while (sim_script_next(&world->script).ms <= now.ms) {
		char command[COMMAND_CAP];
		struct outcome done;

		live_until(world, sim_script_next(&world->script));
		sim_script_take(&world->script, command);
		done = world_command(world, command);
		if (!done.ok && world->complain != NULL)
			world->complain(command, done.why);
	}
	live_until(world, now);
}

/* Cuts "for SECONDS" off a command; `ret_for` stays negative without it. */
static struct outcome
cut_duration(char *text, double *ret_seconds)
{
	char *last = strrchr(text, ' '), *end, *word;
	double seconds;

	if (last == NULL)
		return outcome_ok();
	word = last + 1;
	if (last - text >= 4 && strncmp(last - 4, " for", 4) == 0) {
		last -= 4;
	} else if (last - text >= 8 && strncmp(last - 8, "drop-for", 8) == 0) {
		memcpy(last - 8, "refuse", sizeof("refuse"));
		last = NULL;
	} else {
		return outcome_ok();
	}
	seconds = strtod(word, &end);
	if (end == word || *end != '\0' || !isfinite(seconds) || seconds <= 0 || seconds > 1e7)
		return outcome_fail("'%.40s' is no number of seconds", word);
	if (last != NULL)
		*last = '\0';
	*ret_seconds = seconds;
	return outcome_ok();
}

static struct outcome
undo_later(struct world *world, const struct sim_unit *unit, const char *undo, double seconds)
{
	struct instant at = instant_add(world->now, duration_ms((int64_t)llround(seconds * 1000)));
	char command[COMMAND_CAP];

	snprintf(command, sizeof(command), "%s %s", unit->name, undo);
	return sim_script_add(&world->script, at, command);
}

static struct outcome
command_unit(struct world *world, struct sim_unit *unit, const char *text, double seconds)
{
	const char *undo = NULL;
	struct outcome done = sim_command_run(unit, text, seconds > 0 ? &undo : NULL);

	if (!done.ok)
		return done;
	sim_monitor_note(unit->monitor, "command", text);
	return undo != NULL ? undo_later(world, unit, undo, seconds) : done;
}

static struct sim_unit *
find_unit(struct world *world, const char *name, size_t length)
{
	for (size_t i = 0; i < world->unit_count; i++)
		if (strlen(world->units[i].name) == length && strncmp(world->units[i].name, name, length) == 0)
			return &world->units[i];
	return NULL;
}

struct outcome
world_command(struct world *world, const char *command)
{
	char buffer[COMMAND_CAP], *text = buffer;
	struct sim_unit *only;
	double seconds = -1;
	struct outcome done;

	if (strlen(command) >= sizeof(buffer))
		return outcome_fail("a command of more than %d letters", COMMAND_CAP - 1);
	snprintf(buffer, sizeof(buffer), "%s", command + strspn(command, " \t"));
	for (size_t end = strlen(buffer); end > 0 && strchr(" \t\r\n", buffer[end - 1]) != NULL; end--)
		buffer[end - 1] = '\0';
	done = cut_duration(text, &seconds);
	only = find_unit(world, text, strcspn(text, " "));
	if (only != NULL) {
		text += strcspn(text, " ");
		text += strspn(text, " ");
	}
	for (size_t i = 0; done.ok && i < world->unit_count; i++)
		if (only == NULL || only == &world->units[i])
			done = command_unit(world, &world->units[i], text, seconds);
	return done;
}

void
world_answer(struct world *world, const char *text, char answer[static ANSWER_CAP])
{
	struct outcome done;

	world_advance(world);
	done = world_command(world, text);
	if (done.ok)
		snprintf(answer, ANSWER_CAP, "ok\n");
	else
		snprintf(answer, ANSWER_CAP, "error: %s\n", done.why);
}
