/* The fields of a profile, one after the other, and what a reply's words make of
 * them. Private to daemon/bench. */
#ifndef INFUSIOND_BENCH_FIELDS_H
#define INFUSIOND_BENCH_FIELDS_H

#include "drivers/decode.h"

struct bench_field {
	char name[NAME_CAP * 2];          /* "spo2 (pleth)", "cuff systolic", "uptime" */
	const struct field *field;
	const struct profile_value *value; /* NULL: no vital sign */
	const struct status *status;       /* NULL: no status */
	bool of_cuff;                      /* has a value only after a cuff */
	bool is_flag;                      /* a status that says yes or no, and vouches for nothing */
};

enum { BENCH_FIELDS = 160 };

/* Every field, in the order of the profile; at most BENCH_FIELDS. */
size_t bench_fields(const struct profile *profile, struct bench_field fields[static BENCH_FIELDS]);

/* "40017 / 16": as vendors print it, and as it goes over the wire. */
void bench_address(const struct field *field, char *text, size_t cap);

/* "u16", "bcd32 CDAB", "bits 4-11". */
void bench_type(const struct field *field, char *text, size_t cap);

#endif
