/* The monitor of a scenario: its standing stream and what it says at an
 * instant, as an observation. Test code. */
#ifndef INFUSIOND_TESTS_MONITOR_H
#define INFUSIOND_TESTS_MONITOR_H

#include "tests/scenarios/scenario.h"

struct monitor {
	const struct watch_device *device;
	bool silent, streams;
	struct instant next_poll;
	struct reading stream[VITAL_COUNT][SOURCE_COUNT]; /* quality absent: not in the stream */
	bool on[VITAL_COUNT][SOURCE_COUNT];
	struct reading pinned_once;
	bool has_pinned;
	bool measuring;
	int64_t clock_off_ms;
	int keys; /* cuffs made so far */
	struct cuff last_cuff;
};

/* Takes one device line (words from `first`); fills `cuff` when the line is one. A mistake is one sentence. */
struct outcome monitor_take(struct monitor *monitor, const struct scenario_line *line, size_t first, struct cuff *ret_cuff,
    bool *ret_polls);

/* The reply at `at`: the standing stream if `with_stream`, the cuff if it has one. */
struct observation monitor_reply(struct monitor *monitor, struct instant at, bool with_stream, const struct cuff *cuff);

#endif
