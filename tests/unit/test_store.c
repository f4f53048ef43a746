/* What is appended is on disk, whole and as it was told, and is found again: by an act's id, by a patient's
 * pseudonym, by the next start. */
#include <check.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store_fixture.h"
#include "suite_run.h"

START_TEST(a_new_file_is_ours_and_empty)
{
	struct store_past past;
	struct fixture f;
	char head[STORE_HEAD_CAP];

	fixture_init(&f);
	fixture_open(&f);
	ck_assert(store_load(f.store, &past, NULL, NULL).ok);
	ck_assert(!past.any && !instant_is_known(past.last) && past.trouble[0] == '\0');
	store_head(f.store, head);
	ck_assert_str_eq(head, "0:0000000000000000000000000000000000000000000000000000000000000000");
	ck_assert_int_eq(store_next_id(f.store), 1);
	ck_assert_int_eq(fixture_integer(f.path, "PRAGMA application_id"), 0x494e4655);
	ck_assert_int_eq(fixture_integer(f.path, "PRAGMA user_version"), 4);
	ck_assert(fixture_close(&f).ok);
	fixture_assert_sound(f.path);
	fixture_finish(&f);
}
END_TEST

START_TEST(an_event_is_stored_as_it_was_told)
{
	struct fixture f;
	char text[256];

	fixture_init(&f);
	fixture_open(&f);
	fixture_wait_commit(&f, fixture_tell_act(&f, 7, "act-1", fixture_at(250)));
	fixture_text(f.path,
	    "SELECT "
	    "seq||'|'||at_ms||'|'||type||'|'||bed||'|'||session_id||'|'||alarm_id||'|'||who||'|'||role||'|'||"
	    "act_id||'|'||reason||'|'||text||'|'||subject||'|'||old_value||'|'||new_value||'|'||change||'|'||"
	    "body FROM event",
	    text, sizeof(text));
	ck_assert_str_eq(
	    text, "1|1767344400250|note|bed 1|7|0|nurse|nurse|act-1|patient, \"drowsy\"|note|||||");
	fixture_text(f.path, "SELECT at FROM event_log", text, sizeof(text));
	ck_assert_str_eq(text, "2026-01-02T09:00:00.250Z");
	fixture_finish(&f);
}
END_TEST

START_TEST(readings_are_stored_with_quality_and_sealed)
{
	struct fixture f;
	char text[256];

	fixture_init(&f);
	fixture_open(&f);
	fixture_wait_commit(&f, fixture_observe(&f, 7, fixture_at(0), 97500));
	fixture_text(f.path,
	    "SELECT group_concat(vital||' '||source||' '||quality||' '||doubt||' "
	    "'||coalesce(value,'-')||unit,'|') "
	    "FROM reading_log",
	    text, sizeof(text));
	ck_assert_str_eq(text, "rate pleth invalid sensor off -/min|spo2 pleth good  97.5%");
	ck_assert_int_eq(
	    fixture_integer(f.path, "SELECT json_extract(body, '$.last') FROM event WHERE type = 'readings'"),
	    2);
	fixture_finish(&f);
}
END_TEST

START_TEST(a_cuff_is_stored_once_and_a_failed_one_too)
{
	const struct reading systolic = { .quality = QUALITY_GOOD, .milli = 120000 };
	struct observation observation = { .at = fixture_at(0),
		.cuff = {
		    .proof = CUFF_NEW, .key = "7", .measured_at = fixture_at(-2000), .systolic = systolic } };
	struct fixture f;
	char text[128];

	fixture_init(&f);
	fixture_open(&f);
	store_append_observation(f.store, "bed 1", 1, "m1", &observation, true);
	observation.cuff.proof = CUFF_REREAD;
	store_append_observation(f.store, "bed 1", 1, "m1", &observation, true);
	observation.cuff = (struct cuff){ .proof = CUFF_FAILED, .key = "8", .measured_at = INSTANT_UNKNOWN };
	fixture_wait_commit(&f, store_append_observation(f.store, "bed 1", 1, "m1", &observation, true));
	fixture_text(f.path,
	    "SELECT group_concat(vital||' '||cuff||' '||cuff_key||' '||coalesce(value,'-')||' "
	    "'||coalesce(measured,'-'),'|') "
	    "FROM reading_log",
	    text, sizeof(text));
	ck_assert_str_eq(text, "systolic new 7 120.0 2026-01-02T08:59:58.000Z|systolic failed 8 - -");
	fixture_finish(&f);
}
END_TEST

