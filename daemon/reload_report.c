/* What a reload came to, in words. */
#include <stdio.h>
#include <stdlib.h>

#include "daemon/parts.h"

/* Without memory for one more the reload is refused all the same, and its first reason said. */
void
reload_report_fault(struct reload_report *report, const char *file, const char *path, const char *sentence)
{
	char *text = NULL;
	char **grown = realloc(report->faults, sizeof(*grown) * (report->fault_count + 1));

	if (grown == NULL)
		return;
	report->faults = grown;
	if (asprintf(&text, "%s: %s%s%s", file, path, path[0] != '\0' ? ": " : "", sentence) >= 0)
		grown[report->fault_count++] = text;
}

void
reload_report_problem(struct reload_report *report, const struct problem *problem)
{
	char place[sizeof(problem->file) + 16];

	snprintf(place, sizeof(place), "%s", problem->file);
	if (problem->line > 0)
		snprintf(place, sizeof(place), "%s:%d", problem->file, problem->line);
	reload_report_fault(report, place, problem->path, problem->sentence);
}

static size_t
count_changes(const struct reload_report *report, enum web_change_kind kind)
{
	size_t count = 0;

	for (size_t i = 0; i < report->change_count; i++)
		count += report->changes[i].kind == kind;
	return count;
}

void
reload_report_done(struct reload_report *report, size_t kept, size_t opened)
{
	snprintf(report->text, sizeof(report->text),
	    "%zu monitors go on as they were, %zu were opened; settings: %zu added, %zu changed, %zu removed, %zu wait for a start", kept,
	    opened, count_changes(report, WEB_ADDED), count_changes(report, WEB_CHANGED), count_changes(report, WEB_REMOVED),
	    count_changes(report, WEB_WAITING));
}

void
reload_report_finish(struct reload_report *report)
{
	for (size_t i = 0; i < report->fault_count; i++)
		free(report->faults[i]);
	free(report->faults);
	free(report->changes);
}
