/* One description for several units: a monitor of each, with the nth of the
 * files that were given in lists, the last of them for the rest. */
#include <stdlib.h>
#include <string.h>

#include "daemon/sim/options.h"
#include "daemon/sim/serial.h"

static size_t
count_pieces(const char *list)
{
	size_t count = 1;

	for (; *list != '\0'; list++)
		count += *list == ',';
	return count;
}

/* The nth piece, or the last. */
static const char *
find_piece(const char *list, size_t at, size_t *ret_length)
{
	const char *comma;

	while (at-- > 0 && (comma = strchr(list, ',')) != NULL)
		list = comma + 1;
	*ret_length = strcspn(list, ",");
	return list;
}

/* Keeps a text, with the unit's number for each "%u" in it; NULL when there are too many. */
static const char *
keep(struct sim_options *options, const char *text, size_t length, uint8_t unit)
{
	char *kept = options->texts + options->texts_length, number[8];
	size_t room = sizeof(options->texts) - options->texts_length, used = 0;

	snprintf(number, sizeof(number), "%u", unit);
	for (size_t i = 0; i < length; i++) {
		bool marked = i + 1 < length && text[i] == '%' && text[i + 1] == 'u';
		size_t more = marked ? strlen(number) : 1;

		if (used + more + 1 > room)
			return NULL;
		memcpy(kept + used, marked ? number : &text[i], more);
		used += more;
		i += marked;
	}
	kept[used++] = '\0';
	options->texts_length += used;
	return kept;
}

/* The nth of a list of files; NULL stays it. */
static struct outcome
pick(struct sim_options *options, const struct monitor_options *described, const char **at, size_t which)
{
	const char *piece;
	size_t length;

	if (*at == NULL)
		return outcome_ok();
	if (count_pieces(*at) > described->unit_count)
		return outcome_fail("'%.60s' are %zu files for %zu units", *at, count_pieces(*at), described->unit_count);
	piece = find_piece(*at, which, &length);
	*at = keep(options, piece, length, described->units[which]);
	return *at != NULL ? outcome_ok() : outcome_fail("the names of the files are too long");
}

/* Two monitors do not write one log. */
static struct outcome
check_log(const struct monitor_options *described)
{
	if (described->log == NULL || described->unit_count < 2 || strstr(described->log, "%u") != NULL ||
	    count_pieces(described->log) == described->unit_count)
		return outcome_ok();
	return outcome_fail("--log: '%.60s' is one file for %zu units: put %%u in its name, which stands for the unit", described->log,
	    described->unit_count);
}

static struct outcome
make_one(struct sim_options *options, const struct monitor_options *described, size_t which)
{
	struct monitor_options *monitor = &options->monitors[options->monitor_count];
	struct outcome picked;

	*monitor = *described;
	monitor->unit = described->units[which];
	monitor->seed += which;
	monitor->beside |= which > 0;
	if (described->unit_count > 1 &&
	    snprintf(monitor->name, sizeof(monitor->name), "%s-%u", described->name, monitor->unit) >= (int)sizeof(monitor->name))
		return outcome_fail("the monitor's name '%s' is too long for its units", described->name);
	picked = pick(options, described, &monitor->profile, which);
	if (picked.ok)
		picked = pick(options, described, &monitor->recording, which);
	if (picked.ok)
		picked = pick(options, described, &monitor->log, which);
	options->monitor_count++;
	return picked;
}

/* Units that were not said are 1 and as many as there are profiles. */
static void
number_units(struct monitor_options *described)
{
	size_t count = described->profile != NULL ? count_pieces(described->profile) : 1;

	for (size_t i = 0; described->unit_count == 0 && i < count && i < WORLD_UNITS; i++)
		described->units[i] = (uint8_t)(i + 1);
	if (described->unit_count == 0)
		described->unit_count = count < WORLD_UNITS ? count : WORLD_UNITS;
}

static struct outcome
spread_one(struct sim_options *options, struct monitor_options *described)
{
	struct outcome made;

	number_units(described);
	made = check_log(described);
	for (size_t i = 0; made.ok && i < described->unit_count; i++)
		made = options->monitor_count < WORLD_UNITS ? make_one(options, described, i)
		                                            : outcome_fail("at most %d monitors", WORLD_UNITS);
	return made;
}

struct outcome
sim_options_spread(struct sim_options *options)
{
	size_t count = options->monitor_count;
	struct monitor_options *described = calloc(count, sizeof(*described));
	struct outcome done = described != NULL ? outcome_ok() : outcome_fail("out of memory");

	for (size_t i = 0; done.ok && i < count; i++)
		described[i] = options->monitors[i];
	options->monitor_count = 0;
	for (size_t i = 0; done.ok && i < count; i++)
		done = spread_one(options, &described[i]);
	free(described);
	return done;
}
