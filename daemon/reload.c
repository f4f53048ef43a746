/* Lines, monitors and profiles changed while beds are watched. The new file is
 * read and checked whole before anything is touched; what is the same in both
 * goes on untouched, in the middle of a request even; the rest is opened anew.
 * Settings that drivers and beds still hold on to are kept until the end. */
#include <string.h>

#include "daemon/parts.h"

/* A reload under way: the new lines, and which of the old ones go on. */
struct change {
	struct parts *parts;
	const struct settings *now;
	struct line *lines[SETTINGS_LINES];
	bool created[SETTINGS_LINES];
	size_t kept, opened; /* devices */
	const struct web_reload *asked;
	struct reload_report *report;
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
check_scope(const struct settings *before, const struct settings *now, struct reload_report *report)
{
	const struct {
		bool same;
		const char *path, *sentence;
	} rows[] = {
		{ same_beds(before, now), "beds", "the list of beds differs: that takes a restart of infusiond" },
		{ strcmp(before->store, now->store) == 0, "store", "the record's path differs: that takes a restart of infusiond" },
		{ strcmp(before->socket, now->socket) == 0, "socket", "the socket's path differs: that takes a restart of infusiond" },
		{ strcmp(before->capture, now->capture) == 0, "capture",
		    "the capture's path differs: that takes a restart of infusiond" },
		{ is_same_web(&before->web, &now->web), "web", "the section 'web' differs: that takes a restart of infusiond" },
	};
	struct outcome first = outcome_ok();

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i].same)
			continue;
		reload_report_fault(report, now->path, rows[i].path, rows[i].sentence);
		if (first.ok)
			first = outcome_fail("%s", rows[i].sentence);
	}
	return first;
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
		done = polling_create_line(change->parts, &change->now->lines[i], &change->lines[i]);
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

static void
retire_line(struct parts *parts, struct line *line)
{
	own_state_line_gone(parts->station, clock_now(parts->clock), line_name(line));
	line_abandon(line);
}

/* Their replies come no more: whoever waits for one waits no longer. Those that go on have other monitors perhaps. */
static void
retire_lines(struct change *change)
{
	struct parts *parts = change->parts;

	for (size_t i = 0; i < parts->line_count; i++)
		if (!is_still_used(change, parts->lines[i]))
			retire_line(parts, parts->lines[i]);
	parts->line_count = change->now->line_count;
	memcpy(parts->lines, change->lines, sizeof(parts->lines));
	for (size_t i = 0; i < parts->line_count; i++)
		polling_note_pace(parts, parts->lines[i], clock_now(parts->clock));
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
	standing_reload(parts, before, now, change->asked, change->report);
	return first;
}

/* A bed that refuses stops all of it, before anything was touched. */
static struct outcome
check_beds(const struct change *change)
{
	struct outcome first = outcome_ok();

	for (size_t i = 0; i < change->parts->bed_count; i++) {
		struct outcome may = bed_may_change(&change->parts->beds[i], change->now, i, clock_now(change->parts->clock));

		if (may.ok)
			continue;
		reload_report_fault(change->report, change->now->path, "beds", may.why);
		if (first.ok)
			first = may;
	}
	return first;
}

static struct outcome
load(const char *path, struct reload_report *report, struct settings **ret_settings)
{
	struct problems *problems = problems_create();
	struct outcome done = outcome_ok();

	if (problems == NULL)
		return outcome_fail("out of memory");
	if (!settings_load(path, problems, ret_settings)) {
		problems_print(problems, stderr);
		done = outcome_fail("out of memory");
		for (size_t i = 0; i < problems_count(problems); i++)
			if (!problems_at(problems, i)->warning)
				reload_report_problem(report, problems_at(problems, i));
		if (report->fault_count > 0)
			done = outcome_fail("%s", report->faults[0]);
	}
	problems_destroy(problems);
	return done;
}

static struct outcome
check(struct change *change)
{
	struct outcome done = check_scope(change->parts->settings, change->now, change->report);
	struct outcome beds = done.ok ? check_beds(change) : outcome_ok();

	return done.ok ? beds : done;
}

/* Every byte the same: nothing to take up, and no settings more to keep. */
static bool
is_nothing_new(const struct change *change)
{
	return memcmp(change->parts->settings, change->now, sizeof(*change->now)) == 0;
}

struct outcome
reload_run(struct parts *parts, const struct web_reload *asked, struct reload_report *ret_report)
{
	struct change change = { .parts = parts, .asked = asked, .report = ret_report };
	struct settings *now = NULL;
	struct outcome done;

	*ret_report = (struct reload_report){ .text = "nothing differs: everything goes on as it was" };
	if (parts->reload_count == RELOADS_MOST)
		return outcome_fail("there were %d reloads since the start: restart infusiond", RELOADS_MOST);
	done = load(parts->settings->path, ret_report, &now);
	if (!done.ok)
		return done;
	change.now = now;
	done = check(&change);
	if (done.ok && is_nothing_new(&change)) {
		settings_free(now);
		return done;
	}
	if (done.ok)
		done = make_lines(&change);
	if (!done.ok) {
		settings_free(now);
		return done;
	}
	done = take_over(&change, now);
	reload_report_done(ret_report, change.kept, change.opened);
	for (size_t i = 0; i < parts->bed_count; i++)
		web_changed(parts->web, i);
	web_changed_station(parts->web);
	waking_set(parts);
	return done;
}
