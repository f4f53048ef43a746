/* Takes replies apart for a test that knows what is in them. On standard input, a line each, and an answer for each:
 *
 *   take REQUEST REPLY            good FUNCTION ADDRESS COUNT WORD... | exception CODE | broken: REASON
 *   number TYPE ORDER ADDRESS     of the last good take: its raw number | none | outside
 *   feed REPLY                    a monitor that is polled by the profile FILE answers this: the kind of answer
 *
 * Bytes are unit and PDU in hexadecimal, "-" for none. usage: take_frames FILE */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/settings/settings.h"
#include "drivers/pdu.h"

enum { LINE_CAP = 4096, BYTES_CAP = 1024, STEP_MS = 250 };

struct taker {
	struct words words;
	bool has_words;
	struct profile profile;
	void *instance;
	struct instant now;
};

static size_t
read_hex(const char *text, uint8_t bytes[static BYTES_CAP])
{
	size_t length = strcmp(text, "-") == 0 ? 0 : strlen(text) / 2;

	for (size_t i = 0; i < length && i < BYTES_CAP; i++) {
		char digits[3] = { text[2 * i], text[2 * i + 1], '\0' };

		bytes[i] = (uint8_t)strtoul(digits, NULL, 16);
	}
	return length < BYTES_CAP ? length : BYTES_CAP;
}

/* A block of exactly that length, so that a byte read past it is seen. */
static uint8_t *
exactly(const uint8_t *bytes, size_t length)
{
	uint8_t *block = malloc(length > 0 ? length : 1);

	if (block == NULL)
		exit(1);
	memcpy(block, bytes, length);
	return block;
}

static void
take(struct taker *taker, const char *request_text, const char *reply_text)
{
	uint8_t request[BYTES_CAP], reply[BYTES_CAP], exception = 0;
	size_t request_length = read_hex(request_text, request), length = read_hex(reply_text, reply);
	uint8_t *asked = exactly(request, request_length), *answered = exactly(reply, length);
	char reason[PDU_REASON_CAP];
	enum pdu_answer answer = pdu_take(asked, request_length, answered, length, &taker->words, &exception, reason);

	taker->has_words = answer == PDU_GOOD;
	if (answer == PDU_EXCEPTION)
		printf("exception %u", exception);
	else if (answer == PDU_BROKEN)
		printf("broken: %s", reason);
	else
		printf("good %u %u %u", taker->words.function, taker->words.address, taker->words.count);
	for (size_t i = 0; taker->has_words && i < taker->words.count; i++) {
		struct field bit = { taker->words.function, (uint16_t)(taker->words.address + i), TYPE_BIT, ORDER_ABCD, 0, 0, 0 };

		printf(" %" PRId64, function_is_bits(bit.function) ? decode_raw(&taker->words, &bit) : taker->words.at[i]);
	}
	printf("\n");
	free(asked);
	free(answered);
}

static int
find(const char *name, const char *(*name_at)(int index), int count)
{
	for (int i = 0; i < count; i++)
		if (strcmp(name_at(i), name) == 0)
			return i;
	fprintf(stderr, "no %s\n", name);
	exit(2);
}

static const char *
type_at(int index)
{
	return value_type_name((enum value_type)index);
}

static const char *
order_at(int index)
{
	return word_order_name((enum word_order)index);
}

static void
number(const struct taker *taker, const char *type, const char *order, const char *address)
{
	const struct field field = {
		.function = taker->words.function, .address = (uint16_t)strtoul(address, NULL, 10),
		.type = (enum value_type)find(type, type_at, TYPE_COUNT), .order = (enum word_order)find(order, order_at, ORDER_COUNT),
	};

	if (!taker->has_words || !words_hold(&taker->words, &field))
		printf("outside\n");
	else if (!decode_is_number(&taker->words, &field))
		printf("none\n");
	else
		printf("%" PRId64 "\n", decode_raw(&taker->words, &field));
}

static void
feed(struct taker *taker, const char *reply_text)
{
	const struct driver *driver = driver_find("modbus");
	struct driver_result result;
	struct driver_next next;
	uint8_t reply[BYTES_CAP];
	size_t length = read_hex(reply_text, reply);
	uint8_t *answered = exactly(reply, length);

	taker->now.ms += STEP_MS;
	driver->next(taker->instance, taker->now, &next);
	driver->accept(taker->instance, taker->now, answered, length, &result);
	printf("%s\n", answer_name(result.answer));
	free(answered);
}

static void
do_line(struct taker *taker, char *line)
{
	char *words[5] = { NULL };
	size_t count = 0;

	line[strcspn(line, "\n")] = '\0';
	for (char *word = strtok(line, " "); word != NULL && count < 5; word = strtok(NULL, " "))
		words[count++] = word;
	if (count == 3 && strcmp(words[0], "take") == 0)
		take(taker, words[1], words[2]);
	else if (count == 4 && strcmp(words[0], "number") == 0)
		number(taker, words[1], words[2], words[3]);
	else if (count == 2 && strcmp(words[0], "feed") == 0)
		feed(taker, words[1]);
	else
		printf("not understood\n");
	fflush(stdout);
}

int
main(int argc, char **argv)
{
	const struct driver_options options = { .unit = 1, .cadence = { 1000 }, .clock_off = { 120000 }, .last_cuff_key = "" };
	struct problems *problems = problems_create();
	struct taker *taker = calloc(1, sizeof(*taker));
	char line[LINE_CAP];

	if (argc != 2 || problems == NULL || taker == NULL || !profile_load_file(argv[1], problems, &taker->profile))
		return 2;
	taker->now.ms = INT64_C(1767344400000);
	if (!driver_find("modbus")->open(&taker->profile, &options, &taker->instance).ok)
		return 1;
	while (fgets(line, sizeof(line), stdin) != NULL)
		do_line(taker, line);
	driver_find("modbus")->close(taker->instance);
	problems_destroy(problems);
	free(taker);
	return 0;
}
