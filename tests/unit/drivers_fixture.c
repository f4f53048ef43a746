#include "drivers_fixture.h"

#include <check.h>
#include <math.h>
#include <stdio.h>

#include "drivers/decode.h"

static struct field
field_at(uint16_t address, enum value_type type)
{
	return (struct field){ .function = 3, .address = address, .type = type };
}

static struct profile_value
value_at(enum vital vital, enum source source, uint16_t address)
{
	return (struct profile_value){
		.present = true,
		.vital = vital,
		.source = source,
		.field = field_at(address, TYPE_U16),
		.scale_micro = 1000000,
		.error_codes = { 0 },
		.error_code_count = 1,
	};
}

struct profile
made_profile(enum proof_kind proof)
{
	const struct status attached = { field_at(AT_STATUS, TYPE_U16), 1, 1, DOUBT_SENSOR_OFF };
	struct profile profile = {
		.name = "made",
		.cadence = { 1000 },
		.max_registers = MODBUS_READ_MOST,
		.max_gap = 8,
		.values = { value_at(VITAL_RATE, SOURCE_PLETH, AT_RATE), value_at(VITAL_SPO2, SOURCE_PLETH, AT_SPO2) },
		.value_count = 2,
		.cuff = {
			.present = true,
			.systolic = value_at(VITAL_SYSTOLIC, SOURCE_CUFF, AT_SYSTOLIC),
			.mean = value_at(VITAL_MEAN, SOURCE_CUFF, AT_MEAN),
			.diastolic = value_at(VITAL_DIASTOLIC, SOURCE_CUFF, AT_DIASTOLIC),
			.pulse = value_at(VITAL_CUFF_PULSE, SOURCE_CUFF, AT_PULSE),
			.proof = proof,
			.proof_field = field_at(AT_PROOF, proof == PROOF_TIME ? TYPE_U32 : TYPE_U16),
			.age_field = field_at(AT_AGE, TYPE_U16),
			.has_measuring = true,
			.measuring = { field_at(AT_STATUS, TYPE_U16), 2, 2, DOUBT_NONE },
			.has_failure = true,
			.failure_field = field_at(AT_FAILURE, TYPE_U16),
			.failures = { { 1, "weak or no signal" }, { 2, "movement" } },
			.failure_count = 2,
		},
		.clock = field_at(AT_CLOCK, TYPE_U32),
		.uptime = field_at(AT_UPTIME, TYPE_U32),
	};

	for (size_t i = 0; i < profile.value_count; i++) {
		profile.values[i].statuses[0] = attached;
		profile.values[i].status_count = 1;
	}
	return profile;
}

struct profile
wide_profile(void)
{
	struct profile profile = made_profile(PROOF_COUNTER);

	profile.has_uptime = profile.has_clock = true;
	profile.values[2] = profile.values[0];
	profile.values[2].vital = VITAL_BREATHING;
	profile.values[2].source = SOURCE_IMPEDANCE;
	profile.values[2].field.address = 200;
	profile.values[2].field.function = 4;
	profile.values[2].status_count = 0;
	profile.value_count = 3;
	return profile;
}

static void
tell_mistake(void *ctx, const char *path, const char *sentence)
{
	(void)ctx;
	fprintf(stderr, "%s: %s\n", path, sentence);
}

void
bench_reopen(struct bench *bench, const char *last_key)
{
	const struct driver_options options = {
		.unit = BENCH_UNIT, .cadence = duration_s(1), .clock_off = duration_min(2), .last_cuff_key = last_key,
		.last_cuff_at = bench->last_cuff_at,
	};
	const struct driver *driver = driver_find("modbus");

	driver->close(bench->instance);
	bench->instance = NULL;
	ck_assert(driver->open(&bench->profile, &options, &bench->instance).ok);
}

void
bench_open(struct bench *bench, const struct profile *profile, const char *last_key)
{
	*bench = (struct bench){ .profile = *profile, .last_cuff_at = INSTANT_UNKNOWN };
	ck_assert_uint_eq(profile_check(&bench->profile, tell_mistake, NULL), 0);
	bench->image = image_create(&bench->profile);
	ck_assert_ptr_nonnull(bench->image);
	bench_reopen(bench, last_key);
}

void
bench_close(struct bench *bench)
{
	driver_find("modbus")->close(bench->instance);
	image_destroy(bench->image);
}

struct instant
bench_at(double seconds)
{
	return (struct instant){ INT64_C(1767344400000) + llround(seconds * 1000) };
}

