/* One line to stderr with journald's priority prefix. Only the daemon's top
 * floors log; libraries return outcomes. Never patient data. Any thread: a line
 * is written by one write(2). */
#ifndef INFUSIOND_BASE_LOG_H
#define INFUSIOND_BASE_LOG_H

enum log_level { LOG_LEVEL_ERROR = 3, LOG_LEVEL_WARNING = 4, LOG_LEVEL_NOTICE = 5, LOG_LEVEL_INFO = 6 };

void log_line(enum log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
