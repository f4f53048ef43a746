/* Who is let in, without a socket: accounts and log-ins, the wait of whoever guesses, argon2id off the loop.
 */
#include <check.h>
#include <netinet/in.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/web/accounts.h"
#include "daemon/web/backoff.h"
#include "daemon/web/password.h"
#include "suite_run.h"

#define COUNT_OF(table) (sizeof(table) / sizeof((table)[0]))

static const struct instant start = { 1767258000000 }; /* 2026-01-01T09:00:00Z */

static struct instant
after_min(int64_t minutes)
{
	return instant_add(start, duration_min(minutes));
}

/* A keeper that counts. */
struct kept {
	int puts, removes, log_ins, log_outs;
};

static void
put_account(void *ctx, const struct account *account)
{
	(void)account;
	((struct kept *)ctx)->puts++;
}

static void
remove_account(void *ctx, const char *name)
{
	(void)name;
	((struct kept *)ctx)->removes++;
}

static void
put_log_in(void *ctx, const struct log_in *log_in)
{
	(void)log_in;
	((struct kept *)ctx)->log_ins++;
}

static void
remove_log_in(void *ctx, const unsigned char token[static TOKEN_HASH])
{
	(void)token;
	((struct kept *)ctx)->log_outs++;
}

static struct accounts *
make(struct kept *kept)
{
	const struct account list[] = {
		{ .name = "admin1", .role = ROLE_ADMIN },
		{ .name = "nurse1", .role = ROLE_NURSE },
		{ .name = "viewer1", .role = ROLE_VIEWER },
	};
	const struct accounts_keeper keeper = { kept, put_account, remove_account, put_log_in,
		remove_log_in };
	struct accounts *accounts = malloc(sizeof(*accounts));

	ck_assert_int_ge(sodium_init(), 0);
	*kept = (struct kept){ .puts = 0 };
	accounts_init(accounts, list, COUNT_OF(list), NULL, 0, duration_min(60), duration_min(240), &keeper);
	return accounts;
}

START_TEST(a_log_in_ends_unused_and_at_last)
{
	struct kept kept;
	struct accounts *accounts = make(&kept);
	char token[TOKEN_TEXT_CAP];
	const struct log_in *log_in;

	accounts_log_in(accounts, "nurse1", start, token);
	ck_assert_uint_eq(strlen(token), 64);
	ck_assert_int_eq(kept.log_ins, 1);
	for (int64_t minute = 0; minute < 240; minute += 59) {
		log_in = accounts_use(accounts, token, after_min(minute));
		ck_assert_ptr_nonnull(log_in);
		ck_assert_str_eq(log_in->account, "nurse1");
	}
	/* Of its use the keeper is told at most every five minutes. */
	ck_assert_int_eq(kept.log_ins, 5);
	ck_assert_int_eq(accounts_end_of(accounts, log_in).ms, after_min(240).ms);
	ck_assert_ptr_null(accounts_use(accounts, token, after_min(240)));
	accounts_log_in(accounts, "nurse1", start, token);
	ck_assert_ptr_nonnull(accounts_use(accounts, token, instant_add(start, duration_ms(60 * 60000 - 1))));
	accounts_log_in(accounts, "nurse1", start, token);
	ck_assert_ptr_null(accounts_use(accounts, token, after_min(60)));
	accounts_sweep(accounts, after_min(130));
	ck_assert_uint_eq(accounts->log_in_count, 1);
	accounts_sweep(accounts, after_min(240));
	ck_assert_uint_eq(accounts->log_in_count, 0);
	ck_assert_int_eq(kept.log_outs, 3);
	free(accounts);
}
END_TEST

START_TEST(only_the_whole_token_is_good)
{
	struct kept kept;
	struct accounts *accounts = make(&kept);
	char token[TOKEN_TEXT_CAP], wrong[TOKEN_TEXT_CAP + 8], hash[TOKEN_TEXT_CAP];

	accounts_log_in(accounts, "nurse1", start, token);
	for (size_t i = 0; i < 64; i++) {
		memcpy(wrong, token, sizeof(token));
		wrong[i] = token[i] == '0' ? '1' : '0';
		ck_assert_ptr_null(accounts_use(accounts, wrong, start));
		wrong[i] = '\0';
		ck_assert_ptr_null(accounts_use(accounts, wrong, start));
		wrong[i] = 'g';
		ck_assert_ptr_null(accounts_use(accounts, wrong, start));
	}
	snprintf(wrong, sizeof(wrong), "%s0", token);
	ck_assert_ptr_null(accounts_use(accounts, wrong, start));
	/* Whoever reads the hash from the disk has no token. */
	sodium_bin2hex(hash, sizeof(hash), accounts->log_ins[0].log_in.token, TOKEN_HASH);
	ck_assert_str_ne(hash, token);
	ck_assert_ptr_null(accounts_use(accounts, hash, start));
	ck_assert_ptr_nonnull(accounts_use(accounts, token, start));
	free(accounts);
}
END_TEST