int64_t
bench_unix_s(int64_t seconds)
{
	return INT64_C(1767344400) + seconds;
}

struct driver_next
bench_ask(struct bench *bench, double seconds)
{
	struct driver_next next;

	driver_find("modbus")->next(bench->instance, bench_at(seconds), &next);
	return next;
}

int
bench_asked_for(struct bench *bench, double seconds)
{
	struct driver_next next = bench_ask(bench, seconds);

	return next.has_request ? next.request.bytes[2] << 8 | next.request.bytes[3] : -1;
}

struct driver_result
bench_answer(struct bench *bench, double seconds, const uint8_t *bytes, size_t length)
{
	struct driver_result result;

	driver_find("modbus")->accept(bench->instance, bench_at(seconds), bytes, length, &result);
	return result;
}

struct driver_result
bench_serve(struct bench *bench, double seconds)
{
	struct driver_next next = bench_ask(bench, seconds);
	uint8_t reply[1 + IMAGE_REPLY_CAP] = { BENCH_UNIT };
	size_t length;

	ck_assert(next.has_request);
	length = 1 + image_serve(bench->image, next.request.bytes + 1, next.request.length - 1, reply + 1);
	return bench_answer(bench, seconds, reply, length);
}

static void
take_reply(struct bench *bench, const struct driver_next *next, struct instant at)
{
	uint8_t reply[1 + IMAGE_REPLY_CAP] = { BENCH_UNIT };
	size_t length = 1 + image_serve(bench->image, next->request.bytes + 1, next->request.length - 1, reply + 1);
	struct driver_result result;
	struct span cuff = span_of_cuff(&bench->profile);
	uint32_t address = (uint32_t)(next->request.bytes[2] << 8 | next->request.bytes[3]);
	uint32_t count = (uint32_t)(next->request.bytes[4] << 8 | next->request.bytes[5]);

	driver_find("modbus")->accept(bench->instance, at, reply, length, &result);
	bench->valid += result.valid;
	if (!result.has_observation)
		return;
	bench->rebooted |= result.observation.rebooted;
	if (address <= cuff.low && cuff.high <= address + count)
		bench->seen = result.observation;
}

struct cuff
bench_poll(struct bench *bench, double seconds)
{
	struct instant at = bench_at(seconds);
	struct driver_next next;

	bench->rebooted = false;
	bench->requests = bench->valid = 0;
	bench->seen = (struct observation){ .at = INSTANT_UNKNOWN };
	for (driver_find("modbus")->next(bench->instance, at, &next); next.has_request;
	     driver_find("modbus")->next(bench->instance, at, &next)) {
		bench->requests++;
		take_reply(bench, &next, at);
	}
	return bench->seen.cuff;
}

void
bench_miss(struct bench *bench, double seconds)
{
	struct driver_next next;

	driver_find("modbus")->next(bench->instance, bench_at(seconds), &next);
	ck_assert(next.has_request);
	driver_find("modbus")->missed(bench->instance, bench_at(seconds), MISS_TIMEOUT);
}

static struct reading
pressure(int mmhg)
{
	return (struct reading){ .quality = mmhg > 0 ? QUALITY_GOOD : QUALITY_INVALID, .milli = mmhg * 1000 };
}

void
bench_cuff(struct bench *bench, int systolic, int mean, int diastolic)
{
	const struct cuff cuff = {
		.systolic = pressure(systolic), .mean = pressure(mean), .diastolic = pressure(diastolic), .pulse = pressure(70),
	};

	image_put_cuff(bench->image, &cuff);
}

void
bench_register(struct bench *bench, uint16_t address, uint16_t word)
{
	bench->image->holding[address] = word;
}

void
bench_register_32(struct bench *bench, uint16_t address, int64_t value)
{
	const struct field field = field_at(address, TYPE_U32);

	encode_raw(&field, value, &bench->image->holding[address]);
}

void
bench_counted(struct bench *bench, uint16_t counter, int systolic)
{
	bench_cuff(bench, systolic, systolic > 0 ? systolic - 30 : 0, systolic > 0 ? systolic - 45 : 0);
	bench_register(bench, AT_PROOF, counter);
	bench_register(bench, AT_FAILURE, 0);
}

void
bench_measuring(struct bench *bench, bool measuring)
{
	image_put_measuring(bench->image, measuring);
}

int
number_of(const struct reading *reading)
{
	return quality_has_value(reading->quality) ? reading->milli / 1000 : -1;
}
