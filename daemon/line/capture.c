#include "daemon/line/capture.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BUFFER_BYTES = 1 << 20, WAKE_AT_BYTES = BUFFER_BYTES / 2, PATH_CAP = 4096 };

struct capture {
	char path[PATH_CAP], old_path[PATH_CAP + 2];
	int64_t most_bytes;
	uv_thread_t thread;

	/* The thread's own while it lives. */
	int descriptor;
	int64_t size;

	uv_mutex_t mutex; /* guards what follows */
	uv_cond_t work;
	char *filling, *writing;
	size_t used, exchanges; /* in `filling` */
	uint64_t lost, lost_untold;
	bool flush, stopping;
};

static bool
write_all(int descriptor, const char *bytes, size_t length)
{
	while (length > 0) {
		ssize_t written = write(descriptor, bytes, length);

		if (written < 0 && errno == EINTR)
			continue;
		if (written <= 0)
			return false;
		bytes += written;
		length -= (size_t)written;
	}
	return true;
}

/* Cuts a last line that has no end, which a crash leaves. */
static void
cut_torn_line(int descriptor, int64_t *size)
{
	char last[CAPTURE_LINE_CAP];
	size_t most = *size < (int64_t)sizeof(last) ? (size_t)*size : sizeof(last);
	ssize_t got = pread(descriptor, last, most, *size - (int64_t)most);
	size_t whole = got > 0 ? (size_t)got : 0;

	while (whole > 0 && last[whole - 1] != '\n')
		whole--;
	if (got <= 0 || whole == 0 || whole == (size_t)got)
		return;
	*size -= got - (ssize_t)whole;
	if (ftruncate(descriptor, *size) != 0)
		*size += got - (ssize_t)whole;
}

static struct outcome
begin_file(const char *path, int *ret_descriptor, int64_t *ret_size)
{
	static const char header[] = CAPTURE_HEADER "\n";
	char found[sizeof(header)] = "";
	int descriptor = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
	int64_t size = descriptor >= 0 ? lseek(descriptor, 0, SEEK_END) : -1;
	int cause = errno;

	if (size >= 0 && size < (int64_t)sizeof(header) - 1) {
		/* New, or its very first line was cut. */
		size = sizeof(header) - 1;
		if (ftruncate(descriptor, 0) != 0 || !write_all(descriptor, header, sizeof(header) - 1)) {
			cause = errno;
			size = -1;
		}
	} else if (size >= 0) {
		if (pread(descriptor, found, sizeof(header) - 1, 0) != sizeof(header) - 1 || strcmp(found, header) != 0) {
			close(descriptor);
			return outcome_fail("%s: is a file, and no capture of this program's: it is left alone", path);
		}
		cut_torn_line(descriptor, &size);
	}
	if (size < 0) {
		if (descriptor >= 0)
			close(descriptor);
		return outcome_fail("%s: traffic cannot be captured there: %s", path, strerror(cause));
	}
	*ret_descriptor = descriptor;
	*ret_size = size;
	return outcome_ok();
}

/* A file that has become too long steps aside. If that fails it just grows no further. */
static bool
has_room(struct capture *capture, size_t length)
{
	int descriptor;

	if (capture->size + (int64_t)length <= capture->most_bytes)
		return true;
	if (rename(capture->path, capture->old_path) != 0 || !begin_file(capture->path, &descriptor, &capture->size).ok)
		return false;
	close(capture->descriptor);
	capture->descriptor = descriptor;
	return true;
}

/* Takes what was added; false when everything is over. */
static bool
wait_for_text(struct capture *capture, size_t *ret_length, size_t *ret_exchanges)
{
	bool more;

	uv_mutex_lock(&capture->mutex);
	while (!capture->stopping && !capture->flush && capture->used < WAKE_AT_BYTES)
		uv_cond_wait(&capture->work, &capture->mutex);
	more = !capture->stopping || capture->used > 0;
	capture->flush = false;
	*ret_length = capture->used;
	*ret_exchanges = capture->exchanges;
	if (capture->used > 0) {
		char *full = capture->filling;

		capture->filling = capture->writing;
		capture->writing = full;
	}
	capture->used = 0;
	capture->exchanges = 0;
	uv_mutex_unlock(&capture->mutex);
	return more;
}

/* What was written of it goes: half a line would spoil the next one. */
static void
lose(struct capture *capture, size_t exchanges)
{
	bool cut = ftruncate(capture->descriptor, capture->size) == 0;

	(void)cut;
	uv_mutex_lock(&capture->mutex);
	capture->lost += exchanges;
	capture->lost_untold += exchanges;
	uv_mutex_unlock(&capture->mutex);
}

static void
run_capture(void *arg)
{
	struct capture *capture = arg;
	size_t length, exchanges;

	while (wait_for_text(capture, &length, &exchanges)) {
		if (length == 0)
			continue;
		if (has_room(capture, length) && write_all(capture->descriptor, capture->writing, length))
			capture->size += (int64_t)length;
		else
			lose(capture, exchanges);
	}
}

