/* What no single value of a regimen can show: the order of limits (R10), the
 * ceiling (R38), and numbers that only make sense together. Adding a check is
 * adding a row; its name is that of a bad file in tests/settings. */
#include "daemon/settings/regimen_file.h"

/* A number of a regimen: int32_t or a duration, as its size tells. */
struct number {
	size_t offset, size;
};

#define NUMBER(member)                                                                                       \
	{                                                                                                    \
		offsetof(struct regimen, member), sizeof(((struct regimen *)0)->member)                      \
	}

enum relation { BELOW, AT_MOST };

/* Two numbers that must stand in a relation. */
struct order_check {
	const char *name;
	const char *path; /* where it is told */
	const char *sentence;
	struct number left;
	enum relation relation;
	struct number right;
};

static const struct order_check order_checks[] = {
	{ "weight-bounds", "dose.weight_min_kg", "weight_min_kg must lie below weight_max_kg",
	    NUMBER(dose.weight_min_g), BELOW, NUMBER(dose.weight_max_g) },
	{ "weight-questions", "dose.weight_ask_low_kg", "weight_ask_low_kg must lie below weight_ask_high_kg",
	    NUMBER(dose.weight_ask_low_g), BELOW, NUMBER(dose.weight_ask_high_g) },
	{ "weight-question-low", "dose.weight_ask_low_kg",
	    "a weight below weight_min_kg is refused, so weight_ask_low_kg must not lie below it",
	    NUMBER(dose.weight_min_g), AT_MOST, NUMBER(dose.weight_ask_low_g) },
	{ "weight-question-high", "dose.weight_ask_high_kg",
	    "a weight above weight_max_kg is refused, so weight_ask_high_kg must not lie above it",
	    NUMBER(dose.weight_ask_high_g), AT_MOST, NUMBER(dose.weight_max_g) },
	{ "dose-question", "dose.ask_beyond_ug_per_kg",
	    "must not lie above ug_per_kg: no dose could be questioned for being low",
	    NUMBER(dose.ug_per_kg_ask), AT_MOST, NUMBER(dose.ug_per_kg) },
	{ "gate-systolic", "gate.systolic_decide", "systolic_decide must lie below systolic_block",
	    NUMBER(gate.systolic_decide_milli), BELOW, NUMBER(gate.systolic_block_milli) },
	{ "gate-diastolic", "gate.diastolic_decide", "diastolic_decide must lie below diastolic_block",
	    NUMBER(gate.diastolic_decide_milli), BELOW, NUMBER(gate.diastolic_block_milli) },
	{ "timing-ageing", "timing.ageing_s", "ageing_s must lie below stale_s", NUMBER(timing.ageing), BELOW,
	    NUMBER(timing.stale) },
	{ "timing-stale", "timing.stale_s", "stale_s must lie below technical_s", NUMBER(timing.stale), BELOW,
	    NUMBER(timing.technical) },
	{ "timing-cadence", "timing.stale_cadence_percent",
	    "stale_cadence_percent must lie below technical_cadence_percent",
	    NUMBER(timing.stale_cadence_pct), BELOW, NUMBER(timing.technical_cadence_pct) },
	{ "timing-cuff-ageing", "timing.cuff_ageing_percent",
	    "cuff_ageing_percent must lie below cuff_stale_percent", NUMBER(timing.cuff_ageing_pct), BELOW,
	    NUMBER(timing.cuff_stale_pct) },
	{ "timing-cuff-stale", "timing.cuff_stale_percent",
	    "cuff_stale_percent must lie below cuff_off_percent", NUMBER(timing.cuff_stale_pct), BELOW,
	    NUMBER(timing.cuff_off_pct) },
	{ "timing-baseline", "timing.baseline_apart_s",
	    "must lie below baseline_age_min: no two cuffs could make a baseline",
	    NUMBER(timing.baseline_apart), BELOW, NUMBER(timing.baseline_age) },
	{ "timing-pending", "timing.pending_lost_s",
	    "must not lie above stale_s: a pending alarm would never be raised when its vital sign is lost",
	    NUMBER(timing.pending_lost), AT_MOST, NUMBER(timing.stale) },
	{ "timing-silent", "timing.silent_s",
	    "must not lie above technical_s: a silent monitor would be told after its vital signs",
	    NUMBER(timing.silent), AT_MOST, NUMBER(timing.technical) },
	{ "timing-return", "timing.return_any_s", "return_any_s must not lie above return_acknowledged_min",
	    NUMBER(timing.return_any), AT_MOST, NUMBER(timing.return_acknowledged) },
};

