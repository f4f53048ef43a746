#include "daemon/line/patience.h"

#include <errno.h>
#include <poll.h>
#include <time.h>

static int64_t
read_clock_ms(clockid_t id)
{
	struct timespec now;

	clock_gettime(id, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t
patience_now_ms(void)
{
	return read_clock_ms(CLOCK_MONOTONIC);
}

int64_t
patience_boot_ms(void)
{
	return read_clock_ms(CLOCK_BOOTTIME);
}

int64_t
patience_now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

enum waited
patience_wait(int descriptor, short events, const struct patience *patience, short *ret_events)
{
	struct pollfd waiting[] = {
		{ .fd = descriptor, .events = events },
		{ .fd = patience->interrupt, .events = POLLIN },
	};

	for (;;) {
		int64_t left_ms = patience->deadline_ms - patience_now_ms();
		int ready;

		/* Whoever floods is always ready: the deadline comes first. */
		if (left_ms <= 0)
			return WAITED_TIMED_OUT;
		ready = poll(waiting, 2, (int)left_ms);
		if (ready < 0 && errno == EINTR)
			continue;
		if (waiting[1].revents != 0)
			return WAITED_INTERRUPTED;
		if (ready <= 0)
			return WAITED_TIMED_OUT;
		if (ret_events != NULL)
			*ret_events = waiting[0].revents;
		return WAITED_READY;
	}
}

void
patience_pause(const struct patience *patience)
{
	struct pollfd waiting = { .fd = patience->interrupt, .events = POLLIN };

	poll(&waiting, 1, 1);
}
