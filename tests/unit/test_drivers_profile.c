/* Every fault of a map is told with its path, and a good one says nothing; the reads that cover a map are as few as they
 * can be. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "drivers/plan.h"
#include "drivers/simulated/random.h"
#include "drivers_fixture.h"
#include "suite_run.h"

/* What was told, one problem a line. */
struct told {
	char text[4000];
	size_t count;
};

static void
hear(void *ctx, const char *path, const char *sentence)
{
	struct told *told = ctx;
	size_t used = strlen(told->text);

	snprintf(told->text + used, sizeof(told->text) - used, "%s: %s\n", path, sentence);
	told->count++;
}

/* Each breaks a good map in one place. */
#define BREAK(name, ...)                                                                                               \
	static void name(struct profile *p)                                                                            \
	{                                                                                                              \
		__VA_ARGS__;                                                                                            \
	}

BREAK(no_name, p->name[0] = '\0')
BREAK(fast, p->cadence.ms = 99)
BREAK(slow, p->cadence.ms = 60001)
BREAK(no_registers, p->max_registers = 0; p->cuff.present = false; p->values[0].status_count = p->values[1].status_count = 0)
BREAK(many_registers, p->max_registers = 126)
BREAK(nothing, p->value_count = 0; p->cuff.present = false)
BREAK(function, p->values[1].field.function = 1; p->values[1].status_count = 0)
BREAK(past_the_end, p->values[1].status_count = 0; p->values[1].field.address = 65535; p->values[1].field.type = TYPE_U32)
BREAK(bit_of_a_vital, p->values[1].field.type = TYPE_BIT)
BREAK(bit_16, p->values[1].field.type = TYPE_BIT; p->values[1].field.bit = 16)
BREAK(scale_0, p->values[0].scale_micro = 0)
BREAK(scale_huge, p->values[0].scale_micro = PROFILE_SCALE_MOST + INT64_C(1))
BREAK(scale_tiny, p->values[0].scale_micro = -PROFILE_SCALE_MOST - INT64_C(1))
BREAK(range, p->values[0].range_low = p->values[0].range_high = (struct limit_pair){ true, 20000 })
BREAK(code_wide, p->values[0].error_codes[0] = 65536)
BREAK(code_low, p->values[0].error_codes[0] = -32769)
BREAK(status_type, p->values[0].statuses[0].word.type = TYPE_U32)
BREAK(mask, p->values[0].statuses[0].mask = p->values[0].statuses[0].expect = 0)
BREAK(expect, p->values[0].statuses[0].expect = 3)
BREAK(status_function, p->values[0].statuses[0].word.function = 4)
BREAK(status_far, p->values[0].statuses[0].word.address = 125)
BREAK(cuff_in_streams, p->values[0].vital = VITAL_SYSTOLIC)
BREAK(source, p->values[0].source = SOURCE_MANUAL)
BREAK(twice, p->values[1].vital = VITAL_RATE)
BREAK(no_systolic, p->cuff.systolic.present = false)
BREAK(pressure_scale, p->cuff.mean.scale_micro = 0)
BREAK(proof_type, p->cuff.proof_field.type = TYPE_F32)
BREAK(time_type, p->cuff.proof = PROOF_TIME)
BREAK(no_flag, p->cuff.proof = PROOF_FLAG; p->cuff.has_measuring = false)
BREAK(modulus_of_age, p->cuff.proof = PROOF_AGE; p->cuff.counter_modulus = 100)
BREAK(modulus_small, p->cuff.counter_modulus = 1)
BREAK(modulus_large, p->cuff.counter_modulus = 65537)
BREAK(age_none, p->cuff.proof = PROOF_AGE; p->cuff.has_age_none = true; p->cuff.age_none = 65536)
BREAK(since_boot, p->cuff.proof = PROOF_TIME; p->cuff.proof_field.type = TYPE_U32; p->cuff.time_base = TIME_SINCE_BOOT)
BREAK(age_of_age, p->cuff.proof = PROOF_AGE; p->cuff.has_age = true)
BREAK(age_type, p->cuff.has_age = true; p->cuff.age_field.type = TYPE_S16)
BREAK(flag_mask, p->cuff.measuring.mask = p->cuff.measuring.expect = 0)
BREAK(flag_function, p->cuff.measuring.word.function = 4)
BREAK(failure_type, p->cuff.failure_field.type = TYPE_F32)
BREAK(failure_zero, p->cuff.failures[1].code = 0)
BREAK(failure_twice, p->cuff.failures[1].code = 1)
BREAK(mean_function, p->cuff.mean.field.function = 4)
BREAK(proof_function, p->cuff.proof_field.function = 4)
BREAK(age_function, p->cuff.has_age = true; p->cuff.age_field.function = 4)
BREAK(failure_function, p->cuff.failure_field.function = 4)
BREAK(cuff_far, p->cuff.failure_field.address = 130)
BREAK(overlap, p->values[1].field = p->values[0].field)
BREAK(overlap_of_wide, p->cuff.systolic.field.type = TYPE_U32; p->cuff.systolic.error_code_count = 0)
BREAK(clock_type, p->has_clock = true; p->clock.type = TYPE_U16)
BREAK(clock_function, p->has_clock = true; p->clock.function = 5)
BREAK(uptime_type, p->has_uptime = true; p->uptime.type = TYPE_F32)

