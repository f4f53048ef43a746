#include "daemon/bench/rows.h"

#include <inttypes.h>
#include <string.h>

#include "drivers/pdu.h"

void
bench_rows_init(struct bench_rows *rows, const struct profile *profile)
{
	memset(rows, 0, sizeof(*rows));
	rows->profile = profile;
	rows->count = bench_fields(profile, rows->fields);
}

static void
show_raw(const struct words *words, const struct field *field, struct bench_row *row)
{
	size_t at = (size_t)(field->address - words->address), length = 0;

	if (function_is_bits(words->function)) {
		snprintf(row->raw, sizeof(row->raw), "%u", words->at[at / 16] >> at % 16 & 1u);
	} else {
		for (size_t i = 0; i < field_words(field) && length < sizeof(row->raw); i++)
			length += (size_t)snprintf(row->raw + length, sizeof(row->raw) - length, "%s%04x", i > 0 ? " " : "",
			    words->at[at + i]);
	}
	if (decode_is_number(words, field))
		snprintf(row->count, sizeof(row->count), "%" PRId64, decode_raw(words, field));
	else
		snprintf(row->count, sizeof(row->count), "no number");
}

static void
show_value(const struct words *words, const struct profile_value *value, struct bench_row *row)
{
	struct reading reading = decode_value(words, value);
	char number[24];

	row->usable = quality_has_value(reading.quality);
	if (row->usable) {
		milli_to_text(reading.milli, number, sizeof(number));
		snprintf(row->value, sizeof(row->value), "%s %s", number, vital_info(value->vital)->unit);
	} else {
		snprintf(row->value, sizeof(row->value), "--");
	}
	snprintf(row->why, sizeof(row->why), "%s%s%s%s", quality_name(reading.quality),
	    reading.doubt != DOUBT_NONE ? ": " : "", doubt_text(reading.doubt),
	    reading.pinned != PINNED_NOT ? " (at the end of its range)" : "");
}

static void
show_status(const struct words *words, const struct bench_field *field, struct bench_row *row)
{
	static const char *const says[2][2] = { { "NOT as expected", "as expected" }, { "no", "yes" } };

	snprintf(row->value, sizeof(row->value), "%s", says[field->is_flag][decode_status(words, field->status)]);
}

static void
show_field(struct bench_rows *rows, size_t index, const struct words *words)
{
	const struct bench_field *field = &rows->fields[index];
	struct bench_row *row = &rows->rows[index];

	if (!words_hold(words, field->field))
		return;
	row->seen = true;
	show_raw(words, field->field, row);
	row->value[0] = row->why[0] = '\0';
	if (field->value != NULL)
		show_value(words, field->value, row);
	else if (field->status != NULL)
		show_status(words, field, row);
}

static void
keep_bits(struct bench_rows *rows, const struct words *words)
{
	size_t at = 0;

	while (at < rows->bit_count &&
	    (rows->bits[at].function != words->function || rows->bits[at].address != words->address))
		at++;
	if (at == ROWS_BITS)
		return;
	rows->bits[at] = *words;
	rows->bits[at].along = NULL;
	if (at == rows->bit_count)
		rows->bit_count++;
}

void
bench_rows_take(struct bench_rows *rows, const uint8_t *request, size_t request_length, const uint8_t *reply,
    size_t reply_length)
{
	char reason[PDU_REASON_CAP];
	uint8_t exception;
	struct words words;

	if (request_length < 2 ||
	    pdu_take(request, request_length, reply, reply_length, &words, &exception, reason) != PDU_GOOD)
		return;
	if (function_is_bits(words.function))
		keep_bits(rows, &words);
	else
		for (size_t i = 0; i < rows->bit_count; i++) {
			rows->bits[i].along = words.along;
			words.along = &rows->bits[i];
		}
	for (size_t i = 0; i < rows->count; i++)
		show_field(rows, i, &words);
}

void
bench_rows_print(FILE *out, const struct bench_rows *rows)
{
	fprintf(out, "%-30s %-16s %-20s %-12s %-14s %s\n", "WHAT", "MANUAL / WIRE", "RAW", "COUNT", "VALUE", "QUALITY");
	for (size_t i = 0; i < rows->count; i++) {
		const struct bench_row *row = &rows->rows[i];
		char address[32];

		bench_address(rows->fields[i].field, address, sizeof(address));
		fprintf(out, "%-30s %-16s %-20s %-12s %-14s %s\n", rows->fields[i].name, address, row->seen ? row->raw : "not read",
		    row->count, row->value, row->why);
	}
}

/* A vital sign that is there all the time; pressures are there after a cuff only. */
static bool
is_stream(const struct bench_rows *rows, size_t index)
{
	return rows->fields[index].value != NULL && !rows->fields[index].of_cuff;
}

void
bench_rows_count(const struct bench_rows *rows, size_t *ret_read, size_t *ret_usable)
{
	*ret_read = *ret_usable = 0;
	for (size_t i = 0; i < rows->count; i++) {
		*ret_read += is_stream(rows, i) && rows->rows[i].seen;
		*ret_usable += is_stream(rows, i) && rows->rows[i].usable;
	}
}

const char *
bench_rows_trouble(const struct bench_rows *rows, const char **ret_name)
{
	for (size_t i = 0; i < rows->count; i++)
		if (is_stream(rows, i) && rows->rows[i].seen && !rows->rows[i].usable) {
			*ret_name = rows->fields[i].name;
			return rows->rows[i].why;
		}
	*ret_name = "";
	return "";
}
