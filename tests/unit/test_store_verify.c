/* Every way of tampering with the file, done with SQLite itself, and the row
 * that verify names for it. */
#include <check.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/store/chain.h"
#include "daemon/store/verify.h"
#include "store_fixture.h"
#include "suite_run.h"

#define TRIGGERS_OFF                                                                                                   \
	"DROP TRIGGER event_no_update; DROP TRIGGER event_no_delete; DROP TRIGGER reading_no_update; "                 \
	"DROP TRIGGER reading_no_delete; "

static void
verify(const char *path, const char *kept, struct verify_report *report)
{
	struct outcome done = store_verify(path, kept, NULL, NULL, report);

	ck_assert_msg(done.ok, "%s", done.why);
}

static void
assert_finding(const char *path, const char *kept, const char *finding)
{
	struct verify_report report;

	verify(path, kept, &report);
	ck_assert_msg(!report.sound, "found nothing");
	ck_assert_msg(strncmp(report.finding, finding, strlen(finding)) == 0, "found '%s', not '%s'", report.finding, finding);
}

/* The filled record: event 1 session_started, 2 and 3 seals over readings 1-2 and 3-4, 4 seal over 5-6, 5 the alarm's
 * start, 6 its acknowledgement, 7 the note, 8 seal over 7-8, 9 the alarm's end, 10 discharge, 11 seal over 9-10. */
static void
fill(struct fixture *f)
{
	fixture_init(f);
	fixture_open(f);
	fixture_fill(f, true);
	ck_assert(fixture_close(f).ok);
	ck_assert_int_eq(fixture_integer(f->path, "SELECT max(seq) FROM event"), 11);
	ck_assert_int_eq(fixture_integer(f->path, "SELECT count(*) FROM event WHERE type = 'readings'"), 5);
	ck_assert_int_eq(fixture_integer(f->path, "SELECT max(id) FROM reading"), 10);
}

