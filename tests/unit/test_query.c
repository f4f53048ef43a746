/* What pages are told of the record, and the CSV of a session read back by a
 * reader of its own. */
#include <check.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/report/csv.h"
#include "daemon/store/query.h"
#include "store_fixture.h"
#include "suite_run.h"

static void
open_filled(struct fixture *f)
{
	struct session second = { .id = 7, .subject = "other", .bed = "bed 2", .regimen = "im-ketamine", .phase = PHASE_INFUSION,
		.started = fixture_at(3600000), .ended = INSTANT_UNKNOWN, .clock = { .started = INSTANT_UNKNOWN } };

	fixture_init(f);
	fixture_open(f);
	fixture_fill(f, true);
	store_put_patient(f->store, "other", "T-0002", fixture_at(0));
	fixture_wait_commit(f, fixture_tell_session(f, EVENT_SESSION_STARTED, &second, fixture_at(3600000)));
}

static struct query
ask_for(enum query_kind kind, int64_t session)
{
	return (struct query){ .kind = kind, .session = session, .from = INSTANT_UNKNOWN, .to = INSTANT_UNKNOWN };
}

static json_t *
answer_of(const struct fixture *f, const struct query *query)
{
	const char *type;
	json_error_t error;
	size_t length;
	char *text;
	json_t *json;

	ck_assert_int_eq(query_now(f->path, query, &type, &text, &length), QUERY_OK);
	ck_assert_str_eq(type, "application/json");
	ck_assert_uint_eq(length, strlen(text));
	json = json_loads(text, 0, &error);
	ck_assert_msg(json != NULL, "%s in %s", error.text, text);
	free(text);
	return json;
}

/* "7 1 ": the ids of the sessions that are found. */
static void
assert_sessions(const struct fixture *f, const struct query *query, const char *ids)
{
	json_t *json = answer_of(f, query), *session;
	char found[64] = "";
	size_t index;

	json_array_foreach(json_object_get(json, "sessions"), index, session)
		snprintf(found + strlen(found), sizeof(found) - strlen(found), "%d ", (int)json_integer_value(json_object_get(session, "id")));
	ck_assert_str_eq(found, ids);
	json_decref(json);
}

START_TEST(sessions_are_filtered)
{
	struct query query = ask_for(QUERY_SESSIONS, 0);
	struct fixture f;

	open_filled(&f);
	assert_sessions(&f, &query, "7 1 ");
	query.limit = 1;
	assert_sessions(&f, &query, "7 ");
	query.offset = 1;
	assert_sessions(&f, &query, "1 ");
	query = ask_for(QUERY_SESSIONS, 0);
	strcpy(query.bed, "bed 2");
	assert_sessions(&f, &query, "7 ");
	query.bed[0] = '\0';
	strcpy(query.patient, "T-0001");
	assert_sessions(&f, &query, "1 ");
	query.patient[0] = '\0';
	strcpy(query.regimen, "im-ketamine");
	assert_sessions(&f, &query, "7 ");
	query.regimen[0] = '\0';
	strcpy(query.state, "open");
	assert_sessions(&f, &query, "7 ");
	strcpy(query.state, "ended");
	assert_sessions(&f, &query, "1 ");
	query.state[0] = '\0';
	query.from = fixture_at(1);
	assert_sessions(&f, &query, "7 ");
	query.from = fixture_at(0);
	assert_sessions(&f, &query, "7 1 ");
	query.to = fixture_at(3600000);
	assert_sessions(&f, &query, "1 ");
	fixture_finish(&f);
}
END_TEST

/* Session 1 has ended and session 7 has not; what was not watched, and who signed, is told before. */
static const struct {
	const char *gap, *no_sign, *text, *ids;
} text_filters[] = {
	{ "", "", "t-0001", "1 " }, { "", "", "BED", "7 1 " }, { "", "", "bed 2", "7 " }, { "", "", "ketamine", "7 1 " }, { "", "", "7", "7 " },
	{ "", "", "1", "1 " }, { "", "", "%", "" }, { "", "", "_", "" }, { "", "", "' OR 1 --", "" }, { "yes", "", "", "7 " },
	{ "no", "", "", "1 " }, { "", "yes", "", "" }, { "", "no", "", "1 " }, { "yes", "no", "", "" }, { "no", "no", "T-0001", "1 " },
};

