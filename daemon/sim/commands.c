#include "daemon/sim/commands.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/nearest.h"

enum { WORDS_MOST = 6 };

struct command;

/* What follows a command's name. */
struct arguments {
	char *words[WORDS_MOST];
	int count;
};

struct command {
	const char *name, *usage, *what;
	int least, most; /* arguments */
	struct outcome (*run)(const struct command *command, struct sim_unit *unit, const struct arguments *arguments);
	void (*clear)(const struct command *command, struct sim_unit *unit); /* NULL: lasts anyway */
	const char *undo;
	size_t fault; /* where in struct sim_faults; for faults of the wire */
	int low, high, usual; /* of the number of such a fault */
};

static struct outcome
read_number(const char *word, long low, long high, long *ret_number)
{
	char *end;
	long number = strtol(word, &end, 10);

	if (end == word || *end != '\0' || number < low || number > high)
		return outcome_fail("'%.40s' is no number from %ld to %ld", word, low, high);
	*ret_number = number;
	return outcome_ok();
}

/* The nth argument, or `usual` when it was left out. */
static struct outcome
take_number(const struct arguments *arguments, int index, long low, long high, long usual, long *ret_number)
{
	*ret_number = usual;
	return index < arguments->count ? read_number(arguments->words[index], low, high, ret_number) : outcome_ok();
}

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
run_milliseconds(const struct command *command, struct sim_unit *unit, const struct arguments *arguments)
{
	long number;
	struct outcome taken = take_number(arguments, 0, command->low, command->high, command->usual, &number);

	if (taken.ok)
		*(int *)((char *)&unit->faults + command->fault) = (int)number;
	return taken;
}

static void
clear_milliseconds(const struct command *command, struct sim_unit *unit)
{
	*(int *)((char *)&unit->faults + command->fault) = 0;
}

static struct outcome
run_exception(const struct command *command, struct sim_unit *unit, const struct arguments *arguments)
{
	long code;
	struct outcome taken = take_number(arguments, 0, command->low, command->high, command->usual, &code);

	if (taken.ok)
		unit->faults.exception = (uint8_t)code;
	return taken;
}

static void
clear_exception(const struct command *command, struct sim_unit *unit)
{
	(void)command;
	unit->faults.exception = 0;
}

static struct outcome
run_refuse(const struct command *command, struct sim_unit *unit, const struct arguments *arguments)
{
	(void)command;
	(void)arguments;
	return sim_port_set_door(unit->port, DOOR_REFUSES);
}

static struct outcome
run_never_accept(const struct command *command, struct sim_unit *unit, const struct arguments *arguments)
{
	(void)command;
	(void)arguments;
	return sim_port_set_door(unit->port, DOOR_NEVER_ACCEPTS);
}

static void
clear_door(const struct command *command, struct sim_unit *unit)
{
	(void)command;
	/* That it cannot be opened again shows by nobody coming in. */
	(void)sim_port_set_door(unit->port, DOOR_OPEN);
}

static struct outcome
run_cuff(const struct command *command, struct sim_unit *unit, const struct arguments *arguments)
{
	long pressures[3];

	(void)command;
	for (int i = 0; i < 3; i++) {
		struct outcome read = read_number(arguments->words[i], 0, 400, &pressures[i]);

		if (!read.ok)
			return read;
	}
	sim_monitor_finish_cuff(unit->monitor, (int)pressures[0], (int)pressures[1], (int)pressures[2]);
	return outcome_ok();
}

static struct outcome
run_cuff_now(const struct command *command, struct sim_unit *unit, const struct arguments *arguments)
{
	(void)command;
	(void)arguments;
	sim_monitor_start_cuff(unit->monitor);
	return outcome_ok();
}

static struct outcome
run_cuff_interval(const struct command *command, struct sim_unit *unit, const struct arguments *arguments)
{
	long seconds;
	struct outcome read = read_number(arguments->words[0], 0, 86400, &seconds);

	(void)command;
	if (read.ok && seconds > 0 && seconds < 30)
		return outcome_fail("a cuff takes longer than %ld s: at least 30, or 0 for none", seconds);
	if (read.ok)
		sim_monitor_set_interval(unit->monitor, duration_s(seconds));
	return read;
}

static struct outcome
run_cuff_failure(const struct command *command, struct sim_unit *unit, const struct arguments *arguments)
{
	long code;
	struct outcome taken = take_number(arguments, 0, 1, 65535, 0, &code);

	(void)command;
	if (taken.ok)
		sim_monitor_fail_cuff(unit->monitor, code);
	return taken;
}

static struct outcome
run_counter_wrap(const struct command *command, struct sim_unit *unit, const struct arguments *arguments)
{
	(void)command;
	(void)arguments;
	sim_monitor_wrap_counter(unit->monitor);
	return outcome_ok();
}

static struct outcome
read_source(const char *word, enum source *ret_source)
{
	return source_from_name(word, ret_source) ? outcome_ok() : outcome_fail("'%.40s' is no source, as in pleth", word);
}

