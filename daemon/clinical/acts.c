/* What people do (R23, R26, R28, R29, R31 to R35, R38): each act is checked
 * whole before anything changes, then changes the session and is told. One row
 * of the table an act. */
#include "daemon/clinical/acts.h"

#include <stdio.h>

typedef struct outcome act_function(struct watch *watch, const struct act *act);

static struct outcome
do_note(struct watch *watch, const struct act *act)
{
	if (act->reason[0] == '\0')
		return outcome_fail("a note needs a text");
	acts_tell(watch, act, EVENT_NOTE, "", "", "", "note");
	return outcome_ok();
}

static struct outcome
do_confirm_time(struct watch *watch, const struct act *act)
{
	acts_tell(watch, act, EVENT_TIME_CONFIRMED, "", "", "", "the clock was confirmed to be right");
	return outcome_ok();
}

static struct outcome
refuse_move(struct watch *watch, const struct act *act)
{
	(void)watch;
	(void)act;
	return outcome_fail("a move concerns two beds: it is done by the daemon");
}

static struct outcome
refuse_sign(struct watch *watch, const struct act *act)
{
	(void)watch;
	(void)act;
	return outcome_fail("a signature concerns a session that has ended: it is put by the daemon");
}

static act_function *const act_functions[ACT_KIND_COUNT] = {
	[ACT_START] = act_start,
	[ACT_DECIDE] = act_decide,
	[ACT_REVIEW] = act_review,
	[ACT_DOSE] = act_dose,
	[ACT_PAUSE] = act_pause,
	[ACT_RESUME] = act_resume,
	[ACT_STOP] = act_stop,
	[ACT_DISCHARGE] = act_discharge,
	[ACT_CHECKLIST] = act_checklist,
	[ACT_WEIGHT] = act_weight,
	[ACT_LIMIT] = act_limit,
	[ACT_MANUAL] = act_manual,
	[ACT_NOTE] = do_note,
	[ACT_CORRECT] = act_correct,
	[ACT_CONFIRM_GAP] = act_confirm_gap,
	[ACT_CONFIRM_TIME] = do_confirm_time,
	[ACT_MOVE] = refuse_move,
	[ACT_ACKNOWLEDGE] = act_acknowledge,
	[ACT_PAUSE_AUDIO] = act_pause_audio,
	[ACT_RESUME_AUDIO] = act_resume_audio,
	[ACT_ALARM_OFF] = act_alarm_off,
	[ACT_SIGN] = refuse_sign,
	[ACT_CUFF_START] = act_cuff_start,
	[ACT_CUFF_CANCEL] = act_cuff_cancel,
};

struct outcome
acts_do(struct watch *watch, const struct act *act)
{
	struct outcome allowed = acts_check(watch, act);

	return allowed.ok ? act_functions[act->kind](watch, act) : allowed;
}

