#include "daemon/sim/control.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LINE_CAP = 512 };

/* One that gives commands: a client, or standard input. */
struct client {
	uv_pipe_t pipe;
	struct control *control;
	struct client *next;
	int answer_to; /* descriptor; -1: its own */
	char line[LINE_CAP];
	size_t length;
	bool closing;
};

struct control {
	uv_pipe_t listener;
	char path[108]; /* sun_path's capacity; empty: standard input */
	struct world *world;
	struct client *clients;
	size_t handles; /* open ones: the last one's end frees it */
	bool ending;
};

static void
release(struct control *control)
{
	if (--control->handles == 0 && control->ending)
		free(control);
}

static void
client_closed(uv_handle_t *handle)
{
	struct client *client = handle->data;
	struct control *control = client->control;

	free(client);
	release(control);
}

static void
dismiss(struct client *client)
{
	struct client **at = &client->control->clients;

	if (client->closing)
		return;
	while (*at != client)
		at = &(*at)->next;
	*at = client->next;
	client->closing = true;
	uv_close((uv_handle_t *)&client->pipe, client_closed);
}

static void
say(struct client *client, const char *answer)
{
	uv_buf_t buffer = uv_buf_init((char *)(uintptr_t)answer, (unsigned)strlen(answer));

	if (client->answer_to >= 0) {
		fputs(answer, stdout);
		fflush(stdout);
	} else if (uv_try_write((uv_stream_t *)&client->pipe, &buffer, 1) < 0) {
		dismiss(client);
	}
}

static void
work_off_lines(struct client *client)
{
	char answer[ANSWER_CAP], *end;

	while (!client->closing && (end = memchr(client->line, '\n', client->length)) != NULL) {
		size_t used = (size_t)(end - client->line) + 1;

		*end = '\0';
		if (client->line[strspn(client->line, " \t\r")] != '\0') {
			world_answer(client->control->world, client->line, answer);
			say(client, answer);
		}
		client->length -= used;
		memmove(client->line, client->line + used, client->length);
	}
	if (!client->closing && client->length == sizeof(client->line)) {
		say(client, "error: a line is longer than a command can be\n");
		dismiss(client);
	}
}

static void
give_buffer(uv_handle_t *handle, size_t wanted, uv_buf_t *buffer)
{
	struct client *client = handle->data;

	(void)wanted;
	*buffer = uv_buf_init(client->line + client->length, (unsigned)(sizeof(client->line) - client->length));
}

static void
take_text(uv_stream_t *stream, ssize_t length, const uv_buf_t *buffer)
{
	struct client *client = stream->data;

	(void)buffer;
	if (length < 0) {
		dismiss(client);
		return;
	}
	client->length += (size_t)length;
	work_off_lines(client);
}

static struct client *
make_client(struct control *control, uv_loop_t *loop, int answer_to)
{
	struct client *client = calloc(1, sizeof(*client));

	if (client == NULL)
		return NULL;
	uv_pipe_init(loop, &client->pipe, 0);
	client->pipe.data = client;
	client->control = control;
	client->answer_to = answer_to;
	client->next = control->clients;
	control->clients = client;
	control->handles++;
	return client;
}

static void
accept_client(uv_stream_t *listener, int status)
{
	struct control *control = listener->data;
	struct client *client = status == 0 ? make_client(control, listener->loop, -1) : NULL;

	if (client == NULL)
		return;
	if (uv_accept(listener, (uv_stream_t *)&client->pipe) != 0 ||
	    uv_read_start((uv_stream_t *)&client->pipe, give_buffer, take_text) != 0)
		dismiss(client);
}

static int
listen_at(struct control *control, const char *path)
{
	struct stat there;
	int failed;

	if (lstat(path, &there) == 0 && S_ISSOCK(there.st_mode))
		unlink(path);
	failed = uv_pipe_bind(&control->listener, path);
	if (failed != 0)
		return failed;
	snprintf(control->path, sizeof(control->path), "%s", path);
	return uv_listen((uv_stream_t *)&control->listener, 8, accept_client);
}

static int
read_input(struct control *control, uv_loop_t *loop)
{
	struct client *client = make_client(control, loop, STDOUT_FILENO);
	int failed = client != NULL ? uv_pipe_open(&client->pipe, STDIN_FILENO) : UV_ENOMEM;

	return failed == 0 ? uv_read_start((uv_stream_t *)&client->pipe, give_buffer, take_text) : failed;
}

static void
listener_closed(uv_handle_t *handle)
{
	release(handle->data);
}

struct outcome
control_open(uv_loop_t *loop, const char *path, struct world *world, struct control **ret_control)
{
	struct control *control;
	int failed;

	if (strlen(path) >= sizeof(control->path))
		return outcome_fail("%.80s...: a socket's path has at most %zu letters", path, sizeof(control->path) - 1);
	control = calloc(1, sizeof(*control));
	if (control == NULL)
		return outcome_fail("out of memory");
	control->world = world;
	uv_pipe_init(loop, &control->listener, 0);
	control->listener.data = control;
	control->handles = 1;
	failed = strcmp(path, "-") == 0 ? read_input(control, loop) : listen_at(control, path);
	if (failed != 0) {
		control_close(control);
		/* libuv tells a folder that is not there as one that may not be written. */
		return outcome_fail("%s: no commands can be taken there: %s", path,
		    failed == UV_EACCES ? "its folder is not there, or may not be written" : uv_strerror(failed));
	}
	*ret_control = control;
	return outcome_ok();
}

void
control_close(struct control *control)
{
	if (control == NULL)
		return;
	control->ending = true;
	while (control->clients != NULL)
		dismiss(control->clients);
	if (control->path[0] != '\0')
		unlink(control->path);
	uv_close((uv_handle_t *)&control->listener, listener_closed);
}
