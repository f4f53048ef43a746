/* The configuration read anew: who asks, and what is said of it. What it comes
 * to is the backend's. */
#include <jansson.h>
#include <stdio.h>

#include "daemon/web/account_read.h"
#include "daemon/web/handlers.h"
#include "daemon/web/web_state.h"

static bool
read_reload(struct web_request *request, const json_t *object, struct web_reload *ret_asked)
{
	struct account_body body;
	struct outcome read;

	if (!act_find_actor(request, object, "the wiring is taken up by an engineer or an admin, not by",
	        &ret_asked->who))
		return false;
	read = account_read(object, request->route->form, &body);
	if (!read.ok) {
		request_refuse(request, 422, "%s", read.why);
		return false;
	}
	snprintf(ret_asked->act_id, sizeof(ret_asked->act_id), "%s", body.act_id);
	snprintf(ret_asked->reason, sizeof(ret_asked->reason), "%s", body.reason);
	return true;
}

void
handle_reload(struct web_request *request)
{
	struct web_backend *backend = &request->web->backend;
	struct outcome parsed = outcome_ok();
	json_t *object = act_read_object(request->body, request->body_length, &parsed);
	struct web_reload asked = { .act_id = "" };

	if (object == NULL)
		request_refuse(request, parsed.ok ? 503 : 400, "%s", parsed.ok ? "out of memory" : parsed.why);
	else if (read_reload(request, object, &asked))
		backend->reload(backend->ctx, &asked, request->ticket);
	json_decref(object);
}

static void
write_change(struct json_out *out, const struct web_change *change)
{
	static const char *const names[WEB_CHANGE_KIND_COUNT] = { "added", "changed", "removed", "waiting" };

	json_out_object(out, NULL);
	json_out_text(out, "what", names[change->kind]);
	json_out_text(out, "setting", change->key);
	json_out_text_or_null(out, "old", change->old_value);
	json_out_text_or_null(out, "new", change->new_value);
	json_out_end_object(out);
}

void
write_reloaded(struct json_out *out, const struct web_done *done)
{
	json_out_text(out, "text", done->text);
	json_out_bool(out, "repeated", done->repeated);
	if (done->repeated) {
		json_out_null(out, "changes");
		return;
	}
	json_out_list(out, "changes");
	for (size_t i = 0; i < done->change_count; i++)
		write_change(out, &done->changes[i]);
	json_out_end_list(out);
}

void
web_refuse_faults(struct web *web, web_ticket ticket, const char *sentence, const char *const *faults, size_t count)
{
	struct web_request *request = request_by_ticket(web, ticket);
	struct json_out out;

	if (request == NULL)
		return;
	json_out_init(&out, LWS_PRE);
	json_out_object(&out, NULL);
	json_out_text(&out, "error", sentence);
	json_out_list(&out, "faults");
	for (size_t i = 0; i < count; i++)
		json_out_text(&out, NULL, faults[i]);
	json_out_end_list(&out);
	json_out_end_object(&out);
	request_answer_json(request, 409, &out);
}
