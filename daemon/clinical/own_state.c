#include "daemon/clinical/own_state.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* A clock that is slewed moves by less than half a second between two looks. */
enum { STORE_BEHIND_MS = 2000, CLOCK_STEP_MS = 500 };

/* Two parts of the station: a clock that stepped asks a nurse, one that is not synchronised asks the
 * engineer. */
static const char part_store[] = "store", part_clock[] = "clock", part_time[] = "time";

void
own_state_store(struct station *station, struct instant now, const char *trouble, struct duration lag)
{
	if (trouble[0] == '\0' && lag.ms <= STORE_BEHIND_MS)
		station_clear(station, now, part_store, CONDITION_STORE);
	else
		station_raise(station, now, part_store, CONDITION_STORE, PRIORITY_HIGH,
		    "the record cannot be written: alarms go on, the record does not");
}

void
own_state_line_hung(struct station *station, struct instant now, const char *line, bool hung)
{
	char sentence[SENTENCE_CAP];

	if (!hung) {
		station_clear(station, now, line, CONDITION_LINE_HUNG);
		return;
	}
	snprintf(sentence, sizeof(sentence), "line %s hangs: none of its monitors is read", line);
	station_raise(station, now, line, CONDITION_LINE_HUNG, PRIORITY_HIGH, sentence);
}

bool
own_state_is_late(struct duration late_by, struct duration cadence)
{
	return late_by.ms > cadence.ms;
}

void
own_state_line_pace(struct station *station, struct instant now, const char *line, const char *monitor,
    struct duration cadence)
{
	char sentence[SENTENCE_CAP];

	if (monitor == NULL) {
		station_clear(station, now, line, CONDITION_LINE_OVERLOADED);
		return;
	}
	snprintf(sentence, sizeof(sentence),
	    "line %s is overloaded: monitor %s is polled later than every %" PRId64 " ms", line, monitor,
	    cadence.ms);
	station_raise(station, now, line, CONDITION_LINE_OVERLOADED, PRIORITY_LOW, sentence);
}

void
own_state_line_gone(struct station *station, struct instant now, const char *line)
{
	station_clear(station, now, line, CONDITION_LINE_HUNG);
	station_clear(station, now, line, CONDITION_LINE_OVERLOADED);
}

bool
own_state_clock_moved(struct station *station, struct instant now, int64_t step_ms)
{
	if (step_ms > -CLOCK_STEP_MS && step_ms < CLOCK_STEP_MS)
		return false;
	station_raise(station, now, part_clock, CONDITION_WALL_CLOCK, PRIORITY_LOW,
	    "the host's clock stepped: confirm that it is right");
	return true;
}

void
own_state_clock_behind(struct station *station, struct instant now)
{
	station_raise(station, now, part_clock, CONDITION_WALL_CLOCK, PRIORITY_MEDIUM,
	    "the host's clock is behind the record: times may be wrong, confirm the time");
}

void
own_state_clock_unconfirmed(struct station *station, struct instant now, const char *part)
{
	if (strcmp(part, part_clock) == 0)
		station_raise(station, now, part_clock, CONDITION_WALL_CLOCK, PRIORITY_MEDIUM,
		    "the host's clock was not confirmed before the restart: confirm the time");
}

void
own_state_clock_confirmed(struct station *station, struct instant now)
{
	station_clear(station, now, part_clock, CONDITION_WALL_CLOCK);
}

void
own_state_clock_synchronised(struct station *station, struct instant now, bool synchronised)
{
	if (synchronised)
		station_clear(station, now, part_time, CONDITION_WALL_CLOCK);
	else
		station_raise(station, now, part_time, CONDITION_WALL_CLOCK, PRIORITY_LOW,
		    "the host's clock is not synchronised");
}
