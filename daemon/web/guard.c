#include "daemon/web/guard.h"

#include <string.h>

bool
guard_next_token(const char **at, char token[static TOKEN_TEXT_CAP])
{
	static const char name[] = GUARD_COOKIE "=";

	while (**at != '\0') {
		const char *cookie = *at + strspn(*at, "; \t");
		size_t length = strcspn(cookie, ";"), skip = sizeof(name) - 1;

		*at = cookie + length;
		while (length > 0 && (cookie[length - 1] == ' ' || cookie[length - 1] == '\t'))
			length--;
		if (length < skip || strncmp(cookie, name, skip) != 0 || length - skip >= TOKEN_TEXT_CAP)
			continue;
		memcpy(token, cookie + skip, length - skip);
		token[length - skip] = '\0';
		return true;
	}
	return false;
}

bool
guard_is_same_origin(const char *origin, const char *host)
{
	static const char *const schemes[] = { "http://", "https://" };

	for (size_t i = 0; host[0] != '\0' && i < sizeof(schemes) / sizeof(schemes[0]); i++)
		if (strncmp(origin, schemes[i], strlen(schemes[i])) == 0 && strcmp(origin + strlen(schemes[i]), host) == 0)
			return true;
	return false;
}
