/* A session as one CSV table (RFC 4180): readings, events and alarms in this
 * order, then totals and what is known of the chain. Read from the public
 * views; times are UTC. Any thread that owns the connection. */
#ifndef INFUSIOND_REPORT_CSV_H
#define INFUSIOND_REPORT_CSV_H

#include <sqlite3.h>
#include <stdint.h>
#include <stdio.h>

#include "daemon/base/outcome.h"

/* `chain` is one sentence ("sound up to 812:9f..", "NOT SOUND: ..."); `out` stays the caller's. Fails when the record
 * cannot be read to its end: what was written until then is of no use. */
struct outcome csv_write_session(sqlite3 *db, int64_t session, const char *chain, FILE *out);

#endif
