/* Logging in and out, and one's own password. Passwords are looked at off the
 * loop; whoever guesses waits (backoff.h). A name that is not known, a wrong
 * password and a disabled account without the right one are one answer, and
 * take the same time. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/web/account_read.h"
#include "daemon/web/guard.h"
#include "daemon/web/handlers.h"
#include "daemon/web/web_state.h"

enum { MS_PER_S = 1000 };

/* A password that is being looked at. */
struct try {
	struct web *web;
	web_ticket ticket;
	char name[NAME_CAP], peer[BACKOFF_KEY_CAP / 2];
	char hash[PASSWORD_HASH_CAP]; /* "": no such account */
	bool has_log_in;              /* of the one who asks */
	unsigned char token[TOKEN_HASH];
	struct actor who;
	int wrong_status;             /* of the refusal */
};

static struct try *
try_create(struct web_request *request, const char *name)
{
	const struct account *account = accounts_find(&request->web->accounts, name);
	struct try *try = calloc(1, sizeof(*try));

	if (try == NULL)
		return NULL;
	try->web = request->web;
	try->ticket = request->ticket;
	try->has_log_in = request->visitor.has_log_in;
	memcpy(try->token, request->visitor.token, TOKEN_HASH);
	snprintf(try->name, sizeof(try->name), "%s", name);
	web_peer_to_text(request->wsi, try->peer);
	if (account != NULL) {
		snprintf(try->hash, sizeof(try->hash), "%s", account->hash);
		try->who.role = account->role;
		snprintf(try->who.name, sizeof(try->who.name), "%s", name);
	}
	return try;
}

static void
try_free(struct try *try)
{
	explicit_bzero(try, sizeof(*try));
	free(try);
}

static void
refuse_for_a_while(struct web_request *request, int status, unsigned seconds, const char *why)
{
	snprintf(request->extra_text, sizeof(request->extra_text), "%u", seconds);
	request->extra_name = "retry-after:";
	request->extra_value = request->extra_text;
	request_refuse(request, status, "%s: try again in %u s", why, seconds);
}

/* Hands the password to the worker, or says why it is not looked at now. */
static void
look_at(struct web_request *request, const char *name, const struct account_body *body,
    void (*done)(void *ctx, const struct password_result *result))
{
	const bool changes = request->route->form == FORM_OWN_PASSWORD;
	struct web *web = request->web;
	struct try *try = try_create(request, name);
	uint64_t wait_ms;

	if (try == NULL) {
		request_refuse(request, 503, "out of memory");
		return;
	}
	/* 401 asks whoever is logged in to log in, which helps nobody who mistyped the old password. */
	try->wrong_status = changes ? 403 : 401;
	wait_ms = backoff_wait_ms(&web->backoff, name, try->peer, uv_now(web->loop));
	if (wait_ms > 0) {
		refuse_for_a_while(request, 429, (unsigned)((wait_ms + MS_PER_S - 1) / MS_PER_S), "too many wrong passwords");
		try_free(try);
		return;
	}
	backoff_try(&web->backoff, name, try->peer, uv_now(web->loop));
	if (passwords_ask(web->passwords, body->password, try->hash[0] != '\0' ? try->hash : NULL,
	    changes ? body->new_password : NULL, done, try))
		return;
	backoff_untry(&web->backoff, name, try->peer);
	refuse_for_a_while(request, 503, 1, "too many log in at once");
	try_free(try);
}

/* What became of a look: the account when the password is still its own; NULL, and the request was refused. */
static const struct account *
settle(struct try *try, const struct password_result *result, struct web_request *request)
{
	const struct account *account = accounts_find(&try->web->accounts, try->name);

	if (result->failed) {
		backoff_untry(&try->web->backoff, try->name, try->peer);
		if (request != NULL)
			request_refuse(request, 503, "there is no memory for a password now");
		return NULL;
	}
	if (!result->right || account == NULL || strcmp(account->hash, try->hash) != 0) {
		try->web->wrong_passwords++;
		if (request != NULL)
			request_refuse(request, try->wrong_status, "the name or the password is wrong");
		return NULL;
	}
	backoff_right(&try->web->backoff, try->name, try->peer, uv_now(try->web->loop));
	if (!account->disabled)
		return account;
	if (request != NULL)
		request_refuse(request, 403, "the account %s is disabled: an admin can enable it", try->name);
	return NULL;
}

static void
tell(struct try *try, const char *what, const char *format, web_ticket ticket)
{
	const struct web_backend *backend = &try->web->backend;
	struct web_account_event event = { .who = try->who };

	snprintf(event.account, sizeof(event.account), "%s", try->name);
	snprintf(event.new_value, sizeof(event.new_value), "%s", what);
	snprintf(event.text, sizeof(event.text), "%s %s %s", try->name, format, try->peer);
	backend->account_changed(backend->ctx, &event, ticket);
}

