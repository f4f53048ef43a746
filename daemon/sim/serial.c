#include "daemon/sim/serial.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "daemon/sim/pty.h"
#include "daemon/sim/serial_inside.h"

enum { NS_PER_S = 1000000000, READ_CAP = 512 };

static int64_t
now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * NS_PER_S + now.tv_nsec;
}

static int64_t
sooner(int64_t one, int64_t other)
{
	return one < other ? one : other;
}

/* The loop's timers know milliseconds, and a character at 115200 baud takes 87 us: the line has a timer of its own. */
static void
set_timer(struct sim_line *line)
{
	int64_t at = sooner(sooner(rtu_ear_due(&line->ear), rtu_mouth_due(&line->mouth)), sooner(line->tear_ns, line->stranger_ns));
	struct itimerspec due = { 0 };

	if (at != RTU_NEVER)
		due.it_value = (struct timespec){ at / NS_PER_S, at % NS_PER_S };
	timerfd_settime(line->timer, TFD_TIMER_ABSTIME, &due, NULL);
}

static void
forget_talk(struct sim_line *line)
{
	rtu_ear_forget(&line->ear);
	rtu_mouth_forget(&line->mouth);
	line->tear_ns = RTU_NEVER;
	line->heard_by_someone = false;
}

static void
unplug(struct sim_line *line)
{
	if (line->master < 0)
		return;
	/* Closed, it leaves the epoll by itself. */
	pty_close(line->master, line->options.path);
	line->master = -1;
	line->counts.pulled++;
	forget_talk(line);
}

static struct outcome
plug_in(struct sim_line *line)
{
	/* Edges: a pty that nobody has open would report that for ever. */
	struct epoll_event wanted = { .events = EPOLLIN | EPOLLET };
	struct outcome opened;

	if (line->master >= 0)
		return outcome_ok();
	opened = pty_open(line->options.path, line->options.baud, &line->master);
	if (opened.ok && epoll_ctl(line->ready, EPOLL_CTL_ADD, line->master, &wanted) != 0)
		opened = outcome_fail("%s cannot be watched: %s", line->options.path, strerror(errno));
	return opened;
}

/* What is over by now goes out. The instant is taken before it is there to be read: whoever waits for T3.5 from when they read it
 * waits long enough. */
static void
talk(struct sim_line *line)
{
	uint8_t bytes[READ_CAP];
	bool spoke = false;
	size_t count;

	do {
		int64_t at = now_ns();

		count = rtu_mouth_take(&line->mouth, at, bytes, sizeof(bytes), &spoke);
		if (count == 0 || !line->heard_by_someone)
			continue;
		if (spoke)
			rtu_ear_note_other(&line->ear, at);
		/* A reader who does not read loses it, as with any port. */
		(void)!write(line->master, bytes, count);
	} while (count > 0);
}

/* What the master's program wrote is on the wire from now on, or from when it has said what it wrote before. */
static void
hear(struct sim_line *line, const uint8_t *bytes, size_t count)
{
	int64_t at = now_ns(), from = line->ear.end_ns > at ? line->ear.end_ns : at;
	bool foreign = pty_baud(line->master) != line->options.baud;
	int16_t characters[READ_CAP];

	line_noise_pass(&line->noise, &line->faults, bytes, count, characters);
	rtu_ear_hear(&line->ear, at, characters, count, rtu_mouth_is_talking(&line->mouth, at), foreign);
	if (line->faults.echo)
		line_echo(line, characters, count, from);
}

static void
take_frames(struct sim_line *line)
{
	struct rtu_heard_frame frame;

	while (rtu_ear_take(&line->ear, now_ns(), &frame))
		line_take_frame(line, &frame);
}

static void
listen_to(struct sim_line *line)
{
	uint8_t bytes[READ_CAP];
	ssize_t got;

	while ((got = read(line->master, bytes, sizeof(bytes))) > 0) {
		/* A frame that was over before is none with these. */
		take_frames(line);
		if (line->master < 0)
			return;
		line->heard_by_someone = true;
		hear(line, bytes, (size_t)got);
	}
	if (got < 0 && errno == EIO && line->heard_by_someone) {
		forget_talk(line);
		pty_forget(line->master);
	}
}

static void
work(struct sim_line *line)
{
	int64_t at = now_ns();

	if (at >= line->stranger_ns) {
		line->stranger_ns = at + (int64_t)line->faults.second_master_ms * NS_PER_MS;
		line_let_stranger_talk(line, at);
	}
	if (line->master >= 0)
		talk(line);
	if (line->master >= 0)
		listen_to(line);
	take_frames(line);
	if (now_ns() >= line->tear_ns) {
		talk(line);
		line->torn = true;
		unplug(line);
	}
	set_timer(line);
}

