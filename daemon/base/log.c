#include "daemon/base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

void
log_line(enum log_level level, const char *format, ...)
{
	char line[1024];
	va_list args;
	int used = snprintf(line, sizeof(line), "<%d>", (int)level);
	size_t length;

	va_start(args, format);
	vsnprintf(line + used, sizeof(line) - (size_t)used - 1, format, args);
	va_end(args);
	for (char *c = line; *c != '\0'; c++)
		if ((unsigned char)*c < 0x20)
			*c = ' ';
	length = strlen(line);
	line[length] = '\n';
	if (write(STDERR_FILENO, line, length + 1) < 0)
		return; /* Nobody to tell. */
}
