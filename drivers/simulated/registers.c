#include "drivers/simulated/registers.h"

#include <math.h>
#include <stdlib.h>

#include "drivers/decode.h"
#include "drivers/plan.h"

static uint16_t *
bank(struct register_image *image, uint8_t function)
{
	return function == READ_INPUT ? image->input : image->holding;
}

static void
put_raw(struct register_image *image, const struct field *field, int64_t raw)
{
	encode_raw(field, raw, &bank(image, field->function)[field->address]);
}

/* The bits that a status does not speak of stay as they are. */
static void
put_status(struct register_image *image, const struct status *status, bool holds)
{
	const struct field *field = &status->word;
	struct words words = { .function = field->function, .address = field->address, .count = 1 };
	uint16_t bits = holds ? status->expect : (uint16_t)(~status->expect & status->mask);

	if (field->function == READ_COILS)
		image->coils[field->address] = (uint8_t)bits;
	else if (field->function == READ_DISCRETE)
		image->discrete[field->address] = (uint8_t)bits;
	if (function_is_bits(field->function))
		return;
	words.at[0] = bank(image, field->function)[field->address];
	put_raw(image, field, (decode_raw(&words, field) & ~(int64_t)status->mask) | bits);
}

static void
clear_value(struct register_image *image, const struct profile_value *value)
{
	const struct reading absent = { .quality = QUALITY_INVALID };

	if (value->present)
		image_put(image, value, &absent);
}

static void
widen(struct register_image *image, uint8_t function, uint32_t low, uint32_t count)
{
	struct span *mapped = &image->mapped[function - 1];

	if (mapped->high == 0 || low < mapped->low)
		mapped->low = low;
	if (low + count > mapped->high)
		mapped->high = low + count;
}

static void
map_plan(struct register_image *image, const struct plan *plan)
{
	for (size_t i = 0; i < plan->count; i++)
		widen(image, plan->reads[i].function, plan->reads[i].address, plan->reads[i].count);
}

static void
map_command(struct register_image *image, const struct profile_command *command)
{
	if (!command->present)
		return;
	if (command->function <= READ_INPUT)
		widen(image, command->function, command->address, command->read_count);
	if (command->read_count > 0 && command->function > READ_INPUT)
		widen(image, READ_HOLDING, command->read_address, command->read_count);
}

static void
map_registers(struct register_image *image)
{
	struct plan plan;

	plan_make(image->profile, &plan);
	map_plan(image, &plan);
	plan_make_identity(image->profile, &plan);
	map_plan(image, &plan);
	map_command(image, &image->profile->wake_up.command);
	map_command(image, &image->profile->cuff.start);
	map_command(image, &image->profile->cuff.cancel);
}

void
image_put_identity(struct register_image *image, enum identity_part part, const char *text)
{
	const struct identity_text *wanted = &image->profile->identity[part];

	if (wanted->present && wanted->bytes > 0)
		encode_text(&wanted->field, text, wanted->bytes, &bank(image, wanted->field.function)[wanted->field.address]);
	else if (wanted->present)
		put_raw(image, &wanted->field, strtoll(text, NULL, 10));
}

struct register_image *
image_create(const struct profile *profile)
{
	struct register_image *image = calloc(1, sizeof(*image));

	if (image == NULL)
		return NULL;
	image->profile = profile;
	map_registers(image);
	for (size_t i = 0; i < profile->value_count; i++)
		clear_value(image, &profile->values[i]);
	clear_value(image, &profile->cuff.systolic);
	clear_value(image, &profile->cuff.mean);
	clear_value(image, &profile->cuff.diastolic);
	clear_value(image, &profile->cuff.pulse);
	image_put_age(image, -1);
	image_put_measuring(image, false);
	image_put_identity(image, IDENTITY_MANUFACTURER, "simulated");
	image_put_identity(image, IDENTITY_MODEL, profile->name);
	image_put_identity(image, IDENTITY_SERIAL, "1");
	image_put_identity(image, IDENTITY_FIRMWARE, "1");
	return image;
}

void
image_destroy(struct register_image *image)
{
	free(image);
}

/* The status whose failing says this; NULL when the profile has none. */
static const struct status *
status_that_says(const struct profile_value *value, enum doubt doubt)
{
	for (size_t i = 0; i < value->status_count; i++)
		if (value->statuses[i].otherwise == doubt)
			return &value->statuses[i];
	return NULL;
}

