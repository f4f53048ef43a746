/* infusiond.yaml: the store, lines, monitors, beds, people and regimens of one
 * clinic, and how they refer to each other. */
#include "daemon/settings/yaml_file.h"

#include <inttypes.h>
#include <libgen.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

struct raw_line {
	char *name, *host, *port, *response_timeout_ms, *backoff_first_ms, *backoff_most_ms;
};

struct raw_monitor {
	char *name, *label, *profile, *line, *unit, *cadence_ms;
};

struct raw_bed {
	char *name, *label;
	char **monitors;
	unsigned monitors_count;
};

struct raw_person {
	char *user, *name, *role;
	bool shared_terminal;
};

struct raw_override {
	char *regimen, *limit, *value;
};

struct raw_settings {
	char *clinic, *utc_offset, *store, *socket, *capture;
	struct raw_line *lines;
	struct raw_monitor *monitors;
	struct raw_bed *beds;
	struct raw_person *people;
	struct raw_override *limits;
	char **regimens, **profiles;
	unsigned lines_count, monitors_count, beds_count, people_count, limits_count, regimens_count, profiles_count;
};

#define OPTIONAL(type, member) CYAML_FIELD_STRING_PTR(#member, CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct type, member, 0, 400)
#define NEEDED(type, member) CYAML_FIELD_STRING_PTR(#member, CYAML_FLAG_POINTER, struct type, member, 1, 400)
#define LIST(member, entry, most)                                                                                      \
	CYAML_FIELD_SEQUENCE_COUNT(#member, CYAML_FLAG_POINTER, struct raw_settings, member, member##_count, &entry, 0, most)
#define OPTIONAL_LIST(member, entry, most)                                                                             \
	CYAML_FIELD_SEQUENCE_COUNT(#member, CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct raw_settings, member,      \
	    member##_count, &entry, 0, most)

static const cyaml_schema_value_t text_entry = { CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char *, 1, 400) };

static const cyaml_schema_field_t line_fields[] = {
	NEEDED(raw_line, name), NEEDED(raw_line, host), OPTIONAL(raw_line, port), OPTIONAL(raw_line, response_timeout_ms),
	OPTIONAL(raw_line, backoff_first_ms), OPTIONAL(raw_line, backoff_most_ms), CYAML_FIELD_END,
};

static const cyaml_schema_field_t monitor_fields[] = {
	NEEDED(raw_monitor, name), OPTIONAL(raw_monitor, label), NEEDED(raw_monitor, profile), NEEDED(raw_monitor, line),
	OPTIONAL(raw_monitor, unit), OPTIONAL(raw_monitor, cadence_ms), CYAML_FIELD_END,
};

static const cyaml_schema_field_t bed_fields[] = {
	NEEDED(raw_bed, name), OPTIONAL(raw_bed, label),
	CYAML_FIELD_SEQUENCE_COUNT("monitors", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct raw_bed, monitors, monitors_count,
	    &text_entry, 0, SESSION_DEVICES),
	CYAML_FIELD_END,
};

static const cyaml_schema_field_t person_fields[] = {
	NEEDED(raw_person, user), NEEDED(raw_person, name), NEEDED(raw_person, role),
	CYAML_FIELD_BOOL("shared_terminal", CYAML_FLAG_OPTIONAL, struct raw_person, shared_terminal), CYAML_FIELD_END,
};

static const cyaml_schema_field_t override_fields[] = {
	NEEDED(raw_override, regimen), NEEDED(raw_override, limit), NEEDED(raw_override, value), CYAML_FIELD_END,
};

static const cyaml_schema_value_t line_entry = { CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct raw_line, line_fields) };
static const cyaml_schema_value_t monitor_entry = { CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct raw_monitor, monitor_fields) };
static const cyaml_schema_value_t bed_entry = { CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct raw_bed, bed_fields) };
static const cyaml_schema_value_t person_entry = { CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct raw_person, person_fields) };
static const cyaml_schema_value_t override_entry = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct raw_override, override_fields)
};

