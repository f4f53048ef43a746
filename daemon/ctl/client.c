#include "daemon/ctl/client.h"

#include <curl/curl.h>
#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

/* Reports of a large record take their time; whoever stands at a bed does not wait so long. */
enum { TIMEOUT_S = 15, LONG_TIMEOUT_S = 600, RESPONSE_MOST = 256 << 20 };

struct buffer {
	char *bytes;
	size_t length;
	char token[PLACE_TOKEN_CAP];
};

static size_t
take(char *bytes, size_t size, size_t count, void *ctx)
{
	struct buffer *buffer = ctx;
	size_t length = size * count;
	char *grown = buffer->length + length < RESPONSE_MOST ? realloc(buffer->bytes, buffer->length + length + 1) : NULL;

	if (grown == NULL)
		return 0;
	memcpy(grown + buffer->length, bytes, length);
	buffer->bytes = grown;
	buffer->length += length;
	buffer->bytes[buffer->length] = '\0';
	return length;
}

/* The cookie of a log-in among the headers. */
static size_t
take_header(char *bytes, size_t size, size_t count, void *ctx)
{
	static const char wanted[] = "set-cookie: infusiond=";
	struct buffer *buffer = ctx;
	size_t length = size * count, skip = sizeof(wanted) - 1, value = 0;

	if (length <= skip || strncasecmp(bytes, wanted, skip) != 0)
		return length;
	while (skip + value < length && value < PLACE_TOKEN_CAP - 1 && strchr(";\r\n", bytes[skip + value]) == NULL)
		value++;
	memcpy(buffer->token, bytes + skip, value);
	buffer->token[value] = '\0';
	return length;
}

/* libcurl reports "no socket" and "not permitted" alike, so the reason is looked for here. */
static struct outcome
why_no_socket(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct stat status;
	int cause = 0, fd;

	if (path[0] == '\0')
		return outcome_fail("the path of the daemon's socket is empty: --socket PATH names it");
	if (stat(path, &status) == 0 && !S_ISSOCK(status.st_mode))
		return outcome_fail("%s is no socket: the key 'socket' of the daemon's configuration names it", path);
	if (strlen(path) >= sizeof(address.sun_path))
		return outcome_fail("%s: the path of a socket cannot be that long", path);
	/* With a full backlog a blocking connect would wait as the question did. */
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	if (fd < 0 || connect(fd, (const struct sockaddr *)&address, sizeof(address)) != 0)
		cause = errno;
	if (fd >= 0)
		close(fd);
	if (cause == ENOENT)
		return outcome_fail("%s: there is no such socket: is infusiond running, and is this its socket?", path);
	if (cause == EACCES || cause == EPERM)
		return outcome_fail("%s: you are not permitted to use this socket: its group must be one of yours", path);
	if (cause == ECONNREFUSED)
		return outcome_fail("%s: nobody listens there: infusiond has stopped", path);
	return outcome_fail("%s: the daemon does not answer%s%s", path, cause != 0 ? ": " : "", cause != 0 ? strerror(cause) : "");
}

static struct outcome
why_unreachable(const struct client *client, CURLcode result)
{
	return client->origin[0] != '\0' ? place_why(client->origin, result) : why_no_socket(client->socket);
}

/* A terminal obeys control characters: what comes from devices and people must not write to it. U+0080 to U+009F are
 * such too. */
static void
clean_text(char *text)
{
	for (unsigned char *c = (unsigned char *)text; *c != '\0'; c++) {
		if (*c < 0x20 || *c == 0x7f)
			*c = '?';
		if (c[0] == 0xc2 && c[1] >= 0x80 && c[1] <= 0x9f)
			c[0] = c[1] = '?';
	}
}

static void
clean_json(json_t *value)
{
	const char *key;
	json_t *item;
	size_t index;

	if (json_is_string(value)) {
		char *text = strdup(json_string_value(value));

		if (text != NULL) {
			clean_text(text);
			json_string_set(value, text);
		}
		free(text);
	}
	json_array_foreach(value, index, item)
		clean_json(item);
	json_object_foreach(value, key, item)
		clean_json(item);
}

static bool
takes_long(const char *path)
{
	return strstr(path, "/verify") != NULL || strstr(path, "/export") != NULL;
}

/* Which daemon, and as whom. */
static void
set_place(CURL *curl, const struct client *client, const char *path)
{
	char url[2048], token[PLACE_TOKEN_CAP], cookie[PLACE_TOKEN_CAP + 16];

	snprintf(url, sizeof(url), "%s%s", client->origin[0] != '\0' ? client->origin : "http://localhost", path);
	curl_easy_setopt(curl, CURLOPT_URL, url);
	if (client->origin[0] == '\0') {
		curl_easy_setopt(curl, CURLOPT_UNIX_SOCKET_PATH, client->socket);
		return;
	}
	curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	if (client->ca != NULL)
		curl_easy_setopt(curl, CURLOPT_CAINFO, client->ca);
	place_load(client->origin, token);
	snprintf(cookie, sizeof(cookie), "infusiond=%s", token);
	if (token[0] != '\0')
		curl_easy_setopt(curl, CURLOPT_COOKIE, cookie);
}