START_TEST(log_ins_are_bounded)
{
	struct kept kept;
	struct accounts *accounts = make(&kept);
	char first[TOKEN_TEXT_CAP], other[TOKEN_TEXT_CAP], token[TOKEN_TEXT_CAP];

	accounts_log_in(accounts, "nurse1", start, first);
	accounts_log_in(accounts, "viewer1", start, other);
	for (int i = 0; i < LOG_INS_OF_ONE - 1; i++)
		accounts_log_in(accounts, "nurse1", after_min(1), token);
	ck_assert_ptr_nonnull(accounts_use(accounts, first, after_min(2)));
	/* The least recently used goes, which is the first no more. */
	accounts_log_in(accounts, "nurse1", after_min(3), token);
	ck_assert_ptr_nonnull(accounts_use(accounts, first, after_min(3)));
	ck_assert_ptr_nonnull(accounts_use(accounts, other, after_min(3)));
	ck_assert_uint_eq(accounts->log_in_count, LOG_INS_OF_ONE + 1);
	for (int i = 0; i < LOG_INS_MOST + 10; i++) {
		struct account account = { .role = ROLE_VIEWER };

		snprintf(account.name, sizeof(account.name), "v%d", i % 200);
		accounts_add(accounts, &account);
		accounts_log_in(accounts, account.name, after_min(4), token);
	}
	ck_assert_uint_eq(accounts->log_in_count, LOG_INS_MOST);
	ck_assert_ptr_nonnull(accounts_use(accounts, token, after_min(4)));
	free(accounts);
}
END_TEST

START_TEST(accounts_change_as_they_may)
{
	struct kept kept;
	struct accounts *accounts = make(&kept);
	struct account again = { .name = "nurse1" }, more = { .name = "Sam.2", .role = ROLE_ADMIN };
	char token[TOKEN_TEXT_CAP], own[TOKEN_TEXT_CAP];
	unsigned char spared[TOKEN_HASH];

	ck_assert_str_eq(accounts_add(accounts, &again).why, "there is an account 'nurse1' already");
	ck_assert_str_eq(accounts_remove(accounts, "nobody").why, "there is no account 'nobody'");
	ck_assert_str_eq(accounts_set_role(accounts, "admin1", ROLE_NURSE).why,
	    "admin1 is the last admin: make another one first");
	ck_assert(!accounts_set_disabled(accounts, "admin1", true).ok);
	ck_assert(!accounts_remove(accounts, "admin1").ok);
	ck_assert_int_eq(kept.puts + kept.removes, 0);
	ck_assert(accounts_add(accounts, &more).ok);
	ck_assert(accounts_set_disabled(accounts, "Sam.2", true).ok);
	/* One that cannot log in is no admin that is left. */
	ck_assert(!accounts_remove(accounts, "admin1").ok);
	ck_assert(accounts_remove(accounts, "Sam.2").ok);
	accounts_log_in(accounts, "nurse1", start, token);
	accounts_log_in(accounts, "nurse1", start, own);
	memcpy(spared, accounts_use(accounts, own, start)->token, TOKEN_HASH);
	accounts_log_out_others(accounts, "nurse1", spared);
	ck_assert_ptr_null(accounts_use(accounts, token, start));
	ck_assert_ptr_nonnull(accounts_use(accounts, own, start));
	ck_assert(accounts_set_disabled(accounts, "nurse1", true).ok);
	ck_assert(accounts_set_disabled(accounts, "nurse1", false).ok);
	ck_assert_ptr_null(accounts_use(accounts, own, start));
	ck_assert(accounts_remove(accounts, "nurse1").ok);
	ck_assert_ptr_null(accounts_find(accounts, "nurse1"));
	ck_assert_str_eq(accounts->list[1].name, "viewer1");
	free(accounts);
}
END_TEST

