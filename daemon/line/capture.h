/* Captured traffic: every exchange of the lines as one line of text, readable
 * and diffable, and read back for replay in virtual time.
 *
 *   infusiond capture 1
 *   2026-01-02T09:30:00.250Z bay 01 03 00 00 00 08 > 01 03 10 00 78 ... (312 us)
 *   2026-01-02T09:30:01.750Z bay 01 03 00 00 00 08 ! timeout: does not answer within 500 ms
 *
 * Loop thread; tests. */
#ifndef INFUSIOND_LINE_CAPTURE_H
#define INFUSIOND_LINE_CAPTURE_H

#include <stdio.h>

#include "daemon/line/line.h"

struct capture;

/* Begins a file, or goes on with one. */
struct outcome capture_open(const char *path, struct capture **ret_capture);
void capture_close(struct capture *capture); /* NULL is fine */

/* Adds one exchange; buffered, written out at most a second later by capture_flush. */
void capture_add(struct capture *capture, struct instant at, const struct line_reply *reply);
void capture_flush(struct capture *capture);

/* One exchange read back. */
struct exchange {
	struct instant at;
	char line[NAME_CAP];
	uint8_t request[LINE_FRAME_CAP], reply[LINE_FRAME_CAP];
	size_t request_length, reply_length;
	enum line_result result;
	char reason[160];
	int64_t round_trip_us;
};

/* Calls `take` for every exchange of a file, in order; stops at the first line that is none and names it. */
struct outcome capture_replay(FILE *file, void (*take)(void *ctx, const struct exchange *exchange), void *ctx);

#endif
