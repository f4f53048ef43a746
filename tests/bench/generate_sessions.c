/* Fills a new record with sessions as a clinic would have them after years, for
 * benchmarks: real watches on a clock of their own, whose events and readings
 * go through the store, so that the chain holds and verify finds it sound.
 *
 *   generate-sessions FILE [--sessions N] [--full N] [--seed N]
 *
 * The newest --full sessions (50) are whole: two hours of rate, saturation and
 * breathing at one poll a second, about 22,000 readings each. The others (of
 * 10,000) are polled once a minute for twenty minutes, so that the file stays
 * small: every list and every count still goes over all of them. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/store/store.h"
#include "daemon/clinical/watch.h"

enum { BEDS = 8, SESSIONS = 10000, FULL = 50, COMMIT_EVERY = 25, MS_PER_MIN = 60000 };

/* 2024-01-01T08:00:00Z */
static const struct instant first_day = { 1704096000000 };

/* How one kind of session goes, in milliseconds from its start. */
struct course {
	int64_t poll_ms, baseline_ms, dose_ms, stop_ms, end_ms, cuff_ms;
};

static const struct course full_course = { 1000, 0, 8 * MS_PER_MIN, 48 * MS_PER_MIN, 120 * MS_PER_MIN, 5 * MS_PER_MIN };
static const struct course small_course = { 60000, 0, 4 * MS_PER_MIN, 14 * MS_PER_MIN, 20 * MS_PER_MIN, 2 * MS_PER_MIN };

struct maker {
	uv_loop_t loop;
	struct store *store;
	store_ticket last, committed;
	struct regimen regimen;
	const struct regimen *regimens[1];
	struct watch *watches[2][BEDS]; /* [whole]: the poll's period is the monitor's */
	struct watch *watch;            /* of the session at hand */
	struct instant now, start;
	uint64_t random;
	bool hypertensive, sensor_off, desaturates;
	int cuffs;
	int64_t sessions, readings;
};

static int64_t
random_below(struct maker *maker, int64_t most)
{
	maker->random = maker->random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (int64_t)(maker->random >> 33) % most;
}

static void
committed(void *ctx, store_ticket ticket)
{
	((struct maker *)ctx)->committed = ticket;
}

static void
trouble(void *ctx, const char *reason)
{
	(void)ctx;
	if (reason == NULL)
		return;
	fprintf(stderr, "the record cannot be written: %s\n", reason);
	exit(1);
}

static void
take_event(void *ctx, const struct event *event)
{
	struct maker *maker = ctx;

	maker->last = store_append_event(maker->store, event);
}

static int64_t
next_id(void *ctx)
{
	return store_next_id(((struct maker *)ctx)->store);
}

static void
wait_for_disk(struct maker *maker)
{
	while (maker->committed < maker->last)
		uv_run(&maker->loop, UV_RUN_ONCE);
}

static struct reading
reading_of(enum vital vital, enum source source, int64_t units, bool has_value)
{
	return (struct reading){ .vital = vital, .source = source, .quality = has_value ? QUALITY_GOOD : QUALITY_INVALID,
		.doubt = has_value ? DOUBT_NONE : DOUBT_SENSOR_OFF, .milli = has_value ? (int32_t)units * 1000 : 0 };
}

/* The pressure rises while the drug runs, for some beyond the limits. */
static int64_t
systolic_at(struct maker *maker, const struct course *course, int64_t ms)
{
	bool dosing = ms >= course->dose_ms && ms < course->stop_ms;

	return 118 + random_below(maker, 9) + (dosing ? maker->hypertensive ? 52 : 14 : 0);
}

