/* What a simulated monitor answers to whoever asks, what its log says of it, and
 * what it does when it is told to. */
#include <stdio.h>

#include "daemon/sim/monitor_inside.h"
#include "drivers/plan.h"

enum { READ_AND_WRITE = 23, REQUEST_OF_A_READ = 5 };

size_t
sim_monitor_serve(const struct sim_monitor *monitor, const uint8_t *request, size_t length, uint8_t reply[static IMAGE_REPLY_CAP])
{
	return image_serve(monitor->image, request, length, reply);
}

static bool
lies_in(const struct field *field, const uint8_t *request)
{
	int first = request[1] << 8 | request[2], count = request[3] << 8 | request[4];
	int function = request[0] == READ_AND_WRITE ? READ_HOLDING : request[0];

	return field->function == function && field->address >= first && field->address + field_words(field) <= first + count;
}

static bool
reads(const uint8_t *request, size_t length)
{
	return length == REQUEST_OF_A_READ || (length > REQUEST_OF_A_READ && request[0] == READ_AND_WRITE);
}

static size_t
append(char *text, size_t used, size_t cap, const struct reading *reading)
{
	char number[24] = "-";

	if (quality_has_value(reading->quality))
		milli_to_text(reading->milli, number, sizeof(number));
	return used + (size_t)snprintf(text + used, cap - used, "%s%s=%s", used > 0 ? " " : "", vital_info(reading->vital)->name,
			  number);
}

void
sim_monitor_note_served(struct sim_monitor *monitor, const uint8_t *request, size_t length)
{
	const struct profile *profile = monitor->config.profile;
	char text[PROFILE_VALUES * 48] = "";
	size_t used = 0;

	for (size_t i = 0; reads(request, length) && i < profile->value_count; i++)
		if (lies_in(&profile->values[i].field, request))
			used = append(text, used, sizeof(text), &monitor->shown[i]);
	if (used > 0)
		sim_truth_note(monitor->truth, monitor->now, "served", text);
}

void
sim_monitor_obey(struct sim_monitor *monitor, const uint8_t *request, size_t length)
{
	switch (image_command_of(monitor->image, request, length)) {
	case IMAGE_START_CUFF:
		sim_monitor_note(monitor, "written", "start");
		sim_monitor_start_cuff(monitor);
		break;
	case IMAGE_CANCEL_CUFF:
		sim_monitor_note(monitor, "written", "cancel");
		sim_cuffs_cancel(&monitor->cuffs);
		monitor_show(monitor);
		break;
	case IMAGE_WAKE_UP: /* It is awake. */
	case IMAGE_NO_COMMAND:
		break;
	}
}