static const struct {
	const char *script, *finding;
} tamperings[] = {
	/* One byte of every column of an event. */
	{ "UPDATE event SET at_ms = at_ms + 1 WHERE seq = 7", "event 7: it was changed after it was written" },
	{ "UPDATE event SET type = 'nota' WHERE seq = 7", "event 7: it was changed after it was written" },
	{ "UPDATE event SET bed = 'bed 2' WHERE seq = 7", "event 7: it was changed after it was written" },
	{ "UPDATE event SET session_id = 2 WHERE seq = 7", "event 7: it was changed after it was written" },
	{ "UPDATE event SET alarm_id = 3 WHERE seq = 6", "event 6: it was changed after it was written" },
	{ "UPDATE event SET who = 'nursf' WHERE seq = 7", "event 7: it was changed after it was written" },
	{ "UPDATE event SET role = 'admin' WHERE seq = 7", "event 7: it was changed after it was written" },
	{ "UPDATE event SET act_id = 'act-2' WHERE seq = 7", "event 7: it was changed after it was written" },
	{ "UPDATE event SET reason = replace(reason, 'drowsy', 'drowsz') WHERE seq = 7",
	    "event 7: it was changed after it was written" },
	{ "UPDATE event SET text = 'nose' WHERE seq = 7", "event 7: it was changed after it was written" },
	{ "UPDATE event SET subject = 'x' WHERE seq = 7", "event 7: it was changed after it was written" },
	{ "UPDATE event SET old_value = 'x' WHERE seq = 7", "event 7: it was changed after it was written" },
	{ "UPDATE event SET new_value = 'x' WHERE seq = 7", "event 7: it was changed after it was written" },
	{ "UPDATE event SET change = 'end' WHERE seq = 5", "event 5: it was changed after it was written" },
	{ "UPDATE event SET body = replace(body, '84', '94') WHERE seq = 5", "event 5: it was changed after it was written" },
	{ "UPDATE event SET subject = text, text = subject WHERE seq = 7", "event 7: it was changed after it was written" },
	{ "UPDATE event SET hash = zeroblob(32) WHERE seq = 7", "event 7: it was changed after it was written" },
	{ "UPDATE event SET prev_hash = zeroblob(32) WHERE seq = 7", "event 7: it does not follow from the one before it" },
	{ "UPDATE event SET hash = x'00' WHERE seq = 7", "event 7: it was changed after it was written" },
	/* Their order and number. */
	{ "UPDATE event SET seq = 99 WHERE seq = 6; UPDATE event SET seq = 6 WHERE seq = 7; UPDATE event SET seq = 7 WHERE seq = 99",
	    "event 6: it does not follow from the one before it" },
	{ "DELETE FROM event WHERE seq = 6", "event 6: it is missing" },
	{ "DELETE FROM event WHERE seq = 1", "event 1: it is missing" },
	{ "DELETE FROM event WHERE seq = 6; UPDATE event SET seq = seq - 1 WHERE seq > 6",
	    "event 6: it does not follow from the one before it" },
	{ "INSERT INTO event SELECT 12, at_ms, type, bed, session_id, alarm_id, who, role, act_id, reason, text, subject, old_value, "
	  "new_value, change, body, prev_hash, hash FROM event WHERE seq = 7", "event 12: it does not follow from the one before it" },
	{ "INSERT INTO event SELECT 0, at_ms, type, bed, session_id, alarm_id, who, role, act_id, reason, text, subject, old_value, "
	  "new_value, change, body, prev_hash, hash FROM event WHERE seq = 7", "event 0: it was put before the first" },
	{ "DELETE FROM event; DELETE FROM reading", "event 1: it and what follows up to 11 are missing" },
	/* One byte of every column of a reading. */
	{ "UPDATE reading SET at_ms = at_ms - 1 WHERE id = 6", "reading 6: it was changed after event 4 sealed it" },
	{ "UPDATE reading SET bed = 'bed 2' WHERE id = 6", "reading 6: it was changed after event 4 sealed it" },
	{ "UPDATE reading SET session_id = 0 WHERE id = 6", "reading 6: it was changed after event 4 sealed it" },
	{ "UPDATE reading SET device = 'm2' WHERE id = 6", "reading 6: it was changed after event 4 sealed it" },
	{ "UPDATE reading SET vital = 'rate' WHERE id = 6", "reading 6: it was changed after event 4 sealed it" },
	{ "UPDATE reading SET source = 'ecg' WHERE id = 6", "reading 6: it was changed after event 4 sealed it" },
	{ "UPDATE reading SET quality = 'verify' WHERE id = 6", "reading 6: it was changed after event 4 sealed it" },
	{ "UPDATE reading SET doubt = 'x' WHERE id = 6", "reading 6: it was changed after event 4 sealed it" },
	{ "UPDATE reading SET pinned = 'low' WHERE id = 6", "reading 6: it was changed after event 4 sealed it" },
	{ "UPDATE reading SET milli = 94000 WHERE id = 6", "reading 6: it was changed after event 4 sealed it" },
	{ "UPDATE reading SET milli = 0 WHERE id = 5", "reading 5: it was changed after event 4 sealed it" },
	{ "UPDATE reading SET milli = NULL WHERE id = 6", "reading 6: it was changed after event 4 sealed it" },
	{ "UPDATE reading SET measured_at_ms = 0 WHERE id = 6", "reading 6: it was changed after event 4 sealed it" },
	{ "UPDATE reading SET cuff = 'new' WHERE id = 6", "reading 6: it was changed after event 4 sealed it" },
	{ "UPDATE reading SET cuff_key = '1' WHERE id = 6", "reading 6: it was changed after event 4 sealed it" },
	{ "UPDATE reading SET mark = mark + 1 WHERE id = 6", "reading 6: it was changed after event 4 sealed it" },
	/* Their order and number. */
	{ "UPDATE reading SET id = 99 WHERE id = 5; UPDATE reading SET id = 5 WHERE id = 6; UPDATE reading SET id = 6 WHERE id = 99",
	    "reading 5: it was changed after event 4 sealed it" },
	{ "DELETE FROM reading WHERE id = 5", "reading 5: it is missing from the batch that event 4 sealed" },
	{ "DELETE FROM reading WHERE id > 8", "reading 9: it is missing from the batch that event 11 sealed" },
	{ "INSERT INTO reading SELECT 11, at_ms, bed, session_id, device, vital, source, quality, doubt, pinned, milli, measured_at_ms, "
	  "cuff, cuff_key, mark FROM reading WHERE id = 5", "reading 11: no event has sealed it" },
	{ "INSERT INTO reading SELECT 0, at_ms, bed, session_id, device, vital, source, quality, doubt, pinned, milli, measured_at_ms, "
	  "cuff, cuff_key, mark FROM reading WHERE id = 5", "reading 0: no event has sealed it" },
	/* The newest batch and its seal, and the head. */
	{ "DELETE FROM reading WHERE id > 8; DELETE FROM event WHERE seq = 11", "event 11: it and what follows up to 11 are missing" },
	{ "DELETE FROM event WHERE seq = 11", "reading 9: no event has sealed it" },
	{ "UPDATE chain_head SET seq = 10", "chain_head: it is not the hash of event 11, the last one" },
	{ "UPDATE chain_head SET hash = zeroblob(32)", "chain_head: it is not the hash of event 11, the last one" },
	{ "UPDATE chain_head SET reading_id = 12", "reading 11: it and what follows up to 12 are missing" },
	{ "DELETE FROM chain_head", "chain_head: the head of the chain is missing" },
	/* What people read in place of events. */
	{ "UPDATE session SET dose_ug = 1", "session 1: its row in the table 'session' is not what the events say" },
	{ "DELETE FROM session", "session 1: its row in the table 'session' is not what the events say" },
	{ "UPDATE alarm SET peak = 'low'", "alarm 2: its row in the table 'alarm' is not what the events say" },
	{ "INSERT INTO alarm SELECT 3, last_seq, session_id, bed, alarm_group, state, priority, peak, revision, started_at_ms, ended_at_ms, "
	  "acknowledged_at_ms, acknowledged_by, note, returns, standing, worst, sentence FROM alarm",
	    "alarm 3: its row in the table 'alarm' is not what the events say" },
	/* Nothing but the triggers; a trigger of others; a view that says something else. */
	{ "", "schema: the trigger 'event_no_delete' is missing" },
	{ "DROP VIEW alarm_log; CREATE VIEW alarm_log AS SELECT 1", "schema: the view 'alarm_log' was changed" },
};