static void
fill_cuff(struct maker *maker, const struct course *course, int64_t ms, struct observation *observation)
{
	struct cuff *cuff = &observation->cuff;
	int64_t systolic = systolic_at(maker, course, ms), diastolic = systolic - 46;

	cuff->proof = CUFF_NEW;
	cuff->measured_at = observation->at;
	snprintf(cuff->key, sizeof(cuff->key), "n%d", ++maker->cuffs);
	cuff->systolic = reading_of(VITAL_SYSTOLIC, SOURCE_CUFF, systolic, true);
	cuff->diastolic = reading_of(VITAL_DIASTOLIC, SOURCE_CUFF, diastolic, true);
	cuff->mean = reading_of(VITAL_MEAN, SOURCE_CUFF, diastolic + 16, true);
	cuff->pulse = reading_of(VITAL_CUFF_PULSE, SOURCE_CUFF, 70 + random_below(maker, 8), true);
}

static bool
is_cuff_time(const struct course *course, int64_t ms)
{
	/* Two for the baseline, then every so often. */
	return ms == MS_PER_MIN || ms == 4 * MS_PER_MIN - course->poll_ms || (ms > 0 && ms % course->cuff_ms == 0);
}

static void
poll(struct maker *maker, const struct course *course, const char *bed, int64_t ms)
{
	struct observation observation = { .at = maker->now, .reading_count = 3 };
	/* Two minutes in which the oximeter is off the finger. */
	bool off = maker->sensor_off && ms >= course->dose_ms + MS_PER_MIN && ms < course->dose_ms + 6 * MS_PER_MIN;
	/* Three minutes of a saturation that goes up and down below its limits. */
	bool low = maker->desaturates && ms >= course->dose_ms + 8 * MS_PER_MIN && ms < course->dose_ms + 11 * MS_PER_MIN;
	bool cuff = is_cuff_time(course, ms);

	observation.readings[0] = reading_of(VITAL_RATE, SOURCE_PLETH, 68 + random_below(maker, 12), !off);
	observation.readings[1] = reading_of(VITAL_SPO2, SOURCE_PLETH, (low ? 84 : 95) + random_below(maker, 4), !off);
	observation.readings[2] = reading_of(VITAL_BREATHING, SOURCE_IMPEDANCE, 13 + random_below(maker, 4), true);
	if (cuff)
		fill_cuff(maker, course, ms, &observation);
	maker->last = store_append_observation(maker->store, bed, watch_session(maker->watch)->id, "m1", &observation, cuff);
	maker->readings += cuff ? 7 : 3;
	watch_reply(maker->watch, "m1", &observation);
}

static void
act(struct maker *maker, struct act act)
{
	struct outcome done = watch_act(maker->watch, maker->now, &act);

	if (!done.ok) {
		fprintf(stderr, "session %" PRId64 ": %s: %s\n", watch_session(maker->watch)->id, act_kind_name(act.kind), done.why);
		exit(1);
	}
}

#define BY(person, what) .who = { person, what }

static void
acknowledge_all(struct maker *maker)
{
	for (size_t i = 0; i < watch_alarm_count(maker->watch); i++) {
		const struct alarm *alarm = watch_alarm_at(maker->watch, i);

		if (alarm->state == ALARM_ACTIVE ? !alarm->acknowledged : alarm->state == ALARM_LATCHED)
			act(maker, (struct act){ .kind = ACT_ACKNOWLEDGE, BY("N-01", ROLE_NURSE), .alarm = alarm->id,
			    .revision = alarm->revision, .reason = "seen at the chair" });
	}
}

static void
begin(struct maker *maker, int64_t number)
{
	struct act start = { .kind = ACT_START, BY("N-01", ROLE_NURSE), .reason = "the screen is off" };
	char patient[32];

	start.weight_g = (int32_t)(52000 + random_below(maker, 500) * 100);
	snprintf(start.subject, sizeof(start.subject), "%016" PRIx64 "%08" PRIx64, maker->random, (uint64_t)number);
	snprintf(patient, sizeof(patient), "T-%04" PRId64, random_below(maker, 2500) + 1);
	act(maker, start);
	maker->last = store_put_patient(maker->store, start.subject, patient, maker->now);
}

