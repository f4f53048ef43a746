#include "daemon/store/verify.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/store/chain.h"
#include "daemon/store/file.h"
#include "daemon/store/projection.h"
#include "daemon/store/schema_check.h"

enum { PROGRESS_EVERY = 10000 };

struct walk {
	sqlite3 *db;
	sqlite3_stmt *events, *readings;
	struct fold fold;              /* of a walk over the whole */
	bool whole;
	int64_t last_seq, last_reading;
	unsigned char hash[CHAIN_HASH];
	int64_t kept_seq;              /* 0: no kept head */
	unsigned char kept_hash[CHAIN_HASH];
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

/* What a seal says of its batch. */
struct seal {
	int64_t first, last;
	unsigned char hash[CHAIN_HASH];
};

static bool
parse_seal(const char *body, struct seal *ret_seal)
{
	json_t *json = json_loads(body, 0, NULL);
	const char *hex;
	json_int_t first, last;
	bool ok = json != NULL && json_unpack(json, "{s:I, s:I, s:s}", "first", &first, "last", &last, "hash", &hex) == 0 &&
	          sodium_hex2bin(ret_seal->hash, CHAIN_HASH, hex, strlen(hex), NULL, NULL, NULL) == 0;

	if (ok) {
		ret_seal->first = first;
		ret_seal->last = last;
	}
	json_decref(json);
	return ok;
}

/* The next row of the table must be the reading of this id, as its mark says; its sum goes into the batch's. */
static bool
check_reading(struct walk *walk, int64_t id, int64_t seq, struct chain_sum *batch_sum)
{
	int stepped = sqlite3_step(walk->readings);
	unsigned char hash[CHAIN_HASH];
	struct chain_sum sum;

	if (stepped != SQLITE_ROW && stepped != SQLITE_DONE)
		return find(walk, "reading %" PRId64 ": it cannot be read: %s", id, sqlite3_errmsg(walk->db));
	if (stepped == SQLITE_DONE || sqlite3_column_int64(walk->readings, 0) > id)
		return find(walk, "reading %" PRId64 ": it is missing from the batch that event %" PRId64 " sealed", id, seq);
	if (sqlite3_column_int64(walk->readings, 0) < id)
		return find(walk, "reading %" PRId64 ": no event has sealed it", (int64_t)sqlite3_column_int64(walk->readings, 0));
	chain_begin(&sum);
	chain_add_row(&sum, walk->readings, READING_HASHED_COLUMNS);
	chain_end(&sum, hash);
	if (sqlite3_column_int64(walk->readings, READING_HASHED_COLUMNS) != chain_mark(hash))
		return find(walk, "reading %" PRId64 ": it was changed after event %" PRId64 " sealed it", id, seq);
	chain_add_bytes(batch_sum, hash, CHAIN_HASH);
	return true;
}

/* The next readings of the table must be exactly the batch that the event sealed. */
static bool
check_batch(struct walk *walk, int64_t seq, const char *body)
{
	unsigned char found[CHAIN_HASH];
	struct chain_sum batch_sum;
	struct seal seal;

	if (!parse_seal(body, &seal))
		return find(walk, "event %" PRId64 ": its seal over readings cannot be read", seq);
	chain_begin(&batch_sum);
	for (int64_t id = seal.first; id <= seal.last; id++) {
		if (!check_reading(walk, id, seq, &batch_sum))
			return false;
		walk->last_reading = id;
		walk->report->readings++;
	}
	chain_end(&batch_sum, found);
	if (memcmp(found, seal.hash, CHAIN_HASH) != 0)
		return find(walk, "readings %" PRId64 " to %" PRId64 ": they and their marks were changed after event %" PRId64
				  " sealed them", seal.first, seal.last, seq);
	return true;
}

static bool
check_link(struct walk *walk, int64_t seq)
{
	sqlite3_stmt *row = walk->events;
	struct chain_sum sum;

	if (seq <= walk->last_seq)
		return find(walk, "event %" PRId64 ": it was put before the first", seq);
	if (seq != walk->last_seq + 1)
		return find(walk, "event %" PRId64 ": it is missing", walk->last_seq + 1);
	if (!blob_is(row, EVENT_PREV_HASH, walk->hash))
		return find(walk, "event %" PRId64 ": it does not follow from the one before it", seq);
	chain_begin(&sum);
	chain_add_bytes(&sum, walk->hash, CHAIN_HASH);
	chain_add_row(&sum, row, EVENT_HASHED_COLUMNS);
	chain_end(&sum, walk->hash);
	if (!blob_is(row, EVENT_HASH, walk->hash))
		return find(walk, "event %" PRId64 ": it was changed after it was written", seq);
	if (seq == walk->kept_seq && memcmp(walk->hash, walk->kept_hash, CHAIN_HASH) != 0)
		return find(walk, "event %" PRId64 ": the chain up to it is not the one whose head was kept: it was recomputed", seq);
	return true;
}

static bool
note_for_projections(struct walk *walk, int64_t seq)
{
	struct outcome noted = fold_note(&walk->fold, seq, file_text(walk->events, EVENT_TYPE),
	    sqlite3_column_int64(walk->events, EVENT_SESSION),
	    sqlite3_column_int64(walk->events, EVENT_ALARM_ID), file_text(walk->events, EVENT_BODY));

	return noted.ok || find(walk, "event %" PRId64 ": it cannot be noted: %s", seq, noted.why);
}

static bool
check_event(struct walk *walk)
{
	int64_t seq = sqlite3_column_int64(walk->events, EVENT_SEQ);

	if (!check_link(walk, seq))
		return false;
	if (strcmp(file_text(walk->events, EVENT_TYPE), "readings") == 0 &&
	    !check_batch(walk, seq, file_text(walk->events, EVENT_BODY)))
		return false;
	if (walk->whole && !note_for_projections(walk, seq))
		return false;
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
		sound = find(walk, "chain_head: the head of the chain is missing");
	else if (sqlite3_column_int64(row, 0) > walk->last_seq)
		sound = find(walk, "event %" PRId64 ": it and what follows up to %" PRId64 " are missing", walk->last_seq + 1,
		    (int64_t)sqlite3_column_int64(row, 0));
	else if (sqlite3_column_int64(row, 0) < walk->last_seq || !blob_is(row, 1, walk->hash))
		sound = find(walk, "chain_head: it is not the hash of event %" PRId64 ", the last one", walk->last_seq);
	else if (sqlite3_column_int64(row, 2) != walk->last_reading)
		sound = find(walk, "reading %" PRId64 ": it and what follows up to %" PRId64 " are missing", walk->last_reading + 1,
		    (int64_t)sqlite3_column_int64(row, 2));
	else
		sound = true;
	sqlite3_finalize(row);
	return sound;
}

static bool
check_no_more_readings(struct walk *walk)
{
	int stepped = sqlite3_step(walk->readings);

	if (stepped == SQLITE_ROW)
		return find(walk, "reading %" PRId64 ": no event has sealed it", (int64_t)sqlite3_column_int64(walk->readings, 0));
	return stepped == SQLITE_DONE ||
	       find(walk, "reading %" PRId64 ": it cannot be read: %s", walk->last_reading + 1, sqlite3_errmsg(walk->db));
}

static bool
check_projections(struct walk *walk)
{
	char finding[160];
	struct outcome done = fold_compare(&walk->fold, finding, sizeof(finding));

	if (!done.ok)
		return find(walk, "the tables 'session', 'alarm' and 'signature' cannot be compared with the events: %.200s", done.why);
	return finding[0] == '\0' || find(walk, "%s", finding);
}

static bool
check_schema(struct walk *walk)
{
	char finding[160];

	return schema_is_ours(walk->db, finding, sizeof(finding)) || find(walk, "%s", finding);
}

/* Pages ask through indexes: one that does not agree with its table would hide rows from them. */
static bool
check_indexes(struct walk *walk)
{
	sqlite3_stmt *row = NULL;
	bool sound;

	if (!file_prepare(walk->db, "PRAGMA integrity_check(1)", &row).ok || sqlite3_step(row) != SQLITE_ROW)
		sound = find(walk, "file: it cannot be checked: %s", sqlite3_errmsg(walk->db));
	else
		sound = strcmp(file_text(row, 0), "ok") == 0 || find(walk, "file: %.200s", file_text(row, 0));
	sqlite3_finalize(row);
	return sound;
}

static bool
check_rest(struct walk *walk)
{
	if (!check_no_more_readings(walk) || !check_head(walk))
		return false;
	if (walk->kept_seq > walk->last_seq)
		return find(walk, "event %" PRId64 ": it is missing: the kept head stands at %" PRId64 ", the record ends before it",
		    walk->last_seq + 1, walk->kept_seq);
	return !walk->whole || (check_projections(walk) && check_schema(walk) && check_indexes(walk));
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
conclude(struct walk *walk, int64_t first_seq)
{
	struct verify_report *report = walk->report;
	char hex[CHAIN_HASH * 2 + 1];
	const char *against = "; a cut tail or a recomputed whole shows only against a head that was kept elsewhere";

	sodium_bin2hex(hex, sizeof(hex), walk->hash, CHAIN_HASH);
	snprintf(report->head, sizeof(report->head), "%" PRId64 ":%s", walk->last_seq, hex);
	if (!report->sound)
		return;
	if (walk->kept_seq > 0)
		against = ", up to the kept head and on";
	else if (!walk->whole)
		against = "";
	snprintf(report->finding, sizeof(report->finding),
	    "%" PRId64 " events from %" PRId64 " on and %" PRId64 " readings are as they were written%s", report->events, first_seq,
	    report->readings, against);
}

/* Where a walk begins: the first event, its previous hash, and the first reading that it or a later one seals. */
static struct outcome
begin_at(struct walk *walk, int64_t first_seq)
{
	sqlite3_stmt *row = NULL;
	struct seal seal = { .first = 1 };
	struct outcome done = outcome_ok();

	if (first_seq > 1) {
		done = file_prepare(walk->db, "SELECT prev_hash, body FROM event WHERE seq = ?1", &row);
		sqlite3_bind_int64(row, 1, first_seq);
		if (done.ok && (sqlite3_step(row) != SQLITE_ROW || sqlite3_column_bytes(row, 0) != CHAIN_HASH ||
		                   !parse_seal(file_text(row, 1), &seal)))
			done = outcome_fail("event %" PRId64 " cannot be read", first_seq);
		if (done.ok)
			memcpy(walk->hash, sqlite3_column_blob(row, 0), CHAIN_HASH);
		sqlite3_finalize(row);
	}
	walk->last_seq = first_seq - 1;
	walk->last_reading = seal.first - 1;
	if (done.ok)
		done = file_prepare(walk->db, "SELECT " EVENT_COLUMNS ", prev_hash, hash FROM event WHERE seq > ?1 ORDER BY seq",
		    &walk->events);
	if (done.ok)
		done = file_prepare(walk->db, "SELECT " READING_COLUMNS ", mark FROM reading WHERE id > ?1 ORDER BY id",
		    &walk->readings);
	if (done.ok) {
		sqlite3_bind_int64(walk->events, 1, walk->whole ? INT64_MIN : walk->last_seq);
		sqlite3_bind_int64(walk->readings, 1, walk->whole ? INT64_MIN : walk->last_reading);
	}
	return done;
}

static struct outcome
run_walk(struct walk *walk, int64_t first_seq, void (*progress)(void *ctx, int64_t events), void *ctx)
{
	struct outcome done = outcome_ok();

	/* One snapshot for all tables, while the daemon goes on writing. */
	if (walk->whole)
		done = fold_init(&walk->fold, walk->db);
	if (done.ok)
		done = file_run(walk->db, "BEGIN");
	if (done.ok)
		done = begin_at(walk, first_seq);
	if (done.ok) {
		walk_all(walk, progress, ctx);
		conclude(walk, first_seq);
	}
	sqlite3_finalize(walk->events);
	sqlite3_finalize(walk->readings);
	fold_finish(&walk->fold);
	file_run(walk->db, "COMMIT");
	return done;
}

struct outcome
store_verify(const char *path, const char *kept_head, void (*progress)(void *ctx, int64_t events), void *ctx,
    struct verify_report *ret_report)
{
	struct walk walk = { .report = ret_report, .whole = true };
	struct outcome done;

	memset(ret_report, 0, sizeof(*ret_report));
	if (sodium_init() < 0)
		return outcome_fail("the library of hashes does not start");
	if (kept_head != NULL && !parse_head(kept_head, &walk.kept_seq, walk.kept_hash))
		return outcome_fail("'%.90s' is no head: it looks like 123:0f5a...", kept_head);
	done = file_open_for_reading(path, FILE_PATIENCE_MS, &walk.db);
	if (!done.ok)
		return done;
	done = run_walk(&walk, 1, progress, ctx);
	sqlite3_close(walk.db);
	return outcome_within(done, "%s", path);
}

struct outcome
verify_session(sqlite3 *db, int64_t session, struct verify_report *ret_report)
{
	static const char seal_before[] = "SELECT max(seq) FROM event WHERE type = 'readings' AND seq < "
					  "(SELECT min(seq) FROM event WHERE session_id = ?1)";
	struct walk walk = { .report = ret_report, .db = db };
	sqlite3_stmt *row = NULL;
	int64_t first = 1;
	bool found = false;
	struct outcome done = file_prepare(db, seal_before, &row);

	memset(ret_report, 0, sizeof(*ret_report));
	sqlite3_bind_int64(row, 1, session);
	if (done.ok)
		done = file_next(row, &found);
	if (found && sqlite3_column_type(row, 0) == SQLITE_INTEGER)
		first = sqlite3_column_int64(row, 0);
	sqlite3_finalize(row);
	return done.ok ? run_walk(&walk, first, NULL, NULL) : done;
}
