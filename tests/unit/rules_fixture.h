/* A bed of one monitor, and a second one, for tests of what the scenario language cannot say: sentences,
 * fields of events, acts with their own words. One thread; times are seconds after the start. */
#ifndef INFUSIOND_TESTS_RULES_FIXTURE_H
#define INFUSIOND_TESTS_RULES_FIXTURE_H

#include "daemon/clinical/watch.h"

enum { TOLD_MOST = 512 };

struct ward {
	struct regimen regimen;
	const struct regimen *regimens[1];
	struct watch *watch, *other; /* beds "bed1" with m1 and "bed2" with m2; no session yet */
	int64_t last_id;
	struct event told[TOLD_MOST]; /* without their states */
	size_t told_count;
	struct session session; /* by the last event that carried one */
};

void ward_open(struct ward *ward);
/* The same with one bed only, bed1, that has this monitor; the session of a nurse's 70 kg patient began at 0 s. */
void ward_open_with(struct ward *ward, const struct watch_device *device);
/* A monitor that is polled each second and gives what m1 gives. */
struct watch_device ward_monitor(const char *name);
void ward_close(struct ward *ward);
struct instant ward_at(int seconds);

/* A reply with good values, to be given to a watch as it is or with more in it (in units; 0: none). */
struct observation ward_observation(int seconds, int rate, int spo2);
/* One reply of m1 with good values (in units; 0: none), or one of a single reading as it is. */
void ward_reply(struct ward *ward, int seconds, int rate, int spo2);
void ward_read(struct ward *ward, int seconds, struct reading reading);
/* Such a reply every second, both ends included. */
void ward_replies(struct ward *ward, int from, int to, int rate, int spo2);
/* A new cuff of m1, measured at the instant of its reply; by its key. */
struct cuff ward_new_cuff(int seconds, int systolic, int mean, int diastolic, const char *key);
void ward_cuff(struct ward *ward, int seconds, int systolic, int mean, int diastolic, const char *key);

/* Acts of a nurse, unless `act` names somebody; the act must be done, or is returned. */
struct outcome ward_try(struct ward *ward, int seconds, struct act act);
void ward_do(struct ward *ward, int seconds, struct act act);
/* 70 kg at 0 s with replies of 78 and 98 from then on; cuffs of 128/96/80 at 60 and 240 s; the drug from 600
 * s. */
void ward_start(struct ward *ward);
void ward_start_drug(struct ward *ward);

/* The open alarm of a group ("pressure", "technical:m1"); the test fails when there is none. And its
 * sentence. */
const struct alarm *ward_alarm(struct ward *ward, const char *group);
const char *ward_sentence(struct ward *ward, const char *group);

/* The last event of a type, NULL when there was none. */
const struct event *ward_told(const struct ward *ward, enum event_type type);

#endif
