/* Random sessions and alarms for property tests: every field filled, names and
 * counts within what the structs can hold. The same seed gives the same. */
#ifndef INFUSIOND_TESTS_RANDOM_STATE_H
#define INFUSIOND_TESTS_RANDOM_STATE_H

#include "daemon/clinical/event.h"

uint64_t random_next(uint64_t *state);
int64_t random_between(uint64_t *state, int64_t low, int64_t high);
void random_session(uint64_t *state, struct session *ret_session);
void random_alarm(uint64_t *state, struct alarm *ret_alarm);

#endif
