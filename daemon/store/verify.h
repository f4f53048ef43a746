/* Proves the record (Promise 7): recomputes the chain on a connection of its
 * own and names the first row that is wrong. Any thread; reads only. */
#ifndef INFUSIOND_STORE_VERIFY_H
#define INFUSIOND_STORE_VERIFY_H

#include <sqlite3.h>
#include <stdint.h>

#include "daemon/base/outcome.h"

struct verify_report {
	bool sound;
	char finding[320];     /* the first wrong row and what is wrong with it; or what was proved */
	int64_t events, readings;
	char head[96];         /* "SEQ:HEX" of what is there */
};

/* Looks at every event, every reading, the head, the projections, the schema and the indexes, in this order.
 * `kept_head` ("SEQ:HEX") was kept elsewhere; NULL: none, then a tail cut together with the stored head, or a whole
 * chain that was recomputed, cannot be told. `progress` may be NULL. The outcome fails only if the file cannot be read
 * at all, or the kept head is none. */
struct outcome store_verify(const char *path, const char *kept_head, void (*progress)(void *ctx, int64_t events),
    void *ctx, struct verify_report *ret_report);

/* The same for the stretch of the chain from before a session's first event to its head, on an open connection. */
struct outcome verify_session(sqlite3 *db, int64_t session, struct verify_report *ret_report);

#endif