START_TEST(what_was_kept_is_taken_up)
{
	const struct account list[] = { { .name = "nurse1", .role = ROLE_NURSE } };
	const struct log_in log_ins[] = { { { 1 }, "nurse1", { 1767258000000 }, { 1767258000000 } },
		{ { 2 }, "gone", { 1767258000000 }, { 1767258000000 } } };
	struct kept kept = { .puts = 0 };
	const struct accounts_keeper keeper = { &kept, put_account, remove_account, put_log_in,
		remove_log_in };
	struct accounts *accounts = malloc(sizeof(*accounts));

	accounts_init(accounts, list, 1, log_ins, 2, duration_min(60), duration_min(240), &keeper);
	ck_assert_uint_eq(accounts->log_in_count, 1);
	ck_assert_int_eq(kept.log_outs, 1);
	ck_assert_ptr_nonnull(accounts_use_hash(accounts, log_ins[0].token, after_min(30)));
	ck_assert_ptr_null(accounts_use_hash(accounts, log_ins[1].token, start));
	free(accounts);
}
END_TEST

START_TEST(names_are_words)
{
	static const char *const good[] = { "nurse1", "Nurse1.Viewer1-2_x", "a",
		"0123456789012345678901234567890" };
	static const char *const bad[] = { "", "none", ".nurse1", "nurse1 viewer1", "nurse1/viewer1",
		"k\xc3\xa4t", "nurse1\n", "a'b", "01234567890123456789012345678901" };

	for (size_t i = 0; i < COUNT_OF(good); i++)
		ck_assert_msg(account_name_is_good(good[i]), "%s", good[i]);
	for (size_t i = 0; i < COUNT_OF(bad); i++)
		ck_assert_msg(!account_name_is_good(bad[i]), "%s", bad[i]);
}
END_TEST

START_TEST(passwords_have_rules)
{
	static const struct {
		const char *password;
		bool good;
	} rows[] = {
		{ "", false },
		{ "123456789", false },
		{ "1234567890", true },
		{ "\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4", false },
		{ "\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4", true },
		{ "bartholomew", false },
		{ "BARTHOLOMEW", false },
		{ "bartholomew1", true },
	};
	char longest[PASSWORD_CAP + 1];

	for (size_t i = 0; i < COUNT_OF(rows); i++)
		ck_assert_msg(password_check_rules(rows[i].password, "bartholomew").ok == rows[i].good, "%s",
		    rows[i].password);
	memset(longest, 'x', sizeof(longest));
	longest[PASSWORD_CAP - 1] = '\0';
	ck_assert(password_check_rules(longest, "x").ok);
	longest[PASSWORD_CAP - 1] = 'x';
	longest[PASSWORD_CAP] = '\0';
	ck_assert(!password_check_rules(longest, "x").ok);
}
END_TEST

START_TEST(first_passwords_are_new_each_time)
{
	char one[PASSWORD_FIRST_CAP], other[PASSWORD_FIRST_CAP];
	bool seen[256] = { false };
	int letters = 0;

	for (int i = 0; i < 300; i++) {
		password_make_first(one);
		password_make_first(other);
		ck_assert_str_ne(one, other);
		ck_assert_uint_eq(strlen(one), 19);
		ck_assert(password_check_rules(one, "admin").ok);
		for (const char *c = one; *c != '\0'; c++)
			seen[(unsigned char)*c] = true;
	}
	for (int c = 0; c < 256; c++)
		letters += seen[c];
	/* 31 letters and digits, and the '-'. */
	ck_assert_int_eq(letters, 32);
	ck_assert(!seen['l'] && !seen['1'] && !seen['o'] && !seen['0'] && !seen['i']);
}
END_TEST

START_TEST(a_wait_doubles_and_never_passes_its_most)
{
	struct backoff *backoff = calloc(1, sizeof(*backoff));
	static const uint64_t waits[] = { 0, 0, 0, 1000, 2000, 4000, 8000, 16000, 30000, 30000, 30000 };
	uint64_t now = 5000;

	for (size_t i = 0; i < COUNT_OF(waits); i++) {
		ck_assert_uint_eq(backoff_wait_ms(backoff, "nurse1", "192.0.2.1", now), 0);
		backoff_try(backoff, "nurse1", "192.0.2.1", now);
		ck_assert_uint_eq(backoff_wait_ms(backoff, "nurse1", "192.0.2.1", now), waits[i]);
		now += waits[i];
	}
	for (int i = 0; i < 1000; i++)
		backoff_try(backoff, "nurse1", "192.0.2.1", now);
	ck_assert_uint_eq(backoff_wait_ms(backoff, "nurse1", "192.0.2.1", now), BACKOFF_MOST_MS);
	/* After a quarter of an hour it begins anew. */
	now += BACKOFF_FORGET_MS + 1;
	backoff_try(backoff, "nurse1", "192.0.2.1", now);
	ck_assert_uint_eq(backoff_wait_ms(backoff, "nurse1", "192.0.2.1", now), 0);
	free(backoff);
}
END_TEST

