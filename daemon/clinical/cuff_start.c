/* Starting a cuff on the device: by a person, or as the repeat that R13 and R3
 * ask for, where the engineer has permitted it. An act on a patient: one at a
 * time, with a rest after every inflation (facts 11: adults 30 s), and never
 * sent twice. The daemon carries the command to the wire and says what became of
 * it; this decides whether and when. Volatile: after a restart nothing is under
 * way, and the rest begins anew. */
#include "daemon/clinical/acts.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { SEND_WITHIN_MS = 10000 }; /* a command that the wire has not taken by then is not sent any more */

/* The device whose cuff may be started from here; -1: none. */
static int
find_starter(const struct watch *watch)
{
	for (size_t i = 0; i < watch->device_count; i++)
		if (watch->devices[i].device.may_start_cuff)
			return (int)i;
	return -1;
}

bool
cuff_start_possible(const struct watch *watch)
{
	return find_starter(watch) >= 0;
}

static struct duration
rest_of(const struct watch *watch, size_t device)
{
	struct duration regimens = watch->regimen->timing.cuff_start_rest, own = watch->devices[device].device.cuff_start_rest;

	return own.ms > regimens.ms ? own : regimens;
}

/* The earliest instant of the next start. */
static struct instant
rested_at(const struct watch *watch, size_t device)
{
	const struct cuff_record *last = session_latest_cuff(&watch->session);
	struct instant from = watch->starter.last;

	if (last != NULL && !last->manual)
		from = instant_later(from, last->measured_at);
	return instant_is_known(from) ? instant_add(from, rest_of(watch, device)) : watch->now;
}

static bool
is_going(const struct watch *watch)
{
	for (size_t i = 0; i < watch->device_count; i++)
		if (watch->devices[i].measuring)
			return true;
	return watch->starter.state != STARTER_IDLE;
}

