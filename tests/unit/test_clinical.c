/* Dose arithmetic against the table of clinical facts, limits, names and time texts. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/clinical/dose.h"
#include "daemon/clinical/event.h"
#include "daemon/clinical/phase.h"
#include "daemon/clinical/dose_plan.h"
#include "suite_run.h"

/* Facts, "Dose arithmetic (IV)": weight; dose; mg/h; concentration in 100 mL; mL (and mL/h) at 1 and 2 mg/mL; mL of
 * 50, 10 and 100 mg/mL vials. In grams, micrograms, microlitres. */
static const struct {
	int32_t weight_g, dose_ug;
	int64_t rate_ug_h, ng_ml, bag1_ul, bag1_ul_h, bag2_ul, bag2_ul_h, vial50_ul, vial10_ul, vial100_ul;
} doses[] = {
	{ 40000, 20000, 30000, 200000, 20000, 30000, 10000, 15000, 400, 2000, 200 },
	{ 45000, 22500, 33750, 225000, 22500, 33750, 11250, 16875, 450, 2250, 225 },
	{ 50000, 25000, 37500, 250000, 25000, 37500, 12500, 18750, 500, 2500, 250 },
	{ 60000, 30000, 45000, 300000, 30000, 45000, 15000, 22500, 600, 3000, 300 },
	{ 70000, 35000, 52500, 350000, 35000, 52500, 17500, 26250, 700, 3500, 350 },
	{ 80000, 40000, 60000, 400000, 40000, 60000, 20000, 30000, 800, 4000, 400 },
	{ 100000, 50000, 75000, 500000, 50000, 75000, 25000, 37500, 1000, 5000, 500 },
	{ 115000, 57500, 86250, 575000, 57500, 86250, 28750, 43125, 1150, 5750, 575 },
	{ 150000, 75000, 112500, 750000, 75000, 112500, 37500, 56250, 1500, 7500, 750 },
};

START_TEST(dose_table_is_exact)
{
	const struct duration planned = duration_min(40);

	ck_assert_int_eq(dose_ug(doses[_i].weight_g, 500), doses[_i].dose_ug);
	ck_assert_int_eq(dose_rate_ug_h(doses[_i].dose_ug, planned), doses[_i].rate_ug_h);
	ck_assert_int_eq(concentration_ng_ml(doses[_i].dose_ug, 100000), doses[_i].ng_ml);
	ck_assert_int_eq(volume_rate_ul_h(100000, planned), 150000);
	ck_assert_int_eq(volume_rate_ul_h(50000, planned), 75000);
	ck_assert_int_eq(volume_rate_ul_h(250000, planned), 375000);
	ck_assert_int_eq(bag_ul(doses[_i].dose_ug, 1000), doses[_i].bag1_ul);
	ck_assert_int_eq(volume_rate_ul_h((int32_t)doses[_i].bag1_ul, planned), doses[_i].bag1_ul_h);
	ck_assert_int_eq(bag_ul(doses[_i].dose_ug, 2000), doses[_i].bag2_ul);
	ck_assert_int_eq(volume_rate_ul_h((int32_t)doses[_i].bag2_ul, planned), doses[_i].bag2_ul_h);
	ck_assert_int_eq(draw_ul(doses[_i].dose_ug, 50000), doses[_i].vial50_ul);
	ck_assert_int_eq(draw_ul(doses[_i].dose_ug, 10000), doses[_i].vial10_ul);
	ck_assert_int_eq(draw_ul(doses[_i].dose_ug, 100000), doses[_i].vial100_ul);
}
END_TEST

START_TEST(infused_follows_the_clock_and_stops_at_the_dose)
{
	const struct duration planned = duration_min(40);

	ck_assert_int_eq(infused_ug(35000, planned, duration_min(0)), 0);
	ck_assert_int_eq(infused_ug(35000, planned, duration_min(10)), 8750);
	ck_assert_int_eq(infused_ug(35000, planned, duration_min(40)), 35000);
	ck_assert_int_eq(infused_ug(35000, planned, duration_min(45)), 35000);
}
END_TEST

