/* Both ends of the way from a monitor to a console: so many Modbus TCP monitors,
 * and WebSocket clients of infusiond's UNIX socket, in one program and on one
 * clock. Each monitor's every reply holds another value; the time is taken just
 * before the reply is written, and again when the last bytes of a frame that shows
 * this value have come to the client's socket. The client has a thread of its own:
 * in one with the monitors it would wait until all of a tick have been answered.
 * Every bed has two monitors: one for rate, saturation and cuff, one for breathing.
 *
 *   live-probe MONITORS
 *
 * It prints "ports P1 P2 ..." and takes lines on standard input, answering each:
 *   watch SOCKET      connects the client whose frames are timed
 *   idle SOCKET N     N more that read and throw away, in a thread of their own
 *   stalled SOCKET N  N more that never read
 *   measure SECONDS   prints a line of JSON
 * live_bench.py speaks to it. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { MONITORS_MOST = 64, SAMPLES_MOST = 1 << 20, FRAME_MOST = 1 << 20, KINDS = 2 };

/* What a monitor gives that changes from reply to reply, within its limits. */
static const struct {
	const char *mark; /* before its value in a frame */
	int lowest, count;
} kinds[KINDS] = { { "\"vital\":\"rate\"", 60, 40 }, { "\"vital\":\"breathing\"", 12, 10 } };

struct samples {
	double *ms;
	size_t count;
};

struct monitor {
	int listener, fd; /* -1: nobody is connected */
	unsigned char request[12];
	size_t length;
	int kind;
	double asked_ms; /* the last request; 0: none */
	/* Under the probe's lock: */
	int value;         /* in the last reply */
	double replied_ms; /* when it was written */
	bool seen;         /* the value was seen in a frame */
};

struct client {
	int fd;
	unsigned char *bytes;
	size_t length;
	bool open; /* the upgrade was answered */
};

struct probe {
	int epoll;
	size_t count;
	struct monitor monitors[MONITORS_MOST];
	struct client watcher;
	struct samples periods;
	int idle_epoll; /* the idle clients' thread's */
	/* The watcher's thread has these too: */
	pthread_mutex_t lock;
	struct samples latencies;
	uint64_t frames, bytes;
};

static double
now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1000 + (double)now.tv_nsec / 1e6;
}

static void
die(const char *what)
{
	fprintf(stderr, "live-probe: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void
add_sample(struct samples *samples, double ms)
{
	if (samples->count < SAMPLES_MOST)
		samples->ms[samples->count++] = ms;
}

static int
compare(const void *a, const void *b)
{
	double left = *(const double *)a, right = *(const double *)b;

	return left < right ? -1 : left > right;
}

static void
print_samples(const char *name, struct samples *samples)
{
	size_t n = samples->count;

	qsort(samples->ms, n, sizeof(*samples->ms), compare);
	printf("\"%s\":{\"count\":%zu", name, n);
	if (n > 0)
		printf(",\"least\":%.3f,\"p50\":%.3f,\"p95\":%.3f,\"p99\":%.3f,\"most\":%.3f", samples->ms[0],
		    samples->ms[n / 2], samples->ms[n * 95 / 100], samples->ms[n * 99 / 100], samples->ms[n - 1]);
	printf("}");
	samples->count = 0;
}

static void
watch_fd(int epoll, int fd, void *what)
{
	struct epoll_event event = { .events = EPOLLIN, .data = { .ptr = what } };

	if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) != 0)
		die("epoll");
}

static int
listen_anywhere(int *ret_port)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	socklen_t size = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&address, size) != 0 || listen(fd, 4) != 0 ||
	    getsockname(fd, (struct sockaddr *)&address, &size) != 0)
		die("a monitor's socket");
	*ret_port = ntohs(address.sin_port);
	return fd;
}

static void
hang_up(struct monitor *monitor)
{
	close(monitor->fd);
	monitor->fd = -1;
	monitor->length = 0;
	monitor->asked_ms = 0;
}

/* Registers 0 to 5 of config/monitors/generic-plain.yaml: rate, saturation, nothing, and a cuff that never changes; or
 * breathing in register 0. */
static void
reply(struct probe *probe, struct monitor *monitor)
{
	const unsigned char *request = monitor->request;
	unsigned first = (unsigned)request[8] << 8 | request[9], count = (unsigned)request[10] << 8 | request[11];
	const int lowest = kinds[monitor->kind].lowest;
	const int values[] = { lowest + (monitor->value - lowest + 1) % kinds[monitor->kind].count, 97, 0, 121, 91, 76 };
	unsigned char answer[9 + 2 * 6] = { request[0], request[1], 0, 0, 0, (unsigned char)(3 + 2 * count), request[6], request[7],
		(unsigned char)(2 * count) };
	double asked_ms = now_ms();

	if (first + count > 6)
		die("a request for registers that there are not");
	for (unsigned i = 0; i < count; i++)
		answer[10 + 2 * i] = (unsigned char)values[first + i];
	if (monitor->asked_ms > 0)
		add_sample(&probe->periods, asked_ms - monitor->asked_ms);
	monitor->asked_ms = asked_ms;
	pthread_mutex_lock(&probe->lock);
	monitor->value = values[0];
	monitor->seen = false;
	monitor->replied_ms = now_ms();
	pthread_mutex_unlock(&probe->lock);
	/* Who does not wait any longer asks anew. */
	if (send(monitor->fd, answer, 9 + 2 * count, MSG_NOSIGNAL) < 0)
		hang_up(monitor);
}

