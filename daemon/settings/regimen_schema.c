/* What may stand in a regimen file: libcyaml's schema and the rows of numbers,
 * made of the same tables. */
#include "daemon/settings/regimen_raw.h"

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

const struct scalar_table regimen_head = { head_rows, COUNT_OF(head_rows) };
const struct scalar_table regimen_phase = { phase_rows, COUNT_OF(phase_rows) };

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
