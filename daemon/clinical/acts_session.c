/* Before the drug: the session begins (R34), the gate is decided, limits near
 * the baseline are reviewed, the weight is corrected. */
#include "daemon/clinical/acts.h"

#include "daemon/clinical/dose.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static struct outcome
check_plan(const struct regimen *regimen, const struct act *act, struct dose_plan *ret_plan)
{
	const struct dose_rule *rule = &regimen->dose;
	struct dose_plan plan = { .weight_g = act->weight_g, .planned = rule->planned };
	struct outcome checked = weight_check(rule, act->weight_g);
	int64_t per_kg;

	if (!checked.ok)
		return checked;
	if (act->weight_milli_lb != 0 && !weight_units_agree(act->weight_g, act->weight_milli_lb))
		return outcome_fail("the weight in kg and in lb are not the same weight");
	plan.dose_ug = act->dose_ug != 0 ? act->dose_ug : dose_ug(act->weight_g, rule->ug_per_kg);
	plan.volume_ul = act->volume_ul != 0 ? act->volume_ul : rule->volume_ul;
	if (plan.dose_ug <= 0 || plan.volume_ul <= 0)
		return outcome_fail("dose and volume must be more than nothing");
	per_kg = (int64_t)plan.dose_ug * 1000 / plan.weight_g;
	if (!act->unusual_confirmed && weight_is_unusual(rule, plan.weight_g))
		return outcome_fail("weight %d.%d kg is unusual: confirm it", plan.weight_g / 1000, plan.weight_g % 1000 / 100);
	if (!act->unusual_confirmed && llabs(per_kg - rule->ug_per_kg) > rule->ug_per_kg_ask)
		return outcome_fail("dose %" PRId64 " micrograms per kg is unusual (%d is planned): confirm it", per_kg,
		    rule->ug_per_kg);
	*ret_plan = plan;
	return outcome_ok();
}

/* R34: what stands on the monitor's own screen must be what we read from it. */
static struct outcome
check_live(const struct watch *watch, const struct act *act)
{
	const struct vital_track *track = &watch->vitals[act->live_vital];
	const struct vital_info *info = vital_info(act->live_vital);
	char seen[16], read[16];

	if (!act->confirm_live)
		return outcome_ok();
	if (!track->usable_seen)
		return outcome_fail("no %s has been read from this bed's monitor to confirm", info->name);
	if (abs(track->usable.milli - act->live_milli) <= info->step_milli / 2)
		return outcome_ok();
	milli_to_text(act->live_milli, seen, sizeof(seen));
	milli_to_text(track->usable.milli, read, sizeof(read));
	return outcome_fail("the monitor shows %s %s and this bed reads %s: is it the right monitor?", info->name, seen, read);
}

static void
describe_plan(const struct dose_plan *plan, char *text, size_t cap)
{
	char weight[16], pounds[16], dose[16], rate[16], volume[16];

	milli_to_text(plan->weight_g, weight, sizeof(weight));
	milli_to_text(g_to_pounds_milli(plan->weight_g), pounds, sizeof(pounds));
	milli_to_text(plan->dose_ug, dose, sizeof(dose));
	milli_to_text((int32_t)volume_rate_ul_h(plan->volume_ul, plan->planned), rate, sizeof(rate));
	milli_to_text(plan->volume_ul, volume, sizeof(volume));
	snprintf(text, cap, "%s kg (%s lb), %s mg in %s mL over %" PRId64 " min at %s mL/h", weight, pounds, dose, volume,
	    plan->planned.ms / 60000, rate);
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

struct outcome
act_start(struct watch *watch, const struct act *act)
{
	const struct regimen *regimen = watch_find_regimen(watch, act->regimen);
	struct dose_plan plan;
	struct outcome checked;
	char text[SENTENCE_CAP];

	if (regimen == NULL)
		return outcome_fail("there is no regimen '%s'", act->regimen);
	checked = check_plan(regimen, act, &plan);
	if (!checked.ok)
		return checked;
	checked = check_live(watch, act);
	if (!checked.ok)
		return checked;
	fill_session(watch, act, regimen, &plan);
	watch_begin_watching(watch, watch->now);
	describe_plan(&plan, text, sizeof(text));
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
	struct outcome checked = check_plan(watch->regimen, act, &plan);
	char before[64], after[64], text[SENTENCE_CAP];

	if (!checked.ok)
		return checked;
	milli_to_text(watch->session.plan.weight_g, before, sizeof(before));
	milli_to_text(plan.weight_g, after, sizeof(after));
	watch->session.plan = plan;
	describe_plan(&plan, text, sizeof(text));
	acts_tell(watch, act, EVENT_WEIGHT_CHANGED, "weight", before, after, text);
	return outcome_ok();
}
