/* The API's start and stop, in mirrored order, and the backend's way in:
 * changes and answers. */
#include "daemon/web/web.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon/web/handlers.h"
#include "daemon/web/web_state.h"

/* Room in the library for headers, for the connections and for what the library opens itself. */
enum { HEADER_MOST = 4096, HEADERS_SECONDS = 10, KEEPALIVE_SECONDS = 30, OWN_DESCRIPTORS = 16, TLS_RECORD_MOST = 16384 + 256 };

/* What is given to a socket at once. Otherwise the library takes as much as it reads at once, copies the rest and sends it
 * piece by piece, each in a turn of the loop: a frame of 6 KiB took seven. */
enum { SEND_AT_ONCE = 1 << 17 };

static const struct lws_protocols protocols[] = {
	{ .name = "http", .callback = http_callback, .per_session_data_size = HTTP_USER_SIZE, .tx_packet_size = SEND_AT_ONCE },
	{ .name = WEB_SUBPROTOCOL, .callback = live_callback, .per_session_data_size = LIVE_USER_SIZE,
	    .rx_buffer_size = 1024, .tx_packet_size = SEND_AT_ONCE },
	{ .name = "misfit", .callback = misfit_callback },
	{ .name = NULL },
};

#define FULL "{\"error\":\"too many connections: try again soon\"}"
_Static_assert(sizeof(FULL) - 1 == 48, "the length that is told is the length");

/* One more than we serve gets a whole answer too, as far as its socket takes it. */
static void
turn_away(struct web *web, int fd)
{
	static const char full[] = "HTTP/1.1 503 Service Unavailable\r\ncontent-type: application/json\r\n"
				   "connection: close\r\n" WEB_HEADERS(WEB_HEADER_LINE) "content-length: 48\r\n\r\n" FULL;

	web->refused_connections++;
	(void)!send(fd, full, sizeof(full) - 1, MSG_NOSIGNAL | MSG_DONTWAIT);
	close(fd);
}

static void
take_connection(struct listener *listener, int fd)
{
	struct web_door *door = listener->ctx;
	struct web *web = door->web;
	struct lws *wsi;

	if (web->connections >= WEB_CONNECTIONS ||
	    (!door->is_local && web->remote_connections >= WEB_REMOTE_CONNECTIONS)) {
		turn_away(web, fd);
		return;
	}
	/* The library closes the descriptor when it does not take it. */
	wsi = lws_adopt_socket_vhost(door->vhost, fd);
	if (wsi == NULL)
		return;
	lws_set_opaque_user_data(wsi, door);
	web->connections++;
	web->remote_connections += !door->is_local;
}

void
web_forget_connection(struct web *web, struct lws *wsi)
{
	const struct web_door *door = lws_get_opaque_user_data(wsi);

	if (door == NULL)
		return;
	web->connections--;
	web->remote_connections -= !door->is_local;
}

static void
on_turn(uv_prepare_t *turn)
{
	live_turn(turn->data);
}

/* The library puts these on its own pages too. */
#define VHOST_HEADER(header, text) { NULL, NULL, header ":", text },
static const struct lws_protocol_vhost_options headers[] = { WEB_HEADERS(VHOST_HEADER) };
enum { HEADERS = sizeof(headers) / sizeof(headers[0]) };

static bool
has_tls(const struct web_config *config)
{
	return config->certificate != NULL && config->certificate[0] != '\0';
}

/* One vhost for plain connections, and one for TLS where there is a certificate; each door knows its own. */
static struct outcome
create_vhosts(struct web *web, struct lws_context_creation_info *info, const struct web_config *config)
{
	struct lws_vhost *plain, *tls = NULL;

	for (size_t i = 0; i < HEADERS; i++) {
		web->headers[i] = headers[i];
		web->headers[i].next = i + 1 < HEADERS ? &web->headers[i + 1] : NULL;
	}
	info->headers = web->headers;
	info->port = CONTEXT_PORT_NO_LISTEN_SERVER;
	info->protocols = protocols;
	info->vhost_name = "plain";
	plain = lws_create_vhost(web->context, info);
	if (plain == NULL)
		return outcome_fail("the HTTP library does not take its protocols");
	if (has_tls(config) && web->door_count > 1) {
		info->vhost_name = "tls";
		info->ssl_cert_filepath = config->certificate;
		info->ssl_private_key_filepath = config->key;
		info->ssl_options_set = SSL_OP_NO_TLSv1 | SSL_OP_NO_TLSv1_1;
		tls = lws_create_vhost(web->context, info);
		if (tls == NULL)
			return outcome_fail("the certificate %s with its key %s cannot be used for TLS", config->certificate, config->key);
	}
	for (size_t i = 0; i < web->door_count; i++)
		web->doors[i].vhost = web->doors[i].is_local || !has_tls(config) ? plain : tls;
	return outcome_ok();
}

