/* A bed's frame: banner, vitals with their limits, devices, alarms, what a
 * person may do now. */
#include "daemon/web/frame.h"

#include <string.h>

static const char *const state_names[VITAL_STATE_COUNT] = {
	[VITAL_UNKNOWN] = "unknown", [VITAL_FRESH] = "fresh", [VITAL_AGEING] = "ageing", [VITAL_STALE] = "stale",
	[VITAL_OFF] = "off",
};

/* How a page shows a value: as it is, grey, or not at all (R1, R3, R5). */
static const char *
way_to_show(const struct vital_view *view)
{
	if (!view->has_value || view->state == VITAL_OFF)
		return "none";
	if (view->state == VITAL_STALE || view->state == VITAL_UNKNOWN || view->age_unknown ||
	    !quality_has_value(view->quality))
		return "grey";
	return "value";
}

static void
write_limit(struct json_out *out, enum vital vital, enum side side, enum tier tier, bool relative, int32_t milli)
{
	struct condition_id id = { CONDITION_LIMIT, vital, side, tier, relative };
	char name[64];

	condition_id_to_text(&id, name);
	json_out_object(out, NULL);
	json_out_word(out, "condition", name);
	json_out_word(out, "side", side_name(side));
	json_out_word(out, "tier", tier_name(tier));
	json_out_bool(out, "relative", relative);
	json_out_milli(out, "value", milli);
	json_out_end_object(out);
}

static void
write_limits(struct json_out *out, const struct watch *watch, enum vital vital)
{
	json_out_list(out, "limits");
	for (int side = 0; side < SIDE_COUNT; side++)
		for (int tier = 0; tier < TIER_COUNT; tier++)
			for (int relative = 0; relative < 2; relative++) {
				struct limit limit = watch_limit(watch, vital, (enum side)side, (enum tier)tier, relative != 0);

				if (limit.set)
					write_limit(out, vital, (enum side)side, (enum tier)tier, relative != 0, limit.milli);
			}
	json_out_end_list(out);
}

static void
write_vital(struct json_out *out, const struct watch *watch, enum vital vital, struct instant now)
{
	const struct vital_info *info = vital_info(vital);
	struct vital_view view = watch_vital(watch, vital, now);
	char text[16];

	json_out_object(out, NULL);
	json_out_word(out, "vital", info->name);
	json_out_word(out, "label", info->label);
	json_out_word(out, "unit", info->unit);
	json_out_word(out, "state", state_names[view.state]);
	json_out_word(out, "show", way_to_show(&view));
	json_out_word(out, "quality", quality_name(view.quality));
	json_out_text_or_null(out, "doubt", doubt_text(view.doubt));
	if (view.has_value) {
		milli_to_text(view.milli, text, sizeof(text));
		json_out_word(out, "text", text);
		json_out_milli(out, "value", view.milli);
		json_out_word(out, "source", source_name(view.source));
	} else {
		json_out_null(out, "text");
		json_out_null(out, "value");
		json_out_null(out, "source");
	}
	json_out_instant(out, "measured_at", view.measured_at);
	json_out_ms_between(out, "age_ms", view.measured_at, now);
	json_out_bool(out, "age_unknown", view.age_unknown);
	json_out_bool(out, "required", view.required);
	json_out_text_or_null(out, "device", view.device);
	write_limits(out, watch, vital);
	json_out_end_object(out);
}

static void
write_gives(struct json_out *out, const struct watch_device *device)
{
	json_out_list(out, "gives");
	for (int vital = 0; vital < VITAL_COUNT; vital++) {
		bool gives = false;

		for (int source = 0; source < SOURCE_COUNT; source++)
			gives = gives || device->gives[vital][source];
		if (gives)
			json_out_word(out, NULL, vital_info((enum vital)vital)->name);
	}
	json_out_end_list(out);
}

static void
write_device(struct json_out *out, const struct device_view *view, const struct web_link *link, struct instant now)
{
	json_out_object(out, NULL);
	json_out_text(out, "device", view->device->name);
	json_out_text(out, "label", view->device->label);
	json_out_bool(out, "answers", view->answers);
	json_out_bool(out, "measuring", view->measuring);
	json_out_bool(out, "may_start_cuff", view->device->may_start_cuff);
	json_out_ms_between(out, "answered_ago_ms", view->answered, now);
	json_out_text_or_null(out, "reason", view->reason);
	json_out_int(out, "cadence_ms", view->device->cadence.ms);
	json_out_object(out, "link");
	json_out_text_or_null(out, "state", link->state);
	json_out_text_or_null(out, "reason", link->reason);
	json_out_ms_between(out, "for_ms", link->since, now);
	json_out_end_object(out);
	write_gives(out, view->device);
	json_out_end_object(out);
}

