#include "store_fixture.h"

#include <check.h>
#include <ftw.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/store/verify.h"

enum { BOUND_MS = 100000 };

static void
on_committed(void *ctx, store_ticket ticket)
{
	struct fixture *fixture = ctx;

	ck_assert_uint_gt(ticket, fixture->committed);
	fixture->committed = ticket;
	fixture->commits++;
}

static void
on_trouble(void *ctx, const char *reason)
{
	struct fixture *fixture = ctx;

	snprintf(fixture->trouble, sizeof(fixture->trouble), "%s", reason != NULL ? reason : "");
	fixture->troubles++;
}

void
fixture_init(struct fixture *fixture)
{
	memset(fixture, 0, sizeof(*fixture));
	strcpy(fixture->folder, "/tmp/test-store-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(fixture->folder));
	snprintf(fixture->path, sizeof(fixture->path), "%s/record.db", fixture->folder);
	ck_assert_int_eq(uv_loop_init(&fixture->loop), 0);
	ck_assert_int_eq(uv_timer_init(&fixture->loop, &fixture->bound), 0);
}

static int
remove_entry(const char *path, const struct stat *status, int flag, struct FTW *walk)
{
	(void)status;
	(void)flag;
	(void)walk;
	return remove(path);
}

void
fixture_finish(struct fixture *fixture)
{
	fixture_close(fixture);
	uv_close((uv_handle_t *)&fixture->bound, NULL);
	uv_run(&fixture->loop, UV_RUN_DEFAULT);
	ck_assert_int_eq(uv_loop_close(&fixture->loop), 0);
	nftw(fixture->folder, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

void
fixture_open(struct fixture *fixture)
{
	const struct store_callbacks callbacks = { on_committed, on_trouble, fixture };
	struct outcome opened = store_open(&fixture->loop, fixture->path, &callbacks, &fixture->store);

	ck_assert_msg(opened.ok, "%s", opened.why);
	fixture->committed = 0;
}

struct outcome
fixture_close(struct fixture *fixture)
{
	struct outcome closed = store_close(fixture->store);

	fixture->store = NULL;
	uv_run(&fixture->loop, UV_RUN_NOWAIT);
	return closed;
}

static void
on_bound(uv_timer_t *timer)
{
	(void)timer;
	ck_abort_msg("waited for too long");
}

static void
turn_until(struct fixture *fixture, bool (*is_so)(const struct fixture *fixture, uint64_t what), uint64_t what)
{
	uv_timer_start(&fixture->bound, on_bound, BOUND_MS, 0);
	while (!is_so(fixture, what))
		uv_run(&fixture->loop, UV_RUN_ONCE);
	uv_timer_stop(&fixture->bound);
}

static bool
is_committed(const struct fixture *fixture, uint64_t ticket)
{
	return fixture->committed >= ticket;
}

static bool
is_in_trouble(const struct fixture *fixture, uint64_t troubles)
{
	return (uint64_t)fixture->troubles > troubles && fixture->trouble[0] != '\0';
}

void
fixture_wait_commit(struct fixture *fixture, store_ticket ticket)
{
	turn_until(fixture, is_committed, ticket);
}

void
fixture_wait_trouble(struct fixture *fixture)
{
	turn_until(fixture, is_in_trouble, (uint64_t)fixture->troubles);
}

void
fixture_turn(struct fixture *fixture)
{
	uv_run(&fixture->loop, UV_RUN_NOWAIT);
}

static sqlite3 *
open_file(const char *path)
{
	sqlite3 *db;

	ck_assert_int_eq(sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
	sqlite3_busy_timeout(db, 5000);
	return db;
}

void
fixture_sql(const char *path, const char *script)
{
	sqlite3 *db = open_file(path);
	int result = sqlite3_exec(db, script, NULL, NULL, NULL);

	ck_assert_msg(result == SQLITE_OK, "%s in %s", sqlite3_errmsg(db), script);
	sqlite3_close(db);
}

void
fixture_text(const char *path, const char *query, char *text, size_t cap)
{
	sqlite3 *db = open_file(path);
	sqlite3_stmt *row = NULL;
	int result = sqlite3_prepare_v2(db, query, -1, &row, NULL);

	ck_assert_msg(result == SQLITE_OK, "%s in %s", sqlite3_errmsg(db), query);
	ck_assert_msg(sqlite3_step(row) == SQLITE_ROW, "no row: %s", query);
	snprintf(text, cap, "%s", sqlite3_column_text(row, 0) != NULL ? (const char *)sqlite3_column_text(row, 0) : "NULL");
	sqlite3_finalize(row);
	sqlite3_close(db);
}

int64_t
fixture_integer(const char *path, const char *query)
{
	char text[64];

	fixture_text(path, query, text, sizeof(text));
	return strtoll(text, NULL, 10);
}

void
fixture_assert_sound(const char *path)
{
	struct verify_report report;
	struct outcome done = store_verify(path, NULL, NULL, NULL, &report);

	ck_assert_msg(done.ok, "%s", done.why);
	ck_assert_msg(report.sound, "%s", report.finding);
}

size_t
fixture_size(const char *path)
{
	struct stat status;

	return stat(path, &status) == 0 ? (size_t)status.st_size : 0;
}

void
fixture_write_file(const char *path, const void *bytes, size_t size)
{
	FILE *file = fopen(path, "wb");

	ck_assert_ptr_nonnull(file);
	ck_assert_uint_eq(fwrite(bytes, 1, size, file), size);
	ck_assert_int_eq(fclose(file), 0);
}

unsigned char *
fixture_read_file(const char *path, size_t *ret_size)
{
	size_t size = fixture_size(path);
	unsigned char *bytes = malloc(size + 1);
	FILE *file = fopen(path, "rb");

	ck_assert(bytes != NULL && file != NULL);
	ck_assert_uint_eq(fread(bytes, 1, size, file), size);
	fclose(file);
	*ret_size = size;
	return bytes;
}

void
fixture_copy_file(const char *from, const char *to)
{
	size_t size;
	unsigned char *bytes = fixture_read_file(from, &size);

	fixture_write_file(to, bytes, size);
	free(bytes);
}

static void
limit_files(rlim_t most)
{
	struct rlimit limit;

	ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &limit), 0);
	limit.rlim_cur = most;
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

void
fixture_fill_disk(void)
{
	signal(SIGXFSZ, SIG_IGN);
	limit_files(0);
}

void
fixture_empty_disk(void)
{
	limit_files(RLIM_INFINITY);
}

struct instant
fixture_at(int64_t ms)
{
	return (struct instant){ INT64_C(1767344400000) + ms };
}

store_ticket
fixture_observe(struct fixture *fixture, int64_t session, struct instant at, int32_t spo2_milli)
{
	const struct observation observation = {
		.at = at,
		.readings = {
		    { .vital = VITAL_RATE, .source = SOURCE_PLETH, .quality = QUALITY_INVALID, .doubt = DOUBT_SENSOR_OFF },
		    { .vital = VITAL_SPO2, .source = SOURCE_PLETH, .quality = QUALITY_GOOD, .milli = spo2_milli },
		},
		.reading_count = 2,
	};

	return store_append_observation(fixture->store, "bed 1", session, "m1", &observation, true);
}

store_ticket
fixture_tell_session(struct fixture *fixture, enum event_type type, const struct session *session, struct instant at)
{
	struct event event = { .type = type, .at = at, .session_id = session->id, .session = session };

	snprintf(event.bed, sizeof(event.bed), "%s", session->bed);
	snprintf(event.text, sizeof(event.text), "%s", event_type_name(type));
	return store_append_event(fixture->store, &event);
}

store_ticket
fixture_tell_act(struct fixture *fixture, int64_t session, const char *act_id, struct instant at)
{
	struct event event = {
		.type = EVENT_NOTE,
		.at = at,
		.bed = "bed 1",
		.session_id = session,
		.who = { "nurse", ROLE_NURSE },
		.reason = "patient, \"drowsy\"",
		.text = "note",
	};

	snprintf(event.act_id, sizeof(event.act_id), "%s", act_id);
	return store_append_event(fixture->store, &event);
}

store_ticket
fixture_tell_alarm(struct fixture *fixture, enum alarm_change change, const struct alarm *alarm, struct instant at)
{
	struct event event = {
		.type = EVENT_ALARM, .at = at, .bed = "bed 1", .session_id = alarm->session, .change = change, .alarm = alarm };

	alarm_group_to_text(&alarm->group, event.subject);
	snprintf(event.text, sizeof(event.text), "%s", alarm->sentence);
	if (alarm->session == 0)
		event.bed[0] = '\0';
	return store_append_event(fixture->store, &event);
}

/* Readings by themselves wait for company; a patient's name does not. */
static void
observe_at_once(struct fixture *fixture, int64_t session, struct instant at, int32_t spo2_milli)
{
	fixture_observe(fixture, session, at, spo2_milli);
	fixture_wait_commit(fixture, store_put_patient(fixture->store, "token", "T-0001", fixture_at(0)));
}

static struct alarm
low_oxygen(void)
{
	struct alarm alarm = {
		.id = 2,
		.session = 1,
		.group = { .kind = ALARM_GROUP_OXYGEN },
		.priority = PRIORITY_HIGH,
		.peak = PRIORITY_HIGH,
		.revision = 1,
		.started = fixture_at(3000),
		.ended = INSTANT_UNKNOWN,
		.acknowledged_at = INSTANT_UNKNOWN,
		.sentence = "SpO2 84, limit 85 (critical low)",
	};

	for (int vital = 0; vital < VITAL_COUNT; vital++)
		for (int side = 0; side < SIDE_COUNT; side++)
			alarm.worst_milli[vital][side] = alarm.heard_milli[vital][side] = ALARM_NO_VALUE;
	alarm.worst_milli[VITAL_SPO2][SIDE_LOW] = 84000;
	return alarm;
}

static store_ticket
end_session(struct fixture *fixture, struct session *session)
{
	session->phase = PHASE_DISCHARGED;
	session->ended = fixture_at(9000);
	return fixture_tell_session(fixture, EVENT_DISCHARGED, session, fixture_at(9000));
}

void
fixture_fill(struct fixture *fixture, bool discharge)
{
	struct alarm alarm = low_oxygen();
	struct session session = { .id = 1, .subject = "token", .bed = "bed 1", .regimen = "iv-ketamine", .phase = PHASE_BASELINE,
		.started = fixture_at(0), .ended = INSTANT_UNKNOWN, .clock = { .started = INSTANT_UNKNOWN },
		.plan = { .weight_g = 70000, .dose_ug = 35000 } };
	store_ticket last;

	fixture_wait_commit(fixture, fixture_tell_session(fixture, EVENT_SESSION_STARTED, &session, fixture_at(0)));
	observe_at_once(fixture, 1, fixture_at(1000), 97000);
	observe_at_once(fixture, 1, fixture_at(2000), 85000);
	fixture_observe(fixture, 1, fixture_at(3000), 84000);
	fixture_wait_commit(fixture, fixture_tell_alarm(fixture, ALARM_START, &alarm, fixture_at(3000)));
	alarm.acknowledged_at = fixture_at(4000);
	alarm.acknowledged = true;
	strcpy(alarm.acknowledged_by, "nurse");
	alarm.revision = 2;
	fixture_tell_alarm(fixture, ALARM_ACKNOWLEDGE, &alarm, fixture_at(4000));
	fixture_wait_commit(fixture, fixture_tell_act(fixture, 1, "act-1", fixture_at(5000)));
	fixture_observe(fixture, 1, fixture_at(6000), 95000);
	alarm.state = ALARM_OVER;
	alarm.ended = fixture_at(6000);
	alarm.revision = 3;
	last = fixture_tell_alarm(fixture, ALARM_END, &alarm, fixture_at(6000));
	if (discharge)
		last = end_session(fixture, &session);
	fixture_wait_commit(fixture, last);
	observe_at_once(fixture, 0, fixture_at(9500), 96000);
}
