/* config/regimens/NAME.yaml to a struct regimen; what a file leaves out keeps
 * the defaults of the watching rules. */
#include "daemon/settings/regimen_file.h"

#include <string.h>

/* X(raw, to, text, key, flags, kind, member, low, high); bounds in the unit of the key. */
#define HEAD_ROWS(X)                                                                                                   \
	X(raw_regimen, regimen, name, "name", SCALAR_NEEDED, SCALAR_NAME, name, 0, 0)                                  \
	X(raw_regimen, regimen, title, "title", SCALAR_OPTIONAL, SCALAR_TEXT, title, 0, 0)                             \
	X(raw_regimen, regimen, route, "route", SCALAR_OPTIONAL, SCALAR_NAME, route, 0, 0)

#define NUMBER(X, section, key, kind, member, low, high)                                                               \
	X(raw_##section, regimen, key, #key, SCALAR_OPTIONAL, kind, section.member, low, high)

#define DOSE_ROWS(X)                                                                                                   \
	NUMBER(X, dose, ug_per_kg, SCALAR_WHOLE, ug_per_kg, 1, 10000)                                                  \
	NUMBER(X, dose, ask_beyond_ug_per_kg, SCALAR_WHOLE, ug_per_kg_ask, 0, 10000)                                   \
	NUMBER(X, dose, planned_min, SCALAR_MINUTES, planned, 1, 480)                                                  \
	NUMBER(X, dose, weight_min_kg, SCALAR_MILLI, weight_min_g, 1, 500)                                             \
	NUMBER(X, dose, weight_max_kg, SCALAR_MILLI, weight_max_g, 1, 500)                                             \
	NUMBER(X, dose, weight_ask_low_kg, SCALAR_MILLI, weight_ask_low_g, 1, 500)                                     \
	NUMBER(X, dose, weight_ask_high_kg, SCALAR_MILLI, weight_ask_high_g, 1, 500)                                   \
	NUMBER(X, dose, volume_ml, SCALAR_MILLI, volume_ul, 1, 2000)

#define GATE_ROWS(X)                                                                                                   \
	NUMBER(X, gate, systolic_decide, SCALAR_MILLI, systolic_decide_milli, 80, 300)                                 \
	NUMBER(X, gate, diastolic_decide, SCALAR_MILLI, diastolic_decide_milli, 40, 200)                               \
	NUMBER(X, gate, systolic_block, SCALAR_MILLI, systolic_block_milli, 80, 300)                                   \
	NUMBER(X, gate, diastolic_block, SCALAR_MILLI, diastolic_block_milli, 40, 200)

#define TIMING_ROWS(X)                                                                                                 \
	NUMBER(X, timing, ageing_s, SCALAR_SECONDS, ageing, 1, 60)                                                     \
	NUMBER(X, timing, stale_s, SCALAR_SECONDS, stale, 2, 120)                                                      \
	NUMBER(X, timing, technical_s, SCALAR_SECONDS, technical, 3, 180)                                              \
	NUMBER(X, timing, stale_cadence_percent, SCALAR_WHOLE, stale_cadence_pct, 150, 1000)                           \
	NUMBER(X, timing, technical_cadence_percent, SCALAR_WHOLE, technical_cadence_pct, 150, 1000)                   \
	NUMBER(X, timing, cuff_ageing_percent, SCALAR_WHOLE, cuff_ageing_pct, 100, 300)                                \
	NUMBER(X, timing, cuff_stale_percent, SCALAR_WHOLE, cuff_stale_pct, 110, 400)                                  \
	NUMBER(X, timing, cuff_off_percent, SCALAR_WHOLE, cuff_off_pct, 120, 1000)                                     \
	NUMBER(X, timing, jump_systolic, SCALAR_MILLI, jump_systolic_milli, 10, 200)                                   \
	NUMBER(X, timing, jump_mean, SCALAR_MILLI, jump_mean_milli, 10, 200)                                           \
	NUMBER(X, timing, rate_apart, SCALAR_MILLI, rate_apart_milli, 5, 100)                                          \
	NUMBER(X, timing, baseline_apart_s, SCALAR_SECONDS, baseline_apart, 0, 1800)                                   \
	NUMBER(X, timing, baseline_age_min, SCALAR_MINUTES, baseline_age, 1, 240)                                      \
	NUMBER(X, timing, baseline_window_min, SCALAR_MINUTES, baseline_window, 1, 30)                                 \
	NUMBER(X, timing, onset_rate_s, SCALAR_SECONDS, onset[VITAL_RATE], 0, 60)                                      \
	NUMBER(X, timing, onset_spo2_s, SCALAR_SECONDS, onset[VITAL_SPO2], 0, 60)                                      \
	NUMBER(X, timing, onset_breathing_s, SCALAR_SECONDS, onset[VITAL_BREATHING], 0, 60)                            \
	NUMBER(X, timing, pending_lost_s, SCALAR_SECONDS, pending_lost, 0, 60)                                         \
	NUMBER(X, timing, inside_s, SCALAR_SECONDS, inside, 0, 60)                                                     \
	NUMBER(X, timing, trend_systolic, SCALAR_MILLI, trend_systolic_milli, 5, 100)                                  \
	NUMBER(X, timing, trend_systolic_floor, SCALAR_MILLI, trend_systolic_floor_milli, 80, 250)                     \
	NUMBER(X, timing, trend_systolic_window_min, SCALAR_MINUTES, trend_systolic_window, 1, 120)                    \
	NUMBER(X, timing, trend_spo2, SCALAR_MILLI, trend_spo2_milli, 1, 20)                                           \
	NUMBER(X, timing, trend_spo2_window_s, SCALAR_SECONDS, trend_spo2_window, 10, 300)                             \
	NUMBER(X, timing, silent_s, SCALAR_SECONDS, silent, 1, 60)                                                     \
	NUMBER(X, timing, silent_cadence_percent, SCALAR_WHOLE, silent_cadence_pct, 150, 1000)                         \
	NUMBER(X, timing, lost_high_s, SCALAR_SECONDS, lost_high, 0, 300)                                              \
	NUMBER(X, timing, cuff_on_arm_s, SCALAR_SECONDS, cuff_on_arm, 0, 300)                                          \
	NUMBER(X, timing, check_tolerance_min, SCALAR_MINUTES, check_tolerance, 0, 30)                                 \
	NUMBER(X, timing, end_due_min, SCALAR_MINUTES, end_due, 0, 60)                                                 \
	NUMBER(X, timing, pause_longest_min, SCALAR_MINUTES, pause_longest, 1, 120)                                    \
	NUMBER(X, timing, audio_pause_s, SCALAR_SECONDS, audio_pause, 10, 120)                                         \
	NUMBER(X, timing, audio_pauses, SCALAR_WHOLE, audio_pauses, 0, 2)                                              \
	NUMBER(X, timing, return_any_s, SCALAR_SECONDS, return_any, 0, 600)                                            \
	NUMBER(X, timing, return_acknowledged_min, SCALAR_MINUTES, return_acknowledged, 0, 60)                         \
	NUMBER(X, timing, return_standing, SCALAR_WHOLE, return_standing, 2, 10)                                       \
	NUMBER(X, timing, unanswered_s, SCALAR_SECONDS, unanswered, 10, 600)                                           \
	NUMBER(X, timing, remind_s, SCALAR_SECONDS, remind, 30, 1800)                                                  \
	NUMBER(X, timing, clock_off_s, SCALAR_SECONDS, clock_off, 1, 3600)

#define PHASE_ROWS(X)                                                                                                  \
	X(raw_phase, phase_rules, cuff_interval_min, "cuff_interval_min", SCALAR_OPTIONAL, SCALAR_MINUTES, cuff_interval, 1, 60)

#define MINIMUM_ROWS(X)                                                                                                \
	X(raw_phase, phase_rules, minimum_min, "minimum_min", SCALAR_OPTIONAL, SCALAR_MINUTES, minimum, 0, 480)

struct raw_dose {
	DOSE_ROWS(SCALAR_MEMBER)
};

struct raw_gate {
	GATE_ROWS(SCALAR_MEMBER)
};

struct raw_timing {
	TIMING_ROWS(SCALAR_MEMBER)
};

struct raw_phase {
	PHASE_ROWS(SCALAR_MEMBER)
	MINIMUM_ROWS(SCALAR_MEMBER)
	char **required;
	unsigned required_count;
};

/* One entry for each watched phase, in their order. */
struct raw_phases {
	struct raw_phase *baseline, *infusion, *paused, *recovery;
};

struct raw_tiers {
	char *critical_low, *advisory_low, *advisory_high, *critical_high;
};

struct raw_bounds {
	char *lowest, *highest;
};

/* Keyed by vital, so that a misspelt one is found with its line. */
struct raw_limits {
	struct raw_tiers *systolic, *diastolic, *mean, *rate, *spo2, *breathing;
};

struct raw_ceiling {
	struct raw_bounds *systolic, *diastolic, *mean, *rate, *spo2, *breathing;
};

struct raw_relative {
	char *vital, *side, *tier, *percent, *amount, *floor;
};

struct raw_regimen {
	HEAD_ROWS(SCALAR_MEMBER)
	struct raw_phases *phases;
	struct raw_limits *limits;
	struct raw_ceiling *ceiling;
	struct raw_relative *relative;
	unsigned relative_count;
	struct raw_dose *dose;
	struct raw_gate *gate;
	struct raw_timing *timing;
	char **checklist;
	unsigned checklist_count;
};

static const struct scalar head_rows[] = { HEAD_ROWS(SCALAR_ROW) };
static const struct scalar phase_rows[] = { PHASE_ROWS(SCALAR_ROW) MINIMUM_ROWS(SCALAR_ROW) };
static const struct scalar dose_rows[] = { DOSE_ROWS(SCALAR_ROW) };
static const struct scalar gate_rows[] = { GATE_ROWS(SCALAR_ROW) };
static const struct scalar timing_rows[] = { TIMING_ROWS(SCALAR_ROW) };

#define OPTIONAL_POINTER CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL
#define TEXT(raw, member, flags) CYAML_FIELD_STRING_PTR(#member, CYAML_FLAG_POINTER | (flags), struct raw, member, 0, YAML_LONGEST_TEXT)
#define SECTION(raw, member, fields) CYAML_FIELD_MAPPING_PTR(#member, OPTIONAL_POINTER, struct raw, member, fields)

static const cyaml_schema_value_t text_entry = { CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char *, 0, YAML_LONGEST_TEXT) };

