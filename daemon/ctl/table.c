/* Tables of the record: sessions, events, readings, coverage, and what verify
 * found; and the program itself. */
#include "daemon/ctl/table.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { ITEMS_CAP = 192, CHANGE_CAP = 512 };

/* So many rows the daemon gives at once where no limit is named (schema/openapi.yaml). */
enum { EVENTS_MOST = 10000, READINGS_MOST = 20000 };

/* "2026-01-02 09:30:00" of a UTC time; "-" for none. */
static void
print_time(FILE *out, const json_t *object, const char *key)
{
	const char *text = cell_text(object, key);
	char cell[20];

	snprintf(cell, sizeof(cell), "%.19s", text[0] != '\0' ? text : "-");
	if (strlen(cell) > 10)
		cell[10] = ' ';
	cell_print(out, cell, 20);
}

static void
print_session_row(FILE *out, const json_t *row)
{
	char id[24], counts[64];
	const char *patient = cell_text(row, "patient");

	snprintf(id, sizeof(id), "%" PRId64, cell_int(row, "id"));
	cell_print(out, id, 7);
	cell_print(out, patient[0] != '\0' ? patient : "-", 11);
	cell_print(out, cell_text(row, "bed"), 9);
	cell_print(out, cell_text(row, "regimen"), 14);
	cell_print(out, cell_text(row, "phase"), 11);
	print_time(out, row, "started");
	print_time(out, row, "ended");
	snprintf(counts, sizeof(counts), "%" PRId64 " (%" PRId64 " high), %" PRId64, cell_int(row, "alarms"),
	    cell_int(row, "high_alarms"), cell_int(row, "gaps"));
	cell_print(out, counts, 18);
	fprintf(out, "%s\n", cell_text(row, "signed_by"));
}

static void
print_session_head(FILE *out)
{
	fprintf(out, "%-7s%-11s%-9s%-14s%-11s%-20s%-20s%-18s%s\n", "ID", "PATIENT", "BED", "REGIMEN", "PHASE", "STARTED (UTC)",
	    "ENDED (UTC)", "ALARMS, GAPS", "SIGNED BY");
}

void
table_sessions(FILE *out, const json_t *sessions, const struct style *style)
{
	const json_t *list = json_object_get(sessions, "sessions");
	size_t index;
	json_t *row;

	(void)style;
	if (json_array_size(list) == 0) {
		if (cell_int(sessions, "total") > 0)
			fprintf(out, "none from there on: there are %" PRId64 " sessions like that\n", cell_int(sessions, "total"));
		else
			fputs("no sessions\n", out);
		return;
	}
	print_session_head(out);
	json_array_foreach(list, index, row)
		print_session_row(out, row);
	if ((int64_t)json_array_size(list) < cell_int(sessions, "total"))
		fprintf(out, "%zu of %" PRId64 "\n", json_array_size(list), cell_int(sessions, "total"));
}

/* The items of a checklist as people number them; the record keeps them as the bits of a hexadecimal number. */
static void
items_to_text(const char *bits, char text[static ITEMS_CAP])
{
	unsigned long long mask = strtoull(bits, NULL, 16);
	size_t used = 0;

	snprintf(text, ITEMS_CAP, "none");
	for (int item = 1; mask != 0 && used < ITEMS_CAP; item++, mask >>= 1)
		if ((mask & 1) != 0)
			used += (size_t)snprintf(text + used, ITEMS_CAP - used, "%s%d", used > 0 ? "," : "", item);
}

/* What an event is about, and from what to what: " [systolic.high.critical: 180 -> 170]". */
static void
change_to_text(const json_t *event, char text[static CHANGE_CAP])
{
	const char *type = cell_text(event, "type"), *subject = cell_text(event, "subject");
	const char *old = cell_text(event, "old"), *new = cell_text(event, "new");
	char items[2][ITEMS_CAP];

	text[0] = '\0';
	if (strcmp(type, "cuff_measured") == 0) {
		snprintf(text, CHANGE_CAP, strcmp(subject, "manual") == 0 ? " [taken by hand]" : " [%s]", subject);
		return;
	}
	if (strcmp(type, "checklist") == 0) {
		items_to_text(old, items[0]);
		items_to_text(new, items[1]);
		old = items[0];
		new = items[1];
	}
	if (old[0] != '\0' || new[0] != '\0')
		snprintf(text, CHANGE_CAP, " [%s%s%s%s%s]", subject, subject[0] != '\0' ? ": " : "", old,
		    new[0] != '\0' && old[0] != '\0' ? " -> " : "", new);
}

/* Who, what changed, the sentence, the reason. */
static void
print_event(FILE *out, const json_t *event, const struct style *style)
{
	const char *reason = cell_text(event, "reason"), *change = cell_text(event, "change"), *who = cell_text(event, "who");
	char type[64], changed[CHANGE_CAP], text[1024];

	print_time(out, event, "at");
	snprintf(type, sizeof(type), "%s%s%s", cell_text(event, "type"), change[0] != '\0' ? " " : "", change);
	cell_print(out, type, 20);
	cell_print(out, who[0] != '\0' ? who : "-", 12);
	change_to_text(event, changed);
	snprintf(text, sizeof(text), "%s%s%s%s%s", cell_text(event, "text"), changed, reason[0] != '\0' ? " (" : "", reason,
	    reason[0] != '\0' ? ")" : "");
	cell_wrap(out, text, 52, style);
}

