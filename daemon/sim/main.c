/* infusion-sim: pretends to be bedside monitors on Modbus TCP. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "daemon/base/clock_file.h"
#include "daemon/settings/settings.h"
#include "daemon/sim/server.h"

static const char usage[] =
	"usage: infusion-sim --profile FILE [options]\n"
	"\n"
	"Serves a simulated bedside monitor over Modbus TCP, from a monitor profile.\n"
	"\n"
	"  --profile FILE        the monitor's register map (config/monitors/*.yaml)\n"
	"  --listen HOST:PORT    where to listen (127.0.0.1:0: any port, printed)\n"
	"  --unit N              Modbus unit (1)\n"
	"  --seed N              which patient (1)\n"
	"  --recording FILE      serve a recording (CSV of t_s, HR, SpO2, RR, NBPs, NBPm, NBPd) instead of a patient\n"
	"  --cuff-interval S     a cuff every so many seconds (300; 0: only on command)\n"
	"  --dose-at S           the patient's infusion begins so many seconds after the start\n"
	"  --script FILE         lines of SECONDS COMMAND, each done so many seconds after the start\n"
	"  --log FILE            what was really there: a line for every cuff\n"
	"  --control SOCKET      take commands on a UNIX socket, one a line (also on standard input)\n"
	"  --speed N             time runs N times faster\n"
	"  --clock FILE          follow a test's virtual clock\n"
	"  --help                this text\n"
	"\n"
	"Commands: cuff SYS MEAN DIA, cuff-now, cuff-interval S, set rate N, set spo2 N, dose, stop, climb MMHG-PER-MIN,\n"
	"  sensor-off, cuff-failure, reboot, counter-wrap, clock-off S, mute, refuse, exception CODE, truncated, garbage,\n"
	"  wrong-transaction, wrong-unit, slow MS, dribble MS, reset, drop-for S, clear\n";

enum { SCRIPT_LINES = 256, COMMAND_CAP = 128, TICK_MS = 100 };

struct scripted {
	int64_t at_ms;
	char command[COMMAND_CAP];
};

struct sim {
	uv_loop_t loop;
	uv_timer_t tick;
	uv_signal_t interrupt, terminate;
	uv_pipe_t control, input;
	bool has_control, has_input;
	struct sim_server server;
	struct profile profile;
	struct clock_file *clock;
	double speed;
	struct timespec real_start;
	struct instant start;
	struct scripted script[SCRIPT_LINES];
	size_t script_count, script_next;
	/* arguments */
	const char *profile_path, *recording, *log, *control_path, *script_path, *clock_path;
	uint64_t seed;
	int cuff_interval_s, dose_at_s;
};

static struct instant
sim_now(void *ctx)
{
	struct sim *sim = ctx;
	struct timespec now;
	double passed_ms;

	if (sim->clock != NULL)
		return (struct instant){ atomic_load(&sim->clock->now_ms) };
	clock_gettime(CLOCK_MONOTONIC, &now);
	passed_ms = (double)(now.tv_sec - sim->real_start.tv_sec) * 1000 +
	            (double)(now.tv_nsec - sim->real_start.tv_nsec) / 1000000;
	return instant_add(sim->start, duration_ms((int64_t)(passed_ms * sim->speed)));
}

static void
do_command(struct sim *sim, const char *command, char *ret_answer, size_t cap)
{
	struct outcome done = sim_server_command(&sim->server, command);

	snprintf(ret_answer, cap, "%s%s\n", done.ok ? "ok" : "error: ", done.why);
}

static void
tick(uv_timer_t *timer)
{
	struct sim *sim = timer->data;
	struct instant now = sim_now(sim);
	char answer[512];

	sim_monitor_update(&sim->server.monitor, now);
	if (sim->dose_at_s >= 0 && instant_since(now, sim->start).ms >= (int64_t)sim->dose_at_s * 1000) {
		sim->dose_at_s = -1;
		do_command(sim, "dose", answer, sizeof(answer));
	}
	while (sim->script_next < sim->script_count &&
	       sim->script[sim->script_next].at_ms <= instant_since(now, sim->start).ms)
		do_command(sim, sim->script[sim->script_next++].command, answer, sizeof(answer));
}

static void
stop(uv_signal_t *handle, int signal)
{
	(void)signal;
	uv_stop(handle->loop);
}

static void
free_control(uv_handle_t *handle)
{
	free(handle);
}

static void
give_control_buffer(uv_handle_t *handle, size_t wanted, uv_buf_t *buffer)
{
	(void)handle;
	(void)wanted;
	*buffer = uv_buf_init(malloc(COMMAND_CAP), COMMAND_CAP - 1);
}

