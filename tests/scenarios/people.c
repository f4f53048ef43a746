/* Act lines of a scenario. */
#include "daemon/clinical/watch_state.h"
#include "tests/scenarios/player.h"

#include <stdlib.h>
#include <string.h>

/* The words of an act without their tail ("refused", "by ROLE"). */
struct act_words {
	const char *const *words;
	size_t count;
	bool refused;
};

static struct outcome
cut_tail(const struct scenario_line *line, struct act *act, struct act_words *ret_words)
{
	struct act_words words = { .words = line->words + 1, .count = line->word_count - 1 };

	if (words.count > 1 && strcmp(words.words[words.count - 1], "refused") == 0) {
		words.refused = true;
		words.count--;
	}
	if (words.count > 2 && strcmp(words.words[words.count - 2], "by") == 0) {
		if (!role_from_name(words.words[words.count - 1], &act->who.role))
			return outcome_fail("line %d: '%s' is no role", line->number, words.words[words.count - 1]);
		words.count -= 2;
	}
	*ret_words = words;
	return outcome_ok();
}

static const char *
word(const struct act_words *words, size_t index)
{
	return index < words->count ? words->words[index] : "";
}

static void
set_reason(struct act *act, const char *text)
{
	snprintf(act->reason, sizeof(act->reason), "%s", text);
}

static bool
parse_start(struct player *player, const struct act_words *words, struct act *act)
{
	(void)player;
	if (!milli_from_text(word(words, 1), &act->weight_g) || strcmp(word(words, 2), "kg") != 0)
		return false;
	snprintf(act->regimen, sizeof(act->regimen), "%s", player->scenario->regimen.name);
	act->unusual_confirmed = strcmp(word(words, 3), "confirmed") == 0;
	return true;
}

/* "dose", "dose override REASON", "stop abort REASON", "discharge override REASON" */
static bool
parse_flagged(struct player *player, const struct act_words *words, struct act *act)
{
	(void)player;
	if (words->count == 1)
		return true;
	if (strcmp(word(words, 1), "override") == 0) {
		act->override = true;
		if (act->kind == ACT_DOSE && act->who.role == ROLE_NURSE)
			act->who.role = ROLE_PRESCRIBER;
	} else if (strcmp(word(words, 1), "abort") == 0) {
		act->abort = true;
	} else {
		return false;
	}
	set_reason(act, word(words, 2));
	return true;
}

static bool
parse_reason(struct player *player, const struct act_words *words, struct act *act)
{
	(void)player;
	set_reason(act, word(words, 1));
	return true;
}

/* The open alarm of a group: the active one, else the latched one that ended last. */
static const struct alarm *
find_group(struct player *player, const char *text)
{
	struct watch *watch = player_session_bed(player)->watch;
	const struct alarm *found = NULL;
	struct alarm_group group;

	if (!alarm_group_from_text(text, &group))
		return NULL;
	for (size_t i = 0; i < watch_alarm_count(watch); i++) {
		const struct alarm *alarm = watch_alarm_at(watch, i);

		if (alarm_group_equal(&alarm->group, &group) &&
		    (found == NULL || alarm->state == ALARM_ACTIVE ||
			(found->state == ALARM_LATCHED && instant_before(found->ended, alarm->ended))))
			found = alarm;
	}
	return found;
}

static bool
parse_ack(struct player *player, const struct act_words *words, struct act *act)
{
	const struct alarm *alarm = find_group(player, word(words, 1));

	if (alarm != NULL) {
		act->alarm = alarm->id;
		act->revision = alarm->revision;
	}
	for (size_t i = 2; i + 1 < words->count; i += 2) {
		if (strcmp(word(words, i), "recheck") == 0)
			act->recheck = duration_min(strtol(word(words, i + 1), NULL, 10));
		else if (strcmp(word(words, i), "seen") == 0)
			act->revision = (int32_t)strtol(word(words, i + 1), NULL, 10);
		else
			return false;
	}
	return true;
}

static bool
parse_pause_audio(struct player *player, const struct act_words *words, struct act *act)
{
	(void)player;
	if (words->count > 1)
		act->audio_pause = duration_s(strtol(word(words, 1), NULL, 10));
	return true;
}

static bool
parse_limit(struct player *player, const struct act_words *words, struct act *act)
{
	(void)player;
	set_reason(act, word(words, 3));
	return limit_key_from_text(word(words, 1), &act->vital, &act->side, &act->tier).ok &&
	       milli_from_text(word(words, 2), &act->milli);
}

static bool
parse_manual(struct player *player, const struct act_words *words, struct act *act)
{
	int systolic, mean, diastolic;

	(void)player;
	if (sscanf(word(words, 1), "%d/%d/%d", &systolic, &mean, &diastolic) != 3)
		return false;
	act->systolic_milli = systolic * 1000;
	act->mean_milli = mean * 1000;
	act->diastolic_milli = diastolic * 1000;
	return true;
}

