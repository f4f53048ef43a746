/* Plays a scenario in virtual time: polls and replies by the cadence, lines at
 * their instants, restarts through the same fold as the daemon's. */
#include "tests/scenarios/player.h"

#include <assert.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

void
player_complain(struct player *player, int line, const char *format, ...)
{
	va_list args;

	fprintf(player->complaints, "line %d: ", line);
	va_start(args, format);
	vfprintf(player->complaints, format, args);
	va_end(args);
	fputc('\n', player->complaints);
	player->complaint_count++;
}

static void *
grow(void *items, size_t count, size_t size)
{
	if ((count & (count - 1)) != 0)
		return items;
	items = realloc(items, size * (count == 0 ? 1 : count * 2));
	if (items == NULL)
		abort();
	return items;
}

static int64_t
next_id(void *ctx)
{
	struct player *player = ctx;

	return ++player->last_id;
}

static int
compare_names(const void *a, const void *b)
{
	return strcmp(a, b);
}

static void
conditions_to_text(const struct alarm *alarm, char *text, size_t cap)
{
	char names[ALARM_CONDITIONS][64];

	for (size_t i = 0; i < alarm->condition_count; i++)
		condition_id_to_text(&alarm->conditions[i].id, names[i]);
	qsort(names, alarm->condition_count, sizeof(names[0]), compare_names);
	snprintf(text, cap, "%s", alarm->condition_count == 0 ? "-" : "");
	for (size_t i = 0; i < alarm->condition_count; i++) {
		size_t used = strlen(text);

		snprintf(text + used, cap - used, "%s%s", i > 0 ? "," : "", names[i]);
	}
}

static int
rank_of(const struct player *player, const struct alarm_group *group)
{
	static const int ranks[] = {
		[ALARM_GROUP_PRESSURE] = 0, [ALARM_GROUP_RATE] = 1, [ALARM_GROUP_OXYGEN] = 2, [ALARM_GROUP_BREATHING] = 3,
		[ALARM_GROUP_TECHNICAL] = 10, [ALARM_GROUP_BED] = 30, [ALARM_GROUP_DOSE] = 31, [ALARM_GROUP_STATION] = 32,
	};
	int rank = ranks[group->kind];

	for (size_t i = 0; group->kind == ALARM_GROUP_TECHNICAL && i < player->scenario->device_count; i++)
		if (strcmp(player->scenario->devices[i].name, group->device) == 0)
			rank += (int)i;
	return rank;
}

static void
trace_event(struct player *player, const struct event *event)
{
	struct traced_line *line;
	char time[32], group[64], conditions[SCENARIO_LINE];

	if (event->type == EVENT_ALARM && event->change == ALARM_UPDATE && !player->whole_trace)
		return;
	if (event->type != EVENT_ALARM && !player->whole_trace)
		return;
	player->trace = grow(player->trace, player->trace_count, sizeof(*player->trace));
	line = &player->trace[player->trace_count++];
	*line = (struct traced_line){ .at = event->at, .rank = -1 };
	scenario_time_to_text(event->at, time);
	if (event->type == EVENT_ALARM) {
		alarm_group_to_text(&event->alarm->group, group);
		conditions_to_text(event->alarm, conditions, sizeof(conditions));
		line->rank = rank_of(player, &event->alarm->group);
		snprintf(line->text, sizeof(line->text), "%s %s %s %s %s", time, alarm_change_name(event->change), group,
		    priority_name(event->alarm->priority), conditions);
	}
	if (player->whole_trace) {
		if (event->type == EVENT_ALARM)
			snprintf(line->text + strlen(line->text), sizeof(line->text) - strlen(line->text), " r%d \"%s\"",
			    event->alarm->revision, event->text);
		else
			snprintf(line->text, sizeof(line->text), "%s %s %s %s%s\"%s\"", time, event_type_name(event->type),
			    event->bed, event->subject, event->subject[0] != '\0' ? " " : "", event->text);
	}
}

