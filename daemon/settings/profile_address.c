/* Where the numbers of a profile stand: registers as the manual prints them,
 * types, and bits of a register. */
#include "daemon/settings/profile_reader.h"

#include <stdlib.h>
#include <string.h>

/* What the first digit of a vendor's number says. */
static const struct kind {
	char digit;
	uint8_t function;
	const char *what;
} kinds[] = {
	{ '0', READ_COILS, "a coil" },
	{ '1', READ_DISCRETE, "a discrete input" },
	{ '3', READ_INPUT, "an input register" },
	{ '4', READ_HOLDING, "a holding register" },
};

/* A text that is a vendor's number: its kind, and what it counts from 1. */
static const struct kind *
kind_of(const char *text, long *ret_number)
{
	size_t length = strlen(text);

	if ((length != 5 && length != 6) || strspn(text, "0123456789") != length)
		return NULL;
	*ret_number = strtol(text + 1, NULL, 10);
	for (size_t i = 0; i < COUNT_OF(kinds); i++)
		if (kinds[i].digit == text[0])
			return *ret_number >= 1 && *ret_number <= 65536 ? &kinds[i] : NULL;
	return NULL;
}

static void
take_vendor_address(struct reader *reader, const char *path, const char *text, bool is_given, uint8_t *function,
    uint16_t *address)
{
	long number;
	const struct kind *kind = kind_of(text, &number);

	if (kind == NULL) {
		yaml_complain(reader->file, path,
		    "'%.40s' is no number as vendors print it: 5 or 6 digits, from 00001 coils, from 10001 discrete inputs, from "
		    "30001 input and from 40001 holding registers",
		    text);
		return;
	}
	if (is_given && kind->function != *function) {
		yaml_complain(reader->file, path, "%s is %s, which is read by function %u, and not by %u", text, kind->what,
		    kind->function, *function);
		return;
	}
	*function = kind->function;
	*address = (uint16_t)(number - 1);
}

/* It could be meant as a vendor's number: of registers 3xxxx and 4xxxx, of bits 1xxxx. */
static bool
is_ambiguous(const char *text, uint8_t function)
{
	long number;
	const struct kind *kind = kind_of(text, &number);

	return kind != NULL && kind->function != READ_COILS &&
	       (function_is_bits(kind->function) == function_is_bits(function) || strlen(text) == 6);
}

static void
complain_of_two_meanings(struct reader *reader, const char *path, const char *text)
{
	long number = 0;
	const struct kind *kind = kind_of(text, &number);

	if (strlen(text) == 6)
		yaml_complain(reader->file, path, "%s is %s as vendors print it: say so by 'addresses: vendor'", text, kind->what);
	else
		yaml_complain(reader->file, path,
		    "%s may be %s as vendors print it, number %ld of them, or the number in the request itself: say which, by "
		    "'addresses: vendor' or 'addresses: pdu'",
		    text, kind->what, number);
}

void
take_address(struct reader *reader, const char *path, const char *text, bool is_given, uint8_t *function, uint16_t *address)
{
	int64_t number, first = reader->registers_from;

	if (reader->addresses == ADDRESSES_VENDOR) {
		take_vendor_address(reader, path, text, is_given, function, address);
	} else if (reader->addresses == ADDRESSES_UNSAID && is_ambiguous(text, *function)) {
		complain_of_two_meanings(reader, path, text);
	} else if (take_whole(reader->file, path, text, first, 65535 + first, &number)) {
		*address = (uint16_t)(number - first);
	}
}

/* Types by name. Half a register is a part of it. */
static const struct named_type {
	const char *name;
	enum value_type type;
	uint8_t low_bit, bit_count;
} named_types[] = {
	{ "u16", TYPE_U16, 0, 0 },     { "s16", TYPE_S16, 0, 0 },     { "u32", TYPE_U32, 0, 0 },    { "s32", TYPE_S32, 0, 0 },
	{ "f32", TYPE_F32, 0, 0 },     { "u64", TYPE_U64, 0, 0 },     { "f64", TYPE_F64, 0, 0 },    { "bcd16", TYPE_BCD16, 0, 0 },
	{ "bcd32", TYPE_BCD32, 0, 0 }, { "u8_high", TYPE_U16, 8, 8 }, { "u8_low", TYPE_U16, 0, 8 }, { "s8_high", TYPE_S16, 8, 8 },
	{ "s8_low", TYPE_S16, 0, 8 },
};

static const char *
type_at(int index)
{
	return named_types[index].name;
}

static const char *
order_at(int index)
{
	return word_order_name((enum word_order)index);
}

void
take_type(struct reader *reader, const char *base, const char *key, const char *text, struct field *field)
{
	int index;

	if (text == NULL || !take_choice(reader->file, path_of(base, key).text, "type of a number", text, type_at,
				COUNT_OF(named_types), &index))
		return;
	field->type = named_types[index].type;
	field->low_bit = named_types[index].low_bit;
	field->bit_count = named_types[index].bit_count;
}

/* "4-11", or "7" for one bit. */
void
take_bits(struct reader *reader, const char *base, const char *key, const char *text, struct field *field)
{
	struct scalar_path path = path_of(base, key);
	char *end;
	long low, high;

	if (text == NULL)
		return;
	if (field->bit_count > 0) {
		yaml_complain(reader->file, path.text, "half a register has its bits already");
		return;
	}
	low = high = strtol(text, &end, 10);
	if (end != text && *end == '-')
		high = strtol(end + 1, &end, 10);
	if (text[0] < '0' || text[0] > '9' || *end != '\0' || end[-1] == '-' || low > high || high > 63) {
		yaml_complain(reader->file, path.text, "'%.40s' is no part of a register, as in 4-11", text);
		return;
	}
	field->low_bit = (uint8_t)low;
	field->bit_count = (uint8_t)(high - low + 1);
}

bool
take_function(struct reader *reader, const char *base, const char *text, uint8_t *ret_function)
{
	int64_t number;

	if (text == NULL || !take_whole(reader->file, path_of(base, "function").text, text, 1, 127, &number))
		return false;
	*ret_function = (uint8_t)number;
	return true;
}

void
take_field(struct reader *reader, const char *base, const struct raw_field *raw, struct field *field)
{
	int index;

	*field = reader->usual;
	take_address(reader, path_of(base, "register").text, raw->address,
	    take_function(reader, base, raw->function, &field->function), &field->function, &field->address);
	take_type(reader, base, "type", raw->type, field);
	take_bits(reader, base, "bits", raw->bits, field);
	if (raw->order != NULL && take_choice(reader->file, path_of(base, "order").text, "order of bytes", raw->order, order_at,
				      ORDER_COUNT, &index))
		field->order = (enum word_order)index;
}

bool
take_register(struct reader *reader, const char *base, const char *key, const char *text, uint8_t function,
    struct field *field)
{
	*field = reader->usual;
	field->function = function;
	if (text != NULL)
		take_address(reader, path_of(base, key).text, text, false, &field->function, &field->address);
	return text != NULL;
}
