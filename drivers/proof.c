#include "drivers/proof.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A result that appeared while polls were missed is dated to the reply that shows it only if the gap was short:
 * an older one must not pass for a fresh reading (R3). */
enum { SHORT_GAP_MS = 60000, AGE_JITTER_MS = 2000 };

void
proof_init(struct proof *proof, const struct driver_options *options)
{
	*proof = (struct proof){
		.cadence = options->cadence,
		.clock_off = options->clock_off,
		.measured_at = INSTANT_UNKNOWN,
		.answered = INSTANT_UNKNOWN,
	};
	snprintf(proof->last_key, sizeof(proof->last_key), "%s", options->last_cuff_key != NULL ? options->last_cuff_key : "");
}

void
proof_missed(struct proof *proof)
{
	proof->missed = true;
}

/* The device forgot: what it shows now is found anew. */
static void
forget(struct proof *proof)
{
	proof->seen = false;
	proof->last_key[0] = '\0';
	proof->measured_at = INSTANT_UNKNOWN;
	proof->was_measured = false;
}

bool
proof_uptime(struct proof *proof, int64_t uptime_s)
{
	bool rebooted = proof->has_uptime && uptime_s < proof->uptime;

	proof->has_uptime = true;
	proof->uptime = uptime_s;
	if (rebooted)
		forget(proof);
	return rebooted;
}

/* What a reply says about the cuff, decoded. */
struct found {
	struct instant at;
	bool has_result;
	bool has_raw;
	int64_t raw;           /* counter, time or age */
	bool has_age;
	int64_t age_s;
	const int64_t *clock_s;
	int32_t values[3];
	bool measuring;
	const struct profile_cuff *cuff;
	const struct words *words;
};

static int32_t
value_of(const struct reading *reading)
{
	return quality_has_value(reading->quality) ? reading->milli : INT32_MIN;
}

/* The reply before this one is recent enough that what is new was made about now. */
static bool
gap_is_short(const struct proof *proof, struct instant at)
{
	return instant_is_known(proof->answered) && instant_since(at, proof->answered).ms <= SHORT_GAP_MS;
}

static enum cuff_proof
keep(struct proof *proof)
{
	return proof->unproven ? CUFF_AGE_UNKNOWN : CUFF_REREAD;
}

