#include "daemon/settings/yaml_file.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

struct problems {
	struct problem *items;
	size_t count;
};

struct problems *
problems_create(void)
{
	return calloc(1, sizeof(struct problems));
}

void
problems_destroy(struct problems *problems)
{
	if (problems == NULL)
		return;
	free(problems->items);
	free(problems);
}

size_t
problems_count(const struct problems *problems)
{
	return problems->count;
}

size_t
problems_errors(const struct problems *problems)
{
	size_t errors = 0;

	for (size_t i = 0; i < problems->count; i++)
		errors += !problems->items[i].warning;
	return errors;
}

const struct problem *
problems_at(const struct problems *problems, size_t index)
{
	return &problems->items[index];
}

void
problems_add(struct problems *problems, const struct problem *problem)
{
	struct problem *grown = realloc(problems->items, sizeof(*grown) * (problems->count + 1));

	if (grown == NULL)
		return; /* What was found before stands, and it is an error already. */
	problems->items = grown;
	problems->items[problems->count++] = *problem;
}

size_t
problems_print(const struct problems *problems, FILE *out)
{
	for (size_t i = 0; i < problems->count; i++) {
		const struct problem *p = &problems->items[i];

		fprintf(out, "%s:", p->file);
		if (p->line > 0)
			fprintf(out, "%d:", p->line);
		if (p->column > 0)
			fprintf(out, "%d:", p->column);
		fprintf(out, " %s%s%s%s\n", p->warning ? "warning: " : "", p->path, p->path[0] != '\0' ? ": " : "", p->sentence);
	}
	return problems_errors(problems);
}

/* Levenshtein, for short names. */
static size_t
distance(const char *a, const char *b)
{
	size_t row[64], width = strlen(b);

	if (width >= sizeof(row) / sizeof(row[0]))
		return SIZE_MAX;
	for (size_t j = 0; j <= width; j++)
		row[j] = j;
	for (size_t i = 1; a[i - 1] != '\0'; i++) {
		size_t diagonal = row[0];

		row[0] = i;
		for (size_t j = 1; j <= width; j++) {
			size_t change = diagonal + (tolower((unsigned char)a[i - 1]) != tolower((unsigned char)b[j - 1]));

			diagonal = row[j];
			row[j] = row[j] + 1 < row[j - 1] + 1 ? row[j] + 1 : row[j - 1] + 1;
			if (change < row[j])
				row[j] = change;
		}
	}
	return row[width];
}

struct suggestion
suggest(const char *wrong, const char *const *names, size_t count)
{
	struct suggestion found = { "" };
	size_t best = strlen(wrong) / 2 < 3 ? strlen(wrong) / 2 : 3;

	for (size_t i = 0; i < count; i++) {
		size_t apart = distance(wrong, names[i]);

		if (apart > best || apart == 0 || (found.text[0] != '\0' && apart == best))
			continue;
		best = apart;
		snprintf(found.text, sizeof(found.text), " (did you mean '%.32s'?)", names[i]);
	}
	return found;
}

/* The node at a path, in a document tree; NULL when the path ends early: then `last` is the nearest above. */
static const yaml_node_t *
child(yaml_document_t *document, const yaml_node_t *node, const char *name, size_t length, long index)
{
	if (index >= 0) {
		if (node->type != YAML_SEQUENCE_NODE || node->data.sequence.items.start + index >= node->data.sequence.items.top)
			return NULL;
		return yaml_document_get_node(document, node->data.sequence.items.start[index]);
	}
	if (node->type != YAML_MAPPING_NODE)
		return NULL;
	for (yaml_node_pair_t *pair = node->data.mapping.pairs.start; pair < node->data.mapping.pairs.top; pair++) {
		const yaml_node_t *key = yaml_document_get_node(document, pair->key);

		if (key->type == YAML_SCALAR_NODE && key->data.scalar.length == length &&
		    memcmp(key->data.scalar.value, name, length) == 0)
			return yaml_document_get_node(document, pair->value);
	}
	return NULL;
}

