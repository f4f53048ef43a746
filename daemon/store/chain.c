#include "daemon/store/chain.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

void
chain_begin(struct chain_sum *sum)
{
	crypto_hash_sha256_init(&sum->state);
}

static void
add_length(struct chain_sum *sum, uint64_t length)
{
	unsigned char bytes[8];

	for (int i = 0; i < 8; i++)
		bytes[i] = (unsigned char)(length >> (8 * i));
	crypto_hash_sha256_update(&sum->state, bytes, sizeof(bytes));
}

void
chain_add_bytes(struct chain_sum *sum, const void *bytes, size_t length)
{
	add_length(sum, length);
	crypto_hash_sha256_update(&sum->state, bytes, length);
}

void
chain_add_text(struct chain_sum *sum, const char *text)
{
	chain_add_bytes(sum, text, strlen(text));
}

void
chain_add_integer(struct chain_sum *sum, sqlite3_int64 value)
{
	char text[32];

	snprintf(text, sizeof(text), "%" PRId64, (int64_t)value);
	chain_add_text(sum, text);
}

void
chain_add_null(struct chain_sum *sum)
{
	add_length(sum, UINT64_MAX);
}

void
chain_end(struct chain_sum *sum, unsigned char ret_hash[CHAIN_HASH])
{
	crypto_hash_sha256_final(&sum->state, ret_hash);
}

void
chain_add_row(struct chain_sum *sum, sqlite3_stmt *row, int count)
{
	for (int i = 0; i < count; i++) {
		if (sqlite3_column_type(row, i) == SQLITE_NULL)
			chain_add_null(sum);
		else if (sqlite3_column_type(row, i) == SQLITE_INTEGER)
			chain_add_integer(sum, sqlite3_column_int64(row, i));
		else
			chain_add_bytes(sum, sqlite3_column_blob(row, i), (size_t)sqlite3_column_bytes(row, i));
	}
}

int64_t
chain_mark(const unsigned char hash[CHAIN_HASH])
{
	uint64_t mark = 0;

	for (int i = 0; i < 8; i++)
		mark |= (uint64_t)hash[i] << (8 * i);
	return (int64_t)mark;
}
