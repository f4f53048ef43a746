/* What is appended is on disk in the right order and together with what
 * belongs to it; what the disk does not take is kept, counted and said. */
#include <check.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "daemon/store/backup.h"
#include "daemon/store/projection.h"
#include "daemon/store/queue.h"
#include "daemon/store/verify.h"
#include "random_state.h"
#include "store_fixture.h"

static void
assert_sound(const char *path)
{
	struct verify_report report;
	struct outcome done = store_verify(path, NULL, NULL, NULL, &report);

	ck_assert_msg(done.ok, "%s", done.why);
	ck_assert_msg(report.sound, "%s", report.finding);
}

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
	assert_sound(f.path);
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
	fixture_text(f.path, "SELECT seq||'|'||at_ms||'|'||type||'|'||bed||'|'||session_id||'|'||alarm_id||'|'||who||'|'||role||'|'||"
			     "act_id||'|'||reason||'|'||text||'|'||subject||'|'||old_value||'|'||new_value||'|'||change||'|'||body FROM event",
	    text, sizeof(text));
	ck_assert_str_eq(text, "1|1767344400250|note|bed 1|7|0|nurse|nurse|act-1|patient, \"drowsy\"|note|||||");
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
	fixture_text(f.path, "SELECT group_concat(vital||' '||source||' '||quality||' '||doubt||' '||coalesce(value,'-')||unit,'|') "
			     "FROM reading_log", text, sizeof(text));
	ck_assert_str_eq(text, "rate pleth invalid sensor off -/min|spo2 pleth good  97.5%");
	ck_assert_int_eq(fixture_integer(f.path, "SELECT json_extract(body, '$.last') FROM event WHERE type = 'readings'"), 2);
	fixture_finish(&f);
}
END_TEST

START_TEST(a_cuff_is_stored_once_and_a_failed_one_too)
{
	const struct reading systolic = { .quality = QUALITY_GOOD, .milli = 120000 };
	struct observation observation = { .at = fixture_at(0),
		.cuff = { .proof = CUFF_NEW, .key = "7", .measured_at = fixture_at(-2000), .systolic = systolic } };
	struct fixture f;
	char text[128];

	fixture_init(&f);
	fixture_open(&f);
	store_append_observation(f.store, "bed 1", 1, "m1", &observation, true);
	observation.cuff.proof = CUFF_REREAD;
	store_append_observation(f.store, "bed 1", 1, "m1", &observation, true);
	observation.cuff = (struct cuff){ .proof = CUFF_FAILED, .key = "8", .measured_at = INSTANT_UNKNOWN };
	fixture_wait_commit(&f, store_append_observation(f.store, "bed 1", 1, "m1", &observation, true));
	fixture_text(f.path, "SELECT group_concat(vital||' '||cuff||' '||cuff_key||' '||coalesce(value,'-')||' '||coalesce(measured,'-'),'|') "
			     "FROM reading_log", text, sizeof(text));
	ck_assert_str_eq(text, "systolic new 7 120.0 2026-01-02T08:59:58.000Z|systolic failed 8 - -");
	fixture_finish(&f);
}
END_TEST

/* Counts how often SQLite asks for the disk: it calls this in place of the C library's. */
static atomic_int syncs;

int
fdatasync(int fd)
{
	atomic_fetch_add(&syncs, 1);
	return (int)syscall(SYS_fdatasync, fd);
}

START_TEST(every_commit_is_synced_before_it_is_told)
{
	struct fixture f;

	fixture_init(&f);
	fixture_open(&f);
	for (int i = 0; i < 10; i++) {
		const int before = atomic_load(&syncs);

		fixture_wait_commit(&f, fixture_tell_act(&f, 1, "", fixture_at(i)));
		ck_assert_int_gt(atomic_load(&syncs), before);
	}
	fixture_finish(&f);
}
END_TEST

/* Transactions in a WAL file: frames whose header gives the database's size are commits (sqlite.org/fileformat2.html,
 * 4.1). */
