/* Captured traffic: every exchange of the lines as one line of text, readable
 * and diffable; replay.h reads it back.
 *
 *   infusiond capture 1
 *   2026-01-02T09:30:00.250Z bay 01 03 00 00 00 08 > 01 03 10 00 78 ... (312 us)
 *   2026-01-02T09:30:01.750Z bay 01 03 00 00 00 08 ! timeout: does not answer within 500 ms (500210 us)
 *   # 12 exchanges are missing here
 *
 * The time is the loop's when the answer was taken; unit + PDU of the request;
 * after '>' those of the reply, after '!' what came instead and why; the round
 * trip. A line that begins with '#' is a remark.
 *
 * Loop thread. A thread of its own writes: what does not fit its buffer while
 * the disk is slow is dropped and counted, and the loop never waits. At
 * CAPTURE_FILE_MOST the file becomes FILE.1, whose predecessor goes. */
#ifndef INFUSIOND_LINE_CAPTURE_H
#define INFUSIOND_LINE_CAPTURE_H

#include "daemon/line/line.h"

#define CAPTURE_HEADER "infusiond capture 1"

enum { CAPTURE_LINE_CAP = 2048, CAPTURE_FILE_MOST = 64 << 20 };

struct capture;

/* Begins a file, or goes on with one of ours, without a last line that a crash has cut. Refuses any other file. */
struct outcome capture_open(const char *path, struct capture **ret_capture);

/* The same with a size of one's own, for tests. */
struct outcome capture_open_sized(const char *path, int64_t most_bytes, struct capture **ret_capture);

/* Writes what is left and joins the thread; NULL is fine. */
void capture_close(struct capture *capture);

/* Adds one exchange; it is on its way to the file after capture_flush, or when much has come. */
void capture_add(struct capture *capture, struct instant at, const struct line_reply *reply);

/* Asks for what was added to be written; returns at once. */
void capture_flush(struct capture *capture);

/* How many exchanges could not be written since the start. */
uint64_t capture_lost(struct capture *capture);

/* One exchange as its line, newline included; returns its length. Any thread. */
size_t capture_to_text(struct instant at, const struct line_reply *reply, char text[static CAPTURE_LINE_CAP]);

#endif
