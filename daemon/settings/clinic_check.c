/* What no single value of infusiond.yaml can show: names that are used twice,
 * monitors in two places, and what works but is slow, blind or useless
 * (warnings). Adding a check is adding a row; each has its file in tests/settings. */
#include "daemon/settings/clinic_file.h"

#include <inttypes.h>
#include <string.h>
#include <sys/un.h>

#include "daemon/settings/lines.h"
#include "drivers/plan.h"

/* A list whose entries have names. */
struct named_list {
	const char *key, *what, *member;
	size_t list, stride, name, count; /* offsets and sizes in struct settings and its entries */
};

#define LIST(key, what, member_name, list, count_member, type, member)                                       \
	{                                                                                                    \
		key, what, member_name, offsetof(struct settings, list), sizeof(struct type),                \
		    offsetof(struct type, member), offsetof(struct settings, count_member)                   \
	}

static const struct named_list named_lists[] = {
	LIST("lines", "line", "name", lines, line_count, line_settings, name),
	LIST("monitors", "monitor", "name", monitors, monitor_count, monitor_settings, name),
	LIST("beds", "bed", "name", beds, bed_count, bed_settings, name),
	LIST("people", "person", "name", people, person_count, person_settings, name),
	LIST("people", "user", "user", people, person_count, person_settings, user),
};

static void
check_names_in(struct yaml_file *file, const struct settings *settings, const struct named_list *list)
{
	const char *first = (const char *)settings + list->list + list->name;
	size_t count = *(const size_t *)(const void *)((const char *)settings + list->count);

	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; j < i; j++) {
			const char *name = first + i * list->stride;

			if (name[0] == '\0' || strcmp(name, first + j * list->stride) != 0)
				continue;
			yaml_complain(file, path_of_entry_key(list->key, i, list->member).text,
			    "there is a %s '%s' already", list->what, name);
			break;
		}
}

static void
check_names(struct yaml_file *file, const struct settings *settings)
{
	for (size_t i = 0; i < COUNT_OF(named_lists); i++)
		check_names_in(file, settings, &named_lists[i]);
}

static void
check_paths(struct yaml_file *file, const struct settings *settings)
{
	size_t most = sizeof(((struct sockaddr_un *)0)->sun_path) - 1;

	if (strlen(settings->socket) > most)
		yaml_complain(file, "socket", "the path of a socket has at most %zu bytes, this one has %zu",
		    most, strlen(settings->socket));
	if (strcmp(settings->store, settings->socket) == 0)
		yaml_complain(file, "socket", "is the same file as the store");
	if (strcmp(settings->store, settings->capture) == 0)
		yaml_complain(file, "capture", "is the same file as the store");
	if (settings->capture[0] != '\0' && strcmp(settings->socket, settings->capture) == 0)
		yaml_complain(file, "capture", "is the same file as the socket");
}

static void
check_units(struct yaml_file *file, const struct settings *settings)
{
	for (size_t i = 0; i < settings->monitor_count; i++)
		for (size_t j = 0; j < i; j++) {
			const struct monitor_settings *here = &settings->monitors[i],
						      *before = &settings->monitors[j];

			if (here->line != SIZE_MAX && here->line == before->line &&
			    here->unit == before->unit)
				yaml_complain(file, path_of_entry_key("monitors", i, "unit").text,
				    "unit %d of line '%s' is monitor '%s' already", here->unit,
				    settings->lines[here->line].name, before->name);
		}
}

/* The bed that a monitor stands at before the k-th place of bed `bed`; SIZE_MAX: none. */
static size_t
bed_before(const struct settings *settings, size_t monitor, size_t bed, size_t place)
{
	for (size_t i = 0; i <= bed; i++)
		for (size_t k = 0; k < (i < bed ? settings->beds[i].monitor_count : place); k++)
			if (settings->beds[i].monitors[k] == monitor)
				return i;
	return SIZE_MAX;
}

/* R34: a monitor serves one session, so it stands at one bed. */
static void
check_places(struct yaml_file *file, const struct settings *settings)
{
	for (size_t i = 0; i < settings->bed_count; i++)
		for (size_t k = 0; k < settings->beds[i].monitor_count; k++) {
			size_t monitor = settings->beds[i].monitors[k];
			size_t before = monitor != SIZE_MAX ? bed_before(settings, monitor, i, k) : SIZE_MAX;

			if (before != SIZE_MAX)
				yaml_complain(file,
				    path_of_entry(path_of_entry_key("beds", i, "monitors").text, k).text,
				    "monitor '%s' stands at bed '%s' already, and serves one bed",
				    settings->monitors[monitor].name, settings->beds[before].name);
		}
}

static void
check_terminals(struct yaml_file *file, const struct settings *settings)
{
	for (size_t i = 0; i < settings->person_count; i++)
		if (settings->people[i].shared_terminal && settings->people[i].user[0] == '\0')
			yaml_complain(file, path_of_entry_key("people", i, "shared_terminal").text,
			    "a shared terminal needs its 'user'");
}