static int
count_transactions(const char *path)
{
	char wal[FIXTURE_PATH + 32];
	size_t size, page;
	unsigned char *bytes;
	int count = 0;

	snprintf(wal, sizeof(wal), "%s-wal", path);
	bytes = fixture_read_file(wal, &size);
	ck_assert_uint_ge(size, 32);
	page = (size_t)bytes[8] << 24 | (size_t)bytes[9] << 16 | (size_t)bytes[10] << 8 | bytes[11];
	for (size_t at = 32; at + 24 <= size; at += 24 + page)
		count += (bytes[at + 4] | bytes[at + 5] | bytes[at + 6] | bytes[at + 7]) != 0 &&
		         memcmp(&bytes[at + 8], &bytes[16], 8) == 0;
	free(bytes);
	return count;
}

/* Gives the writer the time in which it would have taken the reading alone. */
static void
outlast_the_group(void)
{
	const uint64_t until_ns = uv_hrtime() + UINT64_C(250000000);

	while (uv_hrtime() < until_ns)
		usleep(1000);
}

START_TEST(an_alarm_and_its_reading_are_one_transaction)
{
	struct alarm alarm = { .id = 5, .session = 1 };
	struct fixture f;
	int before;

	fixture_init(&f);
	fixture_open(&f);
	fixture_wait_commit(&f, fixture_tell_act(&f, 1, "", fixture_at(0)));
	before = count_transactions(f.path);
	fixture_observe(&f, 1, fixture_at(1000), 84000);
	outlast_the_group();
	fixture_wait_commit(&f, fixture_tell_alarm(&f, ALARM_START, &alarm, fixture_at(1000)));
	ck_assert_int_eq(count_transactions(f.path), before + 1);
	ck_assert_int_eq(fixture_integer(f.path, "SELECT count(*) FROM reading"), 2);
	ck_assert_int_eq(fixture_integer(f.path, "SELECT count(*) FROM alarm"), 1);
	fixture_finish(&f);
}
END_TEST

START_TEST(readings_are_committed_in_groups)
{
	struct fixture f;
	uint64_t began_ns, took_ms;
	store_ticket last = 0;
	int before;

	fixture_init(&f);
	fixture_open(&f);
	fixture_wait_commit(&f, fixture_tell_act(&f, 1, "", fixture_at(0)));
	before = count_transactions(f.path);
	began_ns = uv_hrtime();
	for (int i = 0; i < 300; i++) {
		last = fixture_observe(&f, 1, fixture_at(i), 97000);
		fixture_turn(&f);
	}
	fixture_wait_commit(&f, last);
	took_ms = (uv_hrtime() - began_ns) / 1000000;
	ck_assert_int_le(count_transactions(f.path) - before, (int)(took_ms / 100) + 1);
	ck_assert_int_eq(fixture_integer(f.path, "SELECT count(*) FROM reading"), 600);
	fixture_finish(&f);
}
END_TEST

START_TEST(events_do_not_wait_for_company)
{
	struct fixture f;
	uint64_t fastest_ns = UINT64_MAX;

	fixture_init(&f);
	fixture_open(&f);
	for (int i = 0; i < 20; i++) {
		const uint64_t began_ns = uv_hrtime();

		fixture_observe(&f, 1, fixture_at(i), 97000);
		fixture_wait_commit(&f, fixture_tell_act(&f, 1, "", fixture_at(i)));
		if (uv_hrtime() - began_ns < fastest_ns)
			fastest_ns = uv_hrtime() - began_ns;
	}
	ck_assert_uint_lt(fastest_ns / 1000000, 80);
	fixture_finish(&f);
}
END_TEST

START_TEST(a_full_disk_loses_nothing)
{
	struct fixture f;
	store_ticket last, committed;
	struct duration lag;

	fixture_init(&f);
	fixture_open(&f);
	fixture_wait_commit(&f, fixture_tell_act(&f, 1, "first", fixture_at(0)));
	fixture_fill_disk();
	fixture_observe(&f, 1, fixture_at(1000), 84000);
	last = fixture_tell_act(&f, 1, "kept", fixture_at(1000));
	fixture_wait_trouble(&f);
	fixture_wait_trouble(&f);
	committed = store_committed(f.store);
	lag = store_lag(f.store);
	fixture_empty_disk();
	ck_assert_uint_eq(committed, last - 3);
	/* Two tries are a second apart. */
	ck_assert_int_ge(lag.ms, 900);
	fixture_wait_commit(&f, last);
	fixture_turn(&f);
	ck_assert_str_eq(f.trouble, "");
	ck_assert_int_eq(store_lag(f.store).ms, 0);
	ck_assert_int_eq(fixture_integer(f.path, "SELECT count(*) FROM event WHERE type = 'note'"), 2);
	ck_assert_int_eq(fixture_integer(f.path, "SELECT count(*) FROM reading"), 2);
	ck_assert(fixture_close(&f).ok);
	assert_sound(f.path);
	fixture_finish(&f);
}
END_TEST

