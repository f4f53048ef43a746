/* Recorded vital signs to be served by a simulated monitor: rows of time and
 * values. A continuous value is valid for the second that begins at its stamp
 * and then it is gone; a row with pressures is a cuff measured at its instant.
 * Nothing is held or interpolated. Pure. */
#ifndef INFUSIOND_DRIVERS_SIMULATED_RECORDING_H
#define INFUSIOND_DRIVERS_SIMULATED_RECORDING_H

#include "daemon/base/instant.h"
#include "daemon/base/outcome.h"
#include "daemon/base/reading.h"

#define RECORDING_NO_VALUE INT32_MIN

enum { RECORDING_VALID_MS = 1000, RECORDING_ROWS_MOST = 1000000 };

/* One row; RECORDING_NO_VALUE where it says nothing. */
struct recording_row {
	struct duration offset; /* from the beginning, rising */
	int32_t milli[VITAL_COUNT];
};

struct recording {
	struct recording_row *rows; /* owned */
	size_t count;
};

/* Reads CSV: a heading `t_s,rate,spo2,systolic,mean,diastolic,...` (`t_s` first, seconds with up to three decimals, then
 * names of vitals in any order), then rows with rising times; an empty field is no value. A failure names the line. */
struct outcome recording_parse(const char *text, size_t length, struct recording *ret_recording);
void recording_finish(struct recording *recording);

/* The row has a pressure. */
bool recording_has_cuff(const struct recording_row *row);

/* The row that is valid for streams at `offset`: the last one at or before it, if less than a second old; NULL: none. */
const struct recording_row *recording_at(const struct recording *recording, struct duration offset);

#endif
