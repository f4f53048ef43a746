#include "daemon/store/queue.h"

#include <string.h>

void
queue_init(struct queue *queue, size_t most)
{
	*queue = (struct queue){ .most = most, .gap = { .from = INSTANT_UNKNOWN, .to = INSTANT_UNKNOWN } };
}

static struct instant
instant_of(const struct row *row)
{
	return row->kind == ROW_READING ? ((const struct reading_row *)row)->at : ((const struct event_row *)row)->event.at;
}

static void
drop(struct queue *queue, struct row *row)
{
	struct queue_gap *gap = &queue->gap;
	struct instant at = instant_of(row);

	if (!instant_is_known(gap->from) || instant_before(at, gap->from))
		gap->from = at;
	gap->to = instant_later(gap->to, at);
	if (row->kind == ROW_READING)
		gap->readings++;
	else
		gap->events++;
	queue->dropped++;
	queue->bytes -= row->bytes;
	row_free(row);
}

static bool
is_expendable(const struct row *row)
{
	return row->kind == ROW_EVENT && ((const struct event_row *)row)->event.who.name[0] == '\0';
}

/* Takes the program's oldest event out; NULL when people's acts are all that is left. */
static struct row *
take_expendable(struct row_list *list)
{
	struct row *before = NULL, *row = list->first;

	while (row != NULL && !is_expendable(row)) {
		before = row;
		row = row->next;
	}
	if (row == NULL)
		return NULL;
	if (before == NULL)
		return row_list_take(list);
	before->next = row->next;
	if (list->last == row)
		list->last = before;
	list->count--;
	return row;
}

static void
make_room(struct queue *queue)
{
	while (queue->bytes > queue->most) {
		struct row *row = row_list_take(&queue->readings);

		if (row == NULL)
			row = take_expendable(&queue->others);
		if (row == NULL)
			return;
		drop(queue, row);
	}
}

void
queue_put(struct queue *queue, struct row *row)
{
	queue->newest_ticket = row->ticket;
	queue->bytes += row->bytes;
	queue->urgent |= row->kind != ROW_READING;
	row_list_put(row->kind == ROW_READING ? &queue->readings : &queue->others, row);
	make_room(queue);
}

bool
queue_is_empty(const struct queue *queue)
{
	return queue->readings.first == NULL && queue->others.first == NULL;
}

static uint64_t
earlier_ns(uint64_t a, const struct row *row)
{
	return row == NULL || (a != 0 && a < row->queued_ns) ? a : row->queued_ns;
}

uint64_t
queue_oldest_ns(const struct queue *queue)
{
	return earlier_ns(earlier_ns(queue->taken_ns, queue->readings.first), queue->others.first);
}

void
queue_take(struct queue *queue, struct batch *ret_batch)
{
	queue->taken_ns = queue_oldest_ns(queue);
	*ret_batch = (struct batch){ queue->readings, queue->others, queue->newest_ticket };
	queue->readings = queue->others = (struct row_list){ 0 };
	queue->urgent = false;
}

void
queue_put_back(struct queue *queue, struct batch *batch)
{
	row_list_join(&batch->readings, &queue->readings);
	row_list_join(&batch->others, &queue->others);
	queue->readings = batch->readings;
	queue->others = batch->others;
	queue->urgent |= batch->others.first != NULL;
	queue->taken_ns = 0;
	*batch = (struct batch){ 0 };
	make_room(queue);
}

static size_t
bytes_of(const struct row_list *list)
{
	size_t bytes = 0;

	for (const struct row *row = list->first; row != NULL; row = row->next)
		bytes += row->bytes;
	return bytes;
}

size_t
batch_bytes(const struct batch *batch)
{
	return bytes_of(&batch->readings) + bytes_of(&batch->others);
}

void
queue_release(struct queue *queue, size_t bytes)
{
	queue->bytes -= bytes;
	queue->taken_ns = 0;
}

void
batch_free(struct batch *batch)
{
	row_list_free(&batch->readings);
	row_list_free(&batch->others);
}

const struct event_row *
queue_find_event(const struct row_list *rows, bool (*fits)(const struct event *event, const void *wanted), const void *wanted)
{
	for (const struct row *row = rows->first; row != NULL; row = row->next) {
		const struct event_row *event = (const struct event_row *)row;

		if (row->kind == ROW_EVENT && fits(&event->event, wanted))
			return event;
	}
	return NULL;
}

void
queue_finish(struct queue *queue)
{
	row_list_free(&queue->readings);
	row_list_free(&queue->others);
}
