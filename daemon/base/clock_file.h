/* The file through which a test build of the daemon and the simulator share
 * virtual time: mapped by both, written by the daemon (now) and by the test
 * (limit), read by all. Never used by the shipped daemon. */
#ifndef INFUSIOND_BASE_CLOCK_FILE_H
#define INFUSIOND_BASE_CLOCK_FILE_H

#include <stdatomic.h>
#include <stdint.h>

#define CLOCK_FILE_MAGIC INT64_C(0x494e4655434c4b31) /* "INFUCLK1" */

struct clock_file {
	int64_t magic;
	_Atomic int64_t now_ms;   /* the present instant, as UTC milliseconds */
	_Atomic int64_t limit_ms; /* time may run up to here */
	_Atomic int64_t wall_offset_ms; /* the host's clock minus the timeline: a test steps it */
};

#endif