static bool
parse_off(struct player *player, const struct act_words *words, struct act *act)
{
	char group[64];
	const struct alarm *alarm;

	snprintf(group, sizeof(group), "technical:%s", word(words, 2));
	alarm = find_group(player, group);
	act->alarm = alarm != NULL ? alarm->id : 0;
	set_reason(act, word(words, 3));
	return condition_id_from_text(word(words, 1), &act->condition);
}

static bool
parse_correct(struct player *player, const struct act_words *words, struct act *act)
{
	static const char *const names[] = { "dose-start", "pause", "resume", "stop" };

	(void)player;
	set_reason(act, word(words, 3));
	for (int i = 0; i < 4; i++)
		if (strcmp(word(words, 1), names[i]) == 0) {
			act->correction = (enum correction)i;
			return scenario_time_from_text(word(words, 2), &act->corrected_to);
		}
	return false;
}

static bool
parse_checklist(struct player *player, const struct act_words *words, struct act *act)
{
	act->checklist_done = (uint32_t)((1ULL << player->scenario->regimen.checklist_count) - 1);
	return strcmp(word(words, 1), "complete") == 0;
}

static bool
parse_weight(struct player *player, const struct act_words *words, struct act *act)
{
	return parse_start(player, words, act);
}

static bool
parse_move(struct player *player, const struct act_words *words, struct act *act)
{
	(void)player;
	snprintf(act->bed, sizeof(act->bed), "%s", word(words, 1));
	return words->count == 3;
}

static const struct {
	const char *word;
	enum act_kind kind;
	bool (*parse)(struct player *player, const struct act_words *words, struct act *act);
} people[] = {
	{ "start", ACT_START, parse_start },
	{ "dose", ACT_DOSE, parse_flagged },
	{ "pause", ACT_PAUSE, parse_flagged },
	{ "resume", ACT_RESUME, parse_flagged },
	{ "stop", ACT_STOP, parse_flagged },
	{ "discharge", ACT_DISCHARGE, parse_flagged },
	{ "decide", ACT_DECIDE, parse_reason },
	{ "review", ACT_REVIEW, parse_reason },
	{ "note", ACT_NOTE, parse_reason },
	{ "confirm-gap", ACT_CONFIRM_GAP, parse_reason },
	{ "confirm-time", ACT_CONFIRM_TIME, parse_reason },
	{ "weight", ACT_WEIGHT, parse_weight },
	{ "ack", ACT_ACKNOWLEDGE, parse_ack },
	{ "pause-audio", ACT_PAUSE_AUDIO, parse_pause_audio },
	{ "resume-audio", ACT_RESUME_AUDIO, parse_reason },
	{ "limit", ACT_LIMIT, parse_limit },
	{ "manual", ACT_MANUAL, parse_manual },
	{ "off", ACT_ALARM_OFF, parse_off },
	{ "correct", ACT_CORRECT, parse_correct },
	{ "checklist", ACT_CHECKLIST, parse_checklist },
	{ "move", ACT_MOVE, parse_move },
};

static struct outcome
do_act(struct player *player, const struct act_words *words, const struct act *act)
{
	struct player_bed *from = player_session_bed(player);

	if (act->kind == ACT_MOVE)
		return watch_move(from->watch, player_add_bed(player, act->bed, word(words, 2))->watch, player->now, act);
	return watch_act(from->watch, player->now, act);
}

struct outcome
player_act(struct player *player, const struct scenario_line *line)
{
	struct act act = {
		.who = { .name = "somebody", .role = ROLE_NURSE },
		.mean_milli = ALARM_NO_VALUE,
		.measured_at = INSTANT_UNKNOWN,
	};
	struct act_words words;
	struct outcome done = cut_tail(line, &act, &words);

	for (size_t i = 0; done.ok && i < sizeof(people) / sizeof(people[0]); i++) {
		if (strcmp(people[i].word, word(&words, 0)) != 0)
			continue;
		act.kind = people[i].kind;
		/* A person answers what their screen shows, which the time of this instant has already changed. */
		watch_open_step(player_session_bed(player)->watch, player->now);
		if (!people[i].parse(player, &words, &act))
			return outcome_fail("line %d: '%s' is not understood", line->number, line->text);
		done = do_act(player, &words, &act);
		if (done.ok == words.refused)
			player_complain(player, line->number, "%s: %s", words.refused ? "should have been refused" : "was refused",
			    words.refused ? line->text : done.why);
		return outcome_ok();
	}
	return done.ok ? outcome_fail("line %d: '%s' is nothing that people do", line->number, word(&words, 0)) : done;
}
