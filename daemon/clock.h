/* Where time comes from. The shipped daemon links clock_real.c, which follows
 * the host; the test build links clock_virtual.c, which leaps from one deadline
 * to the next as soon as nothing is under way. Nothing else in the daemon asks
 * for the time. Loop thread only. */
#ifndef INFUSIOND_DAEMON_CLOCK_H
#define INFUSIOND_DAEMON_CLOCK_H

#include <uv.h>

#include "daemon/base/instant.h"
#include "daemon/base/outcome.h"

struct daemon_clock;

/* `offset_ms` is the watch timeline's distance from the host's clock as the record last had it (wall minus
 * instant); `not_before` is the last instant on record: the timeline never goes back behind it. `wake` is called on the
 * loop when the instant asked for by clock_wake_at has come. */
struct outcome clock_create(uv_loop_t *loop, int64_t offset_ms, struct instant not_before,
    void (*wake)(void *ctx, struct instant now), void *ctx, struct daemon_clock **ret_clock);

/* Stops; the memory goes when the loop has closed its handle. NULL is fine. */
void clock_destroy(struct daemon_clock *clock);

struct instant clock_now(struct daemon_clock *clock);

/* The host's clock, for finding that it stepped (R25). */
struct wall clock_wall(struct daemon_clock *clock);

/* The record could not be reached without going ahead of the host's clock: it was set back while the program was down (R32). */
bool clock_was_behind(struct daemon_clock *clock);

/* Whether the host says that its clock is synchronised. */
bool clock_is_synchronised(struct daemon_clock *clock);

/* Wakes at `at`, or at once when it has passed; a new call replaces the last one. */
void clock_wake_at(struct daemon_clock *clock, struct instant at);

/* Something is under way (a request on a wire, an act not yet committed): virtual time stands still meanwhile. */
void clock_hold(struct daemon_clock *clock);
void clock_release(struct daemon_clock *clock);

#endif
