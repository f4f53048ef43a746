/* The wires, for the engineer: state, reason, round trips, errors by kind, and
 * how the plan fits. */
#include <stdlib.h>

#include "daemon/web/handlers.h"
#include "daemon/web/web_state.h"

static void
write_monitor(struct json_out *out, const struct web_line_monitor *monitor)
{
	json_out_object(out, NULL);
	json_out_text(out, "monitor", monitor->name);
	json_out_text(out, "label", monitor->label);
	json_out_text_or_null(out, "bed", monitor->bed);
	json_out_int(out, "unit", monitor->unit);
	json_out_int(out, "cadence_ms", monitor->cadence.ms);
	json_out_int(out, "round_ms", monitor->round.ms);
	json_out_int(out, "valid", (int64_t)monitor->valid);
	json_out_int(out, "misses", (int64_t)monitor->misses);
	json_out_end_object(out);
}

static void
write_counts(struct json_out *out, const struct web_line *line)
{
	json_out_int(out, "replies", (int64_t)line->replies);
	json_out_int(out, "retried", (int64_t)line->retried);
	json_out_object(out, "errors");
	for (size_t i = 0; i < line->error_count; i++)
		json_out_int(out, line->errors[i].kind, (int64_t)line->errors[i].count);
	json_out_end_object(out);
	json_out_object(out, "round_trip_us");
	json_out_int(out, "p50", line->p50_us);
	json_out_int(out, "p90", line->p90_us);
	json_out_int(out, "p99", line->p99_us);
	json_out_int(out, "most", line->most_us);
	json_out_end_object(out);
}

static void
write_line(struct json_out *out, const struct web_line *line, struct instant now)
{
	json_out_object(out, NULL);
	json_out_text(out, "line", line->name);
	json_out_text(out, "kind", line->kind);
	json_out_text(out, "where", line->where);
	json_out_text(out, "state", line->link.state);
	json_out_text_or_null(out, "reason", line->link.reason);
	json_out_ms_between(out, "for_ms", line->link.since, now);
	json_out_bool(out, "hung", line->hung);
	json_out_int(out, "load_permille", line->load_permille);
	json_out_int(out, "worst_age_ms", line->worst_age.ms);
	write_counts(out, line);
	json_out_list(out, "monitors");
	for (size_t i = 0; i < line->monitor_count; i++)
		write_monitor(out, &line->monitors[i]);
	json_out_end_list(out);
	json_out_end_object(out);
}

void
handle_lines(struct web_request *request)
{
	struct web_backend *backend = &request->web->backend;
	struct web_line *line = calloc(1, sizeof(*line));
	struct web_station station;
	struct json_out out;

	if (line == NULL) {
		request_refuse(request, 503, "out of memory");
		return;
	}
	backend->station(backend->ctx, &station);
	json_out_init(&out, LWS_PRE);
	json_out_object(&out, NULL);
	json_out_instant(&out, "at", station.now);
	json_out_list(&out, "lines");
	for (size_t i = 0; i < backend->line_count(backend->ctx); i++) {
		backend->line_at(backend->ctx, i, line);
		write_line(&out, line, station.now);
	}
	json_out_end_list(&out);
	json_out_end_object(&out);
	free(line);
	request_answer_json(request, 200, &out);
}
