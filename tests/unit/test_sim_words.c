/* What is said to the simulator: commands, scripts, the command line and the clock file of tests, right and wrong. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/settings/settings.h"
#include "daemon/sim/options.h"
#include "daemon/sim/serial.h"
#include "daemon/sim/server.h"
#include "daemon/sim/world.h"
#include "file_fixture.h"
#include "suite_run.h"

static const struct instant start = { INT64_C(1767258000000) };

/* Commands */

struct stage {
	uv_loop_t loop;
	struct world world;
	struct profile profile;
	struct sim_truth truth; /* nobody wants to know */
	struct sim_port *port;
};

static struct stage *
stage_create(void)
{
	struct stage *stage = calloc(1, sizeof(*stage));
	const struct sim_world advance = { world_advance, &stage->world };
	const struct sim_config config = { .profile = &stage->profile, .seed = 1, .person = sim_people() };
	struct problems *problems = problems_create();
	struct sim_unit *unit = &stage->world.units[0];

	uv_loop_init(&stage->loop);
	ck_assert(sim_clock_init(&stage->world.clock, NULL, 1).ok);
	stage->world.clock.start = start;
	ck_assert(profile_load_file(SOURCE_ROOT "/config/monitors/generic-gateway.yaml", problems, &stage->profile));
	problems_destroy(problems);
	snprintf(unit->name, sizeof(unit->name), "bay");
	unit->monitor = sim_monitor_create(&config, start, &stage->truth);
	unit->number = 1;
	stage->world.unit_count = 1;
	ck_assert(sim_port_create(&stage->loop, "127.0.0.1", 0, false, &advance, &stage->port).ok);
	ck_assert(sim_wire_add(sim_port_wire(stage->port), unit));
	return stage;
}

static void
stage_destroy(struct stage *stage)
{
	sim_port_destroy(stage->port);
	uv_run(&stage->loop, UV_RUN_DEFAULT);
	ck_assert_int_eq(uv_loop_close(&stage->loop), 0);
	sim_monitor_destroy(stage->world.units[0].monitor);
	sim_script_free(&stage->world.script);
	free(stage);
}

static const struct {
	const char *command, *answer;
} commands[] = {
	{ "mute", "ok\n" },
	{ "  bay slow 20  \r", "ok\n" },
	{ "set rate 130", "ok\n" },
	{ "set rate pleth 130.5", "ok\n" },
	{ "set spo2 none", "ok\n" },
	{ "set spo2 own", "ok\n" },
	{ "cuff 150 110 80", "ok\n" },
	{ "drop-for 2", "ok\n" },
	{ "never-accept for 1.5", "ok\n" },
	{ "clear slow", "ok\n" },
	{ "clear", "ok\n" },
	{ "reboot 3", "ok\n" },
	{ "pressure-rise -20 60", "ok\n" },
	{ "mutte", "error: 'mutte' is no command (did you mean 'mute'?)\n" },
	{ "ward mute", "error: 'ward' is no command\n" },
	{ "bay", "error: '' is no command\n" },
	{ "cuff 150 110", "error: it is 'cuff SYS MEAN DIA'\n" },
	{ "cuff 150 110 8000", "error: '8000' is no number from 0 to 400\n" },
	{ "slow soon", "error: 'soon' is no number from 1 to 60000\n" },
	{ "exception 256", "error: '256' is no number from 1 to 255\n" },
	{ "set pulse 130", "error: 'pulse' is no vital sign, as in rate\n" },
	{ "set rate nose 130", "error: 'nose' is no source, as in pleth\n" },
	{ "set rate fast", "error: 'fast' is neither a number nor 'none' nor 'own'\n" },
	{ "cuff-interval 10", "error: a cuff takes longer than 10 s: at least 30, or 0 for none\n" },
	{ "mute for ever", "error: 'ever' is no number of seconds\n" },
	{ "drop-for -1", "error: '-1' is no number of seconds\n" },
	{ "cuff-now for 10", "error: 'cuff-now' cannot be done for some seconds only\n" },
	{ "clear cuff", "error: 'cuff' cannot be taken back\n" },
	{ "clear nothing", "error: 'nothing' is no command\n" },
	{ "mute 1 2 3 4 5 6 7 8 9", "error: it is 'mute'\n" },
	{ "answers-for 2", "ok\n" },
	{ "answers-for", "error: it is 'answers-for UNIT'\n" },
	{ "noise 0.001", "error: 'noise' is nothing that a TCP port can do\n" },
	{ "clear noise", "ok\n" },
};