static enum cuff_proof
take(struct proof *proof, struct instant measured_at, const char *key)
{
	proof->unproven = !instant_is_known(measured_at);
	proof->measured_at = measured_at;
	snprintf(proof->device_key, sizeof(proof->device_key), "%s", key);
	if (!proof->unproven)
		snprintf(proof->last_key, sizeof(proof->last_key), "%s", key);
	return proof->unproven ? CUFF_AGE_UNKNOWN : CUFF_NEW;
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

static int64_t
counter_modulus(const struct profile_cuff *cuff)
{
	return field_words(&cuff->proof_field) == 2 ? INT64_C(4294967296) : 65536;
}

/* When a result that the counter proves new was made. */
static struct instant
when_counted(const struct proof *proof, const struct found *found)
{
	if (found->has_age)
		return instant_add(found->at, duration_ms(-found->age_s * 1000));
	return gap_is_short(proof, found->at) ? found->at : INSTANT_UNKNOWN;
}

static bool
fell_after_gap(const struct proof *proof, const struct found *found)
{
	return proof->seen && proof->missed && found->raw < proof->counter;
}

static enum cuff_proof
judge_first_counter(struct proof *proof, const struct found *found, const char *key)
{
	char *end;
	int64_t last = strtoll(proof->last_key, &end, 10);
	bool known = proof->last_key[0] != '\0' && *end == '\0';

	if (known && last == found->raw)
		return take_known(proof);
	/* A counter that went on from the last counted one proves that this is newer, an age register when it was made. */
	if (found->has_age && (!known || (found->raw - last + counter_modulus(found->cuff)) %
						   counter_modulus(found->cuff) < counter_modulus(found->cuff) / 2))
		return take(proof, instant_add(found->at, duration_ms(-found->age_s * 1000)), key);
	return take(proof, INSTANT_UNKNOWN, key);
}

static enum cuff_proof
judge_counter(struct proof *proof, const struct found *found, bool *ret_rebooted)
{
	char key[CUFF_KEY_CAP];
	enum cuff_proof verdict;

	snprintf(key, sizeof(key), "%" PRId64, found->raw);
	if (fell_after_gap(proof, found)) {
		*ret_rebooted = true;
		forget(proof);
	}
	if (!proof->seen)
		verdict = judge_first_counter(proof, found, key);
	else if (found->raw == proof->counter)
		verdict = keep(proof);
	else
		verdict = take(proof, when_counted(proof, found), key);
	proof->counter = found->raw;
	return verdict;
}

/* R4: the device's date on our timeline; first seen when it cannot be believed. */
static struct instant
when_dated(const struct proof *proof, const struct found *found, bool *ret_doubted)
{
	int64_t device_now_ms = found->clock_s != NULL ? *found->clock_s * 1000 : found->at.ms;
	int64_t ago_ms = device_now_ms - found->raw * 1000;
	int64_t off_ms = llabs(device_now_ms - found->at.ms);

	*ret_doubted = ago_ms < -AGE_JITTER_MS || off_ms > proof->clock_off.ms;
	if (*ret_doubted)
		return found->at;
	return instant_add(found->at, duration_ms(ago_ms > 0 ? -ago_ms : 0));
}

static enum cuff_proof
judge_time(struct proof *proof, const struct found *found, bool *ret_doubted)
{
	char key[CUFF_KEY_CAP];
	enum cuff_proof verdict;

	snprintf(key, sizeof(key), "t%" PRId64, found->raw);
	if (proof->seen && found->raw == proof->counter) {
		verdict = keep(proof);
	} else if (!proof->seen && strcmp(key, proof->last_key) == 0) {
		verdict = take_known(proof);
	} else {
		bool doubted;
		struct instant at = when_dated(proof, found, &doubted);

		/* Found at connect with a date that is not believed, nothing says when it was made. */
		if (doubted && !proof->seen)
			at = INSTANT_UNKNOWN;
		*ret_doubted = doubted;
		verdict = take(proof, at, key);
	}
	proof->counter = found->raw;
	return verdict;
}

static struct instant
instant_of_age_key(const char *key)
{
	char *end;
	int64_t seconds;

	if (key[0] != 'a')
		return INSTANT_UNKNOWN;
	seconds = strtoll(key + 1, &end, 10);
	return *end == '\0' ? (struct instant){ seconds * 1000 } : INSTANT_UNKNOWN;
}

/* A measurement's instant is at minus age; that of one measurement jitters by a poll and a second of rounding. */
static enum cuff_proof
judge_age(struct proof *proof, const struct found *found)
{
	struct instant at = instant_add(found->at, duration_ms(-found->raw * 1000));
	struct instant known = proof->seen ? proof->measured_at : instant_of_age_key(proof->last_key);
	int64_t jitter_ms = AGE_JITTER_MS + proof->cadence.ms;
	char key[CUFF_KEY_CAP];

	if (instant_is_known(known) && at.ms <= known.ms + jitter_ms) {
		if (!proof->seen) {
			enum cuff_proof verdict = take_known(proof);

			proof->measured_at = known;
			return verdict;
		}
		return keep(proof);
	}
	snprintf(key, sizeof(key), "a%" PRId64, at.ms / 1000);
	return take(proof, at, key);
}

static enum cuff_proof
judge_flag(struct proof *proof, const struct found *found)
{
	char key[CUFF_KEY_CAP];

	if (found->measuring) {
		proof->was_measured = true;
		return proof->seen ? keep(proof) : take(proof, INSTANT_UNKNOWN, "");
	}
	if (!proof->was_measured)
		return proof->seen ? keep(proof) : take(proof, INSTANT_UNKNOWN, "");
	proof->was_measured = false;
	snprintf(key, sizeof(key), "f%" PRId64, found->at.ms / 1000);
	return take(proof, gap_is_short(proof, found->at) ? found->at : INSTANT_UNKNOWN, key);
}

/* Without any proof only a change of the values shows a new one: two equal cuffs in a row cannot be told apart. */
static enum cuff_proof
judge_change(struct proof *proof, const struct found *found)
{
	char key[CUFF_KEY_CAP];
	bool same = memcmp(proof->values, found->values, sizeof(found->values)) == 0;

	memcpy(proof->values, found->values, sizeof(found->values));
	if (!proof->seen)
		return take(proof, INSTANT_UNKNOWN, "");
	if (same)
		return keep(proof);
	snprintf(key, sizeof(key), "c%" PRId64, found->at.ms);
	return take(proof, gap_is_short(proof, found->at) ? found->at : INSTANT_UNKNOWN, key);
}

static const char *
failure_words(const struct profile_cuff *cuff, int64_t code)
{
	for (size_t i = 0; i < cuff->failure_count; i++)
		if (cuff->failures[i].code == code)
			return cuff->failures[i].words;
	return "the device gives no reason that is known";
}

/* A failed attempt: a code that has just come, or a new measurement of which nothing can be used. */
static bool
has_failed(struct proof *proof, const struct found *found, struct cuff *cuff)
{
	int64_t code, before = proof->failure;

	if (found->cuff->has_failure && words_hold(found->words, &found->cuff->failure_field)) {
		code = decode_raw(found->words, &found->cuff->failure_field);
		proof->failure = code;
		if (code != 0 && (cuff->proof == CUFF_NEW || (proof->seen && code != before))) {
			snprintf(cuff->failure, sizeof(cuff->failure), "%s", failure_words(found->cuff, code));
			return true;
		}
	}
	if (cuff->proof == CUFF_NEW && !found->has_result) {
		snprintf(cuff->failure, sizeof(cuff->failure), "no pressure came of it");
		return true;
	}
	return false;
}

static struct reading
read_value(const struct words *words, const struct profile_value *value)
{
	return value->present && words_hold(words, &value->field) ? decode_value(words, value)
								   : (struct reading){ .vital = value->vital, .source = SOURCE_CUFF };
}

static void
look(const struct profile_cuff *profile, const struct words *words, struct cuff *cuff, struct found *found)
{
	cuff->systolic = read_value(words, &profile->systolic);
	cuff->mean = read_value(words, &profile->mean);
	cuff->diastolic = read_value(words, &profile->diastolic);
	cuff->pulse = read_value(words, &profile->pulse);
	found->values[0] = value_of(&cuff->systolic);
	found->values[1] = value_of(&cuff->mean);
	found->values[2] = value_of(&cuff->diastolic);
	found->has_result = quality_has_value(cuff->systolic.quality) || quality_has_value(cuff->mean.quality) ||
	                    quality_has_value(cuff->diastolic.quality);
	found->has_raw = profile->proof == PROOF_NONE || profile->proof == PROOF_FLAG ||
	                 words_hold(words, &profile->proof_field);
	if (profile->proof != PROOF_NONE && profile->proof != PROOF_FLAG && found->has_raw)
		found->raw = decode_raw(words, &profile->proof_field);
	if (profile->has_age && words_hold(words, &profile->age_field)) {
		found->has_age = true;
		found->age_s = decode_raw(words, &profile->age_field);
	}
	found->measuring = profile->has_measuring && words_hold(words, &profile->measuring.word) &&
	                   decode_status(words, &profile->measuring);
}

/* There is no result: never made, or cleared by the device. Flags and counters are followed all the same. */
static bool
is_empty(const struct found *found)
{
	if (found->cuff->proof == PROOF_AGE && found->cuff->has_age_none && found->raw == found->cuff->age_none)
		return true;
	return !found->has_result && (found->cuff->proof == PROOF_NONE || found->cuff->proof == PROOF_AGE ||
					  found->cuff->proof == PROOF_TIME);
}

struct cuff
proof_judge(struct proof *proof, const struct profile_cuff *profile, const struct words *words, struct instant at,
    const int64_t *clock_s, bool *ret_measuring, bool *ret_rebooted)
{
	struct cuff cuff = { .measured_at = INSTANT_UNKNOWN };
	struct found found = { .at = at, .clock_s = clock_s, .cuff = profile, .words = words };

	look(profile, words, &cuff, &found);
	*ret_measuring = found.measuring;
	if (!found.has_raw)
		return (struct cuff){ .measured_at = INSTANT_UNKNOWN };
	if (is_empty(&found)) {
		cuff.proof = CUFF_NONE;
	} else if (profile->proof == PROOF_COUNTER) {
		cuff.proof = judge_counter(proof, &found, ret_rebooted);
	} else if (profile->proof == PROOF_TIME) {
		cuff.proof = judge_time(proof, &found, &cuff.clock_doubted);
	} else if (profile->proof == PROOF_AGE) {
		cuff.proof = judge_age(proof, &found);
	} else if (profile->proof == PROOF_FLAG) {
		cuff.proof = judge_flag(proof, &found);
	} else {
		cuff.proof = judge_change(proof, &found);
	}
	if (has_failed(proof, &found, &cuff))
		cuff.proof = CUFF_FAILED;
	else if (!found.has_result)
		cuff.proof = CUFF_NONE;
	proof->seen = true;
	proof->missed = false;
	proof->answered = at;
	cuff.measured_at = cuff.proof == CUFF_FAILED ? at : proof->measured_at;
	snprintf(cuff.key, sizeof(cuff.key), "%s", proof->device_key);
	return cuff;
}
