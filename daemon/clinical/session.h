/* One session: a patient in a chair, from the first weight to discharge. The
 * struct is the whole durable state; every session event carries it, and a
 * restart takes the last one (R32). What identifies the patient is not in it
 * (Promise 7): `subject` is a random token that the store maps to a pseudonym.
 *
 * Plain values; pure; owned by the bed's watch. */
#ifndef INFUSIOND_CLINICAL_SESSION_H
#define INFUSIOND_CLINICAL_SESSION_H

#include "daemon/clinical/alarm.h"
#include "daemon/clinical/regimen.h"

enum { SESSION_CUFFS = 24, SESSION_CHECKS = 48, SESSION_DEVICES = 4, SESSION_OFFS = 8, SUBJECT_CAP = 40 };

/* A measurement that was counted (R2). */
struct cuff_record {
	struct instant measured_at;
	enum phase phase; /* in which it was measured */
	enum quality quality;
	bool manual;
	char key[CUFF_KEY_CAP];
	char device[NAME_CAP];
	int32_t systolic_milli, diastolic_milli, mean_milli, pulse_milli; /* ALARM_NO_VALUE: not given */
	enum pinned systolic_pinned, diastolic_pinned, mean_pinned; /* R6, when it was judged; not kept */
};

/* R26 c: a technical condition that a named person turned off; it lasts until what it names works again. */
struct alarm_off {
	char device[NAME_CAP];
	struct condition_id id;
};

enum check_state { CHECK_DUE, CHECK_MET, CHECK_MISSED };

struct check {
	struct instant due;
	enum check_state state;
	enum phase phase;
};

/* The pre-dose gate (facts 1.3). */
enum gate_state { GATE_OPEN, GATE_DECISION_NEEDED, GATE_BLOCKED, GATE_DECIDED };

struct dose_plan {
	int32_t weight_g;
	int32_t dose_ug;
	int32_t volume_ul;       /* the whole dose */
	struct duration planned;
};

struct dose_clock {
	struct instant started;       /* the pump's first start; UNKNOWN before */
	struct instant running_since; /* UNKNOWN when not running */
	struct duration run;          /* finished stretches */
	bool unverified;              /* R32: a gap counted as running, not yet confirmed */
	struct instant first_until;   /* end of the first stretch; UNKNOWN while it lasts */
};

struct session {
	int64_t id; /* 0: no session */
	char subject[SUBJECT_CAP];
	char bed[NAME_CAP];
	char regimen[NAME_CAP];
	char devices[SESSION_DEVICES][NAME_CAP];
	size_t device_count;
	enum phase phase;
	struct instant started, phase_since, dosing_since, ended;
	enum phase phase_before;      /* R35: the one before this, whose start no correction passes over */
	struct instant before_since;
	struct instant here_since; /* R34: began or moved to this bed; older results are not this patient's */
	bool aborted;
	struct dose_plan plan;
	struct dose_clock clock;
	struct limits limits;      /* in force for this patient */
	bool relative_in_force;    /* R11 */
	struct limit baseline[VITAL_COUNT]; /* set when known */
	bool limits_reviewed;      /* R11: limits near the baseline were put to the nurse */
	enum gate_state gate;
	struct cuff_record cuffs[SESSION_CUFFS]; /* ring, newest last */
	size_t cuff_count;
	struct check checks[SESSION_CHECKS];
	size_t check_count;
	bool checklist_answered;   /* R33: somebody went through it */
	uint32_t checklist_done;   /* bit i: item i answered yes */
	struct instant recheck_due;   /* R31; UNKNOWN: none promised */
	struct instant recheck_since; /* the last promise: what was measured before it does not keep it; UNKNOWN: never */
	struct alarm_off offs[SESSION_OFFS];
	size_t off_count;
};

/* The cuff that was counted last; NULL when there is none. Not always the newest: a slow device tells of one that is
 * older than what a hand has taken since. */
const struct cuff_record *session_last_cuff(const struct session *session);

/* The cuff that was measured last, of equals the one counted last; NULL when there is none. Jumps (R7) go by it. */
const struct cuff_record *session_latest_cuff(const struct session *session);

/* The same of those that gave this vital of a cuff: a result may lack one. What is shown, the vital's clock and the end
 * of its alarms go by it. */
const struct cuff_record *session_latest_cuff_of(const struct session *session, enum vital vital);

/* Appends to the ring, oldest dropped. */
void session_add_cuff(struct session *session, const struct cuff_record *cuff);

/* Infusing time at `now`, at most the planned one (R23: "calculated from the clock"). */
struct duration session_infusing(const struct session *session, struct instant now);

#endif
