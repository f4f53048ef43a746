/* The clinic's configuration: YAML read into checked plain values.
 *
 * infusiond.yaml names profiles (register maps of monitors) and regimens, which
 * are files of their own; config/README.md describes every key. All problems of
 * a run are collected, each with file, line and the path of its key; nothing is
 * printed or logged here unless asked. Files are hostile: at most 1 MiB, bounded
 * depth, no aliases. Called at start and by --check, on one thread. */
#ifndef INFUSIOND_SETTINGS_SETTINGS_H
#define INFUSIOND_SETTINGS_SETTINGS_H

#include <stdio.h>

#include "daemon/base/address.h"
#include "daemon/base/outcome.h"
#include "daemon/base/wire.h"
#include "daemon/clinical/act.h"
#include "daemon/clinical/regimen.h"
#include "daemon/settings/zone.h"
#include "drivers/profile.h"

enum {
	SETTINGS_LINES = 64, /* libmodbus selects, and a descriptor of 1024 or more aborts: facts, platform */
	SETTINGS_MONITORS = 64,
	SETTINGS_BEDS = 32,
	SETTINGS_PEOPLE = 128,
	SETTINGS_REGIMENS = 8,
	SETTINGS_PROFILES = 32,
	SETTINGS_OVERRIDES = 128,
	SETTINGS_LISTEN = 8,
	SETTINGS_LABEL = 64,
	SETTINGS_PATH = 512,
	SETTINGS_FILE_MOST = 1 << 20 /* bytes of one YAML file */
};

/* One wire: one conversation at a time, one unit or several behind its address. */
struct line_settings {
	char name[NAME_CAP];
	struct wire wire;
	struct duration response_timeout, backoff_first, backoff_most;
	int32_t retries;
};

struct monitor_settings {
	char name[NAME_CAP], label[SETTINGS_LABEL];
	size_t profile, line; /* indices */
	uint8_t unit;
	struct duration cadence; /* its own, or the profile's */
	bool start_cuff;         /* the engineer permits that its cuff is started from here */
};

struct bed_settings {
	char name[NAME_CAP], label[SETTINGS_LABEL];
	size_t monitors[SESSION_DEVICES]; /* indices */
	size_t monitor_count;
};

/* A person as the UNIX socket's peer knows them. */
struct person_settings {
	char user[NAME_CAP];  /* of the operating system; empty: only by --as at a shared terminal */
	char name[NAME_CAP];  /* in the record */
	enum role role;
	bool shared_terminal; /* several people work as this user: it may say who is acting (--as) */
};

/* Where browsers find the daemon; nowhere without the section. */
struct web_settings {
	struct address listen[SETTINGS_LISTEN];
	size_t entries[SETTINGS_LISTEN]; /* of the file's list, one for each address */
	size_t listen_count;
	bool has_files; /* what is named can be read */
	char certificate[SETTINGS_PATH], key[SETTINGS_PATH]; /* PEM; empty: no TLS, then every address is loopback's */
	struct duration idle, longest; /* a log-in ends so long after it was last used, and after it was made */
};

struct settings {
	char path[SETTINGS_PATH];     /* of infusiond.yaml */
	char clinic[SETTINGS_LABEL];
	struct zone zone;             /* ask zone_offset_min() */
	char store[SETTINGS_PATH], socket[SETTINGS_PATH], capture[SETTINGS_PATH]; /* capture: empty, none */
	struct line_settings lines[SETTINGS_LINES];
	size_t line_count;
	struct web_settings web;
	struct monitor_settings monitors[SETTINGS_MONITORS];
	size_t monitor_count;
	struct bed_settings beds[SETTINGS_BEDS];
	size_t bed_count;
	struct person_settings people[SETTINGS_PEOPLE];
	size_t person_count;
	struct profile profiles[SETTINGS_PROFILES];
	size_t profile_count;
	struct regimen regimens[SETTINGS_REGIMENS]; /* the clinic's own limits are in; the first is the default */
	size_t regimen_count;
};

/* One thing that is wrong, or (warning) only worth a look. */
struct problem {
	bool warning;
	int line;      /* from 1; 0: not known */
	int column;    /* from 1; 0: not known; faults of structure have it */
	char file[SETTINGS_PATH];
	char path[128]; /* "beds[1].monitors[0]"; empty: the file as a whole */
	char sentence[320];
};

/* A list of problems, in the order of files and lines once a load is over. */
struct problems;
struct problems *problems_create(void); /* NULL: no memory */
void problems_destroy(struct problems *problems); /* NULL is fine */
size_t problems_count(const struct problems *problems);
size_t problems_errors(const struct problems *problems); /* those that are no warnings */
const struct problem *problems_at(const struct problems *problems, size_t index);

/* "FILE:LINE:COLUMN: PATH: sentence", a line each, warnings marked; returns the number of errors. */
size_t problems_print(const struct problems *problems, FILE *out);

/* Reads and checks everything. False, and *ret_settings untouched, when `problems` holds an error afterwards.
 * The caller owns the result: settings_free. */
bool settings_load(const char *path, struct problems *problems, struct settings **ret_settings);
void settings_free(struct settings *settings); /* NULL is fine */

/* infusiond --check: loads, prints every problem, and returns the number of errors. Says nothing when all is well. */
size_t settings_check_print(const char *path, FILE *out);

/* One profile or regimen file alone. False when it has an error: the value is then of no use. */
bool profile_load_file(const char *path, struct problems *problems, struct profile *ret_profile);
bool regimen_load_file(const char *path, struct problems *problems, struct regimen *ret_regimen);

/* R38: every standing limit and setting as (key, value), in a fixed order, for comparing with the last start. */
void settings_flatten(const struct settings *settings, void (*take)(void *ctx, const char *key, const char *value),
    void *ctx);

/* Every key that the files know, as ("infusiond.yaml", "lines[].port"): what config/README.md is checked against. */
void settings_each_key(void (*take)(void *ctx, const char *file, const char *path), void *ctx);

/* Every check beyond single values, by the beginning of the names of its bad files in tests/settings/bad. */
void settings_each_check(void (*take)(void *ctx, const char *name), void *ctx);

const char *wire_kind_name(enum wire_kind kind); /* "modbus-tcp", "modbus-rtu" */

#endif
