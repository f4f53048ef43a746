#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/tls/certificate.h"

enum { SERIAL_BYTES = 16, HOST_MOST = 253, NAMES_CAP = CERTIFICATE_HOSTS * (HOST_MOST + 8), BACKDATED_S = 3600, DAY_S = 86400 };

static struct outcome
trouble(const char *what)
{
	char text[160];

	ERR_error_string_n(ERR_get_error(), text, sizeof(text));
	ERR_clear_error();
	return outcome_fail("%s: %s", what, text);
}

static bool
is_address(const char *host)
{
	unsigned char bytes[16];

	return inet_pton(AF_INET, host, bytes) == 1 || inet_pton(AF_INET6, host, bytes) == 1;
}

/* Letters, digits, '-', '.' and, in front, "*.": nothing that means something in the list that is made of it. */
static bool
is_name(const char *host)
{
	const char *c = strncmp(host, "*.", 2) == 0 ? host + 2 : host;

	if (*c == '\0' || strlen(host) > HOST_MOST)
		return false;
	for (; *c != '\0'; c++)
		if (!(isalnum((unsigned char)*c) && (unsigned char)*c < 0x80) && *c != '-' && *c != '.')
			return false;
	return true;
}

/* "DNS:chair.example,IP:192.0.2.1" */
static struct outcome
list_hosts(const char *const *hosts, size_t count, char list[static NAMES_CAP])
{
	size_t used = 0;

	list[0] = '\0';
	for (size_t i = 0; i < count; i++) {
		if (!is_address(hosts[i]) && !is_name(hosts[i]))
			return outcome_fail("'%.80s' is no host name and no address", hosts[i]);
		used += (size_t)snprintf(list + used, NAMES_CAP - used, "%s%s:%s", i > 0 ? "," : "",
		    is_address(hosts[i]) ? "IP" : "DNS", hosts[i]);
	}
	return outcome_ok();
}

static bool
add_extension(X509 *certificate, X509 *issuer, int nid, const char *value)
{
	X509V3_CTX context;
	X509_EXTENSION *extension;
	bool added;

	X509V3_set_ctx_nodb(&context);
	X509V3_set_ctx(&context, issuer, certificate, NULL, NULL, 0);
	extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
	added = extension != NULL && X509_add_ext(certificate, extension, -1) == 1;
	X509_EXTENSION_free(extension);
	return added;
}

static bool
set_serial(X509 *certificate)
{
	unsigned char bytes[SERIAL_BYTES];
	BIGNUM *number = NULL;
	bool set = RAND_bytes(bytes, sizeof(bytes)) == 1;

	bytes[0] &= 0x7f;
	if (set)
		number = BN_bin2bn(bytes, sizeof(bytes), NULL);
	set = number != NULL && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate)) != NULL;
	BN_free(number);
	return set;
}

/* What every certificate has; an hour back, since clocks differ. */
static bool
set_basics(X509 *certificate, const char *name, EVP_PKEY *key, long days)
{
	X509_NAME *subject = X509_get_subject_name(certificate);

	return X509_set_version(certificate, X509_VERSION_3) == 1 && set_serial(certificate) &&
	       X509_gmtime_adj(X509_getm_notBefore(certificate), -BACKDATED_S) != NULL &&
	       X509_gmtime_adj(X509_getm_notAfter(certificate), days * DAY_S) != NULL &&
	       X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, (const unsigned char *)name, -1, -1, 0) == 1 &&
	       X509_set_pubkey(certificate, key) == 1;
}

static bool
fill_ca(X509 *ca, EVP_PKEY *key)
{
	char host[64] = "", name[128];

	gethostname(host, sizeof(host) - 1);
	/* 64 characters is the most that the standard allows a name. */
	snprintf(name, sizeof(name), "infusiond authority of %.40s", host);
	return set_basics(ca, name, key, CERTIFICATE_CA_DAYS) && X509_set_issuer_name(ca, X509_get_subject_name(ca)) == 1 &&
	       add_extension(ca, ca, NID_basic_constraints, "critical,CA:TRUE,pathlen:0") &&
	       add_extension(ca, ca, NID_key_usage, "critical,keyCertSign,cRLSign") &&
	       add_extension(ca, ca, NID_subject_key_identifier, "hash") && X509_sign(ca, key, EVP_sha256()) > 0;
}

