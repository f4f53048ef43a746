#include "daemon/web/password.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

_Static_assert(PASSWORD_HASH_CAP >= crypto_pwhash_STRBYTES, "a hash fits into an account");

struct job {
	struct job *next;
	struct passwords *passwords;
	char password[PASSWORD_CAP], next_password[PASSWORD_CAP];
	char hash[PASSWORD_HASH_CAP];
	bool asks, known, makes;
	struct password_result result;
	void (*done)(void *ctx, const struct password_result *result);
	void *ctx;
};

struct passwords {
	uv_loop_t *loop;
	uv_work_t work;
	struct job *working; /* the worker's until it is done */
	struct job *first, **last;
	size_t count;
	bool stopping;
	char nobodys[PASSWORD_HASH_CAP]; /* of a password that nobody has */
};

static bool
make_hash(const char *password, char hash[static PASSWORD_HASH_CAP])
{
	return crypto_pwhash_str(hash, password, strlen(password), crypto_pwhash_OPSLIMIT_INTERACTIVE,
		   crypto_pwhash_MEMLIMIT_INTERACTIVE) == 0;
}

struct outcome
password_hash(const char *password, char ret_hash[static PASSWORD_HASH_CAP])
{
	if (sodium_init() < 0 || !make_hash(password, ret_hash))
		return outcome_fail("passwords need 64 MiB of memory, which the system does not give");
	return outcome_ok();
}

struct outcome
passwords_create(uv_loop_t *loop, bool for_log_ins, struct passwords **ret_passwords)
{
	struct passwords *passwords = calloc(1, sizeof(*passwords));
	char password[PASSWORD_FIRST_CAP];

	struct outcome made = outcome_ok();

	if (passwords == NULL)
		return outcome_fail("out of memory for passwords");
	passwords->loop = loop;
	passwords->last = &passwords->first;
	password_make_first(password);
	if (for_log_ins)
		made = password_hash(password, passwords->nobodys);
	if (made.ok)
		*ret_passwords = passwords;
	else
		free(passwords);
	return made;
}

static void
end_job(struct passwords *passwords, struct job *job, bool answered)
{
	passwords->count--;
	job->done(job->ctx, answered ? &job->result : NULL);
	sodium_memzero(job, sizeof(*job));
	free(job);
}

/* In the pool. */
static void
work(uv_work_t *handle)
{
	struct passwords *passwords = handle->data;
	struct job *job = passwords->working;
	const char *hash = job->known ? job->hash : passwords->nobodys;

	job->result.right = !job->asks ||
	    (crypto_pwhash_str_verify(hash, job->password, strlen(job->password)) == 0 && job->known);
	if (job->result.right && job->makes)
		job->result.failed = !make_hash(job->next_password, job->result.made);
}

static void work_next(struct passwords *passwords);

static void
after_work(uv_work_t *handle, int status)
{
	struct passwords *passwords = handle->data;
	struct job *job = passwords->working;

	passwords->working = NULL;
	end_job(passwords, job, status == 0 && !passwords->stopping);
	work_next(passwords);
}

static void
work_next(struct passwords *passwords)
{
	struct job *job = passwords->first;

	if (job == NULL || passwords->working != NULL || passwords->stopping)
		return;
	passwords->first = job->next;
	if (passwords->first == NULL)
		passwords->last = &passwords->first;
	passwords->working = job;
	passwords->work.data = passwords;
	/* It fails only without a function to call. */
	uv_queue_work(passwords->loop, &passwords->work, work, after_work);
}

bool
passwords_ask(struct passwords *passwords, const char *password, const char *hash, const char *next,
    void (*done)(void *ctx, const struct password_result *result), void *ctx)
{
	struct job *job = passwords->count < PASSWORD_JOBS && !passwords->stopping ? calloc(1, sizeof(*job)) : NULL;

	if (job == NULL)
		return false;
	job->passwords = passwords;
	job->asks = password != NULL;
	job->known = hash != NULL;
	job->makes = next != NULL;
	snprintf(job->password, sizeof(job->password), "%s", password != NULL ? password : "");
	snprintf(job->next_password, sizeof(job->next_password), "%s", next != NULL ? next : "");
	snprintf(job->hash, sizeof(job->hash), "%s", hash != NULL ? hash : "");
	job->done = done;
	job->ctx = ctx;
	passwords->count++;
	*passwords->last = job;
	passwords->last = &job->next;
	work_next(passwords);
	return true;
}

void
passwords_stop(struct passwords *passwords)
{
	if (passwords == NULL)
		return;
	passwords->stopping = true;
	while (passwords->first != NULL) {
		struct job *job = passwords->first;

		passwords->first = job->next;
		end_job(passwords, job, false);
	}
	passwords->last = &passwords->first;
}

void
passwords_destroy(struct passwords *passwords)
{
	free(passwords);
}

/* Bytes that begin a character. */
static size_t
count_characters(const char *text)
{
	size_t count = 0;

	for (; *text != '\0'; text++)
		count += ((unsigned char)*text & 0xc0) != 0x80;
	return count;
}

struct outcome
password_check_rules(const char *password, const char *name)
{
	if (count_characters(password) < PASSWORD_LEAST)
		return outcome_fail("a password has at least %d characters", PASSWORD_LEAST);
	if (strlen(password) >= PASSWORD_CAP)
		return outcome_fail("a password has at most %d bytes", PASSWORD_CAP - 1);
	if (strcasecmp(password, name) == 0)
		return outcome_fail("the name is no password");
	return outcome_ok();
}

void
password_make_first(char password[static PASSWORD_FIRST_CAP])
{
	/* No letter or digit that is taken for another. */
	static const char alphabet[] = "abcdefghjkmnpqrstuvwxyz23456789";
	enum { GROUPS = 4, GROUP = 4 };
	size_t at = 0;

	for (int i = 0; i < GROUPS * GROUP; i++) {
		if (i > 0 && i % GROUP == 0)
			password[at++] = '-';
		password[at++] = alphabet[randombytes_uniform(sizeof(alphabet) - 1)];
	}
	password[at] = '\0';
}
