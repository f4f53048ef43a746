#include "tests/scenarios/monitor.h"

#include <stdlib.h>
#include <string.h>

static bool
channel_from_word(const char *word, const struct watch_device *device, enum vital *ret_vital, enum source *ret_source)
{
	char name[NAME_CAP];
	const char *dot = strchr(word, '.');

	snprintf(name, sizeof(name), "%.*s", dot != NULL ? (int)(dot - word) : (int)strlen(word), word);
	if (!vital_from_name(name, ret_vital))
		return false;
	if (dot != NULL)
		return source_from_name(dot + 1, ret_source);
	*ret_source = SOURCE_PLETH;
	for (int source = SOURCE_COUNT - 1; source >= 0; source--)
		if (device->gives[*ret_vital][source])
			*ret_source = (enum source)source;
	return true;
}

static bool
reading_from_word(const char *word, struct reading *reading)
{
	char number[32];
	size_t length = strlen(word);

	*reading = (struct reading){ .vital = reading->vital, .source = reading->source, .quality = QUALITY_GOOD };
	if (strcmp(word, "invalid") == 0) {
		reading->quality = QUALITY_INVALID;
		reading->doubt = DOUBT_SENSOR_OFF;
		return true;
	}
	snprintf(number, sizeof(number), "%s", word);
	if (length > 0 && length < sizeof(number) && word[length - 1] == '?') {
		reading->quality = QUALITY_VERIFY;
		reading->doubt = DOUBT_DEVICE_SAYS;
		number[length - 1] = '\0';
	}
	return milli_from_text(number, &reading->milli);
}

static struct outcome
take_stream(struct monitor *monitor, const struct scenario_line *line, size_t first)
{
	for (size_t i = first; i + 1 < line->word_count; i += 2) {
		enum vital vital;
		enum source source;

		if (!channel_from_word(line->words[i], monitor->device, &vital, &source))
			return outcome_fail("line %d: '%s' is no vital sign", line->number, line->words[i]);
		monitor->on[vital][source] = strcmp(line->words[i + 1], "off") != 0;
		monitor->stream[vital][source] = (struct reading){ .vital = vital, .source = source };
		if (monitor->on[vital][source] &&
		    !reading_from_word(line->words[i + 1], &monitor->stream[vital][source]))
			return outcome_fail("line %d: '%s' is no value", line->number, line->words[i + 1]);
	}
	monitor->streams = true;
	return outcome_ok();
}

static bool
pressures_from_word(const char *word, struct cuff *cuff)
{
	struct reading *const values[] = { &cuff->systolic, &cuff->mean, &cuff->diastolic };
	static const enum vital vitals[] = { VITAL_SYSTOLIC, VITAL_MEAN, VITAL_DIASTOLIC };

	for (int i = 0; i < 3; i++) {
		size_t length = strcspn(word, "/");
		char part[16];

		if (length == 0 || length >= sizeof(part) || (word[length] == '\0') != (i == 2))
			return false;
		snprintf(part, sizeof(part), "%.*s", (int)length, word);
		*values[i] = (struct reading){ .vital = vitals[i], .source = SOURCE_CUFF, .quality = QUALITY_GOOD };
		if (strcmp(part, "-") == 0)
			values[i]->quality = QUALITY_ABSENT;
		else if (!milli_from_text(part, &values[i]->milli))
			return false;
		word += length + (i < 2);
	}
	return true;
}

static void
doubt(struct reading *reading)
{
	if (reading->quality == QUALITY_GOOD) {
		reading->quality = QUALITY_VERIFY;
		reading->doubt = DOUBT_DEVICE_SAYS;
	}
}

