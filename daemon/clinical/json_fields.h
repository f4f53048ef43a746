/* Structs as JSON by tables: one row a field, written and read by the same
 * row. Private to daemon/clinical. */
#ifndef INFUSIOND_CLINICAL_JSON_FIELDS_H
#define INFUSIOND_CLINICAL_JSON_FIELDS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/base/outcome.h"

/* FIELD_MS is an int64_t of milliseconds whose INT64_MIN ("unknown") is null; FIELD_NAME an enum told by name. */
enum field_type { FIELD_BOOL, FIELD_I32, FIELD_U32, FIELD_I64, FIELD_MS, FIELD_TEXT, FIELD_NAME };

/* An enum's names, there and back. */
struct field_names {
	const char *(*name)(int value);
	bool (*find)(const char *name, int *ret_value);
};

struct field {
	const char *key;
	enum field_type type;
	size_t offset;
	size_t cap; /* FIELD_TEXT */
	const struct field_names *names; /* FIELD_NAME */
};

/* All fields of one struct. */
struct field_table {
	const struct field *fields;
	size_t count;
	size_t size; /* of the struct */
};

#define FIELD_OF(type, member, kind) { #member, kind, offsetof(struct type, member), 0, NULL }
#define FIELD_OF_TEXT(type, member)                                                                                    \
	{ #member, FIELD_TEXT, offsetof(struct type, member), sizeof(((struct type *)0)->member), NULL }
#define FIELD_OF_NAME(type, member, table) { #member, FIELD_NAME, offsetof(struct type, member), 0, &table##_names }
#define FIELD_TABLE(fields, type) { fields, sizeof(fields) / sizeof((fields)[0]), sizeof(struct type) }

/* Makes the names of `enum type` from its two functions. */
#define FIELD_NAMES(type, to, from)                                                                                    \
	static const char *type##_to_name(int value)                                                                   \
	{                                                                                                              \
		return to((enum type)value);                                                                           \
	}                                                                                                              \
	static bool type##_find_name(const char *name, int *ret_value)                                                 \
	{                                                                                                              \
		enum type found;                                                                                       \
		if (!from(name, &found))                                                                               \
			return false;                                                                                  \
		*ret_value = (int)found;                                                                               \
		return true;                                                                                           \
	}                                                                                                              \
	static const struct field_names type##_names = { type##_to_name, type##_find_name }

/* New references; NULL only when out of memory. Bytes that are no UTF-8 become '?'. */
json_t *fields_to_json(const struct field_table *table, const void *from);
json_t *fields_list_to_json(const struct field_table *table, const void *items, size_t count);
json_t *fields_text_to_json(const char *text);
json_t *fields_ms_to_json(int64_t ms);

/* Missing keys leave their field as it is, unknown ones are passed over; a value that does not fit is named. */
struct outcome fields_from_json(const struct field_table *table, const json_t *object, void *to);

/* `list` may be NULL: then nothing changes. */
struct outcome fields_list_from_json(const struct field_table *table, const json_t *list, const char *name, void *items,
    size_t cap, size_t *ret_count);

/* False when it is no integer of 32 bits, or no text below `cap` bytes, or neither a number nor null. */
bool fields_i32(const json_t *value, int32_t *ret_value);
bool fields_text(const json_t *value, char *ret_text, size_t cap);
bool fields_ms(const json_t *value, int64_t *ret_ms);

/* `value` may be NULL; else it must be an object (a list). */
struct outcome fields_check_object(const json_t *value, const char *name);
struct outcome fields_check_list(const json_t *value, const char *name, size_t cap);

#endif
