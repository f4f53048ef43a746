/* The vocabulary's names, one table per enum: what the record, the API, the
 * configuration and the scenarios call things. A name is stored, never a number,
 * so an enum may grow in the middle. */
#include <stdio.h>
#include <string.h>

#include "daemon/clinical/event.h"

#define COUNT_OF(table) (sizeof(table) / sizeof((table)[0]))

static const char *const side_names[] = { "low", "high" };
static const char *const tier_names[] = { "advisory", "critical" };
static const char *const priority_names[] = { "none", "low", "medium", "high" };
static const char *const state_names[] = { "active", "latched", "over" };
static const char *const role_names[] = { "viewer", "nurse", "prescriber", "admin", "engineer" };
static const char *const roles_in_words[] = { "a viewer", "a nurse", "a prescriber", "an admin", "an engineer" };

static const char *const phase_names[PHASE_COUNT] = {
	[PHASE_NONE] = "none",     [PHASE_BASELINE] = "baseline", [PHASE_INFUSION] = "infusion",
	[PHASE_PAUSED] = "paused", [PHASE_RECOVERY] = "recovery", [PHASE_DISCHARGED] = "discharged",
};

static const char *const change_names[ALARM_CHANGE_COUNT] = {
	[ALARM_START] = "start",   [ALARM_RAISE] = "raise",       [ALARM_LOWER] = "lower",
	[ALARM_JOIN] = "join",     [ALARM_LEAVE] = "leave",       [ALARM_UPDATE] = "update",
	[ALARM_END] = "end",       [ALARM_LATCH] = "latch",       [ALARM_RETURN] = "return",
	[ALARM_ACKNOWLEDGE] = "ack", [ALARM_RESET] = "reset",     [ALARM_RESOUND] = "resound",
	[ALARM_ESCALATE] = "escalate", [ALARM_REMIND] = "remind", [ALARM_CLOSE] = "close",
};

static const char *const group_names[] = {
	[ALARM_GROUP_PRESSURE] = "pressure",   [ALARM_GROUP_RATE] = "rate", [ALARM_GROUP_OXYGEN] = "oxygen",
	[ALARM_GROUP_BREATHING] = "breathing", [ALARM_GROUP_TECHNICAL] = "technical",
	[ALARM_GROUP_BED] = "bed", [ALARM_GROUP_DOSE] = "dose", [ALARM_GROUP_STATION] = "station",
};

static const char *const act_names[ACT_KIND_COUNT] = {
	[ACT_START] = "start",           [ACT_DECIDE] = "decide",
	[ACT_REVIEW] = "review",         [ACT_DOSE] = "dose",
	[ACT_PAUSE] = "pause",           [ACT_RESUME] = "resume",
	[ACT_STOP] = "stop",             [ACT_DISCHARGE] = "discharge",
	[ACT_CHECKLIST] = "checklist",   [ACT_WEIGHT] = "weight",
	[ACT_LIMIT] = "limit",           [ACT_MANUAL] = "reading",
	[ACT_NOTE] = "note",             [ACT_CORRECT] = "correct",
	[ACT_CONFIRM_GAP] = "confirm-gap", [ACT_CONFIRM_TIME] = "confirm-time",
	[ACT_MOVE] = "move",             [ACT_ACKNOWLEDGE] = "acknowledge",
	[ACT_PAUSE_AUDIO] = "pause-audio", [ACT_RESUME_AUDIO] = "resume-audio",
	[ACT_ALARM_OFF] = "off",           [ACT_SIGN] = "sign",
	[ACT_CUFF_START] = "cuff-start", [ACT_CUFF_CANCEL] = "cuff-cancel",
};

static const char *const event_names[EVENT_TYPE_COUNT] = {
	[EVENT_SESSION_STARTED] = "session_started",
	[EVENT_GATE_DECIDED] = "gate_decided",
	[EVENT_LIMITS_REVIEWED] = "limits_reviewed",
	[EVENT_BASELINE_SET] = "baseline_set",
	[EVENT_DOSE_STARTED] = "dose_started",
	[EVENT_PAUSED] = "paused",
	[EVENT_RESUMED] = "resumed",
	[EVENT_STOPPED] = "stopped",
	[EVENT_ABORTED] = "aborted",
	[EVENT_DISCHARGED] = "discharged",
	[EVENT_CHECKLIST] = "checklist",
	[EVENT_WEIGHT_CHANGED] = "weight_changed",
	[EVENT_LIMIT_CHANGED] = "limit_changed",
	[EVENT_CUFF_MEASURED] = "cuff_measured",
	[EVENT_CUFF_FAILED] = "cuff_failed",
	[EVENT_CHECK_MET] = "check_met",
	[EVENT_CHECK_MISSED] = "check_missed",
	[EVENT_NOTE] = "note",
	[EVENT_CORRECTED] = "corrected",
	[EVENT_GAP_CONFIRMED] = "gap_confirmed",
	[EVENT_TIME_CONFIRMED] = "time_confirmed",
	[EVENT_MOVED] = "moved",
	[EVENT_ALARM] = "alarm",
	[EVENT_AUDIO_PAUSED] = "audio_paused",
	[EVENT_AUDIO_RESUMED] = "audio_resumed",
	[EVENT_ALARM_OFF] = "alarm_off",
	[EVENT_VITAL_KNOWN] = "vital_known",
	[EVENT_VITAL_UNKNOWN] = "vital_unknown",
	[EVENT_DEVICE_STATE] = "device_state",
	[EVENT_PROGRAM_STARTED] = "program_started",
	[EVENT_PROGRAM_STOPPED] = "program_stopped",
	[EVENT_CLOCK_STEPPED] = "clock_stepped",
	[EVENT_CONFIGURATION] = "configuration",
	[EVENT_READINGS] = "readings",
	[EVENT_ACCOUNT] = "account",
	[EVENT_CUFF_STARTED] = "cuff_started",
	[EVENT_CONSOLE] = "console",
	[EVENT_SIGNED] = "signed",
	[EVENT_IDENTITY_REMOVED] = "identity_removed",
	[EVENT_RECORD_GAP] = "record_gap",
};

