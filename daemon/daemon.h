/* The daemon: one loop, everything's start, and its stop in mirrored order. */
#ifndef INFUSIOND_DAEMON_DAEMON_H
#define INFUSIOND_DAEMON_DAEMON_H

#include "daemon/base/outcome.h"
#include "daemon/settings/settings.h"

/* Runs until SIGTERM or SIGINT. A failure is one sentence; whatever was started has been stopped. */
struct outcome daemon_run(const struct settings *settings);

#endif
