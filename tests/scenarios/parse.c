/* From text to a scenario. */
#include "tests/scenarios/scenario.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Scenario times lie on one day; any will do. */
static const int64_t day_ms = 1767225600000; /* 2026-01-01T00:00:00Z */

bool
scenario_time_from_text(const char *text, struct instant *ret_at)
{
	int hour, minute, second, used = 0, fraction = 0, digits = 0;

	if (sscanf(text, "%d:%2d:%2d%n", &hour, &minute, &second, &used) != 3 || hour < 0 || minute > 59 || second > 59)
		return false;
	if (text[used] == '.') {
		if (sscanf(text + used + 1, "%3d%n", &fraction, &digits) != 1)
			return false;
		for (int i = digits; i < 3; i++)
			fraction *= 10;
		used += digits + 1;
	}
	if (text[used] != '\0')
		return false;
	ret_at->ms = day_ms + (int64_t)hour * 3600000 + minute * 60000 + second * 1000 + fraction;
	return true;
}

void
scenario_time_to_text(struct instant at, char text[static 32])
{
	int64_t ms = at.ms - day_ms;
	int used = snprintf(text, 32, "%02" PRId64 ":%02" PRId64 ":%02" PRId64, ms / 3600000, ms / 60000 % 60, ms / 1000 % 60);

	if (ms % 1000 != 0)
		snprintf(text + used, 32 - (size_t)used, ".%03" PRId64, ms % 1000);
}

static bool
split_words(struct scenario_line *line)
{
	char *c = line->store;

	snprintf(line->store, sizeof(line->store), "%s", line->text);
	line->word_count = 0;
	while (*c != '\0') {
		char stop = ' ';

		while (isspace((unsigned char)*c))
			c++;
		if (*c == '\0' || (*c == '#' && stop == ' '))
			break;
		if (line->word_count == SCENARIO_WORDS)
			return false;
		if (*c == '"') {
			stop = '"';
			c++;
		}
		line->words[line->word_count++] = c;
		while (*c != '\0' && (stop == '"' ? *c != '"' : !isspace((unsigned char)*c)))
			c++;
		if (*c != '\0')
			*c++ = '\0';
	}
	return true;
}

static bool
gives_from_word(struct watch_device *device, const char *word)
{
	char name[NAME_CAP];
	const char *dot = strchr(word, '.');
	enum vital vital;
	enum source source = SOURCE_PLETH;

	snprintf(name, sizeof(name), "%.*s", dot != NULL ? (int)(dot - word) : (int)strlen(word), word);
	if (!vital_from_name(name, &vital))
		return false;
	if (vital_info(vital)->sparse)
		source = SOURCE_CUFF;
	if (dot != NULL && !source_from_name(dot + 1, &source))
		return false;
	device->gives[vital][source] = true;
	return true;
}

static void
gives_default(struct watch_device *device)
{
	static const char *const words[] = { "rate.pleth", "spo2", "systolic", "diastolic", "mean" };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		gives_from_word(device, words[i]);
}

static struct watch_device *
find_device(struct scenario *scenario, const char *name)
{
	for (size_t i = 0; i < scenario->device_count; i++)
		if (strcmp(scenario->devices[i].name, name) == 0)
			return &scenario->devices[i];
	return NULL;
}

static struct watch_device *
add_device(struct scenario *scenario, const char *name)
{
	struct watch_device *device;

	if (scenario->device_count == WATCH_DEVICES)
		return NULL;
	device = &scenario->devices[scenario->device_count++];
	*device = (struct watch_device){ .cadence = duration_s(1) };
	snprintf(device->name, sizeof(device->name), "%s", name);
	gives_default(device);
	return device;
}

static struct outcome
head_device(struct scenario *scenario, const struct scenario_line *line)
{
	struct watch_device *device = line->word_count > 1 ? find_device(scenario, line->words[1]) : NULL;
	double seconds = 1;

	if (line->word_count > 1 && device == NULL)
		device = add_device(scenario, line->words[1]);
	if (device == NULL)
		return outcome_fail("line %d: no more devices", line->number);
	if (line->word_count > 3 && strcmp(line->words[2], "cadence") == 0) {
		char *unit;

		seconds = strtod(line->words[3], &unit);
		seconds /= strcmp(unit, "ms") == 0 ? 1000 : 1;
	}
	device->cadence = duration_ms((int64_t)(seconds * 1000 + 0.5));
	if (device->cadence.ms <= 0)
		return outcome_fail("line %d: a cadence must be more than nothing", line->number);
	return outcome_ok();
}

