#include "daemon/line/link.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "daemon/line/link_inside.h"

const char link_is_closing[] = "the line is being closed";

static const struct link_table *const tables[WIRE_KIND_COUNT] = {
	[WIRE_MODBUS_TCP] = &link_tcp,
	[WIRE_MODBUS_RTU] = &link_rtu,
};

void
sentence_say(const struct sentence *sentence, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(sentence->text, sentence->cap, format, arguments);
	va_end(arguments);
}

struct link *
link_create(const struct wire *wire, struct duration response_timeout)
{
	const struct link_table *table = tables[wire->kind];
	struct link *link = calloc(1, table->size);

	if (link == NULL)
		return NULL;
	link->table = table;
	link->wire = *wire;
	link->patience.within_ms = (int)response_timeout.ms;
	link->patience.interrupt = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	link->modbus = table->create_wire(wire);
	if (link->modbus != NULL && link->patience.interrupt >= 0)
		return link;
	link_destroy(link);
	return NULL;
}

void
link_destroy(struct link *link)
{
	if (link == NULL)
		return;
	if (link->connected)
		link->table->disconnect(link);
	modbus_wire_destroy(link->modbus);
	if (link->patience.interrupt >= 0)
		close(link->patience.interrupt);
	free(link);
}

void
link_interrupt(struct link *link)
{
	const uint64_t one = 1;
	ssize_t written = write(link->patience.interrupt, &one, sizeof(one));

	/* It fails only when it is full of earlier interrupts. */
	(void)written;
}

enum line_result
link_lose(struct link *link, const struct exchange *exchange, const char *why)
{
	sentence_say(&exchange->reason, "%s", why);
	link->table->disconnect(link);
	return LINE_NO_LINK;
}

enum line_result
link_exchange(struct link *link, const uint8_t *request, size_t length, uint8_t *reply, size_t cap, size_t *ret_length,
    char *reason, size_t reason_cap)
{
	const struct exchange exchange = { request, length, reply, cap, ret_length, { reason, reason_cap } };
	enum line_result result;

	reason[0] = '\0';
	*ret_length = 0;
	if (length > LINK_REQUEST_MOST) {
		sentence_say(&exchange.reason, "the request is longer than a Modbus frame");
		return LINE_BROKEN;
	}
	result = link->table->exchange(link, &exchange);
	if (result == LINE_REPLY)
		reason[0] = '\0';
	return result;
}

struct duration
link_longest(const struct wire *wire, struct duration response_timeout)
{
	/* Request and answer at their longest, and the silence before each. */
	if (wire->kind == WIRE_MODBUS_RTU)
		response_timeout.ms += (2 * RTU_FRAME_MOST * serial_character_ns(&wire->form) +
		    4 * serial_silence_ns(wire->form.baud)) / 1000000 + 1 + RTU_SLACK_MS;
	return response_timeout;
}
