/* Accounts: who may log in, and who is logged in. Of a password and of a
 * log-in's token only the hash is ever kept. Plain values. */
#ifndef INFUSIOND_CLINICAL_ACCOUNT_H
#define INFUSIOND_CLINICAL_ACCOUNT_H

#include "daemon/clinical/act.h"

enum {
	PASSWORD_HASH_CAP = 128, /* argon2id as libsodium writes it (crypto_pwhash_STRBYTES), ended by a zero */
	TOKEN_HASH = 32          /* SHA-256 of the token that the client holds */
};

struct account {
	char name[NAME_CAP];
	enum role role;
	char hash[PASSWORD_HASH_CAP];
	bool must_change; /* somebody else chose the password: nothing is allowed before it is changed */
	bool disabled;
	struct instant made;
};

struct log_in {
	unsigned char token[TOKEN_HASH];
	char account[NAME_CAP];
	struct instant made, used;
};

#endif