static const struct {
	void (*apply)(struct profile *profile);
	const char *told;
} faults[] = {
	{ no_name, "name: a profile needs a name\n" },
	{ fast, "cadence_ms: must lie between 100 and 60000\n" },
	{ slow, "cadence_ms: must lie between 100 and 60000\n" },
	{ no_registers, "max_registers: must lie between 1 and 125\n" },
	{ many_registers, "max_registers: must lie between 1 and 125\n" },
	{ nothing, "values: a profile without values reads nothing\n" },
	{ function, "values[1].function: must be 3 (holding registers) or 4 (input registers)\n" },
	{ past_the_end, "values[1].address: the value reaches past register 65535\n" },
	{ bit_of_a_vital, "values[1].type: a vital sign is a number, not a bit\n" },
	{ bit_16, "values[1].bit: a register has bits 0 to 15\nvalues[1].type: a vital sign is a number, not a bit\n" },
	{ scale_0, "values[0].scale: must not be 0\n" },
	{ scale_huge, "values[0].scale: must lie between -2000 and 2000\n" },
	{ scale_tiny, "values[0].scale: must lie between -2000 and 2000\n" },
	{ range, "values[0].range: its low end must lie below its high end\n" },
	{ code_wide, "values[0].no_value[0]: does not fit into u16, so it never comes\n" },
	{ code_low, "values[0].no_value[0]: does not fit into u16, so it never comes\n" },
	{ status_type, "values[0].status[0].type: a status is a word of 16 bits\n" },
	{ mask, "values[0].status[0].mask: an empty mask says nothing\n" },
	{ expect, "values[0].status[0].expect: has bits outside the mask, so it can never be met\n" },
	{ status_function, "values[0].status[0].function: must be the value's own, so that one reply holds both\n" },
	{ status_far, "values[0].status: the value and what vouches for it span 126 registers, and must come in one read of at most 125 (max_registers)\n" },
	{ cuff_in_streams, "values[0].vital: a cuff's value belongs into the section cuff\n" },
	{ source, "values[0].source: a stream does not come from 'manual'\n" },
	{ twice, "values[1].vital: this vital sign of this source is mapped twice\n" },
	{ no_systolic, "cuff.systolic: a cuff needs its systolic pressure\n" },
	{ pressure_scale, "cuff.mean.scale: must not be 0\n" },
	{ proof_type, "cuff.proof.type: must be u16, u32, u64, bcd16 or bcd32\n" },
	{ time_type, "cuff.proof.type: a time in seconds needs u32\n" },
	{ no_flag, "cuff.measuring: the proof 'flag' needs the flag that says a cuff is going on\n" },
	{ modulus_of_age, "cuff.counter_modulus: is of use with the proof 'counter' only\n" },
	{ modulus_small, "cuff.counter_modulus: must be at least 2 and fit the counter's type\n" },
	{ modulus_large, "cuff.counter_modulus: must be at least 2 and fit the counter's type\n" },
	{ age_none, "cuff.age_none: does not fit the age's type, so it never comes\n" },
	{ since_boot, "cuff.proof: a time since power-on needs the uptime, read by the same function\n" },
	{ age_of_age, "cuff.age: is of use with the proof 'counter'; alone it is the proof 'age'\n" },
	{ age_type, "cuff.age.type: must be u16, u32, bcd16 or bcd32\n" },
	{ flag_mask, "cuff.measuring.mask: an empty mask says nothing\n" },
	{ flag_function, "cuff.measuring.function: must be the value's own, so that one reply holds both\n" },
	{ failure_type, "cuff.failure.type: a code is a whole number\n" },
	{ failure_zero, "cuff.failures[1].code: 0 means that the cuff gave a pressure\n" },
	{ failure_twice, "cuff.failures[1].code: has its words already\n" },
	{ mean_function, "cuff.function: all values of a cuff must be read by one function\n" },
	{ proof_function, "cuff.proof.function: must be the pressures' own, so that one reply holds both\n" },
	{ age_function, "cuff.age.function: must be the pressures' own, so that one reply holds both\n" },
	{ failure_function, "cuff.failure.function: must be the pressures' own, so that one reply holds both\n" },
	{ cuff_far, "cuff: systolic, mean, diastolic and what proves them new must fit into one read (max_registers), so that they come from one measurement\n" },
	{ overlap, "values[1].address: stands in the registers of values[0]\n" },
	{ overlap_of_wide, "cuff.mean.address: stands in the registers of cuff.systolic\n" },
	{ clock_type, "clock.type: a time in seconds needs u32\n" },
	{ clock_function, "clock.function: must be 3 (holding registers) or 4 (input registers)\n" },
	{ uptime_type, "uptime.type: must be u16, u32, bcd16 or bcd32\n" },
};

