/* Inside the API: what its files share. Private to daemon/web.
 *
 * listen.c takes the address and accepts; http.c turns what libwebsockets says
 * into requests; request.c is one question and its answer; handlers_*.c do what
 * the route says; live.c serves the frames. All on the loop thread. */
#ifndef INFUSIOND_WEB_WEB_STATE_H
#define INFUSIOND_WEB_WEB_STATE_H

#include <libwebsockets.h>

#include "daemon/web/backoff.h"
#include "daemon/web/json_out.h"
#include "daemon/web/listen.h"
#include "daemon/web/news.h"
#include "daemon/web/pages.h"
#include "daemon/web/password.h"
#include "daemon/web/people.h"
#include "daemon/web/route.h"
#include "daemon/web/web.h"

#define WEB_SUBPROTOCOL "infusiond.v1"
#define WEB_LIVE_PATH "/api/v1/live"

enum { WEB_QUERY_TEXT = 512 };

/* What every answer over HTTP carries beside its own headers: X(NAME, VALUE). A page loads nothing but our own files and
 * asks nothing but our own API (connect-src covers the live WebSocket too), no script or style stands in it, and nobody
 * frames it. */
#define WEB_HEADERS(X)                                                                                                 \
	X("content-security-policy", "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; "       \
				     "img-src 'self'; connect-src 'self'; worker-src 'self'; base-uri 'none'; "         \
				     "form-action 'none'; frame-ancestors 'none'")                                      \
	X("x-content-type-options", "nosniff")                                                                         \
	X("referrer-policy", "no-referrer")                                                                            \
	X("cross-origin-opener-policy", "same-origin")                                                                 \
	X("x-frame-options", "DENY")
#define WEB_HEADER_LINE(name, value) name ": " value "\r\n"
#define WEB_HEADER_ONE(name, value) +1
enum { WEB_HEADER_COUNT = 0 WEB_HEADERS(WEB_HEADER_ONE) };

/* A listener and what is true of everybody who comes through it. A connection carries its door as the library's opaque
 * data; its vhost says nothing, since the library chooses another one by the Host that a client names. */
struct web_door {
	struct listener listener;
	struct web *web;
	struct lws_vhost *vhost;
	bool is_local; /* the UNIX socket: the peer is a user of this host */
};

/* Who is asking. */
struct web_visitor {
	struct web_person person;
	bool has_log_in;  /* over TCP; what follows is of it */
	bool must_change; /* the password first */
	unsigned char token[TOKEN_HASH];
	struct instant until; /* when it ends if it is used no more */
};

/* One question, from its headers to the last byte of its answer. */
struct web_request {
	struct web_request *next, *previous;
	struct web *web;
	struct lws *wsi;
	web_ticket ticket;
	const struct route *route;      /* NULL: answered before one was found */
	const struct page *page;        /* one of the console's files; NULL: the API is asked */
	struct route_params params;
	struct web_visitor visitor;
	const struct web_person *person; /* the visitor's; NULL: not known, where anybody may ask */
	bool head;                      /* headers only */
	bool ran;                       /* the handler was called */
	bool close_after;               /* what follows on this connection cannot be told apart from a body not read */
	char *body;
	size_t body_length, body_expected;
	/* The answer; status 0: not yet there. */
	int status;
	char content_type[64];
	const char *extra_name, *extra_value; /* one more header; NULL: none */
	char extra_text[160];
	struct json_out text;
	size_t sent;
	bool headers_sent;
};

/* Where frames stand among the news. */
enum { LIVE_STATION, LIVE_BEDS };

/* One live client: what it has been sent. */
struct live_client {
	struct live_client *next, *previous;
	struct web *web;
	struct lws *wsi;
	struct web_visitor visitor;
	bool ending;              /* is sent nothing more, and told to log in */
	bool greeted;
	struct news_reader news;
	bool waiting;             /* asked to write and not yet let */
	uint64_t waiting_since_ms; /* the loop's clock */
};

