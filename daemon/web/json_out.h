/* JSON written straight into a buffer that grows: a bed's frame is built many
 * times a second, and a tree of nodes would cost more than all that it says.
 * Keys are given inside objects, and are words of our own that need no
 * escaping; inside lists the key is NULL. The writer keeps the commas; brackets
 * are the caller's. Pure; one thread. */
#ifndef INFUSIOND_WEB_JSON_OUT_H
#define INFUSIOND_WEB_JSON_OUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/base/instant.h"

struct json_out {
	char *bytes;   /* `lead` bytes for whoever sends it, then the text, always ended by a zero */
	size_t lead;
	size_t length; /* of the text */
	size_t cap;
	bool comma;    /* something stands before what comes next */
	bool failed;   /* out of memory: the text is of no use */
};

void json_out_init(struct json_out *out, size_t lead);
void json_out_finish(struct json_out *out);

/* Empties it and keeps its memory. */
void json_out_reset(struct json_out *out);

/* The text; "" when nothing was written or memory ran out. */
const char *json_out_text_of(const struct json_out *out);

/* Bytes as they are, without a comma. */
void json_out_raw(struct json_out *out, const char *bytes, size_t length);

void json_out_object(struct json_out *out, const char *key);
void json_out_end_object(struct json_out *out);
void json_out_list(struct json_out *out, const char *key);
void json_out_end_list(struct json_out *out);

/* NULL becomes null; bytes that are no UTF-8 become '?'. */
void json_out_text(struct json_out *out, const char *key, const char *text);

/* A word of our own, which like a key needs no escaping; most of a frame's texts are such. */
void json_out_word(struct json_out *out, const char *key, const char *word);

/* The same, and "" becomes null too. */
void json_out_text_or_null(struct json_out *out, const char *key, const char *text);
void json_out_int(struct json_out *out, const char *key, int64_t value);
void json_out_bool(struct json_out *out, const char *key, bool value);
void json_out_null(struct json_out *out, const char *key);

/* Thousandths as a number with as many decimals as it needs: 36.6. */
void json_out_milli(struct json_out *out, const char *key, int64_t milli);

/* "2026-01-02T09:30:00.250Z", null when unknown or never. */
void json_out_instant(struct json_out *out, const char *key, struct instant at);

/* Milliseconds from `from` to `to`, null when either is unknown or never. */
void json_out_ms_between(struct json_out *out, const char *key, struct instant from, struct instant to);

#endif
