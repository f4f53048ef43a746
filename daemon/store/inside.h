/* What the parts of the store share of `struct store`. Store-private. */
#ifndef INFUSIOND_STORE_INSIDE_H
#define INFUSIOND_STORE_INSIDE_H

#include <sqlite3.h>

#include "daemon/store/rows.h"
#include "daemon/store/store.h"

/* The loop thread's own connection, read-only. */
sqlite3 *store_reader(struct store *store);

/* An act that is on disk. */
struct outcome load_act(sqlite3 *db, const char *act_id, bool *ret_found, struct store_act *ret_act);

/* Whether an event that fits is queued. */
bool store_find_queued(struct store *store, bool (*fits)(const struct event *event, const void *wanted), const void *wanted);

/* Appends a row, which is the store's from then on. */
store_ticket store_append_row(struct store *store, struct row *row);

#endif
