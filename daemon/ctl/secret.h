/* Passwords from a terminal, without echo, or from a script's standard input. */
#ifndef INFUSIOND_CTL_SECRET_H
#define INFUSIOND_CTL_SECRET_H

#include "daemon/base/outcome.h"

enum { SECRET_CAP = 257 };

/* One line. At a terminal it is asked for by `prompt`, and once more with `twice`, so that a slip is not kept. */
struct outcome secret_read(const char *prompt, bool twice, char ret_secret[static SECRET_CAP]);

#endif