static const cyaml_schema_field_t settings_fields[] = {
	OPTIONAL(raw_settings, clinic),
	OPTIONAL(raw_settings, utc_offset),
	NEEDED(raw_settings, store),
	NEEDED(raw_settings, socket),
	OPTIONAL(raw_settings, capture),
	LIST(lines, line_entry, SETTINGS_LINES),
	LIST(monitors, monitor_entry, SETTINGS_MONITORS),
	LIST(beds, bed_entry, SETTINGS_BEDS),
	OPTIONAL_LIST(people, person_entry, SETTINGS_PEOPLE),
	OPTIONAL_LIST(limits, override_entry, 128),
	LIST(regimens, text_entry, SETTINGS_REGIMENS),
	LIST(profiles, text_entry, SETTINGS_PROFILES),
	CYAML_FIELD_END,
};

static const cyaml_schema_value_t settings_schema = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct raw_settings, settings_fields)
};

/* The file that is read, and what comes of it. */
struct loading {
	struct yaml_file file;
	const struct raw_settings *raw;
	struct settings *settings;
};

static bool
take_name(struct loading *loading, const char *path, const char *text, char name[NAME_CAP])
{
	if (strlen(text) >= NAME_CAP || text[strcspn(text, " \t:/\"'")] != '\0') {
		yaml_complain(&loading->file, path, "'%.40s' must be a name of at most %d characters without spaces, quotes, ':' or '/'",
		    text, NAME_CAP - 1);
		return false;
	}
	snprintf(name, NAME_CAP, "%s", text);
	return true;
}

static int64_t
take_whole(struct loading *loading, const char *path, const char *text, int64_t low, int64_t high, int64_t otherwise)
{
	char *end;
	int64_t value;

	if (text == NULL)
		return otherwise;
	value = strtoll(text, &end, 10);
	if (end == text || *end != '\0')
		yaml_complain(&loading->file, path, "'%.40s' is no whole number", text);
	else if (value < low || value > high)
		yaml_complain(&loading->file, path, "%s lies outside %" PRId64 " to %" PRId64, text, low, high);
	else
		return value;
	return otherwise;
}

/* Relative paths are relative to the configuration file. */
static void
take_path(struct loading *loading, const char *key, const char *text, char path[SETTINGS_PATH])
{
	char base[SETTINGS_PATH];

	if (text == NULL || text[0] == '\0')
		return;
	snprintf(base, sizeof(base), "%s", loading->file.path);
	if (text[0] == '/')
		snprintf(path, SETTINGS_PATH, "%s", text);
	else if (strlen(base) + strlen(text) + 2 >= SETTINGS_PATH)
		yaml_complain(&loading->file, key, "the path is too long");
	else
		snprintf(path, SETTINGS_PATH, "%s/%s", dirname(base), text);
}

static void
take_clinic(struct loading *loading)
{
	const struct raw_settings *raw = loading->raw;
	struct settings *settings = loading->settings;
	int hours, minutes;
	char sign;

	snprintf(settings->clinic, sizeof(settings->clinic), "%s", raw->clinic != NULL ? raw->clinic : "clinic");
	if (raw->utc_offset != NULL) {
		if (sscanf(raw->utc_offset, "%c%2d:%2d", &sign, &hours, &minutes) == 3 && (sign == '+' || sign == '-') &&
		    hours <= 14 && minutes <= 59)
			settings->utc_offset_min = (hours * 60 + minutes) * (sign == '-' ? -1 : 1);
		else
			yaml_complain(&loading->file, "utc_offset", "'%.20s' must look like +01:00", raw->utc_offset);
	}
	take_path(loading, "store", raw->store, settings->store);
	take_path(loading, "socket", raw->socket, settings->socket);
	take_path(loading, "capture", raw->capture, settings->capture);
	if (strlen(settings->socket) >= sizeof(((struct sockaddr_un *)0)->sun_path))
		yaml_complain(&loading->file, "socket", "the path of a socket has at most %zu characters, this has %zu",
		    sizeof(((struct sockaddr_un *)0)->sun_path) - 1, strlen(settings->socket));
}

