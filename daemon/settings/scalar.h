/* Single values of a file, by tables: a row names the key, its bounds and where
 * it goes, and the same rows make the libcyaml schema. Every value arrives as
 * text, so that all faults of meaning are told in one run, each with its line.
 * Private to daemon/settings. */
#ifndef INFUSIOND_SETTINGS_SCALAR_H
#define INFUSIOND_SETTINGS_SCALAR_H

#include <stddef.h>

#include "daemon/settings/yaml_file.h"

/* What a text becomes. Bounds of a row are in the unit that people write. */
enum scalar_kind {
	SCALAR_U8,
	SCALAR_U16,
	SCALAR_WHOLE,   /* int32_t */
	SCALAR_I64,     /* a register's raw value, decimal or 0x */
	SCALAR_MILLI,   /* int32_t thousandths of what is written: mmHg, kg to g, ml to ul */
	SCALAR_MICRO,   /* int64_t millionths */
	SCALAR_MS,      /* struct duration from milliseconds ... */
	SCALAR_SECONDS, /* ... seconds, at most three decimals ... */
	SCALAR_MINUTES, /* ... minutes, likewise */
	SCALAR_BOOL,
	SCALAR_NAME,    /* char array: a name that others refer to */
	SCALAR_TEXT,    /* char array: for people */
	SCALAR_PATH     /* char array: relative to the file */
};

struct scalar {
	const char *key;
	size_t raw_offset; /* of the text in what libcyaml loads */
	size_t offset, size; /* of the member in the value */
	enum scalar_kind kind;
	int32_t low, high; /* numbers only */
};

/* The rows of one mapping. */
struct scalar_table {
	const struct scalar *rows;
	size_t count;
};

/* A table SCALARS(X) of rows X(RAW, TO, MEMBER_OF_RAW, KEY, FLAGS, KIND, MEMBER_OF_TO, LOW, HIGH) makes three things:
 * the members of struct RAW, the fields of its libcyaml schema, and struct scalar rows. */
#define SCALAR_MEMBER(raw, to, text, key, flags, kind, member, low, high) char *text;
#define SCALAR_FIELD(raw, to, text, key, flags, kind, member, low, high)                                               \
	CYAML_FIELD_STRING_PTR(key, CYAML_FLAG_POINTER | (flags), struct raw, text, 0, YAML_LONGEST_TEXT),
#define SCALAR_ROW(raw, to, text, key, flags, kind, member, low, high)                                                 \
	{ key, offsetof(struct raw, text), offsetof(struct to, member), sizeof(((struct to *)0)->member), kind, low, high },

/* Flags of a row. */
#define SCALAR_NEEDED CYAML_FLAG_DEFAULT
#define SCALAR_OPTIONAL CYAML_FLAG_OPTIONAL

#define COUNT_OF(table) (sizeof(table) / sizeof((table)[0]))

/* Takes all rows; a key that was left out, or is wrong, leaves its member as it is (a wrong name is kept, cut). */
void scalars_take(struct yaml_file *file, const char *base, const void *raw, const struct scalar *rows, size_t count, void *to);

/* The value of a number as the file would write it: for whole, milli, seconds and minutes. */
void scalar_to_text(const struct scalar *row, const void *from, char *text, size_t cap);

/* Single takes, for what no table can hold; each tells and returns false when the text is wrong. */
bool take_whole(struct yaml_file *file, const char *path, const char *text, int64_t low, int64_t high, int64_t *ret_number);
bool take_milli(struct yaml_file *file, const char *path, const char *text, int64_t low, int64_t high, int32_t *ret_milli);

/* The index of a text among names, told with the nearest one. `what`: "role", "vital sign". */
bool take_choice(struct yaml_file *file, const char *path, const char *what, const char *text,
    const char *(*name_of)(int index), int count, int *ret_index);

/* Names that a reference may mean: `count` of them, `stride` bytes apart. */
struct names {
	const char *what;
	const char *first;
	size_t stride, count;
};
bool take_reference(struct yaml_file *file, const char *path, struct names among, const char *name, size_t *ret_index);

/* "base.key", "base[3]"; base may be empty. */
struct scalar_path {
	char text[128];
};
struct scalar_path path_of(const char *base, const char *key);
struct scalar_path path_of_entry(const char *base, size_t index);
struct scalar_path path_of_entry_key(const char *base, size_t index, const char *key);

#endif
