/* The defaults of intravenous ketamine as the watching rules and the facts'
 * section 1.3 and 1.4 give them: a starting point for a clinic's own file. */
#include "daemon/clinical/regimen.h"

#include <stdio.h>
#include <string.h>

struct limit_row {
	enum vital vital;
	int32_t critical_low, advisory_low, advisory_high, critical_high; /* units; 0: none */
};

/* Facts 1.3. */
static const struct limit_row default_limits[] = {
	{ VITAL_SYSTOLIC, 80, 90, 160, 180 }, { VITAL_DIASTOLIC, 40, 50, 100, 110 }, { VITAL_MEAN, 55, 60, 120, 135 },
	{ VITAL_RATE, 40, 50, 110, 130 },     { VITAL_SPO2, 88, 92, 0, 0 },          { VITAL_BREATHING, 8, 10, 24, 30 },
};

/* A bedside change stays inside these (R38). */
static const struct limit_row default_ceiling[] = {
	{ VITAL_SYSTOLIC, 70, 0, 0, 200 }, { VITAL_DIASTOLIC, 35, 0, 0, 120 }, { VITAL_MEAN, 50, 0, 0, 150 },
	{ VITAL_RATE, 35, 0, 0, 150 },     { VITAL_SPO2, 85, 0, 0, 0 },        { VITAL_BREATHING, 6, 0, 0, 40 },
};

struct relative_row {
	enum vital vital;
	enum side side;
	enum tier tier;
	int32_t percent, rise, floor; /* units */
};

/* R12. */
static const struct relative_row default_relative[] = {
	{ VITAL_SYSTOLIC, SIDE_HIGH, TIER_ADVISORY, 20, 0, 140 }, { VITAL_SYSTOLIC, SIDE_HIGH, TIER_CRITICAL, 30, 40, 160 },
	{ VITAL_DIASTOLIC, SIDE_HIGH, TIER_ADVISORY, 20, 0, 90 }, { VITAL_DIASTOLIC, SIDE_HIGH, TIER_CRITICAL, 0, 25, 100 },
	{ VITAL_SYSTOLIC, SIDE_LOW, TIER_ADVISORY, 20, 0, 100 },  { VITAL_SYSTOLIC, SIDE_LOW, TIER_CRITICAL, 30, 0, 100 },
	{ VITAL_RATE, SIDE_HIGH, TIER_ADVISORY, 30, 0, 100 },     { VITAL_SPO2, SIDE_LOW, TIER_ADVISORY, 0, 4, 94 },
};

/* Facts 1.4, discharge. */
static const char *const default_checklist[] = {
	"Last pressure within the clinic's band or within 20 % of the baseline",
	"SpO2 on room air satisfactory",
	"Oriented to person, place and time",
	"Dissociation resolved",
	"Walks steadily",
	"Nausea controlled",
	"Escort present",
	"Told not to drive until the next day after sleep",
	"Prescriber signed off",
};

static void
fill_limits(struct limits *limits, const struct limit_row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const int32_t values[SIDE_COUNT][TIER_COUNT] = {
			[SIDE_LOW] = { rows[i].advisory_low, rows[i].critical_low },
			[SIDE_HIGH] = { rows[i].advisory_high, rows[i].critical_high },
		};

		for (int side = 0; side < SIDE_COUNT; side++)
			for (int tier = 0; tier < TIER_COUNT; tier++)
				limits->at[rows[i].vital][side][tier] =
				    (struct limit){ .set = values[side][tier] != 0, .milli = values[side][tier] * 1000 };
	}
}

static void
fill_relative(struct relative_rules *rules)
{
	for (size_t i = 0; i < sizeof(default_relative) / sizeof(default_relative[0]); i++) {
		const struct relative_row *row = &default_relative[i];

		rules->at[row->vital][row->side][row->tier] = (struct relative_rule){
			.set = true,
			.percent_milli = row->percent * 1000,
			.rise_milli = row->rise * 1000,
			.floor_milli = row->floor * 1000,
		};
	}
}