START_TEST(sessions_are_found_by_gap_signature_and_text)
{
	struct event sign = { .type = EVENT_SIGNED, .at = fixture_at(20000), .session_id = 1, .who = { "A-1", ROLE_ADMIN } };
	struct event unknown = { .type = EVENT_VITAL_UNKNOWN, .at = fixture_at(20000), .session_id = 7, .subject = "spo2" };
	struct query query = ask_for(QUERY_SESSIONS, 0);
	struct fixture f;
	json_t *json;

	open_filled(&f);
	strcpy(query.unsigned_, "yes");
	assert_sessions(&f, &query, "1 ");
	store_append_event(f.store, &unknown);
	fixture_wait_commit(&f, store_append_event(f.store, &sign));
	strcpy(query.gap, text_filters[_i].gap);
	strcpy(query.unsigned_, text_filters[_i].no_sign);
	strcpy(query.text, text_filters[_i].text);
	assert_sessions(&f, &query, text_filters[_i].ids);
	query.limit = 1;
	json = answer_of(&f, &query);
	ck_assert_int_eq(json_integer_value(json_object_get(json, "total")), (int)strlen(text_filters[_i].ids) / 2);
	json_decref(json);
	fixture_finish(&f);
}
END_TEST

static const struct {
	const char *alarm, *ids;
} alarm_filters[] = { { "", "7 1 " }, { "high", "1 " }, { "medium", "1 " }, { "low", "1 " }, { "oxygen", "1 " }, { "pressure", "" },
	{ "' OR 1 --", "" } };

START_TEST(sessions_are_found_by_their_alarms)
{
	struct query query = ask_for(QUERY_SESSIONS, 0);
	struct fixture f;

	open_filled(&f);
	strcpy(query.alarm, alarm_filters[_i].alarm);
	assert_sessions(&f, &query, alarm_filters[_i].ids);
	fixture_finish(&f);
}
END_TEST

START_TEST(a_session_is_told)
{
	struct query query = ask_for(QUERY_SESSION, 1);
	struct fixture f;
	json_t *json;

	open_filled(&f);
	json = answer_of(&f, &query);
	ck_assert_str_eq(json_string_value(json_object_get(json, "patient")), "T-0001");
	ck_assert_str_eq(json_string_value(json_object_get(json, "phase")), "discharged");
	ck_assert_str_eq(json_string_value(json_object_get(json, "ended")), "2026-01-02T09:00:09.000Z");
	ck_assert(json_is_null(json_object_get(json, "dose_started")));
	ck_assert(json_number_value(json_object_get(json, "weight_kg")) == 70.0);
	ck_assert_int_eq(json_integer_value(json_object_get(json, "high_alarms")), 1);
	ck_assert(json_is_false(json_object_get(json, "aborted")));
	ck_assert(json_is_null(json_object_get(json, "signed_by")) && json_is_null(json_object_get(json, "signed_at")));
	json_decref(json);
	fixture_finish(&f);
}
END_TEST

static const struct {
	enum query_kind kind;
	const char *key;
	size_t count;
} lists[] = { { QUERY_EVENTS, "events", 6 }, { QUERY_ALARMS, "alarms", 1 }, { QUERY_READINGS, "readings", 8 } };

START_TEST(a_session_has_its_events_alarms_and_readings)
{
	struct query query = ask_for(lists[_i].kind, 1);
	struct fixture f;
	json_t *json;

	open_filled(&f);
	json = answer_of(&f, &query);
	ck_assert_uint_eq(json_array_size(json_object_get(json, lists[_i].key)), lists[_i].count);
	json_decref(json);
	query.limit = 2;
	query.offset = lists[_i].count - 1;
	json = answer_of(&f, &query);
	ck_assert_uint_eq(json_array_size(json_object_get(json, lists[_i].key)), 1);
	json_decref(json);
	query.session = 99;
	{
		const char *type;
		size_t length;
		char *text;

		ck_assert_int_eq(query_now(f.path, &query, &type, &text, &length), QUERY_NOT_FOUND);
		ck_assert_str_eq(text, "there is no such session");
		free(text);
	}
	fixture_finish(&f);
}
END_TEST

