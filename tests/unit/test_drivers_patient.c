/* The simulated patient against clinical facts 1.5 and 1.6. */
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "drivers/simulated/patient.h"
#include "drivers/simulated/random.h"
#include "suite_run.h"

/* Minutes, plasma and effect-site concentration in ng/mL of 35 mg over 40 min at 70 kg. */
static const struct {
	int minute;
	double c1, ce;
} reference[] = {
	{ 2, 127.0, 73.1 }, { 5, 155.3, 136.6 }, { 10, 181.8, 174.2 }, { 20, 209.6, 206.2 }, { 30, 226.5, 224.1 },
	{ 40, 240.3, 238.3 }, { 42, 116.0, 167.8 }, { 45, 91.4, 108.2 }, { 50, 71.1, 76.8 }, { 60, 55.1, 56.7 },
	{ 80, 45.8, 46.3 }, { 100, 40.4, 40.8 }, { 120, 35.8, 36.2 }, { 160, 28.1, 28.4 }, { 240, 17.3, 17.5 },
};

static struct instant
minute(double minutes)
{
	return (struct instant){ INT64_C(1767344400000) + (int64_t)(minutes * 60000) };
}

static void
assert_near(double value, double expected, double percent)
{
	if (fabs(value - expected) > expected * percent / 100)
		ck_abort_msg("%f is not within %f %% of %f", value, percent, expected);
}

START_TEST(concentrations_are_the_reference)
{
	const struct patient_traits traits = patient_draw(1);
	struct patient patient;

	patient_init(&patient, &traits, 1, minute(0));
	patient_dose(&patient, minute(0), duration_min(40));
	patient_advance(&patient, minute(reference[_i].minute));
	assert_near(patient.kinetics.c1, reference[_i].c1, 1);
	assert_near(patient.kinetics.ce, reference[_i].ce, 1);
}
END_TEST

START_TEST(a_pause_moves_the_rest_of_the_dose)
{
	const struct patient_traits traits = patient_draw(1);
	struct patient patient;

	patient_init(&patient, &traits, 1, minute(0));
	patient_dose(&patient, minute(0), duration_min(40));
	patient_pump(&patient, minute(20), false);
	patient_advance(&patient, minute(30));
	ck_assert(patient.kinetics.ce < 120);
	patient_pump(&patient, minute(30), true);
	patient_advance(&patient, minute(50));
	ck_assert_int_eq(patient.left.ms, 0);
	ck_assert(patient.kinetics.ce > 200);
	patient_advance(&patient, minute(52));
	ck_assert(patient.kinetics.ce < 200);
}
END_TEST

START_TEST(what_is_seen_does_not_depend_on_how_often_one_looks)
{
	const struct patient_traits traits = patient_draw(5);
	struct patient seldom, often;
	struct vitals_now a, b;

	patient_init(&seldom, &traits, 5, minute(0));
	patient_init(&often, &traits, 5, minute(0));
	patient_dose(&seldom, minute(1), duration_min(40));
	patient_dose(&often, minute(1), duration_min(40));
	for (int i = 1; i < 2000; i++) {
		patient_advance(&often, minute(1 + i / 77.0));
		(void)patient_vitals(&often, minute(1 + i / 77.0));
	}
	patient_advance(&often, minute(30));
	patient_advance(&seldom, minute(30));
	a = patient_vitals(&seldom, minute(30));
	b = patient_vitals(&often, minute(30));
	ck_assert_mem_eq(&a, &b, sizeof(a));
}
END_TEST

START_TEST(pressure_rises_and_returns)
{
	struct patient_traits traits = patient_draw(1);
	struct patient patient;
	double peak = 0;
	int peak_minute = 0;

	traits.systolic = 120;
	traits.systolic_peak = 20;
	patient_init(&patient, &traits, 1, minute(0));
	patient_dose(&patient, minute(0), duration_min(40));
	for (int i = 1; i <= 130; i++) {
		patient_advance(&patient, minute(i));
		if (patient_systolic(&patient) > peak) {
			peak = patient_systolic(&patient);
			peak_minute = i;
		}
	}
	ck_assert(peak > 138 && peak <= 140.5);
	ck_assert(peak_minute >= 30 && peak_minute <= 42);
	ck_assert(patient_systolic(&patient) < 120 + 5); /* within 60 to 90 min after the end */
}
END_TEST

