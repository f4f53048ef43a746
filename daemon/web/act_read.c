#include "daemon/web/act_read.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/nearest.h"
#include "daemon/web/act_fields.h"

bool
act_read_milli(const json_t *value, int64_t low, int64_t high, int32_t *ret_milli)
{
	enum { FARTHEST = 1000000 };
	char text[32];
	int32_t milli;

	if (json_is_integer(value)) {
		json_int_t whole = json_integer_value(value);

		if (whole < -FARTHEST || whole > FARTHEST)
			return false;
		milli = (int32_t)(whole * 1000);
	} else if (json_is_real(value)) {
		double real = json_real_value(value);

		if (!(real >= -FARTHEST && real <= FARTHEST))
			return false;
		/* It has three decimals if the number of three decimals nearest to it reads back as the same double. */
		snprintf(text, sizeof(text), "%.3f", real);
		if (strtod(text, NULL) != real || !milli_from_text(text, &milli))
			return false;
	} else {
		return false;
	}
	if (milli < low || milli > high)
		return false;
	*ret_milli = milli;
	return true;
}

json_t *
act_read_object(const char *text, size_t length, struct outcome *ret_outcome)
{
	json_error_t error;
	json_t *body;

	if (length == 0)
		return json_object();
	body = json_loadb(text, length, JSON_REJECT_DUPLICATES, &error);
	if (body == NULL) {
		*ret_outcome = outcome_fail("the body is no JSON: line %d, column %d: %s", error.line, error.column, error.text);
		return NULL;
	}
	if (json_is_object(body))
		return body;
	json_decref(body);
	*ret_outcome = outcome_fail("the body is no JSON object");
	return NULL;
}

struct outcome
act_read_as(const json_t *body, char ret_as[static NAME_CAP])
{
	const json_t *value = json_object_get(body, "as");

	ret_as[0] = '\0';
	return value == NULL ? outcome_ok() : act_field_text("as", value, ret_as, NAME_CAP);
}

static const struct act_field *
find_field(const struct act_form *form, const char *key)
{
	for (size_t i = 0; i < form->count; i++)
		if (strcmp(form->fields[i].key, key) == 0)
			return &form->fields[i];
	for (size_t i = 0; i < act_common_form.count; i++)
		if (strcmp(act_common_form.fields[i].key, key) == 0)
			return &act_common_form.fields[i];
	return NULL;
}

static size_t
field_names(const struct act_form *form, const char **names, size_t cap)
{
	size_t count = 0;

	for (size_t i = 0; i < form->count && count < cap; i++)
		names[count++] = form->fields[i].key;
	for (size_t i = 0; i < act_common_form.count && count < cap; i++)
		names[count++] = act_common_form.fields[i].key;
	return count;
}

size_t
act_field_names(enum act_kind kind, const char **names, size_t cap)
{
	return field_names(&act_forms[kind], names, cap);
}

static struct outcome
unknown_field(const struct act_form *form, const char *name, const char *key)
{
	const char *names[ACT_FIELDS_MOST];
	size_t count = field_names(form, names, ACT_FIELDS_MOST);
	char nearest[NEAREST_TEXT_CAP];

	nearest_to_text(key, names, count, nearest);
	return outcome_fail("%s has no field '%.60s'%s", name, key, nearest);
}

static struct outcome
check_present(const json_t *body, const struct act_form *form)
{
	for (size_t i = 0; i < form->count; i++)
		if (form->fields[i].needed && json_object_get(body, form->fields[i].key) == NULL)
			return outcome_fail("%s is missing: %s", form->fields[i].key, form->fields[i].wanted);
	return outcome_ok();
}

static void
set_defaults(struct web_act *act, enum act_kind kind)
{
	act->act.kind = kind;
	act->act.mean_milli = ALARM_NO_VALUE;
	act->act.measured_at = INSTANT_UNKNOWN;
	act->act.corrected_to = INSTANT_UNKNOWN;
}

/* `name` is what the sentences call it. */
static struct outcome
read_form(const struct act_form *form, const char *name, const json_t *body, enum act_kind kind, struct instant now,
    struct web_act *ret_act)
{
	struct web_act act = *ret_act;
	struct outcome read = outcome_ok();
	const char *key;
	json_t *value;

	set_defaults(&act, kind);
	json_object_foreach((json_t *)body, key, value)
	{
		const struct act_field *field = find_field(form, key);

		read = field != NULL ? field->read(field, value, now, &act) : unknown_field(form, name, key);
		if (!read.ok)
			return read;
	}
	read = check_present(body, form);
	if (read.ok && form->check != NULL)
		read = form->check(body, &act);
	if (read.ok)
		*ret_act = act;
	return read;
}

struct outcome
act_read_fields(const json_t *body, enum act_kind kind, struct instant now, struct web_act *ret_act)
{
	return read_form(&act_forms[kind], act_kind_name(kind), body, kind, now, ret_act);
}

struct outcome
act_read_preview(const json_t *body, struct instant now, struct web_act *ret_act)
{
	return read_form(&act_preview_form, "preview", body, ACT_START, now, ret_act);
}
