/* infusionctl: the daemon at a terminal, for people and scripts. */
#include <sodium.h>
#include <stdlib.h>
#include <unistd.h>

#include "daemon/ctl/verbs.h"

static const char default_socket[] = "/run/infusiond/infusiond.sock";

int
main(int argc, char **argv)
{
	struct arguments arguments = { .client = { .socket = getenv("INFUSIOND_SOCKET"), .ca = getenv("INFUSIOND_CA") } };
	const char *url = getenv("INFUSIOND_URL");
	const char *no_colour = getenv("NO_COLOR");

	if (arguments.client.socket == NULL || arguments.client.socket[0] == '\0') {
		arguments.client.socket = default_socket;
		if (url != NULL && url[0] != '\0' && !place_origin(url, arguments.client.origin).ok)
			fprintf(stderr, "infusionctl: INFUSIOND_URL is no URL and is not used\n");
	}
	arguments.style.colour = isatty(STDOUT_FILENO) != 0 && (no_colour == NULL || no_colour[0] == '\0');
	if (sodium_init() < 0 || !arguments_read(&arguments, argc, argv))
		return EXIT_USAGE;
	if (!arguments.help)
		return arguments.verb->run(&arguments);
	if (arguments.verb != NULL)
		help_print_verb(stdout, arguments.verb);
	else
		help_print(stdout);
	return EXIT_DONE;
}
