/* Serves the API in front of the fake clinic, so that it and infusionctl are
 * tested without a daemon: web_fake SOCKET [nobody | ADDRESS:PORT...]. Acts and
 * questions are answered a few milliseconds later, as a commit would be. The
 * user who starts it is a viewer at a shared terminal; "nobody": the table of
 * people is empty; at the addresses browsers find it, and the first account's
 * password is told as "first NAME PASSWORD" before "ready". */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/e2e/fake_clinic.h"

enum { ANSWER_MS = 5, WAITING_MOST = 256, CHANGES_MOST = 256 };

struct waiting {
	web_ticket ticket;
	int status;
	const char *type; /* NULL: an act */
	char *text;
	char bed[NAME_CAP];
	struct web_done done;
};

struct fake {
	uv_loop_t loop;
	uv_timer_t beat, answer;
	uv_signal_t interrupt, terminate;
	struct fake_clinic *clinic;
	struct web *web;
	struct waiting waiting[WAITING_MOST];
	size_t waiting_count;
	struct {
		char act_id[ACT_ID_CAP], account[NAME_CAP];
	} changes[CHANGES_MOST]; /* of accounts, that were done */
	size_t change_count;
};

static size_t
bed_count(void *ctx)
{
	(void)ctx;
	return FAKE_BEDS;
}

static const char *
patient_of(const struct fake_clinic *clinic, size_t bed)
{
	int64_t id = watch_session(clinic->watches[bed])->id;

	for (size_t i = 0; id != 0 && i < clinic->session_count; i++)
		if (clinic->sessions[i].state.id == id)
			return clinic->sessions[i].patient;
	return "";
}

static void
bed_at(void *ctx, size_t index, struct web_bed *ret_bed)
{
	struct fake *fake = ctx;
	*ret_bed = (struct web_bed){ .name = fake_bed_name(index), .label = fake_bed_label(index),
		.watch = fake->clinic->watches[index], .patient = patient_of(fake->clinic, index) };
	for (size_t i = 0; i < watch_device_count(ret_bed->watch); i++) {
		bool up = watch_device_at(ret_bed->watch, i).answers;

		ret_bed->links[i] = (struct web_link){ up ? "up" : "down", up ? "" : "connection refused",
			fake->clinic->started };
	}
}

static void
station(void *ctx, struct web_station *ret_station)
{
	struct fake *fake = ctx;

	*ret_station = (struct web_station){ .clinic = "Fake clinic", .version = "0", .now = fake_now(fake->clinic),
		.started = fake->clinic->started, .wall_synchronised = true, .store_lag = duration_ms(12),
		.store_trouble = "", .unwatched_from = INSTANT_UNKNOWN, .unwatched_to = INSTANT_UNKNOWN };
}

static const struct alarm *
station_alarm_at(void *ctx, size_t index)
{
	(void)ctx;
	(void)index;
	return NULL;
}

static size_t
regimen_count(void *ctx)
{
	(void)ctx;
	return 1;
}

static const struct regimen *
regimen_at(void *ctx, size_t index)
{
	return ((struct fake *)ctx)->clinic->regimens[index];
}

static struct waiting *
wait_with(struct fake *fake, web_ticket ticket)
{
	struct waiting *waiting;

	if (fake->waiting_count == WAITING_MOST) {
		web_refuse(fake->web, ticket, 503, "too much is waiting for the disk");
		return NULL;
	}
	waiting = &fake->waiting[fake->waiting_count++];
	*waiting = (struct waiting){ .ticket = ticket };
	return waiting;
}

static void
act(void *ctx, const struct web_act *asked, web_ticket ticket)
{
	struct fake *fake = ctx;
	struct waiting *waiting;
	char text[OUTCOME_WHY_CAP];

	waiting = wait_with(fake, ticket);
	if (waiting == NULL)
		return;
	waiting->status = fake_act(fake->clinic, asked, &waiting->done, waiting->bed, text, sizeof(text));
	waiting->text = strdup(text);
	for (size_t i = 0; i < FAKE_BEDS; i++)
		web_changed(fake->web, i);
}

static void
query(void *ctx, const struct web_query *asked, web_ticket ticket)
{
	struct fake *fake = ctx;
	struct waiting *waiting = wait_with(fake, ticket);

	if (waiting != NULL)
		waiting->status = fake_query(fake->clinic, asked, &waiting->type, &waiting->text);
}

static size_t
line_count(void *ctx)
{
	(void)ctx;
	return 1;
}

