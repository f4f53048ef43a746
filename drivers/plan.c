#include "drivers/plan.h"

#include <stdlib.h>

/* A span, and whether it is read by itself. */
struct wanted {
	struct span span;
	bool alone;
};

/* What is to be read, in any order. */
struct list {
	struct wanted wanted[PLAN_READS];
	size_t count;
};

static int
compare_wanted(const void *a, const void *b)
{
	const struct span *left = &((const struct wanted *)a)->span, *right = &((const struct wanted *)b)->span;

	if (left->function != right->function)
		return left->function - right->function;
	if (left->low != right->low)
		return left->low < right->low ? -1 : 1;
	return (left->high > right->high) - (left->high < right->high);
}

static void
want(struct list *list, struct span span, bool alone)
{
	if (span.high != 0)
		list->wanted[list->count++] = (struct wanted){ span, alone };
}

static void
want_field(struct list *list, const struct field *field)
{
	struct span span = { 0 };

	span_cover(&span, field);
	want(list, span, false);
}

/* A status among the registers is in its value's span; a bit is read for itself. */
static void
want_bit(struct list *list, const struct status *status)
{
	if (function_is_bits(status->word.function))
		want_field(list, &status->word);
}

static void
want_bits(struct list *list, const struct profile_value *value)
{
	for (size_t i = 0; value->present && i < value->status_count; i++)
		want_bit(list, &value->statuses[i]);
}

static void
collect_cuff(struct list *list, const struct profile *profile)
{
	const struct profile_cuff *cuff = &profile->cuff;

	if (cuff->block == 0)
		want(list, span_of_cuff(profile), cuff->alone);
	want_bits(list, &cuff->systolic);
	want_bits(list, &cuff->mean);
	want_bits(list, &cuff->diastolic);
	want_bits(list, &cuff->pulse);
	if (cuff->has_measuring)
		want_bit(list, &cuff->measuring);
}

static void
collect(const struct profile *profile, struct list *list)
{
	list->count = 0;
	for (uint8_t block = 1; block <= profile->block_count; block++)
		want(list, span_of_block(profile, block), profile_reads_alone(profile, false, block));
	for (size_t i = 0; i < profile->value_count; i++) {
		const struct profile_value *value = &profile->values[i];

		if (value->block == 0)
			want(list, span_of_value(value), value->alone);
		want_bits(list, value);
	}
	if (profile->cuff.present)
		collect_cuff(list, profile);
	if (profile->has_clock)
		want_field(list, &profile->clock);
	if (profile->has_uptime)
		want_field(list, &profile->uptime);
}

uint32_t
plan_longest(const struct profile *profile, uint8_t function)
{
	if (!function_is_bits(function))
		return profile->max_registers;
	return profile->max_bits > 0 ? profile->max_bits : MODBUS_READ_BITS_MOST;
}

uint32_t
plan_unreadable(const struct profile *profile, uint8_t function, uint32_t low, uint32_t high)
{
	for (size_t i = 0; i < profile->unreadable_count; i++) {
		const struct unreadable *range = &profile->unreadable[i];

		if (range->function == function && range->from < high && range->to >= low)
			high = range->from > low ? range->from : low;
	}
	return high;
}

/* A field that is read alone: others keep away from it. What vouches for it may vouch for others too. */
static uint32_t
keep_away(const struct field *field, uint8_t function, uint32_t low, uint32_t high)
{
	uint32_t end = (uint32_t)field->address + field_words(field);

	if (field->function != function || field->address >= high || end <= low)
		return high;
	return field->address > low ? field->address : low;
}

static uint32_t
keep_away_from_cuff(const struct profile_cuff *cuff, uint8_t function, uint32_t low, uint32_t high)
{
	const struct field *fields[CUFF_FIELDS];
	size_t count = profile_cuff_fields(cuff, fields);

	for (size_t i = 0; i < count; i++)
		high = keep_away(fields[i], function, low, high);
	return high;
}

