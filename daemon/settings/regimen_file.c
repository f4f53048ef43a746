/* config/regimens/NAME.yaml to a struct regimen; what a file leaves out keeps
 * the defaults of the watching rules. */
#include "daemon/settings/regimen_raw.h"

#include <string.h>

/* Limits and ceilings of one vital lie in the order of these. */
static const enum vital judged_vitals[] = {
	VITAL_SYSTOLIC,
	VITAL_DIASTOLIC,
	VITAL_MEAN,
	VITAL_RATE,
	VITAL_SPO2,
	VITAL_BREATHING,
};

/* A limit lies where the vital can be; "none" takes it away. */
static void
take_limit(struct yaml_file *file, const char *base, const char *key, const char *text, enum vital vital,
    struct limit *limit)
{
	const struct vital_info *info = vital_info(vital);
	struct scalar_path path = path_of(base, key);

	if (text != NULL && strcmp(text, "none") == 0)
		*limit = (struct limit){ .set = false };
	else if (text != NULL && take_milli(file, path.text, text, info->plausible_low_milli,
				     info->plausible_high_milli, &limit->milli))
		limit->set = true;
}

static void
take_limits(struct yaml_file *file, const struct raw_limits *raw, struct limits *limits)
{
	const struct raw_tiers *const tiers[] = {
		raw->systolic,
		raw->diastolic,
		raw->mean,
		raw->rate,
		raw->spo2,
		raw->breathing,
	};

	for (size_t i = 0; i < COUNT_OF(tiers); i++) {
		struct limit(*at)[TIER_COUNT] = limits->at[judged_vitals[i]];
		struct scalar_path base = path_of("limits", vital_name_at(judged_vitals[i]));

		if (tiers[i] == NULL)
			continue;
		take_limit(file, base.text, "critical_low", tiers[i]->critical_low, judged_vitals[i],
		    &at[SIDE_LOW][TIER_CRITICAL]);
		take_limit(file, base.text, "advisory_low", tiers[i]->advisory_low, judged_vitals[i],
		    &at[SIDE_LOW][TIER_ADVISORY]);
		take_limit(file, base.text, "advisory_high", tiers[i]->advisory_high, judged_vitals[i],
		    &at[SIDE_HIGH][TIER_ADVISORY]);
		take_limit(file, base.text, "critical_high", tiers[i]->critical_high, judged_vitals[i],
		    &at[SIDE_HIGH][TIER_CRITICAL]);
	}
}

static void
take_ceiling(struct yaml_file *file, const struct raw_ceiling *raw, struct limits *ceiling)
{
	const struct raw_bounds *const bounds[] = {
		raw->systolic,
		raw->diastolic,
		raw->mean,
		raw->rate,
		raw->spo2,
		raw->breathing,
	};

	for (size_t i = 0; i < COUNT_OF(bounds); i++) {
		struct limit(*at)[TIER_COUNT] = ceiling->at[judged_vitals[i]];
		struct scalar_path base = path_of("ceiling", vital_name_at(judged_vitals[i]));

		if (bounds[i] == NULL)
			continue;
		take_limit(file, base.text, "lowest", bounds[i]->lowest, judged_vitals[i],
		    &at[SIDE_LOW][TIER_CRITICAL]);
		take_limit(file, base.text, "highest", bounds[i]->highest, judged_vitals[i],
		    &at[SIDE_HIGH][TIER_CRITICAL]);
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
take_relative_numbers(
    struct yaml_file *file, const struct raw_relative *raw, const char *base, struct relative_rule *rule)
{
	bool good = true;

	if (raw->percent == NULL && raw->amount == NULL) {
		yaml_complain(file, base, "a relative limit needs 'percent', 'amount' or both");
		good = false;
	}
	if (raw->percent != NULL)
		good &= take_milli(
		    file, path_of(base, "percent").text, raw->percent, 1000, 100000, &rule->percent_milli);
	if (raw->amount != NULL)
		good &= take_milli(
		    file, path_of(base, "amount").text, raw->amount, 1000, 200000, &rule->rise_milli);
	return take_milli(file, path_of(base, "floor").text, raw->floor, 1000, 300000, &rule->floor_milli) &&
	       good;
}

static void
take_relative(
    struct yaml_file *file, const struct raw_relative *raw, size_t index, struct relative_rules *rules)
{
	struct relative_rule rule = { .set = true };
	struct scalar_path base = path_of_entry("relative", index);
	int vital = 0, side = 0, tier = 0;
	bool good = take_choice(file, path_of(base.text, "vital").text, "vital sign", raw->vital,
	    vital_name_at, VITAL_COUNT, &vital);

	good &= take_choice(file, path_of(base.text, "side").text, "side: low or high", raw->side, side_at,
	    SIDE_COUNT, &side);
	good &= take_choice(file, path_of(base.text, "tier").text, "tier: advisory or critical", raw->tier,
	    tier_at, TIER_COUNT, &tier);
	good &= take_relative_numbers(file, raw, base.text, &rule);
	if (!good)
		return;
	if (!vital_has_baseline((enum vital)vital))
		yaml_complain(file, path_of(base.text, "vital").text,
		    "%s has no baseline, so no limit can be relative to it", raw->vital);
	else if (rules->at[vital][side][tier].set)
		yaml_complain(file, base.text, "there is a relative limit %s.%s.%s already", raw->vital,
		    raw->side, raw->tier);
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
	scalars_take(file, base, raw, regimen_phase.rows, regimen_phase.count, rules);
	if (raw->required != NULL)
		memset(rules->required, 0, sizeof(rules->required));
	for (unsigned i = 0; i < raw->required_count; i++) {
		struct scalar_path path = path_of_entry(path_of(base, "required").text, i);
		enum vital vital;
		int index;

		if (!take_choice(file, path.text, "vital sign that can be required", raw->required[i],
			required_at, 4, &index) ||
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
			yaml_complain(file, path_of_entry("checklist", i).text, "is longer than %d bytes",
			    CHECKLIST_TEXT_CAP - 1);
		else
			memcpy(regimen->checklist[i], raw->checklist[i], strlen(raw->checklist[i]) + 1);
	}
}

static void
take_regimen(struct yaml_file *file, const struct raw_regimen *raw, struct regimen *regimen)
{
	const void *const numbers[NUMBER_SECTIONS] = { raw->dose, raw->gate, raw->timing };

	scalars_take(file, "", raw, regimen_head.rows, regimen_head.count, regimen);
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
	for (size_t i = 0; i < NUMBER_SECTIONS; i++) {
		const struct number_section *section = regimen_section(i);

		if (numbers[i] != NULL)
			scalars_take(file, section->name, numbers[i], section->rows, section->count, regimen);
	}
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
