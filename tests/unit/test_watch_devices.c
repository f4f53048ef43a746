/* Monitors of a bed that change while it is watched (R26): the rules say that a device taken out ends nothing. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "suite_run.h"
#include "tests/unit/rules_fixture.h"

static struct ward ward;

static void
set_up(void)
{
	const struct watch_device m1 = ward_monitor("m1");

	ward_open_with(&ward, &m1);
}

static void
tear_down(void)
{
	ward_close(&ward);
}

static struct instant
after(int seconds)
{
	return ward_at(seconds);
}

static void
reply(const char *device, int seconds)
{
	const struct observation observation = ward_observation(seconds, 80, 97);

	watch_reply(ward.watch, device, &observation);
}

/* The state of the alarm of a device, as "active:silent,lost.rate", or "none". */
static const char *
alarm_of(const char *device)
{
	static char text[256];

	for (size_t i = 0; i < watch_alarm_count(ward.watch); i++) {
		const struct alarm *alarm = watch_alarm_at(ward.watch, i);
		size_t length;

		if (alarm->group.kind != ALARM_GROUP_TECHNICAL || strcmp(alarm->group.device, device) != 0)
			continue;
		length = (size_t)snprintf(text, sizeof(text), "%s", alarm_state_name(alarm->state));
		for (size_t k = 0; k < alarm->condition_count; k++) {
			char name[64];

			condition_id_to_text(&alarm->conditions[k].id, name);
			length += (size_t)snprintf(text + length, sizeof(text) - length, "%c%s", k == 0 ? ':' : ',', name);
		}
		return text;
	}
	return "none";
}

/* m1 has been silent for 20 s; then m2 stands in its place. */
static void
change_after_silence(void)
{
	const struct watch_device m2 = ward_monitor("m2");

	reply("m1", 1);
	watch_advance(ward.watch, after(21));
	ck_assert_str_eq(alarm_of("m1"), "active:silent,lost.rate,lost.spo2");
	ck_assert(watch_set_devices(ward.watch, after(22), &m2, 1).ok);
}

START_TEST(a_device_taken_out_ends_nothing)
{
	change_after_silence();
	ck_assert_str_eq(alarm_of("m1"), "active:silent,lost.rate,lost.spo2");
	watch_advance(ward.watch, after(40));
	ck_assert_str_eq(alarm_of("m1"), "active:silent,lost.rate,lost.spo2");
}
END_TEST

START_TEST(good_samples_of_the_new_one_end_what_was_lost)
{
	change_after_silence();
	reply("m2", 23);
	ck_assert_str_eq(alarm_of("m1"), "active:silent");
	watch_answered_elsewhere(ward.watch, "m1", after(24));
	ck_assert_str_eq(alarm_of("m1"), "none");
}
END_TEST

START_TEST(a_device_put_back_is_the_same)
{
	const struct watch_device both[] = { ward_monitor("m2"), ward_monitor("m1") };

	change_after_silence();
	reply("m2", 23);
	ck_assert(watch_set_devices(ward.watch, after(24), both, 2).ok);
	ck_assert_str_eq(alarm_of("m1"), "active:silent");
	reply("m1", 25);
	ck_assert_str_eq(alarm_of("m1"), "none");
}
END_TEST

/* R17: no alarm from the first incomplete data. 5 s without an answer make it silent (R20), from when it was added. */
START_TEST(a_device_that_is_added_counts_from_then)
{
	const struct watch_device both[] = { ward_monitor("m1"), ward_monitor("m2") };

	for (int i = 1; i <= 60; i++)
		reply("m1", i);
	ck_assert(watch_set_devices(ward.watch, after(60), both, 2).ok);
	for (int i = 61; i <= 64; i++)
		reply("m1", i);
	ck_assert_str_eq(alarm_of("m2"), "none");
	reply("m1", 65);
	watch_advance(ward.watch, after(66));
	ck_assert_str_eq(alarm_of("m2"), "active:silent");
}
END_TEST

START_TEST(those_that_stay_go_on)
{
	const struct watch_device both[] = { ward_monitor("m2"), ward_monitor("m1") };

	for (int i = 1; i <= 10; i++)
		reply("m1", i);
	ck_assert(watch_set_devices(ward.watch, after(10), both, 2).ok);
	ck_assert_int_eq(watch_vital(ward.watch, VITAL_SPO2, after(10)).state, VITAL_FRESH);
	ck_assert_str_eq(watch_device_at(ward.watch, 1).device->name, "m1");
	ck_assert(watch_device_at(ward.watch, 1).answers);
	ck_assert_int_eq(ward.session.device_count, 2);
	ck_assert_str_eq(ward.session.devices[0], "m2");
	ck_assert_str_eq(ward.told[ward.told_count - 1].text, "the monitors of this bed are now: m2, m1");
}
END_TEST

/* What a vital was last read from is the same monitor, wherever it now stands in the list, or is gone. */
START_TEST(values_stay_with_the_monitor_that_gave_them)
{
	const struct watch_device both[] = { ward_monitor("m2"), ward_monitor("m1") }, m2 = ward_monitor("m2");

	reply("m1", 1);
	ck_assert(watch_set_devices(ward.watch, after(2), both, 2).ok);
	ck_assert_str_eq(watch_vital(ward.watch, VITAL_SPO2, after(2)).device, "m1");
	ck_assert(watch_set_devices(ward.watch, after(3), &m2, 1).ok);
	ck_assert_str_eq(watch_vital(ward.watch, VITAL_SPO2, after(3)).device, "m2");
	reply("m2", 4);
	ck_assert_str_eq(watch_vital(ward.watch, VITAL_SPO2, after(4)).device, "m2");
}
END_TEST

