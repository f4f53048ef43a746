/* The bodies of acts: JSON to a checked struct, by one table of fields for each
 * act. Numbers become integers exactly; an unknown field is refused with the
 * nearest known one. Pure; any thread. */
#ifndef INFUSIOND_WEB_ACT_READ_H
#define INFUSIOND_WEB_ACT_READ_H

#include <jansson.h>

#include "daemon/web/web.h"

/* The text of a body as an object; an empty body is one without fields. NULL, and the sentence, when it is no JSON
 * object. New reference. */
json_t *act_read_object(const char *text, size_t length, struct outcome *ret_outcome);

/* The body's `as`, "" when it has none. */
struct outcome act_read_as(const json_t *body, char ret_as[static NAME_CAP]);

/* Reads the fields of an act of `kind` into ret_act->act and ->patient; the rest of *ret_act is left alone. `now` is
 * what "so many seconds ago" counts from. The sentence names the field. */
struct outcome act_read_fields(const json_t *body, enum act_kind kind, struct instant now, struct web_act *ret_act);

/* The same for a preview of a start: a start without the value to be confirmed. */
struct outcome act_read_preview(const json_t *body, struct instant now, struct web_act *ret_act);

/* A JSON number as thousandths; false when it has more than three decimals or lies outside low to high. */
bool act_read_milli(const json_t *value, int64_t low, int64_t high, int32_t *ret_milli);

/* The names of the fields that an act knows, in the table's order; returns how many, at most `cap`. */
size_t act_field_names(enum act_kind kind, const char **names, size_t cap);

#endif
