/* Whatever lies at the path: one sentence, or it works; never a crash. And a
 * writer that is killed at any moment leaves what it had reported. */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/store/query.h"
#include "daemon/store/verify.h"
#include "random_state.h"
#include "store_fixture.h"
#include "suite_run.h"

enum { FLIPS = 200, KILLS = 50, FIRST_COMMIT_MS = 20000 };

static struct outcome
try_open(struct fixture *f)
{
	const struct store_callbacks callbacks = { 0 };

	return store_open(&f->loop, f->path, &callbacks, &f->store);
}

static void
assert_refused(struct fixture *f, const char *sentence)
{
	struct outcome opened = try_open(f);
	size_t length = strlen(f->path);

	ck_assert(!opened.ok);
	ck_assert_msg(strncmp(opened.why, f->path, length) == 0, "%s", opened.why);
	ck_assert_msg(strncmp(opened.why + length, sentence, strlen(sentence)) == 0, "'%s' is not '...%s'", opened.why, sentence);
}

static void
make_record(struct fixture *f)
{
	fixture_init(f);
	fixture_open(f);
	fixture_fill(f, false);
	ck_assert(fixture_close(f).ok);
}

START_TEST(an_emptied_file_is_no_new_record)
{
	struct fixture f;

	make_record(&f);
	ck_assert_int_eq(truncate(f.path, 0), 0);
	assert_refused(&f, " is empty, so what it held is lost: restore a backup, or remove it to begin a new record");
	ck_assert_uint_eq(fixture_size(f.path), 0);
	fixture_finish(&f);
}
END_TEST

START_TEST(a_cut_file_is_refused)
{
	struct fixture f;
	size_t size;

	make_record(&f);
	size = fixture_size(f.path);
	ck_assert_int_eq(truncate(f.path, (off_t)size / 2), 0);
	assert_refused(&f, " is damaged");
	ck_assert_uint_eq(fixture_size(f.path), size / 2);
	fixture_finish(&f);
}
END_TEST

START_TEST(a_file_of_zeros_is_refused)
{
	const unsigned char zeros[40960] = { 0 };
	struct fixture f;

	fixture_init(&f);
	fixture_write_file(f.path, zeros, sizeof(zeros));
	assert_refused(&f, " is damaged or no SQLite file (file is not a database): restore a backup, or move it away to begin a new record");
	fixture_finish(&f);
}
END_TEST

START_TEST(a_header_of_garbage_is_refused)
{
	struct fixture f;
	unsigned char *bytes;
	size_t size;

	make_record(&f);
	bytes = fixture_read_file(f.path, &size);
	memset(bytes, 0x5a, 100);
	fixture_write_file(f.path, bytes, size);
	assert_refused(&f, " is damaged or no SQLite file (file is not a database)");
	free(bytes);
	fixture_finish(&f);
}
END_TEST

START_TEST(a_text_is_refused_and_left_as_it_is)
{
	struct fixture f;

	fixture_init(&f);
	fixture_write_file(f.path, "store: /var/lib\n", 16);
	assert_refused(&f, " is damaged or no SQLite file");
	ck_assert_uint_eq(fixture_size(f.path), 16);
	fixture_finish(&f);
}
END_TEST

START_TEST(a_newer_file_is_refused)
{
	struct fixture f;

	make_record(&f);
	fixture_sql(f.path, "PRAGMA user_version = 7");
	assert_refused(&f, " was written by a newer infusiond (schema 7, this one knows 4)");
	fixture_finish(&f);
}
END_TEST

START_TEST(a_version_of_nonsense_is_refused)
{
	struct fixture f;

	make_record(&f);
	fixture_sql(f.path, "PRAGMA user_version = -5");
	assert_refused(&f, " is damaged (schema -5, ");
	fixture_finish(&f);
}
END_TEST

