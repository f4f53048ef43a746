#include "drivers/describe.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct described_address
describe_address(uint8_t function, uint32_t address)
{
	static const char digits[] = { [READ_COILS] = '0', [READ_DISCRETE] = '1', [READ_HOLDING] = '4', [READ_INPUT] = '3' };
	struct described_address described;
	char digit = function < sizeof(digits) && function > 0 ? digits[function] : '4';

	snprintf(described.text, sizeof(described.text), address < 9999 ? "%c%04u (PDU %u)" : "%c%05u (PDU %u)", digit, address + 1,
	    address);
	return described;
}

/* A text that grows until its end. */
struct writing {
	char *text;
	size_t length, cap;
};

static void write_more(struct writing *writing, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void
write_more(struct writing *writing, const char *format, ...)
{
	va_list arguments;
	int added;

	va_start(arguments, format);
	added = vsnprintf(writing->text + writing->length, writing->cap - writing->length, format, arguments);
	va_end(arguments);
	writing->length += added > 0 ? (size_t)added : 0;
	if (writing->length >= writing->cap)
		writing->length = writing->cap - 1;
}

static void
write_field(struct writing *writing, const struct field *field)
{
	write_more(writing, "%s function %u %s", describe_address(field->function, field->address).text, field->function,
	    value_type_name(field->type));
	if (function_is_bits(field->function))
		return;
	write_more(writing, " %s", word_order_name(field->order));
	if (field->bit_count > 0)
		write_more(writing, " bits %d-%d", field->low_bit, field->low_bit + field->bit_count - 1);
}

void
describe_field(const struct field *field, char *text, size_t cap)
{
	struct writing writing = { text, 0, cap };

	text[0] = '\0';
	write_field(&writing, field);
}

void
describe_command(const struct profile_command *command, char *text, size_t cap)
{
	struct writing writing = { text, 0, cap };
	uint8_t kind = command->function == 5 ? READ_COILS : command->function > READ_INPUT ? READ_HOLDING : command->function;

	text[0] = '\0';
	write_more(&writing, "function %u %s %s", command->function, command->function > READ_INPUT ? "to" : "from",
	    describe_address(kind, command->address).text);
	for (size_t i = 0; i < command->value_count; i++)
		write_more(&writing, "%s%u", i == 0 ? ": " : ", ", command->values[i]);
	if (command->function == 23)
		write_more(&writing, ", reads %u from %s", command->read_count,
		    describe_address(READ_HOLDING, command->read_address).text);
	else if (command->function <= READ_INPUT)
		write_more(&writing, ", %u of them", command->read_count);
}

static void
write_milli(struct writing *writing, const char *before, int32_t milli)
{
	char number[24];

	milli_to_text(milli, number, sizeof(number));
	write_more(writing, "%s%s", before, number);
}

static void
write_expected(struct writing *writing, const struct status *status)
{
	write_more(writing, "%s", describe_address(status->word.function, status->word.address).text);
	if (function_is_bits(status->word.function))
		write_more(writing, " = %u", status->expect);
	else
		write_more(writing, " & 0x%04x = 0x%04x", status->mask, status->expect);
}

static void
write_status(struct writing *writing, const struct status *status)
{
	static const struct {
		enum doubt doubt;
		const char *word;
	} words[] = { { DOUBT_SENSOR_OFF, ", else sensor off" }, { DOUBT_DEVICE_SAYS, ", else verify" }, { DOUBT_NOT_VOUCHED, ", else no value" } };

	write_more(writing, "; ");
	write_expected(writing, status);
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (words[i].doubt == status->otherwise)
			write_more(writing, "%s", words[i].word);
}

/* What is not as usual is said. */
static void
write_value(struct writing *writing, const struct profile *profile, const struct profile_value *value)
{
	write_field(writing, &value->field);
	if (value->scale_micro != 1000000)
		write_more(writing, " x %.10g", (double)value->scale_micro / 1e6);
	if (value->offset_milli != 0)
		write_milli(writing, value->offset_milli > 0 ? " +" : " ", value->offset_milli);
	if (value->range_low.set)
		write_milli(writing, ", from ", value->range_low.milli);
	if (value->range_high.set)
		write_milli(writing, ", to ", value->range_high.milli);
	for (size_t i = 0; i < value->error_code_count; i++)
		write_more(writing, "%s%" PRId64, i == 0 ? ", no value " : " ", value->error_codes[i]);
	if (value->alone)
		write_more(writing, ", alone");
	if (value->block != 0)
		write_more(writing, ", block %s", profile->blocks[value->block - 1]);
	for (size_t i = 0; i < value->status_count; i++)
		write_status(writing, &value->statuses[i]);
}

/* Where lines go. */
struct lines {
	const struct profile *profile;
	void (*take)(void *ctx, const char *what, const char *how);
	void *ctx;
};

static void
tell_value(const struct lines *lines, const char *what, const struct profile_value *value)
{
	char text[DESCRIBE_CAP] = "";
	struct writing writing = { text, 0, sizeof(text) };

	if (!value->present)
		return;
	write_value(&writing, lines->profile, value);
	lines->take(lines->ctx, what, text);
}

static void
tell_field(const struct lines *lines, const char *what, bool present, const struct field *field)
{
	char text[DESCRIBE_CAP];

	if (!present)
		return;
	describe_field(field, text, sizeof(text));
	lines->take(lines->ctx, what, text);
}

static void
tell_command(const struct lines *lines, const char *what, const struct profile_command *command)
{
	char text[DESCRIBE_CAP];

	if (!command->present)
		return;
	describe_command(command, text, sizeof(text));
	lines->take(lines->ctx, what, text);
}

static void
tell_measuring(const struct lines *lines, const struct status *status)
{
	char text[DESCRIBE_CAP] = "";
	struct writing writing = { text, 0, sizeof(text) };

	write_expected(&writing, status);
	lines->take(lines->ctx, "cuff measuring", text);
}

static void
tell_cuff(const struct lines *lines)
{
	const struct profile_cuff *cuff = &lines->profile->cuff;
	char what[64];

	tell_value(lines, "cuff systolic", &cuff->systolic);
	tell_value(lines, "cuff mean", &cuff->mean);
	tell_value(lines, "cuff diastolic", &cuff->diastolic);
	tell_value(lines, "cuff pulse", &cuff->pulse);
	snprintf(what, sizeof(what), "cuff proof: %s", proof_kind_name(cuff->proof));
	tell_field(lines, what, proof_has_field(cuff->proof), &cuff->proof_field);
	tell_field(lines, "cuff age", cuff->has_age, &cuff->age_field);
	tell_field(lines, "cuff failure", cuff->has_failure, &cuff->failure_field);
	if (cuff->has_measuring)
		tell_measuring(lines, &cuff->measuring);
	tell_command(lines, "cuff start", &cuff->start);
	tell_command(lines, "cuff cancel", &cuff->cancel);
}

static void
tell_identity(const struct lines *lines, enum identity_part part)
{
	const struct identity_text *text = &lines->profile->identity[part];
	char what[64], how[DESCRIBE_CAP];

	if (!text->present)
		return;
	snprintf(what, sizeof(what), "identity %s", identity_part_name(part));
	if (text->bytes > 0)
		snprintf(how, sizeof(how), "%s function %u text of %u %s",
		    describe_address(text->field.function, text->field.address).text, text->field.function, text->bytes,
		    word_order_name(text->field.order));
	else
		describe_field(&text->field, how, sizeof(how));
	lines->take(lines->ctx, what, how);
}

void
describe_map(const struct profile *profile, void (*take)(void *ctx, const char *what, const char *how), void *ctx)
{
	const struct lines lines = { profile, take, ctx };

	for (size_t i = 0; i < profile->value_count; i++) {
		const struct profile_value *value = &profile->values[i];
		char what[64];

		snprintf(what, sizeof(what), "%s %s", vital_info(value->vital)->name, source_name(value->source));
		tell_value(&lines, what, value);
	}
	if (profile->cuff.present)
		tell_cuff(&lines);
	tell_field(&lines, "clock", profile->has_clock, &profile->clock);
	tell_field(&lines, "uptime", profile->has_uptime, &profile->uptime);
	for (int part = 0; part < IDENTITY_PARTS; part++)
		tell_identity(&lines, (enum identity_part)part);
	tell_command(&lines, "wake-up", &profile->wake_up.command);
}

void
describe_read(const struct plan_read *read, char *text, size_t cap)
{
	if (read->count == 1) {
		snprintf(text, cap, "function %u, %s", read->function, describe_address(read->function, read->address).text);
		return;
	}
	snprintf(text, cap, "function %u, %s to %s, %u %s", read->function, describe_address(read->function, read->address).text,
	    describe_address(read->function, (uint32_t)read->address + read->count - 1).text, read->count,
	    function_is_bits(read->function) ? "bits" : "registers");
}
