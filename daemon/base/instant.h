/* Time as typed values.
 *
 * `instant` is a point on the watch timeline: milliseconds of UTC as the host
 * believed it when the program first started, carried on by the monotonic
 * clock, so that it never steps and never goes back, across restarts too. All
 * rules, deadlines and records use it. `wall` is what the host's clock says
 * now, which may step; the difference is recorded whenever it changes. The
 * compiler keeps the two apart. `duration` is a difference of two instants.
 *
 * Pure; any thread. */
#ifndef INFUSIOND_BASE_INSTANT_H
#define INFUSIOND_BASE_INSTANT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct instant {
	int64_t ms;
};

struct wall {
	int64_t ms;
};

struct duration {
	int64_t ms;
};

/* Later than every deadline; and "not known", earlier than everything. */
#define INSTANT_NEVER ((struct instant){ INT64_MAX })
#define INSTANT_UNKNOWN ((struct instant){ INT64_MIN })

enum { INSTANT_TEXT_CAP = 32 };

static inline struct duration
duration_ms(int64_t ms)
{
	return (struct duration){ ms };
}

static inline struct duration
duration_s(int64_t seconds)
{
	return (struct duration){ seconds * 1000 };
}

static inline struct duration
duration_min(int64_t minutes)
{
	return (struct duration){ minutes * 60000 };
}

static inline bool
instant_is_known(struct instant at)
{
	return at.ms != INT64_MIN;
}

static inline bool
instant_before(struct instant a, struct instant b)
{
	return a.ms < b.ms;
}

static inline struct instant
instant_earlier(struct instant a, struct instant b)
{
	return a.ms < b.ms ? a : b;
}

static inline struct instant
instant_later(struct instant a, struct instant b)
{
	return a.ms > b.ms ? a : b;
}

/* `at` moved by `by`; NEVER and UNKNOWN stay what they are. */
static inline struct instant
instant_add(struct instant at, struct duration by)
{
	if (at.ms == INT64_MAX || at.ms == INT64_MIN)
		return at;
	if (__builtin_add_overflow(at.ms, by.ms, &at.ms))
		at.ms = by.ms > 0 ? INT64_MAX : INT64_MIN + 1;
	return at;
}

/* later - earlier; the largest duration when `earlier` is unknown. */
static inline struct duration
instant_since(struct instant later, struct instant earlier)
{
	struct duration length;

	if (earlier.ms == INT64_MIN)
		return duration_ms(INT64_MAX);
	if (__builtin_sub_overflow(later.ms, earlier.ms, &length.ms))
		length.ms = later.ms > earlier.ms ? INT64_MAX : INT64_MIN;
	return length;
}

/* "2026-01-02T09:30:00.250Z"; "-" when unknown or never. */
void instant_to_iso(struct instant at, char text[static INSTANT_TEXT_CAP]);

/* "09:30" in UTC moved by `offset_min` minutes (the clinic's zone). */
void instant_to_clock(struct instant at, int offset_min, char text[static INSTANT_TEXT_CAP]);

/* Reads what instant_to_iso writes (fraction optional); false when it is not a time. */
bool instant_from_iso(const char *text, struct instant *ret_at);

/* "12 s", "4 min", "1 h 05 min": how a person says an age. */
void duration_to_text(struct duration length, char text[static INSTANT_TEXT_CAP]);

#endif
