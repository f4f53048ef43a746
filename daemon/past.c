/* What the record says of before: open sessions are folded back into their beds'
 * watches, with what their patients are called; and the program's own alarms are ended, to be looked at anew. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/log.h"
#include "daemon/parts.h"

static struct bed *
bed_named(struct parts *parts, const char *name)
{
	for (size_t i = 0; i < parts->bed_count; i++)
		if (strcmp(parts->beds[i].settings->name, name) == 0)
			return &parts->beds[i];
	return NULL;
}

static void
keep_station_alarm(struct past *past, const struct alarm *alarm)
{
	struct alarm *grown;

	for (size_t i = 0; i < past->station_count; i++)
		if (past->station_alarms[i].id == alarm->id) {
			past->station_alarms[i] = *alarm;
			return;
		}
	grown = realloc(past->station_alarms, sizeof(*grown) * (past->station_count + 1));
	if (grown == NULL)
		return;
	past->station_alarms = grown;
	past->station_alarms[past->station_count++] = *alarm;
}

static void
fold_event(void *ctx, const struct event *event)
{
	struct past *past = ctx;
	struct bed *bed;

	if (event->session_id == 0) {
		if (event->alarm != NULL)
			keep_station_alarm(past, event->alarm);
		return;
	}
	bed = bed_named(past->parts, event->bed);
	if (bed == NULL) {
		snprintf(past->lost_bed, NAME_CAP, "%s", event->bed);
	} else if (!watch_fold(bed->watch, event)) {
		snprintf(past->crowded_bed, NAME_CAP, "%s", event->bed);
		snprintf(past->crowded_out, NAME_CAP, "%s", event->alarm->group.device);
	}
}

/* What held of the program itself is looked at anew; what held before it stopped ends with it. */
void
past_end_station_alarms(struct past *past)
{
	for (size_t i = 0; i < past->station_count; i++) {
		struct alarm *alarm = &past->station_alarms[i];
		struct event event = { .type = EVENT_ALARM, .change = ALARM_END, .alarm = alarm };

		alarm->state = ALARM_OVER;
		alarm->condition_count = 0;
		alarm->revision++;
		alarm->ended = clock_now(past->parts->clock);
		alarm_group_to_text(&alarm->group, event.subject);
		snprintf(event.text, sizeof(event.text), "the program began anew");
		telling_emit(past->parts, &event);
		own_state_clock_unconfirmed(past->parts->station, alarm->ended, alarm->group.device);
	}
}

static void
name_patients(struct parts *parts)
{
	for (size_t i = 0; i < parts->bed_count; i++) {
		struct bed *bed = &parts->beds[i];

		if (watch_session(bed->watch)->id != 0)
			store_find_patient(parts->store, watch_session(bed->watch)->subject, bed->patient);
	}
}

struct outcome
past_restore(struct past *past)
{
	struct parts *parts = past->parts;
	struct store_past again;
	struct outcome done = store_load(parts->store, &again, fold_event, past);

	if (done.ok && again.trouble[0] != '\0')
		log_line(LOG_LEVEL_ERROR, "%s: %s", store_path(parts->store), again.trouble);
	if (done.ok && past->lost_bed[0] != '\0')
		return outcome_fail("bed '%s' has an open session but is no longer configured: put it back, and discharge the session first",
		    past->lost_bed);
	if (done.ok && past->crowded_bed[0] != '\0')
		return outcome_fail("the alarm of monitor '%s' stands at bed '%s', and there is no room for it beside the monitors that are "
		    "configured there now: put it back, and turn it off or discharge the session first", past->crowded_out,
		    past->crowded_bed);
	if (done.ok)
		name_patients(parts);
	return done;
}

void
past_finish(struct past *past)
{
	free(past->station_alarms);
}
