/* Kinds of patients that a demonstration or a test wants by name; the default one is drawn from the seed. */
#ifndef INFUSIOND_SIM_PEOPLE_H
#define INFUSIOND_SIM_PEOPLE_H

#include "drivers/simulated/patient.h"

struct sim_person {
	const char *name;
	struct patient_traits traits;     /* systolic 0: drawn */
	double climb_mmhg, climb_s;       /* a further rise of the pressure from the dose on */
};

/* Ended by a row without a name; the first is the drawn one. */
const struct sim_person *sim_people(void);

/* NULL: none such. */
const struct sim_person *sim_person_find(const char *name);

/* A person's traits; the drawn one's by the seed. */
struct patient_traits sim_person_traits(const struct sim_person *person, uint64_t seed);

#endif
