/* infusion-sim: pretends to be bedside monitors on Modbus TCP and RTU, for tests
 * and demonstrations. Start and stop of everything, in mirrored order. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/settings/settings.h"
#include "daemon/sim/control.h"
#include "daemon/sim/doors.h"
#include "daemon/sim/options.h"
#include "daemon/sim/world.h"

enum { EXIT_USAGE = 2, TICK_MS = 100, TICK_VIRTUAL_MS = 5 };

/* What belongs to one monitor besides its unit. */
struct belongings {
	struct profile profile;
	struct recording recording;
	struct sim_truth truth;
};

struct sim {
	struct sim_options options;
	struct world world;
	struct belongings belongings[WORLD_UNITS];
	uv_loop_t loop;
	uv_timer_t tick;
	uv_signal_t interrupt, terminate;
	struct doors doors;
	bool announced;
	struct control *control;
};

static struct outcome
load_profile(const char *path, struct profile *ret_profile)
{
	struct problems *problems = problems_create();
	bool good = problems != NULL && profile_load_file(path, problems, ret_profile);

	if (problems != NULL)
		problems_print(problems, stderr);
	problems_destroy(problems);
	return good ? outcome_ok() : outcome_fail("%s: cannot be served", path);
}

static struct outcome
create_monitor(struct sim *sim, size_t index)
{
	const struct monitor_options *options = &sim->options.monitors[index];
	struct belongings *belongings = &sim->belongings[index];
	struct sim_unit *unit = &sim->world.units[index];
	struct sim_config config = { .profile = &belongings->profile, .seed = options->seed, .person = options->person,
		.same_arm = options->same_arm };
	int usual_s = options->recording != NULL ? 0 : 300;
	struct outcome done = load_profile(options->profile, &belongings->profile);

	if (done.ok && options->recording != NULL)
		done = recording_load(options->recording, &belongings->recording);
	if (done.ok && options->log != NULL)
		done = sim_truth_open(&belongings->truth, options->log);
	if (!done.ok)
		return done;
	config.recording = options->recording != NULL ? &belongings->recording : NULL;
	config.cuff_interval = duration_s(options->cuff_interval_s >= 0 ? options->cuff_interval_s : usual_s);
	unit->monitor = sim_monitor_create(&config, sim->world.clock.start, &belongings->truth);
	if (unit->monitor == NULL)
		return outcome_fail("out of memory");
	snprintf(unit->name, sizeof(unit->name), "%s", options->name);
	unit->number = options->unit;
	sim->world.unit_count++;
	return outcome_ok();
}

static struct outcome
hang_up(struct sim *sim, size_t index)
{
	const struct monitor_options *options = &sim->options.monitors[index];
	struct sim_wire *wire;
	struct outcome opened = doors_open(&sim->doors, options, index > 0 ? sim->world.units[index - 1].wire : NULL, &wire);

	if (opened.ok && !sim_wire_add(wire, &sim->world.units[index]))
		return outcome_fail("monitor '%s': there is a unit %u at its address already", options->name, options->unit);
	return opened;
}

/* What is wrong from the start on. */
static struct outcome
do_faults(struct sim *sim, const struct monitor_options *options)
{
	struct outcome done = outcome_ok();

	sim->world.now = sim->world.clock.start;
	for (size_t i = 0; done.ok && i < options->fault_count; i++) {
		char command[COMMAND_CAP];

		if (snprintf(command, sizeof(command), "%s %s", options->name, options->faults[i]) >= (int)sizeof(command))
			return outcome_fail("--fault: a command of more than %d letters", COMMAND_CAP - 1);
		done = outcome_within(world_command(&sim->world, command), "--fault: '%s'", options->faults[i]);
	}
	return done;
}

static struct outcome
plan_dose(struct sim *sim, const struct monitor_options *options)
{
	char command[COMMAND_CAP];

	if (options->dose_at_s < 0)
		return outcome_ok();
	snprintf(command, sizeof(command), "%s dose", options->name);
	return sim_script_add(&sim->world.script, instant_add(sim->world.clock.start, duration_s(options->dose_at_s)), command);
}

static void
complain(const char *command, const char *why)
{
	fprintf(stderr, "infusion-sim: script: '%s': %s\n", command, why);
}

static struct outcome
create_world(struct sim *sim)
{
	struct outcome done = sim_clock_init(&sim->world.clock, sim->options.clock, sim->options.speed);

	sim->world.complain = complain;
	if (done.ok && sim->options.script != NULL)
		done = sim_script_load(&sim->world.script, sim->options.script, sim->world.clock.start);
	for (size_t i = 0; done.ok && i < sim->options.monitor_count; i++) {
		done = create_monitor(sim, i);
		if (done.ok)
			done = plan_dose(sim, &sim->options.monitors[i]);
	}
	return done;
}

