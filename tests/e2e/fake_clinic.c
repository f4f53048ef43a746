#include "daemon/clinical/phase.h"
#include "tests/e2e/fake_clinic.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

static const struct {
	const char *name, *label;
	int32_t systolic, diastolic;
} beds[FAKE_BEDS] = {
	{ "bed1", "Chair 1", 192000, 112000 },
	{ "bed2", "Chair 2", 121000, 76000 },
	{ "bed3", "Chair 3", 118000, 71000 },
};

static const struct {
	size_t bed;
	const char *name, *label;
	bool answers;
} devices[] = {
	{ 0, "m1", "Monitor 1", true },
	{ 1, "m2", "Monitor 2", true },
	{ 2, "m3", "Monitor 3", false },
	{ 2, "m4", "Monitor 4", true },
};

enum { DEVICES = sizeof(devices) / sizeof(devices[0]) };

const char *
fake_bed_name(size_t bed)
{
	return beds[bed].name;
}

const char *
fake_bed_label(size_t bed)
{
	return beds[bed].label;
}

struct instant
fake_now(const struct fake_clinic *clinic)
{
	return instant_add(clinic->started, duration_ms((int64_t)((uv_hrtime() - clinic->started_hr) / 1000000)));
}

static int64_t
next_id(void *ctx)
{
	return ++((struct fake_clinic *)ctx)->last_id;
}

static void
keep_session(struct fake_clinic *clinic, const struct session *session)
{
	size_t i = 0;

	while (i < clinic->session_count && clinic->sessions[i].state.id != session->id)
		i++;
	if (i == FAKE_SESSIONS)
		return;
	clinic->sessions[i].state = *session;
	if (i == clinic->session_count)
		clinic->session_count++;
}

static void
keep_alarm(struct fake_clinic *clinic, const struct alarm *alarm)
{
	size_t i = 0;

	while (i < clinic->alarm_count && clinic->alarms[i].id != alarm->id)
		i++;
	if (i == FAKE_ALARMS)
		return;
	clinic->alarms[i] = *alarm;
	if (i == clinic->alarm_count)
		clinic->alarm_count++;
}

static void
take_event(void *ctx, const struct event *event)
{
	struct fake_clinic *clinic = ctx;
	struct fake_event *kept;

	if (event->session != NULL)
		keep_session(clinic, event->session);
	if (event->alarm != NULL)
		keep_alarm(clinic, event->alarm);
	if (clinic->event_count == FAKE_EVENTS)
		return;
	kept = &clinic->events[clinic->event_count++];
	*kept = (struct fake_event){ .at = event->at, .type = event->type, .change = event->change,
		.session = event->session_id, .alarm = event->alarm != NULL ? event->alarm->id : 0 };
	snprintf(kept->who, sizeof(kept->who), "%s", event->who.name);
	snprintf(kept->role, sizeof(kept->role), "%s", event->who.name[0] != '\0' ? role_name(event->who.role) : "");
	snprintf(kept->act_id, sizeof(kept->act_id), "%s", event->act_id);
	snprintf(kept->subject, sizeof(kept->subject), "%s", event->subject);
	snprintf(kept->old_value, sizeof(kept->old_value), "%s", event->old_value);
	snprintf(kept->new_value, sizeof(kept->new_value), "%s", event->new_value);
	snprintf(kept->reason, sizeof(kept->reason), "%s", event->reason);
	snprintf(kept->text, sizeof(kept->text), "%s", event->text);
}

static struct watch *
create_watch(struct fake_clinic *clinic, size_t bed)
{
	struct watch_device of_bed[WATCH_DEVICES];
	struct event_sink sink = { take_event, clinic };
	size_t count = 0;

	for (size_t i = 0; i < DEVICES; i++) {
		struct watch_device device = { .cadence = duration_s(1) };

		if (devices[i].bed != bed)
			continue;
		snprintf(device.name, sizeof(device.name), "%s", devices[i].name);
		snprintf(device.label, sizeof(device.label), "%s", devices[i].label);
		device.gives[VITAL_RATE][SOURCE_PLETH] = device.gives[VITAL_SPO2][SOURCE_PLETH] = true;
		device.gives[VITAL_SYSTOLIC][SOURCE_CUFF] = device.gives[VITAL_DIASTOLIC][SOURCE_CUFF] = true;
		/* A command waits for a wire that is not there. */
		device.may_start_cuff = strcmp(device.name, "m4") == 0;
		of_bed[count++] = device;
	}
	return watch_create(beds[bed].name, of_bed, count, clinic->regimens, 1, next_id, clinic, sink, clinic->started);
}

