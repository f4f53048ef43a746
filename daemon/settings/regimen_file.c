/* config/regimens/NAME.yaml to a struct regimen; what a file leaves out keeps
 * the defaults of the watching rules. */
#include "daemon/settings/yaml_file.h"

#include <stdlib.h>
#include <string.h>

struct raw_phase {
	char **required;
	unsigned required_count;
	char *cuff_interval_min, *minimum_min;
};

struct raw_phases {
	struct raw_phase *baseline, *infusion, *paused, *recovery;
};

struct raw_limit {
	char *vital, *critical_low, *advisory_low, *advisory_high, *critical_high;
};

struct raw_relative {
	char *vital, *side, *tier, *percent, *rise, *floor;
};

struct raw_number {
	char *name, *value;
};

struct raw_regimen {
	char *name, *title, *route;
	struct raw_phases phases;
	struct raw_limit *limits, *ceiling;
	unsigned limits_count, ceiling_count;
	struct raw_relative *relative;
	unsigned relative_count;
	struct raw_number *dose, *gate, *timing;
	unsigned dose_count, gate_count, timing_count;
	char **checklist;
	unsigned checklist_count;
};

#define OPTIONAL_TEXT(type, member) CYAML_FIELD_STRING_PTR(#member, CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct type, member, 0, 256)
#define TEXT(type, member) CYAML_FIELD_STRING_PTR(#member, CYAML_FLAG_POINTER, struct type, member, 1, 256)

static const cyaml_schema_value_t text_entry = { CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char *, 1, 256) };

static const cyaml_schema_field_t phase_fields[] = {
	CYAML_FIELD_SEQUENCE_COUNT("required", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct raw_phase, required,
	    required_count, &text_entry, 0, VITAL_COUNT),
	OPTIONAL_TEXT(raw_phase, cuff_interval_min),
	OPTIONAL_TEXT(raw_phase, minimum_min),
	CYAML_FIELD_END,
};

static const cyaml_schema_field_t limit_fields[] = {
	TEXT(raw_limit, vital),
	OPTIONAL_TEXT(raw_limit, critical_low),
	OPTIONAL_TEXT(raw_limit, advisory_low),
	OPTIONAL_TEXT(raw_limit, advisory_high),
	OPTIONAL_TEXT(raw_limit, critical_high),
	CYAML_FIELD_END,
};

static const cyaml_schema_field_t relative_fields[] = {
	TEXT(raw_relative, vital),
	TEXT(raw_relative, side),
	TEXT(raw_relative, tier),
	OPTIONAL_TEXT(raw_relative, percent),
	OPTIONAL_TEXT(raw_relative, rise),
	TEXT(raw_relative, floor),
	CYAML_FIELD_END,
};

static const cyaml_schema_field_t number_fields[] = {
	TEXT(raw_number, name),
	TEXT(raw_number, value),
	CYAML_FIELD_END,
};

static const cyaml_schema_value_t limit_entry = { CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct raw_limit, limit_fields) };
static const cyaml_schema_value_t relative_entry = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct raw_relative, relative_fields)
};
static const cyaml_schema_value_t number_entry = { CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct raw_number, number_fields) };

#define LIST(member, entry, most)                                                                                      \
	CYAML_FIELD_SEQUENCE_COUNT(#member, CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct raw_regimen, member,       \
	    member##_count, &entry, 0, most)

#define PHASE_IN(member) CYAML_FIELD_MAPPING_PTR(#member, CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct raw_phases, member, phase_fields)

static const cyaml_schema_field_t phases_fields[] = {
	PHASE_IN(baseline), PHASE_IN(infusion), PHASE_IN(paused), PHASE_IN(recovery), CYAML_FIELD_END,
};

static const cyaml_schema_field_t regimen_fields[] = {
	TEXT(raw_regimen, name),
	OPTIONAL_TEXT(raw_regimen, title),
	OPTIONAL_TEXT(raw_regimen, route),
	CYAML_FIELD_MAPPING("phases", CYAML_FLAG_OPTIONAL, struct raw_regimen, phases, phases_fields),
	LIST(limits, limit_entry, VITAL_COUNT),
	LIST(ceiling, limit_entry, VITAL_COUNT),
	LIST(relative, relative_entry, 32),
	LIST(dose, number_entry, 16),
	LIST(gate, number_entry, 8),
	LIST(timing, number_entry, 64),
	LIST(checklist, text_entry, CHECKLIST_CAP),
	CYAML_FIELD_END,
};

static const cyaml_schema_value_t regimen_schema = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct raw_regimen, regimen_fields)
};

