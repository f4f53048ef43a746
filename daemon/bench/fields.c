#include "daemon/bench/fields.h"

#include <stdio.h>

struct list {
	struct bench_field *fields;
	size_t count;
};

static struct bench_field *
add(struct list *list, const struct field *field, const char *name)
{
	struct bench_field *row;

	if (list->count == BENCH_FIELDS)
		return NULL;
	row = &list->fields[list->count++];
	*row = (struct bench_field){ .field = field };
	snprintf(row->name, sizeof(row->name), "%s", name);
	return row;
}

static void
add_status(struct list *list, const struct status *status, const char *of)
{
	char name[NAME_CAP * 2];
	struct bench_field *row;

	snprintf(name, sizeof(name), "  vouches for %s", of);
	row = add(list, &status->word, name);
	if (row != NULL)
		row->status = status;
}

static void
add_value(struct list *list, const struct profile_value *value, const char *name)
{
	struct bench_field *row;

	if (!value->present)
		return;
	row = add(list, &value->field, name);
	if (row != NULL)
		row->value = value;
	for (size_t i = 0; i < value->status_count; i++)
		add_status(list, &value->statuses[i], name);
}

static void
add_cuff(struct list *list, const struct profile_cuff *cuff)
{
	struct bench_field *row;
	size_t first = list->count;

	if (!cuff->present)
		return;
	add_value(list, &cuff->systolic, "cuff systolic");
	add_value(list, &cuff->mean, "cuff mean");
	add_value(list, &cuff->diastolic, "cuff diastolic");
	add_value(list, &cuff->pulse, "cuff pulse");
	if (proof_has_field(cuff->proof)) {
		char name[NAME_CAP * 2];

		snprintf(name, sizeof(name), "cuff %s", proof_kind_name(cuff->proof));
		add(list, &cuff->proof_field, name);
	}
	if (cuff->has_age)
		add(list, &cuff->age_field, "cuff age, s");
	if (cuff->has_measuring) {
		row = add(list, &cuff->measuring.word, "cuff is going on");
		if (row != NULL) {
			row->status = &cuff->measuring;
			row->is_flag = true;
		}
	}
	if (cuff->has_failure)
		add(list, &cuff->failure_field, "cuff failure code");
	for (size_t i = first; i < list->count; i++)
		list->fields[i].of_cuff = true;
}

size_t
bench_fields(const struct profile *profile, struct bench_field fields[static BENCH_FIELDS])
{
	struct list list = { fields, 0 };

	for (size_t i = 0; i < profile->value_count; i++) {
		const struct profile_value *value = &profile->values[i];
		char name[NAME_CAP * 2];

		snprintf(name, sizeof(name), "%s (%s)", vital_info(value->vital)->name, source_name(value->source));
		add_value(&list, value, name);
	}
	add_cuff(&list, &profile->cuff);
	if (profile->has_clock)
		add(&list, &profile->clock, "clock, Unix s");
	if (profile->has_uptime)
		add(&list, &profile->uptime, "uptime, s");
	for (int part = 0; part < IDENTITY_PARTS; part++)
		if (profile->identity[part].present)
			add(&list, &profile->identity[part].field, identity_part_name((enum identity_part)part));
	return list.count;
}

void
bench_address(const struct field *field, char *text, size_t cap)
{
	/* Coils 0xxxx, discrete inputs 1xxxx, input registers 3xxxx, holding registers 4xxxx, all from 1. */
	static const int leading[] = { [READ_COILS] = 0, [READ_DISCRETE] = 1, [READ_HOLDING] = 4, [READ_INPUT] = 3 };
	int digit = field->function < sizeof(leading) / sizeof(leading[0]) ? leading[field->function] : 0;

	if (field->address < 9999)
		snprintf(text, cap, "%d%04u / %u", digit, field->address + 1u, field->address);
	else
		snprintf(text, cap, "%d%05u / %u", digit, field->address + 1u, field->address);
}

void
bench_type(const struct field *field, char *text, size_t cap)
{
	if (field->type == TYPE_BIT)
		snprintf(text, cap, function_is_bits(field->function) ? "bit" : "bit %u", field->bit);
	else if (field->bit_count > 0)
		snprintf(text, cap, "%s bits %u-%u", value_type_name(field->type), field->low_bit,
		    field->low_bit + field->bit_count - 1u);
	else if (field->order == ORDER_ABCD)
		snprintf(text, cap, "%s", value_type_name(field->type));
	else
		snprintf(text, cap, "%s %s", value_type_name(field->type), word_order_name(field->order));
}
