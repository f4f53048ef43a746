/* The API: HTTP and the live WebSocket through libwebsockets on our own loop,
 * served on a UNIX socket whose peer says who is asking, and on addresses for
 * browsers, where people log in. Everything that it
 * shows or does comes through a table of functions, since beds, lines and the
 * record live on other floors; it decides nothing clinical itself.
 * schema/openapi.yaml describes every route.
 *
 * All functions and callbacks: loop thread only. */
#ifndef INFUSIOND_WEB_WEB_H
#define INFUSIOND_WEB_WEB_H

#include <stdio.h>
#include <sys/types.h>
#include <uv.h>

#include "daemon/base/address.h"
#include "daemon/clinical/watch.h"
#include "daemon/web/accounts.h"

enum {
	WEB_BEDS = 64,
	WEB_CONNECTIONS = 192,       /* at once; one more is answered 503 and closed */
	WEB_REMOTE_CONNECTIONS = 160, /* of them over TCP, so that the socket is never starved */
	WEB_ADDRESSES = 8,
	WEB_BODY_MOST = 16 * 1024,   /* bytes of a request's body */
	WEB_PATIENT_CAP = NAME_CAP * 2,
	WEB_HEAD_CAP = 96
};

struct web;

/* A question that waits for its answer. It stays good when the client has gone: the answer then goes nowhere.
 * Every ticket is answered once; web_stop answers none. */
typedef uint64_t web_ticket;

/* Who may ask: one row an account. `uid` is the socket's peer; (uid_t)-1: an account that is only spoken for (`as`). */
struct web_person {
	uid_t uid;
	char name[NAME_CAP];
	enum role role;
	bool may_speak_for_others; /* a shared terminal: the act's `as` names who is acting */
};

/* The link of a device, by the line's own words. */
struct web_link {
	const char *state;    /* "up", "down", ...; "" when it has none */
	const char *reason;   /* why it is not up; "" when it is */
	struct instant since; /* UNKNOWN: never changed */
};

/* One bed; what is pointed to stays valid until the backend is next entered or returns to the loop. */
struct web_bed {
	const char *name, *label;
	const struct watch *watch;
	const char *patient; /* pseudonym of the session's subject; "" when there is none */
	struct web_link links[WATCH_DEVICES]; /* in the order of watch_device_at */
};

enum { WEB_LINE_MONITORS = 64, WEB_LINE_RESULTS = 8 };

/* A monitor on a line. */
struct web_line_monitor {
	const char *name, *label, *bed; /* bed "": it stands at none */
	int unit;
	struct duration cadence, round; /* round: what all its reads take, predicted; 0 over TCP */
	uint64_t valid, misses;
};

/* One wire, for the engineer. */
struct web_line {
	const char *name, *kind;
	char where[160];                /* "192.0.2.10:502", "/dev/serial/by-id/... 9600 8N1" */
	struct web_link link;
	bool hung;
	int load_permille;              /* predicted; 0 over TCP */
	struct duration worst_age;
	uint64_t replies, retried;
	struct web_line_error {
		const char *kind;
		uint64_t count;
	} errors[WEB_LINE_RESULTS];
	size_t error_count;
	int64_t p50_us, p90_us, p99_us, most_us;
	struct web_line_monitor monitors[WEB_LINE_MONITORS];
	size_t monitor_count;
};

/* The program as a whole. */
struct web_station {
	const char *clinic, *version;
	struct instant now;                /* as the watches were last advanced to */
	struct instant started;            /* of the program */
	int64_t wall_offset_ms;            /* host's clock minus our timeline (R25) */
	bool wall_synchronised;
	int utc_offset_min;                /* the clinic's zone, for clock times in sentences */
	struct duration store_lag;         /* how long the oldest uncommitted item has waited */
	const char *store_trouble;         /* why writing fails; "" when it does not */
	uint64_t store_dropped;
	struct instant unwatched_from, unwatched_to; /* the last time nobody watched; UNKNOWN: never */
	size_t alarm_count;                /* the program's own open alarms: station_alarm_at below */
};

