/* Any request and any reply: the first byte is the request's length, then both. Of what was read every kind of number and text is
 * decoded at every register, and put back. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "drivers/pdu.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
decode_there(const struct words *words, const struct field *field, uint8_t bytes)
{
	uint16_t back[4] = { 0 };
	char text[IDENTITY_CAP];
	int64_t raw;

	if (words_hold(words, field)) {
		raw = decode_raw(words, field);
		if (decode_is_number(words, field) && !function_is_bits(words->function)) {
			encode_raw(field, raw, back);
			for (uint16_t i = 0; i < field_words(field) && field->bit_count == 0 && field->type != TYPE_BIT; i++)
				assert(back[i] == words->at[field->address - words->address + i]);
		}
	}
	if (!function_is_bits(words->function) && field->address + (bytes + 1) / 2 <= words->address + words->count) {
		decode_text(words, field, bytes, text, sizeof(text));
		assert(strlen(text) < sizeof(text));
	}
}

static void
decode_all(const struct words *words)
{
	for (uint16_t i = 0; i < words->count && words->address + i <= UINT16_MAX; i++)
		for (int type = 0; type < TYPE_COUNT; type++)
			for (int order = 0; order < ORDER_COUNT; order++) {
				struct field field = { words->function, (uint16_t)(words->address + i), (enum value_type)type,
					(enum word_order)order, (uint8_t)(i % 16), 0, 0 };

				decode_there(words, &field, (uint8_t)(1 + i % 40));
				field.low_bit = (uint8_t)(i % 9);
				field.bit_count = (uint8_t)(4 + i % 4);
				decode_there(words, &field, 4);
			}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t request_length = size > 0 && data[0] + 1u < size ? data[0] : 0;
	size_t length = size > request_length ? size - 1 - request_length : 0;
	uint8_t *request = malloc(request_length + 1), *reply = malloc(length + 1), exception = 0;
	char reason[PDU_REASON_CAP];
	struct words words;
	enum pdu_answer answer;

	if (request_length >= 2 && request != NULL && reply != NULL) {
		/* Blocks of their exact lengths, so that a byte too many is seen. */
		request = realloc(request, request_length);
		reply = realloc(reply, length > 0 ? length : 1);
		memcpy(request, data + 1, request_length);
		memcpy(reply, data + 1 + request_length, length);
		answer = pdu_take(request, request_length, reply, length, &words, &exception, reason);
		assert((reason[0] == '\0') == (answer == PDU_GOOD));
		if (answer == PDU_GOOD)
			decode_all(&words);
	}
	free(request);
	free(reply);
	return 0;
}
