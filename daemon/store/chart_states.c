/* What the snapshots of a session's events come to over time: each cuff that
 * was counted, the limits in force, the phases as corrected. */
#include "daemon/store/chart.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/clinical/event_json.h"
#include "daemon/store/file.h"

enum { BANDS_MOST = 64, KEY_CAP = sizeof(((struct event *)0)->subject) };

static const char states_sql[] =
	"SELECT seq, type, at_ms, body FROM event WHERE session_id = ?1 AND type IN ('session_started', 'baseline_set', "
	"'dose_started', 'paused', 'resumed', 'stopped', 'aborted', 'corrected', 'limit_changed', 'cuff_measured', 'moved', "
	"'discharged') ORDER BY seq";

/* A relative limit's rule as the configuration was when the session's event was written (R38). */
static const char rule_sql[] = "SELECT new_value FROM event WHERE type = 'configuration' AND subject = ?1 AND seq < ?2 "
			       "ORDER BY seq DESC LIMIT 1";

struct band {
	enum phase phase;
	struct instant from;
};

struct states {
	struct chart *chart;
	json_t *cuffs;
	json_t *steps[VITAL_COUNT][SIDE_COUNT][TIER_COUNT][2]; /* NULL: never in force */
	struct limit limits[VITAL_COUNT][SIDE_COUNT][TIER_COUNT][2]; /* as of the last step; [relative] */
	struct relative_rules rules;
	bool rules_read;
	struct band bands[BANDS_MOST];
	size_t band_count;
	struct session session; /* of the snapshot at hand */
	struct alarm alarm;
};

/* "percent 30, amount 40, floor 160", as the settings are put on record. */
static bool
rule_from_text(const char *text, struct relative_rule *ret_rule)
{
	char percent[16], amount[16], floor[16];
	struct relative_rule rule = { .set = true };

	if (sscanf(text, "percent %15[0-9.], amount %15[0-9.], floor %15[0-9.]", percent, amount, floor) != 3 ||
	    !milli_from_text(percent, &rule.percent_milli) || !milli_from_text(amount, &rule.rise_milli) ||
	    !milli_from_text(floor, &rule.floor_milli))
		return false;
	*ret_rule = rule;
	return true;
}

static struct outcome
read_rule(struct states *states, sqlite3_stmt *row, enum vital vital, enum side side, enum tier tier)
{
	char limit[64], key[KEY_CAP];
	bool found;
	struct outcome done;

	limit_key_to_text(vital, side, tier, limit);
	/* A key that is too long is on record as it was cut. */
	snprintf(key, sizeof(key), "regimen.%s.relative.%s", states->session.regimen, limit);
	sqlite3_bind_text(row, 1, key, -1, SQLITE_STATIC);
	done = file_next(row, &found);
	if (found)
		rule_from_text(file_text(row, 0), &states->rules.at[vital][side][tier]);
	sqlite3_reset(row);
	return done;
}

static struct outcome
read_rules(struct states *states, int64_t seq)
{
	sqlite3_stmt *row = NULL;
	struct outcome done = file_prepare(states->chart->db, rule_sql, &row);

	states->rules_read = true;
	sqlite3_bind_int64(row, 2, seq);
	for (int vital = 0; vital < VITAL_COUNT; vital++)
		for (int side = 0; side < SIDE_COUNT; side++)
			for (int tier = 0; done.ok && tier < TIER_COUNT; tier++)
				done = read_rule(states, row, (enum vital)vital, (enum side)side, (enum tier)tier);
	sqlite3_finalize(row);
	return done;
}

static struct limit
limit_in_force(const struct states *states, int vital, int side, int tier, bool relative)
{
	const struct session *session = &states->session;

	if (!relative)
		return session->limits.at[vital][side][tier];
	if (!session->relative_in_force || !session->baseline[vital].set)
		return (struct limit){ .set = false };
	return relative_limit(states->rules.at[vital][side][tier], (enum side)side, session->baseline[vital].milli);
}

static void
take_limit(struct states *states, int vital, int side, int tier, bool relative, struct instant at)
{
	struct limit *before = &states->limits[vital][side][tier][relative];
	struct limit now = limit_in_force(states, vital, side, tier, relative);
	json_t **steps = &states->steps[vital][side][tier][relative];

	if (now.set == before->set && (!now.set || now.milli == before->milli))
		return;
	*before = now;
	if (*steps == NULL)
		*steps = json_array();
	json_array_append_new(*steps, json_pack("[o, o]", chart_time(states->chart, at),
	    now.set ? chart_milli(now.milli) : json_null()));
}

static void
take_limits(struct states *states, struct instant at)
{
	for (int vital = 0; vital < VITAL_COUNT; vital++)
		for (int side = 0; side < SIDE_COUNT; side++)
			for (int tier = 0; tier < TIER_COUNT; tier++)
				for (int relative = 0; relative < 2; relative++)
					take_limit(states, vital, side, tier, relative != 0, at);
}

