/* The reading verbs: ask, then show as a table, or the daemon's own answer. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/ctl/verbs.h"

static bool
is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
}

/* The option that the API's word at `text` is; NULL when the word is none. A field leads its sentence ("limit: ...", "text is
 * missing"); elsewhere only a word that no sentence has by chance is taken for one. */
static const struct option *
option_at(const struct verb *verb, const char *text, bool leads)
{
	for (const struct option *option = verb->options; option->name != NULL; option++) {
		size_t length = option->key != NULL ? strlen(option->key) : 0;

		if (length == 0 || strncmp(text, option->key, length) != 0 || is_letter(text[length]))
			continue;
		if (strchr(option->key, '_') != NULL)
			return option;
		if (leads && (text[length] == ':' || strncmp(text + length, " is missing", strlen(" is missing")) == 0))
			return option;
	}
	return NULL;
}

void
refusal_say(const struct arguments *arguments, const struct response *response)
{
	const char *error = response_error(response);

	fputs("infusionctl: ", stderr);
	for (const char *at = error; *at != '\0'; at++) {
		bool begins = at == error || !is_letter(at[-1]);
		const struct option *option = begins ? option_at(arguments->verb, at, at == error) : NULL;

		if (option == NULL) {
			fputc(*at, stderr);
			continue;
		}
		fprintf(stderr, "--%s", option->name);
		at += strlen(option->key) - 1;
	}
	fputc('\n', stderr);
}

int
read_path(const struct arguments *arguments, const char *path, struct response *ret_response)
{
	struct outcome asked = client_get(&arguments->client, path, ret_response);

	if (!asked.ok) {
		fprintf(stderr, "infusionctl: %s\n", asked.why);
		return EXIT_NO_DAEMON;
	}
	if (ret_response->status == 200)
		return EXIT_DONE;
	refusal_say(arguments, ret_response);
	response_finish(ret_response);
	return EXIT_REFUSED;
}

static int
read_verb(const struct arguments *arguments, struct response *ret_response)
{
	char path[1024];

	if (arguments_path(arguments, path, sizeof(path)))
		return read_path(arguments, path, ret_response);
	fprintf(stderr, "infusionctl: the options are too long\n");
	return EXIT_USAGE;
}

/* Asks, and prints the answer or has it shown. */
static int
show(const struct arguments *arguments, void (*table)(FILE *out, const json_t *answer, const struct style *style))
{
	struct response response;
	int code = read_verb(arguments, &response);

	if (code != EXIT_DONE)
		return code;
	if (arguments->json)
		printf("%s\n", response.text);
	else
		table(stdout, response.json, &arguments->style);
	response_finish(&response);
	return code;
}

int
run_status(const struct arguments *arguments)
{
	return show(arguments, table_status);
}

int
run_alarms(const struct arguments *arguments)
{
	return show(arguments, table_alarms);
}

int
run_lines(const struct arguments *arguments)
{
	return show(arguments, table_lines);
}

int
run_regimens(const struct arguments *arguments)
{
	return show(arguments, table_regimens);
}

int
run_sessions(const struct arguments *arguments)
{
	return show(arguments, table_sessions);
}

int
run_readings(const struct arguments *arguments)
{
	return show(arguments, table_readings);
}

int
run_coverage(const struct arguments *arguments)
{
	return show(arguments, table_coverage);
}

int
run_beds(const struct arguments *arguments)
{
	struct response beds, status;
	int code = read_verb(arguments, &beds);

	if (code != EXIT_DONE)
		return code;
	if (arguments->json) {
		printf("%s\n", beds.text);
	} else {
		client_get(&arguments->client, "/api/v1/status", &status);
		table_beds(stdout, beds.json, status.json, &arguments->style);
		response_finish(&status);
	}
	response_finish(&beds);
	return code;
}

/* A session and its events are two questions and, for a script, one answer. */
int
run_session(const struct arguments *arguments)
{
	struct response session, events;
	char path[128];
	json_t *both;
	char *text;
	int code = read_verb(arguments, &session);

	if (code != EXIT_DONE)
		return code;
	snprintf(path, sizeof(path), "/api/v1/sessions/%.64s/events", arguments->target);
	code = read_path(arguments, path, &events);
	if (code != EXIT_DONE) {
		response_finish(&session);
		return code;
	}
	both = json_pack("{s:O, s:O}", "session", session.json, "events", json_object_get(events.json, "events"));
	text = arguments->json ? json_dumps(both, JSON_COMPACT | JSON_REAL_PRECISION(12)) : NULL;
	if (text != NULL)
		printf("%s\n", text);
	else
		table_session(stdout, both, &arguments->style);
	free(text);
	json_decref(both);
	response_finish(&session);
	response_finish(&events);
	return code;
}

static int
write_file(const char *name, const struct response *response)
{
	FILE *out = fopen(name, "we");
	bool written;

	if (out == NULL) {
		fprintf(stderr, "infusionctl: %s cannot be opened to write: %s\n", name, strerror(errno));
		return EXIT_NOT_WRITTEN;
	}
	written = response->length == 0 || fwrite(response->text, 1, response->length, out) == response->length;
	if (fclose(out) != 0 || !written) {
		fprintf(stderr, "infusionctl: %s could not be written whole\n", name);
		return EXIT_NOT_WRITTEN;
	}
	return EXIT_DONE;
}

int
run_export(const struct arguments *arguments)
{
	const char *name = arguments_value(arguments, "out");
	struct response response;
	int code = read_verb(arguments, &response);

	if (code != EXIT_DONE)
		return code;
	if (name != NULL)
		code = write_file(name, &response);
	else if (fwrite(response.text, 1, response.length, stdout) != response.length || fflush(stdout) != 0)
		code = EXIT_NOT_WRITTEN;
	response_finish(&response);
	return code;
}

int
run_verify(const struct arguments *arguments)
{
	struct response response;
	int code = read_verb(arguments, &response);

	if (code != EXIT_DONE)
		return code;
	if (arguments->json)
		printf("%s\n", response.text);
	else
		table_verify(stdout, response.json);
	/* A script must not take a broken record for a sound one. */
	if (!json_is_true(json_object_get(response.json, "sound")))
		code = EXIT_REFUSED;
	response_finish(&response);
	return code;
}