static void
end(struct maker *maker)
{
	act(maker, (struct act){ .kind = ACT_CHECKLIST, BY("N-01", ROLE_NURSE),
	    .checklist_done = (1u << maker->regimen.checklist_count) - 1 });
	act(maker, (struct act){ .kind = ACT_DISCHARGE, BY("N-01", ROLE_NURSE), .override = true, .reason = "goes home" });
}

static void
sign(struct maker *maker, int64_t session, const char *bed)
{
	struct event event = { .type = EVENT_SIGNED, .at = maker->now, .session_id = session, BY("A-01", ROLE_ADMIN),
		.text = "the record was signed" };

	snprintf(event.bed, sizeof(event.bed), "%s", bed);
	take_event(maker, &event);
}

/* What happens at one poll of the course. */
static void
go_on(struct maker *maker, const struct course *course, const char *bed, int64_t ms)
{
	maker->now = instant_add(maker->start, duration_ms(ms));
	watch_advance(maker->watch, maker->now);
	poll(maker, course, bed, ms);
	if (ms == course->dose_ms)
		act(maker, (struct act){ .kind = ACT_DOSE, BY("P-01", ROLE_PRESCRIBER), .override = true, .reason = "as planned" });
	if (ms == course->stop_ms)
		act(maker, (struct act){ .kind = ACT_STOP, BY("N-01", ROLE_NURSE) });
	if (ms % (10 * MS_PER_MIN) == 9 * MS_PER_MIN)
		acknowledge_all(maker);
	if (ms == course->dose_ms + 2 * MS_PER_MIN)
		act(maker, (struct act){ .kind = ACT_NOTE, BY("N-01", ROLE_NURSE), .reason = "calm, eyes closed" });
}

static void
make_session(struct maker *maker, int64_t number, bool whole)
{
	const struct course *course = whole ? &full_course : &small_course;
	const char *bed;
	int64_t session;

	maker->watch = maker->watches[whole][random_below(maker, BEDS)];
	bed = watch_bed(maker->watch);
	maker->hypertensive = random_below(maker, 4) == 0;
	maker->sensor_off = random_below(maker, 5) == 0;
	maker->desaturates = random_below(maker, 10) == 0;
	watch_advance(maker->watch, maker->start);
	maker->now = maker->start;
	begin(maker, number);
	session = watch_session(maker->watch)->id;
	for (int64_t ms = 0; ms <= course->end_ms; ms += course->poll_ms)
		go_on(maker, course, bed, ms);
	acknowledge_all(maker);
	end(maker);
	if (random_below(maker, 3) > 0)
		sign(maker, session, bed);
	maker->sessions++;
	/* The next one begins after this one, within the hours of a day. */
	maker->start = instant_add(maker->now, duration_min(7 + random_below(maker, 60)));
}

/* The rules of the limits from a baseline, as a start of the daemon puts them on record: charts look them up there. */
static void
put_configuration(struct maker *maker)
{
	for (int vital = 0; vital < VITAL_COUNT; vital++)
		for (int side = 0; side < SIDE_COUNT; side++)
			for (int tier = 0; tier < TIER_COUNT; tier++) {
				const struct relative_rule rule = maker->regimen.relative.at[vital][side][tier];
				struct event event = { .type = EVENT_CONFIGURATION, .at = maker->start };
				char limit[64], percent[16], amount[16], floor[16];

				if (!rule.set)
					continue;
				limit_key_to_text((enum vital)vital, (enum side)side, (enum tier)tier, limit);
				milli_to_text(rule.percent_milli, percent, sizeof(percent));
				milli_to_text(rule.rise_milli, amount, sizeof(amount));
				milli_to_text(rule.floor_milli, floor, sizeof(floor));
				snprintf(event.subject, sizeof(event.subject), "regimen.%.30s.relative.%s", maker->regimen.name, limit);
				snprintf(event.new_value, sizeof(event.new_value), "percent %s, amount %s, floor %s", percent, amount, floor);
				take_event(maker, &event);
			}
}

