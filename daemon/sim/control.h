/* Where commands come from: a UNIX socket or standard input, one a line, each
 * answered by a line. Loop thread. */
#ifndef INFUSIOND_SIM_CONTROL_H
#define INFUSIOND_SIM_CONTROL_H

#include <uv.h>

#include "daemon/sim/world.h"

struct control;

/* Listens on a UNIX socket (a socket left behind by an earlier run is replaced), or, for "-", reads standard input and answers on
 * standard output; the end of the input ends nothing. `world` outlives it. */
struct outcome control_open(uv_loop_t *loop, const char *path, struct world *world, struct control **ret_control);

/* Closes all and removes the socket; the memory goes when the loop has closed the handles. NULL is fine. */
void control_close(struct control *control);

#endif
