#include "drivers/pdu.h"

#include <stdio.h>
#include <string.h>

/* Function codes that write (6.5, 6.6, 6.11, 6.12, 6.17). */
enum { WRITE_COIL = 5, WRITE_REGISTER = 6, WRITE_COILS = 15, WRITE_REGISTERS = 16, READ_WRITE_REGISTERS = 23 };

enum { EXCEPTION_ACKNOWLEDGE = 5, EXCEPTION_BUSY = 6, EXCEPTION_NO_PATH = 10, EXCEPTION_NO_TARGET = 11 };

static void
put_byte(struct wire_bytes *bytes, uint8_t byte)
{
	bytes->bytes[bytes->length++] = byte;
}

static void
put_word(struct wire_bytes *bytes, uint16_t word)
{
	put_byte(bytes, (uint8_t)(word >> 8));
	put_byte(bytes, (uint8_t)word);
}

static uint16_t
word_at(const uint8_t *bytes)
{
	return (uint16_t)(bytes[0] << 8 | bytes[1]);
}

void
pdu_read(uint8_t unit, uint8_t function, uint16_t address, uint16_t count, struct wire_bytes *ret_request)
{
	ret_request->length = 0;
	put_byte(ret_request, unit);
	put_byte(ret_request, function);
	put_word(ret_request, address);
	put_word(ret_request, count);
}

static void
put_values(struct wire_bytes *bytes, const struct profile_command *command)
{
	put_word(bytes, command->value_count);
	put_byte(bytes, (uint8_t)(command->value_count * 2));
	for (size_t i = 0; i < command->value_count; i++)
		put_word(bytes, command->values[i]);
}

void
pdu_command(uint8_t unit, const struct profile_command *command, struct wire_bytes *ret_request)
{
	ret_request->length = 0;
	put_byte(ret_request, unit);
	put_byte(ret_request, command->function);
	switch (command->function) {
	case WRITE_COIL:
		put_word(ret_request, command->address);
		put_word(ret_request, command->values[0] != 0 ? 0xFF00 : 0);
		break;
	case WRITE_REGISTER:
		put_word(ret_request, command->address);
		put_word(ret_request, command->values[0]);
		break;
	case WRITE_REGISTERS:
		put_word(ret_request, command->address);
		put_values(ret_request, command);
		break;
	case READ_WRITE_REGISTERS:
		put_word(ret_request, command->read_address);
		put_word(ret_request, command->read_count);
		put_word(ret_request, command->address);
		put_values(ret_request, command);
		break;
	default:
		put_word(ret_request, command->address);
		put_word(ret_request, command->read_count);
		break;
	}
}

const char *
pdu_exception_text(uint8_t code)
{
	static const char *const texts[] = {
		[1] = "illegal function",
		[2] = "illegal register address",
		[3] = "illegal value",
		[4] = "device failure",
		[EXCEPTION_ACKNOWLEDGE] = "acknowledged, will take longer",
		[EXCEPTION_BUSY] = "busy",
		[8] = "memory parity error",
		[EXCEPTION_NO_PATH] = "it is the gateway that has no path to the monitor",
		[EXCEPTION_NO_TARGET] = "the gateway answers, and the monitor behind it does not",
	};

	if (code < sizeof(texts) / sizeof(texts[0]) && texts[code] != NULL)
		return texts[code];
	return "unknown exception";
}

bool
pdu_exception_is_later(uint8_t code)
{
	return code == EXCEPTION_ACKNOWLEDGE || code == EXCEPTION_BUSY;
}

bool
pdu_exception_is_gateway(uint8_t code)
{
	return code == EXCEPTION_NO_PATH || code == EXCEPTION_NO_TARGET;
}

/* A reply and its request, both of at least three bytes. */
struct exchange {
	const uint8_t *request, *bytes;
	size_t request_length, length;
	char *reason;
};

