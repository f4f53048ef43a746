/* Accounts and log-ins while the daemon runs: who there is, whose token a
 * client holds, and until when it is good. Everything is kept in memory, and
 * told to a keeper, who puts it on disk. Tokens are 32 random bytes of which
 * only the hash is here. Time is an argument: the record's own, so that a
 * restart changes nothing. Pure but for the keeper; loop thread. */
#ifndef INFUSIOND_WEB_ACCOUNTS_H
#define INFUSIOND_WEB_ACCOUNTS_H

#include "daemon/base/outcome.h"
#include "daemon/clinical/account.h"

enum {
	ACCOUNTS_MOST = 256,
	LOG_INS_MOST = 512,       /* the least recently used ends when one more comes */
	LOG_INS_OF_ONE = 16,      /* likewise, of one account */
	TOKEN_TEXT_CAP = 65,      /* 32 bytes as hexadecimal digits */
	LOG_IN_KEEP_MS = 300000   /* how old the time of the last use on disk may be */
};

struct accounts_keeper {
	void *ctx;
	void (*put_account)(void *ctx, const struct account *account);
	void (*remove_account)(void *ctx, const char *name); /* and its log-ins */
	void (*put_log_in)(void *ctx, const struct log_in *log_in);
	void (*remove_log_in)(void *ctx, const unsigned char token[static TOKEN_HASH]);
};

struct kept_log_in {
	struct log_in log_in;
	struct instant kept; /* the last use that the keeper knows of */
};

struct accounts {
	struct account list[ACCOUNTS_MOST];
	size_t count;
	struct kept_log_in log_ins[LOG_INS_MOST];
	size_t log_in_count;
	struct duration idle, longest;
	struct accounts_keeper keeper;
};

/* Takes what was kept; log-ins without their account are left out, and are told to the keeper as removed. */
void accounts_init(struct accounts *accounts, const struct account *list, size_t count, const struct log_in *log_ins,
    size_t log_in_count, struct duration idle, struct duration longest, const struct accounts_keeper *keeper);

const struct account *accounts_find(const struct accounts *accounts, const char *name); /* NULL: none */

/* A name like those of the configuration: letters, digits, '-', '_', and '.' inside. */
bool account_name_is_good(const char *name);

/* Each does it and tells the keeper, or says why not: no such account, a name that is taken, the last admin. */
struct outcome accounts_add(struct accounts *accounts, const struct account *account);
struct outcome accounts_set_role(struct accounts *accounts, const char *name, enum role role);
struct outcome accounts_set_hash(struct accounts *accounts, const char *name, const char *hash, bool must_change);
struct outcome accounts_set_disabled(struct accounts *accounts, const char *name, bool disabled);
struct outcome accounts_remove(struct accounts *accounts, const char *name);

/* Logs in: a new token, as text for the client. */
void accounts_log_in(struct accounts *accounts, const char *name, struct instant now,
    char ret_token[static TOKEN_TEXT_CAP]);

/* The log-in of a token's text, NULL when it is none, has run out, or its account is gone or disabled. It is used now. */
const struct log_in *accounts_use(struct accounts *accounts, const char *token, struct instant now);

/* The same by the hash, for a connection that stays. */
const struct log_in *accounts_use_hash(struct accounts *accounts, const unsigned char token[static TOKEN_HASH],
    struct instant now);

/* When a log-in ends if it is used no more. */
struct instant accounts_end_of(const struct accounts *accounts, const struct log_in *log_in);

void accounts_log_out(struct accounts *accounts, const unsigned char token[static TOKEN_HASH]);

/* Ends all log-ins of an account but one; NULL: all. */
void accounts_log_out_others(struct accounts *accounts, const char *name, const unsigned char *token);

/* Forgets the log-ins that have run out. */
void accounts_sweep(struct accounts *accounts, struct instant now);

/* Of an account, how many, and when one was last used (UNKNOWN: never). */
size_t accounts_log_ins_of(const struct accounts *accounts, const char *name, struct instant *ret_used);

#endif
