#include "drivers/proof_kinds.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	/* A result that appeared while polls were missed is dated to the reply that shows it only if the gap was short: an
	 * older one must not pass for a fresh reading (R3). */
	SHORT_GAP_MS = 60000,
	/* Seconds are cut, by the device and on the way: one instant is seen as up to so much later. */
	ROUNDING_MS = 2000,
	/* No cuff is done faster: how many a gap has room for. */
	FASTEST_CUFF_MS = 20000,
	COUNTER_DIGITS = 19, /* of what is below 2^62 */
	SECONDS_DIGITS = 12
};

/* The reply before this one is so recent that what is new was made about now. */
static bool
gap_is_short(const struct proof *proof, const struct found *found)
{
	return instant_is_known(proof->answered) && instant_since(found->at, proof->answered).ms <= SHORT_GAP_MS;
}

/* When something that was not there in the last reply was made, if only that is known. */
static struct instant
first_seen(const struct proof *proof, const struct found *found)
{
	return proof->seen && gap_is_short(proof, found) ? found->at : INSTANT_UNKNOWN;
}

static enum cuff_proof
keep(const struct proof *proof)
{
	return proof->unproven ? CUFF_AGE_UNKNOWN : CUFF_REREAD;
}

/* Another result is shown now. */
static enum cuff_proof
take(struct proof *proof, struct instant measured_at, const char *key)
{
	proof->unproven = !instant_is_known(measured_at);
	proof->measured_at = measured_at;
	snprintf(proof->device_key, sizeof(proof->device_key), "%s", key);
	if (proof->unproven)
		return CUFF_AGE_UNKNOWN;
	proof->rebooted = false;
	snprintf(proof->last_key, sizeof(proof->last_key), "%s", key);
	return CUFF_NEW;
}

/* The key is the one already counted before a restart: the same measurement. */
static enum cuff_proof
take_known(struct proof *proof)
{
	proof->unproven = false;
	proof->measured_at = INSTANT_UNKNOWN;
	snprintf(proof->device_key, sizeof(proof->device_key), "%s", proof->last_key);
	return CUFF_REREAD;
}

static struct instant
instant_of_age(const struct found *found)
{
	return instant_add(found->at, duration_ms(-found->age_s * 1000));
}

/* After a reboot an age may count from the power-on, and is believed only of a cuff for which there was time since then. */
static bool
age_is_proof(const struct proof *proof, const struct found *found)
{
	return found->has_age && (!proof->rebooted || (proof->has_uptime && found->age_s + FASTEST_CUFF_MS / 1000 <= proof->uptime_s));
}

static int64_t
modulus(const struct proof *proof)
{
	const struct profile_cuff *cuff = &proof->profile->cuff;

	if (cuff->counter_modulus > 0)
		return cuff->counter_modulus;
	return field_modulus(&cuff->proof_field);
}

/* How many the counter went on, if it went on from `from`. */
static int64_t
counted_since(const struct proof *proof, int64_t from, int64_t raw)
{
	return ((raw - from) % modulus(proof) + modulus(proof)) % modulus(proof);
}

/* A counter that falls after missed polls belongs to a rebooted device (R2), unless it went past its end by no more cuffs
 * than the gap has room for. One that falls between two answered polls wraps somewhere else: no device restarts and measures
 * within a poll, and what it then shows is new. */
static bool
fell_by_reboot(const struct proof *proof, const struct found *found)
{
	int64_t room = 1 + instant_since(found->at, proof->answered).ms / FASTEST_CUFF_MS;

	if (found->raw >= proof->raw || counted_since(proof, proof->raw, found->raw) <= room)
		return false;
	return proof->missed || !found->has_result;
}

/* An age that puts the result before the last reply, which did not show it yet, is not believed. */
static struct instant
when_counted(const struct proof *proof, const struct found *found)
{
	struct instant at = instant_of_age(found);

	if (found->has_age && at.ms >= proof->answered.ms - SHORT_GAP_MS)
		return instant_earlier(at, found->at);
	return first_seen(proof, found);
}

