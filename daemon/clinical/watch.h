/* One bed as the rules see it: devices, vitals, a session, alarms.
 *
 * Pure: time is an argument and must not go back; nothing is read or written
 * but through the arguments. What falls due by time happens at its own instant
 * however seldom the watch is looked at (R36): every entry first lets time pass
 * up to its instant. Events leave through the sink given at creation, in order.
 * One thread owns a watch. */
#ifndef INFUSIOND_CLINICAL_WATCH_H
#define INFUSIOND_CLINICAL_WATCH_H

#include "daemon/base/outcome.h"
#include "daemon/clinical/event.h"
#include "daemon/clinical/dose_plan.h"

enum { WATCH_DEVICES = SESSION_DEVICES, WATCH_ALARMS = 64 };

/* A device of the bed, as configured. */
struct watch_device {
	char name[NAME_CAP];
	char label[64];                  /* what is written on it, for R34 */
	struct duration cadence;         /* its poll period, > 0 */
	bool gives[VITAL_COUNT][SOURCE_COUNT];
	bool may_start_cuff;             /* its profile says how, and the engineer permits it */
	struct duration cuff_start_rest; /* the device's own; the longer of this and the regimen's counts */
};

/* R5 and R19 for one vital, as a page shows it. */
enum vital_state {
	VITAL_UNKNOWN,    /* never read since the session, the restart or the move; or no source */
	VITAL_FRESH,
	VITAL_AGEING,
	VITAL_STALE,      /* grey */
	VITAL_OFF,        /* too old for the big display */
	VITAL_STATE_COUNT
};

struct vital_view {
	enum vital_state state;
	enum quality quality;  /* of the latest reply: a page shows invalid at once, the state follows by time */
	enum doubt doubt;
	enum source source;
	bool has_value;
	int32_t milli;         /* the last value; shown with its age, grey when not fresh */
	struct instant measured_at;
	bool age_unknown;      /* R3: grey, "age unknown" */
	bool required;
	const char *device;    /* the watch's own: that gave the value, or else the first that could; empty: no source */
};

struct device_view {
	const struct watch_device *device;
	bool answers;            /* within R20's time */
	bool measuring;
	struct instant answered; /* last valid answer; UNKNOWN: never */
	const char *reason;      /* the watch's own: why the last poll failed; empty when it did not */
};

struct watch;

/* A watch of one bed without a session. The regimens (constant, outliving the watch) are those that a
 * session may name. `next_id` gives ids of alarms and sessions that the store has never seen. NULL only when out of memory. */
struct watch *watch_create(const char *bed, const struct watch_device *devices, size_t device_count,
    const struct regimen *const *regimens, size_t regimen_count, int64_t (*next_id)(void *ctx), void *id_ctx,
    struct event_sink sink, struct instant now);
void watch_destroy(struct watch *watch);

/* The clinic's offset from UTC, for the clock times in sentences ("since 10:14"); 0 at first. */
void watch_set_zone(struct watch *watch, int utc_offset_min);

/* The bed's monitors are others from now on. Those of the same name go on; one that is taken out ends nothing (R26). Refused, and
 * nothing changed, when a standing alarm of one that goes has no place beside the new ones; whether that is so, the first tells, at the same instant. */
struct outcome watch_may_set_devices(struct watch *watch, struct instant now, const struct watch_device *devices, size_t count);
struct outcome watch_set_devices(struct watch *watch, struct instant now, const struct watch_device *devices, size_t count);

/* A reply of a device, decoded. Unknown device names are refused by assertion: they are our mistake. */
void watch_reply(struct watch *watch, const char *device, const struct observation *observation);

/* R26: a device that a moved session left behind answers at its own bed; what its silence raised ends. True when there was such. */
bool watch_answered_elsewhere(struct watch *watch, const char *device, struct instant at);

/* A poll that brought nothing valid; `reason` for people ("does not answer within 500 ms"). */
void watch_missed(struct watch *watch, const char *device, struct instant at, const char *reason);

/* A command to a device's cuff that has been decided on and waits for its wire. Once sent it is never sent again. */
struct cuff_command {
	const char *device; /* valid until the watch is next changed */
	bool cancel;        /* or start */
};
bool watch_wants_cuff_command(const struct watch *watch, struct cuff_command *ret_command);
void watch_cuff_command_sent(struct watch *watch);

