#include "daemon/store/file.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "daemon/store/embedded.h"

/* Up to this size the whole file is looked through at the start (some tenths of a second); beyond it only what a start
 * reads, and verify looks at the rest. */
enum { BUSY_MS = 1000, CHECK_WHOLE_MOST = 64 * 1024 * 1024 };

static const char what_to_do[] = "restore a backup, or move it away to begin a new record";

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

struct outcome
file_step(sqlite3_stmt *statement)
{
	int result = sqlite3_step(statement);
	struct outcome done = result == SQLITE_DONE || result == SQLITE_ROW
	                          ? outcome_ok()
	                          : outcome_fail("%s", sqlite3_errmsg(sqlite3_db_handle(statement)));

	sqlite3_reset(statement);
	sqlite3_clear_bindings(statement);
	return done;
}

struct outcome
file_run(sqlite3 *db, const char *script)
{
	if (sqlite3_exec(db, script, NULL, NULL, NULL) != SQLITE_OK)
		return outcome_fail("%s", sqlite3_errmsg(db));
	return outcome_ok();
}

struct outcome
file_next(sqlite3_stmt *row, bool *ret_found)
{
	int stepped = sqlite3_step(row);

	*ret_found = stepped == SQLITE_ROW;
	if (stepped != SQLITE_ROW && stepped != SQLITE_DONE)
		return outcome_fail("%s", sqlite3_errmsg(sqlite3_db_handle(row)));
	return outcome_ok();
}

struct outcome
file_integer(sqlite3 *db, const char *sql, int64_t *value)
{
	sqlite3_stmt *row = NULL;
	bool found = false;
	struct outcome done = file_prepare(db, sql, &row);

	if (done.ok)
		done = file_next(row, &found);
	if (found)
		*value = sqlite3_column_int64(row, 0);
	sqlite3_finalize(row);
	return done;
}

const char *
file_text(sqlite3_stmt *row, int column)
{
	const char *text = (const char *)sqlite3_column_text(row, column);

	return text != NULL ? text : "";
}

/* A file must carry our mark, and a version that this program knows. */
static struct outcome
check_identity(sqlite3 *db, const char *path, int *ret_version)
{
	int64_t tables = 0, id = 0, version = 0;
	struct outcome done = file_integer(db, "SELECT count(*) FROM sqlite_schema", &tables);

	if (done.ok)
		done = file_integer(db, "PRAGMA application_id", &id);
	if (done.ok)
		done = file_integer(db, "PRAGMA user_version", &version);
	if (!done.ok)
		return outcome_fail("%s is damaged or no SQLite file (%s): %s", path, done.why, what_to_do);
	if (id != STORE_APPLICATION_ID)
		return outcome_fail("%s is a SQLite file of some other program: name another file as the store", path);
	if (version > known_version())
		return outcome_fail("%s was written by a newer infusiond (schema %d, this one knows %d): start that one", path,
		    (int)version, known_version());
	if (version < 1 || tables == 0)
		return outcome_fail("%s is damaged (schema %d, %d tables): %s", path, (int)version, (int)tables, what_to_do);
	*ret_version = (int)version;
	return outcome_ok();
}

struct outcome
file_migrate(sqlite3 *db, int version)
{
	struct outcome done = outcome_ok();

	for (; done.ok && schema_migrations[version].name != NULL; version++) {
		char mark[128];

		snprintf(mark, sizeof(mark), "PRAGMA application_id = %d; PRAGMA user_version = %d; COMMIT", STORE_APPLICATION_ID,
		    version + 1);
		done = file_run(db, "BEGIN IMMEDIATE");
		if (done.ok)
			done = file_run(db, schema_migrations[version].text);
		if (done.ok)
			done = file_run(db, mark);
		if (!done.ok) {
			done = outcome_within(done, "migration %s", schema_migrations[version].name);
			file_run(db, "ROLLBACK");
		}
	}
	return done;
}

