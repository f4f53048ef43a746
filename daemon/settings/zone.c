#include "daemon/settings/zone.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ZONE_FILE_MOST = 65536, OFFSET_MOST_MIN = 14 * 60 };

struct outcome
zone_fixed(const char *text, struct zone *ret_zone)
{
	bool shaped = strlen(text) == 6 && (text[0] == '+' || text[0] == '-') &&
		      isdigit((unsigned char)text[1]) && isdigit((unsigned char)text[2]) && text[3] == ':' &&
		      isdigit((unsigned char)text[4]) && isdigit((unsigned char)text[5]);
	int hours, minutes;

	if (!shaped)
		return outcome_fail("'%.20s' is no offset from UTC: write it as in +01:00", text);
	hours = (text[1] - '0') * 10 + text[2] - '0';
	minutes = (text[4] - '0') * 10 + text[5] - '0';
	if (minutes > 59 || hours * 60 + minutes > OFFSET_MOST_MIN)
		return outcome_fail("%s lies outside -14:00 to +14:00", text);
	*ret_zone = (struct zone){ .standard_min = (text[0] == '-' ? -1 : 1) * (hours * 60 + minutes) };
	snprintf(ret_zone->name, sizeof(ret_zone->name), "%s", text);
	return outcome_ok();
}

/* The abbreviation of a rule: "CET", or "<+0330>". */
static bool
skip_abbreviation(const char **rule)
{
	size_t length;

	if (**rule == '<') {
		length = strcspn(*rule, ">");
		*rule += length + ((*rule)[length] == '>');
		return length > 1;
	}
	for (length = 0; isalpha((unsigned char)(*rule)[length]); length++)
		;
	*rule += length;
	return length >= 3;
}

/* "[+-]H[:MM[:SS]]" in seconds. */
static bool
read_clock(const char **rule, int32_t *ret_seconds)
{
	int sign = **rule == '-' ? -1 : 1;
	int32_t seconds = 0;

	*rule += **rule == '-' || **rule == '+';
	for (int32_t unit = 3600;; unit /= 60) {
		char *end;
		long part;

		if (!isdigit((unsigned char)**rule))
			return false;
		part = strtol(*rule, &end, 10);
		if (part > 167)
			return false;
		seconds += (int32_t)part * unit;
		*rule = end;
		if (**rule != ':' || unit == 1)
			break;
		(*rule)++;
	}
	*ret_seconds = sign * seconds;
	return true;
}

/* ",Mmonth.week.weekday[/clock]". */
static bool
read_change(const char **rule, struct zone_change *ret_change)
{
	struct zone_change change = { .seconds = 2 * 3600 };
	int length = 0;

	if (sscanf(*rule, ",M%2d.%1d.%1d%n", &change.month, &change.week, &change.weekday, &length) != 3 ||
	    length == 0)
		return false;
	*rule += length;
	if (**rule == '/' && ((*rule)++, !read_clock(rule, &change.seconds)))
		return false;
	*ret_change = change;
	return change.month >= 1 && change.month <= 12 && change.week >= 1 && change.week <= 5 &&
	       change.weekday <= 6;
}

struct outcome
zone_from_rule(const char *name, const char *rule, struct zone *ret_zone)
{
	struct zone zone = { .has_summer = false };
	const struct outcome strange =
	    outcome_fail("the zone '%.40s' has a rule that is not understood; give utc_offset instead", name);
	int32_t west;

	if (!skip_abbreviation(&rule) || !read_clock(&rule, &west))
		return strange;
	zone.standard_min = -west / 60;
	if (*rule != '\0') {
		int32_t summer_west = west - 3600;

		if (!skip_abbreviation(&rule) || (*rule != ',' && !read_clock(&rule, &summer_west)))
			return strange;
		zone.has_summer = true;
		zone.summer_min = -summer_west / 60;
		if (!read_change(&rule, &zone.summer_begins) || !read_change(&rule, &zone.summer_ends) ||
		    *rule != '\0')
			return strange;
	}
	snprintf(zone.name, sizeof(zone.name), "%s", name);
	*ret_zone = zone;
	return outcome_ok();
}

