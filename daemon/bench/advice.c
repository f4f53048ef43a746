#include "daemon/bench/advice.h"

#include <inttypes.h>
#include <string.h>

void
findings_add_exchange(struct findings *findings, const struct line_reply *reply)
{
	findings->exchanges++;
	findings->by_result[reply->result]++;
	if (reply->result != LINE_REPLY)
		snprintf(findings->last_reason[reply->result], sizeof(findings->last_reason[0]), "%s", reply->reason);
	else if (reply->round_trip_us > findings->slowest_us)
		findings->slowest_us = reply->round_trip_us;
}

void
findings_add_result(struct findings *findings, const struct driver_result *result)
{
	findings->by_answer[result->answer]++;
	if (result->reason[0] != '\0')
		snprintf(findings->refused, sizeof(findings->refused), "%s", result->reason);
	if (result->has_identity) {
		findings->identity = result->identity;
		findings->has_identity = true;
	}
	if (!result->has_observation)
		return;
	findings->rebooted |= result->observation.rebooted;
	findings->measuring = result->observation.measuring;
	findings->clock_off |= result->observation.clock_off_ms != 0;
	if (result->observation.cuff.proof != CUFF_NONE)
		findings->cuff = result->observation.cuff;
}

#define SOME_CAME "the others were answered, so number and form are right: look at the cabling (shield, length, termination) and for a second "\
		  "master; if answers come near the timeout, raise it"

/* What to look at, by what came instead of an answer; the first row that fits. */
static const struct {
	bool serial, net, some; /* which wires it is for; or only when others of the requests were answered */
	enum line_result result;
	const char *beginning;  /* of the link's reason; "" fits all */
	const char *advice;
} link_advice[] = {
	{ true, true, false, LINE_NO_LINK, "connection refused",
	    "nothing listens there: is the gateway on, are its address and port right, and is its one connection not taken by another "
	    "program?" },
	{ true, true, false, LINE_NO_LINK, "does not accept",
	    "nobody takes the connection: look at the network cable, the gateway's address and its power" },
	{ true, true, false, LINE_NO_LINK, "its host",
	    "is the name right? Give the gateway's address instead, or look at this host's name server" },
	{ true, true, false, LINE_NO_LINK, "its network",
	    "look at the network: cable, address, and whether this host is in the same net" },
	{ true, true, false, LINE_NO_LINK, "the monitor closed",
	    "the gateway hangs up: does it allow one connection only, and is the unit one that it knows?" },
	{ true, true, false, LINE_NO_LINK, "the port has gone", "it was pulled, or lost its power: look at its plug" },
	{ true, true, false, LINE_NO_LINK, "", NULL },
	{ true, false, true, LINE_TIMEOUT, "does not answer", SOME_CAME },
	{ false, true, true, LINE_TIMEOUT, "does not answer",
	    "the others were answered: look at the cabling behind the gateway; if answers come near the timeout, raise it" },
	{ true, false, false, LINE_TIMEOUT, "does not answer",
	    "the port is there and the unit says nothing: compare the unit's number, speed and parity with the monitor's, then A against B "
	    "and the monitor's power; if it answers late, raise the timeout" },
	{ false, true, false, LINE_TIMEOUT, "does not answer",
	    "the gateway is there and the unit says nothing: compare the unit's number with the gateway's table, then the cabling behind "
	    "the gateway; if it answers late, raise the timeout" },
	{ true, true, false, LINE_TIMEOUT, "", NULL },
	{ true, true, false, LINE_BROKEN, "answers with transaction",
	    "answers are mixed up: a gateway that serves two masters, or one that repeats old answers" },
	{ true, true, false, LINE_BROKEN, "answers for unit", "another unit answers: compare the unit's number with the gateway's table" },
	{ true, false, true, LINE_BROKEN, "the answer is cut short", SOME_CAME },
	{ true, false, false, LINE_BROKEN, "the answer is cut short",
	    "the answer stops or pauses in the middle: look at the cabling, and at converters between here and the monitor" },
	{ true, true, false, LINE_BROKEN, "the answer is cut short",
	    "the answer stops in the middle: look at the cabling, and whether the gateway gives up before the monitor has spoken" },
	{ true, true, true, LINE_BROKEN, "the answer's checksum", SOME_CAME },
	{ true, true, false, LINE_BROKEN, "the answer's checksum",
	    "no answer is whole: compare parity and stop bits with the monitor's, then whether two units have one number" },
	{ true, true, false, LINE_BROKEN, "unit ", NULL },
	{ true, true, true, LINE_BROKEN, "what comes is no Modbus", SOME_CAME },
	{ true, false, false, LINE_BROKEN, "what comes is no Modbus", "if they are the same, look for a second master" },
	{ true, true, false, LINE_BROKEN, "the adapter gives back", NULL },
	{ true, true, false, LINE_BROKEN, "the wire is not silent", NULL },
	{ true, true, false, LINE_BROKEN, "", "what answers there speaks no Modbus: is it the right port, and the right device?" },
};

