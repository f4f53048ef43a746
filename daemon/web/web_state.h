/* Inside the API: what its files share. Private to daemon/web.
 *
 * listen.c takes the address and accepts; http.c turns what libwebsockets says
 * into requests; request.c is one question and its answer; handlers_*.c do what
 * the route says; live.c serves the frames. All on the loop thread. */
#ifndef INFUSIOND_WEB_WEB_STATE_H
#define INFUSIOND_WEB_WEB_STATE_H

#include <libwebsockets.h>

#include "daemon/web/json_out.h"
#include "daemon/web/listen.h"
#include "daemon/web/pages.h"
#include "daemon/web/people.h"
#include "daemon/web/route.h"
#include "daemon/web/web.h"

#define WEB_SUBPROTOCOL "infusiond.v1"
#define WEB_LIVE_PATH "/api/v1/live"

enum { WEB_QUERY_TEXT = 512 };

/* A listener and what is true of everybody who comes through it. A connection carries its door as the library's opaque
 * data; its vhost says nothing, since the library chooses another one by the Host that a client names. */
struct web_door {
	struct listener listener;
	struct web *web;
	struct lws_vhost *vhost;
	bool is_local; /* the UNIX socket: the peer is a user of this host */
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
	const struct web_person *person; /* NULL for ACCESS_ANYBODY */
	bool head;                      /* headers only */
	bool ran;                       /* the handler was called */
	bool close_after;               /* what follows on this connection cannot be told apart from a body not read */
	char *body;
	size_t body_length, body_expected;
	/* The answer; status 0: not yet there. */
	int status;
	char content_type[64];
	const char *extra_name, *extra_value; /* one more header; NULL: none */
	char extra_text[64];
	struct json_out text;
	size_t sent;
	bool headers_sent;
};

/* One live client: what it has been sent of each bed. */
struct live_client {
	struct live_client *next, *previous;
	struct web *web;
	struct lws *wsi;
	const struct web_person *person;
	bool greeted;
	uint64_t sent_station;
	uint64_t sent_beds[WEB_BEDS];
	size_t next_bed;          /* where it goes on looking, so that no bed starves */
	bool waiting;             /* asked to write and not yet let */
	uint64_t waiting_since_ms; /* the loop's clock */
};

/* The newest frame of one bed or of the station. */
struct live_frame {
	uint64_t version;       /* counts up whenever it must be sent anew */
	uint64_t built_version; /* of the text; 0: never built */
	bool dirty;             /* changed in this turn of the loop */
	struct json_out text;
};

struct web {
	uv_loop_t *loop;
	uv_prepare_t turn;      /* the end of a turn of the loop, before it sleeps */
	struct web_backend backend;
	struct people people;
	struct web_door doors[1 + WEB_ADDRESSES]; /* the UNIX socket is the first */
	size_t door_count;
	struct lws_context *context;
	bool stopping;
	bool any_dirty;
	web_ticket last_ticket;
	size_t connections, remote_connections; /* remote: over TCP */
	struct web_request *requests;
	struct live_client *clients;
	size_t live_count;
	struct live_frame station;
	struct live_frame beds[WEB_BEDS];
	/* For /metrics. */
	uint64_t request_count, frame_count, refused_connections, stalled_clients;
};

/* True when the connection came through the UNIX socket; false as long as its door is not known. */
bool web_is_local(const struct lws *wsi);

/* True when its peer is on this host: through the socket, or from a loopback address. */
bool web_is_from_host(struct lws *wsi);

/* A connection is gone. */
void web_forget_connection(struct web *web, struct lws *wsi);

/* The name of a person's connection: which account, or why none. */
struct outcome web_identify(struct web *web, struct lws *wsi, const struct web_person **ret_person);

/* request.c */
struct web_request *request_create(struct web *web, struct lws *wsi);
void request_destroy(struct web_request *request); /* NULL is fine */
struct web_request *request_by_ticket(struct web *web, web_ticket ticket); /* NULL: the client has gone */

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
void live_turn(struct web *web);  /* the end of a turn */
void live_tick(struct web *web);
void live_free_frames(struct web *web);

#endif
