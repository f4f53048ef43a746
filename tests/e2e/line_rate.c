/* A line of ours over a serial port, asked without a pause, for tests of how much of the wire it uses:
 *
 *   line_rate PORT BAUD UNIT,UNIT... SECONDS REGISTERS TIMEOUT_MS
 *
 * Every unit has always one request in the line's queue, that many holding registers from 0 on, as units have that are due at one
 * tick. Prints what rtu_loop prints, "answered=N failed=N us=N median_us=N", and " retried=N" behind it; the time ends with the last
 * answer. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cycles.h"
#include "daemon/line/line.h"

enum { UNITS_MOST = 32, REQUEST = 6 };

struct program {
	uv_loop_t loop;
	struct line_hub *hub;
	struct line *line;
	uint8_t requests[UNITS_MOST][REQUEST];
	size_t unit_count;
	uint64_t begun_ns, end_ns, last_ns;
	size_t under_way, answered, failed;
	struct cycles cycles;
};

static struct instant
now(void)
{
	return (struct instant){ (int64_t)(uv_hrtime() / 1000000) };
}

/* A line that is down takes nothing: that ends the run, and what was not answered shows it. */
static void
ask(struct program *program, size_t unit)
{
	if (line_submit(program->line, now(), unit, program->requests[unit], REQUEST) == LINE_SUBMITTED)
		program->under_way++;
	else
		program->failed++;
}

static void
end(struct program *program)
{
	const struct line_counts *counts = line_counts(program->line);

	printf("answered=%zu failed=%zu us=%" PRIu64 " median_us=%" PRId64 " retried=%" PRIu64 "\n", program->answered, program->failed,
	    (program->last_ns - program->begun_ns) / 1000, cycles_median_us(&program->cycles), counts->retried);
	line_destroy(program->line);
	line_hub_destroy(program->hub);
}

static void
take(void *ctx, const struct line_reply *reply)
{
	struct program *program = ctx;

	program->last_ns = uv_hrtime();
	cycles_note(&program->cycles, (int64_t)program->last_ns);
	program->under_way--;
	if (reply->result == LINE_REPLY) {
		program->answered++;
	} else {
		program->failed++;
		fprintf(stderr, "line_rate: %s: %s\n", line_result_name(reply->result), reply->reason);
	}
	if (program->last_ns < program->end_ns)
		ask(program, (size_t)reply->tag);
}

static void
prepare(struct program *program, char *units, int registers)
{
	for (char *unit = strtok(units, ","); unit != NULL && program->unit_count < UNITS_MOST; unit = strtok(NULL, ","))
		memcpy(program->requests[program->unit_count++], (const uint8_t[]){ (uint8_t)atoi(unit), 3, 0, 0, 0, (uint8_t)registers },
		    REQUEST);
}

static bool
open_line(struct program *program, char **arguments)
{
	struct line_config config = { .name = "wire", .wire = { .kind = WIRE_MODBUS_RTU }, .retries = 1,
		.backoff_first = { 500 }, .backoff_most = { 500 } };
	struct outcome made = line_hub_create(&program->loop, take, program, &program->hub);

	snprintf(config.wire.device, sizeof(config.wire.device), "%s", arguments[1]);
	config.wire.form = (struct serial_form){ .baud = atoi(arguments[2]), .parity = PARITY_NONE, .stop_bits = 1 };
	config.response_timeout = duration_ms(atoi(arguments[6]));
	if (made.ok)
		made = line_create(program->hub, &config, &program->line);
	if (!made.ok)
		fprintf(stderr, "line_rate: %s\n", made.why);
	return made.ok;
}

int
main(int argc, char **argv)
{
	static struct program program;

	if (argc != 7) {
		fprintf(stderr, "usage: line_rate PORT BAUD UNIT,UNIT... SECONDS REGISTERS TIMEOUT_MS\n");
		return 2;
	}
	uv_loop_init(&program.loop);
	prepare(&program, argv[3], atoi(argv[5]));
	if (!open_line(&program, argv))
		return 1;
	program.begun_ns = program.last_ns = uv_hrtime();
	program.end_ns = program.begun_ns + (uint64_t)atoi(argv[4]) * UINT64_C(1000000000);
	for (size_t unit = 0; unit < program.unit_count; unit++)
		ask(&program, unit);
	while (program.under_way > 0)
		uv_run(&program.loop, UV_RUN_ONCE);
	end(&program);
	uv_run(&program.loop, UV_RUN_DEFAULT);
	return uv_loop_close(&program.loop) == 0 ? 0 : 1;
}
