/* The nearest name to a misspelt one, for messages to people. Pure; any thread. */
#ifndef INFUSIOND_BASE_NEAREST_H
#define INFUSIOND_BASE_NEAREST_H

#include <stddef.h>

/* The name that differs from `wrong` by the fewest letters, at most two (one for up to three letters), or that begins
 * with it or the other way round; NULL when none is near. */
const char *nearest_name(const char *wrong, const char *const *names, size_t count);

enum { NEAREST_TEXT_CAP = 80 };

/* " (did you mean 'systolic'?)", or "" when none is near. */
void nearest_to_text(const char *wrong, const char *const *names, size_t count, char text[static NEAREST_TEXT_CAP]);

#endif
