#include "daemon/clinical/session.h"

#include <string.h>

const struct cuff_record *
session_last_cuff(const struct session *session)
{
	return session->cuff_count > 0 ? &session->cuffs[session->cuff_count - 1] : NULL;
}

const struct cuff_record *
session_latest_cuff(const struct session *session)
{
	const struct cuff_record *latest = NULL;

	for (size_t i = 0; i < session->cuff_count; i++)
		if (latest == NULL || !instant_before(session->cuffs[i].measured_at, latest->measured_at))
			latest = &session->cuffs[i];
	return latest;
}

static int32_t
value_of(const struct cuff_record *cuff, enum vital vital)
{
	switch (vital) {
	case VITAL_SYSTOLIC:
		return cuff->systolic_milli;
	case VITAL_MEAN:
		return cuff->mean_milli;
	case VITAL_DIASTOLIC:
		return cuff->diastolic_milli;
	default:
		return cuff->pulse_milli;
	}
}

const struct cuff_record *
session_latest_cuff_of(const struct session *session, enum vital vital)
{
	const struct cuff_record *latest = NULL;

	for (size_t i = 0; i < session->cuff_count; i++)
		if (value_of(&session->cuffs[i], vital) != ALARM_NO_VALUE &&
		    (latest == NULL || !instant_before(session->cuffs[i].measured_at, latest->measured_at)))
			latest = &session->cuffs[i];
	return latest;
}

void
session_add_cuff(struct session *session, const struct cuff_record *cuff)
{
	if (session->cuff_count == SESSION_CUFFS) {
		memmove(&session->cuffs[0], &session->cuffs[1], sizeof(session->cuffs[0]) * (SESSION_CUFFS - 1));
		session->cuff_count--;
	}
	session->cuffs[session->cuff_count++] = *cuff;
}

struct duration
session_infusing(const struct session *session, struct instant now)
{
	struct duration run = session->clock.run;

	if (instant_is_known(session->clock.running_since) && instant_before(session->clock.running_since, now))
		run.ms += instant_since(now, session->clock.running_since).ms;
	return run.ms < session->plan.planned.ms ? run : session->plan.planned;
}