START_TEST(commands_are_answered)
{
	struct stage *stage = stage_create();
	char answer[ANSWER_CAP];

	world_answer(&stage->world, commands[_i].command, answer);
	ck_assert_str_eq(answer, commands[_i].answer);
	stage_destroy(stage);
}
END_TEST

/* The same on a serial line. */
static const struct {
	const char *command, *answer;
} line_words[] = {
	{ "mute", "ok\n" },
	{ "reset", "ok\n" },
	{ "noise 0.001", "ok\n" },
	{ "noise 1 losses for 10", "ok\n" },
	{ "noise 0", "error: '0' is no share above 0 and up to 1, as in 0.001\n" },
	{ "noise 1.1", "error: '1.1' is no share above 0 and up to 1, as in 0.001\n" },
	{ "noise nan", "error: 'nan' is no share above 0 and up to 1, as in 0.001\n" },
	{ "noise 0.1 much", "error: 'much' is none of any, flips, losses\n" },
	{ "wrong-parity", "ok\n" },
	{ "wrong-parity high-bits", "ok\n" },
	{ "wrong-parity fits", "error: 'fits' is none of nuls, high-bits\n" },
	{ "echo", "ok\n" },
	{ "speed-garbage", "ok\n" },
	{ "second-master", "ok\n" },
	{ "second-master 5", "error: '5' is no number from 10 to 60000\n" },
	{ "never-accept", "error: 'never-accept' is nothing that a serial line can do\n" },
	{ "wrong-transaction", "error: 'wrong-transaction' is nothing that a serial line can do\n" },
	{ "clear never-accept", "ok\n" },
	{ "clear", "ok\n" },
};

START_TEST(commands_are_answered_on_a_line)
{
	struct stage *stage = stage_create();
	const struct sim_world advance = { world_advance, &stage->world };
	const struct serial_options options = { .path = file_path, .baud = 9600, .bits = 10 };
	struct sim_line *line;
	char answer[ANSWER_CAP];

	unlink(file_path);
	stage->world.units[0].wire = NULL;
	ck_assert(sim_line_create(&stage->loop, &options, &advance, &line).ok);
	stage->world.units[0].next = NULL;
	ck_assert(sim_wire_add(sim_line_wire(line), &stage->world.units[0]));
	world_answer(&stage->world, line_words[_i].command, answer);
	ck_assert_str_eq(answer, line_words[_i].answer);
	sim_line_destroy(line);
	stage_destroy(stage);
	ck_assert_int_ne(access(file_path, F_OK), 0);
}
END_TEST

START_TEST(long_commands_are_refused)
{
	struct stage *stage = stage_create();
	char command[1000], answer[ANSWER_CAP];

	memset(command, 'a', sizeof(command) - 1);
	command[sizeof(command) - 1] = '\0';
	world_answer(&stage->world, command, answer);
	ck_assert_str_eq(answer, "error: a command of more than 199 letters\n");
	stage_destroy(stage);
}
END_TEST

/* What lasts for some seconds ends by the simulator's own clock. */
START_TEST(faults_end_by_the_clock)
{
	struct stage *stage = stage_create();
	struct sim_faults *faults = &stage->world.units[0].faults;

	world_advance(&stage->world);
	ck_assert(world_command(&stage->world, "mute for 10").ok);
	world_advance(&stage->world);
	ck_assert(faults->mute);
	stage->world.clock.start.ms += 9000;
	world_advance(&stage->world);
	ck_assert(faults->mute);
	stage->world.clock.start.ms += 1000;
	world_advance(&stage->world);
	ck_assert(!faults->mute);
	stage_destroy(stage);
}
END_TEST

