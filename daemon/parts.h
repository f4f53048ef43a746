/* The daemon's parts, shared by the files of this folder only. */
#ifndef INFUSIOND_DAEMON_PARTS_H
#define INFUSIOND_DAEMON_PARTS_H

#include "daemon/bed.h"
#include "daemon/clinical/own_state.h"
#include "daemon/clock.h"
#include "daemon/line/capture.h"
#include "daemon/web/web.h"

/* An act that is done and waits for its commit before it is answered (Promise 4). */
struct pending_act {
	struct pending_act *next;
	store_ticket until;
	web_ticket ticket;
	bool repeated; /* the answer to a repeat of the act before it */
	char act_id[ACT_ID_CAP];
	struct store_act done;
	struct web_change *changes; /* of a reload */
	size_t change_count;
};

/* Questions to the record: those that wait, in their order, and how many are being answered. */
struct questions {
	struct question *first, *last;
	size_t under_way;
};

/* What was asked under an act's id: somebody who heard nothing may change a value before they send it again. */
struct recent_act {
	char act_id[ACT_ID_CAP];
	unsigned char content[WEB_CONTENT];
};

enum { RELOADS_MOST = 256, SIGNALS = 3, RECENT_ACTS = 256 };

struct parts {
	const struct settings *settings; /* the newest; those before it live until the end, since drivers and beds hold on to them */
	const struct settings *standing; /* the start's, whose name, zone and regimens hold until the next one */
	struct settings *reloaded[RELOADS_MOST];
	size_t reload_count;
	uv_loop_t loop;
	bool loop_open, stopping;
	uv_signal_t signals[SIGNALS];
	struct daemon_clock *clock;
	struct store *store;
	struct line_hub *hub;
	struct line *lines[SETTINGS_LINES];
	size_t line_count;
	struct bed beds[SETTINGS_BEDS];
	size_t bed_count;
	const struct regimen *regimens[SETTINGS_REGIMENS];
	struct station *station;
	struct web *web;
	struct capture *capture;
	struct instant started, tick_due;
	struct instant wake_at; /* what the clock is set to */
	struct instant unwatched_from; /* when watching stopped before this start; UNKNOWN: never */
	/* Of the host's clock and the clinic's zone, once a second: every frame tells them. */
	int64_t wall_offset_ms;
	bool synchronised;
	int utc_offset_min;
	char store_trouble[256];
	struct pending_act *acts, **acts_end;
	struct recent_act recent[RECENT_ACTS]; /* ring */
	size_t next_recent;
	store_ticket appended; /* the last event's */
	char last_text[SENTENCE_CAP]; /* the sentence of the last one that somebody caused: what an act came to */
	struct questions questions;
	uint64_t polls_late;
	uint64_t last_tag; /* of a request */
};

/* telling.c: the way out of every event. */
void telling_take(void *ctx, const struct event *event);          /* of a bed, the station, an account */
void telling_committed(struct parts *parts, store_ticket ticket); /* tells the heads of sessions that have ended */
void telling_emit(struct parts *parts, struct event *event); /* of the program itself, now */
void telling_beds_changed(struct parts *parts);

/* waking.c: sets the clock to the next thing due. After answers only their beds are asked: what others want is known, and
 * to turn once too early does no harm. */
void waking_set(struct parts *parts);
void waking_set_for_answers(struct parts *parts);

/* polling.c: asks what is due, takes what comes. */
void polling_advance(struct parts *parts, struct instant now);
struct outcome polling_create_line(struct parts *parts, const struct line_settings *settings, struct line **ret_line);
void polling_take(void *ctx, const struct line_reply *reply);
/* After all that had come: when to turn next is asked once for many replies. */
void polling_taken(void *ctx);
/* R25: whether a line keeps its plan now; for lines whose monitors have changed. */
void polling_note_pace(struct parts *parts, const struct line *line, struct instant now);

