#include "daemon/clinical/json_fields.h"

#include <stdlib.h>
#include <string.h>

#include "daemon/base/utf8.h"

json_t *
fields_text_to_json(const char *text)
{
	json_t *value = json_string(text);
	char *mended;

	if (value != NULL)
		return value;
	mended = strdup(text);
	if (mended == NULL)
		return NULL;
	utf8_mend(mended);
	value = json_string(mended);
	free(mended);
	return value;
}

json_t *
fields_ms_to_json(int64_t ms)
{
	return ms == INT64_MIN ? json_null() : json_integer(ms);
}

static json_t *
field_to_json(const struct field *field, const void *from)
{
	const void *at = (const char *)from + field->offset;

	switch (field->type) {
	case FIELD_BOOL:
		return json_boolean(*(const bool *)at);
	case FIELD_I32:
		return json_integer(*(const int32_t *)at);
	case FIELD_U32:
		return json_integer(*(const uint32_t *)at);
	case FIELD_I64:
		return json_integer(*(const int64_t *)at);
	case FIELD_MS:
		return fields_ms_to_json(*(const int64_t *)at);
	case FIELD_TEXT:
		return fields_text_to_json(at);
	case FIELD_NAME:
		return json_string(field->names->name(*(const int *)at));
	}
	return NULL;
}

json_t *
fields_to_json(const struct field_table *table, const void *from)
{
	json_t *object = json_object();

	for (size_t i = 0; i < table->count; i++)
		json_object_set_new(object, table->fields[i].key, field_to_json(&table->fields[i], from));
	return object;
}

json_t *
fields_list_to_json(const struct field_table *table, const void *items, size_t count)
{
	json_t *list = json_array();

	for (size_t i = 0; i < count; i++)
		json_array_append_new(list, fields_to_json(table, (const char *)items + i * table->size));
	return list;
}

static bool
is_between(const json_t *value, int64_t low, int64_t high)
{
	return json_is_integer(value) && json_integer_value(value) >= low && json_integer_value(value) <= high;
}

bool
fields_i32(const json_t *value, int32_t *ret_value)
{
	if (!is_between(value, INT32_MIN, INT32_MAX))
		return false;
	*ret_value = (int32_t)json_integer_value(value);
	return true;
}

bool
fields_text(const json_t *value, char *ret_text, size_t cap)
{
	if (!json_is_string(value) || json_string_length(value) >= cap)
		return false;
	memcpy(ret_text, json_string_value(value), json_string_length(value) + 1);
	return true;
}

bool
fields_ms(const json_t *value, int64_t *ret_ms)
{
	if (!json_is_null(value) && !json_is_integer(value))
		return false;
	*ret_ms = json_is_null(value) ? INT64_MIN : json_integer_value(value);
	return true;
}

static bool
field_from_json(const struct field *field, const json_t *value, void *to)
{
	void *at = (char *)to + field->offset;

	switch (field->type) {
	case FIELD_BOOL:
		if (json_is_boolean(value))
			*(bool *)at = json_is_true(value);
		return json_is_boolean(value);
	case FIELD_I32:
		return fields_i32(value, at);
	case FIELD_U32:
		if (is_between(value, 0, UINT32_MAX))
			*(uint32_t *)at = (uint32_t)json_integer_value(value);
		return is_between(value, 0, UINT32_MAX);
	case FIELD_I64:
		if (json_is_integer(value))
			*(int64_t *)at = json_integer_value(value);
		return json_is_integer(value);
	case FIELD_MS:
		return fields_ms(value, at);
	case FIELD_TEXT:
		return fields_text(value, at, field->cap);
	case FIELD_NAME:
		return json_is_string(value) && field->names->find(json_string_value(value), at);
	}
	return false;
}

struct outcome
fields_check_object(const json_t *value, const char *name)
{
	return value == NULL || json_is_object(value) ? outcome_ok() : outcome_fail("'%s' is no object", name);
}

struct outcome
fields_check_list(const json_t *value, const char *name, size_t cap)
{
	if (value != NULL && !json_is_array(value))
		return outcome_fail("'%s' is no list", name);
	return json_array_size(value) <= cap ? outcome_ok() : outcome_fail("'%s' holds more than %zu items", name, cap);
}

struct outcome
fields_from_json(const struct field_table *table, const json_t *object, void *to)
{
	for (size_t i = 0; i < table->count; i++) {
		const json_t *value = json_object_get(object, table->fields[i].key);

		if (value != NULL && !field_from_json(&table->fields[i], value, to))
			return outcome_fail("'%s' has no value that fits", table->fields[i].key);
	}
	return outcome_ok();
}

struct outcome
fields_list_from_json(const struct field_table *table, const json_t *list, const char *name, void *items, size_t cap,
    size_t *ret_count)
{
	struct outcome read = fields_check_list(list, name, cap);
	size_t count = json_array_size(list);

	for (size_t i = 0; read.ok && i < count; i++) {
		const json_t *item = json_array_get(list, i);

		read = fields_check_object(item, name);
		if (read.ok)
			read = outcome_within(fields_from_json(table, item, (char *)items + i * table->size), "%s", name);
	}
	if (read.ok && list != NULL)
		*ret_count = count;
	return read;
}