static void
take_event(void *ctx, const struct event *event)
{
	struct player *player = ctx;
	struct kept_event *kept;

	player->kept = grow(player->kept, player->kept_count, sizeof(*player->kept));
	kept = &player->kept[player->kept_count++];
	*kept = (struct kept_event){ .event = *event };
	if (event->session != NULL)
		kept->session = *event->session;
	if (event->alarm != NULL)
		kept->alarm = *event->alarm;
	trace_event(player, event);
}

static struct watch *
make_watch(struct player *player, const struct player_bed *bed)
{
	struct watch_device devices[WATCH_DEVICES];

	for (size_t i = 0; i < bed->monitor_count; i++)
		devices[i] = *bed->monitors[i].device;
	return watch_create(bed->name, devices, bed->monitor_count, player->regimens, 1, next_id, player,
	    (struct event_sink){ take_event, player }, player->now);
}

static void
add_monitor(struct player *player, struct player_bed *bed, const struct watch_device *device)
{
	bed->monitors[bed->monitor_count++] = (struct monitor){ .device = device, .next_poll = player->now };
}

struct player_bed *
player_add_bed(struct player *player, const char *name, const char *device)
{
	struct player_bed *bed;

	for (size_t i = 0; i < player->bed_count; i++)
		if (strcmp(player->beds[i].name, name) == 0)
			return &player->beds[i];
	assert(player->bed_count < PLAYER_BEDS);
	bed = &player->beds[player->bed_count++];
	snprintf(bed->name, sizeof(bed->name), "%s", name);
	for (size_t i = 0; i < player->scenario->device_count; i++)
		if (strcmp(player->scenario->devices[i].name, device) == 0)
			add_monitor(player, bed, &player->scenario->devices[i]);
	if (bed->monitor_count > 0)
		bed->monitors[0].next_poll = INSTANT_NEVER;
	bed->watch = make_watch(player, bed);
	return bed;
}

struct player_bed *
player_session_bed(struct player *player)
{
	for (size_t i = 0; i < player->bed_count; i++)
		if (watch_session(player->beds[i].watch)->id != 0)
			return &player->beds[i];
	return &player->beds[0];
}

/* A device named in a `move` belongs to that bed, not to the first. */
static bool
is_moved_to(const struct scenario *scenario, const char *device)
{
	for (size_t i = 0; i < scenario->line_count; i++)
		if (scenario->lines[i].word_count > 3 && strcmp(scenario->lines[i].words[1], "move") == 0 &&
		    strcmp(scenario->lines[i].words[3], device) == 0)
			return true;
	return false;
}

static void
open_first_bed(struct player *player)
{
	struct player_bed *bed = &player->beds[player->bed_count++];

	snprintf(bed->name, sizeof(bed->name), "b1");
	for (size_t i = 0; i < player->scenario->device_count; i++)
		if (!is_moved_to(player->scenario, player->scenario->devices[i].name))
			add_monitor(player, bed, &player->scenario->devices[i]);
	bed->watch = make_watch(player, bed);
}

static void
open_second_beds(struct player *player)
{
	for (size_t i = 0; i < player->scenario->line_count; i++) {
		const struct scenario_line *line = &player->scenario->lines[i];

		if (line->word_count > 3 && strcmp(line->words[1], "move") == 0)
			player_add_bed(player, line->words[2], line->words[3])->monitors[0].next_poll = player->now;
	}
}

static struct monitor *
find_monitor(struct player *player, const char *name, struct player_bed **ret_bed)
{
	for (size_t i = 0; i < player->bed_count; i++)
		for (size_t j = 0; j < player->beds[i].monitor_count; j++)
			if (strcmp(player->beds[i].monitors[j].device->name, name) == 0) {
				*ret_bed = &player->beds[i];
				return &player->beds[i].monitors[j];
			}
	return NULL;
}

static bool
is_device_verb(const char *word)
{
	static const char *const verbs[] = { "stream", "cuff", "pinned", "clock", "silent", "answers", "measuring", "measured" };

	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if (strcmp(word, verbs[i]) == 0)
			return true;
	return false;
}

