/* Passwords: their rules, and argon2id in the loop's pool, since a hash takes
 * a tenth of a second and 64 MiB on purpose. One job is worked on at a time and
 * a few wait, so that whoever sends many neither fills the memory nor takes the
 * pool's threads from the record's questions. All functions and callbacks: loop
 * thread. */
#ifndef INFUSIOND_WEB_PASSWORD_H
#define INFUSIOND_WEB_PASSWORD_H

#include <uv.h>

#include "daemon/base/outcome.h"
#include "daemon/clinical/account.h"

enum {
	PASSWORD_LEAST = 10,  /* characters */
	PASSWORD_CAP = 257,   /* bytes, with the zero */
	PASSWORD_JOBS = 8,    /* that wait or are worked on */
	PASSWORD_FIRST_CAP = 24
};

struct passwords;

/* What a job came to. */
struct password_result {
	bool right;                       /* the password was the one of the hash; true when none was asked */
	bool failed;                      /* no memory for it: nothing is known */
	char made[PASSWORD_HASH_CAP];     /* of the new password, when it was right; else "" */
};

/* With `for_log_ins` it takes as long as a job: names that are not known need a hash to be compared with. */
struct outcome passwords_create(uv_loop_t *loop, bool for_log_ins, struct passwords **ret_passwords);

/* Jobs that wait are ended with a NULL result, the one that is worked on too, once the loop has run. */
void passwords_stop(struct passwords *passwords);
void passwords_destroy(struct passwords *passwords); /* after the loop has run empty; NULL is fine */

/* Compares `password` with `hash`, and makes the hash of `next` if it is right. Without `password` only `next` is hashed;
 * `next` may be NULL. With a NULL hash the work is the same and the answer no: a name that is not known takes as long as
 * one that is. Texts are copied, and wiped. False when too many wait: `done` is not called then. */
bool passwords_ask(struct passwords *passwords, const char *password, const char *hash, const char *next,
    void (*done)(void *ctx, const struct password_result *result), void *ctx);

/* A hash at once: for the start, before the loop turns. */
struct outcome password_hash(const char *password, char ret_hash[static PASSWORD_HASH_CAP]);

/* Whether it may be somebody's password; the sentence never repeats it. */
struct outcome password_check_rules(const char *password, const char *name);

/* A password for once, of 79 random bits, that can be read aloud. */
void password_make_first(char password[static PASSWORD_FIRST_CAP]);

#endif
