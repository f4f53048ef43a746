/* A line: one wire with one thread that moves requests and replies and
 * understands neither. A request is unit + PDU; so is a reply.
 *
 * Everything here is called on the loop thread. The line's own thread touches
 * nothing but its link and the two bounded queues; all lines of a hub share one
 * wake-up of the loop. A dead, dribbling or lying device costs its own line
 * only (Promise 6): a request takes at most the response timeout (link.h), connecting
 * included, times its tries. What waits behind one that found no link is refused with it. */
#ifndef INFUSIOND_LINE_LINE_H
#define INFUSIOND_LINE_LINE_H

#include <uv.h>

#include "daemon/base/instant.h"
#include "daemon/base/outcome.h"
#include "daemon/base/reading.h"
#include "daemon/base/wire.h"
#include "daemon/line/line_state.h"

enum {
	LINE_FRAME_CAP = 264,   /* unit + PDU of at most 253 bytes */
	LINE_QUEUE = 64,
	LINE_MOST = 64,         /* libmodbus selects: descriptors stay far below 1024 */
	LINE_TIMEOUT_MOST_MS = 1000,
	LINE_LATE_MOST_MS = 2000, /* a reply that comes so much later than an exchange may take is none */
	LINE_RETRIES_MOST = 3
};

struct line_config {
	char name[NAME_CAP];
	struct wire wire;
	struct duration response_timeout; /* at most LINE_TIMEOUT_MOST_MS */
	int retries;                      /* of a request without a right answer, at once: 0 to LINE_RETRIES_MOST */
	struct duration backoff_first, backoff_most; /* between two tries to connect: 0.5 s to 8 s are usual */
};

/* What came of a request. */
struct line_reply {
	const char *line;         /* its name */
	uint64_t tag;             /* the submitter's */
	enum line_result result;  /* LINE_REPLY: what the monitor said within the last moments, whatever the host did meanwhile */
	const uint8_t *request;   /* valid during the callback */
	size_t request_length;
	const uint8_t *reply;     /* LINE_REPLY only */
	size_t reply_length;
	int64_t round_trip_us;
	const char *reason;       /* for people; "" for LINE_REPLY */
};

struct line_hub;
struct line;

/* One for all lines. `take` is called on the loop for every reply, in the order in which a line gave them. */
struct outcome line_hub_create(uv_loop_t *loop, void (*take)(void *ctx, const struct line_reply *reply), void *ctx,
    struct line_hub **ret_hub);
/* `taken` is called, with the hub's `ctx`, whenever all the replies that had come were taken: for what one look after them
 * does as well as one after each. */
void line_hub_on_taken(struct line_hub *hub, void (*taken)(void *ctx));
/* Asks all lines to give up what is under way, so that destroying them one after the other need not wait for each. */
void line_hub_stop(struct line_hub *hub);
/* After every line is destroyed; the memory goes when the loop has closed the handle. NULL is fine. */
void line_hub_destroy(struct line_hub *hub);

/* Starts the thread; the wire is opened by the first request. */
struct outcome line_create(struct line_hub *hub, const struct line_config *config, struct line **ret_line);

/* Gives up what is under way and joins the thread: at once, as a rule. A thread that does not come back within a second (it
 * looks a host's name up) is left behind with its memory, which it frees itself. Replies not yet taken are dropped.
 * NULL is fine. */
void line_destroy(struct line *line);

/* The same at once, whatever the thread is doing: it is left to end by itself. For a line that is taken out while others go on. */
void line_abandon(struct line *line);

enum line_submitted { LINE_SUBMITTED, LINE_WAITING /* for the next try to connect */, LINE_FULL };

/* Hands a request of at most LINE_FRAME_CAP bytes over; `now` is also the instant at which its answer, whenever it comes, is
 * put to the line's state. What is not submitted gets no reply. */
enum line_submitted line_submit(struct line *line, struct instant now, uint64_t tag, const uint8_t *request, size_t length);

/* The same for what must not be done twice: it is not sent again, whatever the line's retries. */
enum line_submitted line_submit_once(struct line *line, struct instant now, uint64_t tag, const uint8_t *request, size_t length);

/* The link's named state, its reason and since when. */
const struct line_state *line_state(const struct line *line);
const char *line_name(const struct line *line);

/* R25: the thread has not come back from a request for three times what it may take, and 3 s at least. */
bool line_is_hung(const struct line *line);

/* Round trips and errors since the start, for /metrics and the engineer. Round trips are counted in classes an eighth of an
 * octave wide, so that a percentile is told to within 12.5 %. */
enum { LINE_CLASSES = 8 * 24 };
struct line_counts {
	uint64_t replies, by_result[LINE_RESULT_COUNT];
	uint64_t retried; /* requests that were sent more than once */
	int64_t round_trip_us_sum, round_trip_us_most;
	uint32_t classes[LINE_CLASSES];
};
const struct line_counts *line_counts(const struct line *line);

/* The round trip that so many thousandths of the replies did not exceed; 0 without replies. */
int64_t line_counts_percentile_us(const struct line_counts *counts, int permille);

/* One round trip more. */
void line_counts_add(struct line_counts *counts, int64_t round_trip_us);

#endif
