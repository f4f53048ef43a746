#include "daemon/web/route.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/web/handlers.h"

#define API "/api/v1"
#define READ(path, handle) { METHOD_GET, API path, ACCESS_PERSON, handle, ACT_START, WEB_QUERY_SESSIONS }
#define ASK(path, query) { METHOD_GET, API path, ACCESS_PERSON, handle_query, ACT_START, query }
#define OF_SESSION(name, act)                                                                                          \
	{ METHOD_POST, API "/sessions/{session}/" name, ACCESS_ACT, handle_act, act, WEB_QUERY_SESSIONS }
#define OF_ALARM(name, act)                                                                                            \
	{ METHOD_POST, API "/alarms/{alarm}/" name, ACCESS_ACT, handle_act, act, WEB_QUERY_SESSIONS }
#define OF_BED(name, act) { METHOD_POST, API "/beds/{bed}/" name, ACCESS_ACT, handle_act, act, WEB_QUERY_SESSIONS }

#define OF_USER(path, access, handle, form)                                                                            \
	{ METHOD_POST, API path, access, handle, ACT_START, WEB_QUERY_SESSIONS, form }

static const struct route routes[] = {
	{ METHOD_GET, "/healthz", ACCESS_HOST, handle_health, ACT_START, WEB_QUERY_SESSIONS },
	{ METHOD_GET, "/metrics", ACCESS_HOST, handle_metrics, ACT_START, WEB_QUERY_SESSIONS },
	OF_USER("/login", ACCESS_ANYBODY, handle_log_in, FORM_LOG_IN),
	OF_USER("/logout", ACCESS_SELF, handle_log_out, FORM_LOG_OUT),
	OF_USER("/password", ACCESS_SELF, handle_own_password, FORM_OWN_PASSWORD),
	{ METHOD_GET, API "/users", ACCESS_ADMIN, handle_users, ACT_START, WEB_QUERY_SESSIONS, FORM_PLAIN },
	OF_USER("/users", ACCESS_ADMIN, handle_user_password, FORM_ADD),
	OF_USER("/users/{user}/password", ACCESS_ADMIN, handle_user_password, FORM_PASSWORD),
	OF_USER("/users/{user}/role", ACCESS_ADMIN, handle_user_role, FORM_ROLE),
	OF_USER("/users/{user}/disable", ACCESS_ADMIN, handle_user_disable, FORM_PLAIN),
	OF_USER("/users/{user}/enable", ACCESS_ADMIN, handle_user_enable, FORM_PLAIN),
	OF_USER("/users/{user}/remove", ACCESS_ADMIN, handle_user_remove, FORM_PLAIN),
	READ("/status", handle_status),
	READ("/live", handle_live),
	READ("/beds", handle_beds),
	READ("/beds/{bed}", handle_bed),
	READ("/alarms", handle_alarms),
	READ("/lines", handle_lines),
	READ("/regimens", handle_regimens),
	OF_USER("/reload", ACCESS_ENGINEER, handle_reload, FORM_PLAIN),
	ASK("/sessions", WEB_QUERY_SESSIONS),
	ASK("/sessions/{session}", WEB_QUERY_SESSION),
	ASK("/sessions/{session}/events", WEB_QUERY_EVENTS),
	ASK("/sessions/{session}/alarms", WEB_QUERY_ALARMS),
	ASK("/sessions/{session}/readings", WEB_QUERY_READINGS),
	ASK("/sessions/{session}/coverage", WEB_QUERY_COVERAGE),
	ASK("/sessions/{session}/chart", WEB_QUERY_CHART),
	ASK("/sessions/{session}/export.csv", WEB_QUERY_EXPORT_CSV),
	ASK("/verify", WEB_QUERY_VERIFY),
	OF_BED("sessions", ACT_START),
	{ METHOD_POST, API "/beds/{bed}/preview", ACCESS_ACT, handle_preview, ACT_START, WEB_QUERY_SESSIONS },
	OF_BED("pause-audio", ACT_PAUSE_AUDIO),
	OF_BED("resume-audio", ACT_RESUME_AUDIO),
	OF_SESSION("decide", ACT_DECIDE),
	OF_SESSION("review", ACT_REVIEW),
	OF_SESSION("dose", ACT_DOSE),
	OF_SESSION("pause", ACT_PAUSE),
	OF_SESSION("resume", ACT_RESUME),
	OF_SESSION("stop", ACT_STOP),
	OF_SESSION("discharge", ACT_DISCHARGE),
	OF_SESSION("checklist", ACT_CHECKLIST),
	OF_SESSION("weight", ACT_WEIGHT),
	OF_SESSION("limit", ACT_LIMIT),
	OF_SESSION("reading", ACT_MANUAL),
	OF_SESSION("note", ACT_NOTE),
	OF_SESSION("correct", ACT_CORRECT),
	OF_SESSION("confirm-gap", ACT_CONFIRM_GAP),
	OF_SESSION("confirm-time", ACT_CONFIRM_TIME),
	OF_SESSION("move", ACT_MOVE),
	OF_SESSION("sign", ACT_SIGN),
	OF_SESSION("cuff-start", ACT_CUFF_START),
	OF_SESSION("cuff-cancel", ACT_CUFF_CANCEL),
	OF_ALARM("acknowledge", ACT_ACKNOWLEDGE),
	OF_ALARM("off", ACT_ALARM_OFF),
};

