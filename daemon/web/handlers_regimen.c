/* The clinic's regimens as a page asks before a start: the dose and its bounds,
 * the phases, limits and checks that will hold, the checklist at the end, and
 * which acts will ask for a reason. Every number is the configuration's. */
#include "daemon/web/handlers.h"
#include "daemon/web/web_state.h"

enum { MS_PER_MIN = 60000 };

static void
write_minutes(struct json_out *out, const char *key, struct duration length)
{
	json_out_milli(out, key, length.ms * 1000 / MS_PER_MIN);
}

static void
write_range(struct json_out *out, const char *key, int64_t low_milli, int64_t high_milli)
{
	json_out_object(out, key);
	json_out_milli(out, "low", low_milli);
	json_out_milli(out, "high", high_milli);
	json_out_end_object(out);
}

/* Micrograms are thousandths of a milligram, grams of a kilogram, microlitres of a millilitre. */
static void
write_dose(struct json_out *out, const struct dose_rule *rule)
{
	json_out_object(out, "dose");
	json_out_milli(out, "mg_per_kg", rule->ug_per_kg);
	write_range(out, "usual_mg_per_kg",
	    rule->ug_per_kg > rule->ug_per_kg_ask ? rule->ug_per_kg - rule->ug_per_kg_ask : 0,
	    (int64_t)rule->ug_per_kg + rule->ug_per_kg_ask);
	json_out_milli(out, "volume_ml", rule->volume_ul);
	write_minutes(out, "planned_min", rule->planned);
	json_out_end_object(out);
	json_out_object(out, "weight");
	json_out_list(out, "units");
	json_out_text(out, NULL, "kg");
	json_out_text(out, NULL, "lb");
	json_out_end_list(out);
	write_range(out, "allowed_kg", rule->weight_min_g, rule->weight_max_g);
	write_range(out, "usual_kg", rule->weight_ask_low_g, rule->weight_ask_high_g);
	json_out_end_object(out);
}

static void
write_phases(struct json_out *out, const struct regimen *regimen)
{
	json_out_list(out, "phases");
	for (int phase = 0; phase < PHASE_COUNT; phase++) {
		const struct phase_rules *rules = &regimen->phases[phase];

		if (!phase_is_watched((enum phase)phase))
			continue;
		json_out_object(out, NULL);
		json_out_text(out, "phase", phase_name((enum phase)phase));
		json_out_list(out, "required");
		for (int vital = 0; vital < VITAL_COUNT; vital++)
			if (rules->required[vital])
				json_out_text(out, NULL, vital_info((enum vital)vital)->name);
		json_out_end_list(out);
		write_minutes(out, "cuff_interval_min", rules->cuff_interval);
		if (rules->minimum.ms > 0)
			write_minutes(out, "minimum_min", rules->minimum);
		else
			json_out_null(out, "minimum_min");
		json_out_end_object(out);
	}
	json_out_end_list(out);
}

static void
open_limit(struct json_out *out, enum vital vital, enum side side, enum tier tier)
{
	char key[64];

	limit_key_to_text(vital, side, tier, key);
	json_out_object(out, NULL);
	json_out_text(out, "limit", key);
	json_out_text(out, "vital", vital_info(vital)->name);
	json_out_text(out, "side", side_name(side));
	json_out_text(out, "tier", tier_name(tier));
	json_out_text(out, "unit", vital_info(vital)->unit);
}

static void
write_limits(struct json_out *out, const char *key, const struct limits *limits)
{
	json_out_list(out, key);
	for (int vital = 0; vital < VITAL_COUNT; vital++)
		for (int side = 0; side < SIDE_COUNT; side++)
			for (int tier = 0; tier < TIER_COUNT; tier++) {
				const struct limit *limit = &limits->at[vital][side][tier];

				if (!limit->set)
					continue;
				open_limit(out, (enum vital)vital, (enum side)side, (enum tier)tier);
				json_out_milli(out, "value", limit->milli);
				json_out_end_object(out);
			}
	json_out_end_list(out);
}

static void
write_milli_or_null(struct json_out *out, const char *key, int32_t milli)
{
	if (milli != 0)
		json_out_milli(out, key, milli);
	else
		json_out_null(out, key);
}

