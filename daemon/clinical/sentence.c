/* The sentence of an alarm (R37): the value, the limit in force and its rule,
 * the baseline, the age; for what is not watched, since when and why. */
#include "daemon/clinical/watch_state.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct text {
	char *at;
	size_t left;
};

static void append(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void
append(struct text *text, const char *format, ...)
{
	va_list args;
	int used;

	va_start(args, format);
	used = vsnprintf(text->at, text->left, format, args);
	va_end(args);
	if (used < 0)
		return;
	if ((size_t)used >= text->left)
		used = text->left > 0 ? (int)text->left - 1 : 0;
	text->at += used;
	text->left -= (size_t)used;
}

/* To the nearest whole one: cut off, +29.9 % would stand beside a rule of +30 % that holds. */
static int64_t
rounded_percent(int64_t part, int64_t whole)
{
	int64_t thousandths = part * 100000 / whole;

	return (thousandths + (thousandths < 0 ? -500 : 500)) / 1000;
}

static void
append_baseline(struct text *text, const struct watch *watch, const struct condition *condition)
{
	struct limit baseline = watch->session.baseline[condition->id.vital];
	char value[16];
	int64_t percent;

	if (!baseline.set || baseline.milli == 0)
		return;
	milli_to_text(baseline.milli, value, sizeof(value));
	percent = rounded_percent((int64_t)condition->value_milli - baseline.milli, baseline.milli);
	append(text, "; baseline %s, %+" PRId64 " %%", value, percent);
}

static void
append_limit(struct text *text, const struct watch *watch, const struct condition *condition)
{
	const struct vital_info *info = vital_info(condition->id.vital);
	char value[16], limit[16], clock[INSTANT_TEXT_CAP], held[INSTANT_TEXT_CAP];

	milli_to_text(condition->value_milli, value, sizeof(value));
	milli_to_text(condition->limit_milli, limit, sizeof(limit));
	instant_to_clock(condition->measured_at, watch->utc_offset_min, clock);
	if (condition->at_the_end) {
		append(text, "%s reads %s, at the end of what can be measured: look at the patient", info->label, value);
	} else if (condition->signal_lost) {
		duration_to_text(instant_since(condition->measured_at, condition->since), held);
		append(text, "%s was %s %s for %s (limit %s), then the signal was lost", info->label, value, info->unit, held, limit);
	} else if (condition->id.kind == CONDITION_TREND) {
		append(text, "%s %s, %s by more than the trend rule allows (to %s)", info->label, value,
		    condition->id.side == SIDE_HIGH ? "rising" : "falling", limit);
	} else {
		append(text, "%s %s, limit %s (%s %s%s)", info->label, value, limit, tier_name(condition->id.tier),
		    side_name(condition->id.side), condition->id.relative ? ", from the baseline" : "");
	}
	append_baseline(text, watch, condition);
	/* The sentence is kept and shown long after (R37): an age in it would be wrong a second later. */
	append(text, "; measured at %s", clock);
}

static const char *
reason_of(const struct watch *watch, const struct alarm *alarm)
{
	int device = watch_device_index(watch, alarm->group.device);

	if (device >= 0 && watch->devices[device].reason[0] != '\0')
		return watch->devices[device].reason;
	return "monitor does not answer";
}

static void
append_not_watching(struct text *text, const struct watch *watch, const char *what, struct instant since,
    const char *why)
{
	char clock[INSTANT_TEXT_CAP];

	instant_to_clock(since, watch->utc_offset_min, clock);
	append(text, "NOT WATCHING %s at %s since %s: %s", what, watch->bed, clock, why);
}

/* R14: what was last read of a monitor that does not answer, of the vitals that the phase cannot do without. */
static void
append_last_values(struct text *text, const struct watch *watch, const char *device)
{
	int index = watch_device_index(watch, device);
	const char *before = "; last ";
	char value[16];

	for (int vital = 0; vital < VITAL_COUNT; vital++) {
		const struct vital_track *track = &watch->vitals[vital];

		if (index < 0 || !track->usable_seen || track->usable_device != index || vital_info((enum vital)vital)->sparse ||
		    !watch_phase_rules(watch)->required[vital])
			continue;
		milli_to_text(track->usable.milli, value, sizeof(value));
		append(text, "%s%s %s", before, vital_info((enum vital)vital)->name, value);
		before = ", ";
	}
}

static void
append_lost(struct text *text, const struct watch *watch, const struct condition *condition)
{
	const struct vital_info *info = vital_info(condition->id.vital);
	const struct vital_track *track = &watch->vitals[condition->id.vital];
	const char *why = "no value";
	char value[16];

	if (condition->id.kind == CONDITION_NO_SOURCE)
		why = "no monitor of this bed gives it";
	else if (track->seen && track->latest.doubt != DOUBT_NONE)
		why = doubt_text(track->latest.doubt);
	append_not_watching(text, watch, info->name, vital_clock_start(watch, condition->id.vital), why);
	if (track->usable_seen) {
		milli_to_text(track->usable.milli, value, sizeof(value));
		append(text, "; last value %s", value);
	}
}

static void
append_overdue(struct text *text, const struct watch *watch)
{
	char interval[INSTANT_TEXT_CAP];

	duration_to_text(watch_phase_rules(watch)->cuff_interval, interval);
	append_not_watching(text, watch, "pressure", cuff_clock_start(watch, VITAL_SYSTOLIC), "no new cuff measurement");
	append(text, ", one is due every %s", interval);
}

/* Within one minute the clocks are the same, and say nothing. */
void
sentence_gap(const struct watch *watch, struct instant from, struct instant to, char *text, size_t cap)
{
	char from_clock[INSTANT_TEXT_CAP], to_clock[INSTANT_TEXT_CAP], length[INSTANT_TEXT_CAP];

	instant_to_clock(from, watch->utc_offset_min, from_clock);
	instant_to_clock(to, watch->utc_offset_min, to_clock);
	/* Of a second that has begun: never "for 0 s". */
	duration_to_text(instant_since(instant_add(to, duration_ms(999)), from), length);
	if (strcmp(from_clock, to_clock) == 0)
		snprintf(text, cap, "nobody watched for %s at %s", length, to_clock);
	else
		snprintf(text, cap, "nobody watched from %s to %s", from_clock, to_clock);
}

/* R32: from when to when, however often the program came and went in between. */
static void
append_unwatched(struct text *text, const struct watch *watch, const struct condition *condition)
{
	char gap[96];

	sentence_gap(watch, condition->measured_at, condition->since, gap, sizeof(gap));
	append(text, "%s", gap);
	if (condition->value_milli > 1)
		append(text, ", in %d gaps", (int)condition->value_milli);
	append(text, ": look at the patient");
}

/* R22: with the device's own reason. */
static void
append_cuff_failed(struct text *text, const struct watch *watch, const struct alarm *alarm)
{
	int device = watch_device_index(watch, alarm->group.device);

	append(text, "the cuff measurement failed");
	if (device >= 0 && watch->devices[device].cuff_failure[0] != '\0')
		append(text, " (%s)", watch->devices[device].cuff_failure);
	append(text, ": repeat it");
}

static const char *const plain_sentences[CONDITION_KIND_COUNT] = {
	[CONDITION_AGE_UNKNOWN] = "a pressure of unknown age lies beyond a limit: repeat the measurement",
	[CONDITION_CLOCK] = "the monitor's clock is wrong: its times are not used",
	[CONDITION_END_DUE] = "the planned end of the infusion has passed: stop it, or say that it goes on",
	[CONDITION_PAUSE_LONG] = "the infusion has been paused for long: resume or stop it",
	[CONDITION_RECHECK] = "the promised recheck was not done",
};

static void
append_condition(struct text *text, const struct watch *watch, const struct alarm *alarm,
    const struct condition *condition)
{
	switch (condition->id.kind) {
	case CONDITION_LIMIT:
	case CONDITION_TREND:
		append_limit(text, watch, condition);
		break;
	case CONDITION_SILENT:
		append_not_watching(text, watch, alarm->group.device, condition->since, reason_of(watch, alarm));
		append_last_values(text, watch, alarm->group.device);
		break;
	case CONDITION_LOST:
	case CONDITION_NO_SOURCE:
		append_lost(text, watch, condition);
		break;
	case CONDITION_OVERDUE:
		append_overdue(text, watch);
		break;
	case CONDITION_CUFF_FAILED:
		append_cuff_failed(text, watch, alarm);
		break;
	case CONDITION_UNWATCHED:
		append_unwatched(text, watch, condition);
		break;
	default:
		append(text, "%s", plain_sentences[condition->id.kind] != NULL ? plain_sentences[condition->id.kind] : "");
		break;
	}
}

/* Of equal priority the absolute limit is named before its relative sister. */
static const struct condition *
worst_condition(const struct alarm *alarm)
{
	const struct condition *worst = &alarm->conditions[0];

	for (size_t i = 1; i < alarm->condition_count; i++) {
		const struct condition *other = &alarm->conditions[i];

		if (other->priority > worst->priority ||
		    (other->priority == worst->priority && worst->id.relative && !other->id.relative))
			worst = other;
	}
	return worst;
}

/* R16: each rule that holds, by its name; whole names only, and how many there was no room for. */
static void
append_others(struct text *text, const struct alarm *alarm, const struct condition *worst)
{
	static const char more[] = "; and 99 more";
	size_t left = alarm->condition_count - 1;

	for (size_t i = 0; i < alarm->condition_count; i++) {
		char name[64];

		if (&alarm->conditions[i] == worst)
			continue;
		condition_id_to_text(&alarm->conditions[i].id, name);
		if (text->left <= strlen(name) + strlen("; ") + (left > 1 ? strlen(more) : 0)) {
			append(text, "; and %zu more", left);
			return;
		}
		append(text, "; %s", name);
		left--;
	}
}

void
sentence_describe(void *ctx, struct alarm *alarm, struct instant now)
{
	const struct watch *watch = ctx;
	struct text text = { alarm->sentence, sizeof(alarm->sentence) };
	const struct condition *worst;
	char clock[INSTANT_TEXT_CAP];

	/* What is over keeps its last sentence. */
	if (alarm->condition_count == 0 || !watch_in_session(watch))
		return;
	(void)now;
	worst = worst_condition(alarm);
	if (alarm->standing) {
		instant_to_clock(alarm->started, watch->utc_offset_min, clock);
		append(&text, "On and off since %s: ", clock);
	}
	append_condition(&text, watch, alarm, worst);
	append_others(&text, alarm, worst);
}
