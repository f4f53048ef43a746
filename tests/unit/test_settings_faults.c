/* Faults of the configuration: every bad file of tests/settings/bad gives its golden message, every check has
 * a bad file, every number its bounds, and no damage to a file does more than make a sentence. With --renew
 * the golden messages are written anew, to be reviewed as code. */
#include <check.h>
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/settings/regimen_file.h"
#include "tests/unit/settings_fixture.h"
#include "suite_run.h"

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

	snprintf(folder, sizeof(folder), "%s/tests/settings/bad", SOURCE_ROOT);
	ck_assert_int_eq(chdir(folder), 0);
	/* One file is about a key that others can read, whatever the checkout's umask was. */
	chmod("../tls/server-key.pem", 0644);
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
	"monitors/generic-age.yaml", "regimens/iv-ketamine.yaml", "monitors/generic-dialects.yaml" };

START_TEST(damage_ends_in_a_sentence)
{
	char path[SETTINGS_PATH + 64], *good, *bad;
	uint32_t state = 2463534242u + (uint32_t)_i;
	size_t length, errors, refused = 0;

	snprintf(path, sizeof(path), "%s/config/%s", SOURCE_ROOT, damaged_files[_i]);
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
	tcase_add_test(tests, every_bad_file_gives_its_message);
	tcase_add_test(tests, every_check_has_a_bad_file);
	tcase_add_test(tests, every_number_has_bounds);
	tcase_add_test(tests, hostile_files_end_in_a_sentence);
	tcase_add_test(tests, told_faults_are_bounded);
	tcase_add_test(tests, folders_are_bounded);
	tcase_add_test(tests, long_paths_are_told);
	tcase_add_loop_test(tests, damage_ends_in_a_sentence, 0, COUNT_OF(damaged_files));
}

int
main(int argc, char **argv)
{
	Suite *suite = suite_create("settings faults");
	TCase *tests = tcase_create("faults");

	tcase_set_timeout(tests, 120);
	if (argc > 1 && strcmp(argv[1], "--renew") == 0)
		tcase_add_test(tests, golden_messages_are_renewed);
	else
		add_tests(tests);
	suite_add_tcase(suite, tests);
	return suite_run(suite);
}
