/* infusionctl: the daemon at a terminal, for people and scripts. */
#include <errno.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "daemon/ctl/verbs.h"

static const char default_socket[] = "/run/infusiond/infusiond.sock";

/* A full disk or a closed pipe must not pass for an answer. */
static int
finish_output(int code)
{
	bool failed = fflush(stdout) != 0;

	if ((!failed && ferror(stdout) == 0) || code != EXIT_DONE)
		return code;
	fprintf(stderr, "infusionctl: the answer could not be written%s%s\n", failed ? ": " : "", failed ? strerror(errno) : "");
	return EXIT_NOT_WRITTEN;
}

static void
look_at_terminal(struct style *style)
{
	const char *no_colour = getenv("NO_COLOR");
	struct winsize size;

	if (isatty(STDOUT_FILENO) == 0)
		return;
	style->colour = no_colour == NULL || no_colour[0] == '\0';
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0)
		style->width = size.ws_col;
}

int
main(int argc, char **argv)
{
	struct arguments arguments = { .client = { .socket = getenv("INFUSIOND_SOCKET"), .ca = getenv("INFUSIOND_CA") } };
	const char *url = getenv("INFUSIOND_URL");

	if (arguments.client.socket == NULL || arguments.client.socket[0] == '\0') {
		arguments.client.socket = default_socket;
		if (url != NULL && url[0] != '\0' && !place_origin(url, arguments.client.origin).ok)
			fprintf(stderr, "infusionctl: INFUSIOND_URL is no URL and is not used\n");
	}
	look_at_terminal(&arguments.style);
	if (sodium_init() < 0 || !arguments_read(&arguments, argc, argv))
		return EXIT_USAGE;
	if (!arguments.help)
		return finish_output(arguments.verb->run(&arguments));
	if (arguments.verb != NULL)
		help_print_verb(stdout, arguments.verb);
	else if (arguments.group != NULL)
		help_print_group(stdout, arguments.group);
	else
		help_print(stdout);
	return finish_output(EXIT_DONE);
}
