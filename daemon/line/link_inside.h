/* What every kind of link begins with; private to link.c and the kinds. */
#ifndef INFUSIOND_LINE_LINK_INSIDE_H
#define INFUSIOND_LINE_LINK_INSIDE_H

#include "daemon/line/link.h"
#include "daemon/line/modbus_wire.h"
#include "daemon/line/patience.h"

enum { LINK_REQUEST_MOST = 254 }; /* unit and a PDU of 253, Modbus application protocol 4.1 */

/* Where a sentence for people goes. */
struct sentence {
	char *text;
	size_t cap;
};

void sentence_say(const struct sentence *sentence, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* One exchange's arguments. */
struct exchange {
	const uint8_t *request;
	size_t length;
	uint8_t *reply;
	size_t cap, *ret_length;
	struct sentence reason;
};

struct link_table {
	size_t size; /* of the kind's struct, which begins with struct link */
	struct modbus_wire *(*create_wire)(const struct wire *wire);
	/* The request fits; the reason is empty and the length 0. */
	enum line_result (*exchange)(struct link *link, const struct exchange *exchange);
	void (*disconnect)(struct link *link);
};

struct link {
	const struct link_table *table;
	struct wire wire;
	struct modbus_wire *modbus;
	bool connected;
	struct patience patience; /* of the exchange under way; its interrupt is an eventfd of ours */
};

extern const struct link_table link_tcp, link_rtu;

/* How much later than its characters the rest of a serial answer may come: adapters hand bytes over in chunks of up to 16 ms, and on a
 * host that is busy the kernel's own hand-over has taken more than 50 ms. It delays nothing but an answer that is never whole. */
enum { RTU_SLACK_MS = 100 };

/* link_rtu_explain.c: why a port does not open; what the wire gave instead of the answer (`frame` as libmodbus left it). */
void rtu_explain_port(const struct wire *wire, int cause, const struct sentence *reason);
/* Whether a frame that libmodbus took off the wire has its right checksum. */
bool rtu_frame_is_whole(const uint8_t *frame);
void rtu_explain_frame(bool local_echo, const struct exchange *exchange, enum modbus_wire_result result, const uint8_t *frame);

/* link_rtu_late.c: the requests that may still be answered, one of a unit; of more units than there is room for, those that may be
 * answered longest. Instants are patience_now_ms's. All zero: none. */
enum { RTU_LATE_MOST = 8 };

struct rtu_late {
	struct late_request {
		uint8_t request[LINK_REQUEST_MOST];
		size_t length; /* 0: none */
		int64_t until_ms;
	} of[RTU_LATE_MOST];
};

void rtu_late_note(struct rtu_late *late, const struct exchange *exchange, int64_t until_ms);
/* Before something is asked: waits as long as its answer could not be told from the late one. False when all is to be given up. */
bool rtu_late_let_pass(struct rtu_late *late, const struct exchange *exchange, struct patience patience);
/* An answer came. When the same was asked twice it may be that to the first: the other is then to come until that instant. */
void rtu_late_note_answered(struct rtu_late *late, const struct exchange *exchange, int64_t until_ms);
/* True when the frame is another unit's answer to what it was asked before: nothing to complain of, and nothing more to come. */
bool rtu_late_take(struct rtu_late *late, const uint8_t *frame);

/* Ends the connection, with the sentence that says why. */
enum line_result link_lose(struct link *link, const struct exchange *exchange, const char *why);

extern const char link_is_closing[];

#endif