#define REQUIRED_FIELD                                                                                                 \
	CYAML_FIELD_SEQUENCE_COUNT("required", OPTIONAL_POINTER, struct raw_phase, required, required_count, &text_entry, 0, VITAL_COUNT)

static const cyaml_schema_field_t phase_fields[] = { PHASE_ROWS(SCALAR_FIELD) REQUIRED_FIELD, CYAML_FIELD_END };
static const cyaml_schema_field_t recovery_fields[] = {
	PHASE_ROWS(SCALAR_FIELD) MINIMUM_ROWS(SCALAR_FIELD) REQUIRED_FIELD, CYAML_FIELD_END,
};

static const cyaml_schema_field_t phases_fields[] = {
	SECTION(raw_phases, baseline, phase_fields),
	SECTION(raw_phases, infusion, phase_fields),
	SECTION(raw_phases, paused, phase_fields),
	SECTION(raw_phases, recovery, recovery_fields),
	CYAML_FIELD_END,
};

static const cyaml_schema_field_t tier_fields[] = {
	TEXT(raw_tiers, critical_low, SCALAR_OPTIONAL),
	TEXT(raw_tiers, advisory_low, SCALAR_OPTIONAL),
	TEXT(raw_tiers, advisory_high, SCALAR_OPTIONAL),
	TEXT(raw_tiers, critical_high, SCALAR_OPTIONAL),
	CYAML_FIELD_END,
};

