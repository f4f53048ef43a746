/* Acts: options become a body by the verb's table, the daemon answers when it
 * is done and on disk, and the answer is said in one line. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/instant.h"
#include "daemon/base/vital.h"
#include "daemon/ctl/verbs.h"

enum { MS_PER_MIN = 60000, MIN_PER_DAY = 1440 };

/* A decimal as JSON writes it, so that no digit is lost on the way. */
static json_t *
number(const char *text)
{
	json_t *value = json_loads(text, JSON_DECODE_ANY, NULL);

	if (json_is_number(value))
		return value;
	json_decref(value);
	return NULL;
}

static json_t *
confirmation(const char *text)
{
	const char *equals = strchr(text, '=');
	json_t *value, *object;
	enum vital vital;
	char name[32];

	if (strcmp(text, "none") == 0)
		return json_null();
	snprintf(name, sizeof(name), "%.*s", equals != NULL ? (int)(equals - text) : 0, text);
	value = vital_from_name(name, &vital) ? number(equals + 1) : NULL;
	if (value == NULL)
		return NULL;
	object = json_object();
	json_object_set_new(object, "vital", json_string(name));
	json_object_set_new(object, "value", value);
	return object;
}

static json_t *
items(const char *text)
{
	json_t *list = json_array();

	if (strcmp(text, "none") == 0)
		return list;
	for (char *end;; text = end + 1) {
		long item = strtol(text, &end, 10);

		if (end == text || item < 1 || item > 64 || (*end != ',' && *end != '\0'))
			break;
		json_array_append_new(list, json_integer(item));
		if (*end == '\0')
			return list;
	}
	json_decref(list);
	return NULL;
}

/* "10:02" as the clinic's clock last showed it. The daemon says what time it is there: this host's own clock may be
 * another. */
static json_t *
clock_time(const struct arguments *arguments, const char *given, int minute_of_day)
{
	struct response status;
	struct outcome asked = client_get(&arguments->client, "/api/v1/status", &status);
	const char *at = asked.ok ? json_string_value(json_object_get(status.json, "at")) : NULL;
	struct instant now = INSTANT_UNKNOWN;
	char text[INSTANT_TEXT_CAP];
	int64_t offset_ms, minutes_ago;

	/* What keeps us from the daemon keeps the act from it, too, and is said then. */
	if (at == NULL || !instant_from_iso(at, &now)) {
		response_finish(&status);
		return json_string(given);
	}
	offset_ms = json_integer_value(json_object_get(json_object_get(status.json, "wall_clock"), "utc_offset_min")) * MS_PER_MIN;
	response_finish(&status);
	minutes_ago = (now.ms + offset_ms) / MS_PER_MIN % MIN_PER_DAY - minute_of_day;
	if (minutes_ago < 0)
		minutes_ago += MIN_PER_DAY;
	now.ms = (now.ms / MS_PER_MIN - minutes_ago) * MS_PER_MIN;
	instant_to_iso(now, text);
	return json_string(text);
}

static json_t *
time_of(const struct arguments *arguments, const char *text)
{
	const char *colon = strchr(text, ':');
	struct instant whole;
	int hour, minute, used = 0;

	if (instant_from_iso(text, &whole))
		return json_string(text);
	/* Two digits of minutes: "10:3" may have wanted to become 10:30. */
	if (colon != NULL && strlen(colon + 1) == 2 && strspn(text, "0123456789:") == strlen(text) &&
	    sscanf(text, "%2d:%2d%n", &hour, &minute, &used) == 2 && text[used] == '\0' && hour < 24 && minute < 60)
		return clock_time(arguments, text, hour * 60 + minute);
	return NULL;
}

static json_t *
value_of(const struct arguments *arguments, const struct option *option, const char *text)
{
	switch (option->kind) {
	case OPTION_NUMBER:
		return number(text);
	case OPTION_FLAG:
		/* The one flag that takes something back. */
		return strcmp(option->key, "must_change_password") == 0 ? json_false() : json_true();
	case OPTION_CONFIRM:
		return confirmation(text);
	case OPTION_ITEMS:
		return items(text);
	case OPTION_TIME:
		return time_of(arguments, text);
	default:
		return json_string(text);
	}
}

/* What is wrong with a value, behind "'x' is". */
static const char *
what_it_is_not(enum option_kind kind)
{
	switch (kind) {
	case OPTION_NUMBER:
		return "no number such as 70 or 70.5";
	case OPTION_CONFIRM:
		return "neither a vital sign with its value, as in spo2=97, nor none";
	case OPTION_ITEMS:
		return "neither numbers of items, as in 1,3,4, nor none";
	case OPTION_TIME:
		return "no time such as 09:30 (the clinic's) or 2026-01-02T09:30:00Z";
	default:
		return "no text in UTF-8";
	}
}

