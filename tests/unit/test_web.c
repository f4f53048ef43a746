/* The API without a socket: the JSON writer, routes, people, the bodies of
 * acts, which frame is sent next. Everything that goes over a socket is tested
 * end to end. */
#include <check.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/web/act_read.h"
#include "daemon/web/json_out.h"
#include "daemon/web/news.h"
#include "daemon/web/people.h"
#include "daemon/web/route.h"
#include "suite_run.h"

static const struct instant start = { 1767258000000 }; /* 2026-01-01T09:00:00Z */

/* What was written, parsed by another hand. */
static json_t *
parsed(struct json_out *out)
{
	json_error_t error;
	json_t *value = json_loads(json_out_text_of(out), JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);

	ck_assert_msg(value != NULL, "%s in %s", error.text, json_out_text_of(out));
	return value;
}

START_TEST(json_numbers_are_exact)
{
	static const struct {
		int64_t milli;
		const char *text;
	} rows[] = {
		{ 0, "0" }, { 1, "0.001" }, { 36600, "36.6" }, { 184000, "184" }, { -1, "-0.001" }, { -1500, "-1.5" },
		{ 100, "0.1" }, { 1234567890123, "1234567890.123" }, { INT64_MIN, "-9223372036854775.808" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct json_out out;

		json_out_init(&out, 16);
		json_out_milli(&out, NULL, rows[i].milli);
		ck_assert_str_eq(json_out_text_of(&out), rows[i].text);
		json_out_finish(&out);
	}
}
END_TEST

START_TEST(json_texts_are_whole)
{
	char wild[600];
	struct json_out out;
	json_t *value;

	for (size_t i = 0; i < sizeof(wild) - 1; i++)
		wild[i] = (char)(i % 255 + 1);
	wild[sizeof(wild) - 1] = '\0';
	json_out_init(&out, 0);
	json_out_object(&out, NULL);
	json_out_text(&out, "wild", wild);
	json_out_text(&out, "none", NULL);
	json_out_text_or_null(&out, "empty", "");
	json_out_list(&out, "list");
	json_out_text(&out, NULL, "x");
	json_out_bool(&out, NULL, true);
	json_out_object(&out, NULL);
	json_out_end_object(&out);
	json_out_end_list(&out);
	json_out_instant(&out, "never", INSTANT_NEVER);
	json_out_ms_between(&out, "age", start, instant_add(start, duration_s(2)));
	json_out_end_object(&out);
	value = parsed(&out);
	ck_assert_uint_eq(json_string_length(json_object_get(value, "wild")), sizeof(wild) - 1);
	ck_assert(json_is_null(json_object_get(value, "none")) && json_is_null(json_object_get(value, "empty")));
	ck_assert_uint_eq(json_array_size(json_object_get(value, "list")), 3);
	ck_assert(json_is_null(json_object_get(value, "never")));
	ck_assert_int_eq(json_integer_value(json_object_get(value, "age")), 2000);
	json_decref(value);
	json_out_reset(&out);
	json_out_int(&out, NULL, 5);
	ck_assert_str_eq(json_out_text_of(&out), "5");
	json_out_finish(&out);
}
END_TEST

START_TEST(routes_are_found)
{
	struct route_params params;
	unsigned methods;
	const struct route *route = route_find(METHOD_POST, "/api/v1/sessions/42/dose", &params, &methods);

	ck_assert_ptr_nonnull(route);
	ck_assert_int_eq(route->act, ACT_DOSE);
	ck_assert_int_eq(params.session, 42);
	ck_assert_ptr_nonnull(route_find(METHOD_GET, "/api/v1/beds/bed 1", &params, &methods));
	ck_assert_str_eq(params.bed, "bed 1");
	ck_assert_ptr_nonnull(route_find(METHOD_POST, "/api/v1/alarms/7/acknowledge", &params, &methods));
	ck_assert_int_eq(params.alarm, 7);
	ck_assert_ptr_null(route_find(METHOD_GET, "/api/v1/sessions/42/dose", &params, &methods));
	ck_assert_uint_eq(methods, 1u << METHOD_POST);
	ck_assert_ptr_null(route_find(METHOD_PUT, "/healthz", &params, &methods));
	ck_assert_uint_eq(methods, 1u << METHOD_GET);
}
END_TEST

START_TEST(paths_that_name_nothing)
{
	static const char *const paths[] = { "", "/", "/api/v1/beds/", "/api/v1/beds//pause-audio", "/healthz/", "/healthzz",
		"/api/v1/sessions/1/dose/", "/api/v1/sessions/1/dos" };
	static const char *const ids[] = { "0", "-1", "+1", "1x", "x", "0x1", "1234567890123456789", "%31" };
	struct route_params params;
	unsigned methods;
	char path[128];

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		ck_assert_ptr_null(route_find(METHOD_GET, paths[i], &params, &methods));
		ck_assert_uint_eq(methods, 0);
	}
	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
		snprintf(path, sizeof(path), "/api/v1/sessions/%s", ids[i]);
		ck_assert_ptr_nonnull(route_find(METHOD_GET, path, &params, &methods));
		ck_assert_int_eq(params.session, 0);
	}
	/* A name longer than any bed's names none, and never a bed whose name it begins with. */
	snprintf(path, sizeof(path), "/api/v1/beds/%.*s", NAME_CAP, "bed1xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx");
	ck_assert_ptr_nonnull(route_find(METHOD_GET, path, &params, &methods));
	ck_assert_str_eq(params.bed, "");
}
END_TEST

