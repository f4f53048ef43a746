/* The wires, for the engineer: one line each, its reason under it, then its
 * monitors. */
#include "daemon/ctl/table.h"

#include <inttypes.h>

static void
print_us(FILE *out, const json_t *trip, const char *key)
{
	char text[24];

	snprintf(text, sizeof(text), "%.1f", (double)cell_int(trip, key) / 1000);
	cell_print(out, text, 8);
}

static void
print_errors(FILE *out, const json_t *errors)
{
	const char *kind;
	json_t *count;
	bool any = false;

	json_object_foreach((json_t *)errors, kind, count)
	{
		if (json_integer_value(count) == 0)
			continue;
		fprintf(out, "%s%s %" PRId64, any ? ", " : "", kind, (int64_t)json_integer_value(count));
		any = true;
	}
	fputs(any ? "" : "none", out);
}

static void
print_line(FILE *out, const json_t *line, const struct style *style)
{
	const json_t *trip = json_object_get(line, "round_trip_us");
	char age[CELL_AGE], load[24] = "-", number[24];

	cell_age(line, "for_ms", age);
	if (cell_int(line, "load_permille") > 0)
		snprintf(load, sizeof(load), "%.1f %%", (double)cell_int(line, "load_permille") / 10);
	cell_print(out, cell_text(line, "line"), 12);
	cell_print(out, cell_is(line, "hung") ? "HANGS" : cell_text(line, "state"), 11);
	cell_print(out, age, 8);
	snprintf(number, sizeof(number), "%" PRId64, cell_int(line, "replies"));
	cell_print(out, number, 9);
	print_us(out, trip, "p50");
	print_us(out, trip, "p99");
	print_us(out, trip, "most");
	cell_print(out, load, 8);
	print_errors(out, json_object_get(line, "errors"));
	fprintf(out, "\n    %s %s\n", cell_text(line, "kind"), cell_text(line, "where"));
	if (cell_text(line, "reason")[0] == '\0')
		return;
	fputs("    ", out);
	cell_wrap(out, cell_text(line, "reason"), 4, style);
}

static void
print_monitor(FILE *out, const json_t *monitor)
{
	fputs("    ", out);
	cell_print(out, cell_text(monitor, "monitor"), 12);
	fprintf(out, "unit %" PRId64 ", every %" PRId64 " ms", cell_int(monitor, "unit"), cell_int(monitor, "cadence_ms"));
	if (cell_int(monitor, "round_ms") > 0)
		fprintf(out, " (%" PRId64 " ms on the wire)", cell_int(monitor, "round_ms"));
	fprintf(out, ", at %s: %" PRId64 " good polls, %" PRId64 " missed\n",
	    cell_text(monitor, "bed")[0] != '\0' ? cell_text(monitor, "bed") : "no bed", cell_int(monitor, "valid"),
	    cell_int(monitor, "misses"));
}

void
table_lines(FILE *out, const json_t *lines, const struct style *style)
{
	size_t index, at;
	json_t *line, *monitor;

	fputs("LINE        STATE      FOR     REPLIES  p50 ms  p99 ms  MOST    LOAD    ERRORS\n", out);
	json_array_foreach(json_object_get(lines, "lines"), index, line)
	{
		print_line(out, line, style);
		json_array_foreach(json_object_get(line, "monitors"), at, monitor)
			print_monitor(out, monitor);
	}
}
