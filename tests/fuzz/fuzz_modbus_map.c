/* Any bytes at all as a monitor's answers: the first byte picks the proof of a cuff, and whether the monitor speaks every
 * dialect; then one step after another: how much time passes, and a missed poll (0xFF), an answer to a command (0xFE) or a
 * reply of so many bytes. A reply that begins with 0xAA is made right as far as its frame goes. */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "drivers/driver.h"
#include "drivers/profile.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct field
field_at(uint16_t address, enum value_type type)
{
	return (struct field){ .function = 3, .address = address, .type = type };
}

static struct profile_value
value_at(enum vital vital, enum source source, uint16_t address, enum value_type type)
{
	return (struct profile_value){
		.present = true, .vital = vital, .source = source, .field = field_at(address, type), .scale_micro = 100000,
		.error_codes = { 0xFFFF }, .error_code_count = 1,
		.statuses = { { field_at(20, TYPE_U16), 1, 1, DOUBT_SENSOR_OFF } }, .status_count = 1,
	};
}

static void
make_profile(struct profile *profile, enum proof_kind proof)
{
	*profile = (struct profile){
		.name = "fuzz", .cadence = { 1000 }, .max_registers = 20, .max_gap = 2,
		.values = {
			value_at(VITAL_RATE, SOURCE_PLETH, 3, TYPE_F32),
			value_at(VITAL_SPO2, SOURCE_PLETH, 5, TYPE_S16),
			value_at(VITAL_TEMPERATURE, SOURCE_PROBE, 18, TYPE_S32),
		},
		.value_count = 3,
		.cuff = {
			.present = true,
			.systolic = value_at(VITAL_SYSTOLIC, SOURCE_CUFF, 10, TYPE_U16),
			.mean = value_at(VITAL_MEAN, SOURCE_CUFF, 11, TYPE_U16),
			.diastolic = value_at(VITAL_DIASTOLIC, SOURCE_CUFF, 12, TYPE_U16),
			.proof = proof,
			.proof_field = field_at(13, proof == PROOF_TIME ? TYPE_U32 : TYPE_U16),
			.has_age = proof == PROOF_COUNTER, .age_field = field_at(15, TYPE_U16),
			.has_measuring = true, .measuring = { field_at(20, TYPE_U16), 2, 2, DOUBT_NONE },
			.has_failure = true, .failure_field = field_at(16, TYPE_U16),
		},
		.has_clock = true, .clock = field_at(40, TYPE_U32),
		.has_uptime = true, .uptime = field_at(42, TYPE_U32),
	};
}

/* The same map in other words: digits, parts of registers, bits beside, blocks and what is asked beside polling. */
static void
speak_dialects(struct profile *profile)
{
	const struct profile_command write = { .present = true, .function = 16, .address = 90, .values = { 1, 2 }, .value_count = 2 };
	const struct profile_command both = { .present = true, .function = 23, .address = 90, .values = { 1 }, .value_count = 1,
		.read_address = 10, .read_count = 3 };

	profile->values[0].field.type = TYPE_BCD32;
	profile->values[0].statuses[0] = (struct status){ { .function = 1, .address = 4, .type = TYPE_BIT }, 1, 1, DOUBT_SENSOR_OFF };
	profile->values[1].field.low_bit = 4;
	profile->values[1].field.bit_count = 8;
	profile->values[1].error_codes[0] = 0xFF;
	profile->values[1].statuses[0].word.address = 7;
	profile->values[2].field = field_at(60, TYPE_F64);
	profile->values[2].statuses[0] = (struct status){ { .function = 2, .address = 40, .type = TYPE_BIT }, 1, 0, DOUBT_DEVICE_SAYS };
	profile->values[3] = value_at(VITAL_BREATHING, SOURCE_IMPEDANCE, 64, TYPE_BCD16);
	profile->values[3].status_count = 0;
	profile->values[2].block = profile->values[3].block = 1;
	profile->value_count = 4;
	profile->block_count = 1;
	profile->cuff.alone = true;
	profile->cuff.has_age = false;
	profile->cuff.measuring = (struct status){ { .function = 1, .address = 9, .type = TYPE_BIT }, 1, 1, DOUBT_NONE };
	profile->cuff.failure_field.type = TYPE_BCD16;
	if (profile->cuff.proof == PROOF_COUNTER)
		profile->cuff.proof_field = field_at(16, TYPE_U64);
	if (profile->cuff.proof == PROOF_COUNTER)
		profile->cuff.failure_field.address = 15;
	profile->identity[IDENTITY_MODEL] = (struct identity_text){ true, field_at(70, TYPE_U16), 13 };
	profile->identity[IDENTITY_SERIAL] = (struct identity_text){ true, field_at(77, TYPE_BCD32), 0 };
	profile->wake_up = (struct wake_up){ .command = both, .silence = { 10000 }, .pause = { 100 } };
	profile->cuff.start = write;
	profile->cuff.cancel = both;
	profile->cuff.start_pause = duration_s(60);
}

