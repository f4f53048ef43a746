/* The tables that people query, as a fold over events: the last snapshot of
 * each session and alarm. The same columns are written with each event and
 * rebuilt from stored ones, so that rebuilding proves them. Store-private but
 * for store_rebuild_projections. */
#ifndef INFUSIOND_STORE_PROJECTION_H
#define INFUSIOND_STORE_PROJECTION_H

#include <sqlite3.h>

#include "daemon/base/outcome.h"
#include "daemon/clinical/alarm.h"
#include "daemon/clinical/session.h"

enum { WORST_CAP = 128, GROUP_CAP = 64 };

struct session_columns {
	int64_t id;
	char subject[SUBJECT_CAP], bed[NAME_CAP], regimen[NAME_CAP];
	enum phase phase;
	struct instant started, dose_started, ended;
	int64_t weight_g, dose_ug, volume_ul, planned_ms, run_ms;
	bool unverified, aborted;
};

struct alarm_columns {
	int64_t id, session_id;
	char bed[NAME_CAP], group[GROUP_CAP];
	enum alarm_state state;
	enum priority priority, peak;
	int64_t revision, returns;
	struct instant started, ended, acknowledged_at;
	char acknowledged_by[NAME_CAP], note[ALARM_NOTE_CAP];
	bool standing;
	char worst[WORST_CAP]; /* "systolic high 184, mean high 130" */
	char sentence[SENTENCE_CAP];
};

void session_columns_of(const struct session *session, struct session_columns *ret_columns);
void alarm_columns_of(const struct alarm *alarm, const char *bed, struct alarm_columns *ret_columns);

/* Statements that put rows into the tables of these names, replacing what they held of the same id. */
struct projector {
	sqlite3_stmt *put_session, *put_alarm;
};

struct outcome projector_init(struct projector *projector, sqlite3 *db, const char *session_table,
    const char *alarm_table);
void projector_finish(struct projector *projector); /* a zeroed one too */
struct outcome projector_put_session(struct projector *projector, int64_t seq, const struct session_columns *columns);
struct outcome projector_put_alarm(struct projector *projector, int64_t seq, const struct alarm_columns *columns);

/* A fold over stored events, one by one in order: notes which is the last of each session and alarm, and
 * each signature. */
struct fold {
	sqlite3 *db;
	sqlite3_stmt *note;
};

struct outcome fold_init(struct fold *fold, sqlite3 *db); /* makes temporary tables on this connection */
void fold_finish(struct fold *fold);                      /* a zeroed one too */
struct outcome fold_note(struct fold *fold, int64_t seq, const char *type, int64_t session_id, int64_t alarm_id,
    const char *body);

/* Fills three tables with what the noted events come to. */
struct outcome fold_fill(struct fold *fold, const char *session_table, const char *alarm_table, const char *signature_table);

/* Compares the stored projections with the noted events; `ret_finding` names the first row that differs and is empty
 * when none does. */
struct outcome fold_compare(struct fold *fold, char *ret_finding, size_t cap);

/* Drops the projections of a file that no daemon has open and writes them again from its events. */
struct outcome store_rebuild_projections(const char *path);

#endif
