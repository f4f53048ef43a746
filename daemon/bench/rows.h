/* What was read last of every field: raw words beside what is made of them.
 * Private to daemon/bench. */
#ifndef INFUSIOND_BENCH_ROWS_H
#define INFUSIOND_BENCH_ROWS_H

#include <stdio.h>

#include "daemon/bench/fields.h"
#include "drivers/driver.h"

enum { ROWS_BITS = 8 };

struct bench_row {
	bool seen;
	char raw[40], count[32], value[48], why[96];
	bool usable; /* a vital sign that has a value */
};

struct bench_rows {
	const struct profile *profile;
	struct bench_field fields[BENCH_FIELDS];
	struct bench_row rows[BENCH_FIELDS];
	size_t count;
	struct words bits[ROWS_BITS]; /* of functions 1 and 2, for what they vouch for */
	size_t bit_count;
};

void bench_rows_init(struct bench_rows *rows, const struct profile *profile);

/* Takes the words of a reply to its request (unit + PDU); what is no good reply changes nothing. */
void bench_rows_take(struct bench_rows *rows, const uint8_t *request, size_t request_length, const uint8_t *reply,
    size_t reply_length);

void bench_rows_print(FILE *out, const struct bench_rows *rows);

/* Vital signs that stream and were read, and how many of them have a value. */
void bench_rows_count(const struct bench_rows *rows, size_t *ret_read, size_t *ret_usable);

/* The first reason why a vital sign has no value; "" when there is none. */
const char *bench_rows_trouble(const struct bench_rows *rows, const char **ret_name);

#endif