/* A named number of a regimen: where it goes, in which unit it is written, and its bounds in that unit. */
struct number {
	const char *name;
	size_t offset;
	enum { AS_SECONDS, AS_MINUTES, AS_MILLI, AS_WHOLE, AS_KILOGRAMS } unit;
	int32_t low, high;
};

#define IN(member) offsetof(struct regimen, member)

static const struct number dose_numbers[] = {
	{ "ug_per_kg", IN(dose.ug_per_kg), AS_WHOLE, 1, 10000 },
	{ "ask_beyond_ug_per_kg", IN(dose.ug_per_kg_ask), AS_WHOLE, 0, 10000 },
	{ "planned_min", IN(dose.planned), AS_MINUTES, 1, 480 },
	{ "weight_min_kg", IN(dose.weight_min_g), AS_KILOGRAMS, 1, 500 },
	{ "weight_max_kg", IN(dose.weight_max_g), AS_KILOGRAMS, 1, 500 },
	{ "weight_ask_low_kg", IN(dose.weight_ask_low_g), AS_KILOGRAMS, 1, 500 },
	{ "weight_ask_high_kg", IN(dose.weight_ask_high_g), AS_KILOGRAMS, 1, 500 },
	{ "volume_ml", IN(dose.volume_ul), AS_KILOGRAMS, 1, 2000 },
};

static const struct number gate_numbers[] = {
	{ "systolic_decide", IN(gate.systolic_decide_milli), AS_MILLI, 80, 300 },
	{ "diastolic_decide", IN(gate.diastolic_decide_milli), AS_MILLI, 40, 200 },
	{ "systolic_block", IN(gate.systolic_block_milli), AS_MILLI, 80, 300 },
	{ "diastolic_block", IN(gate.diastolic_block_milli), AS_MILLI, 40, 200 },
};

