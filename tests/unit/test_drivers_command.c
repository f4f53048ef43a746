/* Starting and cancelling a cuff: the requests, who may send them, and what an answer says of what became of them. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "drivers/modbus_map.h"
#include "drivers_fixture.h"
#include "suite_run.h"

static const struct driver *
modbus(void)
{
	return &modbus_map_driver;
}

static const struct {
	struct profile_command command;
	size_t length;
	uint8_t request[16];
	size_t reply_length;
	uint8_t reply[16]; /* a good one */
} commands[] = {
	{ { true, 5, 0x0102, { 1 }, 1, 0, 0 }, 6, { 17, 5, 1, 2, 0xff, 0 }, 6, { 17, 5, 1, 2, 0xff, 0 } },
	{ { true, 5, 0x0102, { 0 }, 1, 0, 0 }, 6, { 17, 5, 1, 2, 0, 0 }, 6, { 17, 5, 1, 2, 0, 0 } },
	{ { true, 6, 0x0102, { 0xABCD }, 1, 0, 0 }, 6, { 17, 6, 1, 2, 0xab, 0xcd }, 6, { 17, 6, 1, 2, 0xab, 0xcd } },
	{ { true, 16, 0x0102, { 1, 0x203 }, 2, 0, 0 }, 11, { 17, 16, 1, 2, 0, 2, 4, 0, 1, 2, 3 }, 6, { 17, 16, 1, 2, 0, 2 } },
	{ { true, 23, 0x0102, { 9 }, 1, 0x0304, 2 }, 13, { 17, 23, 3, 4, 0, 2, 1, 2, 0, 1, 2, 0, 9 }, 7, { 17, 23, 4, 1, 2, 3, 4 } },
};

static void
reopen_permitted(struct bench *bench, bool may_start_cuff)
{
	const struct driver_options options = {
		.unit = BENCH_UNIT, .cadence = duration_s(1), .last_cuff_key = "", .last_cuff_at = INSTANT_UNKNOWN, .may_start_cuff = may_start_cuff,
	};

	modbus()->close(bench->instance);
	ck_assert(modbus()->open(&bench->profile, &options, &bench->instance).ok);
}

static struct driver_commanded
judge(struct bench *bench, const uint8_t *bytes, size_t length)
{
	struct driver_commanded commanded;

	modbus()->commanded(bench->instance, COMMAND_START_CUFF, bytes, length, &commanded);
	return commanded;
}

START_TEST(a_cuff_is_started_by_a_write)
{
	struct profile profile = made_profile(PROOF_COUNTER);
	uint8_t reply[1 + IMAGE_REPLY_CAP] = { BENCH_UNIT };
	struct wire_bytes request;
	struct bench bench;

	profile.cuff.start = commands[_i].command;
	profile.cuff.start_pause = duration_s(60);
	bench_open(&bench, &profile, "");
	reopen_permitted(&bench, true);
	ck_assert(modbus()->command(bench.instance, COMMAND_START_CUFF, &request).ok);
	ck_assert_uint_eq(request.length, commands[_i].length);
	ck_assert_mem_eq(request.bytes, commands[_i].request, request.length);
	ck_assert_int_eq(judge(&bench, commands[_i].reply, commands[_i].reply_length).commanded, COMMANDED_DONE);
	/* The simulated monitor knows it, and confirms it. */
	ck_assert_int_eq(image_command_of(bench.image, request.bytes + 1, request.length - 1), IMAGE_START_CUFF);
	ck_assert_int_eq(
	    judge(&bench, reply, 1 + image_serve(bench.image, request.bytes + 1, request.length - 1, reply + 1)).commanded,
	    COMMANDED_DONE);
	/* One bit of the answer is another one: what became of it is not known. */
	for (size_t bit = 8; bit < 8 * commands[_i].reply_length && commands[_i].command.function != 23; bit++) {
		memcpy(reply, commands[_i].reply, sizeof(commands[_i].reply));
		reply[bit / 8] ^= (uint8_t)(1 << bit % 8);
		ck_assert_int_eq(judge(&bench, reply, commands[_i].reply_length).commanded, COMMANDED_UNKNOWN);
	}
	ck_assert_int_eq(judge(&bench, commands[_i].reply, commands[_i].reply_length - 1).commanded, COMMANDED_UNKNOWN);
	bench_close(&bench);
}
END_TEST

START_TEST(a_cuff_is_not_started_where_it_may_not)
{
	struct profile profile = made_profile(PROOF_COUNTER);
	struct wire_bytes request;
	struct outcome made;
	struct bench bench;

	bench_open(&bench, &profile, "");
	reopen_permitted(&bench, true);
	made = modbus()->command(bench.instance, COMMAND_START_CUFF, &request);
	ck_assert_str_eq(made.why, "the profile 'made' does not say how to start a cuff");
	made = modbus()->command(bench.instance, COMMAND_CANCEL_CUFF, &request);
	ck_assert_str_eq(made.why, "the profile 'made' does not say how to cancel a cuff");
	bench.profile.cuff.start = bench.profile.cuff.cancel = commands[0].command;
	bench.profile.cuff.cancel.values[0] = 0;
	ck_assert(modbus()->command(bench.instance, COMMAND_CANCEL_CUFF, &request).ok);
	ck_assert_mem_eq(request.bytes, commands[1].request, request.length);
	reopen_permitted(&bench, false);
	made = modbus()->command(bench.instance, COMMAND_START_CUFF, &request);
	ck_assert(!made.ok);
	ck_assert_str_eq(made.why, "this monitor's cuff may not be started from here (start_cuff)");
	ck_assert(!modbus()->command(bench.instance, COMMAND_CANCEL_CUFF, &request).ok);
	bench_close(&bench);
}
END_TEST

/* What the device refused was not done; of a failure on the way, or a gateway that heard nothing, nobody knows. */
static const struct {
	uint8_t code;
	enum commanded commanded;
} refusals[] = {
	{ 1, COMMANDED_REFUSED }, { 2, COMMANDED_REFUSED }, { 3, COMMANDED_REFUSED }, { 4, COMMANDED_UNKNOWN },
	{ 5, COMMANDED_DONE },    { 6, COMMANDED_REFUSED }, { 8, COMMANDED_UNKNOWN }, { 10, COMMANDED_REFUSED },
	{ 11, COMMANDED_UNKNOWN }, { 99, COMMANDED_UNKNOWN },
};

START_TEST(a_start_that_is_refused_was_not_done)
{
	const uint8_t bytes[] = { BENCH_UNIT, 0x86, refusals[_i].code };
	struct profile profile = made_profile(PROOF_COUNTER);
	struct driver_commanded commanded;
	struct bench bench;

	profile.cuff.start = commands[2].command;
	profile.cuff.start_pause = duration_s(60);
	bench_open(&bench, &profile, "");
	commanded = judge(&bench, bytes, sizeof(bytes));
	ck_assert_int_eq(commanded.commanded, refusals[_i].commanded);
	ck_assert((commanded.reason[0] == '\0') == (commanded.commanded == COMMANDED_DONE));
	bench_close(&bench);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("drivers: command");
	TCase *tcase = tcase_create("command");

	suite_add_tcase(suite, tcase);
	tcase_set_timeout(tcase, 60);
	tcase_add_loop_test(tcase, a_cuff_is_started_by_a_write, 0, sizeof(commands) / sizeof(commands[0]));
	tcase_add_test(tcase, a_cuff_is_not_started_where_it_may_not);
	tcase_add_loop_test(tcase, a_start_that_is_refused_was_not_done, 0, sizeof(refusals) / sizeof(refusals[0]));
	return suite_run(suite);
}
