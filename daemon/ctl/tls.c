/* tls init: an authority and a certificate in one step, and what to do next. */
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "daemon/ctl/verbs.h"
#include "daemon/tls/certificate.h"

/* By these the host calls itself: a browser on it must not be refused. */
static const char *const own_names[] = { "localhost", "127.0.0.1", "::1" };

static void
print_next(const struct certificate_files *files)
{
	printf("made:\n");
	if (!files->ca_was_there)
		printf("  %s\n      the authority: each browser must be told to trust it (settings, certificates, authorities)\n"
		       "  %s\n      its key: whoever has it can pretend to be any site; keep it off this host until %s ends\n",
		    files->ca, files->ca_key, files->certificate);
	printf("  %s, %s\n      the certificate for %d days, and its key\n", files->certificate, files->key, CERTIFICATE_DAYS);
	printf("authority's SHA-256, to compare where it is installed:\n  %s\n", files->fingerprint);
	printf("next:\n"
	       "  1. let the daemon's user read the key: chown infusiond %s\n"
	       "  2. in infusiond.yaml:\n"
	       "       web:\n"
	       "         listen: [\"0.0.0.0:8443\"]\n"
	       "         certificate: %s\n"
	       "         key: %s\n"
	       "  3. infusiond --check --config infusiond.yaml, then start it anew\n"
	       "  4. infusionctl --url https://HOST:8443 --ca %s login --name admin\n",
	    files->key, files->certificate, files->key, files->ca);
}

/* What was named; this host's name when nothing was; and its own loopback. */
static size_t
collect_hosts(const struct arguments *arguments, char own[static 256], const char **hosts)
{
	size_t count = 0;

	for (; count < arguments->list_count; count++)
		hosts[count] = arguments->list[count];
	if (count == 0 && gethostname(own, 255) == 0 && own[0] != '\0')
		hosts[count++] = own;
	for (size_t i = 0; i < sizeof(own_names) / sizeof(own_names[0]); i++) {
		bool named = false;

		for (size_t k = 0; k < count; k++)
			named |= strcmp(hosts[k], own_names[i]) == 0;
		if (!named)
			hosts[count++] = own_names[i];
	}
	return count;
}

/* Where a folder is from the root on: what is printed goes into a file whose own folder relative paths would start at. */
static const char *
from_the_root(const char *folder, char path[static 2 * PATH_MAX])
{
	char here[PATH_MAX];

	if (folder[0] == '/' || folder[0] == '\0' || getcwd(here, sizeof(here)) == NULL)
		return folder;
	snprintf(path, (size_t)2 * PATH_MAX, "%s/%s", here, folder);
	return path;
}

int
run_tls_init(const struct arguments *arguments)
{
	const char *folder = arguments_value(arguments, "dir"), *hosts[CERTIFICATE_HOSTS];
	char own[256] = "", path[2 * PATH_MAX];
	struct certificate_files files;
	struct outcome made;

	if (folder == NULL) {
		fprintf(stderr, "infusionctl: --dir DIR says where to\n");
		return EXIT_USAGE;
	}
	made = certificate_make(from_the_root(folder, path), hosts, collect_hosts(arguments, own, hosts), &files);
	if (!made.ok) {
		fprintf(stderr, "infusionctl: %s\n", made.why);
		return EXIT_NOT_WRITTEN;
	}
	print_next(&files);
	return EXIT_DONE;
}
