#include "daemon/ctl/table.h"

#include <inttypes.h>
#include <string.h>

static const char *
text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text != NULL ? text : "";
}

static int64_t
int_of(const json_t *object, const char *key)
{
	return json_integer_value(json_object_get(object, key));
}

static void
print_age(FILE *out, int64_t ms, int width)
{
	char text[24];
	int64_t s = ms / 1000;

	if (s < 120)
		snprintf(text, sizeof(text), "%" PRId64 "s", s);
	else if (s < 7200)
		snprintf(text, sizeof(text), "%" PRId64 "m%02" PRId64, s / 60, s % 60);
	else
		snprintf(text, sizeof(text), "%" PRId64 "h%02" PRId64, s / 3600, s / 60 % 60);
	fprintf(out, "%-*s", width, text);
}

/* Priority in a word and a shape; the colour only repeats it. */
static const struct look {
	const char *priority, *mark, *on;
} looks[] = {
	{ "high", "*** HIGH  ", "\033[1;31m" },
	{ "medium", "**  MEDIUM", "\033[1;33m" },
	{ "low", "*   LOW   ", "\033[36m" },
	{ "none", "          ", "" },
};

static const struct look *
look_of(const char *priority)
{
	for (size_t i = 0; i < sizeof(looks) / sizeof(looks[0]); i++)
		if (strcmp(looks[i].priority, priority) == 0)
			return &looks[i];
	return &looks[3];
}

static void
paint(FILE *out, const struct style *style, const char *on)
{
	if (style->colour && on[0] != '\0')
		fputs(on, out);
}

static void
plain(FILE *out, const struct style *style)
{
	if (style->colour)
		fputs("\033[0m", out);
}

static const json_t *
vital_named(const json_t *bed, const char *name)
{
	size_t index;
	json_t *vital;

	json_array_foreach(json_object_get(bed, "vitals"), index, vital)
		if (strcmp(text_of(vital, "vital"), name) == 0)
			return vital;
	return NULL;
}

/* "97 2s", "(97) 14s" for grey, "--" for none; a question mark for a value to look at twice. */
static void
print_vital(FILE *out, const json_t *bed, const char *name, int width)
{
	const json_t *vital = vital_named(bed, name);
	const char *show = text_of(vital, "show");
	const char *doubt = strcmp(text_of(vital, "quality"), "verify") == 0 ? "?" : "";
	const char *unknown = json_is_true(json_object_get(vital, "age_unknown")) ? " age?" : "";
	char text[48];

	if (strcmp(show, "none") == 0)
		snprintf(text, sizeof(text), "--");
	else if (strcmp(show, "grey") == 0)
		snprintf(text, sizeof(text), "(%s)%s%s", text_of(vital, "text"), doubt, unknown);
	else
		snprintf(text, sizeof(text), "%s%s", text_of(vital, "text"), doubt);
	fprintf(out, "%-*s", width, text);
	if (strcmp(show, "none") != 0 && json_is_integer(json_object_get(vital, "age_ms")))
		print_age(out, int_of(vital, "age_ms"), 7);
	else
		fprintf(out, "%-7s", "");
}

static void
print_pressure(FILE *out, const json_t *bed)
{
	const json_t *systolic = vital_named(bed, "systolic"), *diastolic = vital_named(bed, "diastolic");
	const char *show = text_of(systolic, "show");
	bool grey = strcmp(show, "grey") == 0;
	char text[32];

	if (strcmp(show, "none") == 0)
		snprintf(text, sizeof(text), "--");
	else
		snprintf(text, sizeof(text), "%s%s/%s%s%s", grey ? "(" : "", text_of(systolic, "text"), text_of(diastolic, "text"),
		    grey ? ")" : "", strcmp(text_of(systolic, "quality"), "verify") == 0 ? "?" : "");
	fprintf(out, "%-11s", text);
	if (strcmp(show, "none") != 0 && json_is_integer(json_object_get(systolic, "age_ms")))
		print_age(out, int_of(systolic, "age_ms"), 7);
	else
		fprintf(out, "%-7s", strcmp(show, "none") != 0 ? "age?" : "");
}

static void
print_phase(FILE *out, const json_t *bed)
{
	const json_t *session = json_object_get(bed, "session");
	const json_t *clock = json_object_get(session, "dose_clock");
	const json_t *left = json_object_get(clock, "left_ms");

	if (!json_is_object(session)) {
		fprintf(out, "%-20s", "no session");
		return;
	}
	fprintf(out, "%-10s", text_of(session, "phase"));
	if (json_is_integer(left)) {
		fputs("-", out);
		print_age(out, json_integer_value(left), 9);
	} else {
		print_age(out, int_of(session, "phase_age_ms"), 10);
	}
}

static void
print_infused(FILE *out, const json_t *bed)
{
	const json_t *clock = json_object_get(json_object_get(bed, "session"), "dose_clock");
	char text[32] = "";

	if (json_is_string(json_object_get(clock, "started")))
		snprintf(text, sizeof(text), "%.1f mg%s", json_number_value(json_object_get(clock, "infused_mg")),
		    json_is_true(json_object_get(clock, "unverified")) ? " ?" : "");
	fprintf(out, "%-10s", text);
}

