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
	bool found; /* it is there now too */
};

struct comparison {
	struct parts *parts;
	struct known *known;
	size_t known_count;
	bool out_of_memory;
	const char *when; /* for the reason of the events */
	struct actor who;
	size_t changes;
	bool (*concerns)(const char *key); /* NULL: all is taken up */
	struct reload_report *report; /* NULL: nobody asked */
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
	grown[comparison->known_count].found = false;
	fit(key, grown[comparison->known_count].key);
	fit(value, grown[comparison->known_count++].value);
}

static struct known *
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
	event.who = comparison->who;
	snprintf(event.reason, sizeof(event.reason), "in the configuration file at %s", comparison->when);
	telling_emit(comparison->parts, &event);
	comparison->changes++;
}

static void
report_change(struct comparison *comparison, const struct web_change *change)
{
	struct reload_report *report = comparison->report;
	struct web_change *grown;

	if (report == NULL)
		return;
	grown = realloc(report->changes, sizeof(*grown) * (report->change_count + 1));
	if (grown == NULL) {
		comparison->out_of_memory = true;
		return;
	}
	report->changes = grown;
	grown[report->change_count++] = *change;
}

/* Keys and values as they fit; "" for a value that is not there. */
static void
take_change(struct comparison *comparison, const char *key, const char *old_value, const char *new_value)
{
	struct web_change change = { .kind = WEB_CHANGED };

	if (comparison->concerns != NULL && !comparison->concerns(key))
		change.kind = WEB_WAITING;
	else if (old_value[0] == '\0')
		change.kind = WEB_ADDED;
	else if (new_value[0] == '\0')
		change.kind = WEB_REMOVED;
	snprintf(change.key, sizeof(change.key), "%s", key);
	snprintf(change.old_value, sizeof(change.old_value), "%s", old_value);
	snprintf(change.new_value, sizeof(change.new_value), "%s", new_value);
	if (change.kind != WEB_WAITING)
		record(comparison, key, old_value, new_value);
	report_change(comparison, &change);
}

static void
compare_key(void *ctx, const char *key, const char *value)
{
	struct comparison *comparison = ctx;
	char name[VALUE_CAP], now[VALUE_CAP];
	struct known *known;

	fit(key, name);
	fit(value, now);
	known = find_known(comparison, name);
	if (known != NULL)
		known->found = true;
	if (known == NULL || strcmp(known->value, now) != 0)
		take_change(comparison, name, known != NULL ? known->value : "", now);
}

/* What is there no more, after all keys were compared. One that has been recorded as gone has no value. */
static void
compare_gone(struct comparison *comparison)
{
	for (size_t i = 0; i < comparison->known_count; i++)
		if (!comparison->known[i].found && comparison->known[i].value[0] != '\0')
			take_change(comparison, comparison->known[i].key, comparison->known[i].value, "");
}

/* Who may have changed the file: its owner. */
static struct actor
find_owner(const char *path)
{
	struct actor owner = { .role = ROLE_ENGINEER };
	struct stat status;
	const struct passwd *user = stat(path, &status) == 0 ? getpwuid(status.st_uid) : NULL;

	snprintf(owner.name, sizeof(owner.name), "%s", user != NULL ? user->pw_name : "file");
	return owner;
}

struct outcome
standing_compare(struct parts *parts)
{
	struct comparison comparison = { .parts = parts, .when = "the start" };
	struct outcome done = store_load_configuration(parts->store, take_known, &comparison);

	comparison.who = find_owner(parts->settings->path);
	if (done.ok && comparison.out_of_memory)
		done = outcome_fail("out of memory for the configuration");
	if (done.ok) {
		settings_flatten(parts->settings, compare_key, &comparison);
		compare_gone(&comparison);
		if (comparison.known_count > 0 && comparison.changes > 0)
			log_line(LOG_LEVEL_NOTICE, "%zu settings differ from the last start: the record's view audit_log says which",
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

void
standing_reload(struct parts *parts, const struct settings *before, const struct settings *now, const struct web_reload *asked,
    struct reload_report *report)
{
	struct comparison comparison = { .parts = parts, .when = "a reload", .concerns = is_wiring, .report = report };

	comparison.who = asked != NULL ? asked->who : find_owner(now->path);
	settings_flatten(before, take_known, &comparison);
	settings_flatten(now, compare_key, &comparison);
	compare_gone(&comparison);
	for (size_t i = 0; i < report->change_count; i++)
		if (report->changes[i].kind == WEB_WAITING) {
			log_line(LOG_LEVEL_WARNING, "%s differs too: it takes effect at the next start", report->changes[i].key);
			break;
		}
	free(comparison.known);
}
