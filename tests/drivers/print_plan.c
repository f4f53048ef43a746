/* Prints what profiles read: for each FILE its map and its requests, every register by both of its numbers.
 *
 *   profile FILE
 *   map WHAT: HOW
 *   read FUNCTION ADDRESS COUNT: in words
 *   identity FUNCTION ADDRESS COUNT: in words
 *   refused FILE:LINE: PATH: SENTENCE    in the place of all that */
#include <stdio.h>

#include "daemon/settings/settings.h"
#include "drivers/describe.h"

static void
print_map(void *ctx, const char *what, const char *how)
{
	(void)ctx;
	printf("map %s: %s\n", what, how);
}

static void
print_reads(const char *kind, const struct plan *plan)
{
	for (size_t i = 0; i < plan->count; i++) {
		char text[DESCRIBE_CAP];

		describe_read(&plan->reads[i], text, sizeof(text));
		printf("%s %u %u %u: %s\n", kind, plan->reads[i].function, plan->reads[i].address, plan->reads[i].count, text);
	}
}

static void
print_problems(const struct problems *problems)
{
	for (size_t i = 0; i < problems_count(problems); i++) {
		const struct problem *problem = problems_at(problems, i);

		printf("refused %s:%d: %s: %s\n", problem->file, problem->line, problem->path, problem->sentence);
	}
}

static bool
print_profile(const char *path)
{
	struct problems *problems = problems_create();
	struct profile profile;
	struct plan plan;

	if (problems == NULL)
		return false;
	printf("profile %s\n", path);
	if (profile_load_file(path, problems, &profile)) {
		describe_map(&profile, print_map, NULL);
		plan_make(&profile, &plan);
		print_reads("read", &plan);
		plan_make_identity(&profile, &plan);
		print_reads("identity", &plan);
	}
	print_problems(problems);
	problems_destroy(problems);
	return true;
}

int
main(int count, char **paths)
{
	bool good = true;

	for (int i = 1; i < count && good; i++)
		good = print_profile(paths[i]);
	return good ? 0 : 1;
}