struct web {
	uv_loop_t *loop;
	uv_prepare_t turn;      /* the end of a turn of the loop, before it sleeps */
	struct web_backend backend;
	struct people people;
	struct accounts accounts;
	struct backoff backoff;
	struct passwords *passwords;
	struct instant certificate_until; /* UNKNOWN: no TLS */
	struct instant swept;   /* when log-ins were last looked through */
	struct web_door doors[1 + WEB_ADDRESSES]; /* the UNIX socket is the first */
	size_t door_count;
	struct lws_context *context;
	struct lws_protocol_vhost_options headers[WEB_HEADER_COUNT];
	bool stopping;
	bool any_renewed;
	web_ticket last_ticket;
	size_t connections, remote_connections; /* remote: over TCP */
	struct web_request *requests;
	struct live_client *clients;
	size_t live_count;
	struct news_frame frames[NEWS_FRAMES]; /* of the station and the beds, and the text of each as it was built */
	struct json_out texts[NEWS_FRAMES];
	/* For /metrics. */
	uint64_t request_count, frame_count, refused_connections, stalled_clients, wrong_passwords;
};

/* True when the connection came through the UNIX socket; false as long as its door is not known. */
bool web_is_local(const struct lws *wsi);

/* True when its peer is on this host: through the socket, or from a loopback address. */
bool web_is_from_host(struct lws *wsi);

/* A connection is gone. */
void web_forget_connection(struct web *web, struct lws *wsi);

/* identify.c: who a connection is, by its peer or its log-in, or why nobody; a log-in is used by it. */
struct outcome web_identify(struct web *web, struct lws *wsi, struct web_visitor *ret_visitor);

/* Whom a log-in lets in; false for NULL, and where its account is gone. */
bool web_visit(struct web *web, const struct log_in *log_in, struct web_visitor *ret_visitor);

/* Whether a browser asks from a page of ours; `needed`: it must say so. */
struct outcome web_check_origin(struct lws *wsi, bool needed);

/* The other side's address as wrong passwords are counted by it. */
void web_peer_to_text(struct lws *wsi, char text[static BACKOFF_KEY_CAP / 2]);

/* The record's time. */
struct instant web_now(const struct web *web);


/* request.c */
struct web_request *request_create(struct web *web, struct lws *wsi);
void request_destroy(struct web_request *request); /* NULL is fine */
struct web_request *request_by_ticket(struct web *web, web_ticket ticket); /* NULL: the client has gone */

/* Ends connections whose question waits for its answer and whose other side has gone, when there are many: the library reads
 * nothing from them meanwhile, and an act may wait for as long as the record cannot be written. */
void request_drop_gone(struct web *web);

/* Each answers a request that has no answer yet and asks to be let to write. */
void request_answer(struct web_request *request, int status, const char *content_type, const char *text, size_t length);
void request_answer_json(struct web_request *request, int status, struct json_out *out); /* takes the text */
void request_refuse(struct web_request *request, int status, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Writes the next piece; nonzero: the connection is to be closed. */
int request_write(struct web_request *request);

/* http.c, live.c: libwebsockets' callbacks; misfit: what does not begin as HTTP of a known method does. */
int misfit_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t length);
int http_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t length);
int live_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t length);

/* live.c */
enum { LIVE_USER_SIZE = sizeof(struct live_client *), HTTP_USER_SIZE = sizeof(struct web_request *) };
struct outcome live_check(struct web *web, struct lws *wsi, int *ret_status);
void live_renew(struct web *web, size_t index, bool changed); /* a frame is to be sent anew */
void live_turn(struct web *web);  /* the end of a turn */
void live_tick(struct web *web);
void live_free_frames(struct web *web);

/* Ends the live sockets of a log-in, or of an account but for one log-in (NULL: all): nothing more is sent to them. */
void live_end_log_in(struct web *web, const unsigned char token[static TOKEN_HASH]);
void live_end_account(struct web *web, const char *name, const unsigned char *spared);

#endif
