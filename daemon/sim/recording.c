#include "daemon/sim/recording.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { COLUMNS = 64, LINE_CAP = 4096, NO_COLUMN = -1, TIME_COLUMN = -2 };

/* What a column holds: a vital, TIME_COLUMN or NO_COLUMN; and its unit in thousandths of ours. */
struct column {
	int what;
	int scale;
};

static const struct {
	const char *name;
	struct column column;
} known[] = {
	{ "time", { TIME_COLUMN, 1 } },        { "t_s", { TIME_COLUMN, 1 } },
	{ "offset_min", { TIME_COLUMN, 60 } }, { "HR", { VITAL_RATE, 1 } },
	{ "SpO2", { VITAL_SPO2, 1 } },         { "RR", { VITAL_BREATHING, 1 } },
	{ "NBPs", { VITAL_SYSTOLIC, 1 } },     { "NBPm", { VITAL_MEAN, 1 } },
	{ "NBPd", { VITAL_DIASTOLIC, 1 } },    { "sys", { VITAL_SYSTOLIC, 1 } },
	{ "dia", { VITAL_DIASTOLIC, 1 } },
};

struct reader {
	FILE *file;
	int number; /* of the line, from 1 */
	struct column columns[COLUMNS];
	size_t column_count;
	bool has_first; /* dated rows count from the first */
	struct instant first;
	struct recording recording;
	size_t room;
};

static struct column
find_column(const char *name)
{
	enum vital vital;

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (strcmp(known[i].name, name) == 0)
			return known[i].column;
	if (vital_from_name(name, &vital))
		return (struct column){ (int)vital, 1 };
	return (struct column){ NO_COLUMN, 0 };
}

static struct outcome
read_header(struct reader *reader, char *line)
{
	bool has_time = false, has_vital = false;
	char *name;

	while ((name = strsep(&line, ",")) != NULL) {
		struct column column = find_column(name);

		if (reader->column_count == COLUMNS)
			return outcome_fail("line 1: more than %d columns", COLUMNS);
		if (column.what == TIME_COLUMN && has_time)
			column.what = NO_COLUMN;
		reader->columns[reader->column_count++] = column;
		has_time |= column.what == TIME_COLUMN;
		has_vital |= column.what >= 0;
	}
	if (!has_time)
		return outcome_fail("line 1: no column 'time' (or t_s, in seconds; or offset_min)");
	if (!has_vital)
		return outcome_fail("line 1: no column of a vital sign (systolic, rate, spo2, ...)");
	return outcome_ok();
}

static bool
number_of(const char *word, double *ret_number)
{
	char *end;

	*ret_number = strtod(word, &end);
	return end != word && *end == '\0' && isfinite(*ret_number) && fabs(*ret_number) < 1e9;
}

static struct outcome
read_time(struct reader *reader, const char *word, int scale, struct duration *ret_at)
{
	double seconds;
	struct instant at;

	if (number_of(word, &seconds) && seconds >= 0) {
		*ret_at = duration_ms((int64_t)llround(seconds * scale * 1000));
		return outcome_ok();
	}
	if (!instant_from_iso(word, &at))
		return outcome_fail("'%.40s' is no time: seconds, or as 2026-01-02T09:30:00Z", word);
	if (!reader->has_first)
		reader->first = at;
	reader->has_first = true;
	*ret_at = instant_since(at, reader->first);
	return outcome_ok();
}

static struct outcome
read_value(const char *word, enum vital vital, int32_t *ret_milli)
{
	double number;

	if (word[0] == '\0' || strcmp(word, "-") == 0)
		return outcome_ok();
	if (!number_of(word, &number) || fabs(number) > 1e6)
		return outcome_fail("'%.40s' is no %s", word, vital_info(vital)->name);
	*ret_milli = (int32_t)lround(number * 1000);
	return outcome_ok();
}

static struct outcome
read_row(struct reader *reader, char *line, struct recorded *row)
{
	struct outcome read = outcome_ok();
	char *word;

	for (int i = 0; i < VITAL_COUNT; i++)
		row->milli[i] = RECORDING_NONE;
	for (size_t i = 0; read.ok && (word = strsep(&line, ",")) != NULL; i++) {
		const struct column *column = &reader->columns[i];

		if (i == reader->column_count)
			return outcome_fail("more columns than the header has");
		if (column->what == TIME_COLUMN)
			read = read_time(reader, word, column->scale, &row->at);
		else if (column->what != NO_COLUMN)
			read = read_value(word, (enum vital)column->what, &row->milli[column->what]);
	}
	return read;
}

static struct outcome
take_row(struct reader *reader, char *line)
{
	struct recording *recording = &reader->recording;
	struct recorded row = { { -1 }, { 0 } };
	struct outcome read = read_row(reader, line, &row);

	if (!read.ok)
		return read;
	if (row.at.ms < 0)
		return outcome_fail("no time");
	if (recording->count > 0 && row.at.ms < recording->rows[recording->count - 1].at.ms)
		return outcome_fail("its time is before that of the row before it");
	if (recording->count == RECORDING_ROWS)
		return outcome_fail("more than %d rows", RECORDING_ROWS);
	if (recording->count == reader->room) {
		size_t room = reader->room > 0 ? reader->room * 2 : 1024;
		struct recorded *rows = realloc(recording->rows, room * sizeof(*rows));

		if (rows == NULL)
			return outcome_fail("out of memory");
		recording->rows = rows;
		reader->room = room;
	}
	recording->rows[recording->count++] = row;
	return outcome_ok();
}

static struct outcome
read_lines(struct reader *reader)
{
	char line[LINE_CAP];
	struct outcome read = outcome_ok();

	while (read.ok && fgets(line, sizeof(line), reader->file) != NULL) {
		size_t length = strlen(line);

		reader->number++;
		if (length == sizeof(line) - 1 && line[length - 1] != '\n')
			return outcome_fail("line %d: too long", reader->number);
		line[strcspn(line, "\r\n")] = '\0';
		if (reader->number == 1)
			read = read_header(reader, line);
		else if (line[0] != '\0')
			read = outcome_within(take_row(reader, line), "line %d", reader->number);
	}
	if (read.ok && reader->recording.count == 0)
		return outcome_fail("holds no row");
	return read;
}

struct outcome
recording_load(const char *path, struct recording *ret_recording)
{
	struct reader reader = { .file = fopen(path, "re") };
	struct outcome read;

	if (reader.file == NULL)
		return outcome_fail("%s: the recording cannot be read: %s", path, strerror(errno));
	read = read_lines(&reader);
	fclose(reader.file);
	if (!read.ok) {
		recording_free(&reader.recording);
		return outcome_within(read, "%s", path);
	}
	*ret_recording = reader.recording;
	return outcome_ok();
}

void
recording_free(struct recording *recording)
{
	free(recording->rows);
	*recording = (struct recording){ NULL, 0 };
}