static void
fill_phases(struct regimen *regimen)
{
	static const int64_t interval_min[PHASE_COUNT] = {
		[PHASE_BASELINE] = 5,
		[PHASE_INFUSION] = 10,
		[PHASE_PAUSED] = 5,
		[PHASE_RECOVERY] = 15,
	};

	for (int phase = PHASE_BASELINE; phase <= PHASE_RECOVERY; phase++) {
		struct phase_rules *rules = &regimen->phases[phase];

		rules->required[VITAL_SYSTOLIC] = true;
		rules->required[VITAL_RATE] = true;
		rules->required[VITAL_SPO2] = true;
		rules->cuff_interval = duration_min(interval_min[phase]);
	}
	regimen->phases[PHASE_RECOVERY].minimum = duration_min(60);
}

static void
fill_timing(struct timing *t)
{
	*t = (struct timing){
		.ageing = { 5000 }, .stale = { 10000 }, .technical = { 15000 },
		.stale_cadence_pct = 250, .technical_cadence_pct = 350,
		.cuff_ageing_pct = 120, .cuff_stale_pct = 150, .cuff_off_pct = 300,
		.jump_systolic_milli = 50000, .jump_mean_milli = 40000, .rate_apart_milli = 20000,
		.baseline_apart = { 120000 }, .baseline_age = { 1800000 }, .baseline_window = { 300000 },
		.pending_lost = { 4000 }, .inside = { 5000 },
		.trend_systolic_milli = 20000, .trend_systolic_floor_milli = 130000, .trend_systolic_window = { 600000 },
		.trend_spo2_milli = 3000, .trend_spo2_window = { 120000 },
		.silent = { 5000 }, .silent_cadence_pct = 250, .lost_high = { 30000 }, .cuff_on_arm = { 90000 },
		.cuff_start_rest = { 30000 },
		.check_tolerance = { 180000 }, .end_due = { 120000 }, .pause_longest = { 600000 },
		.audio_pause = { 120000 }, .audio_pauses = 2,
		.return_any = { 60000 }, .return_acknowledged = { 600000 }, .return_standing = 3,
		.unanswered = { 120000 }, .remind = { 180000 }, .clock_off = { 120000 },
	};
	t->onset[VITAL_RATE] = duration_s(10);
	t->onset[VITAL_SPO2] = duration_s(10);
	t->onset[VITAL_BREATHING] = duration_s(15);
	t->onset[VITAL_TEMPERATURE] = duration_s(15);
}

void
regimen_defaults(struct regimen *regimen)
{
	memset(regimen, 0, sizeof(*regimen));
	snprintf(regimen->name, sizeof(regimen->name), "iv-ketamine");
	snprintf(regimen->title, sizeof(regimen->title), "Ketamine 0.5 mg/kg intravenously over 40 minutes");
	snprintf(regimen->route, sizeof(regimen->route), "intravenous");
	fill_phases(regimen);
	fill_limits(&regimen->limits, default_limits, sizeof(default_limits) / sizeof(default_limits[0]));
	fill_limits(&regimen->ceiling, default_ceiling, sizeof(default_ceiling) / sizeof(default_ceiling[0]));
	fill_relative(&regimen->relative);
	/* Facts, "Dose arithmetic". */
	regimen->dose = (struct dose_rule){
		.ug_per_kg = 500, .ug_per_kg_ask = 250, .planned = duration_min(40),
		.weight_min_g = 30000, .weight_max_g = 250000, .weight_ask_low_g = 45000, .weight_ask_high_g = 115000,
		.volume_ul = 100000,
	};
	regimen->gate = (struct gate_rule){ 140000, 90000, 160000, 100000 };
	fill_timing(&regimen->timing);
	regimen->checklist_count = sizeof(default_checklist) / sizeof(default_checklist[0]);
	for (size_t i = 0; i < regimen->checklist_count; i++)
		snprintf(regimen->checklist[i], CHECKLIST_TEXT_CAP, "%s", default_checklist[i]);
}

bool
phase_is_watched(enum phase phase)
{
	return phase >= PHASE_BASELINE && phase <= PHASE_RECOVERY;
}

bool
phase_is_dosing(enum phase phase)
{
	return phase == PHASE_INFUSION || phase == PHASE_PAUSED;
}