static void
take_lines(struct loading *loading)
{
	for (unsigned i = 0; i < loading->raw->lines_count; i++) {
		const struct raw_line *raw = &loading->raw->lines[i];
		struct line_settings *line = &loading->settings->lines[i];
		char path[64];

		snprintf(path, sizeof(path), "lines[%u].name", i);
		take_name(loading, path, raw->name, line->name);
		for (unsigned j = 0; j < i; j++)
			if (strcmp(loading->settings->lines[j].name, line->name) == 0)
				yaml_complain(&loading->file, path, "there is a line '%s' already", line->name);
		snprintf(line->host, sizeof(line->host), "%.255s", raw->host);
		snprintf(path, sizeof(path), "lines[%u].port", i);
		line->port = (uint16_t)take_whole(loading, path, raw->port, 1, 65535, 502);
		snprintf(path, sizeof(path), "lines[%u].response_timeout_ms", i);
		line->response_timeout = duration_ms(take_whole(loading, path, raw->response_timeout_ms, 10, 1000, 500));
		snprintf(path, sizeof(path), "lines[%u].backoff_first_ms", i);
		line->backoff_first = duration_ms(take_whole(loading, path, raw->backoff_first_ms, 10, 60000, 500));
		snprintf(path, sizeof(path), "lines[%u].backoff_most_ms", i);
		line->backoff_most = duration_ms(take_whole(loading, path, raw->backoff_most_ms, 10, 300000, 8000));
		if (line->backoff_most.ms < line->backoff_first.ms)
			yaml_complain(&loading->file, path, "must not be less than backoff_first_ms");
		loading->settings->line_count++;
	}
}

static void
take_profiles(struct loading *loading)
{
	for (unsigned i = 0; i < loading->raw->profiles_count; i++) {
		struct profile *profile = &loading->settings->profiles[i];
		char path[SETTINGS_PATH] = "", key[32];

		snprintf(key, sizeof(key), "profiles[%u]", i);
		take_path(loading, key, loading->raw->profiles[i], path);
		profile_load_file(path, loading->file.problems, profile);
		for (unsigned j = 0; j < i; j++)
			if (profile->name[0] != '\0' && strcmp(loading->settings->profiles[j].name, profile->name) == 0)
				yaml_complain(&loading->file, key, "there is a profile '%s' already", profile->name);
		loading->settings->profile_count++;
	}
}

static void
take_regimens(struct loading *loading)
{
	if (loading->raw->regimens_count == 0)
		yaml_complain(&loading->file, "regimens", "a clinic needs at least one regimen");
	for (unsigned i = 0; i < loading->raw->regimens_count; i++) {
		struct regimen *regimen = &loading->settings->regimens[i];
		char path[SETTINGS_PATH] = "", key[32];

		snprintf(key, sizeof(key), "regimens[%u]", i);
		take_path(loading, key, loading->raw->regimens[i], path);
		regimen_load_file(path, loading->file.problems, regimen);
		for (unsigned j = 0; j < i; j++)
			if (regimen->name[0] != '\0' && strcmp(loading->settings->regimens[j].name, regimen->name) == 0)
				yaml_complain(&loading->file, key, "there is a regimen '%s' already", regimen->name);
		loading->settings->regimen_count++;
	}
}

/* Looks a name up among others of its kind; tells with the nearest. */
static bool
refer(struct loading *loading, const char *path, const char *what, const char *name, const char *(*at)(const struct settings *, size_t),
    size_t count, size_t *ret_index)
{
	const char *names[SETTINGS_PEOPLE];

	for (size_t i = 0; i < count; i++) {
		names[i] = at(loading->settings, i);
		if (strcmp(names[i], name) == 0) {
			*ret_index = i;
			return true;
		}
	}
	yaml_complain(&loading->file, path, "there is no %s '%.40s'%s", what, name, suggest(name, names, count).text);
	return false;
}

