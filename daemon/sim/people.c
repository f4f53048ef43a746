#include "daemon/sim/people.h"

#include <stddef.h>
#include <string.h>

/* Invented; the spread of facts, clinical 1.5 is in the first, the others are chosen to show one thing each. */
static const struct sim_person people[] = {
	{ .name = "default" },
	{ "calm", { 116, 72, 70, 98, 14, 6, 4, 2 }, 0, 0 },
	{ "climbing", { 126, 78, 76, 97, 14, 12, 8, 6 }, 60, 1800 },
	{ "hypertensive", { 148, 90, 78, 96, 14, 18, 12, 3 }, 0, 0 },
	{ "slow", { 112, 70, 52, 97, 13, 8, 6, 3 }, 0, 0 },
	{ .name = NULL },
};

const struct sim_person *
sim_people(void)
{
	return people;
}

const struct sim_person *
sim_person_find(const char *name)
{
	for (const struct sim_person *person = people; person->name != NULL; person++)
		if (strcmp(person->name, name) == 0)
			return person;
	return NULL;
}

struct patient_traits
sim_person_traits(const struct sim_person *person, uint64_t seed)
{
	return person->traits.systolic > 0 ? person->traits : patient_draw(seed);
}
