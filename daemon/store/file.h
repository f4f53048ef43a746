/* The SQLite file itself: making, opening, migrations, small helpers. A file
 * is opened for writing by one program at a time, for reading by any number.
 * Store-private. */
#ifndef INFUSIOND_STORE_FILE_H
#define INFUSIOND_STORE_FILE_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include "daemon/base/outcome.h"

/* "INFU": tells our file from any other SQLite file. */
enum { STORE_APPLICATION_ID = 0x494e4655, STORE_PATH_CAP = 512 };

/* Which file a path led to. */
struct file_identity {
	dev_t device;
	ino_t inode; /* 0: not known */
};

/* An open record; only its opener's thread may use it, but it may be handed on. */
struct store_file {
	char path[STORE_PATH_CAP];
	sqlite3 *db;
	int lock_fd; /* of PATH.lock, held while the file is open */
	struct file_identity main, wal;
};

/* Read-write, WAL, synchronous=FULL, migrated; made when there is none. A refusal says what is wrong with which file
 * and what to do. */
struct outcome store_file_open(const char *path, struct store_file *ret_file);
void store_file_close(struct store_file *file);

/* Whether the path still leads to what is written: a file that was moved away takes rows that nobody would ever read. */
struct outcome store_file_check_place(struct store_file *file);

/* How long a reader waits for a file that SQLite holds for itself: pages may wait, the loop watches the beds. */
enum { FILE_PATIENCE_MS = 5000, FILE_PATIENCE_OF_LOOP_MS = 20 };

/* Read-only, for pages, backup and verify; refuses what is not ours or newer. */
struct outcome file_open_for_reading(const char *path, int patience_ms, sqlite3 **ret_db);

/* Prepares a statement, runs one to its end and resets it, runs a script. The reason is SQLite's. */
struct outcome file_prepare(sqlite3 *db, const char *sql, sqlite3_stmt **ret_statement);
struct outcome file_step(sqlite3_stmt *statement);
struct outcome file_run(sqlite3 *db, const char *script);

/* The next row, if there is one: a row that cannot be read is not the end. */
struct outcome file_next(sqlite3_stmt *row, bool *ret_found);

/* The single integer of a query; `value` is left as it is when there is no row, or none that can be read. */
struct outcome file_integer(sqlite3 *db, const char *sql, int64_t *value);

/* A column's text, never NULL; valid until the row is left. */
const char *file_text(sqlite3_stmt *row, int column);

/* Brings an empty database to the newest schema. */
struct outcome file_migrate(sqlite3 *db, int version);

#endif
