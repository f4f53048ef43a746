#include "drivers/proof.h"

#include <stdio.h>
#include <string.h>

#include "drivers/proof_kinds.h"

enum { UPTIME_BEHIND_S = 60, WITHHELD_MOST = 3 };

void
proof_init(struct proof *proof, const struct profile *profile, const struct driver_options *options)
{
	const char *key = options->last_cuff_key != NULL ? options->last_cuff_key : "";

	*proof = (struct proof){
		.profile = profile,
		.cadence = options->cadence.ms > 0 ? options->cadence : profile->cadence,
		.clock_off = options->clock_off,
		.last_at = options->last_cuff_at,
		.measured_at = INSTANT_UNKNOWN,
		.implied = INSTANT_UNKNOWN,
		.answered = INSTANT_UNKNOWN,
		.values = { INT32_MIN, INT32_MIN, INT32_MIN },
	};
	snprintf(proof->last_key, sizeof(proof->last_key), "%s", key);
}

void
proof_missed(struct proof *proof)
{
	proof->missed = true;
	proof->uptime_due = proof->profile->has_uptime;
}

bool
proof_is_ready(struct proof *proof)
{
	if (!proof->uptime_due)
		proof->withheld = 0;
	else if (proof->withheld < WITHHELD_MOST)
		proof->withheld++;
	else
		return true;
	return !proof->uptime_due;
}

/* An uptime may run past the end of its register, and stand still for a while in a slow gateway. */
static bool
is_restarted(const struct proof *proof, int64_t uptime_s, struct instant at)
{
	int64_t width = field_modulus(&proof->profile->uptime);
	int64_t expected_s = proof->uptime_s + instant_since(at, proof->uptime_at).ms / 1000;
	int64_t behind_s = ((expected_s - uptime_s) % width + width) % width;
	bool fell = uptime_s < proof->uptime_s && proof->uptime_s - uptime_s < width / 2;

	return fell || (behind_s > UPTIME_BEHIND_S && behind_s < width / 2);
}

bool
proof_take_uptime(struct proof *proof, int64_t uptime_s, struct instant at)
{
	bool restarted = proof->has_uptime && is_restarted(proof, uptime_s, at);

	proof->has_uptime = true;
	proof->uptime_s = uptime_s;
	proof->uptime_at = at;
	proof->uptime_due = false;
	if (restarted)
		proof_forget(proof);
	return restarted;
}

void
proof_take_clock(struct proof *proof, int64_t clock_s, struct instant at)
{
	proof->has_clock = true;
	proof->clock_off_ms = clock_s * 1000 - at.ms;
}

static bool
is_number(const struct words *words, bool has_field, const struct field *field)
{
	return !has_field || decode_is_number(words, field);
}

static bool
are_told(const struct words *words, const struct profile_value *value)
{
	for (size_t i = 0; value->present && i < value->status_count; i++)
		if (!words_tell(words, &value->statuses[i]))
			return false;
	return true;
}

/* What a cuff is judged by is there and means something: no BCD number without its digits, and every coil or discrete input
 * that vouches for it was read in this round. What cannot be read says nothing, least of all that something changed. */
static bool
is_readable(const struct proof *proof, const struct words *words)
{
	const struct profile_cuff *cuff = &proof->profile->cuff;
	bool since_boot = cuff->proof == PROOF_TIME && cuff->time_base == TIME_SINCE_BOOT;

	return is_number(words, proof_has_field(cuff->proof), &cuff->proof_field) &&
	       is_number(words, cuff->has_age, &cuff->age_field) &&
	       is_number(words, cuff->has_failure, &cuff->failure_field) &&
	       is_number(words, since_boot, &proof->profile->uptime) &&
	       (!cuff->has_measuring || words_tell(words, &cuff->measuring)) && are_told(words, &cuff->systolic) &&
	       are_told(words, &cuff->mean) && are_told(words, &cuff->diastolic) && are_told(words, &cuff->pulse);
}

/* An age that stands at the end of its register has stopped counting. */
static void
look_at_age(const struct field *field, const struct words *words, struct found *found)
{
	found->age_s = decode_raw(words, field);
	found->has_age = found->age_s < field_modulus(field) - 1;
}

static void
look_at_proof(const struct proof *proof, const struct words *words, struct found *found)
{
	const struct profile_cuff *cuff = &proof->profile->cuff;

	if (proof_has_field(cuff->proof))
		found->raw = decode_raw(words, &cuff->proof_field);
	if (cuff->has_age)
		look_at_age(&cuff->age_field, words, found);
	if (cuff->proof == PROOF_AGE)
		look_at_age(&cuff->proof_field, words, found);
	if (cuff->proof == PROOF_TIME && cuff->time_base == TIME_SINCE_BOOT) {
		/* A result from before the power-on is dated later than now. */
		found->age_s = decode_raw(words, &proof->profile->uptime) - found->raw;
		found->has_age = found->age_s >= 0;
	}
	found->measuring = cuff->has_measuring && decode_status(words, &cuff->measuring);
	found->failing = cuff->has_failure && decode_raw(words, &cuff->failure_field) != 0;
}

