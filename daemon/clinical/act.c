/* Who may do what: one row an act, one column a role; and which acts ask for a reason. */
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
	[ACT_SIGN] = PRESCRIBERS | MAY(ROLE_ADMIN),
	[ACT_CUFF_START] = BEDSIDE,
	[ACT_CUFF_CANCEL] = BEDSIDE,
};

bool
role_may(enum role role, enum act_kind kind)
{
	return (may_do[kind] & MAY(role)) != 0;
}

static const char *const reasons_asked[ACT_KIND_COUNT] = {
	[ACT_START] = "when no value of the monitor's screen is confirmed",
	[ACT_DECIDE] = "always",
	[ACT_DOSE] = "when it is started past the gate or without a baseline",
	[ACT_STOP] = "when the infusion is aborted",
	[ACT_DISCHARGE] = "when something is still open",
	[ACT_LIMIT] = "always",
	[ACT_CORRECT] = "always",
	[ACT_ALARM_OFF] = "always",
};

const char *
act_reason_asked(enum act_kind kind)
{
	return reasons_asked[kind];
}
