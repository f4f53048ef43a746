/* The drug: start, pause, resume, stop, and their corrections afterwards (R11,
 * R23, R33, R35), and the gap that a restart left in the dose clock (R32). */
#include "daemon/clinical/acts.h"

#include <stdio.h>

static void
enter_phase(struct watch *watch, enum phase phase, struct instant since)
{
	watch->session.phase_before = watch->session.phase;
	watch->session.before_since = watch->session.phase_since;
	watch->session.phase = phase;
	watch->session.phase_since = since;
	technical_new_phase(watch);
}

/* With an override by a prescriber the gate, the baseline and the review are passed, with the reason on record. */
static struct outcome
check_override(const struct act *act)
{
	if (act->who.role != ROLE_PRESCRIBER)
		return outcome_fail("only a prescriber may start past the gate or without a baseline");
	if (act->reason[0] == '\0')
		return outcome_fail("starting past the gate or without a baseline needs a reason");
	return outcome_ok();
}

static struct outcome
check_dose(const struct watch *watch, const struct act *act, const struct limit baseline[VITAL_COUNT], bool known)
{
	struct outcome gate = baseline_check_gate(watch, baseline, known, act->who.role == ROLE_PRESCRIBER);

	if (!known)
		return outcome_fail("there is no baseline: two good cuffs at least 2 minutes apart are needed, at most 30 minutes old");
	if (!gate.ok && watch->session.gate != GATE_DECIDED)
		return gate;
	if (!watch->session.limits_reviewed)
		return baseline_check_limits(watch, baseline);
	return outcome_ok();
}

static void
tell_baseline(struct watch *watch, const struct act *act, bool known)
{
	char text[SENTENCE_CAP] = "no baseline of the pressure: its relative limits not in force";
	char systolic[16], diastolic[16];

	if (known) {
		milli_to_text(watch->session.baseline[VITAL_SYSTOLIC].milli, systolic, sizeof(systolic));
		milli_to_text(watch->session.baseline[VITAL_DIASTOLIC].milli, diastolic, sizeof(diastolic));
		snprintf(text, sizeof(text), "baseline %s/%s: relative limits in force", systolic, diastolic);
	}
	acts_tell(watch, act, EVENT_BASELINE_SET, "baseline", "", "", text);
}

struct outcome
act_dose(struct watch *watch, const struct act *act)
{
	struct limit baseline[VITAL_COUNT];
	bool known = baseline_find(watch, baseline);
	struct outcome checked = act->override ? check_override(act) : check_dose(watch, act, baseline, known);
	struct session *session = &watch->session;

	if (!checked.ok)
		return checked;
	session->relative_in_force = true;
	for (int vital = 0; vital < VITAL_COUNT; vital++)
		session->baseline[vital] = baseline[vital];
	tell_baseline(watch, act, known);
	enter_phase(watch, PHASE_INFUSION, watch->now);
	session->dosing_since = watch->now;
	session->clock = (struct dose_clock){ .started = watch->now, .running_since = watch->now,
		.first_until = INSTANT_UNKNOWN };
	judge_relative_cuff(watch);
	acts_tell(watch, act, EVENT_DOSE_STARTED, "", "", "", act->override ? "the infusion was started, by override"
									       : "the infusion was started");
	return outcome_ok();
}

static void
stop_clock(struct watch *watch, struct instant at)
{
	struct dose_clock *clock = &watch->session.clock;

	if (instant_is_known(clock->running_since))
		clock->run.ms += instant_since(at, clock->running_since).ms;
	if (!instant_is_known(clock->first_until))
		clock->first_until = at;
	clock->running_since = INSTANT_UNKNOWN;
}

struct outcome
act_pause(struct watch *watch, const struct act *act)
{
	stop_clock(watch, watch->now);
	enter_phase(watch, PHASE_PAUSED, watch->now);
	acts_tell(watch, act, EVENT_PAUSED, "", "", "", "the infusion was paused");
	return outcome_ok();
}

static void
release_dose(struct watch *watch, enum condition_kind kind)
{
	const struct condition_id id = { .kind = kind };

	slot_release(&watch->slots[SLOT_DOSE], &id);
}

struct outcome
act_resume(struct watch *watch, const struct act *act)
{
	watch->session.clock.running_since = watch->now;
	enter_phase(watch, PHASE_INFUSION, watch->now);
	release_dose(watch, CONDITION_PAUSE_LONG);
	acts_tell(watch, act, EVENT_RESUMED, "", "", "", "the infusion was resumed");
	return outcome_ok();
}

