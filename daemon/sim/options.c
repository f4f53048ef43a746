#include "daemon/sim/options.h"

#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/nearest.h"
#include "daemon/sim/commands.h"

enum { SPEED_MOST = 10000 };

/* One option: takes its text for the monitor that is being described. */
struct taker {
	const char *name, *usage, *what;
	struct outcome (*take)(struct sim_options *options, struct monitor_options *monitor, const char *text);
};

static struct outcome
take_integer(const char *text, long low, long high, long *ret_number)
{
	char *end;

	errno = 0;
	*ret_number = strtol(text, &end, 10);
	if (errno != 0 || end == text || *end != '\0' || *ret_number < low || *ret_number > high)
		return outcome_fail("'%.60s' is no number from %ld to %ld", text, low, high);
	return outcome_ok();
}

static struct outcome
take_profile(struct sim_options *options, struct monitor_options *monitor, const char *text)
{
	(void)options;
	monitor->profile = text;
	return outcome_ok();
}

/* HOST:PORT, with a colon in HOST for IPv6 in brackets or not. */
static struct outcome
take_listen(struct sim_options *options, struct monitor_options *monitor, const char *text)
{
	const char *colon = strrchr(text, ':'), *host = text;
	size_t length = colon != NULL ? (size_t)(colon - text) : 0;
	long port;

	(void)options;
	if (length >= 2 && host[0] == '[' && host[length - 1] == ']') {
		host++;
		length -= 2;
	}
	if (length == 0 || length >= sizeof(monitor->host) || !take_integer(colon + 1, 0, 65535, &port).ok)
		return outcome_fail("'%.60s' is no ADDRESS:PORT, as in 127.0.0.1:1502", text);
	snprintf(monitor->host, sizeof(monitor->host), "%.*s", (int)length, host);
	monitor->port = (uint16_t)port;
	return outcome_ok();
}

static struct outcome
take_beside(struct sim_options *options, struct monitor_options *monitor, const char *text)
{
	(void)text;
	if (options->monitor_count < 2)
		return outcome_fail("there is no monitor before this one");
	monitor->beside = true;
	return outcome_ok();
}

static struct outcome
take_unit(struct sim_options *options, struct monitor_options *monitor, const char *text)
{
	long unit;
	struct outcome taken = take_integer(text, 0, 255, &unit);

	(void)options;
	if (taken.ok)
		monitor->unit = (uint8_t)unit;
	return taken;
}

static struct outcome
take_seed(struct sim_options *options, struct monitor_options *monitor, const char *text)
{
	long seed;
	struct outcome taken = take_integer(text, 0, INT32_MAX, &seed);

	(void)options;
	if (taken.ok)
		monitor->seed = (uint64_t)seed;
	return taken;
}

static struct outcome
take_patient(struct sim_options *options, struct monitor_options *monitor, const char *text)
{
	const char *names[16];
	size_t count = 0;
	char hint[NEAREST_TEXT_CAP];

	(void)options;
	monitor->person = sim_person_find(text);
	if (monitor->person != NULL)
		return outcome_ok();
	for (const struct sim_person *person = sim_people(); person->name != NULL; person++)
		names[count++] = person->name;
	nearest_to_text(text, names, count, hint);
	return outcome_fail("'%.60s' is no kind of patient%s", text, hint);
}

static struct outcome
take_recording(struct sim_options *options, struct monitor_options *monitor, const char *text)
{
	(void)options;
	monitor->recording = text;
	return outcome_ok();
}

static struct outcome
take_cuff_interval(struct sim_options *options, struct monitor_options *monitor, const char *text)
{
	long seconds;
	struct outcome taken = take_integer(text, 0, 86400, &seconds);

	(void)options;
	if (taken.ok && seconds > 0 && seconds < 30)
		return outcome_fail("a cuff takes longer than %ld s: at least 30, or 0 for none", seconds);
	if (taken.ok)
		monitor->cuff_interval_s = (int)seconds;
	return taken;
}

