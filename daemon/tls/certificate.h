/* Certificates for browsers: whether a pair of files can be used, and making an
 * authority of one's own with a certificate of it. By OpenSSL's library, which
 * the HTTP library brings along; its program is not on every host. No state; any
 * thread. */
#ifndef INFUSIOND_TLS_CERTIFICATE_H
#define INFUSIOND_TLS_CERTIFICATE_H

#include <stddef.h>

#include "daemon/base/instant.h"
#include "daemon/base/outcome.h"

enum {
	CERTIFICATE_PATH_CAP = 512,
	CERTIFICATE_HOSTS = 24,
	CERTIFICATE_FINGERPRINT_CAP = 96,
	CERTIFICATE_DAYS = 825,      /* the longest that Apple's systems take of an authority of one's own (support 103769) */
	CERTIFICATE_CA_DAYS = 3650
};

/* Whether the daemon can serve TLS with them: both are PEM, the key has no passphrase and is the certificate's. Tells
 * when the certificate ends. */
struct outcome certificate_check(const char *certificate, const char *key, struct instant *ret_until);

/* What certificate_make made. */
struct certificate_files {
	char ca[CERTIFICATE_PATH_CAP], ca_key[CERTIFICATE_PATH_CAP], certificate[CERTIFICATE_PATH_CAP], key[CERTIFICATE_PATH_CAP];
	char fingerprint[CERTIFICATE_FINGERPRINT_CAP]; /* of the authority, SHA-256, as browsers show it */
	bool ca_was_there;
};

/* Makes ca.pem, ca-key.pem, server.pem and server-key.pem in a folder, which is made if it is not there. An authority
 * that is there already is used, so that browsers that know it know the new certificate too; nothing is overwritten.
 * Hosts are names or addresses. After a failure nothing of it is left. */
struct outcome certificate_make(const char *folder, const char *const *hosts, size_t count,
    struct certificate_files *ret_files);

#endif