static struct reading
read_value(const struct words *words, const struct profile_value *value)
{
	if (!value->present)
		return (struct reading){ .vital = value->vital, .source = SOURCE_CUFF };
	return decode_value(words, value);
}

static int32_t
value_of(const struct reading *reading)
{
	return quality_has_value(reading->quality) ? reading->milli : INT32_MIN;
}

static void
look(const struct proof *proof, const struct words *words, struct cuff *cuff, struct found *found)
{
	const struct profile_cuff *profile = &proof->profile->cuff;

	cuff->systolic = read_value(words, &profile->systolic);
	cuff->mean = read_value(words, &profile->mean);
	cuff->diastolic = read_value(words, &profile->diastolic);
	cuff->pulse = read_value(words, &profile->pulse);
	found->values[0] = value_of(&cuff->systolic);
	found->values[1] = value_of(&cuff->mean);
	found->values[2] = value_of(&cuff->diastolic);
	for (size_t i = 0; i < 3; i++)
		found->has_result |= found->values[i] != INT32_MIN;
	look_at_proof(proof, words, found);
}

/* There is nothing to judge: never measured, or cleared by the device. A counter and a flag are followed all the same, and
 * so is an attempt that the device says has failed. */
static bool
is_empty(const struct proof *proof, const struct found *found)
{
	const struct profile_cuff *cuff = &proof->profile->cuff;

	if (cuff->proof == PROOF_COUNTER || cuff->proof == PROOF_FLAG)
		return false;
	if (cuff->proof == PROOF_AGE && cuff->has_age_none && found->age_s == cuff->age_none)
		return true;
	if (cuff->proof == PROOF_TIME && found->raw == 0)
		return true;
	return !found->has_result && !found->failing;
}

static const char *
failure_words(const struct profile_cuff *cuff, int64_t code)
{
	for (size_t i = 0; i < cuff->failure_count; i++)
		if (cuff->failures[i].code == code)
			return cuff->failures[i].words;
	return "the device gives no reason that is known";
}

/* A failed attempt: a code that has just come, or a new attempt of which nothing can be used. While a cuff is going on the
 * code is an earlier one's. What is found at connect is nothing new, unless the last counted key shows that it came since. */
static bool
has_failed(struct proof *proof, const struct words *words, const struct found *found, struct cuff *cuff, bool known)
{
	const struct profile_cuff *profile = &proof->profile->cuff;
	int64_t code = found->failing ? decode_raw(words, &profile->failure_field) : 0;
	bool came = code != 0 && proof->seen && code != proof->failure;
	bool is_attempt = cuff->proof == CUFF_NEW && (proof->seen || known);

	if (found->measuring)
		return false;
	proof->failure = code;
	if (!came && !(is_attempt && (code != 0 || !found->has_result)))
		return false;
	snprintf(cuff->failure, sizeof(cuff->failure), "%s",
	    code != 0 ? failure_words(profile, code) : "no pressure came of it");
	return true;
}

/* The pressures that are still shown are those of an earlier one, and so is the key, unless this attempt has its own. */
static void
empty(struct cuff *cuff, struct instant at)
{
	struct reading *const readings[] = { &cuff->systolic, &cuff->mean, &cuff->diastolic, &cuff->pulse };

	for (size_t i = 0; i < sizeof(readings) / sizeof(readings[0]); i++)
		*readings[i] = (struct reading){ .vital = readings[i]->vital, .source = SOURCE_CUFF };
	if (cuff->proof != CUFF_NEW)
		cuff->key[0] = '\0';
	cuff->proof = CUFF_FAILED;
	cuff->measured_at = at;
}

/* What came of a cuff that is going on is not known before it is over: some devices count it when it begins, and show the
 * last one's code and pressures meanwhile. */
static bool
is_under_way(const struct proof *proof, const struct found *found)
{
	return proof->seen && found->measuring && (!found->has_result || found->failing);
}

struct cuff
proof_judge(struct proof *proof, const struct words *words, struct instant at, bool *ret_rebooted)
{
	struct cuff cuff = { .measured_at = INSTANT_UNKNOWN };
	struct found found = { .at = at };
	bool known = proof->last_key[0] != '\0';

	if (!is_readable(proof, words))
		return cuff;
	look(proof, words, &cuff, &found);
	if (is_under_way(proof, &found))
		cuff.proof = proof->unproven ? CUFF_AGE_UNKNOWN : CUFF_REREAD;
	else if (!is_empty(proof, &found))
		cuff.proof = proof_judge_kind(proof, &found);
	cuff.measured_at = proof->measured_at;
	cuff.clock_doubted = found.clock_doubted;
	snprintf(cuff.key, sizeof(cuff.key), "%s", proof->device_key);
	if (has_failed(proof, words, &found, &cuff, known && !found.rebooted))
		empty(&cuff, at);
	else if (!found.has_result)
		cuff.proof = CUFF_NONE;
	*ret_rebooted |= found.rebooted;
	proof->seen = true;
	proof->missed = false;
	proof->answered = at;
	proof->measuring = found.measuring;
	return cuff;
}
