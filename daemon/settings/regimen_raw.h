/* A regimen file as libcyaml loads it: all texts. The rows name each number once:
 * its key, bounds and place in struct regimen. Private to regimen_schema.c and
 * regimen_file.c. */
#ifndef INFUSIOND_SETTINGS_REGIMEN_RAW_H
#define INFUSIOND_SETTINGS_REGIMEN_RAW_H

#include "daemon/settings/regimen_file.h"

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
	NUMBER(X, timing, cuff_start_rest_s, SCALAR_SECONDS, cuff_start_rest, 30, 3600)                                \
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

/* Rows of the mappings that are no section of numbers; into struct regimen and struct phase_rules. */
extern const struct scalar_table regimen_head, regimen_phase;

#endif