START_TEST(scripts_run_in_order_of_time)
{
	static const char text[] = "# a remark\n10 mute\n\n5 slow 20 # and why\n\t20.5\tclear\n10 truncated\n";
	struct stage *stage = stage_create();
	struct sim_script *script = &stage->world.script;
	char command[COMMAND_CAP];

	file_write(text, sizeof(text) - 1);
	ck_assert(sim_script_load(script, file_path, start).ok);
	ck_assert_uint_eq(script->count, 4);
	ck_assert_int_eq(sim_script_next(script).ms, start.ms + 5000);
	sim_script_take(script, command);
	ck_assert_str_eq(command, "slow 20 ");
	sim_script_take(script, command);
	ck_assert_str_eq(command, "mute");
	sim_script_take(script, command);
	ck_assert_str_eq(command, "truncated");
	ck_assert_int_eq(sim_script_next(script).ms, start.ms + 20500);
	stage_destroy(stage);
}
END_TEST

static const struct {
	const char *text, *why;
} bad_scripts[] = {
	{ "mute\n", "line 1: 'mute' is not SECONDS COMMAND" },
	{ "1 mute\n-1 mute\n", "line 2: '-1 mute' is not SECONDS COMMAND" },
	{ "1\n", "line 1: '1' is not SECONDS COMMAND" },
	{ "1 \n", "line 1: no command after the seconds" },
	{ "inf mute\n", "line 1: 'inf mute' is not SECONDS COMMAND" },
	{ "1mute\n", "line 1: '1mute' is not SECONDS COMMAND" },
};

START_TEST(bad_scripts_are_told)
{
	struct sim_script script = { NULL, 0, 0 };
	struct outcome loaded;

	file_write(bad_scripts[_i].text, strlen(bad_scripts[_i].text));
	loaded = sim_script_load(&script, file_path, start);
	ck_assert(!loaded.ok);
	ck_assert_str_eq(loaded.why + strlen(file_path) + 2, bad_scripts[_i].why);
	sim_script_free(&script);
}
END_TEST

/* The clock file of tests */

START_TEST(clock_files_are_followed)
{
	struct clock_file file = { .magic = CLOCK_FILE_MAGIC };
	struct sim_clock clock;
	FILE *out;

	file.now_ms = start.ms;
	file_write((const char *)&file, sizeof(file));
	ck_assert(sim_clock_init(&clock, file_path, 1).ok);
	ck_assert(sim_clock_is_virtual(&clock));
	ck_assert_int_eq(sim_clock_now(&clock).ms, start.ms);
	file.now_ms = start.ms + 5000;
	out = fopen(file_path, "r+");
	fwrite(&file, sizeof(file), 1, out);
	fclose(out);
	ck_assert_int_eq(sim_clock_now(&clock).ms, start.ms + 5000);
}
END_TEST

START_TEST(other_files_are_no_clock)
{
	struct sim_clock clock;
	struct outcome mapped;

	file_write("short", 5);
	mapped = sim_clock_init(&clock, file_path, 1);
	ck_assert_str_eq(mapped.why + strlen(file_path), ": is no clock file");
	file_write("this is long enough to be a clock file, and none", 48);
	mapped = sim_clock_init(&clock, file_path, 1);
	ck_assert_str_eq(mapped.why + strlen(file_path), ": is no clock file");
	mapped = sim_clock_init(&clock, "/no/such/clock", 1);
	ck_assert_str_eq(mapped.why, "/no/such/clock: the clock file cannot be read: No such file or directory");
}
END_TEST

/* The command line */

/* The options point into `copy`. */
static struct outcome
read_options(const char *line, char copy[static 512], struct sim_options *ret_options)
{
	char *rest = copy, *arguments[64] = { (char[]){ "infusion-sim" } };
	int count = 1;

	snprintf(copy, 512, "%s", line);
	for (char *word = strsep(&rest, " "); word != NULL; word = strsep(&rest, " "))
		if (word[0] != '\0')
			arguments[count++] = word;
	return sim_options_read(count, arguments, ret_options);
}

