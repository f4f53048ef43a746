/* What a request is let through by, without a socket: addresses, cookies and origins, the bodies of accounts,
 * the table of who may ask what. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/web/account_read.h"
#include "daemon/web/guard.h"
#include "daemon/web/route.h"
#include "suite_run.h"

#define COUNT_OF(table) (sizeof(table) / sizeof((table)[0]))

START_TEST(addresses_are_read_strictly)
{
	static const struct {
		const char *text, *spelt; /* NULL: none */
		bool loopback;
	} rows[] = {
		{ "127.0.0.1:8080", "127.0.0.1:8080", true },
		{ "127.9.9.9:1", "127.9.9.9:1", true },
		{ "0.0.0.0:65535", "0.0.0.0:65535", false },
		{ "192.0.2.1:443", "192.0.2.1:443", false },
		{ "[::1]:8080", "[::1]:8080", true },
		{ "[0:0:0:0:0:0:0:1]:8080", "[::1]:8080", true },
		{ "[::]:8080", "[::]:8080", false },
		{ "[2001:DB8::1]:1", "[2001:db8::1]:1", false },
		{ "[::ffff:127.0.0.1]:80", "[::ffff:127.0.0.1]:80", false },
		{ "128.0.0.1:80", "128.0.0.1:80", false },
		{ "", NULL, false },
		{ ":", NULL, false },
		{ ":80", NULL, false },
		{ "127.0.0.1", NULL, false },
		{ "127.0.0.1:", NULL, false },
		{ "127.0.0.1:0", NULL, false },
		{ "127.0.0.1:65536", NULL, false },
		{ "127.0.0.1:080808", NULL, false },
		{ "127.0.0.1:80x", NULL, false },
		{ "127.0.0.1:-1", NULL, false },
		{ "127.0.0.1: 80", NULL, false },
		{ "localhost:80", NULL, false },
		{ "127.1:80", NULL, false },
		{ "[127.0.0.1]:80", NULL, false },
		{ "::1:80", NULL, false },
		{ "[::1]", NULL, false },
		{ "[]:80", NULL, false },
		{ "[:80", NULL, false },
		{ "[::1]x:80", NULL, false },
		{ "[::1]]:80", NULL, false },
		{ "[fe80::1%lo]:80", NULL, false },
		{ "[1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb:cccc]:80", NULL, false },
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct address address;
		struct outcome read = address_from_text(rows[i].text, &address);

		ck_assert_msg(read.ok == (rows[i].spelt != NULL), "%s", rows[i].text);
		if (!read.ok)
			continue;
		ck_assert_str_eq(address.text, rows[i].spelt);
		ck_assert_msg(address_is_loopback(&address) == rows[i].loopback, "%s", rows[i].text);
	}
}
END_TEST

START_TEST(cookies_are_found_among_others)
{
	static const struct {
		const char *header, *tokens; /* with ',' between */
	} rows[] = {
		{ "infusiond=abc", "abc," },
		{ "a=b; infusiond=abc; c=d", "abc," },
		{ "infusiond=1;infusiond=2", "1,2," },
		{ "  infusiond=abc  ", "abc," },
		{ "xinfusiond=abc", "" },
		{ "infusiond =abc", "" },
		{ "Infusiond=abc", "" },
		{ "", "" },
		{ ";;; ;", "" },
		{ "infusiond=", "," },
		{ "infusiond", "" },
		{ "a=infusiond=abc", "" },
		{ "infusiond=0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0", "" },
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		char token[TOKEN_TEXT_CAP], all[256] = "";
		const char *at = rows[i].header;

		while (guard_next_token(&at, token)) {
			strcat(all, token);
			strcat(all, ",");
		}
		ck_assert_msg(strcmp(all, rows[i].tokens) == 0, "%s: %s", rows[i].header, all);
		ck_assert_int_eq(*at, '\0');
	}
}
END_TEST

START_TEST(origins_are_compared_whole)
{
	static const struct {
		const char *origin, *host;
		bool same;
	} rows[] = {
		{ "http://chair:8080", "chair:8080", true },
		{ "https://chair", "chair", true },
		{ "http://[::1]:1", "[::1]:1", true },
		{ "http://chair:8080", "chair", false },
		{ "http://chair", "chair:80", false },
		{ "http://evil/chair", "chair", false },
		{ "http://chair.evil", "chair", false },
		{ "http://evilchair", "chair", false },
		{ "chair", "chair", false },
		{ "null", "chair", false },
		{ "", "chair", false },
		{ "", "", false },
		{ "http://", "", false },
		{ "ftp://chair", "chair", false },
		{ "http://chair/", "chair", false },
		{ "http://chair ", "chair", false },
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++)
		ck_assert_msg(guard_is_same_origin(rows[i].origin, rows[i].host) == rows[i].same, "%s at %s",
		    rows[i].origin, rows[i].host);
}
END_TEST