static struct outcome
quick_check(sqlite3 *db, const char *sql)
{
	sqlite3_stmt *statement = NULL;
	struct outcome done = file_prepare(db, sql, &statement);

	if (done.ok && sqlite3_step(statement) != SQLITE_ROW)
		done = outcome_fail("%s", sqlite3_errmsg(db));
	else if (done.ok && strcmp(file_text(statement, 0), "ok") != 0)
		done = outcome_fail("%.200s", file_text(statement, 0));
	sqlite3_finalize(statement);
	return done;
}

/* Damage that SQLite finds in its own structure; what lies in rows is verify's. */
static struct outcome
check_sound(sqlite3 *db, const char *path)
{
	static const char *const small[] = { "PRAGMA quick_check(chain_head)", "PRAGMA quick_check(session)",
		"PRAGMA quick_check(alarm)", "PRAGMA quick_check(patient)" };
	int64_t size = 0;
	struct outcome done = file_integer(db, "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size", &size);

	if (done.ok && size <= CHECK_WHOLE_MOST)
		done = quick_check(db, "PRAGMA quick_check(1)");
	for (size_t i = 0; done.ok && size > CHECK_WHOLE_MOST && i < sizeof(small) / sizeof(small[0]); i++)
		done = quick_check(db, small[i]);
	return done.ok ? done : outcome_fail("%s is damaged (%s): %s", path, done.why, what_to_do);
}

static struct outcome
open_db(const char *path, int flags, int busy_ms, sqlite3 **ret_db)
{
	sqlite3 *db = NULL;

	if (sqlite3_open_v2(path, &db, flags | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK) {
		struct outcome failed = outcome_fail("%s cannot be opened: %s", path, db != NULL ? sqlite3_errmsg(db) : "out of memory");

		sqlite3_close(db);
		return failed;
	}
	sqlite3_busy_timeout(db, busy_ms);
	/* The file may have been written by anybody: nothing in its schema is trusted. */
	file_run(db, "PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON");
	*ret_db = db;
	return outcome_ok();
}

/* The name itself is on disk only with its folder. */
static void
sync_folder(const char *path)
{
	char copy[STORE_PATH_CAP];
	int fd;

	snprintf(copy, sizeof(copy), "%s", path);
	fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return;
	fsync(fd);
	close(fd);
}

/* A new record comes under its name only when it is whole, so that an empty file is always a damaged one. */
static struct outcome
make_new(const char *path)
{
	char making[STORE_PATH_CAP + 8];
	struct outcome done;
	sqlite3 *db;

	snprintf(making, sizeof(making), "%s.new", path);
	if (unlink(making) != 0 && errno != ENOENT)
		return outcome_fail("%s cannot be removed: %s", making, strerror(errno));
	done = open_db(making, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, BUSY_MS, &db);
	if (!done.ok)
		return done;
	/* Patients' data: for the daemon's own user and group; SQLite gives its side files the same rights. */
	if (chmod(making, 0640) != 0)
		done = outcome_fail("%s", strerror(errno));
	if (done.ok)
		done = file_migrate(db, 0);
	done = outcome_within(done, "%s", making);
	sqlite3_close(db);
	if (done.ok && rename(making, path) != 0)
		done = outcome_fail("%s cannot be named %s: %s", making, path, strerror(errno));
	sync_folder(path);
	return done;
}

/* What lies at the path before SQLite touches it. */
static struct outcome
look_at(const char *path)
{
	char wal[STORE_PATH_CAP + 8];
	struct stat status, wal_status;

	snprintf(wal, sizeof(wal), "%s-wal", path);
	if (stat(path, &status) == 0) {
		if (!S_ISREG(status.st_mode))
			return outcome_fail("%s is no file: name a file as the store", path);
		if (status.st_size == 0)
			return outcome_fail("%s is empty, so what it held is lost: restore a backup, or remove it to begin a new record", path);
		return outcome_ok();
	}
	if (errno != ENOENT)
		return outcome_fail("%s cannot be opened: %s", path, strerror(errno));
	if (stat(wal, &wal_status) == 0 && wal_status.st_size > 0)
		return outcome_fail("%s is missing but %s is there: put it back, or move both away to begin a new record", path, wal);
	return make_new(path);
}

static struct outcome
take_lock(const char *path, int *ret_fd)
{
	char lock[STORE_PATH_CAP + 8];
	int fd;

	snprintf(lock, sizeof(lock), "%s.lock", path);
	fd = open(lock, O_RDWR | O_CREAT | O_CLOEXEC, 0640);
	if (fd < 0)
		return outcome_fail("%s cannot be opened: %s%s", lock, strerror(errno),
		    errno == ENOENT ? ": make the folder of the store first" : "");
	if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
		close(fd);
		return outcome_fail("%s is in use by another infusiond: stop that one first", path);
	}
	*ret_fd = fd;
	return outcome_ok();
}

