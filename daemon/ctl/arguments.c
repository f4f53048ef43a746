/* The command line, read by the table of verbs: words, then what the verb
 * wants, options anywhere. What is misspelt is told with the nearest name. */
#include <stdlib.h>
#include <string.h>

#include "daemon/base/nearest.h"
#include "daemon/ctl/verbs.h"

enum { NAMES_MOST = 96, WORDS_MOST = OPTIONS_MOST + LIST_MOST, ALL_OPTIONS = OPTIONS_MOST + 6 };

/* The words that are no options, and what is still to be placed. */
struct words {
	const char *all[4];
	size_t count;
	const char *names[WORDS_MOST], *values[WORDS_MOST]; /* options of the verb */
	size_t option_count;
};

static const char *const general_flags[] = { "json", "help" };
static const char *const general_values[] = { "socket", "url", "ca", "as" };

static bool
is_one_of(const char *name, size_t length, const char *const *names, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strlen(names[i]) == length && strncmp(names[i], name, length) == 0)
			return true;
	return false;
}

/* A flag of any verb: whether an option takes a value is known before the verb is. */
static bool
is_flag(const char *name, size_t length)
{
	if (is_one_of(name, length, general_flags, 2))
		return true;
	for (size_t i = 0; i < verb_count(); i++)
		for (const struct option *option = verb_at(i)->options; option->name != NULL; option++)
			if (option->kind == OPTION_FLAG && is_one_of(name, length, &option->name, 1))
				return true;
	return false;
}

/* An option of this program, whichever verb's. */
static bool
is_known(const char *name, size_t length)
{
	if (is_one_of(name, length, general_flags, 2) || is_one_of(name, length, general_values, 4))
		return true;
	for (size_t i = 0; i < verb_count(); i++)
		for (const struct option *option = verb_at(i)->options; option->name != NULL; option++)
			if (is_one_of(name, length, &option->name, 1))
				return true;
	return false;
}

static bool
take_url(struct arguments *arguments, const char *url)
{
	struct outcome taken = place_origin(url, arguments->client.origin);

	if (!taken.ok)
		fprintf(stderr, "infusionctl: --url: %s\n", taken.why);
	return taken.ok;
}

static bool
take_option(struct arguments *arguments, struct words *words, const char *name, const char *value)
{
	if (strcmp(name, "json") == 0) {
		arguments->json = true;
	} else if (strcmp(name, "help") == 0) {
		arguments->help = true;
	} else if (strcmp(name, "socket") == 0) {
		arguments->client.socket = value;
		arguments->client.origin[0] = '\0';
	} else if (strcmp(name, "as") == 0) {
		arguments->client.as = value;
	} else if (strcmp(name, "url") == 0) {
		return take_url(arguments, value);
	} else if (strcmp(name, "ca") == 0) {
		arguments->client.ca = value;
	} else if (words->option_count == WORDS_MOST) {
		fprintf(stderr, "infusionctl: too many options\n");
		return false;
	} else {
		words->names[words->option_count] = name;
		words->values[words->option_count++] = value;
	}
	return true;
}

/* One "--name", "--name VALUE" or "--name=VALUE" at argv[*at]; *at is moved past a value of its own. */
static bool
split_option(struct arguments *arguments, struct words *words, int argc, char **argv, int *at)
{
	char *name = argv[*at] + 2, *equals = strchr(name, '=');
	size_t length = equals != NULL ? (size_t)(equals - name) : strlen(name);
	bool flag = is_flag(name, length);

	/* One that nobody knows takes no word along: what it is nearest to is told when the verb is known. */
	if (!is_known(name, length)) {
		name[length] = '\0';
		return take_option(arguments, words, name, "");
	}
	if (flag && equals != NULL) {
		fprintf(stderr, "infusionctl: --%.*s takes no value\n", (int)length, name);
		return false;
	}
	if (!flag && equals == NULL && *at + 1 == argc) {
		fprintf(stderr, "infusionctl: --%s needs a value\n", name);
		return false;
	}
	if (flag)
		return take_option(arguments, words, name, "");
	if (equals == NULL)
		return take_option(arguments, words, name, argv[++*at]);
	*equals = '\0';
	return take_option(arguments, words, name, equals + 1);
}

