#include "random_state.h"

#include <string.h>

/* xorshift64*: Vigna, "An experimental exploration of Marsaglia's xorshift generators", 2016. */
uint64_t
random_next(uint64_t *state)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return *state * UINT64_C(2685821657736338717);
}

int64_t
random_between(uint64_t *state, int64_t low, int64_t high)
{
	return low + (int64_t)(random_next(state) % (uint64_t)(high - low + 1));
}

static bool
coin(uint64_t *state)
{
	return (random_next(state) >> 33) & 1;
}

/* Text with everything that JSON, SQL and CSV find hard, in whole characters. */
static void
text_of(uint64_t *state, char *text, size_t cap)
{
	static const char *const pieces[] = { "a", "Z", "0", " ", "\"", "\\", "'", ",", "\n", "\r", "\t", "é", "°", "漢", "😀", "{", "}", "\x01", "%" };
	size_t wanted = (size_t)random_between(state, 0, (int64_t)cap - 1), used = 0;

	text[0] = '\0';
	for (;;) {
		const char *piece = pieces[random_between(state, 0, sizeof(pieces) / sizeof(pieces[0]) - 1)];

		if (used + strlen(piece) > wanted)
			return;
		memcpy(text + used, piece, strlen(piece) + 1);
		used += strlen(piece);
	}
}

static struct instant
instant_of(uint64_t *state)
{
	return random_between(state, 0, 5) == 0 ? INSTANT_UNKNOWN : (struct instant){ (int64_t)random_next(state) };
}

static int32_t
milli_of(uint64_t *state)
{
	return random_between(state, 0, 3) == 0 ? ALARM_NO_VALUE : (int32_t)random_next(state);
}

static struct condition_id
condition_of(uint64_t *state)
{
	struct condition_id id = { .kind = (enum condition_kind)random_between(state, 0, CONDITION_KIND_COUNT - 1) };

	if (id.kind == CONDITION_LIMIT || id.kind == CONDITION_TREND || id.kind == CONDITION_LOST ||
	    id.kind == CONDITION_NO_SOURCE)
		id.vital = (enum vital)random_between(state, 0, VITAL_COUNT - 1);
	if (id.kind == CONDITION_LIMIT || id.kind == CONDITION_TREND)
		id.side = (enum side)coin(state);
	if (id.kind == CONDITION_LIMIT) {
		id.tier = (enum tier)coin(state);
		id.relative = coin(state);
	}
	return id;
}

static struct cuff_record
cuff_of(uint64_t *state)
{
	struct cuff_record cuff = {
		.measured_at = instant_of(state),
		.phase = (enum phase)random_between(state, 0, PHASE_COUNT - 1),
		.quality = (enum quality)random_between(state, QUALITY_ABSENT, QUALITY_GOOD),
		.manual = coin(state),
		.systolic_milli = milli_of(state),
		.diastolic_milli = milli_of(state),
		.mean_milli = milli_of(state),
		.pulse_milli = milli_of(state),
	};

	text_of(state, cuff.key, sizeof(cuff.key));
	text_of(state, cuff.device, sizeof(cuff.device));
	return cuff;
}

static void
fill_lists(uint64_t *state, struct session *session)
{
	session->device_count = (size_t)random_between(state, 0, SESSION_DEVICES);
	for (size_t i = 0; i < session->device_count; i++)
		text_of(state, session->devices[i], NAME_CAP);
	session->cuff_count = (size_t)random_between(state, 0, SESSION_CUFFS);
	for (size_t i = 0; i < session->cuff_count; i++)
		session->cuffs[i] = cuff_of(state);
	session->check_count = (size_t)random_between(state, 0, SESSION_CHECKS);
	for (size_t i = 0; i < session->check_count; i++)
		session->checks[i] = (struct check){ instant_of(state), (enum check_state)random_between(state, 0, 2),
			(enum phase)random_between(state, 0, PHASE_COUNT - 1) };
	session->off_count = (size_t)random_between(state, 0, SESSION_OFFS);
	for (size_t i = 0; i < session->off_count; i++) {
		text_of(state, session->offs[i].device, NAME_CAP);
		session->offs[i].id = condition_of(state);
	}
}

static void
fill_limits(uint64_t *state, struct session *session)
{
	for (int vital = 0; vital < VITAL_COUNT; vital++) {
		if (coin(state))
			session->baseline[vital] = (struct limit){ true, (int32_t)random_next(state) };
		for (int side = 0; side < SIDE_COUNT; side++)
			for (int tier = 0; tier < TIER_COUNT; tier++)
				if (coin(state))
					session->limits.at[vital][side][tier] = (struct limit){ true, (int32_t)random_next(state) };
	}
}