struct fake_clinic *
fake_create(void)
{
	struct fake_clinic *clinic = calloc(1, sizeof(*clinic));
	struct timeval now;

	gettimeofday(&now, NULL);
	clinic->started = (struct instant){ (int64_t)now.tv_sec * 1000 + now.tv_usec / 1000 };
	clinic->started_hr = uv_hrtime();
	clinic->cuff_every = 3;
	regimen_defaults(&clinic->regimen);
	clinic->regimens[0] = &clinic->regimen;
	/* Cuffs come every few seconds here. */
	clinic->regimen.timing.cuff_start_rest = duration_ms(0);
	for (size_t i = 0; i < FAKE_BEDS; i++)
		clinic->watches[i] = create_watch(clinic, i);
	return clinic;
}

void
fake_destroy(struct fake_clinic *clinic)
{
	for (size_t i = 0; i < FAKE_BEDS; i++)
		watch_destroy(clinic->watches[i]);
	free(clinic);
}

static struct reading
reading_of(enum vital vital, enum source source, int32_t milli)
{
	return (struct reading){ .vital = vital, .source = source, .quality = QUALITY_GOOD, .milli = milli };
}

static void
fill_cuff(const struct fake_clinic *clinic, size_t bed, struct observation *observation)
{
	struct cuff *cuff = &observation->cuff;

	if (clinic->beats % clinic->cuff_every != 0)
		return;
	cuff->proof = CUFF_NEW;
	cuff->measured_at = observation->at;
	snprintf(cuff->key, sizeof(cuff->key), "n%d", clinic->beats);
	cuff->systolic = reading_of(VITAL_SYSTOLIC, SOURCE_CUFF, beds[bed].systolic);
	cuff->diastolic = reading_of(VITAL_DIASTOLIC, SOURCE_CUFF, beds[bed].diastolic);
	cuff->mean = reading_of(VITAL_MEAN, SOURCE_CUFF, (beds[bed].systolic + 2 * beds[bed].diastolic) / 3);
}

static void
reply(struct fake_clinic *clinic, size_t index, struct instant now)
{
	struct watch *watch = clinic->watches[devices[index].bed];
	struct observation observation = { .at = now, .reading_count = 2 };

	if (!devices[index].answers) {
		watch_missed(watch, devices[index].name, now, "monitor does not answer within 400 ms");
		return;
	}
	observation.readings[0] = reading_of(VITAL_RATE, SOURCE_PLETH, 74000);
	observation.readings[1] = reading_of(VITAL_SPO2, SOURCE_PLETH, 97000);
	fill_cuff(clinic, devices[index].bed, &observation);
	watch_reply(watch, devices[index].name, &observation);
}

void
fake_beat(struct fake_clinic *clinic)
{
	struct instant now = fake_now(clinic);

	clinic->beats++;
	for (size_t i = 0; i < FAKE_BEDS; i++)
		watch_advance(clinic->watches[i], now);
	for (size_t i = 0; i < DEVICES; i++)
		reply(clinic, i, now);
}

static int
bed_of_alarm(const struct fake_clinic *clinic, int64_t alarm)
{
	for (int i = 0; i < FAKE_BEDS; i++)
		for (size_t j = 0; j < watch_alarm_count(clinic->watches[i]); j++)
			if (watch_alarm_at(clinic->watches[i], j)->id == alarm)
				return i;
	return -1;
}

static int
bed_of_target(const struct fake_clinic *clinic, const struct web_act *act)
{
	if (act->target == WEB_TARGET_ALARM)
		return bed_of_alarm(clinic, act->alarm);
	for (int i = 0; i < FAKE_BEDS; i++)
		if (act->target == WEB_TARGET_BED ? strcmp(beds[i].name, act->bed) == 0
						  : watch_session(clinic->watches[i])->id == act->session)
			return i;
	return -1;
}

/* The same act_id again is the same act. */
static const struct fake_event *
find_act(const struct fake_clinic *clinic, const char *act_id)
{
	for (size_t i = 0; act_id[0] != '\0' && i < clinic->event_count; i++)
		if (strcmp(clinic->events[i].act_id, act_id) == 0)
			return &clinic->events[i];
	return NULL;
}