static const char *
line_at(const struct settings *settings, size_t index)
{
	return settings->lines[index].name;
}

static const char *
profile_at(const struct settings *settings, size_t index)
{
	return settings->profiles[index].name;
}

static const char *
monitor_at(const struct settings *settings, size_t index)
{
	return settings->monitors[index].name;
}

static const char *
regimen_at(const struct settings *settings, size_t index)
{
	return settings->regimens[index].name;
}

/* R5: where a cadence makes silence slow to tell. */
static void
warn_slow(struct loading *loading, const char *path, const struct monitor_settings *monitor)
{
	const struct timing *timing = &loading->settings->regimens[0].timing;
	int64_t technical_ms = monitor->cadence.ms * timing->technical_cadence_pct / 100;

	if (loading->settings->regimen_count > 0 && technical_ms > timing->technical.ms)
		yaml_warn(&loading->file, path,
		    "polled every %" PRId64 " ms, a lost vital sign of '%s' is told only after %" PRId64 " s instead of %" PRId64 " s",
		    monitor->cadence.ms, monitor->name, technical_ms / 1000, timing->technical.ms / 1000);
}

static void
take_monitor(struct loading *loading, unsigned index)
{
	const struct raw_monitor *raw = &loading->raw->monitors[index];
	struct settings *settings = loading->settings;
	struct monitor_settings *monitor = &settings->monitors[index];
	char path[64];

	snprintf(path, sizeof(path), "monitors[%u].name", index);
	take_name(loading, path, raw->name, monitor->name);
	for (unsigned j = 0; j < index; j++)
		if (strcmp(settings->monitors[j].name, monitor->name) == 0)
			yaml_complain(&loading->file, path, "there is a monitor '%s' already", monitor->name);
	snprintf(monitor->label, sizeof(monitor->label), "%.63s", raw->label != NULL ? raw->label : raw->name);
	snprintf(path, sizeof(path), "monitors[%u].profile", index);
	refer(loading, path, "profile", raw->profile, profile_at, settings->profile_count, &monitor->profile);
	snprintf(path, sizeof(path), "monitors[%u].line", index);
	refer(loading, path, "line", raw->line, line_at, settings->line_count, &monitor->line);
	snprintf(path, sizeof(path), "monitors[%u].unit", index);
	monitor->unit = (uint8_t)take_whole(loading, path, raw->unit, 0, 255, 1);
	for (unsigned j = 0; j < index; j++)
		if (settings->monitors[j].line == monitor->line && settings->monitors[j].unit == monitor->unit)
			yaml_complain(&loading->file, path, "unit %d of this line is monitor '%s' already", monitor->unit,
			    settings->monitors[j].name);
	snprintf(path, sizeof(path), "monitors[%u].cadence_ms", index);
	monitor->cadence = duration_ms(take_whole(loading, path, raw->cadence_ms, 100, 60000,
	    settings->profile_count > 0 && settings->profiles[monitor->profile].cadence.ms > 0
		? settings->profiles[monitor->profile].cadence.ms
		: 1000));
	warn_slow(loading, path, monitor);
	settings->monitor_count++;
}

static void
take_bed(struct loading *loading, unsigned index)
{
	const struct raw_bed *raw = &loading->raw->beds[index];
	struct settings *settings = loading->settings;
	struct bed_settings *bed = &settings->beds[index];
	char path[64];

	snprintf(path, sizeof(path), "beds[%u].name", index);
	take_name(loading, path, raw->name, bed->name);
	for (unsigned j = 0; j < index; j++)
		if (strcmp(settings->beds[j].name, bed->name) == 0)
			yaml_complain(&loading->file, path, "there is a bed '%s' already", bed->name);
	snprintf(bed->label, sizeof(bed->label), "%.63s", raw->label != NULL ? raw->label : raw->name);
	if (raw->monitors_count == 0)
		yaml_warn(&loading->file, path, "bed '%s' has no monitor: nothing can be watched there", bed->name);
	for (unsigned i = 0; i < raw->monitors_count; i++) {
		size_t monitor;

		snprintf(path, sizeof(path), "beds[%u].monitors[%u]", index, i);
		if (!refer(loading, path, "monitor", raw->monitors[i], monitor_at, settings->monitor_count, &monitor))
			continue;
		for (unsigned j = 0; j <= settings->bed_count; j++)
			for (size_t k = 0; k < settings->beds[j].monitor_count; k++)
				if (settings->beds[j].monitors[k] == monitor)
					yaml_complain(&loading->file, path, "monitor '%s' stands at bed '%s' already: a monitor serves one bed",
					    raw->monitors[i], settings->beds[j].name);
		bed->monitors[bed->monitor_count++] = monitor;
	}
	settings->bed_count++;
}

static void
take_person(struct loading *loading, unsigned index)
{
	const struct raw_person *raw = &loading->raw->people[index];
	struct person_settings *person = &loading->settings->people[index];
	const char *names[ROLE_COUNT];
	char path[64];

	for (int i = 0; i < ROLE_COUNT; i++)
		names[i] = role_name((enum role)i);
	snprintf(path, sizeof(path), "people[%u].user", index);
	take_name(loading, path, raw->user, person->user);
	for (unsigned j = 0; j < index; j++)
		if (strcmp(loading->settings->people[j].user, person->user) == 0 && !loading->settings->people[j].shared_terminal)
			yaml_complain(&loading->file, path, "user '%s' is '%s' already", person->user, loading->settings->people[j].name);
	snprintf(path, sizeof(path), "people[%u].name", index);
	take_name(loading, path, raw->name, person->name);
	for (unsigned j = 0; j < index; j++)
		if (strcmp(loading->settings->people[j].name, person->name) == 0)
			yaml_complain(&loading->file, path, "there is a person '%s' already", person->name);
	snprintf(path, sizeof(path), "people[%u].role", index);
	if (!role_from_name(raw->role, &person->role))
		yaml_complain(&loading->file, path, "'%.40s' is no role%s", raw->role, suggest(raw->role, names, ROLE_COUNT).text);
	person->shared_terminal = raw->shared_terminal;
	loading->settings->person_count++;
}

/* The clinic's own standing limit instead of the regimen's. */
static void
take_override(struct loading *loading, unsigned index)
{
	const struct raw_override *raw = &loading->raw->limits[index];
	char path[64];
	size_t regimen_index;
	struct regimen *regimen;
	struct limits changed;
	enum vital vital;
	enum side side;
	enum tier tier;
	struct outcome key = limit_key_from_text(raw->limit, &vital, &side, &tier);
	int32_t milli;

	snprintf(path, sizeof(path), "limits[%u].limit", index);
	if (!key.ok) {
		yaml_complain(&loading->file, path, "%s", key.why);
		return;
	}
	snprintf(path, sizeof(path), "limits[%u].regimen", index);
	if (!refer(loading, path, "regimen", raw->regimen, regimen_at, loading->settings->regimen_count, &regimen_index))
		return;
	snprintf(path, sizeof(path), "limits[%u].value", index);
	if (!yaml_milli(&loading->file, path, raw->value, vital_info(vital)->plausible_low_milli,
		vital_info(vital)->plausible_high_milli, &milli))
		return;
	regimen = &loading->settings->regimens[regimen_index];
	changed = regimen->limits;
	changed.at[vital][side][tier] = (struct limit){ true, milli };
	key = limits_check_order(&changed, vital);
	if (key.ok)
		key = limits_check_ceiling(&regimen->ceiling, &regimen->limits, vital, side, tier, milli);
	if (key.ok)
		regimen->limits = changed;
	else
		yaml_complain(&loading->file, path, "%s", key.why);
}

