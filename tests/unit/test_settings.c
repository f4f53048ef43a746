/* The configuration: the example is clean, files mean what they say, changes show in the flat list, and every
 * key has its row in config/README.md. */
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/settings/scalar.h"
#include "tests/unit/settings_fixture.h"
#include "suite_run.h"

START_TEST(example_is_clean)
{
	struct settings *settings = load_example();

	ck_assert_uint_eq(settings->line_count, 1);
	ck_assert_uint_eq(settings->monitor_count, 2);
	ck_assert_uint_eq(settings->bed_count, 2);
	ck_assert_uint_eq(settings->profile_count, 5);
	ck_assert_uint_eq(settings->regimen_count, 1);
	ck_assert_uint_eq(settings->person_count, 5);
	ck_assert_str_eq(settings->profiles[settings->monitors[1].profile].name, "generic-gateway");
	ck_assert_uint_eq(settings->monitors[1].unit, 2);
	ck_assert_int_eq(settings->monitors[1].cadence.ms, 1000);
	ck_assert_uint_eq(settings->beds[1].monitors[0], 1);
	ck_assert_int_eq(settings->lines[0].response_timeout.ms, 400);
	ck_assert_uint_eq(settings->lines[0].wire.port, 502);
	ck_assert(settings->people[4].shared_terminal);
	ck_assert_int_eq(settings->people[1].role, ROLE_PRESCRIBER);
	settings_free(settings);
}
END_TEST

/* The regimen file says what the program's defaults are, so a clinic can read them there. */
START_TEST(example_regimen_is_the_default)
{
	struct settings *settings = load_example();
	char *of_file = flat(settings), *of_defaults;

	regimen_defaults(&settings->regimens[0]);
	of_defaults = flat(settings);
	ck_assert_str_eq(of_file, of_defaults);
	free(of_file);
	free(of_defaults);
	settings_free(settings);
}
END_TEST

START_TEST(profiles_say_what_they_read)
{
	struct problems *problems = problems_create();
	struct profile profile;
	char path[SETTINGS_PATH + 64];

	snprintf(path, sizeof(path), "%s/config/monitors/generic-gateway.yaml", SOURCE_ROOT);
	ck_assert(profile_load_file(path, problems, &profile));
	ck_assert_uint_eq(profile.value_count, 3);
	ck_assert_int_eq(profile.values[0].source, SOURCE_PLETH);
	ck_assert_uint_eq(profile.values[0].statuses[0].mask, 1);
	ck_assert_uint_eq(profile.values[0].statuses[0].expect, 1);
	ck_assert_int_eq(profile.values[0].statuses[0].otherwise, DOUBT_SENSOR_OFF);
	ck_assert(profile.values[0].range_high.set && profile.values[0].range_high.milli == 300000);
	ck_assert(profile.values[1].range_low.set && !profile.values[1].range_high.set);
	ck_assert_int_eq(profile.cuff.proof, PROOF_COUNTER);
	ck_assert_uint_eq(profile.cuff.proof_field.address, 7);
	ck_assert(profile.cuff.has_age && profile.cuff.age_field.address == 8);
	ck_assert(profile.cuff.has_measuring && profile.cuff.measuring.mask == 2);
	ck_assert_uint_eq(profile.cuff.failure_count, 4);
	ck_assert_str_eq(profile.cuff.failures[1].words, "movement");
	ck_assert(profile.has_uptime && profile.uptime.type == TYPE_U32 && !profile.has_clock);
	snprintf(path, sizeof(path), "%s/config/monitors/generic-float.yaml", SOURCE_ROOT);
	ck_assert(profile_load_file(path, problems, &profile));
	ck_assert_int_eq(profile.cuff.mean.field.type, TYPE_F32);
	ck_assert_int_eq(profile.cuff.mean.field.order, ORDER_CDAB);
	snprintf(path, sizeof(path), "%s/config/monitors/generic-age.yaml", SOURCE_ROOT);
	ck_assert(profile_load_file(path, problems, &profile));
	ck_assert_int_eq(profile.values[0].scale_micro, 100000);
	ck_assert_int_eq(profile.values[0].field.function, 4);
	ck_assert_int_eq(profile.values[0].error_codes[0], 0x7fff);
	ck_assert(profile.cuff.has_age_none && profile.cuff.age_none == 9999);
	ck_assert_uint_eq(problems_count(problems), 0);
	problems_destroy(problems);
}
END_TEST

