/* The program's own state as alarms (R25): a store that fails or falls behind,
 * a wire that hangs or is overloaded, a clock that stepped. One alarm per part
 * ("station:store", "station:bay"); the same life as a bed's alarms. Pure; time
 * is an argument; one thread owns a station. */
#ifndef INFUSIOND_CLINICAL_STATION_H
#define INFUSIOND_CLINICAL_STATION_H

#include "daemon/base/outcome.h"
#include "daemon/clinical/event.h"
#include "daemon/clinical/regimen.h"

/* Every line that a configuration may have, and what else there is of the program. */
enum { STATION_PARTS = 64 + 8 };

struct station;

/* `timing` gives R30's and R31's times and outlives the station. NULL only when out of memory. */
struct station *station_create(const struct timing *timing, int64_t (*next_id)(void *ctx), void *id_ctx,
    struct event_sink sink);
void station_destroy(struct station *station);

/* Says that a condition of a part holds, with the sentence that people read; again is harmless. Where no part is free the
 * one that has been well for longest makes room: reloads bring ever new lines. */
void station_raise(struct station *station, struct instant now, const char *part, enum condition_kind kind,
    enum priority priority, const char *sentence);

/* Says that it works again (R26). */
void station_clear(struct station *station, struct instant now, const char *part, enum condition_kind kind);

/* Lets R31's time pass. */
void station_advance(struct station *station, struct instant now);
struct instant station_next(const struct station *station);

/* R28; a refusal is one sentence. */
struct outcome station_acknowledge(struct station *station, struct instant now, const struct act *act);

/* The open alarms; valid until the station is next changed. */
size_t station_alarm_count(const struct station *station);
const struct alarm *station_alarm_at(const struct station *station, size_t index);

#endif
