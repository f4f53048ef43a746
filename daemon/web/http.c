/* From libwebsockets' callbacks to requests. What the library does not do is
 * done here (platform facts): a POST without a length has no body and is run at
 * once, a chunked body is refused, a length beyond the limit is refused before
 * it is read, and the connection is closed wherever what follows could be the
 * rest of a body. */
#include <stdlib.h>
#include <string.h>

#include "daemon/web/web_state.h"

enum { PATH_CAP = 256, LENGTH_TEXT = 24 };

/* What the headers say about a body. */
struct body_claim {
	bool has_length, chunked;
	long long length; /* -1: no number */
	bool json;        /* its type is JSON's, or not given */
	bool typed;
};

static enum web_method
method_of(struct lws *wsi, bool *ret_head)
{
	static const struct {
		enum lws_token_indexes token;
		enum web_method method;
	} methods[] = {
		{ WSI_TOKEN_GET_URI, METHOD_GET },         { WSI_TOKEN_HEAD_URI, METHOD_GET },
		{ WSI_TOKEN_POST_URI, METHOD_POST },       { WSI_TOKEN_PUT_URI, METHOD_PUT },
		{ WSI_TOKEN_PATCH_URI, METHOD_PATCH },     { WSI_TOKEN_DELETE_URI, METHOD_DELETE },
		{ WSI_TOKEN_OPTIONS_URI, METHOD_OPTIONS },
	};

	*ret_head = false;
	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
		if (lws_hdr_total_length(wsi, methods[i].token) <= 0)
			continue;
		*ret_head = methods[i].token == WSI_TOKEN_HEAD_URI;
		return methods[i].method;
	}
	return METHOD_OTHER;
}

static bool
is_json_type(const char *type)
{
	static const char json[] = "application/json";
	char after = type[strlen(type) < sizeof(json) - 1 ? strlen(type) : sizeof(json) - 1];

	return strncasecmp(type, json, sizeof(json) - 1) == 0 && (after == '\0' || after == ';' || after == ' ');
}

static struct body_claim
claim_of(struct lws *wsi)
{
	struct body_claim claim = { .length = 0 };
	char text[LENGTH_TEXT], type[64];
	char *end;

	claim.chunked = lws_hdr_total_length(wsi, WSI_TOKEN_HTTP_TRANSFER_ENCODING) > 0;
	claim.has_length = lws_hdr_total_length(wsi, WSI_TOKEN_HTTP_CONTENT_LENGTH) > 0;
	if (claim.has_length) {
		if (lws_hdr_copy(wsi, text, sizeof(text), WSI_TOKEN_HTTP_CONTENT_LENGTH) <= 0)
			claim.length = -1;
		else
			claim.length = strtoll(text, &end, 10);
		if (claim.length >= 0 && (text[0] < '0' || text[0] > '9' || *end != '\0'))
			claim.length = -1;
	}
	claim.typed = lws_hdr_total_length(wsi, WSI_TOKEN_HTTP_CONTENT_TYPE) > 0;
	claim.json = claim.typed && lws_hdr_copy(wsi, type, sizeof(type), WSI_TOKEN_HTTP_CONTENT_TYPE) > 0 &&
	    is_json_type(type);
	return claim;
}

static bool
has_body(const struct body_claim *claim)
{
	return claim->chunked || claim->length != 0;
}

/* Who is asking, and whether they may come in at all; false when the request is refused. What a role may do is the
 * handler's question, since an act may be done for somebody else. */
static bool
let_in(struct web_request *request)
{
	const enum access access = request->route->access;
	struct outcome known = outcome_ok();

	if (request->route->method == METHOD_POST && !web_is_local(request->wsi))
		known = web_check_origin(request->wsi, true);
	if (!known.ok) {
		request_refuse(request, 403, "%s", known.why);
		return false;
	}
	known = web_identify(request->web, request->wsi, &request->visitor);
	if (known.ok)
		request->person = &request->visitor.person;
	if (access == ACCESS_ANYBODY || (access == ACCESS_HOST && web_is_from_host(request->wsi)))
		return true;
	if (!known.ok)
		request_refuse(request, 401, "%s", known.why);
	else if (request->visitor.must_change && access != ACCESS_SELF)
		request_refuse(request, 403, "choose a password of your own first: somebody else knows this one");
	else
		return true;
	return false;
}

/* Finds the route and who is asking; false when the request is refused. */
static bool
find_route(struct web_request *request, enum web_method method, const char *path)
{
	unsigned methods;

	request->route = route_find(method, path, &request->params, &methods);
	request->page = request->route == NULL && methods == 0 ? page_find(path) : NULL;
	if (request->page != NULL) {
		methods = 1u << METHOD_GET;
		request->route = method == METHOD_GET ? &page_route : NULL;
	}
	if (request->route == NULL && methods == 0) {
		request_refuse(request, 404, "there is nothing at %.120s", path);
		return false;
	}
	if (request->route == NULL) {
		route_methods_to_text(methods, request->extra_text);
		request->extra_name = "allow:";
		request->extra_value = request->extra_text;
		request_refuse(request, 405, "that method is not for %.120s: it takes %s", path, request->extra_text);
		return false;
	}
	return let_in(request);
}

/* A form of another site's page can post without a body, but not with this type. */
static bool
needs_type(const struct web_request *request)
{
	return request->route->method == METHOD_POST && !web_is_local(request->wsi);
}

