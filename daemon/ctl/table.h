/* The live table of beds, and tables of sessions, alarms and events, for a
 * terminal. Everything shown is what the daemon says; nothing is decided here. */
#ifndef INFUSIOND_CTL_TABLE_H
#define INFUSIOND_CTL_TABLE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

struct style {
	bool colour; /* beside words and shape, never instead */
};

/* Of GET /api/v1/beds and GET /api/v1/status. `status` may be NULL. */
void table_beds(FILE *out, const json_t *beds, const json_t *status, const struct style *style);
void table_alarms(FILE *out, const json_t *alarms, const struct style *style);
void table_sessions(FILE *out, const json_t *sessions);
void table_events(FILE *out, const json_t *events);
void table_status(FILE *out, const json_t *status);

#endif
