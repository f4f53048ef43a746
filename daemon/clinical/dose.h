/* Dose arithmetic in exact integers (facts "Dose arithmetic"): grams,
 * micrograms, microlitres. It computes and displays; it never drives a pump.
 * Pure; any thread. */
#ifndef INFUSIOND_CLINICAL_DOSE_H
#define INFUSIOND_CLINICAL_DOSE_H

#include "daemon/base/outcome.h"
#include "daemon/clinical/regimen.h"

/* Weight times dose per kilogram, rounded half up to a microgram. */
int32_t dose_ug(int32_t weight_g, int32_t ug_per_kg);

/* ug per hour for a dose over a planned time, rounded half up. */
int64_t dose_rate_ug_h(int32_t dose_ug, struct duration planned);

/* ul per hour for a volume over a planned time, rounded half up. */
int64_t volume_rate_ul_h(int32_t volume_ul, struct duration planned);

/* ng per ml (ug/l) of a dose in a volume, rounded half up; 0 for no volume. */
int64_t concentration_ng_ml(int32_t dose_ug, int32_t volume_ul);

/* ug per kg of a dose, and ug per ml (thousandths of mg/ml) of a dose in a volume, rounded half up; 0 for none. */
int64_t dose_ug_per_kg(int32_t dose_ug, int32_t weight_g);
int64_t concentration_ug_ml(int32_t dose_ug, int32_t volume_ul);

/* ul to draw from a vial of ug_per_ml, rounded half up; 0 for an empty vial. */
int64_t draw_ul(int32_t dose_ug, int32_t vial_ug_ml);

/* ul of a bag of ug_per_ml that holds the dose (the same sum as draw_ul, named for what is hung). */
int64_t bag_ul(int32_t dose_ug, int32_t bag_ug_ml);

/* ug infused after `infusing`, capped at the dose. */
int32_t infused_ug(int32_t dose_ug, struct duration planned, struct duration infusing);

/* One pound is 0.45359237 kg exactly; thousandths of a pound to grams and back, rounded half up. */
int32_t pounds_to_g(int32_t milli_lb);
int32_t g_to_pounds_milli(int32_t g);

/* R34: kilograms and pounds must be the same weight to within 0.1 lb. */
bool weight_units_agree(int32_t weight_g, int32_t milli_lb);

/* Hard bounds of the rule: a sentence when refused. */
struct outcome weight_check(const struct dose_rule *rule, int32_t weight_g);

/* Outside the range where a second look is asked for. */
bool weight_is_unusual(const struct dose_rule *rule, int32_t weight_g);

#endif
