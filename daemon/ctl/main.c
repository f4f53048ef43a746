/* infusionctl: the daemon at a terminal, for people and scripts. */
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "daemon/ctl/verbs.h"

static const char default_socket[] = "/run/infusiond/infusiond.sock";

static const char usage_head[] =
	"usage: infusionctl [--socket PATH] [--as NAME] [--json] VERB ...\n"
	"\n"
	"Reading:\n"
	"  watch                     the live table of beds, until Ctrl-C\n"
	"  status                    the program itself\n"
	"  beds                      the table of beds, once\n"
	"  alarms                    open alarms\n"
	"  sessions list [--bed B] [--patient P] [--state open|ended]\n"
	"  sessions show SESSION     a session and its events\n"
	"  export SESSION [--out F]  a session as CSV\n"
	"  verify [--head SEQ:HEX]   proves the record, against a head that was kept elsewhere if given\n"
	"\n"
	"Acting (answered when it is on disk):\n";

static const char usage_tail[] =
	"\n"
	"  --socket PATH   the daemon's socket (INFUSIOND_SOCKET, or /run/infusiond/infusiond.sock)\n"
	"  --as NAME       who acts, at a shared terminal\n"
	"  --json          the daemon's own answer\n"
	"\n"
	"Exit status: 0 done; 1 refused by the daemon, or the record is not sound; 2 usage; 3 the daemon cannot be reached.\n";

static void
print_usage(FILE *out)
{
	fputs(usage_head, out);
	acts_print_usage(out);
	fputs(usage_tail, out);
}

const char *
argument(const struct arguments *arguments, const char *name)
{
	for (size_t i = 0; i < arguments->option_count; i++)
		if (strcmp(arguments->names[i], name) == 0)
			return arguments->values[i];
	return NULL;
}

bool
argument_flag(const struct arguments *arguments, const char *name)
{
	for (size_t i = 0; i < arguments->option_count; i++)
		if (strcmp(arguments->names[i], name) == 0)
			return true;
	return false;
}

/* Options that stand alone; all others take a value. */
static bool
is_flag(const char *name)
{
	static const char *const flags[] = { "json", "help", "override", "abort", "unusual-confirmed" };

	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
		if (strcmp(flags[i], name) == 0)
			return true;
	return false;
}

static bool
take_option(struct arguments *arguments, const char *name, const char *value)
{
	if (strcmp(name, "json") == 0)
		arguments->json = true;
	else if (strcmp(name, "socket") == 0)
		arguments->client.socket = value;
	else if (strcmp(name, "as") == 0)
		arguments->client.as = value;
	else if (arguments->option_count == OPTIONS_MOST)
		return false;
	else {
		arguments->names[arguments->option_count] = name;
		arguments->values[arguments->option_count++] = value;
	}
	return true;
}

static bool
take_words(struct arguments *arguments, int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		const char *value = NULL;

		if (strncmp(argv[i], "--", 2) != 0) {
			if (arguments->word_count == sizeof(arguments->words) / sizeof(arguments->words[0]))
				return false;
			arguments->words[arguments->word_count++] = argv[i];
			continue;
		}
		if (!is_flag(argv[i] + 2)) {
			if (i + 1 == argc) {
				fprintf(stderr, "infusionctl: %s needs a value\n", argv[i]);
				return false;
			}
			value = argv[++i];
		}
		if (!take_option(arguments, value != NULL ? argv[i - 1] + 2 : argv[i] + 2, value))
			return false;
	}
	return true;
}

static int
fail(const struct outcome *outcome)
{
	fprintf(stderr, "infusionctl: %s\n", outcome->why);
	return EXIT_NO_DAEMON;
}

/* Gets a path; prints the JSON, or leaves it to the caller. 0: there is a body to show. */
static int
get(const struct arguments *arguments, const char *path, struct response *response)
{
	struct outcome asked = client_get(&arguments->client, path, response);

	if (!asked.ok)
		return fail(&asked);
	if (response->status != 200) {
		fprintf(stderr, "infusionctl: %s\n", response_error(response));
		response_finish(response);
		return EXIT_REFUSED;
	}
	if (arguments->json)
		printf("%s\n", response->text);
	return EXIT_DONE;
}