static void
tell(struct watch *watch, const struct act *act, const char *value, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

static void
tell(struct watch *watch, const struct act *act, const char *value, const char *format, ...)
{
	struct event event = { .type = EVENT_CUFF_STARTED };
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(event.text, sizeof(event.text), format, arguments);
	va_end(arguments);
	snprintf(event.subject, sizeof(event.subject), "%s", watch->devices[watch->starter.device].device.name);
	snprintf(event.new_value, sizeof(event.new_value), "%s", value);
	if (act != NULL) {
		event.who = act->who;
		snprintf(event.act_id, sizeof(event.act_id), "%s", act->act_id);
		snprintf(event.reason, sizeof(event.reason), "%s", act->reason);
	}
	event.session = &watch->session;
	watch_emit(watch, &event);
}

static void
enter(struct watch *watch, enum starter_state state)
{
	watch->starter.state = state;
	watch->starter.since = watch->now;
}

static void
want(struct watch *watch, size_t device, bool cancel)
{
	watch->starter.device = device;
	watch->starter.cancel = cancel;
	watch->starter.repeat_due = INSTANT_UNKNOWN;
	enter(watch, STARTER_WANTED);
}

struct outcome
act_cuff_start(struct watch *watch, const struct act *act)
{
	int device = find_starter(watch);
	struct instant rested;

	if (device < 0)
		return outcome_fail("no monitor of %s may have its cuff started from here: the engineer permits it", watch->bed);
	if (is_going(watch))
		return outcome_fail("a cuff is going on at %s already", watch->bed);
	rested = rested_at(watch, (size_t)device);
	if (watch->now.ms < rested.ms)
		return outcome_fail("the arm rests after a cuff: the next one can be started in %" PRId64 " s",
		    (rested.ms - watch->now.ms + 999) / 1000);
	want(watch, (size_t)device, false);
	tell(watch, act, "asked", "a cuff is asked for on %s", watch->devices[device].device.name);
	return outcome_ok();
}

struct outcome
act_cuff_cancel(struct watch *watch, const struct act *act)
{
	int device = find_starter(watch);

	if (device < 0)
		return outcome_fail("no monitor of %s may have its cuff started or cancelled from here", watch->bed);
	if (!is_going(watch))
		return outcome_fail("no cuff is going on at %s", watch->bed);
	/* What the wire has not taken yet is simply not sent. */
	if (watch->starter.state == STARTER_WANTED && !watch->starter.cancel) {
		tell(watch, act, "cancelled", "the cuff on %s was not started", watch->devices[device].device.name);
		enter(watch, STARTER_IDLE);
		return outcome_ok();
	}
	want(watch, (size_t)device, true);
	tell(watch, act, "cancel asked", "the cuff on %s is to be cancelled", watch->devices[device].device.name);
	return outcome_ok();
}

/* R13, R3: a repeat, as soon as the arm has rested. One at a time: what is due or under way is it. */
void
cuff_start_repeat(struct watch *watch)
{
	int device = find_starter(watch);

	if (device < 0 || instant_is_known(watch->starter.repeat_due) || watch->starter.state != STARTER_IDLE)
		return;
	watch->starter.repeat_due = instant_later(watch->now, rested_at(watch, (size_t)device));
}

bool
cuff_start_is_going(const struct watch *watch, size_t device)
{
	const struct cuff_starter *starter = &watch->starter;

	return (starter->state == STARTER_GOING || starter->state == STARTER_ASKED) && !starter->cancel && starter->device == device &&
	       instant_since(watch->now, starter->since).ms < watch->regimen->timing.cuff_on_arm.ms;
}

void
cuff_start_result(struct watch *watch, size_t device)
{
	watch->starter.last = watch->now;
	if (watch->starter.device == device && watch->starter.state != STARTER_WANTED)
		enter(watch, STARTER_IDLE);
}

bool
watch_wants_cuff_command(const struct watch *watch, struct cuff_command *ret_command)
{
	const struct cuff_starter *starter = &watch->starter;

	if (!watch_in_session(watch) || starter->state != STARTER_WANTED)
		return false;
	ret_command->device = watch->devices[starter->device].device.name;
	ret_command->cancel = starter->cancel;
	return true;
}

void
watch_cuff_command_sent(struct watch *watch)
{
	if (watch->starter.state == STARTER_WANTED)
		enter(watch, STARTER_ASKED);
}

bool
cuff_start_commanded(struct watch *watch, enum cuff_commanded commanded, const char *reason)
{
	struct cuff_starter *starter = &watch->starter;
	const char *device, *what = starter->cancel ? "cancelled" : "started";

	if (!watch_in_session(watch) || starter->state != STARTER_ASKED)
		return false;
	device = watch->devices[starter->device].device.name;
	/* What may have been done counts as done: the arm is spared. */
	if (commanded != CUFF_COMMAND_REFUSED)
		starter->last = watch->now;
	switch (commanded) {
	case CUFF_COMMAND_DONE:
		tell(watch, NULL, what, "the cuff on %s was %s", device, what);
		enter(watch, starter->cancel ? STARTER_IDLE : STARTER_GOING);
		break;
	case CUFF_COMMAND_REFUSED:
		tell(watch, NULL, "refused", "the cuff on %s was not %s: %s", device, what, reason);
		enter(watch, STARTER_IDLE);
		break;
	case CUFF_COMMAND_UNKNOWN:
		tell(watch, NULL, "unknown", "it is not known whether the cuff on %s was %s: %s", device, what, reason);
		enter(watch, starter->cancel ? STARTER_IDLE : STARTER_GOING);
		break;
	}
	return true;
}

void
cuff_start_follow(struct watch *watch, int index)
{
	struct cuff_starter *starter = &watch->starter;
	const char *device = watch->devices[starter->device].device.name, *what = starter->cancel ? "cancelled" : "started";

	if (index >= 0 || !watch_in_session(watch) || starter->state == STARTER_IDLE) {
		starter->device = index >= 0 ? (size_t)index : 0;
		starter->state = index >= 0 ? starter->state : STARTER_IDLE;
		return;
	}
	if (starter->state == STARTER_WANTED)
		tell(watch, NULL, "not sent", "the cuff on %s was not %s: the monitor is no longer at this bed", device, what);
	if (starter->state == STARTER_ASKED)
		tell(watch, NULL, "unknown", "it is not known whether the cuff on %s was %s: the monitor is no longer at this bed", device,
		    what);
	/* What may have been done counts as done: the arm is spared. */
	if (starter->state != STARTER_WANTED || starter->cancel)
		starter->last = watch->now;
	enter(watch, STARTER_IDLE);
	starter->device = 0;
}

static struct instant
gives_up_at(const struct watch *watch)
{
	const struct cuff_starter *starter = &watch->starter;

	switch (starter->state) {
	case STARTER_WANTED:
	case STARTER_ASKED:
		return instant_add(starter->since, duration_ms(SEND_WITHIN_MS));
	case STARTER_GOING:
		return instant_add(starter->since, watch->regimen->timing.cuff_on_arm);
	case STARTER_IDLE:
		break;
	}
	return INSTANT_NEVER;
}

struct instant
cuff_start_deadline(const struct watch *watch)
{
	struct instant next = gives_up_at(watch);

	if (watch->starter.state == STARTER_IDLE && instant_is_known(watch->starter.repeat_due))
		next = instant_earlier(next, watch->starter.repeat_due);
	return next;
}

/* What was sent may have been done: the arm is spared. */
static void
give_up(struct watch *watch)
{
	struct cuff_starter *starter = &watch->starter;
	const char *device = watch->devices[starter->device].device.name, *what = starter->cancel ? "cancelled" : "started";

	if (starter->state == STARTER_ASKED) {
		starter->last = watch->now;
		tell(watch, NULL, "unknown", "it is not known whether the cuff on %s was %s: nobody answered", device, what);
	}
	if (starter->state == STARTER_WANTED)
		tell(watch, NULL, "not sent", "the cuff on %s was not %s: its wire did not take the request", device, what);
	enter(watch, STARTER_IDLE);
}

void
cuff_start_time(struct watch *watch)
{
	struct cuff_starter *starter = &watch->starter;

	if (watch->now.ms >= gives_up_at(watch).ms)
		give_up(watch);
	if (starter->state != STARTER_IDLE || !instant_is_known(starter->repeat_due) || watch->now.ms < starter->repeat_due.ms)
		return;
	starter->repeat_due = INSTANT_UNKNOWN;
	/* A cuff that somebody started at the device meanwhile is the repeat. */
	if (is_going(watch) || find_starter(watch) < 0)
		return;
	want(watch, (size_t)find_starter(watch), false);
	tell(watch, NULL, "asked", "a repeat is asked of %s", watch->devices[starter->device].device.name);
}

