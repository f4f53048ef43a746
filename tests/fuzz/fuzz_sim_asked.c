/* Whatever is said to the simulator over TCP: the first byte picks bytes on a Modbus port or words on the control line. The port is a
 * real one, on loopback and in one thread; time is a file's, and passes as the input says. */
#include <assert.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon/sim/server.h"
#include "daemon/sim/world.h"
#include "tests/unit/drivers_fixture.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { HEADER = 6, ANSWERS_CAP = 1 << 18, TURNS = 4, WORDS_CAP = 512 };

struct bytes {
	const uint8_t *at, *end;
};

struct stage {
	uv_loop_t loop;
	struct world world;
	struct clock_file file;
	struct profile profile;
	struct sim_truth truth; /* nobody wants to know */
	struct sim_port *port;
	int client;
	uint8_t answers[ANSWERS_CAP];
	size_t answered, asked;
};

static uint8_t
next(struct bytes *bytes)
{
	return bytes->at < bytes->end ? *bytes->at++ : 0;
}

static struct stage *
open_stage(void)
{
	struct stage *stage = calloc(1, sizeof(*stage));
	struct sim_unit *unit = &stage->world.units[0];
	const struct sim_world advance = { world_advance, &stage->world };
	const struct sim_config config = { .profile = &stage->profile, .seed = 1, .person = sim_people() };

	uv_loop_init(&stage->loop);
	stage->profile = made_profile(PROOF_COUNTER);
	stage->file.now_ms = INT64_C(1767258000000);
	stage->world.clock.file = &stage->file;
	snprintf(unit->name, sizeof(unit->name), "bay");
	unit->number = 1;
	unit->monitor = sim_monitor_create(&config, sim_clock_now(&stage->world.clock), &stage->truth);
	stage->world.unit_count = 1;
	assert(sim_port_create(&stage->loop, "127.0.0.1", 0, true, &advance, &stage->port).ok);
	assert(sim_wire_add(sim_port_wire(stage->port), unit));
	return stage;
}

static void
close_stage(struct stage *stage)
{
	sim_port_destroy(stage->port);
	uv_run(&stage->loop, UV_RUN_DEFAULT);
	assert(uv_loop_close(&stage->loop) == 0);
	sim_monitor_destroy(stage->world.units[0].monitor);
	sim_script_free(&stage->world.script);
	free(stage);
}

static void
turn(struct stage *stage)
{
	ssize_t got;

	for (int i = 0; i < TURNS; i++)
		uv_run(&stage->loop, UV_RUN_NOWAIT);
	while ((got = recv(stage->client, stage->answers + stage->answered, ANSWERS_CAP - stage->answered, MSG_DONTWAIT)) > 0)
		stage->answered += (size_t)got;
}

static void
pass_time(struct stage *stage, uint8_t seconds)
{
	stage->file.now_ms += seconds * INT64_C(1000);
	world_advance(&stage->world);
}

/* Frames that a client could read, and no more of them than it may have asked for. */
static void
check_answers(const struct stage *stage)
{
	size_t at = 0, count = 0;

	for (; at + HEADER <= stage->answered; count++) {
		size_t length = (size_t)(stage->answers[at + 4] << 8 | stage->answers[at + 5]);

		assert(stage->answers[at + 2] == 0 && stage->answers[at + 3] == 0 && length >= 3 && length <= 254);
		at += HEADER + length;
	}
	assert(at == stage->answered);
	assert(count <= stage->asked / (HEADER + 2));
}

static void
talk_modbus(struct stage *stage, struct bytes *bytes)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(sim_port_number(stage->port)),
		.sin_addr = { htonl(INADDR_LOOPBACK) } };
	const struct linger reset = { 1, 0 };

	stage->client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	setsockopt(stage->client, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
	assert(connect(stage->client, (const struct sockaddr *)&to, sizeof(to)) == 0);
	while (bytes->at < bytes->end) {
		size_t length = next(bytes), left = (size_t)(bytes->end - bytes->at);

		if (length == 0) {
			pass_time(stage, next(bytes));
			continue;
		}
		length = length < left ? length : left;
		(void)!send(stage->client, bytes->at, length, MSG_NOSIGNAL | MSG_DONTWAIT);
		bytes->at += length;
		stage->asked += length;
		turn(stage);
	}
	turn(stage);
	check_answers(stage);
	close(stage->client);
}

/* Lines as control.c cuts them; a line of one byte lets time pass. */
static void
say_words(struct stage *stage, struct bytes *bytes)
{
	while (bytes->at < bytes->end) {
		char line[WORDS_CAP], answer[ANSWER_CAP];
		size_t length = 0;

		while (bytes->at < bytes->end && *bytes->at != '\n' && *bytes->at != '\0' && length + 1 < sizeof(line))
			line[length++] = (char)*bytes->at++;
		bytes->at += bytes->at < bytes->end;
		line[length] = '\0';
		if (length == 1) {
			pass_time(stage, (uint8_t)line[0]);
			continue;
		}
		world_answer(&stage->world, line, answer);
		assert(strcmp(answer, "ok\n") == 0 || strncmp(answer, "error: ", 7) == 0);
		assert(answer[strlen(answer) - 1] == '\n');
		for (int i = 0; i < TURNS; i++)
			uv_run(&stage->loop, UV_RUN_NOWAIT);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes bytes = { data, data + size };
	bool words = (next(&bytes) & 1) != 0;
	struct stage *stage = open_stage();

	if (words)
		say_words(stage, &bytes);
	else
		talk_modbus(stage, &bytes);
	close_stage(stage);
	return 0;
}
