/* The configuration: the example is clean, every bad file of tests/settings/bad gives its golden message,
 * every check has a bad file, every number its bounds, every key its row in config/README.md, and no damage
 * to a file does more than make a sentence. Usage: test_settings SOURCE_ROOT [--renew] */
#include <check.h>
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/settings/regimen_file.h"

/* Set once by main, before any test is forked. */
static char source_root[SETTINGS_PATH];

/* What goes into a file for a test. */
static void
write_file(const char *path, const char *bytes, size_t length)
{
	FILE *out = fopen(path, "we");

	ck_assert_ptr_nonnull(out);
	ck_assert_uint_eq(fwrite(bytes, 1, length, out), length);
	ck_assert_int_eq(fclose(out), 0);
}

static char *
read_file(const char *path, size_t *ret_length)
{
	FILE *in = fopen(path, "re");
	char *text = calloc(1, SETTINGS_FILE_MOST);

	ck_assert_msg(in != NULL, "%s is not there", path);
	*ret_length = fread(text, 1, SETTINGS_FILE_MOST - 1, in);
	fclose(in);
	return text;
}

/* A folder of its own, in which the test then stands. */
static void
enter_scratch(void)
{
	char folder[] = "/tmp/settings-XXXXXX";

	ck_assert_ptr_nonnull(mkdtemp(folder));
	ck_assert_int_eq(chdir(folder), 0);
}

static void
leave_scratch(void)
{
	char folder[SETTINGS_PATH], command[SETTINGS_PATH + 16];

	ck_assert_ptr_nonnull(getcwd(folder, sizeof(folder)));
	ck_assert_int_eq(strncmp(folder, "/tmp/settings-", 14), 0);
	ck_assert_int_eq(chdir("/"), 0);
	snprintf(command, sizeof(command), "rm -r %s", folder);
	ck_assert_int_eq(system(command), 0);
}

/* Loads a file by the reader that its name calls for; what is told, as --check prints it. The caller frees
 * it. */
static char *
messages_of(const char *name, size_t *ret_errors)
{
	struct problems *problems = problems_create();
	struct settings *settings = NULL;
	struct regimen *regimen = malloc(sizeof(*regimen));
	struct profile *profile = malloc(sizeof(*profile));
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	bool good;

	if (strncmp(name, "profile-", 8) == 0)
		good = profile_load_file(name, problems, profile);
	else if (strncmp(name, "regimen-", 8) == 0)
		good = regimen_load_file(name, problems, regimen);
	else
		good = settings_load(name, problems, &settings);
	*ret_errors = problems_print(problems, out);
	fclose(out);
	ck_assert_int_eq(good, *ret_errors == 0);
	for (size_t i = 0; i < problems_count(problems); i++)
		ck_assert(problems_at(problems, i)->sentence[0] != '\0' &&
			  problems_at(problems, i)->file[0] != '\0');
	settings_free(settings);
	problems_destroy(problems);
	free(regimen);
	free(profile);
	return text;
}

static int
is_yaml(const struct dirent *entry)
{
	const char *dot = strrchr(entry->d_name, '.');

	return dot != NULL && strcmp(dot, ".yaml") == 0;
}

static int
enter_bad(struct dirent ***ret_entries)
{
	char folder[SETTINGS_PATH + 32];
	int count;

	snprintf(folder, sizeof(folder), "%s/tests/settings/bad", source_root);
	ck_assert_int_eq(chdir(folder), 0);
	count = scandir(".", ret_entries, is_yaml, alphasort);
	ck_assert_int_gt(count, 0);
	return count;
}

static void
golden_name(const char *name, char golden[SETTINGS_PATH])
{
	snprintf(golden, SETTINGS_PATH, "%.*s.expect", (int)(strrchr(name, '.') - name), name);
}

START_TEST(every_bad_file_gives_its_message)
{
	struct dirent **entries;
	int count = enter_bad(&entries), differing = 0;

	for (int i = 0; i < count; i++) {
		char golden[SETTINGS_PATH];
		size_t errors, length;
		char *told = messages_of(entries[i]->d_name, &errors), *expected;

		golden_name(entries[i]->d_name, golden);
		expected = read_file(golden, &length);
		if (strcmp(told, expected) != 0 || told[0] == '\0') {
			fprintf(
			    stderr, "%s\n-- expected:\n%s-- told:\n%s", entries[i]->d_name, expected, told);
			differing++;
		}
		free(told);
		free(expected);
		free(entries[i]);
	}
	free(entries);
	ck_assert_int_eq(differing, 0);
}
END_TEST

