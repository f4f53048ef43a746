/* Acts: what a named person does to a session or an alarm. One flat value for
 * all kinds, so that the API, the scenarios and the engine speak of the same
 * thing. `act_id` makes a repeat the same act (one effect). Plain values. */
#ifndef INFUSIOND_CLINICAL_ACT_H
#define INFUSIOND_CLINICAL_ACT_H

#include "daemon/clinical/alarm.h"
#include "daemon/clinical/session.h"

enum role { ROLE_VIEWER, ROLE_NURSE, ROLE_PRESCRIBER, ROLE_ADMIN, ROLE_ENGINEER, ROLE_COUNT };

enum { REASON_CAP = 240, ACT_ID_CAP = 40 };

struct actor {
	char name[NAME_CAP]; /* account name; empty: the program itself */
	enum role role;
};

enum act_kind {
	ACT_START,       /* weight, confirmations -> baseline phase */
	ACT_DECIDE,      /* prescriber: the pre-dose gate, with a reason */
	ACT_REVIEW,      /* the limits near the baseline were looked at: kept */
	ACT_DOSE,        /* the infusion starts */
	ACT_PAUSE,
	ACT_RESUME,
	ACT_STOP,        /* planned end, or `abort` */
	ACT_DISCHARGE,
	ACT_CHECKLIST,   /* items answered */
	ACT_WEIGHT,      /* before the dose: corrected weight and plan */
	ACT_LIMIT,       /* R26 b, R38 */
	ACT_MANUAL,      /* a pressure measured by hand */
	ACT_NOTE,
	ACT_CORRECT,     /* R35 */
	ACT_CONFIRM_GAP, /* R32 */
	ACT_CONFIRM_TIME,/* R32: the wall clock is right */
	ACT_MOVE,        /* R34 */
	ACT_ACKNOWLEDGE,
	ACT_PAUSE_AUDIO,
	ACT_RESUME_AUDIO,
	ACT_ALARM_OFF,   /* R26 c */
	ACT_SIGN,        /* the record of a session that has ended was looked at */
	ACT_CUFF_START,  /* on the device, where the engineer permits it */
	ACT_CUFF_CANCEL,
	ACT_KIND_COUNT
};

/* What ACT_CORRECT mends. */
enum correction { CORRECT_DOSE_START, CORRECT_PAUSE, CORRECT_RESUME, CORRECT_STOP };

struct act {
	enum act_kind kind;
	struct actor who;
	char act_id[ACT_ID_CAP]; /* empty: none */
	char reason[REASON_CAP]; /* why, or the note's text, or what is being done */
	/* start, weight */
	int32_t weight_g, weight_milli_lb;
	int32_t dose_ug;   /* 0: by the rule */
	int32_t volume_ul; /* 0: the rule's */
	char regimen[NAME_CAP]; /* start; empty: the first of the watch's */
	char subject[SUBJECT_CAP];
	bool unusual_confirmed;        /* weight or dose outside the usual range was confirmed */
	bool confirm_live;             /* R34: `live_vital` read `live_milli` on the monitor's own screen */
	enum vital live_vital;
	int32_t live_milli;
	/* dose, discharge */
	bool override;                 /* past the gate, the baseline, the checklist: needs the reason */
	bool abort;                    /* stop */
	/* limit */
	enum vital vital;
	enum side side;
	enum tier tier;
	int32_t milli;
	/* manual */
	int32_t systolic_milli, diastolic_milli, mean_milli; /* mean: ALARM_NO_VALUE when not read */
	struct instant measured_at; /* UNKNOWN: now */
	/* correct */
	enum correction correction;
	struct instant corrected_to;
	/* move */
	char bed[NAME_CAP];
	/* alarms */
	int64_t alarm;
	int32_t revision;
	struct duration recheck;      /* 0: none promised */
	struct duration audio_pause;  /* 0: the regimen's */
	struct condition_id condition; /* alarm off */
	/* checklist */
	uint32_t checklist_done;
};

const char *act_kind_name(enum act_kind kind);
bool act_kind_from_name(const char *name, enum act_kind *ret_kind);
const char *role_name(enum role role);
const char *role_words(enum role role); /* "an admin" */
bool role_from_name(const char *name, enum role *ret_role);

/* When an act asks for a reason, as a clause for people: "always", "when the gate is passed over"; NULL: never. */
const char *act_reason_asked(enum act_kind kind);

/* Which roles may do which act; one table. */
bool role_may(enum role role, enum act_kind kind);

#endif
