/* The daemon: one loop, everything's start, and its stop in mirrored order. */
#ifndef INFUSIOND_DAEMON_DAEMON_H
#define INFUSIOND_DAEMON_DAEMON_H

#include "daemon/base/outcome.h"
#include "daemon/settings/settings.h"

/* Runs until SIGTERM or SIGINT. A failure is one sentence, that the record could not be written whole at the end among them;
 * whatever was started has been stopped. Where a question to the record does not end it ends the process itself. */
struct outcome daemon_run(const struct settings *settings);

#endif
