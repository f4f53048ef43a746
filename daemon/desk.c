/* The desk: acts are done at once; views come from the watches. */
#include "daemon/parts.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/clinical/phase.h"

static size_t
bed_count(void *ctx)
{
	struct parts *parts = ctx;

	return parts->bed_count;
}

static void
bed_at(void *ctx, size_t index, struct web_bed *ret_bed)
{
	struct parts *parts = ctx;
	struct bed *bed = &parts->beds[index];

	*ret_bed = (struct web_bed){
		.name = bed->settings->name,
		.label = bed->settings->label,
		.watch = bed->watch,
		.patient = watch_session(bed->watch)->id != 0 ? bed->patient : "",
	};
	for (size_t i = 0; i < bed->device_count; i++) {
		const struct line_state *state = line_state(bed->devices[i].line);

		ret_bed->links[i] =
		    (struct web_link){ link_state_name(state->state), state->reason, state->since };
	}
}

static void
station(void *ctx, struct web_station *ret_station)
{
	struct parts *parts = ctx;

	*ret_station = (struct web_station){
		.clinic = parts->standing->clinic,
		.version = VERSION,
		.now = clock_now(parts->clock),
		.started = parts->started,
		.wall_offset_ms = parts->wall_offset_ms,
		.wall_synchronised = parts->synchronised,
		.utc_offset_min = parts->utc_offset_min,
		.store_lag = store_lag(parts->store),
		.store_trouble = parts->store_trouble,
		.store_dropped = store_dropped(parts->store),
		.unwatched_from = parts->unwatched_from,
		.unwatched_to = instant_is_known(parts->unwatched_from) ? parts->started : INSTANT_UNKNOWN,
		.alarm_count = station_alarm_count(parts->station),
	};
}

static const struct alarm *
station_at(void *ctx, size_t index)
{
	struct parts *parts = ctx;

	return station_alarm_at(parts->station, index);
}

static size_t
regimen_count(void *ctx)
{
	return ((struct parts *)ctx)->standing->regimen_count;
}

static const struct regimen *
regimen_at(void *ctx, size_t index)
{
	return ((struct parts *)ctx)->regimens[index];
}

static struct bed *
find_bed(struct parts *parts, const char *name)
{
	for (size_t i = 0; i < parts->bed_count; i++)
		if (strcmp(parts->beds[i].settings->name, name) == 0)
			return &parts->beds[i];
	return NULL;
}

static bool
has_alarm(const struct watch *watch, int64_t alarm)
{
	for (size_t i = 0; i < watch_alarm_count(watch); i++)
		if (watch_alarm_at(watch, i)->id == alarm)
			return true;
	return false;
}

static struct bed *
bed_of_target(struct parts *parts, const struct web_act *act)
{
	if (act->target == WEB_TARGET_BED)
		return find_bed(parts, act->bed);
	for (size_t i = 0; i < parts->bed_count; i++) {
		const struct watch *watch = parts->beds[i].watch;

		if (act->target == WEB_TARGET_SESSION ? watch_session(watch)->id == act->session : has_alarm(watch, act->alarm))
			return &parts->beds[i];
	}
	return NULL;
}

static struct outcome
do_on_bed(struct parts *parts, struct bed *bed, const struct act *act, struct instant now, struct bed **ret_where)
{
	struct bed *to;
	struct outcome moved;

	*ret_where = bed;
	if (act->kind != ACT_MOVE)
		return watch_act(bed->watch, now, act);
	to = find_bed(parts, act->bed);
	if (to == NULL)
		return outcome_fail("there is no bed '%s'", act->bed);
	moved = watch_move(bed->watch, to->watch, now, act);
	if (moved.ok) {
		snprintf(to->patient, sizeof(to->patient), "%s", bed->patient);
		*ret_where = to;
	}
	return moved;
}

static void
random_token(char token[SUBJECT_CAP])
{
	unsigned char bytes[16];

	randombytes_buf(bytes, sizeof(bytes));
	sodium_bin2hex(token, SUBJECT_CAP, bytes, sizeof(bytes));
}

static bool
is_of_station(const struct parts *parts, int64_t alarm)
{
	for (size_t i = 0; i < station_alarm_count(parts->station); i++)
		if (station_alarm_at(parts->station, i)->id == alarm)
			return true;
	return false;
}

static void
act_on_station(struct parts *parts, const struct web_act *asked, web_ticket ticket, struct instant now)
{
	struct outcome done = station_acknowledge(parts->station, now, &asked->act);

	if (done.ok)
		answers_wait(parts, asked, NULL, ticket);
	else
		web_refuse(parts->web, ticket, 404, done.why);
	web_changed_station(parts->web);
	waking_set(parts);
}

/* What the daemon itself adds to an act before the watch sees it. */
static void
complete(struct act *act)
{
	if (act->kind == ACT_START)
		random_token(act->subject);
}