static void
line_at(void *ctx, size_t index, struct web_line *ret_line)
{
	(void)ctx;
	(void)index;
	*ret_line = (struct web_line){
		.name = "gateway",
		.kind = "modbus-tcp",
		.where = "192.0.2.10:502",
		.link = { "failing", "does not answer within 400 ms", { 1767258000000 } },
		.replies = 12,
		.retried = 1,
		.errors = { { "timeout", 3 } },
		.error_count = 1,
		.p50_us = 900,
		.p90_us = 1400,
		.p99_us = 2100,
		.most_us = 2222,
		.monitors = { { "m1", "Monitor 1", "bed1", 1, { 1000 }, { 0 }, 12, 3 }, { "m9", "Monitor 9", "", 9, { 1000 }, { 0 }, 0, 0 } },
		.monitor_count = 2,
	};
}

static void
account_changed(void *ctx, const struct web_account_event *event, web_ticket ticket)
{
	struct fake *fake = ctx;
	struct waiting *waiting;

	if (event->act_id[0] != '\0' && fake->change_count < CHANGES_MOST) {
		snprintf(fake->changes[fake->change_count].act_id, ACT_ID_CAP, "%s", event->act_id);
		snprintf(fake->changes[fake->change_count++].account, NAME_CAP, "%s", event->account);
	}
	waiting = ticket != 0 ? wait_with(fake, ticket) : NULL;
	if (waiting == NULL)
		return;
	waiting->status = 200;
	waiting->text = strdup(event->text);
}

static bool
is_repeat(void *ctx, const struct web_account_event *asked, web_ticket ticket)
{
	const char *act_id = asked->act_id;
	struct fake *fake = ctx;
	const struct web_done done = { .bed = "", .text = "done before", .repeated = true };

	for (size_t i = 0; act_id[0] != '\0' && i < fake->change_count; i++)
		if (strcmp(fake->changes[i].act_id, act_id) == 0) {
			if (strcmp(fake->changes[i].account, asked->account) == 0)
				web_answer_done(fake->web, ticket, &done);
			else
				web_refuse(fake->web, ticket, 409, "act_id: this id was used for another act");
			return true;
		}
	return false;
}

/* There is one change to take up each time. */
static void
reload(void *ctx, const struct web_reload *asked, web_ticket ticket)
{
	static const struct web_change changes[] = { { WEB_CHANGED, "monitor.m1", "unit 1", "unit 2" } };
	struct web_account_event named = { .who = asked->who };
	struct fake *fake = ctx;
	struct waiting *waiting;

	/* Who reloaded stands for what was reloaded: an id is another act's when another used it. */
	snprintf(named.account, sizeof(named.account), "%s", asked->who.name);
	snprintf(named.act_id, sizeof(named.act_id), "%s", asked->act_id);
	if (is_repeat(fake, &named, ticket))
		return;
	snprintf(named.text, sizeof(named.text), "one setting changed");
	account_changed(fake, &named, ticket);
	waiting = fake->waiting_count > 0 ? &fake->waiting[fake->waiting_count - 1] : NULL;
	if (waiting == NULL || waiting->ticket != ticket)
		return;
	waiting->done.changes = changes;
	waiting->done.change_count = 1;
}

static void
tell_first(void *ctx, const char *name, const char *password)
{
	(void)ctx;
	printf("first %s %s\n", name, password);
}

/* The fake forgets everything when it ends. */
static void
keep_account(void *ctx, const struct account *account)
{
	(void)ctx;
	(void)account;
}

static void
drop_account(void *ctx, const char *name)
{
	(void)ctx;
	(void)name;
}

static void
keep_log_in(void *ctx, const struct log_in *log_in)
{
	(void)ctx;
	(void)log_in;
}

static void
drop_log_in(void *ctx, const unsigned char token[static TOKEN_HASH])
{
	(void)ctx;
	(void)token;
}

static void
metrics(void *ctx, FILE *out)
{
	(void)ctx;
	fputs("# HELP infusiond_polls_total Polls answered.\n# TYPE infusiond_polls_total counter\n"
	      "infusiond_polls_total{line=\"fake\"} 1\n", out);
}

static void
on_answer(uv_timer_t *timer)
{
	struct fake *fake = timer->data;

	for (size_t i = 0; i < fake->waiting_count; i++) {
		struct waiting *w = &fake->waiting[i];

		w->done.text = w->text;
		w->done.bed = w->bed;
		if (w->status != 200)
			web_refuse(fake->web, w->ticket, w->status, w->text);
		else if (w->type == NULL)
			web_answer_done(fake->web, w->ticket, &w->done);
		else
			web_answer_text(fake->web, w->ticket, w->type, w->text, strlen(w->text));
		free(w->text);
	}
	fake->waiting_count = 0;
}

