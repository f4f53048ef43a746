/* The section `web` of infusiond.yaml: where browsers find the daemon, and how
 * long a log-in lasts. */
#include "daemon/settings/clinic_file.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "daemon/tls/certificate.h"

/* A browser that is refused watches nothing: told while there is time to make another. */
enum { CERTIFICATE_WARN_DAYS = 30, MS_PER_DAY = 86400000 };

/* A log-in outlasts a day's sessions and no more; bounds: 5 minutes to a week. */
#define WEB_ROWS(X)                                                                                                    \
	X(raw_web, web_settings, certificate, "certificate", SCALAR_OPTIONAL, SCALAR_PATH, certificate, 0, 0)          \
	X(raw_web, web_settings, key, "key", SCALAR_OPTIONAL, SCALAR_PATH, key, 0, 0)                                  \
	X(raw_web, web_settings, idle, "idle_min", SCALAR_OPTIONAL, SCALAR_MINUTES, idle, 5, 10080)                    \
	X(raw_web, web_settings, longest, "longest_min", SCALAR_OPTIONAL, SCALAR_MINUTES, longest, 5, 10080)

static const struct scalar web_rows[] = { WEB_ROWS(SCALAR_ROW) };

static const cyaml_schema_value_t address_entry = { CYAML_VALUE_STRING(
    CYAML_FLAG_POINTER, char *, 0, YAML_LONGEST_TEXT) };

const cyaml_schema_field_t web_fields[] = {
	WEB_ROWS(SCALAR_FIELD) CYAML_FIELD_SEQUENCE(
	    "listen", CYAML_FLAG_POINTER, struct raw_web, listen, &address_entry, 1, SETTINGS_LISTEN),
	CYAML_FIELD_END,
};

/* The daemon will read both at its start: better told now, with the line. */
static bool
check_readable(struct yaml_file *file, const char *key, const char *path)
{
	if (path[0] == '\0' || access(path, R_OK) == 0)
		return true;
	yaml_complain(file, key, "'%.200s' cannot be read: %s", path, strerror(errno));
	return false;
}

void
web_section_take(struct yaml_file *file, const struct raw_web *raw, struct web_settings *web)
{
	*web = (struct web_settings){ .idle = duration_min(12 * 60), .longest = duration_min(24 * 60) };
	if (raw == NULL)
		return;
	scalars_take(file, "web", raw, web_rows, COUNT_OF(web_rows), web);
	for (unsigned i = 0; i < raw->listen_count; i++) {
		struct outcome taken = address_from_text(raw->listen[i], &web->listen[web->listen_count]);

		if (taken.ok)
			web->entries[web->listen_count++] = i;
		else
			yaml_complain(file, path_of_entry("web.listen", i).text, "%s", taken.why);
	}
	web->has_files = check_readable(file, "web.certificate", web->certificate);
	web->has_files &= check_readable(file, "web.key", web->key);
}

static void
check_address(struct yaml_file *file, const struct web_settings *web, size_t index)
{
	struct scalar_path path = path_of_entry("web.listen", web->entries[index]);

	for (size_t i = 0; i < index; i++)
		if (strcmp(web->listen[i].text, web->listen[index].text) == 0) {
			yaml_complain(file, path.text, "%s is listened on already", web->listen[index].text);
			return;
		}
	if (!address_is_loopback(&web->listen[index]) && web->certificate[0] == '\0' && web->key[0] == '\0')
		yaml_complain(file, path.text,
		    "%s can be reached from other computers, which needs 'certificate' and 'key' ('infusionctl tls init' makes both)",
		    web->listen[index].text);
}

void
web_section_check(struct yaml_file *file, const struct settings *settings)
{
	const struct web_settings *web = &settings->web;

	for (size_t i = 0; i < web->listen_count; i++)
		check_address(file, web, i);
	if (web->certificate[0] != '\0' && web->key[0] == '\0')
		yaml_complain(file, "web.certificate", "needs its 'key'");
	if (web->key[0] != '\0' && web->certificate[0] == '\0')
		yaml_complain(file, "web.key", "needs its 'certificate'");
	if (web->has_files && web->certificate[0] != '\0' && web->key[0] != '\0') {
		struct instant until;
		struct outcome usable = certificate_check(web->certificate, web->key, &until);

		if (!usable.ok)
			yaml_complain(file, "web.certificate", "%s", usable.why);
	}
	if (web->longest.ms < web->idle.ms)
		yaml_complain(file, "web.longest_min", "must not lie below idle_min");
}

static void
warn_of_end(struct yaml_file *file, const struct web_settings *web)
{
	struct instant until, now = { (int64_t)time(NULL) * 1000 };
	int64_t days;

	if (web->certificate[0] == '\0' || !certificate_check(web->certificate, web->key, &until).ok)
		return;
	days = (until.ms - now.ms) / MS_PER_DAY;
	if (until.ms <= now.ms)
		yaml_warn(file, "web.certificate", "has run out: browsers refuse it ('infusionctl tls init' makes another)");
	else if (days < CERTIFICATE_WARN_DAYS)
		yaml_warn(file, "web.certificate", "runs out in %d days ('infusionctl tls init' makes another)", (int)days);
}

/* Whoever reads the key can pretend to be the daemon. */
void
web_section_warn(struct yaml_file *file, const struct settings *settings)
{
	struct stat status;

	warn_of_end(file, &settings->web);
	if (settings->web.key[0] != '\0' && stat(settings->web.key, &status) == 0 && (status.st_mode & S_IROTH) != 0)
		yaml_warn(file, "web.key", "can be read by every user of this computer: chmod o-r");
}
