/* Questions to the record: the words after the '?' become a query by one table,
 * and what the table does not know is refused with the nearest name. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/nearest.h"
#include "daemon/web/handlers.h"
#include "daemon/web/web_state.h"

#define QUERY_BIT(kind) (1u << (kind))

enum {
	LISTS = QUERY_BIT(WEB_QUERY_SESSIONS) | QUERY_BIT(WEB_QUERY_EVENTS) | QUERY_BIT(WEB_QUERY_ALARMS) |
	    QUERY_BIT(WEB_QUERY_READINGS),
	TIMED = QUERY_BIT(WEB_QUERY_SESSIONS) | QUERY_BIT(WEB_QUERY_READINGS),
	SESSIONS = QUERY_BIT(WEB_QUERY_SESSIONS),
	READINGS = QUERY_BIT(WEB_QUERY_READINGS),
	VERIFY = QUERY_BIT(WEB_QUERY_VERIFY),
	CHART = QUERY_BIT(WEB_QUERY_CHART),
	ARGUMENT_CAP = 160
};

struct argument {
	const char *name;
	unsigned kinds;
	bool (*read)(const char *text, void *to, size_t cap);
	size_t offset, cap;
	const char *wanted;
};

static bool
read_text(const char *text, void *to, size_t cap)
{
	size_t length = strlen(text);

	if (length == 0 || length >= cap)
		return false;
	for (size_t i = 0; i < length; i++)
		if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f)
			return false;
	memcpy(to, text, length + 1);
	return true;
}

static bool
read_state(const char *text, void *to, size_t cap)
{
	return (strcmp(text, "open") == 0 || strcmp(text, "ended") == 0) && read_text(text, to, cap);
}

static bool
read_yes_no(const char *text, void *to, size_t cap)
{
	return (strcmp(text, "yes") == 0 || strcmp(text, "no") == 0) && read_text(text, to, cap);
}

static bool
read_alarm(const char *text, void *to, size_t cap)
{
	struct alarm_group group;
	enum priority priority;

	return ((priority_from_name(text, &priority) && priority != PRIORITY_NONE) || alarm_group_from_text(text, &group)) &&
	       read_text(text, to, cap);
}

static bool
read_vital(const char *text, void *to, size_t cap)
{
	enum vital vital;

	return vital_from_name(text, &vital) && read_text(text, to, cap);
}

static bool
read_time(const char *text, void *to, size_t cap)
{
	(void)cap;
	return instant_from_iso(text, to);
}

static bool
read_number(const char *text, void *to, size_t cap)
{
	enum { DIGITS_MOST = 9 };
	size_t length = strlen(text);

	(void)cap;
	if (length == 0 || length > DIGITS_MOST || strspn(text, "0123456789") != length)
		return false;
	*(int64_t *)to = strtoll(text, NULL, 10);
	return true;
}

static bool
read_step(const char *text, void *to, size_t cap)
{
	enum { STEP_MOST_S = 3600 };
	int64_t step_s;

	if (!read_number(text, &step_s, cap) || step_s < 1 || step_s > STEP_MOST_S)
		return false;
	*(int64_t *)to = step_s;
	return true;
}

#define PLACE(member) offsetof(struct web_query, member), sizeof(((struct web_query *)0)->member)

static const struct argument arguments[] = {
	{ "bed", SESSIONS, read_text, PLACE(bed), "the name of a bed" },
	{ "patient", SESSIONS, read_text, PLACE(patient), "a patient's pseudonym" },
	{ "regimen", SESSIONS, read_text, PLACE(regimen), "the name of a regimen" },
	{ "state", SESSIONS, read_state, PLACE(state), "open or ended" },
	{ "alarm", SESSIONS, read_alarm, PLACE(alarm), "low, medium, high or a group of alarms" },
	{ "gap", SESSIONS, read_yes_no, PLACE(gap), "yes or no" },
	{ "unsigned", SESSIONS, read_yes_no, PLACE(unsigned_), "yes or no" },
	{ "q", SESSIONS, read_text, PLACE(text), "a text of at most 63 bytes" },
	{ "vital", READINGS, read_vital, PLACE(vital), "the name of a vital sign" },
	{ "from", TIMED, read_time, PLACE(from), "a time like 2026-01-02T09:30:00Z" },
	{ "to", TIMED, read_time, PLACE(to), "a time like 2026-01-02T09:30:00Z" },
	{ "limit", LISTS, read_number, PLACE(limit), "a whole number" },
	{ "offset", LISTS, read_number, PLACE(offset), "a whole number" },
	{ "step_s", CHART, read_step, PLACE(step_s), "whole seconds from 1 to 3600" },
	{ "head", VERIFY, read_text, PLACE(head), "a head that was kept, like 812:9f.." },
};

enum { ARGUMENTS = sizeof(arguments) / sizeof(arguments[0]) };

static struct outcome
unknown_argument(enum web_query_kind kind, const char *name)
{
	const char *names[ARGUMENTS];
	char nearest[NEAREST_TEXT_CAP];
	size_t count = 0;

	for (size_t i = 0; i < ARGUMENTS; i++)
		if ((arguments[i].kinds & QUERY_BIT(kind)) != 0)
			names[count++] = arguments[i].name;
	nearest_to_text(name, names, count, nearest);
	return outcome_fail("'%.60s' is not known here%s", name, nearest);
}

/* "name=value" */
static struct outcome
take_argument(struct web_query *query, char *text)
{
	char *value = strchr(text, '=');

	if (value == NULL)
		return outcome_fail("'%.60s' has no value", text);
	*value++ = '\0';
	for (size_t i = 0; i < ARGUMENTS; i++) {
		const struct argument *argument = &arguments[i];

		if (strcmp(argument->name, text) != 0 || (argument->kinds & QUERY_BIT(query->kind)) == 0)
			continue;
		if (!argument->read(value, (char *)query + argument->offset, argument->cap))
			return outcome_fail("%s: %s is wanted", argument->name, argument->wanted);
		return outcome_ok();
	}
	return unknown_argument(query->kind, text);
}

/* An empty word ("?a=b&&c=d") has the same length as one that is not there: copying tells them apart. */
static struct outcome
read_arguments(struct lws *wsi, struct web_query *query)
{
	struct outcome read = outcome_ok();
	char text[ARGUMENT_CAP];

	for (int i = 0; read.ok; i++) {
		int length = lws_hdr_fragment_length(wsi, WSI_TOKEN_HTTP_URI_ARGS, i);
		int copied = lws_hdr_copy_fragment(wsi, text, sizeof(text), WSI_TOKEN_HTTP_URI_ARGS, i);

		if (copied < 0 && length == 0)
			return read;
		if (copied < 0)
			return outcome_fail("a word after the '?' is longer than %d bytes", ARGUMENT_CAP - 1);
		if (copied > 0)
			read = take_argument(query, text);
	}
	return read;
}

void
handle_query(struct web_request *request)
{
	struct web_backend *backend = &request->web->backend;
	struct web_query query = {
		.kind = request->route->query,
		.session = request->params.session,
		.from = INSTANT_UNKNOWN,
		.to = INSTANT_UNKNOWN,
	};
	struct outcome read = read_arguments(request->wsi, &query);

	if (!read.ok)
		request_refuse(request, 422, "%s", read.why);
	else if (strstr(request->route->path, "{session}") != NULL && query.session == 0)
		request_refuse(request, 404, "there is no such session");
	else
		backend->query(backend->ctx, &query, request->ticket);
}
