/* How the readers of settings report: private to daemon/settings. */
#ifndef INFUSIOND_SETTINGS_PROBLEMS_H
#define INFUSIOND_SETTINGS_PROBLEMS_H

#include "daemon/base/nearest.h"
#include "daemon/settings/settings.h"

/* Takes a copy; past PROBLEMS_MOST only the count of errors grows. */
void problems_add(struct problems *problems, const struct problem *problem);

/* Sorts what was added since `from` by files, in the order in which they first came up, and lines. */
void problems_sort(struct problems *problems, size_t from);

/* " (did you mean 'systolic'?)" for the nearest of a list, or "" when none is near. */
struct suggestion {
	char text[NEAREST_TEXT_CAP];
};
struct suggestion suggest(const char *wrong, const char *const *names, size_t count);

#endif
