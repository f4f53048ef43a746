#include "daemon/daemon.h"

#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/base/log.h"
#include "daemon/parts.h"
#include "daemon/tls/certificate.h"

/* A disk that takes nothing for longer than START_WAIT_MS is told of by an alarm; watching does not wait for it. */
enum { TICK_MS = 1000, START_WAIT_MS = 2000, LAST_QUESTIONS_MS = 300 };

static int64_t
next_id(void *ctx)
{
	struct parts *parts = ctx;

	return store_next_id(parts->store);
}

/* R25: the record falls behind. */
static void
watch_store(struct parts *parts, struct instant now)
{
	own_state_store(parts->station, now, parts->store_trouble, store_lag(parts->store));
}

/* R25: a wire whose thread does not come back. */
static void
watch_lines(struct parts *parts, struct instant now)
{
	for (size_t i = 0; i < parts->line_count; i++)
		own_state_line_hung(parts->station, now, line_name(parts->lines[i]), line_is_hung(parts->lines[i]));
}

/* R25: the wall clock stepped; the timeline does not, and the difference is on record. */
static void
watch_clock(struct parts *parts, struct instant now)
{
	int64_t offset_ms = clock_wall(parts->clock).ms - now.ms;
	int64_t step_ms = offset_ms - parts->wall_offset_ms;
	struct event event = { .type = EVENT_CLOCK_STEPPED };

	parts->synchronised = clock_is_synchronised(parts->clock);
	own_state_clock_synchronised(parts->station, now, parts->synchronised);
	if (!own_state_clock_moved(parts->station, now, step_ms))
		return;
	snprintf(event.old_value, sizeof(event.old_value), "%lld", (long long)parts->wall_offset_ms);
	snprintf(event.new_value, sizeof(event.new_value), "%lld", (long long)offset_ms);
	snprintf(event.text, sizeof(event.text), "the host's clock stepped by %lld ms; the timeline of the record did not",
	    (long long)step_ms);
	parts->wall_offset_ms = offset_ms;
	telling_emit(parts, &event);
}

/* Summer time begins and ends while beds are watched. */
static void
follow_zone(struct parts *parts, struct instant now)
{
	parts->utc_offset_min = zone_offset_min(&parts->standing->zone, now);
	for (size_t i = 0; i < parts->bed_count; i++)
		watch_set_zone(parts->beds[i].watch, parts->utc_offset_min);
}

static void
tick(struct parts *parts, struct instant now)
{
	if (now.ms < parts->tick_due.ms)
		return;
	parts->tick_due.ms = (now.ms / TICK_MS + 1) * TICK_MS;
	watch_store(parts, now);
	watch_lines(parts, now);
	watch_clock(parts, now);
	follow_zone(parts, now);
	if (parts->capture != NULL)
		capture_flush(parts->capture);
	web_tick(parts->web);
}

static void
wake(void *ctx, struct instant now)
{
	struct parts *parts = ctx;

	if (parts->stopping)
		return;
	polling_advance(parts, now);
	station_advance(parts->station, now);
	for (size_t i = 0; i < parts->bed_count; i++)
		watch_advance(parts->beds[i].watch, now);
	commanding_advance(parts, now);
	tick(parts, now);
	waking_set(parts);
}

static void
committed(void *ctx, store_ticket ticket)
{
	answers_committed(ctx, ticket);
	telling_committed(ctx, ticket);
}

static void
store_trouble(void *ctx, const char *reason)
{
	struct parts *parts = ctx;

	if (reason != NULL && strcmp(reason, parts->store_trouble) != 0)
		log_line(LOG_LEVEL_ERROR, "%s: cannot be written: %s; retrying every second", store_path(parts->store), reason);
	else if (reason == NULL && parts->store_trouble[0] != '\0')
		log_line(LOG_LEVEL_NOTICE, "%s: is written again", store_path(parts->store));
	snprintf(parts->store_trouble, sizeof(parts->store_trouble), "%s", reason != NULL ? reason : "");
	if (!parts->stopping && parts->station != NULL && parts->clock != NULL)
		watch_store(parts, clock_now(parts->clock));
}

