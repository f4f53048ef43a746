/* The verbs of infusionctl. Private to daemon/ctl. */
#ifndef INFUSIOND_CTL_VERBS_H
#define INFUSIOND_CTL_VERBS_H

#include "daemon/ctl/client.h"
#include "daemon/ctl/table.h"

enum { OPTIONS_MOST = 32 };

/* What stood on the command line: words, and --name VALUE pairs (value NULL for a flag). */
struct arguments {
	struct client client;
	bool json;
	struct style style;
	const char *words[16];
	size_t word_count;
	const char *names[OPTIONS_MOST], *values[OPTIONS_MOST];
	size_t option_count;
};

/* The value of --name; NULL when it was not given. */
const char *argument(const struct arguments *arguments, const char *name);
bool argument_flag(const struct arguments *arguments, const char *name);

/* Each returns an exit code. */
int verb_watch(const struct arguments *arguments);
int verb_act(const struct arguments *arguments, const char *verb);

/* The verbs of acts, for --help. */
void acts_print_usage(FILE *out);
bool acts_know(const struct arguments *arguments);

#endif