static void
serve(struct probe *probe, struct monitor *monitor)
{
	ssize_t got = recv(monitor->fd, monitor->request + monitor->length, sizeof(monitor->request) - monitor->length, MSG_DONTWAIT);

	if (got == 0 || (got < 0 && errno != EAGAIN)) {
		hang_up(monitor);
		return;
	}
	monitor->length += got > 0 ? (size_t)got : 0;
	if (monitor->length < sizeof(monitor->request))
		return;
	monitor->length = 0;
	reply(probe, monitor);
}

static void
take_monitor(struct probe *probe, struct monitor *monitor)
{
	int fd = accept4(monitor->listener, NULL, NULL, SOCK_CLOEXEC);

	if (fd < 0)
		return;
	if (monitor->fd >= 0)
		hang_up(monitor);
	monitor->fd = fd;
	watch_fd(probe->epoll, fd, &monitor->fd);
}

/* The number after a key that stands behind a mark; -1: none. */
static int
number_behind(const char *text, size_t length, const char *mark, const char *key)
{
	const char *at = memmem(text, length, mark, strlen(mark));

	if (at != NULL)
		at = memmem(at, length - (size_t)(at - text), key, strlen(key));
	return at != NULL ? atoi(at + strlen(key)) : -1;
}

static void
take_frame(struct probe *probe, const char *text, size_t length, double at_ms)
{
	int bed = number_behind(text, length < 200 ? length : 200, "\"bed\":", "\"bed\":\"b");

	pthread_mutex_lock(&probe->lock);
	probe->frames++;
	probe->bytes += length;
	for (int kind = 0; bed >= 0 && kind < KINDS && (size_t)(bed * KINDS + kind) < probe->count; kind++) {
		struct monitor *monitor = &probe->monitors[bed * KINDS + kind];

		if (monitor->seen || number_behind(text, length, kinds[kind].mark, "\"value\":") != monitor->value)
			continue;
		monitor->seen = true;
		add_sample(&probe->latencies, at_ms - monitor->replied_ms);
	}
	pthread_mutex_unlock(&probe->lock);
}

/* The length of a whole message at the beginning of the bytes, and where its text begins; 0: not yet whole. */
static size_t
whole_message(const unsigned char *bytes, size_t have, size_t *ret_begin)
{
	size_t length = have >= 2 ? bytes[1] & 0x7f : 0, begin = 2;

	if (have < 2 || (length == 126 && have < 4) || (length == 127 && have < 10))
		return 0;
	if (length == 126) {
		length = (size_t)bytes[2] << 8 | bytes[3];
		begin = 4;
	} else if (length == 127) {
		length = 0;
		for (int i = 2; i < 10; i++)
			length = length << 8 | bytes[i];
		begin = 10;
	}
	*ret_begin = begin;
	return have >= begin + length ? begin + length : 0;
}

/* False when there is nothing more to come. */
static bool
take_bytes(struct probe *probe, struct client *client)
{
	ssize_t got = recv(client->fd, client->bytes + client->length, FRAME_MOST - client->length, 0);
	double at_ms = now_ms();
	size_t taken = 0, begin, length;
	const unsigned char *end;

	if (got < 0)
		die("the console's socket");
	if (got == 0)
		return false;
	client->length += (size_t)got;
	if (!client->open) {
		end = memmem(client->bytes, client->length, "\r\n\r\n", 4);
		if (end == NULL)
			return true;
		client->open = true;
		taken = (size_t)(end + 4 - client->bytes);
	}
	while ((length = whole_message(client->bytes + taken, client->length - taken, &begin)) > 0) {
		take_frame(probe, (const char *)client->bytes + taken + begin, length - begin, at_ms);
		taken += length;
	}
	memmove(client->bytes, client->bytes + taken, client->length - taken);
	client->length -= taken;
	return true;
}

static int
connect_client(const char *path)
{
	static const char upgrade[] = "GET /api/v1/live HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
				      "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
				      "Sec-WebSocket-Protocol: infusiond.v1\r\n\r\n";
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof(address)) != 0 ||
	    send(fd, upgrade, sizeof(upgrade) - 1, MSG_NOSIGNAL) < 0)
		die(path);
	return fd;
}

static void *
run_watcher(void *arg)
{
	struct probe *probe = arg;

	while (take_bytes(probe, &probe->watcher))
		;
	return NULL;
}

