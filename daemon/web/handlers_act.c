/* Acts: who does it, whether their role may, and what it says; the rules
 * themselves are the backend's. */
#include <jansson.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/web/act_read.h"
#include "daemon/web/handlers.h"
#include "daemon/web/web_state.h"

static bool
bed_exists(const struct web *web, const char *name)
{
	struct web_bed bed;

	for (size_t i = 0; name[0] != '\0' && i < web->backend.bed_count(web->backend.ctx); i++) {
		web->backend.bed_at(web->backend.ctx, i, &bed);
		if (strcmp(bed.name, name) == 0)
			return true;
	}
	return false;
}

/* False when the path names nothing that can be. */
static bool
find_target(struct web_request *request, struct web_act *act)
{
	const struct route_params *params = &request->params;

	if (strstr(request->route->path, "{session}") != NULL) {
		act->target = WEB_TARGET_SESSION;
		act->session = params->session;
		if (act->session == 0)
			request_refuse(request, 404, "there is no such session");
	} else if (strstr(request->route->path, "{alarm}") != NULL) {
		act->target = WEB_TARGET_ALARM;
		act->alarm = act->act.alarm = params->alarm;
		if (act->alarm == 0)
			request_refuse(request, 404, "there is no such alarm");
	} else {
		act->target = WEB_TARGET_BED;
		snprintf(act->bed, sizeof(act->bed), "%s", params->bed);
		if (!bed_exists(request->web, act->bed))
			request_refuse(request, 404, "there is no such bed");
	}
	return request->status == 0;
}

bool
act_find_actor(struct web_request *request, const json_t *body, const char *not_for, struct actor *ret_who)
{
	char as[NAME_CAP];
	struct outcome done = act_read_as(body, as);

	if (!done.ok) {
		request_refuse(request, 422, "%s", done.why);
		return false;
	}
	done = people_speak_for(&request->web->people, request->person, as, ret_who);
	if (done.ok && !route_may(request->route, ret_who->role))
		done = outcome_fail("%s %s", not_for, role_words(ret_who->role));
	if (!done.ok)
		request_refuse(request, 403, "%s", done.why);
	return done.ok;
}

static bool
read_fields(struct web_request *request, const json_t *body, struct web_act *act)
{
	struct web_station station;
	struct outcome done;

	request->web->backend.station(request->web->backend.ctx, &station);
	done = act_read_fields(body, request->route->act, station.now, act);
	if (done.ok && request->route->act == ACT_MOVE && !bed_exists(request->web, act->act.bed))
		done = outcome_fail("to_bed: there is no bed '%s'", act->act.bed);
	if (!done.ok)
		request_refuse(request, 422, "%s", done.why);
	return done.ok;
}

json_t *
act_begin(struct web_request *request, struct web_act *ret_act)
{
	struct outcome parsed = outcome_ok();
	char not_for[64];
	json_t *body;

	if (!find_target(request, ret_act))
		return NULL;
	body = act_read_object(request->body, request->body_length, &parsed);
	if (!parsed.ok || body == NULL) {
		request_refuse(request, parsed.ok ? 503 : 400, "%s", parsed.ok ? "out of memory" : parsed.why);
		return NULL;
	}
	snprintf(not_for, sizeof(not_for), "%s is not for", act_kind_name(request->route->act));
	if (act_find_actor(request, body, not_for, &ret_act->act.who))
		return body;
	json_decref(body);
	return NULL;
}

/* The same fields with the same values, in whatever order. */
static void
sum_up(const json_t *body, struct web_act *act)
{
	char *text = json_dumps(body, JSON_SORT_KEYS | JSON_COMPACT);
	const char *kind = act_kind_name(act->act.kind);
	crypto_generichash_state sum;

	if (text == NULL)
		return;
	crypto_generichash_init(&sum, NULL, 0, sizeof(act->content));
	crypto_generichash_update(&sum, (const unsigned char *)kind, strlen(kind) + 1);
	crypto_generichash_update(&sum, (const unsigned char *)text, strlen(text));
	crypto_generichash_final(&sum, act->content, sizeof(act->content));
	free(text);
}

void
handle_act(struct web_request *request)
{
	struct web_backend *backend = &request->web->backend;
	struct web_act act = { .session = 0 };
	json_t *body = act_begin(request, &act);

	if (body == NULL)
		return;
	if (read_fields(request, body, &act)) {
		sum_up(body, &act);
		backend->act(backend->ctx, &act, request->ticket);
	}
	json_decref(body);
}
