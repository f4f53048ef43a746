/* Scenario files: a timeline read from text and played in virtual time through
 * daemon/clinical. Test code; one thread. The language is in README.md. */
#ifndef INFUSIOND_TESTS_SCENARIO_H
#define INFUSIOND_TESTS_SCENARIO_H

#include <stdio.h>

#include "daemon/clinical/watch.h"

enum { SCENARIO_WORDS = 24, SCENARIO_LINE = 512 };

/* One line of the timeline, split into words; quotes keep a word together. */
struct scenario_line {
	int number;
	struct instant at;
	char text[SCENARIO_LINE];
	char store[SCENARIO_LINE];
	const char *words[SCENARIO_WORDS];
	size_t word_count;
};

struct scenario {
	struct regimen regimen;
	struct watch_device devices[WATCH_DEVICES];
	size_t device_count;
	struct scenario_line *lines;
	size_t line_count;
	struct scenario_line *expected;
	size_t expected_count;
};

/* Reads a file; a mistake is one sentence with its line. */
struct outcome scenario_read(const char *path, struct scenario *ret_scenario);
void scenario_finish(struct scenario *scenario);

/* Plays it: alarm lines (the brief trace) or all events go to `out`; a refused act that should
 * have been done, or the other way round, and every failed query is told in `complaints`. Returns how many complaints. */
struct outcome scenario_play(const struct scenario *scenario, bool whole_trace, FILE *out, FILE *complaints,
    int *ret_complaints);

/* "10:03:00.250" on the scenario's own day. */
bool scenario_time_from_text(const char *text, struct instant *ret_at);
void scenario_time_to_text(struct instant at, char text[static 32]);

#endif