static void
take_cuff(struct states *states)
{
	const struct cuff_record *cuff = session_last_cuff(&states->session);

	if (cuff == NULL)
		return;
	json_array_append_new(states->cuffs, json_pack("[o, o, o, o, s, s]", chart_time(states->chart, cuff->measured_at),
	    chart_milli(cuff->systolic_milli), chart_milli(cuff->diastolic_milli), chart_milli(cuff->mean_milli),
	    quality_name(cuff->quality), cuff->manual ? source_name(SOURCE_MANUAL) : source_name(SOURCE_CUFF)));
}

/* A phase begins, or a correction has moved the beginning of the one at hand. */
static void
take_phase(struct states *states)
{
	const struct session *session = &states->session;
	struct band *last = states->band_count > 0 ? &states->bands[states->band_count - 1] : NULL;

	if (last != NULL && last->phase == session->phase)
		last->from = session->phase_since;
	else if (states->band_count < BANDS_MOST)
		states->bands[states->band_count++] = (struct band){ session->phase, session->phase_since };
	/* A correction of the drug's start moves the first infusion, in whichever phase it is made. */
	for (size_t i = 0; i < states->band_count; i++)
		if (states->bands[i].phase == PHASE_INFUSION) {
			states->bands[i].from = session->clock.started;
			break;
		}
}

static struct outcome
take_state(struct states *states, sqlite3_stmt *row)
{
	const struct instant at = { sqlite3_column_int64(row, 2) };
	const int64_t seq = sqlite3_column_int64(row, 0);
	bool has_session, has_alarm;
	struct outcome read = event_body_from_text(file_text(row, 3), &states->session, &has_session, &states->alarm,
	    &has_alarm);

	if (!read.ok || !has_session)
		return outcome_within(read, "event %lld", (long long)seq);
	if (states->session.relative_in_force && !states->rules_read)
		read = read_rules(states, seq);
	take_phase(states);
	if (states->session.phase != PHASE_DISCHARGED)
		take_limits(states, at);
	if (strcmp(file_text(row, 1), "cuff_measured") == 0)
		take_cuff(states);
	return read;
}

static json_t *
bands_to_json(const struct states *states)
{
	json_t *list = json_array();

	for (size_t i = 0; i < states->band_count; i++) {
		const struct band *band = &states->bands[i];

		if (!phase_is_watched(band->phase))
			continue;
		json_array_append_new(list, json_pack("{s:s, s:o, s:o}", "phase", phase_name(band->phase), "from_ms",
		    chart_time(states->chart, band->from), "to_ms",
		    i + 1 < states->band_count ? chart_time(states->chart, band[1].from) : json_null()));
	}
	return list;
}

static void
put_limit(json_t *list, int vital, int side, int tier, bool relative, json_t *steps)
{
	char key[64];

	limit_key_to_text((enum vital)vital, (enum side)side, (enum tier)tier, key);
	json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:s, s:b, s:o}", "limit", key, "vital",
	    vital_info((enum vital)vital)->name, "side", side_name((enum side)side), "tier", tier_name((enum tier)tier),
	    "relative", relative, "steps", steps));
}

static json_t *
limits_to_json(const struct states *states)
{
	json_t *list = json_array();

	for (int vital = 0; vital < VITAL_COUNT; vital++)
		for (int side = 0; side < SIDE_COUNT; side++)
			for (int tier = 0; tier < TIER_COUNT; tier++)
				for (int relative = 0; relative < 2; relative++)
					if (states->steps[vital][side][tier][relative] != NULL)
						put_limit(list, vital, side, tier, relative != 0,
						    states->steps[vital][side][tier][relative]);
	return list;
}

struct outcome
chart_put_states(struct chart *chart)
{
	struct states *states = calloc(1, sizeof(*states));
	sqlite3_stmt *row = NULL;
	struct outcome done = file_prepare(chart->db, states_sql, &row);
	int stepped = SQLITE_DONE;

	if (states == NULL) {
		sqlite3_finalize(row);
		return outcome_fail("out of memory for the chart");
	}
	states->chart = chart;
	states->cuffs = json_array();
	sqlite3_bind_int64(row, 1, chart->session);
	while (done.ok && (stepped = sqlite3_step(row)) == SQLITE_ROW)
		done = take_state(states, row);
	if (done.ok && stepped != SQLITE_DONE)
		done = outcome_fail("%s", sqlite3_errmsg(chart->db));
	sqlite3_finalize(row);
	json_object_set_new(chart->root, "cuffs", states->cuffs);
	json_object_set_new(chart->root, "limits", limits_to_json(states));
	json_object_set_new(chart->root, "phases", bands_to_json(states));
	free(states);
	return done;
}
