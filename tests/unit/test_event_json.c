/* What an event carries comes back as it was: every field, by name, and
 * nothing that does not fit is believed. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/utf8.h"
#include "daemon/clinical/event_json.h"
#include "random_state.h"
#include "suite_run.h"

enum { ROUNDS = 300 };

#define SAME(field) ck_assert_int_eq((int64_t)a->field, (int64_t)b->field)
#define SAME_TEXT(field) ck_assert_str_eq(a->field, b->field)

static void
same_condition_id(const struct condition_id *a, const struct condition_id *b)
{
	SAME(kind);
	SAME(vital);
	SAME(side);
	SAME(tier);
	SAME(relative);
}

static void
same_cuff(const struct cuff_record *a, const struct cuff_record *b)
{
	SAME(measured_at.ms);
	SAME(phase);
	SAME(quality);
	SAME(manual);
	SAME_TEXT(key);
	SAME_TEXT(device);
	SAME(systolic_milli);
	SAME(diastolic_milli);
	SAME(mean_milli);
	SAME(pulse_milli);
}

static void
same_limits(const struct session *a, const struct session *b)
{
	for (int vital = 0; vital < VITAL_COUNT; vital++) {
		SAME(baseline[vital].set);
		SAME(baseline[vital].milli);
		for (int side = 0; side < SIDE_COUNT; side++)
			for (int tier = 0; tier < TIER_COUNT; tier++) {
				SAME(limits.at[vital][side][tier].set);
				SAME(limits.at[vital][side][tier].milli);
			}
	}
}

static void
same_lists(const struct session *a, const struct session *b)
{
	SAME(device_count);
	for (size_t i = 0; i < a->device_count; i++)
		SAME_TEXT(devices[i]);
	SAME(cuff_count);
	for (size_t i = 0; i < a->cuff_count; i++)
		same_cuff(&a->cuffs[i], &b->cuffs[i]);
	SAME(check_count);
	for (size_t i = 0; i < a->check_count; i++) {
		SAME(checks[i].due.ms);
		SAME(checks[i].state);
		SAME(checks[i].phase);
	}
	SAME(off_count);
	for (size_t i = 0; i < a->off_count; i++) {
		SAME_TEXT(offs[i].device);
		same_condition_id(&a->offs[i].id, &b->offs[i].id);
	}
}

static void
same_session(const struct session *a, const struct session *b)
{
	SAME(id);
	SAME_TEXT(subject);
	SAME_TEXT(bed);
	SAME_TEXT(regimen);
	SAME(phase);
	SAME(started.ms);
	SAME(phase_since.ms);
	SAME(phase_before);
	SAME(before_since.ms);
	SAME(dosing_since.ms);
	SAME(ended.ms);
	SAME(here_since.ms);
	SAME(aborted);
	SAME(plan.weight_g);
	SAME(plan.dose_ug);
	SAME(plan.volume_ul);
	SAME(plan.planned.ms);
	SAME(clock.started.ms);
	SAME(clock.running_since.ms);
	SAME(clock.run.ms);
	SAME(clock.unverified);
	SAME(clock.first_until.ms);
	SAME(relative_in_force);
	SAME(limits_reviewed);
	SAME(gate);
	SAME(checklist_answered);
	SAME(checklist_done);
	SAME(recheck_due.ms);
	SAME(recheck_since.ms);
	same_lists(a, b);
	same_limits(a, b);
}

static void
same_conditions(const struct alarm *a, const struct alarm *b)
{
	SAME(condition_count);
	for (size_t i = 0; i < a->condition_count; i++) {
		same_condition_id(&a->conditions[i].id, &b->conditions[i].id);
		SAME(conditions[i].priority);
		SAME(conditions[i].since.ms);
		SAME(conditions[i].value_milli);
		SAME(conditions[i].limit_milli);
		SAME(conditions[i].measured_at.ms);
		SAME(conditions[i].at_the_end);
		SAME(conditions[i].signal_lost);
	}
}

static void
same_values(const struct alarm *a, const struct alarm *b)
{
	for (int vital = 0; vital < VITAL_COUNT; vital++)
		for (int side = 0; side < SIDE_COUNT; side++) {
			SAME(worst_milli[vital][side]);
			SAME(heard_milli[vital][side]);
		}
	for (size_t i = 0; i < ALARM_SEEN; i++) {
		SAME(seen[i].revision);
		SAME(seen[i].vital);
		SAME(seen[i].value_milli);
	}
	for (size_t i = 0; i < 4; i++)
		SAME(returned[i].ms);
}

static void
same_alarm(const struct alarm *a, const struct alarm *b)
{
	SAME(id);
	SAME(session);
	SAME(group.kind);
	SAME_TEXT(group.device);
	SAME(state);
	SAME(priority);
	SAME(peak);
	SAME(peak_unanswered);
	SAME(revision);
	SAME(worse_revision);
	SAME(started.ms);
	SAME(ended.ms);
	SAME(sounded.ms);
	SAME(medium_since.ms);
	SAME(acknowledged);
	SAME(acknowledged_at.ms);
	SAME_TEXT(acknowledged_by);
	SAME_TEXT(acknowledge_note);
	SAME(reminded.ms);
	SAME(escalated);
	SAME(audio_pauses);
	SAME(returns);
	SAME(standing);
	SAME(settled);
	SAME_TEXT(sentence);
	same_values(a, b);
	same_conditions(a, b);
}

/* A field that is added to a struct is added to its JSON and to the comparison above, then here. */
START_TEST(structs_have_the_fields_that_are_compared)
{
	ck_assert_uint_eq(sizeof(struct cuff_record), 112);
	ck_assert_uint_eq(sizeof(struct condition), 56);
	ck_assert_uint_eq(sizeof(struct session), 4640);
	ck_assert_uint_eq(sizeof(struct alarm), 2552);
}
END_TEST

