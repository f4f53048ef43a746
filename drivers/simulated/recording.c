#include "drivers/simulated/recording.h"

#include <stdlib.h>
#include <string.h>

#include "daemon/base/vital.h"

enum { COLUMNS_MOST = VITAL_COUNT, FIELD_CAP = 32 };

/* The text while it is read. */
struct reader {
	const char *at, *end;
	size_t line;
	enum vital columns[COLUMNS_MOST];
	size_t column_count;
};

/* The next field of a line, without spaces around it, and what stands behind it: ',' or the line's end. Text that is too
 * long for a field is no field of ours and is cut to something that never reads. */
static char
take_field(struct reader *reader, char field[static FIELD_CAP])
{
	const char *start = reader->at, *stop;
	char behind = '\n';

	while (reader->at < reader->end && *reader->at != ',' && *reader->at != '\n')
		reader->at++;
	stop = reader->at;
	if (reader->at < reader->end)
		behind = *reader->at++;
	while (start < stop && (*start == ' ' || *start == '\t'))
		start++;
	while (stop > start && (stop[-1] == ' ' || stop[-1] == '\t' || stop[-1] == '\r'))
		stop--;
	if (stop - start >= FIELD_CAP || memchr(start, '\0', (size_t)(stop - start)) != NULL) {
		strcpy(field, "?");
		return behind;
	}
	memcpy(field, start, (size_t)(stop - start));
	field[stop - start] = '\0';
	return behind;
}

static struct outcome
take_heading(struct reader *reader)
{
	char field[FIELD_CAP];
	char behind = take_field(reader, field);

	if (strcmp(field, "t_s") != 0)
		return outcome_fail("line 1: the heading must begin with t_s, not '%s'", field);
	while (behind == ',') {
		enum vital vital;

		behind = take_field(reader, field);
		if (!vital_from_name(field, &vital))
			return outcome_fail("line 1: '%s' is no vital sign", field);
		for (size_t i = 0; i < reader->column_count; i++)
			if (reader->columns[i] == vital)
				return outcome_fail("line 1: '%s' stands there twice", field);
		reader->columns[reader->column_count++] = vital;
	}
	return reader->column_count > 0 ? outcome_ok() : outcome_fail("line 1: names no vital sign");
}

/* Seconds with up to three decimals, in ms; recordings last for weeks, so 32 bits are too few. */
static bool
seconds_from_text(const char *text, int64_t *ret_ms)
{
	int64_t value = 0;
	int decimals = -1;

	if (*text < '0' || *text > '9')
		return false;
	for (; *text != '\0'; text++) {
		if (*text == '.' && decimals < 0) {
			decimals = 0;
			continue;
		}
		if (*text < '0' || *text > '9' || decimals == 3 || value > INT64_C(1000000000000))
			return false;
		value = value * 10 + (*text - '0');
		decimals += decimals >= 0;
	}
	for (int i = decimals < 0 ? 0 : decimals; i < 3; i++)
		value *= 10;
	*ret_ms = value;
	return decimals != 0;
}

static struct outcome
take_row(struct reader *reader, struct recording_row *ret_row)
{
	char field[FIELD_CAP];
	char behind = take_field(reader, field);

	if (!seconds_from_text(field, &ret_row->offset.ms))
		return outcome_fail("line %zu: '%s' is no time in seconds", reader->line, field);
	for (int vital = 0; vital < VITAL_COUNT; vital++)
		ret_row->milli[vital] = RECORDING_NO_VALUE;
	for (size_t i = 0; behind == ','; i++) {
		behind = take_field(reader, field);
		if (i >= reader->column_count)
			return outcome_fail("line %zu: more fields than the heading has", reader->line);
		if (field[0] != '\0' && !milli_from_text(field, &ret_row->milli[reader->columns[i]]))
			return outcome_fail("line %zu: '%s' is no number", reader->line, field);
	}
	return outcome_ok();
}

static bool
grow(struct recording *recording, size_t *room)
{
	size_t more = *room > 0 ? *room * 2 : 256;
	struct recording_row *rows;

	if (recording->count < *room)
		return true;
	rows = realloc(recording->rows, more * sizeof(*rows));
	if (rows == NULL)
		return false;
	recording->rows = rows;
	*room = more;
	return true;
}

static struct outcome
take_rows(struct reader *reader, struct recording *recording)
{
	size_t room = 0;

	while (reader->at < reader->end) {
		struct recording_row row;
		struct outcome outcome;

		reader->line++;
		if (*reader->at == '\n' || *reader->at == '\r') {
			char blank[FIELD_CAP];

			take_field(reader, blank);
			continue;
		}
		outcome = take_row(reader, &row);
		if (!outcome.ok)
			return outcome;
		if (recording->count > 0 && row.offset.ms <= recording->rows[recording->count - 1].offset.ms)
			return outcome_fail("line %zu: its time does not lie after the row before it", reader->line);
		if (recording->count >= RECORDING_ROWS_MOST || !grow(recording, &room))
			return outcome_fail("line %zu: too many rows", reader->line);
		recording->rows[recording->count++] = row;
	}
	return recording->count > 0 ? outcome_ok() : outcome_fail("has no rows");
}

struct outcome
recording_parse(const char *text, size_t length, struct recording *ret_recording)
{
	struct reader reader = { .at = text, .end = text + length, .line = 1 };
	struct recording recording = { 0 };
	struct outcome outcome = take_heading(&reader);

	if (outcome.ok)
		outcome = take_rows(&reader, &recording);
	if (outcome.ok)
		*ret_recording = recording;
	else
		recording_finish(&recording);
	return outcome;
}

void
recording_finish(struct recording *recording)
{
	free(recording->rows);
	*recording = (struct recording){ 0 };
}

bool
recording_has_cuff(const struct recording_row *row)
{
	return row->milli[VITAL_SYSTOLIC] != RECORDING_NO_VALUE || row->milli[VITAL_MEAN] != RECORDING_NO_VALUE ||
	       row->milli[VITAL_DIASTOLIC] != RECORDING_NO_VALUE;
}

const struct recording_row *
recording_at(const struct recording *recording, struct duration offset)
{
	size_t low = 0, high = recording->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (recording->rows[middle].offset.ms <= offset.ms)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == 0 || offset.ms - recording->rows[low - 1].offset.ms >= RECORDING_VALID_MS)
		return NULL;
	return &recording->rows[low - 1];
}
