/* The bounded queue between loop and writer, and what is given up when it is
 * full: the oldest readings first, then the program's own oldest events; never
 * what a person did. Knows no thread: whoever shares it holds a lock.
 * Store-private. */
#ifndef INFUSIOND_STORE_QUEUE_H
#define INFUSIOND_STORE_QUEUE_H

#include "daemon/store/rows.h"

/* What was dropped and not yet put on record. */
struct queue_gap {
	uint64_t readings, events;
	struct instant from, to;
};

/* What is written together: readings first, then the rest. */
struct batch {
	struct row_list readings, others;
	uint64_t newest_ticket; /* everything up to it is in here, on disk, or dropped */
};

struct queue {
	struct row_list readings, others;
	size_t bytes, most; /* of all rows that are queued or taken */
	uint64_t newest_ticket;
	uint64_t taken_ns; /* when the oldest row that the writer holds was queued; 0: it holds none */
	bool urgent;       /* holds something that is to be written at once */
	uint64_t dropped;  /* rows, ever */
	struct queue_gap gap;
};

void queue_init(struct queue *queue, size_t most);

/* The queue owns the row; it may be dropped at once. */
void queue_put(struct queue *queue, struct row *row);
bool queue_is_empty(const struct queue *queue);

/* When the oldest row that waits or is being written was queued; 0: there is none. */
uint64_t queue_oldest_ns(const struct queue *queue);

/* Hands everything to the writer. */
void queue_take(struct queue *queue, struct batch *ret_batch);

/* It could not be written: goes back in front. */
void queue_put_back(struct queue *queue, struct batch *batch);

/* It is on disk and leaves the account; batch_free takes its memory, outside of the lock. */
void queue_release(struct queue *queue, size_t bytes);
size_t batch_bytes(const struct batch *batch);
void batch_free(struct batch *batch);

/* The first event among rows that fits; NULL: none. */
const struct event_row *queue_find_event(const struct row_list *rows, bool (*fits)(const struct event *event, const void *wanted),
    const void *wanted);

/* Frees what is left. */
void queue_finish(struct queue *queue);

#endif