static void
read_body(const char *text, struct session *session, struct alarm *alarm, bool wants_session, bool wants_alarm)
{
	bool has_session = false, has_alarm = false;
	struct outcome read = event_body_from_text(text, session, &has_session, alarm, &has_alarm);

	ck_assert_msg(read.ok, "%s in %s", read.why, text);
	ck_assert_int_eq(has_session, wants_session);
	ck_assert_int_eq(has_alarm, wants_alarm);
}

START_TEST(random_states_come_back_whole)
{
	uint64_t random = 4711;
	struct session session, session_back;
	struct alarm alarm, alarm_back;

	for (int i = 0; i < ROUNDS; i++) {
		struct event event = { 0 };
		char *text;

		random_session(&random, &session);
		random_alarm(&random, &alarm);
		event.session = i % 3 != 0 ? &session : NULL;
		event.alarm = i % 3 != 1 ? &alarm : NULL;
		text = event_body_to_text(&event);
		memset(&session_back, 0xa5, sizeof(session_back));
		memset(&alarm_back, 0xa5, sizeof(alarm_back));
		read_body(text, &session_back, &alarm_back, event.session != NULL, event.alarm != NULL);
		if (event.session != NULL)
			same_session(&session, &session_back);
		if (event.alarm != NULL)
			same_alarm(&alarm, &alarm_back);
		free(text);
	}
}
END_TEST

START_TEST(an_event_without_state_has_no_body)
{
	const struct event event = { 0 };
	char *text = event_body_to_text(&event);
	struct session session;
	struct alarm alarm;

	ck_assert_str_eq(text, "");
	read_body(text, &session, &alarm, false, false);
	free(text);
}
END_TEST

START_TEST(what_is_missing_is_empty_and_what_is_unknown_is_passed_over)
{
	struct session session;
	struct alarm alarm;

	read_body("{\"session\":{\"id\":7,\"of tomorrow\":[1]},\"alarm\":{\"group\":\"pressure\"},\"more\":1}", &session, &alarm, true,
	    true);
	ck_assert_int_eq(session.id, 7);
	ck_assert(!instant_is_known(session.started) && !instant_is_known(session.clock.running_since));
	ck_assert_int_eq(session.phase, PHASE_NONE);
	ck_assert_int_eq(alarm.worst_milli[VITAL_SPO2][SIDE_LOW], ALARM_NO_VALUE);
	ck_assert(!instant_is_known(alarm.returned[3]));
}
END_TEST

START_TEST(bytes_that_are_no_text_are_mended)
{
	struct session session = { .id = 1, .bed = "bed \xff\xc3" };
	const struct event event = { .session = &session };
	char *text = event_body_to_text(&event);
	struct session back;
	struct alarm alarm;

	read_body(text, &back, &alarm, true, false);
	ck_assert_str_eq(back.bed, "bed ??");
	free(text);
}
END_TEST

