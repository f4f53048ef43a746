/* One Modbus TCP connection, blocking; owned by one line's thread. The only
 * file behind it is the only one that includes libmodbus. */
#ifndef INFUSIOND_LINE_LINK_MODBUS_H
#define INFUSIOND_LINE_LINK_MODBUS_H

#include <stddef.h>
#include <stdint.h>

#include "daemon/line/line_state.h"

struct link;

/* No I/O yet. NULL when out of memory or descriptors. */
struct link *link_create(const char *host, uint16_t port, int response_timeout_ms);
void link_destroy(struct link *link); /* NULL is fine */

/* Connects if need be, sends unit + PDU and waits for its answer: all of it within the response timeout, whatever the monitor
 * does (the look-up of a host's name excepted). `reply` gets unit + PDU. `reason` is a sentence for people when the result
 * is not a reply. */
enum line_result link_exchange(struct link *link, const uint8_t *request, size_t length, uint8_t *reply, size_t cap,
    size_t *ret_length, char *reason, size_t reason_cap);

/* Any thread: gives up what is under way and whatever is asked later. */
void link_interrupt(struct link *link);

#endif
