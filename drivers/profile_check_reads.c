/* Whether what a profile wants read can be read: registers that are read alone,
 * in one block or not at all; and what is asked or written beside polling. */
#include "drivers/profile_checker.h"

#include <stdio.h>

#include "drivers/describe.h"

enum { LONGEST_PAUSE_MS = 5000, SHORTEST_START_PAUSE_S = 30, LONGEST_S = 3600, PATH_CAP = 64 };

/* What comes in one read: a value, the cuff, a block, a clock, a text. */
struct item {
	char path[PATH_CAP];
	struct span span;
	const struct profile_value *value; /* NULL: another thing */
	bool is_cuff;
	uint8_t block;                     /* 0: none */
};

/* The first register of `field` that lies in a span; false: none does. */
static bool
lies_in(const struct field *field, const struct span *span, uint32_t *ret_at)
{
	uint32_t end = (uint32_t)field->address + field_words(field);

	if (field->function != span->function || field->address >= span->high || end <= span->low)
		return false;
	*ret_at = field->address > span->low ? field->address : span->low;
	return true;
}

static bool
is_within(const struct span *inner, const struct span *outer)
{
	return inner->low >= outer->low && inner->high <= outer->high;
}

/* A number of another thing lies in the item's read. What is read alone may not come along; what belongs to a block comes with
 * all of it, or in the read of the block. */
static void
check_guest(struct checker *checker, const struct item *item, const struct field *field, bool alone, uint8_t block,
    const char *guest)
{
	struct span whole = span_of_block(checker->profile, block);
	uint32_t at;

	if ((block != 0 && block == item->block) || !lies_in(field, &item->span, &at))
		return;
	if (profile_reads_alone(checker->profile, alone, block))
		complain(checker, item->path, "", "needs %s in its read, and %s there is to be read alone",
		    describe_address(field->function, at).text, guest);
	else if (block != 0 && !is_within(&item->span, &whole) && !is_within(&whole, &item->span))
		complain(checker, item->path, "", "needs %s in its read, and %s there comes with its block '%s' only",
		    describe_address(field->function, at).text, guest, checker->profile->blocks[block - 1]);
}

static void
check_guests(struct checker *checker, const struct item *item)
{
	const struct field *fields[CUFF_FIELDS];
	const struct profile_cuff *cuff = &checker->profile->cuff;
	size_t count = profile_cuff_fields(cuff, fields);

	for (size_t i = 0; i < checker->profile->value_count; i++) {
		const struct profile_value *value = &checker->profile->values[i];
		char guest[32];

		snprintf(guest, sizeof(guest), "values[%zu]", i);
		if (value != item->value)
			check_guest(checker, item, &value->field, value->alone, value->block, guest);
	}
	for (size_t i = 0; cuff->present && !item->is_cuff && i < count; i++)
		check_guest(checker, item, fields[i], cuff->alone, cuff->block, "the cuff");
}

static void
check_item(struct checker *checker, const struct item *item)
{
	const struct span *span = &item->span;
	uint32_t at = plan_unreadable(checker->profile, span->function, span->low, span->high);

	if (span->high == 0)
		return;
	if (at < span->high)
		complain(checker, item->path, "", "needs %s in its read, which is among the unreadable ones",
		    describe_address(span->function, at).text);
	check_guests(checker, item);
}

/* What has no sentence of its own about its length. */
static void
check_length(struct checker *checker, const struct item *item)
{
	uint32_t count = item->span.high - item->span.low, most = plan_longest(checker->profile, item->span.function);

	if (most > 0 && count > most)
		complain(checker, item->path, "", "takes %u registers, and one read holds %u (max_registers)", count, most);
}

static void
check_status_bits(struct checker *checker, const char *path, const struct profile_value *value)
{
	for (size_t i = 0; value->present && i < value->status_count; i++) {
		struct item item = { .value = value };

		if (!function_is_bits(value->statuses[i].word.function))
			continue;
		snprintf(item.path, sizeof(item.path), "%s.status[%zu]", path, i);
		span_cover(&item.span, &value->statuses[i].word);
		check_item(checker, &item);
	}
}

static void
check_value_reads(struct checker *checker)
{
	for (size_t i = 0; i < checker->profile->value_count; i++) {
		const struct profile_value *value = &checker->profile->values[i];
		struct item item = { .value = value, .span = span_of_value(value), .block = value->block };

		snprintf(item.path, sizeof(item.path), "values[%zu]", i);
		if (value->block == 0)
			check_item(checker, &item);
		if (value->status_count == 0)
			check_length(checker, &item);
		check_status_bits(checker, item.path, value);
	}
}

