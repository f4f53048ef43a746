/* Signatures: on record as events, found as rows, proved by verify, and there
 * in a file that an older program wrote. */
#include <check.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/store/embedded.h"
#include "daemon/store/file.h"
#include "daemon/store/projection.h"
#include "daemon/store/query.h"
#include "daemon/store/verify.h"
#include "store_fixture.h"
#include "suite_run.h"

static store_ticket
sign(struct fixture *f, const char *who, const char *note, int64_t ms)
{
	struct event event = { .type = EVENT_SIGNED, .at = fixture_at(ms), .session_id = 1, .who = { .role = ROLE_ADMIN },
		.text = "the record of session 1 was signed" };

	strcpy(event.who.name, who);
	strcpy(event.reason, note);
	return store_append_event(f->store, &event);
}

static void
open_signed(struct fixture *f)
{
	fixture_init(f);
	fixture_open(f);
	fixture_fill(f, true);
	sign(f, "A-1", "looked through", 20000);
	fixture_wait_commit(f, sign(f, "P-1", "", 30000));
}

static void
assert_signed(const struct fixture *f)
{
	char text[128];

	fixture_text(f->path, "SELECT group_concat(session_id || ' ' || (at_ms % 100000) || ' ' || who || ' ' || role || ' ' || note, "
			      "'; ') FROM (SELECT * FROM signature ORDER BY seq)", text, sizeof(text));
	ck_assert_str_eq(text, "1 20000 A-1 admin looked through; 1 30000 P-1 admin ");
	fixture_text(f->path, "SELECT signed_by || ' since ' || signed FROM session_log", text, sizeof(text));
	ck_assert_str_eq(text, "A-1, P-1 since 2026-01-02T09:00:20.000Z");
}

static void
assert_finding(const struct fixture *f, const char *finding)
{
	struct verify_report report;

	ck_assert(store_verify(f->path, NULL, NULL, NULL, &report).ok);
	ck_assert_int_eq(report.sound, finding == NULL);
	if (finding != NULL)
		ck_assert_str_eq(report.finding, finding);
}

START_TEST(a_signature_is_a_row_of_its_event)
{
	struct fixture f;

	open_signed(&f);
	assert_signed(&f);
	assert_finding(&f, NULL);
	fixture_finish(&f);
}
END_TEST

static bool
has_signed(struct store *store, int64_t session, const char *who)
{
	bool found;

	ck_assert(store_find_signature(store, session, who, &found).ok);
	return found;
}

START_TEST(a_person_has_signed_once_queued_or_on_disk)
{
	char bed[NAME_CAP];
	enum phase phase;
	struct fixture f;
	bool found;

	fixture_init(&f);
	fixture_open(&f);
	fixture_fill(&f, true);
	ck_assert(!has_signed(f.store, 1, "A-1"));
	sign(&f, "A-1", "", 20000);
	ck_assert(has_signed(f.store, 1, "A-1"));
	ck_assert(!has_signed(f.store, 1, "P-1") && !has_signed(f.store, 2, "A-1"));
	fixture_wait_commit(&f, sign(&f, "P-1", "", 30000));
	ck_assert(has_signed(f.store, 1, "A-1") && has_signed(f.store, 1, "P-1"));
	ck_assert(store_find_session(f.store, 1, &found, &phase, bed).ok && found);
	ck_assert_int_eq(phase, PHASE_DISCHARGED);
	ck_assert_str_eq(bed, "bed 1");
	ck_assert(store_find_session(f.store, 2, &found, &phase, bed).ok && !found);
	fixture_finish(&f);
}
END_TEST

static const struct {
	const char *change, *finding;
} changes[] = {
	{ "DELETE FROM signature WHERE who = 'P-1'", "signature 13: its row in the table 'signature' is not what the events say" },
	{ "UPDATE signature SET note = 'seen' WHERE who = 'A-1'",
	    "signature 12: its row in the table 'signature' is not what the events say" },
	{ "INSERT INTO signature VALUES (2, 1, 0, 'nobody', 'admin', '')",
	    "signature 2: its row in the table 'signature' is not what the events say" },
};

START_TEST(a_changed_signature_is_found_and_made_anew)
{
	struct fixture f;

	open_signed(&f);
	fixture_close(&f);
	fixture_sql(f.path, changes[_i].change);
	assert_finding(&f, changes[_i].finding);
	ck_assert(store_rebuild_projections(f.path).ok);
	assert_finding(&f, NULL);
	assert_signed(&f);
	fixture_finish(&f);
}
END_TEST

/* Writes the record again as the first version of the program would have: its schema, and the same rows. */
static void
make_version_1(struct fixture *f)
{
	char old[FIXTURE_PATH + 32], script[1024];

	snprintf(old, sizeof(old), "%s.old", f->path);
	ck_assert_int_eq(rename(f->path, old), 0);
	fixture_write_file(f->path, "", 0);
	fixture_sql(f->path, schema_migrations[0].text);
	snprintf(script, sizeof(script),
	    "ATTACH '%s' AS old; DELETE FROM chain_head; INSERT INTO event SELECT * FROM old.event;"
	    "INSERT INTO reading SELECT * FROM old.reading; INSERT INTO chain_head SELECT * FROM old.chain_head;"
	    "INSERT INTO patient SELECT * FROM old.patient; INSERT INTO session SELECT * FROM old.session;"
	    "INSERT INTO alarm SELECT * FROM old.alarm; PRAGMA application_id = %d; PRAGMA user_version = 1", old,
	    STORE_APPLICATION_ID);
	fixture_sql(f->path, script);
	ck_assert_int_eq(remove(old), 0);
}

START_TEST(a_file_of_version_1_is_brought_up_to_date)
{
	struct fixture f;

	open_signed(&f);
	fixture_close(&f);
	make_version_1(&f);
	fixture_open(&f);
	assert_signed(&f);
	assert_finding(&f, NULL);
	fixture_wait_commit(&f, sign(&f, "D-1", "", 40000));
	ck_assert_int_eq(fixture_integer(f.path, "SELECT count(*) FROM signature"), 3);
	assert_finding(&f, NULL);
	fixture_finish(&f);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("store_signatures");
	TCase *tests = tcase_create("all");

	tcase_set_timeout(tests, 60);
	tcase_add_test(tests, a_signature_is_a_row_of_its_event);
	tcase_add_test(tests, a_person_has_signed_once_queued_or_on_disk);
	tcase_add_loop_test(tests, a_changed_signature_is_found_and_made_anew, 0, sizeof(changes) / sizeof(changes[0]));
	tcase_add_test(tests, a_file_of_version_1_is_brought_up_to_date);
	suite_add_tcase(suite, tests);
	return suite_run(suite);
}
