/* Who may do what: one row an act, one column a role. */
#include "daemon/clinical/act.h"

#define MAY(role) (1u << (role))

enum {
	BEDSIDE = MAY(ROLE_NURSE) | MAY(ROLE_PRESCRIBER),
	PRESCRIBERS = MAY(ROLE_PRESCRIBER),
	TECHNICAL = BEDSIDE | MAY(ROLE_ENGINEER),
	RECORD = BEDSIDE | MAY(ROLE_ADMIN)
};

static const unsigned may_do[ACT_KIND_COUNT] = {
	[ACT_START] = BEDSIDE,
	[ACT_DECIDE] = PRESCRIBERS,
	[ACT_REVIEW] = BEDSIDE,
	[ACT_DOSE] = BEDSIDE,
	[ACT_PAUSE] = BEDSIDE,
	[ACT_RESUME] = BEDSIDE,
	[ACT_STOP] = BEDSIDE,
	[ACT_DISCHARGE] = BEDSIDE,
	[ACT_CHECKLIST] = BEDSIDE,
	[ACT_WEIGHT] = BEDSIDE,
	[ACT_LIMIT] = BEDSIDE,
	[ACT_MANUAL] = BEDSIDE,
	[ACT_NOTE] = RECORD,
	[ACT_CORRECT] = RECORD,
	[ACT_CONFIRM_GAP] = BEDSIDE,
	[ACT_CONFIRM_TIME] = RECORD,
	[ACT_MOVE] = BEDSIDE,
	[ACT_ACKNOWLEDGE] = BEDSIDE,
	[ACT_PAUSE_AUDIO] = BEDSIDE,
	[ACT_RESUME_AUDIO] = BEDSIDE,
	[ACT_ALARM_OFF] = TECHNICAL,
};

bool
role_may(enum role role, enum act_kind kind)
{
	return (may_do[kind] & MAY(role)) != 0;
}
