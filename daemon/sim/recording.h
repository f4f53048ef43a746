/* A patient's recording: CSV of time and vitals, served at its instants and "no
 * value" between them, never held and never interpolated. A file is hostile. */
#ifndef INFUSIOND_SIM_RECORDING_H
#define INFUSIOND_SIM_RECORDING_H


#include "daemon/base/instant.h"
#include "daemon/base/outcome.h"
#include "daemon/base/vital.h"

enum { RECORDING_ROWS = 1 << 20 };

/* Not given at that instant. */
#define RECORDING_NONE INT32_MIN

struct recorded {
	struct duration at; /* from the first row's instant 0, or from the first row when it is dated */
	int32_t milli[VITAL_COUNT];
};

struct recording {
	struct recorded *rows;
	size_t count;
};

/* Reads a file with a header: a column of time ("time" or "t_s" in seconds or as 2026-01-02T09:30:00Z, "offset_min") and
 * columns by the vitals' names, or as the public collections call them (HR, SpO2, RR, NBPs, NBPm, NBPd, sys, mean, dia);
 * others are passed over. Rows are in order of time; an empty cell or '-' is no value. A failure names the line. */
struct outcome recording_load(const char *path, struct recording *ret_recording);
void recording_free(struct recording *recording);

#endif