/* A reason that was cut within a character, or a name from a wire. */
START_TEST(bytes_that_are_no_text_leave_the_answer_whole)
{
	struct event event = { .type = EVENT_NOTE, .at = fixture_at(0), .session_id = 1, .text = "caf\xc3" };
	struct query query = ask_for(QUERY_EVENTS, 1);
	struct fixture f;
	json_t *json;

	open_filled(&f);
	fixture_wait_commit(&f, store_append_event(f.store, &event));
	json = answer_of(&f, &query);
	ck_assert_str_eq(json_string_value(json_object_get(json_array_get(json_object_get(json, "events"), 6), "text")), "caf?");
	json_decref(json);
	fixture_finish(&f);
}
END_TEST

START_TEST(readings_are_found_by_time_and_vital)
{
	struct query query = ask_for(QUERY_READINGS, 1);
	struct fixture f;
	json_t *json;

	open_filled(&f);
	query.from = fixture_at(2000);
	query.to = fixture_at(6000);
	strcpy(query.vital, "spo2");
	json = answer_of(&f, &query);
	ck_assert_uint_eq(json_array_size(json_object_get(json, "readings")), 2);
	json_decref(json);
	fixture_finish(&f);
}
END_TEST

static void
tell_vital(struct fixture *f, enum event_type type, const char *vital, const char *why, int64_t ms)
{
	struct event event = { .type = type, .at = fixture_at(ms), .session_id = 7 };

	snprintf(event.reason, sizeof(event.reason), "%s", why);
	snprintf(event.subject, sizeof(event.subject), "%s", vital);
	store_append_event(f->store, &event);
}

/* The session's program was away from 5 to 9 s, and from 20 to 30 s after it was stopped. */
static void
tell_restarts(struct fixture *f)
{
	static const int64_t times[][2] = { { 5000, 9000 }, { 20000, 30000 } };
	struct event stopped = { .type = EVENT_PROGRAM_STOPPED, .at = fixture_at(20000) };

	for (size_t i = 0; i < 2; i++) {
		struct event restart = { .type = EVENT_PROGRAM_STARTED, .at = fixture_at(times[i][1]), .session_id = 7 };

		if (i == 1)
			store_append_event(f->store, &stopped);
		instant_to_iso(fixture_at(times[i][0]), restart.old_value);
		instant_to_iso(fixture_at(times[i][1]), restart.new_value);
		fixture_wait_commit(f, store_append_event(f->store, &restart));
	}
}

START_TEST(coverage_tells_when_nobody_watched_and_why)
{
	struct query query = ask_for(QUERY_COVERAGE, 7);
	struct fixture f;
	json_t *json;
	char *text;

	open_filled(&f);
	tell_vital(&f, EVENT_VITAL_UNKNOWN, "spo2", "sensor off", 1000);
	/* It is one gap, whatever else becomes of it. */
	tell_vital(&f, EVENT_VITAL_UNKNOWN, "spo2", "monitor does not answer", 2000);
	tell_vital(&f, EVENT_VITAL_KNOWN, "spo2", "", 3000);
	tell_vital(&f, EVENT_VITAL_UNKNOWN, "rate", "", 4000);
	tell_restarts(&f);
	json = answer_of(&f, &query);
	text = json_dumps(json, JSON_COMPACT | JSON_SORT_KEYS);
	ck_assert_str_eq(text, "{\"nobody_watched\":[{\"from\":\"2026-01-02T09:00:05.000Z\",\"to\":\"2026-01-02T09:00:09.000Z\","
			       "\"why\":\"the program ended without being stopped, or its computer did\"},"
			       "{\"from\":\"2026-01-02T09:00:20.000Z\",\"to\":\"2026-01-02T09:00:30.000Z\","
			       "\"why\":\"the program was stopped\"}],"
			       "\"not_watched\":{\"breathing\":[],\"cuff_pulse\":[],\"diastolic\":[],\"mean\":[],"
			       "\"rate\":[{\"from\":\"2026-01-02T09:00:04.000Z\",\"to\":null,\"why\":null}],"
			       "\"spo2\":[{\"from\":\"2026-01-02T09:00:01.000Z\",\"to\":\"2026-01-02T09:00:03.000Z\","
			       "\"why\":\"sensor off\"}],\"systolic\":[],\"temperature\":[]}}");
	free(text);
	json_decref(json);
	fixture_finish(&f);
}
END_TEST

