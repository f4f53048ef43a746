/* The shape of a file against its schema: keys that are not known, keys that are
 * missing or given twice, lists where a value should be. libcyaml stops at the
 * first such fault, so the tree is walked by libcyaml's own tables before it. */
#include "daemon/settings/yaml_file.h"

#include <stdlib.h>
#include <string.h>

enum { PATH_CAP = 128, KEYS_MOST = 96 };

/* One node while the tree is walked. */
struct place {
	struct yaml_file *file;
	const yaml_node_t *node;
	char path[PATH_CAP];
};

static const char *
scalar_text(const yaml_node_t *node)
{
	return node->type == YAML_SCALAR_NODE ? (const char *)node->data.scalar.value : "";
}

static struct place
place_of_key(const struct place *above, const yaml_node_t *node, const char *key)
{
	struct place place = { .file = above->file, .node = node };

	snprintf(
	    place.path, sizeof(place.path), "%s%s%.40s", above->path, above->path[0] != '\0' ? "." : "", key);
	return place;
}

static struct place
place_of_entry(const struct place *above, const yaml_node_t *node, long index)
{
	struct place place = { .file = above->file, .node = node };

	snprintf(place.path, sizeof(place.path), "%.110s[%ld]", above->path, index);
	return place;
}

static const cyaml_schema_field_t *
find_field(const cyaml_schema_field_t *fields, const yaml_node_t *key)
{
	if (key->type != YAML_SCALAR_NODE)
		return NULL;
	for (; fields->key != NULL; fields++)
		if (strlen(fields->key) == key->data.scalar.length &&
		    strcmp(fields->key, scalar_text(key)) == 0)
			return fields;
	return NULL;
}

static const yaml_node_t *
find_value(yaml_document_t *tree, const yaml_node_t *mapping, const char *key, size_t length)
{
	for (yaml_node_pair_t *pair = mapping->data.mapping.pairs.start;
	     pair < mapping->data.mapping.pairs.top; pair++) {
		const yaml_node_t *name = yaml_document_get_node(tree, pair->key);

		if (name->type == YAML_SCALAR_NODE && name->data.scalar.length == length &&
		    memcmp(name->data.scalar.value, key, length) == 0)
			return yaml_document_get_node(tree, pair->value);
	}
	return NULL;
}

static void
tell_unknown_key(const struct place *place, const cyaml_schema_field_t *fields, const yaml_node_t *key)
{
	const char *names[KEYS_MOST];
	size_t count = 0;

	if (key->type != YAML_SCALAR_NODE) {
		yaml_complain_at(place->file, key->start_mark, place->path, "a list cannot be a key");
		return;
	}
	for (; fields[count].key != NULL && count < KEYS_MOST; count++)
		names[count] = fields[count].key;
	yaml_complain_at(place->file, key->start_mark, place->path, "'%.40s' is no key that belongs here%s",
	    scalar_text(key), suggest(scalar_text(key), names, count).text);
}

static void check_node(const struct place *place, const cyaml_schema_value_t *schema);

/* Each pair of a mapping: its key known, and not given before. */
static void
check_pairs(const struct place *place, const cyaml_schema_field_t *fields)
{
	yaml_document_t *tree = &place->file->tree;
	const yaml_node_pair_t *start = place->node->data.mapping.pairs.start,
			       *top = place->node->data.mapping.pairs.top;

	for (const yaml_node_pair_t *pair = start; pair < top; pair++) {
		const yaml_node_t *key = yaml_document_get_node(tree, pair->key);
		const yaml_node_t *value = yaml_document_get_node(tree, pair->value);
		const cyaml_schema_field_t *field = find_field(fields, key);
		struct place below;

		if (field == NULL) {
			tell_unknown_key(place, fields, key);
			continue;
		}
		below = place_of_key(place, value, field->key);
		if (find_value(tree, place->node, field->key, strlen(field->key)) != value)
			yaml_complain_at(place->file, key->start_mark, below.path, "the key is given twice");
		else
			check_node(&below, &field->value);
	}
}

static void
check_mapping(const struct place *place, const cyaml_schema_field_t *fields)
{
	if (place->node->type != YAML_MAPPING_NODE) {
		yaml_complain_at(place->file, place->node->start_mark, place->path,
		    "keys with values are expected here, as in 'name: value'");
		return;
	}
	check_pairs(place, fields);
	for (; fields->key != NULL; fields++)
		if ((fields->value.flags & CYAML_FLAG_OPTIONAL) == 0 &&
		    find_value(&place->file->tree, place->node, fields->key, strlen(fields->key)) == NULL)
			yaml_complain_at(place->file, place->node->start_mark, place->path,
			    "the key '%s' is missing", fields->key);
}