static void
find_bad_file(void *ctx, const char *name)
{
	struct dirent **entries = ctx;
	bool found = false;

	for (size_t i = 0; entries[i] != NULL; i++)
		found |= strncmp(entries[i]->d_name, name, strlen(name)) == 0;
	ck_assert_msg(found, "the check '%s' has no bad file", name);
}

START_TEST(every_check_has_a_bad_file)
{
	struct dirent **entries, **ended;
	int count = enter_bad(&entries);

	ended = calloc((size_t)count + 1, sizeof(*ended));
	memcpy(ended, entries, sizeof(*ended) * (size_t)count);
	settings_each_check(find_bad_file, ended);
	for (int i = 0; i < count; i++)
		free(entries[i]);
	free(entries);
	free(ended);
}
END_TEST

/* A list of (key, value), a line each. */
static void
take_pair(void *ctx, const char *key, const char *value)
{
	ck_assert_str_ne(key, "");
	fprintf(ctx, "%s = %s\n", key, value);
}

static char *
flat(const struct settings *settings)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	settings_flatten(settings, take_pair, out);
	fclose(out);
	return text;
}

static struct settings *
load_clean(const char *path)
{
	struct problems *problems = problems_create();
	struct settings *settings = NULL;
	bool good = settings_load(path, problems, &settings);

	problems_print(problems, stderr);
	ck_assert(good);
	ck_assert_uint_eq(problems_count(problems), 0);
	problems_destroy(problems);
	return settings;
}

static struct settings *
load_example(void)
{
	char path[SETTINGS_PATH + 32];

	snprintf(path, sizeof(path), "%s/config/infusiond.yaml", source_root);
	return load_clean(path);
}

