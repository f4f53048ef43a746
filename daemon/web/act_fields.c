#include "daemon/web/act_fields.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define COUNT_OF(table) (sizeof(table) / sizeof((table)[0]))

static void *
place_of(const struct act_field *field, struct web_act *act)
{
	return (char *)act + field->offset;
}

static struct outcome
refuse(const struct act_field *field)
{
	return outcome_fail("%s: %s", field->key, field->wanted);
}

static bool
has_control_character(const char *text)
{
	for (; *text != '\0'; text++)
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			return true;
	return false;
}

struct outcome
act_field_text(const char *key, const json_t *value, char *ret_text, size_t cap)
{
	const char *text = json_string_value(value);

	if (text == NULL)
		return outcome_fail("%s: a text is wanted", key);
	if (json_string_length(value) >= cap)
		return outcome_fail("%s: a text of at most %zu bytes is wanted", key, cap - 1);
	if (has_control_character(text))
		return outcome_fail("%s: a text on one line, without control characters, is wanted", key);
	snprintf(ret_text, cap, "%s", text);
	return outcome_ok();
}

static struct outcome
read_text(const struct act_field *field, const json_t *value, struct instant now, struct web_act *act)
{
	(void)now;
	return act_field_text(field->key, value, place_of(field, act), field->cap);
}

/* What is kept as a key somewhere: letters, digits and .-_ only. */
static struct outcome
read_token(const struct act_field *field, const json_t *value, struct instant now, struct web_act *act)
{
	static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-_";
	const char *text = json_string_value(value);

	(void)now;
	if (text == NULL || text[0] == '\0' || json_string_length(value) >= field->cap || text[strspn(text, allowed)] != '\0')
		return outcome_fail("%s: letters, digits, '.', '-' and '_' are wanted, 1 to %zu of them", field->key,
		    field->cap - 1);
	snprintf(place_of(field, act), field->cap, "%s", text);
	return outcome_ok();
}

/* `as` has been read by whoever asks for the person. */
static struct outcome
read_as(const struct act_field *field, const json_t *value, struct instant now, struct web_act *act)
{
	(void)field;
	(void)value;
	(void)now;
	(void)act;
	return outcome_ok();
}

static struct outcome
read_bool(const struct act_field *field, const json_t *value, struct instant now, struct web_act *act)
{
	(void)now;
	if (!json_is_boolean(value))
		return refuse(field);
	*(bool *)place_of(field, act) = json_is_true(value);
	return outcome_ok();
}

static struct outcome
read_milli(const struct act_field *field, const json_t *value, struct instant now, struct web_act *act)
{
	(void)now;
	if (!act_read_milli(value, field->low, field->high, place_of(field, act)))
		return refuse(field);
	return outcome_ok();
}

static bool
is_whole(const json_t *value, int64_t low, int64_t high)
{
	return json_is_integer(value) && json_integer_value(value) >= low && json_integer_value(value) <= high;
}

static struct outcome
read_whole(const struct act_field *field, const json_t *value, struct instant now, struct web_act *act)
{
	(void)now;
	if (!is_whole(value, field->low, field->high))
		return refuse(field);
	*(int32_t *)place_of(field, act) = (int32_t)json_integer_value(value);
	return outcome_ok();
}

static struct outcome
read_seconds(const struct act_field *field, const json_t *value, struct instant now, struct web_act *act)
{
	(void)now;
	if (!is_whole(value, field->low, field->high))
		return refuse(field);
	*(struct duration *)place_of(field, act) = duration_s(json_integer_value(value));
	return outcome_ok();
}

static struct outcome
read_minutes(const struct act_field *field, const json_t *value, struct instant now, struct web_act *act)
{
	(void)now;
	if (!is_whole(value, field->low, field->high))
		return refuse(field);
	*(struct duration *)place_of(field, act) = duration_min(json_integer_value(value));
	return outcome_ok();
}

static struct outcome
read_time(const struct act_field *field, const json_t *value, struct instant now, struct web_act *act)
{
	(void)now;
	if (!json_is_string(value) || !instant_from_iso(json_string_value(value), place_of(field, act)))
		return refuse(field);
	return outcome_ok();
}