START_TEST(every_fault_is_told)
{
	struct profile profile = made_profile(PROOF_COUNTER);
	struct told told = { .text = "" };

	faults[_i].apply(&profile);
	ck_assert_uint_eq(profile_check(&profile, hear, &told), told.count);
	ck_assert_str_eq(told.text, faults[_i].told);
}
END_TEST

START_TEST(a_good_map_says_nothing)
{
	struct profile profile = made_profile((enum proof_kind)_i);
	struct told told = { .text = "" };

	profile.has_clock = profile.has_uptime = true;
	profile.cuff.has_age = _i == PROOF_COUNTER;
	profile_check(&profile, hear, &told);
	ck_assert_str_eq(told.text, "");
}
END_TEST

START_TEST(all_faults_are_told_in_one_run)
{
	struct profile profile = made_profile(PROOF_COUNTER);
	struct told told = { .text = "" };

	no_name(&profile);
	scale_0(&profile);
	failure_zero(&profile);
	clock_type(&profile);
	ck_assert_uint_eq(profile_check(&profile, hear, &told), 4);
}
END_TEST

START_TEST(nonsense_is_legal_input)
{
	struct profile profile;
	uint64_t state = 11;

	for (int i = 0; i < 20000; i++) {
		struct told told = { .text = "" };

		profile = made_profile((enum proof_kind)(random_bits(&state) % PROOF_COUNT));
		/* Numbers only: enums and counts are the reader's to keep within bounds. */
		profile.max_registers = (uint16_t)random_bits(&state);
		profile.max_gap = (uint16_t)random_bits(&state);
		profile.values[0].field.address = (uint16_t)random_bits(&state);
		profile.values[0].scale_micro = (int64_t)random_bits(&state);
		profile.values[0].error_codes[0] = (int64_t)random_bits(&state);
		profile.values[1].statuses[0].word.address = (uint16_t)random_bits(&state);
		profile.cuff.failure_field.address = (uint16_t)random_bits(&state);
		profile.cuff.proof_field.function = (uint8_t)random_bits(&state);
		profile_check(&profile, hear, &told);
	}
}
END_TEST

