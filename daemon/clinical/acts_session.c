/* Before the drug: the session begins (R34), the gate is decided, limits near
 * the baseline are reviewed, the weight is corrected. */
#include "daemon/clinical/acts.h"

#include <stdio.h>
#include <stdlib.h>

/* R34: what stands on the monitor's own screen must be what we read from it. */
static struct outcome
check_live(const struct watch *watch, const struct act *act)
{
	const struct vital_track *track = &watch->vitals[act->live_vital];
	const struct vital_info *info = vital_info(act->live_vital);
	char seen[16], read[16];

	if (!act->confirm_live)
		return outcome_ok();
	if (!watch_vital_is_live(watch, act->live_vital, watch->now))
		return outcome_fail("no live %s is read from this bed's monitor to confirm", info->name);
	if (abs(track->usable.milli - act->live_milli) <= info->step_milli / 2)
		return outcome_ok();
	milli_to_text(act->live_milli, seen, sizeof(seen));
	milli_to_text(track->usable.milli, read, sizeof(read));
	return outcome_fail("the monitor shows %s %s and this bed reads %s: is it the right monitor?", info->name, seen, read);
}

static void
fill_session(struct watch *watch, const struct act *act, const struct regimen *regimen, const struct dose_plan *plan)
{
	struct session *session = &watch->session;

	watch_clear_session(watch);
	watch->regimen = regimen;
	session->id = watch->next_id(watch->id_ctx);
	snprintf(session->subject, sizeof(session->subject), "%s", act->subject);
	snprintf(session->bed, sizeof(session->bed), "%s", watch->bed);
	snprintf(session->regimen, sizeof(session->regimen), "%s", regimen->name);
	session->device_count = watch->device_count;
	for (size_t i = 0; i < watch->device_count; i++)
		snprintf(session->devices[i], NAME_CAP, "%s", watch->devices[i].device.name);
	session->phase = PHASE_BASELINE;
	session->started = session->phase_since = session->here_since = watch->now;
	session->plan = *plan;
	session->limits = regimen->limits;
}

static struct outcome
find_regimen(const struct watch *watch, const struct act *act, const struct regimen **ret_regimen)
{
	*ret_regimen = watch_find_regimen(watch, act->regimen);
	return *ret_regimen != NULL ? outcome_ok() : outcome_fail("there is no regimen '%s'", act->regimen);
}

struct outcome
watch_preview(const struct watch *watch, const struct act *act, struct start_preview *ret_preview)
{
	struct start_preview preview = { .question_count = 0 };
	struct outcome checked = acts_check(watch, act);

	if (checked.ok)
		checked = find_regimen(watch, act, &preview.regimen);
	if (checked.ok)
		checked = dose_plan_make(preview.regimen, act, &preview.plan);
	if (!checked.ok)
		return checked;
	preview.question_count = dose_plan_ask(preview.regimen, &preview.plan, preview.questions);
	preview.line_count = dose_plan_lines(preview.regimen, act, &preview.plan, preview.lines);
	*ret_preview = preview;
	return outcome_ok();
}

struct outcome
act_start(struct watch *watch, const struct act *act)
{
	const struct regimen *regimen;
	struct dose_plan plan;
	struct outcome checked = find_regimen(watch, act, &regimen);
	char text[SENTENCE_CAP];

	if (checked.ok)
		checked = dose_plan_check(regimen, act, &plan);
	if (checked.ok)
		checked = check_live(watch, act);
	if (!checked.ok)
		return checked;
	fill_session(watch, act, regimen, &plan);
	watch_begin_watching(watch, watch->now);
	dose_plan_describe(&plan, text, sizeof(text));
	acts_tell(watch, act, EVENT_SESSION_STARTED, regimen->name, "", "", text);
	return outcome_ok();
}

struct outcome
act_decide(struct watch *watch, const struct act *act)
{
	if (act->reason[0] == '\0')
		return outcome_fail("a decision needs its reason");
	watch->session.gate = GATE_DECIDED;
	acts_tell(watch, act, EVENT_GATE_DECIDED, "gate", "", "", "the prescriber decided that the drug may be started");
	return outcome_ok();
}

struct outcome
act_review(struct watch *watch, const struct act *act)
{
	watch->session.limits_reviewed = true;
	acts_tell(watch, act, EVENT_LIMITS_REVIEWED, "limits", "", "", "the limits near the baseline were reviewed and kept");
	return outcome_ok();
}

struct outcome
act_weight(struct watch *watch, const struct act *act)
{
	struct dose_plan plan;
	struct outcome checked = dose_plan_check(watch->regimen, act, &plan);
	char before[64], after[64], text[SENTENCE_CAP];

	if (!checked.ok)
		return checked;
	milli_to_text(watch->session.plan.weight_g, before, sizeof(before));
	milli_to_text(plan.weight_g, after, sizeof(after));
	watch->session.plan = plan;
	dose_plan_describe(&plan, text, sizeof(text));
	acts_tell(watch, act, EVENT_WEIGHT_CHANGED, "weight", before, after, text);
	return outcome_ok();
}