static bool
create_watches(struct maker *maker)
{
	const struct event_sink sink = { take_event, maker };
	char name[NAME_CAP];

	for (int whole = 0; whole < 2; whole++)
		for (int i = 0; i < BEDS; i++) {
			struct watch_device device = { .name = "m1", .label = "Monitor", .cadence = { whole ? 1000 : 60000 } };

			device.gives[VITAL_RATE][SOURCE_PLETH] = device.gives[VITAL_SPO2][SOURCE_PLETH] = true;
			device.gives[VITAL_BREATHING][SOURCE_IMPEDANCE] = true;
			device.gives[VITAL_SYSTOLIC][SOURCE_CUFF] = device.gives[VITAL_DIASTOLIC][SOURCE_CUFF] = true;
			snprintf(name, sizeof(name), "bed%d", i + 1);
			maker->watches[whole][i] =
			    watch_create(name, &device, 1, maker->regimens, 1, next_id, maker, sink, maker->start);
			if (maker->watches[whole][i] == NULL)
				return false;
		}
	return true;
}

static void
make_all(struct maker *maker, int64_t sessions, int64_t full)
{
	put_configuration(maker);
	for (int64_t i = 0; i < sessions; i++) {
		bool whole = i >= sessions - full;

		make_session(maker, i, whole);
		/* Never so much at once that the queue would have to drop any. */
		if (whole || i % COMMIT_EVERY == 0)
			wait_for_disk(maker);
		if (i % 500 == 499)
			fprintf(stderr, "%" PRId64 " sessions, %" PRId64 " readings\n", maker->sessions, maker->readings);
	}
	wait_for_disk(maker);
}

static int64_t
number_of(const char *text)
{
	char *end;
	int64_t number = strtoll(text, &end, 10);

	if (end == text || *end != '\0' || number < 0) {
		fprintf(stderr, "'%s' is no number\n", text);
		exit(2);
	}
	return number;
}

int
main(int argc, char **argv)
{
	struct maker *maker = calloc(1, sizeof(*maker));
	const struct store_callbacks callbacks = { committed, trouble, maker };
	int64_t sessions = SESSIONS, full = FULL, seed = 1;
	struct outcome done;
	char head[STORE_HEAD_CAP];

	if (argc < 2 || argc % 2 != 0 || argv[1][0] == '-') {
		fprintf(stderr, "usage: generate-sessions FILE [--sessions N] [--full N] [--seed N]\n");
		return 2;
	}
	for (int i = 2; i + 1 < argc; i += 2) {
		if (strcmp(argv[i], "--sessions") == 0)
			sessions = number_of(argv[i + 1]);
		else if (strcmp(argv[i], "--full") == 0)
			full = number_of(argv[i + 1]);
		else if (strcmp(argv[i], "--seed") == 0)
			seed = number_of(argv[i + 1]);
		else
			return fprintf(stderr, "there is no option %s\n", argv[i]), 2;
	}
	maker->random = (uint64_t)seed;
	maker->start = maker->now = first_day;
	regimen_defaults(&maker->regimen);
	maker->regimens[0] = &maker->regimen;
	uv_loop_init(&maker->loop);
	done = store_open(&maker->loop, argv[1], &callbacks, &maker->store);
	if (!done.ok || !create_watches(maker)) {
		fprintf(stderr, "%s\n", done.ok ? "out of memory" : done.why);
		return 1;
	}
	make_all(maker, sessions, full < sessions ? full : sessions);
	store_head(maker->store, head);
	printf("%" PRId64 " sessions, %" PRId64 " readings; head %s\n", maker->sessions, maker->readings, head);
	done = store_close(maker->store);
	uv_run(&maker->loop, UV_RUN_DEFAULT);
	uv_loop_close(&maker->loop);
	for (int i = 0; i < 2 * BEDS; i++)
		watch_destroy(maker->watches[i / BEDS][i % BEDS]);
	free(maker);
	if (!done.ok)
		fprintf(stderr, "%s\n", done.why);
	return done.ok ? 0 : 1;
}
