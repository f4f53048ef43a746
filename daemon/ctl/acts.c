/* Acts as verbs: which route, which fields from which options. One row an act. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/ctl/verbs.h"

enum kind { TEXT, NUMBER, FLAG, CONFIRM, ITEMS };

struct field {
	const char *option; /* "--weight-kg" without the dashes */
	const char *key;
	enum kind kind;
};

struct act_verb {
	const char *group, *name; /* "sessions", "start"; name NULL: the group is the verb itself */
	const char *route;        /* TARGET: bed, session or alarm */
	const char *what;         /* the target, for people */
	struct field fields[10];
};

#define REASON { "reason", "reason", TEXT }

static const struct act_verb verbs[] = {
	{ "sessions", "start", "/api/v1/beds/TARGET/sessions", "BED",
	    { { "weight-kg", "weight_kg", NUMBER }, { "weight-lb", "weight_lb", NUMBER }, { "confirm", "confirm", CONFIRM },
		{ "dose-mg", "dose_mg", NUMBER }, { "volume-ml", "volume_ml", NUMBER }, { "regimen", "regimen", TEXT },
		{ "patient", "patient", TEXT }, { "unusual-confirmed", "unusual_confirmed", FLAG }, REASON } },
	{ "sessions", "decide", "/api/v1/sessions/TARGET/decide", "SESSION", { REASON } },
	{ "sessions", "review", "/api/v1/sessions/TARGET/review", "SESSION", { REASON } },
	{ "sessions", "dose", "/api/v1/sessions/TARGET/dose", "SESSION", { { "override", "override", FLAG }, REASON } },
	{ "sessions", "pause", "/api/v1/sessions/TARGET/pause", "SESSION", { REASON } },
	{ "sessions", "resume", "/api/v1/sessions/TARGET/resume", "SESSION", { REASON } },
	{ "sessions", "stop", "/api/v1/sessions/TARGET/stop", "SESSION", { { "abort", "abort", FLAG }, REASON } },
	{ "sessions", "discharge", "/api/v1/sessions/TARGET/discharge", "SESSION", { { "override", "override", FLAG }, REASON } },
	{ "sessions", "checklist", "/api/v1/sessions/TARGET/checklist", "SESSION", { { "done", "items_done", ITEMS }, REASON } },
	{ "sessions", "correct", "/api/v1/sessions/TARGET/correct", "SESSION",
	    { { "what", "what", TEXT }, { "to", "to", TEXT }, { "ago-s", "to_ago_s", NUMBER }, REASON } },
	{ "sessions", "move", "/api/v1/sessions/TARGET/move", "SESSION", { { "to-bed", "to_bed", TEXT }, REASON } },
	{ "sessions", "weight", "/api/v1/sessions/TARGET/weight", "SESSION",
	    { { "weight-kg", "weight_kg", NUMBER }, { "weight-lb", "weight_lb", NUMBER }, { "dose-mg", "dose_mg", NUMBER },
		{ "volume-ml", "volume_ml", NUMBER }, { "unusual-confirmed", "unusual_confirmed", FLAG }, REASON } },
	{ "sessions", "limit", "/api/v1/sessions/TARGET/limit", "SESSION",
	    { { "limit", "limit", TEXT }, { "value", "value", NUMBER }, REASON } },
	{ "sessions", "confirm-gap", "/api/v1/sessions/TARGET/confirm-gap", "SESSION", { REASON } },
	{ "sessions", "confirm-time", "/api/v1/sessions/TARGET/confirm-time", "SESSION", { REASON } },
	{ "note", NULL, "/api/v1/sessions/TARGET/note", "SESSION", { { "text", "text", TEXT } } },
	{ "reading", NULL, "/api/v1/sessions/TARGET/reading", "SESSION",
	    { { "systolic", "systolic", NUMBER }, { "diastolic", "diastolic", NUMBER }, { "mean", "mean", NUMBER },
		{ "ago-s", "measured_ago_s", NUMBER }, REASON } },
	{ "ack", NULL, "/api/v1/alarms/TARGET/acknowledge", "ALARM",
	    { { "revision", "revision", NUMBER }, { "recheck-min", "recheck_min", NUMBER }, REASON } },
	{ "alarm-off", NULL, "/api/v1/alarms/TARGET/off", "ALARM", { { "condition", "condition", TEXT }, REASON } },
	{ "pause-audio", NULL, "/api/v1/beds/TARGET/pause-audio", "BED", { { "seconds", "seconds", NUMBER }, REASON } },
	{ "resume-audio", NULL, "/api/v1/beds/TARGET/resume-audio", "BED", { REASON } },
};

static const struct act_verb *
find_verb(const struct arguments *arguments)
{
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		if (arguments->word_count == 0 || strcmp(verbs[i].group, arguments->words[0]) != 0)
			continue;
		if (verbs[i].name == NULL ||
		    (arguments->word_count > 1 && strcmp(verbs[i].name, arguments->words[1]) == 0))
			return &verbs[i];
	}
	return NULL;
}

bool
acts_know(const struct arguments *arguments)
{
	return find_verb(arguments) != NULL;
}