/* NULL: the reason says it. What the reason itself advises is for when nothing came: `ret_shown` is how much of it stands. */
static const char *
advice_of_link(enum line_result result, const char *reason, enum wire_kind kind, bool some_came, int *ret_shown)
{
	const char *colon = strstr(reason, ": ");

	*ret_shown = (int)strlen(reason);
	for (size_t i = 0; i < sizeof(link_advice) / sizeof(link_advice[0]); i++)
		if (link_advice[i].result == result && (kind == WIRE_MODBUS_RTU ? link_advice[i].serial : link_advice[i].net) &&
		    (some_came || !link_advice[i].some) &&
		    strncmp(reason, link_advice[i].beginning, strlen(link_advice[i].beginning)) == 0) {
			if (link_advice[i].some && colon != NULL)
				*ret_shown = (int)(colon - reason);
			return link_advice[i].advice;
		}
	return NULL;
}

/* What to look at when the device answers and refuses, by the beginning of the reason. */
static const struct {
	const char *beginning, *advice;
} refusals[] = {
	{ "exception 1:", "the device does not know this function: try the other of 3 (holding) and 4 (input)" },
	{ "exception 2:", "does its manual count from 1 (registers_from: 1), or from 40001?" },
	{ "exception 3:", "the device may not take this many registers at once: lower max_registers" },
	{ "exception 4:", "the device itself reports a failure: look at its own screen" },
	{ "exception 5", "the device is busy: raise cadence_ms" },
	{ "exception 6", "the device is busy: raise cadence_ms, or look for a second master" },
	{ "exception 10:", "compare the unit's number with the gateway's own table of units" },
	{ "exception 11:", "compare the unit's number with the gateway's table, then look at the cable between gateway and monitor" },
	{ "", "the answer does not fit what was asked: compare the map with the device's manual" },
};

static const char *
advice_of_refusal(const char *reason)
{
	size_t i = 0;

	while (strncmp(reason, refusals[i].beginning, strlen(refusals[i].beginning)) != 0)
		i++;
	return refusals[i].advice;
}

/* The worst that the wire said: no link before silence before what was broken. */
static enum line_result
worst_result(const struct findings *findings)
{
	static const enum line_result order[] = { LINE_NO_LINK, LINE_BROKEN, LINE_TIMEOUT };

	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++)
		if (findings->by_result[order[i]] > 0)
			return order[i];
	return LINE_REPLY;
}

static void
say_wire(FILE *out, const struct findings *findings, enum line_result worst, enum wire_kind kind)
{
	const char *reason = findings->last_reason[worst];
	int answered = findings->by_result[LINE_REPLY];
	int shown;
	const char *advice = advice_of_link(worst, reason, kind, answered > 0, &shown);

	fprintf(out, "LOOK AT THE WIRE: %d of %d requests got no right answer: %.*s%s%s\n", findings->exchanges - answered,
	    findings->exchanges, shown, reason, advice != NULL ? "; " : "", advice != NULL ? advice : "");
}

static bool
conclude_wire(FILE *out, const struct findings *findings, enum wire_kind kind)
{
	enum line_result worst = worst_result(findings);
	const int *by_answer = findings->by_answer;

	if (worst != LINE_REPLY) {
		say_wire(out, findings, worst, kind);
		return false;
	}
	if (by_answer[ANSWER_REFUSED] + by_answer[ANSWER_GATEWAY] + by_answer[ANSWER_BROKEN] > 0) {
		fprintf(out, "LOOK AT THE %s: %s: %s\n", by_answer[ANSWER_GATEWAY] > 0 ? "GATEWAY" : "MAP", findings->refused,
		    advice_of_refusal(findings->refused));
		return false;
	}
	/* Once in a while is what a device may say; it is asked again. */
	if (by_answer[ANSWER_LATER] > 0 && by_answer[ANSWER_LATER] >= by_answer[ANSWER_VALUES]) {
		fprintf(out, "LOOK AT THE DEVICE: %d of %d answers say \"later\" (%s): %s\n", by_answer[ANSWER_LATER],
		    findings->by_result[LINE_REPLY], findings->refused, advice_of_refusal(findings->refused));
		return false;
	}
	return true;
}

