/* The simulator against the driver that reads it, in virtual time: what it says it measured is what is read; and
 * recordings, right and wrong. */
#include <check.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/settings/settings.h"
#include "daemon/sim/monitor.h"
#include "drivers/driver.h"
#include "file_fixture.h"
#include "suite_run.h"

enum { CUFFS = 256, UNIT = 1 };

static const struct instant start = { INT64_C(1767258000000) };

/* A simulated monitor and the driver that polls it. */
struct bench {
	struct profile profile;
	struct sim_monitor *monitor;
	struct sim_truth truth;
	char *text; /* of the truth */
	size_t text_length;
	const struct driver *driver;
	void *instance;
	struct instant now;
	bool unplugged;
	struct cuff found[CUFFS]; /* new and failed ones, as the driver had them */
	size_t found_count, reboots;
	struct observation last;
};

static struct bench *
bench_create_changed(const char *profile, void (*change)(struct profile *profile), const struct recording *recording,
    int cuff_interval_s)
{
	struct bench *bench = calloc(1, sizeof(*bench));
	const struct driver_options options = { .unit = UNIT, .cadence = { 1000 }, .clock_off = { 120000 }, .last_cuff_key = "", .last_cuff_at = INSTANT_UNKNOWN };
	struct sim_config config = { .profile = &bench->profile, .seed = 1, .person = sim_people(), .recording = recording,
		.cuff_interval = { cuff_interval_s * 1000 } };
	struct problems *problems = problems_create();
	char path[512];

	snprintf(path, sizeof(path), "%s/config/monitors/%s.yaml", SOURCE_ROOT, profile);
	ck_assert(profile_load_file(path, problems, &bench->profile));
	problems_destroy(problems);
	if (change != NULL)
		change(&bench->profile);
	bench->truth.file = open_memstream(&bench->text, &bench->text_length);
	bench->monitor = sim_monitor_create(&config, start, &bench->truth);
	bench->driver = driver_find("modbus");
	bench->now = start;
	ck_assert(bench->driver->open(&bench->profile, &options, &bench->instance).ok);
	return bench;
}

static struct bench *
bench_create(const char *profile, const struct recording *recording, int cuff_interval_s)
{
	return bench_create_changed(profile, NULL, recording, cuff_interval_s);
}

static void
bench_destroy(struct bench *bench)
{
	bench->driver->close(bench->instance);
	sim_monitor_destroy(bench->monitor);
	sim_truth_close(&bench->truth);
	free(bench->text);
	free(bench);
}

static void
note(struct bench *bench, const struct observation *observation)
{
	bench->last = *observation;
	bench->reboots += observation->rebooted;
	if (observation->cuff.proof == CUFF_NEW || observation->cuff.proof == CUFF_FAILED)
		bench->found[bench->found_count++] = observation->cuff;
}

static void
poll_once(struct bench *bench)
{
	struct driver_next next;

	sim_monitor_advance(bench->monitor, bench->now);
	for (bench->driver->next(bench->instance, bench->now, &next); next.has_request;
	     bench->driver->next(bench->instance, bench->now, &next)) {
		uint8_t reply[1 + IMAGE_REPLY_CAP] = { UNIT };
		struct driver_result result;
		size_t length;

		if (bench->unplugged || !sim_monitor_is_on(bench->monitor)) {
			bench->driver->missed(bench->instance, bench->now, MISS_TIMEOUT);
			continue;
		}
		length = sim_monitor_serve(bench->monitor, next.request.bytes + 1, next.request.length - 1, reply + 1);
		sim_monitor_note_served(bench->monitor, next.request.bytes + 1, next.request.length - 1);
		bench->driver->accept(bench->instance, bench->now, reply, 1 + length, &result);
		ck_assert_msg(result.valid, "%s", result.reason);
		if (result.has_observation)
			note(bench, &result.observation);
	}
}

/* Polls every second until `second` after the start, inclusive. */
static void
run_to(struct bench *bench, int64_t second)
{
	while (bench->now.ms < start.ms + second * 1000) {
		bench->now.ms += 1000;
		poll_once(bench);
	}
}

