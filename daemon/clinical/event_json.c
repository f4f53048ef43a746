/* One row a field. Fixed-size arrays of structs (cuffs, checks, conditions)
 * are lists of objects made by the same tables. */
#include "daemon/clinical/event_json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum field_type { F_BOOL, F_I32, F_U32, F_I64, F_MS, F_TEXT, F_NAME, F_SIZE };

/* A name table: number to name and back. */
struct names {
	const char *(*name)(int value);
	bool (*find)(const char *name, int *ret_value);
};

struct json_field {
	const char *key;
	enum field_type type;
	size_t offset, cap;
	const struct names *names;
};

#define NAMES(type, to, from)                                                                                          \
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
	static const struct names type##_names = { type##_to_name, type##_find_name }

static const char *
gate_name(enum gate_state gate)
{
	static const char *const names[] = { "open", "decision_needed", "blocked", "decided" };

	return names[gate];
}

static bool
find_among(const char *const *names, size_t count, const char *name, int *ret_index)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(names[i], name) == 0) {
			*ret_index = (int)i;
			return true;
		}
	return false;
}

static bool
gate_from_name(const char *name, enum gate_state *ret_gate)
{
	for (int i = GATE_OPEN; i <= GATE_DECIDED; i++)
		if (strcmp(gate_name((enum gate_state)i), name) == 0) {
			*ret_gate = (enum gate_state)i;
			return true;
		}
	return false;
}

static const char *const check_names[] = { "due", "met", "missed" };

static const char *
check_name(enum check_state state)
{
	return check_names[state];
}

static bool
check_from_name(const char *name, enum check_state *ret_state)
{
	int index;

	if (!find_among(check_names, 3, name, &index))
		return false;
	*ret_state = (enum check_state)index;
	return true;
}

static bool
quality_from_name(const char *name, enum quality *ret_quality)
{
	for (int i = QUALITY_ABSENT; i <= QUALITY_GOOD; i++)
		if (strcmp(quality_name((enum quality)i), name) == 0) {
			*ret_quality = (enum quality)i;
			return true;
		}
	return false;
}

static const char *
vital_name(enum vital vital)
{
	return vital_info(vital)->name;
}

NAMES(phase, phase_name, phase_from_name);
NAMES(gate_state, gate_name, gate_from_name);
NAMES(check_state, check_name, check_from_name);
NAMES(quality, quality_name, quality_from_name);
NAMES(priority, priority_name, priority_from_name);
NAMES(alarm_state, alarm_state_name, alarm_state_from_name);
NAMES(vital, vital_name, vital_from_name);

#define FIELD(type, member, kind) { #member, kind, offsetof(struct type, member), 0, NULL }
#define TEXT(type, member) { #member, F_TEXT, offsetof(struct type, member), sizeof(((struct type *)0)->member), NULL }
#define NAMED(type, member, table) { #member, F_NAME, offsetof(struct type, member), 0, &table##_names }

static const struct json_field session_fields[] = {
	FIELD(session, id, F_I64),
	TEXT(session, subject),
	TEXT(session, bed),
	TEXT(session, regimen),
	NAMED(session, phase, phase),
	FIELD(session, started, F_MS),
	FIELD(session, phase_since, F_MS),
	FIELD(session, dosing_since, F_MS),
	FIELD(session, ended, F_MS),
	FIELD(session, here_since, F_MS),
	FIELD(session, aborted, F_BOOL),
	{ "weight_g", F_I32, offsetof(struct session, plan.weight_g), 0, NULL },
	{ "dose_ug", F_I32, offsetof(struct session, plan.dose_ug), 0, NULL },
	{ "volume_ul", F_I32, offsetof(struct session, plan.volume_ul), 0, NULL },
	{ "planned_ms", F_I64, offsetof(struct session, plan.planned), 0, NULL },
	{ "dose_started", F_MS, offsetof(struct session, clock.started), 0, NULL },
	{ "running_since", F_MS, offsetof(struct session, clock.running_since), 0, NULL },
	{ "run_ms", F_I64, offsetof(struct session, clock.run), 0, NULL },
	{ "clock_unverified", F_BOOL, offsetof(struct session, clock.unverified), 0, NULL },
	FIELD(session, relative_in_force, F_BOOL),
	FIELD(session, limits_reviewed, F_BOOL),
	NAMED(session, gate, gate_state),
	FIELD(session, checklist_answered, F_BOOL),
	FIELD(session, checklist_done, F_U32),
	FIELD(session, recheck_due, F_MS),
};

