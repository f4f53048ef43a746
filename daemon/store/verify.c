#include "daemon/store/verify.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/store/chain.h"
#include "daemon/store/file.h"

enum { PROGRESS_EVERY = 10000 };

struct walk {
	sqlite3 *db;
	sqlite3_stmt *events, *readings;
	int64_t last_seq, last_reading;
	unsigned char hash[CHAIN_HASH];
	int64_t kept_seq;              /* 0: no kept head */
	unsigned char kept_hash[CHAIN_HASH];
	bool met_kept;
	struct verify_report *report;
};

static bool find(struct walk *walk, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Notes the first fault; always false. */
static bool
find(struct walk *walk, const char *format, ...)
{
	va_list args;

	walk->report->sound = false;
	va_start(args, format);
	vsnprintf(walk->report->finding, sizeof(walk->report->finding), format, args);
	va_end(args);
	return false;
}

static bool
blob_is(sqlite3_stmt *row, int column, const unsigned char hash[CHAIN_HASH])
{
	return sqlite3_column_bytes(row, column) == CHAIN_HASH &&
	       memcmp(sqlite3_column_blob(row, column), hash, CHAIN_HASH) == 0;
}

static bool
parse_seal(const char *body, int64_t *ret_first, int64_t *ret_count, unsigned char ret_hash[CHAIN_HASH])
{
	json_t *seal = json_loads(body, 0, NULL);
	const char *hex;
	json_int_t first, count;
	bool ok = seal != NULL && json_unpack(seal, "{s:I, s:I, s:s}", "first", &first, "count", &count, "hash", &hex) == 0 &&
	          sodium_hex2bin(ret_hash, CHAIN_HASH, hex, strlen(hex), NULL, NULL, NULL) == 0;

	if (ok) {
		*ret_first = first;
		*ret_count = count;
	}
	json_decref(seal);
	return ok;
}

/* The next readings of the table must be exactly the batch that the event sealed. */
static bool
check_batch(struct walk *walk, int64_t seq, const char *body)
{
	int64_t first, count;
	unsigned char sealed[CHAIN_HASH], found[CHAIN_HASH];
	struct chain_sum sum;

	if (!parse_seal(body, &first, &count, sealed))
		return find(walk, "event %" PRId64 ": its seal over readings cannot be read", seq);
	chain_begin(&sum);
	for (int64_t id = first; id < first + count; id++) {
		if (sqlite3_step(walk->readings) != SQLITE_ROW || sqlite3_column_int64(walk->readings, 0) != id)
			return find(walk, "reading %" PRId64 ": it is missing, or stands in another place, in the batch that event %" PRId64
					  " sealed", id, seq);
		chain_add_row(&sum, walk->readings, READING_COLUMNS);
		walk->last_reading = id;
		walk->report->readings++;
	}
	chain_end(&sum, found);
	if (memcmp(found, sealed, CHAIN_HASH) != 0)
		return find(walk, "readings %" PRId64 " to %" PRId64 ": one of them was changed after event %" PRId64 " sealed them", first,
		    first + count - 1, seq);
	return true;
}

static bool
check_event(struct walk *walk)
{
	sqlite3_stmt *row = walk->events;
	int64_t seq = sqlite3_column_int64(row, 0);
	const char *type = (const char *)sqlite3_column_text(row, 2);
	const char *body = (const char *)sqlite3_column_text(row, 14);
	struct chain_sum sum;

	if (seq != walk->last_seq + 1)
		return find(walk, "event %" PRId64 ": it is missing", walk->last_seq + 1);
	if (!blob_is(row, EVENT_HASHED_COLUMNS, walk->hash))
		return find(walk, "event %" PRId64 ": it does not follow from the one before it", seq);
	chain_begin(&sum);
	chain_add_bytes(&sum, walk->hash, CHAIN_HASH);
	chain_add_row(&sum, row, EVENT_HASHED_COLUMNS);
	chain_end(&sum, walk->hash);
	if (!blob_is(row, EVENT_HASHED_COLUMNS + 1, walk->hash))
		return find(walk, "event %" PRId64 ": it was changed after it was written", seq);
	if (type != NULL && strcmp(type, "readings") == 0 && !check_batch(walk, seq, body != NULL ? body : ""))
		return false;
	if (seq == walk->kept_seq) {
		walk->met_kept = true;
		if (memcmp(walk->hash, walk->kept_hash, CHAIN_HASH) != 0)
			return find(walk, "event %" PRId64 ": the chain up to it is not the one whose head was kept: it was recomputed", seq);
	}
	walk->last_seq = seq;
	walk->report->events++;
	return true;
}

static bool
check_head(struct walk *walk)
{
	sqlite3_stmt *row = NULL;
	bool sound;

	if (!file_prepare(walk->db, "SELECT seq, hash, reading_id FROM chain_head", &row).ok || sqlite3_step(row) != SQLITE_ROW)
		sound = find(walk, "the head of the chain is missing");
	else if (sqlite3_column_int64(row, 0) != walk->last_seq)
		sound = find(walk, "event %" PRId64 ": it and what follows up to %" PRId64 " are missing", walk->last_seq + 1,
		    (int64_t)sqlite3_column_int64(row, 0));
	else if (!blob_is(row, 1, walk->hash))
		sound = find(walk, "the head of the chain was changed");
	else if (sqlite3_column_int64(row, 2) != walk->last_reading)
		sound = find(walk, "reading %" PRId64 ": it and what follows are missing", walk->last_reading + 1);
	else
		sound = true;
	sqlite3_finalize(row);
	return sound;
}

static bool
check_rest(struct walk *walk)
{
	if (sqlite3_step(walk->readings) == SQLITE_ROW)
		return find(walk, "reading %" PRId64 ": no event has sealed it", (int64_t)sqlite3_column_int64(walk->readings, 0));
	if (!check_head(walk))
		return false;
	if (walk->kept_seq > walk->last_seq)
		return find(walk, "event %" PRId64 ": it is missing: the kept head stands at %" PRId64 ", the record ends before it",
		    walk->last_seq + 1, walk->kept_seq);
	return true;
}

static bool
parse_head(const char *text, int64_t *ret_seq, unsigned char ret_hash[CHAIN_HASH])
{
	char *end;
	size_t length;

	*ret_seq = strtoll(text, &end, 10);
	return end != text && *end == ':' && *ret_seq > 0 &&
	       sodium_hex2bin(ret_hash, CHAIN_HASH, end + 1, strlen(end + 1), " \n", &length, NULL) == 0 && length == CHAIN_HASH;
}

static void
walk_all(struct walk *walk, void (*progress)(void *ctx, int64_t events), void *ctx)
{
	int stepped;

	walk->report->sound = true;
	while ((stepped = sqlite3_step(walk->events)) == SQLITE_ROW) {
		if (!check_event(walk))
			return;
		if (progress != NULL && walk->report->events % PROGRESS_EVERY == 0)
			progress(ctx, walk->report->events);
	}
	if (stepped != SQLITE_DONE)
		find(walk, "event %" PRId64 ": it cannot be read: %s", walk->last_seq + 1, sqlite3_errmsg(walk->db));
	else
		check_rest(walk);
}

static void
conclude(struct walk *walk)
{
	struct verify_report *report = walk->report;
	char hex[CHAIN_HASH * 2 + 1];

	sodium_bin2hex(hex, sizeof(hex), walk->hash, CHAIN_HASH);
	snprintf(report->head, sizeof(report->head), "%" PRId64 ":%s", walk->last_seq, hex);
	if (report->sound)
		snprintf(report->finding, sizeof(report->finding),
		    "%" PRId64 " events and %" PRId64 " readings are as they were written%s", report->events, report->readings,
		    walk->kept_seq > 0 ? ", up to the kept head and on"
				       : "; a cut tail or a recomputed whole shows only against a head that was kept elsewhere");
}

struct outcome
store_verify(const char *path, const char *kept_head, void (*progress)(void *ctx, int64_t events), void *ctx,
    struct verify_report *ret_report)
{
	struct walk walk = { .report = ret_report };
	struct outcome done;

	memset(ret_report, 0, sizeof(*ret_report));
	if (sodium_init() < 0)
		return outcome_fail("the library of hashes does not start");
	if (kept_head != NULL && !parse_head(kept_head, &walk.kept_seq, walk.kept_hash))
		return outcome_fail("'%.90s' is no head: it looks like 123:0f5a...", kept_head);
	done = file_open_for_reading(path, &walk.db);
	if (!done.ok)
		return done;
	/* One snapshot for both tables, while the daemon goes on writing. */
	sqlite3_exec(walk.db, "BEGIN", NULL, NULL, NULL);
	done = file_prepare(walk.db, "SELECT " EVENT_COLUMNS ", prev_hash, hash FROM event ORDER BY seq", &walk.events);
	if (done.ok)
		done = file_prepare(walk.db, "SELECT " READING_COLUMN_LIST " FROM reading ORDER BY id", &walk.readings);
	if (done.ok) {
		walk_all(&walk, progress, ctx);
		conclude(&walk);
	}
	sqlite3_finalize(walk.events);
	sqlite3_finalize(walk.readings);
	sqlite3_close(walk.db);
	return outcome_within(done, "%s", path);
}