/* The next cuff of the truth's text; false at its end. */
static bool
next_true(const char **text, struct instant *ret_at, bool *ret_failed, int ret_pressures[3])
{
	for (; **text != '\0'; *text += strcspn(*text, "\n") + 1) {
		char time[INSTANT_TEXT_CAP], what[32];
		int64_t key;
		int got = sscanf(*text, "%31[^,],%31[^,],%" SCNd64 ",%d,%d,%d", time, what, &key, &ret_pressures[0],
		    &ret_pressures[1], &ret_pressures[2]);

		*ret_failed = got >= 2 && strcmp(what, "cuff-failed") == 0;
		if (!*ret_failed && (got < 6 || strcmp(what, "cuff") != 0))
			continue;
		ck_assert(instant_from_iso(time, ret_at));
		*text += strcspn(*text, "\n") + 1;
		return true;
	}
	return false;
}

static size_t
compare(struct bench *bench, int64_t slack_ms)
{
	struct instant at;
	int pressures[3];
	bool failed;
	size_t count = 0;
	const char *text;

	fflush(bench->truth.file);
	for (text = bench->text; next_true(&text, &at, &failed, pressures); count++) {
		const struct cuff *cuff = &bench->found[count];

		ck_assert_uint_lt(count, bench->found_count);
		ck_assert_int_eq(cuff->proof, failed ? CUFF_FAILED : CUFF_NEW);
		ck_assert_int_le(llabs(cuff->measured_at.ms - at.ms), slack_ms);
		if (failed)
			continue;
		ck_assert_int_eq(cuff->systolic.milli, pressures[0] * 1000);
		ck_assert_int_eq(cuff->mean.milli, pressures[1] * 1000);
		ck_assert_int_eq(cuff->diastolic.milli, pressures[2] * 1000);
	}
	ck_assert_uint_eq(count, bench->found_count);
	return count;
}

static void
two_equal_cuffs(struct bench *bench, int64_t second)
{
	run_to(bench, second);
	sim_monitor_finish_cuff(bench->monitor, 131, 97, 80);
	run_to(bench, second + 60);
	sim_monitor_finish_cuff(bench->monitor, 131, 97, 80);
}

/* Two hours: equal cuffs in a row, a failed one, a wrap, an outage across a completion, a reboot; none missing, none twice. */
START_TEST(counted_cuffs_are_read_as_made)
{
	struct bench *bench = bench_create("generic-gateway", NULL, 300);

	run_to(bench, 60);
	sim_monitor_dose(bench->monitor, duration_min(40));
	two_equal_cuffs(bench, 1000);
	run_to(bench, 2000);
	sim_monitor_fail_cuff(bench->monitor, 2);
	run_to(bench, 3000);
	ck_assert_str_eq(bench->found[9].failure, "movement");
	sim_monitor_wrap_counter(bench->monitor);
	run_to(bench, 4205);
	bench->unplugged = true;
	run_to(bench, 4245);
	bench->unplugged = false;
	run_to(bench, 5000);
	sim_monitor_reboot(bench->monitor, duration_s(20));
	run_to(bench, 7200);
	ck_assert_uint_eq(bench->reboots, 1);
	ck_assert_uint_eq(compare(bench, 1000), 26);
	bench_destroy(bench);
}
END_TEST

START_TEST(aged_cuffs_are_read_as_made)
{
	struct bench *bench = bench_create("generic-age", NULL, 300);

	two_equal_cuffs(bench, 1000);
	run_to(bench, 2005);
	bench->unplugged = true;
	run_to(bench, 2200);
	bench->unplugged = false;
	run_to(bench, 7200);
	ck_assert_uint_eq(compare(bench, 2000), 26);
	bench_destroy(bench);
}
END_TEST

/* Every dialect: digits, bits of coils, packed fields, registers that are read alone and in a block. */
START_TEST(cuffs_of_every_dialect_are_read_as_made)
{
	struct bench *bench = bench_create("generic-dialects", NULL, 300);

	two_equal_cuffs(bench, 1000);
	run_to(bench, 2000);
	sim_monitor_fail_cuff(bench->monitor, 2);
	run_to(bench, 3000);
	ck_assert_str_eq(bench->found[9].failure, "movement");
	sim_monitor_wrap_counter(bench->monitor);
	run_to(bench, 4205);
	bench->unplugged = true;
	run_to(bench, 4245);
	bench->unplugged = false;
	run_to(bench, 7200);
	ck_assert_uint_eq(compare(bench, 1000), 26);
	bench_destroy(bench);
}
END_TEST

static void
date_by_power_on(struct profile *profile)
{
	profile->cuff.proof = PROOF_TIME;
	profile->cuff.proof_field = (struct field){ .function = 3, .address = 20, .type = TYPE_U32 };
	profile->cuff.time_base = TIME_SINCE_BOOT;
	profile->cuff.has_age = false;
}