static const struct json_field cuff_fields[] = {
	FIELD(cuff_record, measured_at, F_MS),
	NAMED(cuff_record, phase, phase),
	NAMED(cuff_record, quality, quality),
	FIELD(cuff_record, manual, F_BOOL),
	TEXT(cuff_record, key),
	TEXT(cuff_record, device),
	FIELD(cuff_record, systolic_milli, F_I32),
	FIELD(cuff_record, diastolic_milli, F_I32),
	FIELD(cuff_record, mean_milli, F_I32),
	FIELD(cuff_record, pulse_milli, F_I32),
};

static const struct json_field check_fields[] = {
	FIELD(check, due, F_MS),
	NAMED(check, state, check_state),
	NAMED(check, phase, phase),
};

static const struct json_field alarm_fields[] = {
	FIELD(alarm, id, F_I64),
	FIELD(alarm, session, F_I64),
	NAMED(alarm, state, alarm_state),
	NAMED(alarm, priority, priority),
	NAMED(alarm, peak, priority),
	NAMED(alarm, peak_unanswered, priority),
	FIELD(alarm, revision, F_I32),
	FIELD(alarm, worse_revision, F_I32),
	FIELD(alarm, started, F_MS),
	FIELD(alarm, ended, F_MS),
	FIELD(alarm, sounded, F_MS),
	FIELD(alarm, medium_since, F_MS),
	FIELD(alarm, acknowledged, F_BOOL),
	FIELD(alarm, acknowledged_at, F_MS),
	TEXT(alarm, acknowledged_by),
	TEXT(alarm, acknowledge_note),
	FIELD(alarm, reminded, F_MS),
	FIELD(alarm, escalated, F_BOOL),
	FIELD(alarm, audio_pauses, F_I32),
	FIELD(alarm, returns, F_I32),
	FIELD(alarm, standing, F_BOOL),
	FIELD(alarm, settled, F_BOOL),
	TEXT(alarm, sentence),
};

static const struct json_field condition_fields[] = {
	NAMED(condition, priority, priority),
	FIELD(condition, since, F_MS),
	FIELD(condition, value_milli, F_I32),
	FIELD(condition, limit_milli, F_I32),
	FIELD(condition, measured_at, F_MS),
	FIELD(condition, at_the_end, F_BOOL),
	FIELD(condition, signal_lost, F_BOOL),
};

static const struct json_field seen_fields[] = {
	FIELD(alarm_seen, revision, F_I32),
	NAMED(alarm_seen, vital, vital),
	FIELD(alarm_seen, value_milli, F_I32),
};

#define COUNT_OF(table) (sizeof(table) / sizeof((table)[0]))

/* An instant, or null for one that is not known. */
static json_t *
instant_to_json(int64_t ms)
{
	return ms == INT64_MIN ? json_null() : json_integer(ms);
}

static json_t *
field_to_json(const struct json_field *field, const void *from)
{
	const void *at = (const char *)from + field->offset;

	switch (field->type) {
	case F_BOOL:
		return json_boolean(*(const bool *)at);
	case F_I32:
		return json_integer(*(const int32_t *)at);
	case F_U32:
		return json_integer(*(const uint32_t *)at);
	case F_I64:
		return json_integer(*(const int64_t *)at);
	case F_SIZE:
		return json_integer((json_int_t) * (const size_t *)at);
	case F_MS:
		return instant_to_json(*(const int64_t *)at);
	case F_TEXT:
		return json_string(at);
	case F_NAME:
		return json_string(field->names->name(*(const int *)at));
	}
	return NULL;
}

