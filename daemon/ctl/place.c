#include "daemon/ctl/place.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LOOPBACK_NET = 127 };

static bool
is_this_host(const char *host)
{
	struct in_addr address;

	if (strcmp(host, "localhost") == 0 || strcmp(host, "[::1]") == 0)
		return true;
	return inet_pton(AF_INET, host, &address) == 1 && ntohl(address.s_addr) >> 24 == LOOPBACK_NET;
}

static bool
is_part_empty(CURLU *url, CURLUPart part)
{
	char *text = NULL;
	bool empty = curl_url_get(url, part, &text, 0) != CURLUE_OK || text[0] == '\0' || strcmp(text, "/") == 0;

	curl_free(text);
	return empty;
}

/* Without the port where it is the scheme's own: so do browsers, and the daemon compares. */
static struct outcome
origin_of(CURLU *url, const char *given, char origin[static PLACE_ORIGIN_CAP])
{
	char *scheme = NULL, *host = NULL, *port = NULL;
	struct outcome done = outcome_ok();

	curl_url_get(url, CURLUPART_SCHEME, &scheme, 0);
	curl_url_get(url, CURLUPART_HOST, &host, 0);
	curl_url_get(url, CURLUPART_PORT, &port, CURLU_NO_DEFAULT_PORT);
	if (scheme == NULL || host == NULL || (strcmp(scheme, "http") != 0 && strcmp(scheme, "https") != 0))
		done = outcome_fail("'%.80s' is no URL such as https://clinic.example:8443", given);
	else if (!is_part_empty(url, CURLUPART_PATH) || !is_part_empty(url, CURLUPART_QUERY) ||
	    !is_part_empty(url, CURLUPART_USER))
		done = outcome_fail("'%.80s' must name scheme, host and port only, as in https://clinic.example:8443", given);
	else if (strcmp(scheme, "http") == 0 && !is_this_host(host))
		done = outcome_fail("plain http to another computer would show the password on the wire: use https");
	else if ((size_t)snprintf(origin, PLACE_ORIGIN_CAP, "%s://%s%s%s", scheme, host, port != NULL ? ":" : "",
		     port != NULL ? port : "") >= PLACE_ORIGIN_CAP)
		done = outcome_fail("'%.80s...' is longer than a URL can be", given);
	for (char *c = origin; done.ok && *c != '\0'; c++)
		*c = (char)tolower((unsigned char)*c);
	curl_free(scheme);
	curl_free(host);
	curl_free(port);
	return done;
}

struct outcome
place_origin(const char *url, char ret_origin[static PLACE_ORIGIN_CAP])
{
	CURLU *parsed = curl_url();
	struct outcome done = outcome_fail("'%.80s' is no URL such as https://clinic.example:8443", url);

	if (parsed != NULL && curl_url_set(parsed, CURLUPART_URL, url, 0) == CURLUE_OK)
		done = origin_of(parsed, url, ret_origin);
	curl_url_cleanup(parsed);
	return done;
}

/* One file for each place. */
static struct outcome
path_of(const char *origin, char path[static PATH_MAX])
{
	const char *folder = getenv("XDG_RUNTIME_DIR");
	size_t used;

	if (folder == NULL || folder[0] != '/')
		return outcome_fail("XDG_RUNTIME_DIR names no folder in which a log-in can be kept: set it to one that only you can read");
	used = (size_t)snprintf(path, PATH_MAX, "%s/infusionctl-", folder);
	if (used + strlen(origin) + sizeof(".new") >= PATH_MAX)
		return outcome_fail("XDG_RUNTIME_DIR is too long");
	for (; *origin != '\0'; origin++)
		path[used++] = isalnum((unsigned char)*origin) || *origin == '.' || *origin == '-' ? *origin : '_';
	path[used] = '\0';
	return outcome_ok();
}

struct outcome
place_can_keep(const char *origin)
{
	char path[PATH_MAX];
	struct outcome found = path_of(origin, path);
	const char *folder = getenv("XDG_RUNTIME_DIR");

	if (found.ok && access(folder, W_OK | X_OK) != 0)
		return outcome_fail("no log-in can be kept in %s: %s: set XDG_RUNTIME_DIR to a folder that only you can read", folder,
		    strerror(errno));
	return found;
}

void
place_load(const char *origin, char ret_token[static PLACE_TOKEN_CAP])
{
	char path[PATH_MAX];
	struct stat status;
	ssize_t length = -1;
	int fd;

	ret_token[0] = '\0';
	if (!path_of(origin, path).ok)
		return;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return;
	/* What others could have written is not believed. */
	if (fstat(fd, &status) == 0 && status.st_uid == geteuid() && (status.st_mode & 077) == 0)
		length = read(fd, ret_token, PLACE_TOKEN_CAP - 1);
	close(fd);
	ret_token[length > 0 ? length : 0] = '\0';
	if (ret_token[strspn(ret_token, "0123456789abcdef")] != '\0')
		ret_token[0] = '\0';
}

struct outcome
place_keep(const char *origin, const char *token)
{
	char path[PATH_MAX], made[PATH_MAX + 8];
	struct outcome done = path_of(origin, path);
	bool written;
	int fd;

	if (!done.ok)
		return done;
	if (token[0] == '\0')
		return unlink(path) == 0 || errno == ENOENT ? outcome_ok() :
							      outcome_fail("%s cannot be removed: %s", path, strerror(errno));
	snprintf(made, sizeof(made), "%s.new", path);
	unlink(made);
	fd = open(made, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return outcome_fail("%s cannot be made: %s", made, strerror(errno));
	written = write(fd, token, strlen(token)) == (ssize_t)strlen(token);
	if (close(fd) != 0 || !written || rename(made, path) != 0) {
		done = outcome_fail("%s cannot be written: %s", path, strerror(errno));
		unlink(made);
	}
	return done;
}

struct outcome
place_why(const char *origin, CURLcode result)
{
	switch (result) {
	case CURLE_PEER_FAILED_VERIFICATION:
		return outcome_fail("%s: its certificate is not trusted here, or is another host's: --ca names the authority's file",
		    origin);
	case CURLE_SSL_CACERT_BADFILE:
		return outcome_fail("%s: the file of --ca cannot be read, or holds no certificate", origin);
	case CURLE_COULDNT_RESOLVE_HOST:
		return outcome_fail("%s: there is no host of that name", origin);
	case CURLE_COULDNT_CONNECT:
		return outcome_fail("%s: nobody answers there: is infusiond running, and is this its address?", origin);
	case CURLE_SSL_CONNECT_ERROR:
		return outcome_fail("%s: no TLS is spoken there: is it the daemon's https address?", origin);
	case CURLE_GOT_NOTHING:
	case CURLE_RECV_ERROR:
		if (strncmp(origin, "http:", strlen("http:")) == 0)
			return outcome_fail("%s: no plain http is spoken there: where the daemon has a certificate, its address begins with https",
			    origin);
		return outcome_fail("%s: the daemon does not answer: %s", origin, curl_easy_strerror(result));
	default:
		return outcome_fail("%s: the daemon does not answer: %s", origin, curl_easy_strerror(result));
	}
}
