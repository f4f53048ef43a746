/* What every test program does with its suite. */
#ifndef INFUSIOND_TESTS_SUITE_RUN_H
#define INFUSIOND_TESTS_SUITE_RUN_H

#include <check.h>

/* Runs the suite, as verbosely as CK_VERBOSITY says, and frees it. Returns what main returns. */
int suite_run(Suite *suite);

/* Adds the tests of a list to a case. */
void suite_add_tests(TCase *tcase, const TTest *const tests[], size_t count);

/* All that a program does whose only case has no fixture and no tests but these. */
int suite_run_tests(const char *name, double timeout_s, const TTest *const tests[], size_t count);

#endif
