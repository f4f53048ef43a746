#include "drivers/aside.h"

#include <inttypes.h>
#include <stdio.h>

#include "drivers/pdu.h"

void
aside_init(struct aside *aside, const struct profile *profile, uint8_t unit)
{
	*aside = (struct aside){ .profile = profile, .unit = unit, .heard = INSTANT_UNKNOWN };
	plan_make_identity(profile, &aside->identity_plan);
	aside_reconnect(aside);
}

void
aside_reidentify(struct aside *aside)
{
	aside->identifying = false;
	aside->identity_due = aside->identity_plan.count > 0;
}

void
aside_reconnect(struct aside *aside)
{
	aside->asked = ASIDE_NONE;
	aside->wake_up_due = aside->profile->wake_up.command.present;
	aside_reidentify(aside);
}

void
aside_heard(struct aside *aside, struct instant at)
{
	aside->heard = at;
}

void
aside_round(struct aside *aside)
{
	if (!aside->identity_due)
		return;
	aside->identifying = true;
	aside->next_identity = 0;
	aside->identity = (struct identity){ .model = "" };
}

/* After connecting; and when nothing valid has come for so long, but then not more often than that. */
static bool
wants_wake_up(const struct aside *aside, struct instant now)
{
	const struct wake_up *wake_up = &aside->profile->wake_up;

	if (!wake_up->command.present)
		return false;
	return aside->wake_up_due ||
	       (instant_is_known(aside->heard) && instant_since(now, aside->heard).ms >= wake_up->silence.ms);
}

bool
aside_next(struct aside *aside, struct instant now, bool poll_is_due)
{
	const struct plan_read *read = &aside->identity_plan.reads[aside->next_identity];

	aside->asked = ASIDE_NONE;
	if (aside->identifying) {
		aside->asked = ASIDE_IDENTITY;
		pdu_read(aside->unit, read->function, read->address, read->count, &aside->request);
	} else if (poll_is_due && wants_wake_up(aside, now)) {
		aside->asked = ASIDE_WAKE_UP;
		pdu_command(aside->unit, &aside->profile->wake_up.command, &aside->request);
	}
	return aside->asked != ASIDE_NONE;
}

static char *
text_of_part(struct identity *identity, int part)
{
	char *const texts[IDENTITY_PARTS] = {
		[IDENTITY_MANUFACTURER] = identity->manufacturer,
		[IDENTITY_MODEL] = identity->model,
		[IDENTITY_SERIAL] = identity->serial,
		[IDENTITY_FIRMWARE] = identity->firmware,
	};

	return texts[part];
}

static void
take_part(const struct words *words, const struct identity_text *part, char text[static IDENTITY_CAP])
{
	struct span span = span_of_identity(part);

	if (!part->present || !words_hold_span(words, &span))
		return;
	if (part->bytes > 0)
		decode_text(words, &part->field, part->bytes, text, IDENTITY_CAP);
	else if (decode_is_number(words, &part->field))
		snprintf(text, IDENTITY_CAP, "%" PRId64, decode_raw(words, &part->field));
}

static void
end_identity_read(struct aside *aside, const struct words *words, struct driver_result *result)
{
	for (int part = 0; result->valid && part < IDENTITY_PARTS; part++)
		take_part(words, &aside->profile->identity[part], text_of_part(&aside->identity, part));
	if (++aside->next_identity < aside->identity_plan.count)
		return;
	aside->identifying = aside->identity_due = false;
	result->has_identity = true;
	result->identity = aside->identity;
}

/* Whatever came of it, it was tried: the poll follows, and says whether the device is awake. */
static struct duration
end_wake_up(struct aside *aside, struct instant at)
{
	aside->wake_up_due = false;
	aside->heard = at;
	return aside->profile->wake_up.pause;
}

struct duration
aside_end(struct aside *aside, struct instant at, const uint8_t *bytes, size_t length, struct driver_result *ret_result)
{
	enum aside_kind asked = aside->asked;
	struct words words = { 0 };
	uint8_t exception;

	*ret_result = (struct driver_result){ .answer = ANSWER_ASIDE };
	aside->asked = ASIDE_NONE;
	if (bytes != NULL)
		ret_result->valid = pdu_take(aside->request.bytes, aside->request.length, bytes, length, &words, &exception,
				        ret_result->reason) == PDU_GOOD;
	if (asked == ASIDE_WAKE_UP)
		return end_wake_up(aside, at);
	end_identity_read(aside, &words, ret_result);
	return duration_ms(0);
}