static const struct {
	const char *line, *why;
} bad_lines[] = {
	{ "", "monitor 'monitor' has no --profile" },
	{ "--profil p", NULL }, /* an unambiguous beginning is enough */
	{ "--profiel p", "'--profiel' is no option (did you mean 'profile'?)" },
	{ "--profile", "--profile needs a value" },
	{ "--profile p extra", "'extra' is no option" },
	{ "--profile p --listen 99", "--listen: '99' is no ADDRESS:PORT, as in 127.0.0.1:1502" },
	{ "--profile p --listen h:65536", "--listen: 'h:65536' is no ADDRESS:PORT, as in 127.0.0.1:1502" },
	{ "--profile p --listen :1", "--listen: ':1' is no ADDRESS:PORT, as in 127.0.0.1:1502" },
	{ "--profile p --unit 256", "--unit: '256' is no number from 0 to 255" },
	{ "--profile p --seed -1", "--seed: '-1' is no number from 0 to 2147483647" },
	{ "--profile p --speed 0", "--speed: '0' is no speed above 0 and up to 10000" },
	{ "--profile p --patient clam", "--patient: 'clam' is no kind of patient (did you mean 'calm'?)" },
	{ "--profile p --cuff-interval 10", "--cuff-interval: a cuff takes longer than 10 s: at least 30, or 0 for none" },
	{ "--profile p --beside", "--beside: there is no monitor before this one" },
	{ "--monitor a --profile p --monitor a --profile p", "--monitor: there is a monitor 'a' already" },
	{ "--monitor a --profile p --monitor b", "monitor 'b' has no --profile" },
	{ "--profile p --serial l --baud 9601", "--baud: '9601' is no speed of a serial port, as in 9600, 19200 or 115200" },
	{ "--profile p --serial l --parity mark", "--parity: 'mark' is neither none, even nor odd" },
	{ "--profile p --serial l --stop-bits 3", "--stop-bits: '3' is no number from 1 to 2" },
	{ "--profile p --serial l --turnaround -1", "--turnaround: '-1' is no number of milliseconds from 0 to 10000" },
	{ "--profile p --serial l --unit 248", "monitor 'monitor': a unit on a serial line is 1 to 247" },
	{ "--profile p --serial l --unit 0", "monitor 'monitor': a unit on a serial line is 1 to 247" },
	{ "--profile p --units 1,,2", "--units: '1,,2' is no list of units from 1 to 247, as in 1,2,3" },
	{ "--profile p --units 1,248", "--units: '1,248' is no list of units from 1 to 247, as in 1,2,3" },
	{ "--profile p --units 1,1", "there are two monitors 'monitor-1'" },
	{ "--profile p,q,r --units 1,2", "'p,q,r' are 3 files for 2 units" },
	{ "--profile p --units 1,2 --log f", "--log: 'f' is one file for 2 units: put %u in its name, which stands for the unit" },
	{ "--profile p --monitor a --units 1,2 --monitor a-1", "there are two monitors 'a-1'" },
};

START_TEST(bad_command_lines_are_told)
{
	static struct sim_options options;
	char copy[512];
	struct outcome read = read_options(bad_lines[_i].line, copy, &options);

	ck_assert_int_eq(read.ok, bad_lines[_i].why == NULL);
	if (!read.ok)
		ck_assert_str_eq(read.why, bad_lines[_i].why);
}
END_TEST