START_TEST(what_a_profile_gives)
{
	struct profile profile = made_profile(PROOF_COUNTER);
	bool gives[VITAL_COUNT][SOURCE_COUNT];

	profile.cuff.mean.present = false;
	profile_gives(&profile, gives);
	ck_assert(gives[VITAL_RATE][SOURCE_PLETH] && gives[VITAL_SYSTOLIC][SOURCE_CUFF] && gives[VITAL_CUFF_PULSE][SOURCE_CUFF]);
	ck_assert(!gives[VITAL_MEAN][SOURCE_CUFF] && !gives[VITAL_RATE][SOURCE_ECG]);
}
END_TEST

START_TEST(neighbours_are_read_together)
{
	struct profile profile = made_profile(PROOF_COUNTER);
	struct plan plan;

	profile.has_uptime = profile.has_clock = true;
	profile.max_gap = 8;
	plan_make(&profile, &plan);
	ck_assert_uint_eq(plan.count, 2); /* 0-10, and the clocks from 20 on, a gap of 9 away */
	ck_assert_uint_eq(plan.reads[0].address, AT_UPTIME);
	ck_assert_uint_eq(plan.reads[0].count, 4);
	ck_assert_uint_eq(plan.reads[1].address, AT_RATE);
	ck_assert_uint_eq(plan.reads[1].count, AT_FAILURE + 1);
	profile.max_gap = 9;
	plan_make(&profile, &plan);
	ck_assert_uint_eq(plan.count, 1);
	ck_assert_uint_eq(plan.reads[0].count, MADE_END);
	profile.max_registers = MADE_END - 1;
	plan_make(&profile, &plan);
	ck_assert_uint_eq(plan.count, 2);
}
END_TEST

START_TEST(what_is_alone_is_read_alone)
{
	struct profile profile = made_profile(PROOF_COUNTER);
	struct plan plan;

	profile.values[0].alone = true;
	plan_make(&profile, &plan);
	ck_assert_uint_eq(plan.count, 2);
	ck_assert_uint_eq(plan.reads[0].address, AT_RATE);
	ck_assert_uint_eq(plan.reads[0].count, AT_STATUS + 1);
	ck_assert_uint_eq(plan.reads[1].address, AT_SPO2);
	profile.cuff.alone = true;
	plan_make(&profile, &plan);
	ck_assert_uint_eq(plan.count, 3);
}
END_TEST

/* Whatever proves a cuff is in its read. */
START_TEST(what_belongs_to_a_cuff)
{
	static const uint32_t ends[PROOF_COUNT] = {
		[PROOF_NONE] = AT_PULSE + 1, [PROOF_COUNTER] = 31, [PROOF_TIME] = 32, [PROOF_AGE] = 31, [PROOF_FLAG] = AT_PULSE + 1,
	};
	struct profile profile = made_profile((enum proof_kind)_i);

	profile.cuff.proof_field.address = 30;
	profile.cuff.has_failure = false;
	profile.has_uptime = true;
	profile.uptime.address = 40;
	ck_assert_uint_eq(span_of_cuff(&profile).low, AT_STATUS);
	ck_assert_uint_eq(span_of_cuff(&profile).high, ends[_i]);
	profile.cuff.time_base = TIME_SINCE_BOOT;
	ck_assert_uint_eq(span_of_cuff(&profile).high, _i == PROOF_TIME ? 42 : ends[_i]);
	profile.cuff.has_age = true;
	profile.cuff.age_field.address = 50;
	ck_assert_uint_eq(span_of_cuff(&profile).high, 51);
}
END_TEST

