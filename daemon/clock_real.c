/* The host's time: the monotonic clock carries the timeline, the wall clock
 * only says where it began. */
#include "daemon/clock.h"

#include <stdlib.h>
#include <sys/timex.h>
#include <time.h>

enum { LONGEST_SLEEP_MS = 1000 };

struct daemon_clock {
	uv_timer_t timer;
	int64_t base_ms; /* instant minus monotonic */
	bool behind;
	struct instant wanted;
	void (*wake)(void *ctx, struct instant now);
	void *ctx;
};

static int64_t
read_clock_ms(clockid_t id)
{
	struct timespec now;

	clock_gettime(id, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

struct outcome
clock_create(uv_loop_t *loop, int64_t offset_ms, struct instant not_before,
    void (*wake)(void *ctx, struct instant now), void *ctx, struct daemon_clock **ret_clock)
{
	struct daemon_clock *clock = calloc(1, sizeof(*clock));
	int64_t start_ms = read_clock_ms(CLOCK_REALTIME) - offset_ms;

	if (clock == NULL)
		return outcome_fail("out of memory for the clock");
	if (instant_is_known(not_before) && start_ms < not_before.ms) {
		clock->behind = true;
		start_ms = not_before.ms;
	}
	clock->base_ms = start_ms - read_clock_ms(CLOCK_BOOTTIME);
	clock->wanted = INSTANT_NEVER;
	clock->wake = wake;
	clock->ctx = ctx;
	uv_timer_init(loop, &clock->timer);
	clock->timer.data = clock;
	*ret_clock = clock;
	return outcome_ok();
}

static void
free_clock(uv_handle_t *handle)
{
	free(handle->data);
}

void
clock_destroy(struct daemon_clock *clock)
{
	if (clock != NULL)
		uv_close((uv_handle_t *)&clock->timer, free_clock);
}

struct instant
clock_now(struct daemon_clock *clock)
{
	return (struct instant){ clock->base_ms + read_clock_ms(CLOCK_BOOTTIME) };
}

struct wall
clock_wall(struct daemon_clock *clock)
{
	(void)clock;
	return (struct wall){ read_clock_ms(CLOCK_REALTIME) };
}

bool
clock_was_behind(struct daemon_clock *clock)
{
	return clock->behind;
}

bool
clock_is_synchronised(struct daemon_clock *clock)
{
	struct timex state = { .modes = 0 };

	(void)clock;
	return adjtimex(&state) != TIME_ERROR && (state.status & STA_UNSYNC) == 0;
}

static void
set_timer(struct daemon_clock *clock);

static void
timer_due(uv_timer_t *timer)
{
	struct daemon_clock *clock = timer->data;
	struct instant now = clock_now(clock);

	if (now.ms < clock->wanted.ms) {
		set_timer(clock);
		return;
	}
	clock->wanted = INSTANT_NEVER;
	clock->wake(clock->ctx, now);
}

/* Never longer than a second: a suspended host must not sleep through a deadline by libuv's own clock. */
static void
set_timer(struct daemon_clock *clock)
{
	int64_t left_ms = clock->wanted.ms == INT64_MAX ? LONGEST_SLEEP_MS
							: instant_since(clock->wanted, clock_now(clock)).ms;

	uv_update_time(clock->timer.loop);
	left_ms = left_ms < 0 ? 0 : left_ms > LONGEST_SLEEP_MS ? LONGEST_SLEEP_MS : left_ms;
	uv_timer_start(&clock->timer, timer_due, (uint64_t)left_ms, 0);
}

void
clock_wake_at(struct daemon_clock *clock, struct instant at)
{
	clock->wanted = at;
	set_timer(clock);
}

void
clock_hold(struct daemon_clock *clock)
{
	(void)clock;
}

void
clock_release(struct daemon_clock *clock)
{
	(void)clock;
}
