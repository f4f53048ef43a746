#include "daemon/web/json_out.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/digits.h"
#include "daemon/base/utf8.h"
#include "daemon/base/vital.h"

enum { FIRST_CAP = 8192 };

void
json_out_init(struct json_out *out, size_t lead)
{
	*out = (struct json_out){ .lead = lead };
}

void
json_out_finish(struct json_out *out)
{
	free(out->bytes);
	*out = (struct json_out){ .lead = out->lead };
}

void
json_out_reset(struct json_out *out)
{
	out->length = 0;
	out->comma = out->failed = false;
}

const char *
json_out_text_of(const struct json_out *out)
{
	return out->bytes == NULL || out->failed ? "" : out->bytes + out->lead;
}

/* Room for `more` bytes and the ending zero. */
static bool
reserve(struct json_out *out, size_t more)
{
	size_t needed = out->lead + out->length + more + 1, cap = out->cap > 0 ? out->cap : FIRST_CAP;
	char *bytes;

	if (out->failed)
		return false;
	if (needed <= out->cap)
		return true;
	while (cap < needed)
		cap *= 2;
	bytes = realloc(out->bytes, cap);
	if (bytes == NULL) {
		out->failed = true;
		return false;
	}
	out->bytes = bytes;
	out->cap = cap;
	return true;
}

/* The text goes up to here. */
static void
end_at(struct json_out *out, char *at)
{
	*at = '\0';
	out->length = (size_t)(at - out->bytes) - out->lead;
}

static void
put(struct json_out *out, const char *bytes, size_t length)
{
	if (!reserve(out, length))
		return;
	memcpy(out->bytes + out->lead + out->length, bytes, length);
	end_at(out, out->bytes + out->lead + out->length + length);
}

void
json_out_raw(struct json_out *out, const char *bytes, size_t length)
{
	put(out, bytes, length);
}

static void
put_escaped(struct json_out *out, unsigned char c)
{
	char escaped[8];
	int length;

	if (c == '"' || c == '\\')
		length = snprintf(escaped, sizeof(escaped), "\\%c", c);
	else if (c == '\n')
		length = snprintf(escaped, sizeof(escaped), "\\n");
	else
		length = snprintf(escaped, sizeof(escaped), "\\u%04x", c);
	put(out, escaped, (size_t)length);
}

static bool
needs_escape(unsigned char c)
{
	return c < 0x20 || c == '"' || c == '\\' || c == 0x7f;
}

/* `text` is whole UTF-8. */
static void
put_quoted(struct json_out *out, const char *text)
{
	const char *from = text;

	put(out, "\"", 1);
	for (; *text != '\0'; text++) {
		if (!needs_escape((unsigned char)*text))
			continue;
		put(out, from, (size_t)(text - from));
		put_escaped(out, (unsigned char)*text);
		from = text + 1;
	}
	put(out, from, (size_t)(text - from));
	put(out, "\"", 1);
}

/* The comma and the key before a value, and where the value goes, with room for so many bytes; NULL: memory ran out. Keys
 * are our own words: nothing in them needs escaping. */
static char *
begin(struct json_out *out, const char *key, size_t most)
{
	size_t length = key != NULL ? strlen(key) : 0;
	char *at;

	if (!reserve(out, length + sizeof(",\"\":") + most))
		return NULL;
	at = out->bytes + out->lead + out->length;
	if (out->comma)
		*at++ = ',';
	out->comma = true;
	if (key == NULL)
		return at;
	*at++ = '"';
	memcpy(at, key, length);
	at += length;
	*at++ = '"';
	*at++ = ':';
	return at;
}

static void
put_value(struct json_out *out, const char *key, const char *value, size_t length)
{
	char *at = begin(out, key, length);

	if (at == NULL)
		return;
	memcpy(at, value, length);
	end_at(out, at + length);
}

static void
open_bracket(struct json_out *out, const char *key, const char *bracket)
{
	put_value(out, key, bracket, 1);
	out->comma = false;
}

static void
close_bracket(struct json_out *out, const char *bracket)
{
	put(out, bracket, 1);
	out->comma = true;
}

void
json_out_object(struct json_out *out, const char *key)
{
	open_bracket(out, key, "{");
}

void
json_out_end_object(struct json_out *out)
{
	close_bracket(out, "}");
}

void
json_out_list(struct json_out *out, const char *key)
{
	open_bracket(out, key, "[");
}

void
json_out_end_list(struct json_out *out)
{
	close_bracket(out, "]");
}

/* Most texts are plain ASCII and go out as they are. */
static bool
is_plain(const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if ((unsigned char)text[i] >= 0x80 || needs_escape((unsigned char)text[i]))
			return false;
	return true;
}

static void
put_mended(struct json_out *out, const char *key, const char *text, size_t length)
{
	char *mended = malloc(length + 1);

	if (mended == NULL) {
		out->failed = true;
		return;
	}
	memcpy(mended, text, length + 1);
	utf8_mend(mended);
	put_value(out, key, "", 0);
	put_quoted(out, mended);
	free(mended);
}

static void
put_plain(struct json_out *out, const char *key, const char *text, size_t length)
{
	char *at = begin(out, key, length + 2);

	if (at == NULL)
		return;
	*at++ = '"';
	memcpy(at, text, length);
	at += length;
	*at++ = '"';
	end_at(out, at);
}

void
json_out_text(struct json_out *out, const char *key, const char *text)
{
	size_t length;

	if (text == NULL) {
		json_out_null(out, key);
		return;
	}
	length = strlen(text);
	if (is_plain(text, length))
		put_plain(out, key, text, length);
	else
		put_mended(out, key, text, length);
}

void
json_out_word(struct json_out *out, const char *key, const char *word)
{
	put_plain(out, key, word, strlen(word));
}

void
json_out_text_or_null(struct json_out *out, const char *key, const char *text)
{
	json_out_text(out, key, text != NULL && text[0] != '\0' ? text : NULL);
}

void
json_out_int(struct json_out *out, const char *key, int64_t value)
{
	char text[DIGITS_CAP], *end = text + sizeof(text), *from = digits_before(end, digits_size(value), 1);

	if (value < 0)
		*--from = '-';
	put_value(out, key, from, (size_t)(end - from));
}

void
json_out_bool(struct json_out *out, const char *key, bool value)
{
	put_value(out, key, value ? "true" : "false", value ? 4 : 5);
}

void
json_out_null(struct json_out *out, const char *key)
{
	put_value(out, key, "null", 4);
}

void
json_out_milli(struct json_out *out, const char *key, int64_t milli)
{
	char text[DIGITS_CAP];

	put_value(out, key, text, milli_to_text(milli, text, sizeof(text)));
}

static bool
is_a_time(struct instant at)
{
	return instant_is_known(at) && at.ms != INSTANT_NEVER.ms;
}

void
json_out_instant(struct json_out *out, const char *key, struct instant at)
{
	char text[INSTANT_TEXT_CAP];

	if (!is_a_time(at)) {
		json_out_null(out, key);
		return;
	}
	instant_to_iso(at, text);
	json_out_word(out, key, text);
}

void
json_out_ms_between(struct json_out *out, const char *key, struct instant from, struct instant to)
{
	if (is_a_time(from) && is_a_time(to))
		json_out_int(out, key, to.ms - from.ms);
	else
		json_out_null(out, key);
}