START_TEST(clocks_are_read_first)
{
	struct profile profile = made_profile(PROOF_COUNTER);
	struct plan plan;

	profile.has_clock = _i == 0;
	profile.has_uptime = _i == 1;
	plan_make(&profile, &plan);
	ck_assert_uint_eq(plan.count, 2);
	ck_assert_uint_eq(plan.reads[0].address, _i == 0 ? AT_CLOCK : AT_UPTIME);
	ck_assert_uint_eq(plan.reads[0].count, 2);
}
END_TEST

START_TEST(a_cuff_is_never_split)
{
	struct profile profile = made_profile(PROOF_COUNTER);
	struct plan plan;

	profile.max_gap = 0;
	profile.max_registers = AT_FAILURE + 1 - AT_STATUS;
	plan_make(&profile, &plan);
	ck_assert_uint_eq(plan.count, 2);
	ck_assert_uint_eq(plan.reads[1].address, AT_STATUS);
	ck_assert_uint_eq(plan.reads[1].count, profile.max_registers);
}
END_TEST

/* The spans of a map, as a partition into reads sees them. */
struct map {
	struct span spans[PLAN_READS];
	bool alone[PLAN_READS];
	size_t count;
};

static struct map
map_of(const struct profile *profile)
{
	struct map map = { .count = 0 };

	for (size_t i = 0; i < profile->value_count; i++) {
		map.alone[map.count] = profile->values[i].alone;
		map.spans[map.count++] = span_of_value(&profile->values[i]);
	}
	if (profile->cuff.present) {
		map.alone[map.count] = profile->cuff.alone;
		map.spans[map.count++] = span_of_cuff(profile);
	}
	return map;
}

/* It belongs to a value that is read alone, and no other read touches it. */
static bool
is_lone(const struct profile *profile, uint8_t function, uint32_t address)
{
	for (size_t i = 0; i < profile->value_count; i++) {
		const struct profile_value *value = &profile->values[i];

		if (value->alone && value->field.function == function && address >= value->field.address &&
		    address < (uint32_t)value->field.address + field_words(&value->field))
			return true;
	}
	return false;
}

/* No read can hold a value whose own span has another's lone register in it: profile_check refuses such a map. */
static bool
is_possible(const struct map *map, const struct profile *profile)
{
	for (size_t i = 0; i < map->count; i++)
		for (uint32_t address = map->spans[i].low; !map->alone[i] && address < map->spans[i].high; address++)
			if (is_lone(profile, map->spans[i].function, address))
				return false;
	return true;
}

/* One read may hold these spans: registers between them count as a gap only where none of them lies. */
static bool
is_read(const struct map *map, const size_t *group_of, size_t group, const struct profile *profile)
{
	uint32_t low = 65536, high = 0, free = 0;
	uint8_t function = 0;
	size_t members = 0;
	bool has_alone = false;

	for (size_t i = 0; i < map->count; i++) {
		if (group_of[i] != group)
			continue;
		if (members++ > 0 && map->spans[i].function != function)
			return false;
		function = map->spans[i].function;
		has_alone |= map->alone[i];
		low = map->spans[i].low < low ? map->spans[i].low : low;
		high = map->spans[i].high > high ? map->spans[i].high : high;
	}
	for (uint32_t address = low; address < high; address++) {
		bool used = false;

		for (size_t i = 0; i < map->count; i++)
			used |= group_of[i] == group && address >= map->spans[i].low && address < map->spans[i].high;
		free = used ? 0 : free + 1;
		if (free > profile->max_gap || (members > 1 && is_lone(profile, function, address)))
			return false;
	}
	return members == 0 || ((!has_alone || members == 1) && high - low <= profile->max_registers);
}