static int64_t
number_of(const struct regimen *regimen, struct number number)
{
	const void *at = (const char *)regimen + number.offset;

	return number.size == sizeof(int32_t) ? *(const int32_t *)at : ((const struct duration *)at)->ms;
}

static void
check_orders(struct yaml_file *file, const struct regimen *regimen)
{
	for (size_t i = 0; i < COUNT_OF(order_checks); i++) {
		const struct order_check *row = &order_checks[i];
		int64_t left = number_of(regimen, row->left), right = number_of(regimen, row->right);

		if (left > right || (left == right && row->relation == BELOW))
			yaml_complain(file, row->path, "%s", row->sentence);
	}
}

/* R10, told at the vital; R38, told at the limit. */
static void
check_limits(struct yaml_file *file, const struct regimen *regimen, enum vital vital)
{
	struct scalar_path base = path_of("limits", vital_name_at(vital));
	struct outcome order = limits_check_order(&regimen->limits, vital);

	if (!order.ok)
		yaml_complain(file, base.text, "%s", order.why);
	for (int side = 0; side < SIDE_COUNT; side++)
		for (int tier = 0; tier < TIER_COUNT; tier++) {
			struct limit limit = regimen->limits.at[vital][side][tier];
			struct outcome inside = limits_check_ceiling(&regimen->ceiling, &regimen->limits,
			    vital, (enum side)side, (enum tier)tier, limit.milli);
			char key[40];

			snprintf(key, sizeof(key), "%s_%s", tier_name((enum tier)tier),
			    side_name((enum side)side));
			if (limit.set && !inside.ok)
				yaml_complain(file, path_of(base.text, key).text, "%s", inside.why);
		}
}

/* A critical relative limit that comes before the advisory one would make the advisory one useless (R10's
 * order). */
static void
check_relative(struct yaml_file *file, const struct regimen *regimen, enum vital vital, enum side side)
{
	struct relative_rule advisory = regimen->relative.at[vital][side][TIER_ADVISORY];
	struct relative_rule critical = regimen->relative.at[vital][side][TIER_CRITICAL];
	const char *name = vital_name_at(vital);

	if (!advisory.set || !critical.set)
		return;
	if (critical.percent_milli != 0 && critical.percent_milli < advisory.percent_milli)
		yaml_complain(file, "relative",
		    "%s %s: the critical percent must not lie below the advisory one", name, side_name(side));
	if (critical.rise_milli != 0 && critical.rise_milli < advisory.rise_milli)
		yaml_complain(file, "relative",
		    "%s %s: the critical amount must not lie below the advisory one", name, side_name(side));
	if (side == SIDE_HIGH ? critical.floor_milli < advisory.floor_milli
			      : critical.floor_milli > advisory.floor_milli)
		yaml_complain(file, "relative",
		    "%s %s: the critical floor must not be nearer to normal than the advisory one", name,
		    side_name(side));
}

static void
check_vitals(struct yaml_file *file, const struct regimen *regimen)
{
	for (int vital = 0; vital < VITAL_COUNT; vital++) {
		if (!vital_is_judged((enum vital)vital))
			continue;
		check_limits(file, regimen, (enum vital)vital);
		for (int side = 0; side < SIDE_COUNT; side++)
			check_relative(file, regimen, (enum vital)vital, (enum side)side);
	}
}