START_TEST(pounds_and_kilograms_are_one_weight)
{
	ck_assert_int_eq(pounds_to_g(154324), 70000);
	ck_assert_int_eq(g_to_pounds_milli(70000), 154324);
	ck_assert(weight_units_agree(70000, 154300));
	ck_assert(!weight_units_agree(70000, 70000));
	ck_assert(!weight_units_agree(70000, 154500));
}
END_TEST

START_TEST(weights_have_bounds)
{
	const struct dose_rule rule = { .weight_min_g = 30000, .weight_max_g = 250000,
		.weight_ask_low_g = 45000, .weight_ask_high_g = 115000 };

	ck_assert(weight_check(&rule, 30000).ok);
	ck_assert(!weight_check(&rule, 29999).ok);
	ck_assert(weight_check(&rule, 250000).ok);
	ck_assert(!weight_check(&rule, 250001).ok);
	ck_assert(!weight_check(&rule, 0).ok);
	ck_assert(weight_is_unusual(&rule, 44999));
	ck_assert(!weight_is_unusual(&rule, 45000));
	ck_assert(!weight_is_unusual(&rule, 115000));
	ck_assert(weight_is_unusual(&rule, 115001));
}
END_TEST

START_TEST(limits_are_inclusive)
{
	const struct limit limit = { true, 180000 };

	ck_assert(limit_is_outside(limit, SIDE_HIGH, 180000));
	ck_assert(!limit_is_outside(limit, SIDE_HIGH, 179999));
	ck_assert(limit_is_outside(limit, SIDE_LOW, 180000));
	ck_assert(limit_is_inside_by(limit, SIDE_HIGH, 4000, 176000));
	ck_assert(!limit_is_inside_by(limit, SIDE_HIGH, 4000, 176001));
}
END_TEST

START_TEST(relative_limits_have_floors)
{
	const struct relative_rule rise = { true, 20000, 0, 140000 };
	const struct relative_rule critical = { true, 30000, 40000, 160000 };

	/* A calm 95/60 patient is not in crisis at 124. */
	ck_assert_int_eq(relative_limit(rise, SIDE_HIGH, 95000).milli, 140000);
	ck_assert_int_eq(relative_limit(rise, SIDE_HIGH, 128000).milli, 153600);
	ck_assert_int_eq(relative_limit(critical, SIDE_HIGH, 128000).milli, 166400);
	ck_assert_int_eq(relative_limit(critical, SIDE_HIGH, 150000).milli, 190000);
	ck_assert_int_eq(relative_limit((struct relative_rule){ true, 20000, 0, 100000 }, SIDE_LOW, 128000).milli, 100000);
	ck_assert_int_eq(relative_limit((struct relative_rule){ true, 0, 4000, 94000 }, SIDE_LOW, 97000).milli, 93000);
}
END_TEST

START_TEST(order_of_limits_is_checked)
{
	struct regimen regimen;

	regimen_defaults(&regimen);
	for (int vital = 0; vital < VITAL_COUNT; vital++)
		ck_assert(limits_check_order(&regimen.limits, (enum vital)vital).ok);
	regimen.limits.at[VITAL_RATE][SIDE_LOW][TIER_ADVISORY].milli = 110000;
	ck_assert(!limits_check_order(&regimen.limits, VITAL_RATE).ok);
	regimen.limits.at[VITAL_RATE][SIDE_LOW][TIER_ADVISORY].milli = 39000;
	ck_assert(!limits_check_order(&regimen.limits, VITAL_RATE).ok);
	regimen.limits.at[VITAL_RATE][SIDE_LOW][TIER_ADVISORY].milli = 40000;
	ck_assert(limits_check_order(&regimen.limits, VITAL_RATE).ok);
}
END_TEST