static void
check_sequence(const struct place *place, const cyaml_schema_value_t *schema)
{
	yaml_document_t *tree = &place->file->tree;
	const yaml_node_t *node = place->node;
	long count;

	if (node->type != YAML_SEQUENCE_NODE) {
		yaml_complain_at(place->file, node->start_mark, place->path,
		    "a list is expected here, as in '[one, two]'");
		return;
	}
	count = node->data.sequence.items.top - node->data.sequence.items.start;
	if (count > (long)schema->sequence.max) {
		yaml_complain_at(place->file, node->start_mark, place->path,
		    "the list has %ld entries, at most %u are possible", count, schema->sequence.max);
		return;
	}
	if (count < (long)schema->sequence.min)
		yaml_complain_at(place->file, node->start_mark, place->path,
		    "the list needs at least %u entr%s", schema->sequence.min,
		    schema->sequence.min == 1 ? "y" : "ies");
	for (long i = 0; i < count; i++) {
		struct place below = place_of_entry(
		    place, yaml_document_get_node(tree, node->data.sequence.items.start[i]), i);

		check_node(&below, schema->sequence.entry);
	}
}

/* Terminals and pages show these texts: no control characters, which could move a cursor or end a line. */
static bool
has_control(const yaml_node_t *node)
{
	for (size_t i = 0; i < node->data.scalar.length; i++)
		if (node->data.scalar.value[i] < 0x20 || node->data.scalar.value[i] == 0x7f)
			return true;
	return false;
}

static void
check_scalar(const struct place *place, const cyaml_schema_value_t *schema)
{
	const yaml_node_t *node = place->node;

	if (node->type != YAML_SCALAR_NODE)
		yaml_complain_at(place->file, node->start_mark, place->path,
		    "a single value is expected here, not a list or keys");
	else if (node->data.scalar.length == 0)
		yaml_complain_at(place->file, node->start_mark, place->path,
		    "is empty: give it a value, or leave the key out");
	else if (node->data.scalar.length > schema->string.max)
		yaml_complain_at(place->file, node->start_mark, place->path, "is longer than %u bytes",
		    schema->string.max);
	else if (has_control(node))
		yaml_complain_at(place->file, node->start_mark, place->path,
		    "must be one line without control characters");
}

static void
check_node(const struct place *place, const cyaml_schema_value_t *schema)
{
	switch (schema->type) {
	case CYAML_MAPPING:
		check_mapping(place, schema->mapping.fields);
		break;
	case CYAML_SEQUENCE:
		check_sequence(place, schema);
		break;
	default:
		check_scalar(place, schema);
		break;
	}
}

void
yaml_check_shape(struct yaml_file *file)
{
	struct place root = { .file = file, .node = yaml_document_get_root_node(&file->tree) };

	check_node(&root, file->schema);
}

/* Takes one step of a path: NAME or [INDEX]. NULL when the tree ends before the path. */
static const yaml_node_t *
step_down(yaml_document_t *tree, const yaml_node_t *node, const char **path)
{
	size_t length = strcspn(*path, ".[");
	const char *name = *path;
	char *end;
	long index;

	if (*name != '[') {
		*path += length + (name[length] == '.');
		return node->type == YAML_MAPPING_NODE ? find_value(tree, node, name, length) : NULL;
	}
	index = strtol(name + 1, &end, 10);
	*path = end + (*end == ']');
	*path += **path == '.';
	if (node->type != YAML_SEQUENCE_NODE || index < 0 ||
	    index >= node->data.sequence.items.top - node->data.sequence.items.start)
		return NULL;
	return yaml_document_get_node(tree, node->data.sequence.items.start[index]);
}

int
yaml_line_of(struct yaml_file *file, const char *path)
{
	const yaml_node_t *node = file->has_tree ? yaml_document_get_root_node(&file->tree) : NULL;
	int line = 0;

	while (node != NULL) {
		line = (int)node->start_mark.line + 1;
		node = *path != '\0' ? step_down(&file->tree, node, &path) : NULL;
	}
	return line;
}

/* The way to a key while a schema is walked. */
struct key_walk {
	void (*take)(void *ctx, const char *path);
	void *ctx;
};

static void
walk_keys(const struct key_walk *walk, const cyaml_schema_value_t *schema, const char *above)
{
	char path[PATH_CAP];

	if (schema->type == CYAML_SEQUENCE) {
		snprintf(path, sizeof(path), "%s[]", above);
		walk_keys(walk, schema->sequence.entry, path);
	} else if (schema->type == CYAML_MAPPING) {
		for (const cyaml_schema_field_t *field = schema->mapping.fields; field->key != NULL;
		     field++) {
			snprintf(
			    path, sizeof(path), "%s%s%s", above, above[0] != '\0' ? "." : "", field->key);
			walk->take(walk->ctx, path);
			walk_keys(walk, &field->value, path);
		}
	}
}

void
yaml_each_key(const cyaml_schema_value_t *schema, void (*take)(void *ctx, const char *path), void *ctx)
{
	struct key_walk walk = { take, ctx };

	walk_keys(&walk, schema, "");
}
