#include "daemon/web/metrics.h"

#include <inttypes.h>

#include "daemon/web/web_state.h"

static void
describe(FILE *out, const char *name, const char *type, const char *help)
{
	fprintf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void
write_number(FILE *out, const char *name, const char *type, const char *help, int64_t value)
{
	describe(out, name, type, help);
	fprintf(out, "%s %" PRId64 "\n", name, value);
}

/* Thousandths of a second as seconds. */
static void
write_seconds(FILE *out, const char *name, const char *help, int64_t ms)
{
	char text[24];

	describe(out, name, "gauge", help);
	milli_to_text(ms > INT32_MAX ? INT32_MAX : (int32_t)ms, text, sizeof(text));
	fprintf(out, "%s %s\n", name, text);
}

struct totals {
	int64_t phases[PHASE_COUNT];
	int64_t alarms[PRIORITY_HIGH + 1];
	int64_t latched, unacknowledged;
};

static void
count_alarm(struct totals *totals, const struct alarm *alarm)
{
	if (alarm->state == ALARM_LATCHED) {
		totals->latched++;
		return;
	}
	totals->alarms[alarm->priority]++;
	totals->unacknowledged += !alarm->acknowledged;
}

static void
count_all(const struct web_backend *backend, const struct web_station *station, struct totals *totals)
{
	struct web_bed bed;

	for (size_t i = 0; i < station->alarm_count; i++)
		count_alarm(totals, backend->station_alarm_at(backend->ctx, i));
	for (size_t i = 0; i < backend->bed_count(backend->ctx); i++) {
		backend->bed_at(backend->ctx, i, &bed);
		totals->phases[watch_session(bed.watch)->phase]++;
		for (size_t j = 0; j < watch_alarm_count(bed.watch); j++)
			count_alarm(totals, watch_alarm_at(bed.watch, j));
	}
}

static void
write_totals(FILE *out, const struct totals *totals)
{
	describe(out, "infusiond_beds", "gauge", "Beds by the phase of their session; none: without one.");
	for (int phase = 0; phase < PHASE_DISCHARGED; phase++)
		fprintf(out, "infusiond_beds{phase=\"%s\"} %" PRId64 "\n", phase_name((enum phase)phase),
		    totals->phases[phase]);
	describe(out, "infusiond_alarms_active", "gauge", "Active alarms by priority.");
	for (int priority = PRIORITY_LOW; priority <= PRIORITY_HIGH; priority++)
		fprintf(out, "infusiond_alarms_active{priority=\"%s\"} %" PRId64 "\n",
		    priority_name((enum priority)priority), totals->alarms[priority]);
	write_number(out, "infusiond_alarms_latched", "gauge", "Alarms that ended and wait to be seen.", totals->latched);
	write_number(out, "infusiond_alarms_unacknowledged", "gauge", "Active alarms that nobody has answered.",
	    totals->unacknowledged);
}

static void
write_web(FILE *out, const struct web *web)
{
	write_number(out, "infusiond_web_connections", "gauge", "Connections to the API.", (int64_t)web->connections);
	write_number(out, "infusiond_web_live_clients", "gauge", "Live clients.", (int64_t)web->live_count);
	write_number(out, "infusiond_web_requests_total", "counter", "Questions asked.", (int64_t)web->request_count);
	write_number(out, "infusiond_web_frames_total", "counter", "Live frames sent.", (int64_t)web->frame_count);
	write_number(out, "infusiond_web_log_ins", "gauge", "Log-ins that have not ended.",
	    (int64_t)web->accounts.log_in_count);
	write_number(out, "infusiond_web_wrong_passwords_total", "counter", "Log-ins refused for a wrong name or password.",
	    (int64_t)web->wrong_passwords);
	write_number(out, "infusiond_web_refused_connections_total", "counter", "Connections turned away for want of room.",
	    (int64_t)web->refused_connections);
	write_number(out, "infusiond_web_stalled_clients_total", "counter", "Live clients let go because they took nothing.",
	    (int64_t)web->stalled_clients);
}

void
metrics_write(struct web *web, FILE *out)
{
	const struct web_backend *backend = &web->backend;
	struct totals totals = { .latched = 0 };
	struct web_station station;

	backend->station(backend->ctx, &station);
	count_all(backend, &station, &totals);
	write_totals(out, &totals);
	write_seconds(out, "infusiond_store_lag_seconds", "How long the oldest unwritten item has waited.",
	    station.store_lag.ms);
	write_number(out, "infusiond_store_failing", "gauge", "1 while the record cannot be written.",
	    station.store_trouble[0] != '\0');
	write_number(out, "infusiond_store_dropped_total", "counter", "Items that the disk could not take.",
	    (int64_t)station.store_dropped);
	write_seconds(out, "infusiond_wall_offset_seconds", "The host's clock minus the record's timeline.",
	    station.wall_offset_ms);
	write_web(out, web);
	if (instant_is_known(web->certificate_until))
		write_number(out, "infusiond_web_certificate_left_seconds", "gauge", "Until browsers refuse the certificate.",
		    (web->certificate_until.ms - station.now.ms - station.wall_offset_ms) / 1000);
	if (backend->metrics != NULL)
		backend->metrics(backend->ctx, out);
}