START_TEST(what_memory_could_not_keep_is_on_record)
{
	const int rounds = STORE_QUEUE_MOST / (int)sizeof(struct reading_row) / 2 + 5000;
	struct fixture f;
	store_ticket last;
	uint64_t dropped;

	fixture_init(&f);
	fixture_open(&f);
	fixture_fill_disk();
	last = fixture_tell_act(&f, 1, "kept", fixture_at(0));
	fixture_wait_trouble(&f);
	for (int i = 0; i < rounds; i++) {
		fixture_observe(&f, 1, fixture_at(i), 97000);
		if (i % 1000 == 0)
			fixture_turn(&f);
	}
	fixture_turn(&f);
	dropped = store_dropped(f.store);
	fixture_empty_disk();
	ck_assert_uint_gt(dropped, 0);
	/* The gap is one ticket more than what was appended here. */
	last += 2 * (store_ticket)rounds + 1;
	fixture_wait_commit(&f, last);
	ck_assert_int_eq(fixture_integer(f.path, "SELECT count(*) FROM event WHERE act_id = 'kept'"), 1);
	ck_assert_int_eq(fixture_integer(f.path, "SELECT count(*) FROM reading") + (int64_t)store_dropped(f.store),
	    2 * rounds);
	ck_assert_int_eq(fixture_integer(f.path, "SELECT substr(text, instr(text, 'that ') + 5) FROM event WHERE type = 'record_gap'"),
	    (int64_t)store_dropped(f.store));
	ck_assert(fixture_close(&f).ok);
	assert_sound(f.path);
	fixture_finish(&f);
}
END_TEST

START_TEST(what_is_lost_at_the_end_is_said)
{
	struct fixture f;
	struct outcome closed;
	const char *expected = ": 2 readings and 1 events could not be written and are lost: ";

	fixture_init(&f);
	fixture_open(&f);
	fixture_fill_disk();
	fixture_observe(&f, 1, fixture_at(0), 97000);
	fixture_tell_act(&f, 1, "lost", fixture_at(0));
	closed = fixture_close(&f);
	fixture_empty_disk();
	ck_assert(!closed.ok);
	ck_assert_msg(strstr(closed.why, expected) != NULL, "%s", closed.why);
	fixture_finish(&f);
}
END_TEST

START_TEST(closing_writes_what_is_queued)
{
	struct fixture f;

	fixture_init(&f);
	fixture_open(&f);
	fixture_observe(&f, 1, fixture_at(0), 97000);
	fixture_tell_act(&f, 1, "a", fixture_at(0));
	ck_assert(fixture_close(&f).ok);
	ck_assert_uint_eq(f.committed, 3);
	ck_assert_int_eq(fixture_integer(f.path, "SELECT count(*) FROM event"), 2);
	fixture_finish(&f);
}
END_TEST

START_TEST(a_moved_file_is_noticed_and_may_come_back)
{
	struct fixture f;
	char away[FIXTURE_PATH + 32];
	store_ticket last;

	fixture_init(&f);
	fixture_open(&f);
	fixture_wait_commit(&f, fixture_tell_act(&f, 1, "first", fixture_at(0)));
	snprintf(away, sizeof(away), "%s.away", f.path);
	ck_assert_int_eq(rename(f.path, away), 0);
	last = fixture_tell_act(&f, 1, "second", fixture_at(1));
	fixture_wait_trouble(&f);
	ck_assert_str_eq(f.trouble, "it was moved or deleted while in use: put it back, or restart infusiond");
	ck_assert_int_eq(rename(away, f.path), 0);
	fixture_wait_commit(&f, last);
	ck_assert_int_eq(fixture_integer(f.path, "SELECT count(*) FROM event"), 2);
	fixture_finish(&f);
}
END_TEST

