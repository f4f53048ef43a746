/* A session's chart, out of a session that was put on record by hand. */
#include <check.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/store/query.h"
#include "store_fixture.h"
#include "suite_run.h"

static void
observe(struct fixture *f, int64_t ms, enum vital vital, enum source source, enum quality quality, int32_t milli)
{
	struct observation observation = { .at = fixture_at(ms), .reading_count = 1 };

	observation.readings[0] = (struct reading){ .vital = vital, .source = source, .quality = quality, .milli = milli };
	store_append_observation(f->store, "bed 1", 1, "m1", &observation, false);
}

static void
observe_streams(struct fixture *f)
{
	observe(f, 1000, VITAL_RATE, SOURCE_PLETH, QUALITY_GOOD, 70000);
	observe(f, 1000, VITAL_RATE, SOURCE_ECG, QUALITY_INVALID, 71000);
	observe(f, 5000, VITAL_RATE, SOURCE_PLETH, QUALITY_GOOD, 74000);
	observe(f, 9000, VITAL_RATE, SOURCE_PLETH, QUALITY_GOOD, 72000);
	observe(f, 11000, VITAL_RATE, SOURCE_PLETH, QUALITY_INVALID, 250000);
	observe(f, 15000, VITAL_RATE, SOURCE_PLETH, QUALITY_ABSENT, 0);
	observe(f, 25000, VITAL_SPO2, SOURCE_PLETH, QUALITY_GOOD, 97500);
	observe(f, 41000, VITAL_RATE, SOURCE_PLETH, QUALITY_VERIFY, 80000);
}

static void
tell(struct fixture *f, enum event_type type, const char *who, const char *subject, const char *value, int64_t ms)
{
	struct event event = { .type = type, .at = fixture_at(ms), .session_id = type == EVENT_CONFIGURATION ? 0 : 1 };

	snprintf(event.who.name, sizeof(event.who.name), "%s", who);
	event.who.role = ROLE_NURSE;
	snprintf(event.subject, sizeof(event.subject), "%s", subject);
	snprintf(event.new_value, sizeof(event.new_value), "%s", value);
	snprintf(event.reason, sizeof(event.reason), "%s", who[0] != '\0' ? "calm" : "sensor off");
	store_append_event(f->store, &event);
}

static void
tell_session(struct fixture *f, enum event_type type, struct session *session, int64_t ms)
{
	fixture_tell_session(f, type, session, fixture_at(ms));
}

static void
tell_cuff(struct fixture *f, struct session *session, const struct cuff_record *cuff, int64_t ms)
{
	session_add_cuff(session, cuff);
	tell_session(f, EVENT_CUFF_MEASURED, session, ms);
}

static void
tell_alarm(struct fixture *f)
{
	struct alarm alarm = { .id = 2, .session = 1, .group = { .kind = ALARM_GROUP_OXYGEN }, .state = ALARM_LATCHED,
		.priority = PRIORITY_MEDIUM, .peak = PRIORITY_HIGH, .started = fixture_at(42000), .ended = fixture_at(44000),
		.acknowledged_at = INSTANT_UNKNOWN, .sentence = "SpO2 84, limit 85 (critical low)" };

	fixture_tell_alarm(f, ALARM_LATCH, &alarm, fixture_at(44000));
}