/* A key is kept by others and may be anything; ours are of digits. */
static bool
number_of_key(const char *digits, size_t most, int64_t *ret_number)
{
	size_t length = strspn(digits, "0123456789");

	if (length < 1 || length > most || digits[length] != '\0')
		return false;
	*ret_number = strtoll(digits, NULL, 10);
	return true;
}

/* The device stands at the counter that was counted before the start. Was it switched off meanwhile, and has it counted as
 * far again? Its uptime or the result's age tell; where it gives both, both must, since an uptime runs past its end. */
static bool
counted_as_far_again(const struct proof *proof, const struct found *found)
{
	if (!instant_is_known(proof->last_at))
		return false;
	if (proof->has_uptime && proof->uptime_s * 1000 >= instant_since(found->at, proof->last_at).ms)
		return false;
	return found->has_age ? instant_since(instant_of_age(found), proof->last_at).ms > SHORT_GAP_MS : proof->has_uptime;
}

/* A counter that went on from the last counted one proves that this is newer, an age when it was made. One that fell, or came
 * as far again, is a rebooted device's (R2). */
static enum cuff_proof
judge_first_counter(struct proof *proof, const struct found *found, const char *key)
{
	int64_t last = 0;
	bool known = number_of_key(proof->last_key, COUNTER_DIGITS, &last);
	bool same = known && last == found->raw;

	if (same && !counted_as_far_again(proof, found))
		return take_known(proof);
	if (same || (known && counted_since(proof, last, found->raw) >= modulus(proof) / 2))
		proof->rebooted = true;
	return take(proof, age_is_proof(proof, found) ? instant_of_age(found) : INSTANT_UNKNOWN, key);
}

static enum cuff_proof
judge_counter(struct proof *proof, struct found *found)
{
	char key[CUFF_KEY_CAP];
	enum cuff_proof verdict;

	if (proof->seen && fell_by_reboot(proof, found)) {
		found->rebooted = true;
		proof_forget(proof);
	}
	snprintf(key, sizeof(key), "%" PRId64, found->raw);
	if (!proof->seen)
		verdict = judge_first_counter(proof, found, key);
	else if (found->raw == proof->raw)
		verdict = keep(proof);
	else
		verdict = take(proof, when_counted(proof, found), key);
	proof->raw = found->raw;
	return verdict;
}

/* R4: the device's clock serves for differences only, so that a date means something only beside the clock itself. */
static struct instant
when_dated(struct proof *proof, struct found *found)
{
	int64_t ago_ms = found->at.ms + proof->clock_off_ms - found->raw * 1000;
	bool went_back = proof->seen && found->raw < proof->raw;

	if (!proof->has_clock) {
		/* Between two polls it was made now, and its date tells how far the clock is off. */
		struct instant at = first_seen(proof, found);

		proof->clock_off_ms = instant_is_known(at) && llabs(found->raw * 1000 - at.ms) > proof->clock_off.ms
		                          ? found->raw * 1000 - at.ms
		                          : 0;
		found->clock_doubted = proof->clock_off_ms != 0 || went_back;
		return at;
	}
	found->clock_doubted = ago_ms < -ROUNDING_MS || llabs(proof->clock_off_ms) > proof->clock_off.ms || went_back;
	if (found->clock_doubted)
		return first_seen(proof, found);
	return instant_add(found->at, duration_ms(ago_ms > 0 ? -ago_ms : 0));
}

static enum cuff_proof
judge_date(struct proof *proof, struct found *found)
{
	char key[CUFF_KEY_CAP];
	enum cuff_proof verdict;

	snprintf(key, sizeof(key), "t%" PRId64, found->raw);
	if (proof->seen && found->raw == proof->raw)
		verdict = keep(proof);
	else if (!proof->seen && strcmp(key, proof->last_key) == 0)
		verdict = take_known(proof);
	else
		verdict = take(proof, when_dated(proof, found), key);
	proof->raw = found->raw;
	return verdict;
}

static struct instant
instant_of_age_key(const char *key)
{
	int64_t seconds;

	if (key[0] != 'a' || !number_of_key(key + 1, SECONDS_DIGITS, &seconds))
		return INSTANT_UNKNOWN;
	return (struct instant){ seconds * 1000 };
}

/* What the age puts at (about) the same instant is the same measurement: the key is that instant when first seen, and later
 * ones are compared with a tolerance, so that the jitter of polling makes no new key. What is put earlier is not new. */