void
acts_print_usage(FILE *out)
{
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		fprintf(out, "  %s%s%s %s", verbs[i].group, verbs[i].name != NULL ? " " : "",
		    verbs[i].name != NULL ? verbs[i].name : "", verbs[i].what);
		for (const struct field *field = verbs[i].fields; field->option != NULL; field++)
			fprintf(out, " [--%s%s]", field->option,
			    field->kind == FLAG ? "" : field->kind == CONFIRM ? " VITAL=VALUE|none" : field->kind == ITEMS ? " 1,2,..." : " ..");
		fputc('\n', out);
	}
}

/* A decimal as JSON writes it, so that no digit is lost on the way. */
static json_t *
number(const char *text)
{
	json_error_t error;

	return json_loads(text, JSON_DECODE_ANY, &error);
}

static json_t *
confirmation(const char *text)
{
	const char *equals = strchr(text, '=');
	json_t *value, *object;

	if (strcmp(text, "none") == 0)
		return json_null();
	if (equals == NULL)
		return NULL;
	value = number(equals + 1);
	if (value == NULL)
		return NULL;
	object = json_object();
	json_object_set_new(object, "vital", json_stringn(text, (size_t)(equals - text)));
	json_object_set_new(object, "value", value);
	return object;
}

static json_t *
items(const char *text)
{
	json_t *list = json_array();

	if (strcmp(text, "none") == 0)
		return list;
	for (char *end; *text != '\0'; text = *end == ',' ? end + 1 : end) {
		long item = strtol(text, &end, 10);

		if (end == text || (*end != ',' && *end != '\0')) {
			json_decref(list);
			return NULL;
		}
		json_array_append_new(list, json_integer(item));
	}
	return list;
}

static json_t *
value_of(const struct field *field, const char *text)
{
	switch (field->kind) {
	case TEXT:
		return json_string(text);
	case NUMBER:
		return number(text);
	case FLAG:
		return json_true();
	case CONFIRM:
		return confirmation(text);
	case ITEMS:
		return items(text);
	}
	return NULL;
}

static const struct field *
find_field(const struct act_verb *verb, const char *option)
{
	for (const struct field *field = verb->fields; field->option != NULL; field++)
		if (strcmp(field->option, option) == 0)
			return field;
	return NULL;
}

static json_t *
body_of(const struct arguments *arguments, const struct act_verb *verb)
{
	json_t *body = json_object();

	for (size_t i = 0; i < arguments->option_count; i++) {
		const struct field *field = find_field(verb, arguments->names[i]);
		json_t *value = field != NULL && (field->kind == FLAG || arguments->values[i] != NULL)
		    ? value_of(field, arguments->values[i])
		    : NULL;

		if (value == NULL) {
			fprintf(stderr, "infusionctl: --%s%s%s\n", arguments->names[i],
			    field == NULL ? " does not belong to this verb" : " has a value that cannot be used: ",
			    field == NULL || arguments->values[i] == NULL ? "" : arguments->values[i]);
			json_decref(body);
			return NULL;
		}
		json_object_set_new(body, field->key, value);
	}
	return body;
}

/* The target stands where the route says TARGET. */
static void
route_for(const struct act_verb *verb, const char *target, char *path, size_t cap)
{
	const char *at = strstr(verb->route, "TARGET");

	snprintf(path, cap, "%.*s%s%s", (int)(at - verb->route), verb->route, target, at + strlen("TARGET"));
}

/* An acknowledgement carries the revision that was on the screen; without one, what is there now is shown first. */
static int
run(const struct arguments *arguments, const struct act_verb *verb, const char *target)
{
	json_t *body = body_of(arguments, verb);
	struct response response;
	struct outcome asked;
	char path[256];
	int status;

	if (body == NULL)
		return EXIT_USAGE;
	route_for(verb, target, path, sizeof(path));
	asked = client_act(&arguments->client, path, body, &response);
	json_decref(body);
	if (!asked.ok) {
		fprintf(stderr, "infusionctl: %s\n", asked.why);
		return EXIT_NO_DAEMON;
	}
	status = response.status == 200 ? EXIT_DONE : EXIT_REFUSED;
	if (arguments->json)
		printf("%s\n", response.text != NULL ? response.text : "");
	else if (status == EXIT_DONE)
		printf("done: %s (bed %s, session %lld)\n", json_string_value(json_object_get(response.json, "text")),
		    json_is_string(json_object_get(response.json, "bed")) ? json_string_value(json_object_get(response.json, "bed")) : "-",
		    (long long)json_integer_value(json_object_get(response.json, "session")));
	if (status != EXIT_DONE)
		fprintf(stderr, "infusionctl: %s\n", response_error(&response));
	response_finish(&response);
	return status;
}

int
verb_act(const struct arguments *arguments, const char *name)
{
	const struct act_verb *verb = find_verb(arguments);
	size_t at = verb->name != NULL ? 2 : 1;
	const char *target = at < arguments->word_count ? arguments->words[at] : NULL;

	(void)name;
	if (target == NULL || arguments->word_count != at + 1 || strpbrk(target, "/?#% ") != NULL) {
		fprintf(stderr, "infusionctl: %s %s needs one %s\n", verb->group, verb->name != NULL ? verb->name : "", verb->what);
		return EXIT_USAGE;
	}
	return run(arguments, verb, target);
}
