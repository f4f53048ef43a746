/* Projections, views and backups say what the record says, and follow from it alone. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "daemon/store/backup.h"
#include "daemon/store/projection.h"
#include "daemon/store/verify.h"
#include "random_state.h"
#include "store_fixture.h"
#include "suite_run.h"

/* Random sessions and alarms, with texts that are hard to store, several states of each. */
static void
fill_randomly(struct fixture *f, uint64_t *random)
{
	struct session session;
	struct alarm alarm;

	for (int i = 0; i < 200; i++) {
		random_session(random, &session);
		session.id = random_between(random, 1, 20);
		fixture_tell_session(f, EVENT_CHECKLIST, &session, fixture_at(i));
		random_alarm(random, &alarm);
		alarm.id = random_between(random, 21, 60);
		alarm.session = random_between(random, 0, 20);
		fixture_tell_alarm(f, ALARM_UPDATE, &alarm, fixture_at(i));
	}
	fixture_wait_commit(f, fixture_tell_act(f, 1, "", fixture_at(0)));
}

static const char all_projections[] =
    "SELECT (SELECT "
    "group_concat(quote(id)||quote(last_seq)||quote(subject)||quote(bed)||quote(regimen)||quote(phase)||"
    "quote(started_at_ms)||quote(dose_started_at_ms)||quote(ended_at_ms)||quote(weight_g)||quote(dose_ug)||"
    "quote(volume_ul)||"
    "quote(planned_ms)||quote(run_ms)||quote(unverified)||quote(aborted)) FROM (SELECT * FROM session ORDER "
    "BY id)) || "
    "(SELECT "
    "group_concat(quote(id)||quote(last_seq)||quote(session_id)||quote(bed)||quote(alarm_group)||quote(state)"
    "||"
    "quote(priority)||quote(peak)||quote(revision)||quote(started_at_ms)||quote(ended_at_ms)||quote("
    "acknowledged_at_ms)||"
    "quote(acknowledged_by)||quote(note)||quote(returns)||quote(standing)||quote(worst)||quote(sentence)) "
    "FROM (SELECT * FROM alarm ORDER BY id))";

START_TEST(projections_follow_from_events)
{
	enum { CAP = 200000 };
	char *before = malloc(CAP), *after = malloc(CAP);
	uint64_t random = 2026;
	struct outcome rebuilt;
	struct fixture f;

	fixture_init(&f);
	fixture_open(&f);
	fill_randomly(&f, &random);
	ck_assert(fixture_close(&f).ok);
	fixture_text(f.path, all_projections, before, CAP);
	ck_assert_uint_gt(strlen(before), 10000);
	fixture_sql(f.path, "DELETE FROM session; UPDATE alarm SET sentence = 'nothing happened'");
	rebuilt = store_rebuild_projections(f.path);
	ck_assert_msg(rebuilt.ok, "%s", rebuilt.why);
	fixture_text(f.path, all_projections, after, CAP);
	ck_assert_str_eq(before, after);
	fixture_assert_sound(f.path);
	free(before);
	free(after);
	fixture_finish(&f);
}
END_TEST

START_TEST(views_tell_times_as_everybody_else)
{
	uint64_t random = 5;
	struct fixture f;
	char iso[INSTANT_TEXT_CAP], text[64];

	fixture_init(&f);
	fixture_open(&f);
	for (int i = 0; i < 100; i++) {
		struct instant at = { random_between(&random, INT64_C(0), INT64_C(4102444800000)) };

		fixture_wait_commit(&f, fixture_tell_act(&f, 1, "", at));
		instant_to_iso(at, iso);
		fixture_text(
		    f.path, "SELECT at FROM event_log ORDER BY event DESC LIMIT 1", text, sizeof(text));
		ck_assert_str_eq(text, iso);
	}
	fixture_finish(&f);
}
END_TEST

START_TEST(views_tell_the_session)
{
	struct fixture f;
	char text[512];

	fixture_init(&f);
	fixture_open(&f);
	fixture_fill(&f, true);
	fixture_text(f.path,
	    "SELECT "
	    "session||'|'||patient||'|'||bed||'|'||regimen||'|'||phase||'|'||started||'|'||ended||'|'||"
	    "weight_kg||"
	    "'|'||dose_mg||'|'||alarms||'|'||high_alarms FROM session_log",
	    text, sizeof(text));
	ck_assert_str_eq(
	    text, "1|T-0001|bed "
		  "1|iv-ketamine|discharged|2026-01-02T09:00:00.000Z|2026-01-02T09:00:09.000Z|70.0|35.0|1|1");
	fixture_text(f.path,
	    "SELECT "
	    "alarm||'|'||patient||'|'||alarm_group||'|'||state||'|'||peak||'|'||lasted_s||'|'||acknowledged_"
	    "after_s||"
	    "'|'||acknowledged_by||'|'||worst||'|'||sentence FROM alarm_log",
	    text, sizeof(text));
	ck_assert_str_eq(
	    text, "2|T-0001|oxygen|over|high|3.0|1.0|nurse|spo2 low 84|SpO2 84, limit 85 (critical low)");
	fixture_text(f.path, "SELECT group_concat(who||' '||type) FROM audit_log", text, sizeof(text));
	ck_assert_str_eq(text, "nurse note");
	fixture_finish(&f);
}
END_TEST

START_TEST(a_backup_is_a_whole_record)
{
	struct fixture f;
	struct outcome done;
	char dest[FIXTURE_PATH + 32];

	fixture_init(&f);
	fixture_open(&f);
	fixture_fill(&f, true);
	snprintf(dest, sizeof(dest), "%s/backup.db", f.folder);
	done = store_backup(f.path, dest);
	ck_assert_msg(done.ok, "%s", done.why);
	fixture_assert_sound(dest);
	ck_assert_int_eq(fixture_integer(dest, "SELECT count(*) FROM event"),
	    fixture_integer(f.path, "SELECT count(*) FROM event"));
	ck_assert(!store_backup(f.path, dest).ok);
	fixture_finish(&f);
}
END_TEST

int
main(void)
{
	const TTest *const all[] = {
		projections_follow_from_events,
		views_tell_times_as_everybody_else,
		views_tell_the_session,
		a_backup_is_a_whole_record,
	};

	return suite_run_tests("store: views", 60, all, sizeof(all) / sizeof(all[0]));
}
