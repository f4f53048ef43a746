#include "daemon/settings/scalar.h"

#include <assert.h>
#include <ctype.h>
#include <inttypes.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>

struct scalar_path
path_of(const char *base, const char *key)
{
	struct scalar_path path;

	snprintf(
	    path.text, sizeof(path.text), "%s%s%s", base, base[0] != '\0' && key[0] != '\0' ? "." : "", key);
	return path;
}

struct scalar_path
path_of_entry(const char *base, size_t index)
{
	struct scalar_path path;

	snprintf(path.text, sizeof(path.text), "%s[%zu]", base, index);
	return path;
}

struct scalar_path
path_of_entry_key(const char *base, size_t index, const char *key)
{
	return path_of(path_of_entry(base, index).text, key);
}

/* Decimal, or hexadecimal behind 0x; a leading 0 is no octal number, since a manual's "040001" is none. */
static bool
whole_from_text(const char *text, int64_t *ret_number)
{
	const char *digits = text + (*text == '-');
	bool hexadecimal = digits[0] == '0' && (digits[1] == 'x' || digits[1] == 'X');
	size_t length;
	int64_t number;

	digits += hexadecimal ? 2 : 0;
	length = strspn(digits, hexadecimal ? "0123456789abcdefABCDEF" : "0123456789");
	if (length == 0 || length > 14 || digits[length] != '\0')
		return false;
	number = strtoll(digits, NULL, hexadecimal ? 16 : 10);
	*ret_number = *text == '-' ? -number : number;
	return true;
}

bool
take_whole(struct yaml_file *file, const char *path, const char *text, int64_t low, int64_t high,
    int64_t *ret_number)
{
	int64_t number;

	if (!whole_from_text(text, &number)) {
		yaml_complain(file, path, "'%.40s' is no whole number", text);
		return false;
	}
	if (number < low || number > high) {
		yaml_complain(file, path, "%.40s lies outside %" PRId64 " to %" PRId64, text, low, high);
		return false;
	}
	*ret_number = number;
	return true;
}

bool
take_milli(
    struct yaml_file *file, const char *path, const char *text, int64_t low, int64_t high, int32_t *ret_milli)
{
	char lowest[16], highest[16];
	int32_t milli;

	if (!milli_from_text(text, &milli)) {
		yaml_complain(file, path, "'%.40s' is no number with at most three decimals", text);
		return false;
	}
	if (milli >= low && milli <= high) {
		*ret_milli = milli;
		return true;
	}
	milli_to_text((int32_t)low, lowest, sizeof(lowest));
	milli_to_text((int32_t)high, highest, sizeof(highest));
	yaml_complain(file, path, "%.40s lies outside %s to %s", text, lowest, highest);
	return false;
}

bool
take_choice(struct yaml_file *file, const char *path, const char *what, const char *text,
    const char *(*name_of)(int index), int count, int *ret_index)
{
	const char *names[128];
	int known = 0;

	for (; known < count && known < (int)COUNT_OF(names); known++) {
		names[known] = name_of(known);
		if (strcmp(names[known], text) == 0) {
			*ret_index = known;
			return true;
		}
	}
	yaml_complain(file, path, "'%.40s' is no %s%s", text, what, suggest(text, names, (size_t)known).text);
	return false;
}

bool
take_reference(
    struct yaml_file *file, const char *path, struct names among, const char *name, size_t *ret_index)
{
	const char *names[SETTINGS_PEOPLE];

	for (size_t i = 0; i < among.count; i++) {
		names[i] = among.first + i * among.stride;
		if (strcmp(names[i], name) == 0) {
			*ret_index = i;
			return true;
		}
	}
	yaml_complain(
	    file, path, "there is no %s '%.40s'%s", among.what, name, suggest(name, names, among.count).text);
	return false;
}

/* "0.1" to 100000 millionths: six decimals, exactly, and not 0. */
static bool
take_micro(
    struct yaml_file *file, const char *path, const char *text, int64_t low, int64_t high, int64_t *ret_micro)
{
	const char *digits = text + (*text == '-'), *dot = strchr(digits, '.');
	size_t whole = dot != NULL ? (size_t)(dot - digits) : strlen(digits),
	       part = dot != NULL ? strlen(dot + 1) : 0;
	bool good = whole > 0 && whole <= 6 && part <= 6 && (dot == NULL || part > 0);
	int64_t micro = 0;

	for (size_t i = 0; good && i < whole + 6; i++) {
		char digit = i < whole ? digits[i] : i - whole < part ? dot[1 + i - whole] : '0';

		good = digit >= '0' && digit <= '9';
		micro = micro * 10 + (digit - '0');
	}
	micro = *text == '-' ? -micro : micro;
	if (good && micro != 0 && micro >= low * 1000000 && micro <= high * 1000000) {
		*ret_micro = micro;
		return true;
	}
	yaml_complain(file, path,
	    "'%.40s' is no factor of at most six decimals between %" PRId64 " and %" PRId64 " other than 0",
	    text, low, high);
	return false;
}