static json_t *
to_object(const struct json_field *fields, size_t count, const void *from)
{
	json_t *object = json_object();

	for (size_t i = 0; i < count; i++)
		json_object_set_new(object, fields[i].key, field_to_json(&fields[i], from));
	return object;
}

static json_t *
limits_to_json(const struct limits *limits)
{
	json_t *object = json_object();

	for (int vital = 0; vital < VITAL_COUNT; vital++)
		for (int side = 0; side < SIDE_COUNT; side++)
			for (int tier = 0; tier < TIER_COUNT; tier++) {
				const struct limit *limit = &limits->at[vital][side][tier];
				char key[64];

				if (!limit->set)
					continue;
				limit_key_to_text((enum vital)vital, (enum side)side, (enum tier)tier, key);
				json_object_set_new(object, key, json_integer(limit->milli));
			}
	return object;
}

static json_t *
offs_to_json(const struct session *session)
{
	json_t *list = json_array();

	for (size_t i = 0; i < session->off_count; i++) {
		char name[64];

		condition_id_to_text(&session->offs[i].id, name);
		json_array_append_new(list, json_pack("{s:s, s:s}", "device", session->offs[i].device, "condition", name));
	}
	return list;
}

static json_t *
list_to_json(const struct json_field *fields, size_t field_count, const void *items, size_t size, size_t count)
{
	json_t *list = json_array();

	for (size_t i = 0; i < count; i++)
		json_array_append_new(list, to_object(fields, field_count, (const char *)items + i * size));
	return list;
}

json_t *
session_to_json(const struct session *session)
{
	json_t *object = to_object(session_fields, COUNT_OF(session_fields), session);
	json_t *devices = json_array(), *baseline = json_object();

	for (size_t i = 0; i < session->device_count; i++)
		json_array_append_new(devices, json_string(session->devices[i]));
	for (int vital = 0; vital < VITAL_COUNT; vital++)
		if (session->baseline[vital].set)
			json_object_set_new(baseline, vital_info((enum vital)vital)->name,
			    json_integer(session->baseline[vital].milli));
	json_object_set_new(object, "devices", devices);
	json_object_set_new(object, "baseline", baseline);
	json_object_set_new(object, "limits", limits_to_json(&session->limits));
	json_object_set_new(object, "offs", offs_to_json(session));
	json_object_set_new(object, "cuffs", list_to_json(cuff_fields, COUNT_OF(cuff_fields), session->cuffs,
						 sizeof(session->cuffs[0]), session->cuff_count));
	json_object_set_new(object, "checks", list_to_json(check_fields, COUNT_OF(check_fields), session->checks,
						  sizeof(session->checks[0]), session->check_count));
	return object;
}

static json_t *
values_to_json(const int32_t values[VITAL_COUNT][SIDE_COUNT])
{
	json_t *object = json_object();

	for (int vital = 0; vital < VITAL_COUNT; vital++)
		for (int side = 0; side < SIDE_COUNT; side++) {
			char key[64];

			if (values[vital][side] == ALARM_NO_VALUE)
				continue;
			snprintf(key, sizeof(key), "%s.%s", vital_info((enum vital)vital)->name, side_name((enum side)side));
			json_object_set_new(object, key, json_integer(values[vital][side]));
		}
	return object;
}

static json_t *
conditions_to_json(const struct alarm *alarm)
{
	json_t *list = json_array();

	for (size_t i = 0; i < alarm->condition_count; i++) {
		json_t *object = to_object(condition_fields, COUNT_OF(condition_fields), &alarm->conditions[i]);
		char name[64];

		condition_id_to_text(&alarm->conditions[i].id, name);
		json_object_set_new(object, "name", json_string(name));
		json_array_append_new(list, object);
	}
	return list;
}

