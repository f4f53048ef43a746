#include "drivers/simulated/registers.h"

#include <stdlib.h>

#include "drivers/decode.h"

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

	if (field->type == TYPE_BIT) {
		*at = (uint16_t)(raw != 0 ? *at | 1u << field->bit : *at & ~(1u << field->bit));
		return;
	}
	encode_raw(field, raw, words);
	for (uint16_t i = 0; i < field_words(field); i++)
		at[i] = words[i];
}

static void
put_status(struct register_image *image, const struct status *status, bool holds)
{
	uint16_t *at = &bank(image, status->word.function)[status->word.address];
	uint16_t wanted = holds ? status->expect : (uint16_t)(~status->expect & status->mask);

	*at = (uint16_t)((*at & ~status->mask) | wanted);
}

static void
clear_value(struct register_image *image, const struct profile_value *value)
{
	const struct reading absent = { .quality = QUALITY_INVALID };

	if (value->present)
		image_put(image, value, &absent);
}

struct register_image *
image_create(const struct profile *profile)
{
	struct register_image *image = calloc(1, sizeof(*image));

	if (image == NULL)
		return NULL;
	image->profile = profile;
	for (size_t i = 0; i < profile->value_count; i++)
		clear_value(image, &profile->values[i]);
	clear_value(image, &profile->cuff.systolic);
	clear_value(image, &profile->cuff.mean);
	clear_value(image, &profile->cuff.diastolic);
	clear_value(image, &profile->cuff.pulse);
	image_put_age(image, -1);
	return image;
}

void
image_destroy(struct register_image *image)
{
	free(image);
}

void
image_put(struct register_image *image, const struct profile_value *value, const struct reading *reading)
{
	bool has_value = quality_has_value(reading->quality);

	if (has_value)
		put_raw(image, &value->field, encode_milli(value, reading->milli));
	else
		put_raw(image, &value->field, value->error_code_count > 0 ? value->error_codes[0] : 0);
	for (size_t i = 0; i < value->status_count; i++) {
		bool vouches = value->statuses[i].otherwise == DOUBT_DEVICE_SAYS ? reading->quality != QUALITY_VERIFY : has_value;

		put_status(image, &value->statuses[i], vouches);
	}
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

void
image_put_age(struct register_image *image, int64_t seconds)
{
	const struct profile_cuff *cuff = &image->profile->cuff;

	if (!cuff->present)
		return;
	if (cuff->proof == PROOF_AGE)
		put_raw(image, &cuff->proof_field, seconds >= 0 ? seconds : cuff->age_none);
	if (cuff->has_age)
		put_raw(image, &cuff->age_field, seconds >= 0 ? seconds : 0);
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
		put_raw(image, &image->profile->uptime, seconds);
}

static size_t
refuse(uint8_t function, uint8_t code, uint8_t reply[260])
{
	reply[0] = function | 0x80;
	reply[1] = code;
	return 2;
}

size_t
image_serve(const struct register_image *image, const uint8_t *request, size_t length, uint8_t reply[260])
{
	uint8_t function = length > 0 ? request[0] : 0;
	uint32_t address, count;
	const uint16_t *registers = function == 4 ? image->input : image->holding;

	if (function != 3 && function != 4)
		return refuse(function, 1, reply);
	if (length != 5)
		return refuse(function, 3, reply);
	address = (uint32_t)(request[1] << 8 | request[2]);
	count = (uint32_t)(request[3] << 8 | request[4]);
	if (count < 1 || count > MODBUS_READ_MOST)
		return refuse(function, 3, reply);
	if (address + count > 65536)
		return refuse(function, 2, reply);
	reply[0] = function;
	reply[1] = (uint8_t)(count * 2);
	for (uint32_t i = 0; i < count; i++) {
		reply[2 + 2 * i] = (uint8_t)(registers[address + i] >> 8);
		reply[3 + 2 * i] = (uint8_t)registers[address + i];
	}
	return 2 + count * 2;
}