/* Baseline from 0, a cuff, a changed limit; the drug at 50 s, which really started at 45; recovery from 70, discharged at 95. */
static void
fill(struct fixture *f, bool discharged)
{
	struct session session = { .id = 1, .subject = "s", .bed = "bed 1", .regimen = "iv", .phase = PHASE_BASELINE,
		.started = fixture_at(0), .phase_since = fixture_at(0), .dosing_since = INSTANT_UNKNOWN, .ended = INSTANT_UNKNOWN,
		.here_since = fixture_at(0), .recheck_due = INSTANT_UNKNOWN, .recheck_since = INSTANT_UNKNOWN,
		.clock = { .started = INSTANT_UNKNOWN, .running_since = INSTANT_UNKNOWN } };
	struct limit *critical = &session.limits.at[VITAL_SYSTOLIC][SIDE_HIGH][TIER_CRITICAL];

	*critical = (struct limit){ true, 180000 };
	tell(f, EVENT_CONFIGURATION, "", "regimen.iv.relative.systolic.high.critical", "percent 30, amount 40, floor 160", -5000);
	tell_session(f, EVENT_SESSION_STARTED, &session, 0);
	observe_streams(f);
	tell_cuff(f, &session, &(struct cuff_record){ .measured_at = fixture_at(3000), .quality = QUALITY_GOOD,
	    .systolic_milli = 131000, .diastolic_milli = 80000, .mean_milli = 97000, .pulse_milli = ALARM_NO_VALUE }, 4000);
	tell(f, EVENT_CUFF_FAILED, "", "m1", "", 20000);
	tell(f, EVENT_VITAL_UNKNOWN, "", "spo2", "", 35000);
	tell_cuff(f, &session, &(struct cuff_record){ .measured_at = fixture_at(30000), .quality = QUALITY_VERIFY, .manual = true,
	    .systolic_milli = 150500, .diastolic_milli = 90000, .mean_milli = ALARM_NO_VALUE, .pulse_milli = ALARM_NO_VALUE }, 36000);
	critical->milli = 175000;
	tell_session(f, EVENT_LIMIT_CHANGED, &session, 40000);
	session.relative_in_force = true;
	session.baseline[VITAL_SYSTOLIC] = (struct limit){ true, 130000 };
	session.phase = PHASE_INFUSION;
	session.phase_since = session.clock.started = session.clock.running_since = fixture_at(50000);
	tell_session(f, EVENT_DOSE_STARTED, &session, 50000);
	tell(f, EVENT_NOTE, "N-1", "", "", 55000);
	/* What the configuration says from now on is not what held for this patient. */
	tell(f, EVENT_CONFIGURATION, "", "regimen.iv.relative.systolic.high.critical", "none", 58000);
	session.phase_since = session.clock.started = session.clock.running_since = fixture_at(45000);
	tell_session(f, EVENT_CORRECTED, &session, 60000);
	session.phase = PHASE_RECOVERY;
	session.phase_since = fixture_at(70000);
	tell_session(f, EVENT_STOPPED, &session, 70000);
	if (discharged) {
		session.phase = PHASE_DISCHARGED;
		session.phase_since = session.ended = fixture_at(95000);
		tell_session(f, EVENT_DISCHARGED, &session, 95000);
	}
	tell_alarm(f);
	tell(f, EVENT_NOTE, "", "", "", 95000);
	fixture_wait_commit(f, store_put_patient(f->store, "s", "T-0001", fixture_at(0)));
}

static json_t *
chart_of(const struct fixture *f, int64_t step_s)
{
	struct query query = { .kind = QUERY_CHART, .session = 1, .from = INSTANT_UNKNOWN, .to = INSTANT_UNKNOWN, .step_s = step_s };
	const char *type;
	size_t length;
	json_t *json;
	char *text;

	ck_assert_int_eq(query_now(f->path, &query, &type, &text, &length), QUERY_OK);
	json = json_loads(text, 0, NULL);
	ck_assert_ptr_nonnull(json);
	free(text);
	return json;
}

static void
assert_part(const json_t *chart, const char *key, const char *wanted)
{
	char *text = json_dumps(json_object_get(chart, key), JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY | JSON_REAL_PRECISION(12));

	ck_assert_str_eq(text, wanted);
	free(text);
}

static const struct {
	const char *key, *wanted;
} parts[] = {
	{ "session", "1" },
	{ "started", "\"2026-01-02T09:00:00.000Z\"" },
	{ "ended", "\"2026-01-02T09:01:35.000Z\"" },
	{ "until_ms", "95000" },
	{ "step_s", "10" },
	{ "series", "[{\"points\":[[0,70,74,72],[10000,null,null,null],[40000,80,80,80],[50000,null,null,null]],"
		    "\"source\":\"pleth\",\"unit\":\"/min\",\"vital\":\"rate\"},"
		    "{\"points\":[[0,null,null,null],[20000,97.5,97.5,97.5],[30000,null,null,null]],"
		    "\"source\":\"pleth\",\"unit\":\"%\",\"vital\":\"spo2\"}]" },
	{ "cuffs", "[[3000,131,80,97,\"good\",\"cuff\"],[30000,150.5,90,null,\"verify\",\"manual\"]]" },
	{ "failed_cuffs", "[20000]" },
	{ "limits", "[{\"limit\":\"systolic.high.critical\",\"relative\":false,\"side\":\"high\",\"steps\":[[0,180],[40000,175]],"
		    "\"tier\":\"critical\",\"vital\":\"systolic\"},"
		    "{\"limit\":\"systolic.high.critical\",\"relative\":true,\"side\":\"high\",\"steps\":[[50000,169]],"
		    "\"tier\":\"critical\",\"vital\":\"systolic\"}]" },
	{ "phases", "[{\"from_ms\":0,\"phase\":\"baseline\",\"to_ms\":45000},{\"from_ms\":45000,\"phase\":\"infusion\","
		    "\"to_ms\":70000},{\"from_ms\":70000,\"phase\":\"recovery\",\"to_ms\":95000}]" },
	{ "acts", "[{\"alarm\":null,\"change\":\"\",\"reason\":\"calm\",\"role\":\"nurse\",\"t_ms\":55000,\"text\":\"\","
		  "\"type\":\"note\",\"who\":\"N-1\"}]" },
	{ "gaps", "[{\"from_ms\":35000,\"to_ms\":95000,\"vital\":\"spo2\",\"why\":\"sensor off\"}]" },
	{ "alarms", "[{\"acknowledged_by\":\"\",\"acknowledged_ms\":null,\"from_ms\":42000,\"group\":\"oxygen\",\"id\":2,"
		    "\"peak\":\"high\",\"priority\":\"medium\",\"sentence\":\"SpO2 84, limit 85 (critical low)\","
		    "\"state\":\"latched\",\"to_ms\":44000}]" },
};

