/* Accounts, kept by admins: listing, making, changing, removing. Each change is
 * answered when it is on record. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/web/account_read.h"
#include "daemon/web/handlers.h"
#include "daemon/web/web_state.h"

static const char not_for[] = "accounts are kept by an admin, not by";

static void
write_account(struct json_out *out, const struct accounts *accounts, const struct account *account)
{
	struct instant used;
	size_t log_ins = accounts_log_ins_of(accounts, account->name, &used);

	json_out_object(out, NULL);
	json_out_text(out, "name", account->name);
	json_out_text(out, "role", role_name(account->role));
	json_out_bool(out, "disabled", account->disabled);
	json_out_bool(out, "must_change_password", account->must_change);
	json_out_instant(out, "made", account->made);
	json_out_int(out, "log_ins", (int64_t)log_ins);
	json_out_instant(out, "last_used", used);
	json_out_end_object(out);
}

void
handle_users(struct web_request *request)
{
	const struct accounts *accounts = &request->web->accounts;
	struct json_out out;

	if (!route_may(request->route, request->person->role)) {
		request_refuse(request, 403, "%s %s", not_for, role_words(request->person->role));
		return;
	}
	json_out_init(&out, LWS_PRE);
	json_out_object(&out, NULL);
	json_out_list(&out, "users");
	for (size_t i = 0; i < accounts->count; i++)
		write_account(&out, accounts, &accounts->list[i]);
	json_out_end_list(&out);
	json_out_end_object(&out);
	request_answer_json(request, 200, &out);
}

/* One change of one account, from its body to the record. */
struct change {
	struct web *web;
	web_ticket ticket;
	enum account_form form;
	struct web_account_event event;
	struct account account; /* as it is to be made; its name and role for the others */
	bool must_change;
};

static bool
read_change(struct web_request *request, const json_t *object, struct account_body *body, struct change *change)
{
	struct outcome read;

	if (!act_find_actor(request, object, not_for, &change->event.who))
		return false;
	read = account_read(object, request->route->form, body);
	if (!read.ok) {
		request_refuse(request, 422, "%s", read.why);
		return false;
	}
	/* Who is changed stands in the path; who is made, in the body. */
	if (request->route->form == FORM_ADD)
		snprintf(request->params.user, sizeof(request->params.user), "%s", body->name);
	change->web = request->web;
	change->ticket = request->ticket;
	change->form = request->route->form;
	change->must_change = body->must_change;
	change->account = (struct account){ .role = body->role, .must_change = body->must_change, .made = web_now(request->web) };
	snprintf(change->account.name, sizeof(change->account.name), "%s", request->params.user);
	snprintf(change->event.account, sizeof(change->event.account), "%s", request->params.user);
	snprintf(change->event.act_id, sizeof(change->event.act_id), "%s", body->act_id);
	snprintf(change->event.reason, sizeof(change->event.reason), "%s", body->reason);
	return true;
}

/* False when the request was answered: a repeat, or an account that is not there. */
static bool
is_possible(struct web_request *request, const struct change *change)
{
	const struct web_backend *backend = &request->web->backend;

	if (backend->is_repeat(backend->ctx, &change->event, request->ticket))
		return false;
	if (change->form == FORM_ADD || accounts_find(&request->web->accounts, change->account.name) != NULL)
		return true;
	request_refuse(request, 404, "there is no such account");
	return false;
}

static bool
begin(struct web_request *request, struct account_body *body, struct change *change)
{
	struct outcome parsed = outcome_ok();
	json_t *object = act_read_object(request->body, request->body_length, &parsed);
	bool begun;

	*change = (struct change){ .web = NULL };
	if (object == NULL) {
		request_refuse(request, parsed.ok ? 503 : 400, "%s", parsed.ok ? "out of memory" : parsed.why);
		return false;
	}
	begun = read_change(request, object, body, change) && is_possible(request, change);
	account_wipe_json(object);
	json_decref(object);
	return begun;
}

/* The change is made: those whose say it concerns are asked anew, and it goes on record. */
static void
finish(struct change *change, struct outcome done)
{
	const struct web_backend *backend = &change->web->backend;

	if (!done.ok) {
		web_refuse(change->web, change->ticket, 409, done.why);
		return;
	}
	live_end_account(change->web, change->account.name, NULL);
	backend->account_changed(backend->ctx, &change->event, change->ticket);
}

