/* The reads of a round, and what they take of a serial wire's time. */
#include "drivers/plan.h"

#include "daemon/bench/bench.h"
#include "daemon/settings/line_load.h"

static void
print_time(FILE *out, const struct bench_target *target, int64_t cadence_ms)
{
	int64_t round_us = line_load_profile_us(&target->profile, &target->wire);

	fprintf(out, "at %d baud a round takes %.1f ms of the wire, %.1f %% of its time every %d ms; %d units like it fit\n",
	    (int)target->wire.form.baud, (double)round_us / 1000, (double)round_us / 10 / (double)cadence_ms, (int)cadence_ms,
	    (int)(cadence_ms * 1000 / round_us));
}

int
bench_plan(FILE *out, const struct bench_target *target)
{
	struct plan plan;
	unsigned values = 0;

	plan_make(&target->profile, &plan);
	fprintf(out, "%zu read%s a round:\n", plan.count, plan.count == 1 ? "" : "s");
	for (size_t i = 0; i < plan.count; i++) {
		const struct plan_read *read = &plan.reads[i];

		fprintf(out, "  fn %u  %5u to %5u  %3u %s\n", read->function, read->address, read->address + read->count - 1u,
		    read->count, function_is_bits(read->function) ? "bits" : "registers");
		values += read->count;
	}
	fprintf(out, "%u registers and bits in all, every %d ms\n", values, (int)target->cadence.ms);
	if (target->has_wire && target->wire.kind == WIRE_MODBUS_RTU)
		print_time(out, target, target->cadence.ms);
	return BENCH_GOOD;
}