enum { ROUTES = sizeof(routes) / sizeof(routes[0]) };

size_t
route_count(void)
{
	return ROUTES;
}

const struct route *
route_at(size_t index)
{
	return &routes[index];
}

bool
route_may(const struct route *route, enum role role)
{
	switch (route->access) {
	case ACCESS_ANYBODY:
	case ACCESS_HOST:
	case ACCESS_SELF:
	case ACCESS_PERSON:
		return true;
	case ACCESS_ADMIN:
		return role == ROLE_ADMIN;
	case ACCESS_ENGINEER:
		return role == ROLE_ENGINEER || role == ROLE_ADMIN;
	case ACCESS_ACT:
		return role_may(role, route->act);
	}
	return false;
}

/* A number of at most 18 digits, which always fits; 0 is no id. */
static int64_t
id_from_text(const char *text, size_t length)
{
	enum { DIGITS_MOST = 18 };
	char digits[DIGITS_MOST + 1];

	if (length == 0 || length > DIGITS_MOST)
		return 0;
	for (size_t i = 0; i < length; i++)
		if (text[i] < '0' || text[i] > '9')
			return 0;
	snprintf(digits, sizeof(digits), "%.*s", (int)length, text);
	return strtoll(digits, NULL, 10);
}

/* False when the piece cannot be one: empty, or longer than any name. */
static bool
take_param(const char *name, size_t name_length, const char *text, size_t length, struct route_params *params)
{
	if (length == 0)
		return false;
	if (strncmp(name, "bed", name_length) == 0 || strncmp(name, "user", name_length) == 0) {
		char *to = name[0] == 'b' ? params->bed : params->user;

		/* A longer name names nothing. */
		snprintf(to, NAME_CAP, "%.*s", length < NAME_CAP ? (int)length : 0, text);
	} else if (strncmp(name, "session", name_length) == 0) {
		params->session = id_from_text(text, length);
	} else {
		params->alarm = id_from_text(text, length);
	}
	return true;
}

static bool
matches(const char *pattern, const char *path, struct route_params *params)
{
	while (*pattern != '\0') {
		const char *end = strchr(pattern, '}');
		size_t length = strcspn(path, "/");

		if (*pattern != '{') {
			if (*pattern++ != *path++)
				return false;
			continue;
		}
		if (!take_param(pattern + 1, (size_t)(end - pattern) - 1, path, length, params))
			return false;
		pattern = end + 1;
		path += length;
	}
	return *path == '\0';
}

const struct route *
route_find(enum web_method method, const char *path, struct route_params *ret_params, unsigned *ret_methods)
{
	*ret_methods = 0;
	for (size_t i = 0; i < ROUTES; i++) {
		struct route_params params = { .bed = "" };

		if (!matches(routes[i].path, path, &params))
			continue;
		if (routes[i].method == method) {
			*ret_params = params;
			return &routes[i];
		}
		*ret_methods |= 1u << routes[i].method;
	}
	return NULL;
}

void
route_methods_to_text(unsigned methods, char text[static 64])
{
	static const char *const names[METHOD_COUNT] = { "GET, HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "" };
	size_t used = 0;

	text[0] = '\0';
	for (int method = 0; method < METHOD_OTHER; method++)
		if ((methods & 1u << method) != 0)
			used += (size_t)snprintf(text + used, 64 - used, "%s%s", used > 0 ? ", " : "", names[method]);
}
