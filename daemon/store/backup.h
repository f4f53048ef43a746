/* A copy of the record while the daemon goes on writing. Any thread. */
#ifndef INFUSIOND_STORE_BACKUP_H
#define INFUSIOND_STORE_BACKUP_H

#include "daemon/base/outcome.h"

/* Copies the file to `dest`, which must not exist and appears only when it is whole, synced and one file by itself. */
struct outcome store_backup(const char *path, const char *dest);

#endif