/* What an act is aimed at; the other fields of the target are empty or 0. */
enum web_target { WEB_TARGET_BED, WEB_TARGET_SESSION, WEB_TARGET_ALARM, WEB_TARGET_ACCOUNT, WEB_TARGET_CONFIGURATION };

/* A person's act, checked for form and role. Who acts is act.who. */
enum { WEB_CONTENT = 16 };
struct web_act {
	enum web_target target;
	char bed[NAME_CAP];  /* a bed that exists */
	int64_t session;     /* not looked up: the backend refuses an unknown or ended one with 404 or 409 */
	int64_t alarm;       /* the same; equals act.alarm */
	char account[NAME_CAP]; /* for the daemon's own use: the API tells of accounts by account_changed */
	char patient[WEB_PATIENT_CAP]; /* start: the pseudonym, "" when not given; act.subject is left empty */
	struct act act;      /* start: an empty regimen asks for the default one; move: act.bed exists */
	unsigned char content[WEB_CONTENT]; /* the sum of what was asked, to tell a repeat from another act with its id; zeros: not known */
};

/* Reading the configuration anew: who asked for it. */
struct web_reload {
	struct actor who;
	char act_id[ACT_ID_CAP], reason[REASON_CAP];
};

/* A setting that differs from what was in force. */
enum web_change_kind { WEB_ADDED, WEB_CHANGED, WEB_REMOVED, WEB_WAITING /* for the next start */, WEB_CHANGE_KIND_COUNT };
struct web_change {
	enum web_change_kind kind;
	char key[64], old_value[64], new_value[64]; /* as the record has them */
};

/* What an act came to, once it is on disk. */
struct web_done {
	int64_t session, alarm; /* 0: none */
	const char *bed;        /* where it was done; "" none */
	const char *text;       /* one sentence for people */
	bool repeated;          /* this act_id was done before: nothing was done again */
	const struct web_change *changes; /* of a reload; NULL when repeated: the record has them */
	size_t change_count;
};

enum web_query_kind {
	WEB_QUERY_SESSIONS,
	WEB_QUERY_SESSION,
	WEB_QUERY_EVENTS,
	WEB_QUERY_ALARMS,
	WEB_QUERY_READINGS,
	WEB_QUERY_COVERAGE,
	WEB_QUERY_EXPORT_CSV,
	WEB_QUERY_VERIFY,
	WEB_QUERY_CHART,
	WEB_QUERY_KIND_COUNT
};

/* A question to the record. */
struct web_query {
	enum web_query_kind kind;
	int64_t session;                 /* 0: not of one session */
	char bed[NAME_CAP], patient[WEB_PATIENT_CAP], regimen[NAME_CAP], state[16]; /* "": any; state: open, ended */
	char gap[8], unsigned_[8];       /* "": any; yes, no */
	char text[64];                   /* "": any; anywhere in id, patient, bed or regimen */
	char alarm[64];                  /* "": any; a priority (that or above) or a group */
	char vital[NAME_CAP];            /* readings; "": all */
	struct instant from, to;         /* UNKNOWN: open */
	int64_t limit, offset;           /* limit 0: the kind's most */
	int64_t step_s;                  /* chart; 0: not given */
	char head[WEB_HEAD_CAP];         /* verify: a kept head, "" none */
};

/* What became of an account, for the record: who did it, with whom, and one sentence. */
struct web_account_event {
	struct actor who; /* name empty: the program */
	char account[NAME_CAP];
	char old_value[64], new_value[64];
	char act_id[ACT_ID_CAP], reason[REASON_CAP];
	char text[SENTENCE_CAP];
};