START_TEST(a_file_of_others_is_refused)
{
	struct fixture f;
	sqlite3 *db;

	fixture_init(&f);
	ck_assert_int_eq(sqlite3_open(f.path, &db), SQLITE_OK);
	ck_assert_int_eq(sqlite3_exec(db, "CREATE TABLE event (mine)", NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
	assert_refused(&f, " is a SQLite file of some other program: name another file as the store");
	ck_assert_int_eq(fixture_integer(f.path, "SELECT count(*) FROM sqlite_schema"), 1);
	fixture_finish(&f);
}
END_TEST

START_TEST(a_folder_is_refused)
{
	struct fixture f;

	fixture_init(&f);
	ck_assert_int_eq(mkdir(f.path, 0700), 0);
	assert_refused(&f, " is no file: name a file as the store");
	fixture_finish(&f);
}
END_TEST

START_TEST(a_folder_that_is_not_there_is_said)
{
	struct fixture f;

	fixture_init(&f);
	snprintf(f.path, sizeof(f.path), "%s/no/rec.db", f.folder);
	assert_refused(&f, ".lock cannot be opened: No such file or directory: make the folder of the store first");
	fixture_finish(&f);
}
END_TEST

/* Killed while it was open, the file left a -wal; then somebody removed the file itself. */
START_TEST(a_wal_without_its_file_is_refused)
{
	struct fixture f;
	char wal[FIXTURE_PATH + 32];

	make_record(&f);
	snprintf(wal, sizeof(wal), "%s-wal", f.path);
	fixture_write_file(wal, "something", 9);
	ck_assert_int_eq(unlink(f.path), 0);
	assert_refused(&f, " is missing but ");
	fixture_finish(&f);
}
END_TEST

START_TEST(a_lost_table_is_said)
{
	struct fixture f;

	make_record(&f);
	fixture_sql(f.path, "DROP TABLE chain_head");
	assert_refused(&f, ": no such table: ");
	fixture_sql(f.path, "CREATE TABLE chain_head (one INTEGER PRIMARY KEY, seq INTEGER, hash BLOB, reading_id INTEGER)");
	assert_refused(&f, ": the head of the chain is missing");
	fixture_finish(&f);
}
END_TEST

START_TEST(a_half_made_file_is_made_anew)
{
	struct fixture f;
	char making[FIXTURE_PATH + 32];

	fixture_init(&f);
	snprintf(making, sizeof(making), "%s.new", f.path);
	fixture_write_file(making, "half", 4);
	fixture_open(&f);
	ck_assert_uint_eq(fixture_size(making), 0);
	fixture_finish(&f);
}
END_TEST

static void
take_event(void *ctx, const struct event *event)
{
	*(int64_t *)ctx += event->session != NULL ? event->session->id : event->alarm->id;
}

static void
take_setting(void *ctx, const char *key, const char *value)
{
	*(size_t *)ctx += strlen(key) + strlen(value);
}

static void
ask(const char *path, enum query_kind kind)
{
	const struct query query = { .kind = kind, .session = 1, .from = INSTANT_UNKNOWN, .to = INSTANT_UNKNOWN };
	const char *type;
	size_t length;
	char *text;

	query_now(path, &query, &type, &text, &length);
	ck_assert_ptr_nonnull(text);
	free(text);
}

/* Everything that a daemon does with a file. */
static bool
use(struct fixture *f)
{
	struct verify_report report;
	struct store_past past;
	struct outcome opened = try_open(f);
	int64_t ids = 0;
	size_t length = 0;

	if (opened.ok) {
		char name[STORE_PSEUDONYM_CAP];
		struct store_act act;
		bool found;

		ck_assert(store_load(f->store, &past, take_event, &ids).ok);
		store_load_configuration(f->store, take_setting, &length);
		store_find_act(f->store, "act-1", &found, &act);
		store_find_patient(f->store, "token-1", name);
		fixture_close(f);
	} else {
		ck_assert_uint_gt(strlen(opened.why), strlen(f->path));
	}
	for (int kind = QUERY_SESSIONS; kind < QUERY_KIND_COUNT; kind++)
		if (kind != QUERY_EXPORT)
			ask(f->path, (enum query_kind)kind);
	return store_verify(f->path, NULL, NULL, NULL, &report).ok && report.sound;
}

/* All that a record says, as one text. */
static void
dump(const char *path, char *text, size_t cap)
{
	fixture_text(path, "SELECT (SELECT group_concat(quote(seq)||quote(at_ms)||quote(type)||quote(bed)||quote(session_id)||quote(who)||"
			   "quote(reason)||quote(text)||quote(change)||quote(body)) FROM event) || (SELECT group_concat(quote(id)||quote(at_ms)||"
			   "quote(vital)||quote(quality)||quote(milli)||quote(measured_at_ms)) FROM reading) || "
			   "(SELECT group_concat(quote(session)||quote(phase)||quote(weight_kg)) FROM session_log) || "
			   "(SELECT group_concat(quote(alarm)||quote(peak)||quote(sentence)) FROM alarm_log)", text, cap);
}

/* Random bytes anywhere, in the file as a daemon closed it: where verify finds nothing, nothing was changed. */
START_TEST(flipped_bytes_never_crash)
{
	enum { CAP = 100000 };
	char *said = malloc(CAP), *says = malloc(CAP);
	uint64_t random = 20260102;
	unsigned char *whole;
	struct fixture f;
	int sound = 0;
	size_t size;

	make_record(&f);
	whole = fixture_read_file(f.path, &size);
	dump(f.path, said, CAP);
	for (int i = 0; i < FLIPS; i++) {
		unsigned char *bytes = malloc(size);

		memcpy(bytes, whole, size);
		for (int64_t flips = random_between(&random, 1, 8); flips > 0; flips--)
			bytes[random_between(&random, 0, (int64_t)(i % 2 == 0 ? size : 8192) - 1)] = (unsigned char)random_next(&random);
		fixture_write_file(f.path, bytes, size);
		free(bytes);
		if (!use(&f))
			continue;
		sound++;
		dump(f.path, says, CAP);
		ck_assert_str_eq(says, said);
	}
	/* Most bytes of a small file are unused space. */
	ck_assert_int_lt(sound, FLIPS * 9 / 10);
	fixture_write_file(f.path, whole, size);
	ck_assert(use(&f));
	free(whole);
	free(said);
	free(says);
	fixture_finish(&f);
}
END_TEST

/* What a child that is to be killed reports. */
struct report {
	int fd;
	struct fixture *fixture;
	store_ticket told;
};

static void
report_commit(void *ctx, store_ticket ticket)
{
	struct report *report = ctx;

	if (write(report->fd, &ticket, sizeof(ticket)) != sizeof(ticket))
		_exit(2);
	report->told = ticket;
}

static void
report_trouble(void *ctx, const char *reason)
{
	(void)ctx;
	(void)reason;
	_exit(3);
}

/* Appends readings and acts as fast as they are committed, each act named by its ticket, until it is killed. */
static void
write_until_killed(struct fixture *f, int fd)
{
	struct report report = { fd, f, 0 };
	const struct store_callbacks callbacks = { report_commit, report_trouble, &report };
	struct session session = { .id = 1, .bed = "bed 1", .phase = PHASE_INFUSION };
	store_ticket ticket = 0;
	char act_id[ACT_ID_CAP];

	if (!store_open(&f->loop, f->path, &callbacks, &f->store).ok)
		_exit(4);
	for (int64_t i = 0;; i++) {
		fixture_observe(f, 1, fixture_at(i), 97000);
		ticket += 2;
		if (i % 3 == 0) {
			snprintf(act_id, sizeof(act_id), "%llu", (unsigned long long)++ticket);
			fixture_tell_act(f, 1, act_id, fixture_at(i));
		}
		if (i % 7 == 0)
			ticket = fixture_tell_session(f, EVENT_CHECKLIST, &session, fixture_at(i));
		while (ticket - report.told > 50)
			uv_run(&f->loop, UV_RUN_ONCE);
		fixture_turn(f);
	}
}

/* Kills a writer so long after its birth, or after its first commit. */
static store_ticket
kill_after(struct fixture *f, bool once_busy, int64_t delay_us)
{
	store_ticket ticket, last = 0;
	int status, ends[2];
	pid_t child;

	ck_assert_int_eq(pipe(ends), 0);
	child = fork();
	ck_assert_int_ge(child, 0);
	if (child == 0) {
		close(ends[0]);
		write_until_killed(f, ends[1]);
	}
	close(ends[1]);
	if (once_busy)
		ck_assert_int_eq(poll(&(struct pollfd){ .fd = ends[0], .events = POLLIN }, 1, FIRST_COMMIT_MS), 1);
	/* The delay is the thing under test: a random moment, from before the file is open to hundreds of commits later. */
	usleep((useconds_t)delay_us);
	kill(child, SIGKILL);
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_msg(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL, "the writer ended by itself: %x", (unsigned)status);
	while (read(ends[0], &ticket, sizeof(ticket)) == sizeof(ticket))
		last = ticket;
	close(ends[0]);
	return last;
}

/* Every act of this life with a ticket up to the last reported one is there. */
static int64_t
count_acts(const char *path, int64_t after_seq, store_ticket upto)
{
	char sql[256];

	snprintf(sql, sizeof(sql), "SELECT count(*) FROM event WHERE seq > %lld AND act_id <> '' AND CAST(act_id AS INTEGER) <= %llu",
	    (long long)after_seq, (unsigned long long)upto);
	return fixture_integer(path, sql);
}

/* How many acts have a ticket up to this one: the writer's own count. */
static int64_t
expected_acts(store_ticket upto)
{
	store_ticket ticket = 0;
	int64_t acts = 0;

	for (int64_t i = 0;; i++) {
		ticket += 2;
		if (i % 3 == 0) {
			if (++ticket > upto)
				return acts;
			acts++;
		}
		if (i % 7 == 0)
			ticket++;
	}
}

START_TEST(killed_writers_leave_what_they_reported)
{
	uint64_t random = 77;
	struct verify_report report;
	char kept[STORE_HEAD_CAP] = "";
	int64_t after_seq = 0;
	struct fixture f;
	int busy = 0;

	fixture_init(&f);
	for (int i = 0; i < KILLS; i++) {
		store_ticket last = kill_after(&f, i % 2 != 0, random_between(&random, 0, i % 2 == 0 ? 60000 : 200000));
		struct outcome verified;

		if (fixture_size(f.path) == 0)
			continue;
		ck_assert_int_eq(count_acts(f.path, after_seq, last), expected_acts(last));
		verified = store_verify(f.path, kept[0] != '\0' ? kept : NULL, NULL, NULL, &report);
		ck_assert_msg(verified.ok, "%s", verified.why);
		ck_assert_msg(report.sound, "%s", report.finding);
		after_seq = fixture_integer(f.path, "SELECT max(seq) FROM event");
		if (report.events > 0)
			strcpy(kept, report.head);
		busy += last > 0;
	}
	ck_assert_int_ge(busy, KILLS / 2);
	fixture_open(&f);
	fixture_finish(&f);
}
END_TEST

int
main(void)
{
	const TTest *const all[] = {
		an_emptied_file_is_no_new_record,
		a_cut_file_is_refused,
		a_file_of_zeros_is_refused,
		a_header_of_garbage_is_refused,
		a_text_is_refused_and_left_as_it_is,
		a_newer_file_is_refused,
		a_version_of_nonsense_is_refused,
		a_file_of_others_is_refused,
		a_folder_is_refused,
		a_folder_that_is_not_there_is_said,
		a_wal_without_its_file_is_refused,
		a_lost_table_is_said,
		a_half_made_file_is_made_anew,
		flipped_bytes_never_crash,
		killed_writers_leave_what_they_reported,
	};

	return suite_run_tests("store_damage", 240, all, sizeof(all) / sizeof(all[0]));
}