/* The bytes after the byte count are as many as were asked for. */
static bool
is_measured(const struct exchange *exchange, size_t wanted, const char *what)
{
	if (exchange->bytes[2] == wanted && exchange->length == 3 + wanted)
		return true;
	snprintf(exchange->reason, PDU_REASON_CAP, "answers %zu bytes of %s (says %u) instead of %zu", exchange->length - 3, what,
	    exchange->bytes[2], wanted);
	return false;
}

static bool
take_bits(const struct exchange *exchange, struct words *words)
{
	size_t wanted = (words->count + 7u) / 8;

	if (!is_measured(exchange, wanted, "bits"))
		return false;
	for (size_t i = 0; i < wanted; i++)
		words->at[i / 2] |= (uint16_t)(exchange->bytes[3 + i] << i % 2 * 8);
	return true;
}

static bool
take_registers(const struct exchange *exchange, struct words *words)
{
	if (!is_measured(exchange, words->count * 2u, "registers"))
		return false;
	for (size_t i = 0; i < words->count; i++)
		words->at[i] = word_at(exchange->bytes + 3 + 2 * i);
	return true;
}

/* Five bytes of address and value, or of address and count, come back as they were sent. */
static bool
take_echo(const struct exchange *exchange)
{
	if (exchange->length == 6 && memcmp(exchange->bytes, exchange->request, 6) == 0)
		return true;
	snprintf(exchange->reason, PDU_REASON_CAP, "does not confirm what was written");
	return false;
}

static bool
take_by_function(const struct exchange *exchange, struct words *ret_words)
{
	uint8_t function = exchange->request[1];
	bool counted;

	*ret_words = (struct words){ .function = function };
	if (exchange->request_length < 6) {
		snprintf(exchange->reason, PDU_REASON_CAP, "the request is cut short");
		return false;
	}
	ret_words->address = word_at(exchange->request + 2);
	ret_words->count = word_at(exchange->request + 4);
	counted = ret_words->count > 0 &&
	          ret_words->count <= (function_is_bits(function) ? MODBUS_READ_BITS_MOST : MODBUS_READ_MOST);
	switch (function) {
	case READ_COILS:
	case READ_DISCRETE:
		return counted && take_bits(exchange, ret_words);
	case READ_HOLDING:
	case READ_INPUT:
		return counted && take_registers(exchange, ret_words);
	case READ_WRITE_REGISTERS:
		ret_words->function = READ_HOLDING;
		return counted && take_registers(exchange, ret_words);
	case WRITE_COIL:
	case WRITE_REGISTER:
	case WRITE_COILS:
	case WRITE_REGISTERS:
		ret_words->count = 0;
		return take_echo(exchange);
	default:
		snprintf(exchange->reason, PDU_REASON_CAP, "function %u is not known here", function);
		return false;
	}
}

enum pdu_answer
pdu_take(const uint8_t *request, size_t request_length, const uint8_t *bytes, size_t length, struct words *ret_words,
    uint8_t *ret_exception, char reason[static PDU_REASON_CAP])
{
	const struct exchange exchange = { request, bytes, request_length, length, reason };

	reason[0] = '\0';
	if (length < 3) {
		snprintf(reason, PDU_REASON_CAP, "the answer is cut short");
		return PDU_BROKEN;
	}
	if (bytes[0] != request[0]) {
		snprintf(reason, PDU_REASON_CAP, "answers for unit %u instead of %u", bytes[0], request[0]);
		return PDU_BROKEN;
	}
	if (bytes[1] == (request[1] | 0x80) && length == 3) {
		*ret_exception = bytes[2];
		snprintf(reason, PDU_REASON_CAP, "exception %u: %s", bytes[2], pdu_exception_text(bytes[2]));
		return PDU_EXCEPTION;
	}
	if (bytes[1] != request[1]) {
		snprintf(reason, PDU_REASON_CAP, "answers function %u instead of %u", bytes[1], request[1]);
		return PDU_BROKEN;
	}
	if (take_by_function(&exchange, ret_words))
		return PDU_GOOD;
	if (reason[0] == '\0')
		snprintf(reason, PDU_REASON_CAP, "answers a read of %u, which no device may answer", ret_words->count);
	return PDU_BROKEN;
}
