#include "daemon/web/account_read.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "daemon/base/nearest.h"
#include "daemon/web/act_fields.h"

#define IN(form) (1u << (form))
#define PLACE(member) offsetof(struct account_body, member), sizeof(((struct account_body *)0)->member)

struct field {
	const char *key;
	unsigned knows, needs; /* forms, bit by bit */
	struct outcome (*read)(const struct field *field, const json_t *value, void *to);
	size_t offset, cap;
	const char *wanted;
};

static struct outcome
read_text(const struct field *field, const json_t *value, void *to)
{
	return act_field_text(field->key, value, to, field->cap);
}

/* Any text: a password may hold whatever its owner can type. Too long is told by the rules of passwords. */
static struct outcome
read_password(const struct field *field, const json_t *value, void *to)
{
	const char *text = json_string_value(value);

	if (text == NULL)
		return outcome_fail("%s: a text is wanted", field->key);
	if (json_string_length(value) >= field->cap)
		return outcome_fail("%s: a password has at most %zu bytes", field->key, field->cap - 1);
	snprintf(to, field->cap, "%s", text);
	return outcome_ok();
}

static struct outcome
read_role(const struct field *field, const json_t *value, void *to)
{
	const char *text = json_string_value(value);

	if (text == NULL || !role_from_name(text, to))
		return outcome_fail("%s: %s", field->key, field->wanted);
	return outcome_ok();
}

static struct outcome
read_bool(const struct field *field, const json_t *value, void *to)
{
	if (!json_is_boolean(value))
		return outcome_fail("%s: %s", field->key, field->wanted);
	*(bool *)to = json_is_true(value);
	return outcome_ok();
}

enum {
	WITH_NAME = IN(FORM_LOG_IN) | IN(FORM_ADD),
	WITH_PASSWORD = IN(FORM_LOG_IN) | IN(FORM_OWN_PASSWORD) | IN(FORM_ADD) | IN(FORM_PASSWORD),
	WITH_ROLE = IN(FORM_ADD) | IN(FORM_ROLE),
	ON_RECORD = IN(FORM_ADD) | IN(FORM_ROLE) | IN(FORM_PASSWORD) | IN(FORM_PLAIN) /* also what every act knows */
};

static const struct field fields[] = {
	{ "name", WITH_NAME, WITH_NAME, read_text, PLACE(name), "the account's name is wanted" },
	{ "role", WITH_ROLE, WITH_ROLE, read_role, PLACE(role), "viewer, nurse, prescriber, admin or engineer is wanted" },
	{ "password", WITH_PASSWORD, WITH_PASSWORD, read_password, PLACE(password), "the password is wanted" },
	{ "new_password", IN(FORM_OWN_PASSWORD), IN(FORM_OWN_PASSWORD), read_password, PLACE(new_password),
	    "the new password is wanted" },
	{ "must_change_password", IN(FORM_ADD) | IN(FORM_PASSWORD), 0, read_bool, PLACE(must_change),
	    "true or false is wanted" },
};

enum { FIELDS = sizeof(fields) / sizeof(fields[0]), NAMES_MOST = FIELDS + ACT_FIELDS_MOST };

static const struct field *
find_field(enum account_form form, const char *key)
{
	for (size_t i = 0; i < FIELDS; i++)
		if ((fields[i].knows & IN(form)) != 0 && strcmp(fields[i].key, key) == 0)
			return &fields[i];
	return NULL;
}

static struct outcome
unknown_field(enum account_form form, const char *key)
{
	const char *names[NAMES_MOST];
	char nearest[NEAREST_TEXT_CAP];
	size_t count = 0;

	for (size_t i = 0; i < FIELDS; i++)
		if ((fields[i].knows & IN(form)) != 0)
			names[count++] = fields[i].key;
	for (size_t i = 0; (ON_RECORD & IN(form)) != 0 && i < act_common_form.count && count < NAMES_MOST; i++)
		names[count++] = act_common_form.fields[i].key;
	nearest_to_text(key, names, count, nearest);
	return outcome_fail("this has no field '%.60s'%s", key, nearest);
}

/* act_id, as, reason: read as every act reads them. */
static struct outcome
read_common(enum account_form form, const char *key, const json_t *value, struct web_act *act)
{
	for (size_t i = 0; (ON_RECORD & IN(form)) != 0 && i < act_common_form.count; i++) {
		const struct act_field *field = &act_common_form.fields[i];

		if (strcmp(field->key, key) == 0)
			return field->read(field, value, INSTANT_UNKNOWN, act);
	}
	return unknown_field(form, key);
}

struct outcome
account_read(const json_t *body, enum account_form form, struct account_body *ret_body)
{
	struct account_body read = { .must_change = true };
	struct web_act act = { .session = 0 };
	struct outcome done = outcome_ok();
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)body, key, value)
	{
		const struct field *field = find_field(form, key);

		done = field != NULL ? field->read(field, value, (char *)&read + field->offset) :
				       read_common(form, key, value, &act);
		if (!done.ok)
			break;
	}
	for (size_t i = 0; done.ok && i < FIELDS; i++)
		if ((fields[i].needs & IN(form)) != 0 && json_object_get(body, fields[i].key) == NULL)
			done = outcome_fail("%s is missing: %s", fields[i].key, fields[i].wanted);
	if (done.ok) {
		snprintf(read.act_id, sizeof(read.act_id), "%s", act.act.act_id);
		snprintf(read.reason, sizeof(read.reason), "%s", act.act.reason);
		*ret_body = read;
	}
	account_body_wipe(&read);
	return done;
}

void
account_body_wipe(struct account_body *body)
{
	sodium_memzero(body->password, sizeof(body->password));
	sodium_memzero(body->new_password, sizeof(body->new_password));
}

void
account_wipe_json(json_t *body)
{
	const char *key;
	json_t *value;

	json_object_foreach(body, key, value)
		if (json_is_string(value))
			sodium_memzero((char *)json_string_value(value), json_string_length(value));
}
