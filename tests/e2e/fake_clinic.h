/* A clinic for testing the API without a daemon: real watches of three beds,
 * fed by a timer, and a record that lives in memory. bed1's patient has a
 * critical pressure, bed2's is calm, of bed3's two monitors one never answers. */
#ifndef INFUSIOND_TESTS_FAKE_CLINIC_H
#define INFUSIOND_TESTS_FAKE_CLINIC_H

#include <jansson.h>

#include "daemon/web/web.h"

enum { FAKE_BEDS = 3, FAKE_EVENTS = 4096, FAKE_SESSIONS = 64, FAKE_ALARMS = 256 };

/* What is kept of an event. */
struct fake_event {
	struct instant at;
	enum event_type type;
	enum alarm_change change;
	int64_t session;
	char who[NAME_CAP], role[NAME_CAP], act_id[ACT_ID_CAP], subject[64], old_value[64], new_value[64];
	char reason[REASON_CAP], text[SENTENCE_CAP];
	int64_t alarm;
};

struct fake_session {
	struct session state;
	char patient[WEB_PATIENT_CAP];
};

struct fake_clinic {
	struct regimen regimen;
	const struct regimen *regimens[1];
	struct watch *watches[FAKE_BEDS];
	int64_t last_id;
	struct instant started;
	uint64_t started_hr;
	int beats, cuff_every;
	struct fake_event events[FAKE_EVENTS];
	size_t event_count;
	struct fake_session sessions[FAKE_SESSIONS];
	size_t session_count;
	struct alarm alarms[FAKE_ALARMS];
	size_t alarm_count;
};

struct fake_clinic *fake_create(void);
void fake_destroy(struct fake_clinic *clinic);
struct instant fake_now(const struct fake_clinic *clinic);

/* One second of replies at every bed. */
void fake_beat(struct fake_clinic *clinic);

const char *fake_bed_name(size_t bed);
const char *fake_bed_label(size_t bed);

/* Does an act; what it came to, and where. Status 200, or the refusal. */
int fake_act(struct fake_clinic *clinic, const struct web_act *act, struct web_done *ret_done, char *ret_bed,
    char *ret_text, size_t text_cap);

/* Answers a question from memory; the caller frees the text. Status 200, 404 or 422. */
int fake_query(struct fake_clinic *clinic, const struct web_query *query, const char **ret_type, char **ret_text);

#endif
