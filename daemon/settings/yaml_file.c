/* Reading a file: its bytes, a first pass of libyaml that bounds what follows,
 * the tree, and libcyaml's load by the schema. */
#include "daemon/settings/yaml_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void
tell(struct yaml_file *file, struct problem *problem, const char *path, const char *format, va_list args)
{
	snprintf(problem->file, sizeof(problem->file), "%s", file->path);
	snprintf(problem->path, sizeof(problem->path), "%s", path);
	vsnprintf(problem->sentence, sizeof(problem->sentence), format, args);
	problems_add(file->problems, problem);
}

void
yaml_complain(struct yaml_file *file, const char *path, const char *format, ...)
{
	struct problem problem = { .line = yaml_line_of(file, path) };
	va_list args;

	va_start(args, format);
	tell(file, &problem, path, format, args);
	va_end(args);
}

void
yaml_warn(struct yaml_file *file, const char *path, const char *format, ...)
{
	struct problem problem = { .warning = true, .line = yaml_line_of(file, path) };
	va_list args;

	va_start(args, format);
	tell(file, &problem, path, format, args);
	va_end(args);
}

void
yaml_complain_at(struct yaml_file *file, yaml_mark_t mark, const char *path, const char *format, ...)
{
	struct problem problem = { .line = (int)mark.line + 1, .column = (int)mark.column + 1 };
	va_list args;

	va_start(args, format);
	tell(file, &problem, path, format, args);
	va_end(args);
}

/* Opens regular files only: a pipe or a device could keep the reader for ever. */
static int
open_regular(struct yaml_file *file)
{
	struct stat status;
	int fd = open(file->path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0) {
		yaml_complain(file, "", "cannot be read: %s", strerror(errno));
		return -1;
	}
	if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode))
		return fd;
	yaml_complain(file, "", "is no regular file");
	close(fd);
	return -1;
}

static bool
read_text(struct yaml_file *file)
{
	int fd = open_regular(file);
	ssize_t got = 1;

	if (fd < 0)
		return false;
	file->text = malloc(SETTINGS_FILE_MOST + 1);
	while (file->text != NULL && got > 0 && file->length <= SETTINGS_FILE_MOST) {
		got = read(fd, file->text + file->length, SETTINGS_FILE_MOST + 1 - file->length);
		file->length += got > 0 ? (size_t)got : 0;
	}
	if (file->text == NULL || got < 0)
		yaml_complain(file, "", "cannot be read: %s", strerror(errno));
	else if (file->length > SETTINGS_FILE_MOST)
		yaml_complain(
		    file, "", "is larger than %d bytes, so it is no configuration", SETTINGS_FILE_MOST);
	close(fd);
	return file->text != NULL && got >= 0 && file->length <= SETTINGS_FILE_MOST;
}

/* What the first pass counts. */
struct pass {
	int depth, values, documents;
};

/* One event of the first pass; the sentence of what it breaks, or NULL. */
static const char *
count_event(struct pass *pass, yaml_event_type_t type)
{
	switch (type) {
	case YAML_ALIAS_EVENT:
		return "aliases (*name) are not used in configuration files";
	case YAML_DOCUMENT_START_EVENT:
		return ++pass->documents > 1 ? "a second document begins here; one file holds one" : NULL;
	case YAML_MAPPING_START_EVENT:
	case YAML_SEQUENCE_START_EVENT:
		if (++pass->depth > YAML_DEEPEST)
			return "is nested too deeply to be a configuration";
		break;
	case YAML_MAPPING_END_EVENT:
	case YAML_SEQUENCE_END_EVENT:
		pass->depth--;
		break;
	default:
		break;
	}
	return ++pass->values > YAML_MOST_VALUES ? "holds too many values to be a configuration" : NULL;
}

