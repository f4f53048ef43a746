/* Alarms: what they are. An alarm groups the conditions of one bed and group
 * and lives by R26 to R31. The struct is the whole state of one alarm: every
 * alarm event carries it, and a restart takes the last one of each (R32).
 *
 * The words are those of IEC 60601-1-8 and IHE ACM (facts "Alarms" 7.4, 7.7).
 * Plain values; pure; any thread. */
#ifndef INFUSIOND_CLINICAL_ALARM_H
#define INFUSIOND_CLINICAL_ALARM_H

#include "daemon/base/instant.h"
#include "daemon/base/reading.h"
#include "daemon/clinical/limits.h"

enum { ALARM_CONDITIONS = 28, ALARM_NOTE_CAP = 160, ALARM_SEEN = 12 };

enum priority { PRIORITY_NONE, PRIORITY_LOW, PRIORITY_MEDIUM, PRIORITY_HIGH };

enum condition_kind {
	CONDITION_LIMIT,       /* vital, side, tier, relative */
	CONDITION_TREND,       /* vital: systolic.rising, spo2.falling */
	CONDITION_SILENT,      /* technical, per device */
	CONDITION_LOST,        /* technical: vital */
	CONDITION_OVERDUE,
	CONDITION_CUFF_FAILED,
	CONDITION_AGE_UNKNOWN,
	CONDITION_CLOCK,
	CONDITION_NO_SOURCE,   /* bed: vital */
	CONDITION_UNWATCHED,   /* bed */
	CONDITION_END_DUE,     /* dose */
	CONDITION_PAUSE_LONG,
	CONDITION_RECHECK,
	CONDITION_STORE,       /* station, R25 */
	CONDITION_LINE_HUNG,
	CONDITION_LINE_OVERLOADED,
	CONDITION_WALL_CLOCK,
	CONDITION_OUTPUT,
	CONDITION_CONSOLE,
	CONDITION_KIND_COUNT
};

/* What makes two conditions the same one. */
struct condition_id {
	enum condition_kind kind;
	enum vital vital;
	enum side side;
	enum tier tier;
	bool relative;
};

struct condition {
	struct condition_id id;
	enum priority priority;
	struct instant since;       /* onset */
	int32_t value_milli;        /* limits and trends: the latest value that was outside; unwatched: how many gaps */
	int32_t limit_milli;        /* the limit in force */
	struct instant measured_at; /* of that value; unwatched: when watching stopped, before the first gap */
	bool at_the_end;            /* R6 */
	bool signal_lost;           /* R14: raised because the signal was lost while pending; `since` is the first value outside */
};

enum alarm_group_kind {
	ALARM_GROUP_PRESSURE,
	ALARM_GROUP_RATE,
	ALARM_GROUP_OXYGEN,
	ALARM_GROUP_BREATHING,
	ALARM_GROUP_TECHNICAL, /* one per device */
	ALARM_GROUP_BED,
	ALARM_GROUP_DOSE,
	ALARM_GROUP_STATION
};

struct alarm_group {
	enum alarm_group_kind kind;
	char device[NAME_CAP]; /* technical: the device; station: the line or output; else empty */
};

enum alarm_state { ALARM_ACTIVE, ALARM_LATCHED, ALARM_OVER };

/* What changed; the verbs of the trace. IHE phases: start, update, escalate, deescalate, end, reset. */
enum alarm_change {
	ALARM_START,
	ALARM_RAISE,
	ALARM_LOWER,
	ALARM_JOIN,
	ALARM_LEAVE,
	ALARM_UPDATE, /* a value only; no line in the brief trace */
	ALARM_END,
	ALARM_LATCH,
	ALARM_RETURN,
	ALARM_ACKNOWLEDGE,
	ALARM_RESET,
	ALARM_RESOUND,
	ALARM_ESCALATE,
	ALARM_REMIND,
	ALARM_CLOSE,
	ALARM_CHANGE_COUNT
};

/* What an acknowledging screen may have shown: the worst value at a revision (R28's sentence). */
struct alarm_seen {
	int32_t revision;
	enum vital vital;
	int32_t value_milli;
};

struct alarm {
	int64_t id; /* unique in the store */
	int64_t session; /* 0: none */
	struct alarm_group group;
	enum alarm_state state;
	enum priority priority;        /* now; of the last active moment when it is not active */
	enum priority peak;            /* highest ever */
	enum priority peak_unanswered; /* highest since the last acknowledgement (R27) */
	int32_t revision;
	int32_t worse_revision;        /* the revision of the last worsening (R28) */
	struct instant started, ended; /* ended: UNKNOWN while active */
	struct instant sounded;        /* began, rose or sounded anew (R31) */
	struct instant medium_since;   /* at least medium without a break (R31); UNKNOWN: low */
	bool acknowledged;
	struct instant acknowledged_at;
	char acknowledged_by[NAME_CAP];
	char acknowledge_note[ALARM_NOTE_CAP]; /* what is being done */
	struct instant reminded;       /* last reminder or acknowledgement */
	bool escalated;                /* R31, since last sounded */
	int32_t audio_pauses;          /* R29, since last acknowledged or sounded anew */
	int32_t returns;               /* onsets after an end within 10 minutes */
	struct instant returned[4];    /* the ends before the latest of them, oldest first */
	bool standing;                 /* R30: on and off since `started` */
	bool settled;                  /* ended by the acknowledgement that it asked for: the next one is a new one */
	int32_t worst_milli[VITAL_COUNT][SIDE_COUNT];  /* INT32_MIN: none; the worst ever */
	int32_t heard_milli[VITAL_COUNT][SIDE_COUNT];  /* as it last sounded or was acknowledged at */
	struct alarm_seen seen[ALARM_SEEN]; /* ring by revision */
	struct condition conditions[ALARM_CONDITIONS]; /* those that hold; the last ones when over or latched */
	size_t condition_count;        /* 0 when over or latched */
	char sentence[SENTENCE_CAP];   /* R37 */
};

enum { ALARM_NO_VALUE = INT32_MIN };

const char *priority_name(enum priority priority); /* "none", "low", "medium", "high" */
const char *alarm_state_name(enum alarm_state state);
const char *alarm_change_name(enum alarm_change change); /* "start", ... as in the trace */
bool priority_from_name(const char *name, enum priority *ret_priority);
bool alarm_state_from_name(const char *name, enum alarm_state *ret_state);
bool alarm_change_from_name(const char *name, enum alarm_change *ret_change);

/* "pressure", "technical:m1", "bed", "dose", "station:bay". */
void alarm_group_to_text(const struct alarm_group *group, char text[static 64]);
bool alarm_group_from_text(const char *text, struct alarm_group *ret_group);
bool alarm_group_equal(const struct alarm_group *a, const struct alarm_group *b);
bool alarm_group_is_physiological(enum alarm_group_kind kind);

/* "systolic.high.critical.relative", "lost.spo2", "overdue", ... and back. */
void condition_id_to_text(const struct condition_id *id, char text[static 64]);
bool condition_id_from_text(const char *text, struct condition_id *ret_id);
bool condition_id_equal(const struct condition_id *a, const struct condition_id *b);

#endif