static const struct number timing_numbers[] = {
	{ "ageing_s", IN(timing.ageing), AS_SECONDS, 1, 60 },
	{ "stale_s", IN(timing.stale), AS_SECONDS, 2, 120 },
	{ "technical_s", IN(timing.technical), AS_SECONDS, 3, 180 },
	{ "stale_cadence_percent", IN(timing.stale_cadence_pct), AS_WHOLE, 150, 1000 },
	{ "technical_cadence_percent", IN(timing.technical_cadence_pct), AS_WHOLE, 150, 1000 },
	{ "cuff_ageing_percent", IN(timing.cuff_ageing_pct), AS_WHOLE, 100, 300 },
	{ "cuff_stale_percent", IN(timing.cuff_stale_pct), AS_WHOLE, 110, 400 },
	{ "cuff_off_percent", IN(timing.cuff_off_pct), AS_WHOLE, 120, 1000 },
	{ "jump_systolic", IN(timing.jump_systolic_milli), AS_MILLI, 10, 200 },
	{ "jump_mean", IN(timing.jump_mean_milli), AS_MILLI, 10, 200 },
	{ "rate_apart", IN(timing.rate_apart_milli), AS_MILLI, 5, 100 },
	{ "baseline_apart_s", IN(timing.baseline_apart), AS_SECONDS, 0, 1800 },
	{ "baseline_age_min", IN(timing.baseline_age), AS_MINUTES, 1, 240 },
	{ "baseline_window_min", IN(timing.baseline_window), AS_MINUTES, 1, 60 },
	{ "onset_rate_s", IN(timing.onset[VITAL_RATE]), AS_SECONDS, 0, 60 },
	{ "onset_spo2_s", IN(timing.onset[VITAL_SPO2]), AS_SECONDS, 0, 60 },
	{ "onset_breathing_s", IN(timing.onset[VITAL_BREATHING]), AS_SECONDS, 0, 60 },
	{ "pending_lost_s", IN(timing.pending_lost), AS_SECONDS, 0, 60 },
	{ "inside_s", IN(timing.inside), AS_SECONDS, 0, 60 },
	{ "trend_systolic", IN(timing.trend_systolic_milli), AS_MILLI, 5, 100 },
	{ "trend_systolic_floor", IN(timing.trend_systolic_floor_milli), AS_MILLI, 80, 250 },
	{ "trend_systolic_window_min", IN(timing.trend_systolic_window), AS_MINUTES, 1, 120 },
	{ "trend_spo2", IN(timing.trend_spo2_milli), AS_MILLI, 1, 20 },
	{ "trend_spo2_window_s", IN(timing.trend_spo2_window), AS_SECONDS, 10, 1800 },
	{ "silent_s", IN(timing.silent), AS_SECONDS, 1, 60 },
	{ "silent_cadence_percent", IN(timing.silent_cadence_pct), AS_WHOLE, 150, 1000 },
	{ "lost_high_s", IN(timing.lost_high), AS_SECONDS, 0, 300 },
	{ "cuff_on_arm_s", IN(timing.cuff_on_arm), AS_SECONDS, 0, 300 },
	{ "check_tolerance_min", IN(timing.check_tolerance), AS_MINUTES, 0, 30 },
	{ "end_due_min", IN(timing.end_due), AS_MINUTES, 0, 60 },
	{ "pause_longest_min", IN(timing.pause_longest), AS_MINUTES, 1, 120 },
	{ "audio_pause_s", IN(timing.audio_pause), AS_SECONDS, 10, 120 },
	{ "audio_pauses", IN(timing.audio_pauses), AS_WHOLE, 0, 2 },
	{ "return_any_s", IN(timing.return_any), AS_SECONDS, 0, 600 },
	{ "return_acknowledged_min", IN(timing.return_acknowledged), AS_MINUTES, 0, 60 },
	{ "return_standing", IN(timing.return_standing), AS_WHOLE, 2, 10 },
	{ "unanswered_s", IN(timing.unanswered), AS_SECONDS, 10, 600 },
	{ "remind_s", IN(timing.remind), AS_SECONDS, 30, 1800 },
	{ "clock_off_s", IN(timing.clock_off), AS_SECONDS, 1, 3600 },
};

#define COUNT_OF(table) (sizeof(table) / sizeof((table)[0]))

static void
put_number(struct regimen *regimen, const struct number *number, int32_t milli)
{
	void *at = (char *)regimen + number->offset;

	switch (number->unit) {
	case AS_SECONDS:
		*(struct duration *)at = duration_ms(milli);
		break;
	case AS_MINUTES:
		*(struct duration *)at = duration_ms((int64_t)milli * 60);
		break;
	case AS_MILLI:
	case AS_KILOGRAMS: /* thousandths of a kilogram are grams, of a millilitre microlitres */
		*(int32_t *)at = milli;
		break;
	case AS_WHOLE:
		*(int32_t *)at = milli / 1000;
		break;
	}
}

static const struct number *
find_number(const struct number *numbers, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(numbers[i].name, name) == 0)
			return &numbers[i];
	return NULL;
}

static struct suggestion
suggest_number(const char *wrong, const struct number *numbers, size_t count)
{
	const char *names[64];

	for (size_t i = 0; i < count; i++)
		names[i] = numbers[i].name;
	return suggest(wrong, names, count);
}

