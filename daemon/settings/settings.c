/* Loading as a whole; the readers of the three kinds of file are beside it. */
#include "daemon/settings/clinic_file.h"

#include <stdlib.h>
#include <string.h>

bool
settings_load(const char *path, struct problems *problems, struct settings **ret_settings)
{
	struct settings *settings = calloc(1, sizeof(*settings));
	struct yaml_file file;

	if (settings == NULL) {
		struct problem problem = { .sentence = "cannot be read: no memory" };

		snprintf(problem.file, sizeof(problem.file), "%s", path);
		problems_add(problems, &problem);
		return false;
	}
	snprintf(settings->path, sizeof(settings->path), "%s", path);
	if (yaml_open(&file, path, &clinic_schema, problems)) {
		clinic_take(&file, settings);
		clinic_check(&file, settings);
	}
	yaml_close(&file);
	if (!yaml_is_good(&file)) {
		settings_free(settings);
		return false;
	}
	*ret_settings = settings;
	return true;
}

void
settings_free(struct settings *settings)
{
	free(settings);
}

size_t
settings_check_print(const char *path, FILE *out)
{
	struct problems *problems = problems_create();
	struct settings *settings = NULL;
	size_t errors;

	if (problems == NULL) {
		fprintf(out, "%s: no memory\n", path);
		return 1;
	}
	settings_load(path, problems, &settings);
	errors = problems_print(problems, out);
	settings_free(settings);
	problems_destroy(problems);
	return errors;
}

/* The kinds of file, by the name under which config/README.md describes them. */
static const struct file_kind {
	const char *file;
	const cyaml_schema_value_t *schema;
} file_kinds[] = {
	{ "infusiond.yaml", &clinic_schema },
	{ "monitors", &profile_schema },
	{ "regimens", &regimen_schema },
};

void
settings_each_check(void (*take)(void *ctx, const char *name), void *ctx)
{
	clinic_each_check(take, ctx);
	regimen_each_check(take, ctx);
}

struct key_taker {
	const char *file;
	void (*take)(void *ctx, const char *file, const char *path);
	void *ctx;
};

static void
take_key(void *ctx, const char *path)
{
	const struct key_taker *taker = ctx;

	taker->take(taker->ctx, taker->file, path);
}

void
settings_each_key(void (*take)(void *ctx, const char *file, const char *path), void *ctx)
{
	for (size_t i = 0; i < COUNT_OF(file_kinds); i++) {
		struct key_taker taker = { file_kinds[i].file, take, ctx };

		yaml_each_key(file_kinds[i].schema, take_key, &taker);
	}
}

const char *
wire_kind_name(enum wire_kind kind)
{
	static const char *const names[WIRE_KIND_COUNT] = {
		[WIRE_MODBUS_TCP] = "modbus-tcp",
		[WIRE_MODBUS_RTU] = "modbus-rtu",
	};

	return names[kind];
}
