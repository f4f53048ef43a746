/* What a profile says beside its values: registers that may not be read, the
 * device's identity, what wakes it up, and how a cuff is started. */
#include "daemon/settings/profile_reader.h"

#include <stdlib.h>
#include <string.h>

void
take_unreadable(struct reader *reader, const struct raw_profile *raw, struct profile *profile)
{
	for (unsigned i = 0; i < raw->unreadable_count; i++) {
		const struct raw_unreadable *range = &raw->unreadable[i];
		struct unreadable *to = &profile->unreadable[profile->unreadable_count++];
		struct scalar_path base = path_of_entry("unreadable", i);
		bool is_given;

		to->function = reader->usual.function;
		is_given = take_function(reader, base.text, range->function, &to->function);
		take_address(reader, path_of(base.text, "from").text, range->from, is_given, &to->function, &to->from);
		to->to = to->from;
		if (range->to != NULL)
			take_address(reader, path_of(base.text, "to").text, range->to, true, &to->function, &to->to);
	}
}

static void
take_part(struct reader *reader, enum identity_part part, const struct raw_text *raw, struct identity_text *text)
{
	struct scalar_path base = path_of("identity", identity_part_name(part));
	const struct raw_field field = { raw->address, raw->function, raw->type, NULL, raw->order };
	int64_t length;

	text->present = true;
	take_field(reader, base.text, &field, &text->field);
	/* A text keeps the order of its characters, whatever is done to numbers. */
	if (raw->length != NULL && raw->order == NULL)
		text->field.order = ORDER_ABCD;
	if (raw->length != NULL && take_whole(reader->file, path_of(base.text, "length").text, raw->length, 1, IDENTITY_CAP - 1,
				       &length))
		text->bytes = (uint8_t)length;
	if ((raw->length != NULL) == (raw->type != NULL))
		yaml_complain(reader->file, base.text, "give either 'length', of a text, or 'type', of a number");
}

void
take_identity(struct reader *reader, const struct raw_identity *raw, struct profile *profile)
{
	const struct raw_text *const parts[IDENTITY_PARTS] = {
		[IDENTITY_MANUFACTURER] = raw->manufacturer,
		[IDENTITY_MODEL] = raw->model,
		[IDENTITY_SERIAL] = raw->serial,
		[IDENTITY_FIRMWARE] = raw->firmware,
	};

	for (int part = 0; part < IDENTITY_PARTS; part++)
		if (parts[part] != NULL)
			take_part(reader, (enum identity_part)part, parts[part], &profile->identity[part]);
}

static void
take_word(struct reader *reader, const char *path, const char *text, struct profile_command *command)
{
	int64_t number;

	if (take_whole(reader->file, path, text, 0, UINT16_MAX, &number))
		command->values[command->value_count++] = (uint16_t)number;
}

/* Functions write what other functions read: coils are written by 5, holding registers by 6, 16 and 23. */
static uint8_t
reader_of(uint8_t function)
{
	if (function <= READ_INPUT)
		return function;
	return function == 5 ? READ_COILS : READ_HOLDING;
}

void
take_command(struct reader *reader, const char *base, const struct raw_command *raw, struct profile_command *command)
{
	uint8_t function = 0, holding = READ_HOLDING;
	int64_t count;

	command->present = true;
	take_function(reader, base, raw->function, &command->function);
	function = reader_of(command->function);
	take_address(reader, path_of(base, "register").text, raw->address, true, &function, &command->address);
	if (raw->value != NULL && raw->values_count > 0)
		yaml_complain(reader->file, path_of(base, "values").text, "give either 'value' or 'values'");
	else if (raw->value != NULL)
		take_word(reader, path_of(base, "value").text, raw->value, command);
	for (unsigned i = 0; raw->value == NULL && i < raw->values_count; i++)
		take_word(reader, path_of_entry(path_of(base, "values").text, i).text, raw->values[i], command);
	if (raw->read_register != NULL)
		take_address(reader, path_of(base, "read_register").text, raw->read_register, true, &holding,
		    &command->read_address);
	if (raw->read_register != NULL && command->function != 23)
		yaml_complain(reader->file, path_of(base, "read_register").text, "is of use with function 23 only");
	if (raw->count != NULL &&
	    take_whole(reader->file, path_of(base, "count").text, raw->count, 1, MODBUS_READ_BITS_MOST, &count))
		command->read_count = (uint16_t)count;
}

void
take_wake_up(struct reader *reader, const struct raw_wake_up *raw, struct wake_up *wake_up)
{
	wake_up->silence = duration_s(10);
	take_command(reader, "wake_up", &raw->command, &wake_up->command);
	scalars_take(reader->file, "wake_up", raw, profile_wake_up_keys.rows, profile_wake_up_keys.count, wake_up);
}
