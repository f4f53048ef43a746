/* How long whoever guesses passwords has to wait. A few wrong tries are free,
 * since people mistype; each further one doubles the wait up to BACKOFF_MOST_MS
 * and never beyond, because somebody may be in the chair. Tries are counted for
 * the account and for the address that they come from. An address from which an
 * account was logged in to before is spared what others did to that account, so
 * that nobody can keep a nurse out from elsewhere. Pure; one thread. */
#ifndef INFUSIOND_WEB_BACKOFF_H
#define INFUSIOND_WEB_BACKOFF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

enum {
	BACKOFF_KEY_CAP = 96,
	BACKOFF_ROWS = 512,        /* the least recently used goes when more is to be known */
	BACKOFF_FREE = 3,          /* wrong tries without a wait */
	BACKOFF_FIRST_MS = 1000,
	BACKOFF_MOST_MS = 30000,
	BACKOFF_FORGET_MS = 900000 /* after so long without a wrong try it begins anew */
};

struct backoff_row {
	char key[BACKOFF_KEY_CAP]; /* "": free */
	unsigned failures;
	bool known;                /* this account was logged in to from this address */
	uint64_t last_ms, until_ms;
};

struct backoff {
	struct backoff_row rows[BACKOFF_ROWS];
};

/* How an address counts: without its port, and an IPv6 one by its network of 64 bits, since a host has as many of them
 * as it likes. */
void backoff_peer_to_text(const struct sockaddr *peer, char text[static BACKOFF_KEY_CAP / 2]);

/* Milliseconds until a try for this account from this address is looked at; 0: now. `now_ms` is any clock that does
 * not go back. */
uint64_t backoff_wait_ms(const struct backoff *backoff, const char *account, const char *peer, uint64_t now_ms);

/* A try begins. It counts as wrong until backoff_right says otherwise, so that many at once win nothing. */
void backoff_try(struct backoff *backoff, const char *account, const char *peer, uint64_t now_ms);

/* The password was right. */
void backoff_right(struct backoff *backoff, const char *account, const char *peer, uint64_t now_ms);

/* The try was not looked at after all. */
void backoff_untry(struct backoff *backoff, const char *account, const char *peer);

#endif