static bool
is_found(struct store *store, const char *act_id, struct store_act *ret_act)
{
	bool found;
	struct outcome done = store_find_act(store, act_id, &found, ret_act);

	ck_assert_msg(done.ok, "%s", done.why);
	return found;
}

static void
assert_act(struct store *store, const char *act_id)
{
	struct store_act act;

	memset(&act, 0xff, sizeof(act));
	ck_assert(is_found(store, act_id, &act));
	ck_assert_str_eq(act.who, "nurse");
	ck_assert_str_eq(act.bed, "bed 1");
	ck_assert_int_eq(act.session, 1);
	ck_assert_int_eq(act.alarm, 0);
	ck_assert_str_eq(act.text, "note");
}

static void
assert_fails(struct outcome done, const char *why)
{
	ck_assert(!done.ok);
	ck_assert_str_eq(done.why, why);
}

START_TEST(a_repeated_act_is_found_queued_and_stored)
{
	struct fixture f;
	struct store_act act;
	store_ticket ticket;

	fixture_init(&f);
	fixture_open(&f);
	ck_assert(!is_found(f.store, "act-1", &act));
	ticket = fixture_tell_act(&f, 1, "act-1", fixture_at(0));
	assert_act(f.store, "act-1");
	fixture_wait_commit(&f, ticket);
	assert_act(f.store, "act-1");
	ck_assert(!is_found(f.store, "act-2", &act));
	fixture_tell_act(&f, 1, "", fixture_at(0));
	ck_assert(!is_found(f.store, "", &act));
	fixture_finish(&f);
}
END_TEST

/* Whoever took that for "no such act" would do it a second time. */
START_TEST(a_disk_that_does_not_say_is_no_answer)
{
	struct fixture f;
	struct store_act act;
	enum phase phase;
	char bed[NAME_CAP];
	bool found;

	fixture_init(&f);
	fixture_open(&f);
	fixture_wait_commit(&f, fixture_tell_act(&f, 1, "act-1", fixture_at(0)));
	fixture_sql(f.path, "ALTER TABLE event RENAME TO e; ALTER TABLE session RENAME TO s; ALTER TABLE signature RENAME TO g");
	assert_fails(store_find_act(f.store, "act-1", &found, &act), "no such table: event");
	assert_fails(store_find_session(f.store, 1, &found, &phase, bed), "no such table: session");
	assert_fails(store_find_signature(f.store, 1, "nurse", &found), "no such table: signature");
	fixture_finish(&f);
}
END_TEST

START_TEST(a_patient_is_found_by_the_subject)
{
	char name[STORE_PSEUDONYM_CAP] = "";
	struct fixture f;

	fixture_init(&f);
	fixture_open(&f);
	fixture_wait_commit(&f, store_put_patient(f.store, "token-1", "T-0001", fixture_at(0)));
	fixture_wait_commit(&f, store_put_patient(f.store, "token-2", "T-0002", fixture_at(0)));
	fixture_close(&f);
	fixture_open(&f);
	ck_assert(store_find_patient(f.store, "token-2", name));
	ck_assert_str_eq(name, "T-0002");
	ck_assert(!store_find_patient(f.store, "token-3", name));
	ck_assert_str_eq(name, "T-0002");
	fixture_finish(&f);
}
END_TEST

START_TEST(ids_are_never_given_twice)
{
	const struct event stopped = { .type = EVENT_PROGRAM_STOPPED, .at = fixture_at(90000) };
	struct fixture f;

	fixture_init(&f);
	fixture_open(&f);
	fixture_fill(&f, true);
	fixture_close(&f);
	fixture_open(&f);
	/* Without a stop on record an alarm with the next ids may have been shown and lost. */
	ck_assert_int_eq(store_next_id(f.store), 1003);
	ck_assert_int_eq(store_next_id(f.store), 1004);
	store_append_event(f.store, &stopped);
	fixture_observe(&f, 1, fixture_at(90000), 97000);
	fixture_close(&f);
	fixture_open(&f);
	ck_assert_int_eq(store_next_id(f.store), 3);
	fixture_finish(&f);
}
END_TEST

