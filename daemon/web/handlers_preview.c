/* A start that is only looked at (R34): the plan with its arithmetic, what is
 * unusual about it, and which live values could be compared with the monitor's
 * own screen. The clinical code answers; nothing is computed or done here. */
#include <jansson.h>
#include <string.h>

#include "daemon/web/act_read.h"
#include "daemon/web/frame.h"
#include "daemon/web/handlers.h"
#include "daemon/web/web_state.h"

static void
write_texts(struct json_out *out, const struct start_preview *preview)
{
	json_out_list(out, "arithmetic");
	for (size_t i = 0; i < preview->line_count; i++)
		json_out_text(out, NULL, preview->lines[i]);
	json_out_end_list(out);
	json_out_list(out, "unusual");
	for (size_t i = 0; i < preview->question_count; i++) {
		json_out_object(out, NULL);
		json_out_text(out, "about", preview->questions[i].about);
		json_out_text(out, "sentence", preview->questions[i].sentence);
		json_out_end_object(out);
	}
	json_out_end_list(out);
}

static const char *
label_of(const struct watch *watch, const char *device)
{
	for (size_t i = 0; i < watch_device_count(watch); i++)
		if (strcmp(watch_device_at(watch, i).device->name, device) == 0)
			return watch_device_at(watch, i).device->label;
	return NULL;
}

static void
write_live(struct json_out *out, const struct watch *watch, struct instant now)
{
	char text[16];

	json_out_list(out, "live");
	for (int vital = 0; vital < VITAL_COUNT; vital++) {
		const struct vital_info *info = vital_info((enum vital)vital);
		struct vital_view view = watch_vital(watch, (enum vital)vital, now);

		if (!watch_vital_is_live(watch, (enum vital)vital, now))
			continue;
		milli_to_text(view.milli, text, sizeof(text));
		json_out_object(out, NULL);
		json_out_text(out, "vital", info->name);
		json_out_text(out, "label", info->label);
		json_out_text(out, "unit", info->unit);
		json_out_text(out, "text", text);
		json_out_milli(out, "value", view.milli);
		json_out_text(out, "quality", quality_name(view.quality));
		json_out_text(out, "source", source_name(view.source));
		json_out_ms_between(out, "age_ms", view.measured_at, now);
		json_out_text_or_null(out, "device", view.device);
		json_out_text_or_null(out, "device_label", label_of(watch, view.device));
		json_out_end_object(out);
	}
	json_out_end_list(out);
}

static void
write_monitors(struct json_out *out, const struct watch *watch)
{
	json_out_list(out, "monitors");
	for (size_t i = 0; i < watch_device_count(watch); i++) {
		struct device_view view = watch_device_at(watch, i);

		json_out_object(out, NULL);
		json_out_text(out, "device", view.device->name);
		json_out_text(out, "label", view.device->label);
		json_out_bool(out, "answers", view.answers);
		json_out_text_or_null(out, "reason", view.reason);
		json_out_end_object(out);
	}
	json_out_end_list(out);
}

static void
answer(struct web_request *request, const struct web_bed *bed, const struct start_preview *preview, struct instant now)
{
	struct json_out out;

	json_out_init(&out, LWS_PRE);
	json_out_object(&out, NULL);
	json_out_instant(&out, "at", now);
	json_out_text(&out, "bed", bed->name);
	json_out_text(&out, "label", bed->label);
	json_out_text(&out, "regimen", preview->regimen->name);
	json_out_text(&out, "title", preview->regimen->title);
	frame_plan(&out, &preview->plan);
	write_texts(&out, preview);
	write_monitors(&out, bed->watch);
	write_live(&out, bed->watch, now);
	json_out_end_object(&out);
	request_answer_json(request, 200, &out);
}

static void
find_bed(const struct web_backend *backend, const char *name, struct web_bed *ret_bed)
{
	size_t i = 0;

	do
		backend->bed_at(backend->ctx, i++, ret_bed);
	while (strcmp(ret_bed->name, name) != 0);
}

void
handle_preview(struct web_request *request)
{
	struct web_backend *backend = &request->web->backend;
	struct web_act act = { .session = 0 };
	json_t *body = act_begin(request, &act);
	struct start_preview preview;
	struct web_station station;
	struct web_bed bed;
	struct outcome done;

	if (body == NULL)
		return;
	backend->station(backend->ctx, &station);
	done = act_read_preview(body, station.now, &act);
	json_decref(body);
	if (!done.ok) {
		request_refuse(request, 422, "%s", done.why);
		return;
	}
	/* act_begin has seen that the bed is there. */
	find_bed(backend, act.bed, &bed);
	done = watch_preview(bed.watch, &act.act, &preview);
	if (done.ok)
		answer(request, &bed, &preview, station.now);
	else
		request_refuse(request, 409, "%s", done.why);
}
