/* The SQLite file itself: opening, migrations, small helpers. Store-private. */
#ifndef INFUSIOND_STORE_FILE_H
#define INFUSIOND_STORE_FILE_H

#include <sqlite3.h>
#include <stdint.h>

#include "daemon/base/outcome.h"

/* "INFU": tells our file from any other SQLite file. */
enum { STORE_APPLICATION_ID = 0x494e4655 };

/* Read-write, WAL, synchronous=FULL, migrated. A refusal says what is wrong with the file and what to do. */
struct outcome file_open_for_writing(const char *path, sqlite3 **ret_db);

/* Read-only, for pages and verify; refuses what is not ours or newer. */
struct outcome file_open_for_reading(const char *path, sqlite3 **ret_db);

/* Prepares a constant statement; a mistake in it is ours and asserts, a broken file is an outcome. */
struct outcome file_prepare(sqlite3 *db, const char *sql, sqlite3_stmt **ret_statement);

/* The single integer of a query, or `otherwise`. */
int64_t file_integer(sqlite3 *db, const char *sql, int64_t otherwise);

#endif