static void
check_cuff_reads(struct checker *checker)
{
	const struct profile_cuff *cuff = &checker->profile->cuff;
	struct item item = { .path = "cuff", .is_cuff = true, .span = span_of_cuff(checker->profile), .block = cuff->block };
	struct item flag = { .path = "cuff.measuring", .is_cuff = true };

	if (!cuff->present)
		return;
	if (cuff->block == 0)
		check_item(checker, &item);
	check_status_bits(checker, "cuff.systolic", &cuff->systolic);
	check_status_bits(checker, "cuff.mean", &cuff->mean);
	check_status_bits(checker, "cuff.diastolic", &cuff->diastolic);
	check_status_bits(checker, "cuff.pulse", &cuff->pulse);
	if (!cuff->has_measuring || !function_is_bits(cuff->measuring.word.function))
		return;
	span_cover(&flag.span, &cuff->measuring.word);
	check_item(checker, &flag);
}

/* A block is told at its first member. */
static void
check_block(struct checker *checker, uint8_t block)
{
	const struct profile *profile = checker->profile;
	bool with_cuff = profile->cuff.present && profile->cuff.block == block;
	struct item item = { .path = "cuff", .span = span_of_block(profile, block), .block = block, .is_cuff = with_cuff };
	uint8_t function = with_cuff ? profile->cuff.systolic.field.function : 0;
	size_t members = with_cuff;

	for (size_t i = 0; i < profile->value_count; i++) {
		const struct profile_value *value = &profile->values[i];

		if (value->block != block)
			continue;
		if (members++ == 0)
			snprintf(item.path, sizeof(item.path), "values[%zu]", i);
		if (function != 0 && value->field.function != function)
			complain(checker, item.path, "block", "'%s' is of two functions, and one read has one", profile->blocks[block - 1]);
		function = value->field.function;
	}
	if (members == 1)
		complain(checker, item.path, "block", "nothing else names the block '%s'", profile->blocks[block - 1]);
	if (item.span.high - item.span.low > profile->max_registers)
		complain(checker, item.path, "block", "'%s' spans %u registers, and one read holds %u (max_registers)",
		    profile->blocks[block - 1], item.span.high - item.span.low, profile->max_registers);
	check_item(checker, &item);
}

static void
check_unreadable(struct checker *checker)
{
	for (size_t i = 0; i < checker->profile->unreadable_count; i++) {
		const struct unreadable *range = &checker->profile->unreadable[i];
		char path[PATH_CAP];

		snprintf(path, sizeof(path), "unreadable[%zu]", i);
		if (range->function < READ_COILS || range->function > READ_INPUT)
			complain(checker, path, "function", "must be 1 to 4, which read");
		if (range->from > range->to)
			complain(checker, path, "to", "must not lie below 'from'");
	}
}

static void
check_single(struct checker *checker, const char *path, bool present, const struct field *field)
{
	struct item item = { .value = NULL };

	if (!present)
		return;
	snprintf(item.path, sizeof(item.path), "%s", path);
	span_cover(&item.span, field);
	check_item(checker, &item);
	check_length(checker, &item);
}

static void
check_bit_reads(struct checker *checker)
{
	struct plan plan;
	size_t reads = 0;

	plan_make(checker->profile, &plan);
	for (size_t i = 0; i < plan.count; i++)
		reads += function_is_bits(plan.reads[i].function);
	if (reads > PLAN_BIT_READS)
		complain(checker, "", "values",
		    "the coils and discrete inputs that vouch take %zu reads, and at most %d are possible: see max_gap and max_bits",
		    reads, PLAN_BIT_READS);
}

void
check_reads(struct checker *checker)
{
	const struct profile *profile = checker->profile;

	if (profile->max_bits > MODBUS_READ_BITS_MOST)
		complain(checker, "", "max_bits", "must lie between 1 and 2000");
	check_unreadable(checker);
	check_value_reads(checker);
	check_cuff_reads(checker);
	for (uint8_t block = 1; block <= profile->block_count; block++)
		check_block(checker, block);
	check_single(checker, "clock.address", profile->has_clock, &profile->clock);
	check_single(checker, "uptime.address", profile->has_uptime, &profile->uptime);
	check_bit_reads(checker);
}

static bool
reads_enough(uint8_t function, uint32_t address, uint32_t count)
{
	return count >= 1 && count <= (function_is_bits(function) ? MODBUS_READ_BITS_MOST : MODBUS_READ_MOST) &&
	       address + count <= 65536;
}

