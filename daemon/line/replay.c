#include "daemon/line/replay.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/line/capture.h"

struct replay {
	FILE *file;
	int number; /* of the line read last, from 1 */
	struct instant last;
	char text[CAPTURE_LINE_CAP];
	char name[NAME_CAP], reason[160];
	uint8_t request[LINE_FRAME_CAP], answer[LINE_FRAME_CAP];
	struct line_reply reply;
};

/* Reads one line of text; at the end of the file *ret_end. */
static struct outcome
read_text(struct replay *replay, bool *ret_end)
{
	size_t length;

	*ret_end = fgets(replay->text, sizeof(replay->text), replay->file) == NULL;
	if (*ret_end)
		return ferror(replay->file) ? outcome_fail("cannot be read: %s", strerror(errno)) : outcome_ok();
	replay->number++;
	length = strlen(replay->text);
	if (length > 0 && replay->text[length - 1] == '\n') {
		replay->text[length - 1] = '\0';
		return outcome_ok();
	}
	if (length == sizeof(replay->text) - 1)
		return outcome_fail("line %d: longer than an exchange can be", replay->number);
	return outcome_fail("line %d: %s", replay->number, feof(replay->file) ? "cut off" : "holds a byte of 0");
}

struct outcome
replay_open(const char *path, struct replay **ret_replay)
{
	struct replay *replay = calloc(1, sizeof(*replay));
	struct outcome header;
	bool end;

	if (replay == NULL)
		return outcome_fail("%s: out of memory", path);
	replay->last = INSTANT_UNKNOWN;
	replay->file = fopen(path, "re");
	if (replay->file == NULL) {
		header = outcome_fail("%s: cannot be read: %s", path, strerror(errno));
		free(replay);
		return header;
	}
	header = read_text(replay, &end);
	if (header.ok && (end || strcmp(replay->text, CAPTURE_HEADER) != 0))
		header = outcome_fail("line 1: not '%s': this is no capture", CAPTURE_HEADER);
	if (!header.ok) {
		replay_close(replay);
		return outcome_within(header, "%s", path);
	}
	*ret_replay = replay;
	return outcome_ok();
}

void
replay_close(struct replay *replay)
{
	if (replay == NULL)
		return;
	fclose(replay->file);
	free(replay);
}

/* The next word of a text, which it ends with a zero; NULL when there is none. */
static char *
take_word(char **text)
{
	char *word = *text + strspn(*text, " ");
	size_t length = strcspn(word, " ");

	if (length == 0)
		return NULL;
	*text = word + length + (word[length] != '\0');
	word[length] = '\0';
	return word;
}

static bool
is_byte(const char *word)
{
	return isxdigit((unsigned char)word[0]) && isxdigit((unsigned char)word[1]) && word[2] == '\0';
}

/* Bytes up to the first word that is none, which *ret_after gets (NULL at the end). */
static struct outcome
read_bytes(char **text, uint8_t bytes[static LINE_FRAME_CAP], size_t *ret_length, char **ret_after)
{
	size_t length = 0;
	char *word;

	while ((word = take_word(text)) != NULL && is_byte(word)) {
		if (length == LINE_FRAME_CAP)
			return outcome_fail("more than %d bytes", LINE_FRAME_CAP);
		bytes[length++] = (uint8_t)strtoul(word, NULL, 16);
	}
	*ret_length = length;
	*ret_after = word;
	return outcome_ok();
}

/* "(312 us)" at the end of a text, which it cuts off together with the space before. */
static struct outcome
cut_round_trip(char *text, int64_t *ret_us)
{
	char *open = strrchr(text, '('), *end;
	long long us;

	if (open == NULL || open == text || open[-1] != ' ' || !isdigit((unsigned char)open[1]))
		return outcome_fail("no round trip, as in '(312 us)', at the end");
	errno = 0;
	us = strtoll(open + 1, &end, 10);
	if (errno != 0 || strcmp(end, " us)") != 0)
		return outcome_fail("'%.40s' is no round trip, as in '(312 us)'", open);
	open[-1] = '\0';
	*ret_us = us;
	return outcome_ok();
}

/* "timeout: does not answer within 500 ms" */
static struct outcome
read_failure(struct replay *replay, const char *text)
{
	for (int result = LINE_REPLY + 1; result < LINE_RESULT_COUNT; result++) {
		const char *name = line_result_name((enum line_result)result);
		size_t length = strlen(name);

		if (strncmp(text, name, length) != 0 || strncmp(text + length, ": ", 2) != 0)
			continue;
		replay->reply.result = (enum line_result)result;
		snprintf(replay->reason, sizeof(replay->reason), "%s", text + length + 2);
		return outcome_ok();
	}
	return outcome_fail("'%.40s' is neither a timeout, nor broken, nor no-link, with its reason after a colon", text);
}

static struct outcome
read_reply(struct replay *replay, char *text)
{
	char *after;
	struct outcome read = read_bytes(&text, replay->answer, &replay->reply.reply_length, &after);

	if (!read.ok)
		return outcome_within(read, "the reply");
	if (after != NULL)
		return outcome_fail("'%.40s' is no byte of the reply", after);
	if (replay->reply.reply_length == 0)
		return outcome_fail("no byte of a reply after '>'");
	return outcome_ok();
}

static struct outcome
read_when(struct replay *replay, const char *word, struct instant *ret_at)
{
	if (word == NULL || !instant_from_iso(word, ret_at))
		return outcome_fail("'%.40s' is no time, as in 2026-01-02T09:30:00.250Z", word != NULL ? word : "");
	if (instant_is_known(replay->last) && instant_before(*ret_at, replay->last))
		return outcome_fail("its time is before that of the exchange before it");
	return outcome_ok();
}

static struct outcome
read_exchange(struct replay *replay, struct instant *ret_at)
{
	struct line_reply *reply = &replay->reply;
	char *text = replay->text, *name, *after;
	struct outcome read;

	*reply = (struct line_reply){ .line = replay->name, .request = replay->request, .reply = replay->answer,
		.reason = replay->reason };
	replay->reason[0] = '\0';
	read = cut_round_trip(text, &reply->round_trip_us);
	if (read.ok)
		read = read_when(replay, take_word(&text), ret_at);
	if (!read.ok)
		return read;
	name = take_word(&text);
	if (name == NULL || strlen(name) >= sizeof(replay->name))
		return outcome_fail("no line's name, of at most %d letters, after the time", NAME_CAP - 1);
	snprintf(replay->name, sizeof(replay->name), "%s", name);
	read = read_bytes(&text, replay->request, &reply->request_length, &after);
	if (!read.ok)
		return outcome_within(read, "the request");
	if (reply->request_length == 0)
		return outcome_fail("no byte of a request after the line's name");
	if (after != NULL && strcmp(after, ">") == 0)
		return read_reply(replay, text);
	if (after != NULL && strcmp(after, "!") == 0)
		return read_failure(replay, text);
	return outcome_fail("'%.40s' after the request, where '>' or '!' should be", after != NULL ? after : "");
}

struct outcome
replay_next(struct replay *replay, struct instant *ret_at, const struct line_reply **ret_reply)
{
	struct outcome read;
	struct instant at;
	bool end;

	do
		read = read_text(replay, &end);
	while (read.ok && !end && replay->text[0] == '#');
	if (!read.ok)
		return read;
	if (end) {
		*ret_reply = NULL;
		return outcome_ok();
	}
	read = read_exchange(replay, &at);
	if (!read.ok)
		return outcome_within(read, "line %d", replay->number);
	replay->last = at;
	*ret_at = at;
	*ret_reply = &replay->reply;
	return outcome_ok();
}