START_TEST(verify_is_answered)
{
	struct query query = ask_for(QUERY_VERIFY, 0);
	struct fixture f;
	json_t *json;
	const char *type;
	size_t length;
	char *text;

	open_filled(&f);
	json = answer_of(&f, &query);
	ck_assert(json_is_true(json_object_get(json, "sound")));
	ck_assert_int_eq(json_integer_value(json_object_get(json, "readings")), 10);
	json_decref(json);
	strcpy(query.head, "nonsense");
	ck_assert_int_eq(query_now(f.path, &query, &type, &text, &length), QUERY_WRONG);
	ck_assert_ptr_nonnull(strstr(text, "is no head"));
	free(text);
	fixture_finish(&f);
}
END_TEST

START_TEST(a_record_that_cannot_be_read_is_said)
{
	struct query query = ask_for(QUERY_SESSIONS, 0);
	const char *type;
	size_t length;
	char *text;

	ck_assert_int_eq(query_now("/nonexistent/record.db", &query, &type, &text, &length), QUERY_FAILED);
	ck_assert_str_eq(text, "/nonexistent/record.db cannot be read: No such file or directory");
	free(text);
}
END_TEST

/* RFC 4180, read strictly: counts rows of each kind, and columns of every row. */
struct table {
	int rows, columns;
	char cells[32][20][512];
};

static void
parse_csv(const char *text, struct table *table)
{
	char *cell = table->cells[0][0];
	int column = 0;
	bool quoted = false;

	memset(table, 0, sizeof(*table));
	for (; *text != '\0'; text++) {
		if (quoted && text[0] == '"' && text[1] == '"') {
			*cell++ = *text++;
		} else if (*text == '"') {
			quoted = !quoted;
		} else if (!quoted && *text == ',') {
			cell = table->cells[table->rows][++column];
		} else if (!quoted && *text == '\r') {
			ck_assert_int_eq(*++text, '\n');
			if (table->rows == 0)
				table->columns = column + 1;
			ck_assert_int_eq(column + 1, table->columns);
			column = 0;
			cell = table->cells[++table->rows][0];
		} else {
			ck_assert(quoted || *text != '\n');
			*cell++ = *text;
		}
	}
	ck_assert(!quoted);
}

static int
count_kind(const struct table *table, const char *kind)
{
	int count = 0;

	for (int row = 1; row < table->rows; row++)
		count += strcmp(table->cells[row][0], kind) == 0;
	return count;
}

static int
column_named(const struct table *table, const char *name)
{
	for (int column = 0; column < table->columns; column++)
		if (strcmp(table->cells[0][column], name) == 0)
			return column;
	ck_abort_msg("no column %s", name);
	return -1;
}

static const char *
cell_of(const struct table *table, const char *kind, int nth, const char *column)
{
	for (int row = 1; row < table->rows; row++)
		if (strcmp(table->cells[row][0], kind) == 0 && nth-- == 0)
			return table->cells[row][column_named(table, column)];
	ck_abort_msg("no row of kind %s", kind);
	return "";
}

static void
export_csv(struct fixture *f, struct table *table)
{
	struct query query = ask_for(QUERY_EXPORT, 1);
	const char *type;
	size_t length;
	char *text;

	query.write_report = csv_write_session;
	ck_assert_int_eq(query_now(f->path, &query, &type, &text, &length), QUERY_OK);
	ck_assert_str_eq(type, "text/csv; charset=utf-8");
	ck_assert_uint_eq(length, strlen(text));
	parse_csv(text, table);
	free(text);
}

