/* Settings as a flat list of keys and values, which the daemon keeps with the
 * record and compares at the next start (R38). */
#include "daemon/settings/flatten.h"

#include <inttypes.h>
#include <string.h>

void
flatten_put(const struct list *list, const char *value, const char *key, ...)
{
	char whole[160];
	va_list args;

	va_start(args, key);
	vsnprintf(whole, sizeof(whole), key, args);
	va_end(args);
	list->take(list->ctx, whole, value);
}

/* Tiers from `first` on: a ceiling has the critical one only. */
static void
put_limits(const struct list *list, const struct regimen *regimen, const char *section,
    const struct limits *limits, enum tier first)
{
	for (int vital = 0; vital < VITAL_COUNT; vital++)
		for (int side = 0; side < SIDE_COUNT && vital_is_judged((enum vital)vital); side++)
			for (int tier = (int)first; tier < TIER_COUNT; tier++) {
				struct limit limit = limits->at[vital][side][tier];
				char key[64], value[24] = "none";

				limit_key_to_text((enum vital)vital, (enum side)side, (enum tier)tier, key);
				if (limit.set)
					milli_to_text(limit.milli, value, sizeof(value));
				flatten_put(list, value, "regimen.%s.%s.%s", regimen->name, section, key);
			}
}

static void
put_relative(const struct list *list, const struct regimen *regimen)
{
	for (int vital = 0; vital < VITAL_COUNT; vital++)
		for (int side = 0; side < SIDE_COUNT && vital_is_judged((enum vital)vital); side++)
			for (int tier = 0; tier < TIER_COUNT; tier++) {
				struct relative_rule rule = regimen->relative.at[vital][side][tier];
				char key[64], value[96] = "none", percent[16], amount[16], floor[16];

				limit_key_to_text((enum vital)vital, (enum side)side, (enum tier)tier, key);
				milli_to_text(rule.percent_milli, percent, sizeof(percent));
				milli_to_text(rule.rise_milli, amount, sizeof(amount));
				milli_to_text(rule.floor_milli, floor, sizeof(floor));
				if (rule.set)
					snprintf(value, sizeof(value), "percent %s, amount %s, floor %s",
					    percent, amount, floor);
				flatten_put(list, value, "regimen.%s.relative.%s", regimen->name, key);
			}
}

static void
put_phases(const struct list *list, const struct regimen *regimen)
{
	for (size_t i = 0; i < COUNT_OF(watched_phases); i++) {
		const struct phase_rules *rules = &regimen->phases[watched_phases[i].phase];
		char value[96];
		size_t length = 0;

		milli_to_text((int32_t)(rules->cuff_interval.ms / 60), value, sizeof(value));
		flatten_put(list, value, "regimen.%s.%s.cuff_interval_min", regimen->name, watched_phases[i].name);
		milli_to_text((int32_t)(rules->minimum.ms / 60), value, sizeof(value));
		flatten_put(list, value, "regimen.%s.%s.minimum_min", regimen->name, watched_phases[i].name);
		value[0] = '\0';
		for (int vital = 0; vital < VITAL_COUNT; vital++)
			if (rules->required[vital])
				length += (size_t)snprintf(value + length, sizeof(value) - length, "%s%s",
				    length > 0 ? " " : "", vital_name_at(vital));
		flatten_put(list, value, "regimen.%s.%s.required", regimen->name, watched_phases[i].name);
	}
}

static void
put_regimen(const struct list *list, const struct regimen *regimen)
{
	put_limits(list, regimen, "limit", &regimen->limits, TIER_ADVISORY);
	put_limits(list, regimen, "ceiling", &regimen->ceiling, TIER_CRITICAL);
	put_relative(list, regimen);
	put_phases(list, regimen);
	for (size_t i = 0; i < NUMBER_SECTIONS; i++) {
		const struct number_section *section = regimen_section(i);

		for (size_t k = 0; k < section->count; k++) {
			char value[32];

			scalar_to_text(&section->rows[k], regimen, value, sizeof(value));
			flatten_put(list, value, "regimen.%s.%s.%s", regimen->name, section->name,
			    section->rows[k].key);
		}
	}
	for (size_t i = 0; i < regimen->checklist_count; i++)
		flatten_put(list, regimen->checklist[i], "regimen.%s.checklist.%zu", regimen->name, i + 1);
}