static struct outcome
head_sources(struct scenario *scenario, const struct scenario_line *line)
{
	size_t first = 1;
	struct watch_device *device = find_device(scenario, line->words[1]);
	struct watch_device probe = { 0 };

	/* The first word is a device, declared or about to be, unless it is a vital sign. */
	if (device == NULL && !gives_from_word(&probe, line->words[1]))
		device = add_device(scenario, line->words[1]);
	if (device != NULL)
		first = 2;
	else if (scenario->device_count > 0)
		device = &scenario->devices[0];
	else
		device = add_device(scenario, "m1");
	if (device == NULL)
		return outcome_fail("line %d: no more devices", line->number);
	memset(device->gives, 0, sizeof(device->gives));
	for (size_t i = first; i < line->word_count; i++)
		if (!gives_from_word(device, line->words[i]))
			return outcome_fail("line %d: '%s' is no vital sign", line->number, line->words[i]);
	return outcome_ok();
}

static struct outcome
head_limit(struct scenario *scenario, const struct scenario_line *line)
{
	enum vital vital;
	enum side side;
	enum tier tier;
	int32_t milli;
	struct outcome key;

	if (line->word_count != 3 || !milli_from_text(line->words[2], &milli))
		return outcome_fail("line %d: limit KEY VALUE", line->number);
	key = limit_key_from_text(line->words[1], &vital, &side, &tier);
	if (key.ok)
		scenario->regimen.limits.at[vital][side][tier] = (struct limit){ true, milli };
	return outcome_within(key, "line %d", line->number);
}

static struct outcome
read_head(struct scenario *scenario, const struct scenario_line *line)
{
	if (strcmp(line->words[0], "device") == 0)
		return head_device(scenario, line);
	if (strcmp(line->words[0], "sources") == 0 && line->word_count > 1)
		return head_sources(scenario, line);
	if (strcmp(line->words[0], "limit") == 0)
		return head_limit(scenario, line);
	if (strcmp(line->words[0], "rule") == 0 || strcmp(line->words[0], "title") == 0 ||
	    strcmp(line->words[0], "regimen") == 0)
		return outcome_ok();
	return outcome_fail("line %d: '%s' is no heading and no time", line->number, line->words[0]);
}

static struct scenario_line *
append_line(struct scenario_line **lines, size_t *count, const struct scenario_line *line)
{
	struct scenario_line *grown;

	if ((*count & (*count - 1)) == 0) {
		grown = realloc(*lines, sizeof(**lines) * (*count == 0 ? 1 : *count * 2));
		if (grown == NULL)
			abort();
		*lines = grown;
	}
	(*lines)[*count] = *line;
	return &(*lines)[(*count)++];
}

/* A bed that a session moves to has a monitor of its own, declared or not. */
static void
declare_moved_to(struct scenario *scenario, const struct scenario_line *line)
{
	if (scenario->device_count == 0)
		add_device(scenario, "m1");
	if (line->word_count > 3 && strcmp(line->words[1], "move") == 0 && find_device(scenario, line->words[3]) == NULL)
		add_device(scenario, line->words[3]);
}

static struct outcome
read_line(struct scenario *scenario, struct scenario_line *line, bool *expecting)
{
	struct instant last = scenario->line_count > 0 ? scenario->lines[scenario->line_count - 1].at : INSTANT_UNKNOWN;

	if (!split_words(line))
		return outcome_fail("line %d: too many words", line->number);
	if (line->word_count == 0)
		return outcome_ok();
	if (strcmp(line->words[0], "expect") == 0) {
		*expecting = true;
		return outcome_ok();
	}
	if (!scenario_time_from_text(line->words[0], &line->at))
		return *expecting ? outcome_fail("line %d: '%s' is no time", line->number, line->words[0])
				  : read_head(scenario, line);
	if (*expecting) {
		append_line(&scenario->expected, &scenario->expected_count, line);
		return outcome_ok();
	}
	if (instant_before(line->at, last))
		return outcome_fail("line %d: time goes back", line->number);
	append_line(&scenario->lines, &scenario->line_count, line);
	declare_moved_to(scenario, line);
	return outcome_ok();
}

/* The arrays have moved while they grew: the words point into their lines again. */
static void
point_words(struct scenario_line *lines, size_t count)
{
	for (size_t i = 0; i < count; i++)
		split_words(&lines[i]);
}

struct outcome
scenario_read(const char *path, struct scenario *ret_scenario)
{
	struct scenario scenario = { 0 };
	struct outcome done = outcome_ok();
	struct scenario_line line = { 0 };
	bool expecting = false;
	FILE *file = fopen(path, "r");

	if (file == NULL)
		return outcome_fail("%s: cannot be read", path);
	regimen_defaults(&scenario.regimen);
	while (done.ok && fgets(line.text, sizeof(line.text), file) != NULL) {
		line.number++;
		line.text[strcspn(line.text, "\r\n")] = '\0';
		done = read_line(&scenario, &line, &expecting);
	}
	fclose(file);
	if (done.ok && scenario.device_count == 0)
		add_device(&scenario, "m1");
	if (!done.ok) {
		scenario_finish(&scenario);
		return outcome_within(done, "%s", path);
	}
	point_words(scenario.lines, scenario.line_count);
	point_words(scenario.expected, scenario.expected_count);
	*ret_scenario = scenario;
	return done;
}

void
scenario_finish(struct scenario *scenario)
{
	free(scenario->lines);
	free(scenario->expected);
}
