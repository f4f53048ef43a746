/* One question and its answer: created when the headers are there, answered by
 * a handler or later through its ticket, written piece by piece as the client
 * takes it. */
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/web/web_state.h"

enum { PIECE = 32 * 1024, HEADERS_CAP = 2048 };

struct web_request *
request_create(struct web *web, struct lws *wsi)
{
	struct web_request *request = calloc(1, sizeof(*request));

	if (request == NULL)
		return NULL;
	request->web = web;
	request->wsi = wsi;
	request->ticket = ++web->last_ticket;
	json_out_init(&request->text, LWS_PRE);
	request->next = web->requests;
	if (web->requests != NULL)
		web->requests->previous = request;
	web->requests = request;
	web->request_count++;
	return request;
}

void
request_destroy(struct web_request *request)
{
	if (request == NULL)
		return;
	if (request->previous != NULL)
		request->previous->next = request->next;
	else
		request->web->requests = request->next;
	if (request->next != NULL)
		request->next->previous = request->previous;
	json_out_finish(&request->text);
	/* It may hold a password. */
	if (request->body != NULL)
		explicit_bzero(request->body, request->body_expected);
	free(request->body);
	free(request);
}

struct web_request *
request_by_ticket(struct web *web, web_ticket ticket)
{
	struct web_request *request = web->requests;

	while (request != NULL && request->ticket != ticket)
		request = request->next;
	return request;
}

/* Some shut down only their own way, and wait for the answer all the same: they are let be while there is room. */
static bool
has_gone(const struct web_request *request)
{
	struct pollfd other = { .fd = lws_get_socket_fd(request->wsi), .events = POLLRDHUP };

	return request->ran && request->status == 0 && poll(&other, 1, 0) > 0 &&
	       (other.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0;
}

void
request_drop_gone(struct web *web)
{
	if (web->connections <= WEB_CONNECTIONS / 2)
		return;
	for (struct web_request *request = web->requests; request != NULL; request = request->next)
		if (has_gone(request))
			lws_set_timeout(request->wsi, PENDING_TIMEOUT_KILLED_BY_PARENT, LWS_TO_KILL_ASYNC);
}

static void
set_answer(struct web_request *request, int status, const char *content_type)
{
	request->status = status;
	snprintf(request->content_type, sizeof(request->content_type), "%s", content_type);
	lws_callback_on_writable(request->wsi);
}

void
request_answer(struct web_request *request, int status, const char *content_type, const char *text, size_t length)
{
	if (request->status != 0)
		return;
	json_out_raw(&request->text, text, length);
	set_answer(request, request->text.failed ? 503 : status, content_type);
}

void
request_answer_json(struct web_request *request, int status, struct json_out *out)
{
	if (request->status == 0) {
		json_out_finish(&request->text);
		request->text = *out;
		json_out_init(out, out->lead);
		set_answer(request, request->text.failed ? 503 : status, "application/json");
	}
	json_out_finish(out);
}

void
request_refuse(struct web_request *request, int status, const char *format, ...)
{
	struct json_out out;
	char sentence[OUTCOME_WHY_CAP];
	va_list args;

	va_start(args, format);
	vsnprintf(sentence, sizeof(sentence), format, args);
	va_end(args);
	json_out_init(&out, LWS_PRE);
	json_out_object(&out, NULL);
	json_out_text(&out, "error", sentence);
	json_out_end_object(&out);
	request_answer_json(request, status, &out);
}

static bool
add_header(struct lws *wsi, const char *name, const char *value, unsigned char **at, unsigned char *end)
{
	return lws_add_http_header_by_name(wsi, (const unsigned char *)name, (const unsigned char *)value,
		   (int)strlen(value), at, end) == 0;
}

/* What a patient's values were a moment ago is nothing to show again; the console's files are asked for anew each time and
 * sent only when they have changed, so that a page never runs with modules of two versions. */
static bool
add_cache_control(const struct web_request *request, unsigned char **at, unsigned char *end)
{
	struct lws *wsi = request->wsi;

	if (request->page == NULL || request->status >= 400)
		return add_header(wsi, "cache-control:", "no-store", at, end);
	return add_header(wsi, "cache-control:", "no-cache", at, end) &&
	    add_header(wsi, "etag:", request->page->etag, at, end);
}

static int
write_headers(struct web_request *request)
{
	unsigned char buffer[LWS_PRE + HEADERS_CAP], *start = buffer + LWS_PRE, *at = start, *end = buffer + sizeof(buffer) - 1;
	struct lws *wsi = request->wsi;
	size_t length = request->text.failed ? 0 : request->text.length;

	if (lws_add_http_header_status(wsi, (unsigned)request->status, &at, end) != 0 ||
	    !add_header(wsi, "content-type:", request->content_type, &at, end) ||
	    !add_cache_control(request, &at, end) ||
	    (request->close_after && !add_header(wsi, "connection:", "close", &at, end)) ||
	    (request->extra_name != NULL && !add_header(wsi, request->extra_name, request->extra_value, &at, end)) ||
	    (request->status != 304 && lws_add_http_header_content_length(wsi, length, &at, end) != 0) ||
	    lws_finalize_write_http_header(wsi, start, &at, end) != 0)
		return -1;
	request->headers_sent = true;
	return 0;
}

static int
finish_answer(struct web_request *request)
{
	return request->close_after || lws_http_transaction_completed(request->wsi) != 0 ? -1 : 0;
}

int
request_write(struct web_request *request)
{
	size_t left, piece;
	int written;

	if (request->status == 0)
		return 0;
	if (!request->headers_sent && write_headers(request) != 0)
		return -1;
	left = request->text.failed || request->head ? 0 : request->text.length - request->sent;
	if (left == 0)
		return finish_answer(request);
	piece = left < PIECE ? left : PIECE;
	written = lws_write(request->wsi, (unsigned char *)request->text.bytes + request->text.lead + request->sent, piece,
	    piece == left ? LWS_WRITE_HTTP_FINAL : LWS_WRITE_HTTP);
	if (written < (int)piece)
		return -1;
	request->sent += piece;
	if (request->sent == request->text.length)
		return finish_answer(request);
	lws_callback_on_writable(request->wsi);
	return 0;
}