/* The example of every dialect: what its keys come to. */
START_TEST(dialects_are_read)
{
	struct problems *problems = problems_create();
	struct profile profile;
	char path[SETTINGS_PATH + 64];

	snprintf(path, sizeof(path), "%s/config/monitors/generic-dialects.yaml", SOURCE_ROOT);
	ck_assert(profile_load_file(path, problems, &profile));
	ck_assert_uint_eq(problems_count(problems), 0);
	ck_assert_uint_eq(profile.max_bits, 64);
	ck_assert_uint_eq(profile.unreadable[0].function, READ_HOLDING);
	ck_assert_uint_eq(profile.unreadable[0].from, 14);
	ck_assert_uint_eq(profile.unreadable[0].to, 18);
	ck_assert_uint_eq(profile.values[0].field.address, 0);
	ck_assert_int_eq(profile.values[0].field.order, ORDER_CDAB);
	ck_assert_uint_eq(profile.values[0].statuses[0].word.function, READ_DISCRETE);
	ck_assert_uint_eq(profile.values[0].statuses[0].word.address, 0);
	ck_assert_uint_eq(profile.values[0].statuses[0].expect, 1);
	ck_assert_uint_eq(profile.values[1].statuses[1].word.function, READ_COILS);
	ck_assert_uint_eq(profile.values[1].statuses[1].expect, 0);
	ck_assert_uint_eq(profile.values[2].field.low_bit, 8);
	ck_assert_uint_eq(profile.values[2].field.bit_count, 8);
	ck_assert_uint_eq(profile.values[1].block, 1);
	ck_assert_uint_eq(profile.values[3].block, 1);
	ck_assert_str_eq(profile.blocks[0], "oximeter");
	ck_assert(profile.values[4].alone && profile.values[4].field.bit_count == 8 && profile.values[4].field.low_bit == 0);
	ck_assert(profile.cuff.alone && profile.cuff.counter_modulus == 1000);
	ck_assert_int_eq(profile.cuff.proof_field.type, TYPE_BCD16);
	ck_assert_uint_eq(profile.cuff.failure_field.bit_count, 4);
	ck_assert_uint_eq(profile.cuff.measuring.word.function, READ_DISCRETE);
	ck_assert_uint_eq(profile.cuff.start.address, 100);
	ck_assert_uint_eq(profile.cuff.start.values[0], 1);
	ck_assert_uint_eq(profile.cuff.cancel.function, 5);
	ck_assert_int_eq(profile.cuff.start_pause.ms, 180000);
	ck_assert_uint_eq(profile.identity[IDENTITY_MANUFACTURER].bytes, 16);
	ck_assert_int_eq(profile.identity[IDENTITY_MANUFACTURER].field.order, ORDER_ABCD);
	ck_assert_int_eq(profile.identity[IDENTITY_MODEL].field.order, ORDER_BADC);
	ck_assert_int_eq(profile.identity[IDENTITY_SERIAL].field.type, TYPE_U32);
	ck_assert_int_eq(profile.identity[IDENTITY_SERIAL].field.order, ORDER_CDAB);
	ck_assert_uint_eq(profile.wake_up.command.address, 110);
	ck_assert_uint_eq(profile.wake_up.command.value_count, 2);
	ck_assert_int_eq(profile.wake_up.silence.ms, 30000);
	ck_assert_int_eq(profile.wake_up.pause.ms, 100);
	problems_destroy(problems);
}
END_TEST

