/* What is on its way to the master of a serial line: characters with the instants
 * at which each is over, and so can be read. Pure, time as an argument, in
 * nanoseconds of one monotonic clock; one thread owns a mouth.
 *
 * Several may talk at a time, since no unit looks whether the wire is free. Two
 * characters at one time come out as one that is neither: each bit is 1 only
 * where both were (of an RS-485 pair the driver of 0 mostly wins). */
#ifndef INFUSIOND_SIM_RTU_MOUTH_H
#define INFUSIOND_SIM_RTU_MOUTH_H

#include "daemon/sim/rtu_frame.h"

enum { MOUTH_MOST = 2048 };

/* Characters that come so soon after one another are handed over together, as a UART's buffer does. */
enum { MOUTH_CHUNK_NS = 1000000 };

struct rtu_mouth {
	struct spoken {
		int64_t from_ns, over_ns;
		uint8_t byte;
		bool echo;
	} queue[MOUTH_MOST]; /* by over_ns */
	size_t count;
};

/* `gap_ns` is between two characters. `echo`: they are the master's own, given back. */
struct rtu_speech {
	const int16_t *characters;
	size_t count;
	int64_t from_ns, character_ns, gap_ns;
	bool echo;
};

/* False when there is no room, and then nothing of it is said. The instant at which it ends is *ret_over_ns. */
bool rtu_mouth_say(struct rtu_mouth *mouth, const struct rtu_speech *speech, int64_t *ret_over_ns);

/* When to look again: the last instant before which nothing more than a chunk would be late, and always the very instant of a
 * speech's last character. RTU_NEVER when there is nothing. */
int64_t rtu_mouth_due(const struct rtu_mouth *mouth);

/* Takes what is over by now; returns how many bytes. *ret_spoke: one of them at least is no echo. */
size_t rtu_mouth_take(struct rtu_mouth *mouth, int64_t now_ns, uint8_t *bytes, size_t cap, bool *ret_spoke);

/* A character other than an echo is on the wire. */
bool rtu_mouth_is_talking(const struct rtu_mouth *mouth, int64_t now_ns);

/* Nobody is there to hear it. */
void rtu_mouth_forget(struct rtu_mouth *mouth);

#endif