static struct outcome
take_same_arm(struct sim_options *options, struct monitor_options *monitor, const char *text)
{
	(void)options;
	(void)text;
	monitor->same_arm = true;
	return outcome_ok();
}

static struct outcome
take_dose_at(struct sim_options *options, struct monitor_options *monitor, const char *text)
{
	long seconds;
	struct outcome taken = take_integer(text, 0, 1000000, &seconds);

	(void)options;
	if (taken.ok)
		monitor->dose_at_s = (int)seconds;
	return taken;
}

static struct outcome
take_log(struct sim_options *options, struct monitor_options *monitor, const char *text)
{
	(void)options;
	monitor->log = text;
	return outcome_ok();
}

static struct outcome
take_script(struct sim_options *options, struct monitor_options *monitor, const char *text)
{
	(void)monitor;
	options->script = text;
	return outcome_ok();
}

static struct outcome
take_control(struct sim_options *options, struct monitor_options *monitor, const char *text)
{
	(void)monitor;
	options->control = text;
	return outcome_ok();
}

static struct outcome
take_speed(struct sim_options *options, struct monitor_options *monitor, const char *text)
{
	char *end;

	(void)monitor;
	options->speed = strtod(text, &end);
	if (end == text || *end != '\0' || !(options->speed > 0) || options->speed > SPEED_MOST)
		return outcome_fail("'%.60s' is no speed above 0 and up to %d", text, SPEED_MOST);
	return outcome_ok();
}

static struct outcome
take_clock(struct sim_options *options, struct monitor_options *monitor, const char *text)
{
	(void)monitor;
	options->clock = text;
	return outcome_ok();
}

/* Begins another monitor; handled by sim_options_read, which knows what holds for all. */
static struct outcome
take_monitor(struct sim_options *options, struct monitor_options *monitor, const char *text)
{
	(void)monitor;
	if (text[0] == '\0' || strlen(text) >= NAME_CAP || text[strcspn(text, " \t,")] != '\0')
		return outcome_fail("'%.60s' is no name of up to %d letters without a space", text, NAME_CAP - 1);
	for (size_t i = 0; i < options->monitor_count; i++)
		if (strcmp(options->monitors[i].name, text) == 0)
			return outcome_fail("there is a monitor '%s' already", text);
	if (options->monitor_count == WORLD_UNITS)
		return outcome_fail("at most %d monitors", WORLD_UNITS);
	return outcome_ok();
}

static const struct taker takers[] = {
	{ "monitor", "NAME", "begins another monitor; what stands before the first holds for all", take_monitor },
	{ "profile", "FILE", "the monitor's register map (config/monitors/*.yaml)", take_profile },
	{ "listen", "ADDRESS:PORT", "where to listen (127.0.0.1:0; port 0: any, which is printed)", take_listen },
	{ "beside", "", "behind the address of the monitor before it", take_beside },
	{ "unit", "N", "Modbus unit (1)", take_unit },
	{ "patient", "KIND", "default, calm, climbing, hypertensive or slow", take_patient },
	{ "seed", "N", "which patient, and which noise (1)", take_seed },
	{ "recording", "CSV", "a recording in the place of a patient", take_recording },
	{ "cuff-interval", "SECONDS", "a cuff every so often (300; with a recording, or 0: only on command)", take_cuff_interval },
	{ "same-arm", "", "a cuff takes the oximeter's pulse away while it goes on", take_same_arm },
	{ "dose-at", "SECONDS", "the patient's infusion begins so long after the start", take_dose_at },
	{ "log", "FILE", "what was really there, as CSV", take_log },
	{ "script", "FILE", "lines of SECONDS COMMAND, done so long after the start", take_script },
	{ "control", "SOCKET", "takes commands on a UNIX socket, or with '-' on standard input", take_control },
	{ "speed", "N", "time runs N times as fast", take_speed },
	{ "clock", "FILE", "time is read from a test's clock file", take_clock },
};

enum { TAKER_COUNT = sizeof(takers) / sizeof(takers[0]), OPTION_HELP = TAKER_COUNT };

