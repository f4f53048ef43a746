/* Lines, monitors and profiles changed while beds are watched. The new file is
 * read and checked whole before anything is touched; what is the same in both
 * goes on untouched, in the middle of a request even; the rest is opened anew.
 * Settings that drivers and beds still hold on to are kept until the end. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/log.h"
#include "daemon/parts.h"

/* A reload under way: the new lines, and which of the old ones go on. */
struct change {
	struct parts *parts;
	const struct settings *now;
	struct line *lines[SETTINGS_LINES];
	bool created[SETTINGS_LINES];
	size_t kept, opened; /* devices */
};

static bool
same_beds(const struct settings *one, const struct settings *other)
{
	if (one->bed_count != other->bed_count)
		return false;
	for (size_t i = 0; i < one->bed_count; i++)
		if (strcmp(one->beds[i].name, other->beds[i].name) != 0)
			return false;
	return true;
}

static bool
is_same_web(const struct web_settings *before, const struct web_settings *now)
{
	bool same = before->listen_count == now->listen_count && strcmp(before->certificate, now->certificate) == 0 &&
	    strcmp(before->key, now->key) == 0 && before->idle.ms == now->idle.ms && before->longest.ms == now->longest.ms;

	for (size_t i = 0; same && i < now->listen_count; i++)
		same = strcmp(before->listen[i].text, now->listen[i].text) == 0;
	return same;
}

/* What only a start can take up, and what must not silently stay as it was. */
static struct outcome
check_scope(const struct settings *before, const struct settings *now)
{
	if (!same_beds(before, now))
		return outcome_fail("the list of beds differs: that takes a restart of infusiond");
	if (strcmp(before->store, now->store) != 0 || strcmp(before->socket, now->socket) != 0 ||
	    strcmp(before->capture, now->capture) != 0)
		return outcome_fail("the path of store, socket or capture differs: that takes a restart of infusiond");
	if (!is_same_web(&before->web, &now->web))
		return outcome_fail("the section 'web' differs: that takes a restart of infusiond");
	return outcome_ok();
}

static struct line *
find_same_line(const struct parts *parts, const struct line_settings *wanted)
{
	for (size_t i = 0; i < parts->line_count; i++)
		if (memcmp(&parts->settings->lines[i], wanted, sizeof(*wanted)) == 0)
			return parts->lines[i];
	return NULL;
}

static void
drop_created(struct change *change)
{
	for (size_t i = 0; i < change->now->line_count; i++)
		if (change->created[i])
			line_destroy(change->lines[i]);
}

static struct outcome
make_lines(struct change *change)
{
	struct outcome done = outcome_ok();

	for (size_t i = 0; done.ok && i < change->now->line_count; i++) {
		change->lines[i] = find_same_line(change->parts, &change->now->lines[i]);
		if (change->lines[i] != NULL)
			continue;
		done = daemon_create_line(change->parts, &change->now->lines[i], &change->lines[i]);
		change->created[i] = done.ok;
	}
	if (!done.ok)
		drop_created(change);
	return done;
}

static bool
is_still_used(const struct change *change, const struct line *line)
{
	for (size_t i = 0; i < change->now->line_count; i++)
		if (change->lines[i] == line)
			return true;
	return false;
}

/* Their replies come no more: whoever waits for one waits no longer. */
static void
retire_lines(struct change *change)
{
	struct parts *parts = change->parts;

	for (size_t i = 0; i < parts->line_count; i++)
		if (!is_still_used(change, parts->lines[i]))
			line_abandon(parts->lines[i]);
	parts->line_count = change->now->line_count;
	memcpy(parts->lines, change->lines, sizeof(parts->lines));
}

static struct outcome
change_bed(struct change *change, size_t index)
{
	struct parts *parts = change->parts;
	struct bed *bed = &parts->beds[index];
	struct instant now = clock_now(parts->clock);

	for (size_t i = 0; i < bed->device_count; i++)
		if (bed->devices[i].asked && !is_still_used(change, bed->devices[i].line)) {
			bed->devices[i].asked = false;
			clock_release(parts->clock);
		}
	return bed_change_devices(bed, parts->settings, change->now, index, change->lines, now, &change->kept, &change->opened);
}

static struct outcome
take_over(struct change *change, struct settings *now)
{
	struct parts *parts = change->parts;
	const struct settings *before = parts->settings;
	struct outcome first = outcome_ok();

	for (size_t i = 0; i < parts->bed_count; i++) {
		struct outcome done = change_bed(change, i);

		if (!done.ok && first.ok)
			first = done;
	}
	retire_lines(change);
	parts->settings = now;
	parts->reloaded[parts->reload_count++] = now;
	standing_reload(parts, before, now);
	return first;
}

/* A bed that refuses stops all of it, before anything was touched. */
static struct outcome
check_beds(const struct change *change)
{
	struct outcome done = outcome_ok();

	for (size_t i = 0; done.ok && i < change->parts->bed_count; i++)
		done = bed_may_change(&change->parts->beds[i], change->now, i, clock_now(change->parts->clock));
	return done;
}

static struct outcome
load(const char *path, struct settings **ret_settings)
{
	struct problems *problems = problems_create();
	struct outcome done = outcome_ok();

	if (problems == NULL)
		return outcome_fail("out of memory");
	if (!settings_load(path, problems, ret_settings)) {
		problems_print(problems, stderr);
		for (size_t i = 0; i < problems_count(problems); i++) {
			const struct problem *problem = problems_at(problems, i);

			if (problem->warning)
				continue;
			done = outcome_fail("%s:%d: %s: %s", problem->file, problem->line, problem->path, problem->sentence);
			break;
		}
	}
	problems_destroy(problems);
	return done;
}

struct outcome
reload_run(struct parts *parts, char report[static SENTENCE_CAP])
{
	struct change change = { .parts = parts };
	struct settings *now = NULL;
	struct outcome done;

	if (parts->reload_count == RELOADS_MOST)
		return outcome_fail("there were %d reloads since the start: restart infusiond", RELOADS_MOST);
	done = load(parts->settings->path, &now);
	if (done.ok)
		done = check_scope(parts->settings, now);
	change.now = now;
	if (done.ok)
		done = check_beds(&change);
	if (done.ok)
		done = make_lines(&change);
	if (!done.ok) {
		settings_free(now);
		return done;
	}
	done = take_over(&change, now);
	snprintf(report, SENTENCE_CAP, "%zu monitors go on as they were, %zu were opened", change.kept, change.opened);
	for (size_t i = 0; i < parts->bed_count; i++)
		web_changed(parts->web, i);
	daemon_wake(parts);
	return done;
}
