/* The program's own state as rules (R25, R32): what the daemon measures of itself goes in, and the station's
 * alarms come of it. Numbers are R25's. Pure but for the station; its thread. Saying the same again is
 * harmless. */
#ifndef INFUSIOND_CLINICAL_OWN_STATE_H
#define INFUSIOND_CLINICAL_OWN_STATE_H

#include "daemon/clinical/station.h"

/* The record: `trouble` is why the last try to write failed ("": it did not), `lag` how old what waits to be
 * written is. High as soon as it fails, or falls behind by more than 2 s; until it is written again. */
void own_state_store(struct station *station, struct instant now, const char *trouble, struct duration lag);

/* A line whose thread does not come back: high, none of its monitors is read. */
void own_state_line_hung(struct station *station, struct instant now, const char *line, bool hung);

/* A round that ended so long after its tick, against the cadence of its monitor: true when the line did not keep
 * its plan. */
bool own_state_is_late(struct duration late_by, struct duration cadence);

/* A line with such a monitor, and without any (`monitor` NULL). Low: R5's alarms follow if it matters to a
 * patient. */
void own_state_line_pace(struct station *station, struct instant now, const char *line, const char *monitor,
    struct duration cadence);

/* A line that a reload has taken out: what was wrong with it is no more. What its monitors' silence raised stays (R26). */
void own_state_line_gone(struct station *station, struct instant now, const char *line);

/* The host's clock moved against the timeline of the record by so much; true when that is a step, to be put
 * on record. Low, until a nurse confirms the time. */
bool own_state_clock_moved(struct station *station, struct instant now, int64_t step_ms);

/* At the start the host's clock was behind the last entry of the record: no time since is known to be right
 * (R32). Medium, until a nurse confirms the time. */
void own_state_clock_behind(struct station *station, struct instant now);
/* The same after a restart: what asked for the nurse's word still does (R26). `part` is that of an alarm that
 * was open. */
void own_state_clock_unconfirmed(struct station *station, struct instant now, const char *part);
void own_state_clock_confirmed(struct station *station, struct instant now);

/* Whether the host says that its clock follows a right one: low until it does. */
void own_state_clock_synchronised(struct station *station, struct instant now, bool synchronised);

#endif
