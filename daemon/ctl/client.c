#include "daemon/ctl/client.h"

#include <curl/curl.h>
#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { TIMEOUT_S = 60, RESPONSE_MOST = 256 << 20 };

struct buffer {
	char *bytes;
	size_t length;
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

/* libcurl reports "no socket" and "not permitted" alike, so the reason is looked for here. */
static struct outcome
why_unreachable(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int cause = 0, fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (strlen(path) >= sizeof(address.sun_path))
		return outcome_fail("%s: the path of a socket cannot be that long", path);
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

static CURLcode
perform(const struct client *client, const char *path, const char *body, struct response *response)
{
	struct curl_slist *headers = curl_slist_append(NULL, "Content-Type: application/json");
	struct buffer buffer = { NULL, 0 };
	CURL *curl = curl_easy_init();
	CURLcode result = CURLE_OUT_OF_MEMORY;
	char url[1024];
	long status = 0;

	if (curl != NULL && headers != NULL) {
		snprintf(url, sizeof(url), "http://localhost%s", path);
		curl_easy_setopt(curl, CURLOPT_URL, url);
		curl_easy_setopt(curl, CURLOPT_UNIX_SOCKET_PATH, client->socket);
		curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take);
		curl_easy_setopt(curl, CURLOPT_WRITEDATA, &buffer);
		curl_easy_setopt(curl, CURLOPT_TIMEOUT, (long)TIMEOUT_S);
		curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
		if (body != NULL) {
			curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
			curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body);
		}
		result = curl_easy_perform(curl);
		curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
	}
	curl_slist_free_all(headers);
	curl_easy_cleanup(curl);
	response->status = (int)status;
	response->text = buffer.bytes;
	response->json = buffer.bytes != NULL ? json_loads(buffer.bytes, 0, NULL) : NULL;
	return result;
}

static struct outcome
ask(const struct client *client, const char *path, const char *body, struct response *ret_response)
{
	CURLcode result = perform(client, path, body, ret_response);

	if (result == CURLE_OK)
		return outcome_ok();
	response_finish(ret_response);
	/* The answer was lost on its way: the same act again has the same id, and one effect. */
	if (body != NULL && (result == CURLE_GOT_NOTHING || result == CURLE_RECV_ERROR)) {
		result = perform(client, path, body, ret_response);
		if (result == CURLE_OK)
			return outcome_ok();
		response_finish(ret_response);
	}
	return why_unreachable(client->socket);
}

struct outcome
client_get(const struct client *client, const char *path, struct response *ret_response)
{
	*ret_response = (struct response){ 0 };
	return ask(client, path, NULL, ret_response);
}

struct outcome
client_act(const struct client *client, const char *path, json_t *body, struct response *ret_response)
{
	unsigned char bytes[12];
	char id[32], *text;
	struct outcome done;

	*ret_response = (struct response){ 0 };
	randombytes_buf(bytes, sizeof(bytes));
	sodium_bin2hex(id, sizeof(id), bytes, sizeof(bytes));
	json_object_set_new(body, "act_id", json_string(id));
	if (client->as != NULL)
		json_object_set_new(body, "as", json_string(client->as));
	text = json_dumps(body, JSON_COMPACT);
	if (text == NULL)
		return outcome_fail("out of memory");
	done = ask(client, path, text, ret_response);
	free(text);
	return done;
}

void
response_finish(struct response *response)
{
	free(response->text);
	json_decref(response->json);
	*response = (struct response){ 0 };
}

const char *
response_error(const struct response *response)
{
	const char *error = json_string_value(json_object_get(response->json, "error"));

	return error != NULL ? error : "the daemon gave no reason";
}