/* The least number of reads, by trying every partition. */
static size_t
least_reads(const struct map *map, size_t *group_of, size_t placed, size_t groups, const struct profile *profile)
{
	size_t least = SIZE_MAX;

	if (placed == map->count) {
		for (size_t group = 0; group < groups; group++)
			if (!is_read(map, group_of, group, profile))
				return SIZE_MAX;
		return groups;
	}
	for (size_t group = 0; group <= groups; group++) {
		size_t found;

		group_of[placed] = group;
		found = least_reads(map, group_of, placed + 1, group == groups ? groups + 1 : groups, profile);
		least = found < least ? found : least;
	}
	return least;
}

static uint16_t
pick(uint64_t *state, int low, int high)
{
	return (uint16_t)(low + (int)(random_bits(state) % (uint64_t)(high - low + 1)));
}

static struct profile
random_map(uint64_t *state)
{
	struct profile profile = made_profile(PROOF_NONE);

	profile.max_registers = pick(state, 8, 30);
	profile.max_gap = pick(state, 0, 6);
	profile.value_count = pick(state, 1, 6);
	profile.cuff.present = pick(state, 0, 1);
	profile.cuff.has_failure = profile.cuff.has_measuring = false;
	for (size_t i = 0; i < profile.value_count; i++) {
		struct profile_value *value = &profile.values[i];

		*value = profile.values[0];
		value->alone = pick(state, 0, 7) == 0;
		value->field.function = (uint8_t)pick(state, 3, 4);
		value->field.address = pick(state, 10, 50);
		value->field.type = pick(state, 0, 1) ? TYPE_U32 : TYPE_U16;
		value->status_count = pick(state, 0, 1);
		value->statuses[0].word.function = value->field.function;
		value->statuses[0].word.address = (uint16_t)(value->field.address + pick(state, 0, 10) - 5);
	}
	return profile;
}

START_TEST(no_partition_has_fewer_reads)
{
	uint64_t state = 3;
	int possible = 0;

	while (possible < 1500) {
		struct profile profile = random_map(&state);
		struct map map = map_of(&profile);
		size_t group_of[PLAN_READS];
		struct plan plan, again;

		if (!is_possible(&map, &profile))
			continue;
		possible++;

		plan_make(&profile, &plan);
		plan_make(&profile, &again);
		ck_assert_mem_eq(&plan.reads, &again.reads, plan.count * sizeof(plan.reads[0]));
		ck_assert_uint_eq(plan.count, least_reads(&map, group_of, 0, 0, &profile));
		for (size_t span = 0; span < map.count; span++) {
			size_t held = 0;

			for (size_t j = 0; j < plan.count; j++) {
				const struct plan_read *read = &plan.reads[j];

				ck_assert_uint_le(read->count, profile.max_registers);
				held += read->function == map.spans[span].function && read->address <= map.spans[span].low &&
				        map.spans[span].high <= (uint32_t)read->address + read->count;
			}
			ck_assert_uint_ge(held, 1);
		}
	}
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("drivers: profile and plan");
	TCase *tcase = tcase_create("profile");

	suite_add_tcase(suite, tcase);
	tcase_set_timeout(tcase, 120);
	tcase_add_loop_test(tcase, every_fault_is_told, 0, sizeof(faults) / sizeof(faults[0]));
	tcase_add_loop_test(tcase, a_good_map_says_nothing, 0, PROOF_COUNT);
	tcase_add_test(tcase, all_faults_are_told_in_one_run);
	tcase_add_test(tcase, nonsense_is_legal_input);
	tcase_add_test(tcase, what_a_profile_gives);
	tcase_add_test(tcase, neighbours_are_read_together);
	tcase_add_test(tcase, what_is_alone_is_read_alone);
	tcase_add_loop_test(tcase, what_belongs_to_a_cuff, 0, PROOF_COUNT);
	tcase_add_loop_test(tcase, clocks_are_read_first, 0, 2);
	tcase_add_test(tcase, a_cuff_is_never_split);
	tcase_add_test(tcase, no_partition_has_fewer_reads);
	return suite_run(suite);
}
