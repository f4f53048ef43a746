/* A file of a test's own, under a name that nobody else has. */
#ifndef INFUSIOND_TESTS_FILE_FIXTURE_H
#define INFUSIOND_TESTS_FILE_FIXTURE_H

#include <stddef.h>

/* Its name while it is there: set-ups take no argument. */
extern char file_path[64];

void file_make(void); /* empty */
void file_remove(void);
void file_write(const char *text, size_t length); /* that and nothing else */

#endif