static bool
conclude_values(FILE *out, const struct bench_rows *rows)
{
	const char *name, *why = bench_rows_trouble(rows, &name);
	size_t read, usable;

	bench_rows_count(rows, &read, &usable);
	if (read == 0 && rows->profile->value_count > 0) {
		fputs("LOOK AT THE MAP: no value was read: probe again with more --times\n", out);
		return false;
	}
	if (read == usable)
		return true;
	if (strstr(why, doubt_text(DOUBT_SENSOR_OFF)) != NULL)
		fprintf(out, "LOOK AT THE SENSOR: the device says of %s: %s\n", name, doubt_text(DOUBT_SENSOR_OFF));
	else if (usable == 0)
		fprintf(out, "LOOK AT THE MAP: none of %zu values is one (%s: %s): compare the raw words with the device's own screen, "
		    "then type, order and scale\n", read, name, why);
	else
		fprintf(out, "LOOK AT %s: %s; the other %zu values read well\n", name, why, usable);
	return false;
}

static void
print_cuff(FILE *out, const struct findings *findings)
{
	static const char *const proofs[] = { [CUFF_NEW] = "a new measurement", [CUFF_REREAD] = "the one read before",
		[CUFF_AGE_UNKNOWN] = "a result of unknown age: the next cuff will be known", [CUFF_FAILED] = "an attempt that failed" };

	if (findings->cuff.proof == CUFF_NONE)
		return;
	fprintf(out, "cuff: %s%s%s%s%s\n", proofs[findings->cuff.proof], findings->cuff.failure[0] != '\0' ? ", " : "",
	    findings->cuff.failure, findings->cuff.key[0] != '\0' ? "; its key is " : "", findings->cuff.key);
}

static void
print_identity(FILE *out, const struct identity *identity)
{
	fprintf(out, "it is: %s %s, serial number %s, firmware %s\n", identity->manufacturer, identity->model, identity->serial,
	    identity->firmware);
}

bool
findings_conclude(FILE *out, const struct findings *findings, const struct bench_rows *rows,
    const struct bench_target *target)
{
	bool good;

	fprintf(out, "\n%d requests, %d answered; slowest %.1f ms, allowed %d ms\n", findings->exchanges,
	    findings->by_result[LINE_REPLY], (double)findings->slowest_us / 1000, (int)target->response_timeout.ms);
	if (findings->has_identity)
		print_identity(out, &findings->identity);
	print_cuff(out, findings);
	if (findings->measuring)
		fputs("a cuff is going on\n", out);
	if (findings->rebooted)
		fputs("the device has restarted meanwhile: its counters begin anew\n", out);
	if (findings->clock_off)
		fputs("the device's clock is not right: its dates are not believed beyond 2 min\n", out);
	good = conclude_wire(out, findings, target->wire.kind) && conclude_values(out, rows);
	if (good && findings->cuff.proof == CUFF_FAILED) {
		fprintf(out, "LOOK AT THE CUFF: the last attempt gave no pressure%s%s\n",
		    findings->cuff.failure[0] != '\0' ? ": " : "", findings->cuff.failure);
		return false;
	}
	if (good && findings->slowest_us > target->response_timeout.ms * 800) {
		fprintf(out, "LOOK AT THE TIMEOUT: the slowest answer took %.0f of %d ms, more than 80 %%: raise response_timeout_ms\n",
		    (double)findings->slowest_us / 1000, (int)target->response_timeout.ms);
		return false;
	}
	if (good && rows->profile->cuff.present && findings->cuff.proof == CUFF_NONE)
		fputs("there is no cuff result yet: take one and probe again\n", out);
	if (good)
		fputs("it reads well: now compare every value with the device's own screen\n", out);
	return good;
}
