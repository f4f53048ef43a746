/* What can be said at once: health, metrics, the program, beds, open alarms. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/web/frame.h"
#include "daemon/web/handlers.h"
#include "daemon/web/metrics.h"
#include "daemon/web/web_state.h"

void
write_person(struct json_out *out, const char *key, const struct web_visitor *visitor)
{
	const struct web_person *person = &visitor->person;

	json_out_object(out, key);
	json_out_text(out, "name", person->name);
	json_out_text(out, "role", role_name(person->role));
	json_out_bool(out, "may_speak_for_others", person->may_speak_for_others);
	json_out_list(out, "may");
	for (int kind = 0; kind < ACT_KIND_COUNT; kind++)
		if (role_may(person->role, (enum act_kind)kind))
			json_out_text(out, NULL, act_kind_name((enum act_kind)kind));
	json_out_end_list(out);
	json_out_bool(out, "must_change_password", visitor->must_change);
	json_out_instant(out, "logged_in_until", visitor->until);
	json_out_end_object(out);
}

/* Well as long as the record takes what happens; alarms go on either way (R25). */
void
handle_health(struct web_request *request)
{
	struct web_backend *backend = &request->web->backend;
	struct web_station station;
	struct json_out out;

	backend->station(backend->ctx, &station);
	if (station.store_trouble[0] != '\0') {
		request_refuse(request, 503, "the record is not being written: %s", station.store_trouble);
		return;
	}
	json_out_init(&out, LWS_PRE);
	json_out_object(&out, NULL);
	json_out_text(&out, "status", "ok");
	json_out_end_object(&out);
	request_answer_json(request, 200, &out);
}

void
handle_metrics(struct web_request *request)
{
	char *text = NULL;
	size_t length = 0;
	FILE *out = open_memstream(&text, &length);

	if (out != NULL)
		metrics_write(request->web, out);
	if (out == NULL || fclose(out) != 0)
		request_refuse(request, 503, "out of memory");
	else
		request_answer(request, 200, "text/plain; version=0.0.4; charset=utf-8", text, length);
	free(text);
}

void
handle_status(struct web_request *request)
{
	struct json_out out;

	json_out_init(&out, LWS_PRE);
	frame_station_open(&out, &request->web->backend);
	write_person(&out, "you", &request->visitor);
	json_out_end_object(&out);
	request_answer_json(request, 200, &out);
}

/* A plain GET: whoever means to watch must ask for the upgrade. */
void
handle_live(struct web_request *request)
{
	request->extra_name = "upgrade:";
	request->extra_value = "websocket";
	request_refuse(request, 426, "this is a WebSocket of the subprotocol %s", WEB_SUBPROTOCOL);
}

void
handle_beds(struct web_request *request)
{
	struct web_backend *backend = &request->web->backend;
	struct web_station station;
	struct web_bed bed;
	struct json_out out;

	backend->station(backend->ctx, &station);
	json_out_init(&out, LWS_PRE);
	json_out_object(&out, NULL);
	json_out_instant(&out, "at", station.now);
	json_out_list(&out, "beds");
	for (size_t i = 0; i < backend->bed_count(backend->ctx); i++) {
		backend->bed_at(backend->ctx, i, &bed);
		frame_bed(&out, NULL, &bed, &station);
	}
	json_out_end_list(&out);
	json_out_end_object(&out);
	request_answer_json(request, 200, &out);
}

void
handle_bed(struct web_request *request)
{
	struct web_backend *backend = &request->web->backend;
	struct web_station station;
	struct web_bed bed;
	struct json_out out;

	backend->station(backend->ctx, &station);
	for (size_t i = 0; i < backend->bed_count(backend->ctx); i++) {
		backend->bed_at(backend->ctx, i, &bed);
		if (request->params.bed[0] == '\0' || strcmp(bed.name, request->params.bed) != 0)
			continue;
		json_out_init(&out, LWS_PRE);
		frame_bed(&out, NULL, &bed, &station);
		request_answer_json(request, 200, &out);
		return;
	}
	request_refuse(request, 404, "there is no such bed");
}

/* One open alarm of a bed, or of the program. */
struct open_alarm {
	const struct alarm *alarm;
	size_t bed;
	bool of_bed;
};

/* Active before latched, then by priority, then the longest standing. */
static int
compare_alarms(const void *a, const void *b)
{
	const struct alarm *left = ((const struct open_alarm *)a)->alarm, *right = ((const struct open_alarm *)b)->alarm;

	if (left->state != right->state)
		return left->state == ALARM_ACTIVE ? -1 : 1;
	if (left->priority != right->priority)
		return left->priority > right->priority ? -1 : 1;
	return left->started.ms < right->started.ms ? -1 : left->started.ms > right->started.ms;
}

/* At most `cap` of them; with no list they are only counted. */
static size_t
collect_alarms(const struct web_backend *backend, const struct web_station *station, struct open_alarm *list, size_t cap)
{
	struct web_bed bed;
	size_t count = 0;

	for (size_t i = 0; i < station->alarm_count; i++, count++)
		if (count < cap)
			list[count] = (struct open_alarm){ backend->station_alarm_at(backend->ctx, i), 0, false };
	for (size_t i = 0; i < backend->bed_count(backend->ctx); i++) {
		backend->bed_at(backend->ctx, i, &bed);
		for (size_t j = 0; j < watch_alarm_count(bed.watch); j++, count++)
			if (count < cap)
				list[count] = (struct open_alarm){ watch_alarm_at(bed.watch, j), i, true };
	}
	return count;
}

static void
write_alarms(struct json_out *out, const struct web_backend *backend, const struct web_station *station,
    const struct open_alarm *list, size_t count)
{
	struct web_bed bed;

	json_out_object(out, NULL);
	json_out_instant(out, "at", station->now);
	json_out_list(out, "alarms");
	for (size_t i = 0; i < count; i++) {
		if (list[i].of_bed)
			backend->bed_at(backend->ctx, list[i].bed, &bed);
		frame_alarm(out, list[i].alarm, list[i].of_bed ? &bed : NULL, station);
	}
	json_out_end_list(out);
	json_out_end_object(out);
}

void
handle_alarms(struct web_request *request)
{
	struct web_backend *backend = &request->web->backend;
	struct web_station station;
	struct open_alarm *list;
	struct json_out out;
	size_t count;

	backend->station(backend->ctx, &station);
	count = collect_alarms(backend, &station, NULL, 0);
	list = calloc(count + 1, sizeof(*list));
	if (list == NULL) {
		request_refuse(request, 503, "out of memory");
		return;
	}
	collect_alarms(backend, &station, list, count);
	qsort(list, count, sizeof(*list), compare_alarms);
	json_out_init(&out, LWS_PRE);
	write_alarms(&out, backend, &station, list, count);
	free(list);
	request_answer_json(request, 200, &out);
}