static void
take_all(struct loading *loading)
{
	take_clinic(loading);
	take_lines(loading);
	take_profiles(loading);
	take_regimens(loading);
	for (unsigned i = 0; i < loading->raw->monitors_count; i++)
		take_monitor(loading, i);
	for (unsigned i = 0; i < loading->raw->beds_count; i++)
		take_bed(loading, i);
	for (unsigned i = 0; i < loading->raw->people_count; i++)
		take_person(loading, i);
	for (unsigned i = 0; i < loading->raw->limits_count; i++)
		take_override(loading, i);
	if (loading->raw->beds_count == 0)
		yaml_complain(&loading->file, "beds", "a clinic needs at least one bed");
}

bool
settings_load(const char *path, struct problems *problems, struct settings **ret_settings)
{
	struct loading loading = { .settings = calloc(1, sizeof(struct settings)) };

	if (loading.settings == NULL)
		return false;
	snprintf(loading.settings->path, sizeof(loading.settings->path), "%s", path);
	if (yaml_open(&loading.file, path, &settings_schema, problems)) {
		loading.raw = loading.file.data;
		take_all(&loading);
	}
	yaml_close(&loading.file);
	if (problems_errors(problems) > 0) {
		settings_free(loading.settings);
		return false;
	}
	*ret_settings = loading.settings;
	return true;
}

void
settings_free(struct settings *settings)
{
	free(settings);
}

static void
flatten_limits(const struct regimen *regimen, const char *section, const struct limits *limits,
    void (*take)(void *ctx, const char *key, const char *value), void *ctx)
{
	for (int vital = 0; vital < VITAL_COUNT; vital++)
		for (int side = 0; side < SIDE_COUNT; side++)
			for (int tier = 0; tier < TIER_COUNT; tier++) {
				struct limit limit = limits->at[vital][side][tier];
				char key[64], whole[64], value[24] = "none";

				limit_key_to_text((enum vital)vital, (enum side)side, (enum tier)tier, key);
				snprintf(whole, sizeof(whole), "%.16s.%s.%.40s", regimen->name, section, key);
				if (limit.set)
					milli_to_text(limit.milli, value, sizeof(value));
				take(ctx, whole, value);
			}
}

void
settings_flatten(const struct settings *settings, void (*take)(void *ctx, const char *key, const char *value), void *ctx)
{
	char key[64], value[64];

	for (size_t i = 0; i < settings->regimen_count; i++) {
		const struct regimen *regimen = &settings->regimens[i];

		flatten_limits(regimen, "limit", &regimen->limits, take, ctx);
		flatten_limits(regimen, "ceiling", &regimen->ceiling, take, ctx);
		for (int phase = PHASE_BASELINE; phase <= PHASE_RECOVERY; phase++) {
			snprintf(key, sizeof(key), "%.16s.%s.cuff_interval_s", regimen->name, phase_name((enum phase)phase));
			snprintf(value, sizeof(value), "%" PRId64, regimen->phases[phase].cuff_interval.ms / 1000);
			take(ctx, key, value);
		}
		snprintf(key, sizeof(key), "%.16s.dose.ug_per_kg", regimen->name);
		snprintf(value, sizeof(value), "%d", regimen->dose.ug_per_kg);
		take(ctx, key, value);
	}
	for (size_t i = 0; i < settings->monitor_count; i++) {
		const struct monitor_settings *monitor = &settings->monitors[i];

		snprintf(key, sizeof(key), "monitor.%.32s", monitor->name);
		snprintf(value, sizeof(value), "%.20s on %.20s unit %d every %" PRId64 " ms", settings->profiles[monitor->profile].name,
		    settings->lines[monitor->line].name, monitor->unit, monitor->cadence.ms);
		take(ctx, key, value);
	}
}
