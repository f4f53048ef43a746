/* How a patient responds to 0.5 mg/kg ketamine over 40 minutes: the Domino
 * three-compartment model and a simple effect on pressure and rate (facts,
 * clinical 1.5 and 1.6). For simulators only, never shown as a prediction. Time
 * is an argument; what is found at an instant does not depend on how often one
 * looked before. Pure; drawn from a seed, the same each time. */
#ifndef INFUSIOND_DRIVERS_SIMULATED_PATIENT_H
#define INFUSIOND_DRIVERS_SIMULATED_PATIENT_H

#include "daemon/base/instant.h"

/* Concentrations of an infusion, ng/mL; per kilogram, so independent of the weight. */
struct kinetics {
	double c1, c2, c3; /* central, fast and slow compartment, as concentrations of the central volume */
	double ce;         /* effect site */
};

enum { KINETICS_STEP_MS = 100 };

/* One Euler step of 0.1 s, as the reference table was made, at `rate` mg/kg/min. */
void kinetics_step(struct kinetics *kinetics, double rate);

/* Resting values, and the patient's own greatest response of each. mmHg, per minute, percent. */
struct patient_traits {
	double systolic, diastolic, rate, spo2, breathing;
	double systolic_peak, diastolic_peak, rate_peak;
};

/* Drawn as facts 1.5 propose: one in five is hypertensive. */
struct patient_traits patient_draw(uint64_t seed);

struct patient {
	uint64_t seed; /* of the noise */
	struct patient_traits traits;
	struct kinetics kinetics;
	double effect;         /* Ce(t) / Ce(40), lagged */
	struct instant now;    /* steps of KINETICS_STEP_MS from the beginning */
	double infusion;       /* mg/kg/min while the pump runs */
	struct duration left;  /* of the infusion */
	bool pump_runs;
};

void patient_init(struct patient *patient, const struct patient_traits *traits, uint64_t seed, struct instant now);

/* The infusion of 0.5 mg/kg begins and runs for `planned`; the pump stops and goes on. */
void patient_dose(struct patient *patient, struct instant at, struct duration planned);
void patient_pump(struct patient *patient, struct instant at, bool runs);

/* Moves the patient on; time does not go back. */
void patient_advance(struct patient *patient, struct instant now);

/* What a monitor shows, whole numbers. */
struct vitals_now {
	int systolic, mean, diastolic; /* of a cuff that ends at this instant, with up to 3 mmHg of noise */
	int rate, spo2, breathing;     /* with noise that changes each second */
};

/* After patient_advance to `at` or later than it by less than a step. */
struct vitals_now patient_vitals(const struct patient *patient, struct instant at);

/* The systolic pressure now, without noise. */
double patient_systolic(const struct patient *patient);

#endif
