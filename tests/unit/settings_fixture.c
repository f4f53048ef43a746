/* What the tests of settings share. */
#include "tests/unit/settings_fixture.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What goes into a file for a test. */
void
write_file(const char *path, const char *bytes, size_t length)
{
	FILE *out = fopen(path, "we");

	ck_assert_ptr_nonnull(out);
	ck_assert_uint_eq(fwrite(bytes, 1, length, out), length);
	ck_assert_int_eq(fclose(out), 0);
}

char *
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
void
enter_scratch(void)
{
	char folder[] = "/tmp/settings-XXXXXX";

	ck_assert_ptr_nonnull(mkdtemp(folder));
	ck_assert_int_eq(chdir(folder), 0);
}

void
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
char *
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

/* A list of (key, value), a line each. */
static void
take_pair(void *ctx, const char *key, const char *value)
{
	ck_assert_str_ne(key, "");
	fprintf(ctx, "%s = %s\n", key, value);
}

char *
flat(const struct settings *settings)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	settings_flatten(settings, take_pair, out);
	fclose(out);
	return text;
}

struct settings *
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

struct settings *
load_example(void)
{
	char path[SETTINGS_PATH + 32];

	snprintf(path, sizeof(path), "%s/config/infusiond.yaml", SOURCE_ROOT);
	return load_clean(path);
}

/* Stands in a scratch folder with the small good clinic, to which `more` is added. */
struct settings *
load_small(const char *more)
{
	static const char *const names[] = { "clinic.yaml", "gateway.yaml", "regimen.yaml" };

	for (size_t i = 0; i < 3; i++) {
		char path[SETTINGS_PATH + 64];
		size_t length;
		char *text;

		snprintf(path, sizeof(path), "%s/tests/settings/good/%s", SOURCE_ROOT, names[i]);
		text = read_file(path, &length);
		if (i == 0)
			length += (size_t)snprintf(text + length, SETTINGS_FILE_MOST - length, "%s", more);
		write_file(names[i], text, length);
		free(text);
	}
	return load_clean("clinic.yaml");
}
