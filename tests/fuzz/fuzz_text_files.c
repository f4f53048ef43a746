/* Any bytes at all as the text files that the line and the simulator read: the first byte picks a capture of traffic, a
 * recording or a script; the rest is the file. */
#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "daemon/line/replay.h"
#include "daemon/sim/recording.h"
#include "daemon/sim/script.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
read_capture(const char *path)
{
	const struct line_reply *reply = NULL;
	struct replay *replay;
	struct instant at, last = INSTANT_UNKNOWN;

	if (!replay_open(path, &replay).ok)
		return;
	while (replay_next(replay, &at, &reply).ok && reply != NULL) {
		assert(reply->request_length > 0 && reply->request_length <= LINE_FRAME_CAP);
		assert(reply->reply_length <= LINE_FRAME_CAP && (reply->result == LINE_REPLY) == (reply->reply_length > 0));
		assert(!instant_before(at, last));
		last = at;
	}
	replay_close(replay);
}

static void
read_recording(const char *path)
{
	struct recording recording;

	if (!recording_load(path, &recording).ok)
		return;
	assert(recording.count > 0);
	for (size_t i = 1; i < recording.count; i++)
		assert(recording.rows[i - 1].at.ms <= recording.rows[i].at.ms);
	recording_free(&recording);
}

static void
read_script(const char *path)
{
	struct sim_script script = { NULL, 0, 0 };
	char command[COMMAND_CAP];

	if (sim_script_load(&script, path, (struct instant){ 0 }).ok)
		while (script.count > 0)
			sim_script_take(&script, command);
	sim_script_free(&script);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const readers[])(const char *path) = { read_capture, read_recording, read_script };
	int descriptor = memfd_create("input", MFD_CLOEXEC);
	char path[64];

	assert(descriptor >= 0);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", descriptor);
	if (size > 0 && write(descriptor, data + 1, size - 1) == (ssize_t)(size - 1))
		readers[data[0] % 3](path);
	close(descriptor);
	return 0;
}
