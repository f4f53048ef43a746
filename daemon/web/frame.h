/* What the API says about a bed, an alarm and the program: complete states as
 * JSON, built from the watch's views. Ages and countdowns are milliseconds
 * relative to the frame's own instant, so that a reader's clock does not
 * matter. schema/openapi.yaml has the shapes (Bed, Alarm, Station). Loop thread. */
#ifndef INFUSIOND_WEB_FRAME_H
#define INFUSIOND_WEB_FRAME_H

#include "daemon/web/json_out.h"
#include "daemon/web/web.h"

/* One bed whole; `key` NULL at the top of a text and in lists. */
void frame_bed(struct json_out *out, const char *key, const struct web_bed *bed, const struct web_station *station);

/* The session part of a bed: null without one. */
void frame_session(struct json_out *out, const struct web_bed *bed, const struct web_station *station);

/* Weight, dose, volume and rates under the key "plan". */
void frame_plan(struct json_out *out, const struct dose_plan *plan);

/* A bed in one line: for lists and for the station's frame. */
void frame_bed_brief(struct json_out *out, const struct web_bed *bed);

/* `bed` NULL: an alarm of the program itself. */
void frame_alarm(struct json_out *out, const struct alarm *alarm, const struct web_bed *bed,
    const struct web_station *station);

/* What is not being watched at a bed, a line each (R19). */
void frame_not_watching(struct json_out *out, const struct web_bed *bed, const struct web_station *station);

/* The program as a whole, without the closing bracket, so that a caller may add who is asking. */
void frame_station_open(struct json_out *out, const struct web_backend *backend);

/* The highest priority of a bed's active alarms, and of those that sound. */
enum priority frame_worst(const struct watch *watch, bool sounding_only);

#endif
