/* The simulated monitor's answers (registers.h): as strict as its profile says a
 * device is, so that a plan which breaks its own rules is refused here first. */
#include <string.h>

#include "drivers/pdu.h"
#include "drivers/plan.h"
#include "drivers/simulated/registers.h"

enum { ILLEGAL_FUNCTION = 1, ILLEGAL_ADDRESS = 2, ILLEGAL_VALUE = 3 };

static size_t
refuse(uint8_t function, uint8_t code, uint8_t reply[static IMAGE_REPLY_CAP])
{
	reply[0] = function | 0x80;
	reply[1] = code;
	return 2;
}

static bool
touches(const struct span *read, const struct span *span)
{
	return span->high > span->low && read->function == span->function && read->low < span->high && span->low < read->high;
}

static bool
covers(const struct span *read, const struct span *span)
{
	return read->low <= span->low && read->high >= span->high;
}

/* What is read alone comes in a read of exactly that. */
static bool
breaks_lone(const struct span *read, const struct field *field, const struct span *own)
{
	struct span at = { 0 };

	span_cover(&at, field);
	return touches(read, &at) && !(read->low == own->low && read->high == own->high);
}

static bool
breaks_value(const struct profile *profile, const struct span *read, const struct profile_value *value)
{
	struct span own = span_of_reply(profile, value), at = { 0 };

	span_cover(&at, &value->field);
	if (value->alone && breaks_lone(read, &value->field, &own))
		return true;
	return value->block != 0 && touches(read, &at) && !covers(read, &own);
}

static bool
breaks_cuff(const struct profile *profile, const struct span *read)
{
	struct span own = span_of_cuff_reply(profile), at = { 0 };

	if (!profile->cuff.present)
		return false;
	span_cover(&at, &profile->cuff.systolic.field);
	if (profile->cuff.alone && breaks_lone(read, &profile->cuff.systolic.field, &own))
		return true;
	return profile->cuff.block != 0 && touches(read, &at) && !covers(read, &own);
}

static bool
is_allowed(const struct profile *profile, const struct span *read)
{
	if (plan_unreadable(profile, read->function, read->low, read->high) < read->high || breaks_cuff(profile, read))
		return false;
	for (size_t i = 0; i < profile->value_count; i++)
		if (breaks_value(profile, read, &profile->values[i]))
			return false;
	return true;
}

/* 0, or the exception with which a read is refused. */
static uint8_t
exception_of(const struct register_image *image, const struct span *read)
{
	const struct span *mapped = &image->mapped[read->function - 1];
	uint32_t count = read->high - read->low;

	if (count < 1 || count > plan_longest(image->profile, read->function))
		return ILLEGAL_VALUE;
	if (read->low < mapped->low || read->high > mapped->high)
		return ILLEGAL_ADDRESS;
	return is_allowed(image->profile, read) ? 0 : ILLEGAL_ADDRESS;
}

static size_t
give_bits(const uint8_t *bits, uint32_t count, uint8_t *data)
{
	size_t bytes = (count + 7) / 8;

	memset(data, 0, bytes);
	for (uint32_t i = 0; i < count; i++)
		data[i / 8] |= (uint8_t)(bits[i] << i % 8);
	return bytes;
}

static size_t
give_registers(const uint16_t *registers, uint32_t count, uint8_t *data)
{
	for (uint32_t i = 0; i < count; i++) {
		data[2 * i] = (uint8_t)(registers[i] >> 8);
		data[2 * i + 1] = (uint8_t)registers[i];
	}
	return count * 2u;
}

static size_t
give(const struct register_image *image, const struct span *read, uint8_t *data)
{
	uint32_t count = read->high - read->low;

	switch (read->function) {
	case READ_COILS:
		return give_bits(&image->coils[read->low], count, data);
	case READ_DISCRETE:
		return give_bits(&image->discrete[read->low], count, data);
	case READ_INPUT:
		return give_registers(&image->input[read->low], count, data);
	default:
		return give_registers(&image->holding[read->low], count, data);
	}
}

static size_t
serve_read(const struct register_image *image, uint8_t function, const uint8_t *range, uint8_t reply[static IMAGE_REPLY_CAP])
{
	struct span read = { function >= 5 ? READ_HOLDING : function, (uint32_t)(range[0] << 8 | range[1]), 0 };
	uint8_t exception;

	read.high = read.low + (uint32_t)(range[2] << 8 | range[3]);
	exception = exception_of(image, &read);
	if (exception != 0)
		return refuse(function, exception, reply);
	reply[0] = function;
	reply[1] = (uint8_t)give(image, &read, reply + 2);
	return 2u + reply[1];
}

static bool
is_command(const struct profile_command *command, const uint8_t *request, size_t length)
{
	struct wire_bytes wanted;

	if (!command->present)
		return false;
	pdu_command(0, command, &wanted);
	return wanted.length == length + 1 && memcmp(wanted.bytes + 1, request, length) == 0;
}

enum image_command
image_command_of(const struct register_image *image, const uint8_t *request, size_t length)
{
	const struct profile *profile = image->profile;

	if (is_command(&profile->cuff.start, request, length))
		return IMAGE_START_CUFF;
	if (is_command(&profile->cuff.cancel, request, length))
		return IMAGE_CANCEL_CUFF;
	return is_command(&profile->wake_up.command, request, length) ? IMAGE_WAKE_UP : IMAGE_NO_COMMAND;
}

/* Some command of the profile is of this function; `at`: and begins at this register. */
static bool
has_command(const struct register_image *image, uint8_t function, bool at, uint16_t address)
{
	const struct profile_command *const commands[] = {
		&image->profile->cuff.start, &image->profile->cuff.cancel, &image->profile->wake_up.command,
	};

	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (commands[i]->present && commands[i]->function == function && (!at || commands[i]->address == address))
			return true;
	return false;
}

static size_t
serve_write(const struct register_image *image, const uint8_t *request, size_t length, uint8_t reply[static IMAGE_REPLY_CAP])
{
	uint8_t function = request[0];
	size_t at = function == 23 ? 5 : 1;

	if (!has_command(image, function, false, 0))
		return refuse(function, ILLEGAL_FUNCTION, reply);
	if (length < at + 4)
		return refuse(function, ILLEGAL_VALUE, reply);
	if (!has_command(image, function, true, (uint16_t)(request[at] << 8 | request[at + 1])))
		return refuse(function, ILLEGAL_ADDRESS, reply);
	if (image_command_of(image, request, length) == IMAGE_NO_COMMAND)
		return refuse(function, ILLEGAL_VALUE, reply);
	if (function == 23)
		return serve_read(image, function, request + 1, reply);
	memcpy(reply, request, 5);
	return 5;
}

size_t
image_serve(const struct register_image *image, const uint8_t *request, size_t length, uint8_t reply[static IMAGE_REPLY_CAP])
{
	uint8_t function = length > 0 ? request[0] : 0;

	if (function > READ_INPUT && function < 0x80)
		return serve_write(image, request, length, reply);
	if (function < READ_COILS || function > READ_INPUT ||
	    (function_is_bits(function) && image->mapped[function - 1].high == 0))
		return refuse(function, ILLEGAL_FUNCTION, reply);
	if (length != 5)
		return refuse(function, ILLEGAL_VALUE, reply);
	return serve_read(image, function, request + 1, reply);
}
