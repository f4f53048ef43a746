/* A TCP connection that is opened within a deadline and can be given up from
 * another thread. Blocking, for a line's own thread. */
#ifndef INFUSIOND_LINE_TCP_H
#define INFUSIOND_LINE_TCP_H

#include <stddef.h>
#include <stdint.h>

/* What every wait ends at: an instant of CLOCK_MONOTONIC, and a descriptor that becomes readable when all is to be given up. */
struct tcp_patience {
	int64_t deadline_ms;
	int within_ms; /* how long that was, for sentences */
	int interrupt;
};

enum tcp_waited { TCP_READY, TCP_TIMED_OUT, TCP_INTERRUPTED };

int64_t tcp_now_ms(void);

/* Waits for poll(2)'s `events` on a descriptor; `ret_events`, if not NULL, gets what came. Past the deadline nothing
 * is looked at. */
enum tcp_waited tcp_wait(int descriptor, short events, const struct tcp_patience *patience, short *ret_events);

/* Lets a millisecond pass, or less when all is to be given up. */
void tcp_pause(const struct tcp_patience *patience);

/* Connects to the first of a host's addresses that accepts: non-blocking, closed on exec, without delay. -1 with a sentence
 * in `reason`. Looking a host's name up is the resolver's own time; addresses need none. A descriptor of 1024 or more is
 * refused, since libmodbus selects and glibc then aborts the process. */
int tcp_connect(const char *host, uint16_t port, const struct tcp_patience *patience, char *reason, size_t cap);

#endif