/* What became of it. Unknown counts as done. */
enum cuff_commanded { CUFF_COMMAND_DONE, CUFF_COMMAND_REFUSED, CUFF_COMMAND_UNKNOWN };
void watch_cuff_commanded(struct watch *watch, struct instant at, enum cuff_commanded commanded, const char *reason);

/* Lets time pass: everything due before `now` happens. What is due at `now` itself waits until time moves on,
 * since a reply of that instant comes first (R36). */
void watch_advance(struct watch *watch, struct instant now);

/* The next instant at which time alone changes something (look just after it); NEVER when none. */
struct instant watch_next(const struct watch *watch);

/* A person's act. A refusal is one sentence and changes nothing. A move is made by watch_move. */
struct outcome watch_act(struct watch *watch, struct instant now, const struct act *act);

/* What a start comes to, and what it still asks. */
struct start_preview {
	const struct regimen *regimen;
	struct dose_plan plan;
	struct dose_plan_question questions[PLAN_QUESTIONS]; /* to be confirmed as unusual */
	size_t question_count;
	char lines[PLAN_LINES][PLAN_LINE_CAP];          /* the arithmetic */
	size_t line_count;
};

/* What watch_act would answer to this start, by the same code and with the same sentences, and nothing is done. The
 * value to be confirmed is left out, and what is unusual is told instead of refused. */
struct outcome watch_preview(const struct watch *watch, const struct act *act, struct start_preview *ret_preview);

/* R34: the session, its alarms, limits, clocks and baseline go to another bed's watch. */
struct outcome watch_move(struct watch *from, struct watch *to, struct instant now, const struct act *act);

/* R32, in this order: fold every stored event of the bed's open session, then resume once. Emits nothing until
 * watch_resume, which raises "nobody watched from .. to .." when a session is open. False: the alarm of a monitor that is no
 * longer configured stands, and has no place beside those that are; it is not watched on without it. */
bool watch_fold(struct watch *watch, const struct event *event);
void watch_resume(struct watch *watch, struct instant stopped_watching, struct instant now);

/* Views, valid until the watch is next changed; nothing is computed by the caller. `now` as of the last advance. */
const char *watch_bed(const struct watch *watch);
const struct session *watch_session(const struct watch *watch); /* id 0: no session */
const struct regimen *watch_regimen(const struct watch *watch); /* NULL without a session */
struct vital_view watch_vital(const struct watch *watch, enum vital vital, struct instant now);
/* R34: a value of this vital is being read now, so that it can be compared with the monitor's own screen. Never a cuff's:
 * what stands there may be another patient's. */
bool watch_vital_is_live(const struct watch *watch, enum vital vital, struct instant now);
size_t watch_device_count(const struct watch *watch);
struct device_view watch_device_at(const struct watch *watch, size_t index);
size_t watch_alarm_count(const struct watch *watch);
const struct alarm *watch_alarm_at(const struct watch *watch, size_t index); /* active and latched, worst first */
bool watch_alarm_sounds(const struct watch *watch, const struct alarm *alarm); /* active, unacknowledged, not paused, medium or high (low: sounds too, by its own burst) */
struct instant watch_audio_paused_until(const struct watch *watch); /* UNKNOWN: not paused */
struct limit watch_limit(const struct watch *watch, enum vital vital, enum side side, enum tier tier, bool relative);
struct instant watch_cuff_due(const struct watch *watch); /* next scheduled check; NEVER: none */

/* The key of the last counted cuff of a device (R2), empty when none: what a driver is opened with. */
const char *watch_last_cuff_key(const struct watch *watch, const char *device);
struct instant watch_last_cuff_at(const struct watch *watch, const char *device); /* and when it was measured; UNKNOWN: none */

/* Which of a person's acts the state allows now: for menus and for /api/v1/beds. */
bool watch_allows(const struct watch *watch, enum act_kind kind);

/* R26 c: whether this condition of an active alarm may be turned off: technical, and not the last source of a required vital. */
bool watch_may_turn_off(const struct watch *watch, const struct alarm *alarm, const struct condition_id *id);

#endif
