#include "daemon/store/backup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/store/file.h"

static struct outcome
copy(sqlite3 *from, sqlite3 *to)
{
	sqlite3_backup *backup = sqlite3_backup_init(to, "main", from, "main");
	int result;

	if (backup == NULL)
		return outcome_fail("%s", sqlite3_errmsg(to));
	/* All pages in one step: in steps the writer's commits would make it begin again and again. */
	result = sqlite3_backup_step(backup, -1);
	sqlite3_backup_finish(backup);
	return result == SQLITE_DONE ? outcome_ok() : outcome_fail("%s", sqlite3_errstr(result));
}

static struct outcome
sync_file(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct outcome done = fd >= 0 && fsync(fd) == 0 ? outcome_ok() : outcome_fail("%s", strerror(errno));

	if (fd >= 0)
		close(fd);
	return done;
}

static struct outcome
copy_to(sqlite3 *from, const char *making)
{
	sqlite3 *to = NULL;
	struct outcome done = outcome_ok();

	if (sqlite3_open_v2(making, &to, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL) != SQLITE_OK)
		done = outcome_fail("%s", sqlite3_errmsg(to));
	if (done.ok && chmod(making, 0640) != 0)
		done = outcome_fail("%s", strerror(errno));
	if (done.ok)
		done = copy(from, to);
	sqlite3_close(to);
	return done.ok ? sync_file(making) : done;
}

struct outcome
store_backup(const char *path, const char *dest)
{
	char making[STORE_PATH_CAP + 8];
	struct outcome done;
	sqlite3 *from;

	if (strlen(dest) >= STORE_PATH_CAP)
		return outcome_fail("%.80s...: this path is too long for a backup", dest);
	if (access(dest, F_OK) == 0)
		return outcome_fail("%s exists already: a backup overwrites nothing", dest);
	snprintf(making, sizeof(making), "%s.part", dest);
	unlink(making);
	done = file_open_for_reading(path, FILE_PATIENCE_MS, &from);
	if (!done.ok)
		return done;
	done = outcome_within(copy_to(from, making), "%s", making);
	sqlite3_close(from);
	if (done.ok && rename(making, dest) != 0)
		done = outcome_fail("%s cannot be named %s: %s", making, dest, strerror(errno));
	if (!done.ok)
		unlink(making);
	return done;
}
