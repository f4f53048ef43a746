/* The clinic's zone: how far its wall clock is from UTC, for showing times to
 * people. Either fixed, or the present rule of an IANA zone, whose summer time
 * the daemon follows without a restart. Plain value; pure but for zone_find. */
#ifndef INFUSIOND_SETTINGS_ZONE_H
#define INFUSIOND_SETTINGS_ZONE_H

#include "daemon/base/instant.h"
#include "daemon/base/outcome.h"

/* "The `week`-th `weekday` (0 Sunday; week 5: the last) of `month`, `seconds` after midnight". */
struct zone_change {
	int month, week, weekday;
	int32_t seconds;
};

struct zone {
	char name[64];    /* "Europe/Berlin" or "+01:00" */
	int standard_min; /* added to UTC */
	bool has_summer;
	int summer_min;
	struct zone_change summer_begins, summer_ends; /* in the clock that is left */
};

/* Minutes to add to UTC at an instant. */
int zone_offset_min(const struct zone *zone, struct instant at);

/* A fixed offset: "+01:00", "-03:30". */
struct outcome zone_fixed(const char *text, struct zone *ret_zone);

/* A rule as POSIX's TZ variable writes it: "CET-1CEST,M3.5.0,M10.5.0/3". */
struct outcome zone_from_rule(const char *name, const char *rule, struct zone *ret_zone);

/* An IANA zone by its name, from the host's zone files; it uses the rule that is in force from now on. */
struct outcome zone_find(const char *name, struct zone *ret_zone);

#endif