/* What a person's done act means for the program's own alarms: a confirmed clock is right. */
static void
settle_station(struct parts *parts, const struct act *act, struct instant now)
{
	if (act->kind != ACT_CONFIRM_TIME)
		return;
	own_state_clock_confirmed(parts->station, now);
	web_changed_station(parts->web);
}

static void
keep_patient(struct parts *parts, struct bed *bed, const struct web_act *asked, const struct act *act, struct instant now)
{
	if (act->kind != ACT_START)
		return;
	snprintf(bed->patient, sizeof(bed->patient), "%s", asked->patient);
	if (asked->patient[0] != '\0')
		parts->appended = store_put_patient(parts->store, act->subject, asked->patient, now);
}

/* Only a session that has ended is signed, and by each person once: 0, or the status of a refusal. */
static int
check_signature(struct parts *parts, const struct web_act *asked, const struct bed *open_at, char bed[static NAME_CAP],
    struct outcome *ret_why)
{
	const char *who = asked->act.who.name;
	bool is_there = open_at != NULL, has_signed = false;
	enum phase phase = is_there ? watch_session(open_at->watch)->phase : PHASE_DISCHARGED;
	struct outcome found = outcome_ok();

	if (!is_there)
		found = store_find_session(parts->store, asked->session, &is_there, &phase, bed);
	if (found.ok && is_there)
		found = store_find_signature(parts->store, asked->session, who, &has_signed);
	*ret_why = found;
	if (!found.ok)
		return 503;
	*ret_why = outcome_fail("there is no such session");
	if (!is_there)
		return 404;
	*ret_why = phase_allows(phase, ACT_SIGN);
	if (ret_why->ok && has_signed)
		*ret_why = outcome_fail("%s has signed session %" PRId64 " already", who, asked->session);
	return ret_why->ok ? 0 : 409;
}

static void
sign(struct parts *parts, const struct web_act *asked, const struct bed *open_at, web_ticket ticket, struct instant now)
{
	const struct act *act = &asked->act;
	struct event event = { .type = EVENT_SIGNED, .at = now, .session_id = asked->session, .who = act->who };
	struct outcome why;
	int status = check_signature(parts, asked, open_at, event.bed, &why);

	if (status != 0) {
		web_refuse(parts->web, ticket, status, why.why);
		return;
	}
	snprintf(event.act_id, sizeof(event.act_id), "%s", act->act_id);
	snprintf(event.reason, sizeof(event.reason), "%s", act->reason);
	snprintf(event.text, sizeof(event.text), "the record of session %" PRId64 " was signed", asked->session);
	telling_take(parts, &event);
	answers_wait(parts, asked, NULL, ticket);
}

static void
do_act(void *ctx, const struct web_act *asked, web_ticket ticket)
{
	struct parts *parts = ctx;
	struct instant now = clock_now(parts->clock);
	struct bed *bed = bed_of_target(parts, asked), *where;
	struct act act = asked->act;
	struct outcome done;

	if (answers_repeat(parts, asked, ticket))
		return;
	parts->last_text[0] = '\0';
	if (act.kind == ACT_SIGN) {
		sign(parts, asked, bed, ticket, now);
		return;
	}
	if (bed == NULL && asked->target == WEB_TARGET_ALARM && act.kind == ACT_ACKNOWLEDGE) {
		act_on_station(parts, asked, ticket, now);
		return;
	}
	if (bed == NULL && asked->target == WEB_TARGET_ALARM && act.kind == ACT_ALARM_OFF && is_of_station(parts, act.alarm)) {
		web_refuse(parts->web, ticket, 409,
		    "only a technical alarm of a monitor can be turned off: this one is infusiond's own and ends with its cause");
		return;
	}
	if (bed == NULL) {
		web_refuse(parts->web, ticket, 404,
		    asked->target == WEB_TARGET_ALARM ? "there is no such open alarm" : "there is no such open session");
		return;
	}
	complete(&act);
	done = do_on_bed(parts, bed, &act, now, &where);
	if (done.ok) {
		settle_station(parts, &act, now);
		keep_patient(parts, bed, asked, &act, now);
		answers_wait(parts, asked, where, ticket);
	} else {
		web_refuse(parts->web, ticket, role_may(act.who.role, act.kind) ? 409 : 403, done.why);
	}
	commanding_advance(parts, now);
	telling_beds_changed(parts);
	waking_set(parts);
}

struct web_backend
desk_backend(struct parts *parts)
{
	return (struct web_backend){
		.ctx = parts,
		.bed_count = bed_count,
		.bed_at = bed_at,
		.station = station,
		.station_alarm_at = station_at,
		.regimen_count = regimen_count,
		.regimen_at = regimen_at,
		.act = do_act,
		.query = asking_take,
		.line_count = wires_count,
		.line_at = wires_at,
		.account_changed = accounts_changed,
		.is_repeat = accounts_repeat,
		.reload = reload_ask,
		.tell_first = accounts_tell_first,
		.keeper = accounts_keeper(parts),
		.metrics = wires_metrics,
	};
}
