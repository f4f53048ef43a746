/* The end of watching (R33): by a named person, after the checklist; over
 * anything open only with a reason that is recorded. */
#include "daemon/clinical/acts.h"

#include <stdio.h>
#include <string.h>

struct outcome
act_checklist(struct watch *watch, const struct act *act)
{
	uint32_t all = (uint32_t)((1ULL << watch->regimen->checklist_count) - 1);
	char before[64], after[64];

	if ((act->checklist_done & ~all) != 0)
		return outcome_fail("the checklist has %zu items", watch->regimen->checklist_count);
	snprintf(before, sizeof(before), "%x", watch->session.checklist_done);
	watch->session.checklist_done = act->checklist_done;
	watch->session.checklist_answered = true;
	snprintf(after, sizeof(after), "%x", watch->session.checklist_done);
	acts_tell(watch, act, EVENT_CHECKLIST, "checklist", before, after, "the discharge checklist was answered");
	return outcome_ok();
}

static bool
has_open_alarm(const struct watch *watch)
{
	for (size_t i = 0; i < SLOT_COUNT; i++)
		if (watch->slots[i].used && watch->slots[i].alarm.state != ALARM_OVER)
			return true;
	return watch->parked_count > 0;
}

static bool
has_unknown_vital(const struct watch *watch)
{
	for (int vital = 0; vital < VITAL_COUNT; vital++)
		if (watch_phase_rules(watch)->required[vital] &&
		    (!watch->vitals[vital].usable_seen || watch->vitals[vital].stale))
			return true;
	return false;
}

/* The gate has looked at the baseline's cuffs; checks count from the drug on. */
static bool
has_missed_check(const struct watch *watch)
{
	for (size_t i = 0; i < watch->session.check_count; i++)
		if (watch->session.checks[i].state == CHECK_MISSED && watch->session.checks[i].phase != PHASE_BASELINE)
			return true;
	return false;
}

static bool
has_open_checklist(const struct watch *watch)
{
	return watch->session.checklist_done != (uint32_t)((1ULL << watch->regimen->checklist_count) - 1);
}

static bool
is_too_early(const struct watch *watch)
{
	return instant_since(watch->now, watch->session.phase_since).ms < watch_phase_rules(watch)->minimum.ms;
}

static bool
has_unverified_gap(const struct watch *watch)
{
	return watch->session.clock.unverified;
}

static bool
had_no_drug(const struct watch *watch)
{
	return watch->session.phase == PHASE_BASELINE;
}

static const struct {
	bool (*stands)(const struct watch *watch);
	const char *words;
} obstacles[] = {
	{ had_no_drug, "the drug was never started" },
	{ has_open_alarm, "an alarm is open" },
	{ has_unknown_vital, "a required vital sign is not known" },
	{ has_missed_check, "a scheduled check was missed" },
	{ has_open_checklist, "the checklist is not complete" },
	{ is_too_early, "recovery has not lasted its minimum" },
	{ has_unverified_gap, "the dose clock has an unverified gap" },
};

static bool
list_obstacles(const struct watch *watch, char *text, size_t cap)
{
	bool any = false;

	text[0] = '\0';
	for (size_t i = 0; i < sizeof(obstacles) / sizeof(obstacles[0]); i++) {
		size_t used = strlen(text);

		if (!obstacles[i].stands(watch))
			continue;
		snprintf(text + used, cap - used, "%s%s", any ? ", " : "", obstacles[i].words);
		any = true;
	}
	return any;
}

static void
close_alarms(struct watch *watch, const struct act *act)
{
	struct alarm_world world = watch_world(watch);

	for (size_t i = 0; i < watch->parked_count; i++)
		alarm_close(&watch->parked[i], &world, act);
	for (size_t i = 0; i < SLOT_COUNT; i++)
		if (watch->slots[i].used)
			alarm_close(&watch->slots[i].alarm, &world, act);
}

struct outcome
act_discharge(struct watch *watch, const struct act *act)
{
	char open[SENTENCE_CAP];
	bool obstructed = list_obstacles(watch, open, sizeof(open));

	if (!had_no_drug(watch) && !watch->session.checklist_answered)
		return outcome_fail("discharge comes after the checklist: answer it first");
	if (obstructed && !act->override)
		return outcome_fail("not yet: %s; discharge over it needs an override with a reason", open);
	if (obstructed && act->reason[0] == '\0')
		return outcome_fail("discharge over this needs a reason: %s", open);
	close_alarms(watch, act);
	watch->session.phase = PHASE_DISCHARGED;
	watch->session.phase_since = watch->session.ended = watch->now;
	acts_tell(watch, act, EVENT_DISCHARGED, "", obstructed ? "over open points" : "", "",
	    obstructed ? open : "discharged with everything done");
	watch_clear_session(watch);
	return outcome_ok();
}
