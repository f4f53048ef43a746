/* The simulator's own log of what was really there, against which tests compare
 * what was recorded. CSV with the columns time, what, key and then
 *
 *   cuff         key, systolic, mean, diastolic, pulse   a measurement ended with a result
 *   cuff-failed  key, reason                              ... or without one
 *   served       , rate=74 spo2=97 ...                    continuous values in an answer; '-' where it had none
 *   written      , start | cancel                         a command for the cuff came over the wire
 *   reboot       , back at TIME
 *   t35_violation, gap_us=112 needed_us=3645 lost          a request that began too soon after a frame; lost, or taken
 *   lost         , damaged | merged | collided | speed     a request that no unit understood
 *   command      , its text                               as it was done
 *
 * The key is what the profile's proof shows of the measurement, else its number. One monitor owns a log. */
#ifndef INFUSIOND_SIM_TRUTH_H
#define INFUSIOND_SIM_TRUTH_H

#include <stdio.h>

#include "daemon/base/instant.h"
#include "daemon/base/outcome.h"
#include "daemon/base/reading.h"

struct sim_truth {
	FILE *file; /* NULL: nobody wants to know */
};

struct outcome sim_truth_open(struct sim_truth *truth, const char *path);
void sim_truth_close(struct sim_truth *truth);
void sim_truth_flush(struct sim_truth *truth);

void sim_truth_cuff(struct sim_truth *truth, struct instant at, int64_t key, const struct cuff *cuff);
void sim_truth_failed(struct sim_truth *truth, struct instant at, int64_t key, const char *reason);

/* Any other row; `text` is put in as it is. */
void sim_truth_note(struct sim_truth *truth, struct instant at, const char *what, const char *text);

#endif
