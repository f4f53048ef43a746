#include "daemon/settings/line_load.h"

#include "drivers/plan.h"

enum { REQUEST_CHARACTERS = 8, ANSWER_AROUND = 5, NS_PER_MS = 1000000, NS_PER_US = 1000 };

int64_t
line_load_profile_us(const struct profile *profile, const struct wire *wire)
{
	struct plan plan;
	int64_t ns = 0;

	if (wire->kind != WIRE_MODBUS_RTU)
		return 0;
	plan_make(profile, &plan);
	for (size_t i = 0; i < plan.count; i++) {
		int64_t characters = REQUEST_CHARACTERS + ANSWER_AROUND + plan_read_bytes(&plan.reads[i]);

		ns += 2 * serial_silence_ns(wire->form.baud) + characters * serial_character_ns(&wire->form) +
		    (int64_t)LINE_LOAD_TURNAROUND_MS * NS_PER_MS;
	}
	return ns / NS_PER_US;
}

static int64_t
round_us(const struct settings *settings, size_t monitor)
{
	const struct monitor_settings *of = &settings->monitors[monitor];

	return line_load_profile_us(&settings->profiles[of->profile], &settings->lines[of->line].wire);
}

struct duration
line_load_round(const struct settings *settings, size_t monitor)
{
	return duration_ms((round_us(settings, monitor) + 999) / 1000);
}

void
line_load_predict(const struct settings *settings, size_t line, struct line_load *ret_load)
{
	int64_t permille = 0, rounds_us = 0, cadence_ms = 0;

	for (size_t i = 0; i < settings->monitor_count; i++) {
		int64_t one_us;

		if (settings->monitors[i].line != line)
			continue;
		one_us = round_us(settings, i);
		rounds_us += one_us;
		permille += one_us / settings->monitors[i].cadence.ms;
		if (settings->monitors[i].cadence.ms > cadence_ms)
			cadence_ms = settings->monitors[i].cadence.ms;
	}
	*ret_load = (struct line_load){ (int32_t)permille, duration_ms(cadence_ms + (rounds_us + 999) / 1000) };
}
