#include "daemon/store/schema_check.h"

#include <stdio.h>
#include <string.h>

#include "daemon/store/file.h"

static const char ours_sql[] = "SELECT type, name, sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name";
static const char theirs_sql[] = "SELECT type, sql FROM main.sqlite_schema WHERE name = ?1";
static const char triggers_sql[] = "SELECT name FROM main.sqlite_schema WHERE type = 'trigger'";

static bool
check_object(sqlite3 *db, sqlite3_stmt *wanted, char *ret_finding, size_t cap)
{
	const char *type = file_text(wanted, 0), *name = file_text(wanted, 1);
	sqlite3_stmt *row = NULL;
	bool same = false;

	if (file_prepare(db, theirs_sql, &row).ok) {
		sqlite3_bind_text(row, 1, name, -1, SQLITE_STATIC);
		if (sqlite3_step(row) != SQLITE_ROW)
			snprintf(ret_finding, cap, "schema: the %s '%s' is missing", type, name);
		else if (strcmp(file_text(row, 0), type) != 0 || strcmp(file_text(row, 1), file_text(wanted, 2)) != 0)
			snprintf(ret_finding, cap, "schema: the %s '%s' was changed", type, name);
		else
			same = true;
	} else {
		snprintf(ret_finding, cap, "schema: it cannot be read: %.100s", sqlite3_errmsg(db));
	}
	sqlite3_finalize(row);
	return same;
}

static bool
is_ours(sqlite3 *ours, const char *name)
{
	sqlite3_stmt *row = NULL;
	bool found = false;

	if (file_prepare(ours, theirs_sql, &row).ok) {
		sqlite3_bind_text(row, 1, name, -1, SQLITE_STATIC);
		found = sqlite3_step(row) == SQLITE_ROW;
	}
	sqlite3_finalize(row);
	return found;
}

static bool
check_triggers(sqlite3 *db, sqlite3 *ours, char *ret_finding, size_t cap)
{
	sqlite3_stmt *row = NULL;
	bool sound = true, more;
	struct outcome done = file_prepare(db, triggers_sql, &row);

	while (sound && done.ok && (done = file_next(row, &more)).ok && more)
		if (!is_ours(ours, file_text(row, 0))) {
			snprintf(ret_finding, cap, "schema: the trigger '%.100s' is none of infusiond's", file_text(row, 0));
			sound = false;
		}
	if (!done.ok)
		snprintf(ret_finding, cap, "schema: it cannot be read: %.100s", done.why);
	sqlite3_finalize(row);
	return sound && done.ok;
}

bool
schema_is_ours(sqlite3 *db, char *ret_finding, size_t cap)
{
	sqlite3 *ours = NULL;
	sqlite3_stmt *wanted = NULL;
	bool sound;

	snprintf(ret_finding, cap, "schema: out of memory to compare it");
	sound = sqlite3_open(":memory:", &ours) == SQLITE_OK && file_migrate(ours, 0).ok &&
	        file_prepare(ours, ours_sql, &wanted).ok;
	while (sound && sqlite3_step(wanted) == SQLITE_ROW)
		sound = check_object(db, wanted, ret_finding, cap);
	sqlite3_finalize(wanted);
	sound = sound && check_triggers(db, ours, ret_finding, cap);
	sqlite3_close(ours);
	return sound;
}
