/* The chain's arithmetic: what exactly is hashed, shared by writer and verify.
 * SHA-256 over the previous hash and every column in order, each as its length
 * (8 bytes, little-endian) and its bytes; integers as decimal text; NULL as length 2^64-1. */
#ifndef INFUSIOND_STORE_CHAIN_H
#define INFUSIOND_STORE_CHAIN_H

#include <sodium.h>
#include <sqlite3.h>

enum { CHAIN_HASH = crypto_hash_sha256_BYTES, EVENT_HASHED_COLUMNS = 15, READING_COLUMNS = 13 };

/* Column lists in the order of hashing; seq and id come first. */
#define EVENT_COLUMNS                                                                                                  \
	"seq, at_ms, type, bed, session_id, who, role, act_id, reason, text, subject, old_value, new_value, change, body"
#define READING_COLUMN_LIST                                                                                            \
	"id, at_ms, bed, session_id, device, vital, source, quality, doubt, milli, measured_at_ms, cuff, cuff_key"

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

#endif
