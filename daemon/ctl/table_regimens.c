/* What a session can be started with, for people: each regimen's dose, bounds,
 * phases and checklist, and when a reason is asked for; and what one start would
 * come to. */
#include "daemon/ctl/table.h"

#include <inttypes.h>
#include <string.h>

static double
number(const json_t *object, const char *key)
{
	return json_number_value(json_object_get(object, key));
}

static void
print_range(FILE *out, const char *what, const json_t *range, const char *unit)
{
	fprintf(out, "%s %g to %g %s", what, number(range, "low"), number(range, "high"), unit);
}

static void
print_dose(FILE *out, const json_t *regimen)
{
	const json_t *dose = json_object_get(regimen, "dose"), *weight = json_object_get(regimen, "weight");

	fprintf(out, "  dose      %g mg/kg in %g mL over %g min", number(dose, "mg_per_kg"), number(dose, "volume_ml"),
	    number(dose, "planned_min"));
	print_range(out, "; asked about outside", json_object_get(dose, "usual_mg_per_kg"), "mg/kg");
	print_range(out, "\n  weight   ", json_object_get(weight, "allowed_kg"), "kg");
	print_range(out, "; asked about outside", json_object_get(weight, "usual_kg"), "kg");
	fputc('\n', out);
}

static void
print_phase(FILE *out, const json_t *phase)
{
	const json_t *minimum = json_object_get(phase, "minimum_min");
	size_t index;
	json_t *vital;

	fputs("  ", out);
	cell_print(out, cell_text(phase, "phase"), 10);
	fprintf(out, "cuff every %g min; needs", number(phase, "cuff_interval_min"));
	json_array_foreach(json_object_get(phase, "required"), index, vital)
		fprintf(out, " %s", json_string_value(vital));
	if (json_is_number(minimum))
		fprintf(out, "; at least %g min", json_number_value(minimum));
	fputc('\n', out);
}

static void
print_regimen(FILE *out, const json_t *regimen)
{
	size_t index;
	json_t *item;

	fprintf(out, "%s%s: %s\n", cell_text(regimen, "name"), cell_is(regimen, "default") ? " (the default)" : "",
	    cell_text(regimen, "title"));
	print_dose(out, regimen);
	json_array_foreach(json_object_get(regimen, "phases"), index, item)
		print_phase(out, item);
	fputs("  before discharge:\n", out);
	json_array_foreach(json_object_get(regimen, "checklist"), index, item)
		fprintf(out, "    %2" PRId64 ". %s\n", cell_int(item, "item"), cell_text(item, "text"));
	fputc('\n', out);
}

void
table_regimens(FILE *out, const json_t *regimens, const struct style *style)
{
	size_t index;
	json_t *item;

	(void)style;
	json_array_foreach(json_object_get(regimens, "regimens"), index, item)
		print_regimen(out, item);
	fputs("a reason is asked for:\n", out);
	json_array_foreach(json_object_get(regimens, "reasons"), index, item)
	{
		const char *act = cell_text(item, "act");

		fputs("  ", out);
		cell_print(out, strcmp(act, "off") == 0 ? "alarm-off" : act, 12);
		fprintf(out, "%s\n", cell_text(item, "when"));
	}
}

static void
print_live(FILE *out, const json_t *live)
{
	char age[CELL_AGE];
	size_t index;
	json_t *value;

	json_array_foreach(live, index, value)
	{
		cell_age(value, "age_ms", age);
		fprintf(out, "  %s=%s (%s), %s old, from %s\n", cell_text(value, "vital"), cell_text(value, "text"),
		    cell_text(value, "quality"), age, cell_text(value, "device_label"));
	}
	if (json_array_size(live) == 0)
		fputs("  no value is live: the start needs --confirm none and a reason\n", out);
}

void
table_preview(FILE *out, const json_t *preview)
{
	size_t index;
	json_t *item;

	fprintf(out, "nothing was done: %s at %s (%s)\n", cell_text(preview, "title"), cell_text(preview, "bed"),
	    cell_text(preview, "label"));
	table_plan(out, json_object_get(preview, "plan"));
	fputs("the arithmetic, to be checked:\n", out);
	json_array_foreach(json_object_get(preview, "arithmetic"), index, item)
		fprintf(out, "  %s\n", json_string_value(item));
	json_array_foreach(json_object_get(preview, "unusual"), index, item)
		fprintf(out, "UNUSUAL: %s (--unusual-confirmed)\n", cell_text(item, "sentence"));
	fputs("to be compared with the monitor's own screen, one of (--confirm):\n", out);
	print_live(out, json_object_get(preview, "live"));
}
