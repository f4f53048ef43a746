/* What a fallible function says: it worked, or one sentence why not.
 *
 * Values are returned whole and owned by the caller; nothing is allocated. A
 * function that fails leaves its ret_ parameters untouched. Each level adds
 * context once with outcome_within(). Any thread. */
#ifndef INFUSIOND_BASE_OUTCOME_H
#define INFUSIOND_BASE_OUTCOME_H

#include <stdbool.h>

enum { OUTCOME_WHY_CAP = 400 };

/* `why` is one sentence without a full stop, empty when ok. */
struct outcome {
	bool ok;
	char why[OUTCOME_WHY_CAP];
};

/* The outcome of success. */
struct outcome outcome_ok(void);

/* A failure with its sentence; longer text is cut at the capacity. */
struct outcome outcome_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Puts context before a failure's sentence ("line bay: <why>"); passes success through. */
struct outcome outcome_within(struct outcome inner, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif
