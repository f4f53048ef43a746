/* The program as a whole: its clock, its store, its own alarms, its beds in
 * one line each. */
#include "daemon/web/frame.h"

static void
write_store(struct json_out *out, const struct web_station *station)
{
	json_out_object(out, "store");
	json_out_int(out, "lag_ms", station->store_lag.ms);
	json_out_text_or_null(out, "trouble", station->store_trouble);
	json_out_int(out, "dropped", (int64_t)station->store_dropped);
	json_out_end_object(out);
}

static void
write_wall(struct json_out *out, const struct web_station *station)
{
	json_out_object(out, "wall_clock");
	json_out_int(out, "offset_ms", station->wall_offset_ms);
	json_out_bool(out, "synchronised", station->wall_synchronised);
	json_out_int(out, "utc_offset_min", station->utc_offset_min);
	json_out_end_object(out);
}

static void
write_gap(struct json_out *out, const struct web_station *station)
{
	if (!instant_is_known(station->unwatched_from)) {
		json_out_null(out, "nobody_watched");
		return;
	}
	json_out_object(out, "nobody_watched");
	json_out_instant(out, "from", station->unwatched_from);
	json_out_instant(out, "to", station->unwatched_to);
	json_out_ms_between(out, "lasted_ms", station->unwatched_from, station->unwatched_to);
	json_out_ms_between(out, "ended_ago_ms", station->unwatched_to, station->now);
	json_out_end_object(out);
}

void
frame_station_open(struct json_out *out, const struct web_backend *backend)
{
	struct web_station station;
	struct web_bed bed;

	backend->station(backend->ctx, &station);
	json_out_object(out, NULL);
	json_out_word(out, "type", "station");
	json_out_instant(out, "at", station.now);
	json_out_text(out, "clinic", station.clinic);
	json_out_text(out, "version", station.version);
	json_out_instant(out, "started", station.started);
	json_out_ms_between(out, "uptime_ms", station.started, station.now);
	write_wall(out, &station);
	write_store(out, &station);
	write_gap(out, &station);
	json_out_list(out, "alarms");
	for (size_t i = 0; i < station.alarm_count; i++)
		frame_alarm(out, backend->station_alarm_at(backend->ctx, i), NULL, &station);
	json_out_end_list(out);
	json_out_list(out, "beds");
	for (size_t i = 0; i < backend->bed_count(backend->ctx); i++) {
		backend->bed_at(backend->ctx, i, &bed);
		frame_bed_brief(out, &bed);
	}
	json_out_end_list(out);
}
