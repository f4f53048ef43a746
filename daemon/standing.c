/* The standing configuration against that of the last start, and at a reload
 * against the one before: what differs is recorded with old, new and who (R38). */
#include <pwd.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "daemon/base/log.h"
#include "daemon/parts.h"

enum { VALUE_CAP = sizeof(((struct event *)0)->new_value), MARK_BYTES = 6, MARK_CAP = MARK_BYTES * 2 + 1 };

struct known {
	char key[VALUE_CAP], value[VALUE_CAP];
};

struct comparison {
	struct parts *parts;
	struct known *known;
	size_t known_count;
	bool out_of_memory;
	const char *when; /* for the reason of the events */
	char owner[NAME_CAP];
	size_t changes;
	bool (*concerns)(const char *key);
	char waiting[VALUE_CAP]; /* the first key that differs and that this is no occasion for */
};

/* As an event holds it: a long text keeps its beginning and a mark of the whole, so that two that differ late differ. */
static void
fit(const char *text, char fitted[static VALUE_CAP])
{
	unsigned char mark[crypto_generichash_BYTES_MIN];
	char hex[MARK_CAP];
	size_t length = strlen(text);

	if (length < VALUE_CAP) {
		memcpy(fitted, text, length + 1);
		return;
	}
	crypto_generichash(mark, sizeof(mark), (const unsigned char *)text, length, NULL, 0);
	sodium_bin2hex(hex, sizeof(hex), mark, MARK_BYTES);
	snprintf(fitted, VALUE_CAP, "%.*s... %s", (int)(VALUE_CAP - MARK_CAP - 4), text, hex);
}

static void
take_known(void *ctx, const char *key, const char *value)
{
	struct comparison *comparison = ctx;
	struct known *grown = realloc(comparison->known, sizeof(*grown) * (comparison->known_count + 1));

	if (grown == NULL) {
		comparison->out_of_memory = true;
		return;
	}
	comparison->known = grown;
	fit(key, grown[comparison->known_count].key);
	fit(value, grown[comparison->known_count++].value);
}

static const struct known *
find_known(const struct comparison *comparison, const char *key)
{
	for (size_t i = 0; i < comparison->known_count; i++)
		if (strcmp(comparison->known[i].key, key) == 0)
			return &comparison->known[i];
	return NULL;
}

static void
record(struct comparison *comparison, const char *key, const char *old_value, const char *new_value)
{
	struct event event = { .type = EVENT_CONFIGURATION };

	snprintf(event.subject, sizeof(event.subject), "%s", key);
	snprintf(event.old_value, sizeof(event.old_value), "%s", old_value);
	snprintf(event.new_value, sizeof(event.new_value), "%s", new_value);
	snprintf(event.who.name, sizeof(event.who.name), "%s", comparison->owner);
	event.who.role = ROLE_ENGINEER;
	snprintf(event.reason, sizeof(event.reason), "in the configuration file at %s", comparison->when);
	daemon_emit(comparison->parts, &event);
	comparison->changes++;
}

static void
compare_key(void *ctx, const char *key, const char *value)
{
	struct comparison *comparison = ctx;
	char name[VALUE_CAP], now[VALUE_CAP];
	const struct known *known;

	fit(key, name);
	fit(value, now);
	known = find_known(comparison, name);
	if (known != NULL && strcmp(known->value, now) == 0)
		return;
	if (comparison->concerns == NULL || comparison->concerns(key))
		record(comparison, name, known != NULL ? known->value : "", now);
	else if (comparison->waiting[0] == '\0')
		memcpy(comparison->waiting, name, sizeof(name));
}

/* Who may have changed the file: its owner. */
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
	struct comparison comparison = { .parts = parts, .when = "the start" };
	struct outcome done = store_load_configuration(parts->store, take_known, &comparison);

	find_owner(parts->settings->path, comparison.owner);
	if (done.ok && comparison.out_of_memory)
		done = outcome_fail("out of memory for the configuration");
	if (done.ok) {
		settings_flatten(parts->settings, compare_key, &comparison);
		if (comparison.known_count > 0 && comparison.changes > 0)
			log_line(LOG_LEVEL_NOTICE, "%zu settings differ from the last start: infusionctl sessions and audit_log say which",
			    comparison.changes);
	}
	free(comparison.known);
	return done;
}

/* What a reload takes up; the rest waits for a start. */
static bool
is_wiring(const char *key)
{
	static const char *const sections[] = { "line.", "monitor.", "bed.", "profile." };

	for (size_t i = 0; i < sizeof(sections) / sizeof(sections[0]); i++)
		if (strncmp(key, sections[i], strlen(sections[i])) == 0)
			return true;
	return false;
}

size_t
standing_reload(struct parts *parts, const struct settings *before, const struct settings *now)
{
	struct comparison comparison = { .parts = parts, .when = "a reload", .concerns = is_wiring };

	settings_flatten(before, take_known, &comparison);
	find_owner(now->path, comparison.owner);
	settings_flatten(now, compare_key, &comparison);
	if (comparison.waiting[0] != '\0')
		log_line(LOG_LEVEL_WARNING, "%s differs too: it takes effect at the next start", comparison.waiting);
	free(comparison.known);
	return comparison.changes;
}