static void
describe(struct change *change, const char *old_value, const char *new_value, const char *what)
{
	struct web_account_event *event = &change->event;

	snprintf(event->old_value, sizeof(event->old_value), "%s", old_value);
	snprintf(event->new_value, sizeof(event->new_value), "%s", new_value);
	snprintf(event->text, sizeof(event->text), "account %s %s", event->account, what);
}

static void
hash_made(void *ctx, const struct password_result *result)
{
	struct change *change = ctx;
	struct accounts *accounts;
	char what[64];

	if (result == NULL) {
		free(change);
		return;
	}
	accounts = &change->web->accounts;
	if (result->failed) {
		web_refuse(change->web, change->ticket, 503, "there is no memory for a password now");
	} else if (change->form != FORM_ADD && accounts_find(accounts, change->account.name) == NULL) {
		web_refuse(change->web, change->ticket, 404, "there is no such account");
	} else if (change->form == FORM_ADD) {
		snprintf(change->account.hash, sizeof(change->account.hash), "%s", result->made);
		snprintf(what, sizeof(what), "was made: %s", role_name(change->account.role));
		describe(change, "", role_name(change->account.role), what);
		finish(change, accounts_add(accounts, &change->account));
	} else {
		describe(change, "", "password", "was given a password");
		accounts_log_out_others(accounts, change->account.name, NULL);
		finish(change, accounts_set_hash(accounts, change->account.name, result->made, change->must_change));
	}
	explicit_bzero(change, sizeof(*change));
	free(change);
}

/* Making an account, and giving it another password. */
void
handle_user_password(struct web_request *request)
{
	struct account_body body;
	struct change *change = calloc(1, sizeof(*change));
	struct outcome good;

	if (change == NULL) {
		request_refuse(request, 503, "out of memory");
		return;
	}
	if (!begin(request, &body, change))
		goto free;
	good = password_check_rules(body.password, change->account.name);
	if (!good.ok)
		request_refuse(request, 422, "password: %s", good.why);
	else if (change->form == FORM_ADD && !account_name_is_good(change->account.name))
		request_refuse(request, 422, "name: a name has at most %d letters, digits, '-', '_' and '.'", NAME_CAP - 1);
	else if (change->form == FORM_ADD && accounts_find(&request->web->accounts, change->account.name) != NULL)
		request_refuse(request, 409, "there is an account '%s' already", change->account.name);
	else if (passwords_ask(request->web->passwords, NULL, NULL, body.password, hash_made, change))
		change = NULL;
	else
		request_refuse(request, 503, "too many passwords are being looked at: try again soon");
	account_body_wipe(&body);
free:
	free(change);
}

void
handle_user_role(struct web_request *request)
{
	struct account_body body;
	struct change change;
	const struct account *account;
	char what[96];

	if (!begin(request, &body, &change))
		return;
	account = accounts_find(&request->web->accounts, change.account.name);
	snprintf(what, sizeof(what), "is %s now, and was %s", role_name(change.account.role), role_name(account->role));
	describe(&change, role_name(account->role), role_name(change.account.role), what);
	finish(&change, accounts_set_role(&request->web->accounts, change.account.name, change.account.role));
}

static void
set_disabled(struct web_request *request, bool disabled)
{
	struct account_body body;
	struct change change;

	if (!begin(request, &body, &change))
		return;
	describe(&change, disabled ? "enabled" : "disabled", disabled ? "disabled" : "enabled",
	    disabled ? "was disabled" : "was enabled");
	finish(&change, accounts_set_disabled(&request->web->accounts, change.account.name, disabled));
}

void
handle_user_disable(struct web_request *request)
{
	set_disabled(request, true);
}

void
handle_user_enable(struct web_request *request)
{
	set_disabled(request, false);
}

void
handle_user_remove(struct web_request *request)
{
	struct account_body body;
	struct change change;

	if (!begin(request, &body, &change))
		return;
	describe(&change, role_name(accounts_find(&request->web->accounts, change.account.name)->role), "removed", "was removed");
	finish(&change, accounts_remove(&request->web->accounts, change.account.name));
}
