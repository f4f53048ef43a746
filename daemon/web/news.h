/* Which frame a live client is sent next: what has changed before what is only
 * due because a second is over. A client holds only which version of each frame
 * it was sent, so a slow one skips to the newest. Pure; loop thread. */
#ifndef INFUSIOND_WEB_NEWS_H
#define INFUSIOND_WEB_NEWS_H

#include "daemon/web/web.h"

/* What a frame would tell a client: nothing, that a second is over, or something new. */
enum news { NEWS_NONE, NEWS_DUE, NEWS_CHANGE };

enum { NEWS_FRAMES = 1 + WEB_BEDS };

/* A frame without its text; zeros: never renewed. */
struct news_frame {
	uint64_t version; /* counts up whenever it must be sent anew */
	uint64_t changed; /* the version of its last change: later ones are only due */
	uint64_t built;   /* the version that was last written out; nobody was sent a later one */
};

/* What one client was sent; zeros: nothing. */
struct news_reader {
	uint64_t sent[NEWS_FRAMES]; /* the version; 0: none */
	size_t next[NEWS_CHANGE + 1]; /* where it goes on looking for each, so that no bed starves */
	enum news last;             /* what it was given in the last turn */
};

/* The frame is to be sent anew. */
void news_renew(struct news_frame *frame, bool changed);

/* What the client is given in this turn: changes first, and then turn about with what is only due: on a slow socket
 * neither waits for ever. NONE: it has all. */
enum news news_begin(struct news_reader *reader, const struct news_frame *frames, size_t count);

/* The next frame that tells such news, taken as sent; `count` when there is none. */
size_t news_take(struct news_reader *reader, const struct news_frame *frames, size_t count, enum news news);

/* The client lacks something. */
bool news_has_any(const struct news_reader *reader, const struct news_frame *frames, size_t count);

#endif