static void
write_allowed(struct json_out *out, const struct watch *watch)
{
	json_out_list(out, "allowed");
	for (int kind = 0; kind < ACT_KIND_COUNT; kind++) {
		/* What an alarm allows stands with the alarm. */
		if (kind == ACT_ACKNOWLEDGE || kind == ACT_ALARM_OFF)
			continue;
		if (kind == ACT_RESUME_AUDIO && !instant_is_known(watch_audio_paused_until(watch)))
			continue;
		/* Without a session there is nothing else to aim an act at. */
		if (kind != ACT_START && watch_session(watch)->id == 0)
			continue;
		if (watch_allows(watch, (enum act_kind)kind))
			json_out_word(out, NULL, act_kind_name((enum act_kind)kind));
	}
	json_out_end_list(out);
}

enum priority
frame_worst(const struct watch *watch, bool sounding_only)
{
	enum priority worst = PRIORITY_NONE;

	for (size_t i = 0; i < watch_alarm_count(watch); i++) {
		const struct alarm *alarm = watch_alarm_at(watch, i);

		if (alarm->state != ALARM_ACTIVE || (sounding_only && !watch_alarm_sounds(watch, alarm)))
			continue;
		worst = alarm->priority > worst ? alarm->priority : worst;
	}
	return worst;
}

static void
write_summary(struct json_out *out, const struct web_bed *bed)
{
	const struct session *session = watch_session(bed->watch);
	bool watched = phase_is_watched(session->phase);

	json_out_text(out, "bed", bed->name);
	json_out_text(out, "label", bed->label);
	json_out_bool(out, "watched", watched);
	json_out_text(out, "banner", watched ? NULL : "NO SESSION: LIMITS OFF");
	json_out_word(out, "worst", priority_name(frame_worst(bed->watch, false)));
	json_out_word(out, "sounds", priority_name(frame_worst(bed->watch, true)));
}

void
frame_bed_brief(struct json_out *out, const struct web_bed *bed)
{
	const struct session *session = watch_session(bed->watch);

	json_out_object(out, NULL);
	write_summary(out, bed);
	json_out_word(out, "phase", phase_name(session->phase));
	if (session->id != 0)
		json_out_int(out, "session", session->id);
	else
		json_out_null(out, "session");
	json_out_int(out, "open_alarms", (int64_t)watch_alarm_count(bed->watch));
	json_out_end_object(out);
}

void
frame_bed(struct json_out *out, const char *key, const struct web_bed *bed, const struct web_station *station)
{
	const struct watch *watch = bed->watch;
	const struct instant now = station->now, paused_until = watch_audio_paused_until(watch);
	const bool paused = instant_is_known(paused_until) && instant_before(now, paused_until);

	json_out_object(out, key);
	json_out_word(out, "type", "bed");
	json_out_instant(out, "at", now);
	write_summary(out, bed);
	frame_not_watching(out, bed, station);
	frame_session(out, bed, station);
	json_out_list(out, "vitals");
	for (int vital = 0; vital < VITAL_COUNT; vital++)
		write_vital(out, watch, (enum vital)vital, now);
	json_out_end_list(out);
	json_out_list(out, "devices");
	for (size_t i = 0; i < watch_device_count(watch); i++) {
		struct device_view view = watch_device_at(watch, i);

		write_device(out, &view, &bed->links[i], now);
	}
	json_out_end_list(out);
	json_out_list(out, "alarms");
	for (size_t i = 0; i < watch_alarm_count(watch); i++)
		frame_alarm(out, watch_alarm_at(watch, i), bed, station);
	json_out_end_list(out);
	json_out_bool(out, "audio_paused", paused);
	json_out_ms_between(out, "audio_pause_left_ms", now, paused ? paused_until : INSTANT_UNKNOWN);
	write_allowed(out, watch);
	json_out_end_object(out);
}
