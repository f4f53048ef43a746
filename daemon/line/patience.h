/* How long a line's thread waits for a descriptor, and what makes it give up
 * earlier. */
#ifndef INFUSIOND_LINE_PATIENCE_H
#define INFUSIOND_LINE_PATIENCE_H

#include <stdint.h>

/* What every wait ends at: an instant of CLOCK_MONOTONIC, and a descriptor that becomes readable when all is to be given up. */
struct patience {
	int64_t deadline_ms;
	int within_ms; /* how long that was, for sentences */
	int interrupt;
};

enum waited { WAITED_READY, WAITED_TIMED_OUT, WAITED_INTERRUPTED };

int64_t patience_now_ms(void);
int64_t patience_now_ns(void);

/* Of CLOCK_BOOTTIME, which goes on while the host sleeps, as the daemon's instants do. */
int64_t patience_boot_ms(void);

/* Waits for poll(2)'s `events` on a descriptor; `ret_events`, if not NULL, gets what came. Past the deadline nothing
 * is looked at. */
enum waited patience_wait(int descriptor, short events, const struct patience *patience, short *ret_events);

/* Lets a millisecond pass, or less when all is to be given up. */
void patience_pause(const struct patience *patience);

#endif