json_t *
alarm_to_json(const struct alarm *alarm)
{
	json_t *object = to_object(alarm_fields, COUNT_OF(alarm_fields), alarm);
	json_t *returned = json_array();
	char group[64];

	alarm_group_to_text(&alarm->group, group);
	for (size_t i = 0; i < COUNT_OF(alarm->returned); i++)
		json_array_append_new(returned, instant_to_json(alarm->returned[i].ms));
	json_object_set_new(object, "group", json_string(group));
	json_object_set_new(object, "returned", returned);
	json_object_set_new(object, "worst", values_to_json(alarm->worst_milli));
	json_object_set_new(object, "heard", values_to_json(alarm->heard_milli));
	json_object_set_new(object, "seen",
	    list_to_json(seen_fields, COUNT_OF(seen_fields), alarm->seen, sizeof(alarm->seen[0]), ALARM_SEEN));
	json_object_set_new(object, "conditions", conditions_to_json(alarm));
	return object;
}

char *
event_body_to_text(const struct event *event)
{
	json_t *body;
	char *text;

	if (event->session == NULL && event->alarm == NULL)
		return strdup("");
	body = json_object();
	if (event->session != NULL)
		json_object_set_new(body, "session", session_to_json(event->session));
	if (event->alarm != NULL)
		json_object_set_new(body, "alarm", alarm_to_json(event->alarm));
	text = json_dumps(body, JSON_COMPACT | JSON_SORT_KEYS);
	json_decref(body);
	return text;
}

static bool
is_between(json_int_t value, int64_t low, int64_t high)
{
	return value >= low && value <= high;
}

/* Takes one value over; false when it has the wrong type or does not fit. */
static bool
field_from_json(const struct json_field *field, const json_t *value, void *to)
{
	void *at = (char *)to + field->offset;
	json_int_t number = json_integer_value(value);

	switch (field->type) {
	case F_BOOL:
		*(bool *)at = json_is_true(value);
		return json_is_boolean(value);
	case F_I32:
		*(int32_t *)at = (int32_t)number;
		return json_is_integer(value) && is_between(number, INT32_MIN, INT32_MAX);
	case F_U32:
		*(uint32_t *)at = (uint32_t)number;
		return json_is_integer(value) && is_between(number, 0, UINT32_MAX);
	case F_SIZE:
		*(size_t *)at = (size_t)number;
		return json_is_integer(value) && number >= 0;
	case F_I64:
		*(int64_t *)at = number;
		return json_is_integer(value);
	case F_MS:
		*(int64_t *)at = json_is_null(value) ? INT64_MIN : number;
		return json_is_integer(value) || json_is_null(value);
	case F_TEXT:
		if (!json_is_string(value) || json_string_length(value) >= field->cap)
			return false;
		memcpy(at, json_string_value(value), json_string_length(value) + 1);
		return true;
	case F_NAME:
		return json_is_string(value) && field->names->find(json_string_value(value), at);
	}
	return false;
}

static struct outcome
from_object(const struct json_field *fields, size_t count, const json_t *object, void *to)
{
	for (size_t i = 0; i < count; i++) {
		const json_t *value = json_object_get(object, fields[i].key);

		if (value != NULL && !field_from_json(&fields[i], value, to))
			return outcome_fail("'%s' has no value that fits", fields[i].key);
	}
	return outcome_ok();
}

static struct outcome
list_from_json(const struct json_field *fields, size_t field_count, const json_t *list, void *items, size_t size,
    size_t cap, size_t *ret_count)
{
	struct outcome read = outcome_ok();
	size_t index;
	json_t *item;

	if (list == NULL)
		return read;
	if (json_array_size(list) > cap)
		return outcome_fail("a list holds more than %zu items", cap);
	json_array_foreach(list, index, item)
	{
		read = from_object(fields, field_count, item, (char *)items + index * size);
		if (!read.ok)
			return read;
	}
	*ret_count = json_array_size(list);
	return read;
}

