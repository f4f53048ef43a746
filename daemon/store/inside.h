/* What the parts of the store share of `struct store`. Store-private. */
#ifndef INFUSIOND_STORE_INSIDE_H
#define INFUSIOND_STORE_INSIDE_H

#include <sqlite3.h>

#include "daemon/store/store.h"

/* The loop thread's own connection, read-only. */
sqlite3 *store_reader(struct store *store);

#endif
