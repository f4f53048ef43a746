#include "daemon/base/outcome.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct outcome
outcome_ok(void)
{
	return (struct outcome){ .ok = true };
}

struct outcome
outcome_fail(const char *format, ...)
{
	struct outcome failure = { .ok = false };
	va_list args;

	va_start(args, format);
	vsnprintf(failure.why, sizeof(failure.why), format, args);
	va_end(args);
	return failure;
}

struct outcome
outcome_within(struct outcome inner, const char *format, ...)
{
	struct outcome outer = { .ok = false };
	va_list args;
	size_t used;

	if (inner.ok)
		return inner;
	va_start(args, format);
	vsnprintf(outer.why, sizeof(outer.why), format, args);
	va_end(args);
	used = strlen(outer.why);
	snprintf(outer.why + used, sizeof(outer.why) - used, ": %s", inner.why);
	return outer;
}
