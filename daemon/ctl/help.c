/* --help, from the table of verbs. */
#include <string.h>

#include "daemon/ctl/verbs.h"

static const char head[] = "usage: infusionctl [--socket PATH | --url URL [--ca FILE]] [--as NAME] [--json] VERB ...\n";

static const char tail[] =
	"\n"
	"  --socket PATH   the daemon's socket (else INFUSIOND_SOCKET, else /run/infusiond/infusiond.sock)\n"
	"  --url URL       a daemon over the network, after a login (else INFUSIOND_URL where no socket is named)\n"
	"  --ca FILE       the authority that its certificate is of (else INFUSIOND_CA, else the system's)\n"
	"  --as NAME       who acts, at a shared terminal\n"
	"  --json          the daemon's own answer, for scripts\n"
	"\n"
	"infusionctl help VERB says what a verb takes. Exit status: 0 done; 1 refused by the daemon, or the record is not\n"
	"sound; 2 the command line is wrong; 3 the daemon cannot be reached, or gave no answer; 4 what was asked for could not\n"
	"be written here.\n";

static void
print_line(FILE *out, const struct verb *verb)
{
	char usage[64];

	snprintf(usage, sizeof(usage), "%s%s%s", verb->name, verb->target != NULL ? " " : "",
	    verb->target != NULL ? verb->target : "");
	fprintf(out, "  %-30s %s\n", usage, verb->summary);
}

static bool
is_of_access(const struct verb *verb)
{
	return strncmp(verb->name, "user ", 5) == 0 || strncmp(verb->name, "tls ", 4) == 0 || verb->run == run_login ||
	       verb->run == run_logout || verb->run == run_password;
}

void
help_print(FILE *out)
{
	fputs(head, out);
	fputs("\nReading:\n", out);
	for (size_t i = 0; i < verb_count(); i++)
		if (verb_at(i)->run != run_act && !verb_is_of_bench(verb_at(i)) && !is_of_access(verb_at(i)))
			print_line(out, verb_at(i));
	fputs("\nThe engineer's bench, without the daemon:\n", out);
	for (size_t i = 0; i < verb_count(); i++)
		if (verb_is_of_bench(verb_at(i)))
			print_line(out, verb_at(i));
	fputs("\nAccounts and log-ins:\n", out);
	for (size_t i = 0; i < verb_count(); i++)
		if (is_of_access(verb_at(i)))
			print_line(out, verb_at(i));
	fputs("\nActing, answered when it is on disk:\n", out);
	for (size_t i = 0; i < verb_count(); i++)
		if (verb_at(i)->run == run_act && !is_of_access(verb_at(i)))
			print_line(out, verb_at(i));
	fputs(tail, out);
}

static bool
is_of_group(const struct verb *verb, const char *group)
{
	size_t length = strlen(group);

	return strncmp(verb->name, group, length) == 0 && verb->name[length] == ' ';
}

bool
help_has_group(const char *word)
{
	for (size_t i = 0; i < verb_count(); i++)
		if (is_of_group(verb_at(i), word))
			return true;
	return false;
}

void
help_print_group(FILE *out, const char *group)
{
	fprintf(out, "usage: infusionctl %s ...\n\n", group);
	for (size_t i = 0; i < verb_count(); i++)
		if (is_of_group(verb_at(i), group))
			print_line(out, verb_at(i));
	fprintf(out, "\ninfusionctl help %s VERB says what one takes.\n", group);
}

void
help_print_verb(FILE *out, const struct verb *verb)
{
	fprintf(out, "usage: infusionctl %s%s%s%s\n\n%s\n", verb->name, verb->target != NULL ? " " : "",
	    verb->target != NULL ? verb->target : "", verb->options[0].name != NULL ? " [OPTIONS]" : "", verb->summary);
	if (verb->options[0].name != NULL)
		fputc('\n', out);
	for (const struct option *option = verb->options; option->name != NULL; option++) {
		char usage[64];

		snprintf(usage, sizeof(usage), "--%s%s%s", option->name, option->value != NULL ? " " : "",
		    option->value != NULL ? option->value : "");
		fprintf(out, "  %-32s %s\n", usage, option->help);
	}
}