/* One command a line; a line is expected to come whole, as scripts and people send it. */
static void
take_control(uv_stream_t *stream, ssize_t length, const uv_buf_t *buffer)
{
	struct sim *sim = stream->loop->data == NULL ? NULL : (struct sim *)((char *)stream->loop->data - offsetof(struct sim, server));
	char *line, *rest = buffer->base;
	char answer[512];

	if (length < 0) {
		if (stream != (uv_stream_t *)&sim->input)
			uv_close((uv_handle_t *)stream, free_control);
		else
			uv_read_stop(stream);
		free(buffer->base);
		return;
	}
	buffer->base[length] = '\0';
	while ((line = strsep(&rest, "\n")) != NULL) {
		uv_buf_t out;

		if (line[0] == '\0')
			continue;
		do_command(sim, line, answer, sizeof(answer));
		out = uv_buf_init(answer, (unsigned)strlen(answer));
		if (stream != (uv_stream_t *)&sim->input)
			uv_try_write(stream, &out, 1);
	}
	free(buffer->base);
}

static void
accept_control(uv_stream_t *listener, int status)
{
	uv_pipe_t *client = malloc(sizeof(*client));

	if (status != 0 || client == NULL || uv_pipe_init(listener->loop, client, 0) != 0) {
		free(client);
		return;
	}
	if (uv_accept(listener, (uv_stream_t *)client) == 0)
		uv_read_start((uv_stream_t *)client, give_control_buffer, take_control);
	else
		uv_close((uv_handle_t *)client, free_control);
}

static struct outcome
open_control(struct sim *sim)
{
	int failed;

	if (sim->control_path == NULL)
		return outcome_ok();
	unlink(sim->control_path);
	uv_pipe_init(&sim->loop, &sim->control, 0);
	failed = uv_pipe_bind(&sim->control, sim->control_path);
	if (failed == 0)
		failed = uv_listen((uv_stream_t *)&sim->control, 4, accept_control);
	sim->has_control = true;
	return failed == 0 ? outcome_ok() : outcome_fail("%s: %s", sim->control_path, uv_strerror(failed));
}

static struct outcome
read_script(struct sim *sim)
{
	FILE *file = sim->script_path != NULL ? fopen(sim->script_path, "re") : NULL;
	char line[256];

	if (sim->script_path == NULL)
		return outcome_ok();
	if (file == NULL)
		return outcome_fail("%s: the script cannot be read", sim->script_path);
	for (int number = 1; fgets(line, sizeof(line), file) != NULL; number++) {
		struct scripted *scripted = &sim->script[sim->script_count];
		double seconds;
		int used = 0;

		line[strcspn(line, "#\r\n")] = '\0';
		if (line[strspn(line, " \t")] == '\0')
			continue;
		if (sim->script_count == SCRIPT_LINES || sscanf(line, "%lf %n", &seconds, &used) != 1 || used == 0) {
			fclose(file);
			return outcome_fail("%s: line %d is not SECONDS COMMAND", sim->script_path, number);
		}
		scripted->at_ms = (int64_t)(seconds * 1000);
		snprintf(scripted->command, COMMAND_CAP, "%s", line + used);
		sim->script_count++;
	}
	fclose(file);
	return outcome_ok();
}

static struct outcome
map_clock(struct sim *sim)
{
	int fd;

	if (sim->clock_path == NULL)
		return outcome_ok();
	fd = open(sim->clock_path, O_RDONLY | O_CLOEXEC);
	sim->clock = fd >= 0 ? mmap(NULL, sizeof(*sim->clock), PROT_READ, MAP_SHARED, fd, 0) : MAP_FAILED;
	if (fd >= 0)
		close(fd);
	if (sim->clock == MAP_FAILED || sim->clock->magic != CLOCK_FILE_MAGIC)
		return outcome_fail("%s is no clock file", sim->clock_path);
	return outcome_ok();
}

static struct outcome
load_profile(struct sim *sim)
{
	struct problems *problems = problems_create();
	bool good = problems != NULL && profile_load_file(sim->profile_path, problems, &sim->profile);

	if (problems != NULL)
		problems_print(problems, stderr);
	problems_destroy(problems);
	return good ? outcome_ok() : outcome_fail("%s cannot be served", sim->profile_path);
}

static struct outcome
prepare(struct sim *sim)
{
	struct outcome done = load_profile(sim);
	struct timespec wall;

	if (done.ok)
		done = map_clock(sim);
	if (done.ok)
		done = read_script(sim);
	if (!done.ok)
		return done;
	clock_gettime(CLOCK_MONOTONIC, &sim->real_start);
	clock_gettime(CLOCK_REALTIME, &wall);
	sim->start.ms = (int64_t)wall.tv_sec * 1000 + wall.tv_nsec / 1000000;
	sim->start = sim_now(sim);
	if (!sim_monitor_init(&sim->server.monitor, &sim->profile, sim->seed, sim->start))
		return outcome_fail("out of memory");
	sim->server.monitor.cuff_interval = duration_s(sim->cuff_interval_s);
	if (sim->cuff_interval_s == 0)
		sim->server.monitor.cuff_next = INSTANT_NEVER;
	if (sim->recording != NULL)
		done = sim_monitor_read_recording(&sim->server.monitor, sim->recording);
	if (done.ok && sim->log != NULL && (sim->server.monitor.log = fopen(sim->log, "we")) == NULL)
		done = outcome_fail("%s: %s", sim->log, strerror(errno));
	return done;
}

