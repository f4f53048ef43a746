#include "daemon/store/accounts.h"

#include <stdio.h>
#include <string.h>

#include "daemon/store/file.h"
#include "daemon/store/inside.h"

store_ticket
store_put_account(struct store *store, const struct account *account)
{
	return store_append_row(store, row_of_account(account, false));
}

store_ticket
store_remove_account(struct store *store, const char *name)
{
	struct account account = { .hash = "" };

	snprintf(account.name, sizeof(account.name), "%s", name);
	return store_append_row(store, row_of_account(&account, true));
}

store_ticket
store_put_log_in(struct store *store, const struct log_in *log_in)
{
	return store_append_row(store, row_of_log_in(log_in, false));
}

store_ticket
store_remove_log_in(struct store *store, const unsigned char token[static TOKEN_HASH])
{
	struct log_in log_in = { .account = "" };

	memcpy(log_in.token, token, TOKEN_HASH);
	return store_append_row(store, row_of_log_in(&log_in, true));
}

/* False when the row is none of ours: a name or a hash that is too long, a role that there is not. */
static bool
read_account(sqlite3_stmt *row, struct account *ret_account)
{
	struct account account = { .must_change = sqlite3_column_int(row, 3) != 0, .disabled = sqlite3_column_int(row, 4) != 0,
		.made = { sqlite3_column_int64(row, 5) } };
	const char *name = file_text(row, 0), *hash = file_text(row, 2);

	if (name[0] == '\0' || strlen(name) >= sizeof(account.name) || strlen(hash) >= sizeof(account.hash) ||
	    !role_from_name(file_text(row, 1), &account.role))
		return false;
	snprintf(account.name, sizeof(account.name), "%s", name);
	snprintf(account.hash, sizeof(account.hash), "%s", hash);
	*ret_account = account;
	return true;
}

static bool
read_log_in(sqlite3_stmt *row, struct log_in *ret_log_in)
{
	struct log_in log_in = { .made = { sqlite3_column_int64(row, 2) }, .used = { sqlite3_column_int64(row, 3) } };
	const char *name = file_text(row, 1);

	if (sqlite3_column_bytes(row, 0) != TOKEN_HASH || strlen(name) >= sizeof(log_in.account))
		return false;
	memcpy(log_in.token, sqlite3_column_blob(row, 0), TOKEN_HASH);
	snprintf(log_in.account, sizeof(log_in.account), "%s", name);
	*ret_log_in = log_in;
	return true;
}

struct outcome
store_load_accounts(struct store *store, void (*take_account)(void *ctx, const struct account *account),
    void (*take_log_in)(void *ctx, const struct log_in *log_in), void *ctx, size_t *ret_passed_over)
{
	sqlite3_stmt *accounts = NULL, *log_ins = NULL;
	struct account account;
	struct log_in log_in;
	size_t passed_over = 0;
	bool more;
	struct outcome done = file_prepare(store_reader(store),
	    "SELECT name, role, hash, must_change, disabled, made_at_ms FROM account ORDER BY name", &accounts);

	if (done.ok)
		done = file_prepare(store_reader(store),
		    "SELECT token, account, made_at_ms, used_at_ms FROM log_in ORDER BY made_at_ms", &log_ins);
	while (done.ok && (done = file_next(accounts, &more)).ok && more) {
		if (read_account(accounts, &account))
			take_account(ctx, &account);
		else
			passed_over++;
	}
	while (done.ok && (done = file_next(log_ins, &more)).ok && more) {
		if (read_log_in(log_ins, &log_in))
			take_log_in(ctx, &log_in);
		else
			passed_over++;
	}
	sqlite3_finalize(accounts);
	sqlite3_finalize(log_ins);
	if (done.ok)
		*ret_passed_over = passed_over;
	return outcome_within(done, "%s: the accounts cannot be read", store_path(store));
}
