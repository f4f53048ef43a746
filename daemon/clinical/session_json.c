/* A session's durable state as JSON and back. */
#include <stdio.h>
#include <string.h>

#include "daemon/clinical/event_json.h"
#include "daemon/clinical/json_fields.h"

static const char *const gate_names[] = {
	[GATE_OPEN] = "open",
	[GATE_DECISION_NEEDED] = "decision_needed",
	[GATE_BLOCKED] = "blocked",
	[GATE_DECIDED] = "decided",
};
static const char *const check_names[] = { [CHECK_DUE] = "due", [CHECK_MET] = "met", [CHECK_MISSED] = "missed" };

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

static const char *
gate_to_name(int gate)
{
	return gate_names[gate];
}

static bool
gate_find_name(const char *name, int *ret_gate)
{
	return find_among(gate_names, sizeof(gate_names) / sizeof(gate_names[0]), name, ret_gate);
}

static const char *
check_to_name(int state)
{
	return check_names[state];
}

static bool
check_find_name(const char *name, int *ret_state)
{
	return find_among(check_names, sizeof(check_names) / sizeof(check_names[0]), name, ret_state);
}

static const char *
quality_to_name(int quality)
{
	return quality_name((enum quality)quality);
}

static bool
quality_find_name(const char *name, int *ret_quality)
{
	for (int i = QUALITY_ABSENT; i <= QUALITY_GOOD; i++)
		if (strcmp(quality_name((enum quality)i), name) == 0) {
			*ret_quality = i;
			return true;
		}
	return false;
}

static const struct field_names gate_names_table = { gate_to_name, gate_find_name };
static const struct field_names check_names_table = { check_to_name, check_find_name };
static const struct field_names quality_names_table = { quality_to_name, quality_find_name };
FIELD_NAMES(phase, phase_name, phase_from_name);

#define OF_SESSION(key, member, kind) { key, kind, offsetof(struct session, member), 0, NULL }

static const struct field session_fields[] = {
	FIELD_OF(session, id, FIELD_I64),
	FIELD_OF_TEXT(session, subject),
	FIELD_OF_TEXT(session, bed),
	FIELD_OF_TEXT(session, regimen),
	FIELD_OF_NAME(session, phase, phase),
	FIELD_OF(session, started, FIELD_MS),
	FIELD_OF(session, phase_since, FIELD_MS),
	FIELD_OF_NAME(session, phase_before, phase),
	FIELD_OF(session, before_since, FIELD_MS),
	FIELD_OF(session, dosing_since, FIELD_MS),
	FIELD_OF(session, ended, FIELD_MS),
	FIELD_OF(session, here_since, FIELD_MS),
	FIELD_OF(session, aborted, FIELD_BOOL),
	OF_SESSION("weight_g", plan.weight_g, FIELD_I32),
	OF_SESSION("dose_ug", plan.dose_ug, FIELD_I32),
	OF_SESSION("volume_ul", plan.volume_ul, FIELD_I32),
	OF_SESSION("planned_ms", plan.planned, FIELD_I64),
	OF_SESSION("dose_started", clock.started, FIELD_MS),
	OF_SESSION("running_since", clock.running_since, FIELD_MS),
	OF_SESSION("run_ms", clock.run, FIELD_I64),
	OF_SESSION("clock_unverified", clock.unverified, FIELD_BOOL),
	OF_SESSION("first_until", clock.first_until, FIELD_MS),
	FIELD_OF(session, relative_in_force, FIELD_BOOL),
	FIELD_OF(session, limits_reviewed, FIELD_BOOL),
	{ "gate", FIELD_NAME, offsetof(struct session, gate), 0, &gate_names_table },
	FIELD_OF(session, checklist_answered, FIELD_BOOL),
	FIELD_OF(session, checklist_done, FIELD_U32),
	FIELD_OF(session, recheck_due, FIELD_MS),
	FIELD_OF(session, recheck_since, FIELD_MS),
};

static const struct field cuff_fields[] = {
	FIELD_OF(cuff_record, measured_at, FIELD_MS),
	FIELD_OF_NAME(cuff_record, phase, phase),
	{ "quality", FIELD_NAME, offsetof(struct cuff_record, quality), 0, &quality_names_table },
	FIELD_OF(cuff_record, manual, FIELD_BOOL),
	FIELD_OF_TEXT(cuff_record, key),
	FIELD_OF_TEXT(cuff_record, device),
	FIELD_OF(cuff_record, systolic_milli, FIELD_I32),
	FIELD_OF(cuff_record, diastolic_milli, FIELD_I32),
	FIELD_OF(cuff_record, mean_milli, FIELD_I32),
	FIELD_OF(cuff_record, pulse_milli, FIELD_I32),
};

static const struct field check_fields[] = {
	FIELD_OF(check, due, FIELD_MS),
	{ "state", FIELD_NAME, offsetof(struct check, state), 0, &check_names_table },
	FIELD_OF_NAME(check, phase, phase),
};

static const struct field_table session_table = FIELD_TABLE(session_fields, session);
static const struct field_table cuff_table = FIELD_TABLE(cuff_fields, cuff_record);
static const struct field_table check_table = FIELD_TABLE(check_fields, check);

static json_t *
limits_to_json(const struct limits *limits)
{
	json_t *object = json_object();
	char key[64];

	for (int vital = 0; vital < VITAL_COUNT; vital++)
		for (int side = 0; side < SIDE_COUNT; side++)
			for (int tier = 0; tier < TIER_COUNT; tier++) {
				const struct limit *limit = &limits->at[vital][side][tier];

				if (!limit->set)
					continue;
				limit_key_to_text((enum vital)vital, (enum side)side, (enum tier)tier, key);
				json_object_set_new(object, key, json_integer(limit->milli));
			}
	return object;
}

