/* Accounts and log-ins in the record's file: kept over a restart, removable,
 * outside the chain, and there in a record that began before them. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/store/accounts.h"
#include "daemon/store/verify.h"
#include "tests/unit/store_fixture.h"
#include "suite_run.h"

enum { MOST = 8 };

struct found {
	struct account accounts[MOST];
	struct log_in log_ins[MOST];
	size_t account_count, log_in_count, passed_over;
};

static void
take_account(void *ctx, const struct account *account)
{
	struct found *found = ctx;

	ck_assert_uint_lt(found->account_count, MOST);
	found->accounts[found->account_count++] = *account;
}

static void
take_log_in(void *ctx, const struct log_in *log_in)
{
	struct found *found = ctx;

	ck_assert_uint_lt(found->log_in_count, MOST);
	found->log_ins[found->log_in_count++] = *log_in;
}

static struct found
load(struct fixture *f)
{
	struct found found = { .account_count = 0 };

	ck_assert(store_load_accounts(f->store, take_account, take_log_in, &found, &found.passed_over).ok);
	return found;
}

static struct account
account_of(const char *name, enum role role)
{
	struct account account = { .role = role, .must_change = true, .made = fixture_at(1) };

	snprintf(account.name, sizeof(account.name), "%s", name);
	snprintf(account.hash, sizeof(account.hash), "$argon2id$%s", name);
	return account;
}

static struct log_in
log_in_of(const char *name, unsigned char first)
{
	struct log_in log_in = { .token = { first, 0, 7 }, .made = fixture_at(first), .used = fixture_at(first + 1) };

	snprintf(log_in.account, sizeof(log_in.account), "%s", name);
	return log_in;
}

static void
fill(struct fixture *f)
{
	const struct account accounts[] = { account_of("nurse1", ROLE_NURSE), account_of("admin1", ROLE_ADMIN) };
	const struct log_in log_ins[] = { log_in_of("nurse1", 10), log_in_of("admin1", 20), log_in_of("nurse1", 30) };

	for (size_t i = 0; i < 2; i++)
		store_put_account(f->store, &accounts[i]);
	for (size_t i = 0; i < 2; i++)
		store_put_log_in(f->store, &log_ins[i]);
	fixture_wait_commit(f, store_put_log_in(f->store, &log_ins[2]));
}

static void
reopen(struct fixture *f)
{
	ck_assert(fixture_close(f).ok);
	fixture_open(f);
}

START_TEST(they_outlive_a_restart)
{
	struct fixture f;
	struct found found;

	fixture_init(&f);
	fixture_open(&f);
	found = load(&f);
	ck_assert_uint_eq(found.account_count + found.log_in_count, 0);
	fill(&f);
	reopen(&f);
	found = load(&f);
	ck_assert_uint_eq(found.account_count, 2);
	ck_assert_str_eq(found.accounts[0].name, "admin1");
	ck_assert_int_eq(found.accounts[0].role, ROLE_ADMIN);
	ck_assert_str_eq(found.accounts[1].hash, "$argon2id$nurse1");
	ck_assert(found.accounts[1].must_change && !found.accounts[1].disabled);
	ck_assert_int_eq(found.accounts[1].made.ms, fixture_at(1).ms);
	ck_assert_uint_eq(found.log_in_count, 3);
	ck_assert_int_eq(found.log_ins[1].token[0], 20);
	ck_assert_int_eq(found.log_ins[1].token[2], 7);
	ck_assert_str_eq(found.log_ins[1].account, "admin1");
	ck_assert_int_eq(found.log_ins[1].used.ms, fixture_at(21).ms);
	fixture_finish(&f);
}
END_TEST

START_TEST(what_is_put_again_takes_the_place)
{
	struct fixture f;
	struct account nurse1 = account_of("nurse1", ROLE_PRESCRIBER);
	struct log_in log_in = log_in_of("nurse1", 10);
	struct found found;

	fixture_init(&f);
	fixture_open(&f);
	fill(&f);
	nurse1.must_change = false;
	nurse1.disabled = true;
	log_in.used = fixture_at(5000);
	store_put_account(f.store, &nurse1);
	fixture_wait_commit(&f, store_put_log_in(f.store, &log_in));
	found = load(&f);
	ck_assert_uint_eq(found.account_count, 2);
	ck_assert_int_eq(found.accounts[1].role, ROLE_PRESCRIBER);
	ck_assert(!found.accounts[1].must_change && found.accounts[1].disabled);
	ck_assert_uint_eq(found.log_in_count, 3);
	ck_assert_int_eq(found.log_ins[0].used.ms, fixture_at(5000).ms);
	fixture_finish(&f);
}
END_TEST

START_TEST(removed_is_gone_and_the_chain_stays_sound)
{
	struct fixture f;
	struct verify_report result;
	struct found found;
	struct log_in log_in = log_in_of("admin1", 20);

	fixture_init(&f);
	fixture_open(&f);
	fill(&f);
	fixture_fill(&f, true);
	store_remove_log_in(f.store, log_in.token);
	fixture_wait_commit(&f, store_remove_account(f.store, "nurse1"));
	found = load(&f);
	ck_assert_uint_eq(found.account_count, 1);
	ck_assert_str_eq(found.accounts[0].name, "admin1");
	ck_assert_uint_eq(found.log_in_count, 0);
	ck_assert(fixture_close(&f).ok);
	ck_assert(store_verify(f.path, NULL, NULL, NULL, &result).ok);
	ck_assert_msg(result.sound, "%s", result.finding);
	fixture_finish(&f);
}
END_TEST

START_TEST(a_record_from_before_them_is_brought_up)
{
	struct fixture f;
	struct verify_report result;

	fixture_init(&f);
	fixture_open(&f);
	fixture_fill(&f, true);
	ck_assert(fixture_close(&f).ok);
	fixture_sql(f.path, "DROP TABLE account; DROP TABLE log_in; DROP TABLE signature; DROP INDEX event_gap; "
			    "DROP INDEX alarm_found; PRAGMA user_version = 1");
	fixture_open(&f);
	ck_assert_int_eq(fixture_integer(f.path, "PRAGMA user_version"), 4);
	fill(&f);
	ck_assert_uint_eq(load(&f).account_count, 2);
	ck_assert(fixture_close(&f).ok);
	ck_assert(store_verify(f.path, NULL, NULL, NULL, &result).ok);
	ck_assert_msg(result.sound, "%s", result.finding);
	fixture_finish(&f);
}
END_TEST

START_TEST(rows_of_nonsense_are_passed_over)
{
	struct fixture f;
	struct found found;

	fixture_init(&f);
	fixture_open(&f);
	fill(&f);
	ck_assert(fixture_close(&f).ok);
	fixture_sql(f.path, "INSERT INTO account VALUES ('', 'nurse', 'x', 0, 0, 0), ('x', 'king', 'x', 0, 0, 0), "
			    "('y', 'nurse', printf('%200s', 'x'), 0, 0, 0), (printf('%40s', 'z'), 'nurse', 'x', 0, 0, 0); "
			    "INSERT INTO log_in VALUES (x'00', 'nurse1', 0, 0), (zeroblob(33), 'nurse1', 0, 0), "
			    "(zeroblob(32), printf('%40s', 'z'), 0, 0)");
	fixture_open(&f);
	found = load(&f);
	ck_assert_uint_eq(found.account_count, 2);
	ck_assert_uint_eq(found.log_in_count, 3);
	ck_assert_uint_eq(found.passed_over, 7);
	fixture_finish(&f);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("store accounts");
	TCase *tests = tcase_create("all");

	tcase_set_timeout(tests, 60);
	tcase_add_test(tests, they_outlive_a_restart);
	tcase_add_test(tests, what_is_put_again_takes_the_place);
	tcase_add_test(tests, removed_is_gone_and_the_chain_stays_sound);
	tcase_add_test(tests, a_record_from_before_them_is_brought_up);
	tcase_add_test(tests, rows_of_nonsense_are_passed_over);
	suite_add_tcase(suite, tests);
	return suite_run(suite);
}