START_TEST(phases_follow_the_table)
{
	enum phase to;

	ck_assert(phase_after(PHASE_NONE, ACT_START, &to).ok && to == PHASE_BASELINE);
	ck_assert(phase_after(PHASE_BASELINE, ACT_DOSE, &to).ok && to == PHASE_INFUSION);
	ck_assert(phase_after(PHASE_INFUSION, ACT_PAUSE, &to).ok && to == PHASE_PAUSED);
	ck_assert(phase_after(PHASE_PAUSED, ACT_RESUME, &to).ok && to == PHASE_INFUSION);
	/* R33: every stop leads to recovery, and only discharge ends watching. */
	ck_assert(phase_after(PHASE_INFUSION, ACT_STOP, &to).ok && to == PHASE_RECOVERY);
	ck_assert(phase_after(PHASE_PAUSED, ACT_STOP, &to).ok && to == PHASE_RECOVERY);
	ck_assert(!phase_after(PHASE_INFUSION, ACT_DISCHARGE, &to).ok);
	ck_assert(!phase_after(PHASE_PAUSED, ACT_DISCHARGE, &to).ok);
	ck_assert(!phase_after(PHASE_RECOVERY, ACT_DOSE, &to).ok);
	ck_assert(!phase_after(PHASE_BASELINE, ACT_RESUME, &to).ok);
}
END_TEST

START_TEST(names_go_both_ways)
{
	for (int kind = 0; kind < CONDITION_KIND_COUNT; kind++)
		for (int side = 0; side < SIDE_COUNT; side++) {
			struct condition_id id = { .kind = (enum condition_kind)kind, .side = (enum side)side }, back;
			char text[64];

			if (kind == CONDITION_LIMIT)
				id.relative = side == SIDE_HIGH;
			else if (kind != CONDITION_TREND)
				id.side = SIDE_LOW;
			if (kind == CONDITION_LOST || kind == CONDITION_NO_SOURCE)
				id.vital = VITAL_SPO2;
			condition_id_to_text(&id, text);
			ck_assert_msg(condition_id_from_text(text, &back), "%s", text);
			ck_assert_msg(condition_id_equal(&id, &back), "%s", text);
		}
	for (int type = 0; type < EVENT_TYPE_COUNT; type++) {
		enum event_type back;

		ck_assert(event_type_from_name(event_type_name((enum event_type)type), &back) && (int)back == type);
	}
	for (int kind = 0; kind < ACT_KIND_COUNT; kind++) {
		enum act_kind back;

		ck_assert(act_kind_from_name(act_kind_name((enum act_kind)kind), &back) && (int)back == kind);
	}
}
END_TEST

START_TEST(times_go_both_ways)
{
	char text[INSTANT_TEXT_CAP];
	struct instant at = { 1767343800250 }, back;

	instant_to_iso(at, text);
	ck_assert_str_eq(text, "2026-01-02T08:50:00.250Z");
	ck_assert(instant_from_iso(text, &back) && back.ms == at.ms);
	ck_assert(!instant_from_iso("2026-13-02T08:50:00Z", &back));
	ck_assert(!instant_from_iso("2026-01-02", &back));
	instant_to_clock(at, 60, text);
	ck_assert_str_eq(text, "09:50");
}
END_TEST

START_TEST(milli_text_is_exact)
{
	static const struct {
		const char *text;
		int32_t milli;
	} rows[] = { { "184", 184000 }, { "36.6", 36600 }, { "-1.25", -1250 }, { "0.001", 1 }, { "0", 0 } };
	char text[16];
	int32_t milli;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		milli_to_text(rows[i].milli, text, sizeof(text));
		ck_assert_str_eq(text, rows[i].text);
		ck_assert(milli_from_text(rows[i].text, &milli) && milli == rows[i].milli);
	}
	ck_assert(!milli_from_text("", &milli));
	ck_assert(!milli_from_text("1.", &milli));
	ck_assert(!milli_from_text(".5", &milli));
	ck_assert(!milli_from_text("1.2345", &milli));
	ck_assert(!milli_from_text("99999999", &milli));
	ck_assert(!milli_from_text("12a", &milli));
}
END_TEST

