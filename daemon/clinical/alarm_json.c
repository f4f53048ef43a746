/* The whole state of one alarm as JSON and back. */
#include <stdio.h>
#include <string.h>

#include "daemon/clinical/event_json.h"
#include "daemon/clinical/json_fields.h"

static const char *
vital_name(enum vital vital)
{
	return vital_info(vital)->name;
}

FIELD_NAMES(priority, priority_name, priority_from_name);
FIELD_NAMES(alarm_state, alarm_state_name, alarm_state_from_name);
FIELD_NAMES(vital, vital_name, vital_from_name);

static const struct field alarm_fields[] = {
	FIELD_OF(alarm, id, FIELD_I64),
	FIELD_OF(alarm, session, FIELD_I64),
	FIELD_OF_NAME(alarm, state, alarm_state),
	FIELD_OF_NAME(alarm, priority, priority),
	FIELD_OF_NAME(alarm, peak, priority),
	FIELD_OF_NAME(alarm, peak_unanswered, priority),
	FIELD_OF(alarm, revision, FIELD_I32),
	FIELD_OF(alarm, worse_revision, FIELD_I32),
	FIELD_OF(alarm, started, FIELD_MS),
	FIELD_OF(alarm, ended, FIELD_MS),
	FIELD_OF(alarm, sounded, FIELD_MS),
	FIELD_OF(alarm, medium_since, FIELD_MS),
	FIELD_OF(alarm, acknowledged, FIELD_BOOL),
	FIELD_OF(alarm, acknowledged_at, FIELD_MS),
	FIELD_OF_TEXT(alarm, acknowledged_by),
	FIELD_OF_TEXT(alarm, acknowledge_note),
	FIELD_OF(alarm, reminded, FIELD_MS),
	FIELD_OF(alarm, escalated, FIELD_BOOL),
	FIELD_OF(alarm, audio_pauses, FIELD_I32),
	FIELD_OF(alarm, returns, FIELD_I32),
	FIELD_OF(alarm, standing, FIELD_BOOL),
	FIELD_OF(alarm, settled, FIELD_BOOL),
	FIELD_OF_TEXT(alarm, sentence),
};

static const struct field condition_fields[] = {
	FIELD_OF_NAME(condition, priority, priority),
	FIELD_OF(condition, since, FIELD_MS),
	FIELD_OF(condition, value_milli, FIELD_I32),
	FIELD_OF(condition, limit_milli, FIELD_I32),
	FIELD_OF(condition, measured_at, FIELD_MS),
	FIELD_OF(condition, at_the_end, FIELD_BOOL),
	FIELD_OF(condition, signal_lost, FIELD_BOOL),
};

static const struct field seen_fields[] = {
	FIELD_OF(alarm_seen, revision, FIELD_I32),
	FIELD_OF_NAME(alarm_seen, vital, vital),
	FIELD_OF(alarm_seen, value_milli, FIELD_I32),
};

static const struct field_table alarm_table = FIELD_TABLE(alarm_fields, alarm);
static const struct field_table condition_table = FIELD_TABLE(condition_fields, condition);
static const struct field_table seen_table = FIELD_TABLE(seen_fields, alarm_seen);

enum { VALUE_KEY_CAP = 64, RETURNED = sizeof(((struct alarm *)0)->returned) / sizeof(struct instant) };

/* "systolic.high": a value of a vital toward a side. */
static void
value_key(int vital, int side, char key[static VALUE_KEY_CAP])
{
	snprintf(key, VALUE_KEY_CAP, "%s.%s", vital_name((enum vital)vital), side_name((enum side)side));
}

static json_t *
values_to_json(const int32_t values[VITAL_COUNT][SIDE_COUNT])
{
	json_t *object = json_object();
	char key[VALUE_KEY_CAP];

	for (int vital = 0; vital < VITAL_COUNT; vital++)
		for (int side = 0; side < SIDE_COUNT; side++) {
			if (values[vital][side] == ALARM_NO_VALUE)
				continue;
			value_key(vital, side, key);
			json_object_set_new(object, key, json_integer(values[vital][side]));
		}
	return object;
}

static json_t *
conditions_to_json(const struct alarm *alarm)
{
	json_t *list = json_array();
	char name[64];

	for (size_t i = 0; i < alarm->condition_count; i++) {
		json_t *object = fields_to_json(&condition_table, &alarm->conditions[i]);

		condition_id_to_text(&alarm->conditions[i].id, name);
		json_object_set_new(object, "name", json_string(name));
		json_array_append_new(list, object);
	}
	return list;
}