START_TEST(several_monitors_are_described)
{
	static struct sim_options options;
	char copy[512];
	struct outcome read = read_options("--profile p --seed 7 --monitor a --listen 127.0.0.1:1502 --monitor b --unit 2 --beside "
	    "--patient calm --cuff-interval 0 --monitor c --profile q --listen [::1]:0 --dose-at 60", copy, &options);

	ck_assert_msg(read.ok, "%s", read.why);
	ck_assert_uint_eq(options.monitor_count, 3);
	ck_assert_str_eq(options.monitors[0].profile, "p");
	ck_assert_uint_eq(options.monitors[0].port, 1502);
	ck_assert_uint_eq(options.monitors[1].seed, 7);
	ck_assert(options.monitors[1].beside && !options.monitors[2].beside);
	ck_assert_str_eq(options.monitors[1].person->name, "calm");
	ck_assert_int_eq(options.monitors[1].cuff_interval_s, 0);
	ck_assert_str_eq(options.monitors[2].profile, "q");
	ck_assert_str_eq(options.monitors[2].host, "::1");
	ck_assert_int_eq(options.monitors[2].dose_at_s, 60);
}
END_TEST

START_TEST(several_units_are_spread)
{
	static struct sim_options options;
	char copy[512];
	struct outcome read = read_options("--profile p,q --serial /dev/bus --baud 19200 --parity even --turnaround 2.5 --strict-t35 "
	    "--seed 5 --units 3,7,9 --log s%u.csv --recording a,b --fault mute --fault echo", copy, &options);

	ck_assert_msg(read.ok, "%s", read.why);
	ck_assert_uint_eq(options.monitor_count, 3);
	ck_assert_str_eq(options.monitors[0].name, "monitor-3");
	ck_assert_str_eq(options.monitors[2].name, "monitor-9");
	ck_assert_uint_eq(options.monitors[1].unit, 7);
	ck_assert_uint_eq(options.monitors[1].seed, 6);
	ck_assert(!options.monitors[0].beside && options.monitors[1].beside && options.monitors[2].beside);
	ck_assert_str_eq(options.monitors[0].profile, "p");
	ck_assert_str_eq(options.monitors[2].profile, "q");
	ck_assert_str_eq(options.monitors[1].recording, "b");
	ck_assert_str_eq(options.monitors[2].log, "s9.csv");
	ck_assert_str_eq(options.monitors[2].serial, "/dev/bus");
	ck_assert_int_eq(options.monitors[2].baud, 19200);
	ck_assert(options.monitors[2].has_parity && options.monitors[2].strict);
	ck_assert(options.monitors[2].turnaround_ms > 2.4 && options.monitors[2].turnaround_ms < 2.6);
	ck_assert_uint_eq(options.monitors[2].fault_count, 2);
	ck_assert_str_eq(options.monitors[2].faults[1], "echo");

	/* Without --units there are as many as profiles; one alone keeps its name. */
	read = read_options("--profile p,q --monitor a --monitor b --profile r --beside", copy, &options);
	ck_assert_msg(read.ok, "%s", read.why);
	ck_assert_uint_eq(options.monitor_count, 3);
	ck_assert_str_eq(options.monitors[1].name, "a-2");
	ck_assert_str_eq(options.monitors[2].name, "b");
	ck_assert_uint_eq(options.monitors[2].unit, 1);
}
END_TEST

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

int
main(void)
{
	Suite *suite = suite_create("sim words");
	TCase *files = tcase_create("files"), *words = tcase_create("words");

	tcase_set_timeout(files, 60);
	tcase_set_timeout(words, 60);
	tcase_add_checked_fixture(files, file_make, file_remove);
	tcase_add_test(files, scripts_run_in_order_of_time);
	tcase_add_loop_test(files, commands_are_answered_on_a_line, 0, COUNT(line_words));
	tcase_add_loop_test(files, bad_scripts_are_told, 0, COUNT(bad_scripts));
	tcase_add_test(files, clock_files_are_followed);
	tcase_add_test(files, other_files_are_no_clock);
	suite_add_tcase(suite, files);
	tcase_add_loop_test(words, commands_are_answered, 0, COUNT(commands));
	tcase_add_test(words, long_commands_are_refused);
	tcase_add_test(words, faults_end_by_the_clock);
	tcase_add_loop_test(words, bad_command_lines_are_told, 0, COUNT(bad_lines));
	tcase_add_test(words, several_monitors_are_described);
	tcase_add_test(words, several_units_are_spread);
	suite_add_tcase(suite, words);
	return suite_run(suite);
}
