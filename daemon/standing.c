/* The standing configuration against that of the last start (R38). */
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "daemon/base/log.h"
#include "daemon/parts.h"

/* R38: a standing limit or setting that differs from the last start is recorded with old, new and who. */
struct comparison {
	struct parts *parts;
	struct {
		char key[64], value[64];
	} *known;
	size_t known_count;
	char owner[NAME_CAP];
	size_t changes;
};

static void
take_known(void *ctx, const char *key, const char *value)
{
	struct comparison *comparison = ctx;
	void *grown = realloc(comparison->known, sizeof(comparison->known[0]) * (comparison->known_count + 1));

	if (grown == NULL)
		return;
	comparison->known = grown;
	snprintf(comparison->known[comparison->known_count].key, 64, "%s", key);
	snprintf(comparison->known[comparison->known_count++].value, 64, "%s", value);
}

static void
compare_key(void *ctx, const char *key, const char *value)
{
	struct comparison *comparison = ctx;
	struct event event = { .type = EVENT_CONFIGURATION };

	for (size_t i = 0; i < comparison->known_count; i++)
		if (strcmp(comparison->known[i].key, key) == 0) {
			if (strcmp(comparison->known[i].value, value) == 0)
				return;
			snprintf(event.old_value, sizeof(event.old_value), "%s", comparison->known[i].value);
		}
	snprintf(event.subject, sizeof(event.subject), "%s", key);
	snprintf(event.new_value, sizeof(event.new_value), "%s", value);
	snprintf(event.who.name, sizeof(event.who.name), "%s", comparison->owner);
	event.who.role = ROLE_ENGINEER;
	snprintf(event.reason, sizeof(event.reason), "in the configuration file at the start");
	daemon_emit(comparison->parts, &event);
	comparison->changes++;
}

static void
find_owner(const char *path, char owner[NAME_CAP])
{
	struct stat status;
	const struct passwd *user = stat(path, &status) == 0 ? getpwuid(status.st_uid) : NULL;

	snprintf(owner, NAME_CAP, "%s", user != NULL ? user->pw_name : "file");
}

struct outcome
standing_compare(struct parts *parts)
{
	struct comparison comparison = { .parts = parts };
	struct outcome done = store_load_configuration(parts->store, take_known, &comparison);

	find_owner(parts->settings->path, comparison.owner);
	if (done.ok) {
		settings_flatten(parts->settings, compare_key, &comparison);
		if (comparison.known_count > 0 && comparison.changes > 0)
			log_line(LOG_LEVEL_NOTICE, "%zu settings differ from the last start: infusionctl sessions and audit_log say which",
			    comparison.changes);
	}
	free(comparison.known);
	return done;
}
