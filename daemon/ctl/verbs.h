/* The verbs of infusionctl: one table, a row each, from which the command line
 * is read, the help is printed and the bodies of acts are made. Private to
 * daemon/ctl. */
#ifndef INFUSIOND_CTL_VERBS_H
#define INFUSIOND_CTL_VERBS_H

#include "daemon/ctl/client.h"
#include "daemon/ctl/table.h"

enum { OPTIONS_MOST = 14, LIST_MOST = 16 };

enum option_kind {
	OPTION_TEXT,
	OPTION_NUMBER,
	OPTION_FLAG,    /* stands alone */
	OPTION_CONFIRM, /* VITAL=VALUE, or "none" */
	OPTION_ITEMS,   /* 1,3,4, or "none" */
	OPTION_TIME,    /* 10:02 by the clinic's clock, or a whole UTC time */
	OPTION_QUERY,   /* goes after the '?' of a question */
	OPTION_LIST,    /* may be given again and again; means something here only */
	OPTION_LOCAL    /* means something here only */
};

struct option {
	const char *name;  /* without the dashes; NULL ends the list */
	const char *key;   /* as the API calls it */
	enum option_kind kind;
	const char *value; /* what stands for its value in the help; NULL: none */
	const char *help;
};

struct arguments;

struct verb {
	const char *name;    /* "sessions start" */
	const char *target;  /* "BED", "SESSION", "ALARM"; NULL: none */
	const char *summary; /* one line */
	const char *route;   /* TARGET stands for the target */
	int (*run)(const struct arguments *arguments); /* an exit code */
	struct option options[OPTIONS_MOST];
};

/* What stood on the command line. */
struct arguments {
	struct client client;
	bool json, help;
	struct style style;
	const struct verb *verb;
	const char *group;  /* first word of several verbs, to be helped with; NULL: none */
	const char *target; /* NULL when the verb has none */
	const char *list[LIST_MOST]; /* of the verb's OPTION_LIST, in order */
	size_t list_count;
	const char *values[OPTIONS_MOST]; /* by the verb's options; NULL: not given; "": a flag */
};

/* Every verb. */
size_t verb_count(void);
const struct verb *verb_at(size_t index);

/* The value of an option of the verb; NULL when it was not given. */
const char *arguments_value(const struct arguments *arguments, const char *name);

/* Reads the command line; false when it is wrong, which was then said on stderr. `help VERB` and --help set `help`,
 * with `verb` NULL for the whole or, with `group`, for the verbs of a group. */
bool arguments_read(struct arguments *arguments, int argc, char **argv);

/* The route with the target in it, and the options that go after the '?'. False when it does not fit. */
bool arguments_path(const struct arguments *arguments, char *path, size_t cap);

/* help.c */
void help_print(FILE *out);
void help_print_verb(FILE *out, const struct verb *verb);
void help_print_group(FILE *out, const char *group);
bool help_has_group(const char *word); /* "sessions", "user": verbs of two words begin with it */

/* acts.c, read.c, watch.c: what the verbs do. */
int run_act(const struct arguments *arguments);
int run_preview(const struct arguments *arguments);
int run_reload(const struct arguments *arguments);
int run_beds(const struct arguments *arguments);
int run_status(const struct arguments *arguments);
int run_alarms(const struct arguments *arguments);
int run_lines(const struct arguments *arguments);
int run_regimens(const struct arguments *arguments);
int run_sessions(const struct arguments *arguments);
int run_session(const struct arguments *arguments);
int run_readings(const struct arguments *arguments);
int run_coverage(const struct arguments *arguments);
int run_export(const struct arguments *arguments);
int run_verify(const struct arguments *arguments);
int run_watch(const struct arguments *arguments);

/* access.c: accounts and log-ins. */
int run_login(const struct arguments *arguments);
int run_logout(const struct arguments *arguments);
int run_password(const struct arguments *arguments);
int run_user_list(const struct arguments *arguments);
int run_user_password(const struct arguments *arguments); /* also makes one */

/* tls.c */
int run_tls_init(const struct arguments *arguments);

/* bench.c: the verbs that need no daemon. */
int run_monitor_check(const struct arguments *arguments);
int run_monitor_plan(const struct arguments *arguments);
int run_monitor_probe(const struct arguments *arguments);
int run_monitor_capture(const struct arguments *arguments);
int run_monitor_replay(const struct arguments *arguments);
int run_monitor_simulate(const struct arguments *arguments);
bool verb_is_of_bench(const struct verb *verb);

/* completion.c */
int run_completion(const struct arguments *arguments);

/* The body of an act as its options make it; NULL, and it was said, when one is wrong. New reference. */
json_t *act_body(const struct arguments *arguments);

/* Posts an act's body, which is taken, and says what it came to. NULL: what is wrong was said. */
int act_send(const struct arguments *arguments, json_t *body);

/* Says a refusal on stderr in the daemon's words, but what the API calls a field as the verb's option is called. */
void refusal_say(const struct arguments *arguments, const struct response *response);

/* Gets a path; what is not 200 is said on stderr. EXIT_DONE: the response is there, and the caller's to finish. */
int read_path(const struct arguments *arguments, const char *path, struct response *ret_response);

#endif