static void
signalled(uv_signal_t *handle, int number)
{
	struct parts *parts = handle->data;

	if (number == SIGHUP) {
		reload_on_signal(parts);
		return;
	}
	log_line(LOG_LEVEL_NOTICE, "stopping on %s", number == SIGTERM ? "SIGTERM" : "SIGINT");
	uv_stop(&parts->loop);
}

static struct outcome
start_loop(struct parts *parts)
{
	static const int numbers[SIGNALS] = { SIGTERM, SIGINT, SIGHUP };

	if (uv_loop_init(&parts->loop) != 0)
		return outcome_fail("the loop cannot be made");
	parts->loop_open = true;
	for (int i = 0; i < SIGNALS; i++) {
		uv_signal_init(&parts->loop, &parts->signals[i]);
		parts->signals[i].data = parts;
		uv_signal_start(&parts->signals[i], signalled, numbers[i]);
	}
	return outcome_ok();
}

static struct outcome
start_store(struct parts *parts)
{
	const struct store_callbacks callbacks = { committed, store_trouble, parts };

	return store_open(&parts->loop, parts->settings->store, &callbacks, &parts->store);
}

static struct outcome
start_lines(struct parts *parts)
{
	struct outcome done = line_hub_create(&parts->loop, polling_take, parts, &parts->hub);

	if (done.ok)
		line_hub_on_taken(parts->hub, polling_taken);
	for (size_t i = 0; done.ok && i < parts->settings->line_count; i++) {
		done = polling_create_line(parts, &parts->settings->lines[i], &parts->lines[i]);
		parts->line_count += done.ok;
	}
	return done;
}

static struct outcome
start_beds(struct parts *parts, struct instant now)
{
	const struct event_sink sink = { telling_take, parts };
	struct outcome done = outcome_ok();

	for (size_t i = 0; i < parts->settings->regimen_count; i++)
		parts->regimens[i] = &parts->settings->regimens[i];
	for (size_t i = 0; done.ok && i < parts->settings->bed_count; i++) {
		done = bed_create(&parts->beds[i], parts->settings, i, parts->store, parts->regimens, next_id, parts, sink, now);
		parts->bed_count += done.ok;
	}
	parts->station = station_create(&parts->settings->regimens[0].timing, next_id, parts, sink);
	if (done.ok && parts->station == NULL)
		done = outcome_fail("out of memory for the program's own alarms");
	return done;
}

/* A person whose user the system does not know can be spoken for, but has no socket of their own. */
static void
take_person(const struct person_settings *person, struct web_person *row)
{
	const struct passwd *user = person->user[0] != '\0' ? getpwnam(person->user) : NULL;

	*row = (struct web_person){
		.uid = user != NULL ? user->pw_uid : (uid_t)-1,
		.role = person->role,
		.may_speak_for_others = person->shared_terminal,
	};
	snprintf(row->name, sizeof(row->name), "%s", person->name);
	if (user == NULL && person->user[0] != '\0')
		log_line(LOG_LEVEL_WARNING, "person %s: the system knows no user '%s', so nobody can act as them but by --as",
		    person->name, person->user);
}