/* The record of a session holds so many scheduled cuffs; pauses add some, so half is left for them. */
static void
check_schedule(struct yaml_file *file, const struct regimen *regimen)
{
	int64_t checks =
	    regimen->dose.planned.ms / regimen->phases[PHASE_INFUSION].cuff_interval.ms +
	    regimen->phases[PHASE_RECOVERY].minimum.ms / regimen->phases[PHASE_RECOVERY].cuff_interval.ms + 2;

	if (checks > SESSION_CHECKS)
		yaml_complain(file, "phases",
		    "one session would have %lld scheduled cuffs, at most %d are possible: lengthen the "
		    "intervals",
		    (long long)checks, SESSION_CHECKS);
}

static void
warn_phases(struct yaml_file *file, const struct regimen *regimen)
{
	for (size_t i = 0; i < COUNT_OF(watched_phases); i++) {
		const struct watched_phase *watched = &watched_phases[i];
		const struct phase_rules *rules = &regimen->phases[watched->phase];
		struct scalar_path base = path_of("phases", watched->name);

		if (!rules->required[VITAL_SYSTOLIC])
			yaml_warn(file, path_of(base.text, "required").text,
			    "does not name systolic: an overdue cuff is not told in this phase");
		if (phase_is_dosing(watched->phase) && !rules->required[VITAL_SPO2])
			yaml_warn(file, path_of(base.text, "required").text,
			    "does not name spo2: its loss is not told while the drug runs");
		if ((watched->phase == PHASE_INFUSION || watched->phase == PHASE_RECOVERY) &&
		    rules->cuff_interval.ms <= 2 * regimen->timing.check_tolerance.ms)
			yaml_warn(file, path_of(base.text, "cuff_interval_min").text,
			    "is not longer than twice check_tolerance_min: one cuff can meet two scheduled "
			    "checks");
	}
}

static void
warn_missing_limits(struct yaml_file *file, const struct regimen *regimen)
{
	static const enum vital vitals[] = { VITAL_SYSTOLIC, VITAL_RATE, VITAL_SPO2 };

	for (size_t i = 0; i < COUNT_OF(vitals); i++)
		for (int side = 0; side < SIDE_COUNT; side++) {
			bool wanted = vitals[i] != VITAL_SPO2 || side == SIDE_LOW;

			if (wanted && !regimen->limits.at[vitals[i]][side][TIER_CRITICAL].set)
				yaml_warn(file, path_of("limits", vital_name_at(vitals[i])).text,
				    "there is no critical %s limit: nothing is high priority there",
				    side_name((enum side)side));
		}
}

/* Every check of a regimen, in order. */
static const struct regimen_check {
	const char *name;
	void (*check)(struct yaml_file *file, const struct regimen *regimen);
	bool only_warns; /* of a regimen without errors, which would make others */
} regimen_checks[] = {
	{ "orders", check_orders, false },
	{ "limits", check_vitals, false },
	{ "schedule", check_schedule, false },
	{ "phase-warnings", warn_phases, true },
	{ "limit-warnings", warn_missing_limits, true },
};

void
regimen_check(struct yaml_file *file, const struct regimen *regimen)
{
	for (size_t i = 0; i < COUNT_OF(regimen_checks); i++)
		if (!regimen_checks[i].only_warns || yaml_is_good(file))
			regimen_checks[i].check(file, regimen);
}

void
regimen_each_check(void (*take)(void *ctx, const char *name), void *ctx)
{
	char name[64];

	for (size_t i = 0; i < COUNT_OF(regimen_checks); i++) {
		snprintf(name, sizeof(name), "regimen-%s", regimen_checks[i].name);
		take(ctx, name);
	}
	for (size_t i = 0; i < COUNT_OF(order_checks); i++) {
		snprintf(name, sizeof(name), "regimen-orders-%s", order_checks[i].name);
		take(ctx, name);
	}
}