static void
tell_nobody(void *ctx, const char *path, const char *sentence)
{
	(void)ctx;
	(void)path;
	(void)sentence;
}

static void
check_result(const struct driver_result *result)
{
	const struct observation *observation = &result->observation;

	assert(result->valid == (result->reason[0] == '\0'));
	assert(result->valid || !result->has_observation);
	assert(memchr(&result->identity.model, '\0', sizeof(result->identity.model)) != NULL);
	for (size_t i = 0; i < observation->reading_count; i++)
		assert(quality_has_value(observation->readings[i].quality) || observation->readings[i].milli == 0);
	assert(observation->cuff.proof != CUFF_NEW || instant_is_known(observation->cuff.measured_at));
}

/* The length of a right reply. */
static size_t
right_length(const struct wire_bytes *request)
{
	size_t count = (size_t)(request->bytes[4] << 8 | request->bytes[5]);

	switch (request->bytes[1]) {
	case 1:
	case 2:
		return 3 + (count + 7) / 8;
	case 3:
	case 4:
	case 23:
		return 3 + count * 2;
	default:
		return 6;
	}
}

/* A block of exactly its length, so that a byte too many is seen. */
static uint8_t *
make_reply(const struct wire_bytes *request, const uint8_t *data, size_t *length)
{
	bool right = *length > 0 && data[0] == 0xAA;
	size_t wanted = right ? right_length(request) : *length;
	uint8_t *reply = calloc(1, wanted > 0 ? wanted : 1);

	for (size_t i = 0; i < wanted; i++)
		reply[i] = right && i + 1 > *length ? 0 : data[i];
	if (right && wanted == 6) {
		memcpy(reply, request->bytes, 6);
	} else if (right) {
		reply[0] = request->bytes[0];
		reply[1] = request->bytes[1];
		reply[2] = (uint8_t)(wanted - 3);
	}
	*length = wanted;
	return reply;
}

static void
answer_command(const struct driver *driver, const void *instance, enum driver_command command, const uint8_t *data, size_t length)
{
	struct driver_commanded commanded;
	struct wire_bytes request;
	uint8_t *reply;

	if (!driver->command(instance, command, &request).ok)
		return;
	reply = make_reply(&request, data, &length);
	driver->commanded(instance, command, reply, length, &commanded);
	assert((commanded.commanded == COMMANDED_DONE) == (commanded.reason[0] == '\0'));
	free(reply);
}

/* One step; how many bytes it took. */
static size_t
play(const struct driver *driver, void *instance, struct instant *now, const uint8_t *data, size_t size)
{
	size_t length = data[1] < size - 2 ? data[1] : size - 2, used = 2 + length;
	struct driver_result result;
	struct driver_next next;
	uint8_t *reply;

	now->ms += data[0] * 100;
	driver->next(instance, *now, &next);
	if (data[1] == 0xFE) {
		answer_command(driver, instance, COMMAND_START_CUFF, data + 2, size - 2 < 16 ? size - 2 : 16);
		answer_command(driver, instance, COMMAND_CANCEL_CUFF, data + 2, size - 2 < 16 ? size - 2 : 16);
		return 2;
	}
	if (data[1] == 0xFF || !next.has_request) {
		driver->missed(instance, *now, data[0] % 2 == 0 ? MISS_TIMEOUT : MISS_NO_LINK);
		return 2;
	}
	reply = make_reply(&next.request, data + 2, &length);
	driver->accept(instance, *now, reply, length, &result);
	check_result(&result);
	free(reply);
	return used;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct driver *driver = driver_find("modbus");
	const struct driver_options options = { .unit = 1, .cadence = { 1000 }, .clock_off = { 120000 }, .last_cuff_key = "7",
		.last_cuff_at = { 0 } };
	struct instant now = { INT64_C(1767344400000) };
	struct profile profile;
	void *instance = NULL;

	if (size < 1)
		return 0;
	make_profile(&profile, (enum proof_kind)(data[0] % PROOF_COUNT));
	if (data[0] / PROOF_COUNT % 2 == 1)
		speak_dialects(&profile);
	assert(profile_check(&profile, tell_nobody, NULL) == 0);
	if (!driver->open(&profile, &options, &instance).ok)
		return 0;
	for (size_t at = 1; at + 2 <= size;)
		at += play(driver, instance, &now, data + at, size - at);
	driver->close(instance);
	return 0;
}
