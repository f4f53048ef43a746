#include <errno.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "daemon/tls/certificate.h"

enum { MS_PER_S = 1000 };

/* No passphrase is ever asked for: the daemon starts by itself. */
static int
no_passphrase(char *text, int cap, int writing, void *ctx)
{
	(void)text;
	(void)cap;
	(void)writing;
	(void)ctx;
	return -1;
}

static struct outcome
read_certificate(const char *path, X509 **ret_certificate)
{
	FILE *file = fopen(path, "re");

	if (file == NULL)
		return outcome_fail("'%.200s' cannot be read: %s", path, strerror(errno));
	*ret_certificate = PEM_read_X509(file, NULL, no_passphrase, NULL);
	fclose(file);
	ERR_clear_error();
	return *ret_certificate != NULL ? outcome_ok() : outcome_fail("'%.200s' holds no certificate in PEM form", path);
}

static struct outcome
read_key(const char *path, EVP_PKEY **ret_key)
{
	FILE *file = fopen(path, "re");

	if (file == NULL)
		return outcome_fail("'%.200s' cannot be read: %s", path, strerror(errno));
	*ret_key = PEM_read_PrivateKey(file, NULL, no_passphrase, NULL);
	fclose(file);
	ERR_clear_error();
	return *ret_key != NULL ? outcome_ok() :
				  outcome_fail("'%.200s' holds no private key in PEM form that needs no passphrase", path);
}

static struct outcome
read_end(const X509 *certificate, struct instant *ret_until)
{
	struct tm end = { .tm_year = 0 };

	if (ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &end) != 1)
		return outcome_fail("the certificate does not say until when it is good");
	ret_until->ms = (int64_t)timegm(&end) * MS_PER_S;
	return outcome_ok();
}

struct outcome
certificate_check(const char *certificate, const char *key, struct instant *ret_until)
{
	X509 *read = NULL;
	EVP_PKEY *own = NULL;
	struct outcome done = read_certificate(certificate, &read);

	if (done.ok)
		done = read_key(key, &own);
	if (done.ok && X509_check_private_key(read, own) != 1)
		done = outcome_fail("the key '%.150s' is not that of the certificate '%.150s'", key, certificate);
	if (done.ok)
		done = read_end(read, ret_until);
	ERR_clear_error();
	X509_free(read);
	EVP_PKEY_free(own);
	return done;
}
