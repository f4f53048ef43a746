/* Conditions from readings: onset, pending, hysteresis and trend (R9, R12 to
 * R18). What holds is written into the slots; alarm.c makes alarms of it. */
#include "daemon/clinical/watch_state.h"

#include <string.h>

static const struct run no_run = {
	.outside_first = { INT64_MIN },
	.outside_last = { INT64_MIN },
	.inside_first = { INT64_MIN },
};

/* The usable readings of one vital in one reply, as one sample. */
struct sample {
	struct instant at;
	size_t count;                 /* usable ones */
	bool all_good;
	int32_t lowest, highest;
	bool end_low, end_high;       /* R6 */
};

static struct sample
sample_of(const struct observation *observation, enum vital vital)
{
	struct sample sample = { .at = observation->at, .all_good = true };

	for (size_t i = 0; i < observation->reading_count; i++) {
		const struct reading *reading = &observation->readings[i];

		if (reading->vital != vital || !quality_has_value(reading->quality))
			continue;
		if (sample.count == 0 || reading->milli < sample.lowest)
			sample.lowest = reading->milli;
		if (sample.count == 0 || reading->milli > sample.highest)
			sample.highest = reading->milli;
		sample.count++;
		sample.all_good &= reading->quality == QUALITY_GOOD;
		sample.end_low |= reading->pinned == PINNED_LOW;
		sample.end_high |= reading->pinned == PINNED_HIGH;
	}
	return sample;
}

/* A sample held against one rule. */
struct verdict {
	bool outside;
	bool inside;     /* by the margin, and good throughout */
	bool on_the_line; /* usable, but neither: the band of R15 */
	int32_t milli;   /* the value nearest to danger */
	bool at_the_end;
};

static struct verdict
hold_against(const struct sample *sample, enum vital vital, enum side side, struct limit limit)
{
	struct verdict verdict = { .milli = side == SIDE_HIGH ? sample->highest : sample->lowest };
	bool inside_by_margin = limit_is_inside_by(limit, side, vital_info(vital)->margin_milli, verdict.milli);

	verdict.at_the_end = side == SIDE_HIGH ? sample->end_high : sample->end_low;
	verdict.outside = verdict.at_the_end || limit_is_outside(limit, side, verdict.milli);
	verdict.inside = !verdict.outside && inside_by_margin && sample->all_good;
	verdict.on_the_line = !verdict.outside && !inside_by_margin;
	return verdict;
}

static enum priority
tier_priority(enum tier tier)
{
	return tier == TIER_CRITICAL ? PRIORITY_HIGH : PRIORITY_MEDIUM;
}

/* R13 and R15: lets one sample act on one condition of a continuous vital. */
static void
run_take(struct watch *watch, struct alarm_slot *slot, struct run *run, const struct sample *sample,
    const struct verdict *verdict, struct condition condition)
{
	bool active = slot_find(slot, &condition.id) != NULL;

	condition.value_milli = verdict->milli;
	condition.measured_at = sample->at;
	condition.at_the_end = verdict->at_the_end;
	if (verdict->outside) {
		run->inside_first = INSTANT_UNKNOWN;
		if (!instant_is_known(run->outside_first))
			run->outside_first = sample->at;
		run->outside_last = sample->at;
		run->outside_milli = verdict->milli;
		run->at_the_end = verdict->at_the_end;
		if (active || instant_since(sample->at, run->outside_first).ms >=
				  watch->regimen->timing.onset[condition.id.vital].ms) {
			condition.since = sample->at;
			slot_hold(slot, &condition);
		} else {
			slot_note_pending(slot, &condition);
		}
		return;
	}
	if (sample->all_good)
		run->outside_first = INSTANT_UNKNOWN;
	if (!active || verdict->on_the_line) {
		run->inside_first = INSTANT_UNKNOWN;
	} else if (verdict->inside) {
		if (!instant_is_known(run->inside_first))
			run->inside_first = sample->at;
		if (instant_since(sample->at, run->inside_first).ms >= watch->regimen->timing.inside.ms)
			slot_release(slot, &condition.id);
	}
}