static const cyaml_schema_field_t bound_fields[] = {
	TEXT(raw_bounds, lowest, SCALAR_OPTIONAL),
	TEXT(raw_bounds, highest, SCALAR_OPTIONAL),
	CYAML_FIELD_END,
};

static const cyaml_schema_field_t limits_fields[] = {
	SECTION(raw_limits, systolic, tier_fields),
	SECTION(raw_limits, diastolic, tier_fields),
	SECTION(raw_limits, mean, tier_fields),
	SECTION(raw_limits, rate, tier_fields),
	SECTION(raw_limits, spo2, tier_fields),
	SECTION(raw_limits, breathing, tier_fields),
	CYAML_FIELD_END,
};

static const cyaml_schema_field_t ceiling_fields[] = {
	SECTION(raw_ceiling, systolic, bound_fields),
	SECTION(raw_ceiling, diastolic, bound_fields),
	SECTION(raw_ceiling, mean, bound_fields),
	SECTION(raw_ceiling, rate, bound_fields),
	SECTION(raw_ceiling, spo2, bound_fields),
	SECTION(raw_ceiling, breathing, bound_fields),
	CYAML_FIELD_END,
};

static const cyaml_schema_field_t relative_fields[] = {
	TEXT(raw_relative, vital, SCALAR_NEEDED),
	TEXT(raw_relative, side, SCALAR_NEEDED),
	TEXT(raw_relative, tier, SCALAR_NEEDED),
	TEXT(raw_relative, percent, SCALAR_OPTIONAL),
	TEXT(raw_relative, amount, SCALAR_OPTIONAL),
	TEXT(raw_relative, floor, SCALAR_NEEDED),
	CYAML_FIELD_END,
};

