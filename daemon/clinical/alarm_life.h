/* The life of an alarm (R26 to R31): from the conditions that hold in a group to
 * starts, changes, ends, latches and returns. Knows nothing of vitals or
 * sessions beyond what the world tells it. Pure; one thread owns a slot. */
#ifndef INFUSIOND_CLINICAL_ALARM_LIFE_H
#define INFUSIOND_CLINICAL_ALARM_LIFE_H

#include "daemon/base/outcome.h"
#include "daemon/clinical/act.h"
#include "daemon/clinical/regimen.h"

/* One group of one bed: what holds now, and its latest alarm. */
struct alarm_slot {
	struct alarm_group group;
	struct condition holding[ALARM_CONDITIONS];
	size_t holding_count;
	struct alarm alarm; /* the latest, when used: active, latched or over */
	bool used;
};

/* What an alarm needs to know, for one step. */
struct alarm_world {
	struct instant now;
	int64_t session;
	const struct timing *timing;
	struct instant dosing_since; /* UNKNOWN: the drug is not running */
	int64_t (*next_id)(void *ctx);
	void *id_ctx;
	/* Writes alarm->sentence (R37). */
	void (*describe)(void *ctx, struct alarm *alarm, struct instant now);
	/* Takes every change, with the act that made it (NULL: none). */
	void (*emit)(void *ctx, enum alarm_change change, const struct alarm *alarm, const struct act *act);
	/* Keeps a latched alarm that a new one of its group displaces. */
	void (*park)(void *ctx, const struct alarm *alarm);
	void *ctx;
};

/* The condition in what holds, NULL when it does not. */
struct condition *slot_find(struct alarm_slot *slot, const struct condition_id *id);

/* Adds a condition, or brings one that holds up to date: values always, priority only upward when `keep_priority`. */
void slot_hold(struct alarm_slot *slot, const struct condition *condition);

/* A value outside a limit that does not hold yet is where the alarm stands now, too: it may be a step beyond what was
 * acknowledged, and an acknowledgement covers it (R28). What holds of its vital and side takes the value over. */
void slot_note_pending(struct alarm_slot *slot, const struct condition *pending);

/* Takes a condition out; false when it did not hold. */
bool slot_release(struct alarm_slot *slot, const struct condition_id *id);

/* The highest priority of what holds. */
enum priority slot_priority(const struct alarm_slot *slot);

/* Compares what holds with the alarm and lets it start, change, end, latch or return. */
void alarm_settle(struct alarm_slot *slot, const struct alarm_world *world);

/* When time alone changes the alarm (R31); NEVER when it does not. And what is due at world->now. */
struct instant alarm_deadline(const struct alarm_slot *slot, const struct alarm_world *world);
void alarm_time(struct alarm_slot *slot, const struct alarm_world *world);

/* R31: raises the priority of what holds in a technical alarm that nobody answered; the next settle makes it known. */
void alarm_rise(struct alarm_slot *slot, const struct alarm_world *world);

/* R28 on an active alarm, the reset of a latched one (R27). Refused when it became worse after the act's revision. */
struct outcome alarm_acknowledge(struct alarm *alarm, const struct alarm_world *world, const struct act *act);

/* Discharge: an alarm that is active or latched is closed by the person. */
void alarm_close(struct alarm *alarm, const struct alarm_world *world, const struct act *act);

/* Shared by the alarm's own files: its sentence is written, then the change is handed out. */
void alarm_say(const struct alarm_world *world, struct alarm *alarm, enum alarm_change change, const struct act *act);

/* The values that a sounding or an acknowledgement covers, as the alarm stands; only those not covered yet when asked. */
void alarm_note_heard(struct alarm *alarm, bool only_missing);

#endif
