/* A session's plan out of what a person gave: weight, dose and volume, made,
 * checked and put into words in this one place (R34), so that a preview, a
 * start and a page cannot differ. It computes and displays; it never drives a
 * pump. Pure; any thread. */
#ifndef INFUSIOND_CLINICAL_DOSE_PLAN_H
#define INFUSIOND_CLINICAL_DOSE_PLAN_H

#include "daemon/clinical/act.h"

enum { PLAN_QUESTIONS = 2, PLAN_LINES = 5, PLAN_LINE_CAP = 160 };

/* What follows from a plan, each rounded half up once, from whole grams, micrograms and microlitres. */
struct dose_plan_figures {
	int32_t weight_milli_lb;
	int64_t dose_ug_per_kg;
	int64_t rate_ug_h, rate_ul_h;
	int64_t concentration_ug_ml;
};

/* Something unusual that a person must confirm before it is started. */
struct dose_plan_question {
	const char *about; /* "weight" or "dose" */
	char sentence[OUTCOME_WHY_CAP];
};

/* The plan of a start or of a corrected weight. Refused, with a sentence, where no confirmation helps: a weight out of
 * bounds, or not the same in kg and lb. */
struct outcome dose_plan_make(const struct regimen *regimen, const struct act *act, struct dose_plan *ret_plan);

/* What is unusual about a plan; returns how many questions. */
size_t dose_plan_ask(const struct regimen *regimen, const struct dose_plan *plan,
    struct dose_plan_question ret_questions[static PLAN_QUESTIONS]);

/* dose_plan_make, refused also with the first question that was not confirmed. */
struct outcome dose_plan_check(const struct regimen *regimen, const struct act *act, struct dose_plan *ret_plan);

struct dose_plan_figures dose_plan_figures_of(const struct dose_plan *plan);

/* "70 kg (154.324 lb), 35 mg in 100 mL over 40 min at 150 mL/h" */
void dose_plan_describe(const struct dose_plan *plan, char *text, size_t cap);

/* The arithmetic, a line each, for a person to check: "0.5 mg/kg x 70 kg = 35 mg". What was rounded says so. Returns how
 * many lines. */
size_t dose_plan_lines(const struct regimen *regimen, const struct act *act, const struct dose_plan *plan,
    char ret_lines[static PLAN_LINES][PLAN_LINE_CAP]);

#endif
