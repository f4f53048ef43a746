/* The table of beds: phase and clock, what was infused, vital signs with their
 * ages, and under each bed what is not watched and what alarms. Priorities are
 * words and shapes; colour only repeats them. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/ctl/table.h"

enum { BED = 8, PLACE = 11, PHASE = 9, CLOCK = 8, INFUSED = 9, PRESSURE = 10, VALUE = 6, AGE = 6, CHECK = 8, INDENT = 4 };

/* 74 columns always; then the check, then the place where there is room. */
enum { WITH_CHECK = 83, WITH_PLACE = 94 };

static bool
has_room(const struct style *style, int columns)
{
	return style->width == 0 || style->width >= columns;
}

static const char reverse[] = "\033[7m";

static const struct look {
	const char *priority, *mark, *on;
	int rank;
} looks[] = {
	{ "high", "*** HIGH  ", "\033[1;31m", 3 },
	{ "medium", "**  MEDIUM", "\033[1;33m", 2 },
	{ "low", "*   LOW   ", "\033[36m", 1 },
	{ "none", "          ", "", 0 },
};

static const struct look *
look_of(const char *priority)
{
	for (size_t i = 0; i < sizeof(looks) / sizeof(looks[0]); i++)
		if (strcmp(looks[i].priority, priority) == 0)
			return &looks[i];
	return &looks[3];
}

static const json_t *
vital_named(const json_t *bed, const char *name)
{
	size_t index;
	json_t *vital;

	json_array_foreach(json_object_get(bed, "vitals"), index, vital)
		if (strcmp(cell_text(vital, "vital"), name) == 0)
			return vital;
	return NULL;
}

/* A value and its age: "97", "(97)" for grey, "--" for none; a question mark for one to look at twice. */
static void
print_value(FILE *out, const json_t *vital, const char *text, int width)
{
	const char *show = cell_text(vital, "show");
	const char *doubt = strcmp(cell_text(vital, "quality"), "verify") == 0 ? "?" : "";
	char cell[64], age[CELL_AGE] = "";

	if (strcmp(show, "value") == 0)
		snprintf(cell, sizeof(cell), "%s%s", text, doubt);
	else if (strcmp(show, "grey") == 0)
		snprintf(cell, sizeof(cell), "(%s)%s", text, doubt);
	else
		snprintf(cell, sizeof(cell), "--");
	if (strcmp(cell, "--") != 0) {
		cell_age(vital, "age_ms", age);
		if (age[0] == '\0')
			snprintf(age, sizeof(age), "age?");
	}
	cell_print(out, cell, width);
	cell_print(out, age, AGE);
}

static void
print_vitals(FILE *out, const json_t *bed)
{
	const json_t *systolic = vital_named(bed, "systolic"), *rate = vital_named(bed, "rate"),
		     *spo2 = vital_named(bed, "spo2");
	char pressure[48];

	snprintf(pressure, sizeof(pressure), "%s/%s", cell_text(systolic, "text"),
	    cell_text(vital_named(bed, "diastolic"), "text"));
	print_value(out, systolic, pressure, PRESSURE);
	print_value(out, rate, cell_text(rate, "text"), VALUE);
	print_value(out, spo2, cell_text(spo2, "text"), VALUE);
}

/* In an infusion what is left of it, elsewhere how long the phase has lasted. */
static void
print_phase(FILE *out, const json_t *session)
{
	const json_t *clock = json_object_get(session, "dose_clock");
	char time[CELL_AGE], cell[CELL_AGE + 8];

	if (!json_is_object(session)) {
		cell_print(out, "none", PHASE + CLOCK);
		return;
	}
	cell_print(out, cell_text(session, "phase"), PHASE);
	cell_age(clock, "left_ms", time);
	if (time[0] != '\0') {
		snprintf(cell, sizeof(cell), "-%s", time);
		cell_print(out, cell, CLOCK);
	} else {
		cell_age(session, "phase_age_ms", time);
		cell_print(out, time, CLOCK);
	}
}

static void
print_infused(FILE *out, const json_t *session)
{
	const json_t *clock = json_object_get(session, "dose_clock");
	char text[32] = "";

	if (json_is_string(json_object_get(clock, "started")))
		snprintf(text, sizeof(text), "%.1f mg%s", json_number_value(json_object_get(clock, "infused_mg")),
		    cell_is(clock, "unverified") ? "?" : "");
	cell_print(out, text, INFUSED);
}

/* When the next scheduled pressure is due; overdue ones are counted from their time on. */
static void
print_check(FILE *out, const json_t *session)
{
	const json_t *due = json_object_get(session, "next_check_in_ms");
	char age[CELL_AGE], cell[CELL_AGE + 8] = "";

	cell_age(session, "next_check_in_ms", age);
	if (json_is_integer(due) && json_integer_value(due) <= 0)
		snprintf(cell, sizeof(cell), "due %s", age[0] == '-' ? age + 1 : age);
	else if (json_is_integer(due))
		snprintf(cell, sizeof(cell), "in %s", age);
	cell_print(out, cell, CHECK);
}

static void
print_alarm(FILE *out, const json_t *alarm, int indent, const struct style *style)
{
	const struct look *look = look_of(cell_text(alarm, "priority"));
	bool latched = strcmp(cell_text(alarm, "state"), "latched") == 0, acknowledged = cell_is(alarm, "acknowledged");
	char age[CELL_AGE], ids[64], text[640];

	cell_paint(out, style, look->on);
	fputs(look->mark, out);
	cell_unpaint(out, style, look->on);
	cell_age(alarm, "age_ms", age);
	snprintf(ids, sizeof(ids), " #%" PRId64 " r%" PRId64 " %s ", cell_int(alarm, "id"), cell_int(alarm, "revision"), age);
	cell_print(out, ids, 18);
	snprintf(text, sizeof(text), "%s%s%s%s%s%s", latched ? "[over, not yet seen] " : "",
	    cell_is(alarm, "escalated") && !acknowledged ? "[unanswered] " : "", acknowledged ? "[acknowledged by " : "",
	    acknowledged ? cell_text(alarm, "acknowledged_by") : "", acknowledged ? "] " : "", cell_text(alarm, "sentence"));
	cell_wrap(out, text, indent + 28, style);
}

