/* The fake clinic's record: answers in the shapes of the real one's. */
#include "tests/e2e/fake_clinic.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static json_t *
time_json(struct instant at)
{
	char text[INSTANT_TEXT_CAP];

	if (!instant_is_known(at))
		return json_null();
	instant_to_iso(at, text);
	return json_string(text);
}

static json_t *
session_json(const struct fake_clinic *clinic, const struct fake_session *kept)
{
	const struct session *s = &kept->state;
	json_t *signed_at = json_null();
	char signed_by[256] = "";
	int alarms = 0, high = 0, gaps = 0;

	for (size_t i = 0; i < clinic->alarm_count; i++)
		if (clinic->alarms[i].session == s->id) {
			alarms++;
			high += clinic->alarms[i].peak == PRIORITY_HIGH;
		}
	for (size_t i = 0; i < clinic->event_count; i++) {
		const struct fake_event *e = &clinic->events[i];

		gaps += e->session == s->id && e->type == EVENT_VITAL_UNKNOWN;
		if (e->session != s->id || e->type != EVENT_SIGNED)
			continue;
		if (signed_by[0] == '\0')
			signed_at = time_json(e->at);
		snprintf(signed_by + strlen(signed_by), sizeof(signed_by) - strlen(signed_by), "%s%s", signed_by[0] != '\0' ? ", " : "",
		    e->who);
	}
	return json_pack("{s:I, s:s, s:s, s:s, s:s, s:o, s:o, s:o, s:f, s:f, s:b, s:i, s:i, s:i, s:o, s:o}", "id", (json_int_t)s->id,
	    "patient", kept->patient, "bed", s->bed, "regimen", s->regimen, "phase", phase_name(s->phase), "started",
	    time_json(s->started), "dose_started", time_json(s->clock.started), "ended", time_json(s->ended), "weight_kg",
	    s->plan.weight_g / 1000.0, "dose_mg", s->plan.dose_ug / 1000.0, "aborted", s->aborted, "alarms", alarms,
	    "high_alarms", high, "gaps", gaps, "signed_by", signed_by[0] != '\0' ? json_string(signed_by) : json_null(), "signed_at",
	    signed_at);
}

static bool
fits(const char *wanted, const char *have)
{
	return wanted[0] == '\0' || strcmp(wanted, have) == 0;
}

static bool
is_meant(const struct web_query *query, const struct fake_session *kept, const json_t *row)
{
	const bool open = kept->state.phase != PHASE_DISCHARGED, has_sign = json_is_string(json_object_get(row, "signed_by"));
	char id[24];

	snprintf(id, sizeof(id), "%lld", (long long)kept->state.id);
	return fits(query->bed, kept->state.bed) && fits(query->patient, kept->patient) && fits(query->state, open ? "open" : "ended") &&
	       fits(query->gap, json_integer_value(json_object_get(row, "gaps")) > 0 ? "yes" : "no") &&
	       fits(query->unsigned_, has_sign ? "no" : open ? "never" : "yes") &&
	       (strcmp(query->text, id) == 0 || strcasestr(kept->patient, query->text) != NULL ||
		   strcasestr(kept->state.bed, query->text) != NULL || strcasestr(kept->state.regimen, query->text) != NULL);
}

static json_t *
sessions_json(const struct fake_clinic *clinic, const struct web_query *query)
{
	json_t *list = json_array();
	int64_t total = 0;

	for (size_t i = clinic->session_count; i > 0; i--) {
		json_t *row = session_json(clinic, &clinic->sessions[i - 1]);

		if (is_meant(query, &clinic->sessions[i - 1], row) && ++total > query->offset &&
		    (query->limit == 0 || total <= query->offset + query->limit))
			json_array_append(list, row);
		json_decref(row);
	}
	return json_pack("{s:I, s:o}", "total", (json_int_t)total, "sessions", list);
}

static json_t *
events_json(const struct fake_clinic *clinic, int64_t session)
{
	json_t *list = json_array();

	for (size_t i = 0; i < clinic->event_count; i++) {
		const struct fake_event *e = &clinic->events[i];

		if (e->session != session)
			continue;
		json_array_append_new(list, json_pack("{s:I, s:o, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "event",
		    (json_int_t)i + 1, "at", time_json(e->at), "type", event_type_name(e->type), "change",
		    e->type == EVENT_ALARM ? alarm_change_name(e->change) : "", "who", e->who, "role", e->role, "subject",
		    e->subject, "old", e->old_value, "new", e->new_value, "reason", e->reason, "text", e->text));
	}
	return json_pack("{s:o}", "events", list);
}