/* The last line of a zone file (RFC 8536, 3.3) is the rule that holds after its last recorded change. */
static bool
read_footer(FILE *in, char *ret_rule, size_t cap)
{
	char *text = malloc(ZONE_FILE_MOST);
	size_t length = text != NULL ? fread(text, 1, ZONE_FILE_MOST, in) : 0, start = length;
	bool good = length > 44 && memcmp(text, "TZif", 4) == 0 && text[4] >= '2' && text[length - 1] == '\n';

	for (start = good ? length - 1 : 0; start > 0 && text[start - 1] != '\n';)
		start--;
	good = good && start > 0 && length - 1 - start > 0 && length - 1 - start < cap;
	if (good)
		snprintf(ret_rule, cap, "%.*s", (int)(length - 1 - start), text + start);
	free(text);
	return good;
}

struct outcome
zone_find(const char *name, struct zone *ret_zone)
{
	bool plain = name[0] != '\0' && strlen(name) < sizeof(ret_zone->name) && strstr(name, "..") == NULL;
	char path[128], rule[128];
	bool found;
	FILE *in;

	if (strcmp(name, "Etc/UTC") == 0 || strcmp(name, "UTC") == 0)
		return zone_from_rule(name, "UTC0", ret_zone); /* needs no zone files */
	for (const char *c = name; plain && *c != '\0'; c++)
		plain = isalnum((unsigned char)*c) || (strchr("/_+-", *c) != NULL && c > name);
	snprintf(path, sizeof(path), "/usr/share/zoneinfo/%.64s", name);
	in = plain ? fopen(path, "re") : NULL;
	if (in == NULL)
		return outcome_fail(
		    "'%.40s' is no zone that this host knows (package tzdata), as in Europe/Berlin", name);
	found = read_footer(in, rule, sizeof(rule));
	fclose(in);
	if (!found)
		return outcome_fail(
		    "'%.40s' is no zone that this host knows (package tzdata), as in Europe/Berlin", name);
	return zone_from_rule(name, rule, ret_zone);
}

/* Days from 1970-01-01 of the first of a month, by counting years from March, so that leap days come last. */
static int64_t
days_of_month(int64_t year, int month)
{
	int64_t from_march = month > 2 ? month - 3 : month + 9, years = month > 2 ? year : year - 1;

	return years * 365 + years / 4 - years / 100 + years / 400 + (from_march * 153 + 2) / 5 - 719468;
}

/* Milliseconds of a change in the clock that people see before it. */
static int64_t
change_ms(const struct zone_change *change, int64_t year)
{
	int64_t first = days_of_month(year, change->month),
		next = days_of_month(year + change->month / 12, change->month % 12 + 1);
	int64_t weekday = (first + 4) % 7; /* 1970-01-01 was a Thursday */
	int64_t day = first + (change->weekday - weekday + 7) % 7 + (change->week - 1) * 7;

	if (day >= next)
		day -= 7;
	return (day * 86400 + change->seconds) * 1000;
}

int
zone_offset_min(const struct zone *zone, struct instant at)
{
	int64_t year, begins, ends, day;
	bool summer;

	if (!zone->has_summer || !instant_is_known(at) || at.ms < 0 || at.ms > INT64_C(4000000000000))
		return zone->standard_min;
	day = (at.ms / 60000 + zone->standard_min) / 1440;
	for (year = 1970; days_of_month(year + 1, 1) <= day;)
		year++;
	begins = change_ms(&zone->summer_begins, year) - (int64_t)zone->standard_min * 60000;
	ends = change_ms(&zone->summer_ends, year) - (int64_t)zone->summer_min * 60000;
	/* In the south summer spans the new year. */
	summer = begins < ends ? at.ms >= begins && at.ms < ends : at.ms >= begins || at.ms < ends;
	return summer ? zone->summer_min : zone->standard_min;
}