static struct outcome
take_cuff(struct monitor *monitor, const struct scenario_line *line, size_t first, struct cuff *ret_cuff)
{
	struct cuff cuff = { .proof = CUFF_NEW, .measured_at = line->at };

	if (first < line->word_count && strcmp(line->words[first], "failed") == 0) {
		*ret_cuff = (struct cuff){ .proof = CUFF_FAILED, .measured_at = line->at };
		for (size_t i = first + 1; i < line->word_count; i++)
			snprintf(ret_cuff->failure + strlen(ret_cuff->failure),
			    sizeof(ret_cuff->failure) - strlen(ret_cuff->failure), "%s%s", i > first + 1 ? " " : "", line->words[i]);
		monitor->measuring = false;
		return outcome_ok();
	}
	if (first >= line->word_count || !pressures_from_word(line->words[first], &cuff))
		return outcome_fail("line %d: cuff SYSTOLIC/MEAN/DIASTOLIC", line->number);
	for (size_t i = first + 1; i < line->word_count; i++) {
		const char *word = line->words[i];

		if (strcmp(word, "again") == 0) {
			cuff.proof = CUFF_REREAD;
		} else if (strcmp(word, "age-unknown") == 0) {
			cuff.proof = CUFF_AGE_UNKNOWN;
			cuff.measured_at = INSTANT_UNKNOWN;
		} else if (strcmp(word, "verify") == 0) {
			doubt(&cuff.systolic);
			doubt(&cuff.mean);
			doubt(&cuff.diastolic);
		} else if (strcmp(word, "pulse") == 0 && i + 1 < line->word_count) {
			cuff.pulse = (struct reading){ .vital = VITAL_CUFF_PULSE, .source = SOURCE_CUFF };
			if (!reading_from_word(line->words[++i], &cuff.pulse))
				return outcome_fail("line %d: pulse VALUE", line->number);
		} else if (strcmp(word, "measured") == 0 && i + 1 < line->word_count) {
			cuff.measured_at = instant_add(line->at, duration_ms((int64_t)(strtod(line->words[++i], NULL) * 1000)));
		} else {
			return outcome_fail("line %d: '%s' says nothing about a cuff", line->number, word);
		}
	}
	if (cuff.proof == CUFF_NEW)
		monitor->keys++;
	snprintf(cuff.key, sizeof(cuff.key), "%d", monitor->keys);
	monitor->measuring = false;
	*ret_cuff = cuff;
	return outcome_ok();
}

static struct outcome
take_pinned(struct monitor *monitor, const struct scenario_line *line, size_t first)
{
	struct reading *pinned = &monitor->pinned_once;

	*pinned = (struct reading){ .quality = QUALITY_GOOD };
	if (first + 3 != line->word_count ||
	    !channel_from_word(line->words[first], monitor->device, &pinned->vital, &pinned->source) ||
	    !milli_from_text(line->words[first + 2], &pinned->milli))
		return outcome_fail("line %d: pinned VITAL low|high VALUE", line->number);
	pinned->pinned = strcmp(line->words[first + 1], "low") == 0 ? PINNED_LOW : PINNED_HIGH;
	monitor->has_pinned = true;
	return outcome_ok();
}

struct outcome
monitor_take(struct monitor *monitor, const struct scenario_line *line, size_t first, struct cuff *ret_cuff,
    bool *ret_polls)
{
	const char *verb = line->words[first];

	if (strcmp(verb, "stream") == 0) {
		*ret_polls = true;
		return take_stream(monitor, line, first + 1);
	}
	if (strcmp(verb, "cuff") == 0)
		return take_cuff(monitor, line, first + 1, ret_cuff);
	if (strcmp(verb, "pinned") == 0)
		return take_pinned(monitor, line, first + 1);
	if (strcmp(verb, "clock") == 0 && first + 2 < line->word_count) {
		monitor->clock_off_ms = (int64_t)(strtod(line->words[first + 2], NULL) * 1000);
		return outcome_ok();
	}
	if (strcmp(verb, "silent") == 0 || strcmp(verb, "answers") == 0) {
		monitor->silent = verb[0] == 's';
		*ret_polls = !monitor->silent;
		return outcome_ok();
	}
	if (strcmp(verb, "measuring") == 0 || strcmp(verb, "measured") == 0) {
		monitor->measuring = strcmp(verb, "measuring") == 0;
		return outcome_ok();
	}
	return outcome_fail("line %d: '%s' is nothing that a monitor does", line->number, verb);
}

/* R4: what a wrong clock dates, or dates in the future, takes the time at which it is first seen, as from a driver. */
static struct cuff
date_cuff(const struct monitor *monitor, struct instant at, const struct cuff *cuff)
{
	enum { CLOCK_OFF_MS = 120000 };
	struct cuff dated = *cuff;

	if (!instant_is_known(cuff->measured_at))
		return dated;
	dated.clock_doubted = instant_before(at, cuff->measured_at);
	if (dated.clock_doubted || llabs(monitor->clock_off_ms) > CLOCK_OFF_MS)
		dated.measured_at = at;
	return dated;
}

struct observation
monitor_reply(struct monitor *monitor, struct instant at, bool with_stream, const struct cuff *cuff)
{
	struct observation observation = { .at = at, .measuring = monitor->measuring, .clock_off_ms = monitor->clock_off_ms };

	for (int vital = 0; vital < VITAL_COUNT && with_stream; vital++)
		for (int source = 0; source < SOURCE_COUNT; source++) {
			bool pinned = monitor->has_pinned && monitor->pinned_once.vital == (enum vital)vital &&
			              monitor->pinned_once.source == (enum source)source;

			if ((!monitor->on[vital][source] && !pinned) || observation.reading_count == OBSERVATION_READINGS)
				continue;
			observation.readings[observation.reading_count++] =
			    pinned ? monitor->pinned_once : monitor->stream[vital][source];
			if (pinned)
				monitor->has_pinned = false;
		}
	if (cuff != NULL)
		observation.cuff = date_cuff(monitor, at, cuff);
	return observation;
}