START_TEST(ids_lost_twice_are_never_given_again)
{
	const struct event started = { .type = EVENT_PROGRAM_STARTED, .at = fixture_at(90000) };
	struct fixture f;
	store_ticket ticket;

	fixture_init(&f);
	fixture_open(&f);
	fixture_fill(&f, true);
	fixture_close(&f);
	/* Two runs that end without a stop, before an id of their own is on disk. */
	for (int i = 0; i < 2; i++) {
		fixture_open(&f);
		ticket = store_append_event(f.store, &started);
		ck_assert(store_wait(f.store, ticket, duration_ms(20000)));
		ck_assert_int_eq(store_next_id(f.store), 1003 + i * 1000);
		fixture_close(&f);
	}
	fixture_open(&f);
	ck_assert_int_eq(store_next_id(f.store), 3003);
	ck_assert(!store_wait(f.store, ticket + 1000, duration_ms(1)));
	fixture_finish(&f);
}
END_TEST

START_TEST(the_record_is_append_only)
{
	static const char *const scripts[] = { "UPDATE event SET text = ''", "DELETE FROM event",
		"UPDATE reading SET bed = ''", "DELETE FROM reading" };
	struct fixture f;

	fixture_init(&f);
	fixture_open(&f);
	fixture_fill(&f, true);
	for (size_t i = 0; i < sizeof(scripts) / sizeof(scripts[0]); i++) {
		char *why = NULL;
		sqlite3 *db;

		ck_assert_int_eq(sqlite3_open(f.path, &db), SQLITE_OK);
		ck_assert_int_eq(sqlite3_exec(db, scripts[i], NULL, NULL, &why), SQLITE_CONSTRAINT);
		ck_assert_str_eq(why, "the record is append-only");
		sqlite3_free(why);
		sqlite3_close(db);
	}
	fixture_finish(&f);
}
END_TEST

START_TEST(a_second_program_is_refused)
{
	const struct store_callbacks callbacks = { 0 };
	struct store *second;
	struct outcome opened;
	struct fixture f;

	fixture_init(&f);
	fixture_open(&f);
	opened = store_open(&f.loop, f.path, &callbacks, &second);
	ck_assert(!opened.ok);
	ck_assert_ptr_nonnull(strstr(opened.why, " is in use by another infusiond: stop that one first"));
	fixture_finish(&f);
}
END_TEST

/* Notes what a load hands over, one word each. */
static void
note_event(void *ctx, const struct event *event)
{
	char *text = ctx;
	size_t used = strlen(text);

	if (event->session != NULL)
		snprintf(text + used, 256 - used, "session %d at %s in %s; ", (int)event->session->id,
		    event->bed, phase_name(event->session->phase));
	else
		snprintf(text + used, 256 - used, "alarm %d of %d at %s revision %d; ", (int)event->alarm->id,
		    (int)event->session_id, event->bed, event->alarm->revision);
}

START_TEST(a_start_finds_what_was_open)
{
	struct alarm station = { .id = 9, .group = { ALARM_GROUP_STATION, "store" }, .revision = 4 };
	struct session moved = { .id = 8, .bed = "bed 1", .phase = PHASE_BASELINE };
	struct alarm alarm = { .id = 10, .session = 8, .revision = 1 };
	const struct alarm other = {
		.id = 11, .session = 8, .group = { .kind = ALARM_GROUP_RATE }, .revision = 1
	};
	struct store_past past;
	struct fixture f;
	char text[256] = "";

	fixture_init(&f);
	fixture_open(&f);
	fixture_fill(&f, true);
	fixture_tell_session(&f, EVENT_SESSION_STARTED, &moved, fixture_at(20000));
	fixture_tell_alarm(&f, ALARM_START, &alarm, fixture_at(21000));
	fixture_tell_alarm(&f, ALARM_START, &other, fixture_at(21000));
	fixture_tell_alarm(&f, ALARM_START, &station, fixture_at(21000));
	alarm.revision = 2;
	fixture_tell_alarm(&f, ALARM_UPDATE, &alarm, fixture_at(22000));
	strcpy(moved.bed, "bed 2");
	moved.phase = PHASE_INFUSION;
	fixture_tell_session(&f, EVENT_MOVED, &moved, fixture_at(23000));
	fixture_observe(&f, 8, fixture_at(24000), 97000);
	fixture_close(&f);
	fixture_open(&f);
	ck_assert(store_load(f.store, &past, note_event, text).ok);
	ck_assert_str_eq(text, "session 8 at bed 2 in infusion; alarm 11 of 8 at bed 2 revision 1; "
			       "alarm 10 of 8 at bed 2 revision 2; alarm 9 of 0 at  revision 4; ");
	ck_assert_str_eq(past.trouble, "");
	ck_assert(past.any);
	ck_assert_int_eq(past.last.ms, fixture_at(24000).ms);
	fixture_finish(&f);
}
END_TEST