void
table_session(FILE *out, const json_t *both, const struct style *style)
{
	size_t index;
	json_t *event;

	print_session_head(out);
	print_session_row(out, json_object_get(both, "session"));
	fputc('\n', out);
	json_array_foreach(json_object_get(both, "events"), index, event)
		print_event(out, event, style);
	if (json_array_size(json_object_get(both, "events")) == EVENTS_MOST)
		fprintf(out, "the first %d events; all are in the export\n", EVENTS_MOST);
}

void
table_readings(FILE *out, const json_t *readings, const struct style *style)
{
	const json_t *list = json_object_get(readings, "readings");
	size_t index;
	json_t *row;

	(void)style;
	if (json_array_size(list) == 0) {
		fputs("no readings\n", out);
		return;
	}
	fprintf(out, "%-20s%-20s%-9s%-12s%-10s%-9s%-9s%s\n", "POLLED (UTC)", "MEASURED (UTC)", "DEVICE", "VITAL", "SOURCE",
	    "QUALITY", "VALUE", "DOUBT");
	json_array_foreach(list, index, row)
	{
		const json_t *value = json_object_get(row, "value");
		char number[32] = "-";

		if (json_is_number(value))
			snprintf(number, sizeof(number), "%.6g", json_number_value(value));
		print_time(out, row, "polled");
		print_time(out, row, "measured");
		cell_print(out, cell_text(row, "device"), 9);
		cell_print(out, cell_text(row, "vital"), 12);
		cell_print(out, cell_text(row, "source"), 10);
		cell_print(out, cell_text(row, "quality"), 9);
		cell_print(out, number, 9);
		fprintf(out, "%s\n", cell_text(row, "doubt"));
	}
	if (json_array_size(list) == READINGS_MOST)
		fprintf(out, "the first %d of them; --offset %d shows those behind\n", READINGS_MOST, READINGS_MOST);
}

static size_t
print_stretches(FILE *out, const char *what, const json_t *stretches)
{
	size_t index;
	json_t *stretch;

	json_array_foreach(stretches, index, stretch)
	{
		cell_print(out, what, 14);
		print_time(out, stretch, "from");
		print_time(out, stretch, "to");
		fprintf(out, "%s\n", cell_text(stretch, "why"));
	}
	return json_array_size(stretches);
}

void
table_coverage(FILE *out, const json_t *coverage, const struct style *style)
{
	size_t count = print_stretches(out, "nobody", json_object_get(coverage, "nobody_watched"));
	const char *vital;
	json_t *stretches;

	(void)style;
	json_object_foreach(json_object_get((json_t *)coverage, "not_watched"), vital, stretches)
		count += print_stretches(out, vital, stretches);
	if (count == 0)
		fputs("everything was watched\n", out);
}

void
table_status(FILE *out, const json_t *status, const struct style *style)
{
	const json_t *store = json_object_get(status, "store"), *you = json_object_get(status, "you");
	const json_t *wall = json_object_get(status, "wall_clock"), *gap = json_object_get(status, "nobody_watched");
	const char *trouble = cell_text(store, "trouble");
	char up[CELL_AGE], lasted[CELL_AGE], ago[CELL_AGE];

	(void)style;
	cell_age(status, "uptime_ms", up);
	fprintf(out, "%s, infusiond %s, up for %s\n", cell_text(status, "clinic"), cell_text(status, "version"), up);
	fprintf(out, "record: %s%s, %" PRId64 " ms behind\n", trouble[0] != '\0' ? "NOT WRITTEN: " : "written", trouble,
	    cell_int(store, "lag_ms"));
	if (cell_int(store, "dropped") > 0)
		fprintf(out, "record: %" PRId64 " items were dropped\n", cell_int(store, "dropped"));
	fprintf(out, "clock: %s\n", cell_is(wall, "synchronised") ? "synchronised" : "NOT SYNCHRONISED");
	if (json_is_object(gap)) {
		cell_age(gap, "lasted_ms", lasted);
		cell_age(gap, "ended_ago_ms", ago);
		fprintf(out, "nobody watched for %s, until %s ago\n", lasted, ago);
	}
	fprintf(out, "you: %s (%s)%s\n", cell_text(you, "name"), cell_text(you, "role"),
	    cell_is(you, "may_speak_for_others") ? ", may act --as somebody else" : "");
}

void
table_verify(FILE *out, const json_t *verified)
{
	fprintf(out, "%s: %s\n%" PRId64 " events, %" PRId64 " readings\nhead: %s\n",
	    cell_is(verified, "sound") ? "sound" : "NOT SOUND", cell_text(verified, "finding"), cell_int(verified, "events"),
	    cell_int(verified, "readings"), cell_text(verified, "head"));
}
