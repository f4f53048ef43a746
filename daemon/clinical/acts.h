/* The acts of watch_act, one function each; private to daemon/clinical. Each
 * refuses with one sentence and changes nothing, or changes the session, tells
 * one event or more, and returns ok; the caller settles the alarms. */
#ifndef INFUSIOND_CLINICAL_ACTS_H
#define INFUSIOND_CLINICAL_ACTS_H

#include "daemon/clinical/phase.h"
#include "daemon/clinical/watch_state.h"

/* Whether the role may do it and the phase allows it. */
struct outcome acts_check(const struct watch *watch, const struct act *act);

/* Checks role and phase, then does the act. */
struct outcome acts_do(struct watch *watch, const struct act *act);

/* Emits one event of an act, with the session after it. */
void acts_tell(struct watch *watch, const struct act *act, enum event_type type, const char *subject,
    const char *old_value, const char *new_value, const char *text);

/* acts_session.c */
struct outcome act_start(struct watch *watch, const struct act *act);
struct outcome act_decide(struct watch *watch, const struct act *act);
struct outcome act_review(struct watch *watch, const struct act *act);
struct outcome act_weight(struct watch *watch, const struct act *act);

/* acts_dose.c */
struct outcome act_dose(struct watch *watch, const struct act *act);
struct outcome act_pause(struct watch *watch, const struct act *act);
struct outcome act_resume(struct watch *watch, const struct act *act);
struct outcome act_stop(struct watch *watch, const struct act *act);
struct outcome act_correct(struct watch *watch, const struct act *act);
struct outcome act_confirm_gap(struct watch *watch, const struct act *act);

/* acts_discharge.c */
struct outcome act_checklist(struct watch *watch, const struct act *act);
struct outcome act_discharge(struct watch *watch, const struct act *act);

/* acts_alarm.c */
struct outcome act_acknowledge(struct watch *watch, const struct act *act);
struct outcome act_pause_audio(struct watch *watch, const struct act *act);
struct outcome act_resume_audio(struct watch *watch, const struct act *act);
struct outcome act_alarm_off(struct watch *watch, const struct act *act);
struct outcome act_cuff_start(struct watch *watch, const struct act *act);
struct outcome act_cuff_cancel(struct watch *watch, const struct act *act);
struct outcome act_limit(struct watch *watch, const struct act *act);
struct outcome act_manual(struct watch *watch, const struct act *act);

#endif
