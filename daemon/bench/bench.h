/* The biomedical engineer's bench: a register map as a table, the reads it
 * comes to, a monitor's raw words beside the values that are made of them, and
 * captured traffic read again through the driver. It talks to a monitor itself,
 * without the daemon, records nothing but what it is told to capture, and writes
 * no register. One thread; blocking.
 *
 * Each function prints for people on `out`, its complaints on standard error, and
 * returns an exit status: 0 all is well, 1 something is wrong with the monitor or
 * the map, 2 the question is wrong, 4 what was asked for could not be written. */
#ifndef INFUSIOND_BENCH_BENCH_H
#define INFUSIOND_BENCH_BENCH_H

#include <stdbool.h>
#include <stdio.h>

#include "daemon/base/instant.h"
#include "daemon/base/wire.h"
#include "drivers/driver.h"
#include "drivers/profile.h"

enum bench_exit { BENCH_GOOD = 0, BENCH_BAD = 1, BENCH_WRONG = 2, BENCH_NOT_WRITTEN = 4 };

/* What is on the bench. */
struct bench_target {
	struct profile profile;
	struct wire wire;
	bool has_wire;
	uint8_t unit;
	struct duration response_timeout, cadence;
	char line[NAME_CAP]; /* for captures */
};

/* As the command line says it; NULL: not given. */
struct bench_words {
	const char *what;   /* a profile's file; with `config` the name of a monitor */
	const char *config; /* infusiond.yaml */
	const char *host, *device, *baud, *parity, *stop_bits, *unit, *timeout_ms;
};

/* False when it is wrong, which was then said. */
bool bench_take_target(const struct bench_words *words, struct bench_target *ret_target);

/* map.c: every field of the map, with the vendor's and the wire's address; then the reads. */
int bench_check(FILE *out, const struct bench_target *target);

/* plan.c: the reads of a round, and on a serial wire what they take. */
int bench_plan(FILE *out, const struct bench_target *target);

/* probe.c: so many rounds; `capture` NULL: none. With `quiet` only the last table and what to look at. */
int bench_probe(FILE *out, const struct bench_target *target, int rounds, const char *capture, bool quiet);

/* replay.c: a capture through the driver. `speed` 0: as fast as it goes; 1: as it was. Only requests of the target's unit, and
 * of `line` when it is given. */
int bench_replay(FILE *out, const struct bench_target *target, const char *capture, const char *line, double speed);

#endif
