/* Who is asking: on the socket the peer's user, over TCP the log-in of the
 * cookie, never the peer; and whether a browser asks from a page of ours. */
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "daemon/web/guard.h"
#include "daemon/web/web_state.h"

enum { COOKIES_CAP = 4096, HEADER_CAP = 256 };

bool
web_is_local(const struct lws *wsi)
{
	const struct web_door *door = lws_get_opaque_user_data(wsi);

	return door != NULL && door->is_local;
}

static bool
peer_of(struct lws *wsi, struct sockaddr_storage *ret_peer)
{
	socklen_t length = sizeof(*ret_peer);

	*ret_peer = (struct sockaddr_storage){ .ss_family = AF_UNSPEC };
	return getpeername(lws_get_socket_fd(wsi), (struct sockaddr *)ret_peer, &length) == 0;
}

bool
web_is_from_host(struct lws *wsi)
{
	struct sockaddr_storage peer;

	return web_is_local(wsi) || (peer_of(wsi, &peer) && address_is_loopback_at((const struct sockaddr *)&peer));
}

void
web_peer_to_text(struct lws *wsi, char text[static BACKOFF_KEY_CAP / 2])
{
	struct sockaddr_storage peer;

	peer_of(wsi, &peer);
	backoff_peer_to_text((const struct sockaddr *)&peer, text);
}

struct instant
web_now(const struct web *web)
{
	struct web_station station;

	web->backend.station(web->backend.ctx, &station);
	return station.now;
}

bool
web_visit(struct web *web, const struct log_in *log_in, struct web_visitor *ret_visitor)
{
	const struct account *account = log_in != NULL ? accounts_find(&web->accounts, log_in->account) : NULL;

	if (account == NULL)
		return false;
	*ret_visitor = (struct web_visitor){
		.person = { .uid = (uid_t)-1, .role = account->role },
		.has_log_in = true,
		.must_change = account->must_change,
		.until = accounts_end_of(&web->accounts, log_in),
	};
	snprintf(ret_visitor->person.name, sizeof(ret_visitor->person.name), "%s", account->name);
	memcpy(ret_visitor->token, log_in->token, TOKEN_HASH);
	return true;
}

/* The first cookie of ours that is good: a page of another program on this host may have set one too. */
static struct outcome
identify_by_cookie(struct web *web, struct lws *wsi, struct web_visitor *ret_visitor)
{
	char cookies[COOKIES_CAP], token[TOKEN_TEXT_CAP];
	const char *at = cookies;
	bool any = false;

	if (lws_hdr_copy(wsi, cookies, sizeof(cookies), WSI_TOKEN_HTTP_COOKIE) <= 0)
		return outcome_fail("log in first");
	while (guard_next_token(&at, token)) {
		any = true;
		if (web_visit(web, accounts_use(&web->accounts, token, web_now(web)), ret_visitor))
			return outcome_ok();
	}
	return outcome_fail(any ? "the log-in has ended: log in again" : "log in first");
}

struct outcome
web_identify(struct web *web, struct lws *wsi, struct web_visitor *ret_visitor)
{
	const struct web_person *person;
	struct outcome known;

	if (!web_is_local(wsi))
		return identify_by_cookie(web, wsi, ret_visitor);
	known = people_by_peer(&web->people, lws_get_socket_fd(wsi), &person);
	if (known.ok)
		*ret_visitor = (struct web_visitor){ .person = *person, .until = INSTANT_UNKNOWN };
	return known;
}

/* A header's text, "" when it is not there; false when it is longer than any honest one. */
static bool
copy_header(struct lws *wsi, enum lws_token_indexes token, char text[static HEADER_CAP])
{
	text[0] = '\0';
	return lws_hdr_total_length(wsi, token) <= 0 || lws_hdr_copy(wsi, text, HEADER_CAP, token) > 0;
}

static bool
copy_fetch_site(struct lws *wsi, char text[static HEADER_CAP])
{
	static const char name[] = "sec-fetch-site:";

	text[0] = '\0';
	return lws_hdr_custom_length(wsi, name, sizeof(name) - 1) <= 0 ||
	       lws_hdr_custom_copy(wsi, text, HEADER_CAP, name, sizeof(name) - 1) > 0;
}

struct outcome
web_check_origin(struct lws *wsi, bool needed)
{
	char origin[HEADER_CAP], host[HEADER_CAP], site[HEADER_CAP];

	if (!copy_header(wsi, WSI_TOKEN_ORIGIN, origin) || !copy_header(wsi, WSI_TOKEN_HOST, host) ||
	    !copy_fetch_site(wsi, site))
		return outcome_fail("an Origin, Host or Sec-Fetch-Site of that length is none");
	if (origin[0] != '\0' && !guard_is_same_origin(origin, host))
		return outcome_fail("a page from elsewhere may not ask this");
	if (site[0] != '\0' && strcmp(site, "same-origin") != 0)
		return outcome_fail("a page from elsewhere may not ask this");
	if (needed && origin[0] == '\0' && site[0] == '\0')
		return outcome_fail("the Origin is missing: it must be this place itself");
	return outcome_ok();
}