static struct watch_device
starter(const char *name)
{
	struct watch_device device = ward_monitor(name);

	device.may_start_cuff = true;
	return device;
}

/* A cuff that was asked of a monitor is asked of that one or of none. */
START_TEST(a_cuff_is_asked_of_no_other_monitor)
{
	const struct watch_device m1 = starter("m1"), both[] = { starter("m2"), m1 }, m2 = starter("m2");
	struct cuff_command command;

	ck_assert(watch_set_devices(ward.watch, after(1), &m1, 1).ok);
	ward_do(&ward, 2, (struct act){ .kind = ACT_CUFF_START });
	ck_assert(watch_set_devices(ward.watch, after(3), both, 2).ok);
	ck_assert(watch_wants_cuff_command(ward.watch, &command));
	ck_assert_str_eq(command.device, "m1");
	ck_assert(watch_set_devices(ward.watch, after(4), &m2, 1).ok);
	ck_assert(!watch_wants_cuff_command(ward.watch, &command));
	ck_assert_str_eq(ward_told(&ward, EVENT_CUFF_STARTED)->text, "the cuff on m1 was not started: the monitor is no longer at this bed");
}
END_TEST

START_TEST(what_became_of_a_cuff_is_not_known_when_its_monitor_goes)
{
	const struct watch_device m1 = starter("m1"), m2 = starter("m2");

	ck_assert(watch_set_devices(ward.watch, after(1), &m1, 1).ok);
	ward_do(&ward, 2, (struct act){ .kind = ACT_CUFF_START });
	watch_cuff_command_sent(ward.watch);
	ck_assert(watch_set_devices(ward.watch, after(3), &m2, 1).ok);
	ck_assert_str_eq(ward_told(&ward, EVENT_CUFF_STARTED)->text,
	    "it is not known whether the cuff on m1 was started: the monitor is no longer at this bed");
	/* The arm is spared: it rests as after a cuff. */
	ck_assert_str_eq(ward_try(&ward, 4, (struct act){ .kind = ACT_CUFF_START }).why,
	    "the arm rests after a cuff: the next one can be started in 29 s");
}
END_TEST

/* There is room for four monitors and alarms; a standing one is never dropped. */
START_TEST(no_room_is_refused_and_changes_nothing)
{
	const struct watch_device four[] = { ward_monitor("a"), ward_monitor("b"), ward_monitor("c"), ward_monitor("d") };
	struct outcome done;

	reply("m1", 1);
	watch_advance(ward.watch, after(21));
	done = watch_set_devices(ward.watch, after(22), four, 4);
	ck_assert(!done.ok);
	ck_assert_str_eq(done.why,
	    "the alarm of m1 stands at bed1, and there is no room for it beside the new monitors: turn it off first");
	ck_assert_uint_eq(watch_device_count(ward.watch), 1);
	ck_assert_str_eq(alarm_of("m1"), "active:silent,lost.rate,lost.spo2");
}
END_TEST

/* A restart with other monitors, as a reload. */
static bool
fold_into(const struct watch_device *devices, size_t count)
{
	const struct event session = { .session = &ward.session }, alarm = { .alarm = ward_alarm(&ward, "technical:m1") };
	struct watch *again = watch_create("bed1", devices, count, ward.regimens, 1, NULL, NULL, (struct event_sink){ NULL, NULL },
	    after(100));
	bool folded = watch_fold(again, &session) && watch_fold(again, &alarm);

	ck_assert_uint_eq(watch_alarm_count(again), folded ? 1 : 0);
	watch_destroy(again);
	return folded;
}

START_TEST(a_restart_drops_no_standing_alarm)
{
	const struct watch_device four[] = { ward_monitor("a"), ward_monitor("b"), ward_monitor("c"), ward_monitor("d") };

	reply("m1", 1);
	watch_advance(ward.watch, after(21));
	ck_assert(fold_into(four, 3));
	ck_assert(!fold_into(four, 4));
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("watch_devices");
	TCase *tests = tcase_create("all");

	tcase_set_timeout(tests, 60);
	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, a_device_taken_out_ends_nothing);
	tcase_add_test(tests, good_samples_of_the_new_one_end_what_was_lost);
	tcase_add_test(tests, a_device_put_back_is_the_same);
	tcase_add_test(tests, a_device_that_is_added_counts_from_then);
	tcase_add_test(tests, those_that_stay_go_on);
	tcase_add_test(tests, values_stay_with_the_monitor_that_gave_them);
	tcase_add_test(tests, a_cuff_is_asked_of_no_other_monitor);
	tcase_add_test(tests, what_became_of_a_cuff_is_not_known_when_its_monitor_goes);
	tcase_add_test(tests, no_room_is_refused_and_changes_nothing);
	tcase_add_test(tests, a_restart_drops_no_standing_alarm);
	suite_add_tcase(suite, tests);
	return suite_run(suite);
}