static enum cuff_proof
judge_age(struct proof *proof, struct found *found)
{
	struct instant at = instant_of_age(found);
	struct instant known = proof->seen ? proof->implied : instant_of_age_key(proof->last_key);
	int64_t jitter_ms = ROUNDING_MS + proof->cadence.ms;
	char key[CUFF_KEY_CAP];

	if (!found->has_age || !age_is_proof(proof, found))
		return proof->seen ? keep(proof) : take(proof, INSTANT_UNKNOWN, "");
	if (!instant_is_known(known) || at.ms > known.ms + jitter_ms) {
		snprintf(key, sizeof(key), "a%" PRId64, at.ms / 1000);
		proof->implied = at;
		return take(proof, at, key);
	}
	/* The device's seconds are not quite ours: the instant drifts by little in every poll, and is followed. */
	proof->implied = at.ms >= known.ms - jitter_ms ? at : known;
	return proof->seen ? keep(proof) : take_known(proof);
}

static enum cuff_proof
judge_time(struct proof *proof, struct found *found)
{
	return proof->profile->cuff.time_base == TIME_UNIX ? judge_date(proof, found) : judge_age(proof, found);
}

/* A number that was there is another one, or there was none at all. What is missing for a while says nothing. */
static bool
values_changed(const struct proof *proof, const struct found *found)
{
	bool changed = false, had_any = false;

	for (size_t i = 0; i < 3; i++) {
		had_any |= proof->values[i] != INT32_MIN;
		changed |= proof->values[i] != INT32_MIN && found->values[i] != INT32_MIN && proof->values[i] != found->values[i];
	}
	return changed || (!had_any && found->has_result);
}

static void
remember_values(struct proof *proof, const struct found *found)
{
	for (size_t i = 0; i < 3; i++)
		if (found->values[i] != INT32_MIN)
			proof->values[i] = found->values[i];
}

static enum cuff_proof
judge_flag(struct proof *proof, struct found *found)
{
	bool was_measuring = proof->measuring, changed = values_changed(proof, found);
	char key[CUFF_KEY_CAP];

	if (found->measuring)
		return proof->seen ? keep(proof) : take(proof, INSTANT_UNKNOWN, "");
	remember_values(proof, found);
	if (was_measuring) {
		snprintf(key, sizeof(key), "f%" PRId64, found->at.ms / 1000);
		return take(proof, gap_is_short(proof, found) ? found->at : INSTANT_UNKNOWN, key);
	}
	/* Other numbers without a flag: a cuff that nobody saw, during missed polls. */
	return proof->seen && !changed ? keep(proof) : take(proof, INSTANT_UNKNOWN, "");
}

/* Without any proof only other numbers show a new one: two equal cuffs in a row cannot be told apart. */
static enum cuff_proof
judge_change(struct proof *proof, struct found *found)
{
	bool changed = values_changed(proof, found);
	char key[CUFF_KEY_CAP];

	remember_values(proof, found);
	if (!proof->seen)
		return take(proof, INSTANT_UNKNOWN, "");
	if (!changed)
		return keep(proof);
	snprintf(key, sizeof(key), "c%" PRId64, found->at.ms / 1000);
	return take(proof, first_seen(proof, found), key);
}

enum cuff_proof
proof_judge_kind(struct proof *proof, struct found *found)
{
	static enum cuff_proof (*const judges[PROOF_COUNT])(struct proof *proof, struct found *found) = {
		[PROOF_NONE] = judge_change, [PROOF_COUNTER] = judge_counter, [PROOF_TIME] = judge_time,
		[PROOF_AGE] = judge_age,     [PROOF_FLAG] = judge_flag,
	};

	return judges[proof->profile->cuff.proof](proof, found);
}

/* A date or an instant is one for ever; a counter begins anew. */
void
proof_forget(struct proof *proof)
{
	proof->seen = false;
	proof->rebooted = true;
	proof->measuring = false;
	if (proof->profile->cuff.proof == PROOF_COUNTER)
		proof->last_key[0] = '\0';
	for (size_t i = 0; i < 3; i++)
		proof->values[i] = INT32_MIN;
}