static void
take_numbers(struct yaml_file *file, const char *section, const struct raw_number *raw, size_t raw_count,
    const struct number *numbers, size_t count, struct regimen *regimen)
{
	for (size_t i = 0; i < raw_count; i++) {
		const struct number *number = find_number(numbers, count, raw[i].name);
		char path[64];
		int32_t milli;

		snprintf(path, sizeof(path), "%s[%zu].%s", section, i, number == NULL ? "name" : "value");
		if (number == NULL)
			yaml_complain(file, path, "'%.40s' is no number of this section%s", raw[i].name,
			    suggest_number(raw[i].name, numbers, count).text);
		else if (yaml_milli(file, path, raw[i].value, (int64_t)number->low * 1000, (int64_t)number->high * 1000, &milli))
			put_number(regimen, number, milli);
	}
}

static struct suggestion
suggest_vital(const char *wrong)
{
	const char *names[VITAL_COUNT];

	for (int i = 0; i < VITAL_COUNT; i++)
		names[i] = vital_info((enum vital)i)->name;
	return suggest(wrong, names, VITAL_COUNT);
}

static bool
take_vital(struct yaml_file *file, const char *path, const char *name, enum vital *ret_vital)
{
	if (vital_from_name(name, ret_vital))
		return true;
	yaml_complain(file, path, "'%.40s' is no vital sign%s", name, suggest_vital(name).text);
	return false;
}

static void
take_limit(struct yaml_file *file, const char *section, size_t index, const char *key, const char *text, enum vital vital,
    struct limit *limit)
{
	char path[64];
	const struct vital_info *info = vital_info(vital);

	if (text == NULL)
		return;
	snprintf(path, sizeof(path), "%s[%zu].%s", section, index, key);
	if (strcmp(text, "none") == 0) {
		limit->set = false;
		return;
	}
	limit->set = yaml_milli(file, path, text, info->plausible_low_milli, info->plausible_high_milli, &limit->milli);
}

static void
take_limits(struct yaml_file *file, const char *section, const struct raw_limit *raw, size_t count, struct limits *limits)
{
	for (size_t i = 0; i < count; i++) {
		char path[64];
		enum vital vital;
		struct limit(*at)[TIER_COUNT];

		snprintf(path, sizeof(path), "%s[%zu].vital", section, i);
		if (!take_vital(file, path, raw[i].vital, &vital))
			continue;
		at = limits->at[vital];
		take_limit(file, section, i, "critical_low", raw[i].critical_low, vital, &at[SIDE_LOW][TIER_CRITICAL]);
		take_limit(file, section, i, "advisory_low", raw[i].advisory_low, vital, &at[SIDE_LOW][TIER_ADVISORY]);
		take_limit(file, section, i, "advisory_high", raw[i].advisory_high, vital, &at[SIDE_HIGH][TIER_ADVISORY]);
		take_limit(file, section, i, "critical_high", raw[i].critical_high, vital, &at[SIDE_HIGH][TIER_CRITICAL]);
	}
}

static bool
take_choice(struct yaml_file *file, const char *path, const char *text, const char *const names[2], int *ret_index)
{
	for (int i = 0; i < 2; i++)
		if (strcmp(text, names[i]) == 0) {
			*ret_index = i;
			return true;
		}
	yaml_complain(file, path, "'%.40s' must be '%s' or '%s'%s", text, names[0], names[1], suggest(text, names, 2).text);
	return false;
}

