/* What a unit answers, right or as wrong as wanted, the same on every wire: a
 * request in, bytes and their times out. How a frame is put around an answer is
 * the wire's own. Nothing is sent here. Loop thread. */
#ifndef INFUSIOND_SIM_REPLY_H
#define INFUSIOND_SIM_REPLY_H

#include "daemon/sim/wire.h"

/* A reply with the longest that frames put around it: unit and the six bytes of a TCP header. */
enum { REPLY_CAP = 7 + IMAGE_REPLY_CAP };

struct sim_request {
	uint8_t unit; /* as it was asked for */
	const uint8_t *pdu;
	size_t length;
};

/* Puts a frame around an answer, and returns its length. `other_transaction`: numbers it wrongly, where it numbers at all. */
struct sim_framing {
	size_t (*frame)(const void *ctx, uint8_t unit, const uint8_t *pdu, size_t length, bool other_transaction,
	    uint8_t frame[static REPLY_CAP]);
	const void *ctx;
};

enum sim_reply_kind { REPLY_NONE, REPLY_RESET /* the wire breaks, perhaps within these bytes */, REPLY_FRAME };

struct sim_reply {
	enum sim_reply_kind kind;
	uint8_t bytes[REPLY_CAP];
	size_t length;
	bool right; /* the values are as they were in the monitor, and can be read */
	int delay_ms, gap_ms; /* before the first byte, and between two of them; the host's own */
};

/* Asks a unit whose world is up to date. Does what a right command of the profile wants. */
void sim_reply_make(const struct sim_unit *unit, const struct sim_request *request, const struct sim_framing *framing,
    struct sim_reply *ret_reply);

/* Puts the values of a right reply into the monitor's log; for the wire to call when it does not spoil the reply itself. */
void sim_reply_note(const struct sim_unit *unit, const struct sim_request *request, const struct sim_reply *reply);

#endif
