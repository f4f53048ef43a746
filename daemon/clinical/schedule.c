/* What the clock asks for: scheduled checks (R22), the planned end and long
 * pauses (R23), and a promised recheck (R31). */
#include "daemon/clinical/watch_state.h"

#include <stdio.h>

static struct duration
phase_span(const struct watch *watch)
{
	const struct session *session = &watch->session;

	switch (session->phase) {
	case PHASE_INFUSION:
		return duration_ms(session->plan.planned.ms - session->clock.run.ms);
	case PHASE_RECOVERY:
		return watch_phase_rules(watch)->minimum;
	default:
		return duration_ms(INT64_MAX / 4);
	}
}

/* The check after the last one of this phase; NEVER past the phase's planned span. */
struct instant
schedule_next_check(const struct watch *watch)
{
	const struct session *session = &watch->session;
	struct duration interval = watch_phase_rules(watch)->cuff_interval;
	struct instant last = INSTANT_UNKNOWN;
	int64_t passed;
	struct instant due;

	for (size_t i = 0; i < session->check_count; i++)
		if (session->checks[i].phase == session->phase && session->checks[i].due.ms >= session->phase_since.ms)
			last = instant_later(last, session->checks[i].due);
	passed = instant_is_known(last) ? instant_since(last, session->phase_since).ms / interval.ms + 1 : 0;
	due = instant_add(session->phase_since, duration_ms(passed * interval.ms));
	return instant_since(due, session->phase_since).ms <= phase_span(watch).ms ? due : INSTANT_NEVER;
}

static bool
is_met_by(const struct watch *watch, struct instant due, const struct cuff_record *cuff)
{
	int64_t apart = cuff->measured_at.ms - due.ms;
	int64_t tolerance = watch->regimen->timing.check_tolerance.ms;

	return apart >= -tolerance && apart <= tolerance;
}

static void
tell_check(struct watch *watch, const struct check *check)
{
	char clock[INSTANT_TEXT_CAP];

	instant_to_clock(check->due, watch->utc_offset_min, clock);
	watch_tell(watch, check->state == CHECK_MET ? EVENT_CHECK_MET : EVENT_CHECK_MISSED, phase_name(check->phase),
	    "the %s check of %s was %s", phase_name(check->phase), clock, check->state == CHECK_MET ? "met" : "missed");
}

static void
open_check(struct watch *watch, struct instant due)
{
	struct session *session = &watch->session;
	struct check *check;

	if (session->check_count == SESSION_CHECKS) {
		for (size_t i = 1; i < SESSION_CHECKS; i++)
			session->checks[i - 1] = session->checks[i];
		session->check_count--;
	}
	check = &session->checks[session->check_count++];
	*check = (struct check){ .due = due, .state = CHECK_DUE, .phase = session->phase };
	for (size_t i = 0; i < session->cuff_count; i++)
		if (is_met_by(watch, due, &session->cuffs[i]))
			check->state = CHECK_MET;
	if (check->state == CHECK_MET)
		tell_check(watch, check);
}

void
schedule_cuff(struct watch *watch, const struct cuff_record *cuff)
{
	for (size_t i = 0; i < watch->session.check_count; i++) {
		struct check *check = &watch->session.checks[i];

		if (check->state != CHECK_DUE || !is_met_by(watch, check->due, cuff))
			continue;
		check->state = CHECK_MET;
		tell_check(watch, check);
	}
}

static struct instant
missed_at(const struct watch *watch, const struct check *check)
{
	/* Within three minutes still meets it, so it is missed just after. */
	return check->state == CHECK_DUE
	    ? instant_add(check->due, duration_ms(watch->regimen->timing.check_tolerance.ms + 1))
	    : INSTANT_NEVER;
}

static struct instant
end_due_at(const struct watch *watch)
{
	const struct session *session = &watch->session;
	int64_t left_ms = session->plan.planned.ms - session->clock.run.ms + watch->regimen->timing.end_due.ms;

	if (session->phase != PHASE_INFUSION)
		return INSTANT_NEVER;
	return instant_add(session->clock.running_since, duration_ms(left_ms));
}

static struct instant
pause_long_at(const struct watch *watch)
{
	if (watch->session.phase != PHASE_PAUSED)
		return INSTANT_NEVER;
	return instant_add(watch->session.phase_since, watch->regimen->timing.pause_longest);
}

static struct instant
recheck_at(const struct watch *watch)
{
	return instant_is_known(watch->session.recheck_due) ? watch->session.recheck_due : INSTANT_NEVER;
}

/* The conditions of the dose group, each with its instant. */
static const struct {
	enum condition_kind kind;
	struct instant (*at)(const struct watch *watch);
} dose_clocks[] = {
	{ CONDITION_END_DUE, end_due_at },
	{ CONDITION_PAUSE_LONG, pause_long_at },
	{ CONDITION_RECHECK, recheck_at },
};

enum { DOSE_CLOCKS = sizeof(dose_clocks) / sizeof(dose_clocks[0]) };

static bool
holds(const struct watch *watch, enum condition_kind kind)
{
	const struct condition_id id = { .kind = kind };

	return slot_find((struct alarm_slot *)&watch->slots[SLOT_DOSE], &id) != NULL;
}

struct instant
schedule_deadline(const struct watch *watch)
{
	struct instant next = schedule_next_check(watch);

	for (size_t i = 0; i < watch->session.check_count; i++)
		next = instant_earlier(next, missed_at(watch, &watch->session.checks[i]));
	for (size_t i = 0; i < DOSE_CLOCKS; i++)
		if (!holds(watch, dose_clocks[i].kind))
			next = instant_earlier(next, dose_clocks[i].at(watch));
	return next;
}

void
schedule_time(struct watch *watch)
{
	for (size_t i = 0; i < watch->session.check_count; i++) {
		struct check *check = &watch->session.checks[i];

		if (watch->now.ms < missed_at(watch, check).ms)
			continue;
		check->state = CHECK_MISSED;
		tell_check(watch, check);
	}
	while (schedule_next_check(watch).ms <= watch->now.ms)
		open_check(watch, schedule_next_check(watch));
	for (size_t i = 0; i < DOSE_CLOCKS; i++) {
		const struct condition condition = {
			.id = { .kind = dose_clocks[i].kind },
			.priority = PRIORITY_MEDIUM,
			.since = watch->now,
		};

		if (watch->now.ms < dose_clocks[i].at(watch).ms || holds(watch, dose_clocks[i].kind))
			continue;
		slot_hold(&watch->slots[SLOT_DOSE], &condition);
		if (dose_clocks[i].kind != CONDITION_RECHECK)
			continue;
		watch->session.recheck_due = INSTANT_UNKNOWN;
		/* With the session after it: a restart must not find the promise open. */
		watch_tell(watch, EVENT_CHECK_MISSED, "recheck", "the promised recheck was not done");
	}
}