struct outcome
act_stop(struct watch *watch, const struct act *act)
{
	if (act->abort && act->reason[0] == '\0')
		return outcome_fail("aborting the infusion needs a reason");
	stop_clock(watch, watch->now);
	watch->session.aborted = act->abort;
	enter_phase(watch, PHASE_RECOVERY, watch->now);
	release_dose(watch, CONDITION_END_DUE);
	release_dose(watch, CONDITION_PAUSE_LONG);
	acts_tell(watch, act, act->abort ? EVENT_ABORTED : EVENT_STOPPED, "", "", "",
	    act->abort ? "the infusion was aborted" : "the infusion was stopped");
	return outcome_ok();
}

/* A correction applies to the latest of its kind; `earliest` keeps the order of what happened. */
struct mend {
	const char *name;
	enum phase phase;          /* in which the latest one of its kind is the phase's own start */
	void (*apply)(struct watch *watch, struct instant to);
};

static void
mend_dose_start(struct watch *watch, struct instant to)
{
	struct session *session = &watch->session;
	int64_t earlier_ms = session->clock.started.ms - to.ms;

	if (session->phase == PHASE_INFUSION && session->clock.running_since.ms == session->clock.started.ms) {
		session->clock.running_since = to;
		session->phase_since = to;
	} else {
		session->clock.run.ms += earlier_ms;
	}
	if (session->before_since.ms == session->clock.started.ms)
		session->before_since = to;
	session->clock.started = to;
	session->dosing_since = to;
}

static void
mend_run_end(struct watch *watch, struct instant to)
{
	struct session *session = &watch->session;

	/* Out of a pause nothing ran any more. */
	if (session->phase_before == PHASE_INFUSION) {
		session->clock.run.ms += to.ms - session->phase_since.ms;
		if (session->clock.first_until.ms == session->phase_since.ms)
			session->clock.first_until = to;
	}
	session->phase_since = to;
}

static void
mend_resume(struct watch *watch, struct instant to)
{
	watch->session.clock.running_since = to;
	watch->session.phase_since = to;
}

static const struct mend mends[] = {
	[CORRECT_DOSE_START] = { "dose-start", PHASE_NONE, mend_dose_start },
	[CORRECT_PAUSE] = { "pause", PHASE_PAUSED, mend_run_end },
	[CORRECT_RESUME] = { "resume", PHASE_INFUSION, mend_resume },
	[CORRECT_STOP] = { "stop", PHASE_RECOVERY, mend_run_end },
};

static struct outcome
check_correction(const struct watch *watch, const struct act *act)
{
	const struct session *session = &watch->session;
	const struct mend *mend = &mends[act->correction];
	struct instant earliest = instant_later(session->clock.started, session->before_since), latest = watch->now;

	if (act->reason[0] == '\0')
		return outcome_fail("a correction needs its reason");
	if (act->correction == CORRECT_DOSE_START) {
		earliest = session->started;
		if (instant_is_known(session->clock.first_until))
			latest = session->clock.first_until;
	} else if (session->phase != mend->phase ||
		   (act->correction == CORRECT_RESUME && session->phase_before != PHASE_PAUSED)) {
		return outcome_fail("only the latest %s can be corrected, and the session is in %s", mend->name,
		    phase_name(session->phase));
	}
	if (instant_before(act->corrected_to, earliest) || instant_before(latest, act->corrected_to))
		return outcome_fail("the corrected time does not lie between what came before it and what came after");
	return outcome_ok();
}

static struct instant
current_time_of(const struct session *session, enum correction correction)
{
	return correction == CORRECT_DOSE_START ? session->clock.started : session->phase_since;
}

/* R35: clocks follow, and a condition that the mended clock no longer bears out ends by this act. */
struct outcome
act_correct(struct watch *watch, const struct act *act)
{
	struct outcome checked = check_correction(watch, act);
	const struct mend *mend = &mends[act->correction];
	char before[INSTANT_TEXT_CAP], after[INSTANT_TEXT_CAP];

	if (!checked.ok)
		return checked;
	instant_to_iso(current_time_of(&watch->session, act->correction), before);
	mend->apply(watch, act->corrected_to);
	instant_to_iso(act->corrected_to, after);
	release_dose(watch, CONDITION_END_DUE);
	release_dose(watch, CONDITION_PAUSE_LONG);
	acts_tell(watch, act, EVENT_CORRECTED, mend->name, before, after, "a time was corrected; the old one stays in the record");
	schedule_time(watch);
	return outcome_ok();
}

struct outcome
act_confirm_gap(struct watch *watch, const struct act *act)
{
	if (!watch->session.clock.unverified)
		return outcome_fail("the dose clock has no unverified gap");
	watch->session.clock.unverified = false;
	acts_tell(watch, act, EVENT_GAP_CONFIRMED, "dose clock", "", "", "the drug did run while nobody watched");
	return outcome_ok();
}
