/* Commands that are done to a simulated monitor: its patient, its cuff, its
 * sensors, its power. */
#include <string.h>

#include "daemon/sim/command_table.h"

static struct outcome
run_cuff(const struct command *command, struct sim_unit *unit, const struct arguments *arguments)
{
	long pressures[3];

	(void)command;
	for (int i = 0; i < 3; i++) {
		struct outcome read = command_number(arguments->words[i], 0, 400, &pressures[i]);

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
	struct outcome read = command_number(arguments->words[0], 0, 86400, &seconds);

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
	struct outcome taken = command_argument(arguments, 0, 1, 65535, 0, &code);

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
	struct outcome taken = command_argument(arguments, 0, 1, 240, 40, &minutes);

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
	struct outcome read = command_number(arguments->words[0], 1, 100, &rate);

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
	struct outcome read = command_number(arguments->words[0], -150, 150, &mmhg);

	(void)command;
	if (read.ok)
		read = command_number(arguments->words[1], 1, 86400, &seconds);
	if (read.ok)
		sim_monitor_ramp(unit->monitor, (double)mmhg, duration_s(seconds));
	return read;
}

static struct outcome
run_clock_off(const struct command *command, struct sim_unit *unit, const struct arguments *arguments)
{
	long seconds;
	struct outcome read = command_number(arguments->words[0], -1000000000, 1000000000, &seconds);

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
	struct outcome taken = command_argument(arguments, 0, 0, 86400, 10, &seconds);

	(void)command;
	if (!taken.ok)
		return taken;
	sim_monitor_reboot(unit->monitor, duration_s(seconds));
	unit->wire->table->drop(unit->wire);
	return outcome_ok();
}

#define ACT(name, usage, least, most, run, what) { name, usage, what, least, most, run, NULL, NULL, WIRE_ANY, 0, 0, 0, 0 }
#define STATE(name, usage, least, most, run, clear, what)                                                              \
	{ name, usage, what, least, most, run, clear, "clear " name, WIRE_ANY, 0, 0, 0, 0 }

const struct command monitor_commands[] = {
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
	{ NULL },
};