static void
put_people(const struct list *list, const struct settings *settings)
{
	for (size_t i = 0; i < settings->person_count; i++) {
		const struct person_settings *person = &settings->people[i];
		char value[128];

		snprintf(value, sizeof(value), "%s, user %s%s", role_name(person->role),
		    person->user[0] != '\0' ? person->user : "none",
		    person->shared_terminal ? ", shared terminal" : "");
		flatten_put(list, value, "person.%s", person->name);
	}
}

static void
put_web(const struct list *list, const struct web_settings *web)
{
	char value[SETTINGS_LISTEN * ADDRESS_TEXT_CAP] = "none", minutes[24];
	size_t length = 0;

	for (size_t i = 0; i < web->listen_count; i++)
		length += (size_t)snprintf(
		    value + length, sizeof(value) - length, "%s%s", i > 0 ? " " : "", web->listen[i].text);
	flatten_put(list, value, "web.listen");
	flatten_put(list, web->certificate[0] != '\0' ? "yes" : "no", "web.tls");
	milli_to_text((int32_t)(web->idle.ms / 60), minutes, sizeof(minutes));
	flatten_put(list, minutes, "web.idle_min");
	milli_to_text((int32_t)(web->longest.ms / 60), minutes, sizeof(minutes));
	flatten_put(list, minutes, "web.longest_min");
}

static void
wire_to_text(const struct wire *wire, char *text, size_t cap)
{
	if (wire->kind == WIRE_MODBUS_TCP)
		snprintf(text, cap, "%s %s:%u", wire_kind_name(wire->kind), wire->host, wire->port);
	else
		snprintf(text, cap, "%s %s %d baud, parity %s, %d stop bit(s), rs485 %s%s", wire_kind_name(wire->kind),
		    wire->device, (int)wire->form.baud, parity_name(wire->form.parity), wire->form.stop_bits,
		    rs485_name(wire->rs485), wire->local_echo ? ", local echo" : "");
}

static void
put_wiring(const struct list *list, const struct settings *settings)
{
	for (size_t i = 0; i < settings->line_count; i++) {
		const struct line_settings *line = &settings->lines[i];
		char value[512], wire[384];

		wire_to_text(&line->wire, wire, sizeof(wire));
		snprintf(value, sizeof(value),
		    "%s timeout %" PRId64 " ms, backoff %" PRId64 " to %" PRId64 " ms, retries %d", wire,
		    line->response_timeout.ms, line->backoff_first.ms, line->backoff_most.ms, (int)line->retries);
		flatten_put(list, value, "line.%s", line->name);
	}
	for (size_t i = 0; i < settings->monitor_count; i++) {
		const struct monitor_settings *monitor = &settings->monitors[i];
		char value[160];

		snprintf(value, sizeof(value), "%s on %s unit %d every %" PRId64 " ms%s",
		    settings->profiles[monitor->profile].name, settings->lines[monitor->line].name,
		    monitor->unit, monitor->cadence.ms, monitor->start_cuff ? ", may start cuffs" : "");
		flatten_put(list, value, "monitor.%s", monitor->name);
	}
	for (size_t i = 0; i < settings->bed_count; i++) {
		const struct bed_settings *bed = &settings->beds[i];
		char value[NAME_CAP * SESSION_DEVICES + 8] = "";
		size_t length = 0;

		for (size_t k = 0; k < bed->monitor_count; k++)
			length += (size_t)snprintf(value + length, sizeof(value) - length, "%s%s",
			    k > 0 ? " " : "", settings->monitors[bed->monitors[k]].name);
		flatten_put(list, value, "bed.%s", bed->name);
	}
}

void
settings_flatten(
    const struct settings *settings, void (*take)(void *ctx, const char *key, const char *value), void *ctx)
{
	struct list list = { take, ctx };

	flatten_put(&list, settings->clinic, "clinic");
	flatten_put(&list, settings->zone.name, "zone");
	flatten_put(&list, settings->regimens[0].name, "regimen");
	for (size_t i = 0; i < settings->regimen_count; i++)
		put_regimen(&list, &settings->regimens[i]);
	put_wiring(&list, settings);
	put_web(&list, &settings->web);
	put_people(&list, settings);
	/* A register map is a setting where a monitor is read by it; the folder's others are not. */
	for (size_t i = 0; i < settings->profile_count; i++) {
		bool used = false;

		for (size_t k = 0; k < settings->monitor_count; k++)
			used |= settings->monitors[k].profile == i;
		if (used)
			flatten_profile(&list, &settings->profiles[i]);
	}
}
