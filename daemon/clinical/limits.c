/* Comparisons of R9, R12 and R15, and the checks of order and ceiling. */
#include "daemon/clinical/limits.h"

#include <stdio.h>
#include <string.h>

enum { NAME_MAX_PART = 24 };

bool
limit_is_outside(struct limit limit, enum side side, int32_t milli)
{
	if (!limit.set)
		return false;
	return side == SIDE_HIGH ? milli >= limit.milli : milli <= limit.milli;
}

bool
limit_is_inside_by(struct limit limit, enum side side, int32_t margin_milli, int32_t milli)
{
	if (!limit.set)
		return true;
	return side == SIDE_HIGH ? milli <= limit.milli - margin_milli : milli >= limit.milli + margin_milli;
}

/* The smaller of the two moves away from the baseline; percentages round toward the baseline. */
static int64_t
relative_move(struct relative_rule rule, int32_t baseline_milli)
{
	int64_t by_percent = (int64_t)baseline_milli * rule.percent_milli / 100000;

	if (rule.percent_milli == 0)
		return rule.rise_milli;
	if (rule.rise_milli == 0)
		return by_percent;
	return by_percent < rule.rise_milli ? by_percent : rule.rise_milli;
}

struct limit
relative_limit(struct relative_rule rule, enum side side, int32_t baseline_milli)
{
	int64_t moved;

	if (!rule.set)
		return (struct limit){ .set = false };
	if (side == SIDE_HIGH) {
		moved = baseline_milli + relative_move(rule, baseline_milli);
		moved = moved > rule.floor_milli ? moved : rule.floor_milli;
	} else {
		moved = baseline_milli - relative_move(rule, baseline_milli);
		moved = moved < rule.floor_milli ? moved : rule.floor_milli;
	}
	return (struct limit){ .set = true, .milli = (int32_t)moved };
}

struct ordered_limit {
	enum side side;
	enum tier tier;
	bool strictly_above; /* the one before it */
};

/* R10: critical low <= advisory low < advisory high <= critical high. */
static const struct ordered_limit limit_order[] = {
	{ SIDE_LOW, TIER_CRITICAL, false },
	{ SIDE_LOW, TIER_ADVISORY, false },
	{ SIDE_HIGH, TIER_ADVISORY, true },
	{ SIDE_HIGH, TIER_CRITICAL, false },
};

struct outcome
limits_check_order(const struct limits *limits, enum vital vital)
{
	const struct ordered_limit *last = NULL;
	bool strict = false;

	for (size_t i = 0; i < sizeof(limit_order) / sizeof(limit_order[0]); i++) {
		const struct ordered_limit *here = &limit_order[i];
		struct limit limit = limits->at[vital][here->side][here->tier];
		char low[16], high[16];
		int32_t before;

		strict = strict || here->strictly_above;
		if (!limit.set)
			continue;
		if (last != NULL) {
			before = limits->at[vital][last->side][last->tier].milli;
			if (strict ? limit.milli <= before : limit.milli < before) {
				milli_to_text(before, low, sizeof(low));
				milli_to_text(limit.milli, high, sizeof(high));
				return outcome_fail("%s: %s %s limit %s must be %s %s %s limit %s", vital_info(vital)->name,
				    tier_name(here->tier), side_name(here->side), high, strict ? "above" : "at or above",
				    tier_name(last->tier), side_name(last->side), low);
			}
		}
		last = here;
		strict = false;
	}
	return outcome_ok();
}

struct outcome
limits_check_ceiling(const struct limits *ceiling, const struct limits *standing, enum vital vital, enum side side,
    enum tier tier, int32_t milli)
{
	struct limit bound = ceiling->at[vital][side][TIER_CRITICAL];
	const char *whose = "clinic's ceiling";
	char wanted[16], allowed[16];

	if (!bound.set) {
		bound = standing->at[vital][side][tier];
		whose = "standing limit (the clinic has set no ceiling)";
	}
	if (!bound.set || (side == SIDE_HIGH ? milli <= bound.milli : milli >= bound.milli))
		return outcome_ok();
	milli_to_text(milli, wanted, sizeof(wanted));
	milli_to_text(bound.milli, allowed, sizeof(allowed));
	return outcome_fail("%s %s limit %s lies beyond the %s of %s", vital_info(vital)->name, side_name(side), wanted,
	    whose, allowed);
}

static bool
split_key(const char *text, char parts[3][NAME_MAX_PART])
{
	const char *from = text;

	for (int i = 0; i < 3; i++) {
		const char *dot = strchr(from, '.');
		size_t length = dot != NULL ? (size_t)(dot - from) : strlen(from);

		if ((dot == NULL) != (i == 2) || length >= NAME_MAX_PART)
			return false;
		memcpy(parts[i], from, length);
		parts[i][length] = '\0';
		from = dot != NULL ? dot + 1 : from + length;
	}
	return true;
}

struct outcome
limit_key_from_text(const char *text, enum vital *ret_vital, enum side *ret_side, enum tier *ret_tier)
{
	char parts[3][NAME_MAX_PART];
	enum side side;
	enum tier tier;

	if (!split_key(text, parts))
		return outcome_fail("'%.60s' is not a limit: write VITAL.high|low.advisory|critical", text);
	if (strcmp(parts[1], "low") == 0)
		side = SIDE_LOW;
	else if (strcmp(parts[1], "high") == 0)
		side = SIDE_HIGH;
	else
		return outcome_fail("'%s' is no side of a limit: high or low", parts[1]);
	if (strcmp(parts[2], "advisory") == 0)
		tier = TIER_ADVISORY;
	else if (strcmp(parts[2], "critical") == 0)
		tier = TIER_CRITICAL;
	else
		return outcome_fail("'%s' is no tier of a limit: advisory or critical", parts[2]);
	if (!vital_from_name(parts[0], ret_vital))
		return outcome_fail("'%s' is no vital sign", parts[0]);
	*ret_side = side;
	*ret_tier = tier;
	return outcome_ok();
}

void
limit_key_to_text(enum vital vital, enum side side, enum tier tier, char text[static 64])
{
	snprintf(text, 64, "%s.%s.%s", vital_info(vital)->name, side_name(side), tier_name(tier));
}