static void
try_often(struct backoff *backoff, const char *account, const char *peer)
{
	for (int i = 0; i < 20; i++)
		backoff_try(backoff, account, peer, 1000);
}

START_TEST(nobody_keeps_another_out)
{
	struct backoff *backoff = calloc(1, sizeof(*backoff));

	backoff_try(backoff, "nurse1", "192.0.2.1", 1000);
	backoff_right(backoff, "nurse1", "192.0.2.1", 1000);
	try_often(backoff, "nurse1", "192.0.2.66");
	ck_assert_uint_gt(backoff_wait_ms(backoff, "nurse1", "192.0.2.66", 1000), 0);
	/* The address waits for every account, the account for every address that is new to it ... */
	ck_assert_uint_gt(backoff_wait_ms(backoff, "viewer1", "192.0.2.66", 1000), 0);
	ck_assert_uint_gt(backoff_wait_ms(backoff, "nurse1", "192.0.2.3", 1000), 0);
	ck_assert_uint_eq(backoff_wait_ms(backoff, "viewer1", "192.0.2.3", 1000), 0);
	/* ... and not where nurse1 was before. */
	ck_assert_uint_eq(backoff_wait_ms(backoff, "nurse1", "192.0.2.1", 1000), 0);
	/* There too guesses wait. */
	try_often(backoff, "nurse1", "192.0.2.1");
	ck_assert_uint_gt(backoff_wait_ms(backoff, "nurse1", "192.0.2.1", 1000), 0);
	backoff_right(backoff, "nurse1", "192.0.2.1", 1000);
	ck_assert_uint_eq(backoff_wait_ms(backoff, "nurse1", "192.0.2.1", 1000), 0);
	free(backoff);
}
END_TEST

START_TEST(a_try_that_was_none_is_taken_back)
{
	struct backoff *backoff = calloc(1, sizeof(*backoff));

	for (int i = 0; i < 50; i++) {
		backoff_try(backoff, "nurse1", "192.0.2.1", 1000);
		backoff_untry(backoff, "nurse1", "192.0.2.1");
	}
	ck_assert_uint_eq(backoff_wait_ms(backoff, "nurse1", "192.0.2.1", 1000), 0);
	free(backoff);
}
END_TEST

START_TEST(a_flood_of_names_does_not_free_who_guesses)
{
	struct backoff *backoff = calloc(1, sizeof(*backoff));
	char name[16], peer[24];

	try_often(backoff, "nurse1", "192.0.2.66");
	for (int i = 0; i < 150; i++) {
		snprintf(name, sizeof(name), "x%d", i);
		snprintf(peer, sizeof(peer), "198.51.100.%d", i);
		backoff_try(backoff, name, peer, 2000);
	}
	ck_assert_uint_gt(backoff_wait_ms(backoff, "nurse1", "192.0.2.66", 2000), 0);
	free(backoff);
}
END_TEST

START_TEST(peers_count_by_network)
{
	struct sockaddr_in6 six = {
		.sin6_family = AF_INET6, .sin6_port = htons(5), .sin6_addr = IN6ADDR_LOOPBACK_INIT
	};
	struct sockaddr_in four = {
		.sin_family = AF_INET, .sin_port = htons(5), .sin_addr = { htonl(0xc0000201) }
	};
	struct sockaddr none = { .sa_family = AF_UNIX };
	char text[BACKOFF_KEY_CAP / 2];

	backoff_peer_to_text((const struct sockaddr *)&four, text);
	ck_assert_str_eq(text, "192.0.2.1");
	backoff_peer_to_text((const struct sockaddr *)&six, text);
	ck_assert_str_eq(text, "::1");
	memset(&six.sin6_addr, 0x20, sizeof(six.sin6_addr));
	backoff_peer_to_text((const struct sockaddr *)&six, text);
	ck_assert_str_eq(text, "2020:2020:2020:2020::");
	backoff_peer_to_text(&none, text);
	ck_assert_str_eq(text, "?");
}
END_TEST

