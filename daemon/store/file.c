#include "daemon/store/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/store/embedded.h"

enum { BUSY_MS = 5000 };

static int
known_version(void)
{
	int version = 0;

	while (schema_migrations[version].name != NULL)
		version++;
	return version;
}

struct outcome
file_prepare(sqlite3 *db, const char *sql, sqlite3_stmt **ret_statement)
{
	if (sqlite3_prepare_v2(db, sql, -1, ret_statement, NULL) != SQLITE_OK)
		return outcome_fail("%s", sqlite3_errmsg(db));
	return outcome_ok();
}

int64_t
file_integer(sqlite3 *db, const char *sql, int64_t otherwise)
{
	sqlite3_stmt *statement = NULL;
	int64_t value = otherwise;

	if (file_prepare(db, sql, &statement).ok && sqlite3_step(statement) == SQLITE_ROW)
		value = sqlite3_column_int64(statement, 0);
	sqlite3_finalize(statement);
	return value;
}

static struct outcome
run(sqlite3 *db, const char *sql)
{
	if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
		return outcome_fail("%s", sqlite3_errmsg(db));
	return outcome_ok();
}

/* An empty file is new; any other must carry our mark, and a version that this program knows. */
static struct outcome
check_identity(sqlite3 *db, int *ret_version)
{
	int64_t tables = file_integer(db, "SELECT count(*) FROM sqlite_schema", -1);
	int64_t id = file_integer(db, "PRAGMA application_id", 0);
	int64_t version = file_integer(db, "PRAGMA user_version", 0);

	if (tables < 0)
		return outcome_fail("the file is damaged or no SQLite file (%s): restore a backup, or move it away to begin anew",
		    sqlite3_errmsg(db));
	if (tables > 0 && id != STORE_APPLICATION_ID)
		return outcome_fail("the file is a SQLite file of some other program");
	if (version > known_version())
		return outcome_fail("the file was written by a newer infusiond (schema %d, this one knows %d)", (int)version,
		    known_version());
	*ret_version = (int)version;
	return outcome_ok();
}

static struct outcome
migrate(sqlite3 *db, int version)
{
	struct outcome done = outcome_ok();

	for (; done.ok && schema_migrations[version].name != NULL; version++) {
		char mark[128];

		snprintf(mark, sizeof(mark), "PRAGMA application_id = %d; PRAGMA user_version = %d; COMMIT", STORE_APPLICATION_ID,
		    version + 1);
		done = run(db, "BEGIN IMMEDIATE");
		if (done.ok)
			done = run(db, schema_migrations[version].text);
		if (done.ok)
			done = run(db, mark);
		if (!done.ok) {
			done = outcome_within(done, "migration %s", schema_migrations[version].name);
			run(db, "ROLLBACK");
		}
	}
	return done;
}

/* Damage that SQLite finds on opening or in its own structure; what lies in rows is verify's. */
static struct outcome
check_sound(sqlite3 *db)
{
	sqlite3_stmt *statement = NULL;
	struct outcome done = file_prepare(db, "PRAGMA quick_check(1)", &statement);

	if (done.ok && sqlite3_step(statement) != SQLITE_ROW)
		done = outcome_fail("%s", sqlite3_errmsg(db));
	else if (done.ok && strcmp((const char *)sqlite3_column_text(statement, 0), "ok") != 0)
		done = outcome_fail("%.200s", sqlite3_column_text(statement, 0));
	sqlite3_finalize(statement);
	return done.ok ? done : outcome_fail("the file is damaged (%s): restore a backup, or move it away to begin anew", done.why);
}

static struct outcome
open_db(const char *path, int flags, sqlite3 **ret_db)
{
	sqlite3 *db = NULL;

	if (sqlite3_open_v2(path, &db, flags, NULL) != SQLITE_OK) {
		struct outcome failed = outcome_fail("%s: %s", path, db != NULL ? sqlite3_errmsg(db) : "out of memory");

		sqlite3_close(db);
		return failed;
	}
	sqlite3_busy_timeout(db, BUSY_MS);
	*ret_db = db;
	return outcome_ok();
}

static struct outcome
prepare_for_writing(sqlite3 *db)
{
	int version;
	struct outcome done = check_identity(db, &version);

	if (done.ok && version > 0)
		done = check_sound(db);
	if (done.ok)
		done = run(db, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; "
			       "PRAGMA trusted_schema = OFF");
	if (done.ok)
		done = migrate(db, version);
	return done;
}

struct outcome
file_open_for_writing(const char *path, sqlite3 **ret_db)
{
	sqlite3 *db = NULL;
	struct outcome done = open_db(path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, &db);

	if (!done.ok)
		return done;
	/* Patients' data: for the daemon's own user and group. */
	chmod(path, 0640);
	done = outcome_within(prepare_for_writing(db), "%s", path);
	if (!done.ok) {
		sqlite3_close(db);
		return done;
	}
	*ret_db = db;
	return done;
}

struct outcome
file_open_for_reading(const char *path, sqlite3 **ret_db)
{
	sqlite3 *db = NULL;
	int version = 0;
	struct outcome done;

	if (access(path, R_OK) != 0)
		return outcome_fail("%s: %s", path, strerror(errno));
	done = open_db(path, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, &db);
	if (!done.ok)
		return done;
	done = check_identity(db, &version);
	if (done.ok && version == 0)
		done = outcome_fail("the file holds no record");
	if (!done.ok) {
		sqlite3_close(db);
		return outcome_within(done, "%s", path);
	}
	*ret_db = db;
	return done;
}
