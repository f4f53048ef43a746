/* What all files share: reading by a libcyaml schema, structural errors with
 * file, line and column, lines of paths by libyaml, nearest names. Settings-private. */
#ifndef INFUSIOND_SETTINGS_YAML_FILE_H
#define INFUSIOND_SETTINGS_YAML_FILE_H

#include <cyaml/cyaml.h>

#include "daemon/settings/settings.h"

/* One file while it is read: where problems go, and where keys stand. */
struct yaml_file {
	char path[SETTINGS_PATH];
	char *text;
	size_t length;
	const cyaml_schema_value_t *schema;
	struct problems *problems;
	void *data; /* loaded by libcyaml */
};

/* Reads a file by a schema. False, with a problem told, when it cannot be read or its structure is wrong. */
bool yaml_open(struct yaml_file *file, const char *path, const cyaml_schema_value_t *schema, struct problems *problems);
void yaml_close(struct yaml_file *file); /* also after a yaml_open that failed */

/* Tells a problem at a path ("beds[1].monitors[0]"); the line is looked up. */
void yaml_complain(struct yaml_file *file, const char *path, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void yaml_warn(struct yaml_file *file, const char *path, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* Problems without a position. */
void problems_add(struct problems *problems, const struct problem *problem);

/* " (did you mean 'systolic'?)" for the nearest of a list, or "" when none is near. */
struct suggestion {
	char text[64];
};
struct suggestion suggest(const char *wrong, const char *const *names, size_t count);

/* A decimal of a file in thousandths; tells and returns false when it is none, or outside low..high (in thousandths). */
bool yaml_milli(struct yaml_file *file, const char *path, const char *text, int64_t low, int64_t high, int32_t *ret_milli);

#endif
