/* What is checked of a browser's headers before anything is believed: the
 * cookie with the token, and the page from which it asks. Pure; any thread. */
#ifndef INFUSIOND_WEB_GUARD_H
#define INFUSIOND_WEB_GUARD_H

#include <stdbool.h>

#include "daemon/web/accounts.h"

#define GUARD_COOKIE "infusiond"

/* The next cookie of ours in a Cookie header, from `*at` on, which is moved behind it. False: no more. A value that is
 * too long for a token is passed over. */
bool guard_next_token(const char **at, char token[static TOKEN_TEXT_CAP]);

/* "https://chair.example:8443" names the same place as the Host "chair.example:8443". */
bool guard_is_same_origin(const char *origin, const char *host);

#endif