static void
assert_act(struct store *store, const char *act_id)
{
	struct store_act act;

	memset(&act, 0xff, sizeof(act));
	ck_assert(store_find_act(store, act_id, &act));
	ck_assert_str_eq(act.who, "nurse");
	ck_assert_str_eq(act.bed, "bed 1");
	ck_assert_int_eq(act.session, 1);
	ck_assert_int_eq(act.alarm, 0);
	ck_assert_str_eq(act.text, "note");
}

START_TEST(a_repeated_act_is_found_queued_and_stored)
{
	struct fixture f;
	struct store_act act;
	store_ticket ticket;

	fixture_init(&f);
	fixture_open(&f);
	ck_assert(!store_find_act(f.store, "act-1", &act));
	ticket = fixture_tell_act(&f, 1, "act-1", fixture_at(0));
	assert_act(f.store, "act-1");
	fixture_wait_commit(&f, ticket);
	assert_act(f.store, "act-1");
	ck_assert(!store_find_act(f.store, "act-2", &act));
	fixture_tell_act(&f, 1, "", fixture_at(0));
	ck_assert(!store_find_act(f.store, "", &act));
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
	static const char *const scripts[] = { "UPDATE event SET text = ''", "DELETE FROM event", "UPDATE reading SET bed = ''",
		"DELETE FROM reading" };
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
		snprintf(text + used, 256 - used, "session %d at %s in %s; ", (int)event->session->id, event->bed,
		    phase_name(event->session->phase));
	else
		snprintf(text + used, 256 - used, "alarm %d of %d at %s revision %d; ", (int)event->alarm->id,
		    (int)event->session_id, event->bed, event->alarm->revision);
}

