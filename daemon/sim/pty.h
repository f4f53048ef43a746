/* A pty that stands for a serial adapter: a link to its slave is the port's name,
 * as udev makes them in /dev/serial/by-id. Any thread. */
#ifndef INFUSIOND_SIM_PTY_H
#define INFUSIOND_SIM_PTY_H

#include "daemon/base/outcome.h"

/* Opens a pty, its slave raw and at `baud`, and makes `link` point to the slave; a link that is there already is replaced, anything
 * else is not. *ret_master does not block. While nobody has the slave open, reading it fails with EIO and what is written is not
 * for who opens it next (pty_forget). */
struct outcome pty_open(const char *link, int baud, int *ret_master);

/* Removes the link, if it still is this pty's, and closes it: whoever has the slave open finds it hung up. */
void pty_close(int master, const char *link);

/* The speed that the slave was set to by whoever has it open; 0: none that is known here. */
int pty_baud(int master);

/* After the last one has closed the slave: throws away what was not read, and the exclusive use that one may have wanted, which on
 * a real port ends with it (tty_ioctl(2), TIOCEXCL; without CAP_SYS_ADMIN it cannot be undone here). */
void pty_forget(int master);

/* Whether Linux has such a speed. */
bool pty_baud_is_known(int baud);

#endif