/* The type itself has a way to say "no value". */
static bool
says_none(enum value_type type)
{
	return type_is_float(type) || type_is_bcd(type) || type == TYPE_U64;
}

/* Its first code; or a quiet NaN, and of what has digits or too many bits one that is no number. */
static int64_t
no_value_of(const struct profile_value *value)
{
	double code = value->error_code_count > 0 ? (double)value->error_codes[0] : (double)NAN;

	if (value->field.type == TYPE_F64)
		return encode_double(code);
	if (value->field.type == TYPE_F32)
		return encode_float(code);
	return value->error_code_count > 0 ? value->error_codes[0] : says_none(value->field.type) ? -1 : 0;
}

static void
put_no_value(struct register_image *image, const struct profile_value *value, enum doubt doubt)
{
	const struct status *status = status_that_says(value, doubt);
	bool has_code = value->error_code_count > 0 || says_none(value->field.type);

	put_raw(image, &value->field, no_value_of(value));
	if (status == NULL && !has_code)
		status = status_that_says(value, DOUBT_SENSOR_OFF);
	if (status == NULL && !has_code)
		status = status_that_says(value, DOUBT_NOT_VOUCHED);
	if (status != NULL)
		put_status(image, status, false);
}

void
image_put(struct register_image *image, const struct profile_value *value, const struct reading *reading)
{
	if (!quality_has_value(reading->quality)) {
		put_no_value(image, value, reading->doubt);
		return;
	}
	put_raw(image, &value->field, encode_milli(value, reading->milli));
	for (size_t i = 0; i < value->status_count; i++)
		put_status(image, &value->statuses[i],
		    value->statuses[i].otherwise != DOUBT_DEVICE_SAYS || reading->quality == QUALITY_GOOD);
}

void
image_put_cuff(struct register_image *image, const struct cuff *cuff)
{
	const struct profile_cuff *profile = &image->profile->cuff;

	if (profile->systolic.present)
		image_put(image, &profile->systolic, &cuff->systolic);
	if (profile->mean.present)
		image_put(image, &profile->mean, &cuff->mean);
	if (profile->diastolic.present)
		image_put(image, &profile->diastolic, &cuff->diastolic);
	if (profile->pulse.present)
		image_put(image, &profile->pulse, &cuff->pulse);
}

void
image_put_counter(struct register_image *image, int64_t raw)
{
	const struct profile_cuff *cuff = &image->profile->cuff;

	if (cuff->present && (cuff->proof == PROOF_COUNTER || cuff->proof == PROOF_TIME))
		put_raw(image, &cuff->proof_field, raw);
}

static int64_t
at_most(const struct field *field, int64_t seconds)
{
	int64_t most = field_modulus(field) - 1;

	return seconds < most ? seconds : most;
}

void
image_put_age(struct register_image *image, int64_t seconds)
{
	const struct profile_cuff *cuff = &image->profile->cuff;
	int64_t none = cuff->has_age_none ? cuff->age_none : UINT32_MAX;

	if (!cuff->present)
		return;
	if (cuff->proof == PROOF_AGE)
		put_raw(image, &cuff->proof_field, at_most(&cuff->proof_field, seconds >= 0 ? seconds : none));
	if (cuff->has_age)
		put_raw(image, &cuff->age_field, at_most(&cuff->age_field, seconds >= 0 ? seconds : UINT32_MAX));
}

void
image_put_measuring(struct register_image *image, bool measuring)
{
	if (image->profile->cuff.has_measuring)
		put_status(image, &image->profile->cuff.measuring, measuring);
}

void
image_put_failure(struct register_image *image, int64_t code)
{
	if (image->profile->cuff.has_failure)
		put_raw(image, &image->profile->cuff.failure_field, code);
}

void
image_put_clock(struct register_image *image, int64_t unix_s)
{
	if (image->profile->has_clock)
		put_raw(image, &image->profile->clock, unix_s);
}

void
image_put_uptime(struct register_image *image, int64_t seconds)
{
	if (image->profile->has_uptime)
		put_raw(image, &image->profile->uptime, at_most(&image->profile->uptime, seconds));
}