/* set VITAL [SOURCE] VALUE|none|own */
static struct outcome
run_set(const struct command *command, struct sim_unit *unit, const struct arguments *arguments)
{
	const char *value = arguments->words[arguments->count - 1];
	enum source source = SOURCE_COUNT;
	enum quality quality = QUALITY_GOOD;
	enum vital vital;
	int32_t milli = 0;

	(void)command;
	if (!vital_from_name(arguments->words[0], &vital))
		return outcome_fail("'%.40s' is no vital sign, as in rate", arguments->words[0]);
	if (arguments->count == 3) {
		struct outcome read = read_source(arguments->words[1], &source);

		if (!read.ok)
			return read;
	}
	if (strcmp(value, "none") == 0)
		quality = QUALITY_INVALID;
	else if (strcmp(value, "own") == 0)
		quality = QUALITY_ABSENT;
	else if (!milli_from_text(value, &milli))
		return outcome_fail("'%.40s' is neither a number nor 'none' nor 'own'", value);
	sim_monitor_set(unit->monitor, vital, source, quality, milli);
	return outcome_ok();
}

static void
clear_set(const struct command *command, struct sim_unit *unit)
{
	(void)command;
	for (int vital = 0; vital < VITAL_COUNT; vital++)
		sim_monitor_set(unit->monitor, (enum vital)vital, SOURCE_COUNT, QUALITY_ABSENT, 0);
}

static struct outcome
run_sensor_off(const struct command *command, struct sim_unit *unit, const struct arguments *arguments)
{
	enum source source = SOURCE_PLETH;
	struct outcome read = arguments->count > 0 ? read_source(arguments->words[0], &source) : outcome_ok();

	(void)command;
	if (read.ok)
		sim_monitor_set_sensor(unit->monitor, source, true);
	return read;
}

static void
clear_sensors(const struct command *command, struct sim_unit *unit)
{
	(void)command;
	for (int source = 0; source < SOURCE_COUNT; source++)
		sim_monitor_set_sensor(unit->monitor, (enum source)source, false);
}

static struct outcome
run_dose(const struct command *command, struct sim_unit *unit, const struct arguments *arguments)
{
	long minutes;
	struct outcome taken = take_number(arguments, 0, 1, 240, 40, &minutes);

	(void)command;
	if (taken.ok)
		sim_monitor_dose(unit->monitor, duration_min(minutes));
	return taken;
}

static struct outcome
run_stop(const struct command *command, struct sim_unit *unit, const struct arguments *arguments)
{
	(void)command;
	(void)arguments;
	sim_monitor_pump(unit->monitor, false);
	return outcome_ok();
}

static struct outcome
run_go_on(const struct command *command, struct sim_unit *unit, const struct arguments *arguments)
{
	(void)command;
	(void)arguments;
	sim_monitor_pump(unit->monitor, true);
	return outcome_ok();
}

static struct outcome
run_climb(const struct command *command, struct sim_unit *unit, const struct arguments *arguments)
{
	long rate;
	struct outcome read = read_number(arguments->words[0], 1, 100, &rate);

	/* A hundred mmHg is more than any patient climbs. */
	(void)command;
	if (read.ok)
		sim_monitor_ramp(unit->monitor, 100, duration_ms(100 * 60000 / rate));
	return read;
}

static struct outcome
run_pressure_rise(const struct command *command, struct sim_unit *unit, const struct arguments *arguments)
{
	long mmhg, seconds;
	struct outcome read = read_number(arguments->words[0], -150, 150, &mmhg);

	(void)command;
	if (read.ok)
		read = read_number(arguments->words[1], 1, 86400, &seconds);
	if (read.ok)
		sim_monitor_ramp(unit->monitor, (double)mmhg, duration_s(seconds));
	return read;
}

static struct outcome
run_clock_off(const struct command *command, struct sim_unit *unit, const struct arguments *arguments)
{
	long seconds;
	struct outcome read = read_number(arguments->words[0], -1000000000, 1000000000, &seconds);

	(void)command;
	if (read.ok)
		sim_monitor_set_clock_off(unit->monitor, seconds);
	return read;
}

static void
clear_clock(const struct command *command, struct sim_unit *unit)
{
	(void)command;
	sim_monitor_set_clock_off(unit->monitor, 0);
}

/* Its connections are gone with it. */
static struct outcome
run_reboot(const struct command *command, struct sim_unit *unit, const struct arguments *arguments)
{
	long seconds;
	struct outcome taken = take_number(arguments, 0, 0, 86400, 10, &seconds);

	(void)command;
	if (!taken.ok)
		return taken;
	sim_monitor_reboot(unit->monitor, duration_s(seconds));
	sim_port_reset(unit->port);
	return outcome_ok();
}

static struct outcome run_clear(const struct command *command, struct sim_unit *unit, const struct arguments *arguments);

#define FLAG(name, member, what)                                                                                       \
	{ name, "", what, 0, 0, run_flag, clear_flag, "clear " name, offsetof(struct sim_faults, member), 0, 0, 0 }
