/* The wires as the API shows them: to the engineer, and to whoever collects
 * metrics. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "daemon/parts.h"
#include "daemon/settings/line_load.h"

size_t
wires_count(void *ctx)
{
	return ((struct parts *)ctx)->line_count;
}

static void
where_is(const struct wire *wire, char *text, size_t cap)
{
	static const char letters[PARITY_COUNT] = { 'N', 'E', 'O' };

	if (wire->kind == WIRE_MODBUS_TCP)
		snprintf(text, cap, "%s:%u", wire->host, wire->port);
	else
		snprintf(text, cap, "%s %d 8%c%d", wire->device, (int)wire->form.baud, letters[wire->form.parity],
		    wire->form.stop_bits);
}

/* The bed that a monitor stands at and what it is there; NULL: at none. */
static const struct bed_device *
find_device(const struct parts *parts, const struct monitor_settings *monitor, const char **ret_bed)
{
	for (size_t i = 0; i < parts->bed_count; i++)
		for (size_t j = 0; j < parts->beds[i].device_count; j++)
			if (parts->beds[i].devices[j].settings == monitor) {
				*ret_bed = parts->beds[i].settings->name;
				return &parts->beds[i].devices[j];
			}
	*ret_bed = "";
	return NULL;
}

static void
list_monitors(const struct parts *parts, size_t line, struct web_line *ret_line)
{
	const struct settings *settings = parts->settings;

	for (size_t i = 0; i < settings->monitor_count && ret_line->monitor_count < WEB_LINE_MONITORS; i++) {
		const struct monitor_settings *monitor = &settings->monitors[i];
		struct web_line_monitor *row = &ret_line->monitors[ret_line->monitor_count];
		const struct bed_device *device;

		if (monitor->line != line)
			continue;
		*row = (struct web_line_monitor){
			.name = monitor->name,
			.label = monitor->label,
			.unit = monitor->unit,
			.cadence = monitor->cadence,
			.round = line_load_round(settings, i),
		};
		device = find_device(parts, monitor, &row->bed);
		row->valid = device != NULL ? device->valid : 0;
		row->misses = device != NULL ? device->misses : 0;
		ret_line->monitor_count++;
	}
}

static void
take_counts(const struct line_counts *counts, struct web_line *ret_line)
{
	ret_line->replies = counts->replies;
	ret_line->retried = counts->retried;
	ret_line->p50_us = line_counts_percentile_us(counts, 500);
	ret_line->p90_us = line_counts_percentile_us(counts, 900);
	ret_line->p99_us = line_counts_percentile_us(counts, 990);
	ret_line->most_us = counts->round_trip_us_most;
	for (int result = LINE_REPLY + 1; result < LINE_RESULT_COUNT; result++)
		ret_line->errors[ret_line->error_count++] =
		    (struct web_line_error){ line_result_name((enum line_result)result), counts->by_result[result] };
}

void
wires_at(void *ctx, size_t index, struct web_line *ret_line)
{
	const struct parts *parts = ctx;
	const struct line_settings *settings = &parts->settings->lines[index];
	const struct line_state *state = line_state(parts->lines[index]);
	struct line_load load;

	line_load_predict(parts->settings, index, &load);
	memset(ret_line, 0, sizeof(*ret_line));
	ret_line->name = settings->name;
	ret_line->kind = wire_kind_name(settings->wire.kind);
	where_is(&settings->wire, ret_line->where, sizeof(ret_line->where));
	ret_line->link = (struct web_link){ link_state_name(state->state), state->reason, state->since };
	ret_line->hung = line_is_hung(parts->lines[index]);
	ret_line->load_permille = load.permille;
	ret_line->worst_age = load.worst_age;
	take_counts(line_counts(parts->lines[index]), ret_line);
	list_monitors(parts, index, ret_line);
}

void
wires_metrics(void *ctx, FILE *out)
{
	struct parts *parts = ctx;

	fprintf(out, "# TYPE infusiond_polls_late_total counter\ninfusiond_polls_late_total %" PRIu64 "\n", parts->polls_late);
	fprintf(out, "# TYPE infusiond_line_results_total counter\n");
	for (size_t i = 0; i < parts->line_count; i++)
		for (int result = 0; result < LINE_RESULT_COUNT; result++)
			fprintf(out, "infusiond_line_results_total{line=\"%s\",result=\"%s\"} %" PRIu64 "\n", line_name(parts->lines[i]),
			    line_result_name((enum line_result)result), line_counts(parts->lines[i])->by_result[result]);
	fprintf(out, "# TYPE infusiond_line_round_trip_seconds summary\n");
	for (size_t i = 0; i < parts->line_count; i++) {
		const struct line_counts *counts = line_counts(parts->lines[i]);

		fprintf(out, "infusiond_line_round_trip_seconds_sum{line=\"%s\"} %.6f\n", line_name(parts->lines[i]),
		    (double)counts->round_trip_us_sum / 1e6);
		fprintf(out, "infusiond_line_round_trip_seconds_count{line=\"%s\"} %" PRIu64 "\n", line_name(parts->lines[i]),
		    counts->replies);
	}
}