START_TEST(tampering_is_named)
{
	struct fixture f;

	fill(&f);
	fixture_sql(f.path, TRIGGERS_OFF);
	fixture_sql(f.path, tamperings[_i].script);
	assert_finding(f.path, NULL, tamperings[_i].finding);
	fixture_finish(&f);
}
END_TEST

START_TEST(a_trigger_of_others_is_named)
{
	struct fixture f;

	fill(&f);
	fixture_sql(f.path, "CREATE TRIGGER hide AFTER INSERT ON event BEGIN UPDATE alarm SET peak = 'low'; END");
	assert_finding(f.path, NULL, "schema: the trigger 'hide' is none of infusiond's");
	fixture_finish(&f);
}
END_TEST

START_TEST(an_untouched_record_is_sound_with_and_without_a_kept_head)
{
	struct verify_report report;
	char head[STORE_HEAD_CAP], middle[STORE_HEAD_CAP];
	struct fixture f;

	fill(&f);
	fixture_open(&f);
	store_head(f.store, head);
	fixture_close(&f);
	fixture_text(f.path, "SELECT '7:' || lower(hex(hash)) FROM event WHERE seq = 7", middle, sizeof(middle));
	verify(f.path, NULL, &report);
	ck_assert_msg(report.sound, "%s", report.finding);
	ck_assert_str_eq(report.head, head);
	ck_assert_int_eq(report.events, 11);
	ck_assert_int_eq(report.readings, 10);
	verify(f.path, head, &report);
	ck_assert_msg(report.sound, "%s", report.finding);
	verify(f.path, middle, &report);
	ck_assert_msg(report.sound, "%s", report.finding);
	/* An index that somebody added for their own queries changes nothing. */
	fixture_sql(f.path, "CREATE INDEX mine ON reading (device)");
	verify(f.path, NULL, &report);
	ck_assert_msg(report.sound, "%s", report.finding);
	fixture_finish(&f);
}
END_TEST

