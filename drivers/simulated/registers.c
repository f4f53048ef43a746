#include "drivers/simulated/registers.h"

#include <stdlib.h>

#include "drivers/decode.h"
#include "drivers/plan.h"

static uint16_t *
bank(struct register_image *image, uint8_t function)
{
	return function == 4 ? image->input : image->holding;
}

static void
put_raw(struct register_image *image, const struct field *field, int64_t raw)
{
	uint16_t words[2];
	uint16_t *at = &bank(image, field->function)[field->address];

	encode_raw(field, raw, words);
	for (uint16_t i = 0; i < field_words(field); i++)
		at[i] = words[i];
}

static void
put_status(struct register_image *image, const struct status *status, bool holds)
{
	uint16_t word[2], raw;
	uint16_t *at = &bank(image, status->word.function)[status->word.address];

	/* A status word may have its bytes swapped like any other register: the bits are the decoded word's. */
	encode_raw(&status->word, *at, word);
	raw = (uint16_t)((word[0] & ~status->mask) | (holds ? status->expect : (uint16_t)(~status->expect & status->mask)));
	encode_raw(&status->word, raw, at);
}

static void
clear_value(struct register_image *image, const struct profile_value *value)
{
	const struct reading absent = { .quality = QUALITY_INVALID };

	if (value->present)
		image_put(image, value, &absent);
}

static void
widen(struct register_image *image, const struct span *span)
{
	struct span *mapped = &image->mapped[span->function == 4];

	if (mapped->high == 0 || span->low < mapped->low)
		mapped->low = span->low;
	if (span->high > mapped->high)
		mapped->high = span->high;
}

static void
map_registers(struct register_image *image)
{
	struct plan plan;

	plan_make(image->profile, &plan);
	for (size_t i = 0; i < plan.count; i++) {
		const struct plan_read *read = &plan.reads[i];
		const struct span span = { read->function, read->address, (uint32_t)read->address + read->count };

		widen(image, &span);
	}
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

/* A quiet NaN, for a float that has no code of its own. */
static int64_t
no_value_of(const struct profile_value *value)
{
	if (value->field.type != TYPE_F32)
		return value->error_code_count > 0 ? value->error_codes[0] : 0;
	return value->error_code_count == 0 ? INT64_C(0x7fc00000) : encode_float((double)value->error_codes[0]);
}

static void
put_no_value(struct register_image *image, const struct profile_value *value, enum doubt doubt)
{
	const struct status *status = status_that_says(value, doubt);
	bool has_code = value->error_code_count > 0 || value->field.type == TYPE_F32;

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
	int64_t most = field_words(field) == 2 ? UINT32_MAX : UINT16_MAX;

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

static size_t
refuse(uint8_t function, uint8_t code, uint8_t reply[static IMAGE_REPLY_CAP])
{
	reply[0] = function | 0x80;
	reply[1] = code;
	return 2;
}

size_t
image_serve(const struct register_image *image, const uint8_t *request, size_t length,
    uint8_t reply[static IMAGE_REPLY_CAP])
{
	uint8_t function = length > 0 ? request[0] : 0;
	const uint16_t *registers = function == 4 ? image->input : image->holding;
	const struct span *mapped = &image->mapped[function == 4];
	uint32_t address, count;

	if (function != 3 && function != 4)
		return refuse(function, 1, reply);
	if (length != 5)
		return refuse(function, 3, reply);
	address = (uint32_t)(request[1] << 8 | request[2]);
	count = (uint32_t)(request[3] << 8 | request[4]);
	if (count < 1 || count > MODBUS_READ_MOST)
		return refuse(function, 3, reply);
	if (address < mapped->low || address + count > mapped->high)
		return refuse(function, 2, reply);
	reply[0] = function;
	reply[1] = (uint8_t)(count * 2);
	for (uint32_t i = 0; i < count; i++) {
		reply[2 + 2 * i] = (uint8_t)(registers[address + i] >> 8);
		reply[3 + 2 * i] = (uint8_t)registers[address + i];
	}
	return 2 + count * 2;
}