START_TEST(a_session_is_drawn)
{
	struct fixture f;
	json_t *chart;

	fixture_init(&f);
	fixture_open(&f);
	fill(&f, true);
	chart = chart_of(&f, 0);
	ck_assert_uint_eq(json_object_size(chart), sizeof(parts) / sizeof(parts[0]));
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		assert_part(chart, parts[i].key, parts[i].wanted);
	json_decref(chart);
	fixture_finish(&f);
}
END_TEST

START_TEST(an_open_session_is_drawn_up_to_what_is_on_record)
{
	struct fixture f;
	json_t *chart;

	fixture_init(&f);
	fixture_open(&f);
	fill(&f, false);
	chart = chart_of(&f, 30);
	assert_part(chart, "ended", "null");
	assert_part(chart, "until_ms", "95000");
	assert_part(chart, "gaps", "[{\"from_ms\":35000,\"to_ms\":null,\"vital\":\"spo2\",\"why\":\"sensor off\"}]");
	assert_part(chart, "series", "[{\"points\":[[0,70,74,72],[30000,80,80,80],[60000,null,null,null]],"
				     "\"source\":\"pleth\",\"unit\":\"/min\",\"vital\":\"rate\"},"
				     "{\"points\":[[0,97.5,97.5,97.5],[30000,null,null,null]],"
				     "\"source\":\"pleth\",\"unit\":\"%\",\"vital\":\"spo2\"}]");
	json_decref(chart);
	fixture_finish(&f);
}
END_TEST

/* A day of a second each would be more than anybody draws. */
START_TEST(a_long_session_is_drawn_in_longer_steps)
{
	struct session session = { .id = 1, .subject = "s", .bed = "bed 1", .regimen = "iv", .phase = PHASE_BASELINE,
		.started = fixture_at(0), .phase_since = fixture_at(0), .ended = INSTANT_UNKNOWN };
	struct fixture f;
	json_t *chart;

	fixture_init(&f);
	fixture_open(&f);
	tell_session(&f, EVENT_SESSION_STARTED, &session, 0);
	observe(&f, 0, VITAL_RATE, SOURCE_PLETH, QUALITY_GOOD, 70000);
	observe(&f, 86400000, VITAL_RATE, SOURCE_PLETH, QUALITY_GOOD, 71000);
	fixture_wait_commit(&f, store_put_patient(f.store, "s", "T-0001", fixture_at(0)));
	chart = chart_of(&f, 1);
	assert_part(chart, "step_s", "22");
	assert_part(chart, "series", "[{\"points\":[[0,70,70,70],[22000,null,null,null],[86394000,71,71,71]],"
				     "\"source\":\"pleth\",\"unit\":\"/min\",\"vital\":\"rate\"}]");
	json_decref(chart);
	fixture_finish(&f);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("chart");
	TCase *tests = tcase_create("all");

	tcase_set_timeout(tests, 60);
	tcase_add_test(tests, a_session_is_drawn);
	tcase_add_test(tests, an_open_session_is_drawn_up_to_what_is_on_record);
	tcase_add_test(tests, a_long_session_is_drawn_in_longer_steps);
	suite_add_tcase(suite, tests);
	return suite_run(suite);
}
