/* How the checks of a profile report. Private to profile_check.c and
 * profile_check_reads.c. */
#ifndef INFUSIOND_DRIVERS_PROFILE_CHECKER_H
#define INFUSIOND_DRIVERS_PROFILE_CHECKER_H

#include "drivers/profile.h"

/* Where problems go, and how many there were. */
struct checker {
	const struct profile *profile;
	void (*tell)(void *ctx, const char *path, const char *sentence);
	void *ctx;
	size_t count;
};

/* Tells a problem of a key in the section `path`; either may be empty. */
void complain(struct checker *checker, const char *path, const char *key, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* A field among registers: its function, its place, its bits. */
void check_field(struct checker *checker, const char *path, const struct field *field);

/* profile_check_reads.c: what must be read alone, in one block or not at all; and what is asked or written beside polling. */
void check_reads(struct checker *checker);
void check_asides(struct checker *checker);

#endif
