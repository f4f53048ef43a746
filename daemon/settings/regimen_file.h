/* The tables of a regimen file, shared by its reader, its checks and the
 * flattening of settings. Private to daemon/settings. */
#ifndef INFUSIOND_SETTINGS_REGIMEN_FILE_H
#define INFUSIOND_SETTINGS_REGIMEN_FILE_H

#include "daemon/settings/scalar.h"

/* A section of single numbers: dose, gate, timing. */
struct number_section {
	const char *name;
	const struct scalar *rows;
	size_t count;
};

enum { NUMBER_SECTIONS = 3 };

/* The i-th section; its rows go into a struct regimen. */
const struct number_section *regimen_section(size_t index);

extern const cyaml_schema_value_t regimen_schema;

/* regimen_check.c: tells what no single value can show. `file` is the regimen's own. */
void regimen_check(struct yaml_file *file, const struct regimen *regimen);

/* Every check by the name of its bad file. */
void regimen_each_check(void (*take)(void *ctx, const char *name), void *ctx);

/* Watched phases in order: their rules, by name. */
struct watched_phase {
	const char *name;
	enum phase phase;
};
extern const struct watched_phase watched_phases[4];

/* It has limits: it belongs to a group of alarms. */
bool vital_is_judged(enum vital vital);

/* R11: whether a baseline of it exists. */
bool vital_has_baseline(enum vital vital);

const char *vital_name_at(int index); /* for take_choice */

#endif