START_TEST(types_have_names)
{
	static const char text[] = "name: types\naddresses: pdu\nvalues:\n"
				   "  - {vital: rate, register: 40001, type: s8_high}\n"
				   "  - {vital: spo2, register: 1, type: u64}\n"
				   "  - {vital: breathing, register: 5, type: s32, bits: 20-31}\n"
				   "  - {vital: temperature, register: 7, type: f64}\n"
				   "cuff: {systolic: {register: 20}, proof: time, proof_register: 21, time_base: power-on,\n"
				   "  start: {function: 23, register: 60, values: [1, 2], read_register: 70, count: 3}}\n"
				   "uptime_register: 30\n";
	struct problems *problems = problems_create();
	struct profile profile;

	enter_scratch();
	write_file("types.yaml", text, strlen(text));
	ck_assert(profile_load_file("types.yaml", problems, &profile));
	ck_assert_uint_eq(profile.values[0].field.address, 40001);
	ck_assert_int_eq(profile.values[0].field.type, TYPE_S16);
	ck_assert_uint_eq(profile.values[0].field.low_bit, 8);
	ck_assert_int_eq(profile.values[1].field.type, TYPE_U64);
	ck_assert_uint_eq(profile.values[2].field.low_bit, 20);
	ck_assert_uint_eq(profile.values[2].field.bit_count, 12);
	ck_assert_int_eq(profile.values[3].field.type, TYPE_F64);
	ck_assert_int_eq(profile.cuff.time_base, TIME_SINCE_BOOT);
	ck_assert_uint_eq(profile.cuff.start.value_count, 2);
	ck_assert_uint_eq(profile.cuff.start.read_address, 70);
	ck_assert_uint_eq(profile.cuff.start.read_count, 3);
	problems_destroy(problems);
	leave_scratch();
}
END_TEST

START_TEST(registers_may_count_from_one)
{
	static const char text[] = "name: one\nregisters_from: 1\nvalues: [{vital: rate, register: 0x0A, "
				   "offset: -1.5, scale: -0.5}]\n";
	struct problems *problems = problems_create();
	struct profile profile;

	enter_scratch();
	write_file("one.yaml", text, strlen(text));
	ck_assert(profile_load_file("one.yaml", problems, &profile));
	ck_assert_uint_eq(profile.values[0].field.address, 9);
	ck_assert_int_eq(profile.values[0].scale_micro, -500000);
	ck_assert_int_eq(profile.values[0].offset_milli, -1500);
	problems_destroy(problems);
	leave_scratch();
}
END_TEST

START_TEST(fields_may_differ_from_the_profile)
{
	static const char text[] = "name: odd\norder: BADC\nfunction: 4\n"
				   "values:\n  - {vital: temperature, register: 1, type: s16}\n"
				   "  - {vital: rate, register: 4, type: f32, order: DCBA, function: 3}\n"
				   "cuff: {systolic: {register: 10}, proof: time, proof_register: 11}\n"
				   "clock_register: 20\nuptime_register: 22\nuptime_type: u16\n";
	struct problems *problems = problems_create();
	struct profile profile;

	enter_scratch();
	write_file("odd.yaml", text, strlen(text));
	ck_assert(profile_load_file("odd.yaml", problems, &profile));
	ck_assert_int_eq(profile.values[0].source, SOURCE_PROBE);
	ck_assert_int_eq(profile.values[0].field.type, TYPE_S16);
	ck_assert_int_eq(profile.values[0].field.order, ORDER_BADC);
	ck_assert_int_eq(profile.values[0].field.function, 4);
	ck_assert_int_eq(profile.values[1].field.order, ORDER_DCBA);
	ck_assert_int_eq(profile.values[1].field.function, 3);
	ck_assert_int_eq(profile.cuff.proof_field.type, TYPE_U32);
	ck_assert_int_eq(profile.cuff.proof_field.function, 4);
	ck_assert(profile.has_clock && profile.clock.type == TYPE_U32 && profile.clock.address == 20);
	ck_assert(profile.has_uptime && profile.uptime.type == TYPE_U16);
	problems_destroy(problems);
	leave_scratch();
}
END_TEST

