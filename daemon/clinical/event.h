/* Events: whatever happened, appended once and never changed. An event says
 * what happened in words and carries the state after it, so that a fold over
 * them rebuilds open sessions: the last session and the last of each alarm.
 *
 * The vocabulary is whole from the first day; values are stored by name. */
#ifndef INFUSIOND_CLINICAL_EVENT_H
#define INFUSIOND_CLINICAL_EVENT_H

#include "daemon/clinical/act.h"
#include "daemon/clinical/alarm.h"
#include "daemon/clinical/session.h"

enum event_type {
	EVENT_SESSION_STARTED,
	EVENT_GATE_DECIDED,
	EVENT_LIMITS_REVIEWED,
	EVENT_BASELINE_SET,
	EVENT_DOSE_STARTED,
	EVENT_PAUSED,
	EVENT_RESUMED,
	EVENT_STOPPED,
	EVENT_ABORTED,
	EVENT_DISCHARGED,
	EVENT_CHECKLIST,
	EVENT_WEIGHT_CHANGED,
	EVENT_LIMIT_CHANGED,
	EVENT_CUFF_MEASURED,
	EVENT_CUFF_FAILED,
	EVENT_CHECK_MET,
	EVENT_CHECK_MISSED,
	EVENT_NOTE,
	EVENT_CORRECTED,
	EVENT_GAP_CONFIRMED,
	EVENT_TIME_CONFIRMED,
	EVENT_MOVED,
	EVENT_ALARM,           /* `change` says which */
	EVENT_AUDIO_PAUSED,
	EVENT_AUDIO_RESUMED,
	EVENT_ALARM_OFF,
	EVENT_VITAL_KNOWN,     /* a required vital is watched again */
	EVENT_VITAL_UNKNOWN,   /* and is not (R19): the record's gaps */
	EVENT_DEVICE_STATE,    /* a device's link changed its named state */
	EVENT_PROGRAM_STARTED, /* with "nobody watched from .. to .." */
	EVENT_PROGRAM_STOPPED,
	EVENT_CLOCK_STEPPED,
	EVENT_CONFIGURATION,   /* a standing limit or setting differs from the last start (R38) */
	EVENT_READINGS,        /* a batch of readings sealed (written by the store) */
	EVENT_ACCOUNT,
	EVENT_CUFF_STARTED,    /* a cuff was started or cancelled by an act on the device */
	EVENT_CONSOLE,         /* consoles attached, sound tested */
	EVENT_SIGNED,
	EVENT_IDENTITY_REMOVED,
	EVENT_RECORD_GAP,      /* what the disk could not take and memory could not keep (written by the store) */
	EVENT_TYPE_COUNT
};

struct event {
	enum event_type type;
	struct instant at;      /* when it held */
	char bed[NAME_CAP];     /* empty: the whole program */
	int64_t session_id;     /* 0: none */
	struct actor who;       /* name empty: the program */
	char act_id[ACT_ID_CAP];
	char reason[REASON_CAP];
	char text[SENTENCE_CAP]; /* one sentence for people */
	char subject[64];        /* what it is about: a limit key, a vital, a device, a correction; else empty */
	char old_value[64], new_value[64];
	enum alarm_change change; /* EVENT_ALARM */
	/* State after it; NULL where it has none. Valid during the call that hands the event over. */
	const struct session *session;
	const struct alarm *alarm;
};

/* Receives events in order, at once. Must not call back into the sender. */
struct event_sink {
	void (*take)(void *ctx, const struct event *event);
	void *ctx;
};

const char *event_type_name(enum event_type type); /* "session_started", ... */
bool event_type_from_name(const char *name, enum event_type *ret_type);

#endif