void
random_session(uint64_t *state, struct session *ret_session)
{
	*ret_session = (struct session){
		.id = random_between(state, 1, INT32_MAX),
		.phase = (enum phase)random_between(state, 0, PHASE_COUNT - 1),
		.started = instant_of(state),
		.phase_since = instant_of(state),
		.dosing_since = instant_of(state),
		.ended = instant_of(state),
		.phase_before = (enum phase)random_between(state, 0, PHASE_COUNT - 1),
		.before_since = instant_of(state),
		.here_since = instant_of(state),
		.aborted = coin(state),
		.plan = { (int32_t)random_next(state), (int32_t)random_next(state), (int32_t)random_next(state),
		    { (int64_t)random_next(state) } },
		.clock = { instant_of(state), instant_of(state), { (int64_t)random_next(state) }, coin(state), instant_of(state) },
		.relative_in_force = coin(state),
		.limits_reviewed = coin(state),
		.gate = (enum gate_state)random_between(state, GATE_OPEN, GATE_DECIDED),
		.checklist_answered = coin(state),
		.checklist_done = (uint32_t)random_next(state),
		.recheck_due = instant_of(state),
		.recheck_since = instant_of(state),
	};
	text_of(state, ret_session->subject, SUBJECT_CAP);
	text_of(state, ret_session->bed, NAME_CAP);
	text_of(state, ret_session->regimen, NAME_CAP);
	fill_lists(state, ret_session);
	fill_limits(state, ret_session);
}

static void
fill_values(uint64_t *state, struct alarm *alarm)
{
	for (int vital = 0; vital < VITAL_COUNT; vital++)
		for (int side = 0; side < SIDE_COUNT; side++) {
			alarm->worst_milli[vital][side] = milli_of(state);
			alarm->heard_milli[vital][side] = milli_of(state);
		}
	for (size_t i = 0; i < ALARM_SEEN; i++)
		alarm->seen[i] = (struct alarm_seen){ (int32_t)random_next(state),
			(enum vital)random_between(state, 0, VITAL_COUNT - 1), milli_of(state) };
	for (size_t i = 0; i < sizeof(alarm->returned) / sizeof(alarm->returned[0]); i++)
		alarm->returned[i] = instant_of(state);
	alarm->condition_count = (size_t)random_between(state, 0, ALARM_CONDITIONS);
	for (size_t i = 0; i < alarm->condition_count; i++)
		alarm->conditions[i] = (struct condition){ condition_of(state), (enum priority)random_between(state, 0, PRIORITY_HIGH),
			instant_of(state), milli_of(state), milli_of(state), instant_of(state), coin(state), coin(state) };
}

void
random_alarm(uint64_t *state, struct alarm *ret_alarm)
{
	*ret_alarm = (struct alarm){
		.id = random_between(state, 1, INT32_MAX),
		.session = random_between(state, 0, INT32_MAX),
		.group = { .kind = (enum alarm_group_kind)random_between(state, ALARM_GROUP_PRESSURE, ALARM_GROUP_STATION) },
		.state = (enum alarm_state)random_between(state, ALARM_ACTIVE, ALARM_OVER),
		.priority = (enum priority)random_between(state, 0, PRIORITY_HIGH),
		.peak = (enum priority)random_between(state, 0, PRIORITY_HIGH),
		.peak_unanswered = (enum priority)random_between(state, 0, PRIORITY_HIGH),
		.revision = (int32_t)random_next(state),
		.worse_revision = (int32_t)random_next(state),
		.started = instant_of(state),
		.ended = instant_of(state),
		.sounded = instant_of(state),
		.medium_since = instant_of(state),
		.acknowledged = coin(state),
		.acknowledged_at = instant_of(state),
		.reminded = instant_of(state),
		.escalated = coin(state),
		.audio_pauses = (int32_t)random_next(state),
		.returns = (int32_t)random_next(state),
		.standing = coin(state),
		.settled = coin(state),
	};
	if (ret_alarm->group.kind == ALARM_GROUP_TECHNICAL || ret_alarm->group.kind == ALARM_GROUP_STATION)
		memcpy(ret_alarm->group.device, "m1:é", sizeof("m1:é"));
	text_of(state, ret_alarm->acknowledged_by, NAME_CAP);
	text_of(state, ret_alarm->acknowledge_note, ALARM_NOTE_CAP);
	text_of(state, ret_alarm->sentence, SENTENCE_CAP);
	fill_values(state, ret_alarm);
}