static json_t *
alarms_json(const struct fake_clinic *clinic, int64_t session)
{
	json_t *list = json_array();
	char group[64];

	for (size_t i = 0; i < clinic->alarm_count; i++) {
		const struct alarm *a = &clinic->alarms[i];

		if (a->session != session)
			continue;
		alarm_group_to_text(&a->group, group);
		json_array_append_new(list, json_pack("{s:I, s:s, s:s, s:s, s:s, s:i, s:o, s:o, s:o, s:s, s:s, s:s}", "id",
		    (json_int_t)a->id, "group", group, "state", alarm_state_name(a->state), "priority",
		    priority_name(a->priority), "peak", priority_name(a->peak), "revision", a->revision, "started",
		    time_json(a->started), "ended", time_json(a->ended), "acknowledged",
		    a->acknowledged ? time_json(a->acknowledged_at) : json_null(), "acknowledged_by", a->acknowledged_by,
		    "note", a->acknowledge_note, "sentence", a->sentence));
	}
	return json_pack("{s:o}", "alarms", list);
}

/* The cuffs of the session's snapshot stand for its readings. */
static json_t *
readings_json(const struct session *session)
{
	json_t *list = json_array();

	for (size_t i = 0; i < session->cuff_count; i++) {
		const struct cuff_record *cuff = &session->cuffs[i];

		json_array_append_new(list, json_pack("{s:i, s:o, s:o, s:s, s:s, s:s, s:s, s:s, s:f, s:s}", "reading",
		    (int)i + 1, "polled", time_json(cuff->measured_at), "measured", time_json(cuff->measured_at), "device",
		    cuff->device, "vital", "systolic", "source", cuff->manual ? "manual" : "cuff", "quality",
		    quality_name(cuff->quality), "doubt", "", "value", cuff->systolic_milli / 1000.0, "cuff", "new"));
	}
	return json_pack("{s:o}", "readings", list);
}

static json_t *
coverage_json(const struct fake_clinic *clinic, int64_t session)
{
	json_t *vitals = json_object();

	for (int i = 0; i < VITAL_COUNT; i++)
		json_object_set_new(vitals, vital_info((enum vital)i)->name, json_array());
	for (size_t i = 0; i < clinic->event_count; i++) {
		const struct fake_event *e = &clinic->events[i];

		if (e->session == session && e->type == EVENT_VITAL_UNKNOWN)
			json_array_append_new(json_object_get(vitals, e->subject),
			    json_pack("{s:o, s:n, s:s}", "from", time_json(e->at), "to", "why", e->reason));
	}
	return json_pack("{s:o, s:[]}", "not_watched", vitals, "nobody_watched");
}

static json_t *
ms_json(struct instant from, struct instant at)
{
	return instant_is_known(at) ? json_integer(at.ms - from.ms) : json_null();
}