static struct outcome
prepare_for_writing(sqlite3 *db, const char *path)
{
	int version;
	struct outcome done = check_identity(db, path, &version);

	if (done.ok)
		done = check_sound(db, path);
	if (done.ok)
		done = outcome_within(file_run(db, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; "
						   "PRAGMA journal_size_limit = 67108864"), "%s", path);
	if (done.ok)
		done = outcome_within(file_migrate(db, version), "%s", path);
	return done;
}

static bool
identify(const char *path, const char *suffix, struct file_identity *ret_identity)
{
	char name[STORE_PATH_CAP + 8];
	struct stat status;

	snprintf(name, sizeof(name), "%s%s", path, suffix);
	if (stat(name, &status) != 0)
		return false;
	*ret_identity = (struct file_identity){ status.st_dev, status.st_ino };
	return true;
}

struct outcome
store_file_open(const char *path, struct store_file *ret_file)
{
	struct store_file file = { .lock_fd = -1 };
	struct outcome done;

	if (strlen(path) >= STORE_PATH_CAP)
		return outcome_fail("%.80s...: this path is too long for a store", path);
	snprintf(file.path, sizeof(file.path), "%s", path);
	done = take_lock(path, &file.lock_fd);
	if (done.ok)
		done = look_at(path);
	if (done.ok)
		done = open_db(path, SQLITE_OPEN_READWRITE, BUSY_MS, &file.db);
	if (done.ok)
		done = prepare_for_writing(file.db, path);
	if (!done.ok) {
		store_file_close(&file);
		return done;
	}
	identify(path, "", &file.main);
	*ret_file = file;
	return done;
}

void
store_file_close(struct store_file *file)
{
	sqlite3_close(file->db);
	file->db = NULL;
	if (file->lock_fd >= 0)
		close(file->lock_fd);
	file->lock_fd = -1;
}

static bool
is_same(const struct file_identity *a, const struct file_identity *b)
{
	return a->device == b->device && a->inode == b->inode;
}

struct outcome
store_file_check_place(struct store_file *file)
{
	struct file_identity now;

	if (!identify(file->path, "", &now) || !is_same(&now, &file->main))
		return outcome_fail("it was moved or deleted while in use: put it back, or restart infusiond");
	if (!identify(file->path, "-wal", &now))
		return file->wal.inode == 0 ? outcome_ok()
					    : outcome_fail("its -wal was deleted while in use: put it back, or restart infusiond");
	if (file->wal.inode == 0)
		file->wal = now;
	return is_same(&now, &file->wal) ? outcome_ok()
					 : outcome_fail("its -wal was replaced while in use: put it back, or restart infusiond");
}

struct outcome
file_open_for_reading(const char *path, int patience_ms, sqlite3 **ret_db)
{
	sqlite3 *db = NULL;
	int version = 0;
	struct outcome done;

	if (access(path, R_OK) != 0)
		return outcome_fail("%s cannot be read: %s", path, strerror(errno));
	done = open_db(path, SQLITE_OPEN_READONLY, patience_ms, &db);
	if (!done.ok)
		return done;
	done = check_identity(db, path, &version);
	if (done.ok && version < known_version())
		done = outcome_fail("%s is of an older schema (%d, this one knows %d): start infusiond on it once", path, version,
		    known_version());
	if (!done.ok) {
		sqlite3_close(db);
		return done;
	}
	*ret_db = db;
	return done;
}
