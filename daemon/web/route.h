/* The routes of the API, one row each: method, path, who may, what it does.
 * schema/openapi.yaml lists the same rows. Pure but for the handlers. */
#ifndef INFUSIOND_WEB_ROUTE_H
#define INFUSIOND_WEB_ROUTE_H

#include "daemon/web/account_read.h"
#include "daemon/web/web.h"

enum web_method {
	METHOD_GET,
	METHOD_POST,
	METHOD_PUT,
	METHOD_PATCH,
	METHOD_DELETE,
	METHOD_OPTIONS,
	METHOD_OTHER,
	METHOD_COUNT
};

enum access {
	ACCESS_ANYBODY, /* whoever reaches us */
	ACCESS_HOST,    /* health and metrics: whoever asks from this host, from elsewhere any account */
	ACCESS_SELF,    /* any account, also one whose password must be changed first */
	ACCESS_PERSON,  /* any account */
	ACCESS_ADMIN,   /* accounts: an admin, itself or spoken for */
	ACCESS_ENGINEER, /* the wiring: an engineer or an admin, itself or spoken for */
	ACCESS_ACT      /* whose role may do the act (clinical/act.h), itself or spoken for */
};

/* What the path names. */
struct route_params {
	char bed[NAME_CAP];      /* {bed} */
	char user[NAME_CAP];     /* {user}; "": names no account */
	int64_t session, alarm;  /* {session}, {alarm}: 0 when it is no number, which names nothing */
};

struct web_request;

struct route {
	enum web_method method;
	const char *path; /* with {bed}, {session}, {alarm}, {user} */
	enum access access;
	void (*handle)(struct web_request *request);
	enum act_kind act;          /* ACCESS_ACT */
	enum web_query_kind query;  /* handlers that ask the record */
	enum account_form form;     /* handlers of accounts */
};

/* The row for a method and a path; NULL when there is none. Then *ret_methods, bit by method, says which methods the
 * path has: 0 when it is no path at all. HEAD is asked as GET. */
const struct route *route_find(enum web_method method, const char *path, struct route_params *ret_params,
    unsigned *ret_methods);

/* Whether a role may ask this at all: the one place that says so. What the state allows is the rules' business. */
bool route_may(const struct route *route, enum role role);

/* "GET, HEAD" for an Allow header. */
void route_methods_to_text(unsigned methods, char text[static 64]);

/* Every row, for tests. */
size_t route_count(void);
const struct route *route_at(size_t index);

#endif