/* The monitor that a line speaks of; NULL for acts and the world. */
static struct monitor *
monitor_of_line(struct player *player, const struct scenario_line *line, struct player_bed **ret_bed, size_t *ret_first)
{
	struct monitor *named = line->word_count > 2 ? find_monitor(player, line->words[1], ret_bed) : NULL;

	if (named != NULL) {
		*ret_first = 2;
		return named;
	}
	if (line->word_count < 2 || !is_device_verb(line->words[1]))
		return NULL;
	if (strcmp(line->words[1], "clock") == 0 && line->word_count > 2 && strcmp(line->words[2], "step") == 0)
		return NULL;
	*ret_first = 1;
	*ret_bed = &player->beds[0];
	return &player->beds[0].monitors[0];
}

static void
poll(struct player *player, struct player_bed *bed, struct monitor *monitor, bool with_stream, const struct cuff *cuff)
{
	struct observation observation;

	if (monitor->silent) {
		watch_missed(bed->watch, monitor->device->name, player->now, "monitor does not answer");
		return;
	}
	observation = monitor_reply(monitor, player->now, with_stream, cuff);
	watch_reply(bed->watch, monitor->device->name, &observation);
	for (size_t i = 0; i < player->bed_count; i++)
		watch_answered_elsewhere(player->beds[i].watch, monitor->device->name, player->now);
}

static bool
take_due_poll(struct player *player, struct monitor *monitor)
{
	if (monitor->next_poll.ms > player->now.ms)
		return false;
	monitor->next_poll = instant_add(player->now, monitor->device->cadence);
	return true;
}

/* All lines of one monitor at this instant make one reply. */
static struct outcome
play_monitor(struct player *player, struct player_bed *bed, struct monitor *monitor, size_t from, size_t to, bool *done)
{
	bool polls = take_due_poll(player, monitor), has_cuff = false;
	struct cuff cuff = { .proof = CUFF_NONE };

	for (size_t i = from; i < to; i++) {
		struct player_bed *other_bed;
		size_t first;
		struct outcome taken;
		bool starts_polling = false;
		struct cuff line_cuff = { .proof = CUFF_NONE };

		if (monitor_of_line(player, &player->scenario->lines[i], &other_bed, &first) != monitor)
			continue;
		taken = monitor_take(monitor, &player->scenario->lines[i], first, &line_cuff, &starts_polling);
		if (!taken.ok)
			return taken;
		done[i - from] = true;
		if (line_cuff.proof != CUFF_NONE) {
			cuff = line_cuff;
			has_cuff = true;
		}
		if (starts_polling) {
			polls = true;
			monitor->next_poll = instant_add(player->now, monitor->device->cadence);
		}
	}
	if (polls || has_cuff)
		poll(player, bed, monitor, polls, has_cuff ? &cuff : NULL);
	return outcome_ok();
}

/* Where a session's latest snapshot has it: after a move all its events are the new bed's. */
static const char *
bed_of_session(const struct player *player, int64_t session)
{
	const char *bed = "";

	for (size_t i = 0; i < player->kept_count; i++)
		if (player->kept[i].event.session != NULL && player->kept[i].event.session_id == session)
			bed = player->kept[i].session.bed;
	return bed;
}

static void
fold_kept(struct player *player, struct player_bed *bed)
{
	for (size_t i = 0; i < player->kept_count; i++) {
		struct kept_event *kept = &player->kept[i];

		if (strcmp(bed_of_session(player, kept->event.session_id), bed->name) != 0)
			continue;
		if (kept->event.session != NULL)
			kept->event.session = &kept->session;
		if (kept->event.alarm != NULL)
			kept->event.alarm = &kept->alarm;
		watch_fold(bed->watch, &kept->event);
	}
}

static void
let_all_pass(struct player *player, struct instant now)
{
	for (size_t i = 0; i < player->bed_count; i++)
		watch_advance(player->beds[i].watch, now);
}