static const cyaml_schema_field_t dose_fields[] = { DOSE_ROWS(SCALAR_FIELD) CYAML_FIELD_END };
static const cyaml_schema_field_t gate_fields[] = { GATE_ROWS(SCALAR_FIELD) CYAML_FIELD_END };
static const cyaml_schema_field_t timing_fields[] = { TIMING_ROWS(SCALAR_FIELD) CYAML_FIELD_END };

static const cyaml_schema_value_t relative_entry = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct raw_relative, relative_fields)
};

static const cyaml_schema_field_t regimen_fields[] = {
	HEAD_ROWS(SCALAR_FIELD)
	SECTION(raw_regimen, phases, phases_fields),
	SECTION(raw_regimen, limits, limits_fields),
	SECTION(raw_regimen, ceiling, ceiling_fields),
	CYAML_FIELD_SEQUENCE("relative", OPTIONAL_POINTER, struct raw_regimen, relative, &relative_entry, 0, 32),
	SECTION(raw_regimen, dose, dose_fields),
	SECTION(raw_regimen, gate, gate_fields),
	SECTION(raw_regimen, timing, timing_fields),
	CYAML_FIELD_SEQUENCE("checklist", OPTIONAL_POINTER, struct raw_regimen, checklist, &text_entry, 1, CHECKLIST_CAP),
	CYAML_FIELD_END,
};

const cyaml_schema_value_t regimen_schema = { CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct raw_regimen, regimen_fields) };

static const struct number_section sections[NUMBER_SECTIONS] = {
	{ "dose", dose_rows, COUNT_OF(dose_rows) },
	{ "gate", gate_rows, COUNT_OF(gate_rows) },
	{ "timing", timing_rows, COUNT_OF(timing_rows) },
};

const struct watched_phase watched_phases[4] = {
	{ "baseline", PHASE_BASELINE },
	{ "infusion", PHASE_INFUSION },
	{ "paused", PHASE_PAUSED },
	{ "recovery", PHASE_RECOVERY },
};

const struct number_section *
regimen_section(size_t index)
{
	return &sections[index];
}

bool
vital_is_judged(enum vital vital)
{
	return vital_info(vital)->group != GROUP_NONE;
}

bool
vital_has_baseline(enum vital vital)
{
	return vital_is_judged(vital) && vital != VITAL_BREATHING;
}

const char *
vital_name_at(int index)
{
	return vital_info((enum vital)index)->name;
}

/* Limits and ceilings of one vital lie in the order of these. */
static const enum vital judged_vitals[] = {
	VITAL_SYSTOLIC, VITAL_DIASTOLIC, VITAL_MEAN, VITAL_RATE, VITAL_SPO2, VITAL_BREATHING,
};

/* A limit lies where the vital can be; "none" takes it away. */
static void
take_limit(struct yaml_file *file, const char *base, const char *key, const char *text, enum vital vital, struct limit *limit)
{
	const struct vital_info *info = vital_info(vital);
	struct scalar_path path = path_of(base, key);

	if (text != NULL && strcmp(text, "none") == 0)
		*limit = (struct limit){ .set = false };
	else if (text != NULL && take_milli(file, path.text, text, info->plausible_low_milli, info->plausible_high_milli, &limit->milli))
		limit->set = true;
}