/* HttpOnly: no script reads it. SameSite=Strict: no other site's page sends it. */
static void
set_cookie(struct web_request *request, const char *token)
{
	snprintf(request->extra_text, sizeof(request->extra_text), GUARD_COOKIE "=%s; HttpOnly; SameSite=Strict; Path=/%s%s",
	    token, token[0] == '\0' ? "; Max-Age=0" : "", lws_is_ssl(request->wsi) ? "; Secure" : "");
	request->extra_name = "set-cookie:";
	request->extra_value = request->extra_text;
}

static void
answer_you(struct web_request *request, const struct web_visitor *visitor)
{
	struct json_out out;

	json_out_init(&out, LWS_PRE);
	json_out_object(&out, NULL);
	write_person(&out, "you", visitor);
	json_out_end_object(&out);
	request_answer_json(request, 200, &out);
}

/* The log-in that this browser had ends with the new one. */
static void
log_in(struct try *try, struct web_request *request)
{
	struct web *web = try->web;
	char token[TOKEN_TEXT_CAP];
	struct instant now = web_now(web);
	struct web_visitor visitor;

	if (try->has_log_in) {
		accounts_log_out(&web->accounts, try->token);
		live_end_log_in(web, try->token);
	}
	accounts_log_in(&web->accounts, try->name, now, token);
	if (web_visit(web, accounts_use(&web->accounts, token, now), &visitor)) {
		set_cookie(request, token);
		answer_you(request, &visitor);
		tell(try, "logged in", "logged in from", 0);
	} else {
		request_refuse(request, 503, "the log-in is not there");
	}
	explicit_bzero(token, sizeof(token));
}

static void
log_in_looked_at(void *ctx, const struct password_result *result)
{
	struct try *try = ctx;
	struct web_request *request = result != NULL ? request_by_ticket(try->web, try->ticket) : NULL;

	/* Whoever has gone is logged in to nothing. */
	if (result != NULL && settle(try, result, request) != NULL && request != NULL)
		log_in(try, request);
	try_free(try);
}

/* False when the body was refused, or it was asked through the socket, whose peer is known by its user. */
static bool
read_body(struct web_request *request, struct account_body *ret_body)
{
	struct outcome done = outcome_ok();
	json_t *object = act_read_object(request->body, request->body_length, &done);

	if (object == NULL) {
		request_refuse(request, done.ok ? 503 : 400, "%s", done.ok ? "out of memory" : done.why);
		return false;
	}
	done = account_read(object, request->route->form, ret_body);
	account_wipe_json(object);
	json_decref(object);
	if (web_is_local(request->wsi)) {
		account_body_wipe(ret_body);
		request_refuse(request, 403, "the socket knows you by your user: there is nothing to log in to");
	} else if (!done.ok) {
		request_refuse(request, 422, "%s", done.why);
	}
	return request->status == 0;
}

void
handle_log_in(struct web_request *request)
{
	struct account_body body = { .name = "" };

	if (read_body(request, &body))
		look_at(request, body.name, &body, log_in_looked_at);
	account_body_wipe(&body);
}

void
handle_log_out(struct web_request *request)
{
	struct web *web = request->web;
	struct account_body body = { .name = "" };
	struct try *try;

	if (!read_body(request, &body))
		return;
	try = try_create(request, request->person->name);
	if (try == NULL) {
		request_refuse(request, 503, "out of memory");
		return;
	}
	accounts_log_out(&web->accounts, try->token);
	live_end_log_in(web, try->token);
	set_cookie(request, "");
	snprintf(request->params.user, sizeof(request->params.user), "%s", try->name);
	tell(try, "logged out", "logged out at", 0);
	web_answer_done(web, request->ticket, &(struct web_done){ .text = "logged out" });
	try_free(try);
}

static void
password_looked_at(void *ctx, const struct password_result *result)
{
	struct try *try = ctx;
	struct web_request *request = result != NULL ? request_by_ticket(try->web, try->ticket) : NULL;

	if (result != NULL && settle(try, result, request) != NULL) {
		accounts_set_hash(&try->web->accounts, try->name, result->made, false);
		accounts_log_out_others(&try->web->accounts, try->name, try->token);
		live_end_account(try->web, try->name, try->token);
		tell(try, "password", "chose a new password at", try->ticket);
	}
	try_free(try);
}

void
handle_own_password(struct web_request *request)
{
	struct account_body body = { .name = "" };
	struct outcome good;

	if (read_body(request, &body)) {
		snprintf(request->params.user, sizeof(request->params.user), "%s", request->person->name);
		good = password_check_rules(body.new_password, request->person->name);
		if (good.ok && strcmp(body.new_password, body.password) == 0)
			good = outcome_fail("this is the old password");
		if (good.ok)
			look_at(request, request->person->name, &body, password_looked_at);
		else
			request_refuse(request, 422, "new_password: %s", good.why);
	}
	account_body_wipe(&body);
}