/* commanding.c: cuffs that are started from here. */
void commanding_advance(struct parts *parts, struct instant now);
void commanding_advance_bed(struct parts *parts, struct bed *bed, struct instant now);
void commanding_take(struct bed *bed, struct bed_device *device, struct instant now, const struct line_reply *reply);

/* desk.c: acts from the API, and what it shows. */
struct web_backend desk_backend(struct parts *parts);

/* asking.c: questions from the API to the record. */
void asking_take(void *ctx, const struct web_query *asked, web_ticket ticket);
void asking_drop_waiting(struct parts *parts);

/* answers.c: an act that was done is answered when it is on disk; `bed` NULL: it concerns the program itself. */
void answers_wait(struct parts *parts, const struct web_act *asked, const struct bed *bed, web_ticket ticket);
/* The same for a reload; takes the changes over. */
struct reload_report;
void answers_wait_reload(struct parts *parts, const struct web_act *asked, struct reload_report *report, web_ticket ticket);
/* True when the act's id was seen before: the ticket is answered as the first was, and nothing is to be done. */
bool answers_repeat(struct parts *parts, const struct web_act *asked, web_ticket ticket);
void answers_committed(struct parts *parts, store_ticket ticket);
void answers_drop_all(struct parts *parts);

/* accounts.c: what is kept of accounts and log-ins, while it is handed over, and the API's way to it. */
struct kept_accounts {
	struct account *accounts;
	struct log_in *log_ins;
	size_t account_count, log_in_count;
};
struct outcome accounts_load(struct parts *parts, struct kept_accounts *ret_kept);
void accounts_forget(struct kept_accounts *kept);
struct accounts_keeper accounts_keeper(struct parts *parts);
void accounts_changed(void *ctx, const struct web_account_event *changed, web_ticket ticket);
bool accounts_repeat(void *ctx, const struct web_account_event *asked, web_ticket ticket);
void accounts_tell_first(void *ctx, const char *name, const char *password);

/* past.c: what the record says of open sessions and of the program's own alarms. */
struct past {
	struct parts *parts;
	struct alarm *station_alarms;
	size_t station_count;
	char lost_bed[NAME_CAP];
	char crowded_bed[NAME_CAP], crowded_out[NAME_CAP]; /* the monitor whose alarm stands there and has no place any more */
};
struct outcome past_restore(struct past *past);
void past_end_station_alarms(struct past *past);
void past_finish(struct past *past);

/* standing.c: R38, what differs from the last start is recorded with old, new and who. */
struct outcome standing_compare(struct parts *parts);
/* Adds what differs to the report, and records what is taken up; `asked` NULL: by the file's owner. */
void standing_reload(struct parts *parts, const struct settings *before, const struct settings *now,
    const struct web_reload *asked, struct reload_report *report);

/* reload.c: the configuration read anew. */
struct reload_report {
	char text[SENTENCE_CAP];    /* what came of it */
	struct web_change *changes; /* in the order of the configuration */
	size_t change_count;
	char **faults;              /* why nothing was changed, a sentence each with its place */
	size_t fault_count;
};
/* A failure is one sentence, and then nothing was changed; `asked` NULL: by a signal. The caller finishes the report. */
struct outcome reload_run(struct parts *parts, const struct web_reload *asked, struct reload_report *ret_report);
/* reload_ask.c */
void reload_on_signal(struct parts *parts);
void reload_ask(void *ctx, const struct web_reload *asked, web_ticket ticket); /* from the API */
/* reload_report.c */
/* One more reason for changing nothing, with its place. */
void reload_report_fault(struct reload_report *report, const char *file, const char *path, const char *sentence);
void reload_report_problem(struct reload_report *report, const struct problem *problem);
void reload_report_done(struct reload_report *report, size_t kept, size_t opened); /* monitors */
void reload_report_finish(struct reload_report *report);

/* wires.c: the lines from the API. */
size_t wires_count(void *ctx);
void wires_at(void *ctx, size_t index, struct web_line *ret_line);
void wires_metrics(void *ctx, FILE *out);

#endif
