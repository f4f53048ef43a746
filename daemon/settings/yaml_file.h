/* One YAML file while it is read, for the readers of daemon/settings: structure
 * by a libcyaml schema, the line of every path by libyaml's tree (libcyaml keeps
 * no positions). Private to daemon/settings. */
#ifndef INFUSIOND_SETTINGS_YAML_FILE_H
#define INFUSIOND_SETTINGS_YAML_FILE_H

#include <cyaml/cyaml.h>
#include <yaml.h>

#include "daemon/settings/problems.h"

/* Bounds of a hostile file: nesting of the schemas is 5; the longest honest file has some 400 values. */
enum { YAML_DEEPEST = 16, YAML_MOST_VALUES = 20000, YAML_LONGEST_TEXT = 400 };

struct yaml_file {
	char path[SETTINGS_PATH];
	char *text;
	size_t length;
	const cyaml_schema_value_t *schema;
	struct problems *problems;
	size_t errors_before, problems_before; /* in problems, when it was opened */
	bool has_tree;
	yaml_document_t tree;
	void *data; /* loaded by libcyaml; all scalars are texts, so that each fault of meaning is told, not the first */
};

/* Reads a file by a schema. False, with every problem of structure told, when data is not there. */
bool yaml_open(struct yaml_file *file, const char *path, const cyaml_schema_value_t *schema, struct problems *problems);

/* Also after a yaml_open that failed. Sorts what was told since it was opened. */
void yaml_close(struct yaml_file *file);

/* No error has been told since the file was opened, of it or of the files that it names. */
bool yaml_is_good(const struct yaml_file *file);

/* Tells a problem at a path ("beds[1].monitors[0]") with its line, or that of what it would stand in. */
void yaml_complain(struct yaml_file *file, const char *path, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void yaml_warn(struct yaml_file *file, const char *path, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* Tells a problem of structure, with line and column. */
void yaml_complain_at(struct yaml_file *file, yaml_mark_t mark, const char *path, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* yaml_shape.c: tells whatever in the tree does not fit the schema. */
void yaml_check_shape(struct yaml_file *file);

/* yaml_shape.c: the line of a path, from 1; 0 without a tree. */
int yaml_line_of(struct yaml_file *file, const char *path);

/* yaml_shape.c: every key of a schema. */
void yaml_each_key(const cyaml_schema_value_t *schema, void (*take)(void *ctx, const char *path), void *ctx);

#endif
