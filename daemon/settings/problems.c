/* The list of what is wrong with the configuration. */
#include "daemon/settings/problems.h"

#include <stdlib.h>
#include <string.h>

/* More than anybody reads; a file full of faults must not fill the memory. */
enum { PROBLEMS_MOST = 1000 };

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
		fprintf(out, " %s%s%s%s\n", p->warning ? "warning: " : "", p->path,
		    p->path[0] != '\0' ? ": " : "", p->sentence);
	}
	if (problems->untold_errors > 0)
		fprintf(out, "and %zu errors more\n", problems->untold_errors);
	return problems_errors(problems);
}

struct suggestion
suggest(const char *wrong, const char *const *names, size_t count)
{
	struct suggestion found;

	nearest_to_text(wrong, names, count, found.text);
	return found;
}
