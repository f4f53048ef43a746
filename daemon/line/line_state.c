#include "daemon/line/line_state.h"

#include <stdio.h>
#include <string.h>

void
line_state_init(struct line_state *state, struct instant now, uint64_t seed)
{
	*state = (struct line_state){
		.state = LINK_IDLE,
		.since = now,
		.reason = "nothing has been asked yet",
		.retry_at = now,
		.random = seed,
	};
}

/* splitmix64 (Steele, Lea and Flood, 2014): any seed will do, however near to another. */
static uint64_t
next_random(uint64_t *random)
{
	uint64_t bits = (*random += UINT64_C(0x9e3779b97f4a7c15));

	bits = (bits ^ bits >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	bits = (bits ^ bits >> 27) * UINT64_C(0x94d049bb133111eb);
	return bits ^ bits >> 31;
}

/* Doubles from `first` to `most`, then takes between three quarters and all of it, so that lines do not try in step. */
static struct duration
backoff(struct line_state *state, struct duration first, struct duration most)
{
	int64_t wait_ms = first.ms;

	for (int i = 1; i < state->failures && wait_ms < most.ms; i++)
		wait_ms *= 2;
	wait_ms = wait_ms < most.ms ? wait_ms : most.ms;
	return duration_ms(wait_ms - (int64_t)(next_random(&state->random) % (uint64_t)(wait_ms / 4 + 1)));
}

static bool
enter(struct line_state *state, enum link_state to, struct instant now, const char *reason)
{
	bool changed = state->state != to;

	if (changed)
		state->since = now;
	state->state = to;
	snprintf(state->reason, sizeof(state->reason), "%s", reason);
	return changed;
}

void
line_state_ask(struct line_state *state, struct instant now)
{
	if (state->state == LINK_IDLE)
		enter(state, LINK_CONNECTING, now, "the first answer has not come yet");
}

bool
line_state_take(struct line_state *state, struct instant now, enum line_result result, const char *reason,
    struct duration first, struct duration most)
{
	if (result == LINE_NO_LINK) {
		state->failures++;
		state->retry_at = instant_add(now, backoff(state, first, most));
		return enter(state, LINK_DOWN, now, reason);
	}
	state->failures = 0;
	state->retry_at = now;
	if (result == LINE_REPLY)
		return enter(state, LINK_UP, now, "");
	return enter(state, LINK_FAILING, now, reason);
}

bool
line_state_may_try(const struct line_state *state, struct instant now)
{
	return state->state != LINK_DOWN || now.ms >= state->retry_at.ms;
}

const char *
link_state_name(enum link_state state)
{
	static const char *const names[] = { "idle", "connecting", "up", "failing", "down" };

	return names[state];
}

const char *
line_result_name(enum line_result result)
{
	static const char *const names[] = { "reply", "timeout", "broken", "no-link" };

	return names[result];
}
