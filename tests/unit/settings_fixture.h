/* What the tests of settings share: files in a folder of their own, and what is told of them. SOURCE_ROOT is
 * given by meson. All of it asserts by Check, so it is called in tests only. */
#ifndef TESTS_UNIT_SETTINGS_FIXTURE_H
#define TESTS_UNIT_SETTINGS_FIXTURE_H

#include "daemon/settings/settings.h"

void write_file(const char *path, const char *bytes, size_t length);
char *read_file(const char *path, size_t *ret_length); /* ended by NUL; the caller frees it */

/* A folder of its own, in which the test then stands. */
void enter_scratch(void);
void leave_scratch(void);

/* Loads a file by the reader that its name calls for; what is told, as --check prints it. The caller frees
 * it. */
char *messages_of(const char *name, size_t *ret_errors);

/* Settings of a file that must be without error and warning; settings_free. */
struct settings *load_clean(const char *path);
struct settings *load_example(void); /* config/infusiond.yaml */

/* Puts the small good clinic into the present folder, with `more` added to it. */
struct settings *load_small(const char *more);

/* settings_flatten as lines of "key = value"; the caller frees it. */
char *flat(const struct settings *settings);

#endif