static void
restart(struct player *player, struct duration gap)
{
	struct instant stopped = player->now;

	let_all_pass(player, instant_add(player->now, duration_ms(1)));
	player->now = instant_add(player->now, gap);
	for (size_t i = 0; i < player->bed_count; i++) {
		struct player_bed *bed = &player->beds[i];

		watch_destroy(bed->watch);
		bed->watch = make_watch(player, bed);
		fold_kept(player, bed);
		watch_resume(bed->watch, stopped, player->now);
		for (size_t j = 0; j < bed->monitor_count; j++)
			while (bed->monitors[j].next_poll.ms < player->now.ms)
				bed->monitors[j].next_poll = instant_add(bed->monitors[j].next_poll, bed->monitors[j].device->cadence);
	}
}

static struct outcome
play_other(struct player *player, const struct scenario_line *line)
{
	if (line->word_count < 2)
		return outcome_fail("line %d: nothing happens", line->number);
	if (strcmp(line->words[1], "end") == 0)
		return outcome_ok();
	if (strcmp(line->words[1], "restart") == 0 && line->word_count > 2) {
		restart(player, duration_ms((int64_t)(strtod(line->words[2], NULL) * 1000)));
		return outcome_ok();
	}
	if (strcmp(line->words[1], "clock") == 0)
		return outcome_ok(); /* The wall clock is not the bed's: its rule is the program's own (R25). */
	return player_act(player, line);
}

enum { INSTANT_LINES = 512 };

static struct outcome
play_instant(struct player *player, size_t from, size_t to)
{
	bool done[INSTANT_LINES] = { false };
	struct outcome played = outcome_ok();

	assert(to - from <= INSTANT_LINES);
	for (size_t i = 0; i < player->bed_count && to == from; i++)
		for (size_t j = 0; j < player->beds[i].monitor_count; j++)
			if (take_due_poll(player, &player->beds[i].monitors[j]))
				poll(player, &player->beds[i], &player->beds[i].monitors[j], true, NULL);
	/* Monitors that no line of this instant names are polled before the lines. */
	for (size_t i = 0; i < player->bed_count && to > from; i++)
		for (size_t j = 0; j < player->beds[i].monitor_count; j++) {
			struct monitor *monitor = &player->beds[i].monitors[j];
			bool named = false;

			for (size_t k = from; k < to; k++) {
				struct player_bed *bed;
				size_t first;

				named |= monitor_of_line(player, &player->scenario->lines[k], &bed, &first) == monitor;
			}
			if (!named && take_due_poll(player, monitor))
				poll(player, &player->beds[i], monitor, true, NULL);
		}
	for (size_t i = from; i < to && played.ok; i++) {
		struct player_bed *bed;
		size_t first;
		struct monitor *monitor = monitor_of_line(player, &player->scenario->lines[i], &bed, &first);

		if (done[i - from])
			continue;
		played = monitor != NULL ? play_monitor(player, bed, monitor, i, to, done + (i - from))
					 : play_other(player, &player->scenario->lines[i]);
	}
	return played;
}

static const char *const state_names[] = { "unknown", "fresh", "ageing", "stale", "off" };

/* The bed of a discharged session is free again; the session itself is discharged. */
static enum phase
phase_now(struct player *player)
{
	enum phase phase = watch_session(player_session_bed(player)->watch)->phase;

	for (size_t i = 0; phase == PHASE_NONE && i < player->kept_count; i++)
		if (player->kept[i].event.type == EVENT_DISCHARGED)
			phase = PHASE_DISCHARGED;
	return phase;
}

static bool
vital_is(struct player *player, const char *name, const char *wanted)
{
	enum vital vital;
	struct vital_view view;

	if (!vital_from_name(name, &vital))
		return false;
	view = watch_vital(player_session_bed(player)->watch, vital, player->now);
	return strcmp(state_names[view.state], wanted) == 0 || strcmp(quality_name(view.quality), wanted) == 0;
}

static bool
group_sounds(struct player *player, const char *text)
{
	struct watch *watch = player_session_bed(player)->watch;
	struct alarm_group group;

	for (size_t i = 0; alarm_group_from_text(text, &group) && i < watch_alarm_count(watch); i++)
		if (alarm_group_equal(&watch_alarm_at(watch, i)->group, &group) &&
		    watch_alarm_sounds(watch, watch_alarm_at(watch, i)))
			return true;
	return false;
}