/* False when the body that is announced is refused. */
static bool
accept_body(struct web_request *request, const struct body_claim *claim)
{
	if (claim->chunked)
		request_refuse(request, 411, "a body must come with its length, not in chunks");
	else if (claim->length < 0)
		request_refuse(request, 400, "the Content-Length is no length");
	else if (request->route->method == METHOD_GET && claim->length > 0)
		request_refuse(request, 400, "a GET carries no body");
	else if (claim->length > WEB_BODY_MOST)
		request_refuse(request, 413, "a body has at most %d bytes", WEB_BODY_MOST);
	else if (!claim->json && (claim->length > 0 || needs_type(request)))
		request_refuse(request, 415, "a body must be application/json");
	else
		return true;
	return false;
}

static void
run(struct web_request *request)
{
	if (request->ran || request->status != 0)
		return;
	request->ran = true;
	/* An act waits for its commit, a question for the disk: the library's own time limit is for headers and bodies. */
	lws_set_timeout(request->wsi, NO_PENDING_TIMEOUT, 0);
	request->route->handle(request);
}

static int
on_headers(struct web_request **place, struct lws *wsi, const char *path)
{
	struct web *web = lws_context_user(lws_get_context(wsi));
	struct web_request *request = request_create(web, wsi);
	struct body_claim claim = claim_of(wsi);
	enum web_method method;

	request_destroy(*place);
	*place = request;
	if (request == NULL)
		return -1;
	method = method_of(wsi, &request->head);
	request->close_after = has_body(&claim) || (method != METHOD_GET && !claim.has_length);
	if (!find_route(request, method, path) || !accept_body(request, &claim))
		return 0;
	if (claim.length == 0) {
		run(request);
		return 0;
	}
	request->body_expected = (size_t)claim.length;
	request->body = malloc(request->body_expected);
	if (request->body == NULL)
		request_refuse(request, 503, "out of memory");
	return 0;
}

static int
on_body(struct web_request *request, const void *bytes, size_t length)
{
	if (request == NULL || request->body == NULL)
		return 0;
	if (length > request->body_expected - request->body_length)
		return -1;
	memcpy(request->body + request->body_length, bytes, length);
	request->body_length += length;
	return 0;
}

static int
on_body_complete(struct web_request *request)
{
	if (request == NULL || request->status != 0)
		return 0;
	/* All of it was read: the next question follows cleanly. */
	request->close_after = false;
	run(request);
	return 0;
}

/* Before an upgrade to `what`: 0 lets it go on; else it was answered, and the connection closes. */
static int
on_upgrade(struct lws *wsi, const char *what)
{
	struct web *web = lws_context_user(lws_get_context(wsi));
	struct web_request *request;
	int status = 0, closed;
	struct outcome checked;

	if (strcmp(what, "websocket") == 0) {
		checked = live_check(web, wsi, &status);
	} else {
		status = 400;
		checked = outcome_fail("only a WebSocket is upgraded to here, not %.20s", what);
	}
	if (checked.ok)
		return 0;
	request = request_create(web, wsi);
	if (request == NULL)
		return -1;
	request->close_after = true;
	request_refuse(request, status, "%s", checked.why);
	do
		closed = request_write(request);
	while (closed == 0 && request->sent < request->text.length);
	request_destroy(request);
	return -1;
}

int
http_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t length)
{
	struct web_request **place = user;
	struct web *web;

	switch (reason) {
	case LWS_CALLBACK_HTTP:
		return on_headers(place, wsi, in);
	case LWS_CALLBACK_HTTP_BODY:
		return on_body(*place, in, length);
	case LWS_CALLBACK_HTTP_BODY_COMPLETION:
		return on_body_complete(*place);
	case LWS_CALLBACK_HTTP_WRITEABLE:
		return place != NULL && *place != NULL ? request_write(*place) : 0;
	case LWS_CALLBACK_HTTP_CONFIRM_UPGRADE:
		return on_upgrade(wsi, in);
	case LWS_CALLBACK_FILTER_PROTOCOL_CONNECTION:
		/* Only the live protocol is ever upgraded to: on_upgrade has refused the rest. */
		return -1;
	case LWS_CALLBACK_CLOSED_HTTP:
	case LWS_CALLBACK_HTTP_DROP_PROTOCOL:
		if (place != NULL) {
			request_destroy(*place);
			*place = NULL;
		}
		return 0;
	case LWS_CALLBACK_WSI_DESTROY:
		web = lws_context_user(lws_get_context(wsi));
		web_forget_connection(web, wsi);
		return 0;
	default:
		return 0;
	}
}

#define MISFIT "{\"error\":\"that is no method known here\"}"
_Static_assert(sizeof(MISFIT) - 1 == 40, "the length that is told is the length");

/* What is no HTTP of a method that the library knows falls through to here, and gets a whole answer too. */
int
misfit_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t length)
{
	static const char answer[] = "HTTP/1.1 501 Not Implemented\r\ncontent-type: application/json\r\n"
				     "cache-control: no-store\r\nconnection: close\r\n" WEB_HEADERS(WEB_HEADER_LINE)
				     "content-length: 40\r\n\r\n" MISFIT;
	unsigned char bytes[LWS_PRE + sizeof(answer)];

	(void)user;
	(void)in;
	(void)length;
	switch (reason) {
	case LWS_CALLBACK_RAW_ADOPT:
		lws_callback_on_writable(wsi);
		return 0;
	case LWS_CALLBACK_RAW_WRITEABLE:
		memcpy(bytes + LWS_PRE, answer, sizeof(answer) - 1);
		lws_write(wsi, bytes + LWS_PRE, sizeof(answer) - 1, LWS_WRITE_RAW);
		return -1;
	default:
		return 0;
	}
}