static void
judge_vital_limits(struct watch *watch, enum vital vital, const struct sample *sample)
{
	struct alarm_slot *slot = watch_slot_of_vital(watch, vital);

	for (int side = 0; side < SIDE_COUNT; side++)
		for (int tier = 0; tier < TIER_COUNT; tier++)
			for (int relative = 0; relative < 2; relative++) {
				struct limit limit = watch_limit_in_force(watch, vital, (enum side)side, (enum tier)tier, relative);
				struct verdict verdict = hold_against(sample, vital, (enum side)side, limit);
				struct condition condition = {
					.id = { CONDITION_LIMIT, vital, (enum side)side, (enum tier)tier, relative },
					.priority = tier_priority((enum tier)tier),
					.limit_milli = limit.milli,
				};

				if (limit.set)
					run_take(watch, slot, &watch->runs[vital][side][tier][relative], sample, &verdict, condition);
			}
}

void
history_add(struct history *history, struct instant at, int32_t milli)
{
	size_t index = (history->first + history->count) % HISTORY_CAP;

	history->samples[index].at = at;
	history->samples[index].milli = milli;
	if (history->count < HISTORY_CAP)
		history->count++;
	else
		history->first = (history->first + 1) % HISTORY_CAP;
}

static bool
highest_within(const struct history *history, struct instant now, struct duration window, int32_t *ret_milli)
{
	bool found = false;

	for (size_t i = history->count; i > 0; i--) {
		size_t index = (history->first + i - 1) % HISTORY_CAP;

		if (instant_since(now, history->samples[index].at).ms > window.ms)
			break;
		if (!found || history->samples[index].milli > *ret_milli)
			*ret_milli = history->samples[index].milli;
		found = true;
	}
	return found;
}

/* R18 for SpO2: the limit is the highest of the last minutes less the fall. */
static void
judge_spo2_fall(struct watch *watch, const struct sample *sample)
{
	const struct timing *timing = &watch->regimen->timing;
	struct limit limit = { .set = true };
	int32_t highest;
	struct verdict verdict;
	struct condition condition = {
		.id = { .kind = CONDITION_TREND, .vital = VITAL_SPO2, .side = SIDE_LOW },
		.priority = PRIORITY_LOW,
	};

	/* With nothing to fall from, a sample is neither outside nor inside. */
	if (!highest_within(&watch->spo2_history, sample->at, timing->trend_spo2_window, &highest)) {
		if (sample->all_good)
			watch->spo2_fall.outside_first = INSTANT_UNKNOWN;
		return;
	}
	limit.milli = highest - timing->trend_spo2_milli;
	condition.limit_milli = limit.milli;
	verdict = hold_against(sample, VITAL_SPO2, SIDE_LOW, limit);
	/* A value pinned at the device's end is the limits' matter; the trend looks at falls only. */
	verdict.at_the_end = false;
	verdict.outside = limit_is_outside(limit, SIDE_LOW, sample->lowest);
	run_take(watch, watch_slot_of_vital(watch, VITAL_SPO2), &watch->spo2_fall, sample, &verdict, condition);
}

static void
keep_history(struct history *history, const struct observation *observation, enum vital vital)
{
	for (size_t i = 0; i < observation->reading_count; i++)
		if (observation->readings[i].vital == vital && observation->readings[i].quality == QUALITY_GOOD)
			history_add(history, observation->at, observation->readings[i].milli);
}

void
judge_continuous(struct watch *watch, const struct observation *observation)
{
	for (int vital = 0; vital < VITAL_COUNT; vital++) {
		struct sample sample = sample_of(observation, (enum vital)vital);

		if (sample.count == 0 || vital_info((enum vital)vital)->sparse ||
		    watch_slot_of_vital(watch, (enum vital)vital) == NULL)
			continue;
		judge_vital_limits(watch, (enum vital)vital, &sample);
		if (vital == VITAL_SPO2)
			judge_spo2_fall(watch, &sample);
	}
	keep_history(&watch->rate_history, observation, VITAL_RATE);
	keep_history(&watch->spo2_history, observation, VITAL_SPO2);
}

/* R14: a condition still pending when its vital is lost. */
static void
run_lose(struct watch *watch, struct alarm_slot *slot, struct run *run, struct condition condition)
{
	bool pending = instant_is_known(run->outside_first) && slot_find(slot, &condition.id) == NULL;

	if (pending && instant_since(run->outside_last, run->outside_first).ms >=
			   watch->regimen->timing.pending_lost.ms) {
		condition.value_milli = run->outside_milli;
		condition.at_the_end = run->at_the_end;
		condition.measured_at = run->outside_last;
		condition.since = run->outside_first; /* "was 84 % for 8 s" */
		condition.signal_lost = true;
		slot_hold(slot, &condition);
	}
	*run = no_run;
}

