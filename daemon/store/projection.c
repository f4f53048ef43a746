#include "daemon/store/projection.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "daemon/base/utf8.h"
#include "daemon/store/file.h"

void
session_columns_of(const struct session *session, struct session_columns *ret_columns)
{
	*ret_columns = (struct session_columns){
		.id = session->id,
		.phase = session->phase,
		.started = session->started,
		.dose_started = session->clock.started,
		.ended = session->ended,
		.weight_g = session->plan.weight_g,
		.dose_ug = session->plan.dose_ug,
		.volume_ul = session->plan.volume_ul,
		.planned_ms = session->plan.planned.ms,
		.run_ms = session->clock.run.ms,
		.unverified = session->clock.unverified,
		.aborted = session->aborted,
	};
	snprintf(ret_columns->subject, sizeof(ret_columns->subject), "%s", session->subject);
	snprintf(ret_columns->bed, sizeof(ret_columns->bed), "%s", session->bed);
	snprintf(ret_columns->regimen, sizeof(ret_columns->regimen), "%s", session->regimen);
	utf8_mend(ret_columns->subject);
	utf8_mend(ret_columns->bed);
	utf8_mend(ret_columns->regimen);
}

/* The worst value toward each side, in words. */
static void
describe_worst(const struct alarm *alarm, char text[static WORST_CAP])
{
	size_t used = 0;
	char value[16];

	text[0] = '\0';
	for (int vital = 0; vital < VITAL_COUNT; vital++)
		for (int side = 0; side < SIDE_COUNT && used < WORST_CAP; side++) {
			if (alarm->worst_milli[vital][side] == ALARM_NO_VALUE)
				continue;
			milli_to_text(alarm->worst_milli[vital][side], value, sizeof(value));
			used += (size_t)snprintf(text + used, WORST_CAP - used, "%s%s %s %s", used > 0 ? ", " : "",
			    vital_info((enum vital)vital)->name, side_name((enum side)side), value);
		}
}

void
alarm_columns_of(const struct alarm *alarm, const char *bed, struct alarm_columns *ret_columns)
{
	*ret_columns = (struct alarm_columns){
		.id = alarm->id,
		.session_id = alarm->session,
		.state = alarm->state,
		.priority = alarm->priority,
		.peak = alarm->peak,
		.revision = alarm->revision,
		.returns = alarm->returns,
		.started = alarm->started,
		.ended = alarm->ended,
		.acknowledged_at = alarm->acknowledged_at,
		.standing = alarm->standing,
	};
	snprintf(ret_columns->bed, sizeof(ret_columns->bed), "%s", bed);
	alarm_group_to_text(&alarm->group, ret_columns->group);
	snprintf(ret_columns->acknowledged_by, NAME_CAP, "%s", alarm->acknowledged_by);
	snprintf(ret_columns->note, ALARM_NOTE_CAP, "%s", alarm->acknowledge_note);
	snprintf(ret_columns->sentence, SENTENCE_CAP, "%s", alarm->sentence);
	describe_worst(alarm, ret_columns->worst);
	utf8_mend(ret_columns->bed);
	utf8_mend(ret_columns->group);
	utf8_mend(ret_columns->acknowledged_by);
	utf8_mend(ret_columns->note);
	utf8_mend(ret_columns->sentence);
}

static struct outcome
prepare_for_table(sqlite3 *db, const char *format, const char *table, sqlite3_stmt **ret_statement)
{
	char *sql = sqlite3_mprintf(format, table);
	struct outcome done = sql != NULL ? file_prepare(db, sql, ret_statement) : outcome_fail("out of memory for the record");

	sqlite3_free(sql);
	return done;
}

struct outcome
projector_init(struct projector *projector, sqlite3 *db, const char *session_table, const char *alarm_table)
{
	struct outcome done = prepare_for_table(db,
	    "INSERT OR REPLACE INTO %s VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14,?15,?16)", session_table,
	    &projector->put_session);

	if (done.ok)
		done = prepare_for_table(db,
		    "INSERT OR REPLACE INTO %s VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14,?15,?16,?17,?18)", alarm_table,
		    &projector->put_alarm);
	return done;
}

void
projector_finish(struct projector *projector)
{
	sqlite3_finalize(projector->put_session);
	sqlite3_finalize(projector->put_alarm);
	*projector = (struct projector){ NULL, NULL };
}

/* Binds columns one after the other. */
struct binder {
	sqlite3_stmt *statement;
	int column;
};

static void
bind_integer(struct binder *binder, int64_t value)
{
	sqlite3_bind_int64(binder->statement, ++binder->column, value);
}

static void
bind_text(struct binder *binder, const char *text)
{
	sqlite3_bind_text(binder->statement, ++binder->column, text, -1, SQLITE_STATIC);
}

static void
bind_instant(struct binder *binder, struct instant at)
{
	if (instant_is_known(at))
		bind_integer(binder, at.ms);
	else
		sqlite3_bind_null(binder->statement, ++binder->column);
}

struct outcome
projector_put_session(struct projector *projector, int64_t seq, const struct session_columns *columns)
{
	struct binder binder = { projector->put_session, 0 };

	bind_integer(&binder, columns->id);
	bind_integer(&binder, seq);
	bind_text(&binder, columns->subject);
	bind_text(&binder, columns->bed);
	bind_text(&binder, columns->regimen);
	bind_text(&binder, phase_name(columns->phase));
	bind_instant(&binder, columns->started);
	bind_instant(&binder, columns->dose_started);
	bind_instant(&binder, columns->ended);
	bind_integer(&binder, columns->weight_g);
	bind_integer(&binder, columns->dose_ug);
	bind_integer(&binder, columns->volume_ul);
	bind_integer(&binder, columns->planned_ms);
	bind_integer(&binder, columns->run_ms);
	bind_integer(&binder, columns->unverified);
	bind_integer(&binder, columns->aborted);
	return file_step(projector->put_session);
}

struct outcome
projector_put_alarm(struct projector *projector, int64_t seq, const struct alarm_columns *columns)
{
	struct binder binder = { projector->put_alarm, 0 };

	bind_integer(&binder, columns->id);
	bind_integer(&binder, seq);
	bind_integer(&binder, columns->session_id);
	bind_text(&binder, columns->bed);
	bind_text(&binder, columns->group);
	bind_text(&binder, alarm_state_name(columns->state));
	bind_text(&binder, priority_name(columns->priority));
	bind_text(&binder, priority_name(columns->peak));
	bind_integer(&binder, columns->revision);
	bind_instant(&binder, columns->started);
	bind_instant(&binder, columns->ended);
	bind_instant(&binder, columns->acknowledged_at);
	bind_text(&binder, columns->acknowledged_by);
	bind_text(&binder, columns->note);
	bind_integer(&binder, columns->returns);
	bind_integer(&binder, columns->standing);
	bind_text(&binder, columns->worst);
	bind_text(&binder, columns->sentence);
	return file_step(projector->put_alarm);
}