static void
take_relative(struct yaml_file *file, const struct raw_relative *raw, size_t index, struct relative_rules *rules)
{
	static const char *const sides[] = { "low", "high" }, *const tiers[] = { "advisory", "critical" };
	struct relative_rule rule = { .set = true };
	char path[3][64], numbers[3][64];
	enum vital vital;
	int side, tier;

	snprintf(path[0], sizeof(path[0]), "relative[%zu].vital", index);
	snprintf(path[1], sizeof(path[1]), "relative[%zu].side", index);
	snprintf(path[2], sizeof(path[2]), "relative[%zu].tier", index);
	snprintf(numbers[0], sizeof(numbers[0]), "relative[%zu].percent", index);
	snprintf(numbers[1], sizeof(numbers[1]), "relative[%zu].rise", index);
	snprintf(numbers[2], sizeof(numbers[2]), "relative[%zu].floor", index);
	if (!take_vital(file, path[0], raw->vital, &vital) || !take_choice(file, path[1], raw->side, sides, &side) ||
	    !take_choice(file, path[2], raw->tier, tiers, &tier))
		return;
	if (raw->percent == NULL && raw->rise == NULL)
		yaml_complain(file, path[0], "a relative limit needs percent or rise");
	if ((raw->percent != NULL && !yaml_milli(file, numbers[0], raw->percent, 1000, 100000, &rule.percent_milli)) ||
	    (raw->rise != NULL && !yaml_milli(file, numbers[1], raw->rise, 1000, 200000, &rule.rise_milli)) ||
	    !yaml_milli(file, numbers[2], raw->floor, 1000, 300000, &rule.floor_milli))
		return;
	rules->at[vital][side][tier] = rule;
}

static void
take_phase(struct yaml_file *file, const char *name, const struct raw_phase *raw, struct phase_rules *rules)
{
	char path[64];
	int32_t milli;

	if (raw == NULL)
		return;
	if (raw->required != NULL)
		memset(rules->required, 0, sizeof(rules->required));
	for (unsigned i = 0; i < raw->required_count; i++) {
		enum vital vital;

		snprintf(path, sizeof(path), "phases.%s.required[%u]", name, i);
		if (take_vital(file, path, raw->required[i], &vital))
			rules->required[vital] = true;
	}
	snprintf(path, sizeof(path), "phases.%s.cuff_interval_min", name);
	if (raw->cuff_interval_min != NULL && yaml_milli(file, path, raw->cuff_interval_min, 1000, 60000, &milli))
		rules->cuff_interval = duration_ms((int64_t)milli * 60);
	snprintf(path, sizeof(path), "phases.%s.minimum_min", name);
	if (raw->minimum_min != NULL && yaml_milli(file, path, raw->minimum_min, 0, 480000, &milli))
		rules->minimum = duration_ms((int64_t)milli * 60);
}

static void
take_checklist(struct yaml_file *file, const struct raw_regimen *raw, struct regimen *regimen)
{
	if (raw->checklist == NULL)
		return;
	regimen->checklist_count = raw->checklist_count;
	for (unsigned i = 0; i < raw->checklist_count; i++) {
		char path[64];

		snprintf(path, sizeof(path), "checklist[%u]", i);
		if (strlen(raw->checklist[i]) >= CHECKLIST_TEXT_CAP)
			yaml_complain(file, path, "is longer than %d characters", CHECKLIST_TEXT_CAP - 1);
		snprintf(regimen->checklist[i], CHECKLIST_TEXT_CAP, "%s", raw->checklist[i]);
	}
}

static void
check_order(struct yaml_file *file, const char *path, int64_t low, int64_t high, const char *sentence)
{
	if (low >= high)
		yaml_complain(file, path, "%s", sentence);
}