/* Jobs on a loop. */
struct asked {
	int done, right, made, ended;
	char hash[PASSWORD_HASH_CAP];
};

static void
job_done(void *ctx, const struct password_result *result)
{
	struct asked *asked = ctx;

	if (result == NULL) {
		asked->ended++;
		return;
	}
	asked->done++;
	asked->right += result->right;
	if (result->made[0] != '\0') {
		asked->made++;
		snprintf(asked->hash, sizeof(asked->hash), "%s", result->made);
	}
}

START_TEST(passwords_are_looked_at_off_the_loop)
{
	struct passwords *passwords;
	struct asked asked = { .done = 0 };
	uv_loop_t loop;
	char hash[PASSWORD_HASH_CAP];

	ck_assert_int_eq(uv_loop_init(&loop), 0);
	ck_assert(passwords_create(&loop, true, &passwords).ok);
	ck_assert(password_hash("correct horse", hash).ok);
	ck_assert_int_eq(strncmp(hash, "$argon2id$", 10), 0);
	ck_assert(passwords_ask(passwords, "correct horse", hash, NULL, job_done, &asked));
	/* Nothing was done on the loop itself. */
	ck_assert_int_eq(asked.done, 0);
	uv_run(&loop, UV_RUN_DEFAULT);
	ck_assert(asked.done == 1 && asked.right == 1 && asked.made == 0);
	ck_assert(passwords_ask(passwords, "wrong horse", hash, "new password", job_done, &asked));
	ck_assert(passwords_ask(passwords, "correct horse", NULL, NULL, job_done, &asked));
	uv_run(&loop, UV_RUN_DEFAULT);
	ck_assert(asked.done == 3 && asked.right == 1 && asked.made == 0);
	ck_assert(passwords_ask(passwords, "correct horse", hash, "new password", job_done, &asked));
	uv_run(&loop, UV_RUN_DEFAULT);
	ck_assert(asked.right == 2 && asked.made == 1);
	ck_assert(passwords_ask(passwords, "new password", asked.hash, NULL, job_done, &asked));
	ck_assert(passwords_ask(passwords, NULL, NULL, "a third one", job_done, &asked));
	uv_run(&loop, UV_RUN_DEFAULT);
	ck_assert(asked.right == 4 && asked.made == 2);
	passwords_stop(passwords);
	passwords_destroy(passwords);
	ck_assert_int_eq(uv_loop_close(&loop), 0);
}
END_TEST

START_TEST(a_crowd_is_bounded_and_a_stop_ends_it)
{
	struct passwords *passwords;
	struct asked asked = { .done = 0 };
	uv_loop_t loop;
	int taken = 0;

	ck_assert_int_eq(uv_loop_init(&loop), 0);
	ck_assert(passwords_create(&loop, false, &passwords).ok);
	for (int i = 0; i < 50; i++)
		taken += passwords_ask(passwords, NULL, NULL, "a password", job_done, &asked);
	ck_assert_int_eq(taken, PASSWORD_JOBS);
	passwords_stop(passwords);
	ck_assert(!passwords_ask(passwords, NULL, NULL, "a password", job_done, &asked));
	/* Those that waited have ended; the one that is worked on ends when it is through. */
	ck_assert_int_eq(asked.ended, PASSWORD_JOBS - 1);
	uv_run(&loop, UV_RUN_DEFAULT);
	ck_assert(asked.ended == PASSWORD_JOBS && asked.done == 0);
	passwords_destroy(passwords);
	ck_assert_int_eq(uv_loop_close(&loop), 0);
}
END_TEST

int
main(void)
{
	const TTest *const all[] = {
		a_log_in_ends_unused_and_at_last,
		only_the_whole_token_is_good,
		log_ins_are_bounded,
		accounts_change_as_they_may,
		what_was_kept_is_taken_up,
		names_are_words,
		passwords_have_rules,
		first_passwords_are_new_each_time,
		a_wait_doubles_and_never_passes_its_most,
		nobody_keeps_another_out,
		a_try_that_was_none_is_taken_back,
		a_flood_of_names_does_not_free_who_guesses,
		peers_count_by_network,
		passwords_are_looked_at_off_the_loop,
		a_crowd_is_bounded_and_a_stop_ends_it,
	};

	return suite_run_tests("web access", 60, all, COUNT_OF(all));
}
