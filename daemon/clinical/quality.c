/* Quality of the readings of one reply (R1, R6, R7). The driver has said what
 * the device vouches for; here a value is held against what is plausible, the
 * last cuff and the other rate source. Doubt never hides a value. */
#include "daemon/clinical/watch_state.h"

#include <stdlib.h>

static void
lower_to_verify(struct reading *reading, enum doubt doubt)
{
	if (reading->quality != QUALITY_GOOD)
		return;
	reading->quality = QUALITY_VERIFY;
	reading->doubt = doubt;
}

/* R6: the side on which the value lies at the end of what can be measured. */
static bool
end_of_range(const struct reading *reading, enum side *ret_side)
{
	const struct vital_info *info = vital_info(reading->vital);

	if (reading->milli < info->plausible_low_milli || reading->pinned == PINNED_LOW)
		*ret_side = SIDE_LOW;
	else if (reading->milli > info->plausible_high_milli || reading->pinned == PINNED_HIGH)
		*ret_side = SIDE_HIGH;
	else
		return false;
	return true;
}

/* Toward danger it is kept and raises; elsewhere it is no value (R6). */
static void
judge_range(const struct watch *watch, struct reading *reading)
{
	enum side side;

	reading->pinned = quality_has_value(reading->quality) ? reading->pinned : PINNED_NOT;
	if (!quality_has_value(reading->quality) || !end_of_range(reading, &side))
		return;
	if (watch_in_session(watch) &&
	    watch_limit_in_force(watch, reading->vital, side, TIER_CRITICAL, false).set) {
		reading->quality = QUALITY_VERIFY;
		reading->doubt = DOUBT_AT_THE_END;
		reading->pinned = side == SIDE_HIGH ? PINNED_HIGH : PINNED_LOW;
	} else {
		reading->quality = QUALITY_INVALID;
		reading->doubt = DOUBT_IMPLAUSIBLE;
		reading->pinned = PINNED_NOT;
	}
}

static bool
are_apart(int32_t a, int32_t b, int32_t by)
{
	return llabs((long long)a - b) > by;
}

static bool
is_out_of_order(const struct cuff *cuff)
{
	const struct reading *above = &cuff->systolic;

	if (!quality_has_value(above->quality))
		return false;
	if (quality_has_value(cuff->mean.quality)) {
		if (above->milli <= cuff->mean.milli)
			return true;
		above = &cuff->mean;
	}
	return quality_has_value(cuff->diastolic.quality) && above->milli <= cuff->diastolic.milli;
}

static bool
jumped(const struct watch *watch, const struct cuff *cuff)
{
	const struct cuff_record *last = session_latest_cuff(&watch->session);
	const struct timing *timing = &watch->regimen->timing;

	if (last == NULL)
		return false;
	return (quality_has_value(cuff->systolic.quality) && last->systolic_milli != ALARM_NO_VALUE &&
		   are_apart(cuff->systolic.milli, last->systolic_milli, timing->jump_systolic_milli)) ||
	       (quality_has_value(cuff->mean.quality) && last->mean_milli != ALARM_NO_VALUE &&
		   are_apart(cuff->mean.milli, last->mean_milli, timing->jump_mean_milli));
}

static void
doubt_cuff(struct cuff *cuff, enum doubt doubt)
{
	lower_to_verify(&cuff->systolic, doubt);
	lower_to_verify(&cuff->mean, doubt);
	lower_to_verify(&cuff->diastolic, doubt);
}

static void
judge_cuff_quality(const struct watch *watch, struct cuff *cuff)
{
	struct reading *const values[] = { &cuff->systolic, &cuff->mean, &cuff->diastolic, &cuff->pulse };

	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)
		judge_range(watch, values[i]);
	if (cuff->proof != CUFF_NEW || !watch_in_session(watch))
		return;
	if (is_out_of_order(cuff))
		doubt_cuff(cuff, DOUBT_ORDER);
	else if (jumped(watch, cuff))
		doubt_cuff(cuff, DOUBT_JUMP);
}

/* R7: rates of one reply that disagree, a new cuff's pulse among them. */
static void
judge_rates(const struct watch *watch, struct observation *observation)
{
	struct reading *rates[OBSERVATION_READINGS + 1];
	int32_t apart = watch->regimen->timing.rate_apart_milli;
	size_t count = 0;

	for (size_t i = 0; i < observation->reading_count; i++)
		if (observation->readings[i].vital == VITAL_RATE && quality_has_value(observation->readings[i].quality))
			rates[count++] = &observation->readings[i];
	/* One of another patient puts nothing in doubt (R24). */
	if (observation->cuff.proof == CUFF_NEW && quality_has_value(observation->cuff.pulse.quality) &&
	    !instant_before(observation->cuff.measured_at, watch->session.here_since))
		rates[count++] = &observation->cuff.pulse;
	for (size_t i = 0; i < count; i++)
		for (size_t j = i + 1; j < count; j++)
			if (are_apart(rates[i]->milli, rates[j]->milli, apart)) {
				lower_to_verify(rates[i], DOUBT_SOURCES);
				lower_to_verify(rates[j], DOUBT_SOURCES);
			}
}

void
quality_judge(const struct watch *watch, struct observation *observation)
{
	for (size_t i = 0; i < observation->reading_count; i++)
		judge_range(watch, &observation->readings[i]);
	if (observation->cuff.proof != CUFF_NONE)
		judge_cuff_quality(watch, &observation->cuff);
	if (watch_in_session(watch))
		judge_rates(watch, observation);
}
