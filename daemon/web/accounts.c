#include "daemon/web/accounts.h"

#include <ctype.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

static struct account *
find(const struct accounts *accounts, const char *name)
{
	for (size_t i = 0; i < accounts->count; i++)
		if (strcmp(accounts->list[i].name, name) == 0)
			return (struct account *)&accounts->list[i];
	return NULL;
}

const struct account *
accounts_find(const struct accounts *accounts, const char *name)
{
	return find(accounts, name);
}

void
accounts_init(struct accounts *accounts, const struct account *list, size_t count, const struct log_in *log_ins,
    size_t log_in_count, struct duration idle, struct duration longest, const struct accounts_keeper *keeper)
{
	*accounts = (struct accounts){ .idle = idle, .longest = longest, .keeper = *keeper };
	for (size_t i = 0; i < count && i < ACCOUNTS_MOST; i++)
		accounts->list[accounts->count++] = list[i];
	for (size_t i = 0; i < log_in_count; i++) {
		if (find(accounts, log_ins[i].account) != NULL && accounts->log_in_count < LOG_INS_MOST)
			accounts->log_ins[accounts->log_in_count++] = (struct kept_log_in){ log_ins[i], log_ins[i].used };
		else
			keeper->remove_log_in(keeper->ctx, log_ins[i].token);
	}
}

bool
account_name_is_good(const char *name)
{
	bool good = name[0] != '\0' && strlen(name) < NAME_CAP && strcmp(name, "none") != 0;

	for (const char *c = name; good && *c != '\0'; c++)
		good = (isalnum((unsigned char)*c) && (unsigned char)*c < 0x80) || *c == '-' || *c == '_' ||
		       (*c == '.' && c > name);
	return good;
}

static void
keep(struct accounts *accounts, const struct account *account)
{
	accounts->keeper.put_account(accounts->keeper.ctx, account);
}

static struct outcome
no_such(const char *name)
{
	return outcome_fail("there is no account '%.40s'", name);
}

/* Without an admin nobody could let anybody in. */
static struct outcome
check_not_last_admin(const struct accounts *accounts, const struct account *account)
{
	if (account->role != ROLE_ADMIN || account->disabled)
		return outcome_ok();
	for (size_t i = 0; i < accounts->count; i++)
		if (&accounts->list[i] != account && accounts->list[i].role == ROLE_ADMIN && !accounts->list[i].disabled)
			return outcome_ok();
	return outcome_fail("%s is the last admin: make another one first", account->name);
}

struct outcome
accounts_add(struct accounts *accounts, const struct account *account)
{
	if (!account_name_is_good(account->name))
		return outcome_fail("a name has at most %d letters, digits, '-', '_' and '.'", NAME_CAP - 1);
	if (find(accounts, account->name) != NULL)
		return outcome_fail("there is an account '%.40s' already", account->name);
	if (accounts->count == ACCOUNTS_MOST)
		return outcome_fail("there are %d accounts, and no more are possible", ACCOUNTS_MOST);
	accounts->list[accounts->count++] = *account;
	keep(accounts, account);
	return outcome_ok();
}

struct outcome
accounts_set_role(struct accounts *accounts, const char *name, enum role role)
{
	struct account *account = find(accounts, name);
	struct outcome may = account != NULL ? outcome_ok() : no_such(name);

	if (may.ok && role != ROLE_ADMIN)
		may = check_not_last_admin(accounts, account);
	if (!may.ok)
		return may;
	account->role = role;
	keep(accounts, account);
	return may;
}

struct outcome
accounts_set_hash(struct accounts *accounts, const char *name, const char *hash, bool must_change)
{
	struct account *account = find(accounts, name);

	if (account == NULL)
		return no_such(name);
	snprintf(account->hash, sizeof(account->hash), "%s", hash);
	account->must_change = must_change;
	keep(accounts, account);
	return outcome_ok();
}

struct outcome
accounts_set_disabled(struct accounts *accounts, const char *name, bool disabled)
{
	struct account *account = find(accounts, name);
	struct outcome may = account != NULL ? outcome_ok() : no_such(name);

	if (may.ok && disabled)
		may = check_not_last_admin(accounts, account);
	if (!may.ok)
		return may;
	account->disabled = disabled;
	keep(accounts, account);
	if (disabled)
		accounts_log_out_others(accounts, name, NULL);
	return may;
}

struct outcome
accounts_remove(struct accounts *accounts, const char *name)
{
	struct account *account = find(accounts, name);
	struct outcome may = account != NULL ? check_not_last_admin(accounts, account) : no_such(name);

	if (!may.ok)
		return may;
	accounts_log_out_others(accounts, name, NULL);
	accounts->keeper.remove_account(accounts->keeper.ctx, name);
	/* The order of the list is told to people. */
	memmove(account, account + 1, (size_t)(accounts->list + accounts->count - account - 1) * sizeof(*account));
	sodium_memzero(&accounts->list[--accounts->count], sizeof(*account));
	return may;
}

static void
forget(struct accounts *accounts, size_t index)
{
	accounts->keeper.remove_log_in(accounts->keeper.ctx, accounts->log_ins[index].log_in.token);
	accounts->log_ins[index] = accounts->log_ins[--accounts->log_in_count];
}