static struct outcome
limits_from_json(const json_t *object, struct limits *limits)
{
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)object, key, value)
	{
		enum vital vital;
		enum side side;
		enum tier tier;
		struct outcome read = limit_key_from_text(key, &vital, &side, &tier);

		if (!read.ok)
			return read;
		if (!json_is_integer(value) || !is_between(json_integer_value(value), INT32_MIN, INT32_MAX))
			return outcome_fail("limit '%s' is no number", key);
		limits->at[vital][side][tier] = (struct limit){ true, (int32_t)json_integer_value(value) };
	}
	return outcome_ok();
}

static struct outcome
baseline_from_json(const json_t *object, struct limit baseline[VITAL_COUNT])
{
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)object, key, value)
	{
		enum vital vital;

		if (!vital_from_name(key, &vital) || !json_is_integer(value))
			return outcome_fail("baseline '%s' is not known", key);
		baseline[vital] = (struct limit){ true, (int32_t)json_integer_value(value) };
	}
	return outcome_ok();
}

static struct outcome
offs_from_json(const json_t *list, struct session *session)
{
	size_t index;
	json_t *item;

	json_array_foreach(list, index, item)
	{
		const char *device, *condition;
		struct alarm_off *off = &session->offs[session->off_count];

		if (session->off_count == SESSION_OFFS ||
		    json_unpack(item, "{s:s, s:s}", "device", &device, "condition", &condition) != 0 ||
		    !condition_id_from_text(condition, &off->id))
			return outcome_fail("an alarm that was turned off is not known");
		snprintf(off->device, sizeof(off->device), "%s", device);
		session->off_count++;
	}
	return outcome_ok();
}

static struct outcome
devices_from_json(const json_t *list, struct session *session)
{
	size_t index;
	json_t *item;

	json_array_foreach(list, index, item)
	{
		if (index >= SESSION_DEVICES || !json_is_string(item))
			return outcome_fail("the list of devices is wrong");
		snprintf(session->devices[index], NAME_CAP, "%s", json_string_value(item));
		session->device_count = index + 1;
	}
	return outcome_ok();
}

static struct outcome
session_from_json(const json_t *object, struct session *session)
{
	struct outcome read;

	*session = (struct session){
		.started = INSTANT_UNKNOWN,
		.phase_since = INSTANT_UNKNOWN,
		.dosing_since = INSTANT_UNKNOWN,
		.ended = INSTANT_UNKNOWN,
		.here_since = INSTANT_UNKNOWN,
		.recheck_due = INSTANT_UNKNOWN,
		.clock = { .started = INSTANT_UNKNOWN, .running_since = INSTANT_UNKNOWN },
	};
	read = from_object(session_fields, COUNT_OF(session_fields), object, session);
	if (read.ok)
		read = devices_from_json(json_object_get(object, "devices"), session);
	if (read.ok)
		read = baseline_from_json(json_object_get(object, "baseline"), session->baseline);
	if (read.ok)
		read = limits_from_json(json_object_get(object, "limits"), &session->limits);
	if (read.ok)
		read = offs_from_json(json_object_get(object, "offs"), session);
	if (read.ok)
		read = list_from_json(cuff_fields, COUNT_OF(cuff_fields), json_object_get(object, "cuffs"), session->cuffs,
		    sizeof(session->cuffs[0]), SESSION_CUFFS, &session->cuff_count);
	if (read.ok)
		read = list_from_json(check_fields, COUNT_OF(check_fields), json_object_get(object, "checks"), session->checks,
		    sizeof(session->checks[0]), SESSION_CHECKS, &session->check_count);
	return outcome_within(read, "session");
}

