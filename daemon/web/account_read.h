/* The bodies of what concerns accounts: JSON to a checked struct, by one table
 * of fields; an unknown field is refused with the nearest known one. Pure; any
 * thread. */
#ifndef INFUSIOND_WEB_ACCOUNT_READ_H
#define INFUSIOND_WEB_ACCOUNT_READ_H

#include "daemon/web/act_read.h"
#include "daemon/web/password.h"

enum account_form {
	FORM_LOG_IN,       /* name, password */
	FORM_LOG_OUT,      /* nothing */
	FORM_OWN_PASSWORD, /* password, new_password */
	FORM_ADD,          /* name, role, password; must_change_password */
	FORM_ROLE,         /* role */
	FORM_PASSWORD,     /* password; must_change_password */
	FORM_PLAIN,        /* disable, enable, remove */
	FORM_COUNT
};

/* Holds passwords: wipe it with account_body_wipe. */
struct account_body {
	char name[NAME_CAP];
	enum role role;
	char password[PASSWORD_CAP], new_password[PASSWORD_CAP];
	bool must_change; /* true unless the body says otherwise */
	char act_id[ACT_ID_CAP], reason[REASON_CAP];
};

/* The sentence names the field, and never what stands in a password's. */
struct outcome account_read(const json_t *body, enum account_form form, struct account_body *ret_body);

/* Wipes every text of a body before it is freed. */
void account_wipe_json(json_t *body);
void account_body_wipe(struct account_body *body);

#endif