/* R5: a cadence that makes silence slow to tell. */
static void
warn_cadence(struct yaml_file *file, const struct settings *settings)
{
	const struct timing *timing = &settings->regimens[0].timing;

	for (size_t i = 0; i < settings->monitor_count; i++) {
		int64_t cadence = settings->monitors[i].cadence.ms;
		int64_t stale = cadence * timing->stale_cadence_pct / 100,
			technical = cadence * timing->technical_cadence_pct / 100;

		if (technical > timing->technical.ms || stale > timing->stale.ms)
			yaml_warn(file, path_of_entry_key("monitors", i, "cadence_ms").text,
			    "polled every %" PRId64 " ms, a lost vital sign is shown as stale after %.3g s "
						    "and told after %.3g s, not %.3g s and %.3g s",
			    cadence, (double)(stale > timing->stale.ms ? stale : timing->stale.ms) / 1000,
			    (double)(technical > timing->technical.ms ? technical : timing->technical.ms) /
				1000,
			    (double)timing->stale.ms / 1000, (double)timing->technical.ms / 1000);
	}
}

static void
warn_proof(struct yaml_file *file, const struct settings *settings)
{
	for (size_t i = 0; i < settings->monitor_count; i++) {
		const struct profile *profile = &settings->profiles[settings->monitors[i].profile];

		if (profile->cuff.present && profile->cuff.proof == PROOF_NONE)
			yaml_warn(file, path_of_entry_key("monitors", i, "profile").text,
			    "in '%s' nothing proves a new cuff: two equal results in a row count as one, and "
			    "one found at connect is of unknown age",
			    profile->name);
	}
}

/* Starting a cuff is an act on a patient: permitted only where it can be done. */
static void
check_start_cuff(struct yaml_file *file, const struct settings *settings)
{
	for (size_t i = 0; i < settings->monitor_count; i++) {
		const struct monitor_settings *monitor = &settings->monitors[i];

		if (!monitor->start_cuff || monitor->profile == SIZE_MAX)
			continue;
		if (!settings->profiles[monitor->profile].cuff.start.present)
			yaml_complain(file, path_of_entry_key("monitors", i, "start_cuff").text,
			    "its profile '%s' does not say how a cuff is started (cuff.start)",
			    settings->profiles[monitor->profile].name);
	}
}

/* One that cannot be stopped, or of which nothing shows that it was done, is worth a second thought. */
static void
warn_start_cuff(struct yaml_file *file, const struct settings *settings)
{
	for (size_t i = 0; i < settings->monitor_count; i++) {
		const struct profile_cuff *cuff = &settings->profiles[settings->monitors[i].profile].cuff;
		struct scalar_path path = path_of_entry_key("monitors", i, "start_cuff");

		if (!settings->monitors[i].start_cuff)
			continue;
		if (!cuff->cancel.present)
			yaml_warn(file, path.text, "a cuff that was started cannot be cancelled from here: its profile has no "
						   "cuff.cancel");
		if (!cuff->has_measuring)
			yaml_warn(file, path.text, "nothing shows that a cuff is going on: its profile has no cuff.measuring");
	}
}

static size_t
reads_of(const struct settings *settings, const struct monitor_settings *monitor)
{
	struct plan plan;

	plan_make(&settings->profiles[monitor->profile], &plan);
	return plan.count;
}

/* R25: one unit that is mute holds the wire for its timeout at every read, and the others behind the address
 * wait. */
static void
warn_shared_line(struct yaml_file *file, const struct settings *settings)
{
	for (size_t i = 0; i < settings->monitor_count; i++) {
		const struct monitor_settings *mute = &settings->monitors[i];
		int64_t held =
		    (int64_t)reads_of(settings, mute) * settings->lines[mute->line].response_timeout.ms;

		for (size_t j = 0; j < settings->monitor_count; j++) {
			const struct monitor_settings *other = &settings->monitors[j];

			if (j == i || other->line != mute->line || held < other->cadence.ms)
				continue;
			yaml_warn(file, path_of_entry_key("monitors", i, "line").text,
			    "when '%s' is mute it holds line '%s' for %" PRId64
			    " ms, and '%s' is polled every %" PRId64 " ms: shorten response_timeout_ms",
			    mute->name, settings->lines[mute->line].name, held, other->name,
			    other->cadence.ms);
			break;
		}
	}
}