START_TEST(example_is_clean)
{
	struct settings *settings = load_example();

	ck_assert_uint_eq(settings->line_count, 1);
	ck_assert_uint_eq(settings->monitor_count, 2);
	ck_assert_uint_eq(settings->bed_count, 2);
	ck_assert_uint_eq(settings->profile_count, 4);
	ck_assert_uint_eq(settings->regimen_count, 1);
	ck_assert_uint_eq(settings->person_count, 5);
	ck_assert_str_eq(settings->profiles[settings->monitors[1].profile].name, "generic-gateway");
	ck_assert_uint_eq(settings->monitors[1].unit, 2);
	ck_assert_int_eq(settings->monitors[1].cadence.ms, 1000);
	ck_assert_uint_eq(settings->beds[1].monitors[0], 1);
	ck_assert_int_eq(settings->lines[0].response_timeout.ms, 400);
	ck_assert_uint_eq(settings->lines[0].port, 502);
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

	snprintf(path, sizeof(path), "%s/config/monitors/generic-gateway.yaml", source_root);
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
	snprintf(path, sizeof(path), "%s/config/monitors/generic-float.yaml", source_root);
	ck_assert(profile_load_file(path, problems, &profile));
	ck_assert_int_eq(profile.cuff.mean.field.type, TYPE_F32);
	ck_assert_int_eq(profile.cuff.mean.field.order, ORDER_CDAB);
	snprintf(path, sizeof(path), "%s/config/monitors/generic-age.yaml", source_root);
	ck_assert(profile_load_file(path, problems, &profile));
	ck_assert_int_eq(profile.values[0].scale_micro, 100000);
	ck_assert_int_eq(profile.values[0].field.function, 4);
	ck_assert_int_eq(profile.values[0].error_codes[0], 0x7fff);
	ck_assert(profile.cuff.has_age_none && profile.cuff.age_none == 9999);
	ck_assert_uint_eq(problems_count(problems), 0);
	problems_destroy(problems);
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

/* Stands in a scratch folder with the small good clinic, to which `more` is added. */
static struct settings *
load_small(const char *more)
{
	static const char *const names[] = { "clinic.yaml", "gateway.yaml", "regimen.yaml" };

	for (size_t i = 0; i < 3; i++) {
		char path[SETTINGS_PATH + 64];
		size_t length;
		char *text;

		snprintf(path, sizeof(path), "%s/tests/settings/good/%s", source_root, names[i]);
		text = read_file(path, &length);
		if (i == 0)
			length += (size_t)snprintf(text + length, SETTINGS_FILE_MOST - length, "%s", more);
		write_file(names[i], text, length);
		free(text);
	}
	return load_clean("clinic.yaml");
}

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

/* One value of one number in a regimen file: told, and told at its path. */
static void
check_refused(const struct number_section *section, const struct scalar *row, const char *value)
{
	struct problems *problems = problems_create();
	struct regimen *regimen = malloc(sizeof(*regimen));
	char text[160], path[80];
	bool told = false;

	snprintf(text, sizeof(text), "name: bad\n%s: {%s: %s}\n", section->name, row->key, value);
	snprintf(path, sizeof(path), "%s.%s", section->name, row->key);
	write_file("regimen.yaml", text, strlen(text));
	ck_assert_msg(
	    !regimen_load_file("regimen.yaml", problems, regimen), "%s: %s is accepted", path, value);
	for (size_t i = 0; i < problems_count(problems); i++)
		told |=
		    strcmp(problems_at(problems, i)->path, path) == 0 && problems_at(problems, i)->line == 2;
	ck_assert_msg(told, "%s: %s is not told at its path", path, value);
	problems_destroy(problems);
	free(regimen);
}

START_TEST(every_number_has_bounds)
{
	size_t rows = 0;

	enter_scratch();
	for (size_t i = 0; i < NUMBER_SECTIONS; i++) {
		const struct number_section *section = regimen_section(i);

		for (size_t k = 0; k < section->count; k++) {
			char value[32];

			snprintf(value, sizeof(value), "%d", section->rows[k].low - 1);
			check_refused(section, &section->rows[k], value);
			snprintf(value, sizeof(value), "%d", section->rows[k].high + 1);
			check_refused(section, &section->rows[k], value);
			check_refused(section, &section->rows[k], "1e1");
			check_refused(section, &section->rows[k], "0.0001");
			rows++;
		}
	}
	ck_assert_uint_ge(rows, 50);
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

	snprintf(path, sizeof(path), "%s/config/README.md", source_root);
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

/* One sentence, whatever the file is. */
static void
check_one_sentence(const char *path, const char *wanted)
{
	size_t errors;
	char *told = messages_of(path, &errors);

	ck_assert_msg(errors == 1 && strstr(told, wanted) != NULL, "%s: told %s", wanted, told);
	free(told);
}

START_TEST(hostile_files_end_in_a_sentence)
{
	char *bytes = malloc(SETTINGS_FILE_MOST + 2);

	enter_scratch();
	memset(bytes, '[', SETTINGS_FILE_MOST);
	write_file("clinic.yaml", bytes, SETTINGS_FILE_MOST);
	check_one_sentence("clinic.yaml", "nested too deeply");
	write_file("clinic.yaml", bytes, SETTINGS_FILE_MOST + 1);
	check_one_sentence("clinic.yaml", "larger than 1048576 bytes");
	for (int i = 0; i < SETTINGS_FILE_MOST; i += 4)
		memcpy(bytes + i, "- a\n", 4);
	write_file("clinic.yaml", bytes, SETTINGS_FILE_MOST);
	check_one_sentence("clinic.yaml", "too many values");
	memset(bytes, 'a', SETTINGS_FILE_MOST);
	write_file("clinic.yaml", bytes, SETTINGS_FILE_MOST);
	check_one_sentence("clinic.yaml", "keys with values are expected");
	write_file("clinic.yaml", "a: &a [x]\nb: &b [*a, *a]\nc: [*b, *b]\n", 37);
	check_one_sentence("clinic.yaml", "aliases");
	memset(bytes, 0, 4096);
	write_file("clinic.yaml", bytes, 4096);
	check_one_sentence("clinic.yaml", "this is no YAML");
	write_file("clinic.yaml", "", 0);
	check_one_sentence("clinic.yaml", "the file is empty");
	ck_assert_int_eq(mkfifo("pipe.yaml", 0600), 0);
	check_one_sentence("pipe.yaml", "is no regular file");
	check_one_sentence(".", "is no regular file");
	check_one_sentence("/dev/zero", "is no regular file");
	check_one_sentence("missing.yaml", "cannot be read: No such file");
	memset(bytes, 'a', SETTINGS_PATH);
	bytes[SETTINGS_PATH] = '\0';
	check_one_sentence(bytes, "too long");
	free(bytes);
	leave_scratch();
}
END_TEST

/* Faults without end are counted, not kept. */
START_TEST(told_faults_are_bounded)
{
	char *text = NULL, *told;
	size_t size, errors;
	FILE *out = open_memstream(&text, &size);

	for (int i = 0; i < 5000; i++)
		fprintf(out, "key%d: \"\\e[2J\"\n", i);
	fclose(out);
	enter_scratch();
	write_file("clinic.yaml", text, size);
	told = messages_of("clinic.yaml", &errors);
	ck_assert_uint_ge(errors, 5000);
	ck_assert_ptr_nonnull(strstr(told, "errors more"));
	ck_assert_ptr_null(strchr(told, '\033'));
	free(told);
	free(text);
	leave_scratch();
}
END_TEST

START_TEST(folders_are_bounded)
{
	static const char profile[] = "name: p%d\nvalues: [{vital: rate, register: 0}]\n";
	static const char clinic[] =
	    "store: s\nsocket: k\nlines: [{name: l1, host: h}]\nprofiles: [gateway.yaml, folder]\n"
	    "regimens: [regimen.yaml]\nmonitors: [{name: m1, profile: gateway, line: l1}]\nbeds: [{name: "
	    "b1}]\n";
	char text[128], path[64], *told;
	size_t errors;

	enter_scratch();
	settings_free(load_small(""));
	ck_assert_int_eq(mkdir("folder", 0700), 0);
	for (int i = 0; i < SETTINGS_PROFILES; i++) {
		snprintf(path, sizeof(path), "folder/p%02d.yaml", i);
		snprintf(text, sizeof(text), profile, i);
		write_file(path, text, strlen(text));
	}
	write_file("folder/notes.txt", "x", 1);
	write_file("clinic.yaml", clinic, strlen(clinic));
	told = messages_of("clinic.yaml", &errors);
	ck_assert_uint_eq(errors, 1);
	ck_assert_ptr_nonnull(strstr(told, "clinic.yaml:4: profiles[1]: there are more than 32 profiles"));
	free(told);
	leave_scratch();
}
END_TEST

START_TEST(long_paths_are_told)
{
	char folder[201], profile[201], path[420], text[1024], *told;
	size_t errors;

	memset(folder, 'f', 200);
	memset(profile, 'p', 200);
	memcpy(profile + 195, ".yaml", 5);
	folder[200] = profile[200] = '\0';
	enter_scratch();
	settings_free(load_small(""));
	snprintf(path, sizeof(path), "%s/%.190s", folder, folder);
	ck_assert_int_eq(mkdir(folder, 0700), 0);
	ck_assert_int_eq(mkdir(path, 0700), 0);
	ck_assert_int_eq(chdir(path), 0);
	write_file(profile, "x", 1);
	ck_assert_int_eq(chdir("../.."), 0);
	snprintf(text, sizeof(text),
	    "store: s\nsocket: k\nlines: [{name: l1, host: h}]\nprofiles: [gateway.yaml, %s]\nregimens: "
	    "[regimen.yaml]\n"
	    "monitors: [{name: m1, profile: gateway, line: l1}]\nbeds: [{name: b1}]\n",
	    path);
	write_file("clinic.yaml", text, strlen(text));
	told = messages_of("clinic.yaml", &errors);
	ck_assert_uint_eq(errors, 1);
	ck_assert_ptr_nonnull(strstr(told, "clinic.yaml:4: profiles[1]: the path of 'pppp"));
	free(told);
	leave_scratch();
}
END_TEST

START_TEST(check_prints_and_counts)
{
	char path[SETTINGS_PATH + 64], *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	snprintf(path, sizeof(path), "%s/config/infusiond.yaml", source_root);
	ck_assert_uint_eq(settings_check_print(path, out), 0);
	fflush(out);
	ck_assert_str_eq(text, "");
	snprintf(path, sizeof(path), "%s/tests/settings/bad/clinic-value-kind.yaml", source_root);
	ck_assert_uint_eq(settings_check_print(path, out), 1);
	fclose(out);
	ck_assert_ptr_nonnull(strstr(text, "clinic-value-kind.yaml:4: lines[0].kind: "));
	free(text);
}
END_TEST

/* xorshift: the same damage on every run. */
static uint32_t
roll(uint32_t *state, uint32_t sides)
{
	*state ^= *state << 13;
	*state ^= *state >> 17;
	*state ^= *state << 5;
	return *state % sides;
}

/* Drops, doubles or garbles a stretch. */
static size_t
damage(char *bytes, size_t length, uint32_t *state)
{
	size_t at = roll(state, (uint32_t)length), stretch = 1 + roll(state, 24);
	static const char liked[] = "[]{}:,-#&*!|>'\"%@` \n\t0129.~?xé";

	stretch = at + stretch > length ? length - at : stretch;
	switch (roll(state, 4)) {
	case 0:
		memmove(bytes + at, bytes + at + stretch, length - at - stretch);
		return length - stretch;
	case 1:
		memmove(bytes + at + stretch, bytes + at, length - at);
		return length + stretch;
	case 2:
		bytes[at] = (char)roll(state, 256);
		return length;
	default:
		bytes[at] = liked[roll(state, sizeof(liked) - 1)];
		return length;
	}
}

static const char *const damaged_files[] = { "infusiond.yaml", "monitors/generic-gateway.yaml",
	"monitors/generic-age.yaml", "regimens/iv-ketamine.yaml" };

START_TEST(damage_ends_in_a_sentence)
{
	char path[SETTINGS_PATH + 64], *good, *bad;
	uint32_t state = 2463534242u + (uint32_t)_i;
	size_t length, errors, refused = 0;

	snprintf(path, sizeof(path), "%s/config/%s", source_root, damaged_files[_i]);
	good = read_file(path, &length);
	bad = malloc(length + 256);
	enter_scratch();
	for (int round = 0; round < 600; round++) {
		const char *name = _i == 0 ? "clinic.yaml" : _i == 3 ? "regimen-x.yaml" : "profile-x.yaml";
		size_t now = length;
		char *told;

		memcpy(bad, good, length);
		for (uint32_t cuts = 1 + roll(&state, 4); cuts > 0 && now > 0; cuts--)
			now = damage(bad, now, &state);
		write_file(name, bad, now);
		told = messages_of(name, &errors);
		refused += errors > 0;
		free(told);
	}
	ck_assert_uint_gt(refused, 100);
	free(good);
	free(bad);
	leave_scratch();
}
END_TEST

/* Writes the golden messages anew, to be reviewed as code. */
START_TEST(golden_messages_are_renewed)
{
	struct dirent **entries;
	int count = enter_bad(&entries);

	for (int i = 0; i < count; i++) {
		char golden[SETTINGS_PATH];
		size_t errors;
		char *told = messages_of(entries[i]->d_name, &errors);

		golden_name(entries[i]->d_name, golden);
		write_file(golden, told, strlen(told));
		free(told);
		free(entries[i]);
	}
	free(entries);
}
END_TEST

static void
add_tests(TCase *tests)
{
	tcase_add_test(tests, example_is_clean);
	tcase_add_test(tests, example_regimen_is_the_default);
	tcase_add_test(tests, every_bad_file_gives_its_message);
	tcase_add_test(tests, every_check_has_a_bad_file);
	tcase_add_test(tests, profiles_say_what_they_read);
	tcase_add_test(tests, registers_may_count_from_one);
	tcase_add_test(tests, fields_may_differ_from_the_profile);
	tcase_add_test(tests, own_limits_take_the_place_of_the_regimens);
	tcase_add_loop_test(tests, changes_show_in_the_flat_list, 0, 4);
	tcase_add_test(tests, default_regimen_comes_first);
	tcase_add_test(tests, paths_start_at_the_file);
	tcase_add_test(tests, every_number_has_bounds);
	tcase_add_test(tests, every_key_is_described);
	tcase_add_loop_test(tests, zones_follow_their_rules, 0, COUNT_OF(zone_instants));
	tcase_add_test(tests, strange_zones_are_refused);
	tcase_add_test(tests, hostile_files_end_in_a_sentence);
	tcase_add_test(tests, told_faults_are_bounded);
	tcase_add_test(tests, folders_are_bounded);
	tcase_add_test(tests, long_paths_are_told);
	tcase_add_test(tests, check_prints_and_counts);
	tcase_add_loop_test(tests, damage_ends_in_a_sentence, 0, COUNT_OF(damaged_files));
}

static int
run_tests(bool renew)
{
	Suite *suite = suite_create("settings");
	TCase *tests = tcase_create("files");
	SRunner *runner;
	int failed;

	tcase_set_timeout(tests, 120);
	if (renew)
		tcase_add_test(tests, golden_messages_are_renewed);
	else
		add_tests(tests);
	suite_add_tcase(suite, tests);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed > 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

int
main(int argc, char **argv)
{
	if (argc < 2) {
		fprintf(stderr, "usage: test_settings SOURCE_ROOT [--renew]\n");
		return EXIT_FAILURE;
	}
	snprintf(source_root, sizeof(source_root), "%s", argv[1]);
	return run_tests(argc > 2 && strcmp(argv[2], "--renew") == 0);
}
