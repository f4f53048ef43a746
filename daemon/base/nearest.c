#include "daemon/base/nearest.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { LONGEST = 48, ALIKE_LEAST = 4 };

static size_t
least_of(size_t a, size_t b, size_t c)
{
	size_t ab = a < b ? a : b;

	return ab < c ? ab : c;
}

/* Letters to change, add or remove (Levenshtein), whatever their case; SIZE_MAX for long names. */
static size_t
distance(const char *a, const char *b)
{
	size_t row[LONGEST + 1], width = strlen(b);

	if (width > LONGEST || strlen(a) > LONGEST)
		return SIZE_MAX;
	for (size_t j = 0; j <= width; j++)
		row[j] = j;
	for (size_t i = 1; a[i - 1] != '\0'; i++) {
		size_t diagonal = row[0];

		row[0] = i;
		for (size_t j = 1; j <= width; j++) {
			bool same = tolower((unsigned char)a[i - 1]) == tolower((unsigned char)b[j - 1]);
			size_t cost = least_of(diagonal + (same ? 0 : 1), row[j] + 1, row[j - 1] + 1);

			diagonal = row[j];
			row[j] = cost;
		}
	}
	return row[width];
}

static bool
begin_alike(const char *a, const char *b)
{
	size_t shorter = strlen(a) < strlen(b) ? strlen(a) : strlen(b);

	return shorter >= ALIKE_LEAST && strncasecmp(a, b, shorter) == 0;
}

const char *
nearest_name(const char *wrong, const char *const *names, size_t count)
{
	const char *nearest = NULL;
	size_t best = strlen(wrong) > 3 ? 3 : 2;

	for (size_t i = 0; i < count; i++) {
		size_t apart = begin_alike(wrong, names[i]) ? 1 : distance(wrong, names[i]);

		if (apart >= best)
			continue;
		best = apart;
		nearest = names[i];
	}
	return nearest;
}

void
nearest_to_text(const char *wrong, const char *const *names, size_t count, char text[static NEAREST_TEXT_CAP])
{
	const char *nearest = nearest_name(wrong, names, count);

	text[0] = '\0';
	if (nearest != NULL)
		snprintf(text, NEAREST_TEXT_CAP, " (did you mean '%s'?)", nearest);
}
