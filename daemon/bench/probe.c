/* A monitor read as the daemon would read it, with every raw word beside the
 * value that is made of it, and one sentence on what to look at. Nothing is
 * recorded and nothing written to the device, but a wake-up that its map asks for. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "daemon/bench/advice.h"
#include "daemon/bench/bench.h"
#include "daemon/bench/rows.h"
#include "daemon/line/capture.h"
#include "daemon/line/link.h"

enum { MS_PER_S = 1000, NS_PER_MS = 1000000 };

struct probe {
	FILE *out;
	const struct bench_target *target;
	struct link *link;
	const struct driver *driver;
	void *instance;
	struct capture *capture;
	bool quiet;
	struct bench_rows rows;
	struct findings findings;
};

static struct instant
wall_clock(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (struct instant){ (int64_t)now.tv_sec * MS_PER_S + now.tv_nsec / NS_PER_MS };
}

static int64_t
monotonic_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void
wait_until(struct instant at)
{
	const struct timespec until = { at.ms / MS_PER_S, at.ms % MS_PER_S * NS_PER_MS };

	while (clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &until, NULL) != 0)
		continue;
}

static void
print_bytes(FILE *out, const char *mark, const uint8_t *bytes, size_t length)
{
	fprintf(out, "  %s", mark);
	for (size_t i = 0; i < length; i++)
		fprintf(out, " %02x", bytes[i]);
	fputc('\n', out);
}

static void
print_exchange(const struct probe *probe, const struct line_reply *reply)
{
	if (probe->quiet)
		return;
	print_bytes(probe->out, ">", reply->request, reply->request_length);
	if (reply->result == LINE_REPLY)
		print_bytes(probe->out, "<", reply->reply, reply->reply_length);
	else
		fprintf(probe->out, "  ! %s: %s\n", line_result_name(reply->result), reply->reason);
	fprintf(probe->out, "  %.1f ms\n", (double)reply->round_trip_us / 1000);
}

static const enum miss misses[LINE_RESULT_COUNT] = {
	[LINE_REPLY] = MISS_BROKEN, [LINE_TIMEOUT] = MISS_TIMEOUT, [LINE_BROKEN] = MISS_BROKEN, [LINE_NO_LINK] = MISS_NO_LINK,
};

static void
take(struct probe *probe, struct instant at, const struct line_reply *reply)
{
	struct driver_result result;

	memset(&result, 0, sizeof(result));
	if (probe->capture != NULL)
		capture_add(probe->capture, at, reply);
	print_exchange(probe, reply);
	findings_add_exchange(&probe->findings, reply);
	if (reply->result != LINE_REPLY) {
		probe->driver->missed(probe->instance, at, misses[reply->result]);
		return;
	}
	bench_rows_take(&probe->rows, reply->request, reply->request_length, reply->reply, reply->reply_length);
	probe->driver->accept(probe->instance, at, reply->reply, reply->reply_length, &result);
	findings_add_result(&probe->findings, &result);
}

static void
exchange(struct probe *probe, const struct wire_bytes *request)
{
	uint8_t bytes[LINE_FRAME_CAP];
	char reason[160];
	struct line_reply reply = {
		.line = probe->target->line,
		.request = request->bytes,
		.request_length = request->length,
		.reply = bytes,
		.reason = reason,
	};
	int64_t begun_us = monotonic_us();

	reply.result = link_exchange(probe->link, request->bytes, request->length, bytes, sizeof(bytes), &reply.reply_length, reason,
	    sizeof(reason));
	reply.round_trip_us = monotonic_us() - begun_us;
	take(probe, wall_clock(), &reply);
}

static void
run_round(struct probe *probe, bool last)
{
	struct instant now = wall_clock();
	struct driver_next next;

	for (;;) {
		probe->driver->next(probe->instance, now, &next);
		if (!next.has_request)
			break;
		exchange(probe, &next.request);
		now = wall_clock();
	}
	if (!last)
		wait_until(next.again);
}

static struct outcome
begin(struct probe *probe, const char *capture)
{
	const struct driver_options options = {
		.unit = probe->target->unit,
		.cadence = probe->target->cadence,
		.clock_off = duration_min(2),
		.last_cuff_key = "", .last_cuff_at = INSTANT_UNKNOWN,
	};
	struct outcome done = outcome_ok();

	probe->driver = driver_find("modbus");
	probe->link = link_create(&probe->target->wire, probe->target->response_timeout);
	if (probe->link == NULL)
		return outcome_fail("out of memory or descriptors");
	if (capture != NULL)
		done = capture_open(capture, &probe->capture);
	if (done.ok)
		done = probe->driver->open(&probe->target->profile, &options, &probe->instance);
	return done;
}

static void
end(struct probe *probe)
{
	if (probe->driver != NULL)
		probe->driver->close(probe->instance);
	capture_close(probe->capture);
	link_destroy(probe->link);
}

static int
conclude(struct probe *probe)
{
	bool good = findings_conclude(probe->out, &probe->findings, &probe->rows, probe->target);

	return good ? BENCH_GOOD : BENCH_BAD;
}

int
bench_probe(FILE *out, const struct bench_target *target, int rounds, const char *capture, bool quiet)
{
	struct probe *probe = calloc(1, sizeof(*probe));
	struct outcome begun = outcome_fail("out of memory");
	int code = BENCH_NOT_WRITTEN;

	if (!target->has_wire) {
		fprintf(stderr, "infusionctl: which monitor? give --host HOST:PORT, --device PATH --baud N, or --config FILE\n");
		free(probe);
		return BENCH_WRONG;
	}
	if (probe != NULL) {
		probe->out = out;
		probe->target = target;
		probe->quiet = quiet;
		bench_rows_init(&probe->rows, &target->profile);
		begun = begin(probe, capture);
	}
	for (int round = 1; begun.ok && round <= rounds; round++)
		run_round(probe, round == rounds);
	if (begun.ok) {
		bench_rows_print(out, &probe->rows);
		code = conclude(probe);
	} else {
		fprintf(stderr, "infusionctl: %s\n", begun.why);
	}
	if (probe != NULL)
		end(probe);
	free(probe);
	return code;
}