/* What no single number can show. */
static void
check_whole(struct yaml_file *file, const struct regimen *regimen)
{
	const struct dose_rule *dose = &regimen->dose;
	const struct timing *timing = &regimen->timing;

	for (int vital = 0; vital < VITAL_COUNT; vital++) {
		struct outcome order = limits_check_order(&regimen->limits, (enum vital)vital);

		if (!order.ok)
			yaml_complain(file, "limits", "%s", order.why);
		for (int side = 0; side < SIDE_COUNT; side++)
			for (int tier = 0; tier < TIER_COUNT; tier++) {
				struct limit limit = regimen->limits.at[vital][side][tier];
				struct outcome inside = limits_check_ceiling(&regimen->ceiling, &regimen->limits, (enum vital)vital,
				    (enum side)side, (enum tier)tier, limit.milli);

				if (limit.set && !inside.ok)
					yaml_complain(file, "limits", "%s", inside.why);
			}
	}
	check_order(file, "dose", dose->weight_min_g, dose->weight_max_g, "weight_min_kg must lie below weight_max_kg");
	check_order(file, "dose", dose->weight_ask_low_g, dose->weight_ask_high_g,
	    "weight_ask_low_kg must lie below weight_ask_high_kg");
	check_order(file, "gate", regimen->gate.systolic_decide_milli, regimen->gate.systolic_block_milli,
	    "systolic_decide must lie below systolic_block");
	check_order(file, "gate", regimen->gate.diastolic_decide_milli, regimen->gate.diastolic_block_milli,
	    "diastolic_decide must lie below diastolic_block");
	check_order(file, "timing", timing->ageing.ms, timing->stale.ms, "ageing_s must lie below stale_s");
	check_order(file, "timing", timing->stale.ms, timing->technical.ms, "stale_s must lie below technical_s");
	check_order(file, "timing", timing->cuff_ageing_pct, timing->cuff_stale_pct,
	    "cuff_ageing_percent must lie below cuff_stale_percent");
	check_order(file, "timing", timing->cuff_stale_pct, timing->cuff_off_pct,
	    "cuff_stale_percent must lie below cuff_off_percent");
	for (int phase = PHASE_BASELINE; phase <= PHASE_RECOVERY; phase++)
		if (!regimen->phases[phase].required[VITAL_SYSTOLIC])
			yaml_warn(file, "phases", "phase %s does not require systolic: an overdue cuff is not told there",
			    phase_name((enum phase)phase));
}

static void
take_regimen(struct yaml_file *file, const struct raw_regimen *raw, struct regimen *regimen)
{
	regimen_defaults(regimen);
	if (strlen(raw->name) >= sizeof(regimen->name))
		yaml_complain(file, "name", "is longer than %d characters", NAME_CAP - 1);
	snprintf(regimen->name, sizeof(regimen->name), "%s", raw->name);
	snprintf(regimen->title, sizeof(regimen->title), "%s", raw->title != NULL ? raw->title : raw->name);
	if (raw->route != NULL)
		snprintf(regimen->route, sizeof(regimen->route), "%s", raw->route);
	take_phase(file, "baseline", raw->phases.baseline, &regimen->phases[PHASE_BASELINE]);
	take_phase(file, "infusion", raw->phases.infusion, &regimen->phases[PHASE_INFUSION]);
	take_phase(file, "paused", raw->phases.paused, &regimen->phases[PHASE_PAUSED]);
	take_phase(file, "recovery", raw->phases.recovery, &regimen->phases[PHASE_RECOVERY]);
	take_limits(file, "limits", raw->limits, raw->limits_count, &regimen->limits);
	take_limits(file, "ceiling", raw->ceiling, raw->ceiling_count, &regimen->ceiling);
	if (raw->relative != NULL)
		memset(&regimen->relative, 0, sizeof(regimen->relative));
	for (unsigned i = 0; i < raw->relative_count; i++)
		take_relative(file, &raw->relative[i], i, &regimen->relative);
	take_numbers(file, "dose", raw->dose, raw->dose_count, dose_numbers, COUNT_OF(dose_numbers), regimen);
	take_numbers(file, "gate", raw->gate, raw->gate_count, gate_numbers, COUNT_OF(gate_numbers), regimen);
	take_numbers(file, "timing", raw->timing, raw->timing_count, timing_numbers, COUNT_OF(timing_numbers), regimen);
	take_checklist(file, raw, regimen);
}

bool
regimen_load_file(const char *path, struct problems *problems, struct regimen *ret_regimen)
{
	size_t before = problems_errors(problems);
	struct yaml_file file;

	if (yaml_open(&file, path, &regimen_schema, problems)) {
		take_regimen(&file, file.data, ret_regimen);
		check_whole(&file, ret_regimen);
	}
	yaml_close(&file);
	return problems_errors(problems) == before;
}
