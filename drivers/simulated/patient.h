/* How a patient responds to 0.5 mg/kg ketamine over 40 minutes: the Domino
 * three-compartment model and a simple effect on pressure and rate (facts,
 * clinical 1.5 and 1.6). For simulators only, never shown as a prediction. Time
 * is an argument; pure; drawn from a seed, the same each time. */
#ifndef INFUSIOND_DRIVERS_SIMULATED_PATIENT_H
#define INFUSIOND_DRIVERS_SIMULATED_PATIENT_H

#include "daemon/base/instant.h"

/* Concentrations of an infusion, ng/mL; per kilogram, so independent of the weight. */
struct kinetics {
	double c1, c2, c3; /* central, fast and slow compartment, as concentrations of the central volume */
	double ce;         /* effect site */
};

/* Advances by `seconds`, at `rate` mg/kg/min; Euler steps of 0.1 s as the reference table was made. */
void kinetics_advance(struct kinetics *kinetics, double rate, double seconds);

/* A patient's own resting values and own peaks of response, drawn as facts 1.5 propose. */
struct patient {
	uint64_t seed, state;
	double systolic, diastolic, rate, spo2, breathing;
	double systolic_peak, diastolic_peak, rate_peak;
	struct kinetics kinetics;
	double effect;             /* lagged Ce(t)/Ce(40) */
	struct instant now;
	struct instant dose_start; /* UNKNOWN: no drug */
	struct duration planned;
	struct instant dose_stop;  /* UNKNOWN: at the planned end */
};

void patient_init(struct patient *patient, uint64_t seed, struct instant now);

/* The infusion begins (runs for `planned`), or ends early. */
void patient_dose(struct patient *patient, struct instant at, struct duration planned);
void patient_stop(struct patient *patient, struct instant at);

/* Moves the patient on; time does not go back. */
void patient_advance(struct patient *patient, struct instant now);

/* Instant values, integers as a monitor shows them. */
struct vitals_now {
	int systolic, mean, diastolic; /* of a cuff that ends now, with +-3 mmHg of noise */
	int rate, spo2, breathing;
};

struct vitals_now patient_vitals(struct patient *patient);

/* The noise-free systolic pressure now. */
double patient_systolic(const struct patient *patient);

/* A number drawn evenly from [0, 1) and one from a normal distribution; advance the state. */
double random_even(uint64_t *state);
double random_normal(uint64_t *state);

#endif
