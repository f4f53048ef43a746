#include "drivers/command.h"

#include <string.h>

#include "drivers/pdu.h"

static const struct profile_command *
command_of(const struct profile *profile, enum driver_command command)
{
	return command == COMMAND_START_CUFF ? &profile->cuff.start : &profile->cuff.cancel;
}

struct outcome
command_make(const struct profile *profile, uint8_t unit, bool may_start_cuff, enum driver_command command,
    struct wire_bytes *ret_request)
{
	const struct profile_command *write = command_of(profile, command);

	if (!profile->cuff.present || !write->present)
		return outcome_fail("the profile '%s' does not say how to %s a cuff", profile->name,
		    command == COMMAND_START_CUFF ? "start" : "cancel");
	if (!may_start_cuff)
		return outcome_fail("this monitor's cuff may not be started from here (start_cuff)");
	pdu_command(unit, write, ret_request);
	return outcome_ok();
}

/* What an exception says of a write (Modbus application protocol 7): nothing was done; or (5) it was accepted and takes its
 * time. A failure while it was done, and a gateway that heard no answer, leave it open. */
static enum commanded
meaning_of(uint8_t exception)
{
	static const struct {
		uint8_t exception;
		enum commanded commanded;
	} meanings[] = {
		{ 1, COMMANDED_REFUSED }, { 2, COMMANDED_REFUSED }, { 3, COMMANDED_REFUSED },
		{ 5, COMMANDED_DONE },    { 6, COMMANDED_REFUSED }, { 10, COMMANDED_REFUSED },
	};

	for (size_t i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++)
		if (meanings[i].exception == exception)
			return meanings[i].commanded;
	return COMMANDED_UNKNOWN;
}

void
command_judge(const struct profile *profile, uint8_t unit, enum driver_command command, const uint8_t *bytes, size_t length,
    struct driver_commanded *ret_commanded)
{
	struct wire_bytes request;
	struct words words;
	uint8_t exception = 0;

	memset(ret_commanded, 0, sizeof(*ret_commanded));
	ret_commanded->commanded = COMMANDED_UNKNOWN;
	pdu_command(unit, command_of(profile, command), &request);
	switch (pdu_take(request.bytes, request.length, bytes, length, &words, &exception, ret_commanded->reason)) {
	case PDU_GOOD:
		ret_commanded->commanded = COMMANDED_DONE;
		break;
	case PDU_EXCEPTION:
		ret_commanded->commanded = meaning_of(exception);
		break;
	case PDU_BROKEN:
		break;
	}
	if (ret_commanded->commanded == COMMANDED_DONE)
		ret_commanded->reason[0] = '\0';
}