/* Any bytes are a header. */
START_TEST(headers_of_nonsense_do_no_harm)
{
	static const char pieces[][12] = { "infusiond=", ";", " ", "=", "http://", "https://", "\xff", "abc",
		"0", "\t", ":" };
	uint32_t state = 99991;

	for (int round = 0; round < 20000; round++) {
		char header[256] = "", token[TOKEN_TEXT_CAP];
		const char *at = header;

		for (int i = 0; i < 12; i++) {
			state = state * 1664525 + 1013904223;
			strcat(header, pieces[(state >> 16) % COUNT_OF(pieces)]);
		}
		while (guard_next_token(&at, token))
			ck_assert_uint_lt(strlen(token), TOKEN_TEXT_CAP);
		guard_is_same_origin(header, header + (state >> 16) % (strlen(header) + 1));
	}
}
END_TEST

static struct outcome
read_body(const char *text, enum account_form form, struct account_body *body)
{
	json_t *object = json_loads(text, 0, NULL);
	struct outcome read;

	ck_assert_ptr_nonnull(object);
	read = account_read(object, form, body);
	json_decref(object);
	return read;
}

START_TEST(bodies_of_accounts_are_read)
{
	struct account_body body;

	ck_assert(read_body("{\"name\":\"nurse1\",\"password\":\"a\\u00e4\\nb\"}", FORM_LOG_IN, &body).ok);
	ck_assert_str_eq(body.password, "a\xc3\xa4\nb");
	account_body_wipe(&body);
	ck_assert_str_eq(body.password, "");
	ck_assert(read_body("{\"name\":\"nurse1\",\"password\":\"x\",\"role\":\"nurse\",\"reason\":\"new\","
			    "\"act_id\":\"a-1\",\"as\":\"admin1\"}",
	    FORM_ADD, &body)
		      .ok);
	ck_assert(body.role == ROLE_NURSE && body.must_change);
	ck_assert_str_eq(body.reason, "new");
	ck_assert_str_eq(body.act_id, "a-1");
	ck_assert(read_body("{\"password\":\"x\",\"must_change_password\":false}", FORM_PASSWORD, &body).ok);
	ck_assert(!body.must_change);
	ck_assert_str_eq(read_body("{\"nam\":\"nurse1\"}", FORM_LOG_IN, &body).why,
	    "this has no field 'nam' (did you mean 'name'?)");
	ck_assert_str_eq(read_body("{\"name\":\"nurse1\"}", FORM_LOG_IN, &body).why,
	    "password is missing: the password is wanted");
	/* A log-in is no act. */
	ck_assert(
	    !read_body("{\"name\":\"nurse1\",\"password\":\"x\",\"as\":\"admin1\"}", FORM_LOG_IN, &body).ok);
	ck_assert(!read_body("{\"role\":\"nurse\"}", FORM_PLAIN, &body).ok);
}
END_TEST

/* Every route and every role, by hand. */
START_TEST(who_may_ask_what)
{
	for (size_t i = 0; i < route_count(); i++) {
		const struct route *route = route_at(i);
		bool of_admin = strstr(route->path, "/users") != NULL, of_engineer = strcmp(route->path, "/api/v1/reload") == 0;

		for (int role = 0; role < ROLE_COUNT; role++) {
			bool may = route_may(route, (enum role)role);

			if (of_admin)
				ck_assert_msg(may == (role == ROLE_ADMIN), "%s", route->path);
			else if (of_engineer)
				ck_assert_msg(may == (role == ROLE_ENGINEER || role == ROLE_ADMIN), "%s", route->path);
			else if (route->access == ACCESS_ACT)
				ck_assert_msg(
				    may == role_may((enum role)role, route->act), "%s", route->path);
			else
				ck_assert_msg(may, "%s", route->path);
		}
		/* What changes something is an act, an account's, one's own log-in or the wiring; the rest reads. */
		if (route->method == METHOD_POST && !of_admin && !of_engineer)
			ck_assert_msg(route->access == ACCESS_ACT || route->access == ACCESS_SELF ||
					  strcmp(route->path, "/api/v1/login") == 0,
			    "%s", route->path);
		if (route->access == ACCESS_ANYBODY)
			ck_assert_str_eq(route->path, "/api/v1/login");
		if (route->access == ACCESS_HOST)
			ck_assert_msg(strncmp(route->path, "/api/", 5) != 0, "%s", route->path);
	}
}
END_TEST

int
main(void)
{
	const TTest *const all[] = {
		addresses_are_read_strictly,
		cookies_are_found_among_others,
		origins_are_compared_whole,
		headers_of_nonsense_do_no_harm,
		bodies_of_accounts_are_read,
		who_may_ask_what,
	};

	return suite_run_tests("web guard", 60, all, COUNT_OF(all));
}
