/* The session part of a bed's frame: phase and clocks, the plan and its
 * arithmetic, what is due, the baseline, the checklist. */
#include "daemon/web/frame.h"

#include "daemon/clinical/dose.h"
#include "daemon/clinical/dose_plan.h"

enum { MS_PER_MIN = 60000 };

/* Micrograms per hour and microlitres per hour read as thousandths of mg/h and mL/h. */
void
frame_plan(struct json_out *out, const struct dose_plan *plan)
{
	const struct dose_plan_figures figures = dose_plan_figures_of(plan);

	json_out_object(out, "plan");
	json_out_milli(out, "weight_kg", plan->weight_g);
	json_out_milli(out, "weight_lb", figures.weight_milli_lb);
	json_out_milli(out, "dose_mg", plan->dose_ug);
	json_out_milli(out, "dose_mg_per_kg", figures.dose_ug_per_kg);
	json_out_milli(out, "volume_ml", plan->volume_ul);
	json_out_milli(out, "planned_min", plan->planned.ms * 1000 / MS_PER_MIN);
	json_out_milli(out, "rate_mg_h", figures.rate_ug_h);
	json_out_milli(out, "rate_ml_h", figures.rate_ul_h);
	json_out_milli(out, "concentration_mg_ml", figures.concentration_ug_ml);
	json_out_end_object(out);
}

static void
write_clock(struct json_out *out, const struct session *session, struct instant now)
{
	const struct duration infusing = session_infusing(session, now);
	const bool running = instant_is_known(session->clock.running_since);
	const int64_t left_ms = session->plan.planned.ms - infusing.ms;

	json_out_object(out, "dose_clock");
	json_out_bool(out, "running", running);
	json_out_instant(out, "started", session->clock.started);
	json_out_int(out, "infusing_ms", infusing.ms);
	if (phase_is_dosing(session->phase))
		json_out_int(out, "left_ms", left_ms);
	else
		json_out_null(out, "left_ms");
	json_out_milli(out, "infused_mg", infused_ug(session->plan.dose_ug, session->plan.planned, infusing));
	json_out_word(out, "infused_label", "calculated from the clock");
	json_out_bool(out, "unverified", session->clock.unverified);
	json_out_end_object(out);
}

static const char *
check_state_name(const struct check *check, struct instant now)
{
	if (check->state == CHECK_MET)
		return "met";
	if (check->state == CHECK_MISSED)
		return "missed";
	return instant_before(now, check->due) ? "coming" : "due";
}

static void
write_checks(struct json_out *out, const struct watch *watch, const struct session *session, struct instant now)
{
	json_out_list(out, "checks");
	for (size_t i = 0; i < session->check_count; i++) {
		const struct check *check = &session->checks[i];

		json_out_object(out, NULL);
		json_out_instant(out, "due", check->due);
		json_out_ms_between(out, "due_in_ms", now, check->due);
		json_out_word(out, "phase", phase_name(check->phase));
		json_out_word(out, "state", check_state_name(check, now));
		json_out_end_object(out);
	}
	json_out_end_list(out);
	json_out_ms_between(out, "next_check_in_ms", now, watch_cuff_due(watch));
}

static void
write_baseline(struct json_out *out, const struct session *session)
{
	json_out_object(out, "baseline");
	for (int vital = 0; vital < VITAL_COUNT; vital++)
		if (session->baseline[vital].set)
			json_out_milli(out, vital_info((enum vital)vital)->name, session->baseline[vital].milli);
	json_out_end_object(out);
	json_out_bool(out, "relative_limits_in_force", session->relative_in_force);
	json_out_bool(out, "limits_reviewed", session->limits_reviewed);
	json_out_bool(out, "gate_decided", session->gate == GATE_DECIDED);
}

static void
write_checklist(struct json_out *out, const struct regimen *regimen, const struct session *session)
{
	json_out_bool(out, "checklist_answered", session->checklist_answered);
	json_out_list(out, "checklist");
	for (size_t i = 0; i < regimen->checklist_count; i++) {
		json_out_object(out, NULL);
		json_out_int(out, "item", (int64_t)i + 1);
		json_out_text(out, "text", regimen->checklist[i]);
		json_out_bool(out, "done", (session->checklist_done >> i & 1) != 0);
		json_out_end_object(out);
	}
	json_out_end_list(out);
}

static void
write_offs(struct json_out *out, const struct session *session)
{
	char name[64];

	json_out_list(out, "turned_off");
	for (size_t i = 0; i < session->off_count; i++) {
		condition_id_to_text(&session->offs[i].id, name);
		json_out_object(out, NULL);
		json_out_text(out, "device", session->offs[i].device);
		json_out_text(out, "condition", name);
		json_out_end_object(out);
	}
	json_out_end_list(out);
}

void
frame_session(struct json_out *out, const struct web_bed *bed, const struct web_station *station)
{
	const struct session *session = watch_session(bed->watch);
	const struct regimen *regimen = watch_regimen(bed->watch);
	const struct instant now = station->now;

	if (session->id == 0 || regimen == NULL) {
		json_out_null(out, "session");
		return;
	}
	json_out_object(out, "session");
	json_out_int(out, "id", session->id);
	json_out_text_or_null(out, "patient", bed->patient);
	json_out_text(out, "regimen", regimen->name);
	json_out_text(out, "title", regimen->title);
	json_out_word(out, "phase", phase_name(session->phase));
	json_out_instant(out, "started", session->started);
	json_out_ms_between(out, "age_ms", session->started, now);
	json_out_ms_between(out, "phase_age_ms", session->phase_since, now);
	json_out_bool(out, "aborted", session->aborted);
	frame_plan(out, &session->plan);
	write_clock(out, session, now);
	write_baseline(out, session);
	write_checks(out, bed->watch, session, now);
	json_out_ms_between(out, "recheck_in_ms", now, session->recheck_due);
	write_checklist(out, regimen, session);
	write_offs(out, session);
	json_out_end_object(out);
}
