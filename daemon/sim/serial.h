/* Modbus RTU on a pty that behaves like a wire: several units on one line, paced
 * at its speed, mute at any other, and whatever can be wrong with cables and
 * adapters. The wire's time is computed (rtu_ear.h), by the host's monotonic
 * clock: pacing, turnaround and delays are real, whatever the world's clock does.
 * Where that clock is a test's own, a line is unpaced. Loop thread. */
#ifndef INFUSIOND_SIM_SERIAL_H
#define INFUSIOND_SIM_SERIAL_H

#include <stdio.h>

#include <uv.h>

#include "daemon/sim/wire.h"

enum { SERIAL_UNIT_MOST = 247 }; /* Modbus over serial line V1.02, 2.2; 0 is for all of them, and gets no answer */

struct serial_options {
	const char *path; /* the link to the pty; outlives the line */
	int baud;         /* one that pty_baud_is_known */
	int bits;         /* of a character: rtu_timing */
	double turnaround_ms;
	bool strict;      /* a frame that begins less than T3.5 after the last is lost */
	bool unpaced;     /* characters take no time, and T3.5 is 1.75 ms */
	uint64_t seed;    /* of the noise */
};

struct sim_line;

/* Opens the pty and makes the link. */
struct outcome sim_line_create(uv_loop_t *loop, const struct serial_options *options, const struct sim_world *world,
    struct sim_line **ret_line);

/* Closes the pty and removes the link; the memory goes when the loop has closed the handle. NULL is fine. */
void sim_line_destroy(struct sim_line *line);

/* For units to hang on. */
struct sim_wire *sim_line_wire(struct sim_line *line);

const struct serial_options *sim_line_options(const struct sim_line *line);

/* One line of what was counted: "line PATH requests=N answered=N t35_violations=N ...", as infusion-sim(1) explains it. */
void sim_line_print_counts(const struct sim_line *line, FILE *out);

#endif
