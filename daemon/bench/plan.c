/* The reads of a round, and what they take of a serial wire's time. */
#include "drivers/describe.h"

#include "daemon/bench/bench.h"
#include "daemon/bench/fields.h"
#include "daemon/settings/line_load.h"

static void
print_time(FILE *out, const struct bench_target *target, int64_t cadence_ms)
{
	int64_t round_us = line_load_profile_us(&target->profile, &target->wire);

	fprintf(out, "at %d baud a round takes %.1f ms of the wire, %.1f %% of its time every %d ms; %d units like it fit\n",
	    (int)target->wire.form.baud, (double)round_us / 1000, (double)round_us / 10 / (double)cadence_ms, (int)cadence_ms,
	    (int)(cadence_ms * 1000 / round_us));
}

/* From and to as the manual prints them and as the request says. */
static void
print_read(FILE *out, const struct plan_read *read)
{
	const struct field first = { .function = read->function, .address = read->address };
	const struct field last = { .function = read->function, .address = (uint16_t)(read->address + read->count - 1) };
	char from[32], to[32];

	bench_address(&first, from, sizeof(from));
	bench_address(&last, to, sizeof(to));
	fprintf(out, "  fn %u  %-14s to %-14s  %3u %s%s\n", read->function, from, to, read->count,
	    function_is_bits(read->function) ? "bit" : "register", read->count == 1 ? "" : "s");
}

static void
print_command(FILE *out, const char *what, const struct profile_command *command)
{
	char text[DESCRIBE_CAP];

	if (!command->present)
		return;
	describe_command(command, text, sizeof(text));
	fprintf(out, "  %s: %s\n", what, text);
}

/* What is not polled. */
static void
print_asides(FILE *out, const struct profile *profile)
{
	const struct profile_cuff *cuff = &profile->cuff;
	struct plan identity;

	plan_make_identity(profile, &identity);
	if (identity.count == 0 && !profile->wake_up.command.present && !cuff->start.present)
		return;
	fprintf(out, "beside polling:\n");
	for (size_t i = 0; i < identity.count; i++)
		print_read(out, &identity.reads[i]);
	print_command(out, "to wake it up", &profile->wake_up.command);
	if (cuff->present) {
		print_command(out, "to start a cuff, where it is permitted", &cuff->start);
		print_command(out, "to cancel a cuff", &cuff->cancel);
	}
}

int
bench_plan(FILE *out, const struct bench_target *target)
{
	struct plan plan;
	unsigned values = 0;

	plan_make(&target->profile, &plan);
	fprintf(out, "%zu read%s a round:\n", plan.count, plan.count == 1 ? "" : "s");
	for (size_t i = 0; i < plan.count; i++) {
		print_read(out, &plan.reads[i]);
		values += plan.reads[i].count;
	}
	print_asides(out, &target->profile);
	fprintf(out, "%u registers and bits in all, every %d ms\n", values, (int)target->cadence.ms);
	if (target->has_wire && target->wire.kind == WIRE_MODBUS_RTU)
		print_time(out, target, target->cadence.ms);
	return BENCH_GOOD;
}
