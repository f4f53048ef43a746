#include "daemon/sim/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static int64_t
host_ms(clockid_t id)
{
	struct timespec now;

	clock_gettime(id, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static struct outcome
map_clock(const char *path, const struct clock_file **ret_file)
{
	int descriptor = open(path, O_RDONLY | O_CLOEXEC);
	const struct clock_file *file = MAP_FAILED;
	struct stat status;

	if (descriptor < 0)
		return outcome_fail("%s: the clock file cannot be read: %s", path, strerror(errno));
	if (fstat(descriptor, &status) == 0 && status.st_size >= (off_t)sizeof(*file))
		file = mmap(NULL, sizeof(*file), PROT_READ, MAP_SHARED, descriptor, 0);
	close(descriptor);
	if (file == MAP_FAILED || file->magic != CLOCK_FILE_MAGIC)
		return outcome_fail("%s: is no clock file", path);
	*ret_file = file;
	return outcome_ok();
}

struct outcome
sim_clock_init(struct sim_clock *clock, const char *clock_path, double speed)
{
	*clock = (struct sim_clock){ .began_host_ms = host_ms(CLOCK_MONOTONIC), .start = { host_ms(CLOCK_REALTIME) }, .speed = speed };
	if (clock_path != NULL) {
		struct outcome mapped = map_clock(clock_path, &clock->file);

		if (!mapped.ok)
			return mapped;
		clock->start = sim_clock_now(clock);
	}
	return outcome_ok();
}

struct instant
sim_clock_now(const struct sim_clock *clock)
{
	if (clock->file != NULL)
		return (struct instant){ atomic_load(&clock->file->now_ms) };
	return instant_add(clock->start,
	    duration_ms((int64_t)((double)(host_ms(CLOCK_MONOTONIC) - clock->began_host_ms) * clock->speed)));
}

bool
sim_clock_is_virtual(const struct sim_clock *clock)
{
	return clock->file != NULL;
}