static const struct {
	struct act act;
	const char *lines[PLAN_LINES], *described;
} plans[] = {
	{ { .weight_g = 70000, .weight_milli_lb = 154300 },
	    { "70 kg / 0.45359237 kg/lb = 154.324 lb (rounded); 154.3 lb was read, 0.024 lb apart",
		"0.5 mg/kg x 70 kg = 35 mg", "35 mg / 100 mL = 0.35 mg/mL", "35 mg x 60 min/h / 40 min = 52.5 mg/h",
		"100 mL x 60 min/h / 40 min = 150 mL/h" },
	    "70 kg (154.324 lb), 35 mg in 100 mL over 40 min at 150 mL/h" },
	{ { .weight_g = 68039, .weight_milli_lb = 150000, .dose_ug = 60000, .volume_ul = 49000 },
	    { "68.039 kg / 0.45359237 kg/lb = 150 lb (rounded); 150 lb was read, 0 lb apart",
		"0.5 mg/kg x 68.039 kg = 34.02 mg (rounded) by the rule; 60 mg was given: 60 mg / 68.039 kg = 0.882 mg/kg (rounded)",
		"60 mg / 49 mL = 1.224 mg/mL (rounded)", "60 mg x 60 min/h / 40 min = 90 mg/h",
		"49 mL x 60 min/h / 40 min = 73.5 mL/h" },
	    "68.039 kg (150 lb), 60 mg in 49 mL over 40 min at 73.5 mL/h" },
	/* The least that can be given, and as much as the API takes in volume. */
	{ { .weight_g = 250000, .weight_milli_lb = 551156, .dose_ug = 1, .volume_ul = 10000000 },
	    { "250 kg / 0.45359237 kg/lb = 551.156 lb (rounded); 551.156 lb was read, 0 lb apart",
		"0.5 mg/kg x 250 kg = 125 mg by the rule; 0.001 mg was given: 0.001 mg / 250 kg = 0 mg/kg (rounded)",
		"0.001 mg / 10000 mL = 0 mg/mL (rounded)", "0.001 mg x 60 min/h / 40 min = 0.002 mg/h (rounded)",
		"10000 mL x 60 min/h / 40 min = 15000 mL/h" },
	    "250 kg (551.156 lb), 0.001 mg in 10000 mL over 40 min at 15000 mL/h" },
};

START_TEST(a_plan_is_told_as_it_is_computed)
{
	char lines[PLAN_LINES][PLAN_LINE_CAP], text[SENTENCE_CAP];
	struct regimen regimen;
	struct dose_plan plan;

	regimen_defaults(&regimen);
	ck_assert(dose_plan_make(&regimen, &plans[_i].act, &plan).ok);
	ck_assert_uint_eq(dose_plan_lines(&regimen, &plans[_i].act, &plan, lines), PLAN_LINES);
	for (size_t i = 0; i < PLAN_LINES; i++)
		ck_assert_str_eq(lines[i], plans[_i].lines[i]);
	dose_plan_describe(&plan, text, sizeof(text));
	ck_assert_str_eq(text, plans[_i].described);
}
END_TEST