/* Function, values and count of a command fit together. `may_read`: a read alone is enough. */
static void
check_command(struct checker *checker, const char *path, const struct profile_command *command, bool may_read)
{
	bool reads = command->function >= READ_COILS && command->function <= READ_INPUT;
	bool writes_one = command->function == 5 || command->function == 6;
	bool writes_many = command->function == 16 || command->function == 23;

	if (!(reads && may_read) && !writes_one && !writes_many) {
		complain(checker, path, "function", may_read ? "must be 1 to 4, which read, or 5, 6, 16 or 23, which write"
							     : "must be 5, 6, 16 or 23, which write");
		return;
	}
	if (reads && command->value_count > 0)
		complain(checker, path, "value", "a function that reads writes nothing");
	if (writes_one && command->value_count != 1)
		complain(checker, path, "value", "function %u writes one value", command->function);
	if (writes_many && (command->value_count < 1 || command->value_count > COMMAND_WORDS))
		complain(checker, path, "values", "function %u writes 1 to %d values", command->function, COMMAND_WORDS);
	if (command->function == 5 && command->values[0] > 1)
		complain(checker, path, "value", "a coil is 0 or 1");
	if ((uint32_t)command->address + command->value_count > 65536)
		complain(checker, path, "address", "reaches past register 65535");
	if (reads && !reads_enough(command->function, command->address, command->read_count))
		complain(checker, path, "count", "reads none, too many or past register 65535");
	if (command->function == 23 && !reads_enough(READ_HOLDING, command->read_address, command->read_count))
		complain(checker, path, "count", "function 23 reads too: give 'read_register' and 'count'");
}

static void
check_wake_up(struct checker *checker)
{
	const struct wake_up *wake_up = &checker->profile->wake_up;

	if (!wake_up->command.present)
		return;
	check_command(checker, "wake_up", &wake_up->command, true);
	if (wake_up->silence.ms < 1000 || wake_up->silence.ms > LONGEST_S * 1000)
		complain(checker, "wake_up", "silence_s", "must lie between 1 and %d", LONGEST_S);
	if (wake_up->pause.ms < 0 || wake_up->pause.ms > LONGEST_PAUSE_MS)
		complain(checker, "wake_up", "pause_ms", "must lie between 0 and %d", LONGEST_PAUSE_MS);
}

static void
check_start(struct checker *checker)
{
	const struct profile_cuff *cuff = &checker->profile->cuff;

	if (cuff->start.present)
		check_command(checker, "cuff.start", &cuff->start, false);
	if (cuff->cancel.present)
		check_command(checker, "cuff.cancel", &cuff->cancel, false);
	if (cuff->cancel.present && !cuff->start.present)
		complain(checker, "cuff", "cancel", "is of use beside 'start' only");
	if (cuff->start.present && (cuff->start_pause.ms < SHORTEST_START_PAUSE_S * 1000 || cuff->start_pause.ms > LONGEST_S * 1000))
		complain(checker, "cuff", "start_pause_s", "must lie between %d and %d", SHORTEST_START_PAUSE_S, LONGEST_S);
}

static void
check_identity(struct checker *checker, const char *path, const struct identity_text *text)
{
	struct item item = { .span = span_of_identity(text) };
	bool swaps_words = text->field.order == ORDER_CDAB || text->field.order == ORDER_DCBA;

	snprintf(item.path, sizeof(item.path), "%s", path);
	if (text->field.function != READ_HOLDING && text->field.function != READ_INPUT)
		complain(checker, path, "function", "must be 3 (holding registers) or 4 (input registers)");
	if (item.span.high > 65536)
		complain(checker, path, "address", "reaches past register 65535");
	if (text->bytes >= IDENTITY_CAP)
		complain(checker, path, "length", "must lie between 1 and %d", IDENTITY_CAP - 1);
	if (text->bytes > 0 && swaps_words)
		complain(checker, path, "order", "a text has its words in their order: ABCD, or BADC with the bytes of each swapped");
	if (text->bytes == 0 && !field_counts(&text->field))
		complain(checker, path, "type", "must be u16, u32, u64, bcd16 or bcd32; a text has a 'length'");
	check_item(checker, &item);
	check_length(checker, &item);
}

void
check_asides(struct checker *checker)
{
	const struct profile *profile = checker->profile;

	for (int part = 0; part < IDENTITY_PARTS; part++) {
		char path[PATH_CAP];

		snprintf(path, sizeof(path), "identity.%s", identity_part_name((enum identity_part)part));
		if (profile->identity[part].present)
			check_identity(checker, path, &profile->identity[part]);
	}
	check_wake_up(checker);
	if (profile->cuff.present)
		check_start(checker);
}
