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
#include "drivers/profile.h"

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

/* What kind of answer it was, for counting and for the engineer's bench. */
enum answer {
	ANSWER_VALUES,  /* to a poll */
	ANSWER_ASIDE,   /* to what the driver asks beside polling (a wake-up, the device's identity), good or not */
	ANSWER_LATER,   /* the device is busy; it will be asked again in a moment, a few times at most */
	ANSWER_REFUSED, /* the device answers, and refuses this read */
	ANSWER_GATEWAY, /* a gateway answers in the place of the device */
	ANSWER_BROKEN,  /* no answer to what was asked */
	ANSWER_COUNT
};

const char *answer_name(enum answer answer); /* "values", "aside", ... */

/* What the device says of itself; "" where it says nothing. */
struct identity {
	char manufacturer[IDENTITY_CAP], model[IDENTITY_CAP], serial[IDENTITY_CAP], firmware[IDENTITY_CAP];
};

/* What a reply came to. */
struct driver_result {
	enum answer answer;
	bool valid;                     /* it decoded: the device answered (R20), whatever its values' quality */
	bool has_observation;           /* a whole observation is below */
	struct observation observation;
	bool has_identity;              /* all that could be had of it has come; once after each connection */
	struct identity identity;
	char reason[96];                /* not valid: why, for people */
};

/* Not valid, and yet nothing that anybody needs to be told: it is no miss of the monitor. */
bool answer_is_harmless(enum answer answer);

struct driver_options {
	uint8_t unit;                /* Modbus unit */
	struct duration cadence;     /* poll period */
	struct duration clock_off;   /* R4 */
	const char *last_cuff_key;   /* R2: the last key counted for the session, "" when none */
	struct instant last_cuff_at; /* and when that was measured; UNKNOWN: none, or not known */
	bool may_start_cuff;         /* the engineer's permission for this monitor */
};

/* What a device can be told to do. */
enum driver_command { COMMAND_START_CUFF, COMMAND_CANCEL_CUFF };

/* What became of it. When that is not known the cuff may well be going on: whoever asked counts it as started. */
enum commanded { COMMANDED_DONE, COMMANDED_REFUSED, COMMANDED_UNKNOWN };

struct driver_commanded {
	enum commanded commanded;
	char reason[96]; /* not done: why, for people */
};

struct driver {
	const char *name; /* "modbus" */
	struct outcome (*open)(const struct profile *profile, const struct driver_options *options, void **ret_instance);
	void (*next)(void *instance, struct instant now, struct driver_next *ret_next);
	void (*accept)(void *instance, struct instant at, const uint8_t *bytes, size_t length, struct driver_result *ret_result);
	/* False when it was only a request beside polling, of which nobody needs to be told. */
	bool (*missed)(void *instance, struct instant at, enum miss miss);
	void (*close)(void *instance); /* NULL is fine */

	/* Optional, both or none. An act on a patient, so it is never repeated by the driver; how often it may be done is for
	 * others to decide: never two at a time, nor sooner than the profile's pause allows. `command` makes the request, to be
	 * sent like any other between two polls; it fails with a sentence when the device has no such command or the engineer
	 * did not permit it. `commanded` takes the reply, which does not go to `accept`; no reply at all is COMMANDED_UNKNOWN. */
	struct outcome (*command)(const void *instance, enum driver_command command, struct wire_bytes *ret_request);
	void (*commanded)(const void *instance, enum driver_command command, const uint8_t *bytes, size_t length,
	    struct driver_commanded *ret_commanded);
};

/* The table of drivers, ended by NULL. */
const struct driver *const *driver_table(void);
const struct driver *driver_find(const char *name); /* NULL: none such */

#endif
