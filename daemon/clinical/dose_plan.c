#include "daemon/clinical/dose_plan.h"

#include "daemon/clinical/dose.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { MS_PER_MIN = 60000, MIN_PER_HOUR = 60, NUMBER_CAP = 24 };

struct outcome
dose_plan_make(const struct regimen *regimen, const struct act *act, struct dose_plan *ret_plan)
{
	const struct dose_rule *rule = &regimen->dose;
	struct dose_plan plan = { .weight_g = act->weight_g, .planned = rule->planned };
	struct outcome checked = weight_check(rule, act->weight_g);

	if (!checked.ok)
		return checked;
	if (act->weight_milli_lb != 0 && !weight_units_agree(act->weight_g, act->weight_milli_lb))
		return outcome_fail("the weight in kg and in lb are not the same weight");
	plan.dose_ug = act->dose_ug != 0 ? act->dose_ug : dose_ug(act->weight_g, rule->ug_per_kg);
	plan.volume_ul = act->volume_ul != 0 ? act->volume_ul : rule->volume_ul;
	if (plan.dose_ug <= 0 || plan.volume_ul <= 0)
		return outcome_fail("dose and volume must be more than nothing");
	*ret_plan = plan;
	return outcome_ok();
}

static void ask(struct dose_plan_question *question, const char *about, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void
ask(struct dose_plan_question *question, const char *about, const char *format, ...)
{
	va_list args;

	question->about = about;
	va_start(args, format);
	vsnprintf(question->sentence, sizeof(question->sentence), format, args);
	va_end(args);
}

size_t
dose_plan_ask(const struct regimen *regimen, const struct dose_plan *plan,
    struct dose_plan_question ret_questions[static PLAN_QUESTIONS])
{
	const struct dose_rule *rule = &regimen->dose;
	int64_t beyond = llabs((int64_t)plan->dose_ug * 1000 - (int64_t)plan->weight_g * rule->ug_per_kg);
	size_t count = 0;

	if (weight_is_unusual(rule, plan->weight_g))
		ask(&ret_questions[count++], "weight", "weight %d.%d kg is unusual: confirm it", plan->weight_g / 1000,
		    plan->weight_g % 1000 / 100);
	if (beyond > (int64_t)plan->weight_g * rule->ug_per_kg_ask)
		ask(&ret_questions[count++], "dose",
		    "dose %" PRId64 " micrograms per kg is unusual (%d is planned): confirm it",
		    dose_ug_per_kg(plan->dose_ug, plan->weight_g), rule->ug_per_kg);
	return count;
}

struct outcome
dose_plan_check(const struct regimen *regimen, const struct act *act, struct dose_plan *ret_plan)
{
	struct dose_plan_question questions[PLAN_QUESTIONS];
	struct dose_plan plan;
	struct outcome made = dose_plan_make(regimen, act, &plan);

	if (!made.ok)
		return made;
	if (dose_plan_ask(regimen, &plan, questions) > 0 && !act->unusual_confirmed)
		return outcome_fail("%s", questions[0].sentence);
	*ret_plan = plan;
	return outcome_ok();
}

struct dose_plan_figures
dose_plan_figures_of(const struct dose_plan *plan)
{
	return (struct dose_plan_figures){
		.weight_milli_lb = g_to_pounds_milli(plan->weight_g),
		.dose_ug_per_kg = dose_ug_per_kg(plan->dose_ug, plan->weight_g),
		.rate_ug_h = dose_rate_ug_h(plan->dose_ug, plan->planned),
		.rate_ul_h = volume_rate_ul_h(plan->volume_ul, plan->planned),
		.concentration_ug_ml = concentration_ug_ml(plan->dose_ug, plan->volume_ul),
	};
}

/* Thousandths in words, of any size. */
static const char *
words(int64_t milli, char text[static NUMBER_CAP])
{
	if (milli >= INT32_MIN && milli <= INT32_MAX)
		milli_to_text((int32_t)milli, text, NUMBER_CAP);
	else
		snprintf(text, NUMBER_CAP, "%" PRId64 ".%03" PRId64, milli / 1000, milli % 1000);
	return text;
}

void
dose_plan_describe(const struct dose_plan *plan, char *text, size_t cap)
{
	const struct dose_plan_figures figures = dose_plan_figures_of(plan);
	char weight[NUMBER_CAP], pounds[NUMBER_CAP], dose[NUMBER_CAP], rate[NUMBER_CAP], volume[NUMBER_CAP];

	snprintf(text, cap, "%s kg (%s lb), %s mg in %s mL over %" PRId64 " min at %s mL/h", words(plan->weight_g, weight),
	    words(figures.weight_milli_lb, pounds), words(plan->dose_ug, dose), words(plan->volume_ul, volume),
	    plan->planned.ms / MS_PER_MIN, words(figures.rate_ul_h, rate));
}

static const char *
rounded(bool exact)
{
	return exact ? "" : " (rounded)";
}

/* 0.45359237 kg is a pound exactly: a whole number of grams is a whole number of thousandths of one hardly ever. */
static void
weight_line(const struct act *act, const struct dose_plan *plan, const struct dose_plan_figures *figures, char *line)
{
	char kg[NUMBER_CAP], lb[NUMBER_CAP], read[NUMBER_CAP], apart[NUMBER_CAP];
	int used = snprintf(line, PLAN_LINE_CAP, "%s kg / 0.45359237 kg/lb = %s lb%s", words(plan->weight_g, kg),
	    words(figures->weight_milli_lb, lb), rounded((int64_t)plan->weight_g * 100000000 % 45359237 == 0));

	if (act->weight_milli_lb != 0)
		snprintf(line + used, PLAN_LINE_CAP - (size_t)used, "; %s lb was read, %s lb apart",
		    words(act->weight_milli_lb, read), words(abs(figures->weight_milli_lb - act->weight_milli_lb), apart));
}

static void
dose_line(const struct dose_rule *rule, const struct act *act, const struct dose_plan *plan,
    const struct dose_plan_figures *figures, char *line)
{
	char per_kg[NUMBER_CAP], kg[NUMBER_CAP], mg[NUMBER_CAP], given[NUMBER_CAP], given_per_kg[NUMBER_CAP];
	int32_t by_rule = dose_ug(plan->weight_g, rule->ug_per_kg);
	int used = snprintf(line, PLAN_LINE_CAP, "%s mg/kg x %s kg = %s mg%s", words(rule->ug_per_kg, per_kg),
	    words(plan->weight_g, kg), words(by_rule, mg), rounded((int64_t)plan->weight_g * rule->ug_per_kg % 1000 == 0));

	if (act->dose_ug != 0)
		snprintf(line + used, PLAN_LINE_CAP - (size_t)used, " by the rule; %s mg was given: %s mg / %s kg = %s mg/kg%s",
		    words(plan->dose_ug, given), given, kg, words(figures->dose_ug_per_kg, given_per_kg),
		    rounded((int64_t)plan->dose_ug * 1000 % plan->weight_g == 0));
}

/* "35 mg x 60 min/h / 40 min = 52.5 mg/h" */
static void
rate_line(int32_t amount_milli, struct duration planned, int64_t rate_milli, const char *unit, char *line)
{
	char amount[NUMBER_CAP], minutes[NUMBER_CAP], rate[NUMBER_CAP];

	snprintf(line, PLAN_LINE_CAP, "%s %s x 60 min/h / %s min = %s %s/h%s", words(amount_milli, amount), unit,
	    words(planned.ms * 1000 / MS_PER_MIN, minutes), words(rate_milli, rate), unit,
	    rounded((int64_t)amount_milli * MIN_PER_HOUR * MS_PER_MIN % planned.ms == 0));
}

static void
concentration_line(const struct dose_plan *plan, const struct dose_plan_figures *figures, char *line)
{
	char mg[NUMBER_CAP], ml[NUMBER_CAP], mg_ml[NUMBER_CAP];

	snprintf(line, PLAN_LINE_CAP, "%s mg / %s mL = %s mg/mL%s", words(plan->dose_ug, mg), words(plan->volume_ul, ml),
	    words(figures->concentration_ug_ml, mg_ml), rounded((int64_t)plan->dose_ug * 1000 % plan->volume_ul == 0));
}

size_t
dose_plan_lines(const struct regimen *regimen, const struct act *act, const struct dose_plan *plan,
    char ret_lines[static PLAN_LINES][PLAN_LINE_CAP])
{
	const struct dose_plan_figures figures = dose_plan_figures_of(plan);

	weight_line(act, plan, &figures, ret_lines[0]);
	dose_line(&regimen->dose, act, plan, &figures, ret_lines[1]);
	concentration_line(plan, &figures, ret_lines[2]);
	rate_line(plan->dose_ug, plan->planned, figures.rate_ug_h, "mg", ret_lines[3]);
	rate_line(plan->volume_ul, plan->planned, figures.rate_ul_h, "mL", ret_lines[4]);
	return PLAN_LINES;
}
