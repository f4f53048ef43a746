#include "drivers/simulated/patient.h"

#include <math.h>

#include "drivers/simulated/random.h"

/* Facts 1.6: V1 in L/kg, constants per minute. */
static const double v1 = 0.063, k10 = 0.4381, k12 = 0.5921, k13 = 0.5900, k21 = 0.2470, k31 = 0.0146, ke0 = 0.652;
/* Ce in ng/mL at the end of 0.5 mg/kg over 40 min, from the same table. */
static const double ce_at_40 = 238.3;
/* Facts 1.6: the effect lags 3 to 5 min. */
static const double lag_ms = 4 * 60000;
static const double dose_mg_kg = 0.5, cuff_noise = 3;

/* What noise is drawn for, each second or each cuff. */
enum channel { CHANNEL_SYSTOLIC, CHANNEL_DIASTOLIC, CHANNEL_RATE, CHANNEL_SPO2, CHANNEL_BREATHING };

void
kinetics_step(struct kinetics *kinetics, double rate)
{
	const double minutes = KINETICS_STEP_MS / 60000.0;
	const struct kinetics k = *kinetics;

	/* mg/kg/min into L/kg: mg/L/min, which is 1000 ng/mL/min. */
	kinetics->c1 += minutes * (rate / v1 * 1000 - (k10 + k12 + k13) * k.c1 + k21 * k.c2 + k31 * k.c3);
	kinetics->c2 += minutes * (k12 * k.c1 - k21 * k.c2);
	kinetics->c3 += minutes * (k13 * k.c1 - k31 * k.c3);
	kinetics->ce += minutes * ke0 * (k.c1 - k.ce);
}

static double
draw(uint64_t *state, double mean, double spread)
{
	return mean + spread * random_normal(state);
}

/* Facts 1.5: a rise is never below -5. */
static double
draw_peak(uint64_t *state, double mean, double spread)
{
	double peak = draw(state, mean, spread);

	return peak < -5 ? -5 : peak;
}

static double
at_most(double value, double most)
{
	return value < most ? value : most;
}

/* The two pressures are drawn apart, and still belong to one person: they never come close to each other. */
static void
keep_apart(struct patient_traits *traits)
{
	traits->diastolic = at_most(traits->diastolic, traits->systolic - 25);
	traits->diastolic_peak =
	    at_most(traits->diastolic_peak, traits->systolic + traits->systolic_peak - 15 - traits->diastolic);
}

struct patient_traits
patient_draw(uint64_t seed)
{
	uint64_t state = seed;
	bool hypertensive = random_even(&state) < 0.2;
	struct patient_traits traits;

	traits.systolic = draw(&state, hypertensive ? 146 : 122, hypertensive ? 9 : 12);
	traits.diastolic = draw(&state, hypertensive ? 88 : 76, hypertensive ? 7 : 8);
	traits.rate = draw(&state, 74, 10);
	traits.spo2 = draw(&state, 97.5, 0.7);
	traits.breathing = draw(&state, 14, 1.5);
	traits.systolic_peak = draw_peak(&state, hypertensive ? 18 : 11, hypertensive ? 13 : 10);
	traits.diastolic_peak = draw_peak(&state, hypertensive ? 12 : 8, hypertensive ? 9 : 7);
	traits.rate_peak = draw_peak(&state, hypertensive ? 3 : 5, hypertensive ? 7 : 8);
	keep_apart(&traits);
	return traits;
}

void
patient_init(struct patient *patient, const struct patient_traits *traits, uint64_t seed, struct instant now)
{
	*patient = (struct patient){ .seed = seed, .traits = *traits, .now = now };
}

void
patient_dose(struct patient *patient, struct instant at, struct duration planned)
{
	patient_advance(patient, at);
	patient->infusion = dose_mg_kg / ((double)planned.ms / 60000);
	patient->left = planned;
	patient->pump_runs = true;
}

void
patient_pump(struct patient *patient, struct instant at, bool runs)
{
	patient_advance(patient, at);
	patient->pump_runs = runs;
}

static void
step(struct patient *patient)
{
	bool infusing = patient->pump_runs && patient->left.ms > 0;

	kinetics_step(&patient->kinetics, infusing ? patient->infusion : 0);
	patient->effect += KINETICS_STEP_MS / lag_ms * (patient->kinetics.ce / ce_at_40 - patient->effect);
	patient->now.ms += KINETICS_STEP_MS;
	if (infusing)
		patient->left.ms -= KINETICS_STEP_MS;
}

void
patient_advance(struct patient *patient, struct instant now)
{
	while (patient->now.ms + KINETICS_STEP_MS <= now.ms)
		step(patient);
}

double
patient_systolic(const struct patient *patient)
{
	return patient->traits.systolic + patient->traits.systolic_peak * patient->effect;
}

static double
noise(const struct patient *patient, int64_t moment, enum channel channel)
{
	uint64_t state = random_of(patient->seed, moment, channel);

	return channel <= CHANNEL_DIASTOLIC ? 2 * random_even(&state) - 1 : random_normal(&state);
}

struct vitals_now
patient_vitals(const struct patient *patient, struct instant at)
{
	const struct patient_traits *traits = &patient->traits;
	int64_t second = at.ms / 1000;
	double systolic = patient_systolic(patient) + cuff_noise * noise(patient, at.ms, CHANNEL_SYSTOLIC);
	double diastolic = traits->diastolic + traits->diastolic_peak * patient->effect +
	                   cuff_noise * noise(patient, at.ms, CHANNEL_DIASTOLIC);
	double rate = traits->rate + traits->rate_peak * patient->effect + noise(patient, second, CHANNEL_RATE);
	double spo2 = traits->spo2 + 0.4 * noise(patient, second, CHANNEL_SPO2);

	/* A monitor measures its mean by itself; a third of the pulse pressure above the diastolic is what one would see. */
	return (struct vitals_now){
		.systolic = (int)lround(systolic),
		.diastolic = (int)lround(diastolic),
		.mean = (int)lround(diastolic + (systolic - diastolic) / 3),
		.rate = (int)lround(rate),
		.spo2 = (int)lround(spo2 > 100 ? 100 : spo2),
		.breathing = (int)lround(traits->breathing + 0.5 * noise(patient, second, CHANNEL_BREATHING)),
	};
}