static int
line_in_document(yaml_document_t *document, const char *path)
{
	const yaml_node_t *node = yaml_document_get_root_node(document);
	int line = 0;

	while (node != NULL) {
		size_t length = strcspn(path, ".[");

		line = (int)node->start_mark.line + 1;
		if (*path == '\0')
			break;
		if (*path == '[') {
			char *end;
			long index = strtol(path + 1, &end, 10);

			node = child(document, node, NULL, 0, index);
			path = *end == ']' ? end + 1 : end;
		} else {
			node = child(document, node, path, length, -1);
			path += length;
		}
		if (*path == '.')
			path++;
	}
	return line;
}

/* libcyaml keeps no positions, so the path's line is looked up when a problem is told. */
static int
line_of(const struct yaml_file *file, const char *path)
{
	yaml_parser_t parser;
	yaml_document_t document;
	int line = 0;

	if (file->text == NULL || !yaml_parser_initialize(&parser))
		return 0;
	yaml_parser_set_input_string(&parser, (const unsigned char *)file->text, file->length);
	if (yaml_parser_load(&parser, &document)) {
		line = line_in_document(&document, path);
		yaml_document_delete(&document);
	}
	yaml_parser_delete(&parser);
	return line;
}

static void
tell(struct yaml_file *file, bool warning, const char *path, const char *format, va_list args)
{
	struct problem problem = { .warning = warning, .line = line_of(file, path) };

	snprintf(problem.file, sizeof(problem.file), "%s", file->path);
	snprintf(problem.path, sizeof(problem.path), "%s", path);
	vsnprintf(problem.sentence, sizeof(problem.sentence), format, args);
	problems_add(file->problems, &problem);
}

void
yaml_complain(struct yaml_file *file, const char *path, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	tell(file, false, path, format, args);
	va_end(args);
}

void
yaml_warn(struct yaml_file *file, const char *path, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	tell(file, true, path, format, args);
	va_end(args);
}

/* Every key of a schema, for suggestions. */
static size_t
collect_keys(const cyaml_schema_value_t *value, const char **keys, size_t count, size_t cap)
{
	const cyaml_schema_field_t *field = value->type == CYAML_MAPPING ? value->mapping.fields : NULL;

	if (value->type == CYAML_SEQUENCE || value->type == CYAML_SEQUENCE_FIXED)
		return collect_keys(value->sequence.entry, keys, count, cap);
	for (; field != NULL && field->key != NULL && count < cap; field++) {
		keys[count++] = field->key;
		count = collect_keys(&field->value, keys, count, cap);
	}
	return count;
}

/* What libcyaml says: the first line is the fault, the first of its back trace says where. */
struct said {
	const cyaml_schema_value_t *schema;
	bool has_message, has_place;
	char message[256];
	int line, column;
};

static void
listen(cyaml_log_t level, void *ctx, const char *format, va_list args)
{
	struct said *said = ctx;
	char text[512];
	const char *place;

	(void)level;
	vsnprintf(text, sizeof(text), format, args);
	text[strcspn(text, "\n")] = '\0';
	place = strstr(text, "(line: ");
	if (place != NULL && !said->has_place)
		said->has_place = sscanf(place, "(line: %d, column: %d)", &said->line, &said->column) == 2;
	else if (!said->has_message && strstr(text, "Backtrace") == NULL) {
		const char *message = strncmp(text, "Load: ", 6) == 0 ? text + 6 : text;

		said->has_message = true;
		snprintf(said->message, sizeof(said->message), "%s", message);
	}
}

static void
tell_structure(struct yaml_file *file, const struct said *said, cyaml_err_t error)
{
	static const char unknown[] = "Unexpected key: ";
	struct problem problem = { .line = said->line, .column = said->column };
	const char *keys[256];

	snprintf(problem.file, sizeof(problem.file), "%s", file->path);
	if (strncmp(said->message, unknown, sizeof(unknown) - 1) == 0) {
		const char *key = said->message + sizeof(unknown) - 1;

		snprintf(problem.sentence, sizeof(problem.sentence), "'%.64s' is no key that belongs here%s", key,
		    suggest(key, keys, collect_keys(file->schema, keys, 0, 256)).text);
	} else if (said->has_message) {
		snprintf(problem.sentence, sizeof(problem.sentence), "%s", said->message);
	} else {
		snprintf(problem.sentence, sizeof(problem.sentence), "%s", cyaml_strerror(error));
	}
	problems_add(file->problems, &problem);
}