static int
show_beds(const struct arguments *arguments)
{
	struct response beds, status;
	int code = get(arguments, "/api/v1/beds", &beds);

	if (code != EXIT_DONE)
		return code;
	if (!arguments->json) {
		struct outcome asked = client_get(&arguments->client, "/api/v1/status", &status);

		table_beds(stdout, beds.json, asked.ok ? status.json : NULL, &arguments->style);
		response_finish(&status);
	}
	response_finish(&beds);
	return code;
}

static volatile sig_atomic_t interrupted;

static void
note_interrupt(int number)
{
	(void)number;
	interrupted = 1;
}

static int64_t
now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* One screen: drawn over the last one on a terminal, appended elsewhere. */
static int
draw(const struct arguments *arguments, bool terminal)
{
	struct response beds, status = { 0 };
	struct outcome asked = client_get(&arguments->client, "/api/v1/beds", &beds);
	char *text = NULL;
	size_t size;
	FILE *screen = open_memstream(&text, &size);

	if (screen == NULL)
		return EXIT_NO_DAEMON;
	if (asked.ok)
		client_get(&arguments->client, "/api/v1/status", &status);
	if (!asked.ok || beds.status != 200)
		fprintf(screen, "NOT WATCHING from here: %s\n", asked.ok ? response_error(&beds) : asked.why);
	else
		table_beds(screen, beds.json, status.json, &arguments->style);
	fclose(screen);
	if (terminal)
		fputs("\033[H\033[J", stdout);
	fputs(text, stdout);
	fflush(stdout);
	free(text);
	response_finish(&beds);
	response_finish(&status);
	return EXIT_DONE;
}

int
verb_watch(const struct arguments *arguments)
{
	struct sigaction action = { .sa_handler = note_interrupt };
	bool terminal = isatty(STDOUT_FILENO) != 0;
	const char *times = argument(arguments, "times");
	long left = times != NULL ? strtol(times, NULL, 10) : -1;

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	while (!interrupted && left != 0) {
		int64_t next = now_ms() + 1000;
		struct timespec rest;

		draw(arguments, terminal);
		if (left > 0)
			left--;
		next -= now_ms();
		rest = (struct timespec){ .tv_sec = 0, .tv_nsec = (next > 0 ? next : 0) % 1000 * 1000000 };
		if (!interrupted && left != 0)
			nanosleep(&rest, NULL);
	}
	fputc('\n', stdout);
	return EXIT_DONE;
}

static void
append_filter(const struct arguments *arguments, const char *name, char *path, size_t cap)
{
	const char *value = argument(arguments, name);
	size_t used = strlen(path);

	if (value != NULL && strpbrk(value, "&?#% ") == NULL)
		snprintf(path + used, cap - used, "%s%s=%s", strchr(path, '?') != NULL ? "&" : "?", name, value);
}

static int
list_sessions(const struct arguments *arguments)
{
	static const char *const filters[] = { "bed", "patient", "regimen", "state", "from", "to", "limit" };
	char path[512] = "/api/v1/sessions";
	struct response response;
	int code;

	for (size_t i = 0; i < sizeof(filters) / sizeof(filters[0]); i++)
		append_filter(arguments, filters[i], path, sizeof(path));
	code = get(arguments, path, &response);
	if (code == EXIT_DONE && !arguments->json)
		table_sessions(stdout, response.json);
	if (code == EXIT_DONE)
		response_finish(&response);
	return code;
}

static int
show_session(const struct arguments *arguments, const char *session)
{
	char path[128];
	struct response response;
	int code;

	snprintf(path, sizeof(path), "/api/v1/sessions/%.32s", session);
	code = get(arguments, path, &response);
	if (code != EXIT_DONE)
		return code;
	if (!arguments->json) {
		json_t *list = json_pack("{s:[O]}", "sessions", response.json);

		table_sessions(stdout, list);
		json_decref(list);
	}
	response_finish(&response);
	snprintf(path, sizeof(path), "/api/v1/sessions/%.32s/events", session);
	code = get(arguments, path, &response);
	if (code == EXIT_DONE && !arguments->json)
		table_events(stdout, response.json);
	if (code == EXIT_DONE)
		response_finish(&response);
	return code;
}