START_TEST(a_damaged_state_gives_way_to_the_one_before)
{
	struct store_past past;
	struct fixture f;
	char text[256] = "";

	fixture_init(&f);
	fixture_open(&f);
	fixture_fill(&f, false);
	fixture_close(&f);
	fixture_sql(f.path,
	    "DROP TRIGGER event_no_update; UPDATE event SET body = replace(body, '\"oxygen\"', '\"oxyg\"') "
	    "WHERE change = 'end'");
	fixture_open(&f);
	ck_assert(store_load(f.store, &past, note_event, text).ok);
	ck_assert_str_eq(text, "session 1 at bed 1 in baseline; alarm 2 of 1 at bed 1 revision 2; ");
	ck_assert_msg(strstr(past.trouble, "was passed over: alarm: group 'oxyg' is not known") != NULL, "%s",
	    past.trouble);
	fixture_finish(&f);
}
END_TEST

static void
note_setting(void *ctx, const char *key, const char *value)
{
	char *text = ctx;
	size_t used = strlen(text);

	snprintf(text + used, 256 - used, "%s=%s;", key, value);
}

static store_ticket
tell_setting(struct fixture *f, enum event_type type, const char *key, const char *value)
{
	struct event event = { .type = type, .at = fixture_at(0) };

	snprintf(event.subject, sizeof(event.subject), "%s", key);
	snprintf(event.new_value, sizeof(event.new_value), "%s", value);
	return store_append_event(f->store, &event);
}

START_TEST(the_last_configuration_and_clock_are_found)
{
	struct store_past past;
	struct fixture f;
	char text[256] = "";

	fixture_init(&f);
	fixture_open(&f);
	tell_setting(&f, EVENT_CONFIGURATION, "a", "1");
	tell_setting(&f, EVENT_CONFIGURATION, "b", "1");
	tell_setting(&f, EVENT_CLOCK_STEPPED, "", "-4200");
	fixture_wait_commit(&f, tell_setting(&f, EVENT_CONFIGURATION, "a", "2"));
	ck_assert(store_load_configuration(f.store, note_setting, text).ok);
	ck_assert_str_eq(text, "a=2;b=1;");
	ck_assert(store_load(f.store, &past, NULL, NULL).ok);
	ck_assert_int_eq(past.clock_offset_ms, -4200);
	fixture_finish(&f);
}
END_TEST

int
main(void)
{
	const TTest *const all[] = {
		a_new_file_is_ours_and_empty,
		an_event_is_stored_as_it_was_told,
		readings_are_stored_with_quality_and_sealed,
		a_cuff_is_stored_once_and_a_failed_one_too,
		a_repeated_act_is_found_queued_and_stored,
		a_disk_that_does_not_say_is_no_answer,
		a_patient_is_found_by_the_subject,
		ids_are_never_given_twice,
		ids_lost_twice_are_never_given_again,
		the_record_is_append_only,
		a_second_program_is_refused,
		a_start_finds_what_was_open,
		a_damaged_state_gives_way_to_the_one_before,
		the_last_configuration_and_clock_are_found,
	};

	return suite_run_tests("store", 60, all, sizeof(all) / sizeof(all[0]));
}