/* Seconds before now: right whatever the asker's clock says. */
static struct outcome
read_ago(const struct act_field *field, const json_t *value, struct instant now, struct web_act *act)
{
	if (!is_whole(value, field->low, field->high))
		return refuse(field);
	*(struct instant *)place_of(field, act) = instant_add(now, duration_s(-json_integer_value(value)));
	return outcome_ok();
}

/* R34: {"vital": "spo2", "value": 97} as it stands on the monitor's own screen; null: nothing stands there. */
static struct outcome
read_live(const struct act_field *field, const json_t *value, struct instant now, struct web_act *act)
{
	const char *name = json_string_value(json_object_get(value, "vital"));

	(void)now;
	if (json_is_null(value))
		return outcome_ok();
	if (name == NULL || json_object_size(value) != 2 || !vital_from_name(name, &act->act.live_vital) ||
	    !act_read_milli(json_object_get(value, "value"), field->low, field->high, &act->act.live_milli))
		return refuse(field);
	act->act.confirm_live = true;
	return outcome_ok();
}

static struct outcome
read_limit(const struct act_field *field, const json_t *value, struct instant now, struct web_act *act)
{
	struct outcome read;

	(void)now;
	if (!json_is_string(value))
		return refuse(field);
	read = limit_key_from_text(json_string_value(value), &act->act.vital, &act->act.side, &act->act.tier);
	return outcome_within(read, "%s", field->key);
}

static struct outcome
read_condition(const struct act_field *field, const json_t *value, struct instant now, struct web_act *act)
{
	(void)now;
	if (!json_is_string(value) || !condition_id_from_text(json_string_value(value), &act->act.condition))
		return refuse(field);
	return outcome_ok();
}

static struct outcome
read_correction(const struct act_field *field, const json_t *value, struct instant now, struct web_act *act)
{
	static const char *const names[] = {
		[CORRECT_DOSE_START] = "dose-start", [CORRECT_PAUSE] = "pause", [CORRECT_RESUME] = "resume",
		[CORRECT_STOP] = "stop",
	};

	(void)now;
	for (size_t i = 0; json_is_string(value) && i < COUNT_OF(names); i++)
		if (strcmp(names[i], json_string_value(value)) == 0) {
			act->act.correction = (enum correction)i;
			return outcome_ok();
		}
	return refuse(field);
}

/* Numbers of items as the checklist shows them, from 1. */
static struct outcome
read_items(const struct act_field *field, const json_t *value, struct instant now, struct web_act *act)
{
	uint32_t done = 0;

	(void)now;
	if (!json_is_array(value))
		return refuse(field);
	for (size_t i = 0; i < json_array_size(value); i++) {
		const json_t *item = json_array_get(value, i);

		if (!is_whole(item, 1, CHECKLIST_CAP))
			return refuse(field);
		done |= 1u << (json_integer_value(item) - 1);
	}
	act->act.checklist_done = done;
	return outcome_ok();
}

#define AT(member) offsetof(struct web_act, member)
#define SIZE_OF(member) sizeof(((struct web_act *)0)->member)
#define IN(member) AT(member), SIZE_OF(member)

enum { NEEDED = true, OPTIONAL = false };
enum { WEIGHT_MOST_G = 1000000, POUNDS_MOST = 2500000, DOSE_MOST_UG = 10000000, VOLUME_MOST_UL = 10000000 };
enum { VALUE_MOST = 1000000, MANUAL_MOST = 400000, DAY_S = 86400, RECHECK_MOST_MIN = 240, PAUSE_MOST_S = 3600 };

static const struct act_field common_fields[] = {
	{ "act_id", OPTIONAL, read_token, IN(act.act_id), 0, 0, "" },
	{ "as", OPTIONAL, read_as, 0, 0, 0, 0, "" },
	{ "reason", OPTIONAL, read_text, IN(act.reason), 0, 0, "" },
};
const struct act_form act_common_form = { common_fields, COUNT_OF(common_fields), NULL };

