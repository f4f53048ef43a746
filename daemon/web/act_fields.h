/* The fields of the bodies of acts, a row each. Private to act_read.c and
 * act_fields.c. */
#ifndef INFUSIOND_WEB_ACT_FIELDS_H
#define INFUSIOND_WEB_ACT_FIELDS_H

#include "daemon/web/act_read.h"

enum { ACT_FIELDS_MOST = 16 };

struct act_field {
	const char *key;
	bool needed;
	struct outcome (*read)(const struct act_field *field, const json_t *value, struct instant now, struct web_act *act);
	size_t offset, cap; /* in struct web_act */
	int64_t low, high;  /* of numbers, in what is stored */
	const char *wanted; /* what is wanted, for the sentence */
};

struct act_form {
	const struct act_field *fields;
	size_t count;
	/* What concerns several fields; NULL: nothing. */
	struct outcome (*check)(const json_t *body, const struct web_act *act);
};

/* Every act; a start that is only looked at; and what every act knows. */
extern const struct act_form act_forms[ACT_KIND_COUNT];
extern const struct act_form act_preview_form;
extern const struct act_form act_common_form;

/* A text of less than `cap` bytes without control characters. */
struct outcome act_field_text(const char *key, const json_t *value, char *ret_text, size_t cap);

#endif