/* Names stand in keys of limits, in commands and in the record: one word. */
static bool
take_name(struct yaml_file *file, const char *path, const char *text, size_t cap)
{
	bool good = strlen(text) < cap && strcmp(text, "none") != 0;

	for (const char *c = text; good && *c != '\0'; c++)
		good = isalnum((unsigned char)*c) || strchr("-_", *c) != NULL || (*c == '.' && c > text);
	if (!good)
		yaml_complain(file, path,
		    "'%.40s' must be a name of at most %zu letters, digits, '-', '_' and '.'", text, cap - 1);
	return good;
}

static bool
take_text(struct yaml_file *file, const char *path, const char *text, size_t cap)
{
	if (strlen(text) < cap)
		return true;
	yaml_complain(file, path, "is longer than %zu bytes", cap - 1);
	return false;
}

/* Relative paths start at the folder of the file. */
static void
take_path(struct yaml_file *file, const char *path, const char *text, char *to, size_t cap)
{
	char base[SETTINGS_PATH], whole[SETTINGS_PATH + YAML_LONGEST_TEXT + 2];

	snprintf(base, sizeof(base), "%s", file->path);
	if (text[0] == '/' || strchr(base, '/') == NULL)
		snprintf(whole, sizeof(whole), "%s", text);
	else
		snprintf(whole, sizeof(whole), "%s/%s", dirname(base), text);
	if (take_text(file, path, whole, cap))
		memcpy(to, whole, strlen(whole) + 1);
}

static bool
take_bool(struct yaml_file *file, const char *path, const char *text, bool *ret_bool)
{
	static const char *const words[] = { "false", "true", "no", "yes" };

	for (size_t i = 0; i < COUNT_OF(words); i++)
		if (strcmp(text, words[i]) == 0) {
			*ret_bool = i % 2 == 1;
			return true;
		}
	yaml_complain(file, path, "'%.40s' must be 'true' or 'false'", text);
	return false;
}

static void
take_number(struct yaml_file *file, const char *path, const char *text, const struct scalar *row, void *at)
{
	int64_t number;

	if (!take_whole(file, path, text, row->low, row->high, &number))
		return;
	switch (row->kind) {
	case SCALAR_U8:
		*(uint8_t *)at = (uint8_t)number;
		break;
	case SCALAR_U16:
		*(uint16_t *)at = (uint16_t)number;
		break;
	case SCALAR_WHOLE:
		*(int32_t *)at = (int32_t)number;
		break;
	case SCALAR_MS:
		*(struct duration *)at = duration_ms(number);
		break;
	default:
		*(int64_t *)at = number;
		break;
	}
}

static void
scalar_take(struct yaml_file *file, const char *path, const char *text, const struct scalar *row, void *at)
{
	int64_t low = (int64_t)row->low * 1000, high = (int64_t)row->high * 1000;
	int32_t milli;

	switch (row->kind) {
	case SCALAR_MILLI:
		take_milli(file, path, text, low, high, at);
		break;
	case SCALAR_MICRO:
		take_micro(file, path, text, row->low, row->high, at);
		break;
	case SCALAR_SECONDS:
		if (take_milli(file, path, text, low, high, &milli))
			*(struct duration *)at = duration_ms(milli);
		break;
	case SCALAR_MINUTES:
		if (take_milli(file, path, text, low, high, &milli))
			*(struct duration *)at = duration_ms((int64_t)milli * 60);
		break;
	case SCALAR_BOOL:
		take_bool(file, path, text, at);
		break;
	case SCALAR_NAME:
		/* A name that is wrong is kept: what refers to it is not wrong as well. */
		take_name(file, path, text, row->size);
		snprintf(at, row->size, "%s", text);
		break;
	case SCALAR_TEXT:
		if (take_text(file, path, text, row->size))
			memcpy(at, text, strlen(text) + 1);
		break;
	case SCALAR_PATH:
		take_path(file, path, text, at, row->size);
		break;
	default:
		take_number(file, path, text, row, at);
		break;
	}
}

void
scalars_take(struct yaml_file *file, const char *base, const void *raw, const struct scalar *rows,
    size_t count, void *to)
{
	for (size_t i = 0; i < count; i++) {
		const char *text = *(char *const *)((const char *)raw + rows[i].raw_offset);

		if (text != NULL)
			scalar_take(file, path_of(base, rows[i].key).text, text, &rows[i],
			    (char *)to + rows[i].offset);
	}
}

void
scalar_to_text(const struct scalar *row, const void *from, char *text, size_t cap)
{
	const void *at = (const char *)from + row->offset;

	switch (row->kind) {
	case SCALAR_MILLI:
		milli_to_text(*(const int32_t *)at, text, cap);
		break;
	case SCALAR_SECONDS:
		milli_to_text((int32_t)((const struct duration *)at)->ms, text, cap);
		break;
	case SCALAR_MINUTES:
		milli_to_text((int32_t)(((const struct duration *)at)->ms / 60), text, cap);
		break;
	default:
		assert(row->kind == SCALAR_WHOLE);
		snprintf(text, cap, "%" PRId32, *(const int32_t *)at);
		break;
	}
}