static json_t *
baseline_to_json(const struct limit baseline[VITAL_COUNT])
{
	json_t *object = json_object();

	for (int vital = 0; vital < VITAL_COUNT; vital++)
		if (baseline[vital].set)
			json_object_set_new(object, vital_info((enum vital)vital)->name, json_integer(baseline[vital].milli));
	return object;
}

static json_t *
offs_to_json(const struct session *session)
{
	json_t *list = json_array();
	char name[64];

	for (size_t i = 0; i < session->off_count; i++) {
		json_t *off = json_object();

		condition_id_to_text(&session->offs[i].id, name);
		json_object_set_new(off, "device", fields_text_to_json(session->offs[i].device));
		json_object_set_new(off, "condition", json_string(name));
		json_array_append_new(list, off);
	}
	return list;
}

json_t *
session_to_json(const struct session *session)
{
	json_t *object = fields_to_json(&session_table, session);
	json_t *devices = json_array();

	for (size_t i = 0; i < session->device_count; i++)
		json_array_append_new(devices, fields_text_to_json(session->devices[i]));
	json_object_set_new(object, "devices", devices);
	json_object_set_new(object, "baseline", baseline_to_json(session->baseline));
	json_object_set_new(object, "limits", limits_to_json(&session->limits));
	json_object_set_new(object, "offs", offs_to_json(session));
	json_object_set_new(object, "cuffs", fields_list_to_json(&cuff_table, session->cuffs, session->cuff_count));
	json_object_set_new(object, "checks", fields_list_to_json(&check_table, session->checks, session->check_count));
	return object;
}

static struct outcome
limits_from_json(const json_t *object, struct limits *limits)
{
	struct outcome read = fields_check_object(object, "limits");
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)object, key, value)
	{
		enum vital vital;
		enum side side;
		enum tier tier;
		struct limit limit = { .set = true };

		read = limit_key_from_text(key, &vital, &side, &tier);
		if (read.ok && !fields_i32(value, &limit.milli))
			read = outcome_fail("limit '%.80s' is no number that fits", key);
		if (!read.ok)
			return read;
		limits->at[vital][side][tier] = limit;
	}
	return read;
}

static struct outcome
baseline_from_json(const json_t *object, struct limit baseline[VITAL_COUNT])
{
	struct outcome read = fields_check_object(object, "baseline");
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)object, key, value)
	{
		struct limit limit = { .set = true };
		enum vital vital;

		if (!vital_from_name(key, &vital) || !fields_i32(value, &limit.milli))
			return outcome_fail("baseline '%.80s' is not known or has no value that fits", key);
		baseline[vital] = limit;
	}
	return read;
}

static struct outcome
offs_from_json(const json_t *list, struct session *session)
{
	struct outcome read = fields_check_list(list, "offs", SESSION_OFFS);

	for (size_t i = 0; read.ok && i < json_array_size(list); i++) {
		const json_t *item = json_array_get(list, i);
		const char *condition = json_string_value(json_object_get(item, "condition"));
		struct alarm_off *off = &session->offs[i];

		if (condition == NULL || !condition_id_from_text(condition, &off->id) ||
		    !fields_text(json_object_get(item, "device"), off->device, sizeof(off->device)))
			return outcome_fail("offs: item %zu has no condition or device that is known", i);
		session->off_count = i + 1;
	}
	return read;
}

static struct outcome
devices_from_json(const json_t *list, struct session *session)
{
	struct outcome read = fields_check_list(list, "devices", SESSION_DEVICES);

	for (size_t i = 0; read.ok && i < json_array_size(list); i++) {
		if (!fields_text(json_array_get(list, i), session->devices[i], NAME_CAP))
			return outcome_fail("devices: item %zu is no name", i);
		session->device_count = i + 1;
	}
	return read;
}

static void
clear_session(struct session *session)
{
	*session = (struct session){
		.started = INSTANT_UNKNOWN,
		.phase_since = INSTANT_UNKNOWN,
		.dosing_since = INSTANT_UNKNOWN,
		.ended = INSTANT_UNKNOWN,
		.here_since = INSTANT_UNKNOWN,
		.recheck_due = INSTANT_UNKNOWN,
		.recheck_since = INSTANT_UNKNOWN,
		.before_since = INSTANT_UNKNOWN,
		.clock = { .started = INSTANT_UNKNOWN, .running_since = INSTANT_UNKNOWN, .first_until = INSTANT_UNKNOWN },
	};
}

struct outcome
session_from_json(const json_t *object, struct session *ret_session)
{
	struct session *session = ret_session;
	struct outcome read = fields_check_object(object, "session");

	clear_session(session);
	if (read.ok)
		read = fields_from_json(&session_table, object, session);
	if (read.ok)
		read = devices_from_json(json_object_get(object, "devices"), session);
	if (read.ok)
		read = baseline_from_json(json_object_get(object, "baseline"), session->baseline);
	if (read.ok)
		read = limits_from_json(json_object_get(object, "limits"), &session->limits);
	if (read.ok)
		read = offs_from_json(json_object_get(object, "offs"), session);
	if (read.ok)
		read = fields_list_from_json(&cuff_table, json_object_get(object, "cuffs"), "cuffs", session->cuffs,
		    SESSION_CUFFS, &session->cuff_count);
	if (read.ok)
		read = fields_list_from_json(&check_table, json_object_get(object, "checks"), "checks", session->checks,
		    SESSION_CHECKS, &session->check_count);
	return outcome_within(read, "session");
}
