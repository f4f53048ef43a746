#include "daemon/ctl/secret.h"

#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

/* One line of standard input, byte by byte: what follows is somebody else's. */
static struct outcome
read_line(char secret[static SECRET_CAP])
{
	size_t length = 0;
	char byte;

	for (;;) {
		ssize_t got = read(STDIN_FILENO, &byte, 1);

		if (got <= 0 && length == 0)
			return outcome_fail("no password was given");
		if (got <= 0 || byte == '\n')
			break;
		if (length == SECRET_CAP - 1)
			return outcome_fail("a password has at most %d bytes", SECRET_CAP - 1);
		secret[length++] = byte;
	}
	secret[length] = '\0';
	return outcome_ok();
}

/* A terminal that is left without echo is of no use: it is put back whatever comes. Ctrl-C works all along, and a shell
 * puts its own terminal right. */
static struct outcome
ask(const char *prompt, char secret[static SECRET_CAP])
{
	struct termios before, silent;
	struct outcome read;

	if (tcgetattr(STDIN_FILENO, &before) != 0)
		return outcome_fail("the terminal cannot be made silent");
	silent = before;
	silent.c_lflag &= ~(tcflag_t)ECHO;
	silent.c_lflag |= ECHONL;
	/* Silent before anything is asked: whoever types fast must not be shown. */
	if (tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent) != 0)
		return outcome_fail("the terminal cannot be made silent");
	fprintf(stderr, "%s: ", prompt);
	fflush(stderr);
	read = read_line(secret);
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
	return read;
}

struct outcome
secret_read(const char *prompt, bool twice, char ret_secret[static SECRET_CAP])
{
	char again[SECRET_CAP];
	struct outcome read;

	if (!isatty(STDIN_FILENO))
		return read_line(ret_secret);
	read = ask(prompt, ret_secret);
	if (!read.ok || !twice)
		return read;
	read = ask("once more", again);
	if (read.ok && strcmp(again, ret_secret) != 0)
		read = outcome_fail("the two are not the same: nothing was done");
	explicit_bzero(again, sizeof(again));
	if (!read.ok)
		explicit_bzero(ret_secret, SECRET_CAP);
	return read;
}