static struct outcome
create_context(struct web *web, const struct web_config *config)
{
	void *loops[] = { web->loop };
	struct lws_context_creation_info info = {
		.options = LWS_SERVER_OPTION_LIBUV | LWS_SERVER_OPTION_EXPLICIT_VHOSTS |
		    LWS_SERVER_OPTION_FALLBACK_TO_APPLY_LISTEN_ACCEPT_CONFIG | LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT,
		.listen_accept_role = "raw-skt",
		.listen_accept_protocol = "misfit",
		.foreign_loops = loops,
		.user = web,
		.pcontext = &web->context,
		.fd_limit_per_thread = WEB_CONNECTIONS + OWN_DESCRIPTORS,
		/* What TLS has decrypted and the library has not read, no poll tells of; on a foreign loop the library would
		 * leave it until something else happens. So one read takes a whole record of TLS (RFC 8446, 5.1). */
		.pt_serv_buf_size = TLS_RECORD_MOST,
		.max_http_header_data = HEADER_MOST,
		.max_http_header_pool = WEB_CONNECTIONS,
		.timeout_secs = HEADERS_SECONDS,
		.keepalive_timeout = KEEPALIVE_SECONDS,
		.gid = (gid_t)-1,
		.uid = (uid_t)-1,
		/* The library would offer HTTP/2 too, whose requests come without what is checked here. */
		.alpn = "http/1.1",
	};
	struct outcome done;

	lws_set_log_level(0, NULL);
	web->context = lws_create_context(&info);
	if (web->context == NULL)
		return outcome_fail("the HTTP library does not start (is libwebsockets-evlib-uv installed?)");
	done = create_vhosts(web, &info, config);
	if (!done.ok)
		lws_context_destroy(web->context);
	return done;
}

static void
init_frames(struct web *web)
{
	for (size_t i = 0; i < NEWS_FRAMES; i++) {
		news_renew(&web->frames[i], true);
		json_out_init(&web->texts[i], LWS_PRE);
	}
}

static void
free_all(struct web *web)
{
	live_free_frames(web);
	passwords_destroy(web->passwords);
	people_finish(&web->people);
	free(web);
}

/* Every door or none. */
static struct outcome
open_doors(struct web *web, const struct web_config *config)
{
	struct outcome done = listener_open_unix(&web->doors[0].listener, config->socket_path);

	web->doors[0].is_local = true;
	web->door_count = done.ok;
	for (size_t i = 0; done.ok && i < config->listen_count; i++) {
		done = listener_open_tcp(&web->doors[web->door_count].listener, &config->listen[i]);
		web->door_count += done.ok;
	}
	for (size_t i = 0; i < web->door_count; i++)
		web->doors[i].web = web;
	return done;
}

static void
close_doors(struct web *web)
{
	for (size_t i = web->door_count; i > 0; i--)
		listener_close(&web->doors[i - 1].listener);
}

/* Somebody must be able to let the others in. */
static struct outcome
make_first(struct web *web)
{
	struct account account = { .name = "admin", .role = ROLE_ADMIN, .must_change = true, .made = web_now(web) };
	struct web_account_event event = { .account = "admin", .new_value = "admin", .text = "account admin was made: the first" };
	char password[PASSWORD_FIRST_CAP];
	struct outcome made;

	password_make_first(password);
	made = password_hash(password, account.hash);
	if (made.ok)
		made = accounts_add(&web->accounts, &account);
	if (made.ok) {
		web->backend.account_changed(web->backend.ctx, &event, 0);
		web->backend.tell_first(web->backend.ctx, account.name, password);
	}
	explicit_bzero(password, sizeof(password));
	return made;
}

