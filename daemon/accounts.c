/* Accounts and log-ins between the API, which knows them, and the record's
 * file, which keeps them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/log.h"
#include "daemon/parts.h"
#include "daemon/store/accounts.h"

static void
take_account(void *ctx, const struct account *account)
{
	struct kept_accounts *kept = ctx;
	struct account *grown = realloc(kept->accounts, sizeof(*grown) * (kept->account_count + 1));

	/* Without memory for one there is none for a clinic either, and a lost admin would be made anew. */
	if (grown == NULL)
		abort();
	kept->accounts = grown;
	grown[kept->account_count++] = *account;
}

static void
take_log_in(void *ctx, const struct log_in *log_in)
{
	struct kept_accounts *kept = ctx;
	struct log_in *grown = realloc(kept->log_ins, sizeof(*grown) * (kept->log_in_count + 1));

	if (grown == NULL)
		abort();
	kept->log_ins = grown;
	grown[kept->log_in_count++] = *log_in;
}

struct outcome
accounts_load(struct parts *parts, struct kept_accounts *ret_kept)
{
	size_t passed_over = 0;
	struct outcome done = store_load_accounts(parts->store, take_account, take_log_in, ret_kept, &passed_over);

	if (done.ok && passed_over > 0)
		log_line(LOG_LEVEL_ERROR, "%s: %zu accounts or log-ins make no sense and were passed over",
		    store_path(parts->store), passed_over);
	return done;
}

void
accounts_forget(struct kept_accounts *kept)
{
	if (kept->accounts != NULL)
		explicit_bzero(kept->accounts, sizeof(kept->accounts[0]) * kept->account_count);
	free(kept->accounts);
	free(kept->log_ins);
}

static void
put_account(void *ctx, const struct account *account)
{
	struct parts *parts = ctx;

	store_put_account(parts->store, account);
}

static void
remove_account(void *ctx, const char *name)
{
	struct parts *parts = ctx;

	store_remove_account(parts->store, name);
}

static void
put_log_in(void *ctx, const struct log_in *log_in)
{
	struct parts *parts = ctx;

	store_put_log_in(parts->store, log_in);
}

static void
remove_log_in(void *ctx, const unsigned char token[static TOKEN_HASH])
{
	struct parts *parts = ctx;

	store_remove_log_in(parts->store, token);
}

struct accounts_keeper
accounts_keeper(struct parts *parts)
{
	return (struct accounts_keeper){ parts, put_account, remove_account, put_log_in, remove_log_in };
}

/* As answers.c knows what was asked. */
static struct web_act
act_of(const struct web_account_event *event)
{
	struct web_act act = { .target = WEB_TARGET_ACCOUNT, .act = { .kind = ACT_KIND_COUNT, .who = event->who } };

	snprintf(act.account, sizeof(act.account), "%s", event->account);
	snprintf(act.act.act_id, sizeof(act.act.act_id), "%s", event->act_id);
	return act;
}

void
accounts_changed(void *ctx, const struct web_account_event *changed, web_ticket ticket)
{
	struct parts *parts = ctx;
	struct event event = { .type = EVENT_ACCOUNT, .at = clock_now(parts->clock), .who = changed->who };
	const struct web_act asked = act_of(changed);

	snprintf(event.act_id, sizeof(event.act_id), "%s", changed->act_id);
	snprintf(event.reason, sizeof(event.reason), "%s", changed->reason);
	snprintf(event.subject, sizeof(event.subject), "%s", changed->account);
	snprintf(event.old_value, sizeof(event.old_value), "%s", changed->old_value);
	snprintf(event.new_value, sizeof(event.new_value), "%s", changed->new_value);
	snprintf(event.text, sizeof(event.text), "%s", changed->text);
	telling_take(parts, &event);
	if (ticket != 0)
		answers_wait(parts, &asked, NULL, ticket);
}

bool
accounts_repeat(void *ctx, const struct web_account_event *asked, web_ticket ticket)
{
	const struct web_act act = act_of(asked);

	return answers_repeat(ctx, &act, ticket);
}

void
accounts_tell_first(void *ctx, const char *name, const char *password)
{
	(void)ctx;
	log_line(LOG_LEVEL_NOTICE,
	    "there was no account: log in as %s with the password %s and choose your own; it is told this once", name, password);
}
