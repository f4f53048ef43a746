/* Inside a watch: what its parts share, from the ground up: a part calls those
 * above it in this file only. Private to daemon/clinical's watch files
 * (watch, quality, judge, technical, schedule, acts, fold, view); nobody else
 * includes it. Volatile state here is lost by a restart on purpose (R32); what
 * must live on is in the session and in the alarms. */
#ifndef INFUSIOND_CLINICAL_WATCH_STATE_H
#define INFUSIOND_CLINICAL_WATCH_STATE_H

#include "daemon/clinical/alarm_life.h"
#include "daemon/clinical/watch.h"

enum { HISTORY_CAP = 2048, PARKED_CAP = 128 };

/* R5 where no session says otherwise: what is older is not shown as live. */
enum { STREAM_STALE_MS = 10000 };

/* Slots in the order in which lines of one instant are written. */
enum slot_index {
	SLOT_PRESSURE,
	SLOT_RATE,
	SLOT_OXYGEN,
	SLOT_BREATHING,
	SLOT_TECHNICAL, /* one per device */
	SLOT_BED = SLOT_TECHNICAL + WATCH_DEVICES,
	SLOT_DOSE,
	SLOT_COUNT
};

/* Good samples of one continuous vital, oldest dropped (R11's median, R18's trend). */
struct history {
	struct {
		struct instant at;
		int32_t milli;
	} samples[HISTORY_CAP];
	size_t first, count;
};

/* One vital as last read, since the session, the restart or the move. */
struct vital_track {
	bool seen;                  /* latest is set */
	struct reading latest;      /* whatever its quality */
	struct instant latest_at;
	bool usable_seen;
	struct reading usable;      /* the last good or verify one */
	struct instant usable_at;   /* sparse: when it was measured */
	int usable_device;          /* which device gave it; -1: a person, or one that is elsewhere */
	struct duration cadence;    /* of the device that gave the last usable sample; not for cuffs */
	int32_t lowest_milli, highest_milli; /* of all sources at usable_at */
	bool all_good;                       /* every one of them */
	bool stale;                 /* R5's instant has been dealt with */
	bool told, known;           /* as the record was last told (R19), if it was since watching began */
	bool age_unknown;           /* R3: what is shown is of unknown age */
};

/* R13 and R15 for one condition of a continuous vital. */
struct run {
	struct instant outside_first, outside_last; /* UNKNOWN: none */
	int32_t outside_milli;
	bool at_the_end;
	struct instant inside_first; /* UNKNOWN: none */
};

struct device_track {
	struct watch_device device;
	struct instant since;           /* added while the bed is watched: counts from then */
	bool answered_ever;
	struct instant answered;        /* last valid answer */
	char reason[96];                /* of the last miss; empty after an answer */
	bool measuring;
	struct instant measuring_since;
	bool date_doubted;              /* its last new cuff was wrongly dated (R4) */
	char cuff_failure[NAME_CAP * 2]; /* its reason for the last failed cuff (R22); empty: none since the restart or the move */
};

/* A cuff that is started from here: wanted, asked of the wire, going on as far as is known. */
enum starter_state { STARTER_IDLE, STARTER_WANTED, STARTER_ASKED, STARTER_GOING };

struct cuff_starter {
	enum starter_state state;
	bool cancel;               /* wanted or asked: to cancel, not to start */
	size_t device;
	struct instant since;      /* of the state */
	struct instant last;       /* the last start or result: the arm rests from then; UNKNOWN: none */
	struct instant repeat_due; /* R13; UNKNOWN: none */
};

struct watch {
	char bed[NAME_CAP];
	int utc_offset_min;
	struct device_track devices[WATCH_DEVICES];
	size_t device_count;
	const struct regimen *const *regimens;
	size_t regimen_count;
	int64_t (*next_id)(void *ctx);
	void *id_ctx;
	struct event_sink sink;

	struct instant now;
	bool input_at_now;          /* a reply or an act has happened at `now` */
	struct instant timed_to;    /* R32: after a restart nothing has fallen due after this yet; NEVER: up to now all has */
	struct instant watching_since; /* session start, restart or move: where freshness clocks begin */

	const struct regimen *regimen; /* of the session; NULL without one */
	struct session session;
	struct alarm_slot slots[SLOT_COUNT];
	struct alarm parked[PARKED_CAP]; /* latched alarms that a new one of their group displaced */
	size_t parked_count;

	struct vital_track vitals[VITAL_COUNT];
	struct run runs[VITAL_COUNT][SIDE_COUNT][TIER_COUNT][2]; /* [relative] */
	struct run spo2_fall;
	struct history rate_history, spo2_history;

	struct cuff_starter starter;
	struct instant audio_paused_until; /* UNKNOWN: not paused */
	struct {
		int64_t alarm;
		int32_t worse_revision;
		int32_t returns;
	} audio_covers[WATCH_ALARMS];
	size_t audio_cover_count;

	/* For views and sentences of the current act. */
	const struct act *act;
};