static bool
fill_server(X509 *server, EVP_PKEY *key, X509 *ca, EVP_PKEY *ca_key, const char *name, const char *names)
{
	char common[72];

	snprintf(common, sizeof(common), "%.64s", name);
	return set_basics(server, common, key, CERTIFICATE_DAYS) &&
	       X509_set_issuer_name(server, X509_get_subject_name(ca)) == 1 &&
	       add_extension(server, ca, NID_basic_constraints, "critical,CA:FALSE") &&
	       add_extension(server, ca, NID_key_usage, "critical,digitalSignature") &&
	       add_extension(server, ca, NID_ext_key_usage, "serverAuth") &&
	       add_extension(server, ca, NID_subject_key_identifier, "hash") &&
	       add_extension(server, ca, NID_authority_key_identifier, "keyid:always") &&
	       add_extension(server, ca, NID_subject_alt_name, names) && X509_sign(server, ca_key, EVP_sha256()) > 0;
}

/* Opens a file that must not be there yet. */
static struct outcome
open_new(const char *path, mode_t mode, FILE **ret_file)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);

	*ret_file = fd >= 0 ? fdopen(fd, "w") : NULL;
	if (*ret_file != NULL)
		return outcome_ok();
	if (fd >= 0)
		close(fd);
	if (errno == EEXIST)
		return outcome_fail("%s is there already, and nothing is overwritten", path);
	return outcome_fail("%s cannot be made: %s", path, strerror(errno));
}

/* One of the two, the other NULL. */
static struct outcome
write_new(const char *path, X509 *certificate, EVP_PKEY *key)
{
	FILE *file;
	struct outcome done = open_new(path, key != NULL ? 0600 : 0644, &file);
	int written;

	if (!done.ok)
		return done;
	written = key != NULL ? PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL) : PEM_write_X509(file, certificate);
	if (fclose(file) != 0 || written != 1) {
		unlink(path);
		return outcome_fail("%s cannot be written", path);
	}
	return done;
}

static void
remove_both(const char *one, const char *other)
{
	unlink(one);
	unlink(other);
}

static struct outcome
write_pair(const char *certificate_path, X509 *certificate, const char *key_path, EVP_PKEY *key)
{
	struct outcome done = write_new(key_path, NULL, key);

	if (!done.ok)
		return done;
	done = write_new(certificate_path, certificate, NULL);
	if (!done.ok)
		unlink(key_path);
	return done;
}

static void
fingerprint_of(X509 *certificate, char text[static CERTIFICATE_FINGERPRINT_CAP])
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned length = 0;
	size_t used = 0;

	text[0] = '\0';
	if (X509_digest(certificate, EVP_sha256(), digest, &length) != 1)
		return;
	for (unsigned i = 0; i < length && used + 4 < CERTIFICATE_FINGERPRINT_CAP; i++)
		used += (size_t)snprintf(text + used, CERTIFICATE_FINGERPRINT_CAP - used, "%s%02X", i > 0 ? ":" : "", digest[i]);
}

/* The authority that is there. */
static struct outcome
read_ca(const struct certificate_files *files, X509 **ret_ca, EVP_PKEY **ret_key)
{
	struct instant until;
	struct outcome done = certificate_check(files->ca, files->ca_key, &until);
	FILE *certificate, *key;

	if (!done.ok)
		return outcome_within(done, "the authority that is there cannot be used");
	certificate = fopen(files->ca, "re");
	key = fopen(files->ca_key, "re");
	if (certificate != NULL && key != NULL) {
		*ret_ca = PEM_read_X509(certificate, NULL, NULL, NULL);
		*ret_key = PEM_read_PrivateKey(key, NULL, NULL, NULL);
	}
	if (certificate != NULL)
		fclose(certificate);
	if (key != NULL)
		fclose(key);
	return *ret_ca != NULL && *ret_key != NULL ? done : outcome_fail("%s cannot be read", files->ca);
}