START_TEST(identity_can_go_and_the_chain_still_holds)
{
	struct verify_report report;
	struct fixture f;
	char text[64];

	fill(&f);
	fixture_sql(f.path, "DELETE FROM patient");
	verify(f.path, NULL, &report);
	ck_assert_msg(report.sound, "%s", report.finding);
	fixture_text(f.path, "SELECT '<' || patient || '>' FROM session_log", text, sizeof(text));
	ck_assert_str_eq(text, "<>");
	fixture_finish(&f);
}
END_TEST

/* A forger with the source at hand: cuts the tail after `last`, writes `text` into event `seq`, and recomputes. */
static void
recompute(const char *path, int64_t seq, const char *text, int64_t last)
{
	unsigned char hash[CHAIN_HASH] = { 0 };
	sqlite3_stmt *row = NULL, *put = NULL;
	sqlite3 *db;

	ck_assert_int_eq(sqlite3_open(path, &db), SQLITE_OK);
	ck_assert_int_eq(sqlite3_prepare_v2(db, "SELECT " EVENT_COLUMNS " FROM event ORDER BY seq", -1, &row, NULL), SQLITE_OK);
	ck_assert_int_eq(sqlite3_prepare_v2(db, "UPDATE event SET prev_hash = ?2, hash = ?3 WHERE seq = ?1", -1, &put, NULL), SQLITE_OK);
	fixture_sql(path, TRIGGERS_OFF);
	if (text != NULL) {
		char *sql = sqlite3_mprintf("UPDATE event SET text = %Q WHERE seq = %lld", text, (long long)seq);

		fixture_sql(path, sql);
		sqlite3_free(sql);
	} else {
		char *sql = sqlite3_mprintf("DELETE FROM event WHERE seq > %lld", (long long)last);

		fixture_sql(path, sql);
		sqlite3_free(sql);
		fixture_sql(path, "DELETE FROM reading WHERE id > (SELECT json_extract(body, '$.last') FROM event WHERE type = 'readings' "
				  "ORDER BY seq DESC LIMIT 1)");
	}
	while (sqlite3_step(row) == SQLITE_ROW) {
		struct chain_sum sum;

		sqlite3_bind_int64(put, 1, sqlite3_column_int64(row, 0));
		sqlite3_bind_blob(put, 2, hash, CHAIN_HASH, SQLITE_TRANSIENT);
		chain_begin(&sum);
		chain_add_bytes(&sum, hash, CHAIN_HASH);
		chain_add_row(&sum, row, EVENT_HASHED_COLUMNS);
		chain_end(&sum, hash);
		sqlite3_bind_blob(put, 3, hash, CHAIN_HASH, SQLITE_TRANSIENT);
		ck_assert_int_eq(sqlite3_step(put), SQLITE_DONE);
		sqlite3_reset(put);
	}
	sqlite3_finalize(row);
	sqlite3_finalize(put);
	sqlite3_close(db);
	fixture_sql(path, "UPDATE chain_head SET seq = (SELECT max(seq) FROM event), "
			  "hash = (SELECT hash FROM event ORDER BY seq DESC LIMIT 1), reading_id = (SELECT max(id) FROM reading);"
			  "CREATE TRIGGER event_no_update BEFORE UPDATE ON event BEGIN SELECT RAISE(ABORT, 'the record is append-only'); END;"
			  "CREATE TRIGGER event_no_delete BEFORE DELETE ON event BEGIN SELECT RAISE(ABORT, 'the record is append-only'); END;"
			  "CREATE TRIGGER reading_no_update BEFORE UPDATE ON reading BEGIN SELECT RAISE(ABORT, 'the record is append-only'); END;"
			  "CREATE TRIGGER reading_no_delete BEFORE DELETE ON reading BEGIN SELECT RAISE(ABORT, 'the record is append-only'); END;");
}