static struct outcome
start_web(struct parts *parts)
{
	const struct web_settings *settings = &parts->settings->web;
	struct web_person *people = calloc(parts->settings->person_count + 1, sizeof(*people));
	const struct web_backend backend = desk_backend(parts);
	struct kept_accounts kept = { .accounts = NULL };
	struct web_config config = {
		.socket_path = parts->settings->socket,
		.people = people,
		.person_count = parts->settings->person_count,
		.listen = settings->listen,
		.listen_count = settings->listen_count,
		.certificate = settings->certificate,
		.key = settings->key,
		.certificate_until = INSTANT_UNKNOWN,
		.idle = settings->idle,
		.longest = settings->longest,
	};
	struct outcome done;

	if (people == NULL)
		return outcome_fail("out of memory for the people");
	for (size_t i = 0; i < parts->settings->person_count; i++)
		take_person(&parts->settings->people[i], &people[i]);
	done = accounts_load(parts, &kept);
	config.accounts = kept.accounts;
	config.account_count = kept.account_count;
	config.log_ins = kept.log_ins;
	config.log_in_count = kept.log_in_count;
	if (done.ok && settings->certificate[0] != '\0')
		done = certificate_check(settings->certificate, settings->key, &config.certificate_until);
	if (done.ok)
		done = web_create(&parts->loop, &config, &backend, &parts->web);
	accounts_forget(&kept);
	free(people);
	return done;
}

/* R32: says from when to when nobody watched, once for the whole program. */
static void
tell_start(struct parts *parts, const struct store_past *past)
{
	struct event event = { .type = EVENT_PROGRAM_STARTED };

	snprintf(event.text, sizeof(event.text), "%s", past->any ? "watching again" : "watching for the first time");
	if (past->any)
		instant_to_iso(past->last, event.old_value);
	instant_to_iso(parts->started, event.new_value);
	telling_emit(parts, &event);
	if (clock_was_behind(parts->clock))
		own_state_clock_behind(parts->station, parts->started);
}

static struct outcome
open_devices(struct parts *parts)
{
	struct outcome done = outcome_ok();

	for (size_t i = 0; done.ok && i < parts->bed_count; i++)
		done = bed_open_devices(&parts->beds[i], parts->settings, parts->lines);
	return done;
}

static void
pass_over(void *ctx, const struct event *event)
{
	(void)ctx;
	(void)event;
}

/* The record is looked at twice: first for the clock, which beds need, then for what they were. */
static struct outcome
start_record(struct parts *parts, struct store_past *ret_past, struct past *past)
{
	struct outcome done = store_load(parts->store, ret_past, pass_over, NULL);

	if (!done.ok)
		return done;
	parts->wall_offset_ms = ret_past->clock_offset_ms;
	done = clock_create(&parts->loop, ret_past->clock_offset_ms, ret_past->last, wake, parts, &parts->clock);
	if (!done.ok)
		return done;
	parts->started = clock_now(parts->clock);
	parts->wall_offset_ms = clock_wall(parts->clock).ms - parts->started.ms;
	parts->tick_due = parts->started;
	done = start_beds(parts, parts->started);
	if (done.ok)
		done = past_restore(past);
	return done;
}

static struct outcome
start(struct parts *parts)
{
	struct past past = { .parts = parts };
	struct store_past known = { .last = INSTANT_UNKNOWN };
	struct outcome done = start_loop(parts);

	if (done.ok)
		done = start_store(parts);
	if (done.ok)
		done = start_record(parts, &known, &past);
	if (done.ok)
		done = standing_compare(parts);
	if (done.ok)
		done = start_web(parts);
	if (done.ok)
		done = start_lines(parts);
	if (done.ok)
		done = open_devices(parts);
	if (done.ok && parts->settings->capture[0] != '\0')
		done = capture_open(parts->settings->capture, &parts->capture);
	if (done.ok) {
		parts->unwatched_from = known.last;
		tell_start(parts, &known);
		past_end_station_alarms(&past);
		for (size_t i = 0; i < parts->bed_count; i++)
			watch_resume(parts->beds[i].watch, known.any ? known.last : parts->started, parts->started);
		/* So that an id shown from here on is never given again, however this program ends. */
		store_wait(parts->store, parts->appended, duration_ms(START_WAIT_MS));
	}
	past_finish(&past);
	return done;
}

static void
close_signals(struct parts *parts)
{
	for (int i = 0; i < SIGNALS; i++)
		uv_close((uv_handle_t *)&parts->signals[i], NULL);
}