static struct outcome
open_doors(struct sim *sim)
{
	struct outcome done = outcome_ok();

	for (size_t i = 0; done.ok && i < sim->options.monitor_count; i++)
		done = hang_up(sim, i);
	for (size_t i = 0; done.ok && i < sim->options.monitor_count; i++)
		done = do_faults(sim, &sim->options.monitors[i]);
	if (done.ok && sim->options.control != NULL)
		done = control_open(&sim->loop, sim->options.control, &sim->world, &sim->control);
	return done;
}

/* Nobody may be asking; time goes on all the same, and what has been logged is on its way to the file. */
static void
tick(uv_timer_t *timer)
{
	struct sim *sim = timer->data;

	world_advance(&sim->world);
	for (size_t i = 0; i < sim->options.monitor_count; i++)
		sim_truth_flush(&sim->belongings[i].truth);
}

static void
stop(uv_signal_t *signal, int number)
{
	struct sim *sim = signal->data;

	(void)number;
	control_close(sim->control);
	doors_close(&sim->doors, sim->announced ? stdout : NULL);
	fflush(stdout);
	uv_close((uv_handle_t *)&sim->tick, NULL);
	uv_close((uv_handle_t *)&sim->interrupt, NULL);
	uv_close((uv_handle_t *)&sim->terminate, NULL);
}

static void
start(struct sim *sim)
{
	uint64_t tick_ms = sim_clock_is_virtual(&sim->world.clock) ? TICK_VIRTUAL_MS : TICK_MS;

	if (sim->options.speed > 1)
		tick_ms = (uint64_t)(TICK_MS / sim->options.speed) > 1 ? (uint64_t)(TICK_MS / sim->options.speed) : 1;
	uv_timer_init(&sim->loop, &sim->tick);
	uv_signal_init(&sim->loop, &sim->interrupt);
	uv_signal_init(&sim->loop, &sim->terminate);
	sim->tick.data = sim->interrupt.data = sim->terminate.data = sim;
	uv_timer_start(&sim->tick, tick, tick_ms, tick_ms);
	uv_signal_start(&sim->interrupt, stop, SIGINT);
	uv_signal_start(&sim->terminate, stop, SIGTERM);
}

static void
announce(struct sim *sim)
{
	for (size_t i = 0; i < sim->world.unit_count; i++) {
		const struct sim_unit *unit = &sim->world.units[i];
		char address[DOOR_TEXT_CAP];

		door_to_text(unit->wire, address);
		printf("listening %s unit %u %s\n", address, unit->number, unit->name);
	}
	fflush(stdout);
	sim->announced = true;
}

static struct outcome
run(struct sim *sim)
{
	struct outcome done = create_world(sim);

	if (!done.ok)
		return done;
	uv_loop_init(&sim->loop);
	sim->doors = (struct doors){ .loop = &sim->loop, .virtual_time = sim_clock_is_virtual(&sim->world.clock),
		.world = { world_advance, &sim->world } };
	done = open_doors(sim);
	start(sim);
	if (done.ok)
		announce(sim);
	else
		stop(&sim->terminate, SIGTERM); /* What has been opened is closed by the same way as at the end. */
	uv_run(&sim->loop, UV_RUN_DEFAULT);
	uv_loop_close(&sim->loop);
	return done;
}

static void
finish(struct sim *sim)
{
	for (size_t i = 0; i < WORLD_UNITS; i++) {
		sim_monitor_destroy(sim->world.units[i].monitor);
		recording_free(&sim->belongings[i].recording);
		sim_truth_close(&sim->belongings[i].truth);
	}
	sim_script_free(&sim->world.script);
	free(sim);
}

int
main(int argc, char **argv)
{
	struct sim *sim = calloc(1, sizeof(*sim));
	struct outcome done;
	int code = EXIT_SUCCESS;

	if (sim == NULL)
		return EXIT_FAILURE;
	done = sim_options_read(argc, argv, &sim->options);
	if (!done.ok) {
		fprintf(stderr, "infusion-sim: %s; infusion-sim --help says what there is\n", done.why);
		code = EXIT_USAGE;
	} else if (sim->options.help) {
		sim_options_print_help(stdout);
	} else {
		signal(SIGPIPE, SIG_IGN);
		done = run(sim);
		if (!done.ok) {
			fprintf(stderr, "infusion-sim: %s\n", done.why);
			code = EXIT_FAILURE;
		}
	}
	finish(sim);
	return code;
}
