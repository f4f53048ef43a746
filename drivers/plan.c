#include "drivers/plan.h"

#include <stdlib.h>

/* A span, and whether it is read by itself. */
struct wanted {
	struct span span;
	bool alone;
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

static struct wanted
wanted_field(const struct field *field)
{
	struct wanted wanted = { 0 };

	span_cover(&wanted.span, field);
	return wanted;
}

static size_t
collect(const struct profile *profile, struct wanted wanted[PLAN_READS])
{
	size_t count = 0;

	for (size_t i = 0; i < profile->value_count; i++)
		wanted[count++] = (struct wanted){ span_of_value(&profile->values[i]), profile->values[i].alone };
	if (profile->cuff.present)
		wanted[count++] = (struct wanted){ span_of_cuff(profile), profile->cuff.alone };
	if (profile->has_clock)
		wanted[count++] = wanted_field(&profile->clock);
	if (profile->has_uptime)
		wanted[count++] = wanted_field(&profile->uptime);
	return count;
}

static bool
fits(const struct span *read, const struct span *next, const struct profile *profile)
{
	uint32_t high = next->high > read->high ? next->high : read->high;

	return next->function == read->function && next->low <= read->high + profile->max_gap &&
	       high - read->low <= profile->max_registers;
}

static void
add_read(struct plan *plan, const struct span *span)
{
	if (span->high != 0)
		plan->reads[plan->count++] =
		    (struct plan_read){ span->function, (uint16_t)span->low, (uint16_t)(span->high - span->low) };
}

static bool
holds(const struct plan_read *read, bool has_field, const struct field *field)
{
	return has_field && field->function == read->function && field->address >= read->address &&
	       (uint32_t)field->address + field_words(field) <= (uint32_t)read->address + read->count;
}

/* A reboot or a wrong clock must be known before the cuff of the same round is judged. */
static void
put_clocks_first(const struct profile *profile, struct plan *plan)
{
	size_t done = 0;

	for (size_t i = 0; i < plan->count; i++) {
		struct plan_read read = plan->reads[i];

		if (!holds(&read, profile->has_uptime, &profile->uptime) && !holds(&read, profile->has_clock, &profile->clock))
			continue;
		for (size_t j = i; j > done; j--)
			plan->reads[j] = plan->reads[j - 1];
		plan->reads[done++] = read;
	}
}

/* Taking spans in order into the current read as long as they fit is least: what begins later and does not fit into
 * this read fits into no earlier one. What is read alone takes no part. */
void
plan_make(const struct profile *profile, struct plan *ret_plan)
{
	struct wanted wanted[PLAN_READS];
	struct span now = { 0 };
	size_t count = collect(profile, wanted);

	ret_plan->count = 0;
	qsort(wanted, count, sizeof(wanted[0]), compare_wanted);
	for (size_t i = 0; i < count; i++) {
		const struct span *next = &wanted[i].span;

		if (wanted[i].alone) {
			add_read(ret_plan, next);
		} else if (now.high != 0 && fits(&now, next, profile)) {
			now.high = next->high > now.high ? next->high : now.high;
		} else {
			add_read(ret_plan, &now);
			now = *next;
		}
	}
	add_read(ret_plan, &now);
	put_clocks_first(profile, ret_plan);
}

uint16_t
plan_read_bytes(const struct plan_read *read)
{
	return (uint16_t)(read->count * 2);
}
