/* The list of what is wrong with the configuration, and the nearest name to a
 * misspelt one. */
#include "daemon/settings/problems.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* More than anybody reads; a file full of faults must not fill the memory. */
enum { PROBLEMS_MOST = 1000, SUGGESTED_LONGEST = 40 };

struct problems {
	struct problem *items;
	size_t count;
	size_t untold_errors; /* for which there was no room */
};

struct problems *
problems_create(void)
{
	return calloc(1, sizeof(struct problems));
}

void
problems_destroy(struct problems *problems)
{
	if (problems == NULL)
		return;
	free(problems->items);
	free(problems);
}

size_t
problems_count(const struct problems *problems)
{
	return problems->count;
}

size_t
problems_errors(const struct problems *problems)
{
	size_t errors = problems->untold_errors;

	for (size_t i = 0; i < problems->count; i++)
		errors += !problems->items[i].warning;
	return errors;
}

const struct problem *
problems_at(const struct problems *problems, size_t index)
{
	return &problems->items[index];
}

/* What a file says ends up on a terminal: nothing in it may move the cursor. */
static void
make_printable(char *text)
{
	for (; *text != '\0'; text++)
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			*text = '?';
}

void
problems_add(struct problems *problems, const struct problem *problem)
{
	struct problem *grown = NULL;

	if (problems->count < PROBLEMS_MOST)
		grown = realloc(problems->items, sizeof(*grown) * (problems->count + 1));
	if (grown == NULL) {
		problems->untold_errors += !problem->warning;
		return;
	}
	problems->items = grown;
	problems->items[problems->count] = *problem;
	make_printable(problems->items[problems->count].path);
	make_printable(problems->items[problems->count].sentence);
	problems->count++;
}

static size_t
file_rank(const struct problems *problems, const struct problem *problem)
{
	size_t rank = 0;

	while (strcmp(problems->items[rank].file, problem->file) != 0)
		rank++;
	return rank;
}

/* Insertion sort: stable, and the list is short and nearly in order. */
void
problems_sort(struct problems *problems, size_t from)
{
	for (size_t i = from + 1; i < problems->count; i++) {
		struct problem moved = problems->items[i];
		size_t rank = file_rank(problems, &moved), at = i;

		while (at > from) {
			size_t before = file_rank(problems, &problems->items[at - 1]);

			if (before < rank || (before == rank && problems->items[at - 1].line <= moved.line))
				break;
			problems->items[at] = problems->items[at - 1];
			at--;
		}
		problems->items[at] = moved;
	}
}

size_t
problems_print(const struct problems *problems, FILE *out)
{
	for (size_t i = 0; i < problems->count; i++) {
		const struct problem *p = &problems->items[i];

		fprintf(out, "%s:", p->file);
		if (p->line > 0)
			fprintf(out, "%d:", p->line);
		if (p->column > 0)
			fprintf(out, "%d:", p->column);
		fprintf(out, " %s%s%s%s\n", p->warning ? "warning: " : "", p->path, p->path[0] != '\0' ? ": " : "", p->sentence);
	}
	if (problems->untold_errors > 0)
		fprintf(out, "and %zu errors more\n", problems->untold_errors);
	return problems_errors(problems);
}

/* How many characters must be changed, added or removed (Levenshtein), whatever their case; SIZE_MAX for long names. */
static size_t
name_distance(const char *a, const char *b)
{
	size_t row[SUGGESTED_LONGEST + 1], width = strlen(b);

	if (width > SUGGESTED_LONGEST || strlen(a) > SUGGESTED_LONGEST)
		return SIZE_MAX;
	for (size_t j = 0; j <= width; j++)
		row[j] = j;
	for (size_t i = 1; a[i - 1] != '\0'; i++) {
		size_t diagonal = row[0];

		row[0] = i;
		for (size_t j = 1; j <= width; j++) {
			bool same = tolower((unsigned char)a[i - 1]) == tolower((unsigned char)b[j - 1]);
			size_t least = diagonal + (same ? 0 : 1);

			diagonal = row[j];
			if (row[j] + 1 < least)
				least = row[j] + 1;
			if (row[j - 1] + 1 < least)
				least = row[j - 1] + 1;
			row[j] = least;
		}
	}
	return row[width];
}

struct suggestion
suggest(const char *wrong, const char *const *names, size_t count)
{
	struct suggestion found = { "" };
	/* A name of which more than a third is wrong, or more than three letters, is not the one that was meant. */
	size_t allowed = (strlen(wrong) + 2) / 3 < 3 ? (strlen(wrong) + 2) / 3 : 3, best = allowed + 1;

	for (size_t i = 0; i < count; i++) {
		size_t apart = name_distance(wrong, names[i]);

		if (apart >= best)
			continue;
		best = apart;
		snprintf(found.text, sizeof(found.text), " (did you mean '%s'?)", names[i]);
	}
	return found;
}
