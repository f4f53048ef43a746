/* The live WebSocket: every client is sent the newest frame of each bed and of
 * the station, once a second and whenever something changed. Frames are built
 * once for all clients; a client holds only which version it has seen, so a
 * slow one skips to the newest and costs nothing. */
#include <string.h>

#include "daemon/web/frame.h"
#include "daemon/web/handlers.h"
#include "daemon/web/web_state.h"

enum { HEADER_CAP = 128, END_WITHIN_S = 2, SWEEP_MS = 60000, CHANGES_IN_A_TURN = 8 };

static bool
header_is(struct lws *wsi, enum lws_token_indexes token, const char *wanted)
{
	char value[HEADER_CAP];

	return lws_hdr_copy(wsi, value, sizeof(value), token) > 0 && strcmp(value, wanted) == 0;
}

/* The library checks none of path, subprotocol, origin and cookie. */
struct outcome
live_check(struct web *web, struct lws *wsi, int *ret_status)
{
	struct web_visitor visitor;
	struct outcome known;

	*ret_status = 404;
	if (!header_is(wsi, WSI_TOKEN_GET_URI, WEB_LIVE_PATH))
		return outcome_fail("there is no live socket here: it is at %s", WEB_LIVE_PATH);
	*ret_status = 400;
	if (!header_is(wsi, WSI_TOKEN_PROTOCOL, WEB_SUBPROTOCOL))
		return outcome_fail("the live socket speaks the subprotocol %s only", WEB_SUBPROTOCOL);
	*ret_status = 403;
	known = web_check_origin(wsi, !web_is_local(wsi));
	if (!known.ok)
		return known;
	*ret_status = 401;
	known = web_identify(web, wsi, &visitor);
	if (!known.ok || !visitor.must_change)
		return known;
	*ret_status = 403;
	return outcome_fail("choose a password of your own first: somebody else knows this one");
}

static void
ask_to_write(struct live_client *client)
{
	if (!client->waiting) {
		client->waiting = true;
		client->waiting_since_ms = uv_now(client->web->loop);
	}
	lws_callback_on_writable(client->wsi);
}

static struct live_client *
client_create(struct web *web, struct lws *wsi)
{
	struct live_client *client;
	struct web_visitor visitor;

	if (!web_identify(web, wsi, &visitor).ok)
		return NULL;
	client = calloc(1, sizeof(*client));
	if (client == NULL)
		return NULL;
	client->web = web;
	client->wsi = wsi;
	client->visitor = visitor;
	client->next = web->clients;
	if (web->clients != NULL)
		web->clients->previous = client;
	web->clients = client;
	web->live_count++;
	ask_to_write(client);
	return client;
}

static void
client_destroy(struct live_client *client)
{
	if (client == NULL)
		return;
	if (client->previous != NULL)
		client->previous->next = client->next;
	else
		client->web->clients = client->next;
	if (client->next != NULL)
		client->next->previous = client->previous;
	client->web->live_count--;
	free(client);
}

static void
write_bed(struct web *web, size_t index, struct json_out *out)
{
	struct web_station station;
	struct web_bed bed;

	web->backend.station(web->backend.ctx, &station);
	web->backend.bed_at(web->backend.ctx, index, &bed);
	frame_bed(out, NULL, &bed, &station);
}

static void
write_station(struct web *web, struct json_out *out)
{
	frame_station_open(out, &web->backend);
	json_out_end_object(out);
}

/* A frame as it is now: built when nobody has asked since it was renewed. */
static struct json_out *
frame_text(struct web *web, size_t index)
{
	struct json_out *text = &web->texts[index];

	if (web->frames[index].built == web->frames[index].version && !text->failed)
		return text;
	json_out_reset(text);
	if (index == LIVE_STATION)
		write_station(web, text);
	else
		write_bed(web, index - LIVE_BEDS, text);
	web->frames[index].built = web->frames[index].version;
	return text;
}

static int
send_text(struct live_client *client, struct json_out *text)
{
	if (text->failed)
		return -1;
	client->web->frame_count++;
	return lws_write(client->wsi, (unsigned char *)text->bytes + text->lead, text->length, LWS_WRITE_TEXT) <
	    (int)text->length ? -1 : 0;
}

static int
greet(struct live_client *client)
{
	struct json_out out;
	int sent;

	json_out_init(&out, LWS_PRE);
	json_out_object(&out, NULL);
	json_out_text(&out, "type", "hello");
	json_out_text(&out, "protocol", WEB_SUBPROTOCOL);
	write_person(&out, "you", &client->visitor);
	json_out_end_object(&out);
	sent = send_text(client, &out);
	json_out_finish(&out);
	client->greeted = true;
	return sent;
}

static size_t
frame_count(const struct web *web)
{
	return LIVE_BEDS + web->backend.bed_count(web->backend.ctx);
}

static int
send_next(struct live_client *client, enum news news)
{
	struct web *web = client->web;
	const size_t index = news_take(&client->news, web->frames, frame_count(web), news);

	return index < frame_count(web) ? send_text(client, frame_text(web, index)) : 0;
}

/* Where few watch, each is given several changes in a turn of the loop; where many do, the last one would wait for that,
 * and much that goes out would be old by then. What the socket does not take the library keeps, and nothing may follow it. */
