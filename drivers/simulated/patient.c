#include "drivers/simulated/patient.h"

#include <math.h>

/* Facts 1.6: V1 in L/kg, constants per minute. */
static const double v1 = 0.063, k10 = 0.4381, k12 = 0.5921, k13 = 0.5900, k21 = 0.2470, k31 = 0.0146, ke0 = 0.652;
static const double step_s = 0.1;
/* Ce at 40 min of 0.5 mg/kg over 40 min, from the same table. */
static const double ce_at_40 = 238.3;
/* Facts 1.6: the effect lags 3 to 5 min. */
static const double lag_min = 4;

enum { MAX_STEP_S = 1 };

void
kinetics_advance(struct kinetics *kinetics, double rate, double seconds)
{
	double minutes = step_s / 60;
	long steps = lround(seconds / step_s);

	for (long i = 0; i < steps; i++) {
		struct kinetics k = *kinetics;

		/* mg/kg/min into L/kg: mg/L/min, which is 1000 ng/mL/min. */
		kinetics->c1 += minutes * (rate / v1 * 1000 - (k10 + k12 + k13) * k.c1 + k21 * k.c2 + k31 * k.c3);
		kinetics->c2 += minutes * (k12 * k.c1 - k21 * k.c2);
		kinetics->c3 += minutes * (k13 * k.c1 - k31 * k.c3);
		kinetics->ce += minutes * ke0 * (k.c1 - k.ce);
	}
}

/* splitmix64 (Steele, Lea and Flood, 2014). */
static uint64_t
random_bits(uint64_t *state)
{
	uint64_t z = (*state += UINT64_C(0x9e3779b97f4a7c15));

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

double
random_even(uint64_t *state)
{
	return (double)(random_bits(state) >> 11) / 9007199254740992.0;
}

double
random_normal(uint64_t *state)
{
	double even = random_even(state);
	double radius = sqrt(-2 * log(even > 0 ? even : 1e-300));

	return radius * cos(2 * acos(-1.0) * random_even(state));
}

static double
draw(uint64_t *state, double mean, double spread)
{
	return mean + spread * random_normal(state);
}

static double
draw_peak(uint64_t *state, double mean, double spread)
{
	double peak = draw(state, mean, spread);

	return peak < -5 ? -5 : peak;
}

void
patient_init(struct patient *patient, uint64_t seed, struct instant now)
{
	uint64_t *state = &patient->state;

	*patient = (struct patient){
		.seed = seed,
		.state = seed,
		.now = now,
		.dose_start = INSTANT_UNKNOWN,
		.dose_stop = INSTANT_UNKNOWN,
	};
	if (random_even(state) < 0.2) {
		patient->systolic = draw(state, 146, 9);
		patient->diastolic = draw(state, 88, 7);
		patient->systolic_peak = draw_peak(state, 18, 13);
		patient->diastolic_peak = draw_peak(state, 12, 9);
		patient->rate_peak = draw_peak(state, 3, 7);
	} else {
		patient->systolic = draw(state, 122, 12);
		patient->diastolic = draw(state, 76, 8);
		patient->systolic_peak = draw_peak(state, 11, 10);
		patient->diastolic_peak = draw_peak(state, 8, 7);
		patient->rate_peak = draw_peak(state, 5, 8);
	}
	patient->rate = draw(state, 74, 10);
	patient->spo2 = draw(state, 97.5, 0.7);
	patient->breathing = draw(state, 14, 1.5);
}

void
patient_dose(struct patient *patient, struct instant at, struct duration planned)
{
	patient_advance(patient, at);
	patient->dose_start = at;
	patient->planned = planned;
	patient->dose_stop = INSTANT_UNKNOWN;
}

void
patient_stop(struct patient *patient, struct instant at)
{
	patient_advance(patient, at);
	patient->dose_stop = at;
}

static double
rate_at(const struct patient *patient, struct instant at)
{
	if (!instant_is_known(patient->dose_start) || at.ms < patient->dose_start.ms ||
	    at.ms >= patient->dose_start.ms + patient->planned.ms ||
	    (instant_is_known(patient->dose_stop) && at.ms >= patient->dose_stop.ms))
		return 0;
	return 0.5 / ((double)patient->planned.ms / 60000);
}

void
patient_advance(struct patient *patient, struct instant now)
{
	while (patient->now.ms < now.ms) {
		int64_t left_ms = now.ms - patient->now.ms;
		double seconds = (double)(left_ms < MAX_STEP_S * 1000 ? left_ms : MAX_STEP_S * 1000) / 1000;

		if (instant_is_known(patient->dose_start))
			kinetics_advance(&patient->kinetics, rate_at(patient, patient->now), seconds);
		patient->effect += seconds / (lag_min * 60) * (patient->kinetics.ce / ce_at_40 - patient->effect);
		patient->now.ms += (int64_t)lround(seconds * 1000);
	}
}

double
patient_systolic(const struct patient *patient)
{
	return patient->systolic + patient->systolic_peak * patient->effect;
}

struct vitals_now
patient_vitals(struct patient *patient)
{
	uint64_t *state = &patient->state;
	double systolic = patient_systolic(patient) + 3 * (2 * random_even(state) - 1);
	double diastolic = patient->diastolic + patient->diastolic_peak * patient->effect + 3 * (2 * random_even(state) - 1);
	double spo2 = patient->spo2 + 0.4 * random_normal(state);

	/* A simulated monitor measures its own mean; a third of the pulse pressure is what one would see. */
	return (struct vitals_now){
		.systolic = (int)lround(systolic),
		.diastolic = (int)lround(diastolic),
		.mean = (int)lround(diastolic + (systolic - diastolic) / 3),
		.rate = (int)lround(patient->rate + patient->rate_peak * patient->effect + random_normal(state)),
		.spo2 = (int)lround(spo2 > 100 ? 100 : spo2),
		.breathing = (int)lround(patient->breathing + 0.5 * random_normal(state)),
	};
}