START_TEST(a_recomputed_chain_shows_against_a_kept_head)
{
	struct verify_report report;
	char head[STORE_HEAD_CAP];
	struct fixture f;

	fill(&f);
	verify(f.path, NULL, &report);
	strcpy(head, report.head);
	recompute(f.path, 7, "nothing to note", 11);
	verify(f.path, NULL, &report);
	ck_assert_msg(report.sound, "%s", report.finding);
	assert_finding(f.path, head, "event 11: the chain up to it is not the one whose head was kept: it was recomputed");
	fixture_finish(&f);
}
END_TEST

START_TEST(a_cut_tail_shows_against_a_kept_head)
{
	struct verify_report report;
	char head[STORE_HEAD_CAP];
	struct fixture f;

	fill(&f);
	fixture_text(f.path, "SELECT '11:' || lower(hex(hash)) FROM event WHERE seq = 11", head, sizeof(head));
	recompute(f.path, 0, NULL, 10);
	verify(f.path, NULL, &report);
	ck_assert_msg(report.sound, "%s", report.finding);
	ck_assert_int_eq(report.readings, 8);
	assert_finding(f.path, head, "event 11: it is missing: the kept head stands at 11, the record ends before it");
	fixture_finish(&f);
}
END_TEST

START_TEST(a_whole_batch_with_its_marks_is_named)
{
	struct fixture f;
	unsigned char hash[CHAIN_HASH];
	struct chain_sum sum;
	sqlite3_stmt *row = NULL;
	char sql[128];
	sqlite3 *db;

	fill(&f);
	fixture_sql(f.path, TRIGGERS_OFF "UPDATE reading SET milli = 99000 WHERE id = 6");
	ck_assert_int_eq(sqlite3_open(f.path, &db), SQLITE_OK);
	ck_assert_int_eq(sqlite3_prepare_v2(db, "SELECT " READING_COLUMNS " FROM reading WHERE id = 6", -1, &row, NULL), SQLITE_OK);
	ck_assert_int_eq(sqlite3_step(row), SQLITE_ROW);
	chain_begin(&sum);
	chain_add_row(&sum, row, READING_HASHED_COLUMNS);
	chain_end(&sum, hash);
	sqlite3_finalize(row);
	sqlite3_close(db);
	snprintf(sql, sizeof(sql), "UPDATE reading SET mark = %lld WHERE id = 6", (long long)chain_mark(hash));
	fixture_sql(f.path, sql);
	assert_finding(f.path, NULL, "readings 5 to 6: they and their marks were changed after event 4 sealed them");
	fixture_finish(&f);
}
END_TEST

START_TEST(a_record_that_was_tampered_with_goes_on)
{
	struct fixture f;

	fill(&f);
	fixture_sql(f.path, TRIGGERS_OFF "INSERT INTO event SELECT 12, at_ms, type, bed, session_id, alarm_id, who, role, act_id, reason, "
			    "text, subject, old_value, new_value, change, body, prev_hash, hash FROM event WHERE seq = 7; "
			    "DELETE FROM reading WHERE id = 10");
	fixture_open(&f);
	fixture_observe(&f, 1, fixture_at(0), 97000);
	fixture_wait_commit(&f, fixture_tell_act(&f, 1, "later", fixture_at(0)));
	fixture_close(&f);
	ck_assert_int_eq(fixture_integer(f.path, "SELECT count(*) FROM event WHERE act_id = 'later'"), 1);
	assert_finding(f.path, NULL, "reading 10: it is missing from the batch that event 11 sealed");
	fixture_finish(&f);
}
END_TEST

