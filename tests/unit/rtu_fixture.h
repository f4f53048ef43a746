/* For the serial link's tests: a pty with a scripted unit at the master's end, on a thread of its own, whose checksums are of its
 * own making; and a link at the other end. What a pty cannot show (parity, pacing) is not tested by it. */
#ifndef INFUSIOND_TESTS_RTU_FIXTURE_H
#define INFUSIOND_TESTS_RTU_FIXTURE_H

#include <pthread.h>

#include "daemon/line/link.h"

enum { RTU_FRAME_CAP = 300, RTU_DEEDS_MOST = 8, RTU_TIMEOUT_MS = 1000 };

/* What the unit does with the next request. */
struct rtu_deed {
	const uint8_t *answer; /* as it goes out; NULL: nothing */
	size_t length;
	bool with_checksum;
	bool hang_up; /* closes its end instead of answering */
	const uint8_t *then; /* and this, with its checksum, so much later; NULL: nothing */
	size_t then_length;
	int then_ms;
};

/* All of an array, with its checksum or as it is. */
#define RTU_ANSWER(bytes, sum) { .answer = (bytes), .length = sizeof(bytes), .with_checksum = (sum) }

struct rtu_unit {
	int master, slave; /* the slave is held open: a master without one reads as hung up */
	char link_path[64], slave_path[64]; /* the port's name as the link knows it, which leads to the other */
	const struct rtu_deed *deeds;
	size_t deed_count;
	pthread_t thread;
	/* To be looked at when the thread has ended. */
	size_t request_count;
	uint8_t requests[RTU_DEEDS_MOST][RTU_FRAME_CAP];
	size_t request_lengths[RTU_DEEDS_MOST];
	int64_t request_ns[RTU_DEEDS_MOST], answer_ns[RTU_DEEDS_MOST]; /* when a first byte was seen, when the answer went out */
};

/* The test's only one: set-ups take no argument. */
extern struct rtu_unit rtu_unit;

void rtu_set_up(void);
void rtu_tear_down(void);

/* A new pty in the place of the one before, which is the caller's to close. */
void rtu_plug_in(void);

/* The unit does its deeds, one a request, which must be reads; it is on its thread until the last of them, or until nobody has asked
 * anything for ten seconds. `deeds` must last as long. */
void rtu_begin(const struct rtu_deed *deeds, size_t count);
void rtu_end(void);

/* Says something at once, whoever asked. */
void rtu_say(const uint8_t *bytes, size_t length, bool with_checksum);

uint16_t rtu_checksum(const uint8_t *bytes, size_t length);

/* Puts the bytes and their checksum there; how many that is. */
size_t rtu_put_frame(uint8_t *frame, const uint8_t *bytes, size_t length);

struct link *rtu_link(int32_t baud, bool local_echo); /* destroyed by the caller */

/* What asking came to. */
struct rtu_asked {
	enum line_result result;
	uint8_t reply[RTU_FRAME_CAP];
	size_t length;
	char reason[160];
};

struct rtu_asked rtu_ask(struct link *link, const uint8_t *request, size_t length);

/* Asks it, and must be given this answer. */
void rtu_ask_well(struct link *link, const uint8_t *request, size_t length, const uint8_t *right, size_t right_length);

#endif