START_TEST(cuffs_dated_by_power_on_are_read_as_made)
{
	struct bench *bench = bench_create_changed("generic-gateway", date_by_power_on, NULL, 300);

	two_equal_cuffs(bench, 1000);
	run_to(bench, 5000);
	sim_monitor_reboot(bench->monitor, duration_s(20));
	run_to(bench, 7200);
	ck_assert_uint_eq(bench->reboots, 1);
	ck_assert_uint_eq(compare(bench, 2000), 26);
	bench_destroy(bench);
}
END_TEST

START_TEST(flagged_cuffs_are_read_as_made)
{
	struct bench *bench = bench_create("generic-float", NULL, 300);

	two_equal_cuffs(bench, 1000);
	run_to(bench, 7200);
	ck_assert_uint_eq(compare(bench, 2000), 26);
	bench_destroy(bench);
}
END_TEST

/* Without any proof equal cuffs are one: the map cannot tell, and the simulator helps it by nothing. */
START_TEST(unproved_cuffs_are_read_when_they_differ)
{
	struct bench *bench = bench_create("generic-plain", NULL, 0);

	run_to(bench, 10);
	two_equal_cuffs(bench, 100);
	run_to(bench, 300);
	sim_monitor_finish_cuff(bench->monitor, 132, 97, 80);
	run_to(bench, 400);
	ck_assert_uint_eq(bench->found_count, 2);
	ck_assert_int_eq(bench->found[1].systolic.milli, 132000);
	bench_destroy(bench);
}
END_TEST

static const struct reading *
reading_of(const struct bench *bench, enum vital vital)
{
	for (size_t i = 0; i < bench->last.reading_count; i++)
		if (bench->last.readings[i].vital == vital)
			return &bench->last.readings[i];
	return NULL;
}

START_TEST(sensors_go_off_and_on)
{
	struct bench *bench = bench_create("generic-gateway", NULL, 0);

	run_to(bench, 5);
	ck_assert_int_eq(reading_of(bench, VITAL_SPO2)->quality, QUALITY_GOOD);
	sim_monitor_set_sensor(bench->monitor, SOURCE_PLETH, true);
	run_to(bench, 6);
	ck_assert_int_eq(reading_of(bench, VITAL_SPO2)->quality, QUALITY_INVALID);
	ck_assert_int_eq(reading_of(bench, VITAL_SPO2)->doubt, DOUBT_SENSOR_OFF);
	ck_assert_int_eq(reading_of(bench, VITAL_RATE)->quality, QUALITY_INVALID);
	ck_assert_int_eq(reading_of(bench, VITAL_BREATHING)->quality, QUALITY_GOOD);
	sim_monitor_clear(bench->monitor);
	sim_monitor_set(bench->monitor, VITAL_RATE, SOURCE_COUNT, QUALITY_GOOD, 130000);
	sim_monitor_set(bench->monitor, VITAL_SPO2, SOURCE_PLETH, QUALITY_INVALID, 0);
	run_to(bench, 7);
	ck_assert_int_eq(reading_of(bench, VITAL_RATE)->milli, 130000);
	ck_assert_int_eq(reading_of(bench, VITAL_SPO2)->doubt, DOUBT_ERROR_CODE);
	bench_destroy(bench);
}
END_TEST

/* R21: the cuff on the oximeter's arm. */
START_TEST(cuff_takes_the_pulse_away)
{
	struct bench *bench = bench_create("generic-gateway", NULL, 0);
	const struct sim_config config = { .profile = &bench->profile, .person = sim_people(), .same_arm = true };

	sim_monitor_destroy(bench->monitor);
	bench->monitor = sim_monitor_create(&config, start, &bench->truth);
	run_to(bench, 10);
	sim_monitor_start_cuff(bench->monitor);
	run_to(bench, 20);
	ck_assert(bench->last.measuring);
	ck_assert_int_eq(reading_of(bench, VITAL_SPO2)->quality, QUALITY_INVALID);
	run_to(bench, 40);
	ck_assert(!bench->last.measuring);
	ck_assert_int_eq(reading_of(bench, VITAL_SPO2)->quality, QUALITY_GOOD);
	bench_destroy(bench);
}
END_TEST