static void
warn_unused(struct yaml_file *file, const struct settings *settings)
{
	for (size_t i = 0; i < settings->line_count; i++) {
		bool used = false;

		for (size_t j = 0; j < settings->monitor_count; j++)
			used |= settings->monitors[j].line == i;
		if (!used)
			yaml_warn(file, path_of_entry("lines", i).text, "no monitor is on line '%s'",
			    settings->lines[i].name);
	}
	for (size_t i = 0; i < settings->monitor_count; i++)
		if (bed_before(settings, i, settings->bed_count - 1,
			settings->beds[settings->bed_count - 1].monitor_count) == SIZE_MAX)
			yaml_warn(file, path_of_entry("monitors", i).text, "monitor '%s' stands at no bed",
			    settings->monitors[i].name);
}

static bool
bed_gives(const struct settings *settings, const struct bed_settings *bed, enum vital vital)
{
	for (size_t k = 0; k < bed->monitor_count; k++) {
		bool gives[VITAL_COUNT][SOURCE_COUNT];

		profile_gives(&settings->profiles[settings->monitors[bed->monitors[k]].profile], gives);
		for (int source = 0; source < SOURCE_COUNT; source++)
			if (gives[vital][source])
				return true;
	}
	return false;
}

static bool
is_required(const struct settings *settings, enum vital vital)
{
	for (int phase = 0; phase < PHASE_COUNT; phase++)
		if (settings->regimens[0].phases[phase].required[vital])
			return true;
	return false;
}

/* R19: a required vital without a source is an alarm from the start of every session. */
static void
warn_beds(struct yaml_file *file, const struct settings *settings)
{
	for (size_t i = 0; i < settings->bed_count; i++) {
		const struct bed_settings *bed = &settings->beds[i];

		if (bed->monitor_count == 0) {
			yaml_warn(file, path_of_entry("beds", i).text,
			    "bed '%s' has no monitor: nothing can be watched there", bed->name);
			continue;
		}
		for (int vital = 0; vital < VITAL_COUNT; vital++)
			if (is_required(settings, (enum vital)vital) &&
			    !bed_gives(settings, bed, (enum vital)vital))
				yaml_warn(file, path_of_entry_key("beds", i, "monitors").text,
				    "no monitor of bed '%s' gives %s, which regimen '%s' requires", bed->name,
				    vital_name_at(vital), settings->regimens[0].name);
	}
}

static void
warn_people(struct yaml_file *file, const struct settings *settings)
{
	bool shared = false, reachable[ROLE_COUNT] = { false };

	for (size_t i = 0; i < settings->person_count; i++)
		shared |= settings->people[i].shared_terminal;
	for (size_t i = 0; i < settings->person_count; i++) {
		const struct person_settings *person = &settings->people[i];

		reachable[person->role] |= shared || person->user[0] != '\0';
		if (person->user[0] == '\0' && !shared)
			yaml_warn(file, path_of_entry("people", i).text,
			    "'%s' has no user, and there is no shared terminal to act from", person->name);
	}
	/* Whom a browser's log-in lets in stands in the record. */
	if (settings->web.listen_count > 0)
		return;
	if (!reachable[ROLE_NURSE] && !reachable[ROLE_PRESCRIBER])
		yaml_warn(file, "people",
		    "there is no nurse and no prescriber: nobody can start a session or acknowledge an "
		    "alarm");
	else if (!reachable[ROLE_PRESCRIBER])
		yaml_warn(file, "people", "there is no prescriber: nobody can decide at the pre-dose gate");
}

/* Every check, in order. */
static const struct clinic_check {
	const char *name;
	void (*check)(struct yaml_file *file, const struct settings *settings);
	bool only_warns; /* of a clinic without errors, which would make others */
} clinic_checks[] = {
	{ "names", check_names, false },
	{ "paths", check_paths, false },
	{ "lines", lines_check, false },
	{ "units", check_units, false },
	{ "serial-unit", lines_check_serial_units, false },
	{ "places", check_places, false },
	{ "terminal", check_terminals, false },
	{ "web", web_section_check, false },
	{ "start-cuff", check_start_cuff, false },
	{ "start-warnings", warn_start_cuff, true },
	{ "cadence-slow", warn_cadence, true },
	{ "proof-none", warn_proof, true },
	{ "shared-line", warn_shared_line, true },
	{ "serial-load", lines_check_load, true },
	{ "serial-device", lines_warn_device, true },
	{ "same-address", lines_warn_same_address, true },
	{ "unused", warn_unused, true },
	{ "beds-blind", warn_beds, true },
	{ "people", warn_people, true },
	{ "web-files", web_section_warn, true },
};

void
clinic_check(struct yaml_file *file, const struct settings *settings)
{
	for (size_t i = 0; i < COUNT_OF(clinic_checks); i++)
		if (!clinic_checks[i].only_warns || yaml_is_good(file))
			clinic_checks[i].check(file, settings);
}

void
clinic_each_check(void (*take)(void *ctx, const char *name), void *ctx)
{
	char name[64];

	for (size_t i = 0; i < COUNT_OF(clinic_checks); i++) {
		snprintf(name, sizeof(name), "clinic-%s", clinic_checks[i].name);
		take(ctx, name);
	}
}