START_TEST(own_limits_take_the_place_of_the_regimens)
{
	struct settings *settings;
	const struct regimen *regimen;

	enter_scratch();
	/* Each of the two limits would be out of order without the other. */
	settings = load_small("limits:\n  - {limit: systolic.high.advisory, value: 182}\n  - {regimen: "
			      "usual, limit: systolic.high.critical, value: 195.5}\n"
			      "ceiling: [{vital: systolic, highest: 196}]\n");
	regimen = &settings->regimens[0];
	ck_assert_int_eq(regimen->limits.at[VITAL_SYSTOLIC][SIDE_HIGH][TIER_ADVISORY].milli, 182000);
	ck_assert_int_eq(regimen->limits.at[VITAL_SYSTOLIC][SIDE_HIGH][TIER_CRITICAL].milli, 195500);
	ck_assert_int_eq(regimen->ceiling.at[VITAL_SYSTOLIC][SIDE_HIGH][TIER_CRITICAL].milli, 196000);
	ck_assert_int_eq(regimen->limits.at[VITAL_SYSTOLIC][SIDE_LOW][TIER_CRITICAL].milli, 80000);
	settings_free(settings);
	leave_scratch();
}
END_TEST

static size_t
differing_lines(const char *a, const char *b)
{
	size_t differing = 0;

	while (*a != '\0' && *b != '\0') {
		size_t la = strcspn(a, "\n"), lb = strcspn(b, "\n");

		differing += la != lb || memcmp(a, b, la) != 0;
		a += la + (a[la] == '\n');
		b += lb + (b[lb] == '\n');
	}
	return differing + (*a != *b);
}

/* R38: a change of the files shows in exactly the pairs that it changes. */
START_TEST(changes_show_in_the_flat_list)
{
	static const char *const changes[] = {
		"limits: [{limit: systolic.high.critical, value: 175}]\n",
		"ceiling: [{vital: rate, highest: 140}]\n",
		"clinic: Another name\n",
		"utc_offset: \"+01:00\"\n",
	};
	struct settings *before, *after;
	char *flat_before, *flat_after;

	enter_scratch();
	before = load_small("");
	flat_before = flat(before);
	after = load_small(changes[_i]);
	flat_after = flat(after);
	ck_assert_uint_eq(differing_lines(flat_before, flat_after), 1);
	free(flat_before);
	free(flat_after);
	settings_free(before);
	settings_free(after);
	leave_scratch();
}
END_TEST

START_TEST(default_regimen_comes_first)
{
	static const char other[] = "name: other\n";
	static const char clinic[] =
	    "store: s\nsocket: k\nlines: [{name: l1, host: h}]\nprofiles: [gateway.yaml]\n"
	    "regimens: [regimen.yaml, other.yaml]\nregimen: other\nmonitors: [{name: m1, profile: gateway, "
	    "line: l1}]\n"
	    "beds: [{name: b1, monitors: [m1]}]\n"
	    "people: [{name: n, user: n, role: nurse}, {name: d, user: d, role: prescriber}]\n";
	struct settings *settings;

	enter_scratch();
	settings_free(load_small(""));
	write_file("other.yaml", other, strlen(other));
	write_file("clinic.yaml", clinic, strlen(clinic));
	settings = load_clean("clinic.yaml");
	ck_assert_str_eq(settings->regimens[0].name, "other");
	ck_assert_str_eq(settings->regimens[1].name, "usual");
	ck_assert_str_eq(settings->beds[0].label, "b1");
	settings_free(settings);
	leave_scratch();
}
END_TEST

START_TEST(paths_start_at_the_file)
{
	struct settings *settings = load_example();

	ck_assert_str_eq(settings->store, "/var/lib/infusiond/record.sqlite");
	settings_free(settings);
	enter_scratch();
	settings_free(load_small("capture: traffic/today.txt\n"));
	ck_assert_int_eq(mkdir("elsewhere", 0700), 0);
	ck_assert_int_eq(chdir("elsewhere"), 0);
	settings = load_clean("../clinic.yaml");
	ck_assert_str_eq(settings->store, "../record.sqlite");
	ck_assert_str_eq(settings->capture, "../traffic/today.txt");
	settings_free(settings);
	ck_assert_int_eq(chdir(".."), 0);
	leave_scratch();
}
END_TEST

