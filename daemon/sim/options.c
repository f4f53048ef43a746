#include "daemon/sim/options.h"

#include <assert.h>
#include <getopt.h>
#include <string.h>

#include "daemon/base/nearest.h"
#include "daemon/sim/commands.h"
#include "daemon/sim/option_table.h"
#include "daemon/sim/serial.h"

enum { OPTION_HELP = TAKERS_MOST };

static void
list_options(struct option options[TAKERS_MOST + 2])
{
	assert(taker_count <= TAKERS_MOST);
	for (int i = 0; i < taker_count; i++)
		options[i] = (struct option){ takers[i].name, takers[i].usage[0] != '\0' ? required_argument : no_argument, NULL, i };
	options[taker_count] = (struct option){ "help", no_argument, NULL, OPTION_HELP };
	options[taker_count + 1] = (struct option){ NULL, 0, NULL, 0 };
}

static struct outcome
check_monitors(const struct sim_options *options)
{
	for (size_t i = 0; i < options->monitor_count; i++) {
		const struct monitor_options *monitor = &options->monitors[i];

		if (monitor->profile == NULL)
			return outcome_fail("monitor '%s' has no --profile", monitor->name);
		if (monitor->serial != NULL && (monitor->unit < 1 || monitor->unit > SERIAL_UNIT_MOST))
			return outcome_fail("monitor '%s': a unit on a serial line is 1 to %d", monitor->name, SERIAL_UNIT_MOST);
		for (size_t j = 0; j < i; j++)
			if (strcmp(options->monitors[j].name, monitor->name) == 0)
				return outcome_fail("there are two monitors '%s'", monitor->name);
	}
	return outcome_ok();
}

/* What getopt does not know, or knows without its argument. */
static struct outcome
explain(char **argv, int result)
{
	const char *names[TAKERS_MOST], *word = argv[optind - 1];
	char hint[NEAREST_TEXT_CAP] = "";

	for (int i = 0; i < taker_count; i++)
		names[i] = takers[i].name;
	if (result == ':')
		return outcome_fail("%.60s needs a value", word);
	if (strncmp(word, "--", 2) == 0)
		nearest_to_text(word + 2, names, taker_count, hint);
	return outcome_fail("'%.60s' is no option%s", word, hint);
}

struct outcome
sim_options_read(int argc, char **argv, struct sim_options *options)
{
	struct monitor_options common = { .name = "monitor", .host = "127.0.0.1", .seed = 1, .person = sim_people(),
		.baud = 9600, .stop_bits = 1, .cuff_interval_s = -1, .dose_at_s = -1 };
	struct option names[TAKERS_MOST + 2];
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
		if (result < 0 || result >= taker_count)
			return explain(argv, result);
		taken = takers[result].take(options, monitor, optarg != NULL ? optarg : "");
		if (!taken.ok)
			return outcome_within(taken, "--%s", takers[result].name);
		if (takers[result].begins_monitor) {
			monitor = &options->monitors[options->monitor_count++];
			*monitor = common;
			snprintf(monitor->name, sizeof(monitor->name), "%s", optarg);
		}
	}
	if (optind < argc)
		return outcome_fail("'%.60s' is no option", argv[optind]);
	if (options->monitor_count == 0)
		options->monitors[options->monitor_count++] = common;
	taken = sim_options_spread(options);
	return taken.ok ? check_monitors(options) : taken;
}

void
sim_options_print_help(FILE *out)
{
	fputs("usage: infusion-sim --profile FILE [OPTION]...\n"
	      "\n"
	      "Pretends to be bedside monitors on Modbus TCP, or on Modbus RTU over a pty: registers by a monitor's profile, behind\n"
	      "them a patient who gets 0.5 mg/kg ketamine over 40 minutes or a recording, and whatever can go wrong. No vendor's\n"
	      "monitor; for tests and demonstrations only. Prints 'listening ADDRESS:PORT unit N NAME' or 'listening PATH unit N NAME'\n"
	      "for each monitor. infusion-sim(1) says more.\n"
	      "\n",
	    out);
	for (int i = 0; i < taker_count; i++)
		fprintf(out, "  --%-13s %-15s %s\n", takers[i].name, takers[i].usage, takers[i].what);
	fputs("  --help                        this text\n"
	      "\n"
	      "Commands, in the script and on the control socket: '[NAME] COMMAND [for SECONDS]', for one monitor or all. The answer\n"
	      "is 'ok' or 'error: ' and a sentence. 'drop-for SECONDS' is 'refuse for SECONDS'.\n"
	      "\n",
	    out);
	sim_commands_print(out);
}