static void
tell_stop(struct parts *parts)
{
	struct event event = { .type = EVENT_PROGRAM_STOPPED, .text = "the program was stopped" };
	char head[STORE_HEAD_CAP];

	if (parts->store == NULL || parts->clock == NULL)
		return;
	telling_emit(parts, &event);
	store_head(parts->store, head);
	log_line(LOG_LEVEL_INFO, "head of the record before the stop: %s", head);
}


static void
stop_waiting(uv_timer_t *timer)
{
	uv_stop(timer->loop);
}

/* Runs the loop until nothing is left of it. By now all is on disk and closed. A question to the record that goes on (checking
 * a long one takes minutes) must not keep the next start waiting, since nobody watches meanwhile; its thread cannot be ended
 * but with the program. */
static void
run_out(struct parts *parts, const struct outcome *closed)
{
	uv_timer_t timer;

	uv_timer_init(&parts->loop, &timer);
	uv_unref((uv_handle_t *)&timer);
	uv_timer_start(&timer, stop_waiting, LAST_QUESTIONS_MS, 0);
	uv_run(&parts->loop, UV_RUN_DEFAULT);
	if (parts->questions.under_way > 0) {
		log_line(LOG_LEVEL_NOTICE, "stopped; %zu questions to the record were given up", parts->questions.under_way);
		if (!closed->ok)
			log_line(LOG_LEVEL_ERROR, "%s", closed->why);
		_exit(closed->ok ? 0 : 1);
	}
	uv_close((uv_handle_t *)&timer, NULL);
	uv_run(&parts->loop, UV_RUN_DEFAULT);
}

/* The start's mirror. A failure says what of the record could not be written. */
static struct outcome
stop(struct parts *parts, bool ran)
{
	struct outcome closed;

	parts->stopping = true;
	if (ran)
		tell_stop(parts);
	capture_close(parts->capture);
	if (parts->hub != NULL)
		line_hub_stop(parts->hub); /* Lines that hang share one wait. */
	for (size_t i = parts->line_count; i > 0; i--)
		line_destroy(parts->lines[i - 1]);
	line_hub_destroy(parts->hub);
	answers_drop_all(parts);
	asking_drop_waiting(parts);
	web_stop(parts->web);
	for (size_t i = parts->bed_count; i > 0; i--)
		bed_destroy(&parts->beds[i - 1]);
	station_destroy(parts->station);
	parts->station = NULL;
	clock_destroy(parts->clock);
	parts->clock = NULL;
	closed = store_close(parts->store);
	if (!parts->loop_open)
		return closed;
	close_signals(parts);
	run_out(parts, &closed);
	web_destroy(parts->web);
	uv_run(&parts->loop, UV_RUN_DEFAULT);
	if (uv_loop_close(&parts->loop) != 0)
		log_line(LOG_LEVEL_WARNING, "the loop still had work when it was closed");
	return closed;
}

struct outcome
daemon_run(const struct settings *settings)
{
	struct parts *parts = calloc(1, sizeof(*parts));
	struct outcome done, closed;

	if (parts == NULL)
		return outcome_fail("out of memory");
	parts->settings = parts->standing = settings;
	parts->acts_end = &parts->acts;
	signal(SIGPIPE, SIG_IGN);
	done = start(parts);
	if (done.ok) {
		log_line(LOG_LEVEL_NOTICE, "watching %zu beds; socket %s", parts->bed_count, settings->socket);
		for (size_t i = 0; i < settings->web.listen_count; i++)
			log_line(LOG_LEVEL_NOTICE, "browsers find the clinic at %s://%s/",
			    settings->web.certificate[0] != '\0' ? "https" : "http", settings->web.listen[i].text);
		wake(parts, clock_now(parts->clock));
		uv_run(&parts->loop, UV_RUN_DEFAULT);
	}
	closed = stop(parts, done.ok);
	for (size_t i = 0; i < parts->reload_count; i++)
		settings_free(parts->reloaded[i]);
	free(parts);
	return done.ok ? closed : done;
}
