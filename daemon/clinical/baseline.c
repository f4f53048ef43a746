/* The baseline (R11), the pre-dose gate (facts 1.3), and limits that lie too
 * near to the baseline for quiet watching. */
#include "daemon/clinical/watch_state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool
serves_baseline(const struct watch *watch, const struct cuff_record *cuff)
{
	return cuff->phase == PHASE_BASELINE && cuff->quality == QUALITY_GOOD &&
	       instant_since(watch->now, cuff->measured_at).ms <= watch->regimen->timing.baseline_age.ms;
}

/* The one measured last of those that serve and were measured `until` or before; NULL when there is none. */
static const struct cuff_record *
latest_until(const struct watch *watch, struct instant until)
{
	const struct cuff_record *latest = NULL;

	for (size_t i = 0; i < watch->session.cuff_count; i++) {
		const struct cuff_record *cuff = &watch->session.cuffs[i];

		if (serves_baseline(watch, cuff) && !instant_before(until, cuff->measured_at) &&
		    (latest == NULL || !instant_before(cuff->measured_at, latest->measured_at)))
			latest = cuff;
	}
	return latest;
}

/* The last good cuff, and the latest at least two minutes before it. */
static bool
find_pair(const struct watch *watch, const struct cuff_record **ret_last, const struct cuff_record **ret_before)
{
	*ret_last = latest_until(watch, watch->now);
	if (*ret_last == NULL)
		return false;
	*ret_before = latest_until(watch,
	    instant_add((*ret_last)->measured_at, duration_ms(-watch->regimen->timing.baseline_apart.ms)));
	return *ret_before != NULL;
}

static struct limit
mean_of(int32_t a, int32_t b)
{
	if (a == ALARM_NO_VALUE || b == ALARM_NO_VALUE)
		return (struct limit){ .set = false };
	return (struct limit){ .set = true, .milli = (int32_t)(((int64_t)a + b) / 2) };
}

static int
compare_values(const void *a, const void *b)
{
	int32_t left, right;

	memcpy(&left, a, sizeof(left));
	memcpy(&right, b, sizeof(right));
	return (left > right) - (left < right);
}

static struct limit
median_of(const struct watch *watch, const struct history *history)
{
	int32_t values[HISTORY_CAP];
	size_t count = 0;

	for (size_t i = 0; i < history->count; i++) {
		size_t index = (history->first + i) % HISTORY_CAP;

		if (instant_since(watch->now, history->samples[index].at).ms <=
			watch->regimen->timing.baseline_window.ms &&
		    history->samples[index].at.ms >= watch->session.started.ms)
			values[count++] = history->samples[index].milli;
	}
	if (count == 0)
		return (struct limit){ .set = false };
	qsort(values, count, sizeof(values[0]), compare_values);
	if (count % 2 == 1)
		return (struct limit){ .set = true, .milli = values[count / 2] };
	return mean_of(values[count / 2 - 1], values[count / 2]);
}

bool
baseline_find(const struct watch *watch, struct limit ret_baseline[VITAL_COUNT])
{
	const struct cuff_record *last, *before;
	bool found = find_pair(watch, &last, &before);

	for (int vital = 0; vital < VITAL_COUNT; vital++)
		ret_baseline[vital] = (struct limit){ .set = false };
	ret_baseline[VITAL_RATE] = median_of(watch, &watch->rate_history);
	ret_baseline[VITAL_SPO2] = median_of(watch, &watch->spo2_history);
	if (!found)
		return false;
	ret_baseline[VITAL_SYSTOLIC] = mean_of(last->systolic_milli, before->systolic_milli);
	ret_baseline[VITAL_DIASTOLIC] = mean_of(last->diastolic_milli, before->diastolic_milli);
	ret_baseline[VITAL_MEAN] = mean_of(last->mean_milli, before->mean_milli);
	return true;
}

struct outcome
baseline_check_gate(const struct watch *watch, const struct limit baseline[VITAL_COUNT], bool known,
    bool by_prescriber)
{
	const struct gate_rule *gate = &watch->regimen->gate;
	const struct cuff_record *last = session_latest_cuff(&watch->session);
	int32_t systolic = 0, diastolic = 0;
	char systolic_text[16], diastolic_text[16];

	if (known) {
		systolic = baseline[VITAL_SYSTOLIC].set ? baseline[VITAL_SYSTOLIC].milli : 0;
		diastolic = baseline[VITAL_DIASTOLIC].set ? baseline[VITAL_DIASTOLIC].milli : 0;
	} else if (last != NULL) {
		systolic = last->systolic_milli != ALARM_NO_VALUE ? last->systolic_milli : 0;
		diastolic = last->diastolic_milli != ALARM_NO_VALUE ? last->diastolic_milli : 0;
	}
	milli_to_text(systolic, systolic_text, sizeof(systolic_text));
	milli_to_text(diastolic, diastolic_text, sizeof(diastolic_text));
	if (systolic >= gate->systolic_block_milli || diastolic >= gate->diastolic_block_milli)
		return outcome_fail("baseline %s/%s: the start is blocked unless a prescriber decides otherwise with a reason",
		    systolic_text, diastolic_text);
	/* A prescriber who starts the drug has decided; a block needs the reason as well. */
	if (by_prescriber)
		return outcome_ok();
	if (systolic > gate->systolic_decide_milli || diastolic > gate->diastolic_decide_milli)
		return outcome_fail("baseline %s/%s: a prescriber's decision is needed before the start", systolic_text,
		    diastolic_text);
	return outcome_ok();
}

static bool
is_too_near(struct limit limit, enum side side, enum vital vital, int32_t baseline_milli)
{
	int32_t twice = 2 * vital_info(vital)->margin_milli;

	if (!limit.set)
		return false;
	return side == SIDE_HIGH ? baseline_milli >= limit.milli - twice : baseline_milli <= limit.milli + twice;
}

struct outcome
baseline_check_limits(const struct watch *watch, const struct limit baseline[VITAL_COUNT])
{
	for (int vital = 0; vital < VITAL_COUNT; vital++)
		for (int side = 0; side < SIDE_COUNT && baseline[vital].set; side++)
			for (int tier = 0; tier < TIER_COUNT; tier++) {
				struct limit limit = watch->session.limits.at[vital][side][tier];
				char limit_text[16], baseline_text[16];

				if (!is_too_near(limit, (enum side)side, (enum vital)vital, baseline[vital].milli))
					continue;
				milli_to_text(limit.milli, limit_text, sizeof(limit_text));
				milli_to_text(baseline[vital].milli, baseline_text, sizeof(baseline_text));
				return outcome_fail("the %s %s limit %s of %s lies close to the baseline %s and would alarm again and "
						    "again: keep it (review) or set it for this patient (limit)",
				    tier_name((enum tier)tier), side_name((enum side)side), limit_text,
				    vital_info((enum vital)vital)->name, baseline_text);
			}
	return outcome_ok();
}
