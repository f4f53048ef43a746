/* The table of drivers. Adding one is adding a row. */
#include <string.h>

#include "drivers/modbus_map.h"

static const struct driver *const drivers[] = {
	&modbus_map_driver,
	NULL,
};

const struct driver *const *
driver_table(void)
{
	return drivers;
}

const struct driver *
driver_find(const char *name)
{
	for (size_t i = 0; drivers[i] != NULL; i++)
		if (strcmp(drivers[i]->name, name) == 0)
			return drivers[i];
	return NULL;
}

const char *
answer_name(enum answer answer)
{
	static const char *const names[ANSWER_COUNT] = { "values", "aside", "later", "refused", "gateway", "broken" };

	return names[answer];
}

bool
answer_is_harmless(enum answer answer)
{
	return answer == ANSWER_ASIDE || answer == ANSWER_LATER;
}