#define WEIGHT_FIELDS                                                                                                  \
	{ "weight_kg", NEEDED, read_milli, IN(act.weight_g), 1, WEIGHT_MOST_G,                                         \
	    "the weight in kg is wanted, with at most three decimals" },                                               \
	    { "weight_lb", NEEDED, read_milli, IN(act.weight_milli_lb), 1, POUNDS_MOST,                                \
		"the weight is wanted in kg and, read again, in lb, with at most three decimals" },                    \
	    { "dose_mg", OPTIONAL, read_milli, IN(act.dose_ug), 1, DOSE_MOST_UG,                                       \
		"the whole dose in mg is wanted, with at most three decimals" },                                       \
	    { "volume_ml", OPTIONAL, read_milli, IN(act.volume_ul), 1, VOLUME_MOST_UL,                                 \
		"the volume of the whole dose in mL is wanted, with at most three decimals" },                         \
	    { "unusual_confirmed", OPTIONAL, read_bool, IN(act.unusual_confirmed), 0, 0, "true or false is wanted" }

#define WHO_FIELDS                                                                                                     \
	{ "regimen", OPTIONAL, read_token, IN(act.regimen), 0, 0, "" },                                                \
	{                                                                                                              \
		"patient", OPTIONAL, read_token, IN(patient), 0, 0, ""                                                 \
	}

static const struct act_field start_fields[] = {
	WEIGHT_FIELDS,
	WHO_FIELDS,
	{ "confirm", NEEDED, read_live, 0, 0, 0, VALUE_MOST,
	    "one value as the monitor's own screen shows it is wanted, {\"vital\": ..., \"value\": ...}, or null with a "
	    "reason" },
};
static const struct act_field preview_fields[] = { WEIGHT_FIELDS, WHO_FIELDS };
static const struct act_field weight_fields[] = { WEIGHT_FIELDS };
static const struct act_field override_fields[] = {
	{ "override", OPTIONAL, read_bool, IN(act.override), 0, 0, "true or false is wanted" },
};
static const struct act_field stop_fields[] = {
	{ "abort", OPTIONAL, read_bool, IN(act.abort), 0, 0, "true or false is wanted" },
};
static const struct act_field checklist_fields[] = {
	{ "items_done", NEEDED, read_items, 0, 0, 0, 0, "a list of the numbers of the items that are done is wanted" },
};
static const struct act_field limit_fields[] = {
	{ "limit", NEEDED, read_limit, 0, 0, 0, 0, "a limit like \"systolic.high.critical\" is wanted" },
	{ "value", NEEDED, read_milli, IN(act.milli), 0, VALUE_MOST, "a number with at most three decimals is wanted" },
};
static const struct act_field manual_fields[] = {
	{ "systolic", NEEDED, read_milli, IN(act.systolic_milli), 0, MANUAL_MOST, "a pressure in mmHg is wanted" },
	{ "diastolic", NEEDED, read_milli, IN(act.diastolic_milli), 0, MANUAL_MOST, "a pressure in mmHg is wanted" },
	{ "mean", OPTIONAL, read_milli, IN(act.mean_milli), 0, MANUAL_MOST, "a pressure in mmHg is wanted" },
	{ "measured_at", OPTIONAL, read_time, IN(act.measured_at), 0, 0, "a time like \"2026-01-02T09:30:00Z\" is wanted" },
	{ "measured_ago_s", OPTIONAL, read_ago, IN(act.measured_at), 0, DAY_S, "whole seconds from 0 to 86400 are wanted" },
};
static const struct act_field correct_fields[] = {
	{ "what", NEEDED, read_correction, 0, 0, 0, 0, "dose-start, pause, resume or stop is wanted" },
	{ "to", OPTIONAL, read_time, IN(act.corrected_to), 0, 0, "a time like \"2026-01-02T09:30:00Z\" is wanted" },
	{ "to_ago_s", OPTIONAL, read_ago, IN(act.corrected_to), 0, DAY_S, "whole seconds from 0 to 86400 are wanted" },
};
static const struct act_field move_fields[] = {
	{ "to_bed", NEEDED, read_text, IN(act.bed), 0, 0, "the name of a bed is wanted" },
};
static const struct act_field acknowledge_fields[] = {
	{ "revision", NEEDED, read_whole, IN(act.revision), 0, INT32_MAX,
	    "the revision of the alarm that was on the screen is wanted" },
	{ "recheck_min", OPTIONAL, read_minutes, IN(act.recheck), 0, RECHECK_MOST_MIN,
	    "whole minutes from 0 to 240 are wanted" },
};
static const struct act_field off_fields[] = {
	{ "condition", NEEDED, read_condition, 0, 0, 0, 0, "a condition like \"lost.spo2\" is wanted" },
};
static const struct act_field pause_fields[] = {
	{ "seconds", OPTIONAL, read_seconds, IN(act.audio_pause), 1, PAUSE_MOST_S, "whole seconds from 1 to 3600 are wanted" },
};

