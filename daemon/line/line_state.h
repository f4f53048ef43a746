/* The named states of a link, and when to try it again: capped exponential
 * backoff with jitter. Pure; time is an argument. */
#ifndef INFUSIOND_LINE_LINE_STATE_H
#define INFUSIOND_LINE_LINE_STATE_H

#include "daemon/base/instant.h"

enum line_result {
	LINE_REPLY,      /* unit + PDU came back, an exception included */
	LINE_TIMEOUT,
	LINE_BROKEN,     /* something came that is no answer to what was asked */
	LINE_NO_LINK,    /* could not connect, or the connection was lost */
	LINE_RESULT_COUNT
};

/* Failing: there is a connection, but no right answer. Down: waits for `retry_at`, then tries with the next request. */
enum link_state { LINK_IDLE, LINK_CONNECTING, LINK_UP, LINK_FAILING, LINK_DOWN, LINK_STATE_COUNT };

struct line_state {
	enum link_state state;
	struct instant since;    /* of the state; a new reason alone does not change it */
	char reason[160];        /* why it is not up; "" when it is */
	struct instant retry_at; /* LINK_DOWN: the next try */
	int failures;            /* to connect or to keep the connection, in a row */
	uint64_t random;         /* state of the jitter's generator */
};

void line_state_init(struct line_state *state, struct instant now, uint64_t seed);

/* A request is made: an idle link begins to connect. A link that is down stays so until an answer comes. */
void line_state_ask(struct line_state *state, struct instant now);

/* What a request came to that was made at `now`; one that was refused along with another is not told. Waits from `first`,
 * doubled by every failure, to `most`. True when the named state changed. */
bool line_state_take(struct line_state *state, struct instant now, enum line_result result, const char *reason,
    struct duration first, struct duration most);

/* A request may be made now. */
bool line_state_may_try(const struct line_state *state, struct instant now);

const char *link_state_name(enum link_state state);   /* "up", ... */
const char *line_result_name(enum line_result result); /* "reply", ... */

#endif
