/* The clinic's configuration: YAML read into checked plain values. All problems
 * of a run are collected, each with file, line and the path of the key; nothing
 * is printed here. Called at start and by --check, on one thread. */
#ifndef INFUSIOND_SETTINGS_SETTINGS_H
#define INFUSIOND_SETTINGS_SETTINGS_H

#include <stdio.h>

#include "daemon/base/outcome.h"
#include "daemon/clinical/act.h"
#include "daemon/clinical/regimen.h"
#include "drivers/profile.h"

enum {
	SETTINGS_LINES = 64,
	SETTINGS_MONITORS = 64,
	SETTINGS_BEDS = 32,
	SETTINGS_PEOPLE = 128,
	SETTINGS_REGIMENS = 8,
	SETTINGS_PROFILES = 32,
	SETTINGS_PATH = 512,
	SETTINGS_FILE_MOST = 1 << 20 /* bytes of one YAML file */
};

struct line_settings {
	char name[NAME_CAP], host[256];
	uint16_t port;
	struct duration response_timeout, backoff_first, backoff_most;
};

struct monitor_settings {
	char name[NAME_CAP], label[64];
	size_t profile, line; /* indices */
	uint8_t unit;
	struct duration cadence;
};

struct bed_settings {
	char name[NAME_CAP], label[64];
	size_t monitors[SESSION_DEVICES];
	size_t monitor_count;
};

/* A person as the UNIX socket's peer knows them. */
struct person_settings {
	char user[NAME_CAP]; /* of the operating system */
	char name[NAME_CAP]; /* in the record */
	enum role role;
	bool shared_terminal; /* may speak for others (--as) */
};

struct settings {
	char path[SETTINGS_PATH];
	char clinic[64];
	int utc_offset_min;
	char store[SETTINGS_PATH], socket[SETTINGS_PATH], capture[SETTINGS_PATH]; /* capture: empty, none */
	struct line_settings lines[SETTINGS_LINES];
	size_t line_count;
	struct monitor_settings monitors[SETTINGS_MONITORS];
	size_t monitor_count;
	struct bed_settings beds[SETTINGS_BEDS];
	size_t bed_count;
	struct person_settings people[SETTINGS_PEOPLE];
	size_t person_count;
	struct profile profiles[SETTINGS_PROFILES];
	size_t profile_count;
	struct regimen regimens[SETTINGS_REGIMENS]; /* the first is the default */
	size_t regimen_count;
};

/* One thing that is wrong, or only worth a look. */
struct problem {
	bool warning;
	int line;      /* 0: not known */
	int column;    /* 0: not known; structural ones have it */
	char file[SETTINGS_PATH];
	char path[128];
	char sentence[320];
};

struct problems;
struct problems *problems_create(void);
void problems_destroy(struct problems *problems);
size_t problems_count(const struct problems *problems);
size_t problems_errors(const struct problems *problems);
const struct problem *problems_at(const struct problems *problems, size_t index);

/* "FILE:LINE:COLUMN: PATH: sentence", a line each, warnings marked; returns the number of errors. */
size_t problems_print(const struct problems *problems, FILE *out);

/* Reads and checks everything; false when there was an error. The caller owns the result: settings_free. */
bool settings_load(const char *path, struct problems *problems, struct settings **ret_settings);
void settings_free(struct settings *settings);

/* One profile or regimen file alone. */
bool profile_load_file(const char *path, struct problems *problems, struct profile *ret_profile);
bool regimen_load_file(const char *path, struct problems *problems, struct regimen *ret_regimen);

/* Every standing limit and setting as (key, value), for comparing with the last start (R38). */
void settings_flatten(const struct settings *settings, void (*take)(void *ctx, const char *key, const char *value),
    void *ctx);

#endif