static void
take_limits(struct yaml_file *file, const struct raw_limits *raw, struct limits *limits)
{
	const struct raw_tiers *const tiers[] = {
		raw->systolic, raw->diastolic, raw->mean, raw->rate, raw->spo2, raw->breathing,
	};

	for (size_t i = 0; i < COUNT_OF(tiers); i++) {
		struct limit(*at)[TIER_COUNT] = limits->at[judged_vitals[i]];
		struct scalar_path base = path_of("limits", vital_name_at(judged_vitals[i]));

		if (tiers[i] == NULL)
			continue;
		take_limit(file, base.text, "critical_low", tiers[i]->critical_low, judged_vitals[i], &at[SIDE_LOW][TIER_CRITICAL]);
		take_limit(file, base.text, "advisory_low", tiers[i]->advisory_low, judged_vitals[i], &at[SIDE_LOW][TIER_ADVISORY]);
		take_limit(file, base.text, "advisory_high", tiers[i]->advisory_high, judged_vitals[i], &at[SIDE_HIGH][TIER_ADVISORY]);
		take_limit(file, base.text, "critical_high", tiers[i]->critical_high, judged_vitals[i], &at[SIDE_HIGH][TIER_CRITICAL]);
	}
}

static void
take_ceiling(struct yaml_file *file, const struct raw_ceiling *raw, struct limits *ceiling)
{
	const struct raw_bounds *const bounds[] = {
		raw->systolic, raw->diastolic, raw->mean, raw->rate, raw->spo2, raw->breathing,
	};

	for (size_t i = 0; i < COUNT_OF(bounds); i++) {
		struct limit(*at)[TIER_COUNT] = ceiling->at[judged_vitals[i]];
		struct scalar_path base = path_of("ceiling", vital_name_at(judged_vitals[i]));

		if (bounds[i] == NULL)
			continue;
		take_limit(file, base.text, "lowest", bounds[i]->lowest, judged_vitals[i], &at[SIDE_LOW][TIER_CRITICAL]);
		take_limit(file, base.text, "highest", bounds[i]->highest, judged_vitals[i], &at[SIDE_HIGH][TIER_CRITICAL]);
	}
}

static const char *
side_at(int index)
{
	return side_name((enum side)index);
}

static const char *
tier_at(int index)
{
	return tier_name((enum tier)index);
}

/* The numbers of one relative rule. */
static bool
take_relative_numbers(struct yaml_file *file, const struct raw_relative *raw, const char *base, struct relative_rule *rule)
{
	bool good = true;

	if (raw->percent == NULL && raw->amount == NULL) {
		yaml_complain(file, base, "a relative limit needs 'percent', 'amount' or both");
		good = false;
	}
	if (raw->percent != NULL)
		good &= take_milli(file, path_of(base, "percent").text, raw->percent, 1000, 100000, &rule->percent_milli);
	if (raw->amount != NULL)
		good &= take_milli(file, path_of(base, "amount").text, raw->amount, 1000, 200000, &rule->rise_milli);
	return take_milli(file, path_of(base, "floor").text, raw->floor, 1000, 300000, &rule->floor_milli) && good;
}

static void
take_relative(struct yaml_file *file, const struct raw_relative *raw, size_t index, struct relative_rules *rules)
{
	struct relative_rule rule = { .set = true };
	struct scalar_path base = path_of_entry("relative", index);
	int vital = 0, side = 0, tier = 0;
	bool good = take_choice(file, path_of(base.text, "vital").text, "vital sign", raw->vital, vital_name_at, VITAL_COUNT, &vital);

	good &= take_choice(file, path_of(base.text, "side").text, "side: low or high", raw->side, side_at, SIDE_COUNT, &side);
	good &= take_choice(file, path_of(base.text, "tier").text, "tier: advisory or critical", raw->tier, tier_at, TIER_COUNT, &tier);
	good &= take_relative_numbers(file, raw, base.text, &rule);
	if (!good)
		return;
	if (!vital_has_baseline((enum vital)vital))
		yaml_complain(file, path_of(base.text, "vital").text, "%s has no baseline, so no limit can be relative to it", raw->vital);
	else if (rules->at[vital][side][tier].set)
		yaml_complain(file, base.text, "there is a relative limit %s.%s.%s already", raw->vital, raw->side, raw->tier);
	else
		rules->at[vital][side][tier] = rule;
}

