/* A regimen: what a clinic does for one route and drug, as data (phases,
 * required vitals, cuff intervals, limits, dose rule, checklist, every time
 * constant of the watching rules). Read from config/regimens by
 * daemon/settings, constant afterwards. Every number is the clinic's; the
 * defaults are those of the watching rules and are never advice. Any thread. */
#ifndef INFUSIOND_CLINICAL_REGIMEN_H
#define INFUSIOND_CLINICAL_REGIMEN_H

#include "daemon/base/instant.h"
#include "daemon/base/reading.h"
#include "daemon/clinical/limits.h"

enum phase {
	PHASE_NONE, /* R24: no session */
	PHASE_BASELINE,
	PHASE_INFUSION,
	PHASE_PAUSED,
	PHASE_RECOVERY,
	PHASE_DISCHARGED,
	PHASE_COUNT
};

enum { CHECKLIST_CAP = 16, CHECKLIST_TEXT_CAP = 96 };

/* One watched phase. */
struct phase_rules {
	bool required[VITAL_COUNT];    /* R19 */
	struct duration cuff_interval; /* > 0 */
	struct duration minimum;       /* recovery: discharge before it needs a reason; else 0 */
};

/* The dose of one kilogram over a planned time, and the bounds of a weight.
 * Facts "Dose arithmetic": hard bounds 30-250 kg, a question outside 45-115 kg. */
struct dose_rule {
	int32_t ug_per_kg;         /* 500 */
	int32_t ug_per_kg_ask;     /* a question is put when the dose differs from ug_per_kg by more: 250 */
	struct duration planned;   /* 40 min */
	int32_t weight_min_g, weight_max_g;         /* refused outside */
	int32_t weight_ask_low_g, weight_ask_high_g; /* a question outside */
	int32_t volume_ul;         /* default volume of the whole dose: 100000 */
};

/* The pre-dose gate on the baseline: a decision above the first, a block at or above the second. */
struct gate_rule {
	int32_t systolic_decide_milli, diastolic_decide_milli; /* > : 140, 90 */
	int32_t systolic_block_milli, diastolic_block_milli;   /* >= : 160, 100 */
};

/* Every time and amount of the watching rules, by the rule that uses it. */
struct timing {
	struct duration ageing, stale, technical;                  /* R5 continuous: 5, 10, 15 s */
	int32_t stale_cadence_pct, technical_cadence_pct;          /* R5: 250, 350 % of the cadence */
	int32_t cuff_ageing_pct, cuff_stale_pct, cuff_off_pct;     /* R5: 120, 150, 300 % of the interval */
	int32_t jump_systolic_milli, jump_mean_milli, rate_apart_milli; /* R7: 50, 40, 20 */
	struct duration baseline_apart, baseline_age, baseline_window;  /* R11: 2 min, 30 min, 5 min */
	struct duration onset[VITAL_COUNT];                        /* R13: rate, SpO2 10 s, breathing 15 s */
	struct duration pending_lost;                              /* R14: 4 s */
	struct duration inside;                                    /* R15: 5 s */
	int32_t trend_systolic_milli, trend_systolic_floor_milli;  /* R18: 20, 130 */
	struct duration trend_systolic_window;                     /* R18: 10 min */
	int32_t trend_spo2_milli;                                  /* R18: 3 */
	struct duration trend_spo2_window;                         /* R18: 2 min */
	struct duration silent;                                    /* R20: 5 s */
	int32_t silent_cadence_pct;                                /* R20: 250 % */
	struct duration lost_high;                                 /* R20: 30 s */
	struct duration cuff_on_arm;                               /* R21: 90 s */
	struct duration cuff_start_rest;                           /* from one inflation to the next start: 30 s */
	struct duration check_tolerance;                           /* R22: 3 min */
	struct duration end_due, pause_longest;                    /* R23: 2 min, 10 min */
	struct duration audio_pause;                               /* R29: 120 s */
	int32_t audio_pauses;                                      /* R29: 2 */
	struct duration return_any, return_acknowledged;           /* R30: 60 s, 10 min */
	int32_t return_standing;                                   /* R30: 3 */
	struct duration unanswered, remind;                        /* R31: 120 s, 180 s */
	struct duration clock_off;                                 /* R4: 2 min */
};

struct regimen {
	char name[NAME_CAP];  /* "iv-ketamine" */
	char title[96];       /* for people */
	char route[NAME_CAP]; /* "intravenous" */
	struct phase_rules phases[PHASE_COUNT];
	struct limits limits;
	struct relative_rules relative;
	struct limits ceiling; /* R38 */
	struct dose_rule dose;
	struct gate_rule gate;
	struct timing timing;
	char checklist[CHECKLIST_CAP][CHECKLIST_TEXT_CAP];
	size_t checklist_count;
};

/* The defaults of the rules for intravenous ketamine; what a regimen file leaves out keeps them. */
void regimen_defaults(struct regimen *regimen);

const char *phase_name(enum phase phase);
bool phase_from_name(const char *name, enum phase *ret_phase);
bool phase_is_watched(enum phase phase);
bool phase_is_dosing(enum phase phase); /* infusion or paused */

#endif