/* Written over the wire, and only by the profile's own words. */
START_TEST(cuff_obeys_what_is_written)
{
	static const uint8_t begin[] = { 6, 0, 100, 0, 1 }, cancel[] = { 6, 0, 101, 0, 1 }, other[] = { 6, 0, 100, 0, 2 };
	struct bench *bench = bench_create("generic-gateway", NULL, 0);

	bench->profile.cuff.start = (struct profile_command){ true, 6, 100, { 1 }, 1 };
	bench->profile.cuff.cancel = (struct profile_command){ true, 6, 101, { 1 }, 1 };
	run_to(bench, 5);
	sim_monitor_obey(bench->monitor, other, sizeof(other));
	run_to(bench, 60);
	ck_assert_uint_eq(bench->found_count, 0);
	sim_monitor_obey(bench->monitor, begin, sizeof(begin));
	run_to(bench, 70);
	ck_assert(bench->last.measuring);
	sim_monitor_obey(bench->monitor, cancel, sizeof(cancel));
	run_to(bench, 120);
	ck_assert(!bench->last.measuring);
	ck_assert_uint_eq(bench->found_count, 0);
	sim_monitor_obey(bench->monitor, begin, sizeof(begin));
	run_to(bench, 180);
	ck_assert_uint_eq(compare(bench, 1000), 1);
	ck_assert_ptr_nonnull(strstr(bench->text, ",written,,start\n"));
	ck_assert_ptr_nonnull(strstr(bench->text, ",written,,cancel\n"));
	bench_destroy(bench);
}
END_TEST

START_TEST(pressure_rises_and_stays)
{
	struct bench *bench = bench_create("generic-gateway", NULL, 0);
	int before, after;

	run_to(bench, 10);
	sim_monitor_start_cuff(bench->monitor);
	run_to(bench, 40);
	before = bench->found[0].systolic.milli / 1000;
	sim_monitor_ramp(bench->monitor, 45, duration_s(60));
	run_to(bench, 200);
	sim_monitor_start_cuff(bench->monitor);
	run_to(bench, 240);
	after = bench->found[1].systolic.milli / 1000;
	/* Two cuffs with up to 3 mmHg of noise each. */
	ck_assert_int_ge(after - before, 45 - 6);
	ck_assert_int_le(after - before, 45 + 6);
	bench_destroy(bench);
}
END_TEST

/* Whether anybody asks changes nothing that is measured. */
START_TEST(asking_changes_nothing)
{
	struct bench *often = bench_create("generic-gateway", NULL, 300), *seldom = bench_create("generic-gateway", NULL, 300);
	struct instant at[2];
	int pressures[2][3];
	bool failed[2];
	const char *texts[2];

	run_to(often, 3000);
	seldom->unplugged = true;
	seldom->now.ms = start.ms + 3000 * 1000;
	poll_once(seldom);
	fflush(often->truth.file);
	fflush(seldom->truth.file);
	texts[0] = often->text;
	texts[1] = seldom->text;
	while (next_true(&texts[0], &at[0], &failed[0], pressures[0])) {
		ck_assert(next_true(&texts[1], &at[1], &failed[1], pressures[1]));
		ck_assert_int_eq(at[0].ms, at[1].ms);
		ck_assert_mem_eq(pressures[0], pressures[1], sizeof(pressures[0]));
	}
	ck_assert(!next_true(&texts[1], &at[1], &failed[1], pressures[1]));
	bench_destroy(often);
	bench_destroy(seldom);
}
END_TEST

/* Recordings */

static struct outcome
load(const char *text, struct recording *ret_recording)
{
	file_write(text, strlen(text));
	return recording_load(file_path, ret_recording);
}

/* Values at their instants, nothing between them; a cuff once. */
START_TEST(recordings_are_never_held)
{
	static const char text[] = "charttime,t_s,HR,SpO2,NBPs,NBPm,NBPd\nx,0,80,97,,,\nx,30,,95,120,90,75\nx,31,82,,,,\nx,90,-,94,,,\n";
	static const struct {
		int second, rate, spo2; /* 0: none */
	} expected[] = { { 29, 0, 0 }, { 30, 0, 95 }, { 31, 82, 0 }, { 32, 0, 0 }, { 89, 0, 0 }, { 90, 0, 94 }, { 91, 0, 0 } };
	struct recording recording;
	struct bench *bench;

	ck_assert(load(text, &recording).ok);
	bench = bench_create("generic-gateway", &recording, 0);
	for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
		const struct reading *rate, *spo2;

		run_to(bench, expected[i].second);
		rate = reading_of(bench, VITAL_RATE);
		spo2 = reading_of(bench, VITAL_SPO2);
		ck_assert_int_eq(quality_has_value(rate->quality) ? rate->milli : 0, expected[i].rate * 1000);
		ck_assert_int_eq(quality_has_value(spo2->quality) ? spo2->milli : 0, expected[i].spo2 * 1000);
	}
	run_to(bench, 400);
	ck_assert_uint_eq(compare(bench, 1000), 1);
	ck_assert_int_eq(bench->found[0].measured_at.ms, start.ms + 30000);
	bench_destroy(bench);
	recording_free(&recording);
}
END_TEST