/* R12: counted from the patient's own baseline, which is known when the drug starts. */
static void
write_relative(struct json_out *out, const struct relative_rules *rules)
{
	json_out_list(out, "relative_limits");
	for (int vital = 0; vital < VITAL_COUNT; vital++)
		for (int side = 0; side < SIDE_COUNT; side++)
			for (int tier = 0; tier < TIER_COUNT; tier++) {
				const struct relative_rule *rule = &rules->at[vital][side][tier];

				if (!rule->set)
					continue;
				open_limit(out, (enum vital)vital, (enum side)side, (enum tier)tier);
				write_milli_or_null(out, "percent", rule->percent_milli);
				write_milli_or_null(out, "amount", rule->rise_milli);
				json_out_milli(out, "floor", rule->floor_milli);
				json_out_end_object(out);
			}
	json_out_end_list(out);
}

static void
write_pressures(struct json_out *out, const char *key, int32_t systolic_milli, int32_t diastolic_milli)
{
	json_out_object(out, key);
	json_out_milli(out, "systolic", systolic_milli);
	json_out_milli(out, "diastolic", diastolic_milli);
	json_out_end_object(out);
}

static void
write_checks(struct json_out *out, const struct regimen *regimen)
{
	const struct timing *timing = &regimen->timing;

	json_out_object(out, "gate");
	write_pressures(out, "decide_above", regimen->gate.systolic_decide_milli, regimen->gate.diastolic_decide_milli);
	write_pressures(out, "block_from", regimen->gate.systolic_block_milli, regimen->gate.diastolic_block_milli);
	json_out_end_object(out);
	json_out_object(out, "baseline");
	json_out_int(out, "cuffs", 2);
	json_out_int(out, "apart_s", timing->baseline_apart.ms / 1000);
	write_minutes(out, "at_most_old_min", timing->baseline_age);
	json_out_end_object(out);
	json_out_object(out, "checks");
	json_out_int(out, "tolerance_s", timing->check_tolerance.ms / 1000);
	json_out_int(out, "overdue_percent", timing->cuff_stale_pct);
	json_out_end_object(out);
}

static void
write_checklist(struct json_out *out, const struct regimen *regimen)
{
	json_out_list(out, "checklist");
	for (size_t i = 0; i < regimen->checklist_count; i++) {
		json_out_object(out, NULL);
		json_out_int(out, "item", (int64_t)i + 1);
		json_out_text(out, "text", regimen->checklist[i]);
		json_out_end_object(out);
	}
	json_out_end_list(out);
}

static void
write_regimen(struct json_out *out, const struct regimen *regimen, bool is_default)
{
	json_out_object(out, NULL);
	json_out_text(out, "name", regimen->name);
	json_out_text(out, "title", regimen->title);
	json_out_text(out, "route", regimen->route);
	json_out_bool(out, "default", is_default);
	write_dose(out, &regimen->dose);
	write_phases(out, regimen);
	write_limits(out, "limits", &regimen->limits);
	write_limits(out, "ceiling", &regimen->ceiling);
	write_relative(out, &regimen->relative);
	write_checks(out, regimen);
	write_checklist(out, regimen);
	json_out_end_object(out);
}

static void
write_reasons(struct json_out *out)
{
	json_out_list(out, "reasons");
	for (int kind = 0; kind < ACT_KIND_COUNT; kind++) {
		const char *when = act_reason_asked((enum act_kind)kind);

		if (when == NULL)
			continue;
		json_out_object(out, NULL);
		json_out_text(out, "act", act_kind_name((enum act_kind)kind));
		json_out_text(out, "when", when);
		json_out_end_object(out);
	}
	json_out_end_list(out);
}

void
handle_regimens(struct web_request *request)
{
	struct web_backend *backend = &request->web->backend;
	struct json_out out;

	json_out_init(&out, LWS_PRE);
	json_out_object(&out, NULL);
	json_out_list(&out, "regimens");
	for (size_t i = 0; i < backend->regimen_count(backend->ctx); i++)
		write_regimen(&out, backend->regimen_at(backend->ctx, i), i == 0);
	json_out_end_list(&out);
	write_reasons(&out);
	json_out_end_object(&out);
	request_answer_json(request, 200, &out);
}
