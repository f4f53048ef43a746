/* One wire's connection, blocking; owned by one line's thread. Of what kind it is,
 * a Modbus TCP connection (link_tcp.c) or a serial port (link_rtu.c), only
 * creating it tells. */
#ifndef INFUSIOND_LINE_LINK_H
#define INFUSIOND_LINE_LINK_H

#include "daemon/base/instant.h"
#include "daemon/base/wire.h"
#include "daemon/line/line_state.h"

struct link;

/* No I/O yet. `response_timeout` is how long an answer may take: over TCP all of the exchange, connecting included; on a serial
 * wire from the request's end to the answer's first byte. NULL when out of memory or descriptors. */
struct link *link_create(const struct wire *wire, struct duration response_timeout);
void link_destroy(struct link *link); /* NULL is fine */

/* Opens the wire if need be, sends unit + PDU and waits for its answer, never longer than is said at link_longest, whatever the
 * monitor does (the look-up of a host's name excepted). `reply` gets unit + PDU. `reason` is a sentence for people when the result
 * is not a reply. */
enum line_result link_exchange(struct link *link, const uint8_t *request, size_t length, uint8_t *reply, size_t cap,
    size_t *ret_length, char *reason, size_t reason_cap);

/* Any thread: gives up what is under way and whatever is asked later. A serial answer that has begun is taken to its end. */
void link_interrupt(struct link *link);

/* The longest that one exchange may take when the wire is free. A serial wire may have to be waited for before it: for up to two
 * response timeouts where the unit may still answer something else, and for the silence, which is given up after 300 ms. */
struct duration link_longest(const struct wire *wire, struct duration response_timeout);

#endif