START_TEST(every_act_has_one_route)
{
	int routes[ACT_KIND_COUNT] = { 0 };

	for (size_t i = 0; i < route_count(); i++)
		/* A start can also be looked at without being done. */
		if (route_at(i)->access == ACCESS_ACT && strstr(route_at(i)->path, "/preview") == NULL)
			routes[route_at(i)->act]++;
	for (int kind = 0; kind < ACT_KIND_COUNT; kind++)
		ck_assert_msg(routes[kind] == 1, "%s has %d routes", act_kind_name((enum act_kind)kind), routes[kind]);
}
END_TEST

static const struct web_person persons[] = {
	{ 1000, "desk", ROLE_VIEWER, true },
	{ 1001, "nurse", ROLE_NURSE, false },
	{ (uid_t)-1, "prescriber", ROLE_PRESCRIBER, false },
};

START_TEST(people_speak_only_where_they_may)
{
	struct people people;
	struct actor actor = { .name = "" };

	ck_assert(people_init(&people, persons, 3).ok);
	ck_assert_ptr_null(people_by_uid(&people, 999));
	ck_assert_ptr_null(people_by_uid(&people, (uid_t)-1));
	ck_assert(people_speak_for(&people, people_by_uid(&people, 1000), "prescriber", &actor).ok);
	ck_assert_str_eq(actor.name, "prescriber");
	ck_assert_int_eq(actor.role, ROLE_PRESCRIBER);
	ck_assert(people_speak_for(&people, people_by_uid(&people, 1001), "", &actor).ok);
	ck_assert_str_eq(actor.name, "nurse");
	ck_assert(people_speak_for(&people, people_by_uid(&people, 1001), "nurse", &actor).ok);
	ck_assert_str_eq(people_speak_for(&people, people_by_uid(&people, 1001), "prescriber", &actor).why,
	    "nurse may not act as somebody else: that is for shared terminals");
	ck_assert_str_eq(people_speak_for(&people, people_by_uid(&people, 1000), "somebody", &actor).why,
	    "nobody is called 'somebody' in the configuration");
	people_finish(&people);
}
END_TEST

static struct outcome
read_body(const char *text, enum act_kind kind, struct web_act *ret_act)
{
	struct outcome done = outcome_ok();
	json_t *body = act_read_object(text, strlen(text), &done);

	ck_assert_msg(body != NULL, "%s", done.why);
	*ret_act = (struct web_act){ .session = 9 };
	done = act_read_fields(body, kind, start, ret_act);
	json_decref(body);
	return done;
}