/* No streams, and limits and phases as they were at the start. */
static json_t *
chart_json(const struct fake_clinic *clinic, const struct web_query *query, const struct session *s)
{
	json_t *cuffs = json_array(), *alarms = json_array(), *acts = json_array();
	const struct instant until = instant_is_known(s->ended) ? s->ended : fake_now(clinic);
	char group[64];

	for (size_t i = 0; i < s->cuff_count; i++)
		json_array_append_new(cuffs, json_pack("[o, f, f, n, s, s]", ms_json(s->started, s->cuffs[i].measured_at),
		    s->cuffs[i].systolic_milli / 1000.0, s->cuffs[i].diastolic_milli / 1000.0, "good", "cuff"));
	for (size_t i = 0; i < clinic->alarm_count; i++) {
		const struct alarm *a = &clinic->alarms[i];

		if (a->session != s->id)
			continue;
		alarm_group_to_text(&a->group, group);
		json_array_append_new(alarms, json_pack("{s:I, s:o, s:o, s:o, s:s, s:s, s:s, s:s, s:s, s:s}", "id",
		    (json_int_t)a->id, "from_ms", ms_json(s->started, a->started), "to_ms", ms_json(s->started, a->ended),
		    "acknowledged_ms", ms_json(s->started, a->acknowledged_at), "acknowledged_by", a->acknowledged_by, "group",
		    group, "priority", priority_name(a->priority), "peak", priority_name(a->peak), "state",
		    alarm_state_name(a->state), "sentence", a->sentence));
	}
	for (size_t i = 0; i < clinic->event_count; i++) {
		const struct fake_event *e = &clinic->events[i];

		if (e->session == s->id && e->who[0] != '\0')
			json_array_append_new(acts, json_pack("{s:o, s:s, s:s, s:s, s:s, s:s, s:s, s:n}", "t_ms",
			    ms_json(s->started, e->at), "type", event_type_name(e->type), "change", "", "text", e->text, "who",
			    e->who, "role", e->role, "reason", e->reason, "alarm"));
	}
	return json_pack("{s:I, s:o, s:o, s:o, s:I, s:[], s:o, s:[], s:[], s:[{s:s, s:i, s:n}], s:o, s:o, s:[]}", "session",
	    (json_int_t)s->id, "started", time_json(s->started), "ended", time_json(s->ended), "until_ms",
	    ms_json(s->started, until), "step_s", (json_int_t)(query->step_s > 0 ? query->step_s : 10), "series", "cuffs",
	    cuffs, "failed_cuffs", "limits", "phases", "phase", phase_name(PHASE_BASELINE), "from_ms", 0, "to_ms", "acts", acts,
	    "alarms", alarms, "gaps");
}

static json_t *
of_session_json(const struct fake_clinic *clinic, const struct web_query *query, const struct fake_session *kept)
{
	switch (query->kind) {
	case WEB_QUERY_EVENTS:
		return events_json(clinic, query->session);
	case WEB_QUERY_ALARMS:
		return alarms_json(clinic, query->session);
	case WEB_QUERY_READINGS:
		return readings_json(&kept->state);
	case WEB_QUERY_CHART:
		return chart_json(clinic, query, &kept->state);
	case WEB_QUERY_COVERAGE:
		return coverage_json(clinic, query->session);
	default:
		return session_json(clinic, kept);
	}
}

static char *
csv_of(const struct fake_session *kept)
{
	char *text = NULL;
	size_t length;
	FILE *out = open_memstream(&text, &length);

	fprintf(out, "record,time,session,patient\r\ntotal,,%" PRId64 ",%s\r\n", kept->state.id, kept->patient);
	fclose(out);
	return text;
}

static const struct fake_session *
find_session(const struct fake_clinic *clinic, int64_t id)
{
	for (size_t i = 0; i < clinic->session_count; i++)
		if (clinic->sessions[i].state.id == id)
			return &clinic->sessions[i];
	return NULL;
}

int
fake_query(struct fake_clinic *clinic, const struct web_query *query, const char **ret_type, char **ret_text)
{
	const struct fake_session *kept = find_session(clinic, query->session);
	json_t *body;

	*ret_type = "application/json";
	if (query->kind == WEB_QUERY_VERIFY && query->head[0] != '\0' && strchr(query->head, ':') == NULL) {
		*ret_text = strdup("the kept head is none: SEQ:HEX is wanted");
		return 422;
	}
	if (query->kind == WEB_QUERY_SESSIONS) {
		body = sessions_json(clinic, query);
	} else if (query->kind == WEB_QUERY_VERIFY) {
		body = json_pack("{s:b, s:s, s:I, s:i, s:s}", "sound", 1, "finding", "sound", "events",
		    (json_int_t)clinic->event_count, "readings", 0, "head", "0:00");
	} else if (kept == NULL) {
		*ret_text = strdup("there is no such session");
		return 404;
	} else if (query->kind == WEB_QUERY_EXPORT_CSV) {
		*ret_type = "text/csv; charset=utf-8";
		*ret_text = csv_of(kept);
		return 200;
	} else {
		body = of_session_json(clinic, query, kept);
	}
	*ret_text = json_dumps(body, JSON_COMPACT | JSON_REAL_PRECISION(12));
	json_decref(body);
	return 200;
}
