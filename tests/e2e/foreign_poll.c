/* One monitor polled by a profile over a real wire, for tests: the driver on virtual time, the wire on its own.
 *
 *   foreign_poll PROFILE UNIT TIMEOUT_MS tcp HOST PORT | rtu DEVICE BAUD
 *
 *   poll      one round and what is due beside it, a second after the last; then a line for each thing that came of it:
 *             reading VITAL SOURCE QUALITY VALUE: DOUBT
 *             cuff PROOF SYSTOLIC MEAN DIASTOLIC PULSE: FAILURE     (values "-" where there are none; "measuring" before it)
 *             identity MANUFACTURER|MODEL|SERIAL|FIRMWARE
 *             ANSWER: REASON                                         (of an answer that is not valid)
 *             miss|aside RESULT: REASON                              (of none)
 *             end REQUESTS
 *   start, cancel     done | refused: REASON | unknown: REASON | not sent: REASON */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/line/line_state.h"
#include "daemon/line/link.h"
#include "daemon/settings/settings.h"
#include "drivers/driver.h"

enum { FRAME_CAP = 264, WHY_CAP = 200, LINE_CAP = 64, REQUESTS_MOST = 64 };

struct poller {
	struct profile profile;
	const struct driver *driver;
	void *instance;
	struct link *link;
	struct instant now;
	size_t requests;
};

static const char *
text_of(const struct reading *reading, char text[24])
{
	snprintf(text, 24, "-");
	if (quality_has_value(reading->quality))
		milli_to_text(reading->milli, text, 24);
	return text;
}

static void
print_cuff(const struct cuff *cuff)
{
	static const char *const names[] = { "none", "new", "reread", "age-unknown", "failed" };
	char texts[4][24];

	printf("cuff %s %s %s %s %s: %s\n", names[cuff->proof], text_of(&cuff->systolic, texts[0]), text_of(&cuff->mean, texts[1]),
	    text_of(&cuff->diastolic, texts[2]), text_of(&cuff->pulse, texts[3]), cuff->failure);
}

static void
print_observation(const struct observation *observation)
{
	for (size_t i = 0; i < observation->reading_count; i++) {
		const struct reading *reading = &observation->readings[i];
		char text[24];

		printf("reading %s %s %s %s: %s\n", vital_info(reading->vital)->name, source_name(reading->source),
		    quality_name(reading->quality), text_of(reading, text), doubt_text(reading->doubt));
	}
	if (observation->measuring)
		printf("measuring\n");
	if (observation->cuff.proof != CUFF_NONE)
		print_cuff(&observation->cuff);
}

static void
print_result(const struct driver_result *result)
{
	if (!result->valid)
		printf("%s: %s\n", answer_name(result->answer), result->reason);
	if (result->has_observation)
		print_observation(&result->observation);
	if (result->has_identity)
		printf("identity %s|%s|%s|%s\n", result->identity.manufacturer, result->identity.model, result->identity.serial,
		    result->identity.firmware);
}

static enum miss
miss_of(enum line_result result)
{
	return result == LINE_TIMEOUT ? MISS_TIMEOUT : result == LINE_BROKEN ? MISS_BROKEN : MISS_NO_LINK;
}

static void
exchange(struct poller *poller, const struct wire_bytes *request)
{
	uint8_t reply[FRAME_CAP];
	char reason[WHY_CAP];
	size_t length;
	enum line_result result =
	    link_exchange(poller->link, request->bytes, request->length, reply, sizeof(reply), &length, reason, sizeof(reason));
	struct driver_result taken;

	poller->requests++;
	if (result != LINE_REPLY) {
		bool counts = poller->driver->missed(poller->instance, poller->now, miss_of(result));

		printf("%s %s: %s\n", counts ? "miss" : "aside", line_result_name(result), reason);
		return;
	}
	poller->driver->accept(poller->instance, poller->now, reply, length, &taken);
	print_result(&taken);
}

/* Until nothing is due before the next second; what the driver wants to wait for in between passes at once. */
static void
poll(struct poller *poller)
{
	struct instant end = { poller->now.ms + 1000 };
	struct driver_next next;

	poller->requests = 0;
	for (;;) {
		poller->driver->next(poller->instance, poller->now, &next);
		if (next.has_request && poller->requests < REQUESTS_MOST)
			exchange(poller, &next.request);
		else if (next.has_request || next.again.ms >= end.ms)
			break;
		else
			poller->now = next.again;
	}
	poller->now = end;
	printf("end %zu\n", poller->requests);
}

static void
command(struct poller *poller, enum driver_command command)
{
	static const char *const words[] = { "done", "refused: ", "unknown: " };
	struct wire_bytes request;
	struct driver_commanded commanded;
	struct outcome made = poller->driver->command(poller->instance, command, &request);
	uint8_t reply[FRAME_CAP];
	char reason[WHY_CAP];
	size_t length;

	if (!made.ok) {
		printf("not sent: %s\n", made.why);
	} else if (link_exchange(poller->link, request.bytes, request.length, reply, sizeof(reply), &length, reason,
		       sizeof(reason)) != LINE_REPLY) {
		printf("unknown: %s\n", reason);
	} else {
		poller->driver->commanded(poller->instance, command, reply, length, &commanded);
		printf("%s%s\n", words[commanded.commanded], commanded.reason);
	}
}

static struct wire
wire_of(char **arguments)
{
	struct wire wire = { .kind = WIRE_MODBUS_TCP };

	if (strcmp(arguments[0], "tcp") == 0) {
		snprintf(wire.host, sizeof(wire.host), "%s", arguments[1]);
		wire.port = (uint16_t)atoi(arguments[2]);
		return wire;
	}
	wire.kind = WIRE_MODBUS_RTU;
	snprintf(wire.device, sizeof(wire.device), "%s", arguments[1]);
	wire.form = (struct serial_form){ .baud = atoi(arguments[2]), .parity = PARITY_NONE, .stop_bits = 1 };
	return wire;
}

static bool
open_poller(struct poller *poller, char **arguments)
{
	struct problems *problems = problems_create();
	struct wire wire = wire_of(arguments + 4);
	const struct driver_options options = {
		.unit = (uint8_t)atoi(arguments[2]), .cadence = { 1000 }, .clock_off = { 120000 }, .last_cuff_key = "",
		.may_start_cuff = true,
	};
	bool good = problems != NULL && profile_load_file(arguments[1], problems, &poller->profile);

	problems_print(problems, stderr);
	problems_destroy(problems);
	poller->driver = driver_find("modbus");
	poller->now.ms = INT64_C(1767344400000);
	poller->link = link_create(&wire, duration_ms(atoi(arguments[3])));
	return good && poller->link != NULL && poller->driver->open(&poller->profile, &options, &poller->instance).ok;
}

int
main(int argc, char **argv)
{
	struct poller *poller = calloc(1, sizeof(*poller));
	char line[LINE_CAP];

	if (argc != 7 || poller == NULL || !open_poller(poller, argv))
		return 2;
	while (fgets(line, sizeof(line), stdin) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		if (strcmp(line, "poll") == 0)
			poll(poller);
		else
			command(poller, strcmp(line, "start") == 0 ? COMMAND_START_CUFF : COMMAND_CANCEL_CUFF);
		fflush(stdout);
	}
	poller->driver->close(poller->instance);
	link_destroy(poller->link);
	free(poller);
	return 0;
}
