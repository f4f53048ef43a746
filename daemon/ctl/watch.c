/* The live table: the whole state asked for once a second, drawn over the last
 * one on a terminal and appended elsewhere, until Ctrl-C. When the daemon is
 * lost it says so and goes on asking. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "daemon/ctl/verbs.h"

static const char hide_cursor[] = "\033[?25l", show_cursor[] = "\033[?25h";

/* The one thing that a signal handler can reach. */
static volatile sig_atomic_t interrupted;

static void
note_interrupt(int number)
{
	(void)number;
	interrupted = 1;
}

static int64_t
now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void
rest_until(int64_t until_ms)
{
	int64_t left_ms = until_ms - now_ms();
	struct timespec rest = { .tv_sec = left_ms / 1000, .tv_nsec = left_ms % 1000 * 1000000 };

	/* An interrupted rest is the end of it. */
	if (!interrupted && left_ms > 0)
		nanosleep(&rest, NULL);
}

/* Every line is cleared to its end, so that nothing of the last table is left and nothing flickers. What does not fit is
 * counted: a table that ends in silence would hide alarms. */
static void
draw_over(const char *text, unsigned rows)
{
	unsigned row = 0, left = 0;

	fputs("\033[H", stdout);
	for (const char *line = text; *line != '\0'; line += strcspn(line, "\n") + 1) {
		size_t length = strcspn(line, "\n");

		if (rows > 2 && row + 1 >= rows)
			left++;
		else
			printf("%.*s\033[K\n", (int)length, line);
		row++;
		if (line[length] == '\0')
			break;
	}
	if (left > 0)
		printf("... %u more lines: make the window taller\033[K", left);
	fputs("\033[J", stdout);
}

/* The table as one text, and the exit code that it stands for; NULL when out of memory. The caller frees it. */
static char *
table_text(const struct arguments *arguments, const struct style *style, int *ret_code)
{
	struct response beds, status = { 0 };
	struct outcome asked = client_get(&arguments->client, "/api/v1/beds", &beds);
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	*ret_code = !asked.ok ? EXIT_NO_DAEMON : beds.status == 200 ? EXIT_DONE : EXIT_REFUSED;
	if (out != NULL && asked.ok && beds.status == 200) {
		if (arguments->json) {
			fprintf(out, "%s\n", beds.text != NULL ? beds.text : "null");
		} else {
			client_get(&arguments->client, "/api/v1/status", &status);
			table_beds(out, beds.json, status.json, style);
		}
	} else if (arguments->json) {
		fprintf(stderr, "infusionctl: %s\n", asked.ok ? response_error(&beds) : asked.why);
	} else if (out != NULL) {
		fprintf(out, "NOT WATCHING from here: %s\n", asked.ok ? response_error(&beds) : asked.why);
	}
	if (out != NULL && fclose(out) != 0) {
		free(text);
		text = NULL;
	}
	response_finish(&beds);
	response_finish(&status);
	return text;
}

static unsigned
line_count(const char *text)
{
	unsigned count = 0;

	for (; *text != '\0'; text++)
		count += *text == '\n';
	return count;
}

/* What the table stands for as an exit code. */
static int
draw(const struct arguments *arguments, bool terminal)
{
	struct style style = arguments->style;
	struct winsize size = { 0 };
	char *text;
	int code;

	if (terminal && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0)
		style.width = size.ws_col;
	text = table_text(arguments, &style, &code);
	/* Beds keep their places while they fit; where some do not, those must be the calm ones. */
	if (text != NULL && size.ws_row > 2 && line_count(text) + 1 >= size.ws_row) {
		free(text);
		style.worst_first = true;
		text = table_text(arguments, &style, &code);
	}
	if (text == NULL)
		return code;
	if (terminal)
		draw_over(text, size.ws_row);
	else
		fputs(text, stdout);
	free(text);
	return code;
}

static void
catch_signals(void)
{
	/* Without SA_RESTART a rest ends at once. */
	struct sigaction action = { .sa_handler = note_interrupt };

	sigemptyset(&action.sa_mask);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGHUP, &action, NULL);
}

int
run_watch(const struct arguments *arguments)
{
	const char *times = arguments_value(arguments, "times");
	/* A script's lines are not drawn over one another. */
	const bool terminal = isatty(STDOUT_FILENO) != 0 && !arguments->json;
	int code = EXIT_DONE;
	char *end = NULL;
	long left = times != NULL ? strtol(times, &end, 10) : -1;

	if (times != NULL && (left <= 0 || *end != '\0')) {
		fprintf(stderr, "infusionctl: --times: '%s' is no number of tables\n", times);
		return EXIT_USAGE;
	}
	catch_signals();
	if (terminal)
		printf("%s\033[2J", hide_cursor);
	while (!interrupted && left != 0) {
		int64_t next = now_ms() + 1000;

		code = draw(arguments, terminal);
		/* A pipe that nobody reads any more. */
		if (fflush(stdout) != 0)
			break;
		left -= left > 0;
		if (left != 0)
			rest_until(next);
	}
	if (terminal)
		printf("%s\n", show_cursor);
	/* Whoever ends it has seen enough; a script's count of tables is done only if the last one was had. */
	return interrupted ? EXIT_DONE : code;
}