static void
wake(uv_poll_t *poll, int status, int events)
{
	struct sim_line *line = poll->data;
	struct epoll_event ready[2];
	uint64_t times;

	(void)status;
	(void)events;
	epoll_wait(line->ready, ready, 2, 0);
	(void)!read(line->timer, &times, sizeof(times));
	work(line);
}

static bool
is_to_be_torn(const struct sim_line *line)
{
	for (const struct sim_unit *unit = line->wire.units; unit != NULL; unit = unit->next)
		if (unit->faults.reset)
			return true;
	return false;
}

/* Torn by an answer, it stays so until no unit wants that any more. */
static void
refresh(struct sim_wire *wire)
{
	struct sim_line *line = (struct sim_line *)wire;
	bool strange = line->faults.second_master_ms > 0;

	line->stranger_ns = strange ? now_ns() + (int64_t)line->faults.second_master_ms * NS_PER_MS : RTU_NEVER;
	if (!is_to_be_torn(line)) {
		line->torn = false;
		line->tear_ns = RTU_NEVER;
	}
	/* That it cannot be plugged in again shows by the port not being there. */
	if (!line->torn && line->door == DOOR_OPEN)
		(void)plug_in(line);
	set_timer(line);
}

static struct outcome
set_door(struct sim_wire *wire, enum sim_door door)
{
	struct sim_line *line = (struct sim_line *)wire;

	line->door = door;
	if (door == DOOR_OPEN)
		return line->torn ? outcome_ok() : plug_in(line);
	unplug(line);
	return outcome_ok();
}

/* A unit without power says nothing, and tears nothing: what it was saying is over in a moment anyway. */
static void
drop(struct sim_wire *wire)
{
	(void)wire;
}

static const struct sim_wire_table serial_table = { WIRE_SERIAL, set_door, drop, refresh };

static struct outcome
open_descriptors(struct sim_line *line)
{
	struct epoll_event wanted = { .events = EPOLLIN };

	line->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	line->ready = epoll_create1(EPOLL_CLOEXEC);
	if (line->timer < 0 || line->ready < 0 || epoll_ctl(line->ready, EPOLL_CTL_ADD, line->timer, &wanted) != 0)
		return outcome_fail("%s cannot be watched: %s", line->options.path, strerror(errno));
	return plug_in(line);
}

static void
close_descriptors(struct sim_line *line)
{
	if (line->master >= 0)
		pty_close(line->master, line->options.path);
	if (line->timer >= 0)
		close(line->timer);
	if (line->ready >= 0)
		close(line->ready);
}

struct outcome
sim_line_create(uv_loop_t *loop, const struct serial_options *options, const struct sim_world *world, struct sim_line **ret_line)
{
	struct sim_line *line = calloc(1, sizeof(*line));
	struct rtu_timing timing = rtu_timing(options->baud, options->bits, !options->unpaced);
	struct outcome opened;

	if (line == NULL)
		return outcome_fail("out of memory");
	timing.turnaround_ns = (int64_t)(options->turnaround_ms * NS_PER_MS);
	line->wire = (struct sim_wire){ &serial_table, NULL, &line->faults };
	line->options = *options;
	line->world = *world;
	line->noise.state = options->seed;
	line->master = line->timer = line->ready = -1;
	line->tear_ns = line->stranger_ns = RTU_NEVER;
	rtu_ear_init(&line->ear, &timing, options->strict);
	opened = open_descriptors(line);
	if (!opened.ok) {
		close_descriptors(line);
		free(line);
		return opened;
	}
	uv_poll_init(loop, &line->poll, line->ready);
	line->poll.data = line;
	uv_poll_start(&line->poll, UV_READABLE, wake);
	*ret_line = line;
	return outcome_ok();
}

static void
poll_closed(uv_handle_t *handle)
{
	struct sim_line *line = handle->data;

	close_descriptors(line);
	free(line);
}

void
sim_line_destroy(struct sim_line *line)
{
	if (line != NULL)
		uv_close((uv_handle_t *)&line->poll, poll_closed);
}

struct sim_wire *
sim_line_wire(struct sim_line *line)
{
	return &line->wire;
}

const struct serial_options *
sim_line_options(const struct sim_line *line)
{
	return &line->options;
}