/* A broken document has its own position in libyaml. */
static bool
check_syntax(struct yaml_file *file)
{
	struct problem problem = { .line = 0 };
	yaml_parser_t parser;
	yaml_event_t event;
	bool done = false, good = true;

	if (!yaml_parser_initialize(&parser))
		return false;
	yaml_parser_set_input_string(&parser, (const unsigned char *)file->text, file->length);
	while (good && !done) {
		good = yaml_parser_parse(&parser, &event) != 0;
		if (!good)
			break;
		done = event.type == YAML_STREAM_END_EVENT;
		if (event.type == YAML_ALIAS_EVENT) {
			problem.line = (int)event.start_mark.line + 1;
			problem.column = (int)event.start_mark.column + 1;
			snprintf(problem.sentence, sizeof(problem.sentence), "aliases are not used in configuration files");
			good = false;
		}
		yaml_event_delete(&event);
	}
	if (!good && problem.line == 0) {
		problem.line = (int)parser.problem_mark.line + 1;
		problem.column = (int)parser.problem_mark.column + 1;
		snprintf(problem.sentence, sizeof(problem.sentence), "this is no YAML: %s",
		    parser.problem != NULL ? parser.problem : "it cannot be read");
	}
	yaml_parser_delete(&parser);
	snprintf(problem.file, sizeof(problem.file), "%s", file->path);
	if (!good)
		problems_add(file->problems, &problem);
	return good;
}

static bool
read_text(struct yaml_file *file)
{
	struct problem problem = { .line = 0 };
	FILE *in = fopen(file->path, "re");

	snprintf(problem.file, sizeof(problem.file), "%s", file->path);
	if (in == NULL) {
		snprintf(problem.sentence, sizeof(problem.sentence), "cannot be read: %s", strerror(errno));
		problems_add(file->problems, &problem);
		return false;
	}
	file->text = malloc(SETTINGS_FILE_MOST + 1);
	file->length = file->text != NULL ? fread(file->text, 1, SETTINGS_FILE_MOST + 1, in) : 0;
	if (ferror(in) || file->length > SETTINGS_FILE_MOST || file->length == 0) {
		snprintf(problem.sentence, sizeof(problem.sentence), "%s",
		    ferror(in) ? "cannot be read" : file->length == 0 ? "the file is empty" : "the file is larger than 1 MiB");
		problems_add(file->problems, &problem);
		fclose(in);
		return false;
	}
	fclose(in);
	return true;
}

bool
yaml_open(struct yaml_file *file, const char *path, const cyaml_schema_value_t *schema, struct problems *problems)
{
	struct said said = { .schema = schema };
	const cyaml_config_t config = {
		.log_fn = listen,
		.log_ctx = &said,
		.log_level = CYAML_LOG_ERROR,
		.mem_fn = cyaml_mem,
		.flags = CYAML_CFG_NO_ALIAS,
	};
	cyaml_err_t error;

	*file = (struct yaml_file){ .schema = schema, .problems = problems };
	snprintf(file->path, sizeof(file->path), "%s", path);
	if (!read_text(file) || !check_syntax(file))
		return false;
	error = cyaml_load_data((const uint8_t *)file->text, file->length, &config, schema, &file->data, NULL);
	if (error == CYAML_OK && file->data != NULL)
		return true;
	tell_structure(file, &said, error);
	return false;
}

void
yaml_close(struct yaml_file *file)
{
	const cyaml_config_t config = { .log_level = CYAML_LOG_ERROR, .mem_fn = cyaml_mem };

	if (file->data != NULL)
		cyaml_free(&config, file->schema, file->data, 0);
	free(file->text);
	file->data = NULL;
	file->text = NULL;
}

bool
yaml_milli(struct yaml_file *file, const char *path, const char *text, int64_t low, int64_t high, int32_t *ret_milli)
{
	char lowest[16], highest[16];

	if (!milli_from_text(text, ret_milli)) {
		yaml_complain(file, path, "'%.40s' is no number with at most three decimals", text);
		return false;
	}
	if (*ret_milli >= low && *ret_milli <= high)
		return true;
	milli_to_text((int32_t)low, lowest, sizeof(lowest));
	milli_to_text((int32_t)high, highest, sizeof(highest));
	yaml_complain(file, path, "%s lies outside %s to %s", text, lowest, highest);
	return false;
}
