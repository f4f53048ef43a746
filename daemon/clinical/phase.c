/* One row an act: where it leads from each phase. STAY means that the act is
 * done without leaving the phase, NO that it is not possible there. */
#include "daemon/clinical/phase.h"

enum way { NO, STAY, TO_BASELINE, TO_INFUSION, TO_PAUSED, TO_RECOVERY, TO_DISCHARGED };

static const enum way ways[ACT_KIND_COUNT][PHASE_COUNT] = {
	/*                   none         baseline       infusion     paused       recovery       discharged */
	[ACT_START]        = { TO_BASELINE, NO,          NO,          NO,          NO,            NO },
	[ACT_DECIDE]       = { NO,          STAY,        NO,          NO,          NO,            NO },
	[ACT_REVIEW]       = { NO,          STAY,        NO,          NO,          NO,            NO },
	[ACT_DOSE]         = { NO,          TO_INFUSION, NO,          NO,          NO,            NO },
	[ACT_PAUSE]        = { NO,          NO,          TO_PAUSED,   NO,          NO,            NO },
	[ACT_RESUME]       = { NO,          NO,          NO,          TO_INFUSION, NO,            NO },
	[ACT_STOP]         = { NO,          NO,          TO_RECOVERY, TO_RECOVERY, NO,            NO },
	[ACT_DISCHARGE]    = { NO,          TO_DISCHARGED, NO,        NO,          TO_DISCHARGED, NO },
	[ACT_CHECKLIST]    = { NO,          STAY,        STAY,        STAY,        STAY,          NO },
	[ACT_WEIGHT]       = { NO,          STAY,        NO,          NO,          NO,            NO },
	[ACT_LIMIT]        = { NO,          STAY,        STAY,        STAY,        STAY,          NO },
	[ACT_MANUAL]       = { NO,          STAY,        STAY,        STAY,        STAY,          NO },
	[ACT_NOTE]         = { NO,          STAY,        STAY,        STAY,        STAY,          NO },
	[ACT_CORRECT]      = { NO,          NO,          STAY,        STAY,        STAY,          NO },
	[ACT_CONFIRM_GAP]  = { NO,          STAY,        STAY,        STAY,        STAY,          NO },
	[ACT_CONFIRM_TIME] = { STAY,        STAY,        STAY,        STAY,        STAY,          NO },
	[ACT_MOVE]         = { NO,          STAY,        STAY,        STAY,        STAY,          NO },
	[ACT_ACKNOWLEDGE]  = { NO,          STAY,        STAY,        STAY,        STAY,          NO },
	[ACT_PAUSE_AUDIO]  = { NO,          STAY,        STAY,        STAY,        STAY,          NO },
	[ACT_RESUME_AUDIO] = { NO,          STAY,        STAY,        STAY,        STAY,          NO },
	[ACT_ALARM_OFF]    = { NO,          STAY,        STAY,        STAY,        STAY,          NO },
	[ACT_SIGN]         = { NO,          NO,          NO,          NO,          NO,            STAY },
	[ACT_CUFF_START]   = { NO,          STAY,        STAY,        STAY,        STAY,          NO },
	[ACT_CUFF_CANCEL]  = { NO,          STAY,        STAY,        STAY,        STAY,          NO },
};

static const char *const phase_words[PHASE_COUNT] = {
	[PHASE_NONE] = "there is no session at this bed",
	[PHASE_BASELINE] = "the drug has not been started",
	[PHASE_INFUSION] = "the infusion is running",
	[PHASE_PAUSED] = "the infusion is paused",
	[PHASE_RECOVERY] = "the drug has been stopped",
	[PHASE_DISCHARGED] = "the patient has been discharged",
};

bool
phase_has_way(enum phase phase, enum act_kind act)
{
	return ways[act][phase] != NO;
}

struct outcome
phase_allows(enum phase phase, enum act_kind act)
{
	if (phase_has_way(phase, act))
		return outcome_ok();
	if (act == ACT_START)
		return outcome_fail("%s is not possible: there is a session at this bed already", act_kind_name(act));
	return outcome_fail("%s is not possible: %s", act_kind_name(act), phase_words[phase]);
}

struct outcome
phase_after(enum phase from, enum act_kind act, enum phase *ret_to)
{
	static const enum phase targets[] = {
		[TO_BASELINE] = PHASE_BASELINE, [TO_INFUSION] = PHASE_INFUSION, [TO_PAUSED] = PHASE_PAUSED,
		[TO_RECOVERY] = PHASE_RECOVERY, [TO_DISCHARGED] = PHASE_DISCHARGED,
	};
	struct outcome allowed = phase_allows(from, act);

	if (!allowed.ok)
		return allowed;
	*ret_to = ways[act][from] == STAY ? from : targets[ways[act][from]];
	return outcome_ok();
}