/* Asked after everything of its instant. */
static bool
is_query(const struct scenario_line *line)
{
	return line->word_count > 2 && (strcmp(line->words[1], "sounding") == 0 || strcmp(line->words[1], "phase") == 0 ||
					   strcmp(line->words[1], "vital") == 0);
}

static void
answer_query(struct player *player, const struct scenario_line *line)
{
	bool holds = false;

	if (strcmp(line->words[1], "phase") == 0)
		holds = strcmp(phase_name(phase_now(player)), line->words[2]) == 0;
	else if (line->word_count > 3 && strcmp(line->words[1], "vital") == 0)
		holds = vital_is(player, line->words[2], line->words[3]);
	else if (line->word_count > 3)
		holds = group_sounds(player, line->words[2]) == (strcmp(line->words[3], "yes") == 0);
	if (!holds)
		player_complain(player, line->number, "is not so: %s", line->text);
}

static struct instant
next_instant(const struct player *player, size_t line, size_t query)
{
	struct instant next = INSTANT_NEVER;

	if (line < player->scenario->line_count)
		next = player->scenario->lines[line].at;
	if (query < player->scenario->expected_count)
		next = instant_earlier(next, player->scenario->expected[query].at);
	for (size_t i = 0; i < player->bed_count; i++)
		for (size_t j = 0; j < player->beds[i].monitor_count; j++)
			next = instant_earlier(next, player->beds[i].monitors[j].next_poll);
	return next;
}

/* The next query at or after an index; expected alarm lines are not queries. */
static size_t
skip_to_query(const struct scenario *scenario, size_t index)
{
	while (index < scenario->expected_count && !is_query(&scenario->expected[index]))
		index++;
	return index;
}

static struct outcome
play_all(struct player *player)
{
	const struct scenario *scenario = player->scenario;
	struct instant end = scenario->lines[scenario->line_count - 1].at;
	size_t line = 0, query = skip_to_query(scenario, 0);
	struct outcome played = outcome_ok();

	while (played.ok) {
		struct instant next = next_instant(player, line, query);
		size_t to = line;

		if (next.ms > end.ms)
			break;
		player->now = instant_later(next, player->now);
		while (to < scenario->line_count && scenario->lines[to].at.ms <= player->now.ms)
			to++;
		played = play_instant(player, line, to);
		line = to;
		while (query < scenario->expected_count && scenario->expected[query].at.ms <= player->now.ms) {
			let_all_pass(player, instant_add(player->now, duration_ms(1)));
			answer_query(player, &scenario->expected[query]);
			query = skip_to_query(scenario, query + 1);
		}
	}
	let_all_pass(player, instant_add(end, duration_ms(1)));
	return played;
}

static void
print_trace(struct player *player, FILE *out)
{
	for (size_t i = 1; i < player->trace_count && !player->whole_trace; i++)
		for (size_t j = i; j > 0; j--) {
			struct traced_line *a = &player->trace[j - 1], *b = &player->trace[j];
			struct traced_line held = *a;

			if (a->at.ms < b->at.ms || (a->at.ms == b->at.ms && a->rank <= b->rank))
				break;
			*a = *b;
			*b = held;
		}
	for (size_t i = 0; i < player->trace_count; i++)
		fprintf(out, "%s\n", player->trace[i].text);
}

struct outcome
scenario_play(const struct scenario *scenario, bool whole_trace, FILE *out, FILE *complaints, int *ret_complaints)
{
	struct player player = { .scenario = scenario, .whole_trace = whole_trace, .complaints = complaints };
	struct outcome played = outcome_ok();

	player.regimens[0] = &scenario->regimen;
	if (scenario->line_count == 0)
		return outcome_fail("nothing happens in it");
	player.now = scenario->lines[0].at;
	open_first_bed(&player);
	open_second_beds(&player);
	played = play_all(&player);
	print_trace(&player, out);
	for (size_t i = 0; i < player.bed_count; i++)
		watch_destroy(player.beds[i].watch);
	free(player.kept);
	free(player.trace);
	*ret_complaints = player.complaint_count;
	return played;
}
