/* The engineer's bench on the command line: reads the options, and leaves the
 * rest to daemon/bench. No daemon is asked. */
#include "daemon/bench/bench.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/ctl/verbs.h"

bool
verb_is_of_bench(const struct verb *verb)
{
	return strncmp(verb->name, "monitor ", strlen("monitor ")) == 0;
}

static bool
take_target(const struct arguments *arguments, struct bench_target *ret_target)
{
	const struct bench_words words = {
		.what = arguments->target,
		.config = arguments_value(arguments, "config"),
		.host = arguments_value(arguments, "host"),
		.device = arguments_value(arguments, "device"),
		.baud = arguments_value(arguments, "baud"),
		.parity = arguments_value(arguments, "parity"),
		.stop_bits = arguments_value(arguments, "stop-bits"),
		.unit = arguments_value(arguments, "unit"),
		.timeout_ms = arguments_value(arguments, "timeout-ms"),
	};

	return bench_take_target(&words, ret_target);
}

/* False, and said, when it is no number from 1 on. */
static bool
take_count(const struct arguments *arguments, const char *name, int *ret_count)
{
	const char *text = arguments_value(arguments, name);
	char *end;
	long count;

	if (text == NULL)
		return true;
	count = strtol(text, &end, 10);
	if (*text == '\0' || *end != '\0' || count < 1 || count > 1000000) {
		fprintf(stderr, "infusionctl: --%s '%s' is no number from 1 to 1000000\n", name, text);
		return false;
	}
	*ret_count = (int)count;
	return true;
}

int
run_monitor_check(const struct arguments *arguments)
{
	struct bench_target target;

	return take_target(arguments, &target) ? bench_check(stdout, &target) : EXIT_USAGE;
}

int
run_monitor_plan(const struct arguments *arguments)
{
	struct bench_target target;

	return take_target(arguments, &target) ? bench_plan(stdout, &target) : EXIT_USAGE;
}

int
run_monitor_probe(const struct arguments *arguments)
{
	struct bench_target target;
	int rounds = 3;

	if (!take_target(arguments, &target) || !take_count(arguments, "times", &rounds))
		return EXIT_USAGE;
	return bench_probe(stdout, &target, rounds, NULL, arguments_value(arguments, "quiet") != NULL);
}

int
run_monitor_capture(const struct arguments *arguments)
{
	const char *out = arguments_value(arguments, "out");
	struct bench_target target;
	int rounds = 60;

	if (out == NULL) {
		fprintf(stderr, "infusionctl: monitor capture needs --out FILE\n");
		return EXIT_USAGE;
	}
	if (!take_target(arguments, &target) || !take_count(arguments, "times", &rounds))
		return EXIT_USAGE;
	return bench_probe(stdout, &target, rounds, out, true);
}

int
run_monitor_replay(const struct arguments *arguments)
{
	const char *in = arguments_value(arguments, "in"), *speed_text = arguments_value(arguments, "speed");
	struct bench_target target;
	double speed = 0;
	char *end;

	if (in == NULL) {
		fprintf(stderr, "infusionctl: monitor replay needs --in FILE\n");
		return EXIT_USAGE;
	}
	if (speed_text != NULL) {
		speed = strtod(speed_text, &end);
		if (*speed_text == '\0' || *end != '\0' || !(speed > 0) || speed > 1e6) {
			fprintf(stderr, "infusionctl: --speed '%s' is no number above 0: 1 is as it was\n", speed_text);
			return EXIT_USAGE;
		}
	}
	if (!take_target(arguments, &target))
		return EXIT_USAGE;
	return bench_replay(stdout, &target, in, arguments_value(arguments, "line"), speed);
}

/* The simulator, where the path finds it. */
int
run_monitor_simulate(const struct arguments *arguments)
{
	const char *listen = arguments_value(arguments, "listen"), *serial = arguments_value(arguments, "serial");
	const char *baud = arguments_value(arguments, "baud");
	const char *words[10] = { "infusion-sim", "--profile", arguments->target };
	size_t count = 3;

	if ((listen == NULL) == (serial == NULL)) {
		fprintf(stderr, "infusionctl: monitor simulate needs either --listen HOST:PORT or --serial PATH\n");
		return EXIT_USAGE;
	}
	if (listen != NULL && baud != NULL) {
		fprintf(stderr, "infusionctl: --baud is the speed of a serial port: it goes with --serial\n");
		return EXIT_USAGE;
	}
	words[count++] = listen != NULL ? "--listen" : "--serial";
	words[count++] = listen != NULL ? listen : serial;
	if (baud != NULL) {
		words[count++] = "--baud";
		words[count++] = baud;
	}
	execvp(words[0], (char *const *)words);
	fprintf(stderr, "infusionctl: infusion-sim, looked for on the PATH, cannot be started: %s\n", strerror(errno));
	return EXIT_NOT_WRITTEN;
}