/* config/README.md describes keys that are alike once. */
static const struct {
	const char *like, *described;
} alike_keys[] = {
	{ "phases.baseline", "phases.PHASE" },
	{ "phases.infusion", "phases.PHASE" },
	{ "phases.paused", "phases.PHASE" },
	{ "phases.recovery", "phases.PHASE" },
	{ "limits.systolic", "limits.VITAL" },
	{ "limits.diastolic", "limits.VITAL" },
	{ "limits.mean", "limits.VITAL" },
	{ "limits.rate", "limits.VITAL" },
	{ "limits.spo2", "limits.VITAL" },
	{ "limits.breathing", "limits.VITAL" },
	{ "ceiling.systolic", "ceiling.VITAL" },
	{ "ceiling.diastolic", "ceiling.VITAL" },
	{ "ceiling.mean", "ceiling.VITAL" },
	{ "ceiling.rate", "ceiling.VITAL" },
	{ "ceiling.spo2", "ceiling.VITAL" },
	{ "ceiling.breathing", "ceiling.VITAL" },
	{ "cuff.cancel.", "cuff.start." },
	{ "identity.manufacturer", "identity.PART" },
	{ "identity.model", "identity.PART" },
	{ "identity.serial", "identity.PART" },
	{ "identity.firmware", "identity.PART" },
	{ "cuff.systolic.", "values[]." },
	{ "cuff.mean.", "values[]." },
	{ "cuff.diastolic.", "values[]." },
	{ "cuff.pulse.", "values[]." },
	{ "cuff.systolic", "cuff.PRESSURE" },
	{ "cuff.mean", "cuff.PRESSURE" },
	{ "cuff.diastolic", "cuff.PRESSURE" },
	{ "cuff.pulse", "cuff.PRESSURE" },
};

static void
described_key(const char *path, char described[96])
{
	snprintf(described, 96, "%s", path);
	for (size_t i = 0; i < COUNT_OF(alike_keys); i++) {
		size_t length = strlen(alike_keys[i].like);

		if (strncmp(path, alike_keys[i].like, length) != 0)
			continue;
		snprintf(described, 96, "%s%s", alike_keys[i].described, path + length);
		return;
	}
}

static void
find_in_reference(void *ctx, const char *file, const char *path)
{
	const char *readme = ctx;
	char heading[64], key[96], row[160];
	const char *section, *next, *found;

	snprintf(heading, sizeof(heading), "\n## `%s`", file);
	section = strstr(readme, heading);
	ck_assert_msg(section != NULL, "config/README.md has no section %s", file);
	next = strstr(section + 1, "\n## ");
	described_key(path, key);
	snprintf(row, sizeof(row), "\n| `%s` |", key);
	found = strstr(section, row);
	ck_assert_msg(found != NULL && (next == NULL || found < next),
	    "config/README.md does not describe %s of %s", path, file);
}

START_TEST(every_key_is_described)
{
	char path[SETTINGS_PATH + 32];
	size_t length;
	char *readme;

	snprintf(path, sizeof(path), "%s/config/README.md", SOURCE_ROOT);
	readme = read_file(path, &length);
	settings_each_key(find_in_reference, readme);
	free(readme);
}
END_TEST

static const struct {
	const char *zone, *at;
	int minutes;
} zone_instants[] = {
	{ "Europe/Berlin", "2026-03-29T00:59:59Z", 60 },
	{ "Europe/Berlin", "2026-03-29T01:00:00Z", 120 },
	{ "Europe/Berlin", "2026-10-25T00:59:59Z", 120 },
	{ "Europe/Berlin", "2026-10-25T01:00:00Z", 60 },
	{ "Europe/Berlin", "2028-02-29T12:00:00Z", 60 },
	{ "America/New_York", "2026-03-08T06:59:59Z", -300 },
	{ "America/New_York", "2026-03-08T07:00:00Z", -240 },
	{ "America/New_York", "2026-11-01T06:00:00Z", -300 },
	{ "Australia/Sydney", "2026-01-01T00:00:00Z", 660 },
	{ "Australia/Sydney", "2026-04-04T15:59:59Z", 660 },
	{ "Australia/Sydney", "2026-04-04T16:00:00Z", 600 },
	{ "Australia/Sydney", "2026-10-03T16:00:00Z", 660 },
	{ "Europe/Dublin", "2026-07-01T12:00:00Z", 60 },
	{ "Europe/Dublin", "2026-12-01T12:00:00Z", 0 },
	{ "Asia/Kolkata", "2026-07-01T12:00:00Z", 330 },
	{ "Etc/UTC", "2026-07-01T12:00:00Z", 0 },
};

