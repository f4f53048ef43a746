/* Completion for bash, from the table of verbs: whatever the table learns is
 * completed. */
#include <string.h>

#include "daemon/ctl/verbs.h"

static const char head[] =
	"# Completion for infusionctl, written by 'infusionctl completion'.\n"
	"_infusionctl()\n"
	"{\n"
	"\tlocal word=${COMP_WORDS[COMP_CWORD]} verb= i options=\n"
	"\tlocal general='--socket --url --ca --as --json --help'\n"
	"\tfor ((i = 1; i < COMP_CWORD; i++)); do\n"
	"\t\tcase ${COMP_WORDS[i]} in\n"
	"\t\t--socket|--url|--ca|--as) ((i++)) ;;\n"
	"\t\t-*) ;;\n"
	"\t\t*) verb=\"$verb${verb:+ }${COMP_WORDS[i]}\" ;;\n"
	"\t\tesac\n"
	"\tdone\n"
	"\tif [[ $verb == help || $verb == 'help '* ]]; then verb=${verb#help}; verb=${verb# }; fi\n"
	"\tcase ${COMP_WORDS[COMP_CWORD-1]} in\n"
	"\t--socket|--ca|--dir|--config|--out|--in|--device|--serial|--head) COMPREPLY=($(compgen -f -- \"$word\")); return ;;\n"
	"\t--parity) COMPREPLY=($(compgen -W 'none even odd' -- \"$word\")); return ;;\n"
	"\t--role) COMPREPLY=($(compgen -W 'viewer nurse prescriber admin engineer' -- \"$word\")); return ;;\n"
	"\t--gap|--unsigned) COMPREPLY=($(compgen -W 'yes no' -- \"$word\")); return ;;\n"
	"\t--state) COMPREPLY=($(compgen -W 'open ended' -- \"$word\")); return ;;\n"
	"\t--what) COMPREPLY=($(compgen -W 'dose-start pause resume stop' -- \"$word\")); return ;;\n"
	"\tesac\n"
	"\tcase $verb in\n";

static const char tail[] =
	"\tesac\n"
	"\tif [[ $word == -* ]]; then\n"
	"\t\tCOMPREPLY=($(compgen -W \"$options $general\" -- \"$word\"))\n"
	"\tfi\n"
	"}\n"
	"complete -o bashdefault -o default -F _infusionctl infusionctl\n";

/* The word of a verb's name behind `group` ("" for its first word); NULL when it is not of the group. */
static const char *
word_behind(const char *name, const char *group)
{
	size_t length = strlen(group);

	if (length == 0)
		return name;
	return strncmp(name, group, length) == 0 && name[length] == ' ' ? name + length + 1 : NULL;
}

static bool
is_same_word(const char *one, const char *other)
{
	size_t length = strcspn(one, " ");

	return length == strcspn(other, " ") && strncmp(one, other, length) == 0;
}

/* No verb before this one has the word. */
static bool
is_first(size_t verb, const char *group, const char *word)
{
	for (size_t i = 0; i < verb; i++) {
		const char *before = word_behind(verb_at(i)->name, group);

		if (before != NULL && is_same_word(before, word))
			return false;
	}
	return true;
}

static void
print_words(FILE *out, const char *group)
{
	for (size_t i = 0; i < verb_count(); i++) {
		const char *word = word_behind(verb_at(i)->name, group);

		if (word != NULL && is_first(i, group, word))
			fprintf(out, "%.*s ", (int)strcspn(word, " "), word);
	}
}

/* A verb's options are offered behind it and behind its target. A file's name is completed as one. */
static void
print_verb(FILE *out, const struct verb *verb)
{
	fprintf(out, "\t\"%s\"|\"%s \"*)\n\t\toptions='", verb->name, verb->name);
	for (const struct option *option = verb->options; option->name != NULL; option++)
		fprintf(out, "--%s ", option->name);
	fputs("' ;;\n", out);
}

static void
print_groups(FILE *out)
{
	for (size_t i = 0; i < verb_count(); i++) {
		const char *name = verb_at(i)->name;
		char group[64];

		if (strchr(name, ' ') == NULL || !is_first(i, "", name))
			continue;
		snprintf(group, sizeof(group), "%.*s", (int)strcspn(name, " "), name);
		fprintf(out, "\t%s) COMPREPLY=($(compgen -W '", group);
		print_words(out, group);
		fputs("' -- \"$word\")) ;;\n", out);
	}
}

int
run_completion(const struct arguments *arguments)
{
	(void)arguments;
	fputs(head, stdout);
	fputs("\t'') COMPREPLY=($(compgen -W 'help ", stdout);
	print_words(stdout, "");
	fputs("' -- \"$word\")) ;;\n", stdout);
	for (size_t i = 0; i < verb_count(); i++)
		print_verb(stdout, verb_at(i));
	print_groups(stdout);
	fputs(tail, stdout);
	return fflush(stdout) == 0 ? EXIT_DONE : EXIT_NOT_WRITTEN;
}
