#include <inttypes.h>
#include <string.h>

#include "daemon/ctl/table.h"

enum { NARROWEST = 20, TWO_MINUTES_S = 120, TWO_HOURS_S = 7200 };

const char *
cell_text(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text != NULL ? text : "";
}

int64_t
cell_int(const json_t *object, const char *key)
{
	return json_integer_value(json_object_get(object, key));
}

bool
cell_is(const json_t *object, const char *key)
{
	return json_is_true(json_object_get(object, key));
}

void
cell_age(const json_t *object, const char *key, char text[static CELL_AGE])
{
	const json_t *value = json_object_get(object, key);
	int64_t s = json_integer_value(value) / 1000;
	const char *sign = s < 0 ? "-" : "";

	s = s < 0 ? -s : s;
	if (!json_is_integer(value))
		text[0] = '\0';
	else if (s < TWO_MINUTES_S)
		snprintf(text, CELL_AGE, "%s%" PRId64 "s", sign, s);
	else if (s < TWO_HOURS_S)
		snprintf(text, CELL_AGE, "%s%" PRId64 "m%02" PRId64, sign, s / 60, s % 60);
	else
		snprintf(text, CELL_AGE, "%s%" PRId64 "h%02" PRId64, sign, s / 3600, s / 60 % 60);
}

/* Characters of UTF-8: bytes that begin one. */
static int
columns(const char *text, size_t length)
{
	int count = 0;

	for (size_t i = 0; i < length; i++)
		count += ((unsigned char)text[i] & 0xc0) != 0x80;
	return count;
}

void
cell_print(FILE *out, const char *text, int width)
{
	int used = columns(text, strlen(text));

	fputs(text, out);
	fprintf(out, "%*s", used < width ? width - used : 1, "");
}

void
cell_paint(FILE *out, const struct style *style, const char *on)
{
	if (style->colour && on[0] != '\0')
		fputs(on, out);
}

void
cell_unpaint(FILE *out, const struct style *style, const char *on)
{
	if (style->colour && on[0] != '\0')
		fputs("\033[0m", out);
}

void
cell_wrap_painted(FILE *out, const char *text, int indent, const struct style *style, const char *on)
{
	int room = style->width - indent, used = 0;
	bool breaks = style->width > 0 && room >= NARROWEST;

	cell_paint(out, style, on);
	if (!breaks)
		fputs(text, out);
	while (breaks && *text != '\0') {
		size_t length = strcspn(text, " ");
		int wide = columns(text, length);

		if (used > 0 && used + 1 + wide > room) {
			cell_unpaint(out, style, on);
			fprintf(out, "\n%*s", indent, "");
			cell_paint(out, style, on);
			used = 0;
		}
		fprintf(out, "%s%.*s", used > 0 ? " " : "", (int)length, text);
		used += wide + (used > 0);
		text += length;
		text += strspn(text, " ");
	}
	cell_unpaint(out, style, on);
	fputc('\n', out);
}

void
cell_wrap(FILE *out, const char *text, int indent, const struct style *style)
{
	cell_wrap_painted(out, text, indent, style, "");
}