/* What the daemon gives. None may call back into web except by the answers, which may come at once or later. */
struct web_backend {
	void *ctx;
	size_t (*bed_count)(void *ctx); /* at most WEB_BEDS; never changes */
	void (*bed_at)(void *ctx, size_t index, struct web_bed *ret_bed);
	void (*station)(void *ctx, struct web_station *ret_station);
	const struct alarm *(*station_alarm_at)(void *ctx, size_t index);
	/* What a session may be started with: the first is the default. At least one; none ever changes. */
	size_t (*regimen_count)(void *ctx);
	const struct regimen *(*regimen_at)(void *ctx, size_t index);
	/* Does the act and answers after its commit: web_answer_done or web_refuse. */
	void (*act)(void *ctx, const struct web_act *act, web_ticket ticket);
	/* Asks the record and answers: web_answer_text or web_refuse. */
	void (*query)(void *ctx, const struct web_query *query, web_ticket ticket);
	size_t (*line_count)(void *ctx);
	void (*line_at)(void *ctx, size_t index, struct web_line *ret_line);
	/* Puts on record what became of an account, and answers by web_answer_done after the commit; ticket 0: nobody waits. */
	void (*account_changed)(void *ctx, const struct web_account_event *event, web_ticket ticket);
	/* True when an act of this id was seen before: the ticket is answered, and nothing is to be done. */
	bool (*is_repeat)(void *ctx, const struct web_account_event *asked, web_ticket ticket);
	/* Takes up what differs in the configuration, and answers after the commit: web_answer_done or web_refuse_faults. */
	void (*reload)(void *ctx, const struct web_reload *asked, web_ticket ticket);
	/* Tells on this host, once, the password of the first account. */
	void (*tell_first)(void *ctx, const char *name, const char *password);
	/* Keeps accounts and log-ins. */
	struct accounts_keeper keeper;
	/* Writes further lines of /metrics (poll latencies, line counts); NULL: none. */
	void (*metrics)(void *ctx, FILE *out);
};

/* Where it is served, and who comes in. */
struct web_config {
	const char *socket_path;
	const struct web_person *people; /* whom the socket's peer may be */
	size_t person_count;
	const struct address *listen; /* for browsers; at most WEB_ADDRESSES */
	size_t listen_count;
	const char *certificate, *key; /* PEM files: TLS on every address; "" or NULL: plain */
	struct instant certificate_until; /* for /metrics */
	const struct account *accounts; /* as they were kept; none, and addresses: the first admin is made */
	size_t account_count;
	const struct log_in *log_ins;
	size_t log_in_count;
	struct duration idle, longest; /* of a log-in that is not used, and of any */
};

/* Starts to serve the socket, mode 0660, and the addresses. A lock file "PATH.lock" is taken first, so that a second
 * instance is refused and takes nothing from the first; an address that somebody has is refused too. What `config`
 * points to is copied or read now; `backend` is copied, its ctx outlives web_stop. */
struct outcome web_create(uv_loop_t *loop, const struct web_config *config, const struct web_backend *backend,
    struct web **ret_web);

/* Stops accepting, closes every connection, the socket and the addresses, gives the lock back. Call it in the loop, run the loop until
 * it has nothing left, then call web_destroy. The backend is not entered any more. NULL is fine. */
void web_stop(struct web *web);

/* After the loop has run empty: frees what is left. NULL is fine. */
void web_destroy(struct web *web);

/* Something at this bed (index of bed_at) changed: its frame goes to every live client at the end of this turn of the
 * loop, the changes of one turn together. A slow client gets the newest frame only. */
void web_changed(struct web *web, size_t bed);

/* The program's own state changed. */
void web_changed_station(struct web *web);

/* Once a second: every frame is sent anew, and clients that have taken nothing for WEB_STALLED_MS are let go. */
void web_tick(struct web *web);
enum { WEB_STALLED_MS = 30000 };

/* Answers to a ticket. Texts are copied. */
void web_answer_done(struct web *web, web_ticket ticket, const struct web_done *done);
void web_answer_text(struct web *web, web_ticket ticket, const char *content_type, const char *text, size_t length);

/* 404: no such session or alarm; 409: refused by the rules or the state, with the rules' own sentence; 422: the question
 * itself is wrong; 503: the record cannot take or give it. */
void web_refuse(struct web *web, web_ticket ticket, int status, const char *sentence);

/* 409 with a sentence for each fault beside it. */
void web_refuse_faults(struct web *web, web_ticket ticket, const char *sentence, const char *const *faults, size_t count);

/* Live clients now, for the console alarm of R25 and for tests. */
size_t web_live_count(const struct web *web);

#endif
