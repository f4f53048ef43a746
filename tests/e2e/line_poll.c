/* Lines alone, for tests: asks what standard input says and prints what came of it.
 *
 *   line_poll TIMEOUT_MS FIRST_MS MOST_MS CAPTURE|- NAME=HOST:PORT...
 *
 *   ask NAME HEX...        NAME RESULT US HEX... | NAME RESULT US -: REASON, or NAME waiting|full
 *   state NAME             NAME STATE: REASON
 *   poll MS COUNT HEX...   every line is asked each MS, COUNT times; then a line for each:
 *                          NAME REPLIES of COUNT, greatest and 99th percentile of the time between two replies in us
 *   hung NAME              NAME hung|well
 *
 * A round of polls is due at an absolute time; a line whose last request is not back is passed over. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/line/capture.h"

enum { LINES = 32, POLLS = 4096, TEXT_CAP = 2048 };

struct polled {
	struct line *line;
	bool under_way;
	uint64_t last_ns;
	int replies, gap_count;
	int64_t gaps_us[POLLS];
};

struct program {
	uv_loop_t loop;
	struct line_hub *hub;
	struct capture *capture;
	struct polled lines[LINES];
	int count;
	uv_timer_t timer;
	uint64_t began_ns;
	int period_ms, rounds, round;
	uint8_t request[LINE_FRAME_CAP];
	size_t request_length;
	uv_pipe_t input;
	char text[TEXT_CAP];
	size_t text_length;
};

static struct instant
now(void)
{
	return (struct instant){ (int64_t)(uv_hrtime() / 1000000) };
}

static void
print_reply(const struct line_reply *reply)
{
	printf("%s %s %" PRId64, reply->line, line_result_name(reply->result), reply->round_trip_us);
	if (reply->result != LINE_REPLY)
		printf(" -: %s", reply->reason);
	for (size_t i = 0; reply->result == LINE_REPLY && i < reply->reply_length; i++)
		printf(" %02x", reply->reply[i]);
	printf("\n");
	fflush(stdout);
}

static void
note_poll(struct polled *polled, const struct line_reply *reply)
{
	uint64_t at_ns = uv_hrtime();

	polled->under_way = false;
	if (reply->result != LINE_REPLY)
		return;
	if (polled->last_ns != 0 && polled->gap_count < POLLS)
		polled->gaps_us[polled->gap_count++] = (int64_t)((at_ns - polled->last_ns) / 1000);
	polled->last_ns = at_ns;
	polled->replies++;
}

static void
take(void *ctx, const struct line_reply *reply)
{
	struct program *program = ctx;

	if (program->capture != NULL)
		capture_add(program->capture, now(), reply);
	if (reply->tag == UINT64_MAX)
		print_reply(reply);
	else
		note_poll(&program->lines[reply->tag], reply);
}

static struct polled *
find(struct program *program, const char *name)
{
	for (int i = 0; i < program->count; i++)
		if (strcmp(line_name(program->lines[i].line), name) == 0)
			return &program->lines[i];
	fprintf(stderr, "no line %s\n", name);
	exit(2);
}

static size_t
read_hex(char *text, uint8_t *bytes)
{
	size_t length = 0;

	for (char *word = strtok(text, " "); word != NULL && length < LINE_FRAME_CAP; word = strtok(NULL, " "))
		bytes[length++] = (uint8_t)strtoul(word, NULL, 16);
	return length;
}

static void
ask(struct program *program, const char *name, char *hex)
{
	uint8_t request[LINE_FRAME_CAP];
	size_t length = read_hex(hex, request);
	enum line_submitted submitted = line_submit(find(program, name)->line, now(), UINT64_MAX, request, length);

	if (submitted == LINE_SUBMITTED)
		return;
	printf("%s %s\n", name, submitted == LINE_FULL ? "full" : "waiting");
	fflush(stdout);
}

static int
compare(const void *a, const void *b)
{
	int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;

	return left < right ? -1 : left > right;
}

static void
print_polls(struct program *program)
{
	for (int i = 0; i < program->count; i++) {
		struct polled *polled = &program->lines[i];
		int last = polled->gap_count - 1;

		qsort(polled->gaps_us, (size_t)polled->gap_count, sizeof(int64_t), compare);
		printf("%s %d of %d %" PRId64 " %" PRId64 "\n", line_name(polled->line), polled->replies, program->rounds,
		    last >= 0 ? polled->gaps_us[last] : -1, last >= 0 ? polled->gaps_us[last * 99 / 100] : -1);
	}
	fflush(stdout);
}

static void
next_round(uv_timer_t *timer);

static void
plan_round(struct program *program)
{
	int64_t due_ms = (int64_t)program->round * program->period_ms;
	int64_t passed_ms = (int64_t)((uv_hrtime() - program->began_ns) / 1000000);

	uv_update_time(&program->loop);
	uv_timer_start(&program->timer, next_round, due_ms > passed_ms ? (uint64_t)(due_ms - passed_ms) : 0, 0);
}

static void
next_round(uv_timer_t *timer)
{
	struct program *program = timer->data;

	if (program->round == program->rounds) {
		print_polls(program);
		return;
	}
	for (int i = 0; i < program->count; i++) {
		struct polled *polled = &program->lines[i];

		if (!polled->under_way)
			polled->under_way = line_submit(polled->line, now(), (uint64_t)i, program->request, program->request_length) ==
			                    LINE_SUBMITTED;
	}
	program->round++;
	plan_round(program);
}

static void
begin_polls(struct program *program, char *text)
{
	program->period_ms = (int)strtol(text, &text, 10);
	program->rounds = (int)strtol(text, &text, 10);
	program->request_length = read_hex(text, program->request);
	program->round = 0;
	program->began_ns = uv_hrtime();
	for (int i = 0; i < program->count; i++)
		program->lines[i].replies = program->lines[i].gap_count = 0, program->lines[i].last_ns = 0;
	plan_round(program);
}

static void
do_line(struct program *program, char *text)
{
	char *verb = strsep(&text, " ");

	if (strcmp(verb, "poll") == 0) {
		begin_polls(program, text);
	} else if (strcmp(verb, "ask") == 0) {
		char *name = strsep(&text, " ");

		ask(program, name, text);
	} else if (strcmp(verb, "state") == 0) {
		const struct line_state *state = line_state(find(program, text)->line);

		printf("%s %s: %s\n", text, link_state_name(state->state), state->reason);
	} else if (strcmp(verb, "hung") == 0) {
		printf("%s %s\n", text, line_is_hung(find(program, text)->line) ? "hung" : "well");
	}
	fflush(stdout);
}

static void
give_buffer(uv_handle_t *handle, size_t wanted, uv_buf_t *buffer)
{
	struct program *program = handle->data;

	(void)wanted;
	*buffer = uv_buf_init(program->text + program->text_length, (unsigned)(TEXT_CAP - program->text_length));
}

static void
end(struct program *program)
{
	capture_close(program->capture);
	line_hub_stop(program->hub);
	for (int i = 0; i < program->count; i++)
		line_destroy(program->lines[i].line);
	line_hub_destroy(program->hub);
	uv_close((uv_handle_t *)&program->timer, NULL);
	uv_close((uv_handle_t *)&program->input, NULL);
}

static void
take_text(uv_stream_t *stream, ssize_t length, const uv_buf_t *buffer)
{
	struct program *program = stream->data;
	char *line_end;

	(void)buffer;
	if (length < 0) {
		end(program);
		return;
	}
	program->text_length += (size_t)length;
	while ((line_end = memchr(program->text, '\n', program->text_length)) != NULL) {
		size_t used = (size_t)(line_end - program->text) + 1;

		*line_end = '\0';
		do_line(program, program->text);
		program->text_length -= used;
		memmove(program->text, program->text + used, program->text_length);
	}
}

static void
add_line(struct program *program, char **arguments, char *text)
{
	struct line_config config = {
		.response_timeout = duration_ms(atoi(arguments[1])),
		.backoff_first = duration_ms(atoi(arguments[2])),
		.backoff_most = duration_ms(atoi(arguments[3])),
	};
	char *colon = strrchr(text, ':'), *equals = strchr(text, '=');
	struct outcome created;

	*colon = *equals = '\0';
	snprintf(config.name, sizeof(config.name), "%s", text);
	snprintf(config.wire.host, sizeof(config.wire.host), "%s", equals + 1);
	config.wire.port = (uint16_t)atoi(colon + 1);
	created = line_create(program->hub, &config, &program->lines[program->count].line);
	if (!created.ok) {
		fprintf(stderr, "%s\n", created.why);
		exit(2);
	}
	program->count++;
}

int
main(int argc, char **argv)
{
	struct program *program = calloc(1, sizeof(*program));
	struct outcome made;

	if (argc < 6 || argc > 5 + LINES || program == NULL)
		return 2;
	uv_loop_init(&program->loop);
	made = line_hub_create(&program->loop, take, program, &program->hub);
	if (made.ok && strcmp(argv[4], "-") != 0)
		made = capture_open(argv[4], &program->capture);
	if (!made.ok) {
		fprintf(stderr, "%s\n", made.why);
		return 1;
	}
	for (int i = 5; i < argc; i++)
		add_line(program, argv, argv[i]);
	uv_timer_init(&program->loop, &program->timer);
	uv_pipe_init(&program->loop, &program->input, 0);
	program->timer.data = program->input.data = program;
	uv_pipe_open(&program->input, 0);
	uv_read_start((uv_stream_t *)&program->input, give_buffer, take_text);
	uv_run(&program->loop, UV_RUN_DEFAULT);
	if (uv_loop_close(&program->loop) != 0)
		return 1;
	free(program);
	return 0;
}
