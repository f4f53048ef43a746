/* Limits in two tiers, limits relative to a patient's baseline, and the
 * clinic's ceiling (watching rules R9, R10, R12, R38). Plain values in
 * thousandths of the vital's unit; pure; any thread. */
#ifndef INFUSIOND_CLINICAL_LIMITS_H
#define INFUSIOND_CLINICAL_LIMITS_H

#include <stdbool.h>
#include <stdint.h>

#include "daemon/base/outcome.h"
#include "daemon/base/vital.h"

enum side { SIDE_LOW, SIDE_HIGH, SIDE_COUNT };
enum tier { TIER_ADVISORY, TIER_CRITICAL, TIER_COUNT };

/* A limit that may be absent. */
struct limit {
	bool set;
	int32_t milli;
};

struct limits {
	struct limit at[VITAL_COUNT][SIDE_COUNT][TIER_COUNT];
};

/* R12: baseline moved by `percent_milli` (20 % is 20000) or by `rise_milli`
 * (absolute amount; 0: none), whichever is nearer to the baseline, counting only
 * at or beyond `floor_milli`. */
struct relative_rule {
	bool set;
	int32_t percent_milli; /* 0: none */
	int32_t rise_milli;    /* 0: none */
	int32_t floor_milli;
};

struct relative_rules {
	struct relative_rule at[VITAL_COUNT][SIDE_COUNT][TIER_COUNT];
};

/* R9: at or beyond. */
bool limit_is_outside(struct limit limit, enum side side, int32_t milli);

/* R15: beyond the margin on the safe side. */
bool limit_is_inside_by(struct limit limit, enum side side, int32_t margin_milli, int32_t milli);

/* The effective limit of a relative rule for a baseline; unset when the rule is. */
struct limit relative_limit(struct relative_rule rule, enum side side, int32_t baseline_milli);

/* R10: the order of all limits of one vital; the sentence names the vital and both limits. */
struct outcome limits_check_order(const struct limits *limits, enum vital vital);

/* R38: `milli` may be set for this limit: an advisory or critical high limit not above the ceiling's
 * critical high, a low one not below its critical low. An absent ceiling allows only what is not
 * laxer than `standing`. */
struct outcome limits_check_ceiling(const struct limits *ceiling, const struct limits *standing,
    enum vital vital, enum side side, enum tier tier, int32_t milli);

const char *side_name(enum side side); /* "low", "high" */
const char *tier_name(enum tier tier); /* "advisory", "critical" */

/* Reads "systolic.high.critical"; the failure says which part is not known. */
struct outcome limit_key_from_text(const char *text, enum vital *ret_vital, enum side *ret_side, enum tier *ret_tier);
void limit_key_to_text(enum vital vital, enum side side, enum tier tier, char text[static 64]);

#endif