static void
free_capture(struct capture *capture)
{
	uv_cond_destroy(&capture->work);
	uv_mutex_destroy(&capture->mutex);
	free(capture->filling);
	free(capture->writing);
	free(capture);
}

static struct capture *
make_capture(const char *path, int64_t most_bytes)
{
	struct capture *capture = calloc(1, sizeof(*capture));

	if (capture == NULL)
		return NULL;
	uv_mutex_init(&capture->mutex);
	uv_cond_init(&capture->work);
	capture->filling = malloc(BUFFER_BYTES);
	capture->writing = malloc(BUFFER_BYTES);
	capture->most_bytes = most_bytes;
	snprintf(capture->path, sizeof(capture->path), "%s", path);
	snprintf(capture->old_path, sizeof(capture->old_path), "%s.1", path);
	if (capture->filling != NULL && capture->writing != NULL)
		return capture;
	free_capture(capture);
	return NULL;
}

struct outcome
capture_open_sized(const char *path, int64_t most_bytes, struct capture **ret_capture)
{
	struct capture *capture = make_capture(path, most_bytes);
	struct outcome begun;

	if (capture == NULL)
		return outcome_fail("%s: out of memory for capturing traffic", path);
	begun = begin_file(path, &capture->descriptor, &capture->size);
	if (begun.ok && uv_thread_create(&capture->thread, run_capture, capture) != 0) {
		close(capture->descriptor);
		begun = outcome_fail("%s: the thread that writes it cannot be started", path);
	}
	if (!begun.ok) {
		free_capture(capture);
		return begun;
	}
	*ret_capture = capture;
	return outcome_ok();
}

struct outcome
capture_open(const char *path, struct capture **ret_capture)
{
	return capture_open_sized(path, CAPTURE_FILE_MOST, ret_capture);
}

void
capture_close(struct capture *capture)
{
	if (capture == NULL)
		return;
	uv_mutex_lock(&capture->mutex);
	capture->stopping = true;
	uv_cond_signal(&capture->work);
	uv_mutex_unlock(&capture->mutex);
	uv_thread_join(&capture->thread);
	close(capture->descriptor);
	free_capture(capture);
}

/* Adds a text whole, if there is room; with the mutex held. */
static bool
append(struct capture *capture, const char *text, size_t length)
{
	if (capture->used + length > BUFFER_BYTES)
		return false;
	memcpy(capture->filling + capture->used, text, length);
	capture->used += length;
	return true;
}

/* Says in its place what is missing; with the mutex held. */
static void
tell_lost(struct capture *capture)
{
	char remark[64];
	int length = snprintf(remark, sizeof(remark), "# %" PRIu64 " exchanges are missing here\n", capture->lost_untold);

	if (capture->lost_untold > 0 && append(capture, remark, (size_t)length))
		capture->lost_untold = 0;
}

void
capture_add(struct capture *capture, struct instant at, const struct line_reply *reply)
{
	char text[CAPTURE_LINE_CAP];
	size_t length = capture_to_text(at, reply, text);

	uv_mutex_lock(&capture->mutex);
	tell_lost(capture);
	if (append(capture, text, length)) {
		capture->exchanges++;
	} else {
		capture->lost++;
		capture->lost_untold++;
	}
	if (capture->used >= WAKE_AT_BYTES)
		uv_cond_signal(&capture->work);
	uv_mutex_unlock(&capture->mutex);
}

void
capture_flush(struct capture *capture)
{
	uv_mutex_lock(&capture->mutex);
	capture->flush = true;
	uv_cond_signal(&capture->work);
	uv_mutex_unlock(&capture->mutex);
}

uint64_t
capture_lost(struct capture *capture)
{
	uint64_t lost;

	uv_mutex_lock(&capture->mutex);
	lost = capture->lost;
	uv_mutex_unlock(&capture->mutex);
	return lost;
}

static size_t
bytes_to_text(char *text, const uint8_t *bytes, size_t length)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < length; i++) {
		text[3 * i] = ' ';
		text[3 * i + 1] = digits[bytes[i] >> 4];
		text[3 * i + 2] = digits[bytes[i] & 15];
	}
	return 3 * length;
}

size_t
capture_to_text(struct instant at, const struct line_reply *reply, char text[static CAPTURE_LINE_CAP])
{
	char time[INSTANT_TEXT_CAP];
	size_t used;

	instant_to_iso(at, time);
	used = (size_t)snprintf(text, CAPTURE_LINE_CAP, "%s %s", time, reply->line);
	used += bytes_to_text(text + used, reply->request, reply->request_length);
	if (reply->result == LINE_REPLY) {
		used += (size_t)snprintf(text + used, CAPTURE_LINE_CAP - used, " >");
		used += bytes_to_text(text + used, reply->reply, reply->reply_length);
	} else {
		used += (size_t)snprintf(text + used, CAPTURE_LINE_CAP - used, " ! %s: %s", line_result_name(reply->result),
		    reply->reason);
	}
	used += (size_t)snprintf(text + used, CAPTURE_LINE_CAP - used, " (%" PRId64 " us)\n", reply->round_trip_us);
	return used;
}
