/* What every device driver is: a few pure functions over an instance. A driver
 * does no I/O and never asks for the time; the same code runs live, in tests,
 * under replay and under a fuzzer. Any bytes are legal input.
 *
 * For Modbus the request and the reply are unit + PDU (no MBAP header, no CRC):
 * the line adds and checks framing. One thread owns an instance. */
#ifndef INFUSIOND_DRIVERS_DRIVER_H
#define INFUSIOND_DRIVERS_DRIVER_H

#include "daemon/base/outcome.h"
#include "daemon/base/reading.h"

enum { WIRE_BYTES = 264 };

/* Why a request brought nothing. */
enum miss { MISS_TIMEOUT, MISS_EXCEPTION, MISS_BROKEN, MISS_NO_LINK };

struct wire_bytes {
	uint8_t bytes[WIRE_BYTES];
	size_t length;
};

/* What the driver wants: a request now, or to be asked again at `again`. */
struct driver_next {
	bool has_request;
	struct wire_bytes request;
	struct instant again; /* when has_request is false */
};

/* What a reply came to. */
struct driver_result {
	bool valid;                     /* it decoded: the device answered (R20), whatever its values' quality */
	bool has_observation;           /* a whole observation is below */
	struct observation observation;
	char reason[96];                /* not valid: why, for people */
};

struct driver_options {
	uint8_t unit;                /* Modbus unit */
	struct duration cadence;     /* poll period */
	struct duration clock_off;   /* R4 */
	const char *last_cuff_key;   /* R2: the last key counted for the session, "" when none */
};

struct profile;

struct driver {
	const char *name; /* "modbus" */
	struct outcome (*open)(const struct profile *profile, const struct driver_options *options, void **ret_instance);
	void (*next)(void *instance, struct instant now, struct driver_next *ret_next);
	void (*accept)(void *instance, struct instant at, const uint8_t *bytes, size_t length, struct driver_result *ret_result);
	void (*missed)(void *instance, struct instant at, enum miss miss);
	void (*close)(void *instance); /* NULL is fine */
};

/* The table of drivers, ended by NULL. */
const struct driver *const *driver_table(void);
const struct driver *driver_find(const char *name); /* NULL: none such */

#endif
