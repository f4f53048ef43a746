/* scenario-run: plays scenario files and compares.
 *
 *   scenario-run FILE             the alarm lines of one scenario
 *   scenario-run --trace FILE     every event of it
 *   scenario-run --check FILE...  compares with the expect lines and with NAME.trace, where there is one */
#include "tests/scenarios/scenario.h"

#include <stdlib.h>
#include <string.h>

static bool
play_to_text(const struct scenario *scenario, bool whole, char **ret_text, int *ret_complaints)
{
	size_t size;
	FILE *memory = open_memstream(ret_text, &size);
	struct outcome played;

	if (memory == NULL)
		abort();
	played = scenario_play(scenario, whole, memory, stderr, ret_complaints);
	fclose(memory);
	if (!played.ok)
		fprintf(stderr, "%s\n", played.why);
	return played.ok;
}

static int
print_one(const char *path, bool whole)
{
	struct scenario scenario;
	struct outcome done = scenario_read(path, &scenario);
	char *text = NULL;
	int complaints = 0;

	if (!done.ok) {
		fprintf(stderr, "%s\n", done.why);
		return 2;
	}
	if (!play_to_text(&scenario, whole, &text, &complaints))
		complaints++;
	fputs(text, stdout);
	free(text);
	scenario_finish(&scenario);
	return complaints > 0 ? 1 : 0;
}

/* The expected alarm lines as one text, words joined by single spaces, queries left out. */
static char *
expected_text(const struct scenario *scenario)
{
	char *text = NULL;
	size_t size;
	FILE *memory = open_memstream(&text, &size);

	for (size_t i = 0; i < scenario->expected_count; i++) {
		const struct scenario_line *line = &scenario->expected[i];

		if (line->word_count > 1 && (strcmp(line->words[1], "sounding") == 0 || strcmp(line->words[1], "phase") == 0 ||
						strcmp(line->words[1], "vital") == 0))
			continue;
		for (size_t j = 0; j < line->word_count; j++)
			fprintf(memory, "%s%s", j > 0 ? " " : "", line->words[j]);
		fputc('\n', memory);
	}
	fclose(memory);
	return text;
}

static bool
same_text(const char *path, const char *what, const char *wanted, const char *got)
{
	const char *w = wanted, *g = got;
	int line = 1;

	while (*w != '\0' && *w == *g) {
		line += *w == '\n';
		w++;
		g++;
	}
	if (*w == *g)
		return true;
	while (w > wanted && w[-1] != '\n')
		w--;
	while (g > got && g[-1] != '\n')
		g--;
	fprintf(stderr, "%s: %s differ at line %d\n  wanted: %.*s\n  got:    %.*s\n", path, what, line, (int)strcspn(w, "\n"), w,
	    (int)strcspn(g, "\n"), g);
	return false;
}

static char *
read_text(const char *path)
{
	FILE *file = fopen(path, "r");
	char *text = NULL;
	size_t size;
	FILE *memory;

	if (file == NULL)
		return NULL;
	memory = open_memstream(&text, &size);
	for (int c = fgetc(file); c != EOF; c = fgetc(file))
		fputc(c, memory);
	fclose(memory);
	fclose(file);
	return text;
}

static bool
check_golden(const char *path, const struct scenario *scenario)
{
	char golden_path[4096];
	char *golden, *whole = NULL;
	int complaints = 0;
	bool same;

	snprintf(golden_path, sizeof(golden_path), "%.*s.trace", (int)(strlen(path) - 4), path);
	golden = read_text(golden_path);
	if (golden == NULL)
		return true;
	play_to_text(scenario, true, &whole, &complaints);
	same = same_text(golden_path, "traces", golden, whole);
	free(golden);
	free(whole);
	return same;
}

static bool
check_one(const char *path)
{
	struct scenario scenario;
	struct outcome done = scenario_read(path, &scenario);
	char *got = NULL, *wanted;
	int complaints = 0;
	bool good;

	if (!done.ok) {
		fprintf(stderr, "%s\n", done.why);
		return false;
	}
	good = play_to_text(&scenario, false, &got, &complaints);
	wanted = expected_text(&scenario);
	good &= complaints == 0;
	if (!good)
		fprintf(stderr, "%s: see above\n", path);
	good &= same_text(path, "alarm lines", wanted, got);
	good &= check_golden(path, &scenario);
	free(got);
	free(wanted);
	scenario_finish(&scenario);
	return good;
}

int
main(int argc, char **argv)
{
	int passed = 0, failed = 0;

	if (argc == 3 && strcmp(argv[1], "--trace") == 0)
		return print_one(argv[2], true);
	if (argc == 2 && argv[1][0] != '-')
		return print_one(argv[1], false);
	if (argc < 3 || strcmp(argv[1], "--check") != 0) {
		fprintf(stderr, "usage: scenario-run [--trace] FILE | --check FILE...\n");
		return 2;
	}
	for (int i = 2; i < argc; i++) {
		if (check_one(argv[i]))
			passed++;
		else
			failed++;
	}
	printf("%d passed, %d failed\n", passed, failed);
	return failed > 0 ? 1 : 0;
}