struct outcome
web_create(uv_loop_t *loop, const struct web_config *config, const struct web_backend *backend, struct web **ret_web)
{
	struct web *web = calloc(1, sizeof(*web));
	struct outcome done;

	if (web == NULL)
		return outcome_fail("out of memory for the API");
	assert(backend->bed_count(backend->ctx) <= WEB_BEDS && config->listen_count <= WEB_ADDRESSES);
	web->loop = loop;
	web->backend = *backend;
	init_frames(web);
	done = people_init(&web->people, config->people, config->person_count);
	if (!done.ok)
		goto free;
	accounts_init(&web->accounts, config->accounts, config->account_count, config->log_ins, config->log_in_count,
	    config->idle, config->longest, &backend->keeper);
	web->swept = INSTANT_UNKNOWN;
	web->certificate_until = has_tls(config) ? config->certificate_until : INSTANT_UNKNOWN;
	done = open_doors(web, config);
	if (done.ok)
		done = passwords_create(loop, config->listen_count > 0, &web->passwords);
	if (done.ok)
		done = create_context(web, config);
	if (done.ok && config->listen_count > 0 && web->accounts.count == 0)
		done = make_first(web);
	if (!done.ok)
		goto close;
	for (size_t i = 0; i < web->door_count; i++)
		listener_start(&web->doors[i].listener, loop, take_connection, &web->doors[i]);
	/* Neither fails for a handle that is not closing. */
	uv_prepare_init(loop, &web->turn);
	web->turn.data = web;
	uv_prepare_start(&web->turn, on_turn);
	*ret_web = web;
	return outcome_ok();
close:
	close_doors(web);
free:
	free_all(web);
	return done;
}

void
web_stop(struct web *web)
{
	if (web == NULL || web->stopping)
		return;
	web->stopping = true;
	close_doors(web);
	passwords_stop(web->passwords);
	uv_prepare_stop(&web->turn);
	uv_close((uv_handle_t *)&web->turn, NULL);
	/* The first of the two calls that a foreign loop needs (platform facts); the second is web_destroy's. */
	if (web->context != NULL)
		lws_context_destroy(web->context);
}

void
web_destroy(struct web *web)
{
	if (web == NULL)
		return;
	assert(web->stopping);
	if (web->context != NULL)
		lws_context_destroy(web->context);
	free_all(web);
}

void
web_changed(struct web *web, size_t bed)
{
	assert(bed < WEB_BEDS);
	live_renew(web, LIVE_BEDS + bed, true);
}

void
web_changed_station(struct web *web)
{
	live_renew(web, LIVE_STATION, true);
}

void
web_tick(struct web *web)
{
	if (web->stopping)
		return;
	live_tick(web);
	request_drop_gone(web);
}

size_t
web_live_count(const struct web *web)
{
	return web->live_count;
}

void
web_answer_done(struct web *web, web_ticket ticket, const struct web_done *done)
{
	struct web_request *request = request_by_ticket(web, ticket);
	struct json_out out;

	if (request == NULL)
		return;
	json_out_init(&out, LWS_PRE);
	json_out_object(&out, NULL);
	json_out_bool(&out, "done", true);
	if (request->route->access == ACCESS_ENGINEER) {
		write_reloaded(&out, done);
		json_out_end_object(&out);
		request_answer_json(request, 200, &out);
		return;
	}
	if (request->route->access != ACCESS_ACT) {
		json_out_text(&out, "user", request->params.user);
		json_out_text(&out, "text", done->text);
		json_out_bool(&out, "repeated", done->repeated);
		json_out_end_object(&out);
		request_answer_json(request, 200, &out);
		return;
	}
	json_out_text(&out, "act", act_kind_name(request->route->act));
	json_out_text_or_null(&out, "bed", done->bed);
	if (done->session != 0)
		json_out_int(&out, "session", done->session);
	else
		json_out_null(&out, "session");
	if (done->alarm != 0)
		json_out_int(&out, "alarm", done->alarm);
	else
		json_out_null(&out, "alarm");
	json_out_text(&out, "text", done->text);
	json_out_bool(&out, "repeated", done->repeated);
	json_out_end_object(&out);
	request_answer_json(request, 200, &out);
}

void
web_answer_text(struct web *web, web_ticket ticket, const char *content_type, const char *text, size_t length)
{
	struct web_request *request = request_by_ticket(web, ticket);

	if (request != NULL)
		request_answer(request, 200, content_type, text, length);
}

void
web_refuse(struct web *web, web_ticket ticket, int status, const char *sentence)
{
	struct web_request *request = request_by_ticket(web, ticket);

	if (request != NULL)
		request_refuse(request, status, "%s", sentence);
}