void
judge_vital_stale(struct watch *watch, enum vital vital)
{
	struct alarm_slot *slot = watch_slot_of_vital(watch, vital);

	if (slot == NULL || vital_info(vital)->sparse)
		return;
	for (int side = 0; side < SIDE_COUNT; side++)
		for (int tier = 0; tier < TIER_COUNT; tier++)
			for (int relative = 0; relative < 2; relative++) {
				struct limit limit = watch_limit_in_force(watch, vital, (enum side)side, (enum tier)tier, relative);
				struct condition condition = {
					.id = { CONDITION_LIMIT, vital, (enum side)side, (enum tier)tier, relative },
					.priority = tier_priority((enum tier)tier),
					.limit_milli = limit.milli,
				};

				run_lose(watch, slot, &watch->runs[vital][side][tier][relative], condition);
			}
	if (vital == VITAL_SPO2)
		run_lose(watch, slot, &watch->spo2_fall,
		    (struct condition){
			.id = { .kind = CONDITION_TREND, .vital = VITAL_SPO2, .side = SIDE_LOW },
			.priority = PRIORITY_LOW,
		    });
}

/* R26: what was measured before the latest of its kind says nothing of how the patient is since: it raises, and ends
 * nothing. */
static bool
is_latest(const struct watch *watch, const struct cuff_record *cuff, enum vital vital)
{
	return !instant_before(cuff->measured_at, session_latest_cuff_of(&watch->session, vital)->measured_at);
}

/* One value of a cuff against all its limits; a cuff raises at once (R13) and ends at once (R15). */
static void
judge_cuff_value(struct watch *watch, const struct cuff_record *cuff, enum vital vital, int32_t milli,
    enum pinned pinned)
{
	struct sample sample = {
		.at = cuff->measured_at,
		.count = 1,
		.all_good = cuff->quality == QUALITY_GOOD,
		.lowest = milli,
		.highest = milli,
		.end_low = pinned == PINNED_LOW,
		.end_high = pinned == PINNED_HIGH,
	};
	struct alarm_slot *slot = &watch->slots[SLOT_PRESSURE];

	for (int side = 0; side < SIDE_COUNT; side++)
		for (int tier = 0; tier < TIER_COUNT; tier++)
			for (int relative = 0; relative < 2; relative++) {
				struct limit limit = watch_limit_in_force(watch, vital, (enum side)side, (enum tier)tier, relative);
				struct verdict verdict = hold_against(&sample, vital, (enum side)side, limit);
				struct condition condition = {
					.id = { CONDITION_LIMIT, vital, (enum side)side, (enum tier)tier, relative },
					.priority = tier_priority((enum tier)tier),
					.since = watch->now,
					.value_milli = milli,
					.limit_milli = limit.milli,
					.measured_at = cuff->measured_at,
					.at_the_end = verdict.at_the_end,
				};

				if (limit.set && verdict.outside)
					slot_hold(slot, &condition);
				else if (verdict.inside && is_latest(watch, cuff, vital))
					slot_release(slot, &condition.id);
			}
}

/* R18 for systolic: the lowest good cuff of the minutes before. */
static int32_t
lowest_before(const struct watch *watch, const struct cuff_record *cuff)
{
	int32_t lowest = cuff->systolic_milli;

	for (size_t i = 0; i < watch->session.cuff_count; i++) {
		const struct cuff_record *earlier = &watch->session.cuffs[i];

		if (earlier->quality != QUALITY_GOOD || earlier->systolic_milli == ALARM_NO_VALUE ||
		    instant_before(cuff->measured_at, earlier->measured_at) ||
		    instant_since(cuff->measured_at, earlier->measured_at).ms >
			watch->regimen->timing.trend_systolic_window.ms)
			continue;
		if (earlier->systolic_milli < lowest)
			lowest = earlier->systolic_milli;
	}
	return lowest;
}