static void
on_beat(uv_timer_t *timer)
{
	struct fake *fake = timer->data;

	fake_beat(fake->clinic);
	web_tick(fake->web);
}

static void
on_signal(uv_signal_t *handle, int number)
{
	struct fake *fake = handle->data;

	(void)number;
	web_stop(fake->web);
	uv_close((uv_handle_t *)&fake->beat, NULL);
	uv_close((uv_handle_t *)&fake->answer, NULL);
	uv_close((uv_handle_t *)&fake->interrupt, NULL);
	uv_close((uv_handle_t *)&fake->terminate, NULL);
}

static void
start_handles(struct fake *fake)
{
	uv_timer_init(&fake->loop, &fake->beat);
	uv_timer_init(&fake->loop, &fake->answer);
	uv_signal_init(&fake->loop, &fake->interrupt);
	uv_signal_init(&fake->loop, &fake->terminate);
	fake->beat.data = fake->answer.data = fake->interrupt.data = fake->terminate.data = fake;
	uv_timer_start(&fake->beat, on_beat, 0, 1000);
	uv_timer_start(&fake->answer, on_answer, ANSWER_MS, ANSWER_MS);
	uv_signal_start(&fake->interrupt, on_signal, SIGINT);
	uv_signal_start(&fake->terminate, on_signal, SIGTERM);
}

/* The addresses among the arguments; false when one is none. */
static bool
read_addresses(int argc, char **argv, struct address *addresses, struct web_config *config)
{
	for (int i = 2; i < argc && config->listen_count < WEB_ADDRESSES; i++) {
		struct outcome read;

		if (strcmp(argv[i], "nobody") == 0) {
			config->person_count = 0;
			continue;
		}
		read = address_from_text(argv[i], &addresses[config->listen_count]);
		if (!read.ok) {
			fprintf(stderr, "%s\n", read.why);
			return false;
		}
		config->listen_count++;
	}
	return true;
}

int
main(int argc, char **argv)
{
	struct fake *fake = calloc(1, sizeof(*fake));
	const struct web_person people[] = {
		{ getuid(), "console", ROLE_VIEWER, true },
		{ (uid_t)-1, "nurse", ROLE_NURSE, false },
		{ (uid_t)-1, "prescriber", ROLE_PRESCRIBER, false },
		{ (uid_t)-1, "admin", ROLE_ADMIN, false },
		{ (uid_t)-1, "engineer", ROLE_ENGINEER, false },
	};
	const struct web_backend backend = {
		.ctx = fake,
		.bed_count = bed_count,
		.bed_at = bed_at,
		.station = station,
		.station_alarm_at = station_alarm_at,
		.regimen_count = regimen_count,
		.regimen_at = regimen_at,
		.act = act,
		.query = query,
		.line_count = line_count,
		.line_at = line_at,
		.account_changed = account_changed,
		.is_repeat = is_repeat,
		.reload = reload,
		.tell_first = tell_first,
		.keeper = { fake, keep_account, drop_account, keep_log_in, drop_log_in },
		.metrics = metrics,
	};
	struct address addresses[WEB_ADDRESSES];
	struct web_config config = { .socket_path = argv[1], .people = people,
		.person_count = sizeof(people) / sizeof(people[0]), .listen = addresses,
		.idle = duration_min(60), .longest = duration_min(120) };
	struct outcome created;
	int left;

	if (argc < 2 || fake == NULL || !read_addresses(argc, argv, addresses, &config)) {
		fprintf(stderr, "usage: web_fake SOCKET [nobody | ADDRESS:PORT...]\n");
		free(fake);
		return 2;
	}
	uv_loop_init(&fake->loop);
	fake->clinic = fake_create();
	created = web_create(&fake->loop, &config, &backend, &fake->web);
	if (!created.ok) {
		fprintf(stderr, "%s\n", created.why);
		uv_loop_close(&fake->loop);
		fake_destroy(fake->clinic);
		free(fake);
		return 1;
	}
	start_handles(fake);
	puts("ready");
	fflush(stdout);
	uv_run(&fake->loop, UV_RUN_DEFAULT);
	for (size_t i = 0; i < fake->waiting_count; i++)
		free(fake->waiting[i].text);
	web_destroy(fake->web);
	left = uv_loop_close(&fake->loop);
	fake_destroy(fake->clinic);
	free(fake);
	if (left != 0)
		fprintf(stderr, "handles are left open\n");
	return left != 0;
}
