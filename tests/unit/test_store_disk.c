/* What the disk takes comes in the right order and together with what belongs to it; what it does not take is
 * kept, counted and said. */
#include <check.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "daemon/store/queue.h"
#include "store_fixture.h"
#include "suite_run.h"

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

/* Transactions in a WAL file: frames whose header gives the database's size are commits
 * (sqlite.org/fileformat2.html, 4.1). */
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
	fixture_assert_sound(f.path);
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
	ck_assert_int_eq(
	    fixture_integer(f.path, "SELECT count(*) FROM reading") + (int64_t)store_dropped(f.store),
	    2 * rounds);
	ck_assert_int_eq(
	    fixture_integer(
		f.path, "SELECT substr(text, instr(text, 'that ') + 5) FROM event WHERE type = 'record_gap'"),
	    (int64_t)store_dropped(f.store));
	ck_assert(fixture_close(&f).ok);
	fixture_assert_sound(f.path);
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
	ck_assert_str_eq(
	    f.trouble, "it was moved or deleted while in use: put it back, or restart infusiond");
	ck_assert_int_eq(rename(away, f.path), 0);
	fixture_wait_commit(&f, last);
	ck_assert_int_eq(fixture_integer(f.path, "SELECT count(*) FROM event"), 2);
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
		every_commit_is_synced_before_it_is_told,
		an_alarm_and_its_reading_are_one_transaction,
		readings_are_committed_in_groups,
		events_do_not_wait_for_company,
		a_full_disk_loses_nothing,
		what_memory_could_not_keep_is_on_record,
		what_is_lost_at_the_end_is_said,
		closing_writes_what_is_queued,
		a_moved_file_is_noticed_and_may_come_back,
		a_full_queue_gives_up_readings_then_own_events_never_acts,
		what_could_not_be_written_goes_back_in_front,
	};

	return suite_run_tests("store: disk", 150, all, sizeof(all) / sizeof(all[0]));
}