static void
print_alarm_line(FILE *out, const json_t *alarm, const struct style *style)
{
	const struct look *look = look_of(text_of(alarm, "priority"));
	bool latched = strcmp(text_of(alarm, "state"), "latched") == 0;
	bool acknowledged = json_is_true(json_object_get(alarm, "acknowledged"));

	fputs("    ", out);
	paint(out, style, look->on);
	fprintf(out, "%s", look->mark);
	plain(out, style);
	fprintf(out, " #%-4" PRId64 " r%-3" PRId64 " ", int_of(alarm, "id"), int_of(alarm, "revision"));
	print_age(out, int_of(alarm, "age_ms"), 7);
	fprintf(out, "%s%s%s%s%s\n", latched ? "[over, not yet acknowledged] " : "", acknowledged ? "[acknowledged by " : "",
	    acknowledged ? text_of(alarm, "acknowledged_by") : "", acknowledged ? "] " : "", text_of(alarm, "sentence"));
}

static void
print_bed(FILE *out, const json_t *bed, const struct style *style)
{
	size_t index;
	json_t *item;

	fprintf(out, "%-8.8s %-10.10s", text_of(bed, "bed"), text_of(bed, "label"));
	print_phase(out, bed);
	print_infused(out, bed);
	print_pressure(out, bed);
	print_vital(out, bed, "rate", 6);
	print_vital(out, bed, "spo2", 6);
	if (json_is_true(json_object_get(bed, "audio_paused"))) {
		fputs(" sound paused ", out);
		print_age(out, int_of(bed, "audio_pause_left_ms"), 4);
	}
	fputc('\n', out);
	if (!json_is_true(json_object_get(bed, "watched"))) {
		paint(out, style, "\033[7m");
		fprintf(out, "    %s", text_of(bed, "banner"));
		plain(out, style);
		fputc('\n', out);
	}
	json_array_foreach(json_object_get(bed, "not_watching"), index, item)
	{
		paint(out, style, "\033[7m");
		fprintf(out, "    %s", text_of(item, "line"));
		plain(out, style);
		fputc('\n', out);
	}
	json_array_foreach(json_object_get(bed, "alarms"), index, item)
		print_alarm_line(out, item, style);
}

void
table_beds(FILE *out, const json_t *beds, const json_t *status, const struct style *style)
{
	size_t index;
	json_t *item;

	fprintf(out, "%-8s %-10s%-20s%-10s%-18s%-13s%-13s\n", "BED", "PLACE", "PHASE", "INFUSED", "mmHg  (age)", "RATE (age)",
	    "SpO2 (age)");
	json_array_foreach(json_object_get(beds, "beds"), index, item)
		print_bed(out, item, style);
	json_array_foreach(json_object_get(status, "alarms"), index, item)
		print_alarm_line(out, item, style);
	fputs("Infused is calculated from the clock. The bedside monitors' own alarms stay on and stay primary.\n", out);
}

void
table_alarms(FILE *out, const json_t *alarms, const struct style *style)
{
	size_t index;
	json_t *item;

	if (json_array_size(json_object_get(alarms, "alarms")) == 0)
		fputs("no open alarms\n", out);
	json_array_foreach(json_object_get(alarms, "alarms"), index, item)
	{
		fprintf(out, "%-8s %-14s", text_of(item, "bed"), text_of(item, "group"));
		print_alarm_line(out, item, style);
	}
}

void
table_sessions(FILE *out, const json_t *sessions)
{
	size_t index;
	json_t *item;

	if (json_array_size(json_object_get(sessions, "sessions")) == 0) {
		fputs("no sessions\n", out);
		return;
	}
	fprintf(out, "%-6s %-10s %-8s %-12s %-11s %-20s %-20s %s\n", "ID", "PATIENT", "BED", "REGIMEN", "PHASE", "STARTED (UTC)",
	    "ENDED (UTC)", "ALARMS");
	json_array_foreach(json_object_get(sessions, "sessions"), index, item)
		fprintf(out, "%-6" PRId64 " %-10s %-8s %-12.12s %-11s %-20.19s %-20.19s %" PRId64 "\n", int_of(item, "id"),
		    text_of(item, "patient"), text_of(item, "bed"), text_of(item, "regimen"), text_of(item, "phase"),
		    text_of(item, "started"), text_of(item, "ended"), int_of(item, "alarms"));
}

void
table_events(FILE *out, const json_t *events)
{
	size_t index;
	json_t *item;

	json_array_foreach(json_object_get(events, "events"), index, item)
		fprintf(out, "%-20.19s %-16s %-10s %-12s %s%s%s%s\n", text_of(item, "at"), text_of(item, "type"), text_of(item, "change"),
		    text_of(item, "who"), text_of(item, "text"), text_of(item, "reason")[0] != '\0' ? " (" : "", text_of(item, "reason"),
		    text_of(item, "reason")[0] != '\0' ? ")" : "");
}

void
table_status(FILE *out, const json_t *status)
{
	const json_t *store = json_object_get(status, "store"), *you = json_object_get(status, "you");

	fprintf(out, "%s, infusiond %s, up since %s\n", text_of(status, "clinic"), text_of(status, "version"), text_of(status, "started"));
	fprintf(out, "record: %s, %" PRId64 " ms behind\n",
	    text_of(store, "trouble")[0] != '\0' ? text_of(store, "trouble") : "written", int_of(store, "lag_ms"));
	fprintf(out, "you: %s (%s)\n", text_of(you, "name"), text_of(you, "role"));
}
