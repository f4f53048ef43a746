/* What one reply from a device said: readings with quality, a cuff result, and
 * the device's own word about itself. Produced by drivers, judged by
 * daemon/clinical, stored by daemon/store. Plain values; any thread. */
#ifndef INFUSIOND_BASE_READING_H
#define INFUSIOND_BASE_READING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/base/instant.h"
#include "daemon/base/vital.h"

enum { NAME_CAP = 32, SENTENCE_CAP = 320, OBSERVATION_READINGS = 16, CUFF_KEY_CAP = 32 };

/* R1. Only good and verify carry a value. */
enum quality { QUALITY_ABSENT, QUALITY_INVALID, QUALITY_VERIFY, QUALITY_GOOD };

/* Why a reading is not simply good. */
enum doubt {
	DOUBT_NONE,
	DOUBT_ERROR_CODE,   /* the device's "no value" code */
	DOUBT_NOT_VOUCHED,  /* the device's status bits do not vouch for it */
	DOUBT_SENSOR_OFF,   /* the device says that the sensor is off or unplugged */
	DOUBT_IMPLAUSIBLE,  /* beyond the plausible range, no critical limit on that side */
	DOUBT_AT_THE_END,   /* R6: beyond or pinned, toward danger */
	DOUBT_JUMP,         /* R7: far from the last cuff */
	DOUBT_ORDER,        /* R7: systolic <= mean or mean <= diastolic */
	DOUBT_SOURCES,      /* R7: two rate sources disagree */
	DOUBT_AGE_UNKNOWN,  /* R3 */
	DOUBT_DEVICE_SAYS   /* the device itself calls it questionable */
};

/* Where a value stands against the device's own measuring range (R6). */
enum pinned { PINNED_NOT, PINNED_LOW, PINNED_HIGH };

struct reading {
	enum vital vital;
	enum source source;
	enum quality quality;
	enum doubt doubt;
	enum pinned pinned;
	int32_t milli; /* meaningful for good and verify only */
};

/* R2, R3: what the device proves about the cuff result in a reply. */
enum cuff_proof {
	CUFF_NONE,        /* no result in this reply */
	CUFF_NEW,         /* proved to be a measurement not seen before */
	CUFF_REREAD,      /* the one already counted */
	CUFF_AGE_UNKNOWN, /* there is a result, when it was made is not known */
	CUFF_FAILED       /* proved to be a new attempt that gave no pressure */
};

struct cuff {
	enum cuff_proof proof;
	char key[CUFF_KEY_CAP];     /* what tells this measurement from others; empty if the device has nothing */
	struct instant measured_at; /* on our timeline; UNKNOWN for CUFF_AGE_UNKNOWN */
	bool clock_doubted;         /* R4: the device's date was not believed */
	char failure[NAME_CAP * 2]; /* CUFF_FAILED: the device's reason in words */
	struct reading systolic, diastolic, mean, pulse; /* absent where not given */
};

/* Everything one reply said; judged as one step (R36). */
struct observation {
	struct instant at; /* when the reply came */
	struct reading readings[OBSERVATION_READINGS]; /* continuous vitals */
	size_t reading_count;
	struct cuff cuff;
	bool measuring;    /* the device says that a cuff is going on */
	bool rebooted;     /* R2: seen to have restarted */
	int64_t clock_off_ms; /* R4: device clock minus ours, 0 when it has none or is right */
};

const char *quality_name(enum quality quality);
const char *doubt_text(enum doubt doubt); /* "sensor off", ...; "" for none */
bool quality_has_value(enum quality quality);

#endif