static struct outcome
run(struct sim *sim)
{
	struct outcome done = prepare(sim);

	if (!done.ok)
		return done;
	uv_loop_init(&sim->loop);
	sim->loop.data = &sim->server;
	sim->server.loop = &sim->loop;
	sim->server.now = sim_now;
	sim->server.ctx = sim;
	done = sim_server_start(&sim->server);
	if (done.ok)
		done = open_control(sim);
	if (!done.ok)
		return done;
	uv_timer_init(&sim->loop, &sim->tick);
	sim->tick.data = sim;
	uv_timer_start(&sim->tick, tick, TICK_MS, TICK_MS);
	uv_signal_init(&sim->loop, &sim->interrupt);
	uv_signal_init(&sim->loop, &sim->terminate);
	uv_signal_start(&sim->interrupt, stop, SIGINT);
	uv_signal_start(&sim->terminate, stop, SIGTERM);
	printf("listening %s:%d unit %u\n", sim->server.host, sim->server.port, sim->server.unit);
	fflush(stdout);
	uv_run(&sim->loop, UV_RUN_DEFAULT);
	if (sim->server.monitor.log != NULL)
		fclose(sim->server.monitor.log);
	sim_server_stop(&sim->server);
	if (sim->control_path != NULL)
		unlink(sim->control_path);
	return done;
}

static bool
take_listen(struct sim *sim, const char *text)
{
	const char *colon = strrchr(text, ':');
	char *end;
	long port;

	if (colon == NULL || (size_t)(colon - text) >= sizeof(sim->server.host))
		return false;
	snprintf(sim->server.host, sizeof(sim->server.host), "%.*s", (int)(colon - text), text);
	port = strtol(colon + 1, &end, 10);
	sim->server.port = (int)port;
	return *end == '\0' && port >= 0 && port <= 65535;
}

static const struct option options[] = {
	{ "profile", required_argument, NULL, 'p' }, { "listen", required_argument, NULL, 'l' },
	{ "unit", required_argument, NULL, 'u' },    { "seed", required_argument, NULL, 's' },
	{ "recording", required_argument, NULL, 'r' }, { "cuff-interval", required_argument, NULL, 'i' },
	{ "dose-at", required_argument, NULL, 'd' }, { "script", required_argument, NULL, 'x' },
	{ "log", required_argument, NULL, 'g' },     { "control", required_argument, NULL, 'c' },
	{ "speed", required_argument, NULL, 'n' },   { "clock", required_argument, NULL, 'k' },
	{ "help", no_argument, NULL, 'h' },          { NULL, 0, NULL, 0 },
};

/* -1: go on; else the exit status. */
static int
take_options(struct sim *sim, int argc, char **argv)
{
	int option;

	while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		switch (option) {
		case 'p': sim->profile_path = optarg; break;
		case 'u': sim->server.unit = (uint8_t)strtoul(optarg, NULL, 10); break;
		case 's': sim->seed = strtoull(optarg, NULL, 10); break;
		case 'r': sim->recording = optarg; break;
		case 'i': sim->cuff_interval_s = (int)strtol(optarg, NULL, 10); break;
		case 'd': sim->dose_at_s = (int)strtol(optarg, NULL, 10); break;
		case 'x': sim->script_path = optarg; break;
		case 'g': sim->log = optarg; break;
		case 'c': sim->control_path = optarg; break;
		case 'k': sim->clock_path = optarg; break;
		case 'n': sim->speed = strtod(optarg, NULL); break;
		case 'h': fputs(usage, stdout); return 0;
		case 'l':
			if (take_listen(sim, optarg))
				break;
			fprintf(stderr, "infusion-sim: '%s' is not HOST:PORT\n", optarg);
			return 2;
		default: fputs("infusion-sim --help says what there is\n", stderr); return 2;
		}
	}
	if (sim->profile_path == NULL || optind != argc || !(sim->speed > 0)) {
		fputs(usage, stderr);
		return 2;
	}
	return -1;
}

int
main(int argc, char **argv)
{
	struct sim *sim = calloc(1, sizeof(*sim));
	struct outcome done;
	int status;

	if (sim == NULL)
		return 1;
	signal(SIGPIPE, SIG_IGN);
	snprintf(sim->server.host, sizeof(sim->server.host), "127.0.0.1");
	sim->server.unit = 1;
	sim->seed = 1;
	sim->cuff_interval_s = 300;
	sim->dose_at_s = -1;
	sim->speed = 1;
	status = take_options(sim, argc, argv);
	if (status < 0) {
		done = run(sim);
		if (!done.ok)
			fprintf(stderr, "infusion-sim: %s\n", done.why);
		status = done.ok ? 0 : 1;
	}
	free(sim);
	return status;
}