/* A fault of the reader (bytes that are no text) has no mark, only an offset. */
static yaml_mark_t
fault_mark(const struct yaml_file *file, const yaml_parser_t *parser)
{
	yaml_mark_t mark = { 0 };

	if (parser->error != YAML_READER_ERROR)
		return parser->problem_mark;
	for (size_t i = 0; i < parser->problem_offset && i < file->length; i++) {
		mark.column = file->text[i] == '\n' ? 0 : mark.column + 1;
		mark.line += file->text[i] == '\n';
	}
	return mark;
}

/* Goes through the file event by event, so that a bomb of any kind ends before a tree is built. */
static bool
check_syntax(struct yaml_file *file)
{
	struct pass pass = { 0 };
	yaml_parser_t parser;
	yaml_event_t event;
	bool done = false, good = true;

	if (!yaml_parser_initialize(&parser)) {
		yaml_complain(file, "", "cannot be read: no memory");
		return false;
	}
	yaml_parser_set_input_string(&parser, (const unsigned char *)file->text, file->length);
	while (good && !done) {
		const char *fault;

		if (!yaml_parser_parse(&parser, &event)) {
			yaml_complain_at(file, fault_mark(file, &parser), "", "this is no YAML: %s",
			    parser.problem != NULL ? parser.problem : "it cannot be read");
			good = false;
			break;
		}
		fault = count_event(&pass, event.type);
		if (fault != NULL) {
			yaml_complain_at(file, event.start_mark, "", "%s", fault);
			good = false;
		}
		done = event.type == YAML_STREAM_END_EVENT;
		yaml_event_delete(&event);
	}
	yaml_parser_delete(&parser);
	if (good && pass.documents == 0)
		yaml_complain(file, "", "the file is empty");
	return good && pass.documents > 0;
}

static bool
build_tree(struct yaml_file *file)
{
	yaml_parser_t parser;

	if (yaml_parser_initialize(&parser)) {
		yaml_parser_set_input_string(&parser, (const unsigned char *)file->text, file->length);
		file->has_tree = yaml_parser_load(&parser, &file->tree) != 0;
		yaml_parser_delete(&parser);
	}
	if (!file->has_tree)
		yaml_complain(file, "", "this is no YAML: it cannot be read");
	return file->has_tree;
}

static const cyaml_config_t cyaml_config = {
	.log_level = CYAML_LOG_ERROR, /* without a function nothing is logged */
	.mem_fn = cyaml_mem,
	.flags = CYAML_CFG_NO_ALIAS,
};

bool
yaml_open(
    struct yaml_file *file, const char *path, const cyaml_schema_value_t *schema, struct problems *problems)
{
	cyaml_err_t error;

	*file = (struct yaml_file){
		.schema = schema,
		.problems = problems,
		.errors_before = problems_errors(problems),
		.problems_before = problems_count(problems),
	};
	snprintf(file->path, sizeof(file->path), "%s", path);
	if (strlen(path) >= sizeof(file->path)) {
		yaml_complain(file, "", "the path is too long");
		return false;
	}
	if (!read_text(file) || !check_syntax(file) || !build_tree(file))
		return false;
	yaml_check_shape(file);
	if (!yaml_is_good(file))
		return false;
	error = cyaml_load_data(
	    (const uint8_t *)file->text, file->length, &cyaml_config, schema, &file->data, NULL);
	if (error == CYAML_OK && file->data != NULL)
		return true;
	yaml_complain(file, "", "cannot be read: %s", cyaml_strerror(error));
	return false;
}

bool
yaml_is_good(const struct yaml_file *file)
{
	return problems_errors(file->problems) == file->errors_before;
}

void
yaml_close(struct yaml_file *file)
{
	if (file->data != NULL)
		cyaml_free(&cyaml_config, file->schema, file->data, 0);
	if (file->has_tree)
		yaml_document_delete(&file->tree);
	free(file->text);
	file->data = NULL;
	file->has_tree = false;
	file->text = NULL;
	problems_sort(file->problems, file->problems_before);
}