static void
list_options(struct option options[TAKER_COUNT + 2])
{
	for (int i = 0; i < TAKER_COUNT; i++)
		options[i] = (struct option){ takers[i].name, takers[i].usage[0] != '\0' ? required_argument : no_argument, NULL, i };
	options[TAKER_COUNT] = (struct option){ "help", no_argument, NULL, OPTION_HELP };
	options[TAKER_COUNT + 1] = (struct option){ NULL, 0, NULL, 0 };
}

static struct outcome
check_monitors(const struct sim_options *options)
{
	for (size_t i = 0; i < options->monitor_count; i++)
		if (options->monitors[i].profile == NULL)
			return outcome_fail("monitor '%s' has no --profile", options->monitors[i].name);
	return outcome_ok();
}

/* What getopt does not know, or knows without its argument. */
static struct outcome
explain(char **argv, int result)
{
	const char *names[TAKER_COUNT], *word = argv[optind - 1];
	char hint[NEAREST_TEXT_CAP] = "";

	for (int i = 0; i < TAKER_COUNT; i++)
		names[i] = takers[i].name;
	if (result == ':')
		return outcome_fail("%.60s needs a value", word);
	if (strncmp(word, "--", 2) == 0)
		nearest_to_text(word + 2, names, TAKER_COUNT, hint);
	return outcome_fail("'%.60s' is no option%s", word, hint);
}

struct outcome
sim_options_read(int argc, char **argv, struct sim_options *options)
{
	struct monitor_options common = { .name = "monitor", .host = "127.0.0.1", .unit = 1, .seed = 1, .person = sim_people(),
		.cuff_interval_s = -1, .dose_at_s = -1 };
	struct option names[TAKER_COUNT + 2];
	struct monitor_options *monitor = &common;
	struct outcome taken = outcome_ok();
	int result;

	*options = (struct sim_options){ .speed = 1 };
	list_options(names);
	opterr = 0;
	optind = 1;
	while (taken.ok && (result = getopt_long(argc, argv, ":", names, NULL)) != -1) {
		if (result == OPTION_HELP) {
			options->help = true;
			return outcome_ok();
		}
		if (result < 0 || result >= TAKER_COUNT)
			return explain(argv, result);
		taken = takers[result].take(options, monitor, optarg != NULL ? optarg : "");
		if (!taken.ok)
			return outcome_within(taken, "--%s", takers[result].name);
		if (takers[result].take == take_monitor) {
			monitor = &options->monitors[options->monitor_count++];
			*monitor = common;
			snprintf(monitor->name, sizeof(monitor->name), "%s", optarg);
		}
	}
	if (optind < argc)
		return outcome_fail("'%.60s' is no option", argv[optind]);
	if (options->monitor_count == 0)
		options->monitors[options->monitor_count++] = common;
	return check_monitors(options);
}

void
sim_options_print_help(FILE *out)
{
	fputs("usage: infusion-sim --profile FILE [OPTION]...\n"
	      "\n"
	      "Pretends to be bedside monitors on Modbus TCP: registers by a monitor's profile, behind them a patient who gets\n"
	      "0.5 mg/kg ketamine over 40 minutes or a recording, and whatever can go wrong. No vendor's monitor; for tests and\n"
	      "demonstrations only. Prints 'listening ADDRESS:PORT unit N NAME' for each monitor.\n"
	      "\n",
	    out);
	for (int i = 0; i < TAKER_COUNT; i++)
		fprintf(out, "  --%-13s %-13s %s\n", takers[i].name, takers[i].usage, takers[i].what);
	fputs("  --help                      this text\n"
	      "\n"
	      "Commands, in the script and on the control socket: '[NAME] COMMAND [for SECONDS]', for one monitor or all. The answer\n"
	      "is 'ok' or 'error: ' and a sentence. 'drop-for SECONDS' is 'refuse for SECONDS'.\n"
	      "\n",
	    out);
	sim_commands_print(out);
}