static struct outcome
make_ca(const struct certificate_files *files, X509 **ret_ca, EVP_PKEY **ret_key)
{
	*ret_ca = X509_new();
	*ret_key = EVP_EC_gen("P-256");
	if (*ret_ca == NULL || *ret_key == NULL || !fill_ca(*ret_ca, *ret_key))
		return trouble("the authority cannot be made");
	return write_pair(files->ca, *ret_ca, files->ca_key, *ret_key);
}

static struct outcome
take_ca(struct certificate_files *files, X509 **ret_ca, EVP_PKEY **ret_key)
{
	bool has_ca = access(files->ca, F_OK) == 0, has_key = access(files->ca_key, F_OK) == 0;

	files->ca_was_there = has_ca && has_key;
	if (has_ca != has_key)
		return outcome_fail("%s is there, but not %s: an authority is both", has_ca ? files->ca : files->ca_key,
		    has_ca ? files->ca_key : files->ca);
	return files->ca_was_there ? read_ca(files, ret_ca, ret_key) : make_ca(files, ret_ca, ret_key);
}

static struct outcome
make_server(const struct certificate_files *files, X509 *ca, EVP_PKEY *ca_key, const char *name, const char *names)
{
	X509 *server = X509_new();
	EVP_PKEY *key = EVP_EC_gen("P-256");
	struct outcome done;

	if (server != NULL && key != NULL && fill_server(server, key, ca, ca_key, name, names))
		done = write_pair(files->certificate, server, files->key, key);
	else
		done = trouble("the certificate cannot be made");
	X509_free(server);
	EVP_PKEY_free(key);
	return done;
}

static struct outcome
name_files(const char *folder, struct certificate_files *files)
{
	if (strlen(folder) + sizeof("/server-key.pem") > CERTIFICATE_PATH_CAP)
		return outcome_fail("the folder's path is too long");
	snprintf(files->ca, sizeof(files->ca), "%s/ca.pem", folder);
	snprintf(files->ca_key, sizeof(files->ca_key), "%s/ca-key.pem", folder);
	snprintf(files->certificate, sizeof(files->certificate), "%s/server.pem", folder);
	snprintf(files->key, sizeof(files->key), "%s/server-key.pem", folder);
	for (int i = 0; i < 2; i++)
		if (access(i == 0 ? files->certificate : files->key, F_OK) == 0)
			return outcome_fail("%s is there already, and nothing is overwritten: move it away first",
			    i == 0 ? files->certificate : files->key);
	if (mkdir(folder, 0755) != 0 && errno != EEXIST)
		return outcome_fail("the folder %s cannot be made: %s", folder, strerror(errno));
	return outcome_ok();
}

struct outcome
certificate_make(const char *folder, const char *const *hosts, size_t count, struct certificate_files *ret_files)
{
	struct certificate_files files = { .ca_was_there = false };
	char names[NAMES_CAP];
	X509 *ca = NULL;
	EVP_PKEY *ca_key = NULL;
	struct outcome done = list_hosts(hosts, count, names);

	if (done.ok)
		done = name_files(folder, &files);
	if (!done.ok)
		return done;
	done = take_ca(&files, &ca, &ca_key);
	if (done.ok) {
		fingerprint_of(ca, files.fingerprint);
		done = make_server(&files, ca, ca_key, hosts[0], names);
		if (!done.ok && !files.ca_was_there)
			remove_both(files.ca, files.ca_key);
	}
	X509_free(ca);
	EVP_PKEY_free(ca_key);
	if (done.ok)
		*ret_files = files;
	return done;
}
