/* What every test program does with its suite. */
#ifndef INFUSIOND_TESTS_SUITE_RUN_H
#define INFUSIOND_TESTS_SUITE_RUN_H

#include <check.h>

/* Runs the suite, as verbosely as CK_VERBOSITY says, and frees it. Returns what main returns. */
int suite_run(Suite *suite);

#endif