/* Forgets the least recently used when there are `most`, of one account or (name NULL) of all. */
static void
make_room(struct accounts *accounts, const char *name, size_t most)
{
	size_t count = 0, oldest = 0;

	for (size_t i = 0; i < accounts->log_in_count; i++) {
		const struct log_in *log_in = &accounts->log_ins[i].log_in;

		if (name != NULL && strcmp(log_in->account, name) != 0)
			continue;
		if (count == 0 || instant_before(log_in->used, accounts->log_ins[oldest].log_in.used))
			oldest = i;
		count++;
	}
	if (count >= most)
		forget(accounts, oldest);
}

void
accounts_log_in(struct accounts *accounts, const char *name, struct instant now, char ret_token[static TOKEN_TEXT_CAP])
{
	unsigned char token[TOKEN_HASH];
	struct log_in log_in = { .made = now, .used = now };

	make_room(accounts, name, LOG_INS_OF_ONE);
	make_room(accounts, NULL, LOG_INS_MOST);
	randombytes_buf(token, sizeof(token));
	sodium_bin2hex(ret_token, TOKEN_TEXT_CAP, token, sizeof(token));
	crypto_hash_sha256(log_in.token, token, sizeof(token));
	sodium_memzero(token, sizeof(token));
	snprintf(log_in.account, sizeof(log_in.account), "%s", name);
	accounts->log_ins[accounts->log_in_count++] = (struct kept_log_in){ log_in, now };
	accounts->keeper.put_log_in(accounts->keeper.ctx, &log_in);
}

struct instant
accounts_end_of(const struct accounts *accounts, const struct log_in *log_in)
{
	return instant_earlier(instant_add(log_in->used, accounts->idle), instant_add(log_in->made, accounts->longest));
}

static bool
has_ended(const struct accounts *accounts, const struct log_in *log_in, struct instant now)
{
	return !instant_before(now, accounts_end_of(accounts, log_in));
}

static void
note_use(struct accounts *accounts, struct kept_log_in *kept, struct instant now)
{
	kept->log_in.used = instant_later(kept->log_in.used, now);
	if (kept->log_in.used.ms - kept->kept.ms < LOG_IN_KEEP_MS)
		return;
	kept->kept = kept->log_in.used;
	accounts->keeper.put_log_in(accounts->keeper.ctx, &kept->log_in);
}

const struct log_in *
accounts_use_hash(struct accounts *accounts, const unsigned char token[static TOKEN_HASH], struct instant now)
{
	for (size_t i = 0; i < accounts->log_in_count; i++) {
		struct kept_log_in *kept = &accounts->log_ins[i];
		const struct account *account;

		/* A hash gives nothing away by the time that comparing it takes. */
		if (memcmp(kept->log_in.token, token, TOKEN_HASH) != 0)
			continue;
		account = find(accounts, kept->log_in.account);
		if (has_ended(accounts, &kept->log_in, now) || account == NULL || account->disabled)
			return NULL;
		note_use(accounts, kept, now);
		return &kept->log_in;
	}
	return NULL;
}

const struct log_in *
accounts_use(struct accounts *accounts, const char *token, struct instant now)
{
	unsigned char bytes[TOKEN_HASH], hash[TOKEN_HASH];
	size_t length = 0;

	if (strlen(token) != TOKEN_TEXT_CAP - 1 ||
	    sodium_hex2bin(bytes, sizeof(bytes), token, TOKEN_TEXT_CAP - 1, NULL, &length, NULL) != 0 || length != TOKEN_HASH)
		return NULL;
	crypto_hash_sha256(hash, bytes, sizeof(bytes));
	return accounts_use_hash(accounts, hash, now);
}

void
accounts_log_out(struct accounts *accounts, const unsigned char token[static TOKEN_HASH])
{
	for (size_t i = 0; i < accounts->log_in_count; i++)
		if (memcmp(accounts->log_ins[i].log_in.token, token, TOKEN_HASH) == 0) {
			forget(accounts, i);
			return;
		}
}

void
accounts_log_out_others(struct accounts *accounts, const char *name, const unsigned char *token)
{
	for (size_t i = accounts->log_in_count; i > 0; i--) {
		const struct log_in *log_in = &accounts->log_ins[i - 1].log_in;

		if (strcmp(log_in->account, name) == 0 && (token == NULL || memcmp(log_in->token, token, TOKEN_HASH) != 0))
			forget(accounts, i - 1);
	}
}

void
accounts_sweep(struct accounts *accounts, struct instant now)
{
	for (size_t i = accounts->log_in_count; i > 0; i--)
		if (has_ended(accounts, &accounts->log_ins[i - 1].log_in, now))
			forget(accounts, i - 1);
}

size_t
accounts_log_ins_of(const struct accounts *accounts, const char *name, struct instant *ret_used)
{
	size_t count = 0;

	*ret_used = INSTANT_UNKNOWN;
	for (size_t i = 0; i < accounts->log_in_count; i++) {
		const struct log_in *log_in = &accounts->log_ins[i].log_in;

		if (strcmp(log_in->account, name) != 0)
			continue;
		count++;
		*ret_used = instant_later(*ret_used, log_in->used);
	}
	return count;
}
