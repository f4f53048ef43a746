/* HTTP to the daemon over its UNIX socket, or over the network with a log-in, for
 * infusionctl. One thread. */
#ifndef INFUSIOND_CTL_CLIENT_H
#define INFUSIOND_CTL_CLIENT_H

#include <jansson.h>

#include "daemon/ctl/place.h"

/* Exit codes of infusionctl, for scripts. */
enum { EXIT_DONE = 0, EXIT_REFUSED = 1, EXIT_USAGE = 2, EXIT_NO_DAEMON = 3, EXIT_NOT_WRITTEN = 4 };

struct client {
	const char *socket;
	const char *ca;     /* file of the authority that is trusted; NULL: the system's */
	char origin[PLACE_ORIGIN_CAP]; /* of the daemon over the network; "": the socket is asked */
	const char *as; /* who acts, at a shared terminal; NULL: the socket's own person */
};

struct response {
	int status;    /* HTTP's; 0: none came */
	char *text;    /* the body as it came, ended by a zero; NULL when there is none */
	size_t length;
	json_t *json;  /* NULL when the body is none; control characters in its texts are '?' */
	char token[PLACE_TOKEN_CAP]; /* of the log-in that was made; "": none */
};

/* Asks; a failure says what keeps us from the daemon: no socket, not permitted, nobody there, no answer. The response is
 * the caller's to finish either way. */
struct outcome client_get(const struct client *client, const char *path, struct response *ret_response);

/* Posts an act; `as` and a fresh act_id are added. After a lost answer it is asked once more with the same id, so that it
 * has one effect. */
struct outcome client_act(const struct client *client, const char *path, json_t *body, struct response *ret_response);

/* Posts what is no act, once: a log-in, a log-out. */
struct outcome client_post(const struct client *client, const char *path, const json_t *body, struct response *ret_response);

void response_finish(struct response *response);

/* The daemon's own sentence of a refusal. */
const char *response_error(const struct response *response);

#endif
