/* Whether the tables, triggers and views of a file are those of the
 * migrations: a trigger that was dropped or added is a hand on the record.
 * Store-private. */
#ifndef INFUSIOND_STORE_SCHEMA_CHECK_H
#define INFUSIOND_STORE_SCHEMA_CHECK_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>

/* False with the first object that is missing, changed or a trigger of others. Indexes of others are no harm. */
bool schema_is_ours(sqlite3 *db, char *ret_finding, size_t cap);

#endif