static bool
find_name(const char *const *names, size_t count, const char *name, int *ret_index)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(names[i], name) == 0) {
			*ret_index = (int)i;
			return true;
		}
	}
	return false;
}

const char *
side_name(enum side side)
{
	return side_names[side];
}

const char *
tier_name(enum tier tier)
{
	return tier_names[tier];
}

const char *
priority_name(enum priority priority)
{
	return priority_names[priority];
}

bool
priority_from_name(const char *name, enum priority *ret_priority)
{
	int index;

	if (!find_name(priority_names, COUNT_OF(priority_names), name, &index))
		return false;
	*ret_priority = (enum priority)index;
	return true;
}

const char *
alarm_state_name(enum alarm_state state)
{
	return state_names[state];
}

bool
alarm_state_from_name(const char *name, enum alarm_state *ret_state)
{
	int index;

	if (!find_name(state_names, COUNT_OF(state_names), name, &index))
		return false;
	*ret_state = (enum alarm_state)index;
	return true;
}

const char *
alarm_change_name(enum alarm_change change)
{
	return change_names[change];
}

bool
alarm_change_from_name(const char *name, enum alarm_change *ret_change)
{
	int index;

	if (!find_name(change_names, ALARM_CHANGE_COUNT, name, &index))
		return false;
	*ret_change = (enum alarm_change)index;
	return true;
}

const char *
phase_name(enum phase phase)
{
	return phase_names[phase];
}

bool
phase_from_name(const char *name, enum phase *ret_phase)
{
	int index;

	if (!find_name(phase_names, PHASE_COUNT, name, &index))
		return false;
	*ret_phase = (enum phase)index;
	return true;
}

const char *
role_name(enum role role)
{
	return role_names[role];
}

const char *
role_words(enum role role)
{
	return roles_in_words[role];
}

bool
role_from_name(const char *name, enum role *ret_role)
{
	int index;

	if (!find_name(role_names, ROLE_COUNT, name, &index))
		return false;
	*ret_role = (enum role)index;
	return true;
}

const char *
act_kind_name(enum act_kind kind)
{
	return act_names[kind];
}

bool
act_kind_from_name(const char *name, enum act_kind *ret_kind)
{
	int index;

	if (!find_name(act_names, ACT_KIND_COUNT, name, &index))
		return false;
	*ret_kind = (enum act_kind)index;
	return true;
}

const char *
event_type_name(enum event_type type)
{
	return event_names[type];
}

bool
event_type_from_name(const char *name, enum event_type *ret_type)
{
	int index;

	if (!find_name(event_names, EVENT_TYPE_COUNT, name, &index))
		return false;
	*ret_type = (enum event_type)index;
	return true;
}

void
alarm_group_to_text(const struct alarm_group *group, char text[static 64])
{
	if (group->device[0] != '\0')
		snprintf(text, 64, "%s:%s", group_names[group->kind], group->device);
	else
		snprintf(text, 64, "%s", group_names[group->kind]);
}

bool
alarm_group_from_text(const char *text, struct alarm_group *ret_group)
{
	const char *colon = strchr(text, ':');
	size_t length = colon != NULL ? (size_t)(colon - text) : strlen(text);

	if (colon != NULL && strlen(colon + 1) >= NAME_CAP)
		return false;
	for (size_t i = 0; i < COUNT_OF(group_names); i++) {
		if (strlen(group_names[i]) != length || strncmp(group_names[i], text, length) != 0)
			continue;
		*ret_group = (struct alarm_group){ .kind = (enum alarm_group_kind)i };
		if (colon != NULL)
			snprintf(ret_group->device, NAME_CAP, "%s", colon + 1);
		return true;
	}
	return false;
}

bool
alarm_group_equal(const struct alarm_group *a, const struct alarm_group *b)
{
	return a->kind == b->kind && strcmp(a->device, b->device) == 0;
}

bool
alarm_group_is_physiological(enum alarm_group_kind kind)
{
	return kind <= ALARM_GROUP_BREATHING;
}