static void
start_thread(void *(*run)(void *), struct probe *probe)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, run, probe) != 0)
		die("a thread");
	pthread_detach(thread);
}

static void *
run_idle(void *arg)
{
	struct probe *probe = arg;
	struct epoll_event events[64];
	static char thrown[1 << 18];

	for (;;) {
		int count = epoll_wait(probe->idle_epoll, events, 64, -1);

		for (int i = 0; i < count; i++)
			if (recv(events[i].data.fd, thrown, sizeof(thrown), MSG_DONTWAIT) == 0)
				epoll_ctl(probe->idle_epoll, EPOLL_CTL_DEL, events[i].data.fd, NULL);
	}
	return NULL;
}

static void
add_idle(struct probe *probe, const char *path, int count)
{
	for (int i = 0; i < count; i++) {
		struct epoll_event event = { .events = EPOLLIN };

		event.data.fd = connect_client(path);
		if (epoll_ctl(probe->idle_epoll, EPOLL_CTL_ADD, event.data.fd, &event) != 0)
			die("epoll");
	}
}

static void
measure(struct probe *probe, double seconds)
{
	double until_ms;

	/* What began before is not of this measurement. */
	pthread_mutex_lock(&probe->lock);
	for (size_t i = 0; i < probe->count; i++) {
		probe->monitors[i].seen = true;
		probe->monitors[i].asked_ms = 0;
	}
	probe->latencies.count = probe->periods.count = 0;
	probe->frames = probe->bytes = 0;
	pthread_mutex_unlock(&probe->lock);
	until_ms = now_ms() + seconds * 1000;
	while (now_ms() < until_ms) {
		struct epoll_event events[256];
		int count = epoll_wait(probe->epoll, events, 256, 100);

		for (int i = 0; i < count; i++)
			for (size_t m = 0; m < probe->count; m++) {
				if (events[i].data.ptr == &probe->monitors[m].listener)
					take_monitor(probe, &probe->monitors[m]);
				else if (events[i].data.ptr == &probe->monitors[m].fd && probe->monitors[m].fd >= 0)
					serve(probe, &probe->monitors[m]);
			}
	}
	pthread_mutex_lock(&probe->lock);
	printf("{");
	print_samples("latency_ms", &probe->latencies);
	printf(",");
	print_samples("period_ms", &probe->periods);
	printf(",\"frames\":%" PRIu64 ",\"bytes\":%" PRIu64 "}\n", probe->frames, probe->bytes);
	pthread_mutex_unlock(&probe->lock);
}

static void
obey(struct probe *probe, const char *line)
{
	char path[108];
	double seconds;
	int count;

	if (sscanf(line, "watch %107s", path) == 1) {
		probe->watcher.fd = connect_client(path);
		start_thread(run_watcher, probe);
		puts("ok");
	} else if (sscanf(line, "idle %107s %d", path, &count) == 2) {
		add_idle(probe, path, count);
		puts("ok");
	} else if (sscanf(line, "stalled %107s %d", path, &count) == 2) {
		for (int i = 0; i < count; i++)
			connect_client(path);
		puts("ok");
	} else if (sscanf(line, "measure %lf", &seconds) == 1) {
		measure(probe, seconds);
	} else {
		puts("what?");
	}
	fflush(stdout);
}

static void
open_monitors(struct probe *probe)
{
	printf("ports");
	for (size_t i = 0; i < probe->count; i++) {
		struct monitor *monitor = &probe->monitors[i];
		int port;

		monitor->listener = listen_anywhere(&port);
		monitor->fd = -1;
		monitor->kind = (int)(i % KINDS);
		monitor->value = kinds[i % KINDS].lowest;
		watch_fd(probe->epoll, monitor->listener, &monitor->listener);
		printf(" %d", port);
	}
	printf("\n");
	fflush(stdout);
}

int
main(int argc, char **argv)
{
	struct probe *probe = calloc(1, sizeof(*probe));
	char line[256];

	if (argc != 2 || atoi(argv[1]) < 1 || atoi(argv[1]) > MONITORS_MOST) {
		fprintf(stderr, "usage: live-probe MONITORS (1 to %d)\n", MONITORS_MOST);
		return 2;
	}
	probe->count = (size_t)atoi(argv[1]);
	probe->epoll = epoll_create1(EPOLL_CLOEXEC);
	probe->idle_epoll = epoll_create1(EPOLL_CLOEXEC);
	probe->latencies.ms = malloc(SAMPLES_MOST * sizeof(double));
	probe->periods.ms = malloc(SAMPLES_MOST * sizeof(double));
	probe->watcher.bytes = malloc(FRAME_MOST);
	open_monitors(probe);
	pthread_mutex_init(&probe->lock, NULL);
	start_thread(run_idle, probe);
	while (fgets(line, sizeof(line), stdin) != NULL)
		obey(probe, line);
	return 0;
}