json_t *
act_body(const struct arguments *arguments)
{
	const struct option *options = arguments->verb->options;
	json_t *body = json_object();

	for (size_t i = 0; options[i].name != NULL; i++) {
		json_t *value;

		if (arguments->values[i] == NULL)
			continue;
		value = value_of(arguments, &options[i], arguments->values[i]);
		if (value == NULL) {
			fprintf(stderr, "infusionctl: --%s: '%s' is %s\n", options[i].name, arguments->values[i],
			    what_it_is_not(options[i].kind));
			json_decref(body);
			return NULL;
		}
		json_object_set_new(body, options[i].key, value);
	}
	return body;
}

/* R34: what was started, with the arithmetic that it stands on. */
static void
print_plan(const struct arguments *arguments, const char *bed)
{
	char path[128];
	struct response response;

	snprintf(path, sizeof(path), "/api/v1/beds/%.64s", bed);
	if (client_get(&arguments->client, path, &response).ok && response.status == 200)
		table_plan(stdout, json_object_get(json_object_get(response.json, "session"), "plan"));
	response_finish(&response);
}

/* Some sentences of the record tell what was there, and not what was done to it. */
static const char *
what_was_done(const char *act, const char *text)
{
	static const struct {
		const char *act, *done;
	} rows[] = { { "acknowledge", "acknowledged: " }, { "discharge", "discharged over: " }, { "reading", "entered: " } };

	for (size_t i = 0; act != NULL && i < sizeof(rows) / sizeof(rows[0]); i++)
		if (strcmp(rows[i].act, act) == 0 && strncmp(text, "discharged", strlen("discharged")) != 0)
			return rows[i].done;
	return "";
}

static void
print_done(const struct arguments *arguments, const json_t *done)
{
	const char *bed = json_string_value(json_object_get(done, "bed"));
	const char *act = json_string_value(json_object_get(done, "act")), *text = cell_text(done, "text");
	json_int_t session = json_integer_value(json_object_get(done, "session"));

	printf("done%s: %s%s", json_is_true(json_object_get(done, "repeated")) ? " before" : "", what_was_done(act, text), text);
	if (session != 0)
		printf(" (session %" JSON_INTEGER_FORMAT "%s%s)", session, bed != NULL ? ", bed " : "", bed != NULL ? bed : "");
	putchar('\n');
	if (bed != NULL && act != NULL && (strcmp(act, "start") == 0 || strcmp(act, "weight") == 0))
		print_plan(arguments, bed);
}

static void
print_preview(const struct arguments *arguments, const json_t *preview)
{
	(void)arguments;
	table_preview(stdout, preview);
}

static void
print_reload(const struct arguments *arguments, const json_t *done)
{
	const json_t *change;
	size_t at;

	(void)arguments;
	printf("done%s: %s\n", cell_is(done, "repeated") ? " before" : "", cell_text(done, "text"));
	json_array_foreach(json_object_get(done, "changes"), at, change)
	{
		const char *old_value = cell_text(change, "old"), *new_value = cell_text(change, "new");

		printf("  %-8s %s: %s%s%s\n", cell_text(change, "what"), cell_text(change, "setting"), old_value,
		    old_value[0] != '\0' && new_value[0] != '\0' ? " -> " : "", new_value);
	}
}

/* The sentence, and where there are several reasons each of them. */
static void
say_refused(const struct arguments *arguments, const struct response *response)
{
	const json_t *faults = json_object_get(response->json, "faults"), *fault;
	size_t at;

	refusal_say(arguments, response);
	if (json_array_size(faults) > 1)
		json_array_foreach(faults, at, fault)
			fprintf(stderr, "  %s\n", json_string_value(fault));
}

/* Posts what the options say, and has the answer shown. */
static int
post(const struct arguments *arguments, json_t *body,
    void (*show)(const struct arguments *arguments, const json_t *answer))
{
	struct response response;
	struct outcome asked;
	char path[256];
	int code;

	if (body == NULL)
		return EXIT_USAGE;
	if (!arguments_path(arguments, path, sizeof(path))) {
		fprintf(stderr, "infusionctl: '%s' is no %s\n", arguments->target, arguments->verb->target);
		json_decref(body);
		return EXIT_USAGE;
	}
	asked = client_act(&arguments->client, path, body, &response);
	json_decref(body);
	if (!asked.ok) {
		fprintf(stderr, "infusionctl: %s\n", asked.why);
		return EXIT_NO_DAEMON;
	}
	code = response.status == 200 ? EXIT_DONE : EXIT_REFUSED;
	if (arguments->json && response.text != NULL)
		printf("%s\n", response.text);
	else if (code == EXIT_DONE)
		show(arguments, response.json);
	if (code != EXIT_DONE)
		say_refused(arguments, &response);
	response_finish(&response);
	return code;
}

int
act_send(const struct arguments *arguments, json_t *body)
{
	return post(arguments, body, print_done);
}

int
run_act(const struct arguments *arguments)
{
	return act_send(arguments, act_body(arguments));
}

int
run_preview(const struct arguments *arguments)
{
	return post(arguments, act_body(arguments), print_preview);
}

int
run_reload(const struct arguments *arguments)
{
	return post(arguments, act_body(arguments), print_reload);
}
