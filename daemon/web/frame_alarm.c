/* Alarms of a bed or of the program as the API says them, and the lines of
 * what is not being watched (R19). */
#include "daemon/web/frame.h"

#include <stdio.h>
#include <string.h>

static bool
kind_has_value(enum condition_kind kind)
{
	return kind == CONDITION_LIMIT || kind == CONDITION_TREND;
}

static void
write_condition(struct json_out *out, const struct condition *condition, struct instant now, bool may_turn_off)
{
	char name[64];

	condition_id_to_text(&condition->id, name);
	json_out_object(out, NULL);
	json_out_word(out, "condition", name);
	json_out_word(out, "priority", priority_name(condition->priority));
	json_out_ms_between(out, "age_ms", condition->since, now);
	if (kind_has_value(condition->id.kind)) {
		json_out_milli(out, "value", condition->value_milli);
		json_out_milli(out, "limit", condition->limit_milli);
		json_out_word(out, "unit", vital_info(condition->id.vital)->unit);
	} else {
		json_out_null(out, "value");
		json_out_null(out, "limit");
		json_out_null(out, "unit");
	}
	json_out_ms_between(out, "measured_ago_ms", kind_has_value(condition->id.kind) ? condition->measured_at
											 : INSTANT_UNKNOWN, now);
	json_out_bool(out, "at_the_end", condition->at_the_end);
	json_out_bool(out, "signal_lost", condition->signal_lost);
	json_out_bool(out, "may_turn_off", may_turn_off);
	json_out_end_object(out);
}

/* R37: the worst value toward each side, "systolic.high": 184. */
static void
write_worst_values(struct json_out *out, const struct alarm *alarm)
{
	char key[64];

	json_out_object(out, "worst_values");
	for (int vital = 0; vital < VITAL_COUNT; vital++)
		for (int side = 0; side < SIDE_COUNT; side++) {
			if (alarm->worst_milli[vital][side] == ALARM_NO_VALUE)
				continue;
			snprintf(key, sizeof(key), "%s.%s", vital_info((enum vital)vital)->name, side_name((enum side)side));
			json_out_milli(out, key, alarm->worst_milli[vital][side]);
		}
	json_out_end_object(out);
}

static bool
may_be_acknowledged(const struct alarm *alarm, const struct web_bed *bed)
{
	if (bed != NULL && !watch_allows(bed->watch, ACT_ACKNOWLEDGE))
		return false;
	return alarm->state == ALARM_LATCHED || (alarm->state == ALARM_ACTIVE && !alarm->acknowledged);
}

static bool
may_turn_off(const struct alarm *alarm, size_t condition, const struct web_bed *bed)
{
	return bed != NULL && watch_may_turn_off(bed->watch, alarm, &alarm->conditions[condition].id);
}

static bool
may_turn_any_off(const struct alarm *alarm, const struct web_bed *bed)
{
	for (size_t i = 0; i < alarm->condition_count; i++)
		if (may_turn_off(alarm, i, bed))
			return true;
	return false;
}

static void
write_allowed(struct json_out *out, const struct alarm *alarm, const struct web_bed *bed)
{
	json_out_list(out, "allowed");
	if (may_be_acknowledged(alarm, bed))
		json_out_word(out, NULL, act_kind_name(ACT_ACKNOWLEDGE));
	if (may_turn_any_off(alarm, bed))
		json_out_word(out, NULL, act_kind_name(ACT_ALARM_OFF));
	json_out_end_list(out);
}

static void
write_acknowledgement(struct json_out *out, const struct alarm *alarm, struct instant now)
{
	json_out_bool(out, "acknowledged", alarm->acknowledged);
	json_out_text_or_null(out, "acknowledged_by", alarm->acknowledged_by);
	json_out_ms_between(out, "acknowledged_ago_ms", alarm->acknowledged_at, now);
	json_out_text_or_null(out, "doing", alarm->acknowledge_note);
}

/* The program's own alarms sound until they are acknowledged; a bed's by R29. */
static bool
sounds(const struct alarm *alarm, const struct web_bed *bed)
{
	if (bed != NULL)
		return watch_alarm_sounds(bed->watch, alarm);
	return alarm->state == ALARM_ACTIVE && !alarm->acknowledged;
}

