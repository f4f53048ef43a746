/* What a reload came to: for the log, for the record and for whoever asked, a
 * person through the API or a signal. */
#include <stdio.h>
#include <stdlib.h>

#include "daemon/base/log.h"
#include "daemon/parts.h"

/* What its event is about, which no setting is called. */
static const char subject[] = "reload";

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

static void
log_reload(const struct parts *parts, const struct outcome *done, const struct reload_report *report, const char *by)
{
	if (done->ok)
		log_line(LOG_LEVEL_NOTICE, "%s was read anew (%s): %s", parts->settings->path, by, report->text);
	else
		log_line(LOG_LEVEL_ERROR, "the configuration was not taken up: %s", done->why);
}

void
reload_on_signal(struct parts *parts)
{
	struct reload_report report;
	struct outcome done = reload_run(parts, NULL, &report);

	log_reload(parts, &done, &report, "SIGHUP");
	reload_report_finish(&report);
}

/* That it was asked for, under the name of who did; what differs has events of its own. */
static void
record_reload(struct parts *parts, const struct web_reload *asked, const struct reload_report *report)
{
	struct event event = { .type = EVENT_CONFIGURATION, .at = clock_now(parts->clock), .who = asked->who };

	snprintf(event.subject, sizeof(event.subject), "%s", subject);
	snprintf(event.act_id, sizeof(event.act_id), "%s", asked->act_id);
	snprintf(event.reason, sizeof(event.reason), "%s", asked->reason);
	snprintf(event.text, sizeof(event.text), "the configuration was read anew: %s", report->text);
	daemon_take_event(parts, &event);
}

void
reload_ask(void *ctx, const struct web_reload *asked, web_ticket ticket)
{
	struct parts *parts = ctx;
	struct web_act act = { .target = WEB_TARGET_CONFIGURATION, .act = { .kind = ACT_KIND_COUNT, .who = asked->who } };
	struct reload_report report;
	struct outcome done;

	snprintf(act.account, sizeof(act.account), "%s", subject);
	snprintf(act.act.act_id, sizeof(act.act.act_id), "%s", asked->act_id);
	if (answers_repeat(parts, &act, ticket))
		return;
	done = reload_run(parts, asked, &report);
	log_reload(parts, &done, &report, asked->who.name);
	if (done.ok) {
		record_reload(parts, asked, &report);
		answers_wait_reload(parts, &act, &report, ticket);
	} else {
		web_refuse_faults(parts->web, ticket, done.why, (const char *const *)report.faults, report.fault_count);
	}
	reload_report_finish(&report);
}