static struct outcome
values_from_json(const json_t *object, int32_t values[VITAL_COUNT][SIDE_COUNT])
{
	for (int vital = 0; vital < VITAL_COUNT; vital++)
		for (int side = 0; side < SIDE_COUNT; side++) {
			char key[64];
			const json_t *value;

			snprintf(key, sizeof(key), "%s.%s", vital_info((enum vital)vital)->name, side_name((enum side)side));
			value = json_object_get(object, key);
			values[vital][side] = json_is_integer(value) ? (int32_t)json_integer_value(value) : ALARM_NO_VALUE;
		}
	return outcome_ok();
}

static struct outcome
conditions_from_json(const json_t *list, struct alarm *alarm)
{
	size_t index;
	json_t *item;

	json_array_foreach(list, index, item)
	{
		struct condition *condition = &alarm->conditions[alarm->condition_count];
		const char *name = json_string_value(json_object_get(item, "name"));
		struct outcome read;

		if (alarm->condition_count == ALARM_CONDITIONS || name == NULL || !condition_id_from_text(name, &condition->id))
			return outcome_fail("condition '%.40s' is not known", name != NULL ? name : "");
		read = from_object(condition_fields, COUNT_OF(condition_fields), item, condition);
		if (!read.ok)
			return read;
		alarm->condition_count++;
	}
	return outcome_ok();
}

static struct outcome
alarm_from_json(const json_t *object, struct alarm *alarm)
{
	const char *group = json_string_value(json_object_get(object, "group"));
	size_t seen = 0, index;
	struct outcome read;
	json_t *item;

	*alarm = (struct alarm){
		.ended = INSTANT_UNKNOWN,
		.acknowledged_at = INSTANT_UNKNOWN,
		.medium_since = INSTANT_UNKNOWN,
		.returned = { INSTANT_UNKNOWN, INSTANT_UNKNOWN, INSTANT_UNKNOWN, INSTANT_UNKNOWN },
	};
	if (group == NULL || !alarm_group_from_text(group, &alarm->group))
		return outcome_fail("alarm: group '%.40s' is not known", group != NULL ? group : "");
	read = from_object(alarm_fields, COUNT_OF(alarm_fields), object, alarm);
	values_from_json(json_object_get(object, "worst"), alarm->worst_milli);
	values_from_json(json_object_get(object, "heard"), alarm->heard_milli);
	json_array_foreach(json_object_get(object, "returned"), index, item)
		if (index < COUNT_OF(alarm->returned) && json_is_integer(item))
			alarm->returned[index].ms = json_integer_value(item);
	if (read.ok)
		read = list_from_json(seen_fields, COUNT_OF(seen_fields), json_object_get(object, "seen"), alarm->seen,
		    sizeof(alarm->seen[0]), ALARM_SEEN, &seen);
	if (read.ok)
		read = conditions_from_json(json_object_get(object, "conditions"), alarm);
	return outcome_within(read, "alarm");
}

struct outcome
event_body_from_text(const char *text, struct session *ret_session, bool *ret_has_session, struct alarm *ret_alarm,
    bool *ret_has_alarm)
{
	struct outcome read = outcome_ok();
	const json_t *session, *alarm;
	json_error_t error;
	json_t *body;

	*ret_has_session = *ret_has_alarm = false;
	if (text[0] == '\0')
		return read;
	body = json_loads(text, JSON_REJECT_DUPLICATES, &error);
	if (body == NULL)
		return outcome_fail("this is no JSON: %s at %d", error.text, error.position);
	session = json_object_get(body, "session");
	alarm = json_object_get(body, "alarm");
	if (session != NULL)
		read = session_from_json(session, ret_session);
	if (read.ok && alarm != NULL)
		read = alarm_from_json(alarm, ret_alarm);
	*ret_has_session = read.ok && session != NULL;
	*ret_has_alarm = read.ok && alarm != NULL;
	json_decref(body);
	return read;
}
