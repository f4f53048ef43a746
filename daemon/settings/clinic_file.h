/* infusiond.yaml while it is read, shared by its reader and its checks. Private to daemon/settings. */
#ifndef INFUSIOND_SETTINGS_CLINIC_FILE_H
#define INFUSIOND_SETTINGS_CLINIC_FILE_H

#include "daemon/settings/profile_file.h"

extern const cyaml_schema_value_t clinic_schema;

/* Fills settings from a file that has been loaded by clinic_schema, with the profiles and regimens that it names. */
void clinic_take(struct yaml_file *file, struct settings *settings);

/* own_limits.c: the clinic's own limits and ceilings, in the place of a regimen's. */
struct raw_own_limit {
	char *regimen, *limit, *value;
};
struct raw_own_bound {
	char *regimen, *vital, *lowest, *highest;
};
extern const cyaml_schema_value_t own_limit_schema, own_bound_schema;
void own_limits_take(struct yaml_file *file, const struct raw_own_limit *limits, size_t limit_count,
    const struct raw_own_bound *bounds, size_t bound_count, struct settings *settings);

/* web_section.c: the addresses for browsers, and what no single value of them can show. */
struct raw_web {
	char **listen;
	unsigned listen_count;
	char *certificate, *key, *idle, *longest;
};
extern const cyaml_schema_field_t web_fields[];
void web_section_take(struct yaml_file *file, const struct raw_web *raw, struct web_settings *web); /* raw: may be NULL */
void web_section_check(struct yaml_file *file, const struct settings *settings);
void web_section_warn(struct yaml_file *file, const struct settings *settings);

struct names names_of_regimens(const struct settings *settings);

/* clinic_check.c: tells what no single value can show. */
void clinic_check(struct yaml_file *file, const struct settings *settings);

/* Every check by the name of its bad file. */
void clinic_each_check(void (*take)(void *ctx, const char *name), void *ctx);

#endif
