/* One bed: its watch, its monitors' drivers, and the way of what they say into
 * the record. Loop thread. */
#ifndef INFUSIOND_DAEMON_BED_H
#define INFUSIOND_DAEMON_BED_H

#include "daemon/clinical/watch.h"
#include "daemon/line/line.h"
#include "daemon/settings/settings.h"
#include "daemon/store/store.h"
#include "drivers/driver.h"

/* One monitor of a bed on its line. */
struct bed_device {
	const struct monitor_settings *settings;
	const struct driver *driver;
	void *instance;
	struct line *line;
	uint64_t tag;             /* of its last request: none is used twice, so that what comes late is nobody's */
	bool asked;               /* a request is under way */
	bool commanding, cancelling; /* ... and it is a command to the cuff */
	struct instant round_due; /* the tick of the round that goes on; UNKNOWN: none does */
	unsigned late_rounds;     /* in a row */
	bool late;                /* so many that the line cannot keep its plan (R25) */
	struct instant due;       /* the driver's next wish; UNKNOWN: ask it */
	struct cuff last_unproven; /* R3: recorded once, however often it is read */
	uint64_t valid, misses;
};

struct bed {
	const struct bed_settings *settings;
	struct watch *watch;
	struct bed_device devices[SESSION_DEVICES];
	size_t device_count;
	bool answered;             /* by a monitor, and the clock is not yet set for what follows */
	struct duration clock_off; /* R4, as the start had it: a reload changes no limit */
	struct store *store;
	int64_t ended_session;     /* the last one here, until its end is on disk; 0: none */
	store_ticket ended_ticket; /* of its end */
	char patient[STORE_PSEUDONYM_CAP]; /* of the session here; empty: it has no name, or there is no session */
};

/* Makes the watch; no device is opened yet. */
struct outcome bed_create(struct bed *bed, const struct settings *settings, size_t index, struct store *store,
    const struct regimen *const *regimens, int64_t (*next_id)(void *ctx), void *id_ctx, struct event_sink sink,
    struct instant now);

/* Opens the drivers, with the last cuff keys that the watch knows (after a fold). */
struct outcome bed_open_devices(struct bed *bed, const struct settings *settings, struct line *const *lines);

/* Whether bed_change_devices would be done; a sentence when not. */
struct outcome bed_may_change(struct bed *bed, const struct settings *now, size_t index, struct instant at);

/* The monitors of `now` in the place of those of `before`: what is the same, on the same line, goes on untouched. */
struct outcome bed_change_devices(struct bed *bed, const struct settings *before, const struct settings *now, size_t index,
    struct line *const *lines, struct instant at, size_t *kept, size_t *opened);

void bed_destroy(struct bed *bed);

/* A reply of a device's line, recorded and judged. */
void bed_take(struct bed *bed, size_t device, struct instant now, const struct line_reply *reply);

/* No request could be made: the line is down. */
void bed_miss(struct bed *bed, size_t device, struct instant now, enum miss miss, const char *reason);

#endif