START_TEST(numbers_become_thousandths_exactly)
{
	static const struct {
		const char *text;
		bool fits;
		int32_t milli;
	} rows[] = {
		{ "154.3", true, 154300 }, { "70", true, 70000 }, { "0.1", true, 100 }, { "68.039", true, 68039 },
		{ "154.30", true, 154300 }, { "1.543e2", true, 154300 }, { "154.3001", false, 0 }, { "0.0005", false, 0 },
		{ "1e9", false, 0 }, { "-1", false, 0 }, { "true", false, 0 }, { "\"70\"", false, 0 }, { "null", false, 0 },
		{ "9223372036854775807", false, 0 }, { "1000000", false, 0 }, { "4.35", true, 4350 }, { "1.005", true, 1005 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		json_t *value = json_loads(rows[i].text, JSON_DECODE_ANY, NULL);
		int32_t milli = -5;

		ck_assert_msg(act_read_milli(value, 0, 1000000, &milli) == rows[i].fits, "%s", rows[i].text);
		ck_assert_int_eq(milli, rows[i].fits ? rows[i].milli : -5);
		json_decref(value);
	}
	/* Every thousandth of a weight comes through as itself. */
	for (int32_t milli = 30000; milli < 31000; milli++) {
		char text[16];
		int32_t read;
		json_t *value;

		snprintf(text, sizeof(text), "%d.%03d", milli / 1000, milli % 1000);
		value = json_loads(text, JSON_DECODE_ANY, NULL);
		ck_assert(act_read_milli(value, 1, 1000000, &read));
		ck_assert_int_eq(read, milli);
		json_decref(value);
	}
}
END_TEST

START_TEST(a_start_is_read)
{
	struct web_act act;

	ck_assert(read_body("{\"weight_kg\":70,\"weight_lb\":154.3,\"dose_mg\":35.5,\"volume_ml\":50,\"patient\":\"T-0001\","
			    "\"confirm\":{\"vital\":\"spo2\",\"value\":97},\"unusual_confirmed\":true,\"act_id\":\"a-1\"}",
	    ACT_START, &act).ok);
	ck_assert_int_eq(act.act.kind, ACT_START);
	ck_assert_int_eq(act.act.weight_g, 70000);
	ck_assert_int_eq(act.act.weight_milli_lb, 154300);
	ck_assert_int_eq(act.act.dose_ug, 35500);
	ck_assert_int_eq(act.act.volume_ul, 50000);
	ck_assert(act.act.confirm_live && act.act.unusual_confirmed);
	ck_assert_int_eq(act.act.live_vital, VITAL_SPO2);
	ck_assert_int_eq(act.act.live_milli, 97000);
	ck_assert_str_eq(act.patient, "T-0001");
	ck_assert_str_eq(act.act.act_id, "a-1");
	ck_assert_int_eq(act.session, 9);
}
END_TEST

START_TEST(other_acts_are_read)
{
	struct web_act act;

	ck_assert(read_body("{\"systolic\":120,\"diastolic\":70.5,\"measured_ago_s\":90}", ACT_MANUAL, &act).ok);
	ck_assert_int_eq(act.act.diastolic_milli, 70500);
	ck_assert_int_eq(act.act.mean_milli, ALARM_NO_VALUE);
	ck_assert_int_eq(act.act.measured_at.ms, start.ms - 90000);
	ck_assert(read_body("{\"systolic\":120,\"diastolic\":70}", ACT_MANUAL, &act).ok);
	ck_assert(!instant_is_known(act.act.measured_at));
	ck_assert(read_body("{\"limit\":\"systolic.high.critical\",\"value\":175,\"reason\":\"known\"}", ACT_LIMIT, &act).ok);
	ck_assert(act.act.vital == VITAL_SYSTOLIC && act.act.side == SIDE_HIGH && act.act.tier == TIER_CRITICAL);
	ck_assert_int_eq(act.act.milli, 175000);
	ck_assert(read_body("{\"items_done\":[1,3,3]}", ACT_CHECKLIST, &act).ok);
	ck_assert_uint_eq(act.act.checklist_done, 5);
	ck_assert(read_body("{\"revision\":3,\"recheck_min\":5,\"reason\":\"cuff\"}", ACT_ACKNOWLEDGE, &act).ok);
	ck_assert_int_eq(act.act.recheck.ms, 300000);
	ck_assert(read_body("{\"condition\":\"lost.spo2\"}", ACT_ALARM_OFF, &act).ok);
	ck_assert(act.act.condition.kind == CONDITION_LOST && act.act.condition.vital == VITAL_SPO2);
	ck_assert(read_body("{\"what\":\"pause\",\"to\":\"2026-01-01T08:59:00Z\"}", ACT_CORRECT, &act).ok);
	ck_assert_int_eq(act.act.corrected_to.ms, start.ms - 60000);
	ck_assert(read_body("{\"text\":\"seen\"}", ACT_NOTE, &act).ok);
	ck_assert_str_eq(act.act.reason, "seen");
	ck_assert(read_body("{\"seconds\":60}", ACT_PAUSE_AUDIO, &act).ok);
	ck_assert_int_eq(act.act.audio_pause.ms, 60000);
}
END_TEST

START_TEST(wrong_bodies_are_told_by_field)
{
	static const struct {
		enum act_kind kind;
		const char *body, *sentence;
	} rows[] = {
		{ ACT_PAUSE, "{\"rason\":1}", "pause has no field 'rason' (did you mean 'reason'?)" },
		{ ACT_PAUSE, "{\"weight_kg\":70}", "pause has no field 'weight_kg'" },
		{ ACT_START, "{\"weight_kg\":70,\"confirm\":null,\"reason\":\"x\"}",
		    "weight_lb is missing: the weight is wanted in kg and, read again, in lb, with at most three decimals" },
		{ ACT_START, "{\"weight_kg\":70,\"weight_lb\":154.3,\"confirm\":null}",
		    "confirm: starting without a value to compare with the monitor's screen needs a reason" },
		{ ACT_NOTE, "{\"text\":\"a\\u0007b\"}", "text: a text on one line, without control characters, is wanted" },
		{ ACT_LIMIT, "{\"limit\":\"systolic.up.critical\",\"value\":1}", NULL },
		{ ACT_CORRECT, "{\"what\":\"stop\"}", "to: give either to or to_ago_s" },
		{ ACT_STOP, "{\"abort\":\"no\"}", "abort: true or false is wanted" },
		{ ACT_PAUSE, "{\"act_id\":\"a b\"}", "act_id: letters, digits, '.', '-' and '_' are wanted, 1 to 39 of them" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct web_act act;
		struct outcome read = read_body(rows[i].body, rows[i].kind, &act);

		ck_assert_msg(!read.ok, "%s", rows[i].body);
		if (rows[i].sentence != NULL)
			ck_assert_str_eq(read.why, rows[i].sentence);
		/* What is refused changes nothing. */
		ck_assert_int_eq(act.act.kind, ACT_START);
		ck_assert_int_eq(act.act.weight_g, 0);
	}
}
END_TEST

START_TEST(a_preview_is_a_start_without_the_value_to_confirm)
{
	struct web_act act = { .session = 9 };
	struct outcome parsed = outcome_ok(), read;
	static const char good[] = "{\"weight_kg\":70,\"weight_lb\":154.3,\"patient\":\"T-0001\"}";
	static const char wrong[] = "{\"weight_kg\":70,\"weight_lb\":154.3,\"confirm\":null}";
	json_t *body = act_read_object(good, strlen(good), &parsed);

	ck_assert(act_read_preview(body, start, &act).ok);
	ck_assert(act.act.kind == ACT_START && act.act.weight_g == 70000 && !act.act.confirm_live);
	json_decref(body);
	body = act_read_object(wrong, strlen(wrong), &parsed);
	read = act_read_preview(body, start, &act);
	ck_assert_str_eq(read.why, "preview has no field 'confirm'");
	json_decref(body);
}
END_TEST

enum { NEWS_BEDS = 4 };

/* What one client is sent in a turn of the loop when its socket takes one frame; NEWS_BEDS: nothing. */
static size_t
turn(struct news_reader *reader, struct news_frame *frames)
{
	enum news news = news_begin(reader, frames, NEWS_BEDS);
	size_t index = news != NEWS_NONE ? news_take(reader, frames, NEWS_BEDS, news) : NEWS_BEDS;

	if (index < NEWS_BEDS)
		frames[index].built = frames[index].version;
	return index;
}

static void
renew_all(struct news_frame *frames, bool changed)
{
	for (size_t i = 0; i < NEWS_BEDS; i++)
		news_renew(&frames[i], changed);
}

START_TEST(every_frame_is_sent_once)
{
	struct news_frame frames[NEWS_BEDS] = { 0 };
	struct news_reader reader = { 0 };

	ck_assert(!news_has_any(&reader, frames, NEWS_BEDS));
	renew_all(frames, true);
	for (size_t i = 0; i < NEWS_BEDS; i++) {
		ck_assert(news_has_any(&reader, frames, NEWS_BEDS));
		ck_assert_uint_eq(turn(&reader, frames), i);
	}
	ck_assert(!news_has_any(&reader, frames, NEWS_BEDS));
	ck_assert_uint_eq(turn(&reader, frames), NEWS_BEDS);
}
END_TEST

START_TEST(a_change_goes_before_what_is_only_due)
{
	struct news_frame frames[NEWS_BEDS] = { 0 };
	struct news_reader reader = { 0 };

	renew_all(frames, false);
	news_renew(&frames[2], true);
	ck_assert_uint_eq(turn(&reader, frames), 2);
	ck_assert_uint_eq(turn(&reader, frames), 0);
	ck_assert_uint_eq(turn(&reader, frames), 1);
	news_renew(&frames[2], true);
	ck_assert_uint_eq(turn(&reader, frames), 2);
	ck_assert_uint_eq(turn(&reader, frames), 3);
}
END_TEST

/* A socket that takes one frame in a turn, and as many changes as turns. */
START_TEST(changes_do_not_starve_what_is_due)
{
	struct news_frame frames[NEWS_BEDS] = { 0 };
	struct news_reader reader = { 0 };
	size_t seen[NEWS_BEDS + 1] = { 0 };

	for (size_t i = 0; i < 40; i++) {
		if (i % 10 == 0)
			renew_all(frames, false);
		news_renew(&frames[0], true);
		news_renew(&frames[1], true);
		seen[turn(&reader, frames)]++;
	}
	/* Four seconds of ten turns: what changes has what is left of them. */
	ck_assert_uint_eq(seen[2], 4);
	ck_assert_uint_eq(seen[3], 4);
	ck_assert_uint_eq(seen[0], 16);
	ck_assert_uint_eq(seen[1], 16);
}
END_TEST

START_TEST(what_nobody_was_sent_tells_a_change_too)
{
	struct news_frame frames[NEWS_BEDS] = { 0 };
	struct news_reader quick = { 0 }, slow = { 0 };

	news_renew(&frames[1], false);
	news_renew(&frames[1], true);
	news_renew(&frames[1], true);
	ck_assert_uint_eq(turn(&quick, frames), 1);
	ck_assert_uint_eq(turn(&quick, frames), NEWS_BEDS);
	/* What one client has, the others must be sent anew. */
	news_renew(&frames[1], true);
	ck_assert_uint_eq(turn(&quick, frames), 1);
	ck_assert_uint_eq(turn(&slow, frames), 1);
	ck_assert_uint_eq(turn(&slow, frames), NEWS_BEDS);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("web");
	TCase *tests = tcase_create("all");

	tcase_set_timeout(tests, 60);
	tcase_add_test(tests, json_numbers_are_exact);
	tcase_add_test(tests, json_texts_are_whole);
	tcase_add_test(tests, routes_are_found);
	tcase_add_test(tests, paths_that_name_nothing);
	tcase_add_test(tests, every_act_has_one_route);
	tcase_add_test(tests, people_speak_only_where_they_may);
	tcase_add_test(tests, numbers_become_thousandths_exactly);
	tcase_add_test(tests, a_start_is_read);
	tcase_add_test(tests, other_acts_are_read);
	tcase_add_test(tests, wrong_bodies_are_told_by_field);
	tcase_add_test(tests, a_preview_is_a_start_without_the_value_to_confirm);
	tcase_add_test(tests, every_frame_is_sent_once);
	tcase_add_test(tests, a_change_goes_before_what_is_only_due);
	tcase_add_test(tests, changes_do_not_starve_what_is_due);
	tcase_add_test(tests, what_nobody_was_sent_tells_a_change_too);
	suite_add_tcase(suite, tests);
	return suite_run(suite);
}