static const struct {
	const char *text, *why;
} garbage[] = {
	{ "{", "this is no JSON: " },
	{ "[]", "this is no state of a session or an alarm" },
	{ "{\"session\":[]}", "session: 'session' is no object" },
	{ "{\"session\":{\"id\":\"1\"}}", "session: 'id' has no value that fits" },
	{ "{\"session\":{\"id\":1.5}}", "session: 'id' has no value that fits" },
	{ "{\"session\":{\"weight_g\":2147483648}}", "session: 'weight_g' has no value that fits" },
	{ "{\"session\":{\"checklist_done\":-1}}", "session: 'checklist_done' has no value that fits" },
	{ "{\"session\":{\"aborted\":1}}", "session: 'aborted' has no value that fits" },
	{ "{\"session\":{\"started\":false}}", "session: 'started' has no value that fits" },
	{ "{\"session\":{\"phase\":\"nap\"}}", "session: 'phase' has no value that fits" },
	{ "{\"session\":{\"bed\":\"01234567890123456789012345678901\"}}", "session: 'bed' has no value that fits" },
	{ "{\"session\":{\"devices\":{}}}", "session: 'devices' is no list" },
	{ "{\"session\":{\"devices\":[1]}}", "session: devices: item 0 is no name" },
	{ "{\"session\":{\"devices\":[\"a\",\"b\",\"c\",\"d\",\"e\"]}}", "session: 'devices' holds more than 4 items" },
	{ "{\"session\":{\"baseline\":{\"tallness\":1}}}", "session: baseline 'tallness' is not known or has no value that fits" },
	{ "{\"session\":{\"limits\":{\"systolic.high.critical\":\"x\"}}}",
	    "session: limit 'systolic.high.critical' is no number that fits" },
	{ "{\"session\":{\"cuffs\":[1]}}", "session: 'cuffs' is no object" },
	{ "{\"session\":{\"cuffs\":[{\"quality\":\"fine\"}]}}", "session: cuffs: 'quality' has no value that fits" },
	{ "{\"session\":{\"offs\":[{\"device\":\"m1\",\"condition\":\"odd\"}]}}",
	    "session: offs: item 0 has no condition or device that is known" },
	{ "{\"alarm\":{}}", "alarm: group '' is not known" },
	{ "{\"alarm\":{\"group\":\"pressure\",\"worst\":{\"systolic.up\":1}}}", "alarm: worst holds a vital that is not known" },
	{ "{\"alarm\":{\"group\":\"pressure\",\"heard\":{\"spo2.low\":1e9}}}", "alarm: heard: 'spo2.low' has no value that fits" },
	{ "{\"alarm\":{\"group\":\"pressure\",\"returned\":[1,2,3,4,5]}}", "alarm: 'returned' holds more than 4 items" },
	{ "{\"alarm\":{\"group\":\"pressure\",\"returned\":[true]}}", "alarm: returned: item 0 is no time" },
	{ "{\"alarm\":{\"group\":\"pressure\",\"conditions\":[{}]}}", "alarm: condition '' is not known" },
	{ "{\"alarm\":{\"group\":\"pressure\",\"seen\":0}}", "alarm: 'seen' is no list" },
};

START_TEST(what_does_not_fit_is_named)
{
	bool has_session = true, has_alarm = true;
	struct session session;
	struct alarm alarm;
	struct outcome read = event_body_from_text(garbage[_i].text, &session, &has_session, &alarm, &has_alarm);

	ck_assert(!read.ok);
	ck_assert_msg(strncmp(read.why, garbage[_i].why, strlen(garbage[_i].why)) == 0, "%s", read.why);
	ck_assert(has_session && has_alarm);
}
END_TEST

/* Any text may lie in a damaged file: it is read or refused, and what is read can be written again. */
START_TEST(damaged_bodies_are_read_or_refused)
{
	uint64_t random = 99;
	struct session session;
	struct alarm alarm;
	int refused = 0;

	for (int i = 0; i < ROUNDS; i++) {
		struct event event = { .session = &session, .alarm = &alarm };
		bool has_session, has_alarm;
		char *text;

		random_session(&random, &session);
		random_alarm(&random, &alarm);
		text = event_body_to_text(&event);
		for (int64_t flips = random_between(&random, 1, 4); flips > 0; flips--)
			text[random_between(&random, 0, (int64_t)strlen(text) - 1)] = (char)random_between(&random, 1, 255);
		if (event_body_from_text(text, &session, &has_session, &alarm, &has_alarm).ok) {
			free(text);
			text = event_body_to_text(&event);
		} else {
			refused++;
		}
		free(text);
	}
	ck_assert_int_gt(refused, ROUNDS / 10);
}
END_TEST

static const struct {
	const char *text, *mended;
} texts[] = {
	{ "", "" }, { "plain", "plain" }, { "é漢😀", "é漢😀" }, { "\x80", "?" }, { "a\xc3", "a?" }, { "\xc0\xaf", "??" },
	{ "\xe0\x80\x80", "???" }, { "\xed\xa0\x80", "???" }, { "\xf4\x90\x80\x80", "????" }, { "\xf5z", "?z" }, { "\xe6\xbc", "??" },
	{ "\xc3\xa9\xff", "é?" }, { "\xf0\x9f\x98\x80", "😀" },
};

START_TEST(texts_are_mended_to_utf8)
{
	char text[32];

	strcpy(text, texts[_i].text);
	utf8_mend(text);
	ck_assert_str_eq(text, texts[_i].mended);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("event_json");
	TCase *tests = tcase_create("all");

	tcase_set_timeout(tests, 60);
	tcase_add_test(tests, structs_have_the_fields_that_are_compared);
	tcase_add_test(tests, random_states_come_back_whole);
	tcase_add_test(tests, an_event_without_state_has_no_body);
	tcase_add_test(tests, what_is_missing_is_empty_and_what_is_unknown_is_passed_over);
	tcase_add_test(tests, bytes_that_are_no_text_are_mended);
	tcase_add_loop_test(tests, what_does_not_fit_is_named, 0, sizeof(garbage) / sizeof(garbage[0]));
	tcase_add_test(tests, damaged_bodies_are_read_or_refused);
	tcase_add_loop_test(tests, texts_are_mended_to_utf8, 0, sizeof(texts) / sizeof(texts[0]));
	suite_add_tcase(suite, tests);
	return suite_run(suite);
}
