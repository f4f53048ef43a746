/* When the loop is to turn next: for whatever falls due first. */
#include "daemon/parts.h"

/* What is due by a watch's time happens just after its instant. What fell due while nobody watched happens when time
 * moves on at all. */
static struct instant
just_after(struct instant due, struct instant now)
{
	return instant_add(instant_later(due, now), duration_ms(1));
}

static struct instant
next_of_bed(const struct bed *bed, struct instant now)
{
	struct instant next = just_after(watch_next(bed->watch), now);

	for (size_t i = 0; i < bed->device_count; i++)
		if (!bed->devices[i].asked)
			next = instant_earlier(next, bed->devices[i].due);
	return next;
}

/* Of the beds, all or those that an answer has changed. */
static struct instant
next_due(struct parts *parts, bool all)
{
	struct instant now = clock_now(parts->clock);
	struct instant next = instant_earlier(parts->tick_due, just_after(station_next(parts->station), now));

	for (size_t i = 0; i < parts->bed_count; i++) {
		if (all || parts->beds[i].answered)
			next = instant_earlier(next, next_of_bed(&parts->beds[i], now));
		parts->beds[i].answered = false;
	}
	return next;
}

static void
wake_at(struct parts *parts, struct instant at)
{
	parts->wake_at = at;
	clock_wake_at(parts->clock, at);
}

void
waking_set(struct parts *parts)
{
	if (!parts->stopping)
		wake_at(parts, next_due(parts, true));
}

void
waking_set_for_answers(struct parts *parts)
{
	struct instant next;

	if (parts->stopping)
		return;
	next = next_due(parts, false);
	if (instant_before(next, parts->wake_at))
		wake_at(parts, next);
}
