/* Every division rounds half up on non-negative 64-bit integers; inputs are bounded by weight_check and the API. */
#include "daemon/clinical/dose.h"

enum { MS_PER_HOUR = 3600000 };

static int64_t
divide_half_up(int64_t numerator, int64_t denominator)
{
	return (2 * numerator + denominator) / (2 * denominator);
}

int32_t
dose_ug(int32_t weight_g, int32_t ug_per_kg)
{
	return (int32_t)divide_half_up((int64_t)weight_g * ug_per_kg, 1000);
}

int64_t
dose_rate_ug_h(int32_t dose_ug, struct duration planned)
{
	return planned.ms > 0 ? divide_half_up((int64_t)dose_ug * MS_PER_HOUR, planned.ms) : 0;
}

int64_t
volume_rate_ul_h(int32_t volume_ul, struct duration planned)
{
	return planned.ms > 0 ? divide_half_up((int64_t)volume_ul * MS_PER_HOUR, planned.ms) : 0;
}

int64_t
concentration_ng_ml(int32_t dose_ug, int32_t volume_ul)
{
	return volume_ul > 0 ? divide_half_up((int64_t)dose_ug * 1000000, volume_ul) : 0;
}

int64_t
dose_ug_per_kg(int32_t dose_ug, int32_t weight_g)
{
	return weight_g > 0 ? divide_half_up((int64_t)dose_ug * 1000, weight_g) : 0;
}

int64_t
concentration_ug_ml(int32_t dose_ug, int32_t volume_ul)
{
	return volume_ul > 0 ? divide_half_up((int64_t)dose_ug * 1000, volume_ul) : 0;
}

int64_t
draw_ul(int32_t dose_ug, int32_t vial_ug_ml)
{
	return vial_ug_ml > 0 ? divide_half_up((int64_t)dose_ug * 1000, vial_ug_ml) : 0;
}

int64_t
bag_ul(int32_t dose_ug, int32_t bag_ug_ml)
{
	return draw_ul(dose_ug, bag_ug_ml);
}

int32_t
infused_ug(int32_t dose_ug, struct duration planned, struct duration infusing)
{
	if (planned.ms <= 0 || infusing.ms <= 0)
		return 0;
	if (infusing.ms >= planned.ms)
		return dose_ug;
	return (int32_t)divide_half_up((int64_t)dose_ug * infusing.ms, planned.ms);
}

int32_t
pounds_to_g(int32_t milli_lb)
{
	/* 1 lb = 0.45359237 kg, so a thousandth of one is 0.45359237 g. */
	return (int32_t)divide_half_up((int64_t)milli_lb * 45359237, 100000000);
}

int32_t
g_to_pounds_milli(int32_t g)
{
	return (int32_t)divide_half_up((int64_t)g * 100000000, 45359237);
}

bool
weight_units_agree(int32_t weight_g, int32_t milli_lb)
{
	int32_t apart = g_to_pounds_milli(weight_g) - milli_lb;

	return apart >= -100 && apart <= 100;
}

struct outcome
weight_check(const struct dose_rule *rule, int32_t weight_g)
{
	char given[16], low[16], high[16];

	if (weight_g >= rule->weight_min_g && weight_g <= rule->weight_max_g)
		return outcome_ok();
	milli_to_text(weight_g, given, sizeof(given));
	milli_to_text(rule->weight_min_g, low, sizeof(low));
	milli_to_text(rule->weight_max_g, high, sizeof(high));
	return outcome_fail("weight %s kg is outside %s to %s kg", given, low, high);
}

bool
weight_is_unusual(const struct dose_rule *rule, int32_t weight_g)
{
	return weight_g < rule->weight_ask_low_g || weight_g > rule->weight_ask_high_g;
}
