#include "daemon/report/csv.h"

#include <inttypes.h>
#include <string.h>

/* One table for all: a line's kind says what its columns mean; what a kind has not got is empty. */
static const char header[] =
	"kind,at,measured,ended,bed,device,source,what,value,unit,state,detail,who,role,old,new,reason,text\r\n";

struct section {
	const char *kind;
	const char *sql; /* every column after the kind */
};

static const struct section sections[] = {
	{ "session", "SELECT started, '', ended, bed, '', '', regimen, dose_mg, 'mg', phase, iif(aborted, 'aborted', ''), '', '', "
		     "dose_started, dose_stopped, '', 'patient ' || patient || ', weight ' || weight_kg || ' kg, infused for ' || "
		     "round(infused_min, 1) || ' min' FROM session_log WHERE session = ?1" },
	{ "reading", "SELECT polled, measured, '', bed, device, source, vital, value, iif(value IS NULL, '', unit), quality, "
		     "trim(doubt || ' ' || pinned), '', '', '', '', '', cuff FROM reading_log WHERE session = ?1 ORDER BY reading" },
	{ "event", "SELECT at, '', '', bed, '', '', trim(type || ' ' || change), subject, '', '', '', who, role, old_value, "
		   "new_value, reason, text FROM event_log WHERE session = ?1 ORDER BY event" },
	{ "alarm", "SELECT started, '', ended, bed, '', '', alarm_group, worst, '', state, peak, acknowledged_by, '', '', "
		   "acknowledged, note, sentence FROM alarm_log WHERE session = ?1 ORDER BY started, alarm" },
};

/* Quotes where a field needs them, doubled inside. A field that a spreadsheet would take for a formula is left as it is:
 * this is the record, not a page. */
static void
print_field(FILE *out, const char *text)
{
	if (strpbrk(text, ",\"\r\n") == NULL) {
		fputs(text, out);
		return;
	}
	fputc('"', out);
	for (; *text != '\0'; text++) {
		if (*text == '"')
			fputc('"', out);
		fputc(*text, out);
	}
	fputc('"', out);
}

static void
print_row(FILE *out, const char *kind, sqlite3_stmt *row)
{
	fputs(kind, out);
	for (int i = 0; i < sqlite3_column_count(row); i++) {
		const char *text = (const char *)sqlite3_column_text(row, i);

		fputc(',', out);
		print_field(out, text != NULL ? text : "");
	}
	fputs("\r\n", out);
}

static struct outcome
print_section(sqlite3 *db, FILE *out, const struct section *section, int64_t session, int64_t *ret_count)
{
	sqlite3_stmt *row = NULL;
	int64_t count = 0;
	int stepped = sqlite3_prepare_v2(db, section->sql, -1, &row, NULL);

	if (stepped == SQLITE_OK) {
		sqlite3_bind_int64(row, 1, session);
		while ((stepped = sqlite3_step(row)) == SQLITE_ROW) {
			print_row(out, section->kind, row);
			count++;
		}
	}
	sqlite3_finalize(row);
	if (stepped != SQLITE_DONE)
		return outcome_fail("%ss cannot be read: %s", section->kind, sqlite3_errmsg(db));
	*ret_count = count;
	return outcome_ok();
}

struct outcome
csv_write_session(sqlite3 *db, int64_t session, const char *chain, FILE *out)
{
	enum { SECTIONS = sizeof(sections) / sizeof(sections[0]) };
	int64_t counts[SECTIONS];
	struct outcome done = outcome_ok();

	fputs(header, out);
	/* All sections from one snapshot. */
	sqlite3_exec(db, "BEGIN", NULL, NULL, NULL);
	for (size_t i = 0; done.ok && i < SECTIONS; i++)
		done = print_section(db, out, &sections[i], session, &counts[i]);
	sqlite3_exec(db, "COMMIT", NULL, NULL, NULL);
	if (!done.ok)
		return done;
	for (size_t i = 0; i < SECTIONS; i++)
		fprintf(out, "total,,,,,,,%ss,%" PRId64 ",,,,,,,,,\r\n", sections[i].kind, counts[i]);
	fputs("chain,,,,,,,,,,,,,,,,,", out);
	print_field(out, chain);
	fputs("\r\n", out);
	return ferror(out) ? outcome_fail("the CSV cannot be written") : outcome_ok();
}