START_TEST(a_start_finds_what_was_open)
{
	struct alarm station = { .id = 9, .group = { ALARM_GROUP_STATION, "store" }, .revision = 4 };
	struct session moved = { .id = 8, .bed = "bed 1", .phase = PHASE_BASELINE };
	struct alarm alarm = { .id = 10, .session = 8, .revision = 1 };
	const struct alarm other = { .id = 11, .session = 8, .group = { .kind = ALARM_GROUP_RATE }, .revision = 1 };
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
	fixture_sql(f.path, "DROP TRIGGER event_no_update; UPDATE event SET body = replace(body, '\"oxygen\"', '\"oxyg\"') "
			    "WHERE change = 'end'");
	fixture_open(&f);
	ck_assert(store_load(f.store, &past, note_event, text).ok);
	ck_assert_str_eq(text, "session 1 at bed 1 in baseline; alarm 2 of 1 at bed 1 revision 2; ");
	ck_assert_msg(strstr(past.trouble, "was passed over: alarm: group 'oxyg' is not known") != NULL, "%s", past.trouble);
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

/* Random sessions and alarms, with texts that are hard to store, several states of each. */
static void
fill_randomly(struct fixture *f, uint64_t *random)
{
	struct session session;
	struct alarm alarm;

	for (int i = 0; i < 200; i++) {
		random_session(random, &session);
		session.id = random_between(random, 1, 20);
		fixture_tell_session(f, EVENT_CHECKLIST, &session, fixture_at(i));
		random_alarm(random, &alarm);
		alarm.id = random_between(random, 21, 60);
		alarm.session = random_between(random, 0, 20);
		fixture_tell_alarm(f, ALARM_UPDATE, &alarm, fixture_at(i));
	}
	fixture_wait_commit(f, fixture_tell_act(f, 1, "", fixture_at(0)));
}

static const char all_projections[] =
	"SELECT (SELECT group_concat(quote(id)||quote(last_seq)||quote(subject)||quote(bed)||quote(regimen)||quote(phase)||"
	"quote(started_at_ms)||quote(dose_started_at_ms)||quote(ended_at_ms)||quote(weight_g)||quote(dose_ug)||quote(volume_ul)||"
	"quote(planned_ms)||quote(run_ms)||quote(unverified)||quote(aborted)) FROM (SELECT * FROM session ORDER BY id)) || "
	"(SELECT group_concat(quote(id)||quote(last_seq)||quote(session_id)||quote(bed)||quote(alarm_group)||quote(state)||"
	"quote(priority)||quote(peak)||quote(revision)||quote(started_at_ms)||quote(ended_at_ms)||quote(acknowledged_at_ms)||"
	"quote(acknowledged_by)||quote(note)||quote(returns)||quote(standing)||quote(worst)||quote(sentence)) "
	"FROM (SELECT * FROM alarm ORDER BY id))";

START_TEST(projections_follow_from_events)
{
	enum { CAP = 200000 };
	char *before = malloc(CAP), *after = malloc(CAP);
	uint64_t random = 2026;
	struct outcome rebuilt;
	struct fixture f;

	fixture_init(&f);
	fixture_open(&f);
	fill_randomly(&f, &random);
	ck_assert(fixture_close(&f).ok);
	fixture_text(f.path, all_projections, before, CAP);
	ck_assert_uint_gt(strlen(before), 10000);
	fixture_sql(f.path, "DELETE FROM session; UPDATE alarm SET sentence = 'nothing happened'");
	rebuilt = store_rebuild_projections(f.path);
	ck_assert_msg(rebuilt.ok, "%s", rebuilt.why);
	fixture_text(f.path, all_projections, after, CAP);
	ck_assert_str_eq(before, after);
	assert_sound(f.path);
	free(before);
	free(after);
	fixture_finish(&f);
}
END_TEST

START_TEST(views_tell_times_as_everybody_else)
{
	uint64_t random = 5;
	struct fixture f;
	char iso[INSTANT_TEXT_CAP], text[64];

	fixture_init(&f);
	fixture_open(&f);
	for (int i = 0; i < 100; i++) {
		struct instant at = { random_between(&random, INT64_C(0), INT64_C(4102444800000)) };

		fixture_wait_commit(&f, fixture_tell_act(&f, 1, "", at));
		instant_to_iso(at, iso);
		fixture_text(f.path, "SELECT at FROM event_log ORDER BY event DESC LIMIT 1", text, sizeof(text));
		ck_assert_str_eq(text, iso);
	}
	fixture_finish(&f);
}
END_TEST

START_TEST(views_tell_the_session)
{
	struct fixture f;
	char text[512];

	fixture_init(&f);
	fixture_open(&f);
	fixture_fill(&f, true);
	fixture_text(f.path, "SELECT session||'|'||patient||'|'||bed||'|'||regimen||'|'||phase||'|'||started||'|'||ended||'|'||weight_kg||"
			     "'|'||dose_mg||'|'||alarms||'|'||high_alarms FROM session_log", text, sizeof(text));
	ck_assert_str_eq(text, "1|T-0001|bed 1|iv-ketamine|discharged|2026-01-02T09:00:00.000Z|2026-01-02T09:00:09.000Z|70.0|35.0|1|1");
	fixture_text(f.path, "SELECT alarm||'|'||patient||'|'||alarm_group||'|'||state||'|'||peak||'|'||lasted_s||'|'||acknowledged_after_s||"
			     "'|'||acknowledged_by||'|'||worst||'|'||sentence FROM alarm_log", text, sizeof(text));
	ck_assert_str_eq(text, "2|T-0001|oxygen|over|high|3.0|1.0|nurse|spo2 low 84|SpO2 84, limit 85 (critical low)");
	fixture_text(f.path, "SELECT group_concat(who||' '||type) FROM audit_log", text, sizeof(text));
	ck_assert_str_eq(text, "nurse note");
	fixture_finish(&f);
}
END_TEST

START_TEST(a_backup_is_a_whole_record)
{
	struct fixture f;
	struct outcome done;
	char dest[FIXTURE_PATH + 32];

	fixture_init(&f);
	fixture_open(&f);
	fixture_fill(&f, true);
	snprintf(dest, sizeof(dest), "%s/backup.db", f.folder);
	done = store_backup(f.path, dest);
	ck_assert_msg(done.ok, "%s", done.why);
	assert_sound(dest);
	ck_assert_int_eq(fixture_integer(dest, "SELECT count(*) FROM event"), fixture_integer(f.path, "SELECT count(*) FROM event"));
	ck_assert(!store_backup(f.path, dest).ok);
	fixture_finish(&f);
}
END_TEST

static struct row *
queued_event(const char *who, uint64_t ticket)
{
	struct event event = { .at = fixture_at((int64_t)ticket) };
	struct row *row;

	snprintf(event.who.name, sizeof(event.who.name), "%s", who);
	row = row_of_event(&event);
	row->ticket = ticket;
	row->queued_ns = ticket;
	return row;
}

static struct row *
queued_reading(uint64_t ticket)
{
	const struct reading_row like = { .at = fixture_at((int64_t)ticket), .cuff = "" };
	const struct reading reading = { .quality = QUALITY_GOOD };
	struct row *row = row_of_reading(&like, &reading);

	row->ticket = ticket;
	row->queued_ns = ticket;
	return row;
}

START_TEST(a_full_queue_gives_up_readings_then_own_events_never_acts)
{
	struct row *act = queued_event("nurse", 1);
	struct queue queue;
	struct batch batch;

	queue_init(&queue, 3 * act->bytes);
	queue_put(&queue, act);
	queue_put(&queue, queued_event("", 2));
	queue_put(&queue, queued_reading(3));
	queue_put(&queue, queued_reading(4));
	ck_assert_uint_eq(queue.dropped, 0);
	queue_put(&queue, queued_event("", 5));
	ck_assert_uint_eq(queue.gap.readings, 2);
	ck_assert_uint_eq(queue.gap.events, 0);
	ck_assert_int_eq(queue.gap.from.ms, fixture_at(3).ms);
	ck_assert_int_eq(queue.gap.to.ms, fixture_at(4).ms);
	queue_put(&queue, queued_event("", 6));
	queue_put(&queue, queued_event("nurse", 7));
	queue_put(&queue, queued_event("nurse", 8));
	queue_put(&queue, queued_event("nurse", 9));
	ck_assert_uint_eq(queue.gap.events, 3);
	queue_take(&queue, &batch);
	ck_assert_uint_eq(batch.others.count, 4);
	ck_assert_uint_eq(batch.newest_ticket, 9);
	queue_release(&queue, batch_bytes(&batch));
	batch_free(&batch);
	ck_assert_uint_eq(queue.bytes, 0);
	queue_finish(&queue);
}
END_TEST

START_TEST(what_could_not_be_written_goes_back_in_front)
{
	struct queue queue;
	struct batch batch;

	queue_init(&queue, 1000000);
	queue_put(&queue, queued_reading(1));
	queue_put(&queue, queued_event("", 2));
	ck_assert(queue.urgent);
	ck_assert_uint_eq(queue_oldest_ns(&queue), 1);
	queue_take(&queue, &batch);
	ck_assert(queue_is_empty(&queue) && !queue.urgent);
	ck_assert_uint_eq(queue_oldest_ns(&queue), 1);
	queue_put(&queue, queued_reading(3));
	queue_put_back(&queue, &batch);
	ck_assert(queue.urgent);
	ck_assert_uint_eq(queue.others.first->ticket, 2);
	ck_assert_uint_eq(queue.readings.first->ticket, 1);
	ck_assert_uint_eq(queue.readings.last->ticket, 3);
	ck_assert_uint_eq(queue_oldest_ns(&queue), 1);
	queue_finish(&queue);
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
		every_commit_is_synced_before_it_is_told,
		an_alarm_and_its_reading_are_one_transaction,
		readings_are_committed_in_groups,
		events_do_not_wait_for_company,
		a_full_disk_loses_nothing,
		what_memory_could_not_keep_is_on_record,
		what_is_lost_at_the_end_is_said,
		closing_writes_what_is_queued,
		a_moved_file_is_noticed_and_may_come_back,
		a_repeated_act_is_found_queued_and_stored,
		a_patient_is_found_by_the_subject,
		ids_are_never_given_twice,
		ids_lost_twice_are_never_given_again,
		the_record_is_append_only,
		a_second_program_is_refused,
		a_start_finds_what_was_open,
		a_damaged_state_gives_way_to_the_one_before,
		the_last_configuration_and_clock_are_found,
		projections_follow_from_events,
		views_tell_times_as_everybody_else,
		views_tell_the_session,
		a_backup_is_a_whole_record,
		a_full_queue_gives_up_readings_then_own_events_never_acts,
		what_could_not_be_written_goes_back_in_front,
	};
	Suite *suite = suite_create("store");
	TCase *tests = tcase_create("all");
	SRunner *runner;
	int failed;

	tcase_set_timeout(tests, 60);
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		tcase_add_test(tests, all[i]);
	suite_add_tcase(suite, tests);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
