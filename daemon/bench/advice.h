/* What was found while a monitor was read, and the one sentence on what to look
 * at first. Private to daemon/bench. */
#ifndef INFUSIOND_BENCH_ADVICE_H
#define INFUSIOND_BENCH_ADVICE_H

#include "daemon/bench/bench.h"
#include "daemon/bench/rows.h"
#include "daemon/line/line.h"

struct findings {
	int exchanges, by_result[LINE_RESULT_COUNT], by_answer[ANSWER_COUNT];
	char last_reason[LINE_RESULT_COUNT][160]; /* of the link */
	char refused[96];                         /* of the device or gateway */
	int64_t slowest_us;
	bool rebooted, measuring, clock_off;
	struct cuff cuff;     /* the last one that said something */
	struct identity identity;
	bool has_identity;
};

void findings_add_exchange(struct findings *findings, const struct line_reply *reply);
void findings_add_result(struct findings *findings, const struct driver_result *result);

/* Prints a summary and the sentence; true when there is nothing to look at. */
bool findings_conclude(FILE *out, const struct findings *findings, const struct bench_rows *rows,
    const struct bench_target *target);

#endif