START_TEST(zones_follow_their_rules)
{
	struct zone zone;
	struct instant at;
	struct outcome found = zone_find(zone_instants[_i].zone, &zone);

	ck_assert_msg(found.ok, "%s", found.why);
	ck_assert(instant_from_iso(zone_instants[_i].at, &at));
	ck_assert_msg(zone_offset_min(&zone, at) == zone_instants[_i].minutes, "%s at %s: %d",
	    zone_instants[_i].zone, zone_instants[_i].at, zone_offset_min(&zone, at));
}
END_TEST

START_TEST(strange_zones_are_refused)
{
	static const char *const rules[] = { "", "X", "CET", "CET-1CEST", "CET-1CEST,M3.5.0",
		"CET-1CEST,M13.5.0,M10.5.0", "CET-1CEST,M3.6.0,M10.5.0", "CET-1CEST,M3.5.7,M10.5.0",
		"CET-1CEST,J60,J300", "CET-1CEST,M3.5.0,M10.5.0x", "<CET", "CET-999" };
	struct zone zone;

	for (size_t i = 0; i < COUNT_OF(rules); i++)
		ck_assert_msg(!zone_from_rule("x", rules[i], &zone).ok, "%s", rules[i]);
	ck_assert(zone_fixed("-03:30", &zone).ok);
	ck_assert_int_eq(zone_offset_min(&zone, (struct instant){ 0 }), -210);
	ck_assert(!zone_fixed("+1:00", &zone).ok);
	ck_assert(!zone_fixed("+14:01", &zone).ok);
	ck_assert(!zone_find("Europe", &zone).ok);
	ck_assert(!zone_find("", &zone).ok);
	ck_assert(!zone_find("tzdata.zi", &zone).ok);
}
END_TEST

START_TEST(check_prints_and_counts)
{
	char path[SETTINGS_PATH + 64], *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	snprintf(path, sizeof(path), "%s/config/infusiond.yaml", SOURCE_ROOT);
	ck_assert_uint_eq(settings_check_print(path, out), 0);
	fflush(out);
	ck_assert_str_eq(text, "");
	snprintf(path, sizeof(path), "%s/tests/settings/bad/clinic-value-kind.yaml", SOURCE_ROOT);
	ck_assert_uint_eq(settings_check_print(path, out), 1);
	fclose(out);
	ck_assert_ptr_nonnull(strstr(text, "clinic-value-kind.yaml:4: lines[0].kind: "));
	free(text);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("settings");
	TCase *tests = tcase_create("meaning");

	tcase_set_timeout(tests, 60);
	tcase_add_test(tests, example_is_clean);
	tcase_add_test(tests, example_regimen_is_the_default);
	tcase_add_test(tests, profiles_say_what_they_read);
	tcase_add_test(tests, registers_may_count_from_one);
	tcase_add_test(tests, fields_may_differ_from_the_profile);
	tcase_add_test(tests, dialects_are_read);
	tcase_add_test(tests, types_have_names);
	tcase_add_test(tests, own_limits_take_the_place_of_the_regimens);
	tcase_add_loop_test(tests, changes_show_in_the_flat_list, 0, 4);
	tcase_add_test(tests, default_regimen_comes_first);
	tcase_add_test(tests, paths_start_at_the_file);
	tcase_add_test(tests, every_key_is_described);
	tcase_add_loop_test(tests, zones_follow_their_rules, 0, COUNT_OF(zone_instants));
	tcase_add_test(tests, strange_zones_are_refused);
	tcase_add_test(tests, check_prints_and_counts);
	suite_add_tcase(suite, tests);
	return suite_run(suite);
}
