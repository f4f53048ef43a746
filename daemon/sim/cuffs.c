#include "daemon/sim/cuffs.h"

static const struct profile_cuff *
profile_of(const struct sim_cuffs *cuffs)
{
	return &cuffs->image->profile->cuff;
}

static int64_t
counter_modulus(const struct sim_cuffs *cuffs)
{
	const struct profile_cuff *cuff = profile_of(cuffs);

	return cuff->counter_modulus > 0 ? cuff->counter_modulus : field_modulus(&cuff->proof_field);
}

static bool
is_dated(const struct sim_cuffs *cuffs)
{
	return profile_of(cuffs)->proof == PROOF_TIME;
}

void
sim_cuffs_init(struct sim_cuffs *cuffs, struct register_image *image, struct sim_truth *truth, struct duration interval,
    int64_t counter, struct instant now)
{
	*cuffs = (struct sim_cuffs){
		.image = image,
		.truth = truth,
		.interval = interval,
		.next = interval.ms > 0 ? instant_add(now, duration_s(CUFF_FIRST_S)) : INSTANT_NEVER,
		.ends = INSTANT_NEVER,
		.measured_at = INSTANT_UNKNOWN,
		.power_on = now,
	};
	cuffs->counter = counter % counter_modulus(cuffs);
	if (!is_dated(cuffs))
		image_put_counter(image, cuffs->counter);
}

void
sim_cuffs_set_interval(struct sim_cuffs *cuffs, struct duration interval, struct instant now)
{
	cuffs->interval = interval;
	cuffs->next = interval.ms > 0 ? instant_add(now, duration_s(1)) : INSTANT_NEVER;
}

void
sim_cuffs_begin(struct sim_cuffs *cuffs, struct instant at, struct duration takes)
{
	cuffs->ends = instant_add(at, takes);
	if (cuffs->interval.ms > 0)
		cuffs->next = instant_add(at, cuffs->interval);
}

static struct reading
reading_of(enum vital vital, int32_t milli)
{
	return (struct reading){
		.vital = vital,
		.source = SOURCE_CUFF,
		.quality = milli != CUFF_NOTHING ? QUALITY_GOOD : QUALITY_INVALID,
		.doubt = milli != CUFF_NOTHING ? DOUBT_NONE : DOUBT_ERROR_CODE,
		.milli = milli != CUFF_NOTHING ? milli : 0,
	};
}

static void
put_numbers(struct sim_cuffs *cuffs, const struct cuff_numbers *numbers, struct cuff *ret_cuff)
{
	*ret_cuff = (struct cuff){
		.systolic = reading_of(VITAL_SYSTOLIC, numbers->systolic),
		.mean = reading_of(VITAL_MEAN, numbers->mean),
		.diastolic = reading_of(VITAL_DIASTOLIC, numbers->diastolic),
		.pulse = reading_of(VITAL_CUFF_PULSE, numbers->pulse),
	};
	image_put_cuff(cuffs->image, ret_cuff);
}

/* The next attempt's number, which is also what a profile with a counter shows. */
static void
count(struct sim_cuffs *cuffs)
{
	cuffs->counter = cuffs->wraps ? counter_modulus(cuffs) - 1 : (cuffs->counter + 1) % counter_modulus(cuffs);
	cuffs->wraps = false;
}

static int64_t
put_proof(struct sim_cuffs *cuffs, struct instant at)
{
	int64_t raw = cuffs->counter;

	if (is_dated(cuffs) && profile_of(cuffs)->time_base == TIME_SINCE_BOOT)
		raw = instant_since(at, cuffs->power_on).ms / 1000;
	else if (is_dated(cuffs))
		raw = at.ms / 1000 + cuffs->clock_off_s;
	image_put_counter(cuffs->image, raw);
	return raw;
}

static const struct failure_code *
failure_of(const struct sim_cuffs *cuffs)
{
	const struct profile_cuff *profile = profile_of(cuffs);

	for (size_t i = 0; i < profile->failure_count; i++)
		if (cuffs->failure == 0 || profile->failures[i].code == cuffs->failure)
			return &profile->failures[i];
	return NULL;
}

static void
end_failed(struct sim_cuffs *cuffs, struct instant at)
{
	const struct cuff_numbers nothing = { CUFF_NOTHING, CUFF_NOTHING, CUFF_NOTHING, CUFF_NOTHING };
	const struct failure_code *failure = failure_of(cuffs);
	struct cuff cuff;

	put_numbers(cuffs, &nothing, &cuff);
	image_put_failure(cuffs->image, failure != NULL ? failure->code : cuffs->failure);
	sim_truth_failed(cuffs->truth, at, put_proof(cuffs, at), failure != NULL ? failure->words : "");
	cuffs->fails = false;
}

void
sim_cuffs_end(struct sim_cuffs *cuffs, struct instant at, const struct cuff_numbers *numbers)
{
	struct cuff cuff;

	cuffs->ends = INSTANT_NEVER;
	cuffs->has_exact = false;
	cuffs->measured_at = at;
	count(cuffs);
	if (cuffs->fails) {
		end_failed(cuffs, at);
		return;
	}
	put_numbers(cuffs, numbers, &cuff);
	image_put_failure(cuffs->image, 0);
	sim_truth_cuff(cuffs->truth, at, put_proof(cuffs, at), &cuff);
}

void
sim_cuffs_advance(struct sim_cuffs *cuffs, struct instant at, const struct cuff_numbers *numbers)
{
	if (at.ms >= cuffs->ends.ms)
		sim_cuffs_end(cuffs, at, cuffs->has_exact ? &cuffs->exact : numbers);
	if (at.ms >= cuffs->next.ms && !sim_cuffs_measuring(cuffs))
		sim_cuffs_begin(cuffs, at, duration_s(CUFF_TAKES_S));
}

void
sim_cuffs_cancel(struct sim_cuffs *cuffs)
{
	cuffs->ends = INSTANT_NEVER;
	cuffs->has_exact = false;
}

bool
sim_cuffs_measuring(const struct sim_cuffs *cuffs)
{
	return cuffs->ends.ms != INSTANT_NEVER.ms;
}

void
sim_cuffs_show(const struct sim_cuffs *cuffs, struct instant now)
{
	bool has_result = instant_is_known(cuffs->measured_at);

	image_put_age(cuffs->image, has_result ? instant_since(now, cuffs->measured_at).ms / 1000 : -1);
	image_put_measuring(cuffs->image, sim_cuffs_measuring(cuffs));
}

void
sim_cuffs_forget(struct sim_cuffs *cuffs)
{
	const struct cuff_numbers nothing = { CUFF_NOTHING, CUFF_NOTHING, CUFF_NOTHING, CUFF_NOTHING };
	struct cuff cuff;

	cuffs->ends = INSTANT_NEVER;
	cuffs->measured_at = INSTANT_UNKNOWN;
	cuffs->counter = 0;
	cuffs->wraps = false;
	put_numbers(cuffs, &nothing, &cuff);
	image_put_failure(cuffs->image, 0);
	image_put_counter(cuffs->image, 0);
}
