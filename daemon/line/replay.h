/* Captured traffic read back (capture.h says how it looks): a file as if it
 * were a line, exchange by exchange, in the file's own time. Nothing is waited
 * for: whoever replays decides what the time is. Any thread; files are hostile. */
#ifndef INFUSIOND_LINE_REPLAY_H
#define INFUSIOND_LINE_REPLAY_H

#include "daemon/line/line.h"

struct replay;

struct outcome replay_open(const char *path, struct replay **ret_replay);
void replay_close(struct replay *replay); /* NULL is fine */

/* The next exchange as the line's callback gave it (tag 0), and when: *ret_reply points into `replay` and lives until the next
 * call. *ret_reply is NULL at the end. A failure names the line of the file and what is wrong with it; there is no going on. */
struct outcome replay_next(struct replay *replay, struct instant *ret_at, const struct line_reply **ret_reply);

#endif
