/* infusiond.yaml to struct settings: the store, lines, monitors, beds, people,
 * profiles and regimens of one clinic, and its own limits. */
#include "daemon/settings/clinic_file.h"

#include <dirent.h>
#include <errno.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/settings/lines.h"

#define CLINIC_ROWS(X)                                                                                       \
	X(raw_clinic, settings, clinic, "clinic", SCALAR_OPTIONAL, SCALAR_TEXT, clinic, 0, 0)                \
	X(raw_clinic, settings, store, "store", SCALAR_NEEDED, SCALAR_PATH, store, 0, 0)                     \
	X(raw_clinic, settings, socket, "socket", SCALAR_NEEDED, SCALAR_PATH, socket, 0, 0)                  \
	X(raw_clinic, settings, capture, "capture", SCALAR_OPTIONAL, SCALAR_PATH, capture, 0, 0)

#define MONITOR_ROWS(X)                                                                                      \
	X(raw_monitor, monitor_settings, name, "name", SCALAR_NEEDED, SCALAR_NAME, name, 0, 0)               \
	X(raw_monitor, monitor_settings, label, "label", SCALAR_OPTIONAL, SCALAR_TEXT, label, 0, 0)          \
	X(raw_monitor, monitor_settings, unit, "unit", SCALAR_OPTIONAL, SCALAR_U8, unit, 0, 255)             \
	X(raw_monitor, monitor_settings, cadence_ms, "cadence_ms", SCALAR_OPTIONAL, SCALAR_MS, cadence, 100, \
	    60000)                                                                                           \
	X(raw_monitor, monitor_settings, start_cuff, "start_cuff", SCALAR_OPTIONAL, SCALAR_BOOL, start_cuff, \
	    0, 0)

#define BED_ROWS(X)                                                                                          \
	X(raw_bed, bed_settings, name, "name", SCALAR_NEEDED, SCALAR_NAME, name, 0, 0)                       \
	X(raw_bed, bed_settings, label, "label", SCALAR_OPTIONAL, SCALAR_TEXT, label, 0, 0)

#define PERSON_ROWS(X)                                                                                       \
	X(raw_person, person_settings, user, "user", SCALAR_OPTIONAL, SCALAR_NAME, user, 0, 0)               \
	X(raw_person, person_settings, name, "name", SCALAR_NEEDED, SCALAR_NAME, name, 0, 0)                 \
	X(raw_person, person_settings, shared, "shared_terminal", SCALAR_OPTIONAL, SCALAR_BOOL,              \
	    shared_terminal, 0, 0)

struct raw_monitor {
	MONITOR_ROWS(SCALAR_MEMBER)
	char *profile, *line;
};

struct raw_bed {
	BED_ROWS(SCALAR_MEMBER)
	char **monitors;
	unsigned monitors_count;
};

struct raw_person {
	PERSON_ROWS(SCALAR_MEMBER)
	char *role;
};

struct raw_clinic {
	CLINIC_ROWS(SCALAR_MEMBER)
	char *utc_offset, *timezone, *regimen;
	struct raw_line *lines;
	struct raw_monitor *monitors;
	struct raw_bed *beds;
	struct raw_person *people;
	struct raw_own_limit *limits;
	struct raw_own_bound *ceiling;
	struct raw_web *web;
	char **regimens, **profiles;
	unsigned lines_count, monitors_count, beds_count, people_count, limits_count, ceiling_count,
	    regimens_count, profiles_count;
};

static const struct scalar clinic_rows[] = { CLINIC_ROWS(SCALAR_ROW) };
static const struct scalar monitor_rows[] = { MONITOR_ROWS(SCALAR_ROW) };
static const struct scalar bed_rows[] = { BED_ROWS(SCALAR_ROW) };
static const struct scalar person_rows[] = { PERSON_ROWS(SCALAR_ROW) };