void
frame_alarm(struct json_out *out, const struct alarm *alarm, const struct web_bed *bed, const struct web_station *station)
{
	const struct instant now = station->now;
	char group[64];

	alarm_group_to_text(&alarm->group, group);
	json_out_object(out, NULL);
	json_out_int(out, "id", alarm->id);
	json_out_text(out, "bed", bed != NULL ? bed->name : NULL);
	json_out_text(out, "group", group);
	json_out_word(out, "state", alarm_state_name(alarm->state));
	json_out_word(out, "priority", priority_name(alarm->priority));
	json_out_word(out, "peak", priority_name(alarm->peak));
	json_out_text(out, "sentence", alarm->sentence);
	json_out_int(out, "revision", alarm->revision);
	json_out_instant(out, "started", alarm->started);
	json_out_ms_between(out, "age_ms", alarm->started, now);
	json_out_ms_between(out, "ended_ago_ms", alarm->state == ALARM_ACTIVE ? INSTANT_UNKNOWN : alarm->ended, now);
	write_acknowledgement(out, alarm, now);
	json_out_bool(out, "sounds", sounds(alarm, bed));
	json_out_bool(out, "escalated", alarm->escalated);
	json_out_bool(out, "standing", alarm->standing);
	write_worst_values(out, alarm);
	json_out_list(out, "conditions");
	for (size_t i = 0; i < alarm->condition_count; i++)
		write_condition(out, &alarm->conditions[i], now, may_turn_off(alarm, i, bed));
	json_out_end_list(out);
	write_allowed(out, alarm, bed);
	json_out_end_object(out);
}

/* One thing that is not watched. */
struct unwatched {
	const char *what, *reason;
	struct instant since;
};

static struct device_view
device_named(const struct watch *watch, const char *name)
{
	for (size_t i = 0; i < watch_device_count(watch); i++) {
		struct device_view view = watch_device_at(watch, i);

		if (strcmp(view.device->name, name) == 0)
			return view;
	}
	/* A moved session's alarm may name a device that stayed behind. */
	return (struct device_view){ .reason = "" };
}

static const char *
lost_reason(const struct vital_view *view, const struct device_view *device, char *text, size_t cap)
{
	if (device->device != NULL && !device->answers)
		snprintf(text, cap, "%s", device->reason[0] != '\0' ? device->reason : "monitor does not answer");
	else if (view->doubt != DOUBT_NONE)
		snprintf(text, cap, "%s", doubt_text(view->doubt));
	else
		snprintf(text, cap, "no value");
	return text;
}

/* False for a condition that says nothing about watching. */
static bool
find_unwatched(const struct watch *watch, const struct alarm *alarm, const struct condition *condition,
    struct instant now, char *reason, size_t cap, struct unwatched *ret_found)
{
	const struct vital_view view = watch_vital(watch, condition->id.vital, now);
	const struct device_view device = device_named(watch, alarm->group.device);
	const struct session *session = watch_session(watch);
	const struct cuff_record *cuff = session_latest_cuff_of(session, VITAL_SYSTOLIC);
	struct unwatched found = { .since = condition->since, .reason = reason };

	switch (condition->id.kind) {
	case CONDITION_SILENT:
		found.what = alarm->group.device;
		snprintf(reason, cap, "%s", device.reason[0] != '\0' ? device.reason : "monitor does not answer");
		break;
	case CONDITION_LOST:
		found.what = vital_info(condition->id.vital)->name;
		found.since = instant_is_known(view.measured_at) ? view.measured_at : condition->since;
		lost_reason(&view, &device, reason, cap);
		break;
	case CONDITION_NO_SOURCE:
		found.what = vital_info(condition->id.vital)->name;
		snprintf(reason, cap, "no monitor of this bed gives it");
		break;
	case CONDITION_OVERDUE:
		found.what = vital_group_name(GROUP_PRESSURE);
		found.since = cuff != NULL ? instant_later(cuff->measured_at, session->phase_since) : session->phase_since;
		snprintf(reason, cap, "no new cuff measurement");
		break;
	default:
		return false;
	}
	*ret_found = found;
	return true;
}

static void
write_unwatched(struct json_out *out, const struct web_bed *bed, const struct web_station *station,
    const struct unwatched *unwatched)
{
	char clock[INSTANT_TEXT_CAP], line[SENTENCE_CAP];

	instant_to_clock(unwatched->since, station->utc_offset_min, clock);
	snprintf(line, sizeof(line), "NOT WATCHING %s at %s since %s: %s", unwatched->what, bed->name, clock,
	    unwatched->reason);
	json_out_object(out, NULL);
	json_out_text(out, "what", unwatched->what);
	json_out_text(out, "reason", unwatched->reason);
	json_out_instant(out, "since", unwatched->since);
	json_out_ms_between(out, "for_ms", unwatched->since, station->now);
	json_out_text(out, "line", line);
	json_out_end_object(out);
}

void
frame_not_watching(struct json_out *out, const struct web_bed *bed, const struct web_station *station)
{
	char reason[128];
	struct unwatched unwatched;

	json_out_list(out, "not_watching");
	for (size_t i = 0; i < watch_alarm_count(bed->watch); i++) {
		const struct alarm *alarm = watch_alarm_at(bed->watch, i);

		for (size_t c = 0; alarm->state == ALARM_ACTIVE && c < alarm->condition_count; c++)
			if (find_unwatched(bed->watch, alarm, &alarm->conditions[c], station->now, reason, sizeof(reason),
				&unwatched))
				write_unwatched(out, bed, station, &unwatched);
	}
	json_out_end_list(out);
}