#define MILLISECONDS(name, member, usual, what)                                                                        \
	{ name, "[MS]", what, 0, 1, run_milliseconds, clear_milliseconds, "clear " name, offsetof(struct sim_faults, member), \
		1, 60000, usual }
#define ACT(name, usage, least, most, run, what) { name, usage, what, least, most, run, NULL, NULL, 0, 0, 0, 0 }
#define STATE(name, usage, least, most, run, clear, what)                                                              \
	{ name, usage, what, least, most, run, clear, "clear " name, 0, 1, 255, 4 }

static const struct command commands[] = {
	FLAG("mute", mute, "takes requests and answers nothing"),
	STATE("refuse", "", 0, 0, run_refuse, clear_door, "drops connections and refuses new ones, for all of its port"),
	STATE("never-accept", "", 0, 0, run_never_accept, clear_door, "leaves who connects waiting, for all of its port"),
	STATE("exception", "[CODE]", 0, 1, run_exception, clear_exception, "answers with a Modbus exception (4, device failure)"),
	FLAG("truncated", truncated, "sends the first half of each answer"),
	FLAG("garbage", garbage, "answers with what is no Modbus"),
	FLAG("wrong-transaction", wrong_transaction, "answers another transaction than asked"),
	FLAG("wrong-unit", wrong_unit, "answers for another unit than asked"),
	MILLISECONDS("slow", slow_ms, 800, "answers after some real milliseconds (800)"),
	MILLISECONDS("dribble", dribble_ms, 50, "answers a byte every so many real milliseconds (50)"),
	FLAG("reset", reset, "resets the connection at each request"),
	STATE("sensor-off", "[SOURCE]", 0, 1, run_sensor_off, clear_sensors, "a sensor is off (pleth)"),
	STATE("set", "VITAL [SOURCE] VALUE|none|own", 2, 3, run_set, clear_set, "a vital stands still, or has no value"),
	STATE("clock-off", "SECONDS", 1, 1, run_clock_off, clear_clock, "the device's own clock is wrong"),
	ACT("cuff", "SYS MEAN DIA", 3, 3, run_cuff, "a cuff ends now with these pressures"),
	ACT("cuff-now", "", 0, 0, run_cuff_now, "a cuff begins now"),
	ACT("cuff-interval", "SECONDS", 1, 1, run_cuff_interval, "one begins every so often (0: on command only)"),
	ACT("cuff-failure", "[CODE]", 0, 1, run_cuff_failure, "the next cuff fails, with a code of the profile"),
	ACT("counter-wrap", "", 0, 0, run_counter_wrap, "the next cuff has the greatest counter, the one after it 0"),
	ACT("dose", "[MINUTES]", 0, 1, run_dose, "the patient's infusion begins (40)"),
	ACT("stop", "", 0, 0, run_stop, "... and stops"),
	ACT("go-on", "", 0, 0, run_go_on, "... and goes on"),
	ACT("climb", "MMHG-PER-MIN", 1, 1, run_climb, "the pressure climbs"),
	ACT("pressure-rise", "MMHG SECONDS", 2, 2, run_pressure_rise, "the pressure rises (or falls) by so much in that time"),
	ACT("reboot", "[SECONDS]", 0, 1, run_reboot, "loses power and memory, back after some seconds (10)"),
	ACT("clear", "[COMMAND]", 0, 1, run_clear, "takes back one of these, or all that can be"),
};

enum { COMMAND_COUNT = sizeof(commands) / sizeof(commands[0]) };

static const struct command *
find(const char *name)
{
	for (int i = 0; i < COMMAND_COUNT; i++)
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
	return NULL;
}

static struct outcome
unknown(const char *name)
{
	const char *names[COMMAND_COUNT];
	char hint[NEAREST_TEXT_CAP];

	for (int i = 0; i < COMMAND_COUNT; i++)
		names[i] = commands[i].name;
	nearest_to_text(name, names, COMMAND_COUNT, hint);
	return outcome_fail("'%.40s' is no command%s", name, hint);
}

static struct outcome
run_clear(const struct command *command, struct sim_unit *unit, const struct arguments *arguments)
{
	const struct command *only = arguments->count > 0 ? find(arguments->words[0]) : NULL;

	(void)command;
	if (arguments->count > 0 && only == NULL)
		return unknown(arguments->words[0]);
	if (only != NULL && only->clear == NULL)
		return outcome_fail("'%s' cannot be taken back", only->name);
	for (int i = 0; i < COMMAND_COUNT; i++)
		if (commands[i].clear != NULL && (only == NULL || only == &commands[i]))
			commands[i].clear(&commands[i], unit);
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
	if (ret_undo != NULL && command->undo == NULL)
		return outcome_fail("'%s' cannot be done for some seconds only", command->name);
	if (ret_undo != NULL)
		*ret_undo = command->undo;
	return command->run(command, unit, &arguments);
}

void
sim_commands_print(FILE *out)
{
	for (int i = 0; i < COMMAND_COUNT; i++) {
		char usage[64];

		snprintf(usage, sizeof(usage), "%s %s", commands[i].name, commands[i].usage);
		fprintf(out, "  %-34s %s\n", usage, commands[i].what);
	}
}
