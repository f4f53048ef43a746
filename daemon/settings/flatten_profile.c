/* A register map as keys and values: what is needed to see that it reads differently. */
#include "daemon/settings/flatten.h"

#include <inttypes.h>
#include <string.h>

#include "drivers/describe.h"

static void
field_to_text(const struct field *field, char *text, size_t cap)
{
	int length = snprintf(text, cap, "register %u function %u %s %s", field->address, field->function,
	    value_type_name(field->type), word_order_name(field->order));

	if (field->bit_count > 0)
		snprintf(text + length, cap - (size_t)length, " bits %d-%d", field->low_bit,
		    field->low_bit + field->bit_count - 1);
}

static void
status_to_text(const struct status *status, char *text, size_t cap)
{
	snprintf(text, cap, "%u.%u&0x%04x=0x%04x", status->word.function, status->word.address, status->mask, status->expect);
}

/* One value of a register map: what is needed to see that it reads differently. */
static void
put_value(const struct list *list, const struct profile *profile, const struct profile_value *value)
{
	char text[600], field[80], ends[2][16] = { "none", "none" };
	size_t length;

	if (!value->present)
		return;
	field_to_text(&value->field, field, sizeof(field));
	if (value->range_low.set)
		milli_to_text(value->range_low.milli, ends[0], sizeof(ends[0]));
	if (value->range_high.set)
		milli_to_text(value->range_high.milli, ends[1], sizeof(ends[1]));
	length = (size_t)snprintf(text, sizeof(text),
	    "%s scale %" PRId64 "e-6 offset %" PRId32 "e-3 low %s high %s", field, value->scale_micro,
	    value->offset_milli, ends[0], ends[1]);
	for (size_t i = 0; i < value->error_code_count && length < sizeof(text); i++)
		length += (size_t)snprintf(
		    text + length, sizeof(text) - length, " no-value %" PRId64, value->error_codes[i]);
	for (size_t i = 0; i < value->status_count && length < sizeof(text); i++) {
		char status[64];

		status_to_text(&value->statuses[i], status, sizeof(status));
		length += (size_t)snprintf(text + length, sizeof(text) - length, " status %s %s", status,
		    doubt_text(value->statuses[i].otherwise));
	}
	if (length < sizeof(text))
		snprintf(text + length, sizeof(text) - length, "%s%s%s", value->alone ? " alone" : "",
		    value->block > 0 ? " block " : "", value->block > 0 ? profile->blocks[value->block - 1] : "");
	flatten_put(list, text, "profile.%s.%s.%s", profile->name, vital_name_at(value->vital),
	    source_name(value->source));
}

static void
put_command(const struct list *list, const struct profile_command *command, const struct profile *profile, const char *key)
{
	char text[DESCRIBE_CAP] = "none";

	if (command->present)
		describe_command(command, text, sizeof(text));
	flatten_put(list, text, "profile.%s.%s", profile->name, key);
}

/* How the map is read: what a device that answers otherwise would be asked. */
static void
put_reading(const struct list *list, const struct profile *profile)
{
	char text[PROFILE_UNREADABLE * 32] = "none";
	size_t length = 0;

	for (size_t i = 0; i < profile->unreadable_count; i++)
		length += (size_t)snprintf(text + length, sizeof(text) - length, "%s%u.%u-%u", i > 0 ? " " : "",
		    profile->unreadable[i].function, profile->unreadable[i].from, profile->unreadable[i].to);
	flatten_put(list, text, "profile.%s.unreadable", profile->name);
	snprintf(text, sizeof(text), "%u registers, %u bits, gap %u", profile->max_registers, profile->max_bits, profile->max_gap);
	flatten_put(list, text, "profile.%s.longest", profile->name);
	put_command(list, &profile->wake_up.command, profile, "wake_up");
	snprintf(text, sizeof(text), "after %" PRId64 " ms, pause %" PRId64 " ms", profile->wake_up.silence.ms,
	    profile->wake_up.pause.ms);
	flatten_put(list, text, "profile.%s.wake_up.times", profile->name);
}

static void
put_cuff(const struct list *list, const struct profile *profile)
{
	const struct profile_cuff *cuff = &profile->cuff;
	char text[160], field[80];

	put_value(list, profile, &cuff->systolic);
	put_value(list, profile, &cuff->mean);
	put_value(list, profile, &cuff->diastolic);
	put_value(list, profile, &cuff->pulse);
	field_to_text(&cuff->proof_field, field, sizeof(field));
	flatten_put(list, proof_kind_name(cuff->proof), "profile.%s.cuff.proof", profile->name);
	flatten_put(list, field, "profile.%s.cuff.proof_register", profile->name);
	field_to_text(&cuff->age_field, field, sizeof(field));
	snprintf(text, sizeof(text), "%s", cuff->has_age ? field : "none");
	flatten_put(list, text, "profile.%s.cuff.age_register", profile->name);
	field_to_text(&cuff->failure_field, field, sizeof(field));
	flatten_put(list, cuff->has_failure ? field : "none", "profile.%s.cuff.failure_register", profile->name);
	status_to_text(&cuff->measuring, text, sizeof(text));
	flatten_put(list, cuff->has_measuring ? text : "none", "profile.%s.cuff.measuring", profile->name);
	snprintf(text, sizeof(text), "modulus %" PRId64 ", time %s%s%s%s", cuff->counter_modulus,
	    cuff->time_base == TIME_UNIX ? "unix" : "power-on", cuff->alone ? ", alone" : "", cuff->block > 0 ? ", block " : "",
	    cuff->block > 0 ? profile->blocks[cuff->block - 1] : "");
	flatten_put(list, text, "profile.%s.cuff.reading", profile->name);
	put_command(list, &cuff->start, profile, "cuff.start");
	put_command(list, &cuff->cancel, profile, "cuff.cancel");
	milli_to_text((int32_t)cuff->start_pause.ms, text, sizeof(text));
	flatten_put(list, text, "profile.%s.cuff.start_pause_s", profile->name);
}

void
flatten_profile(const struct list *list, const struct profile *profile)
{
	put_reading(list, profile);
	for (size_t i = 0; i < profile->value_count; i++)
		put_value(list, profile, &profile->values[i]);
	if (profile->cuff.present)
		put_cuff(list, profile);
}
