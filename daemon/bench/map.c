/* A register map as a table, to be held against the device's manual line by
 * line. */
#include <inttypes.h>

#include "daemon/bench/bench.h"
#include "daemon/bench/fields.h"

static void
print_scale(FILE *out, const struct profile_value *value)
{
	char offset[24];

	fprintf(out, "x %g", (double)value->scale_micro / 1e6);
	if (value->offset_milli != 0) {
		milli_to_text(value->offset_milli, offset, sizeof(offset));
		fprintf(out, " %s%s", value->offset_milli > 0 ? "+" : "", offset);
	}
}

static void
print_codes(FILE *out, const struct profile_value *value)
{
	for (size_t i = 0; i < value->error_code_count; i++)
		fprintf(out, "%s%" PRId64, i == 0 ? "; no value: " : ", ", value->error_codes[i]);
}

static void
print_range(FILE *out, const struct profile_value *value)
{
	char low[24], high[24];

	if (!value->range_low.set && !value->range_high.set)
		return;
	milli_to_text(value->range_low.milli, low, sizeof(low));
	milli_to_text(value->range_high.milli, high, sizeof(high));
	if (!value->range_high.set)
		fprintf(out, "; device's range from %s", low);
	else if (!value->range_low.set)
		fprintf(out, "; device's range up to %s", high);
	else
		fprintf(out, "; device's range %s to %s", low, high);
}

/* What it is read with. */
static void
print_company(FILE *out, const struct profile *profile, const struct profile_value *value)
{
	if (value->alone)
		fprintf(out, "; read alone");
	if (value->block != 0)
		fprintf(out, "; block %s", profile->blocks[value->block - 1]);
}

static void
print_field(FILE *out, const struct profile *profile, const struct bench_field *row)
{
	static const char *const otherwise[] = { [DOUBT_NOT_VOUCHED] = "not vouched for", [DOUBT_SENSOR_OFF] = "sensor off",
		[DOUBT_DEVICE_SAYS] = "to be looked at twice" };
	char address[32], type[32];

	bench_address(row->field, address, sizeof(address));
	bench_type(row->field, type, sizeof(type));
	fprintf(out, "%-30s %-16s fn %u  %-16s ", row->name, address, row->field->function, type);
	if (row->value != NULL) {
		print_scale(out, row->value);
		fprintf(out, " %s", vital_info(row->value->vital)->unit);
		print_codes(out, row->value);
		print_range(out, row->value);
		print_company(out, profile, row->value);
	} else if (row->status != NULL) {
		fprintf(out, "& 0x%04x = 0x%04x", row->status->mask, row->status->expect);
		if (row->status->otherwise < sizeof(otherwise) / sizeof(otherwise[0]) && otherwise[row->status->otherwise] != NULL)
			fprintf(out, ", else %s", otherwise[row->status->otherwise]);
	}
	fputc('\n', out);
}

int
bench_check(FILE *out, const struct bench_target *target)
{
	const struct profile *profile = &target->profile;
	struct bench_field fields[BENCH_FIELDS];
	size_t count = bench_fields(profile, fields);

	fprintf(out, "%s: %s\n", profile->name, profile->title);
	if (profile->note[0] != '\0')
		fprintf(out, "%s\n", profile->note);
	fprintf(out, "\n%-30s %-16s       %-16s\n", "WHAT", "MANUAL / WIRE", "TYPE");
	for (size_t i = 0; i < count; i++)
		print_field(out, profile, &fields[i]);
	if (profile->cuff.present)
		fprintf(out, "\na new cuff is proved by: %s%s\n", proof_kind_name(profile->cuff.proof),
		    profile->cuff.proof == PROOF_NONE ? ": two equal results in a row count as one" : "");
	fputc('\n', out);
	return bench_plan(out, target);
}