static struct outcome
check_signature(const struct fake_clinic *clinic, const struct fake_session *kept, const struct act *act)
{
	struct outcome allowed = phase_allows(kept->state.phase, ACT_SIGN);

	for (size_t i = 0; allowed.ok && i < clinic->event_count; i++)
		if (clinic->events[i].type == EVENT_SIGNED && clinic->events[i].session == kept->state.id &&
		    strcmp(clinic->events[i].who, act->who.name) == 0)
			return outcome_fail("%s has signed session %lld already", act->who.name, (long long)kept->state.id);
	return allowed;
}

/* 200, 404 or 409. */
static int
sign(struct fake_clinic *clinic, const struct web_act *asked, struct web_done *done, char *ret_text, size_t cap)
{
	struct event event = { .type = EVENT_SIGNED, .at = fake_now(clinic), .session_id = asked->session, .who = asked->act.who };
	struct outcome checked;
	size_t i = 0;

	while (i < clinic->session_count && clinic->sessions[i].state.id != asked->session)
		i++;
	snprintf(ret_text, cap, "there is no such session");
	if (i == clinic->session_count)
		return 404;
	checked = check_signature(clinic, &clinic->sessions[i], &asked->act);
	snprintf(ret_text, cap, "%s", checked.ok ? "the record was signed" : checked.why);
	if (!checked.ok)
		return 409;
	snprintf(event.act_id, sizeof(event.act_id), "%s", asked->act.act_id);
	snprintf(event.reason, sizeof(event.reason), "%s", asked->act.reason);
	snprintf(event.text, sizeof(event.text), "%s", ret_text);
	take_event(clinic, &event);
	done->session = asked->session;
	return 200;
}

static struct outcome
do_act(struct fake_clinic *clinic, int bed, const struct web_act *asked)
{
	struct act act = asked->act;
	struct instant now = fake_now(clinic);

	for (int i = 0; i < FAKE_BEDS; i++)
		watch_advance(clinic->watches[i], now);
	if (act.kind == ACT_START)
		snprintf(act.subject, sizeof(act.subject), "s%lld", (long long)clinic->last_id);
	if (act.kind == ACT_MOVE) {
		for (int i = 0; i < FAKE_BEDS; i++)
			if (strcmp(beds[i].name, act.bed) == 0)
				return watch_move(clinic->watches[bed], clinic->watches[i], now, &act);
	}
	return watch_act(clinic->watches[bed], now, &act);
}

static void
describe(const struct fake_clinic *clinic, size_t from, const struct web_act *act, struct web_done *done, char *text,
    size_t cap)
{
	snprintf(text, cap, "%s", act_kind_name(act->act.kind));
	for (size_t i = from; i < clinic->event_count; i++)
		if (clinic->events[i].text[0] != '\0') {
			snprintf(text, cap, "%s", clinic->events[i].text);
			break;
		}
	if (from < clinic->event_count)
		done->session = clinic->events[from].session;
	done->alarm = act->alarm;
}

int
fake_act(struct fake_clinic *clinic, const struct web_act *act, struct web_done *ret_done, char *ret_bed, char *ret_text,
    size_t text_cap)
{
	const struct fake_event *before = find_act(clinic, act->act.act_id);
	int bed = bed_of_target(clinic, act);
	size_t from = clinic->event_count;
	struct outcome done;

	*ret_done = (struct web_done){ .text = ret_text, .bed = ret_bed };
	ret_bed[0] = '\0';
	if (before != NULL && strcmp(before->who, act->act.who.name) != 0) {
		snprintf(ret_text, text_cap, "act_id: this id was used for another act");
		return 409;
	}
	if (before != NULL) {
		snprintf(ret_text, text_cap, "%s", before->text);
		ret_done->session = before->session;
		ret_done->alarm = before->alarm;
		ret_done->repeated = true;
		return 200;
	}
	if (act->act.kind == ACT_SIGN)
		return sign(clinic, act, ret_done, ret_text, text_cap);
	if (bed < 0) {
		snprintf(ret_text, text_cap, "there is no such open %s", act->target == WEB_TARGET_ALARM ? "alarm" : "session");
		return 404;
	}
	snprintf(ret_bed, NAME_CAP, "%s", beds[bed].name);
	done = do_act(clinic, bed, act);
	if (!done.ok) {
		snprintf(ret_text, text_cap, "%s", done.why);
		return 409;
	}
	if (act->act.kind == ACT_START && clinic->session_count > 0)
		snprintf(clinic->sessions[clinic->session_count - 1].patient, WEB_PATIENT_CAP, "%s", act->patient);
	describe(clinic, from, act, ret_done, ret_text, text_cap);
	return 200;
}
