#include "daemon/base/instant.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { MS_PER_DAY = 86400000 };

/* Days since 1970 to a proleptic Gregorian date, by whole 400-year eras. */
static void
date_from_days(int64_t days, int64_t *ret_year, unsigned *ret_month, unsigned *ret_day)
{
	int64_t shifted = days + 719468;
	int64_t era = (shifted >= 0 ? shifted : shifted - 146096) / 146097;
	unsigned of_era = (unsigned)(shifted - era * 146097);
	unsigned year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	unsigned of_year = of_era - (365 * year + year / 4 - year / 100);
	unsigned month = (5 * of_year + 2) / 153;

	*ret_day = of_year - (153 * month + 2) / 5 + 1;
	*ret_month = month < 10 ? month + 3 : month - 9;
	*ret_year = (int64_t)year + era * 400 + (*ret_month <= 2);
}

static int64_t
days_from_date(int64_t year, unsigned month, unsigned day)
{
	int64_t shifted = year - (month <= 2);
	int64_t era = (shifted >= 0 ? shifted : shifted - 399) / 400;
	unsigned of_era = (unsigned)(shifted - era * 400);
	unsigned of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
	unsigned days = of_era * 365 + of_era / 4 - of_era / 100 + of_year;

	return era * 146097 + (int64_t)days - 719468;
}

static bool
has_date(struct instant at)
{
	/* Years 0000 to 9999, so that the text keeps its width. */
	return at.ms >= -62167219200000 && at.ms < 253402300800000;
}

/* A number over the zeros before `end`. */
static void
put_digits(char *end, unsigned number)
{
	for (; number > 0; number /= 10)
		*--end = (char)('0' + number % 10);
}

void
instant_to_iso(struct instant at, char text[static INSTANT_TEXT_CAP])
{
	int64_t days, of_day, year;
	unsigned month, day;

	if (!has_date(at)) {
		snprintf(text, INSTANT_TEXT_CAP, "-");
		return;
	}
	days = at.ms / MS_PER_DAY;
	of_day = at.ms % MS_PER_DAY;
	if (of_day < 0) {
		of_day += MS_PER_DAY;
		days--;
	}
	date_from_days(days, &year, &month, &day);
	memcpy(text, "0000-00-00T00:00:00.000Z", sizeof("0000-00-00T00:00:00.000Z"));
	put_digits(text + 4, (unsigned)year);
	put_digits(text + 7, month);
	put_digits(text + 10, day);
	put_digits(text + 13, (unsigned)(of_day / 3600000));
	put_digits(text + 16, (unsigned)(of_day / 60000 % 60));
	put_digits(text + 19, (unsigned)(of_day / 1000 % 60));
	put_digits(text + 23, (unsigned)(of_day % 1000));
}

void
instant_to_clock(struct instant at, int offset_min, char text[static INSTANT_TEXT_CAP])
{
	int64_t of_day;

	if (!has_date(at)) {
		snprintf(text, INSTANT_TEXT_CAP, "-");
		return;
	}
	of_day = (at.ms + (int64_t)offset_min * 60000) % MS_PER_DAY;
	if (of_day < 0)
		of_day += MS_PER_DAY;
	snprintf(text, INSTANT_TEXT_CAP, "%02d:%02d", (int)(of_day / 3600000), (int)(of_day / 60000 % 60));
}

bool
instant_from_iso(const char *text, struct instant *ret_at)
{
	unsigned year, month, day, hour, minute, second, fraction = 0;
	int used = 0, tail = 0;

	if (sscanf(text, "%4u-%2u-%2uT%2u:%2u:%2u%n", &year, &month, &day, &hour, &minute, &second, &used) != 6)
		return false;
	if (text[used] == '.') {
		if (sscanf(text + used, ".%3u%n", &fraction, &tail) != 1 || tail != 4)
			return false;
		used += tail;
	}
	if (strcmp(text + used, "Z") != 0)
		return false;
	if (month < 1 || month > 12 || day < 1 || day > 31 || hour > 23 || minute > 59 || second > 60)
		return false;
	ret_at->ms = days_from_date(year, month, day) * MS_PER_DAY + (int64_t)hour * 3600000 +
	             (int64_t)minute * 60000 + (int64_t)second * 1000 + fraction;
	return true;
}

void
duration_to_text(struct duration length, char text[static INSTANT_TEXT_CAP])
{
	int64_t seconds = length.ms / 1000;

	if (length.ms == INT64_MAX)
		snprintf(text, INSTANT_TEXT_CAP, "ever");
	else if (seconds < 120)
		snprintf(text, INSTANT_TEXT_CAP, "%" PRId64 " s", seconds);
	else if (seconds < 7200)
		snprintf(text, INSTANT_TEXT_CAP, "%" PRId64 " min", seconds / 60);
	else
		snprintf(text, INSTANT_TEXT_CAP, "%" PRId64 " h %02" PRId64 " min", seconds / 3600, seconds / 60 % 60);
}