static void
judge_systolic_rise(struct watch *watch, const struct cuff_record *cuff)
{
	const struct timing *timing = &watch->regimen->timing;
	int32_t margin = vital_info(VITAL_SYSTOLIC)->margin_milli;
	int32_t lowest = lowest_before(watch, cuff);
	int32_t rise = cuff->systolic_milli - lowest;
	struct condition condition = {
		.id = { .kind = CONDITION_TREND, .vital = VITAL_SYSTOLIC, .side = SIDE_HIGH },
		.priority = PRIORITY_LOW,
		.since = watch->now,
		.value_milli = cuff->systolic_milli,
		.limit_milli = lowest + timing->trend_systolic_milli,
		.measured_at = cuff->measured_at,
	};

	if (cuff->systolic_milli >= timing->trend_systolic_floor_milli && rise >= timing->trend_systolic_milli)
		slot_hold(&watch->slots[SLOT_PRESSURE], &condition);
	else if (cuff->quality == QUALITY_GOOD && is_latest(watch, cuff, VITAL_SYSTOLIC) &&
		 (cuff->systolic_milli <= timing->trend_systolic_floor_milli - margin ||
		     rise <= timing->trend_systolic_milli - margin))
		slot_release(&watch->slots[SLOT_PRESSURE], &condition.id);
}

void
judge_cuff(struct watch *watch, const struct cuff_record *cuff)
{
	const struct {
		enum vital vital;
		int32_t milli;
		enum pinned pinned;
	} values[] = {
		{ VITAL_SYSTOLIC, cuff->systolic_milli, cuff->systolic_pinned },
		{ VITAL_DIASTOLIC, cuff->diastolic_milli, cuff->diastolic_pinned },
		{ VITAL_MEAN, cuff->mean_milli, cuff->mean_pinned },
	};

	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)
		if (values[i].milli != ALARM_NO_VALUE)
			judge_cuff_value(watch, cuff, values[i].vital, values[i].milli, values[i].pinned);
	if (cuff->systolic_milli != ALARM_NO_VALUE)
		judge_systolic_rise(watch, cuff);
}

/* R11: from the start of dosing relative limits are in force, on the latest fresh cuff at once. */
void
judge_relative_cuff(struct watch *watch)
{
	for (int vital = 0; vital < VITAL_COUNT; vital++) {
		const struct vital_track *track = &watch->vitals[vital];

		if (!vital_info((enum vital)vital)->sparse || !track->usable_seen || track->stale)
			continue;
		for (int side = 0; side < SIDE_COUNT; side++)
			for (int tier = 0; tier < TIER_COUNT; tier++) {
				struct limit limit = watch_limit_in_force(watch, (enum vital)vital, (enum side)side, (enum tier)tier, true);
				struct condition condition = {
					.id = { CONDITION_LIMIT, (enum vital)vital, (enum side)side, (enum tier)tier, true },
					.priority = tier_priority((enum tier)tier),
					.since = watch->now,
					.value_milli = track->usable.milli,
					.limit_milli = limit.milli,
					.measured_at = track->usable_at,
				};

				if (limit_is_outside(limit, (enum side)side, track->usable.milli))
					slot_hold(&watch->slots[SLOT_PRESSURE], &condition);
			}
	}
}

/* R26 b, and its other way: a limit drawn tighter raises on the latest fresh cuff. */
void
judge_limit_change(struct watch *watch, enum vital vital, enum side side, enum tier tier)
{
	struct alarm_slot *slot = watch_slot_of_vital(watch, vital);
	struct vital_track *track = &watch->vitals[vital];
	struct limit limit = watch_limit_in_force(watch, vital, side, tier, false);
	struct condition condition = {
		.id = { CONDITION_LIMIT, vital, side, tier, false },
		.priority = tier_priority(tier),
		.since = watch->now,
		.limit_milli = limit.milli,
	};
	struct condition *held;

	if (slot == NULL)
		return;
	held = slot_find(slot, &condition.id);
	watch->runs[vital][side][tier][0] = no_run;
	if (held != NULL) {
		held->limit_milli = limit.milli;
		if (track->usable_seen && !track->stale && track->all_good &&
		    !limit_is_outside(limit, side, side == SIDE_HIGH ? track->highest_milli : track->lowest_milli))
			slot_release(slot, &condition.id);
	} else if (vital_info(vital)->sparse && track->usable_seen && !track->stale &&
		   limit_is_outside(limit, side, track->usable.milli)) {
		condition.value_milli = track->usable.milli;
		condition.measured_at = track->usable_at;
		slot_hold(slot, &condition);
	}
}

bool
judge_is_beyond_any_limit(const struct watch *watch, enum vital vital, int32_t milli)
{
	for (int side = 0; side < SIDE_COUNT; side++)
		for (int tier = 0; tier < TIER_COUNT; tier++)
			for (int relative = 0; relative < 2; relative++)
				if (limit_is_outside(watch_limit_in_force(watch, vital, (enum side)side, (enum tier)tier, relative),
					(enum side)side, milli))
					return true;
	return false;
}