#define TEXT(raw, member, flags)                                                                             \
	CYAML_FIELD_STRING_PTR(                                                                              \
	    #member, CYAML_FLAG_POINTER | (flags), struct raw, member, 0, YAML_LONGEST_TEXT)
#define LIST(member, entry, flags, least, most)                                                              \
	CYAML_FIELD_SEQUENCE(                                                                                \
	    #member, CYAML_FLAG_POINTER | (flags), struct raw_clinic, member, &entry, least, most)
#define ENTRY(raw, fields)                                                                                   \
	{                                                                                                    \
		CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct raw, fields)                                  \
	}

static const cyaml_schema_value_t text_entry = { CYAML_VALUE_STRING(
    CYAML_FLAG_POINTER, char *, 0, YAML_LONGEST_TEXT) };

static const cyaml_schema_field_t monitor_fields[] = {
	MONITOR_ROWS(SCALAR_FIELD) TEXT(raw_monitor, profile, SCALAR_NEEDED),
	TEXT(raw_monitor, line, SCALAR_NEEDED),
	CYAML_FIELD_END,
};

static const cyaml_schema_field_t bed_fields[] = {
	BED_ROWS(SCALAR_FIELD) CYAML_FIELD_SEQUENCE("monitors", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL,
	    struct raw_bed, monitors, &text_entry, 0, SESSION_DEVICES),
	CYAML_FIELD_END,
};

static const cyaml_schema_field_t person_fields[] = {
	PERSON_ROWS(SCALAR_FIELD) TEXT(raw_person, role, SCALAR_NEEDED),
	CYAML_FIELD_END,
};

static const cyaml_schema_value_t monitor_entry = ENTRY(raw_monitor, monitor_fields);
static const cyaml_schema_value_t bed_entry = ENTRY(raw_bed, bed_fields);
static const cyaml_schema_value_t person_entry = ENTRY(raw_person, person_fields);

static const cyaml_schema_field_t clinic_fields[] = {
	CLINIC_ROWS(SCALAR_FIELD) TEXT(raw_clinic, utc_offset, SCALAR_OPTIONAL),
	TEXT(raw_clinic, timezone, SCALAR_OPTIONAL),
	LIST(lines, line_schema, SCALAR_NEEDED, 1, SETTINGS_LINES),
	LIST(profiles, text_entry, SCALAR_NEEDED, 1, SETTINGS_PROFILES),
	LIST(monitors, monitor_entry, SCALAR_NEEDED, 1, SETTINGS_MONITORS),
	LIST(beds, bed_entry, SCALAR_NEEDED, 1, SETTINGS_BEDS),
	LIST(people, person_entry, SCALAR_OPTIONAL, 0, SETTINGS_PEOPLE),
	LIST(regimens, text_entry, SCALAR_NEEDED, 1, SETTINGS_REGIMENS),
	TEXT(raw_clinic, regimen, SCALAR_OPTIONAL),
	LIST(limits, own_limit_schema, SCALAR_OPTIONAL, 0, SETTINGS_OVERRIDES),
	LIST(ceiling, own_bound_schema, SCALAR_OPTIONAL, 0, SETTINGS_OVERRIDES),
	CYAML_FIELD_MAPPING_PTR("web", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct raw_clinic, web, web_fields),
	CYAML_FIELD_END,
};

const cyaml_schema_value_t clinic_schema = { CYAML_VALUE_MAPPING(
    CYAML_FLAG_POINTER, struct raw_clinic, clinic_fields) };

static void
take_zone(struct yaml_file *file, const struct raw_clinic *raw, struct zone *zone)
{
	struct outcome taken = zone_fixed("+00:00", zone);

	if (raw->utc_offset != NULL && raw->timezone != NULL) {
		yaml_complain(file, "timezone", "give either 'timezone' or 'utc_offset'");
	} else if (raw->utc_offset != NULL) {
		taken = zone_fixed(raw->utc_offset, zone);
		if (!taken.ok)
			yaml_complain(file, "utc_offset", "%s", taken.why);
	} else if (raw->timezone != NULL) {
		taken = zone_find(raw->timezone, zone);
		if (!taken.ok)
			yaml_complain(file, "timezone", "%s", taken.why);
	}
}

/* A file that could not be read is known by its own name, so that one fault does not make others. */
static void
name_by_file(const char *path, char name[NAME_CAP])
{
	char copy[SETTINGS_PATH];

	snprintf(copy, sizeof(copy), "%s", path);
	snprintf(name, NAME_CAP, "%.*s", (int)strcspn(basename(copy), "."), basename(copy));
}

/* A file that is not there is told with the line that names it. */
static bool
is_readable(struct yaml_file *file, const char *key, const char *path)
{
	if (access(path, R_OK) == 0)
		return true;
	yaml_complain(file, key, "'%.200s' cannot be read: %s", path, strerror(errno));
	return false;
}

static void
take_profile_file(struct yaml_file *file, const char *key, const char *path, struct settings *settings)
{
	struct profile *profile = &settings->profiles[settings->profile_count];

	if (settings->profile_count == SETTINGS_PROFILES) {
		yaml_complain(file, key, "there are more than %d profiles", SETTINGS_PROFILES);
		return;
	}
	if (is_readable(file, key, path))
		profile_load_file(path, file->problems, profile);
	if (profile->name[0] == '\0')
		name_by_file(path, profile->name);
	for (size_t i = 0; i < settings->profile_count; i++)
		if (strcmp(settings->profiles[i].name, profile->name) == 0)
			yaml_complain(file, key, "there is a profile '%s' already", profile->name);
	settings->profile_count++;
}

static int
is_yaml(const struct dirent *entry)
{
	size_t length = strlen(entry->d_name);

	return length > 5 && entry->d_name[0] != '.' && strcmp(entry->d_name + length - 5, ".yaml") == 0;
}

/* All profiles of a folder, by name. */
static void
take_profile_folder(struct yaml_file *file, const char *key, const char *path, struct settings *settings)
{
	struct dirent **entries = NULL;
	int count = scandir(path, &entries, is_yaml, alphasort);

	if (count <= 0)
		yaml_complain(file, key, "there is no profile (*.yaml) in the folder");
	for (int i = 0; i < count; i++) {
		char whole[SETTINGS_PATH * 2];

		snprintf(whole, sizeof(whole), "%s%s%s", path, path[strlen(path) - 1] == '/' ? "" : "/",
		    entries[i]->d_name);
		if (strlen(whole) < SETTINGS_PATH)
			take_profile_file(file, key, whole, settings);
		else
			yaml_complain(file, key, "the path of '%.60s' is too long", entries[i]->d_name);
		free(entries[i]);
	}
	free(entries);
}

/* A path in a list, from the folder of infusiond.yaml. */
static bool
take_listed_path(struct yaml_file *file, const char *key, char *text, char path[SETTINGS_PATH])
{
	const struct scalar row = { "", 0, 0, SETTINGS_PATH, SCALAR_PATH, 0, 0 };

	path[0] = '\0';
	scalars_take(file, key, &text, &row, 1, path);
	return path[0] != '\0';
}

static void
take_profiles(struct yaml_file *file, const struct raw_clinic *raw, struct settings *settings)
{
	for (unsigned i = 0; i < raw->profiles_count; i++) {
		struct scalar_path key = path_of_entry("profiles", i);
		char path[SETTINGS_PATH];
		struct stat status;

		if (!take_listed_path(file, key.text, raw->profiles[i], path))
			continue;
		if (stat(path, &status) == 0 && S_ISDIR(status.st_mode))
			take_profile_folder(file, key.text, path, settings);
		else
			take_profile_file(file, key.text, path, settings);
	}
}

static void
take_regimens(struct yaml_file *file, const struct raw_clinic *raw, struct settings *settings)
{
	for (unsigned i = 0; i < raw->regimens_count; i++) {
		struct regimen *regimen = &settings->regimens[settings->regimen_count];
		struct scalar_path key = path_of_entry("regimens", i);
		char path[SETTINGS_PATH];

		if (!take_listed_path(file, key.text, raw->regimens[i], path))
			continue;
		if (is_readable(file, key.text, path))
			regimen_load_file(path, file->problems, regimen);
		if (regimen->name[0] == '\0')
			name_by_file(path, regimen->name);
		for (size_t j = 0; j < settings->regimen_count; j++)
			if (strcmp(settings->regimens[j].name, regimen->name) == 0)
				yaml_complain(
				    file, key.text, "there is a regimen '%s' already", regimen->name);
		settings->regimen_count++;
	}
}

/* The default comes to stand first. */
static void
choose_regimen(struct yaml_file *file, const struct raw_clinic *raw, struct settings *settings)
{
	struct regimen first = settings->regimens[0];
	size_t chosen;

	if (raw->regimen == NULL ||
	    !take_reference(file, "regimen", names_of_regimens(settings), raw->regimen, &chosen))
		return;
	settings->regimens[0] = settings->regimens[chosen];
	settings->regimens[chosen] = first;
}

static void
take_monitor(struct yaml_file *file, const char *base, const struct raw_monitor *raw,
    const struct settings *settings, struct monitor_settings *monitor)
{
	struct names profiles = { "profile", settings->profiles[0].name, sizeof(settings->profiles[0]),
		settings->profile_count };
	struct names lines = { "line", settings->lines[0].name, sizeof(settings->lines[0]),
		settings->line_count };

	*monitor = (struct monitor_settings){
		.profile = SIZE_MAX, .line = SIZE_MAX, .unit = 1, .cadence = duration_s(1)
	};
	if (take_reference(file, path_of(base, "profile").text, profiles, raw->profile, &monitor->profile) &&
	    settings->profiles[monitor->profile].cadence.ms > 0)
		monitor->cadence = settings->profiles[monitor->profile].cadence;
	take_reference(file, path_of(base, "line").text, lines, raw->line, &monitor->line);
	scalars_take(file, base, raw, monitor_rows, COUNT_OF(monitor_rows), monitor);
	if (raw->label == NULL)
		memcpy(monitor->label, monitor->name, sizeof(monitor->name));
}

static void
take_bed(struct yaml_file *file, const char *base, const struct raw_bed *raw, const struct settings *settings,
    struct bed_settings *bed)
{
	struct names monitors = { "monitor", settings->monitors[0].name, sizeof(settings->monitors[0]),
		settings->monitor_count };

	scalars_take(file, base, raw, bed_rows, COUNT_OF(bed_rows), bed);
	if (raw->label == NULL)
		memcpy(bed->label, bed->name, sizeof(bed->name));
	/* A monitor that is not known keeps its place, so that places are those of the file. */
	for (unsigned i = 0; i < raw->monitors_count; i++) {
		bed->monitors[i] = SIZE_MAX;
		take_reference(file, path_of_entry(path_of(base, "monitors").text, i).text, monitors,
		    raw->monitors[i], &bed->monitors[i]);
		bed->monitor_count++;
	}
}

static const char *
role_at(int index)
{
	return role_name((enum role)index);
}

static void
take_person(
    struct yaml_file *file, const char *base, const struct raw_person *raw, struct person_settings *person)
{
	int role = ROLE_VIEWER;

	scalars_take(file, base, raw, person_rows, COUNT_OF(person_rows), person);
	take_choice(file, path_of(base, "role").text, "role", raw->role, role_at, ROLE_COUNT, &role);
	person->role = (enum role)role;
}

void
clinic_take(struct yaml_file *file, struct settings *settings)
{
	const struct raw_clinic *raw = file->data;

	snprintf(settings->clinic, sizeof(settings->clinic), "clinic");
	scalars_take(file, "", raw, clinic_rows, COUNT_OF(clinic_rows), settings);
	take_zone(file, raw, &settings->zone);
	web_section_take(file, raw->web, &settings->web);
	for (unsigned i = 0; i < raw->lines_count; i++)
		line_take(file, path_of_entry("lines", i).text, &raw->lines[i],
		    &settings->lines[settings->line_count++]);
	take_profiles(file, raw, settings);
	take_regimens(file, raw, settings);
	choose_regimen(file, raw, settings);
	for (unsigned i = 0; i < raw->monitors_count; i++)
		take_monitor(file, path_of_entry("monitors", i).text, &raw->monitors[i], settings,
		    &settings->monitors[settings->monitor_count++]);
	for (unsigned i = 0; i < raw->beds_count; i++)
		take_bed(file, path_of_entry("beds", i).text, &raw->beds[i], settings,
		    &settings->beds[settings->bed_count++]);
	for (unsigned i = 0; i < raw->people_count; i++)
		take_person(file, path_of_entry("people", i).text, &raw->people[i],
		    &settings->people[settings->person_count++]);
	own_limits_take(file, raw->limits, raw->limits_count, raw->ceiling, raw->ceiling_count, settings);
}
