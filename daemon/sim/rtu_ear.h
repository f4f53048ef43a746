/* What the units of a serial line hear of their master: characters in, requests
 * out, time as an argument. Pure; one thread owns an ear.
 *
 * A pty paces nothing: bytes are there to be read when the master's program wrote
 * them, all at once, while on a wire the last of them would be over only after
 * all characters' time. So the wire's time is computed:
 *
 *   - A frame begins when its first bytes were read here, which is never before
 *     they were written; being late here can hide that a master was too early,
 *     never make one too early that was not.
 *   - Its characters follow one another from there on; bytes that come while
 *     earlier ones are still on the wire queue up behind them, as in a UART.
 *   - It is over when T3.5 has passed after its last character. More bytes before
 *     that belong to it, wherever its first request ended: then its checksum is
 *     wrong, and all of it is lost.
 *   - What others say (rtu_ear_note_other, with the instant at which the master
 *     could read the character's byte) keeps the wire busy in the same way. A
 *     frame that begins less than T3.5 after it breaks the rule; its gap is
 *     counted from there. A strict line hears it as the rest of what was said
 *     before, and loses it; others take it.
 *   - A frame and another's character at one time are lost, strict or not: the
 *     line is half-duplex.
 *
 * T1.5 within a frame is not looked at: what a program writes in two pieces says
 * nothing of the times that its port would have kept. */
#ifndef INFUSIOND_SIM_RTU_EAR_H
#define INFUSIOND_SIM_RTU_EAR_H

#include "daemon/sim/rtu_frame.h"

enum rtu_heard {
	RTU_REQUEST,  /* a right frame, for whichever unit */
	RTU_DAMAGED,  /* no right frame */
	RTU_MERGED,   /* began too early on a strict line */
	RTU_COLLIDED, /* two talked at a time */
	RTU_FOREIGN,  /* at another speed than the line's */
};

struct rtu_ear {
	struct rtu_timing timing;
	bool strict;
	uint8_t bytes[RTU_FRAME_CAP]; /* of the frame that is coming in */
	size_t length;                /* kept; what is more makes it no frame */
	size_t characters;            /* all of them; 0: no frame is coming in */
	int64_t end_ns;               /* when the master's last character was or will be over */
	int64_t other_ns;             /* when another's was */
	int64_t gap_ns;               /* before the frame that is coming in */
	bool early, collided, foreign;
};

struct rtu_heard_frame {
	enum rtu_heard what;
	uint8_t bytes[RTU_FRAME_CAP];
	size_t length;
	int64_t end_ns; /* of its last character */
	int64_t gap_ns; /* of silence before its first */
	bool early;     /* less than T3.5: it broke the rule, whether it was lost or not */
};

void rtu_ear_init(struct rtu_ear *ear, const struct rtu_timing *timing, bool strict);

/* The master wrote these, and they were there at `at_ns`. `busy`: another's character is on the wire. `foreign`: they were sent at
 * another speed. */
void rtu_ear_hear(struct rtu_ear *ear, int64_t at_ns, const int16_t *characters, size_t count, bool busy, bool foreign);

/* Another's character was over. */
void rtu_ear_note_other(struct rtu_ear *ear, int64_t at_ns);

/* When the frame that is coming in will be over, if nothing more comes; RTU_NEVER. */
int64_t rtu_ear_due(const struct rtu_ear *ear);

/* Takes a frame that is over; false when there is none. */
bool rtu_ear_take(struct rtu_ear *ear, int64_t now_ns, struct rtu_heard_frame *ret_frame);

/* What was coming in will never be whole: its sender has gone. */
void rtu_ear_forget(struct rtu_ear *ear);

#endif
