/* Virtual time for tests, in a build of its own: the clock leaps to the next
 * deadline as soon as nothing is under way, up to the limit that the test has
 * set in the shared file named by INFUSIOND_CLOCK_FILE. */
#include "daemon/clock.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "daemon/base/clock_file.h"

enum { LOOK_AGAIN_MS = 1 };

struct daemon_clock {
	uv_timer_t timer; /* looks for a raised limit */
	uv_idle_t idle;
	struct clock_file *file;
	int held;
	struct instant wanted;
	bool behind;
	void (*wake)(void *ctx, struct instant now);
	void *ctx;
	int handles;
};

static struct outcome
map_file(struct clock_file **ret_file)
{
	const char *path = getenv("INFUSIOND_CLOCK_FILE");
	int fd = path != NULL ? open(path, O_RDWR | O_CLOEXEC) : -1;
	struct clock_file *file;

	if (fd < 0)
		return outcome_fail("the test build needs INFUSIOND_CLOCK_FILE to name a clock file");
	file = mmap(NULL, sizeof(*file), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	if (file == MAP_FAILED || file->magic != CLOCK_FILE_MAGIC)
		return outcome_fail("%s is no clock file", path);
	*ret_file = file;
	return outcome_ok();
}

static void
look(uv_timer_t *timer);

/* Runs when the loop has nothing else to do at once. */
static void
leap(uv_idle_t *idle)
{
	struct daemon_clock *clock = idle->data;
	int64_t limit_ms = atomic_load(&clock->file->limit_ms);
	int64_t now_ms = atomic_load(&clock->file->now_ms);
	int64_t to_ms = clock->wanted.ms < limit_ms ? clock->wanted.ms : limit_ms;

	uv_idle_stop(idle);
	if (clock->held > 0)
		return;
	if (to_ms > now_ms)
		atomic_store(&clock->file->now_ms, to_ms);
	if (clock->wanted.ms <= (to_ms > now_ms ? to_ms : now_ms)) {
		clock->wanted = INSTANT_NEVER;
		clock->wake(clock->ctx, clock_now(clock));
	} else {
		uv_timer_start(&clock->timer, look, LOOK_AGAIN_MS, 0);
	}
}

static void
try_leap(struct daemon_clock *clock)
{
	if (clock->held == 0)
		uv_idle_start(&clock->idle, leap);
}

static void
look(uv_timer_t *timer)
{
	try_leap(timer->data);
}

struct outcome
clock_create(uv_loop_t *loop, int64_t offset_ms, struct instant not_before,
    void (*wake)(void *ctx, struct instant now), void *ctx, struct daemon_clock **ret_clock)
{
	struct daemon_clock *clock = calloc(1, sizeof(*clock));
	struct outcome mapped;

	(void)offset_ms;
	if (clock == NULL)
		return outcome_fail("out of memory for the clock");
	mapped = map_file(&clock->file);
	if (!mapped.ok) {
		free(clock);
		return mapped;
	}
	clock->behind = instant_is_known(not_before) && atomic_load(&clock->file->now_ms) < not_before.ms;
	clock->wanted = INSTANT_NEVER;
	clock->wake = wake;
	clock->ctx = ctx;
	clock->handles = 2;
	uv_timer_init(loop, &clock->timer);
	uv_idle_init(loop, &clock->idle);
	clock->timer.data = clock->idle.data = clock;
	*ret_clock = clock;
	return outcome_ok();
}

static void
free_clock(uv_handle_t *handle)
{
	struct daemon_clock *clock = handle->data;

	if (--clock->handles > 0)
		return;
	munmap(clock->file, sizeof(*clock->file));
	free(clock);
}

void
clock_destroy(struct daemon_clock *clock)
{
	if (clock == NULL)
		return;
	uv_close((uv_handle_t *)&clock->timer, free_clock);
	uv_close((uv_handle_t *)&clock->idle, free_clock);
}

struct instant
clock_now(struct daemon_clock *clock)
{
	return (struct instant){ atomic_load(&clock->file->now_ms) };
}

struct wall
clock_wall(struct daemon_clock *clock)
{
	return (struct wall){ atomic_load(&clock->file->now_ms) + atomic_load(&clock->file->wall_offset_ms) };
}

bool
clock_was_behind(struct daemon_clock *clock)
{
	return clock->behind;
}

bool
clock_is_synchronised(struct daemon_clock *clock)
{
	(void)clock;
	return true;
}

void
clock_wake_at(struct daemon_clock *clock, struct instant at)
{
	clock->wanted = at;
	try_leap(clock);
}

void
clock_hold(struct daemon_clock *clock)
{
	clock->held++;
	uv_idle_stop(&clock->idle);
	uv_timer_stop(&clock->timer);
}

void
clock_release(struct daemon_clock *clock)
{
	clock->held--;
	try_leap(clock);
}
