/* Who asks for a reload, a person through the API or a signal, and what they are
 * told: by the log, the record and the answer. */
#include <stdio.h>

#include "daemon/base/log.h"
#include "daemon/parts.h"

/* What its event is about, which no setting is called. */
static const char subject[] = "reload";

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
	telling_take(parts, &event);
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
