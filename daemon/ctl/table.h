/* Tables for a terminal: everything shown is what the daemon says; nothing is
 * decided here. Answers are those of the API, cleaned of control characters by
 * the client. One thread. */
#ifndef INFUSIOND_CTL_TABLE_H
#define INFUSIOND_CTL_TABLE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

struct style {
	bool colour;      /* beside words and shape, never instead */
	int width;        /* of the terminal; 0: not known, lines are not broken */
	bool worst_first; /* beds by what is wrong there, not by place */
};

/* beds.c: GET /api/v1/beds and GET /api/v1/status; `status` may be NULL. */
void table_beds(FILE *out, const json_t *beds, const json_t *status, const struct style *style);
void table_alarms(FILE *out, const json_t *alarms, const struct style *style);

/* Weight, dose, rates; `plan` may be NULL. */
void table_plan(FILE *out, const json_t *plan);

/* table_regimens.c */
void table_preview(FILE *out, const json_t *preview);
void table_regimens(FILE *out, const json_t *regimens, const struct style *style);

/* table_lines.c */
void table_lines(FILE *out, const json_t *lines, const struct style *style);

/* table.c */
void table_status(FILE *out, const json_t *status, const struct style *style);
void table_sessions(FILE *out, const json_t *sessions, const struct style *style);
void table_session(FILE *out, const json_t *both, const struct style *style); /* {"session", "events"} */
void table_users(FILE *out, const json_t *users, const struct style *style); /* table_users.c */
void table_readings(FILE *out, const json_t *readings, const struct style *style);
void table_coverage(FILE *out, const json_t *coverage, const struct style *style);
void table_verify(FILE *out, const json_t *verified);

/* cells.c: what the tables are made of. A missing text is "", a missing number 0. */
const char *cell_text(const json_t *object, const char *key);
int64_t cell_int(const json_t *object, const char *key);
bool cell_is(const json_t *object, const char *key); /* true */

/* "12s", "4m05", "1h05"; "" for null. */
enum { CELL_AGE = 24 };
void cell_age(const json_t *object, const char *key, char text[static CELL_AGE]);

/* A padded cell; characters are counted, not bytes. */
void cell_print(FILE *out, const char *text, int width);

/* `text` after `indent` columns that are already filled, broken at words to the width. */
void cell_wrap(FILE *out, const char *text, int indent, const struct style *style);

/* The same in a colour, which ends with every line: whoever cuts lines must not cut its end away. */
void cell_wrap_painted(FILE *out, const char *text, int indent, const struct style *style, const char *on);

/* Turns `on`, "" for nothing, on and off again where there is colour. */
void cell_paint(FILE *out, const struct style *style, const char *on);
void cell_unpaint(FILE *out, const struct style *style, const char *on);

#endif
