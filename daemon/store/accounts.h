/* Accounts and log-ins in the record's file, outside the chain. What is put is
 * on disk when its ticket is committed, in order with the events; none of it is
 * ever dropped. Loop thread. */
#ifndef INFUSIOND_STORE_ACCOUNTS_H
#define INFUSIOND_STORE_ACCOUNTS_H

#include "daemon/clinical/account.h"
#include "daemon/store/store.h"

/* Made, or in the place of the one of that name. */
store_ticket store_put_account(struct store *store, const struct account *account);

/* With all its log-ins. */
store_ticket store_remove_account(struct store *store, const char *name);

store_ticket store_put_log_in(struct store *store, const struct log_in *log_in);
store_ticket store_remove_log_in(struct store *store, const unsigned char token[static TOKEN_HASH]);

/* What the file holds, accounts by name first, then log-ins; for a start, before anything is put. A row that makes no
 * sense is passed over and counted. */
struct outcome store_load_accounts(struct store *store, void (*take_account)(void *ctx, const struct account *account),
    void (*take_log_in)(void *ctx, const struct log_in *log_in), void *ctx, size_t *ret_passed_over);

#endif