static bool
split(struct arguments *arguments, struct words *words, int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		if (strncmp(argv[i], "--", 2) == 0) {
			if (!split_option(arguments, words, argc, argv, &i))
				return false;
			continue;
		}
		if (strcmp(argv[i], "-h") == 0) {
			arguments->help = true;
			continue;
		}
		if (words->count == sizeof(words->all) / sizeof(words->all[0])) {
			fprintf(stderr, "infusionctl: '%s' is one word too many\n", argv[i]);
			return false;
		}
		words->all[words->count++] = argv[i];
	}
	return true;
}

/* The verb of the first words, and how many of them it took; the longer name wins. */
static const struct verb *
find_verb(const char *const *all, size_t count, size_t *ret_taken)
{
	char two[64] = "";

	if (count >= 2 && snprintf(two, sizeof(two), "%s %s", all[0], all[1]) >= (int)sizeof(two))
		two[0] = '\0';
	for (size_t taken = 2; taken >= 1; taken--)
		for (size_t i = 0; count >= taken && i < verb_count(); i++)
			if (strcmp(verb_at(i)->name, taken == 2 ? two : all[0]) == 0) {
				*ret_taken = taken;
				return verb_at(i);
			}
	return NULL;
}

static bool
say_no_verb(const char *const *all, size_t count)
{
	const char *names[NAMES_MOST];
	char wrong[80], nearest[NEAREST_TEXT_CAP];
	size_t known = 0;

	for (size_t i = 0; i < verb_count() && known < NAMES_MOST; i++)
		names[known++] = verb_at(i)->name;
	snprintf(wrong, sizeof(wrong), "%s%s%s", all[0], count > 1 ? " " : "", count > 1 ? all[1] : "");
	nearest_to_text(wrong, names, known, nearest);
	if (nearest[0] == '\0')
		nearest_to_text(all[0], names, known, nearest);
	if (help_has_group(all[0]) && (count == 1 || nearest[0] == '\0'))
		fprintf(stderr, "infusionctl: '%s' is no verb; infusionctl help %s lists those of '%s'\n", wrong, all[0], all[0]);
	else
		fprintf(stderr, "infusionctl: '%s' is no verb%s; infusionctl --help lists them\n", wrong, nearest);
	return false;
}

/* No verb, and options perhaps. */
static bool
say_nothing_to_do(const struct words *words)
{
	if (words->option_count > 0 && !is_known(words->names[0], strlen(words->names[0])))
		fprintf(stderr, "infusionctl: there is no option --%s; infusionctl --help lists them\n", words->names[0]);
	else
		help_print(stderr);
	return false;
}

static bool
take_list(struct arguments *arguments, const char *value)
{
	if (arguments->list_count < LIST_MOST) {
		arguments->list[arguments->list_count++] = value;
		return true;
	}
	fprintf(stderr, "infusionctl: an option is given more than %d times\n", LIST_MOST);
	return false;
}

/* What the daemon answers can be printed as it came. */
static bool
verb_has_json(const struct verb *verb)
{
	return verb->route != NULL || verb->run == run_watch;
}

static bool
place_option(struct arguments *arguments, const char *name, const char *value)
{
	const struct option *options = arguments->verb->options;
	const char *names[ALL_OPTIONS] = { NULL };
	char nearest[NEAREST_TEXT_CAP];
	size_t count = 0;

	for (; options[count].name != NULL; count++) {
		names[count] = options[count].name;
		if (strcmp(options[count].name, name) == 0) {
			arguments->values[count] = value;
			return options[count].kind != OPTION_LIST || take_list(arguments, value);
		}
	}
	names[count++] = "socket";
	names[count++] = "as";
	names[count++] = "json";
	names[count++] = "url";
	names[count++] = "ca";
	nearest_to_text(name, names, count, nearest);
	fprintf(stderr, "infusionctl: %s has no option --%s%s\n", arguments->verb->name, name, nearest);
	return false;
}