/* 0.25 and 0.75 mg/kg are usual, a microgram beyond them is not; so are 45 and 115 kg. */
static const struct {
	int32_t weight_g, dose_ug;
	const char *questions[PLAN_QUESTIONS];
} asked[] = {
	{ 70000, 0, { NULL, NULL } }, { 70000, 17500, { NULL, NULL } }, { 70000, 52500, { NULL, NULL } },
	{ 70000, 17499, { "dose 250 micrograms per kg is unusual (500 is planned): confirm it", NULL } },
	{ 70000, 52501, { "dose 750 micrograms per kg is unusual (500 is planned): confirm it", NULL } },
	{ 45000, 0, { NULL, NULL } }, { 115000, 0, { NULL, NULL } },
	{ 44900, 0, { "weight 44.9 kg is unusual: confirm it", NULL } },
	{ 120000, 100000, { "weight 120.0 kg is unusual: confirm it",
	    "dose 833 micrograms per kg is unusual (500 is planned): confirm it" } },
};

START_TEST(what_is_unusual_is_asked)
{
	struct act act = { .weight_g = asked[_i].weight_g, .dose_ug = asked[_i].dose_ug };
	struct dose_plan_question questions[PLAN_QUESTIONS];
	struct dose_plan plan = { 0 };
	struct outcome checked;
	struct regimen regimen;
	size_t count;

	regimen_defaults(&regimen);
	ck_assert(dose_plan_make(&regimen, &act, &plan).ok);
	count = dose_plan_ask(&regimen, &plan, questions);
	for (size_t i = 0; i < PLAN_QUESTIONS; i++) {
		ck_assert_int_eq(i < count, asked[_i].questions[i] != NULL);
		if (i < count)
			ck_assert_str_eq(questions[i].sentence, asked[_i].questions[i]);
	}
	checked = dose_plan_check(&regimen, &act, &plan);
	ck_assert_int_eq(checked.ok, count == 0);
	if (!checked.ok)
		ck_assert_str_eq(checked.why, asked[_i].questions[0]);
	act.unusual_confirmed = true;
	ck_assert(dose_plan_check(&regimen, &act, &plan).ok);
}
END_TEST

START_TEST(what_no_confirmation_helps_is_refused)
{
	static const struct {
		int32_t weight_g, milli_lb;
		const char *why;
	} rows[] = {
		{ 29999, 66136, "weight 29.999 kg is outside 30 to 250 kg" },
		{ 250001, 551158, "weight 250.001 kg is outside 30 to 250 kg" },
		{ 70000, 154425, "the weight in kg and in lb are not the same weight" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct act act = { .weight_g = rows[i].weight_g, .weight_milli_lb = rows[i].milli_lb, .unusual_confirmed = true };
		struct dose_plan plan;
		struct regimen regimen;
		struct outcome made;

		regimen_defaults(&regimen);
		made = dose_plan_make(&regimen, &act, &plan);
		ck_assert(!made.ok);
		ck_assert_str_eq(made.why, rows[i].why);
	}
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("clinical");
	TCase *tests = tcase_create("words and sums");

	tcase_set_timeout(tests, 60);
	tcase_add_loop_test(tests, dose_table_is_exact, 0, sizeof(doses) / sizeof(doses[0]));
	tcase_add_test(tests, infused_follows_the_clock_and_stops_at_the_dose);
	tcase_add_test(tests, pounds_and_kilograms_are_one_weight);
	tcase_add_test(tests, weights_have_bounds);
	tcase_add_loop_test(tests, a_plan_is_told_as_it_is_computed, 0, sizeof(plans) / sizeof(plans[0]));
	tcase_add_loop_test(tests, what_is_unusual_is_asked, 0, sizeof(asked) / sizeof(asked[0]));
	tcase_add_test(tests, what_no_confirmation_helps_is_refused);
	tcase_add_test(tests, limits_are_inclusive);
	tcase_add_test(tests, relative_limits_have_floors);
	tcase_add_test(tests, order_of_limits_is_checked);
	tcase_add_test(tests, phases_follow_the_table);
	tcase_add_test(tests, names_go_both_ways);
	tcase_add_test(tests, times_go_both_ways);
	tcase_add_test(tests, milli_text_is_exact);
	suite_add_tcase(suite, tests);
	return suite_run(suite);
}
