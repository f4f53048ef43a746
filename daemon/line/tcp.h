/* A TCP connection that is opened within a deadline and can be given up from
 * another thread. Blocking, for a line's own thread. */
#ifndef INFUSIOND_LINE_TCP_H
#define INFUSIOND_LINE_TCP_H

#include <stddef.h>
#include <stdint.h>

#include "daemon/line/patience.h"

/* Connects to the first of a host's addresses that accepts: non-blocking, closed on exec, without delay. -1 with a sentence
 * in `reason`. Looking a host's name up is the resolver's own time; addresses need none. A descriptor of 1024 or more is
 * refused, since libmodbus selects and glibc then aborts the process. */
int tcp_connect(const char *host, uint16_t port, const struct patience *patience, char *reason, size_t cap);

#endif
