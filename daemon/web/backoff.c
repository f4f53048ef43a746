#include "daemon/web/backoff.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

/* The three things that are counted: the address, the account, and the account from this address. */
enum kind { KIND_PEER, KIND_ACCOUNT, KIND_PAIR, KIND_COUNT };

static void
key_of(enum kind kind, const char *account, const char *peer, char key[static BACKOFF_KEY_CAP])
{
	if (kind == KIND_PEER)
		snprintf(key, BACKOFF_KEY_CAP, "p %.45s", peer);
	else if (kind == KIND_ACCOUNT)
		snprintf(key, BACKOFF_KEY_CAP, "a %.40s", account);
	else
		snprintf(key, BACKOFF_KEY_CAP, "b %.40s %.45s", account, peer);
}

void
backoff_peer_to_text(const struct sockaddr *peer, char text[static BACKOFF_KEY_CAP / 2])
{
	enum { NETWORK_BYTES = 8, TEXT_CAP = BACKOFF_KEY_CAP / 2 };
	struct in6_addr network;

	snprintf(text, TEXT_CAP, "?");
	if (peer->sa_family == AF_INET) {
		inet_ntop(AF_INET, &((const struct sockaddr_in *)(const void *)peer)->sin_addr, text, TEXT_CAP);
	} else if (peer->sa_family == AF_INET6) {
		network = ((const struct sockaddr_in6 *)(const void *)peer)->sin6_addr;
		if (!IN6_IS_ADDR_LOOPBACK(&network))
			memset(network.s6_addr + NETWORK_BYTES, 0, sizeof(network.s6_addr) - NETWORK_BYTES);
		inet_ntop(AF_INET6, &network, text, TEXT_CAP);
	}
}

static const struct backoff_row *
find(const struct backoff *backoff, enum kind kind, const char *account, const char *peer)
{
	char key[BACKOFF_KEY_CAP];

	key_of(kind, account, peer, key);
	for (size_t i = 0; i < BACKOFF_ROWS; i++)
		if (strcmp(backoff->rows[i].key, key) == 0)
			return &backoff->rows[i];
	return NULL;
}

/* The row of a key, made when there is none. */
static struct backoff_row *
take(struct backoff *backoff, enum kind kind, const char *account, const char *peer)
{
	struct backoff_row *found = (struct backoff_row *)find(backoff, kind, account, peer);
	struct backoff_row *oldest = &backoff->rows[0];

	if (found != NULL)
		return found;
	for (size_t i = 0; i < BACKOFF_ROWS; i++) {
		if (backoff->rows[i].key[0] == '\0') {
			oldest = &backoff->rows[i];
			break;
		}
		if (backoff->rows[i].last_ms < oldest->last_ms)
			oldest = &backoff->rows[i];
	}
	*oldest = (struct backoff_row){ .failures = 0 };
	key_of(kind, account, peer, oldest->key);
	return oldest;
}

/* An account counts as a whole only for addresses from which it was never logged in to. */
static bool
counts(const struct backoff *backoff, enum kind kind, const char *account, const char *peer)
{
	const struct backoff_row *pair = find(backoff, KIND_PAIR, account, peer);

	return kind != KIND_ACCOUNT || pair == NULL || !pair->known;
}

uint64_t
backoff_wait_ms(const struct backoff *backoff, const char *account, const char *peer, uint64_t now_ms)
{
	uint64_t wait_ms = 0;

	for (int kind = 0; kind < KIND_COUNT; kind++) {
		const struct backoff_row *row = find(backoff, (enum kind)kind, account, peer);

		if (row != NULL && counts(backoff, (enum kind)kind, account, peer) && row->until_ms > now_ms &&
		    row->until_ms - now_ms > wait_ms)
			wait_ms = row->until_ms - now_ms;
	}
	return wait_ms;
}

static uint64_t
wait_after(unsigned failures)
{
	enum { DOUBLINGS_MOST = 5 };
	unsigned doublings = failures - BACKOFF_FREE - 1;

	if (failures <= BACKOFF_FREE)
		return 0;
	if (doublings >= DOUBLINGS_MOST)
		return BACKOFF_MOST_MS;
	return (uint64_t)BACKOFF_FIRST_MS << doublings;
}

void
backoff_try(struct backoff *backoff, const char *account, const char *peer, uint64_t now_ms)
{
	for (int kind = 0; kind < KIND_COUNT; kind++) {
		struct backoff_row *row;

		if (!counts(backoff, (enum kind)kind, account, peer))
			continue;
		row = take(backoff, (enum kind)kind, account, peer);
		if (now_ms - row->last_ms > BACKOFF_FORGET_MS)
			row->failures = 0;
		row->failures++;
		row->last_ms = now_ms;
		row->until_ms = now_ms + wait_after(row->failures);
	}
}

void
backoff_right(struct backoff *backoff, const char *account, const char *peer, uint64_t now_ms)
{
	struct backoff_row *pair = take(backoff, KIND_PAIR, account, peer);

	pair->known = true;
	pair->last_ms = now_ms;
	for (int kind = 0; kind < KIND_COUNT; kind++) {
		struct backoff_row *row = (struct backoff_row *)find(backoff, (enum kind)kind, account, peer);

		if (row == NULL)
			continue;
		row->failures = 0;
		row->until_ms = 0;
	}
}

void
backoff_untry(struct backoff *backoff, const char *account, const char *peer)
{
	for (int kind = 0; kind < KIND_COUNT; kind++) {
		struct backoff_row *row = (struct backoff_row *)find(backoff, (enum kind)kind, account, peer);

		if (row == NULL || row->failures == 0 || !counts(backoff, (enum kind)kind, account, peer))
			continue;
		row->failures--;
		row->until_ms = row->failures <= BACKOFF_FREE ? 0 : row->until_ms;
	}
}
