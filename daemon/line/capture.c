#include "daemon/line/capture.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static const char header[] = "infusiond capture 1";

enum { LINE_TEXT_CAP = 2048, BUFFER = 65536 };

struct capture {
	FILE *file;
};

struct outcome
capture_open(const char *path, struct capture **ret_capture)
{
	struct capture *capture = calloc(1, sizeof(*capture));
	FILE *file = capture != NULL ? fopen(path, "ae") : NULL;

	if (file == NULL) {
		free(capture);
		return outcome_fail("%s: traffic cannot be captured there: %s", path, strerror(errno));
	}
	setvbuf(file, NULL, _IOFBF, BUFFER);
	fseek(file, 0, SEEK_END);
	if (ftell(file) == 0)
		fprintf(file, "%s\n", header);
	capture->file = file;
	*ret_capture = capture;
	return outcome_ok();
}

void
capture_close(struct capture *capture)
{
	if (capture == NULL)
		return;
	fclose(capture->file);
	free(capture);
}

static void
print_bytes(FILE *file, const uint8_t *bytes, size_t length)
{
	for (size_t i = 0; i < length; i++)
		fprintf(file, " %02x", bytes[i]);
}

void
capture_add(struct capture *capture, struct instant at, const struct line_reply *reply)
{
	char time[INSTANT_TEXT_CAP];

	instant_to_iso(at, time);
	fprintf(capture->file, "%s %s", time, reply->line);
	print_bytes(capture->file, reply->request, reply->request_length);
	if (reply->result == LINE_REPLY) {
		fputs(" >", capture->file);
		print_bytes(capture->file, reply->reply, reply->reply_length);
		fprintf(capture->file, " (%" PRId64 " us)\n", reply->round_trip_us);
	} else {
		fprintf(capture->file, " ! %s: %s\n", line_result_name(reply->result), reply->reason);
	}
}

void
capture_flush(struct capture *capture)
{
	fflush(capture->file);
}

/* Reads hex bytes separated by spaces until something else comes. */
static bool
read_bytes(const char **text, uint8_t *bytes, size_t *ret_length)
{
	*ret_length = 0;
	for (;;) {
		unsigned byte;

		while (**text == ' ')
			(*text)++;
		if (!isxdigit((unsigned char)(*text)[0]) || !isxdigit((unsigned char)(*text)[1]) ||
		    ((*text)[2] != ' ' && (*text)[2] != '\0'))
			return true;
		if (*ret_length == LINE_FRAME_CAP || sscanf(*text, "%2x", &byte) != 1)
			return false;
		bytes[(*ret_length)++] = (uint8_t)byte;
		*text += 2;
	}
}

static bool
read_failure(const char *text, struct exchange *exchange)
{
	for (int result = LINE_TIMEOUT; result < LINE_RESULT_COUNT; result++) {
		const char *name = line_result_name((enum line_result)result);
		size_t length = strlen(name);

		if (strncmp(text, name, length) != 0 || text[length] != ':')
			continue;
		exchange->result = (enum line_result)result;
		text += length + 1;
		snprintf(exchange->reason, sizeof(exchange->reason), "%s", *text == ' ' ? text + 1 : text);
		return true;
	}
	return false;
}

static bool
read_exchange(char *text, struct exchange *exchange)
{
	char time[INSTANT_TEXT_CAP];
	int used = 0;
	const char *at;

	memset(exchange, 0, sizeof(*exchange));
	if (sscanf(text, "%31s %31s%n", time, exchange->line, &used) != 2 || !instant_from_iso(time, &exchange->at))
		return false;
	at = text + used;
	if (!read_bytes(&at, exchange->request, &exchange->request_length) || exchange->request_length == 0)
		return false;
	if (at[0] == '!' && at[1] == ' ')
		return read_failure(at + 2, exchange);
	if (at[0] != '>')
		return false;
	at++;
	if (!read_bytes(&at, exchange->reply, &exchange->reply_length) || exchange->reply_length == 0)
		return false;
	return sscanf(at, "(%" SCNd64 " us)", &exchange->round_trip_us) == 1;
}

struct outcome
capture_replay(FILE *file, void (*take)(void *ctx, const struct exchange *exchange), void *ctx)
{
	char text[LINE_TEXT_CAP];
	struct exchange exchange;

	for (int number = 1; fgets(text, sizeof(text), file) != NULL; number++) {
		size_t length = strcspn(text, "\n");

		if (text[length] != '\n' && length == sizeof(text) - 1)
			return outcome_fail("line %d is longer than an exchange can be", number);
		text[length] = '\0';
		if (number == 1) {
			if (strcmp(text, header) != 0)
				return outcome_fail("line 1: this is no capture of infusiond");
			continue;
		}
		if (length == 0)
			continue;
		if (!read_exchange(text, &exchange))
			return outcome_fail("line %d: this is no exchange", number);
		take(ctx, &exchange);
	}
	return outcome_ok();
}