static struct outcome
check_start(const json_t *body, const struct web_act *act)
{
	(void)body;
	if (!act->act.confirm_live && act->act.reason[0] == '\0')
		return outcome_fail("confirm: starting without a value to compare with the monitor's screen needs a reason");
	return outcome_ok();
}

static struct outcome
check_manual(const json_t *body, const struct web_act *act)
{
	(void)act;
	if (json_object_get(body, "measured_at") != NULL && json_object_get(body, "measured_ago_s") != NULL)
		return outcome_fail("measured_ago_s: give either measured_at or measured_ago_s");
	return outcome_ok();
}

static struct outcome
check_correct(const json_t *body, const struct web_act *act)
{
	(void)act;
	if ((json_object_get(body, "to") != NULL) == (json_object_get(body, "to_ago_s") != NULL))
		return outcome_fail("to: give either to or to_ago_s");
	return outcome_ok();
}

static struct outcome
check_note(const json_t *body, const struct web_act *act)
{
	if (json_object_get(body, "reason") != NULL)
		return outcome_fail("reason: a note has a text and no reason");
	return act->act.reason[0] != '\0' ? outcome_ok() : outcome_fail("text: a note needs a text");
}

/* A note's text is what its reason is in the record. */
static const struct act_field note_fields[] = {
	{ "text", NEEDED, read_text, IN(act.reason), 0, 0, "a note needs a text" },
};

static struct outcome
check_sign(const json_t *body, const struct web_act *act)
{
	(void)act;
	if (json_object_get(body, "reason") != NULL)
		return outcome_fail("reason: a signature has a note and no reason");
	return outcome_ok();
}

static const struct act_field sign_fields[] = {
	{ "note", OPTIONAL, read_text, IN(act.reason), 0, 0, "" },
};

#define FORM(fields, check) { fields, COUNT_OF(fields), check }

const struct act_form act_preview_form = FORM(preview_fields, NULL);

const struct act_form act_forms[ACT_KIND_COUNT] = {
	[ACT_START] = FORM(start_fields, check_start),
	[ACT_DOSE] = FORM(override_fields, NULL),
	[ACT_STOP] = FORM(stop_fields, NULL),
	[ACT_DISCHARGE] = FORM(override_fields, NULL),
	[ACT_CHECKLIST] = FORM(checklist_fields, NULL),
	[ACT_WEIGHT] = FORM(weight_fields, NULL),
	[ACT_LIMIT] = FORM(limit_fields, NULL),
	[ACT_MANUAL] = FORM(manual_fields, check_manual),
	[ACT_NOTE] = FORM(note_fields, check_note),
	[ACT_CORRECT] = FORM(correct_fields, check_correct),
	[ACT_MOVE] = FORM(move_fields, NULL),
	[ACT_ACKNOWLEDGE] = FORM(acknowledge_fields, NULL),
	[ACT_ALARM_OFF] = FORM(off_fields, NULL),
	[ACT_PAUSE_AUDIO] = FORM(pause_fields, NULL),
	[ACT_SIGN] = FORM(sign_fields, check_sign),
};