static void
set_options(CURL *curl, const struct client *client, const char *path, const char *body, struct curl_slist *headers,
    struct buffer *buffer)
{
	set_place(curl, client, path);
	curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, take_header);
	curl_easy_setopt(curl, CURLOPT_HEADERDATA, buffer);
	curl_easy_setopt(curl, CURLOPT_PROXY, "");
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, buffer);
	curl_easy_setopt(curl, CURLOPT_TIMEOUT, (long)(takes_long(path) ? LONG_TIMEOUT_S : TIMEOUT_S));
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	if (body == NULL)
		return;
	curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body);
}

/* The daemon takes a POST over the network from its own place only. */
static struct curl_slist *
headers_of(const struct client *client)
{
	struct curl_slist *headers = curl_slist_append(NULL, "Content-Type: application/json"), *more;
	char origin[PLACE_ORIGIN_CAP + 16];

	if (headers == NULL || client->origin[0] == '\0')
		return headers;
	snprintf(origin, sizeof(origin), "Origin: %s", client->origin);
	more = curl_slist_append(headers, origin);
	if (more == NULL)
		curl_slist_free_all(headers);
	return more;
}

static CURLcode
perform(const struct client *client, const char *path, const char *body, struct response *response)
{
	struct curl_slist *headers = headers_of(client);
	struct buffer buffer = { .bytes = NULL };
	CURL *curl = curl_easy_init();
	CURLcode result = CURLE_OUT_OF_MEMORY;
	long status = 0;

	if (curl != NULL && headers != NULL) {
		set_options(curl, client, path, body, headers, &buffer);
		result = curl_easy_perform(curl);
		curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
	}
	curl_slist_free_all(headers);
	curl_easy_cleanup(curl);
	*response = (struct response){ .status = (int)status, .text = buffer.bytes, .length = buffer.length };
	if (buffer.bytes != NULL)
		response->json = json_loadb(buffer.bytes, buffer.length, 0, NULL);
	clean_json(response->json);
	memcpy(response->token, buffer.token, sizeof(response->token));
	return result;
}

/* What libcurl says when the question did get through, or may have. */
static bool
may_have_been_heard(CURLcode result)
{
	return result == CURLE_GOT_NOTHING || result == CURLE_RECV_ERROR || result == CURLE_SEND_ERROR ||
	       result == CURLE_PARTIAL_FILE || result == CURLE_OPERATION_TIMEDOUT;
}

struct outcome
client_get(const struct client *client, const char *path, struct response *ret_response)
{
	CURLcode result = perform(client, path, NULL, ret_response);

	if (result == CURLE_OK)
		return outcome_ok();
	response_finish(ret_response);
	return why_unreachable(client, result);
}

static struct outcome
post(const struct client *client, const char *path, const char *body, const char *id, struct response *ret_response)
{
	CURLcode result = perform(client, path, body, ret_response);
	bool heard = may_have_been_heard(result);

	if (heard) {
		response_finish(ret_response);
		result = perform(client, path, body, ret_response);
	}
	if (result == CURLE_OK)
		return outcome_ok();
	response_finish(ret_response);
	if (!heard)
		return why_unreachable(client, result);
	return outcome_within(why_unreachable(client, result),
	    "NO ANSWER: whether it was done is not known (act %s), look before doing it again", id);
}

/* It may hold a password. */
static void
wipe(char *text)
{
	sodium_memzero(text, strlen(text));
	free(text);
}

struct outcome
client_act(const struct client *client, const char *path, json_t *body, struct response *ret_response)
{
	unsigned char bytes[12];
	char id[32], *text;
	struct outcome done;

	*ret_response = (struct response){ .status = 0 };
	randombytes_buf(bytes, sizeof(bytes));
	sodium_bin2hex(id, sizeof(id), bytes, sizeof(bytes));
	json_object_set_new(body, "act_id", json_string(id));
	if (client->as != NULL)
		json_object_set_new(body, "as", json_string(client->as));
	text = json_dumps(body, JSON_COMPACT | JSON_REAL_PRECISION(15));
	if (text == NULL)
		return outcome_fail("out of memory");
	done = post(client, path, text, id, ret_response);
	wipe(text);
	return done;
}

struct outcome
client_post(const struct client *client, const char *path, const json_t *body, struct response *ret_response)
{
	char *text = json_dumps(body, JSON_COMPACT);
	CURLcode result;

	*ret_response = (struct response){ .status = 0 };
	if (text == NULL)
		return outcome_fail("out of memory");
	result = perform(client, path, text, ret_response);
	wipe(text);
	if (result == CURLE_OK)
		return outcome_ok();
	response_finish(ret_response);
	return why_unreachable(client, result);
}

void
response_finish(struct response *response)
{
	free(response->text);
	json_decref(response->json);
	*response = (struct response){ .status = 0 };
}

const char *
response_error(const struct response *response)
{
	const char *error = json_string_value(json_object_get(response->json, "error"));

	return error != NULL ? error : "the daemon gave no reason";
}