static int
export_session(const struct arguments *arguments, const char *session)
{
	const char *to = argument(arguments, "out");
	struct response response;
	char path[128];
	struct outcome asked;
	FILE *out = to != NULL ? fopen(to, "we") : stdout;
	int code = EXIT_DONE;

	if (out == NULL) {
		fprintf(stderr, "infusionctl: %s: cannot be written\n", to);
		return EXIT_USAGE;
	}
	snprintf(path, sizeof(path), "/api/v1/sessions/%.32s/export.csv", session);
	asked = client_get(&arguments->client, path, &response);
	if (!asked.ok) {
		code = fail(&asked);
	} else if (response.status != 200) {
		fprintf(stderr, "infusionctl: %s\n", response_error(&response));
		code = EXIT_REFUSED;
	} else if (fputs(response.text, out) < 0) {
		fprintf(stderr, "infusionctl: the export could not be written\n");
		code = EXIT_REFUSED;
	}
	response_finish(&response);
	if (to != NULL)
		fclose(out);
	return code;
}

static int
verify(const struct arguments *arguments)
{
	char path[256] = "/api/v1/verify";
	struct response response;
	int code;

	append_filter(arguments, "head", path, sizeof(path));
	code = get(arguments, path, &response);
	if (code != EXIT_DONE)
		return code;
	if (!arguments->json)
		printf("%s: %s\nhead: %s\n", json_is_true(json_object_get(response.json, "sound")) ? "sound" : "NOT SOUND",
		    json_string_value(json_object_get(response.json, "finding")),
		    json_string_value(json_object_get(response.json, "head")));
	if (!json_is_true(json_object_get(response.json, "sound")))
		code = EXIT_REFUSED;
	response_finish(&response);
	return code;
}

static int
show_simple(const struct arguments *arguments, const char *path, bool alarms)
{
	struct response response;
	int code = get(arguments, path, &response);

	if (code != EXIT_DONE)
		return code;
	if (!arguments->json && alarms)
		table_alarms(stdout, response.json, &arguments->style);
	else if (!arguments->json)
		table_status(stdout, response.json);
	response_finish(&response);
	return code;
}

static int
run_verb(const struct arguments *arguments)
{
	const char *verb = arguments->words[0];
	const char *second = arguments->word_count > 1 ? arguments->words[1] : "";
	const char *third = arguments->word_count > 2 ? arguments->words[2] : NULL;

	if (strcmp(verb, "watch") == 0)
		return verb_watch(arguments);
	if (strcmp(verb, "beds") == 0)
		return show_beds(arguments);
	if (strcmp(verb, "status") == 0)
		return show_simple(arguments, "/api/v1/status", false);
	if (strcmp(verb, "alarms") == 0)
		return show_simple(arguments, "/api/v1/alarms", true);
	if (strcmp(verb, "verify") == 0)
		return verify(arguments);
	if (strcmp(verb, "export") == 0 && second[0] != '\0')
		return export_session(arguments, second);
	if (strcmp(verb, "sessions") == 0 && (second[0] == '\0' || strcmp(second, "list") == 0))
		return list_sessions(arguments);
	if (strcmp(verb, "sessions") == 0 && strcmp(second, "show") == 0 && third != NULL)
		return show_session(arguments, third);
	if (acts_know(arguments))
		return verb_act(arguments, verb);
	fprintf(stderr, "infusionctl: '%s%s%s' is no verb; infusionctl --help lists them\n", verb, second[0] != '\0' ? " " : "", second);
	return EXIT_USAGE;
}

int
main(int argc, char **argv)
{
	struct arguments arguments = { .client = { .socket = getenv("INFUSIOND_SOCKET") } };

	if (arguments.client.socket == NULL)
		arguments.client.socket = default_socket;
	arguments.style.colour = isatty(STDOUT_FILENO) != 0 && getenv("NO_COLOR") == NULL;
	if (sodium_init() < 0 || !take_words(&arguments, argc, argv))
		return EXIT_USAGE;
	if (argument_flag(&arguments, "help") || (arguments.word_count > 0 && strcmp(arguments.words[0], "help") == 0)) {
		print_usage(stdout);
		return EXIT_DONE;
	}
	if (arguments.word_count == 0) {
		print_usage(stderr);
		return EXIT_USAGE;
	}
	return run_verb(&arguments);
}