/* Facts 1.5: a mean own peak of about +13, about 3 % of patients at 180 or more, 15 % at 160 or more. */
START_TEST(a_thousand_patients_are_as_published)
{
	double rise = 0, to_180 = 0, to_160 = 0, to_30 = 0;

	for (uint64_t seed = 1; seed <= 1000; seed++) {
		const struct patient_traits traits = patient_draw(seed);
		struct patient patient;
		double peak = -1000;

		patient_init(&patient, &traits, seed, minute(0));
		patient_dose(&patient, minute(0), duration_min(40));
		for (int i = 1; i <= 60; i++) {
			double now;

			patient_advance(&patient, minute(i));
			now = patient_systolic(&patient);
			peak = now > peak ? now : peak;
			to_30 += i == 30 ? now - traits.systolic : 0;
		}
		rise += peak - traits.systolic;
		to_180 += peak >= 180;
		to_160 += peak >= 160;
	}
	printf("1000 patients: mean own peak +%.1f mmHg (at 30 min +%.1f), %.1f %% to 180 and more, %.1f %% to 160 and more\n",
	    rise / 1000, to_30 / 1000, to_180 / 10, to_160 / 10);
	ck_assert(rise / 1000 > 11 && rise / 1000 < 15);
	ck_assert(to_180 >= 15 && to_180 <= 50);
	ck_assert(to_160 >= 120 && to_160 <= 180);
}
END_TEST

START_TEST(vitals_are_those_of_people)
{
	for (uint64_t seed = 1; seed <= 1000; seed++) {
		const struct patient_traits traits = patient_draw(seed);
		struct patient patient;

		patient_init(&patient, &traits, seed, minute(0));
		patient_dose(&patient, minute(0), duration_min(40));
		for (int i = 0; i <= 60; i += 5) {
			struct vitals_now vitals;

			patient_advance(&patient, minute(i));
			vitals = patient_vitals(&patient, minute(i));
			ck_assert(vitals.systolic > vitals.mean && vitals.mean > vitals.diastolic);
			ck_assert(vitals.spo2 >= 92 && vitals.spo2 <= 100);
			ck_assert(vitals.rate > 30 && vitals.rate < 130);
			ck_assert(vitals.breathing >= 6 && vitals.breathing <= 24);
		}
		ck_assert(traits.systolic_peak >= -5 && traits.rate_peak >= -5);
	}
}
END_TEST

/* splitmix64 from 1234567, as its authors' reference program prints it. */
START_TEST(chance_is_the_same_everywhere)
{
	static const uint64_t expected[] = {
		UINT64_C(6457827717110365317), UINT64_C(3203168211198807973), UINT64_C(9817491932198370423),
		UINT64_C(4593380528125082431), UINT64_C(16408922859458223821),
	};
	uint64_t state = 1234567;
	double sum = 0, squares = 0;

	for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++)
		ck_assert_uint_eq(random_bits(&state), expected[i]);
	for (int i = 0; i < 100000; i++) {
		double normal = random_normal(&state);

		sum += normal;
		squares += normal * normal;
	}
	ck_assert(fabs(sum / 100000) < 0.02 && fabs(squares / 100000 - 1) < 0.03);
	ck_assert_uint_ne(random_of(1, 2, 3), random_of(1, 3, 2));
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("drivers: patient");
	TCase *tcase = tcase_create("patient");

	suite_add_tcase(suite, tcase);
	tcase_set_timeout(tcase, 120);
	tcase_add_loop_test(tcase, concentrations_are_the_reference, 0, sizeof(reference) / sizeof(reference[0]));
	tcase_add_test(tcase, a_pause_moves_the_rest_of_the_dose);
	tcase_add_test(tcase, what_is_seen_does_not_depend_on_how_often_one_looks);
	tcase_add_test(tcase, pressure_rises_and_returns);
	tcase_add_test(tcase, a_thousand_patients_are_as_published);
	tcase_add_test(tcase, vitals_are_those_of_people);
	tcase_add_test(tcase, chance_is_the_same_everywhere);
	return suite_run(suite);
}