/* What the rest of the words are for. */
static bool
place_target(struct arguments *arguments, const struct words *words, size_t taken)
{
	const struct verb *verb = arguments->verb;

	if (verb->target == NULL && words->count > taken) {
		fprintf(stderr, "infusionctl: %s takes no '%s'\n", verb->name, words->all[taken]);
		return false;
	}
	if (verb->target == NULL || arguments->help)
		return true;
	if (words->count != taken + 1) {
		fprintf(stderr, "infusionctl: usage: infusionctl %s %s ...; infusionctl help %s says more\n", verb->name,
		    verb->target, verb->name);
		return false;
	}
	arguments->target = words->all[taken];
	/* What goes into a route is a name; a file's name may be anything. */
	if (arguments->target[0] == '\0' || (verb->route != NULL && strpbrk(arguments->target, "/?#% ") != NULL)) {
		fprintf(stderr, "infusionctl: '%s' is no %s\n", arguments->target, verb->target);
		return false;
	}
	return true;
}

/* "help", "help VERB" */
static bool
is_help(struct arguments *arguments, struct words *words)
{
	if (words->count == 0 || strcmp(words->all[0], "help") != 0)
		return arguments->help && words->count == 0;
	arguments->help = true;
	words->count--;
	memmove(words->all, words->all + 1, words->count * sizeof(words->all[0]));
	return words->count == 0;
}

bool
arguments_read(struct arguments *arguments, int argc, char **argv)
{
	struct words words = { .count = 0 };
	size_t taken = 0;

	if (!split(arguments, &words, argc, argv))
		return false;
	if (is_help(arguments, &words))
		return true;
	if (words.count == 0)
		return say_nothing_to_do(&words);
	if (arguments->help && words.count == 1 && help_has_group(words.all[0])) {
		arguments->group = words.all[0];
		return true;
	}
	/* "sessions" alone is the list. */
	if (words.count == 1 && strcmp(words.all[0], "sessions") == 0)
		words.all[words.count++] = "list";
	arguments->verb = find_verb(words.all, words.count, &taken);
	if (arguments->verb == NULL)
		return say_no_verb(words.all, words.count);
	for (size_t i = 0; i < words.option_count; i++)
		if (!place_option(arguments, words.names[i], words.values[i]))
			return false;
	if (arguments->json && !verb_has_json(arguments->verb)) {
		fprintf(stderr, "infusionctl: %s asks no daemon: it has no --json\n", arguments->verb->name);
		return false;
	}
	return place_target(arguments, &words, taken);
}

const char *
arguments_value(const struct arguments *arguments, const char *name)
{
	const struct option *options = arguments->verb->options;

	for (size_t i = 0; options[i].name != NULL; i++)
		if (strcmp(options[i].name, name) == 0)
			return arguments->values[i];
	return NULL;
}

/* Everything that could mean something in a URL is written as %XX. */
static bool
append_escaped(char *path, size_t cap, const char *text)
{
	size_t used = strlen(path);

	for (; *text != '\0'; text++) {
		bool plain = (*text >= '0' && *text <= '9') || (*text >= 'a' && *text <= 'z') || (*text >= 'A' && *text <= 'Z') ||
			     strchr("-_.:", *text) != NULL;

		if (used + 4 > cap)
			return false;
		used += (size_t)snprintf(path + used, cap - used, plain ? "%c" : "%%%02X", (unsigned char)*text);
	}
	return true;
}

bool
arguments_path(const struct arguments *arguments, char *path, size_t cap)
{
	const struct verb *verb = arguments->verb;
	const char *at = strstr(verb->route, "TARGET");
	char joint = '?';

	if (at == NULL)
		snprintf(path, cap, "%s", verb->route);
	else if (strlen(arguments->target) > 64)
		return false;
	else
		snprintf(path, cap, "%.*s%s%s", (int)(at - verb->route), verb->route, arguments->target, at + strlen("TARGET"));
	for (size_t i = 0; verb->options[i].name != NULL; i++) {
		size_t used = strlen(path);

		if (verb->options[i].kind != OPTION_QUERY || arguments->values[i] == NULL)
			continue;
		if ((size_t)snprintf(path + used, cap - used, "%c%s=", joint, verb->options[i].key) >= cap - used ||
		    !append_escaped(path, cap, arguments->values[i]))
			return false;
		joint = '&';
	}
	return true;
}