static const char *const no_heads[] = { "", "11", "11:", "x:00", "0:00", "11:zz", "11:0011", ":", "-1:00" };

START_TEST(a_head_that_is_none_is_refused)
{
	struct verify_report report;
	struct outcome done = store_verify("/nonexistent", no_heads[_i], NULL, NULL, &report);

	ck_assert(!done.ok);
	ck_assert_ptr_nonnull(strstr(done.why, "is no head: it looks like 123:0f5a..."));
}
END_TEST

static void
count_progress(void *ctx, int64_t events)
{
	(void)events;
	++*(int *)ctx;
}

START_TEST(progress_is_told)
{
	struct verify_report report;
	struct fixture f;
	int told = 0;

	fixture_init(&f);
	fixture_open(&f);
	for (int i = 0; i < 20000; i++)
		fixture_tell_act(&f, 1, "", fixture_at(i));
	fixture_close(&f);
	ck_assert(store_verify(f.path, NULL, count_progress, &told, &report).ok);
	ck_assert(report.sound);
	ck_assert_int_eq(told, 2);
	fixture_finish(&f);
}
END_TEST

START_TEST(a_sessions_stretch_is_proved_by_itself)
{
	struct verify_report report;
	struct session second = { .id = 7, .bed = "bed 1", .phase = PHASE_BASELINE };
	struct fixture f;
	sqlite3 *db;

	fill(&f);
	fixture_open(&f);
	fixture_wait_commit(&f, fixture_tell_session(&f, EVENT_SESSION_STARTED, &second, fixture_at(0)));
	fixture_wait_commit(&f, fixture_observe(&f, 7, fixture_at(0), 97000));
	fixture_close(&f);
	/* What lies before the session is none of its business. */
	fixture_sql(f.path, TRIGGERS_OFF "UPDATE event SET text = 'x' WHERE seq = 3; UPDATE reading SET milli = 0 WHERE id = 1");
	ck_assert_int_eq(sqlite3_open(f.path, &db), SQLITE_OK);
	ck_assert(verify_session(db, 7, &report).ok);
	ck_assert_msg(report.sound, "%s", report.finding);
	ck_assert_int_eq(report.events, 3);
	ck_assert_int_eq(report.readings, 4);
	fixture_sql(f.path, "UPDATE reading SET milli = 0 WHERE id = 12");
	ck_assert(verify_session(db, 7, &report).ok);
	ck_assert(!report.sound);
	ck_assert_str_eq(report.finding, "reading 12: it was changed after event 13 sealed it");
	ck_assert(verify_session(db, 1, &report).ok);
	ck_assert_str_eq(report.finding, "reading 1: it was changed after event 2 sealed it");
	sqlite3_close(db);
	fixture_finish(&f);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("store_verify");
	TCase *tests = tcase_create("all");

	if (sodium_init() < 0)
		return EXIT_FAILURE;
	tcase_set_timeout(tests, 60);
	tcase_add_loop_test(tests, tampering_is_named, 0, sizeof(tamperings) / sizeof(tamperings[0]));
	tcase_add_test(tests, a_trigger_of_others_is_named);
	tcase_add_test(tests, an_untouched_record_is_sound_with_and_without_a_kept_head);
	tcase_add_test(tests, identity_can_go_and_the_chain_still_holds);
	tcase_add_test(tests, a_recomputed_chain_shows_against_a_kept_head);
	tcase_add_test(tests, a_cut_tail_shows_against_a_kept_head);
	tcase_add_test(tests, a_whole_batch_with_its_marks_is_named);
	tcase_add_test(tests, a_record_that_was_tampered_with_goes_on);
	tcase_add_loop_test(tests, a_head_that_is_none_is_refused, 0, sizeof(no_heads) / sizeof(no_heads[0]));
	tcase_add_test(tests, progress_is_told);
	tcase_add_test(tests, a_sessions_stretch_is_proved_by_itself);
	suite_add_tcase(suite, tests);
	return suite_run(suite);
}
