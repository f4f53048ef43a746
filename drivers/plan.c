#include "drivers/plan.h"

#include <stdlib.h>

/* Registers that one read must hold. */
struct span {
	uint8_t function;
	uint32_t low, high; /* high: past the end */
};

static void
cover(struct span *span, const struct field *field)
{
	uint32_t end = (uint32_t)field->address + field_words(field);

	if (span->high == 0) {
		*span = (struct span){ field->function, field->address, end };
		return;
	}
	if (field->function != span->function)
		return;
	if (field->address < span->low)
		span->low = field->address;
	if (end > span->high)
		span->high = end;
}

static void
cover_value(struct span *span, const struct profile_value *value)
{
	if (!value->present)
		return;
	cover(span, &value->field);
	for (size_t i = 0; i < value->status_count; i++)
		cover(span, &value->statuses[i].word);
}

static struct span
span_of_cuff(const struct profile_cuff *cuff)
{
	struct span span = { 0 };

	cover_value(&span, &cuff->systolic);
	cover_value(&span, &cuff->mean);
	cover_value(&span, &cuff->diastolic);
	cover_value(&span, &cuff->pulse);
	if (cuff->proof == PROOF_COUNTER || cuff->proof == PROOF_TIME || cuff->proof == PROOF_AGE)
		cover(&span, &cuff->proof_field);
	if (cuff->has_age)
		cover(&span, &cuff->age_field);
	if (cuff->has_measuring)
		cover(&span, &cuff->measuring.word);
	if (cuff->has_failure)
		cover(&span, &cuff->failure_field);
	return span;
}

static int
compare_spans(const void *a, const void *b)
{
	const struct span *left = a, *right = b;

	if (left->function != right->function)
		return left->function - right->function;
	return (left->low > right->low) - (left->low < right->low);
}

static size_t
collect(const struct profile *profile, struct span spans[PLAN_READS])
{
	size_t count = 0;

	for (size_t i = 0; i < profile->value_count; i++) {
		struct span span = { 0 };

		cover_value(&span, &profile->values[i]);
		spans[count++] = span;
	}
	if (profile->cuff.present)
		spans[count++] = span_of_cuff(&profile->cuff);
	if (profile->has_clock) {
		struct span span = { 0 };

		cover(&span, &profile->clock);
		spans[count++] = span;
	}
	if (profile->has_uptime) {
		struct span span = { 0 };

		cover(&span, &profile->uptime);
		spans[count++] = span;
	}
	return count;
}

/* Taking spans in order into the current read as long as they fit is least: a later start never covers more. */
void
plan_make(const struct profile *profile, struct plan *ret_plan)
{
	struct span spans[PLAN_READS], now = { 0 };
	size_t count = collect(profile, spans);

	ret_plan->count = 0;
	qsort(spans, count, sizeof(spans[0]), compare_spans);
	for (size_t i = 0; i <= count; i++) {
		bool fits = i < count && now.high != 0 && spans[i].function == now.function &&
		            spans[i].low <= now.high + profile->max_gap &&
		            (spans[i].high > now.high ? spans[i].high : now.high) - now.low <= profile->max_registers;

		if (fits) {
			if (spans[i].high > now.high)
				now.high = spans[i].high;
			continue;
		}
		if (now.high != 0)
			ret_plan->reads[ret_plan->count++] =
			    (struct plan_read){ now.function, (uint16_t)now.low, (uint16_t)(now.high - now.low) };
		if (i < count)
			now = spans[i];
	}
}
