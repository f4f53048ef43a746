/* What a serial line is made of: for serial.c, which keeps the pty and the time,
 * and serial_talk.c, which knows what is said. */
#ifndef INFUSIOND_SIM_SERIAL_INSIDE_H
#define INFUSIOND_SIM_SERIAL_INSIDE_H

#include "daemon/sim/rtu_ear.h"
#include "daemon/sim/rtu_mouth.h"
#include "daemon/sim/serial.h"

enum { NS_PER_MS = 1000000 };

struct line_counts {
	uint64_t requests;  /* right ones, for whichever unit */
	uint64_t answered;  /* answers said, by however many units */
	uint64_t early;     /* frames that began less than T3.5 after the last */
	uint64_t lost[RTU_FOREIGN + 1]; /* frames, by why */
	uint64_t pulled;    /* times that the adapter was */
};

struct sim_line {
	struct sim_wire wire; /* first: what units know */
	struct serial_options options;
	struct line_faults faults;
	struct line_noise noise;
	struct sim_world world;
	struct rtu_ear ear;
	struct rtu_mouth mouth;
	struct line_counts counts;
	enum sim_door door;
	bool torn;             /* by the fault `reset`, until it is taken back */
	bool heard_by_someone; /* a program has the port open */
	int master;            /* -1: the adapter is not plugged in */
	int timer;             /* a timerfd */
	int ready;             /* an epoll of both */
	uv_poll_t poll;        /* of that */
	int64_t tear_ns;       /* when the adapter is pulled; RTU_NEVER */
	int64_t stranger_ns;   /* when the second master talks next; RTU_NEVER */
};

/* What a frame means to the units, and what they say to it. Advances the world. */
void line_take_frame(struct sim_line *line, const struct rtu_heard_frame *frame);

/* The adapter gives back what the master says from `from_ns` on. */
void line_echo(struct sim_line *line, const int16_t *characters, size_t count, int64_t from_ns);

/* Another master asks one of the units, which answers. Advances the world. */
void line_let_stranger_talk(struct sim_line *line, int64_t now_ns);

#endif