json_t *
alarm_to_json(const struct alarm *alarm)
{
	json_t *object = fields_to_json(&alarm_table, alarm);
	json_t *returned = json_array();
	char group[64];

	alarm_group_to_text(&alarm->group, group);
	for (size_t i = 0; i < RETURNED; i++)
		json_array_append_new(returned, fields_ms_to_json(alarm->returned[i].ms));
	json_object_set_new(object, "group", fields_text_to_json(group));
	json_object_set_new(object, "returned", returned);
	json_object_set_new(object, "worst", values_to_json(alarm->worst_milli));
	json_object_set_new(object, "heard", values_to_json(alarm->heard_milli));
	json_object_set_new(object, "seen", fields_list_to_json(&seen_table, alarm->seen, ALARM_SEEN));
	json_object_set_new(object, "conditions", conditions_to_json(alarm));
	return object;
}

static struct outcome
values_from_json(const json_t *object, const char *name, int32_t values[VITAL_COUNT][SIDE_COUNT])
{
	struct outcome read = fields_check_object(object, name);
	char key[VALUE_KEY_CAP];
	size_t used = 0;

	for (int vital = 0; vital < VITAL_COUNT; vital++)
		for (int side = 0; side < SIDE_COUNT; side++) {
			const json_t *value;

			value_key(vital, side, key);
			value = json_object_get(object, key);
			values[vital][side] = ALARM_NO_VALUE;
			if (value != NULL && !fields_i32(value, &values[vital][side]))
				return outcome_fail("%s: '%s' has no value that fits", name, key);
			used += value != NULL;
		}
	if (read.ok && used != json_object_size(object))
		return outcome_fail("%s holds a vital that is not known", name);
	return read;
}

static struct outcome
conditions_from_json(const json_t *list, struct alarm *alarm)
{
	struct outcome read = fields_list_from_json(&condition_table, list, "conditions", alarm->conditions,
	    ALARM_CONDITIONS, &alarm->condition_count);

	for (size_t i = 0; read.ok && i < alarm->condition_count; i++) {
		const char *name = json_string_value(json_object_get(json_array_get(list, i), "name"));

		if (name == NULL || !condition_id_from_text(name, &alarm->conditions[i].id))
			return outcome_fail("condition '%.80s' is not known", name != NULL ? name : "");
	}
	return read;
}

static struct outcome
returned_from_json(const json_t *list, struct alarm *alarm)
{
	struct outcome read = fields_check_list(list, "returned", RETURNED);

	for (size_t i = 0; read.ok && i < json_array_size(list); i++)
		if (!fields_ms(json_array_get(list, i), &alarm->returned[i].ms))
			return outcome_fail("returned: item %zu is no time", i);
	return read;
}

static struct outcome
group_from_json(const json_t *object, struct alarm_group *group)
{
	const char *text = json_string_value(json_object_get(object, "group"));

	if (text == NULL || !alarm_group_from_text(text, group))
		return outcome_fail("group '%.80s' is not known", text != NULL ? text : "");
	return outcome_ok();
}

static void
clear_alarm(struct alarm *alarm)
{
	*alarm = (struct alarm){
		.started = INSTANT_UNKNOWN,
		.ended = INSTANT_UNKNOWN,
		.sounded = INSTANT_UNKNOWN,
		.medium_since = INSTANT_UNKNOWN,
		.acknowledged_at = INSTANT_UNKNOWN,
		.reminded = INSTANT_UNKNOWN,
	};
	for (size_t i = 0; i < RETURNED; i++)
		alarm->returned[i] = INSTANT_UNKNOWN;
}

struct outcome
alarm_from_json(const json_t *object, struct alarm *ret_alarm)
{
	struct alarm *alarm = ret_alarm;
	struct outcome read = fields_check_object(object, "alarm");
	size_t seen;

	clear_alarm(alarm);
	if (read.ok)
		read = group_from_json(object, &alarm->group);
	if (read.ok)
		read = fields_from_json(&alarm_table, object, alarm);
	if (read.ok)
		read = values_from_json(json_object_get(object, "worst"), "worst", alarm->worst_milli);
	if (read.ok)
		read = values_from_json(json_object_get(object, "heard"), "heard", alarm->heard_milli);
	if (read.ok)
		read = returned_from_json(json_object_get(object, "returned"), alarm);
	if (read.ok)
		read = fields_list_from_json(&seen_table, json_object_get(object, "seen"), "seen", alarm->seen, ALARM_SEEN, &seen);
	if (read.ok)
		read = conditions_from_json(json_object_get(object, "conditions"), alarm);
	return outcome_within(read, "alarm");
}
