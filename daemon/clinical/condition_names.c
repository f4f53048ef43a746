/* The names of conditions: "systolic.high.critical.relative", "lost.spo2", "overdue". */
#include "daemon/clinical/alarm.h"

#include <stdio.h>
#include <string.h>

#include "daemon/clinical/limits.h"

static const char *const kind_names[CONDITION_KIND_COUNT] = {
	[CONDITION_LIMIT] = "limit",
	[CONDITION_TREND] = "trend",
	[CONDITION_SILENT] = "silent",
	[CONDITION_LOST] = "lost",
	[CONDITION_OVERDUE] = "overdue",
	[CONDITION_CUFF_FAILED] = "cuff-failed",
	[CONDITION_AGE_UNKNOWN] = "age-unknown",
	[CONDITION_CLOCK] = "clock",
	[CONDITION_NO_SOURCE] = "no-source",
	[CONDITION_UNWATCHED] = "unwatched",
	[CONDITION_END_DUE] = "end-due",
	[CONDITION_PAUSE_LONG] = "pause-long",
	[CONDITION_RECHECK] = "recheck",
	[CONDITION_STORE] = "store",
	[CONDITION_LINE_HUNG] = "line-hung",
	[CONDITION_LINE_OVERLOADED] = "line-overloaded",
	[CONDITION_WALL_CLOCK] = "wall-clock",
	[CONDITION_OUTPUT] = "output",
	[CONDITION_CONSOLE] = "console",
};

static const char relative_suffix[] = ".relative";

static const char *
trend_suffix(enum side side)
{
	return side == SIDE_HIGH ? "rising" : "falling";
}

static bool
kind_names_a_vital(enum condition_kind kind)
{
	return kind == CONDITION_LOST || kind == CONDITION_NO_SOURCE;
}

/* The words are our own and short: the longest name takes half of the room. */
static void
join(char text[static 64], const char *const *words)
{
	for (; *words != NULL; words++)
		text = stpcpy(text, *words);
}

void
condition_id_to_text(const struct condition_id *id, char text[static 64])
{
	const char *vital = vital_info(id->vital)->name;

	/* Every frame names every limit. */
	if (id->kind == CONDITION_LIMIT)
		join(text, (const char *[]){ vital, ".", side_name(id->side), ".", tier_name(id->tier),
				id->relative ? relative_suffix : "", NULL });
	else if (id->kind == CONDITION_TREND)
		join(text, (const char *[]){ vital, ".", trend_suffix(id->side), NULL });
	else if (kind_names_a_vital(id->kind))
		join(text, (const char *[]){ kind_names[id->kind], ".", vital, NULL });
	else
		join(text, (const char *[]){ kind_names[id->kind], NULL });
}

/* "systolic.high.critical.relative" or "systolic.rising". */
static bool
vital_condition_from_text(const char *text, struct condition_id *ret_id)
{
	struct condition_id id = { .kind = CONDITION_LIMIT };
	size_t length = strlen(text), tail = sizeof(relative_suffix) - 1;
	char key[64], name[NAME_CAP];
	const char *dot = strchr(text, '.');

	if (dot == NULL || length >= sizeof(key) || (size_t)(dot - text) >= sizeof(name))
		return false;
	snprintf(name, sizeof(name), "%.*s", (int)(dot - text), text);
	if (!vital_from_name(name, &id.vital))
		return false;
	for (int side = 0; side < SIDE_COUNT; side++) {
		if (strcmp(dot + 1, trend_suffix((enum side)side)) == 0) {
			*ret_id = (struct condition_id){ .kind = CONDITION_TREND, .vital = id.vital, .side = (enum side)side };
			return true;
		}
	}
	snprintf(key, sizeof(key), "%s", text);
	if (length > tail && strcmp(text + length - tail, relative_suffix) == 0) {
		id.relative = true;
		key[length - tail] = '\0';
	}
	if (!limit_key_from_text(key, &id.vital, &id.side, &id.tier).ok)
		return false;
	*ret_id = id;
	return true;
}

bool
condition_id_from_text(const char *text, struct condition_id *ret_id)
{
	for (size_t i = CONDITION_SILENT; i < CONDITION_KIND_COUNT; i++) {
		size_t length = strlen(kind_names[i]);
		struct condition_id id = { .kind = (enum condition_kind)i };

		if (strncmp(text, kind_names[i], length) != 0)
			continue;
		if (text[length] == '\0' && !kind_names_a_vital(id.kind)) {
			*ret_id = id;
			return true;
		}
		if (text[length] == '.' && kind_names_a_vital(id.kind) && vital_from_name(text + length + 1, &id.vital)) {
			*ret_id = id;
			return true;
		}
	}
	return vital_condition_from_text(text, ret_id);
}

bool
condition_id_equal(const struct condition_id *a, const struct condition_id *b)
{
	return a->kind == b->kind && a->vital == b->vital && a->side == b->side && a->tier == b->tier &&
	       a->relative == b->relative;
}
