/* The flat list of settings while it is made. Private to daemon/settings. */
#ifndef INFUSIOND_SETTINGS_FLATTEN_H
#define INFUSIOND_SETTINGS_FLATTEN_H

#include "daemon/settings/profile_file.h"

/* Where the list goes. */
struct list {
	void (*take)(void *ctx, const char *key, const char *value);
	void *ctx;
};

void flatten_put(const struct list *list, const char *value, const char *key, ...)
    __attribute__((format(printf, 3, 4)));

/* flatten_profile.c: a register map. Every key is there in every profile, "none" where it has no such thing, so that what comes
 * and goes is a change like any other. */
void flatten_profile(const struct list *list, const struct profile *profile);

#endif