static int
send_some(struct live_client *client)
{
	size_t left = CHANGES_IN_A_TURN / client->web->live_count;
	enum news news;
	int failed;

	if (!client->greeted)
		return greet(client);
	news = news_begin(&client->news, client->web->frames, frame_count(client->web));
	if (news == NEWS_NONE)
		return 0;
	failed = send_next(client, news);
	if (news == NEWS_DUE)
		return failed;
	for (; failed == 0 && left > 0 && !lws_partial_buffered(client->wsi); left--)
		failed = send_next(client, news);
	return failed;
}

static int
on_writable(struct live_client *client)
{
	client->waiting = false;
	if (client->web->stopping)
		return 0;
	/* Without a close code: on this loop the library ends the connection before it has written one. */
	if (client->ending)
		return -1;
	if (send_some(client) != 0)
		return -1;
	if (news_has_any(&client->news, client->web->frames, frame_count(client->web)))
		ask_to_write(client);
	return 0;
}

void
live_renew(struct web *web, size_t index, bool changed)
{
	news_renew(&web->frames[index], changed);
	web->any_renewed = true;
}

void
live_turn(struct web *web)
{
	if (!web->any_renewed)
		return;
	web->any_renewed = false;
	for (struct live_client *client = web->clients; client != NULL; client = client->next)
		if (!client->waiting)
			ask_to_write(client);
}

/* One that takes nothing is not waited for. */
static void
end_client(struct live_client *client)
{
	client->ending = true;
	lws_callback_on_writable(client->wsi);
	lws_set_timeout(client->wsi, PENDING_TIMEOUT_USER_OK, END_WITHIN_S);
}

void
live_end_log_in(struct web *web, const unsigned char token[static TOKEN_HASH])
{
	for (struct live_client *client = web->clients; client != NULL; client = client->next)
		if (client->visitor.has_log_in && memcmp(client->visitor.token, token, TOKEN_HASH) == 0)
			end_client(client);
}

void
live_end_account(struct web *web, const char *name, const unsigned char *spared)
{
	for (struct live_client *client = web->clients; client != NULL; client = client->next)
		if (client->visitor.has_log_in && strcmp(client->visitor.person.name, name) == 0 &&
		    (spared == NULL || memcmp(client->visitor.token, spared, TOKEN_HASH) != 0))
			end_client(client);
}

static bool
any_session_is_open(const struct web *web)
{
	struct web_bed bed;

	for (size_t i = 0; i < web->backend.bed_count(web->backend.ctx); i++) {
		web->backend.bed_at(web->backend.ctx, i, &bed);
		if (watch_session(bed.watch)->id != 0)
			return true;
	}
	return false;
}

/* Watching is using a log-in. When one has come to its end all the same, whoever watches goes on watching as long as
 * anybody is in a chair: a console must not go dark by the clock. It can do nothing, since acts ask for a log-in. */
static void
use_log_ins(struct web *web)
{
	const struct instant now = web_now(web);

	for (struct live_client *client = web->clients; client != NULL; client = client->next)
		if (client->visitor.has_log_in && !client->ending &&
		    accounts_use_hash(&web->accounts, client->visitor.token, now) == NULL && !any_session_is_open(web))
			end_client(client);
	if (instant_is_known(web->swept) && now.ms - web->swept.ms < SWEEP_MS)
		return;
	web->swept = now;
	accounts_sweep(&web->accounts, now);
}

void
live_tick(struct web *web)
{
	const uint64_t now_ms = uv_now(web->loop);

	use_log_ins(web);
	for (size_t i = 0; i < frame_count(web); i++)
		live_renew(web, i, false);
	for (struct live_client *client = web->clients; client != NULL; client = client->next) {
		if (!client->waiting || now_ms - client->waiting_since_ms < WEB_STALLED_MS)
			continue;
		web->stalled_clients++;
		client->waiting_since_ms = now_ms;
		lws_set_timeout(client->wsi, PENDING_TIMEOUT_KILLED_BY_PARENT, LWS_TO_KILL_ASYNC);
	}
}

void
live_free_frames(struct web *web)
{
	for (size_t i = 0; i < NEWS_FRAMES; i++)
		json_out_finish(&web->texts[i]);
}

/* The socket speaks and does not listen: whoever talks to it has mistaken it for something else. */
static int
on_message(struct lws *wsi)
{
	static unsigned char reason[] = "nothing is expected here";

	lws_close_reason(wsi, LWS_CLOSE_STATUS_UNACCEPTABLE_OPCODE, reason, sizeof(reason) - 1);
	return -1;
}

int
live_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t length)
{
	struct web *web = lws_context_user(lws_get_context(wsi));
	struct live_client **place = user;
	int status;

	(void)in;
	(void)length;
	switch (reason) {
	case LWS_CALLBACK_FILTER_PROTOCOL_CONNECTION:
		return live_check(web, wsi, &status).ok ? 0 : -1;
	case LWS_CALLBACK_ESTABLISHED:
		*place = client_create(web, wsi);
		return *place == NULL ? -1 : 0;
	case LWS_CALLBACK_SERVER_WRITEABLE:
		return on_writable(*place);
	case LWS_CALLBACK_RECEIVE:
		return on_message(wsi);
	case LWS_CALLBACK_CLOSED:
		client_destroy(*place);
		*place = NULL;
		return 0;
	default:
		return 0;
	}
}
