/* The chain's arithmetic: what exactly is hashed, shared by writer and verify.
 * An event's hash is SHA-256 over the previous hash and every column in order;
 * a reading's sum is SHA-256 over its columns, its mark the first eight bytes
 * of it as a little-endian integer, and a batch's seal SHA-256 over the sums of
 * its rows. Each column goes in as its length (8 bytes, little-endian) and its
 * bytes; integers as decimal text; NULL as length 2^64-1. Store-private. */
#ifndef INFUSIOND_STORE_CHAIN_H
#define INFUSIOND_STORE_CHAIN_H

#include <sodium.h>
#include <sqlite3.h>
#include <stdint.h>

enum { CHAIN_HASH = crypto_hash_sha256_BYTES, EVENT_HASHED_COLUMNS = 16, READING_HASHED_COLUMNS = 14 };

/* Column lists in the order of hashing; seq and id come first. */
#define EVENT_COLUMNS                                                                                                  \
	"seq, at_ms, type, bed, session_id, alarm_id, who, role, act_id, reason, text, subject, old_value, new_value, " \
	"change, body"
#define READING_COLUMNS                                                                                                \
	"id, at_ms, bed, session_id, device, vital, source, quality, doubt, pinned, milli, measured_at_ms, cuff, cuff_key"

/* Places of event columns that verify looks at. */
enum event_column { EVENT_SEQ = 0, EVENT_TYPE = 2, EVENT_SESSION = 4, EVENT_ALARM_ID = 5, EVENT_BODY = 15,
	EVENT_PREV_HASH = 16, EVENT_HASH = 17 };

struct chain_sum {
	crypto_hash_sha256_state state;
};

void chain_begin(struct chain_sum *sum);
void chain_add_bytes(struct chain_sum *sum, const void *bytes, size_t length);
void chain_add_text(struct chain_sum *sum, const char *text);
void chain_add_integer(struct chain_sum *sum, sqlite3_int64 value);
void chain_add_null(struct chain_sum *sum);
void chain_end(struct chain_sum *sum, unsigned char ret_hash[CHAIN_HASH]);

/* Adds the first `count` columns of a row as they are stored. */
void chain_add_row(struct chain_sum *sum, sqlite3_stmt *row, int count);

int64_t chain_mark(const unsigned char hash[CHAIN_HASH]);

#endif