/* watch_state.c */
bool watch_in_session(const struct watch *watch);
const struct phase_rules *watch_phase_rules(const struct watch *watch);
const struct regimen *watch_find_regimen(const struct watch *watch, const char *name); /* "": the first; NULL: none */
int watch_device_index(const struct watch *watch, const char *name); /* -1: none */
int watch_source_of(const struct watch *watch, enum vital vital); /* the first device that gives it; -1: none */
bool watch_device_gives(const struct watch_device *device, enum vital vital); /* by any of its sources */
bool watch_device_answers(const struct watch *watch, size_t device); /* within R20's time */
struct alarm_slot *watch_slot_of_vital(struct watch *watch, enum vital vital); /* NULL: no group */
struct limit watch_limit_in_force(const struct watch *watch, enum vital vital, enum side side, enum tier tier, bool relative);
void watch_begin_watching(struct watch *watch, struct instant since); /* every vital unknown, nothing pending */
void watch_forget_cuff_start(struct watch *watch, struct instant last); /* the arm rests from `last` */
void watch_reset_slots(struct watch *watch);
void watch_clear_session(struct watch *watch);
void watch_emit(struct watch *watch, struct event *event); /* fills in bed, session and instant */
void watch_tell(struct watch *watch, enum event_type type, const char *subject, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* quality.c: R3, R6, R7 on a copy of the observation. */
void quality_judge(const struct watch *watch, struct observation *observation);

/* judge.c */
void judge_continuous(struct watch *watch, const struct observation *observation);
void judge_cuff(struct watch *watch, const struct cuff_record *cuff);
void judge_limit_change(struct watch *watch, enum vital vital, enum side side, enum tier tier);
void judge_relative_cuff(struct watch *watch);
void judge_vital_stale(struct watch *watch, enum vital vital); /* R14, R15 */
bool judge_is_beyond_any_limit(const struct watch *watch, enum vital vital, int32_t milli);
void history_add(struct history *history, struct instant at, int32_t milli);

/* freshness.c */
struct instant freshness_deadline(const struct watch *watch);
void freshness_time(struct watch *watch);
/* R5, R22: the later of the last cuff that gave the vital and the phase's start. */
struct instant cuff_clock_start(const struct watch *watch, enum vital vital);
struct duration stale_after(const struct watch *watch, enum vital vital);
struct instant stale_at(const struct watch *watch, enum vital vital); /* at it, the vital is stale */
struct duration technical_after(const struct watch *watch, enum vital vital);
struct instant vital_clock_start(const struct watch *watch, enum vital vital); /* last usable sample or watching_since */
void freshness_note_known(struct watch *watch, enum vital vital);
void freshness_take_cuff(struct watch *watch, enum vital vital); /* what it gives may be too old already */

/* technical.c */
struct instant technical_deadline(const struct watch *watch);
void technical_time(struct watch *watch);
void technical_answered(struct watch *watch, size_t device, const struct observation *observation);
void technical_priorities(struct watch *watch, struct instant up_to); /* R20, R21: with what fell due up to then */
bool technical_turn_off_allowed(const struct watch *watch, size_t slot, const struct condition_id *id);
void technical_new_phase(struct watch *watch); /* R22's clock begins anew: overdue is no longer off */
void technical_forget_off(struct watch *watch, size_t slot, const struct condition_id *id);
void technical_forget_offs(struct watch *watch, const struct condition_id *id); /* of any device, of beds that were left, too */
bool technical_is_off(const struct watch *watch, size_t slot, const struct condition_id *id);

/* schedule.c: checks (R22) and the clocks of R23 and R31. */
struct instant schedule_deadline(const struct watch *watch);
void schedule_time(struct watch *watch);
void schedule_cuff(struct watch *watch, const struct cuff_record *cuff);
struct instant schedule_next_check(const struct watch *watch);

/* baseline.c: R11 and the gate. */
bool baseline_find(const struct watch *watch, struct limit ret_baseline[VITAL_COUNT]);
struct outcome baseline_check_gate(const struct watch *watch, const struct limit baseline[VITAL_COUNT], bool known,
    bool by_prescriber);
struct outcome baseline_check_limits(const struct watch *watch, const struct limit baseline[VITAL_COUNT]);

/* cuff_start.c */
bool cuff_start_possible(const struct watch *watch);
bool cuff_start_is_going(const struct watch *watch, size_t device);
void cuff_start_repeat(struct watch *watch);
void cuff_start_result(struct watch *watch, size_t device); /* of a cuff, a failed one too */
bool cuff_start_commanded(struct watch *watch, enum cuff_commanded commanded, const char *reason); /* false: none was asked for */
void cuff_start_follow(struct watch *watch, int index); /* its monitor's, from the next moment on; -1: it goes */
struct instant cuff_start_deadline(const struct watch *watch);
void cuff_start_time(struct watch *watch);

/* cuffs.c: a cuff result of a device (R2, R3), or of a person. */
void cuff_take(struct watch *watch, size_t device, const struct observation *observation);
void cuff_count(struct watch *watch, const struct cuff_record *cuff, const struct act *act);

/* sentence.c: R37. */
void sentence_describe(void *ctx, struct alarm *alarm, struct instant now);
/* "nobody watched from 09:12 to 09:15" */
void sentence_gap(const struct watch *watch, struct instant from, struct instant to, char *text, size_t cap);

/* watch_world.c */
struct alarm_world watch_world(struct watch *watch);

/* watch.c */
void watch_open_step(struct watch *watch, struct instant at); /* lets time pass up to and including an act at `at` */
void watch_settle(struct watch *watch); /* every slot, in order; technical priorities first brought up to R20 */
void watch_settle_up_to(struct watch *watch, struct instant up_to); /* with only what fell due by then */

#endif
