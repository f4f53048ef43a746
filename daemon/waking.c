/* When the loop is to turn next: for whatever falls due first. */
#include "daemon/parts.h"

static struct instant
next_poll(const struct parts *parts)
{
	struct instant next = INSTANT_NEVER;

	for (size_t i = 0; i < parts->bed_count; i++)
		for (size_t j = 0; j < parts->beds[i].device_count; j++)
			if (!parts->beds[i].devices[j].asked)
				next = instant_earlier(next, parts->beds[i].devices[j].due);
	return next;
}

/* What is due by a watch's time happens just after its instant. What fell due while nobody watched happens when time
 * moves on at all. */
static struct instant
just_after(struct instant due, struct instant now)
{
	return instant_add(instant_later(due, now), duration_ms(1));
}

static struct instant
next_due(const struct parts *parts)
{
	struct instant next = instant_earlier(parts->tick_due, next_poll(parts)), now = clock_now(parts->clock);

	next = instant_earlier(next, just_after(station_next(parts->station), now));
	for (size_t i = 0; i < parts->bed_count; i++)
		next = instant_earlier(next, just_after(watch_next(parts->beds[i].watch), now));
	return next;
}

void
waking_set(struct parts *parts)
{
	if (!parts->stopping)
		clock_wake_at(parts->clock, next_due(parts));
}
