#include "daemon/sim/script.h"

#include <assert.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void
sim_script_free(struct sim_script *script)
{
	free(script->due);
	*script = (struct sim_script){ NULL, 0, 0 };
}

static bool
make_room(struct sim_script *script)
{
	size_t room = script->room > 0 ? script->room * 2 : 16;
	struct scripted *due;

	if (script->count < script->room)
		return true;
	due = realloc(script->due, room * sizeof(*due));
	if (due == NULL)
		return false;
	script->due = due;
	script->room = room;
	return true;
}

struct outcome
sim_script_add(struct sim_script *script, struct instant at, const char *command)
{
	size_t place = script->count;

	if (script->count == SCRIPT_MOST)
		return outcome_fail("more than %d commands wait for their time", SCRIPT_MOST);
	if (strlen(command) >= COMMAND_CAP)
		return outcome_fail("a command of more than %d letters", COMMAND_CAP - 1);
	if (!make_room(script))
		return outcome_fail("out of memory");
	while (place > 0 && instant_before(at, script->due[place - 1].at))
		place--;
	memmove(&script->due[place + 1], &script->due[place], (script->count - place) * sizeof(*script->due));
	script->due[place].at = at;
	snprintf(script->due[place].command, COMMAND_CAP, "%s", command);
	script->count++;
	return outcome_ok();
}

static struct outcome
take_line(struct sim_script *script, char *line, struct instant start)
{
	double seconds;
	char *command;

	line[strcspn(line, "#\r\n")] = '\0';
	if (line[strspn(line, " \t")] == '\0')
		return outcome_ok();
	seconds = strtod(line, &command);
	if (command == line || (*command != ' ' && *command != '\t') || !isfinite(seconds) || seconds < 0 || seconds > 1e7)
		return outcome_fail("'%.60s' is not SECONDS COMMAND", line);
	command += strspn(command, " \t");
	if (*command == '\0')
		return outcome_fail("no command after the seconds");
	return sim_script_add(script, instant_add(start, duration_ms((int64_t)llround(seconds * 1000))), command);
}

struct outcome
sim_script_load(struct sim_script *script, const char *path, struct instant start)
{
	FILE *file = fopen(path, "re");
	struct outcome taken = outcome_ok();
	char line[1024];

	if (file == NULL)
		return outcome_fail("%s: the script cannot be read: %s", path, strerror(errno));
	for (int number = 1; taken.ok && fgets(line, sizeof(line), file) != NULL; number++)
		taken = outcome_within(take_line(script, line, start), "%s: line %d", path, number);
	fclose(file);
	return taken;
}

struct instant
sim_script_next(const struct sim_script *script)
{
	return script->count > 0 ? script->due[0].at : INSTANT_NEVER;
}

void
sim_script_take(struct sim_script *script, char command[static COMMAND_CAP])
{
	assert(script->count > 0);
	snprintf(command, COMMAND_CAP, "%s", script->due[0].command);
	script->count--;
	memmove(&script->due[0], &script->due[1], script->count * sizeof(*script->due));
}
