/* Any bytes at all as a monitor's answers: the first byte picks the proof of a cuff, then one step after another: how much
 * time passes, and a missed poll or a reply of so many bytes. */
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
	for (size_t i = 0; i < observation->reading_count; i++)
		assert(quality_has_value(observation->readings[i].quality) || observation->readings[i].milli == 0);
	assert(observation->cuff.proof != CUFF_NEW || instant_is_known(observation->cuff.measured_at));
}

/* One step; how many bytes it took. */
static size_t
play(const struct driver *driver, void *instance, struct instant *now, const uint8_t *data, size_t size)
{
	size_t length = data[1] < size - 2 ? data[1] : size - 2;
	struct driver_result result;
	struct driver_next next;
	uint8_t *exact;

	now->ms += data[0] * 100;
	driver->next(instance, *now, &next);
	if (data[1] == 0xFF || !next.has_request) {
		driver->missed(instance, *now, MISS_TIMEOUT);
		return 2;
	}
	/* A right frame where the first byte of the reply asks for one; a block of its length, so that a byte too many is seen. */
	exact = malloc(length + 4);
	memcpy(exact, data + 2, length);
	if (length > 3 && exact[0] == 0xAA) {
		exact[0] = next.request.bytes[0];
		exact[1] = next.request.bytes[1];
		exact[2] = (uint8_t)(next.request.bytes[5] * 2);
	}
	driver->accept(instance, *now, exact, length, &result);
	check_result(&result);
	free(exact);
	return 2 + length;
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
	assert(profile_check(&profile, tell_nobody, NULL) == 0);
	if (!driver->open(&profile, &options, &instance).ok)
		return 0;
	for (size_t at = 1; at + 2 <= size;)
		at += play(driver, instance, &now, data + at, size - at);
	driver->close(instance);
	return 0;
}
