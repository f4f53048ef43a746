#include "daemon/sim/pty.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

static const struct {
	int baud;
	speed_t speed;
} speeds[] = {
	{ 1200, B1200 }, { 2400, B2400 }, { 4800, B4800 }, { 9600, B9600 }, { 19200, B19200 }, { 38400, B38400 },
	{ 57600, B57600 }, { 115200, B115200 }, { 230400, B230400 }, { 460800, B460800 }, { 921600, B921600 },
};

enum { SPEEDS = sizeof(speeds) / sizeof(speeds[0]) };

static const speed_t *
speed_of(int baud)
{
	for (int i = 0; i < SPEEDS; i++)
		if (speeds[i].baud == baud)
			return &speeds[i].speed;
	return NULL;
}

bool
pty_baud_is_known(int baud)
{
	return speed_of(baud) != NULL;
}

int
pty_baud(int master)
{
	struct termios form;

	/* Asked of a master, the kernel says how the slave is set. */
	if (tcgetattr(master, &form) != 0)
		return 0;
	for (int i = 0; i < SPEEDS; i++)
		if (speeds[i].speed == cfgetospeed(&form))
			return speeds[i].baud;
	return 0;
}

static int
open_slave(int master)
{
	char name[64];

	if (ptsname_r(master, name, sizeof(name)) != 0)
		return -1;
	return open(name, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
}

void
pty_forget(int master)
{
	int slave = open_slave(master);

	if (slave < 0)
		return;
	tcflush(slave, TCIOFLUSH);
	ioctl(slave, TIOCNXCL);
	close(slave);
}

static bool
set_raw(int master, int baud)
{
	int slave = open_slave(master);
	struct termios form;
	bool set = false;

	if (slave < 0)
		return false;
	if (tcgetattr(slave, &form) == 0) {
		cfmakeraw(&form);
		cfsetspeed(&form, *speed_of(baud));
		set = tcsetattr(slave, TCSANOW, &form) == 0;
	}
	close(slave);
	return set;
}

static struct outcome
make_link(int master, const char *link)
{
	char name[64];
	struct stat there;

	if (lstat(link, &there) == 0) {
		if (!S_ISLNK(there.st_mode))
			return outcome_fail("%s is there already, and is no link", link);
		unlink(link);
	}
	if (ptsname_r(master, name, sizeof(name)) != 0 || symlink(name, link) != 0)
		return outcome_fail("%s cannot be made: %s", link, strerror(errno));
	return outcome_ok();
}

struct outcome
pty_open(const char *link, int baud, int *ret_master)
{
	int master = posix_openpt(O_RDWR | O_NOCTTY);
	struct outcome made;

	if (master < 0)
		return outcome_fail("%s: no pty can be opened: %s", link, strerror(errno));
	if (fcntl(master, F_SETFD, FD_CLOEXEC) != 0 || fcntl(master, F_SETFL, O_RDWR | O_NONBLOCK) != 0 || grantpt(master) != 0 ||
	    unlockpt(master) != 0 || !set_raw(master, baud))
		made = outcome_fail("%s: a pty cannot be set up: %s", link, strerror(errno));
	else
		made = make_link(master, link);
	if (made.ok)
		*ret_master = master;
	else
		close(master);
	return made;
}

void
pty_close(int master, const char *link)
{
	char name[64], there[PATH_MAX];
	ssize_t length = readlink(link, there, sizeof(there) - 1);

	if (length > 0 && ptsname_r(master, name, sizeof(name)) == 0) {
		there[length] = '\0';
		if (strcmp(there, name) == 0)
			unlink(link);
	}
	close(master);
}
