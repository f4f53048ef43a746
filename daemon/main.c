/* infusiond: arguments, and nothing else. */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "daemon/base/log.h"
#include "daemon/daemon.h"

static const char usage[] =
	"usage: infusiond --config FILE [--check]\n"
	"\n"
	"Watches patients through a drug session: polls bedside monitors, keeps the record, raises alarms.\n"
	"The bedside monitors' own alarms stay on and stay primary.\n"
	"\n"
	"  --config FILE   the clinic's configuration (config/README.md says what it holds)\n"
	"  --check         print every problem of the configuration and exit 2, or say \"ok\" and exit 0\n"
	"  --version       print the version\n"
	"  --help          this text\n"
	"\n"
	"Runs in the foreground and logs to standard error with journald's priorities. SIGTERM stops it; SIGHUP has it\n"
	"read lines, monitors and profiles anew, without disturbing the beds that they do not concern.\n";

static const struct option options[] = {
	{ "config", required_argument, NULL, 'c' },
	{ "check", no_argument, NULL, 'k' },
	{ "version", no_argument, NULL, 'v' },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

static int
run(const char *path, bool check)
{
	struct problems *problems = problems_create();
	struct settings *settings = NULL;
	struct outcome done;
	bool good;

	if (problems == NULL)
		return 1;
	good = settings_load(path, problems, &settings);
	problems_print(problems, check ? stdout : stderr);
	problems_destroy(problems);
	if (!good)
		return 2;
	if (check) {
		puts("ok");
		settings_free(settings);
		return 0;
	}
	done = daemon_run(settings);
	settings_free(settings);
	if (!done.ok)
		log_line(LOG_LEVEL_ERROR, "%s", done.why);
	return done.ok ? 0 : 1;
}

int
main(int argc, char **argv)
{
	const char *config = NULL;
	bool check = false;
	int option;

	while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		switch (option) {
		case 'c':
			config = optarg;
			break;
		case 'k':
			check = true;
			break;
		case 'v':
			puts("infusiond " VERSION);
			return 0;
		case 'h':
			fputs(usage, stdout);
			return 0;
		default:
			fputs("infusiond --help says what there is\n", stderr);
			return 2;
		}
	}
	if (optind != argc) {
		fprintf(stderr, "infusiond: '%s' is no option: --config FILE names the configuration\n", argv[optind]);
		return 2;
	}
	if (config == NULL) {
		fputs(usage, stderr);
		return 2;
	}
	return run(config, check);
}