static void
print_banner(FILE *out, const char *text, const struct style *style)
{
	fprintf(out, "%*s", INDENT, "");
	cell_wrap_painted(out, text, INDENT, style, reverse);
}

static void
print_bed(FILE *out, const json_t *bed, const struct style *style)
{
	const json_t *session = json_object_get(bed, "session");
	char left[CELL_AGE];
	size_t index;
	json_t *item;

	cell_print(out, cell_text(bed, "bed"), BED);
	if (has_room(style, WITH_PLACE))
		cell_print(out, cell_text(bed, "label"), PLACE);
	print_phase(out, session);
	print_infused(out, session);
	print_vitals(out, bed);
	if (has_room(style, WITH_CHECK))
		print_check(out, session);
	fputc('\n', out);
	cell_age(bed, "audio_pause_left_ms", left);
	if (cell_is(bed, "audio_paused"))
		fprintf(out, "%*ssound paused, %s left\n", INDENT, "", left);
	if (!cell_is(bed, "watched"))
		print_banner(out, cell_text(bed, "banner"), style);
	json_array_foreach(json_object_get(bed, "not_watching"), index, item)
		print_banner(out, cell_text(item, "line"), style);
	json_array_foreach(json_object_get(bed, "alarms"), index, item)
	{
		fprintf(out, "%*s", INDENT, "");
		print_alarm(out, item, INDENT, style);
	}
}

/* What is wrong at a bed, as a number to sort by. */
static int
trouble(const json_t *bed)
{
	return look_of(cell_text(bed, "worst"))->rank * 2 + (json_array_size(json_object_get(bed, "not_watching")) > 0);
}

/* The worst come first, and what is equal keeps its place. */
static void
print_worst_first(FILE *out, const json_t *beds, const struct style *style)
{
	for (int rank = 2 * looks[0].rank + 1; rank >= 0; rank--) {
		size_t index;
		json_t *bed;

		json_array_foreach(beds, index, bed)
			if (trouble(bed) == rank)
				print_bed(out, bed, style);
	}
}

static void
print_head(FILE *out, const struct style *style)
{
	static const struct {
		const char *title;
		int width, room;
	} cells[] = {
		{ "BED", BED, 0 }, { "PLACE", PLACE, WITH_PLACE }, { "PHASE", PHASE + CLOCK, 0 }, { "INFUSED", INFUSED, 0 },
		{ "mmHg", PRESSURE, 0 }, { "age", AGE, 0 }, { "RATE", VALUE, 0 }, { "age", AGE, 0 }, { "SpO2", VALUE, 0 },
		{ "age", AGE, 0 }, { "CHECK", CHECK, WITH_CHECK },
	};

	for (size_t i = 0; i < sizeof(cells) / sizeof(cells[0]); i++)
		if (has_room(style, cells[i].room))
			cell_print(out, cells[i].title, cells[i].width);
	fputc('\n', out);
}

/* R25: what is wrong with the program itself concerns every bed. */
static void
print_station(FILE *out, const json_t *status, const struct style *style)
{
	size_t index;
	json_t *alarm;

	json_array_foreach(json_object_get(status, "alarms"), index, alarm)
		print_alarm(out, alarm, 0, style);
}

void
table_beds(FILE *out, const json_t *beds, const json_t *status, const struct style *style)
{
	const json_t *list = json_object_get(beds, "beds");
	size_t index;
	json_t *bed;

	print_station(out, status, style);
	print_head(out, style);
	if (style->worst_first)
		print_worst_first(out, list, style);
	else
		json_array_foreach(list, index, bed)
			print_bed(out, bed, style);
	cell_wrap(out, "Infused mg is calculated from the clock. The bedside monitors' own alarms stay on and stay primary.", 0,
	    style);
}

void
table_alarms(FILE *out, const json_t *alarms, const struct style *style)
{
	const json_t *list = json_object_get(alarms, "alarms");
	size_t index;
	json_t *item;

	if (json_array_size(list) == 0)
		fputs("no open alarms\n", out);
	json_array_foreach(list, index, item)
	{
		const char *bed = cell_text(item, "bed");

		cell_print(out, bed[0] != '\0' ? bed : "-", BED);
		cell_print(out, cell_text(item, "group"), 16);
		print_alarm(out, item, BED + 16, style);
	}
}

void
table_plan(FILE *out, const json_t *plan)
{
	static const struct {
		const char *title, *key, *unit;
	} rows[] = {
		{ "weight", "weight_kg", "kg" }, { "", "weight_lb", "lb" }, { "dose", "dose_mg", "mg" },
		{ "", "dose_mg_per_kg", "mg/kg" }, { "over", "planned_min", "min" }, { "rate", "rate_mg_h", "mg/h" },
		{ "volume", "volume_ml", "mL" }, { "strength", "concentration_mg_ml", "mg/mL" }, { "pump", "rate_ml_h", "mL/h" },
	};

	for (size_t i = 0; json_is_object(plan) && i < sizeof(rows) / sizeof(rows[0]); i++) {
		char value[32];

		snprintf(value, sizeof(value), "%.6g", json_number_value(json_object_get(plan, rows[i].key)));
		fprintf(out, "  %-9s %10s %s\n", rows[i].title, value, rows[i].unit);
	}
}