/* A vital that is required is one that something is said about when it is lost: not the cuff's companions. */
static const char *
required_at(int index)
{
	static const enum vital names[] = { VITAL_SYSTOLIC, VITAL_RATE, VITAL_SPO2, VITAL_BREATHING };

	return vital_name_at(names[index]);
}

static void
take_phase(struct yaml_file *file, const char *base, const struct raw_phase *raw, struct phase_rules *rules)
{
	scalars_take(file, base, raw, phase_rows, COUNT_OF(phase_rows), rules);
	if (raw->required != NULL)
		memset(rules->required, 0, sizeof(rules->required));
	for (unsigned i = 0; i < raw->required_count; i++) {
		struct scalar_path path = path_of_entry(path_of(base, "required").text, i);
		enum vital vital;
		int index;

		if (!take_choice(file, path.text, "vital sign that can be required", raw->required[i], required_at, 4, &index) ||
		    !vital_from_name(raw->required[i], &vital))
			continue;
		if (rules->required[vital])
			yaml_complain(file, path.text, "'%s' is named twice", raw->required[i]);
		rules->required[vital] = true;
	}
}

static void
take_phases(struct yaml_file *file, const struct raw_phases *raw, struct regimen *regimen)
{
	const struct raw_phase *const phases[] = { raw->baseline, raw->infusion, raw->paused, raw->recovery };

	for (size_t i = 0; i < COUNT_OF(phases); i++)
		if (phases[i] != NULL)
			take_phase(file, path_of("phases", watched_phases[i].name).text, phases[i],
			    &regimen->phases[watched_phases[i].phase]);
}

static void
take_checklist(struct yaml_file *file, const struct raw_regimen *raw, struct regimen *regimen)
{
	if (raw->checklist == NULL)
		return;
	memset(regimen->checklist, 0, sizeof(regimen->checklist));
	regimen->checklist_count = raw->checklist_count;
	for (unsigned i = 0; i < raw->checklist_count; i++) {
		if (strlen(raw->checklist[i]) >= CHECKLIST_TEXT_CAP)
			yaml_complain(file, path_of_entry("checklist", i).text, "is longer than %d bytes", CHECKLIST_TEXT_CAP - 1);
		else
			memcpy(regimen->checklist[i], raw->checklist[i], strlen(raw->checklist[i]) + 1);
	}
}

static void
take_regimen(struct yaml_file *file, const struct raw_regimen *raw, struct regimen *regimen)
{
	const void *const numbers[NUMBER_SECTIONS] = { raw->dose, raw->gate, raw->timing };

	scalars_take(file, "", raw, head_rows, COUNT_OF(head_rows), regimen);
	if (raw->title == NULL)
		snprintf(regimen->title, sizeof(regimen->title), "%s", regimen->name);
	if (raw->phases != NULL)
		take_phases(file, raw->phases, regimen);
	if (raw->limits != NULL)
		take_limits(file, raw->limits, &regimen->limits);
	if (raw->ceiling != NULL)
		take_ceiling(file, raw->ceiling, &regimen->ceiling);
	if (raw->relative != NULL)
		memset(&regimen->relative, 0, sizeof(regimen->relative));
	for (unsigned i = 0; i < raw->relative_count; i++)
		take_relative(file, &raw->relative[i], i, &regimen->relative);
	for (size_t i = 0; i < NUMBER_SECTIONS; i++)
		if (numbers[i] != NULL)
			scalars_take(file, sections[i].name, numbers[i], sections[i].rows, sections[i].count, regimen);
	take_checklist(file, raw, regimen);
}

bool
regimen_load_file(const char *path, struct problems *problems, struct regimen *ret_regimen)
{
	struct yaml_file file;

	regimen_defaults(ret_regimen);
	ret_regimen->name[0] = '\0';
	if (yaml_open(&file, path, &regimen_schema, problems)) {
		take_regimen(&file, file.data, ret_regimen);
		regimen_check(&file, ret_regimen);
	}
	yaml_close(&file);
	return yaml_is_good(&file);
}