uint32_t
plan_barred(const struct profile *profile, uint8_t function, uint32_t low, uint32_t high)
{
	high = plan_unreadable(profile, function, low, high);
	for (size_t i = 0; i < profile->value_count; i++)
		if (profile_reads_alone(profile, profile->values[i].alone, profile->values[i].block))
			high = keep_away(&profile->values[i].field, function, low, high);
	if (profile->cuff.present && profile_reads_alone(profile, profile->cuff.alone, profile->cuff.block))
		high = keep_away_from_cuff(&profile->cuff, function, low, high);
	return high;
}

static bool
fits(const struct span *read, const struct span *next, const struct profile *profile)
{
	uint32_t high = next->high > read->high ? next->high : read->high;

	return next->function == read->function && next->low <= read->high + profile->max_gap &&
	       high - read->low <= plan_longest(profile, read->function) &&
	       plan_barred(profile, read->function, read->low, high) == high;
}

static void
add_read(struct plan *plan, const struct span *span)
{
	if (span->high != 0)
		plan->reads[plan->count++] =
		    (struct plan_read){ span->function, (uint16_t)span->low, (uint16_t)(span->high - span->low) };
}

/* Taking spans in order into the current read as long as they fit is least: what begins later and does not fit into this read
 * fits into no earlier one, unless it lies wholly inside another that begins earlier, and then it costs nothing there. What
 * is barred lies inside no span, so that it parts all that is before it from all that is after. What is read alone takes no
 * part. */
static void
merge(const struct profile *profile, struct list *list, struct plan *plan)
{
	struct span now = { 0 };

	plan->count = 0;
	qsort(list->wanted, list->count, sizeof(list->wanted[0]), compare_wanted);
	for (size_t i = 0; i < list->count; i++) {
		const struct span *next = &list->wanted[i].span;

		if (list->wanted[i].alone) {
			add_read(plan, next);
		} else if (now.high != 0 && fits(&now, next, profile)) {
			now.high = next->high > now.high ? next->high : now.high;
		} else {
			add_read(plan, &now);
			now = *next;
		}
	}
	add_read(plan, &now);
}

static bool
holds(const struct plan_read *read, bool has_field, const struct field *field)
{
	return has_field && field->function == read->function && field->address >= read->address &&
	       (uint32_t)field->address + field_words(field) <= (uint32_t)read->address + read->count;
}

/* A reboot or a wrong clock must be known before the cuff of the same round is judged, and bits before their values. */
static int
rank(const struct profile *profile, const struct plan_read *read)
{
	if (holds(read, profile->has_uptime, &profile->uptime) || holds(read, profile->has_clock, &profile->clock))
		return 0;
	return function_is_bits(read->function) ? 1 : 2;
}

static int
compare_reads(const void *a, const void *b)
{
	const struct plan_read *left = a, *right = b;

	return left->function != right->function ? left->function - right->function : left->address - right->address;
}

static void
put_in_order(const struct profile *profile, struct plan *plan)
{
	struct plan ordered = { .count = 0 };

	qsort(plan->reads, plan->count, sizeof(plan->reads[0]), compare_reads);
	for (int at = 0; at < 3; at++)
		for (size_t i = 0; i < plan->count; i++)
			if (rank(profile, &plan->reads[i]) == at)
				ordered.reads[ordered.count++] = plan->reads[i];
	*plan = ordered;
}

void
plan_make(const struct profile *profile, struct plan *ret_plan)
{
	struct list list;

	collect(profile, &list);
	merge(profile, &list, ret_plan);
	put_in_order(profile, ret_plan);
}

void
plan_make_identity(const struct profile *profile, struct plan *ret_plan)
{
	struct list list = { .count = 0 };

	for (int part = 0; part < IDENTITY_PARTS; part++)
		if (profile->identity[part].present)
			want(&list, span_of_identity(&profile->identity[part]), false);
	merge(profile, &list, ret_plan);
}

uint16_t
plan_read_bytes(const struct plan_read *read)
{
	return (uint16_t)(function_is_bits(read->function) ? (read->count + 7) / 8 : read->count * 2);
}