START_TEST(a_session_is_exported_whole)
{
	struct table *table = malloc(sizeof(*table));
	struct fixture f;

	open_filled(&f);
	export_csv(&f, table);
	ck_assert_int_eq(count_kind(table, "session"), 1);
	ck_assert_int_eq(count_kind(table, "reading"), 8);
	ck_assert_int_eq(count_kind(table, "event"), 6);
	ck_assert_int_eq(count_kind(table, "alarm"), 1);
	ck_assert_int_eq(count_kind(table, "total"), 4);
	ck_assert_str_eq(cell_of(table, "reading", 0, "value"), "");
	ck_assert_str_eq(cell_of(table, "reading", 0, "unit"), "");
	ck_assert_str_eq(cell_of(table, "reading", 0, "detail"), "sensor off");
	ck_assert_str_eq(cell_of(table, "reading", 1, "at"), "2026-01-02T09:00:01.000Z");
	ck_assert_str_eq(cell_of(table, "reading", 1, "what"), "spo2");
	ck_assert_str_eq(cell_of(table, "reading", 1, "value"), "97.0");
	ck_assert_str_eq(cell_of(table, "reading", 1, "unit"), "%");
	ck_assert_str_eq(cell_of(table, "event", 3, "reason"), "patient, \"drowsy\"");
	ck_assert_str_eq(cell_of(table, "alarm", 0, "ended"), "2026-01-02T09:00:06.000Z");
	ck_assert_str_eq(cell_of(table, "alarm", 0, "text"), "SpO2 84, limit 85 (critical low)");
	ck_assert_str_eq(cell_of(table, "total", 1, "what"), "readings");
	ck_assert_str_eq(cell_of(table, "total", 1, "value"), "8");
	ck_assert_int_eq(strncmp(cell_of(table, "chain", 0, "text"), "sound up to ", 12), 0);
	fixture_close(&f);
	fixture_sql(f.path, "DROP TRIGGER reading_no_update; UPDATE reading SET milli = 99000 WHERE id = 6");
	export_csv(&f, table);
	ck_assert_str_eq(cell_of(table, "chain", 0, "text"), "NOT SOUND: reading 6: it was changed after event 4 sealed it");
	free(table);
	fixture_finish(&f);
}
END_TEST

struct outcome_of_query {
	int answers;
	enum query_status status;
	char text[128];
};

static void
take_answer(void *ctx, const struct query_answer *answer)
{
	struct outcome_of_query *outcome = ctx;

	outcome->answers++;
	outcome->status = answer->status;
	snprintf(outcome->text, sizeof(outcome->text), "%.*s", (int)answer->length, answer->text);
}

START_TEST(the_loop_is_answered_off_it)
{
	struct query query = ask_for(QUERY_SESSION, 99);
	struct outcome_of_query outcome = { 0 };
	struct fixture f;

	open_filled(&f);
	ck_assert(query_run(&f.loop, f.path, &query, take_answer, &outcome).ok);
	query.kind = QUERY_SESSIONS;
	ck_assert(query_run(&f.loop, f.path, &query, take_answer, &outcome).ok);
	ck_assert_int_eq(outcome.answers, 0);
	while (outcome.answers < 2)
		uv_run(&f.loop, UV_RUN_ONCE);
	fixture_finish(&f);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("query");
	TCase *tests = tcase_create("all");

	tcase_set_timeout(tests, 60);
	tcase_add_test(tests, sessions_are_filtered);
	tcase_add_loop_test(tests, sessions_are_found_by_their_alarms, 0, sizeof(alarm_filters) / sizeof(alarm_filters[0]));
	tcase_add_loop_test(tests, sessions_are_found_by_gap_signature_and_text, 0, sizeof(text_filters) / sizeof(text_filters[0]));
	tcase_add_test(tests, a_session_is_told);
	tcase_add_loop_test(tests, a_session_has_its_events_alarms_and_readings, 0, sizeof(lists) / sizeof(lists[0]));
	tcase_add_test(tests, bytes_that_are_no_text_leave_the_answer_whole);
	tcase_add_test(tests, readings_are_found_by_time_and_vital);
	tcase_add_test(tests, coverage_tells_when_nobody_watched_and_why);
	tcase_add_test(tests, verify_is_answered);
	tcase_add_test(tests, a_record_that_cannot_be_read_is_said);
	tcase_add_test(tests, a_session_is_exported_whole);
	tcase_add_test(tests, the_loop_is_answered_off_it);
	suite_add_tcase(suite, tests);
	return suite_run(suite);
}
