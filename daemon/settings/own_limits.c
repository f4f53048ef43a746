/* The clinic's own standing limits and ceilings: written in infusiond.yaml, they
 * take the place of a regimen's, in order (R10) and inside the ceiling (R38).
 * All are put in before any is judged, so that their order in the file is free. */
#include "daemon/settings/clinic_file.h"

#include <string.h>

#define TEXT(raw, member, flags)                                                                             \
	CYAML_FIELD_STRING_PTR(                                                                              \
	    #member, CYAML_FLAG_POINTER | (flags), struct raw, member, 0, YAML_LONGEST_TEXT)

static const cyaml_schema_field_t limit_fields[] = {
	TEXT(raw_own_limit, regimen, SCALAR_OPTIONAL),
	TEXT(raw_own_limit, limit, SCALAR_NEEDED),
	TEXT(raw_own_limit, value, SCALAR_NEEDED),
	CYAML_FIELD_END,
};

static const cyaml_schema_field_t bound_fields[] = {
	TEXT(raw_own_bound, regimen, SCALAR_OPTIONAL),
	TEXT(raw_own_bound, vital, SCALAR_NEEDED),
	TEXT(raw_own_bound, lowest, SCALAR_OPTIONAL),
	TEXT(raw_own_bound, highest, SCALAR_OPTIONAL),
	CYAML_FIELD_END,
};

const cyaml_schema_value_t own_limit_schema = { CYAML_VALUE_MAPPING(
    CYAML_FLAG_DEFAULT, struct raw_own_limit, limit_fields) };
const cyaml_schema_value_t own_bound_schema = { CYAML_VALUE_MAPPING(
    CYAML_FLAG_DEFAULT, struct raw_own_bound, bound_fields) };

/* What an entry of the file came to. */
struct entry {
	struct scalar_path path;
	bool good;
	size_t regimen;
	enum vital vital;
	enum side side;
	enum tier tier;
};

struct names
names_of_regimens(const struct settings *settings)
{
	return (struct names){ "regimen", settings->regimens[0].name, sizeof(settings->regimens[0]),
		settings->regimen_count };
}

/* The regimen that an entry speaks of: the default when it names none. */
static bool
take_regimen_name(
    struct yaml_file *file, const char *name, const struct settings *settings, struct entry *entry)
{
	if (name == NULL)
		return settings->regimen_count > 0;
	return take_reference(file, path_of(entry->path.text, "regimen").text, names_of_regimens(settings),
	    name, &entry->regimen);
}

static bool
take_value(struct yaml_file *file, const char *path, const char *text, enum vital vital, struct limit *limit)
{
	const struct vital_info *info = vital_info(vital);
	bool good = take_milli(
	    file, path, text, info->plausible_low_milli, info->plausible_high_milli, &limit->milli);

	limit->set |= good;
	return good;
}

static struct entry
take_bound(struct yaml_file *file, size_t index, const struct raw_own_bound *raw, struct settings *settings)
{
	const char *const texts[SIDE_COUNT] = { raw->lowest, raw->highest }, *const keys[SIDE_COUNT] = {
		"lowest", "highest"
	};
	struct entry entry = { .path = path_of_entry("ceiling", index) };
	struct scalar_path at = path_of(entry.path.text, "vital");
	int vital = 0;
	bool known = take_choice(file, at.text, "vital sign", raw->vital, vital_name_at, VITAL_COUNT, &vital);

	entry.vital = (enum vital)vital;
	entry.good = take_regimen_name(file, raw->regimen, settings, &entry) && known;
	if (known && !vital_is_judged(entry.vital)) {
		yaml_complain(file, at.text, "%s has no limits", raw->vital);
		entry.good = false;
	}
	if (raw->lowest == NULL && raw->highest == NULL)
		yaml_complain(file, entry.path.text, "give 'lowest', 'highest' or both");
	for (int side = 0; entry.good && side < SIDE_COUNT; side++)
		if (texts[side] != NULL)
			entry.good &= take_value(file, path_of(entry.path.text, keys[side]).text, texts[side],
			    entry.vital,
			    &settings->regimens[entry.regimen].ceiling.at[vital][side][TIER_CRITICAL]);
	return entry;
}

/* " (did you mean 'systolic.high.critical'?)" */
static struct suggestion
suggest_limit(const char *wrong)
{
	char texts[VITAL_COUNT * SIDE_COUNT * TIER_COUNT][64];
	const char *names[COUNT_OF(texts)];
	size_t count = 0;

	for (int vital = 0; vital < VITAL_COUNT; vital++)
		for (int side = 0; side < SIDE_COUNT && vital_is_judged((enum vital)vital); side++)
			for (int tier = 0; tier < TIER_COUNT; tier++) {
				limit_key_to_text(
				    (enum vital)vital, (enum side)side, (enum tier)tier, texts[count]);
				names[count] = texts[count];
				count++;
			}
	return suggest(wrong, names, count);
}

static struct entry
take_limit(struct yaml_file *file, size_t index, const struct raw_own_limit *raw, struct settings *settings)
{
	struct entry entry = { .path = path_of_entry("limits", index) };
	struct outcome key = limit_key_from_text(raw->limit, &entry.vital, &entry.side, &entry.tier);

	if (key.ok && !vital_is_judged(entry.vital))
		key = outcome_fail("%s has no limits", vital_name_at(entry.vital));
	if (!key.ok)
		yaml_complain(file, path_of(entry.path.text, "limit").text, "%s%s", key.why,
		    suggest_limit(raw->limit).text);
	entry.good = take_regimen_name(file, raw->regimen, settings, &entry) && key.ok;
	entry.good = entry.good &&
		     take_value(file, path_of(entry.path.text, "value").text, raw->value, entry.vital,
			 &settings->regimens[entry.regimen].limits.at[entry.vital][entry.side][entry.tier]);
	return entry;
}

/* R38 for every limit of the vital, those of the regimen's file included. */
static void
check_bound(struct yaml_file *file, const struct entry *entry, const struct settings *settings)
{
	const struct regimen *regimen = &settings->regimens[entry->regimen];

	for (int side = 0; side < SIDE_COUNT; side++)
		for (int tier = 0; tier < TIER_COUNT; tier++) {
			struct limit limit = regimen->limits.at[entry->vital][side][tier];
			struct outcome inside = limits_check_ceiling(&regimen->ceiling, &regimen->limits,
			    entry->vital, (enum side)side, (enum tier)tier, limit.milli);

			if (limit.set && !inside.ok)
				yaml_complain(file, entry->path.text, "%s", inside.why);
		}
}

static bool
is_same_limit(const struct entry *a, const struct entry *b)
{
	return a->good && b->good && a->regimen == b->regimen && a->vital == b->vital && a->side == b->side &&
	       a->tier == b->tier;
}

/* R10 and R38 of the clinic's own limit; `before` are the regimen's. An order that is broken is told once a
 * vital. */
static void
check_limit(struct yaml_file *file, const struct entry *entries, size_t index,
    const struct settings *settings, const struct limits *before)
{
	const struct entry *entry = &entries[index];
	const struct regimen *regimen = &settings->regimens[entry->regimen];
	struct outcome order = limits_check_order(&regimen->limits, entry->vital);
	struct outcome inside = limits_check_ceiling(&regimen->ceiling, before, entry->vital, entry->side,
	    entry->tier, regimen->limits.at[entry->vital][entry->side][entry->tier].milli);
	bool told = false;

	for (size_t i = 0; i < index; i++) {
		told |= entries[i].good && entries[i].regimen == entry->regimen &&
			entries[i].vital == entry->vital;
		if (is_same_limit(&entries[i], entry))
			yaml_complain(file, path_of(entry->path.text, "limit").text,
			    "this limit is set by %s already", entries[i].path.text);
	}
	if (!order.ok && !told)
		yaml_complain(file, path_of(entry->path.text, "value").text, "%s", order.why);
	if (!inside.ok)
		yaml_complain(file, path_of(entry->path.text, "value").text, "%s", inside.why);
}

void
own_limits_take(struct yaml_file *file, const struct raw_own_limit *limits, size_t limit_count,
    const struct raw_own_bound *bounds, size_t bound_count, struct settings *settings)
{
	struct entry entries[SETTINGS_OVERRIDES];
	struct limits before[SETTINGS_REGIMENS];

	for (size_t i = 0; i < bound_count; i++)
		entries[i] = take_bound(file, i, &bounds[i], settings);
	for (size_t i = 0; i < bound_count; i++)
		if (entries[i].good)
			check_bound(file, &entries[i], settings);
	for (size_t i = 0; i < settings->regimen_count; i++)
		before[i] = settings->regimens[i].limits;
	for (size_t i = 0; i < limit_count; i++)
		entries[i] = take_limit(file, i, &limits[i], settings);
	for (size_t i = 0; i < limit_count; i++)
		if (entries[i].good)
			check_limit(file, entries, i, settings, &before[entries[i].regimen]);
}