START_TEST(recordings_have_dates_or_minutes)
{
	struct recording recording;

	ck_assert(load("time,systolic\n2021-01-01T10:00:00Z,120\n2021-01-01T10:05:30.500Z,121\n", &recording).ok);
	ck_assert_uint_eq(recording.count, 2);
	ck_assert_int_eq(recording.rows[1].at.ms, 330500);
	ck_assert_int_eq(recording.rows[1].milli[VITAL_SYSTOLIC], 121000);
	ck_assert_int_eq(recording.rows[1].milli[VITAL_MEAN], RECORDING_NONE);
	recording_free(&recording);
	ck_assert(load("offset_min,sys,dia,mean\n2.5,120,70,88.5\n", &recording).ok);
	ck_assert_int_eq(recording.rows[0].at.ms, 150000);
	ck_assert_int_eq(recording.rows[0].milli[VITAL_MEAN], 88500);
	recording_free(&recording);
}
END_TEST

static const struct {
	const char *text, *why;
} bad_recordings[] = {
	{ "", "holds no row" },
	{ "time,rate\n", "holds no row" },
	{ "rate\n1\n", "line 1: no column 'time' (or t_s, in seconds; or offset_min)" },
	{ "time,weather\n1,2\n", "line 1: no column of a vital sign (systolic, rate, spo2, ...)" },
	{ "time,rate\nx,80\n", "line 2: 'x' is no time: seconds, or as 2026-01-02T09:30:00Z" },
	{ "time,rate\n-1,80\n", "line 2: '-1' is no time: seconds, or as 2026-01-02T09:30:00Z" },
	{ "time,rate\n1,80\n0,80\n", "line 3: its time is before that of the row before it" },
	{ "time,rate\n1,eighty\n", "line 2: 'eighty' is no rate" },
	{ "time,rate\n1,1e9\n", "line 2: '1e9' is no rate" },
	{ "time,rate\n1,nan\n", "line 2: 'nan' is no rate" },
	{ "time,rate\n1,80,90\n", "line 2: more columns than the header has" },
	{ "rate,time\n80\n", "line 2: no time" },
};

START_TEST(bad_recordings_are_told)
{
	struct recording recording;
	struct outcome loaded = load(bad_recordings[_i].text, &recording);

	ck_assert(!loaded.ok);
	ck_assert_str_eq(loaded.why + strlen(file_path) + 2, bad_recordings[_i].why);
}
END_TEST

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

int
main(void)
{
	Suite *suite = suite_create("sim");
	TCase *read = tcase_create("read as made"), *files = tcase_create("recordings");

	tcase_set_timeout(read, 60);
	tcase_set_timeout(files, 60);
	tcase_add_test(read, counted_cuffs_are_read_as_made);
	tcase_add_test(read, aged_cuffs_are_read_as_made);
	tcase_add_test(read, cuffs_of_every_dialect_are_read_as_made);
	tcase_add_test(read, cuffs_dated_by_power_on_are_read_as_made);
	tcase_add_test(read, flagged_cuffs_are_read_as_made);
	tcase_add_test(read, unproved_cuffs_are_read_when_they_differ);
	tcase_add_test(read, sensors_go_off_and_on);
	tcase_add_test(read, cuff_takes_the_pulse_away);
	tcase_add_test(read, cuff_obeys_what_is_written);
	tcase_add_test(read, pressure_rises_and_stays);
	tcase_add_test(read, asking_changes_nothing);
	suite_add_tcase(suite, read);
	tcase_add_checked_fixture(files, file_make, file_remove);
	tcase_add_test(files, recordings_are_never_held);
	tcase_add_test(files, recordings_have_dates_or_minutes);
	tcase_add_loop_test(files, bad_recordings_are_told, 0, COUNT(bad_recordings));
	suite_add_tcase(suite, files);
	return suite_run(suite);
}
