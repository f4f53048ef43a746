/* One transaction of the record at a time: readings and their seal, events and
 * their projections, the head. Owned by the writer thread. Store-private. */
#ifndef INFUSIOND_STORE_WRITER_H
#define INFUSIOND_STORE_WRITER_H

#include <sqlite3.h>

#include "daemon/base/outcome.h"
#include "daemon/store/queue.h"

struct writer;

/* The prepared statements on a connection, which outlives the writer, and the head as it stands on disk. */
struct outcome writer_create(sqlite3 *db, struct writer **ret_writer);
void writer_destroy(struct writer *writer); /* NULL is fine */

/* All or nothing. */
struct outcome writer_commit(struct writer *writer, const struct batch *batch);

/* The head of what is committed. */
void writer_head(const struct writer *writer, int64_t *ret_seq, unsigned char ret_hash[static 32]);

#endif
